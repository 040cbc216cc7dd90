# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can go wrong while somebody books: each has a sentence that helps, and what was typed is still there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from browser.conftest import check_accessible
from browser.walk import (
    ALICE,
    TOM,
    WORDS,
    book,
    choose_time,
    confirm,
    fill_form,
    heading,
    rows,
    show_day,
    slot_of,
    to_review,
)

pytestmark = pytest.mark.slow

FR = WORDS["fr"]
OF_THE_DAY = "SELECT status FROM appointments WHERE (start AT TIME ZONE 'Europe/Paris')::date = '{day}'"


def at_form(page: Page, site: Any, day: dt.date, hour: str = "9:40", language: str = "fr") -> None:
    page.goto(site.booking(language))
    choose_time(page, language, day, hour)


def expect_typed(page: Page, language: str = "fr") -> None:
    """What Alice typed stands in the form."""
    words = WORDS[language]
    expect(page.get_by_label(words["given"], exact=True)).to_have_value(ALICE.given)
    expect(page.get_by_label(words["phone"])).to_have_value(ALICE.phone)
    expect(page.get_by_label(words["reason"])).to_have_value(ALICE.reason)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_late_confirmation_keeps_what_was_typed_and_offers_what_is_free(
    site: Any, alice: Page, language: str
) -> None:
    words, day = WORDS[language], site.fresh_day()
    at_form(alice, site, day, language=language)
    fill_form(alice, language)
    to_review(alice, language)
    site.clock.ahead = dt.timedelta(minutes=11)
    try:
        alice.get_by_role("button", name=words["confirm"]).click()
        gone = {
            "fr": "Cette heure n’est plus gardée pour vous.",
            "en": "That time is no longer kept for you.",
        }[language]
        expect(alice.get_by_text(gone)).to_be_visible()
        expect(
            alice.get_by_text({"fr": "Elle est encore libre.", "en": "It is still free."}[language])
        ).to_be_visible()
        check_accessible(alice)
        again = {"fr": "Reprendre 9 h 40", "en": "Take 9:40 again"}[language]
        alice.locator(".note").get_by_role("button", name=again).click()
        expect(heading(alice, words["who"])).to_be_visible()
        expect_typed(alice, language)
        to_review(alice, language)
        confirm(alice, language)
    finally:
        site.clock.ahead = dt.timedelta()
    assert len(rows(site, OF_THE_DAY.format(day=day))) == 1


def test_two_minutes_before_the_end_one_key_keeps_the_time_longer(site: Any, alice: Page) -> None:
    day = site.fresh_day()
    alice.clock.install()
    at_form(alice, site, day)
    fill_form(alice, "fr")
    alice.clock.fast_forward("08:30")
    ending = alice.get_by_role("status").filter(has_text="Encore deux minutes.")
    expect(ending).to_be_visible()
    check_accessible(alice)
    alice.get_by_role("button", name="10 min de plus").focus()
    alice.keyboard.press("Enter")
    expect(ending).to_have_count(0)
    expect(alice.get_by_text("Gardé encore")).to_be_visible()
    expect_typed(alice)


def test_a_time_that_ran_out_says_so_by_itself_and_another_may_have_taken_it(
    site: Any, alice: Page, profile: Callable[..., BrowserContext]
) -> None:
    day = site.fresh_day()
    alice.clock.install()
    at_form(alice, site, day)
    fill_form(alice, "fr")
    site.clock.ahead = dt.timedelta(minutes=11)
    try:
        book(profile().new_page(), site, "fr", day, "9:40", TOM)
        alice.clock.fast_forward("11:00")
        note = alice.locator(".note", has_text="Cette heure n’est plus gardée pour vous.")
        expect(note).to_contain_text("Il reste")
        expect(note).to_contain_text("Ce que vous avez écrit est encore là.")
        expect(note.get_by_role("button", name="9:40", exact=True)).to_have_count(0)
        expect_typed(alice)
        check_accessible(alice)
        note.get_by_role("button", name="10:00").click()
        expect(alice.locator(".hour").first).to_have_text("10:00")
        expect_typed(alice)
    finally:
        site.clock.ahead = dt.timedelta()


def test_a_time_taken_while_alice_reads_is_said_with_what_is_left(
    site: Any, alice: Page, profile: Callable[..., BrowserContext]
) -> None:
    day = site.fresh_day()
    alice.goto(site.booking("fr"))
    show_day(alice, "fr", day)
    at_form(profile().new_page(), site, day)
    # Alice's list is still as it was before Tom came.
    slot_of(alice, day, "9:40").click()
    expect(alice.get_by_text("Cette heure vient d’être prise.")).to_be_visible()
    expect(alice.get_by_text("dans un autre onglet")).to_be_visible()
    check_accessible(alice)


