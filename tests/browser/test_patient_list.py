# SPDX-License-Identifier: AGPL-3.0-or-later
"""The list that a browser keeps says what is true now, or how old what it says is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from browser.conftest import check_accessible
from browser.walk import TOM, WORDS, book, heading, link_of, show_day, slot_of

pytestmark = pytest.mark.slow

FR = WORDS["fr"]


def entry(page: Page, site: Any, language: str = "fr") -> Locator:
    """The list's only entry, opened anew."""
    page.goto(site.address(f"/{language}/mine"))
    entries = page.locator("main li.card")
    expect(entries).to_have_count(1)
    return entries


@pytest.fixture
def elsewhere(profile: Callable[..., BrowserContext]) -> Page:
    """Another browser, which keeps nothing."""
    return profile().new_page()


def cancel(page: Page, link: str, language: str = "fr") -> None:
    words = WORDS[language]
    page.goto(link)
    page.get_by_role("button", name=words["cancel"], exact=True).click()
    page.get_by_role("button", name=words["do_cancel"]).click()
    expect(heading(page, words["cancelled"])).to_be_visible()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_was_cancelled_elsewhere_is_cancelled_in_the_list_and_leaves_it(
    site: Any, alice: Page, elsewhere: Page, language: str
) -> None:
    book(alice, site, language, site.fresh_day(), "9:40")
    link = link_of(alice)
    one = entry(alice, site, language)
    cancelled = {"fr": "annulé", "en": "cancelled"}[language]
    expect(one.get_by_text(cancelled, exact=True)).to_have_count(0)
    cancel(elsewhere, link, language)
    one = entry(alice, site, language)
    expect(one.get_by_text(cancelled, exact=True)).to_be_visible()
    expect(one.locator("s")).to_be_visible()
    check_accessible(alice)
    one.get_by_role("button", name={"fr": "Oublier", "en": "Forget"}[language]).click()
    leaves = {"fr": "il quitte cette liste.", "en": "it leaves this list."}[language]
    expect(one.get_by_text(leaves)).to_be_visible()
    check_accessible(alice)
    one.get_by_role("button", name={"fr": "Oui", "en": "Yes"}[language]).click()
    stands = {"fr": "reste pris", "en": "still stands"}[language]
    expect(alice.get_by_role("status").filter(has_text=stands)).to_have_count(0)


def test_cancelled_here_it_is_cancelled_in_the_list_even_without_network(site: Any, alice: Page) -> None:
    book(alice, site, "fr", site.fresh_day(), "9:40")
    cancel(alice, link_of(alice))
    alice.route("**/api/**", lambda route: route.abort())
    expect(entry(alice, site).get_by_text("annulé", exact=True)).to_be_visible()


def test_a_time_moved_elsewhere_is_the_new_one_in_the_list(site: Any, alice: Page, elsewhere: Page) -> None:
    day = site.fresh_day()
    book(alice, site, "fr", day, "9:40")
    elsewhere.goto(link_of(alice))
    elsewhere.get_by_role("button", name=FR["move"], exact=True).click()
    show_day(elsewhere, "fr", day)
    slot_of(elsewhere, day, "10:20").click()
    elsewhere.get_by_role("button", name=FR["do_move"]).click()
    expect(heading(elsewhere, FR["moved"])).to_be_visible()
    # Whoever moved it is not told that it was moved.
    expect(elsewhere.get_by_text("Ce rendez-vous a été déplacé.")).to_have_count(0)
    one = entry(alice, site)
    expect(one.locator(".day")).to_contain_text("10:20")
    expect(one).to_contain_text("Ce rendez-vous a été déplacé.")
    expect(one).to_contain_text("à 9 h 40.")
    check_accessible(alice)
    one.get_by_role("link", name="Ouvrir").click()
    expect(alice.locator(".hour")).to_have_text("10:20")
    expect(alice.locator(".note", has_text="Ce rendez-vous a été déplacé.")).to_contain_text("9 h 40")


def test_without_network_the_list_says_how_old_it_is(site: Any, alice: Page) -> None:
    book(alice, site, "fr", site.fresh_day(), "9:40", TOM)
    one = entry(alice, site)
    old = one.get_by_text("ouvrez pour voir si elle a changé")
    with alice.expect_response("**/api/patient/appointment"):
        alice.reload()
    expect(old).to_have_count(0)
    alice.route("**/api/**", lambda route: route.abort())
    alice.reload()
    expect(old).to_be_visible()
    check_accessible(alice)


def test_what_is_past_is_called_past_and_a_link_made_void_too(site: Any, alice: Page) -> None:
    day = site.fresh_day()
    book(alice, site, "fr", day, "9:40")
    one = entry(alice, site)
    alice.evaluate(
        """() => {
          const [one] = JSON.parse(localStorage.getItem('serment.kept'));
          const cap = (one.cap[0] === 'A' ? 'B' : 'A') + one.cap.slice(1);
          localStorage.setItem('serment.kept', JSON.stringify([{ ...one, cap }]));
        }"""
    )
    alice.reload()
    expect(one.get_by_text("ce lien n’ouvre plus rien", exact=True)).to_be_visible()
    check_accessible(alice)


def test_a_visit_that_is_over_stands_among_the_past_ones(site: Any, alice: Page) -> None:
    book(alice, site, "fr", site.fresh_day(), "9:40")
    alice.clock.install(time=dt.datetime.now(dt.UTC) + dt.timedelta(days=90))
    one = entry(alice, site)
    expect(alice.get_by_role("heading", name="Passés")).to_be_visible()
    expect(one.get_by_text("passé", exact=True)).to_be_visible()
