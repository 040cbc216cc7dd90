# SPDX-License-Identifier: AGPL-3.0-or-later
"""Links: whole, cut short, altered, in a fresh profile; and a practice whose keys are not the ones its link promised."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import SLUG, check_accessible
from browser.walk import (
    ALICE,
    TOM,
    WORDS,
    book,
    choose_time,
    confirm,
    fill_form,
    heading,
    link_of,
    rows,
    to_review,
)

pytestmark = pytest.mark.slow

MINE = {"fr": "Mes rendez-vous", "en": "My appointments"}


@pytest.fixture(scope="module")
def link(site: Any, chrome: Any) -> str:
    """Alice's appointment, booked once for the links of this module; its browser is gone since."""
    context = chrome.new_context(timezone_id="Europe/Paris")
    page = context.new_page()
    book(page, site, "fr", site.fresh_day(), "9:40")
    found = link_of(page)
    context.close()
    return found


def swapped(text: str, at: int) -> str:
    """The text with one letter changed."""
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


TWICE_AS_LARGE = "document.documentElement.style.fontSize = '200%'"
SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"


def test_letters_twice_as_large_need_no_sideways_scroll_on_a_phone(site: Any, link: str, alice: Page) -> None:
    alice.set_viewport_size({"width": 375, "height": 760})
    alice.route("**/api/**", lambda route: route.abort())
    alice.goto(link)
    expect(alice.get_by_role("button", name=WORDS["fr"]["retry"])).to_be_visible()
    alice.evaluate(TWICE_AS_LARGE)
    assert alice.evaluate(SIDEWAYS) <= 0
    alice.unroute("**/api/**")
    alice.get_by_role("button", name=WORDS["fr"]["retry"]).click()
    expect(heading(alice, WORDS["fr"]["appointment"])).to_be_visible()
    expect(alice.locator(".table")).to_be_visible()
    assert alice.evaluate(SIDEWAYS) <= 0
    alice.goto(site.address("/fr/search?what=g%C3%A9n%C3%A9raliste&where=Die"))
    alice.evaluate(TWICE_AS_LARGE)
    assert alice.evaluate(SIDEWAYS) <= 0


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_link_opens_in_a_fresh_profile_and_leaves_nothing_in_the_address(
    site: Any, link: str, alice: Page, language: str
) -> None:
    asked: list[str] = []
    alice.on(
        "request", lambda request: asked.append(f"{request.url} {request.headers} {request.post_data or ''}")
    )
    alice.goto(link.replace("/fr/a", f"/{language}/a"))
    expect(heading(alice, WORDS[language]["appointment"])).to_be_visible()
    expect(alice.get_by_text(ALICE.reason)).to_be_visible()
    check_accessible(alice)
    cap = link.partition("#")[2].partition(".")[0]
    assert cap not in alice.url
    assert not [one for one in asked if cap in one]
    # Not kept here before it is asked for; reloaded it opens again, in this tab alone.
    assert alice.evaluate("localStorage.getItem('serment.kept')") is None
    alice.reload()
    expect(heading(alice, WORDS[language]["appointment"])).to_be_visible()
    # In the other language it is the same appointment, and its secret still nowhere.
    other = "en" if language == "fr" else "fr"
    alice.locator(".top a[hreflang]").click()
    expect(heading(alice, WORDS[other]["appointment"])).to_be_visible()
    assert alice.url == site.address(f"/{other}/a")
    assert not [one for one in asked if cap in one]


def test_alice_reads_who_opened_her_appointment_and_when(site: Any, link: str, alice: Page) -> None:
    alice.goto(link)
    question = alice.get_by_text("Qui l’a ouvert, et quand")
    question.click()
    told = alice.locator(".accesses")
    expect(told.get_by_role("listitem").filter(has_text="Vous, ou qui a votre lien")).to_contain_text(
        "tout le rendez-vous"
    )
    check_accessible(alice)
    alice.route("**/appointment/accesses", lambda route: route.abort())
    question.click()
    question.click()
    expect(told.get_by_role("button", name="Réessayer")).to_be_visible()


