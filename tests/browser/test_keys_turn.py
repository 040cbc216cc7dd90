# SPDX-License-Identifier: AGPL-3.0-or-later
"""A unit's keys turn while others are at work: a guest's page and a colleague's desk take the new list without a word."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Response, expect

from browser.conftest import DESK
from browser.desk_town import ALICE, HELENE, SAM, TODAY, TOM, Town, at_noon, town, unlock
from browser.walk import WORDS, heading, slot_of
from serment.server.usecases.read_roster import roster_of

pytestmark = pytest.mark.slow
FR = WORDS["fr"]


@pytest.fixture(scope="module")
async def practice(
    bundle: None, new_database: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    with town(await new_database(), tmp_path_factory.mktemp("desk")) as made:
        made.book(ALICE, TODAY, "10:10")
        yield made


@pytest.fixture
def new_page(profile: Callable[..., BrowserContext]) -> Callable[[], Page]:
    return lambda: at_noon(profile(DESK)).new_page()


def turn_keys(practice: Town, page: Page) -> None:
    """Hélène changes the unit's keys, in her browser."""
    unlock(page, practice, HELENE)
    page.get_by_role("navigation", name="Parties du bureau").get_by_role("button", name="Équipe").click()
    page.get_by_role("button", name="Changer les clés du service Cabinet").click()
    expect(page.get_by_text("Les clés du service Cabinet ont changé")).to_be_visible()


def statuses(page: Page, path: str) -> list[int]:
    """The answers to what a page posts at an address ending like this, as they come."""
    seen: list[int] = []

    def note(answer: Response) -> None:
        if answer.request.method == "POST" and answer.url.endswith(path):
            seen.append(answer.status)

    page.on("response", note)
    return seen


def to_review(page: Page, practice: Town) -> None:
    """A guest's page, filled in and ready to be sent."""
    page.goto(f"{practice.origin}/fr/book?agenda={practice.agenda()}&visit_type={practice.type()}")
    expect(heading(page, FR["when"])).to_be_visible()
    slot_of(page, TODAY, "11:30").click()
    expect(heading(page, FR["who"])).to_be_visible()
    page.get_by_role("radio", name=FR["me"], exact=True).check()
    page.get_by_label(FR["given"], exact=True).fill("Paul")
    page.get_by_label(FR["birth_name"]).fill("Abescat")
    page.get_by_label(FR["birth_date"]).fill("2 11 1948")
    page.get_by_label(FR["sex"]).select_option(label=FR["female"])
    page.get_by_label(FR["phone"]).fill("06 39 98 12 40")
    page.get_by_role("button", name=FR["check"]).click()
    expect(heading(page, FR["right"])).to_be_visible()


def test_a_guest_on_an_old_roster_seals_anew_without_noticing_for_a_booking_and_for_a_move(
    practice: Town, new_page: Callable[[], Page]
) -> None:
    guest = new_page()
    answers = statuses(guest, "/api/patient/appointments")
    to_review(guest, practice)
    turn_keys(practice, new_page())
    guest.get_by_role("button", name=FR["confirm"]).click()
    expect(heading(guest, FR["done"])).to_be_visible()
    assert answers == [409, 201]
    link = str(guest.locator(".only-print.code").text_content())
    mine = new_page()
    moves = statuses(mine, "/api/patient/appointment/move")
    mine.goto(link)
    mine.get_by_role("button", name=FR["move"], exact=True).click()
    expect(heading(mine, FR["which"])).to_be_visible()
    slot_of(mine, TODAY, "11:10").click()
    expect(heading(mine, FR["move_there"])).to_be_visible()
    turn_keys(practice, new_page())
    mine.get_by_role("button", name=FR["do_move"]).click()
    expect(heading(mine, FR["moved"])).to_be_visible()
    assert moves == [409, 200]


def test_a_colleagues_open_desk_reads_and_moves_what_was_sealed_under_the_new_keys(
    practice: Town, new_page: Callable[[], Page]
) -> None:
    desk = new_page()
    unlock(desk, practice, SAM)
    expect(desk.get_by_role("button", name=re.compile("^10 h 10 à 10 h 30, Alice"))).to_be_visible()
    # Whoever turned them may be gone at once: an idle desk hears of it, and goes on with what is still under the old ones.
    with desk.expect_request("**/stanzas/older"):
        turn_keys(practice, new_page())
    practice.house = replace(practice.house, roster=practice.run(_roster(practice)))
    practice.book(TOM, TODAY, "16:00")
    # Sealed to keys that this desk did not have when it was opened: it fetches them, and reads the name.
    expect(
        desk.get_by_role("button", name=re.compile("^16 h à 16 h 20, Tom|^16 h 00 à 16 h 20, Tom"))
    ).to_be_visible(timeout=15_000)

    # And what it moves is read and sealed under the newest keys, though they turned again, and Hélène's desk wrapped it anew.
    moves = statuses(desk, "/move")
    turn_keys(practice, new_page())
    desk.get_by_role("button", name=re.compile("^10 h 10 à 10 h 30, Alice")).focus()
    desk.keyboard.press("d")
    expect(desk.get_by_text("Déplacer Alice")).to_be_visible()
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("Déplacé au mardi 16 mars")).to_be_visible()
    assert moves[-1] == 200


async def _roster(practice: Town) -> Any:
    return await roster_of(practice.instance(), practice.house.practice)
