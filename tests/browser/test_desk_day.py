# SPDX-License-Identifier: AGPL-3.0-or-later
"""A secretary's day in a health centre of six practitioners and two sites, on the real server, in a real Chromium."""

from __future__ import annotations

import datetime as dt
import re
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
    """A visit of the grid by its day, its practitioner and the beginning of its name."""
    section = page.locator(f"section.wday:has(> #day-{day})").locator(
        "section.lane", has=page.get_by_role("heading", name=agenda)
    )
    return section.get_by_role("button", name=re.compile("^" + re.escape(hours)))


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
    expect(sam.get_by_role("heading", name=re.compile(r"^10\sh\s10 à 10\sh\s30"))).to_be_focused()
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
    expect(page.get_by_role("heading", name=re.compile("libre$"))).to_be_visible()


def unlock_on_phone(page: Page, centre: Town) -> None:
    """The phone has no button to close in its bar: the day is what says that it is open."""
    from browser.desk_town import SAM, fill_in

    page.goto(f"{centre.origin}/fr/desk")
    fill_in(page, SAM)
    expect(page.get_by_role("heading", level=1, name="Mardi 16 mars")).to_be_visible()
