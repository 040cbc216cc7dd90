# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a browser places reaches the number that was typed in it: a real notifier, whose messages go onto paper."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import DESK, Site, check_in_both_themes
from browser.post import ZONE, Post, on_the_eve, to
from browser.walk import (
    ALICE,
    TOM,
    WORDS,
    at_database,
    choose_time,
    confirm,
    fill_form,
    heading,
    opens_desk,
    rows,
    show_day,
    slot_of,
    to_review,
    visit,
)
from serment.demo.sender import CONFIG
from serment.directory.towns import load_towns
from serment.settings import NOTIFIER_FILE

pytestmark = pytest.mark.slow

# 06 39 98 is of Mayotte for who reads numbers; ARCEP keeps these for fiction.
ALICES_NUMBER, ALICES_MAIL = "+262639981240", "alice@exemple.fr"


@pytest.fixture(scope="module")
def post(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Post:
    """Nobody is asked for a code here: test_number_checked.py is about that."""
    rows(site, "UPDATE practices SET booking_check = 'none' RETURNING practice")
    folder = tmp_path_factory.mktemp("post")
    (folder / NOTIFIER_FILE).write_text(CONFIG, "utf-8")
    return Post(site, folder)


@pytest.fixture
def bento(site: Site, profile: Callable[..., BrowserContext]) -> Page:
    """Dr Bento's desk, open."""
    page = profile(DESK).new_page()
    opens_desk(page, site)
    return page


@pytest.fixture
def named(site: Site, post: Post) -> Post:
    """Whoever comes later finds the notifier named by the first test, or names it."""
    assert rows(site, "SELECT 1 FROM notifier_root"), "the first test names it"
    return post


def books(page: Page, site: Site, day: dt.date, hour: str, *, whose: str = "me") -> None:
    page.goto(site.booking("fr"))
    choose_time(page, "fr", day, hour)
    fill_form(page, "fr", ALICE if whose == "me" else TOM, whose=whose)
    to_review(page, "fr")
    confirm(page, "fr")


def test_nothing_is_promised_before_the_owner_has_compared_and_named_who_sends(
    site: Site, post: Post, alice: Page, bento: Page
) -> None:
    books(alice, site, site.fresh_day(), "8:00")
    expect(alice.get_by_text("Aucun rappel ne vous sera envoyé.")).to_be_visible()
    bento.get_by_role("button", name="Mes clés").click()
    expect(bento.get_by_text("Votre hébergeur n’a pas encore de service d’envoi")).to_be_visible()
    digits = post.opens()
    bento.reload()
    bento.get_by_label("Mot de passe", exact=True).fill("trois tilleuls verts")
    bento.get_by_label("Nom de connexion").fill("bento")
    bento.get_by_role("button", name="Ouvrir", exact=True).click()
    bento.get_by_role("button", name="Mes clés").click()
    expect(bento.locator("#sender-digits")).to_have_text(digits)
    check_in_both_themes(bento)
    bento.get_by_role("button", name="Nommer ce service d’envoi").click()
    expect(bento.locator("#sender-first")).to_have_text("Comparez d’abord les signes, puis cochez la case.")
    assert rows(site, "SELECT 1 FROM inbox_capsules") == []
    bento.get_by_label("J’ai comparé les 32 signes").check()
    bento.get_by_role("button", name="Nommer ce service d’envoi").click()
    expect(bento.get_by_text("Les rappels partent par le service d’envoi de votre hébergeur")).to_be_visible()
    check_in_both_themes(bento)


def test_a_number_typed_in_the_browser_gets_its_confirmation_and_its_reminder(
    site: Site, named: Post, alice: Page
) -> None:
    day = site.fresh_day()
    alice.goto(site.booking("fr"))
    choose_time(alice, "fr", day, "9:00")
    fill_form(alice, "fr")
    expect(alice.get_by_label("M’envoyer tout de suite une confirmation")).to_be_checked()
    check_in_both_themes(alice)
    to_review(alice, "fr")
    confirm(alice, "fr")
    expect(alice.get_by_text("Une confirmation part par e-mail.")).to_be_visible()
    expect(alice.get_by_text("Un rappel, par SMS et par e-mail.")).to_be_visible()
    expect(
        alice.get_by_text("Ces messages ne disent que le jour, l’heure et «\u00a0Die\u00a0»")
    ).to_be_visible()
    check_in_both_themes(alice)
    # The confirmation's page goes with its tab; the link's says by which word to know a message.
    alice.get_by_role("button", name="Déplacer ou annuler").click()
    expect(alice.get_by_text("il ne dit que le jour, l’heure et «\u00a0Die\u00a0»")).to_be_visible()
    [booked] = named.sends()
    assert ALICES_MAIL in booked and "Die" in booked and "9 h" in booked
    eve = named.sends(on_the_eve(day))
    [sms] = to(ALICES_NUMBER, eve)
    assert (
        re.search("RDV|rendez-vous", sms) and "Die" in sms and "/t#" in sms
    )  # the fullest text that is one segment
    assert to(ALICES_MAIL, eve)
    for word in ("Bento", "Tilleuls", "Consultation", "Alice", "Renaudin"):
        assert all(word not in text for text in [booked, *eve])
    assert named.sends(on_the_eve(day)) == []


def test_a_childs_messages_bear_an_initial(site: Site, named: Post, alice: Page) -> None:
    books(alice, site, site.fresh_day(), "9:00", whose="child")
    expect(alice.get_by_text("«\u00a0Die (T)\u00a0»")).to_be_visible()
    [booked] = named.sends()
    assert "Die (T)" in booked


def test_a_moved_appointment_is_told_of_after_ten_minutes_and_reminds_of_its_new_time_alone(
    site: Site, named: Post, alice: Page
) -> None:
    day, later = site.fresh_day(), site.fresh_day()
    books(alice, site, day, "9:00")
    named.sends()
    alice.get_by_role("button", name="Déplacer ou annuler").click()
    words = WORDS["fr"]
    alice.get_by_role("button", name=words["move"], exact=True).click()
    expect(heading(alice, words["which"])).to_be_visible()
    show_day(alice, "fr", later)
    slot_of(alice, later, "10:20").click()
    expect(heading(alice, words["move_there"])).to_be_visible()
    alice.get_by_role("button", name=words["do_move"]).click()
    expect(heading(alice, words["moved"])).to_be_visible()
    expect(alice.get_by_text("Un message avec la nouvelle heure part dans dix minutes.")).to_be_visible()
    assert named.sends(minutes=9) == []
    morning = dt.datetime.combine(dt.datetime.now(ZONE).date() + dt.timedelta(days=1), dt.time(8, 30), ZONE)
    [moved] = to(ALICES_NUMBER, named.sends(morning.astimezone(dt.UTC)))
    assert "déplacé" in moved and "10 h 20" in moved
    # A week before the new day an e-mail may be due by now; it says the new time, and no SMS goes about the old one.
    meanwhile = named.sends(on_the_eve(day))
    assert to(ALICES_NUMBER, meanwhile) == []
    assert all("10 h 20" in text for text in meanwhile)
    [reminder] = to(ALICES_NUMBER, named.sends(on_the_eve(later)))
    assert "10 h 20" in reminder


def opens_again(page: Page) -> None:
    page.reload()
    page.get_by_label("Mot de passe", exact=True).fill("trois tilleuls verts")
    page.get_by_label("Nom de connexion").fill("bento")
    page.get_by_role("button", name="Ouvrir", exact=True).click()
    expect(page.get_by_role("button", name="Refermer", exact=True)).to_be_visible(timeout=30_000)


def cancels_by_link(page: Page) -> None:
    page.get_by_role("button", name=WORDS["fr"]["cancel"]).click()
    page.get_by_role("button", name=WORDS["fr"]["do_cancel"]).click()
    expect(heading(page, WORDS["fr"]["cancelled"])).to_be_visible()


def test_who_cancels_by_their_link_hears_no_more_of_it_and_a_desk_that_takes_it_back_brings_the_messages_back(
    site: Site, named: Post, alice: Page, bento: Page
) -> None:
    day = site.fresh_day()
    books(alice, site, day, "9:00")
    named.sends()
    alice.get_by_role("button", name="Déplacer ou annuler").click()
    cancels_by_link(alice)
    assert named.sends(minutes=30) == []
    assert named.sends(on_the_eve(day)) == []
    assert rows(site, "SELECT 1 FROM inbox_messages UNION ALL SELECT 1 FROM hot_messages") == []
    assert alice.evaluate("localStorage.getItem('serment.leaving')") is None
    visit(bento, day, "9 h à").filter(has_text="Renaudin").click()
    bento.get_by_role("button", name="Rétablir").click()
    expect(bento.locator(".said")).to_contain_text("ils sont remis, et une confirmation lui part")
    [booked] = to(ALICES_MAIL, named.sends())
    assert "9 h" in booked
    # Once more, and the line breaks before the messages are placed: the desk that opens next does it.
    alice.reload()
    cancels_by_link(alice)
    visit(bento, day, "9 h à").filter(has_text="Renaudin").click()
    bento.route("**/appointments/*/move", lambda route: route.abort())
    bento.get_by_role("button", name="Rétablir").click()
    expect(bento.locator(".said")).to_contain_text("dès que le serveur répondra")
    assert named.sends() == []
    bento.unroute("**/appointments/*/move")
    with bento.expect_response("**/appointments/*/move") as placed:
        opens_again(bento)
    assert placed.value.ok
    assert len(to(ALICES_MAIL, named.sends())) == 1
    assert len(to(ALICES_NUMBER, named.sends(on_the_eve(day)))) == 1


def test_a_visit_that_is_made_shorter_is_told_to_nobody_and_reminded_once(
    site: Site, named: Post, alice: Page, bento: Page
) -> None:
    day = site.fresh_day()
    books(alice, site, day, "9:00")
    named.sends()
    visit(bento, day, "9 h à").filter(has_text="Renaudin").click()
    bento.get_by_role("button", name="Corriger", exact=True).click()
    bento.get_by_label(re.compile("^Durée")).fill("15")
    bento.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(bento.locator(".said")).to_contain_text("Rendez-vous corrigé.")
    assert named.sends(minutes=30) == []
    [reminder] = to(ALICES_NUMBER, named.sends(on_the_eve(day)))
    assert "9 h" in reminder and "déplacé" not in reminder


def cancels(page: Page) -> None:
    page.get_by_role("button", name="Annuler", exact=True).click()
    page.get_by_role("button", name="Oui, annuler le rendez-vous").click()
    expect(page.locator(".said")).to_contain_text(
        re.compile(r"Le patient est prévenu (à|\w+ \d+ \w+,) \d+\s?h")
    )


def test_a_cancellation_taken_back_in_time_is_told_to_nobody_and_one_that_stands_is(
    site: Site, named: Post, alice: Page, bento: Page
) -> None:
    day = site.fresh_day()
    books(alice, site, day, "9:00")
    named.sends()
    visit(bento, day, "9 h à").click()
    cancels(bento)
    bento.locator(".said").get_by_role("button", name="Défaire").click()
    expect(bento.locator(".said")).to_have_text(re.compile("C’est défait"))
    assert to(ALICES_NUMBER, named.sends(on_the_eve(day))) != []
    visit(bento, day, "9 h à").click()
    cancels(bento)
    [told] = to(ALICES_NUMBER, named.sends(on_the_eve(day) + dt.timedelta(hours=1)))
    assert "annulé" in told


MONTHS = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]


