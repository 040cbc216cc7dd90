# SPDX-License-Identifier: AGPL-3.0-or-later
"""Somebody who works in two practices chooses one, and changes without typing a password again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import DESK, PHONE, check_accessible
from browser.desk_town import (
    ALICE,
    SAM,
    SECOND,
    SLUG,
    TODAY,
    Town,
    at_noon,
    fill_in,
    sam_opens_a_second_practice,
    town,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
async def practice(
    bundle: None, new_database: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """Two practices; Sam belongs to both. Alice has booked in the first."""
    with town(await new_database(), tmp_path_factory.mktemp("desk")) as made:
        made.book(ALICE, TODAY, "10:10")
        made.run(sam_opens_a_second_practice(made))
        yield made


@pytest.fixture
def sam(profile: Callable[..., BrowserContext]) -> Page:
    """Sam's machine at the front desk."""
    page: Page = at_noon(profile(DESK)).new_page()
    return page


def choice(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def test_after_sign_in_sam_says_which_practice(practice: Town, sam: Page) -> None:
    sam.goto(f"{practice.origin}/fr/desk")
    fill_in(sam, SAM)
    expect(sam.get_by_role("heading", level=1, name=re.compile("^Quel cabinet"))).to_be_visible()
    assert ALICE.birth_name not in sam.content()
    check_accessible(sam)
    choice(sam, "Cabinet du Pont").focus()
    sam.keyboard.press("Enter")
    expect(sam.get_by_role("heading", level=3, name="Dr Odile Lestrade").first).to_be_visible()
    assert sam.url.endswith(f"/fr/desk?p={SECOND}")
    check_accessible(sam)


def test_sam_changes_practice_without_a_password_and_nothing_of_the_first_stays(
    practice: Town, sam: Page
) -> None:
    sam.goto(f"{practice.origin}/fr/desk?p={SLUG}")
    fill_in(sam, SAM)
    expect(sam.get_by_role("button", name=re.compile("^10 h 10 à 10 h 30, Alice"))).to_be_visible()
    choice(sam, "Changer de cabinet").click()
    expect(sam.get_by_role("heading", level=1, name=re.compile("^Quel cabinet"))).to_be_visible()
    assert ALICE.birth_name not in sam.content()
    choice(sam, "Cabinet du Pont").click()
    expect(sam.get_by_role("heading", level=3, name="Dr Odile Lestrade").first).to_be_visible()
    assert ALICE.birth_name not in sam.content()
    choice(sam, "Changer de cabinet").click()
    choice(sam, "Cabinet des Tilleuls").click()
    expect(sam.get_by_role("button", name=re.compile("^10 h 10 à 10 h 30, Alice"))).to_be_visible()


def test_an_abandoned_choice_closes_like_an_abandoned_agenda(practice: Town, sam: Page) -> None:
    sam.goto(f"{practice.origin}/fr/desk")
    fill_in(sam, SAM)
    expect(choice(sam, "Cabinet du Pont")).to_be_visible()
    sam.clock.fast_forward("10:10")
    expect(sam.get_by_text("après dix minutes sans activité").first).to_be_visible()
    expect(choice(sam, "Cabinet du Pont")).to_have_count(0)


def test_a_practice_that_cannot_be_opened_says_so_and_the_other_opens(practice: Town, sam: Page) -> None:
    sam.route(re.compile("/api/practice/[^/]+/seeds$"), lambda route: route.abort(), times=1)
    sam.goto(f"{practice.origin}/fr/desk")
    fill_in(sam, SAM)
    choice(sam, "Cabinet du Pont").click()
    expect(sam.get_by_role("alert")).to_contain_text("Le serveur ne répond pas")
    check_accessible(sam)
    choice(sam, "Cabinet des Tilleuls").click()
    expect(sam.get_by_role("button", name=re.compile("^10 h 10 à 10 h 30, Alice"))).to_be_visible()


def test_on_a_phone_the_practice_is_changed_too(
    practice: Town, profile: Callable[..., BrowserContext]
) -> None:
    page = at_noon(profile(PHONE, has_touch=True)).new_page()
    page.goto(f"{practice.origin}/en/desk")
    fill_in(page, SAM, language="en")
    check_accessible(page)
    choice(page, "Cabinet des Tilleuls").click()
    expect(page.get_by_role("button", name=re.compile("^10:10 to 10:30, Alice"))).to_be_visible()
    choice(page, "Change practice").click()
    choice(page, "Cabinet du Pont").click()
    expect(page.get_by_role("heading", level=1, name="Tuesday 16 March")).to_be_visible()
    check_accessible(page)
