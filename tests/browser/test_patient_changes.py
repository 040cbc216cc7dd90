# SPDX-License-Identifier: AGPL-3.0-or-later
"""With the link alone a patient sees, moves and cancels; what came too late or from elsewhere is said, and nothing is lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import check_accessible
from browser.walk import (
    ALICE,
    SLUG,
    WORDS,
    at_database,
    book,
    choose_time,
    heading,
    link_of,
    offered,
    show_day,
    slot_of,
)
from serment.seeding import seed_id
from serment.server.usecases import act as acts

pytestmark = pytest.mark.slow


def booked_link(page: Page, site: Any, language: str, day: dt.date, hour: str = "9:40") -> str:
    """Books, and opens the link where it was booked."""
    book(page, site, language, day, hour)
    link = link_of(page)
    page.goto(link)
    expect(heading(page, WORDS[language]["appointment"])).to_be_visible()
    return link


def press(page: Page, language: str, word: str) -> None:
    page.get_by_role("button", name=WORDS[language][word], exact=True).click()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_alice_moves_and_the_old_time_is_hers_until_the_new_one_stands(
    site: Any, alice: Page, profile: Callable[..., BrowserContext], language: str
) -> None:
    words, day = WORDS[language], site.fresh_day()
    link = booked_link(alice, site, language, day)
    check_accessible(alice)
    press(alice, language, "move")
    expect(heading(alice, words["which"])).to_be_focused()
    show_day(alice, language, day)
    check_accessible(alice)
    slot_of(alice, day, "10:20").click()
    expect(heading(alice, words["move_there"])).to_be_focused()
    check_accessible(alice)
    # Both are hers while she thinks it over.
    assert not offered(site, day, "9:40")
    assert not offered(site, day, "10:20")
    press(alice, language, "do_move")
    expect(heading(alice, words["moved"])).to_be_focused()
    check_accessible(alice)
    assert offered(site, day, "9:40")
    assert not offered(site, day, "10:20")
    # The link that was printed before opens it at its new time, anywhere.
    elsewhere = profile().new_page()
    elsewhere.goto(link)
    expect(heading(elsewhere, words["appointment"])).to_be_visible()
    expect(elsewhere.locator(".hour")).to_have_text("10:20")
    expect(elsewhere.get_by_text(ALICE.reason)).to_be_visible()


def test_a_move_thought_better_of_gives_the_new_time_back(site: Any, alice: Page) -> None:
    day = site.fresh_day()
    booked_link(alice, site, "fr", day)
    press(alice, "fr", "move")
    show_day(alice, "fr", day)
    slot_of(alice, day, "10:20").click()
    expect(heading(alice, WORDS["fr"]["move_there"])).to_be_visible()
    with alice.expect_response("**/api/patient/holds/release"):
        press(alice, "fr", "back")
    expect(heading(alice, WORDS["fr"]["which"])).to_be_visible()
    alice.go_back()
    expect(heading(alice, WORDS["fr"]["appointment"])).to_be_visible()
    expect(alice.locator(".hour")).to_have_text("9:40")
    assert offered(site, day, "10:20")
    assert not offered(site, day, "9:40")


def test_a_time_taken_while_alice_looks_leaves_her_the_old_one(
    site: Any, alice: Page, profile: Callable[..., BrowserContext]
) -> None:
    day = site.fresh_day()
    booked_link(alice, site, "fr", day)
    press(alice, "fr", "move")
    show_day(alice, "fr", day)
    tom = profile().new_page()
    tom.goto(site.booking("fr"))
    choose_time(tom, "fr", day, "10:20")
    slot_of(alice, day, "10:20").click()
    note = (
        alice.get_by_role("alert")
        .or_(alice.get_by_role("status"))
        .filter(has_text="Cette heure vient d’être prise.")
    )
    expect(note).to_contain_text("Il reste")
    check_accessible(alice)
    note.get_by_role("button").first.click()
    expect(heading(alice, WORDS["fr"]["move_there"])).to_be_visible()
    expect(alice.get_by_text("9 h 40, qui reste à vous jusque-là")).to_be_visible()
    assert not offered(site, day, "9:40")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_alice_cancels_once_she_was_told_what_it_means(site: Any, alice: Page, language: str) -> None:
    words, day = WORDS[language], site.fresh_day()
    booked_link(alice, site, language, day)
    press(alice, language, "cancel")
    expect(heading(alice, words["sure"])).to_be_focused()
    check_accessible(alice)
    press(alice, language, "keep")
    expect(heading(alice, words["appointment"])).to_be_visible()
    assert not offered(site, day, "9:40")
    press(alice, language, "cancel")
    press(alice, language, "do_cancel")
    expect(heading(alice, words["cancelled"])).to_be_focused()
    check_accessible(alice)
    assert offered(site, day, "9:40")
    # Cancelled is cancelled: after a reload too, nothing offers to undo or move it.
    alice.reload()
    expect(heading(alice, words["appointment"])).to_be_visible()
    expect(alice.locator(".pli s")).to_be_visible()
    for word in ("move", "cancel"):
        expect(alice.get_by_role("button", name=words[word], exact=True)).to_have_count(0)


def test_once_the_time_has_come_it_is_too_late_and_the_practice_is_named(site: Any, alice: Page) -> None:
    day = site.fresh_day()
    booked_link(alice, site, "fr", day)
    press(alice, "fr", "cancel")
    site.clock.ahead = dt.timedelta(days=(day - dt.datetime.now(dt.UTC).date()).days + 1)
    try:
        press(alice, "fr", "do_cancel")
        expect(alice.get_by_text("L’heure de ce rendez-vous est arrivée")).to_be_visible()
        expect(alice.get_by_role("link", name="04 75 22 00 00").first).to_be_visible()
        expect(alice.locator(".pli s")).to_have_count(0)
        check_accessible(alice)
    finally:
        site.clock.ahead = dt.timedelta()


def test_what_was_cancelled_in_one_window_is_not_moved_in_the_other(
    site: Any, alice: Page, profile: Callable[..., BrowserContext]
) -> None:
    day = site.fresh_day()
    link = booked_link(alice, site, "en", day)
    press(alice, "en", "move")
    show_day(alice, "en", day)
    other = profile().new_page()
    other.goto(link)
    press(other, "en", "cancel")
    press(other, "en", "do_cancel")
    expect(heading(other, WORDS["en"]["cancelled"])).to_be_visible()
    slot_of(alice, day, "10:20").click()
    with alice.expect_response("**/api/patient/holds/release"):
        press(alice, "en", "do_move")
    expect(alice.get_by_text("This appointment changed meanwhile.")).to_be_visible()
    expect(alice.get_by_text("This appointment is cancelled.")).to_be_visible()
    check_accessible(alice)
    assert offered(site, day, "10:20")


def test_what_the_practice_alone_may_still_change_is_said_and_the_time_stands(
    site: Any, alice: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = site.fresh_day()
    booked_link(alice, site, "fr", day)
    press(alice, "fr", "move")
    show_day(alice, "fr", day)

    def accepted(how: str) -> None:
        kind = seed_id(SLUG, "visit_type", "consultation")
        at_database(
            site,
            lambda base: base.execute(
                "UPDATE visit_types SET accepted = $2 WHERE visit_type = $1", kind, how
            ),
        )

    accepted("on_request")
    try:
        slot_of(alice, day, "10:20").click()
        press(alice, "fr", "do_move")
        expect(alice.get_by_text("le cabinet accepte maintenant lui-même")).to_be_visible()
        expect(alice.get_by_role("link", name="Changer d’heure")).to_be_visible()
        expect(alice.locator(".hour")).to_have_text("9:40")
        check_accessible(alice)
    finally:
        accepted("at_once")
    # Its state was changed as often as a link may change it: the practice still can, and its number stands there.
    monkeypatch.setattr(acts, "PATIENT_ACTS_MAX", 0)
    press(alice, "fr", "cancel")
    press(alice, "fr", "do_cancel")
    expect(alice.get_by_text("Ce rendez-vous a changé d’état trop souvent")).to_be_visible()
    expect(alice.get_by_role("link", name="04 75 22 00 00").first).to_be_visible()
    check_accessible(alice)