def test_an_absence_over_several_tells_them_all_and_opens_no_contact(
    site: Site, named: Post, alice: Page, bento: Page
) -> None:
    day = site.fresh_day()
    for hour in ("9:00", "9:20"):
        books(alice, site, day, hour)
    named.sends()
    asked: list[str] = []
    bento.on("request", lambda request: asked.append(f"{request.url} {request.post_data}"))
    bento.get_by_role("button", name="Horaires et motifs").click()
    bento.get_by_role("button", name="Absences et dates", exact=True).click()
    bento.get_by_label("En une ligne").fill(f"{day.day} {MONTHS[day.month - 1]} 8-12")
    bento.get_by_label("En une ligne").press("Enter")
    expect(bento.get_by_role("heading", name="2 rendez-vous sont hors des horaires")).to_be_visible()
    bento.get_by_role("button", name="Annuler tous ceux qui restent").dblclick()
    bento.get_by_role("button", name="Oui, annuler 2 rendez-vous").click()
    expect(bento.locator(".way-told")).to_have_count(2)
    expect(bento.locator(".way-told").first).to_contain_text("Prévenu")
    check_in_both_themes(bento)
    assert any(url.endswith("/messages") or "/messages {" in url for url in asked)
    assert not any('"ct"' in url for url in asked)
    told = named.sends(on_the_eve(day) + dt.timedelta(hours=1))
    assert len([text for text in to(ALICES_NUMBER, told) if "annulé" in text]) == 2


