# SPDX-License-Identifier: AGPL-3.0-or-later
"""What stands in the agenda's grid and how one gets about in it: focus, namesakes, the time under the pointer."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import DESK, PHONE, check_accessible
from browser.desk_town import ALICE, TODAY, TOM, TOWN, Town, at_noon, town, unlock
from serment.demo.patients import Patient

pytestmark = pytest.mark.slow

TOMORROW = TODAY + dt.timedelta(days=1)
THURSDAY = TODAY + dt.timedelta(days=2)
FRIDAY = TODAY + dt.timedelta(days=3)
ROSE = Patient("Rose", "Anquetil", "1961-03-14", "female", "+33639981242", "")
YOUNG_ROSE = Patient("Rose", "Anquetil", "1990-11-02", "female", "+33639981243", "")


THIRD = """
[[practices.practitioners]]
key = "ferrand"
title = "Dr"
given_name = "Noé"
family_name = "Ferrand"
specialty = "SM26"
slug = "noe-ferrand"

[[practices.agendas]]
key = "ferrand"
site = "lavoir"
practitioner = "ferrand"
unit = "all"

"""
TRIO = TOWN.replace("[[practices.visit_types]]", THIRD + "[[practices.visit_types]]", 1)


@pytest.fixture(scope="module")
async def practice(
    bundle: None, new_database: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    with town(await new_database(), tmp_path_factory.mktemp("grid"), TRIO) as made:
        made.book(ALICE, TODAY, "10:10")
        made.book(TOM, TODAY, "11:10")
        made.book(TOM, TODAY, "15:00")
        made.book(ROSE, THURSDAY, "9:10")
        made.book(YOUNG_ROSE, THURSDAY, "9:30")
        made.book(TOM, THURSDAY, "9:50")
        yield made


@pytest.fixture
def sam(profile: Callable[..., BrowserContext]) -> Page:
    page: Page = at_noon(profile(DESK)).new_page()
    return page


def lane(page: Page, day: dt.date = TODAY) -> Any:
    return page.locator(f"section.wday:has(> #day-{day})").locator(
        "section.lane", has=page.get_by_role("heading", name="Dr Inès Bento")
    )


def block(page: Page, hours: str, day: dt.date = TODAY) -> Any:
    return lane(page, day).get_by_role("button", name=re.compile("^" + re.escape(hours)))


def test_an_opened_desk_has_the_keyboard_in_the_agenda_and_its_letters_act(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    # It is 10:02: what is not over begins at 10:10.
    expect(block(sam, "10 h 10 à")).to_be_focused()
    sam.keyboard.press("ArrowDown")
    expect(block(sam, "10 h 30 à")).to_be_focused()
    sam.keyboard.press("p")
    expect(sam.get_by_role("heading", name="Première place")).to_be_focused()
    sam.keyboard.press("Escape")
    expect(block(sam, "10 h 30 à")).to_be_focused()
    sam.keyboard.press("PageDown")
    expect(sam.get_by_role("heading", level=1)).to_have_text("22 – 26 mars 2027")


def test_from_the_toolbar_the_keys_act_and_lead_back_into_the_agenda(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    expect(sam.locator("[data-stop]:focus")).to_have_count(1)
    sam.get_by_role("button", name="Première place").click()
    expect(sam.get_by_role("heading", name="Première place")).to_be_focused()
    expect(sam.locator("[data-place]").first).to_be_visible()
    sam.keyboard.press("ArrowDown")
    expect(sam.locator("[data-place]").first).to_be_focused()
    sam.keyboard.press("Escape")
    expect(sam.locator("[data-stop]:focus")).to_have_count(1)
    sam.get_by_role("button", name="Semaine suivante").click()
    expect(sam.get_by_role("heading", level=1)).to_have_text("22 – 26 mars 2027")
    expect(lane(sam, TODAY + dt.timedelta(days=7)).locator("[data-stop]").first).to_be_visible()
    sam.keyboard.press("ArrowDown")
    expect(sam.locator("[data-stop]:focus")).to_have_count(1)


def test_the_letters_on_the_panels_buttons_act_in_the_panel_and_type_in_a_field(
    practice: Town, sam: Page
) -> None:
    unlock(sam, practice)
    block(sam, "11 h 10 à").focus()
    sam.keyboard.press("Enter")
    expect(sam.get_by_role("heading", name="Tom Abescat")).to_be_focused()
    sam.keyboard.press("a")
    expect(sam.locator(".said")).to_contain_text("Arrivée notée.")
    # A slip that is seen later than the ten seconds is put right in the panel.
    sam.get_by_role("button", name="Remettre «\u00a0attendu\u00a0»").press("Enter")
    expect(sam.locator(".said")).to_contain_text("Remis «\u00a0attendu\u00a0».")
    expect(block(sam, "11 h 10 à")).to_have_accessible_name(re.compile("attendu$"))
    # The button went with what it did: the keyboard is on the panel's heading.
    expect(sam.locator("#panel-title")).to_be_focused()
    sam.keyboard.press("p")
    sam.get_by_text("Préciser").click()
    sam.get_by_label("Pas avant le").press("p")
    expect(sam.get_by_label("Pas avant le")).to_be_focused()
    sam.keyboard.press("Escape")
    sam.keyboard.press("/")
    box = sam.get_by_role("combobox", name="Chercher quelqu’un")
    expect(box).to_be_visible()
    box.press_sequentially("14/3/61 ape")
    expect(box).to_have_value("14/3/61 ape")


def test_a_week_in_a_small_window_keeps_its_names_and_scrolls_sideways(
    practice: Town, profile: Callable[..., BrowserContext]
) -> None:
    page = at_noon(profile({"width": 1024, "height": 768})).new_page()
    unlock(page, practice)
    page.get_by_role("button", name="Semaine", exact=True).click()
    rose = block(page, "9 h 10 à", THURSDAY)
    expect(rose.locator(".born")).to_have_text("61")
    # Three letters of a surname beside the year, and the hours stay where they are.
    room = rose.locator(".n").evaluate(
        "(name) => name.clientWidth / parseFloat(getComputedStyle(name).fontSize)"
    )
    assert room > 1.5
    frame = page.locator(".main-part")
    assert frame.evaluate("(frame) => frame.scrollWidth > frame.clientWidth")
    expect(page.locator(f"#day-{TODAY}")).to_be_in_viewport(ratio=1)
    hours = page.locator(".hours").bounding_box()
    lane(page, FRIDAY).locator("[data-stop]").last.focus()
    expect(lane(page, FRIDAY).locator("[data-stop]").last).to_be_in_viewport()
    moved = page.locator(".hours").bounding_box()
    assert hours is not None and moved is not None and hours["x"] == moved["x"]
    check_accessible(page)


def test_two_people_of_one_surname_on_one_day_are_told_apart(
    practice: Town, profile: Callable[..., BrowserContext], sam: Page
) -> None:
    unlock(sam, practice)
    told = "Rose Anquetil, homonyme ce jour, naissance le 14 mars 1961"
    # In a narrow lane of the week, in the chosen day's, alone, in the list, on a phone.
    expect(block(sam, "9 h 10 à", THURSDAY)).to_have_accessible_name(re.compile(told))
    expect(block(sam, "9 h 10 à", THURSDAY).locator(".born")).to_have_text("61")
    expect(block(sam, "9 h 30 à", THURSDAY).locator(".born")).to_have_text("90")
    expect(block(sam, "9 h 50 à", THURSDAY).locator(".born")).to_have_count(0)
    expect(block(sam, "10 h 10 à").locator(".n")).to_have_text("Renaudin-Abescat Alice")
    sam.get_by_role("button", name="Jeudi 18").click()
    expect(block(sam, "9 h 10 à", THURSDAY).locator(".born")).to_have_text("1961")
    expect(block(sam, "9 h 10 à", THURSDAY).locator(".n")).to_have_text("Anquetil Rose")
    expect(sam.get_by_text("homonyme ce jour, année de naissance")).to_be_visible()
    check_accessible(sam)
    sam.get_by_role("button", name="Jour", exact=True).click()
    expect(block(sam, "9 h 30 à", THURSDAY).locator(".born")).to_have_text("1990")
    sam.get_by_role("button", name="Liste", exact=True).click()
    expect(sam.get_by_role("row", name=re.compile("naissance le 2 novembre 1990"))).to_have_count(1)
    phone = at_noon(profile(PHONE)).new_page()
    unlock(phone, practice)
    for _ in range(2):
        phone.get_by_role("button", name="Jour suivant").click()
    expect(phone.get_by_role("button", name=re.compile(told))).to_contain_text("1961")
    check_accessible(phone)


def test_a_click_in_free_time_books_at_the_time_under_the_pointer(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    # From 8:30 to noon: 210 minutes, of which the pointer is at the 135th.
    free = lane(sam, TOMORROW).get_by_role("button", name=re.compile(r"^8\sh\s30 à 12\sh, libre"))
    box = free.bounding_box()
    assert box is not None
    free.click(position={"x": 5, "y": box["height"] * 135 / 210})
    time = sam.get_by_label("Heure", exact=True)
    expect(time).to_have_value("10:30")
    # At its very end the last visit that fits; by key its beginning.
    free.click(position={"x": 5, "y": box["height"] - 2})
    expect(time).to_have_value("11:30")
    free.press("Enter")
    expect(time).to_have_value("08:30")


def test_the_time_of_a_cancelled_visit_is_booked_anew_by_click_and_by_key(practice: Town, sam: Page) -> None:
    practice.book(TOM, FRIDAY, "9:50")
    unlock(sam, practice)
    block(sam, "9 h 50 à", FRIDAY).click()
    sam.get_by_role("button", name="Annuler", exact=True).click()
    sam.get_by_role("button", name="Oui, annuler le rendez-vous").click()
    expect(sam.locator(".said")).to_contain_text("Rendez-vous annulé.")
    freed = lane(sam, FRIDAY).get_by_role("button", name=re.compile(r"^9\sh\s50 à 10\sh\s10, libre"))
    freed.click()
    expect(sam.get_by_label("Heure", exact=True)).to_have_value("09:50")
    check_accessible(sam)
    sam.get_by_role("button", name="Fermer la fiche").click()
    crossed = block(sam, "9 h 50 à 10 h 10, Tom", FRIDAY)
    crossed.focus()
    sam.keyboard.press("ArrowDown")
    expect(freed).to_be_focused()
    sam.keyboard.press("Enter")
    expect(sam.get_by_label("Heure", exact=True)).to_have_value("09:50")


def test_a_booking_at_the_desk_leaves_the_keyboard_on_its_block(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    block(sam, "10 h 30 à").press("Enter")
    sam.get_by_role("combobox", name="Qui appelle ?").fill("Chabrand Mallory")
    sam.get_by_role("option", name=re.compile("Personne de ce nom")).click()
    sam.get_by_label("Date de naissance").fill("3/5/1977")
    sam.get_by_role("button", name="Inscrire", exact=True).click()
    expect(block(sam, "10 h 30 à 10 h 50, ")).to_be_focused()
    expect(sam.get_by_role("heading", name="Mallory Chabrand")).to_be_visible()


def test_a_repetition_that_is_done_does_not_come_back_beside_somebody_elses_move(
    practice: Town, sam: Page
) -> None:
    unlock(sam, practice)
    block(sam, "9 h 10 à", THURSDAY).click()
    sam.get_by_role("button", name="Répéter").click()
    sam.get_by_role("button", name=re.compile("^Voir les dates")).click()
    sam.get_by_role("button", name=re.compile("^Prendre")).click()
    expect(sam.locator("#panel-title")).to_contain_text("pris")
    sam.get_by_role("navigation", name="Parties du bureau").get_by_role("button", name="Patients").click()
    sam.get_by_role("navigation", name="Parties du bureau").get_by_role("button", name="Agenda").click()
    expect(sam.get_by_role("heading", name="Rose Anquetil")).to_be_visible()
    expect(sam.get_by_role("button", name=re.compile("^Voir les dates"))).to_have_count(0)
    block(sam, "15 h à").focus()
    sam.keyboard.press("d")
    expect(sam.get_by_text("Déplacer Tom Abescat")).to_be_visible()
    expect(sam.get_by_role("heading", name="Rose Anquetil")).to_have_count(0)


def test_a_week_of_three_too_narrow_for_its_names_opens_as_a_day(
    practice: Town, profile: Callable[..., BrowserContext]
) -> None:
    for width, kind in ((1024, "Jour"), (1440, "Semaine")):
        page = at_noon(profile({"width": width, "height": 768})).new_page()
        unlock(page, practice)
        expect(page.get_by_role("button", name=kind, exact=True)).to_have_attribute("aria-pressed", "true")