def test_the_answer_to_confirm_is_lost_and_the_retry_is_the_same_booking(site: Any, alice: Page) -> None:
    day = site.fresh_day()
    at_form(alice, site, day)
    fill_form(alice, "fr")
    to_review(alice, "fr")
    sent: list[str | None] = []

    def lose(route: Route) -> None:
        sent.append(route.request.post_data)
        if len(sent) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    alice.route("**/api/patient/appointments", lose)
    alice.get_by_role("button", name=FR["confirm"]).click()
    expect(alice.get_by_text("Pas de réseau. Rien n’est perdu")).to_be_visible()
    check_accessible(alice)
    assert len(rows(site, OF_THE_DAY.format(day=day))) == 1
    alice.get_by_role("button", name=FR["retry"]).click()
    expect(heading(alice, FR["done"])).to_be_visible()
    assert len(sent) == 2
    assert sent[0] == sent[1]
    assert len(rows(site, OF_THE_DAY.format(day=day))) == 1


@pytest.mark.parametrize("reload", [False, True])
def test_after_a_lost_answer_another_time_is_no_second_booking(site: Any, alice: Page, reload: bool) -> None:
    day = site.fresh_day()
    at_form(alice, site, day)
    fill_form(alice, "fr")
    to_review(alice, "fr")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    alice.route("**/api/patient/appointments", lose)
    alice.get_by_role("button", name=FR["confirm"]).click()
    expect(alice.get_by_text("Pas de réseau. Rien n’est perdu")).to_be_visible()
    alice.unroute("**/api/patient/appointments")
    if reload:
        alice.reload()
        expect(heading(alice, FR["right"])).to_be_visible()
    alice.get_by_role("button", name="Corriger").click()
    alice.get_by_role("button", name="Choisir une autre heure").click()
    show_day(alice, "fr", day)
    slot_of(alice, day, "10:20").click()
    expect(heading(alice, "Ce rendez-vous est déjà noté")).to_be_visible()
    check_accessible(alice)
    assert len(rows(site, OF_THE_DAY.format(day=day))) == 1
    alice.get_by_role("link", name="Ouvrir le rendez-vous").click()
    expect(heading(alice, FR["appointment"])).to_be_visible()
    expect(alice.locator(".hour")).to_have_text("9:40")


def test_without_network_from_the_start_the_page_says_so_and_goes_on_when_told(
    site: Any, alice: Page
) -> None:
    alice.route("**/api/**", lambda route: route.abort())
    alice.goto(site.booking("en"))
    expect(alice.get_by_text("No network. Nothing is lost; we’ll retry when you say so.")).to_be_visible()
    check_accessible(alice)
    alice.unroute("**/api/**")
    alice.get_by_role("button", name="Try again").click()
    expect(heading(alice, WORDS["en"]["when"])).to_be_visible()


def bar(page: Page, language: str = "fr") -> Locator:
    """The held time, which stays in sight."""
    label = {"fr": "L’heure gardée pour vous", "en": "The time kept for you"}[language]
    return page.get_by_role("region", name=label)


def test_the_bar_stays_in_sight_and_takes_an_ended_time_again(site: Any, alice: Page) -> None:
    at_form(alice, site, site.fresh_day())
    fill_form(alice, "fr")
    expect(bar(alice)).to_contain_text("Dr Bento")
    site.clock.ahead = dt.timedelta(minutes=11)
    try:
        to_review(alice, "fr")
        alice.get_by_role("button", name=FR["confirm"]).click()
        expect(bar(alice)).to_contain_text("Plus gardée.")
        # By this page's clock ten minutes are not over; it looks again, and the server's word holds.
        alice.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(bar(alice)).to_contain_text("Plus gardée.")
        alice.evaluate("scrollTo(0, document.body.scrollHeight)")
        expect(bar(alice)).to_be_in_viewport(ratio=1)
        check_accessible(alice)
        bar(alice).get_by_role("button", name="Reprendre 9 h 40").click()
        expect(bar(alice)).to_contain_text("Gardé encore")
        expect_typed(alice)
    finally:
        site.clock.ahead = dt.timedelta()


def test_a_key_pressed_early_is_not_lost(site: Any, alice: Page) -> None:
    at_form(alice, site, site.fresh_day(), language="en")
    expect(bar(alice, "en")).to_contain_text("Held for you, 10 min left")
    for left in ("20", "30"):
        bar(alice, "en").get_by_role("button", name="Keep 10 min longer").click()
        expect(bar(alice, "en")).to_contain_text(f"Held for you, {left} min left")
        expect(
            bar(alice, "en").get_by_role("status").filter(has_text=f"{left} more minutes for you.")
        ).to_be_attached()
    expect(bar(alice, "en").get_by_role("button")).to_have_count(0)
    # Who pressed it by keyboard stands where they stood.
    expect(bar(alice, "en")).to_be_focused()