def somebody_new_calls(page: Page, day: dt.date, name: str) -> None:
    """The form of a call at the day's first free time, by somebody whom no card names."""
    visit(page, day, "8 h à").first.click()
    page.get_by_role("combobox", name="Qui appelle ?").fill(name)
    page.get_by_role("option", name=re.compile("Personne de ce nom")).click()
    page.get_by_label("Date de naissance").fill("03021966")


def test_a_call_entered_at_the_desk_is_reminded_by_sms_in_the_language_that_was_chosen(
    site: Site, named: Post, bento: Page
) -> None:
    day = site.fresh_day()
    somebody_new_calls(bento, day, "Tanguy Gwenole")
    bento.get_by_label("Téléphone").fill("06 39 98 12 77")
    bento.get_by_text("E-mail, sexe et langue").click()
    bento.get_by_label("Langue des messages").select_option("Anglais")
    check_in_both_themes(bento)
    bento.get_by_role("button", name="Inscrire", exact=True).click()
    expect(bento.locator(".said")).to_contain_text("Gwenole Tanguy a ce rendez-vous. Un rappel est prévu")
    [reminder] = to("639981277", named.sends(on_the_eve(day)))
    assert "Die" in reminder and "Reminder:" in reminder and "Gwenole" not in reminder
    # The card says so from then on: the next booking begins with it.
    bento.get_by_role("button", name="Patients", exact=True).click()
    bento.get_by_role("combobox").fill("Tanguy Gwenole")
    bento.get_by_role("option", name=re.compile("Gwenole Tanguy")).click()
    expect(bento.locator("dl.facts").first).to_contain_text("Anglais")


