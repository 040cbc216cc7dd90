# SPDX-License-Identifier: AGPL-3.0-or-later
"""Requests of whichever week wait in sight, and what is news at a desk; a practitioner's phone begins with their own day."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import DESK, PHONE, check_accessible
from browser.desk_town import ALICE, HELENE, SAM, TODAY, TOM, TOWN, Town, at_noon, town, unlock

pytestmark = pytest.mark.slow

LATER = TODAY + dt.timedelta(days=23)
WAITING = re.compile(r"demandes? en attente$")


@pytest.fixture(scope="module")
async def practice(
    bundle: None, new_database: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """Hélène is a practitioner too, after Dr Bento. What one test books stands in the next: they are in order of the day."""
    rules = TOWN.replace('given_name = "Ike"', 'given_name = "Hélène"').replace(
        'family_name = "Okoro-Lacaze"', 'family_name = "Marchandot"'
    )
    with town(await new_database(), tmp_path_factory.mktemp("requests"), rules) as made:
        yield made


@pytest.fixture
def sam(profile: Callable[..., BrowserContext]) -> Page:
    """Sam's machine at the front desk."""
    page: Page = at_noon(profile(DESK)).new_page()
    return page


def test_a_practice_that_was_empty_at_the_first_opening_has_news_at_the_second(
    practice: Town, sam: Page
) -> None:
    unlock(sam, practice)
    expect(sam.get_by_text("Aucun rendez-vous ces jours-là.")).to_be_visible()
    sam.goto("about:blank")
    practice.book(ALICE, TODAY, "10:10")
    unlock(sam, practice)
    expect(sam.get_by_role("button", name=re.compile("^10 h 10 à 10 h 30, Alice"))).to_have_accessible_name(
        re.compile(", nouveau$")
    )


def test_at_a_browsers_first_opening_nothing_is_news_and_from_then_on_what_is_booked_is(
    practice: Town, sam: Page
) -> None:
    unlock(sam, practice)
    alice = sam.get_by_role("button", name=re.compile("^10 h 10 à 10 h 30, Alice"))
    expect(alice).to_have_accessible_name(re.compile(", attendu$"))
    practice.book(TOM, TODAY, "11:10")
    tom = sam.get_by_role("button", name=re.compile("^11 h 10 à 11 h 30, Tom"))
    expect(tom).to_have_accessible_name(re.compile(", nouveau$"), timeout=5_000)
    # The next day, the same browser: what nobody has looked at here is news still.
    unlock(sam, practice)
    expect(tom).to_have_accessible_name(re.compile(", nouveau$"))
    expect(alice).to_have_accessible_name(re.compile(", attendu$"))


@pytest.mark.parametrize(("person", "day"), [(HELENE, "Dr Marchandot"), (SAM, "Dr Bento")])
def test_a_practitioners_phone_begins_with_their_own_day(
    practice: Town, profile: Callable[..., BrowserContext], person: Any, day: str
) -> None:
    page = at_noon(profile(PHONE, has_touch=True)).new_page()
    unlock(page, practice, person)
    expect(page.get_by_role("button", name=day, exact=True)).to_have_attribute("aria-pressed", "true")


def test_what_was_just_done_is_said_beside_the_panel_not_over_it(practice: Town, sam: Page) -> None:
    practice.book(ALICE, TODAY, "11:30")
    unlock(sam, practice)
    sam.get_by_role("button", name=re.compile("^11 h 30 à 11 h 50, Alice")).click()
    sam.get_by_role("button", name=re.compile("^Annuler")).first.click()
    sam.get_by_role("button", name="Oui, annuler le rendez-vous").click()
    said, panel = sam.locator(".said"), sam.get_by_role("complementary")
    expect(said).to_be_visible()
    text, side = said.bounding_box(), panel.bounding_box()
    assert text is not None
    assert side is not None
    assert text["x"] >= 0
    assert text["x"] + text["width"] <= side["x"]


def test_a_list_that_cannot_be_read_says_so_and_reads_again(practice: Town, sam: Page) -> None:
    sam.route("**/requests", lambda route: route.abort())
    unlock(sam, practice)
    sam.keyboard.press("e")
    expect(sam.get_by_role("alert")).to_contain_text("Les demandes en attente n’ont pas pu être lues.")
    again = sam.get_by_role("alert").get_by_role("button", name="Réessayer")
    with sam.expect_request("**/requests"):
        again.click()
    sam.unroute("**/requests")
    # The desk's own look may be quicker than a hand: then the button is gone.
    sam.evaluate("document.querySelector('[role=alert] button')?.click()")
    expect(sam.get_by_text("Aucune demande n’attend de réponse.")).to_be_visible()
    expect(sam.get_by_role("button", name=WAITING)).to_have_count(0)


def test_a_request_of_another_month_is_counted_in_every_room_and_one_key_away(
    practice: Town, sam: Page
) -> None:
    practice.book(ALICE, LATER, "14:00", visit_type="bilan")
    unlock(sam, practice)
    badge = sam.get_by_role("button", name="1 demande en attente")
    expect(badge).to_be_visible()
    sam.get_by_role("button", name="Équipe", exact=True).click()
    expect(badge).to_be_visible()
    practice.book(TOM, LATER, "15:00", visit_type="bilan", agenda="okoro")
    expect(sam.get_by_role("button", name="2 demandes en attente")).to_be_visible(timeout=5_000)
    sam.keyboard.press("e")
    expect(sam.get_by_role("heading", name="Demandes en attente")).to_be_focused()
    check_accessible(sam)
    sam.keyboard.press("Tab")
    sam.keyboard.press("Tab")
    expect(sam.get_by_role("button", name=re.compile("^14 h Bilan Dr Inès Bento"))).to_be_focused()
    sam.keyboard.press("ArrowDown")
    expect(sam.get_by_role("button", name=re.compile("^15 h Bilan Dr Hélène Marchandot"))).to_be_focused()
    sam.keyboard.press("ArrowUp")
    sam.keyboard.press("Enter")
    expect(sam.get_by_role("heading", level=2, name="Alice Renaudin-Abescat")).to_be_focused()
    sam.get_by_role("button", name="Accepter", exact=True).click()
    expect(sam.get_by_role("button", name="1 demande en attente")).to_be_visible(timeout=5_000)


def test_on_a_phone_the_list_is_one_touch_away(
    practice: Town, profile: Callable[..., BrowserContext]
) -> None:
    page = at_noon(profile(PHONE, has_touch=True)).new_page()
    unlock(page, practice)
    page.get_by_role("button", name=WAITING).click()
    expect(page.get_by_role("heading", name="Demandes en attente")).to_be_visible()
    check_accessible(page)
    page.get_by_role("button", name=re.compile("^15 h Bilan")).click()
    expect(page.get_by_role("heading", level=2, name="Tom Abescat")).to_be_visible()
