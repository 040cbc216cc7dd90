# SPDX-License-Identifier: AGPL-3.0-or-later
"""A patient books at phone width, in French and in English, and every step is accessible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import check_accessible
from browser.walk import ALICE, WORDS, book, choose_time, confirm, fill_form, heading, link_of, to_review

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("language", ["fr", "en"])
def test_alice_books_at_phone_width(site: Any, alice: Page, language: str) -> None:
    words, day = WORDS[language], site.fresh_day()
    alice.goto(site.booking(language))
    expect(heading(alice, words["when"])).to_be_visible()
    expect(alice.locator("section.daycard").first).to_be_visible()
    check_accessible(alice)
    choose_time(alice, language, day, "9:40")
    check_accessible(alice)
    fill_form(alice, language)
    to_review(alice, language)
    expect(alice.get_by_text(ALICE.reason)).to_be_visible()
    check_accessible(alice)
    confirm(alice, language)
    expect(alice.get_by_role("img", name="QR")).to_be_visible()
    check_accessible(alice)
    assert link_of(alice).startswith(f"{site.origin}/{language}/a#")


def test_what_is_printed_from_a_dark_screen_is_black_on_white_and_holds_the_link(
    site: Any, profile: Callable[..., BrowserContext]
) -> None:
    page = profile(color_scheme="dark").new_page()
    book(page, site, "fr", site.fresh_day(), "9:00")
    check_accessible(page)
    page.emulate_media(media="print")
    expect(page.locator(".only-print.code")).to_be_visible()
    expect(page.get_by_role("img", name="QR")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
    assert (
        page.locator(".pli").evaluate("card => getComputedStyle(card).backgroundColor")
        == "rgb(255, 255, 255)"
    )
    check_accessible(page)


def test_a_time_held_in_a_tab_that_was_closed_is_taken_up_again_and_not_from_a_living_one(
    site: Any, profile: Callable[..., BrowserContext]
) -> None:
    context = profile()
    first = context.new_page()
    first.goto(site.booking("fr"))
    choose_time(first, "fr", site.fresh_day(), "9:40")
    fill_form(first, "fr")
    address = first.url
    second = context.new_page()
    second.goto(address)
    expect(second.get_by_text("dans un autre onglet")).to_be_visible()
    second.close()
    first.close()
    third = context.new_page()
    third.goto(address)
    expect(heading(third, WORDS["fr"]["who"])).to_be_visible()
    expect(third.get_by_text("Cette heure était déjà gardée dans ce navigateur.")).to_be_visible()
    expect(third.get_by_label(WORDS["fr"]["given"], exact=True)).to_have_value("")
    check_accessible(third)
    fill_form(third, "fr")
    to_review(third, "fr")
    confirm(third, "fr")
    # What names the hold is gone with it: on the disk nothing leads to the appointment but its link.
    assert third.evaluate("localStorage.getItem('serment.held')") is None