def test_a_number_that_changes_on_the_card_changes_in_what_is_booked_and_the_reminder_goes_there(
    site: Site, named: Post, bento: Page
) -> None:
    day = site.fresh_day()
    somebody_new_calls(bento, day, "Prigent Enora")
    bento.get_by_label("Téléphone").fill("06 39 98 12 81")
    bento.get_by_role("button", name="Inscrire", exact=True).click()
    expect(bento.get_by_role("button", name="Ouvrir la fiche")).to_be_visible()
    bento.get_by_role("button", name="Ouvrir la fiche").click()
    for number, answer in (
        ("06 39 98 12 82", "Laisser ainsi"),
        ("06 39 98 12 83", "Changer aussi ce rendez-vous"),
    ):
        bento.get_by_role("button", name="Modifier").click()
        bento.get_by_label("Téléphone").fill(number)
        bento.get_by_role("button", name="Garder la fiche").click()
        offer = bento.locator(".people-card .note").filter(has_text="1 rendez-vous à venir porte encore")
        expect(offer).to_contain_text("06 39 98 12 81".replace(" ", "\u00a0"))
        check_in_both_themes(bento)
        offer.get_by_role("button", name=answer).click()
        expect(offer).to_have_count(0)
    expect(bento.locator(".said")).to_contain_text("1 rendez-vous suit la fiche")
    # Once more on the card alone; then from the appointment, where both are read.
    bento.get_by_role("button", name="Modifier").click()
    bento.get_by_label("Téléphone").fill("06 39 98 12 84")
    bento.get_by_role("button", name="Garder la fiche").click()
    expect(offer).to_contain_text("06 39 98 12 83".replace(" ", "\u00a0"))
    bento.locator(".card-visits button").first.click()
    bento.get_by_role("button", name="Voir le contact").click()
    reached = bento.locator("#panel-reached")
    expect(reached).to_contain_text("Sur la fiche")
    check_in_both_themes(bento)
    bento.get_by_role("button", name="Prendre celui de la fiche").click()
    expect(reached).not_to_contain_text("Sur la fiche")
    expect(reached).to_contain_text("06 39 98 12 84".replace(" ", "\u00a0"))
    sent = named.sends(on_the_eve(day))
    assert [len(to(f"6399812{end}", sent)) for end in (81, 82, 83, 84)] == [0, 0, 0, 1]


