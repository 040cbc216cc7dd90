# SPDX-License-Identifier: AGPL-3.0-or-later
"""The practice's desk: what it opens, what it shows, what it does, by pointer and by keyboard, on the real server."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from browser.conftest import DESK, PHONE, check_accessible
from browser.desk_town import ALICE, SAM, TODAY, TOM, Town, at_noon, fill_in, town, unlock
from serment.seal.keys import Cap

pytestmark = pytest.mark.slow

THURSDAY = TODAY + dt.timedelta(days=2)
NEXT_WEEK = TODAY + dt.timedelta(days=7)


@pytest.fixture(scope="module")
async def practice(
    bundle: None, new_database: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """The practice on a Tuesday morning in March, with a few patients in its week."""
    with town(await new_database(), tmp_path_factory.mktemp("desk")) as made:
        made.book(ALICE, TODAY, "10:10")
        made.book(TOM, TODAY, "10:30")
        made.book(ALICE, TODAY, "14:00", visit_type="bilan")
        made.book(TOM, TODAY, "10:20", agenda="okoro")
        made.book(ALICE, THURSDAY, "9:10")
        yield made


@pytest.fixture
def sam(profile: Callable[..., BrowserContext]) -> Page:
    """Sam's machine at the front desk."""
    page: Page = at_noon(profile(DESK)).new_page()
    return page


def block(page: Page, hours: str, day: dt.date = TODAY, *, agenda: str = "Dr Inès Bento") -> Any:
    """A visit of the grid by its day, its practitioner and the beginning of its name."""
    section = page.locator(f"section.wday:has(> #day-{day})").locator(
        "section.lane", has=page.get_by_role("heading", name=agenda)
    )
    return section.get_by_role("button", name=re.compile("^" + re.escape(hours)))


def reads(page: Page) -> list[dict[str, Any]]:
    """From now on, every request of this page for groups of one record."""
    asked: list[dict[str, Any]] = []

    def note(request: Request) -> None:
        found = re.search(r"/appointments/([0-9a-f-]+)/read$", request.url)
        if found:
            asked.append({"record": found.group(1), **json.loads(request.post_data or "{}")})

    page.on("request", note)
    return asked


def link(practice: Town, kept: Any) -> str:
    """The patient's link: what the booking page showed."""
    cap: Cap = kept.cap
    secret = base64.urlsafe_b64encode(cap.secret).decode().rstrip("=")
    fingerprint = base64.urlsafe_b64encode(practice.house.roster.fingerprint).decode().rstrip("=")
    return f"{practice.origin}/fr/a#{secret}.{fingerprint}"


def said(page: Page) -> Any:
    return page.locator(".said")


def test_closed_it_knows_nothing_and_says_so(practice: Town, sam: Page) -> None:
    sam.goto(f"{practice.origin}/fr/desk")
    expect(sam.get_by_role("heading", name="Ouvrir l’agenda")).to_be_visible()
    expect(sam.get_by_text("Rien de la journée")).to_be_visible()
    check_accessible(sam)


def test_a_wrong_password_opens_nothing_and_keeps_the_name(practice: Town, sam: Page) -> None:
    sam.goto(f"{practice.origin}/fr/desk")
    fill_in(sam, SAM, "pas le bon")
    expect(sam.get_by_text("Ce nom et ce mot de passe ne vont pas ensemble.")).to_be_visible()
    expect(sam.get_by_label("Mot de passe", exact=True)).to_be_focused()
    expect(sam.get_by_label("Nom de connexion")).to_have_value("sam")
    check_accessible(sam)


def test_what_is_missing_is_said_beside_its_field(practice: Town, sam: Page) -> None:
    sam.goto(f"{practice.origin}/en/desk")
    sam.get_by_role("button", name="Open", exact=True).click()
    expect(sam.get_by_label("Log-in name")).to_be_focused()
    expect(sam.get_by_text("The log-in name is missing.")).to_be_visible()


