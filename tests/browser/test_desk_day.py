# SPDX-License-Identifier: AGPL-3.0-or-later
"""A secretary's day in a health centre of six practitioners and two sites, on the real server, in a real Chromium."""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import DESK, PHONE, check_accessible
from browser.desk_town import ALICE, TODAY, TOM, Town, at_noon, town, unlock
from browser.health_centre import CENTRE

pytestmark = pytest.mark.slow

NEXT_WEEK = TODAY + dt.timedelta(days=7)


@pytest.fixture(scope="module")
async def centre(
    bundle: None, new_database: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """The health centre on a Tuesday morning in March."""
    with town(await new_database(), tmp_path_factory.mktemp("centre"), CENTRE) as made:
        made.book(ALICE, TODAY, "10:30")
        made.book(TOM, TODAY, "10:30", agenda="okoro", visit_type="vaccin")
        yield made


@pytest.fixture
def sam(profile: Callable[..., BrowserContext]) -> Page:
    """Sam's machine at the front desk."""
    page: Page = at_noon(profile(DESK)).new_page()
    return page


def visit(page: Page, hours: str, day: dt.date = TODAY, *, agenda: str = "Dr Inès Bento") -> Any:
    """A visit of the grid by its day, its practitioner and the beginning of its name; never the free time before it came."""
    section = page.locator(f"section.wday:has(> #day-{day})").locator(
        "section.lane", has=page.get_by_role("heading", name=agenda)
    )
    return section.get_by_role("button", name=re.compile("^" + re.escape(hours) + "(?!.*, libre$)"))


def places(page: Page) -> Any:
    """The first places found, as they are read."""
    return page.locator("[data-place]")


def test_first_place_by_keyboard_over_all_practitioners(centre: Town, sam: Page) -> None:
    unlock(sam, centre)
    visit(sam, "10 h 30 à").focus()
    sam.keyboard.press("p")
    expect(sam.get_by_role("heading", name="Première place")).to_be_focused()
    expect(places(sam).first).to_be_visible()
    check_accessible(sam)
    # At 10 h 02 the next start of everybody is 10 h 10; Dr Bento's and Dr Okoro's 10 h 30 are taken.
    expect(places(sam).first).to_have_accessible_name(re.compile(r"^10\sh\s10\s?Dr Inès Bento"))
    sam.keyboard.press("ArrowDown")
    expect(places(sam).first).to_be_focused()
    sam.keyboard.press("ArrowDown")
    expect(places(sam).nth(1)).to_be_focused()
    sam.keyboard.press("ArrowUp")
    sam.keyboard.press("Enter")
    expect(sam.get_by_role("combobox", name="Qui appelle ?")).to_be_focused()
    expect(sam.get_by_label("Heure", exact=True)).to_have_value("10:10")
    sam.keyboard.press("Escape")
    expect(sam.locator("[data-stop]:focus")).to_have_accessible_name(
        re.compile(r"^8\sh\s30 à 10\sh\s30, libre")
    )


def test_the_question_is_narrowed_to_a_site_a_morning_and_a_day(centre: Town, sam: Page) -> None:
    unlock(sam, centre)
    sam.get_by_role("button", name="Première place").click()
    sam.get_by_text("Préciser").click()
    sam.get_by_role("button", name="Après-midi").click()
    sam.get_by_role("button", name="Jeudi").click()
    sam.get_by_label("Lieu").select_option("Antenne du Pont")
    expect(sam.locator(".place-day").first).to_have_text("Jeudi 18 mars")
    expect(places(sam).first).to_have_accessible_name(re.compile(r"^14\sh\s?Dr Yann Kermarrec"))
    names = [one.inner_text() for one in places(sam).all()]
    assert all("Kermarrec" in name or "Silva" in name for name in names)
    check_accessible(sam)


def test_with_the_server_away_the_question_says_so_and_asks_again(centre: Town, sam: Page) -> None:
    unlock(sam, centre)
    sam.route("**/first-places", lambda route: route.abort())
    sam.get_by_role("button", name="Première place").click()
    expect(sam.get_by_role("alert")).to_contain_text("Le serveur ne répond pas.")
    sam.unroute("**/first-places")
    sam.get_by_role("alert").get_by_role("button", name="Réessayer").click()
    expect(places(sam).first).to_be_visible()


def test_a_phone_finds_the_first_place_too(centre: Town, profile: Callable[..., BrowserContext]) -> None:
    page = at_noon(profile(PHONE)).new_page()
    unlock_on_phone(page, centre)
    page.get_by_role("button", name="Première place").click()
    expect(places(page).first).to_be_visible()
    # What the dock covers half is whole once scrolled.
    page.get_by_role("button", name="Voir plus loin").scroll_into_view_if_needed()
    check_accessible(page)
    places(page).first.click()
    expect(page.get_by_role("heading", name="Inscrire un rendez-vous")).to_be_visible()


def unlock_on_phone(page: Page, centre: Town) -> None:
    """The phone has no button to close in its bar: the day is what says that it is open."""
    from browser.desk_town import SAM, fill_in

    page.goto(f"{centre.origin}/fr/desk")
    fill_in(page, SAM)
    expect(page.get_by_role("heading", level=1, name="Mardi 16 mars")).to_be_visible()


def to_next_week(page: Page) -> None:
    """Tuesday a week on, all practitioners side by side."""
    page.get_by_role("button", name="Semaine", exact=True).click()
    page.get_by_role("button", name="Semaine suivante").click()
    page.get_by_role("button", name="Jour", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Mardi 23 mars")).to_be_visible()


def test_dropped_on_a_taken_time_it_warns_and_is_set_down_as_an_extra(centre: Town, sam: Page) -> None:
    centre.book(ALICE, NEXT_WEEK, "9:10")
    centre.book(TOM, NEXT_WEEK, "9:10", agenda="okoro")
    unlock(sam, centre)
    to_next_week(sam)
    alice = visit(sam, "9 h 10 à", NEXT_WEEK)
    tom = visit(sam, "9 h 10 à", NEXT_WEEK, agenda="Dr Ike").bounding_box()
    start = alice.bounding_box()
    assert start is not None and tom is not None

    def drops() -> None:
        sam.mouse.move(start["x"] + 30, start["y"] + 8)
        sam.mouse.down()
        sam.mouse.move(start["x"] + 60, start["y"] + 12, steps=3)
        # Between the free places on either side of Tom: nothing is near enough to snap to.
        sam.mouse.move(tom["x"] + 30, tom["y"] + 8, steps=6)
        expect(sam.locator(".spot.under-drag")).to_have_count(0)
        sam.mouse.up()
        expect(sam.get_by_role("heading", name="Poser à une autre heure")).to_be_visible()

    # Thought better of, it is where it was, and nothing hangs on the pointer or the keyboard any more.
    drops()
    sam.keyboard.press("Escape")
    expect(sam.locator(".said-move")).to_have_count(0)
    expect(alice).to_be_focused()
    drops()
    expect(sam.get_by_text("C’est pris de 9 h 10 à 9 h 30, battements compris.")).to_be_visible()
    check_accessible(sam)
    sam.get_by_role("button", name="Poser en plus").click()
    expect(sam.locator(".said")).to_contain_text("Déplacé au mardi 23 mars, 9 h 10, Dr Ike Okoro-Lacaze.")
    moved = visit(sam, "9 h 10 à", NEXT_WEEK, agenda="Dr Ike").filter(has_text="Renaudin")
    expect(moved).to_have_accessible_name(re.compile("en plus"))
    sam.locator(".said").get_by_role("button", name="Défaire").click()
    expect(visit(sam, "9 h 10 à", NEXT_WEEK)).to_have_accessible_name(re.compile("Alice.*, attendu$"))


def test_near_the_edge_the_agenda_scrolls_along_and_the_name_hangs_on_the_pointer(
    centre: Town, sam: Page
) -> None:
    """From the morning to the late afternoon, which lies below the window, in one drag."""
    day = NEXT_WEEK + dt.timedelta(days=2)
    centre.book(TOM, day, "9:10")
    unlock(sam, centre)
    to_next_week(sam)
    for _ in range(2):
        sam.get_by_role("button", name="Jour suivant").click()
    box = visit(sam, "9 h 10 à", day).bounding_box()
    assert box is not None
    sam.mouse.move(box["x"] + 30, box["y"] + 8)
    sam.mouse.down()
    sam.mouse.move(box["x"] + 40, box["y"] + 60, steps=3)
    expect(sam.locator(".ghost")).to_have_text("Tom Abescat")
    sam.mouse.move(box["x"] + 40, DESK["height"] - 10, steps=3)
    five = sam.locator(".spot", has_text="17:20").first
    for _ in range(200):
        place = five.bounding_box()
        if place is not None and place["y"] < DESK["height"] - 160:
            break
        sam.wait_for_timeout(20)
    assert place is not None
    sam.mouse.move(box["x"] + 40, place["y"] + 8, steps=3)
    expect(sam.locator(".spot.under-drag")).to_have_text(re.compile("17:20"))
    sam.mouse.up()
    expect(sam.locator(".ghost")).to_have_count(0)
    expect(sam.locator(".said")).to_contain_text("Déplacé au jeudi 25 mars, 17 h 20.")


def test_what_came_while_the_warning_was_read_is_read_before_anything_moves(centre: Town, sam: Page) -> None:
    centre.book(ALICE, NEXT_WEEK, "10:50")
    unlock(sam, centre)
    to_next_week(sam)
    visit(sam, "10 h 50 à", NEXT_WEEK).focus()
    sam.keyboard.press("d")
    sam.get_by_role("button", name="Autre heure").click()
    expect(sam.get_by_role("heading", name="Poser à une autre heure")).to_be_focused()
    sam.get_by_label("Heure", exact=True).fill("15:05")
    sam.get_by_role("button", name="Vérifier cette heure").click()
    expect(sam.get_by_text("Ce motif commence toutes les 20 minutes")).to_be_visible()
    centre.book(TOM, NEXT_WEEK, "15:00")
    sam.get_by_role("button", name="Poser en plus").click()
    expect(sam.get_by_role("alert")).to_contain_text("L’agenda a changé pendant que vous lisiez.")
    expect(sam.get_by_text("C’est pris de 15 h à 15 h 20, battements compris.")).to_be_visible()
    expect(visit(sam, "10 h 50 à", NEXT_WEEK)).to_have_count(1)
    sam.get_by_role("button", name="Poser en plus").click()
    expect(visit(sam, "15 h 05 à", NEXT_WEEK)).to_have_accessible_name(re.compile("Alice.*en plus"))


def test_a_visit_type_is_set_down_nowhere_it_is_not_offered(centre: Town, sam: Page) -> None:
    centre.book(TOM, NEXT_WEEK, "11:30", visit_type="laser")
    unlock(sam, centre)
    to_next_week(sam)
    visit(sam, "11 h 30 à", NEXT_WEEK).focus()
    sam.keyboard.press("d")
    sam.get_by_role("button", name="Autre heure").click()
    sam.get_by_label("Agenda", exact=True).select_option("Dr Luc Ferrand")
    sam.get_by_label("Heure", exact=True).fill("09:10")
    sam.keyboard.press("Enter")
    expect(sam.get_by_text("Cet agenda ne propose pas ce motif.")).to_be_visible()
    expect(sam.get_by_role("button", name="Poser en plus")).to_have_count(0)
    sam.keyboard.press("Escape")
    sam.get_by_role("button", name="Ne rien changer").click()
    expect(visit(sam, "11 h 30 à", NEXT_WEEK)).to_be_focused()


def test_the_day_is_counted_by_state_and_one_state_stands_out(centre: Town, sam: Page) -> None:
    centre.book(ALICE, TODAY, "11:10", agenda="haddad")
    unlock(sam, centre)
    block = visit(sam, "11 h 10 à", agenda="Dr Salma")
    block.focus()
    sam.keyboard.press("s")
    counts = sam.get_by_role("group", name="Mardi 16 mars, par état")
    waiting = counts.get_by_role("button", name="1 en salle")
    expect(waiting).to_be_visible()
    waiting.click()
    expect(waiting).to_have_attribute("aria-pressed", "true")
    expect(sam.locator(".ap.aside")).not_to_have_count(0)
    expect(block).not_to_have_class(re.compile("aside"))
    check_accessible(sam)
    sam.get_by_role("button", name="Liste", exact=True).click()
    expect(sam.locator(".listing tbody tr")).to_have_count(1)
    waiting.click()
    expect(sam.locator(".listing tbody tr")).not_to_have_count(1)


def test_colours_by_visit_come_with_shapes_and_a_legend_and_stay(centre: Town, sam: Page) -> None:
    unlock(sam, centre)
    sam.get_by_role("button", name="Par motif").click()
    expect(sam.get_by_role("list", name="Couleurs des motifs")).to_contain_text("Vaccination")
    expect(visit(sam, "10 h 30 à", agenda="Dr Ike")).to_have_class(re.compile(r"\bk4\b"))
    check_accessible(sam)
    unlock(sam, centre)
    expect(sam.get_by_role("button", name="Par motif")).to_have_attribute("aria-pressed", "true")


def test_a_visit_is_repeated_each_date_for_itself_and_what_is_taken_is_told(centre: Town, sam: Page) -> None:
    """Weekly from Tuesday 23 March: the 30th is free, on 6 April Tom has the time, the 13th goes while Sam looks."""
    kept = centre.book(ALICE, NEXT_WEEK, "16:20")
    centre.book(TOM, NEXT_WEEK + dt.timedelta(days=14), "16:20")
    unlock(sam, centre)
    to_next_week(sam)
    visit(sam, "16 h 20 à", NEXT_WEEK).click()
    sam.get_by_role("button", name="Répéter").click()
    expect(sam.get_by_role("heading", name="Répéter ce rendez-vous")).to_be_visible()
    sam.get_by_label("Rendez-vous de plus").fill("3")
    sam.get_by_role("button", name="Voir les dates").click()
    expect(sam.get_by_role("heading", name="3 dates")).to_be_focused()
    dates = sam.locator(".repeat-dates > li")
    expect(dates.nth(0)).to_contain_text("Libre")
    expect(dates.nth(1)).to_contain_text("Pris")
    check_accessible(sam)
    dates.nth(1).get_by_role("button", name="16 h 40", exact=True).click()
    centre.book(TOM, NEXT_WEEK + dt.timedelta(days=21), "16:20")
    sam.get_by_role("button", name="Prendre 3 rendez-vous").click()
    expect(sam.get_by_role("heading", name="2 rendez-vous pris")).to_be_focused()
    expect(dates.nth(2)).to_contain_text("L’heure vient d’être prise.")
    check_accessible(sam)
    sam.get_by_role("button", name="Semaine", exact=True).click()
    sam.get_by_role("button", name="Semaine suivante").click()
    again = visit(sam, "16 h 20 à", NEXT_WEEK + dt.timedelta(days=7))
    expect(again).to_have_accessible_name(re.compile("Alice Renaudin-Abescat"))
    again.click()
    expect(sam.get_by_text(ALICE.reason)).to_be_visible()
    # Nothing in clear says that two records are one person's: no value of the first row stands in the others, but for
    # who sealed them last, which is Sam for the first too: it was told that it is repeated.
    first, *others = centre.rows(
        "SELECT record, row_to_json(a)::text AS told FROM appointments a WHERE record = $1 "
        "UNION ALL SELECT record, row_to_json(a)::text FROM appointments a WHERE writer = 2 AND rev = 1",
        kept.booked.record,
    )
    assert len(others) == 2
    same = {
        name
        for other in others
        for name, value in json.loads(first["told"]).items()
        if value is not None and json.loads(other["told"]).get(name) == value
    }
    assert same <= {"practice", "unit", "agenda", "minutes", "visit_type", "status", "confirmed", "overbooked",
                    "rev", "acts", "head", "start", "was_request", "writer", "writer_kid"}, same  # fmt: skip


def repeat(page: Page, hours: str, times: int) -> None:
    """Sam repeats next week's visit weekly, so many times, and closes the panel's list of what was booked."""
    visit(page, f"{hours} à", NEXT_WEEK).click()
    page.get_by_role("button", name="Répéter").click()
    page.get_by_label("Rendez-vous de plus").fill(str(times))
    page.get_by_role("button", name="Voir les dates").click()
    page.get_by_role("button", name=f"Prendre {times} rendez-vous").click()
    expect(page.get_by_role("heading", name=f"{times} rendez-vous pris")).to_be_focused()
    page.get_by_role("button", name="Revenir au rendez-vous").click()


def test_a_series_is_seen_and_cancelled_as_one_and_taken_back_as_one(centre: Town, sam: Page) -> None:
    """Four Tuesdays at 17:20; from the second on they are cancelled, then all; each time Sam takes it back."""
    kept = centre.book(ALICE, NEXT_WEEK, "17:20")
    unlock(sam, centre)
    to_next_week(sam)
    repeat(sam, "17 h 20", 3)
    sam.get_by_role("button", name="Voir toute la série").click()
    expect(sam.get_by_role("heading", name="4 rendez-vous dans la série")).to_be_visible()
    dates = sam.locator(".series-dates > li")
    expect(dates).to_have_count(4)
    # A look is a look: nothing is marked, and nothing is one press from being lost.
    expect(sam.locator(".series-goes")).to_have_count(0)
    expect(sam.get_by_role("button", name=re.compile("^Annuler [0-9]"))).to_have_count(0)
    check_accessible(sam)
    # To the second of them, and from there the keyboard alone.
    dates.nth(1).get_by_role("button").click()
    expect(sam.get_by_role("heading", name="Alice Renaudin-Abescat")).to_be_focused()
    second = visit(sam, "17 h 20 à", NEXT_WEEK + dt.timedelta(days=7))
    second.focus()
    sam.keyboard.press("r")
    expect(sam.get_by_role("heading", name="4 rendez-vous dans la série")).to_be_visible()
    sam.get_by_role("button", name="Annuler des rendez-vous").click()
    expect(sam.get_by_label("Celui-ci et les suivants")).to_be_focused()
    go = sam.get_by_role("button", name="Annuler 3 rendez-vous")
    expect(go).to_be_visible()
    sam.keyboard.press("Tab")
    expect(go).to_be_focused()
    sam.keyboard.press("Enter")
    expect(sam.locator(".said")).to_contain_text("3 rendez-vous annulés.")
    expect(dates.nth(3)).to_contain_text("annulé")
    assert (
        centre.rows("SELECT status FROM appointments WHERE record = $1", kept.booked.record)[0]["status"]
        == "booked"
    )
    sam.locator(".said").get_by_role("button", name="Défaire").click()
    expect(sam.locator(".said")).to_contain_text("3 rendez-vous rétablis.")
    sam.get_by_role("button", name="Annuler des rendez-vous").click()
    sam.get_by_label("Tous ceux qui sont à venir").check()
    sam.get_by_role("button", name="Annuler 4 rendez-vous").click()
    expect(sam.locator(".said")).to_contain_text("4 rendez-vous annulés.")
    # Tom takes the time of the third: what is taken back is told, and what is not.
    centre.book(TOM, NEXT_WEEK + dt.timedelta(days=14), "17:20")
    sam.locator(".said").get_by_role("button", name="Défaire").click()
    expect(sam.locator(".said")).to_contain_text("3 rendez-vous rétablis. 1 n’a pas pu l’être")
    # The patient's own link opens what it opened, and says nothing of the others.
    assert centre.rows("SELECT rev FROM appointments WHERE record = $1", kept.booked.record)[0]["rev"] == 2


def on_paper(page: Page) -> Any:
    """What would be printed: a printer is not asked, the page is told that one is."""
    page.evaluate("window.print = () => { dispatchEvent(new Event('beforeprint')); }; undefined")
    return page.locator(".paper")


def test_the_day_prints_one_practitioner_a_page_and_no_number_unless_asked(centre: Town, sam: Page) -> None:
    unlock(sam, centre)
    paper = on_paper(sam)
    expect(paper).to_have_count(0)
    sam.get_by_role("button", name="Imprimer").click()
    expect(sam.get_by_text("Un praticien par page")).to_be_visible()
    check_accessible(sam)
    asked: list[str] = []
    sam.on("request", lambda one: asked.append(one.url) if one.url.endswith("/read") else None)
    sam.get_by_role("complementary").get_by_role("button", name="Imprimer").click()
    expect(paper.locator("section")).to_have_count(6)
    expect(paper).to_contain_text("Alice Renaudin-Abescat")
    assert asked == []
    sam.get_by_label("Avec les numéros").check()
    sam.get_by_role("complementary").get_by_role("button", name="Imprimer").click()
    expect(paper).to_contain_text("06 39 98 12 40")
    sam.emulate_media(media="print")
    expect(paper).to_be_visible()
    expect(sam.get_by_role("button", name="Refermer")).to_be_hidden()
    sam.emulate_media(media="screen")
    sam.evaluate("dispatchEvent(new Event('afterprint'))")
    # Closing the panel forgets the numbers.
    sam.get_by_role("complementary").get_by_role("button", name="Fermer la fiche").click()
    assert ALICE.phone[-4:] not in sam.content()


@pytest.mark.parametrize("sheet", [{"width": 794, "height": 1123}, {"width": 1123, "height": 794}])
def test_on_a_sheet_narrower_than_the_window_all_practitioners_are_printed_under_the_practices_name(
    centre: Town, sam: Page, sheet: Any
) -> None:
    unlock(sam, centre)
    visit(sam, "10 h 30 à").click()
    paper = on_paper(sam)
    sam.evaluate("window.print()")
    sam.emulate_media(media="print")
    sam.set_viewport_size(sheet)
    sam.wait_for_function("width => innerWidth === width", arg=sheet["width"])
    expect(sam.locator(".dock")).to_have_count(0)
    expect(paper.locator("section")).to_have_count(6)
    expect(paper.locator(".whose").first).to_contain_text(
        re.compile(r"Maison de santé des Tilleuls, .*Tel que lu mardi 16 mars")
    )
    expect(paper).to_contain_text("Renaudin-Abescat")
    expect(sam.locator(".desk")).to_be_hidden()
    sam.set_viewport_size(DESK)
    sam.emulate_media(media="screen")
    sam.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(sam.get_by_role("navigation", name="Parties du bureau")).to_be_visible()


def test_with_the_server_away_the_day_is_read_and_printed_and_nothing_is_noted(
    centre: Town, sam: Page
) -> None:
    unlock(sam, centre)
    expect(visit(sam, "10 h 30 à")).to_have_accessible_name(re.compile("Alice"))
    centre.stop()
    try:
        expect(sam.locator(".banner")).to_contain_text("Le serveur ne répond pas.", timeout=60_000)
        expect(sam.locator(".banner")).to_contain_text("rien ne peut être noté, déplacé ni réservé")
        check_accessible(sam)
        visit(sam, "10 h 30 à").focus()
        sam.keyboard.press("a")
        expect(sam.get_by_role("alert").first).to_contain_text("Le serveur ne répond pas. Réessayez")
        sam.get_by_role("button", name="Liste", exact=True).click()
        expect(sam.locator(".listing")).to_contain_text("Alice Renaudin-Abescat")
        paper = on_paper(sam)
        sam.evaluate("window.print()")
        expect(paper).to_contain_text("Alice Renaudin-Abescat")
        sam.evaluate("dispatchEvent(new Event('afterprint'))")
        # Of days that were never read it does not say that they are empty.
        sam.get_by_role("button", name="Semaine suivante").click()
        expect(sam.get_by_text("Ces jours-là n’ont pas été lus avant la panne.")).to_be_visible()
        expect(sam.get_by_text("Aucun rendez-vous")).to_have_count(0)
        check_accessible(sam)
    finally:
        centre.start()
    expect(sam.locator(".banner")).to_have_count(0, timeout=60_000)


def test_a_visit_shows_the_device_it_takes(centre: Town, sam: Page) -> None:
    day = NEXT_WEEK + dt.timedelta(days=1)
    centre.book(ALICE, day, "9:10", visit_type="laser")
    unlock(sam, centre)
    to_next_week(sam)
    sam.get_by_role("button", name="Jour suivant").click()
    block = visit(sam, "9 h 10 à", day)
    expect(block).to_have_accessible_name(re.compile("Laser, Laser du premier"))
    block.click()
    expect(sam.get_by_role("complementary")).to_contain_text("Laser du premier")


def test_removed_in_the_middle_of_a_drag_nothing_moves_and_it_is_said(centre: Town, sam: Page) -> None:
    kept = centre.book(TOM, NEXT_WEEK, "12:10")
    unlock(sam, centre)
    to_next_week(sam)
    box = visit(sam, "12 h 10 à", NEXT_WEEK).bounding_box()
    assert box is not None
    sam.mouse.move(box["x"] + 30, box["y"] + 8)
    sam.mouse.down()
    sam.mouse.move(box["x"] + 40, box["y"] - 20, steps=3)
    expect(sam.get_by_text("Déplacer Tom Abescat")).to_be_visible()
    account = centre.rows("SELECT account FROM members WHERE name = 'Sam Vergnes'")[0][0]
    centre.rows("UPDATE members SET account = $1 WHERE account = $2", uuid.uuid4(), account)
    try:
        sam.mouse.move(box["x"] + 40, box["y"] - 18)
        sam.mouse.up()
        expect(sam.get_by_text("Ce cabinet ne vous est plus ouvert")).to_be_visible(timeout=30_000)
        assert "Abescat" not in sam.content()
        row = centre.rows(
            "SELECT rev, (SELECT count(*) FROM spans s WHERE s.record = a.record) AS spans FROM appointments a "
            "WHERE record = $1",
            kept.booked.record,
        )[0]
        assert (row["rev"], row["spans"]) == (1, 1)
    finally:
        centre.rows("UPDATE members SET account = $1 WHERE name = 'Sam Vergnes'", account)


def test_a_week_of_six_practitioners_at_two_sites_stands_side_by_side(
    centre: Town, profile: Callable[..., BrowserContext]
) -> None:
    for width in (1440, 1920):
        page = at_noon(profile({"width": width, "height": 900})).new_page()
        unlock(page, centre)
        page.get_by_role("button", name="Semaine", exact=True).click()
        expect(page.locator("section.lane")).to_have_count(30)
        lane = page.get_by_role(
            "region", name=re.compile("Dr Marta Da Silva-Oliveira, Antenne du Pont.*aujourd")
        )
        expect(lane).to_be_visible()
        check_accessible(page)