def test_a_patient_who_wants_no_message_gets_none_though_the_number_is_known(
    site: Site, named: Post, bento: Page
) -> None:
    day = site.fresh_day()
    somebody_new_calls(bento, day, "Quere Malo")
    bento.get_by_label("Téléphone").fill("06 39 98 12 85")
    bento.get_by_label("Aucun message pour ce rendez-vous").check()
    check_in_both_themes(bento)
    bento.get_by_role("button", name="Inscrire", exact=True).click()
    expect(bento.locator(".said")).to_contain_text("Aucun message ne lui sera envoyé pour ce rendez-vous.")
    messages = bento.locator("section[aria-labelledby=panel-messages]")
    expect(messages).to_contain_text("Aucun message n’est envoyé pour ce rendez-vous.")
    expect(messages).not_to_contain_text("prévu")
    check_in_both_themes(bento)
    messages.get_by_role("button", name="Envoyer de nouveau les rappels de ce rendez-vous").click()
    expect(messages).to_contain_text("Rappel")
    messages.get_by_role("button", name="Ne rien envoyer pour ce rendez-vous").click()
    expect(messages).to_contain_text("Aucun message n’est envoyé pour ce rendez-vous.")
    assert to("639981285", named.sends(on_the_eve(day))) == []


def test_of_a_call_without_number_or_address_the_panel_promises_no_reminder(
    site: Site, named: Post, bento: Page
) -> None:
    day = site.fresh_day()
    somebody_new_calls(bento, day, "Lebras Maelle")
    bento.get_by_role("button", name="Inscrire", exact=True).click()
    messages = bento.locator("section[aria-labelledby=panel-messages]")
    none = "Aucun rappel\u00a0: ni numéro, ni e-mail."
    expect(messages).to_contain_text(none)
    expect(messages).not_to_contain_text("prévu")
    # At another opening nobody has seen the contact yet; opened, it says so again.
    opens_again(bento)
    visit(bento, day, "").filter(has_text="Lebras").click()
    expect(messages).to_contain_text("prévu")
    bento.get_by_role("button", name="Voir le contact").click()
    expect(messages).to_contain_text(none)
    expect(messages).not_to_contain_text("prévu")