def test_sam_opens_the_week_in_one_gesture(practice: Town, sam: Page) -> None:
    sent: list[str] = []
    sam.on("request", lambda request: sent.append(f"{request.url} {request.post_data or ''}"))
    unlock(sam, practice)
    expect(block(sam, "10 h 10 à")).to_have_accessible_name(
        "10 h 10 à 10 h 30, Alice Renaudin-Abescat, Consultation, attendu"
    )
    expect(block(sam, "10 h 20 à", agenda="Dr Ike")).to_have_accessible_name(
        "10 h 20 à 10 h 40, Tom Abescat, Consultation, attendu"
    )
    expect(block(sam, "14 h à 14 h 30")).to_have_accessible_name(
        "14 h à 14 h 30, Alice Renaudin-Abescat, Bilan, demande à traiter"
    )
    expect(block(sam, "9 h 10 à", THURSDAY)).to_be_visible()
    assert sam.locator("[data-stop][tabindex='0']").count() == 1
    assert not [one for one in sent if SAM.password in one or "Abescat" in one]
    check_accessible(sam)


def test_the_desk_speaks_english_and_draws_in_the_dark(
    practice: Town, profile: Callable[..., BrowserContext]
) -> None:
    page = at_noon(profile(DESK, color_scheme="dark")).new_page()
    unlock(page, practice, language="en")
    expect(block(page, "10:10 to 10:30")).to_have_accessible_name(
        re.compile("^10:10 to 10:30, Alice Renaudin-Abescat, Consultation, ")
    )
    block(page, "10:10 to").click()
    expect(page.get_by_role("heading", level=2, name="Alice Renaudin-Abescat")).to_be_visible()
    check_accessible(page)


def test_the_first_opening_leaves_no_public_key_stanza_of_the_unit(practice: Town, sam: Page) -> None:
    practice.book(TOM, THURSDAY, "9:30")
    unlock(sam, practice)
    expect(block(sam, "9 h 30 à", THURSDAY)).to_be_visible()
    unit = next(iter(practice.house.units.values()))
    count = "SELECT count(*) FROM stanzas WHERE kid = $1"

    def left() -> int:
        return int(practice.rows(count, unit.kem.kid)[0][0])

    for _ in range(50):
        if left() == 0:
            break
        sam.wait_for_timeout(200)
    assert left() == 0
    appointments = int(practice.rows("SELECT count(*) FROM appointments")[0][0])
    assert int(practice.rows(count, unit.k_rec.kid)[0][0]) == appointments
    unlock(sam, practice)
    expect(block(sam, "9 h 30 à", THURSDAY)).to_have_accessible_name(re.compile("Tom Abescat"))