def test_a_link_is_kept_and_forgotten_when_alice_says_so(site: Any, link: str, alice: Page) -> None:
    alice.goto(link)
    alice.get_by_role("button", name="Garder dans ce navigateur").click()
    alice.goto(site.address("/fr/mine"))
    expect(heading(alice, MINE["fr"])).to_be_visible()
    expect(alice.get_by_text("pour A.")).to_be_visible()
    check_accessible(alice)
    # A link cut short leads back to what this browser keeps.
    alice.goto(link[:-3])
    expect(heading(alice, "Ce lien est incomplet")).to_be_visible()
    alice.goto(site.address("/fr/mine"))
    alice.get_by_role("button", name="Oublier").click()
    check_accessible(alice)
    alice.get_by_role("button", name="Oui, l’oublier ici").click()
    expect(alice.get_by_text("Oublié dans ce navigateur.")).to_be_visible()
    expect(alice.get_by_text("Ce navigateur ne garde aucun rendez-vous.")).to_be_visible()
    check_accessible(alice)
    assert alice.evaluate("localStorage.getItem('serment.kept')") is None


@pytest.mark.parametrize("cut", [1, 20, 45, 70])
def test_a_link_cut_short_says_so_and_asks_the_server_nothing(
    site: Any, link: str, alice: Page, cut: int
) -> None:
    asked: list[str] = []
    alice.on("request", lambda request: asked.append(request.url))
    alice.goto(link[:-cut])
    expect(heading(alice, "Ce lien est incomplet")).to_be_visible()
    expect(alice.get_by_text("La fin, après le #, s’est perdue en route.")).to_be_visible()
    check_accessible(alice)
    assert not [url for url in asked if "/api/" in url]


@pytest.mark.parametrize("behind", [".", ",", ";", ">", ")", "%20", "»"])
def test_what_a_sentence_left_behind_a_link_is_none_of_it(
    site: Any, link: str, alice: Page, behind: str
) -> None:
    alice.goto(link + behind)
    expect(alice.locator(".hour")).to_have_text("9:40")


def test_a_link_with_a_letter_too_many_is_not_cut_to_fit(site: Any, link: str, alice: Page) -> None:
    alice.goto(link + "A")
    expect(heading(alice, "Ce lien est incomplet")).to_be_visible()


