# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the practice did to an appointment is told to its patient: moved, accepted; and what it did not do is not."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import DESK, PHONE, check_accessible
from browser.desk_town import ALICE, Town, at_noon, town, unlock
from browser.test_desk import said
from browser.test_desk_live import Tuesday, link

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
async def practice(
    bundle: None, new_database: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    with town(await new_database(), tmp_path_factory.mktemp("told")) as made:
        yield made


@pytest.fixture(scope="module")
def weeks() -> Iterator[int]:
    return itertools.count(1)


@pytest.fixture
def tuesday(weeks: Iterator[int]) -> Tuesday:
    return Tuesday(next(weeks))


@pytest.fixture
def desk(practice: Town, profile: Callable[..., BrowserContext]) -> Page:
    page = at_noon(profile(DESK)).new_page()
    unlock(page, practice)
    return page


@pytest.fixture
def alice(profile: Callable[..., BrowserContext]) -> Page:
    """Alice's phone, at the practice's time."""
    return at_noon(profile(PHONE)).new_page()


def keep(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Garder dans ce navigateur").click()
    expect(page.get_by_role("button", name="Oublier dans ce navigateur")).to_be_visible()


def test_moved_by_the_practice_the_page_and_the_list_name_the_time_before(
    practice: Town, tuesday: Tuesday, desk: Page, alice: Page
) -> None:
    kept = practice.book(ALICE, tuesday.date, "16:00")
    keep(alice, link(practice, kept))
    told = alice.get_by_text("Le cabinet a déplacé ce rendez-vous.")
    expect(told).to_have_count(0)
    tuesday.show(desk)
    tuesday.carry(desk, "16 h à")
    expect(said(desk)).to_contain_text("16 h 20.")
    alice.goto(f"{practice.origin}/fr/mine")
    expect(alice.locator("li.card")).to_contain_text("16:20")
    expect(alice.locator("li.card")).to_contain_text(f"Avant : {tuesday.words} à 16 h.")
    check_accessible(alice)
    alice.get_by_role("link", name=re.compile(r"^Ouvrir\b(?! un cabinet)")).click()
    expect(alice.locator(".hour")).to_have_text("16:20")
    note = alice.locator(".note", has=told)
    expect(note).to_contain_text(f"Avant : {tuesday.words} à 16 h.")
    check_accessible(alice)
    # It is told again to whoever comes back, and not in a browser that never knew the time before.
    alice.reload()
    expect(note).to_be_visible()
    alice.evaluate("localStorage.clear()")
    alice.goto("about:blank")
    alice.goto(link(practice, kept))
    expect(alice.locator(".hour")).to_have_text("16:20")
    expect(told).to_have_count(0)


def test_moved_while_its_page_is_open_it_is_told_when_alice_acts(
    practice: Town, tuesday: Tuesday, desk: Page, alice: Page
) -> None:
    kept = practice.book(ALICE, tuesday.date, "16:00")
    alice.goto(link(practice, kept))
    alice.get_by_role("button", name="Annuler le rendez-vous").click()
    tuesday.show(desk)
    tuesday.carry(desk, "16 h à")
    expect(said(desk)).to_contain_text("16 h 20.")
    alice.get_by_role("button", name="Oui, annuler").click()
    expect(alice.locator(".note", has_text="Le cabinet a déplacé ce rendez-vous.")).to_contain_text("à 16 h.")
    expect(alice.locator(".hour")).to_have_text("16:20")


def test_an_accepted_request_says_so_and_a_waiting_one_does_not(
    practice: Town, tuesday: Tuesday, desk: Page, alice: Page
) -> None:
    kept = practice.book(ALICE, tuesday.date, "15:00", visit_type="bilan")
    keep(alice, link(practice, kept))
    accepted = alice.get_by_text("Le cabinet a accepté : il vous attend.")
    expect(alice.get_by_text("Le cabinet n’a pas encore accepté cette demande.")).to_be_visible()
    expect(accepted).to_have_count(0)
    alice.goto(f"{practice.origin}/fr/mine")
    expect(alice.get_by_text("demande en attente")).to_be_visible()
    tuesday.show(desk)
    tuesday.at(desk, "15 h à 15 h 30").click()
    desk.get_by_role("button", name="Accepter").click()
    expect(said(desk)).to_contain_text("accept")
    alice.reload()
    expect(alice.get_by_text("demande en attente")).to_have_count(0)
    alice.get_by_role("link", name=re.compile(r"^Ouvrir\b(?! un cabinet)")).click()
    expect(accepted).to_be_visible()
    check_accessible(alice)


def test_a_visit_booked_at_once_was_accepted_by_nobody(practice: Town, tuesday: Tuesday, alice: Page) -> None:
    alice.goto(link(practice, practice.book(ALICE, tuesday.date, "11:10")))
    expect(alice.locator(".hour")).to_have_text("11:10")
    expect(alice.get_by_text("Le cabinet a accepté")).to_have_count(0)