def test_a_number_that_takes_no_sms_becomes_a_call_to_make_until_somebody_has_called_or_corrected_it(
    site: Site, named: Post, bento: Page
) -> None:
    # Within the days that an open desk looks ahead, and past the first fresh day, on which somebody has eight o’clock.
    today = dt.datetime.now(ZONE).date()
    day = next(day for ahead in (4, 5) if (day := today + dt.timedelta(days=ahead)).weekday() != 6)
    visit(bento, day, "8 h à").first.click()
    bento.get_by_role("combobox", name="Qui appelle ?").fill("Salaun Gwendal")
    bento.get_by_role("option", name=re.compile("Personne de ce nom")).click()
    bento.get_by_label("Date de naissance").fill("03021966")
    bento.get_by_label("Téléphone").fill(
        "+44 7700 900 123"
    )  # kept for fiction; the host writes to none of +44
    bento.get_by_role("button", name="Inscrire", exact=True).click()
    panel = bento.locator("aside.side")
    messages = panel.locator("section[aria-labelledby=panel-messages]")
    expect(messages).to_contain_text("prévu")
    named.sends(on_the_eve(day))
    opens_again(bento)
    bento.get_by_role("button", name="1 patient à appeler").click()
    check_in_both_themes(bento)
    panel.get_by_role("button", name=re.compile("Gwendal Salaun")).click()
    expect(messages).to_contain_text("SMS\u00a0: numéro refusé")
    check_in_both_themes(bento)
    messages.get_by_role("button", name="Appeler", exact=True).click()
    expect(panel.locator("#panel-reached a.dial")).to_be_focused()
    messages.get_by_role("button", name="J’ai appelé").click()
    expect(bento.get_by_role("button", name="1 patient à appeler")).to_have_count(0)
    opens_again(bento)
    visit(bento, day, "").filter(has_text="Salaun").click()
    expect(messages).to_contain_text("le patient a été appelé")
    expect(bento.get_by_role("button", name="1 patient à appeler")).to_have_count(0)
    messages.get_by_role("button", name="Remettre parmi les appels à faire").click()
    messages.get_by_role("button", name="Corriger le numéro").click()
    messages.get_by_label("Nouveau numéro de téléphone").fill("06 39 98 12")
    messages.get_by_role("button", name="Enregistrer ce numéro").click()
    expect(messages.locator("#new-number-wrong")).to_be_visible()
    check_in_both_themes(bento)
    messages.get_by_label("Nouveau numéro de téléphone").fill("06 39 98 12 78")
    messages.get_by_role("button", name="Enregistrer ce numéro").click()
    expect(bento.locator(".said")).to_contain_text("Le numéro est corrigé")
    expect(bento.get_by_role("button", name="1 patient à appeler")).to_have_count(0)
    assert len(to("639981278", named.sends(on_the_eve(day)))) == 1


def test_a_site_chooses_its_word_and_its_messages_and_whoever_books_hears_that_alone(
    site: Site, named: Post, alice: Page, bento: Page
) -> None:
    # The last of this file: what is chosen here stays.
    at_database(site, load_towns)
    bento.get_by_role("button", name="Horaires et motifs").click()
    bento.get_by_role("button", name="Agendas, lieux, praticiens").click()
    bento.get_by_role("button", name=re.compile("Cabinet des Tilleuls, lieux")).click()
    bento.get_by_label("Confirmer dès la réservation").uncheck()
    bento.get_by_label("Un autre mot").check()
    word = bento.get_by_label("Le mot à dire")
    word.fill("Chez Bento")
    bento.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(bento.locator("#site-word-error")).to_have_text(
        "Ce mot nomme Bento. Choisissez un mot qui ne nomme personne."
    )
    expect(word).to_be_focused()
    check_in_both_themes(bento)
    word.fill("Plançon")
    expect(bento.get_by_text("Dans un SMS, «\u00a0ç\u00a0» s’écrit «\u00a0c\u00a0».")).to_be_visible()
    told = bento.locator(".sms dd").first
    expect(told).to_contain_text(re.compile(r"demain .* à 9 h 30, Plancon\..*caractères, 1 SMS"))
    check_in_both_themes(bento)
    bento.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(bento.locator(".said")).to_contain_text("enregistré")
    day = site.fresh_day()
    books(alice, site, day, "9:00")
    expect(alice.get_by_text("le jour, l’heure et «\u00a0Plançon\u00a0»")).to_be_visible()
    assert named.sends() == []
    [reminder] = to(ALICES_NUMBER, named.sends(on_the_eve(day)))
    assert "Plancon" in reminder and "Die" not in reminder