@pytest.mark.parametrize("start", ["/fr/a", "/a"])
def test_a_link_whose_hash_became_a_path_says_so_and_opens_without_sending_its_secret_again(
    site: Any,
    link: str,
    alice: Page,
    start: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    asked: list[str] = []
    alice.on("request", lambda request: asked.append(f"{request.url} {request.post_data or ''}"))
    secret = link.partition("#")[2]
    answer = alice.goto(site.address(f"{start}%23{secret}"))
    assert answer is not None
    assert (answer.status, answer.headers["cache-control"]) == (404, "no-store")
    assert secret.partition(".")[0] not in answer.text()
    expect(alice.locator(".hour")).to_have_text("9:40")
    # Without a language in the path it is the browser's own.
    said = "son secret est passé par le serveur" if start == "/fr/a" else "its secret went to the server"
    expect(alice.get_by_text(said)).to_be_visible()
    check_accessible(alice)
    assert len([one for one in asked if secret.partition(".")[0] in one]) == 1
    assert secret.partition(".")[0] not in alice.url
    written = capfd.readouterr()
    assert secret.partition(".")[0] not in caplog.text + written.out + written.err
    alice.reload()
    expect(alice.locator(".hour")).to_have_text("9:40")


def test_another_page_that_is_not_there_is_no_appointment(site: Any, alice: Page) -> None:
    answer = alice.goto(site.address("/fr/b%23abc"))
    assert answer is not None
    assert answer.status == 404
    expect(heading(alice, "Cette page n’existe pas.")).to_be_visible()


def test_a_link_cut_short_opens_where_it_is_kept_and_names_the_number(
    site: Any, link: str, alice: Page
) -> None:
    alice.goto(link)
    alice.get_by_role("button", name="Garder dans ce navigateur").click()
    expect(alice.get_by_role("button", name="Oublier dans ce navigateur")).to_be_visible()
    alice.goto("about:blank")
    alice.goto(link[:-20])
    expect(heading(alice, "Ce lien est incomplet")).to_be_visible()
    expect(
        alice.get_by_role("link", name="Appeler le 04 75 22 00 00").or_(
            alice.get_by_role("link", name="Appeler 04 75 22 00 00")
        )
    ).to_be_visible()
    check_accessible(alice)
    alice.get_by_role("link", name="Ouvrir ce rendez-vous").click()
    expect(alice.locator(".hour")).to_have_text("9:40")


def test_a_link_with_a_changed_letter_opens_nothing(site: Any, link: str, alice: Page) -> None:
    alice.goto(swapped(link, link.index("#") + 7))
    expect(heading(alice, "Ce lien n’ouvre plus rien")).to_be_visible()
    check_accessible(alice)


def test_a_link_that_names_another_practice_stops(site: Any, link: str, alice: Page) -> None:
    alice.goto(swapped(link, link.index(".", link.index("#")) + 4).replace("/fr/a", "/en/a"))
    expect(heading(alice, "Stop here")).to_be_visible()
    expect(alice.get_by_text("This isn’t the practice you knew.")).to_be_visible()
    expect(alice.get_by_text("Or a letter of the link has changed")).to_be_visible()
    expect(alice.get_by_role("link", name="04 75 22 00 00")).to_be_visible()
    # Nobody here vouches for that number.
    expect(alice.get_by_text("This is the number this site gives")).to_be_visible()
    expect(alice.get_by_text(ALICE.reason)).to_have_count(0)
    check_accessible(alice)


def test_another_link_pasted_into_the_same_tab_opens_the_other_appointment(
    site: Any, link: str, alice: Page
) -> None:
    book(alice, site, "fr", site.fresh_day(), "10:20", TOM)
    expect(alice.locator(".hour")).to_have_text("10:20")
    alice.goto(link)
    expect(alice.locator(".hour")).to_have_text("9:40")
    alice.goto(swapped(link, link.index("#") + 7))
    expect(heading(alice, "Ce lien n’ouvre plus rien")).to_be_visible()


def fingerprint(site: Any) -> str:
    return base64.urlsafe_b64encode(site.house.roster.fingerprint).decode().rstrip("=")


def to_a_time_of_bento(page: Page) -> None:
    """As somebody goes who read the code at the door: the practice's page, the practitioner's, a time."""
    expect(heading(page, "Cabinet des Tilleuls")).to_be_visible()
    page.get_by_role("link", name="Inès Bento").first.click()
    expect(heading(page, "Dr Inès Bento")).to_be_visible()
    page.locator("a.slot").last.click()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_practice_with_other_keys_than_its_link_promised_stops_before_anything_is_sent(
    site: Any, alice: Page, language: str
) -> None:
    day = site.fresh_day()
    sent: list[str] = []
    alice.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    alice.goto(site.address(f"/{language}/p/{SLUG}#k={swapped(fingerprint(site), 5)}"))
    to_a_time_of_bento(alice)
    expect(heading(alice, {"fr": "Arrêtez-vous ici", "en": "Stop here"}[language])).to_be_visible()
    letter = {"fr": "Ou une lettre du lien a changé", "en": "Or a letter of the link has changed"}[language]
    expect(alice.get_by_text(letter)).to_be_visible()
    expect(alice.get_by_role("textbox")).to_have_count(0)
    expect(alice.get_by_role("link", name="04 75 22 00 00")).to_be_visible()
    check_accessible(alice)
    assert not [url for url in sent if url.endswith("/appointments")]
    assert rows(site, f"SELECT 1 FROM appointments WHERE start::date = '{day}'") == []


@pytest.mark.parametrize(
    ("language", "said"), [("fr", "Ce lien est incomplet."), ("en", "This link is incomplete.")]
)
def test_a_practice_link_that_was_cut_says_so_and_pins_nothing(
    site: Any, alice: Page, language: str, said: str
) -> None:
    alice.goto(site.address(f"/{language}/p/{SLUG}"))
    expect(alice.get_by_text(said)).to_be_hidden()
    alice.goto("about:blank")
    alice.goto(site.address(f"/{language}/p/{SLUG}#k={fingerprint(site)[:20]}"))
    expect(alice.get_by_role("alert")).to_contain_text(said)
    check_accessible(alice)
    assert alice.evaluate("localStorage.getItem('serment.pins')") is None


def test_the_practice_s_own_link_is_trusted_through_to_the_booking(site: Any, alice: Page) -> None:
    alice.goto(site.address(f"/fr/p/{SLUG}#k={fingerprint(site)}"))
    check_accessible(alice)
    to_a_time_of_bento(alice)
    assert alice.evaluate("location.hash") == f"#k={fingerprint(site)}"
    fill_form(alice, "fr")
    to_review(alice, "fr")
    alice.get_by_text("Et l’hébergeur du site ?").click()
    expect(alice.get_by_text("pour la première fois")).to_have_count(0)
    confirm(alice, "fr")
    assert fingerprint(site) in alice.evaluate("localStorage.getItem('serment.pins')")


def test_a_first_meeting_without_the_practice_s_link_is_called_one(site: Any, alice: Page) -> None:
    alice.goto(site.booking("fr"))
    choose_time(alice, "fr", site.fresh_day(), "9:20")
    fill_form(alice, "fr")
    alice.get_by_text("Est-ce bien ce cabinet ?").click()
    expect(alice.get_by_text("Cet appareil rencontre ce cabinet pour la première fois")).to_be_visible()
    check_accessible(alice)


def test_a_booking_whose_key_was_cut_short_is_no_first_meeting(site: Any, alice: Page) -> None:
    alice.goto(site.booking("fr") + f"#k={fingerprint(site)[:20]}")
    alice.locator("button.slot").first.click()
    expect(heading(alice, "Arrêtez-vous ici")).to_be_visible()


def test_skipping_to_the_content_keeps_the_appointment_on_the_page(site: Any, link: str, alice: Page) -> None:
    alice.goto(link)
    expect(alice.locator(".hour")).to_have_text("9:40")
    alice.keyboard.press("Tab")
    expect(alice.get_by_role("link", name="Aller au contenu")).to_be_focused()
    alice.keyboard.press("Enter")
    expect(alice.get_by_role("main")).to_be_focused()
    expect(alice.locator(".hour")).to_have_text("9:40")
    alice.get_by_role("button", name="Déplacer").click()
    alice.get_by_role("link", name="Aller au contenu").press("Enter")
    expect(heading(alice, "Quand préférez-vous venir ?")).to_be_visible()
    alice.reload()
    expect(alice.locator(".hour")).to_have_text("9:40")


def test_a_link_without_a_script_says_why_it_needs_one(
    site: Any, link: str, profile: Callable[..., BrowserContext]
) -> None:
    page = profile(java_script_enabled=False).new_page()
    page.goto(link)
    assert "scellé sur votre appareil avant de partir" in page.locator("noscript").inner_text()
    page.goto(site.booking("fr"))
    page.get_by_role("link", name="Voir la page du praticien").click()
    expect(heading(page, "Dr Inès Bento")).to_be_visible()
    page.goto(site.booking("en"))
    assert "This page needs JavaScript" in page.locator("noscript").inner_text()
