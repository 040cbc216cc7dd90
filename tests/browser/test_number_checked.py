# SPDX-License-Identifier: AGPL-3.0-or-later
"""A code goes to the number that was typed and is typed back; without it, what is sent is a request. A real notifier, on paper."""

from __future__ import annotations

import datetime as dt
import email.utils
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from browser.conftest import DESK, Site, check_in_both_themes
from browser.post import ZONE, Post
from browser.walk import (
    ALICE,
    WORDS,
    Person,
    choose_time,
    confirm,
    fill_form,
    heading,
    opens_desk,
    rows,
    to_review,
    visit,
)

pytestmark = pytest.mark.slow

SENDS = True
ALICES_NUMBER = "+262639981240"  # 06 39 98 is kept for fiction, and of Mayotte for who reads numbers


@pytest.fixture(scope="module")
def post(site: Site) -> Post:
    return Post(site, site.data)


def to_the_code(page: Page, site: Site, hour: str, person: Person = ALICE, *, shared: bool = False) -> Any:
    day = site.fresh_day()
    page.goto(site.booking("fr"))
    choose_time(page, "fr", day, hour)
    fill_form(page, "fr", person)
    if shared:
        page.get_by_label(WORDS["fr"]["shared"]).check()
    to_review(page, "fr")
    page.get_by_role("button", name="Continuer").click()
    expect(heading(page, "Un code pour votre numéro")).to_be_visible()
    return day


def last(hour: int) -> dt.datetime:
    """The last time that it was so late in Paris."""
    now = dt.datetime.now(ZONE)
    today = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    return (today if today <= now else today - dt.timedelta(days=1)).astimezone(dt.UTC)


def hears(page: Page, now: dt.datetime) -> None:
    """The server's answers say that it is so late; they come while the page is waited for."""

    def dated(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(
            response=answer, headers={**answer.headers, "date": email.utils.format_datetime(now, usegmt=True)}
        )

    page.route(lambda address: "/api/" in address, dated)


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
        alice.get_by_role("button", name="Corriger le numéro").click()
        expect(alice.get_by_label("Votre téléphone")).to_be_focused()
        to_review(alice, "fr")
        alice.get_by_role("button", name="Continuer").click()
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


def test_a_practice_takes_an_e_mail_too_and_a_landline_is_rung_by_day(
    site: Site, post: Post, alice: Page, profile: Callable[..., BrowserContext]
) -> None:
    desk = profile(DESK).new_page()
    opens_desk(desk, site)
    desk.get_by_role("button", name="Horaires et motifs").click()
    desk.get_by_role("button", name="Agendas, lieux, praticiens").click()
    desk.get_by_role("button", name="Un numéro ou un e-mail vérifié").click()
    expect(desk.locator(".said")).to_contain_text("C’est enregistré : Un numéro ou un e-mail vérifié.")
    check_in_both_themes(desk)
    at_home = replace(ALICE, phone="01 99 00 12 40")  # ARCEP keeps these for fiction
    # At night a code goes by e-mail; it is asked for twice; the device is everybody's and keeps nothing.
    hears(alice, last(23))
    alice.clock.install()
    to_the_code(alice, site, "9:00", at_home, shared=True)
    expect(alice.get_by_text("Un téléphone fixe ne sonne que de 8 h à 20 h.")).to_be_visible()
    expect(alice.get_by_role("button", name="Recevoir le code")).to_have_count(0)
    check_in_both_themes(alice)
    alice.get_by_role("radio", name="Par e-mail à").check()
    with post.works():
        alice.get_by_role("button", name="Recevoir le code").click()
        expect(alice.get_by_text("Un e-mail part vers")).to_be_visible()
        first = post.code_for(ALICE.email)
        again = alice.get_by_role("button", name="Envoyer un autre code")
        expect(alice.get_by_text("Dans une demi-minute")).to_be_visible()
        expect(again).to_have_count(0)
        alice.clock.fast_forward(31_000)
        again.click()
        expect(again).to_have_count(0)
        digits = post.code_for(ALICE.email)
        types(alice, first if first != digits else f"{(int(digits) + 1) % 1_000_000:06}")
        expect(alice.get_by_text("Il vous reste 2 essais.")).to_be_visible()
        types(alice, digits)
        expect(heading(alice, WORDS["fr"]["done"])).to_be_visible(timeout=30_000)
    assert alice.evaluate("localStorage.getItem('serment.checks')") is None
    # By day the phone at home rings.
    toms = profile().new_page()
    hears(toms, last(12))
    to_the_code(toms, site, "9:00", at_home)
    with post.works(at=last(12)):
        toms.get_by_role("button", name="Recevoir le code").click()
        expect(toms.get_by_text("va sonner : une voix lira six chiffres.")).to_be_visible()
        check_in_both_themes(toms)
        types(toms, post.code_for("+33199001240"))
        expect(heading(toms, WORDS["fr"]["done"])).to_be_visible(timeout=30_000)