def test_a_booking_made_meanwhile_appears_without_reload(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    expect(block(sam, "9 h 10 à", THURSDAY)).to_be_visible()
    practice.book(TOM, THURSDAY, "11:10")
    expect(block(sam, "11 h 10 à", THURSDAY)).to_have_accessible_name(
        "11 h 10 à 11 h 30, Tom Abescat, Consultation, nouveau", timeout=5_000
    )


def test_after_thirty_contacts_sam_shows_to_be_there_and_goes_on_where_she_was(
    practice: Town, sam: Page
) -> None:
    unlock(sam, practice)
    practice.rows("UPDATE sessions SET contacts = ARRAY(SELECT generate_series(1, 30)) RETURNING 1")
    practice.rows("DELETE FROM disclosures RETURNING 1")
    sam.get_by_role("button", name=re.compile("10 h 10 à 10 h 30, Alice")).click()
    sam.get_by_role("button", name="Voir le contact").click()
    expect(sam.get_by_role("heading", name="Est-ce bien vous ?")).to_be_focused()
    check_accessible(sam)
    sam.get_by_role("button", name="Ne rien changer").click()
    expect(sam.get_by_role("alert").filter(has_text="Trente coordonnées")).to_be_visible()
    sam.get_by_role("button", name="Voir le contact").click()
    sam.get_by_label("Nom de connexion").fill(SAM.log_in)
    sam.get_by_label("Mot de passe", exact=True).fill(SAM.password)
    sam.get_by_role("button", name="C’est moi").click()
    expect(sam.get_by_role("link", name=re.compile("06 39 98"))).to_be_visible()


def test_contact_is_fetched_for_one_record_and_on_demand(practice: Town, sam: Page) -> None:
    kept = practice.book(ALICE, THURSDAY, "11:30")
    unlock(sam, practice)
    asked = reads(sam)
    block(sam, "11 h 30 à", THURSDAY).click()
    expect(sam.get_by_text("Née le 7 septembre 1988, 38 ans")).to_be_visible()
    expect(sam.get_by_text(ALICE.reason)).to_be_visible()
    assert [(one["record"], one["groups"]) for one in asked] == [(str(kept.booked.record), ["rs"])]
    assert ALICE.phone not in sam.content()
    check_accessible(sam)
    sam.get_by_role("button", name="Voir le contact").click()
    expect(sam.get_by_role("link", name="06 39 98 12 40")).to_be_visible()
    assert [(one["record"], one["groups"]) for one in asked[1:]] == [(str(kept.booked.record), ["ct"])]
    # Seen in the panel, it is no news any more.
    expect(block(sam, "11 h 30 à", THURSDAY)).to_have_accessible_name(re.compile("attendu$"))


def test_by_keyboard_alone_through_the_day(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    expect(block(sam, "10 h 10 à")).to_have_accessible_name(re.compile("Alice"))
    stop = sam.locator("[data-stop][tabindex='0']")
    stop.focus()
    sam.keyboard.press("Home")
    for _ in range(3):
        if (
            sam.evaluate("document.activeElement.textContent")
            .replace("\u00a0", " ")
            .strip()
            .startswith("10 h 10")
        ):
            break
        sam.keyboard.press("ArrowDown")
    sam.keyboard.press("Enter")
    expect(sam.locator("#panel-title")).to_be_focused()
    sam.keyboard.press("Escape")
    expect(block(sam, "10 h 10 à")).to_be_focused()
    sam.keyboard.press("a")
    expect(said(sam)).to_contain_text("Arrivée notée.")
    expect(block(sam, "10 h 10 à")).to_have_accessible_name(re.compile("arrivé"))
    expect(block(sam, "10 h 10 à")).to_be_focused()
    said(sam).get_by_role("button", name="Défaire").press("Enter")
    expect(block(sam, "10 h 10 à")).not_to_have_accessible_name(re.compile("arrivé"))
    block(sam, "10 h 10 à").focus()
    sam.keyboard.press("ArrowRight")
    expect(block(sam, "10 h 20 à", agenda="Dr Ike")).to_be_focused()
    sam.keyboard.press("PageDown")
    expect(sam.get_by_role("heading", level=1)).to_have_text("22 – 26 mars 2027")
    expect(sam.locator("[data-stop]:focus")).to_have_count(1)


def test_single_keys_can_be_turned_off(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    sam.get_by_label("Une lettre seule agit").uncheck()
    block(sam, "10 h 10 à").focus()
    sam.keyboard.press("a")
    sam.wait_for_timeout(300)
    expect(said(sam)).to_have_count(0)
    expect(block(sam, "10 h 10 à")).not_to_have_accessible_name(re.compile("arrivé"))


def test_after_a_move_by_keyboard_the_patients_link_still_opens(
    practice: Town, sam: Page, profile: Callable[..., BrowserContext]
) -> None:
    kept = practice.book(ALICE, NEXT_WEEK, "9:10")
    unlock(sam, practice)
    sam.get_by_role("button", name="Semaine suivante").click()
    moved = block(sam, "9 h 10 à", NEXT_WEEK)
    moved.focus()
    sam.keyboard.press("d")
    expect(sam.get_by_text("Déplacer Alice Renaudin-Abescat")).to_be_visible()
    check_accessible(sam)
    sam.keyboard.press("ArrowDown")
    expect(sam.locator(".spot:focus")).to_have_accessible_name(
        "Poser ici, mardi 23 mars, 9 h 30, Dr Inès Bento"
    )
    sam.keyboard.press("Enter")
    expect(said(sam)).to_contain_text("Déplacé au mardi 23 mars, 9 h 30.")
    expect(block(sam, "9 h 30 à 9 h 50", NEXT_WEEK)).to_be_focused()
    alice = at_noon(profile(PHONE)).new_page()
    alice.goto(link(practice, kept))
    expect(alice.get_by_text("9:30")).to_be_visible()
    expect(alice.get_by_text("Alice").first).to_be_visible()
    said(sam).get_by_role("button", name="Défaire").click()
    expect(block(sam, "9 h 10 à", NEXT_WEEK)).to_be_visible()
    alice.reload()
    expect(alice.get_by_text("9:10")).to_be_visible()


def test_a_move_is_not_undone_onto_somebody_else(practice: Town, sam: Page) -> None:
    practice.book(ALICE, NEXT_WEEK, "8:30")
    unlock(sam, practice)
    sam.get_by_role("button", name="Semaine suivante").click()
    block(sam, "8 h 30 à", NEXT_WEEK).focus()
    sam.keyboard.press("d")
    expect(sam.locator(".spot:focus")).to_have_accessible_name(re.compile(r"8\sh\s50"))
    sam.keyboard.press("Enter")
    expect(said(sam)).to_contain_text("Déplacé au mardi 23 mars, 8 h 50.")
    practice.book(TOM, NEXT_WEEK, "8:30")
    said(sam).get_by_role("button", name="Défaire").click()
    expect(sam.get_by_role("alert")).to_contain_text("Cette heure vient d’être prise. Rien n’a bougé")
    expect(block(sam, "8 h 30 à", NEXT_WEEK)).to_have_accessible_name(re.compile("Tom"))
    expect(block(sam, "8 h 50 à", NEXT_WEEK)).to_have_accessible_name(re.compile("Alice"))


def test_escape_gives_a_move_up_and_nothing_is_sent(practice: Town, sam: Page) -> None:
    practice.book(TOM, NEXT_WEEK, "10:10")
    unlock(sam, practice)
    sam.get_by_role("button", name="Semaine suivante").click()
    asked = reads(sam)
    block(sam, "10 h 10 à", NEXT_WEEK).focus()
    sam.keyboard.press("d")
    sam.keyboard.press("ArrowDown")
    sam.keyboard.press("Escape")
    expect(block(sam, "10 h 10 à", NEXT_WEEK)).to_be_focused()
    # Typed by somebody who believes to be in the search.
    sam.keyboard.type("davide")
    sam.keyboard.press("Enter")
    expect(sam.get_by_role("group", name=re.compile("^Déplacer"))).to_have_count(0)
    expect(block(sam, "10 h 10 à", NEXT_WEEK)).to_be_focused()
    assert asked == []


def test_dragging_does_what_the_keys_do(practice: Town, sam: Page) -> None:
    practice.book(TOM, NEXT_WEEK, "11:10")
    unlock(sam, practice)
    sam.get_by_role("button", name="Semaine suivante").click()
    start = block(sam, "11 h 10 à", NEXT_WEEK).bounding_box()
    assert start is not None
    x, y = start["x"] + start["width"] / 2, start["y"] + 8
    sam.mouse.move(x, y)
    sam.mouse.down()
    sam.mouse.move(x, y + 20, steps=4)
    sam.mouse.move(x, y + start["height"] + 4, steps=4)
    expect(sam.locator(".spot.under-drag")).to_have_count(1)
    sam.mouse.up()
    expect(said(sam)).to_contain_text("Déplacé au mardi 23 mars, 11 h 30.")
    expect(block(sam, "11 h 30 à", NEXT_WEEK)).to_have_accessible_name(re.compile("Tom Abescat"))


def test_first_place_finds_the_next_free_time(practice: Town, sam: Page) -> None:
    practice.book(TOM, NEXT_WEEK, "16:00")
    unlock(sam, practice)
    sam.get_by_role("button", name="Semaine suivante").click()
    block(sam, "16 h à", NEXT_WEEK).focus()
    sam.keyboard.press("d")
    moving = sam.get_by_role("group", name="Déplacer Tom Abescat")
    moving.get_by_role("button", name="Première place").click()
    expect(sam.locator(".spot:focus")).to_have_accessible_name(
        re.compile(r"^Poser ici, mardi 16 mars, 1[01]\sh")
    )
    sam.keyboard.press("Escape")


def test_cancelling_asks_first_and_can_be_taken_back(practice: Town, sam: Page) -> None:
    practice.book(TOM, NEXT_WEEK, "14:40")
    unlock(sam, practice)
    sam.get_by_role("button", name="Semaine suivante").click()
    block(sam, "14 h 40 à", NEXT_WEEK).click()
    sam.get_by_role("button", name="Annuler", exact=True).click()
    expect(sam.get_by_text("Annuler ce rendez-vous")).to_be_visible()
    check_accessible(sam)
    sam.get_by_role("button", name="Oui, annuler le rendez-vous").click()
    expect(said(sam)).to_contain_text("Rendez-vous annulé.")
    expect(block(sam, "14 h 40 à 15 h, Tom", NEXT_WEEK)).to_have_accessible_name(re.compile("annulé$"))
    said(sam).get_by_role("button", name="Défaire").click()
    expect(block(sam, "14 h 40 à 15 h, Tom", NEXT_WEEK)).to_have_accessible_name(re.compile("attendu$"))
    rows = practice.rows("SELECT kind FROM acts ORDER BY n")
    assert [row["kind"] for row in rows] == [1, 3]


def test_of_two_requests_for_one_time_the_second_stays_a_request(practice: Town, sam: Page) -> None:
    practice.book(ALICE, NEXT_WEEK, "15:30", visit_type="bilan")
    practice.book(TOM, NEXT_WEEK, "15:30", visit_type="bilan")
    unlock(sam, practice)
    sam.get_by_role("button", name="Semaine suivante").click()
    requests = block(sam, "15 h 30 à 16 h, ", NEXT_WEEK)
    expect(requests).to_have_count(2)
    requests.filter(has_text="Renaudin").click()
    sam.get_by_role("button", name="Accepter").click()
    expect(said(sam)).to_contain_text("Demande acceptée.")
    requests.filter(has_text="Abescat").filter(has_not_text="Renaudin").click()
    sam.get_by_role("button", name="Accepter").click()
    expect(sam.get_by_role("alert")).to_contain_text("L’heure a été prise entre-temps. La demande reste")
    check_accessible(sam)
    sam.get_by_role("button", name="Refuser").click()
    expect(said(sam)).to_contain_text("Demande refusée.")
    expect(requests).to_have_count(1)


def test_what_changed_meanwhile_is_read_again_and_nothing_is_overwritten(
    practice: Town, profile: Callable[..., BrowserContext]
) -> None:
    practice.book(TOM, NEXT_WEEK, "17:00")
    desks = []
    for _ in range(2):
        context = at_noon(profile(DESK))
        context.route("**/changes", lambda route: route.abort())
        page = context.new_page()
        unlock(page, practice)
        page.get_by_role("button", name="Semaine suivante").click()
        expect(block(page, "17 h à", NEXT_WEEK)).to_have_accessible_name(re.compile("Tom"))
        desks.append(page)
    first, second = desks
    for page, step in ((first, "ArrowDown"), (second, "ArrowUp")):
        block(page, "17 h à", NEXT_WEEK).focus()
        page.keyboard.press("d")
        page.keyboard.press(step)
        page.keyboard.press("Enter")
        if page is first:
            expect(said(page)).to_contain_text("17 h 20")
    expect(second.get_by_role("alert")).to_contain_text("Ce rendez-vous a changé entre-temps")
    expect(block(second, "17 h 20 à", NEXT_WEEK)).to_have_accessible_name(re.compile("Tom"))


def test_why_a_time_is_not_offered_is_said_in_a_sentence(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    sam.get_by_role("button", name="Pourquoi pas cette heure").click()
    sam.get_by_label("Heure", exact=True).fill("12:30")
    sam.get_by_role("button", name="Demander").click()
    expect(sam.get_by_text("La visite ne tient pas dans les heures d’ouverture")).to_be_visible()
    check_accessible(sam)


def test_a_free_time_tells_what_patients_are_offered(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    sam.get_by_role("button", name="17 h 40 à 18 h, libre").or_(
        sam.get_by_role("button", name=re.compile("à 18 h, libre"))
    ).first.click()
    sam.get_by_text("Ce que les patients voient ici").click()
    expect(sam.get_by_text("Heures proposées aux patients")).to_be_visible()
    check_accessible(sam)


def test_what_carries_no_valid_signature_is_called_unverified(practice: Town, sam: Page) -> None:
    kept = practice.book(TOM, THURSDAY, "15:00")
    practice.rows("UPDATE appointments SET sig = $1 WHERE record = $2", bytes(64), kept.booked.record)
    unlock(sam, practice)
    expect(block(sam, "15 h à", THURSDAY)).to_have_accessible_name(
        re.compile("Tom Abescat, Consultation, non vérifié")
    )
    block(sam, "15 h à", THURSDAY).click()
    expect(sam.get_by_text("ne porte pas de signature valable")).to_be_visible()
    check_accessible(sam)


def test_a_letter_of_another_record_is_a_stop_and_no_name(practice: Town, sam: Page) -> None:
    one, other = practice.book(TOM, THURSDAY, "15:20"), practice.book(ALICE, THURSDAY, "15:40")
    practice.rows(
        "UPDATE appointments SET body_id = (SELECT body_id FROM appointments WHERE record = $1) WHERE record = $2",
        other.booked.record,
        one.booked.record,
    )
    unlock(sam, practice)
    expect(block(sam, "15 h 40 à", THURSDAY)).to_have_accessible_name(re.compile("Alice"))
    expect(block(sam, "15 h 20 à", THURSDAY)).to_have_accessible_name(
        "15 h 20 à 15 h 40, ne s’ouvre pas, Consultation"
    )
    block(sam, "15 h 20 à", THURSDAY).click()
    expect(sam.get_by_text("Ce pli ne s’ouvre pas")).to_be_visible()
    check_accessible(sam)


def test_another_practice_under_the_same_name_is_a_hard_stop(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    sam.evaluate(
        """() => { for (const name of Object.keys(localStorage)) {
          const pin = JSON.parse(localStorage.getItem(name) ?? 'null');
          const text = JSON.stringify(pin).replace(/"fingerprint":"[^"]{6}/g, '"fingerprint":"AAAAAA');
          localStorage.setItem(name, text); } }"""
    )
    sam.goto(f"{practice.origin}/fr/desk")
    fill_in(sam, SAM)
    expect(sam.get_by_role("alert")).to_contain_text("Ce cabinet n’est pas celui que vous connaissiez")
    assert "Abescat" not in sam.content()
    check_accessible(sam)


def test_ten_minutes_without_a_touch_close_the_desk(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    expect(block(sam, "10 h 10 à")).to_have_accessible_name(re.compile("Alice"))
    sam.clock.fast_forward("09:00")
    expect(sam.get_by_role("button", name="Refermer")).to_be_visible()
    sam.clock.fast_forward("01:10")
    expect(sam.get_by_text("après dix minutes sans activité").first).to_be_visible()
    expect(sam.get_by_role("listitem").filter(has_text="Consultation").first).to_be_visible()
    assert "Abescat" not in sam.content()
    check_accessible(sam)


def test_reload_asks_again_and_shows_hours_alone(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    sam.reload()
    expect(sam.get_by_role("heading", name="Ouvrir l’agenda")).to_be_visible()
    expect(sam.get_by_role("listitem").filter(has_text="Consultation").first).to_be_visible()
    assert "Abescat" not in sam.content()
    unlock(sam, practice)
    sam.get_by_role("button", name="Refermer").click()
    expect(sam.get_by_text("L’agenda est refermé.")).to_be_visible()
    sam.reload()
    expect(sam.get_by_text("Rien de la journée")).to_be_visible()


def test_while_the_server_is_down_the_day_stays_readable(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    expect(block(sam, "10 h 10 à")).to_have_accessible_name(re.compile("Alice"))
    practice.stop()
    sam.clock.fast_forward("00:31")
    expect(sam.get_by_text("Le serveur ne répond pas. Ce qui est affiché date de")).to_be_visible()
    expect(block(sam, "10 h 10 à")).to_have_accessible_name(re.compile("Alice"))
    check_accessible(sam)
    # Asked again while nothing answers, it says the same.
    sam.get_by_role("button", name="Réessayer").click()
    expect(sam.get_by_text("Le serveur ne répond pas. Ce qui est affiché date de")).to_be_visible()
    practice.start()
    expect(sam.get_by_text("Le serveur ne répond pas. Ce qui est affiché date de")).to_have_count(0)


def test_a_phone_shows_one_practitioners_day_as_a_list(
    practice: Town, profile: Callable[..., BrowserContext]
) -> None:
    page = at_noon(profile(PHONE, has_touch=True)).new_page()
    unlock(page, practice)
    expect(page.get_by_role("heading", level=1, name="Mardi 16 mars")).to_be_visible()
    row = page.get_by_role("button", name=re.compile("^10 h 30 à 10 h 50, Tom Abescat, Consultation"))
    expect(row).to_be_visible()
    check_accessible(page)
    row.click()
    expect(page.get_by_role("heading", level=2, name="Tom Abescat")).to_be_focused()
    # What the dock covers half is whole once scrolled.
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    check_accessible(page)
    page.get_by_role("button", name="Revenir à la journée").click()
    expect(row).to_be_focused()
    page.get_by_role("button", name="Dr Okoro-Lacaze").click()
    expect(page.get_by_role("button", name=re.compile("^10 h 20 à 10 h 40, Tom"))).to_be_visible()
    page.get_by_role("button", name="Liste").click()
    expect(page.get_by_role("table").first).to_be_visible()
    check_accessible(page)


def test_the_list_is_a_table_that_prints(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    sam.get_by_role("button", name="Liste").click()
    expect(
        sam.get_by_role("row", name=re.compile("10 h 10 Alice Renaudin-Abescat Consultation"))
    ).to_be_visible()
    check_accessible(sam)
    sam.emulate_media(media="print")
    expect(sam.get_by_role("complementary")).to_be_hidden()
    expect(sam.get_by_role("row", name=re.compile("10 h 10 Alice"))).to_be_visible()


def test_a_screen_reader_walks_days_practitioners_and_hours(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    expect(block(sam, "10 h 10 à")).to_have_accessible_name(re.compile("Alice"))
    tree = sam.locator(f"section.wday:has(> #day-{TODAY})").aria_snapshot()
    assert tree.index('heading "Mardi 16 mars, aujourd’hui" [level=2]') < tree.index(
        'heading "Dr Inès Bento" [level=3]'
    )
    lane = tree[tree.index('heading "Dr Inès Bento"') : tree.index('heading "Dr Ike Okoro-Lacaze"')]
    hours = [
        "8 h 30 à 10 h 10, libre",
        "Maintenant, 10 h 02",
        "10 h 10 à 10 h 30, Alice",
        "10 h 30 à 10 h 50, Tom",
        "12 h à 14 h, fermé",
    ]
    assert [lane.index(hour) for hour in hours] == sorted(lane.index(hour) for hour in hours)
    assert tree.count("Maintenant") == 1
