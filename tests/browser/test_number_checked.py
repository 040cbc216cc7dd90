# SPDX-License-Identifier: AGPL-3.0-or-later
"""A code goes to the number that was typed and is typed back; without it, what is sent is a request. A real notifier, on paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import DESK, Site, check_in_both_themes
from browser.post import Post
from browser.walk import WORDS, choose_time, confirm, fill_form, heading, opens_desk, rows, to_review, visit

pytestmark = pytest.mark.slow

SENDS = True
ALICES_NUMBER = "+262639981240"  # 06 39 98 is kept for fiction, and of Mayotte for who reads numbers


@pytest.fixture(scope="module")
def post(site: Site) -> Post:
    return Post(site, site.data)


def to_the_code(page: Page, site: Site, hour: str) -> Any:
    day = site.fresh_day()
    page.goto(site.booking("fr"))
    choose_time(page, "fr", day, hour)
    fill_form(page, "fr")
    to_review(page, "fr")
    page.get_by_role("button", name="Continuer").click()
    expect(heading(page, "Un code pour votre numéro")).to_be_visible()
    return day


def types(page: Page, digits: str) -> None:
    page.get_by_label("Les six chiffres du code").fill(digits)
    page.get_by_role("button", name=WORDS["fr"]["confirm"]).click()


def test_who_types_the_code_has_an_appointment_and_is_asked_for_no_other_one(
    site: Site, post: Post, alice: Page, profile: Callable[..., BrowserContext]
) -> None:
    day = to_the_code(alice, site, "9:00")
    check_in_both_themes(alice)
    with post.works():
        alice.get_by_role("button", name="Recevoir le code").click()
        code = alice.get_by_label("Les six chiffres du code")
        expect(code).to_be_focused()
        expect(code).to_have_attribute("autocomplete", "one-time-code")
        expect(code).to_have_attribute("inputmode", "numeric")
        digits = post.code_for(ALICES_NUMBER)
        types(alice, f"{(int(digits) + 1) % 1_000_000:06}")
        expect(alice.get_by_text("Ce n’est pas le bon code. Il vous reste 2 essais.")).to_be_visible()
        check_in_both_themes(alice)
        # The phone put the page away while its owner read the code.
        alice.reload()
        types(alice, f"{digits[:3]} {digits[3:]}")
        expect(heading(alice, WORDS["fr"]["done"])).to_be_visible(timeout=30_000)
    # The next one asks nothing, and nobody is there who could be asked.
    alice.goto(site.booking("fr"))
    choose_time(alice, "fr", day, "10:00")
    fill_form(alice, "fr")
    to_review(alice, "fr")
    confirm(alice, "fr")
    assert len(rows(site, "SELECT tag FROM spent_checks")) == 2
    assert [row["status"] for row in rows(site, "SELECT status FROM appointments")] == ["booked"] * 2
    desk = profile(DESK).new_page()
    opens_desk(desk, site)
    visit(desk, day, "9 h à").click()
    desk.get_by_role("button", name="Voir le contact").click()
    expect(desk.locator("#panel-reached")).to_contain_text("numéro vérifié par un code")
    check_in_both_themes(desk)


def test_without_a_code_it_is_a_request_that_says_so_and_keeps_no_time(site: Site, alice: Page) -> None:
    to_the_code(alice, site, "9:00")
    alice.get_by_role("button", name="Envoyer une demande sans code").click()
    expect(heading(alice, "Votre demande est partie.")).to_be_visible()
    check_in_both_themes(alice)
    assert rows(site, "SELECT 1 FROM appointments WHERE status = 'requested'")
