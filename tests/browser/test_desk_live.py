# SPDX-License-Identifier: AGPL-3.0-or-later
"""An open desk while the world goes on: colleagues, patients, a server that goes and comes, a session that ends."""

from __future__ import annotations

import base64
import datetime as dt
import itertools
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import DESK, PHONE, check_accessible
from browser.desk_town import ALICE, SAM, TODAY, TOM, Town, at_noon, fill_in, town, unlock
from browser.test_desk import block, said

pytestmark = pytest.mark.slow

SEEN_SECONDS_MAX = 5
MONTHS = ("mars", "avril", "mai", "juin")


@pytest.fixture(scope="module")
async def practice(
    bundle: None, new_database: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """The practice on a Tuesday morning in March."""
    with town(await new_database(), tmp_path_factory.mktemp("desk")) as made:
        made.book(ALICE, TODAY, "10:10")
        yield made


@pytest.fixture(scope="module")
def weeks() -> Iterator[int]:
    return itertools.count(1)


@dataclass
class Tuesday:
    """A Tuesday that no other test of the module uses, so many weeks ahead."""

    weeks: int

    @property
    def date(self) -> dt.date:
        return TODAY + dt.timedelta(weeks=self.weeks)

    @property
    def words(self) -> str:
        """As the desk says it."""
        return f"mardi {self.date.day} {MONTHS[self.date.month - 3]}"

    def at(self, page: Page, hours: str) -> Any:
        """The visit at these hours, in Dr Bento's lane."""
        return block(page, hours, self.date)

    def show(self, page: Page) -> None:
        for _ in range(self.weeks):
            page.get_by_role("button", name="Semaine suivante").click()
        expect(page.locator(f"#day-{self.date}")).to_be_visible()

    def carry(self, page: Page, hours: str) -> None:
        """Takes the visit up by key and sets it down one place later."""
        self.at(page, hours).focus()
        page.keyboard.press("d")
        expect(page.locator(".spot:focus")).to_have_count(1)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")


@pytest.fixture
def tuesday(practice: Town, weeks: Iterator[int]) -> Tuesday:
    """With Tom at ten past nine."""
    free = Tuesday(next(weeks))
    practice.book(TOM, free.date, "9:10")
    return free


@pytest.fixture
def desks(practice: Town, profile: Callable[..., BrowserContext]) -> list[Page]:
    """Two machines, each with a storage of its own, both open."""
    pages = [at_noon(profile(DESK)).new_page() for _ in range(2)]
    for page in pages:
        unlock(page, practice)
        expect(block(page, "10 h 10 à")).to_have_accessible_name(re.compile("Alice"))
    return pages


def link(practice: Town, kept: Any) -> str:
    secret = base64.urlsafe_b64encode(kept.cap.secret).decode().rstrip("=")
    fingerprint = base64.urlsafe_b64encode(practice.house.roster.fingerprint).decode().rstrip("=")
    return f"{practice.origin}/fr/a#{secret}.{fingerprint}"


def test_a_booking_appears_at_every_desk_within_seconds(practice: Town, desks: list[Page]) -> None:
    for page in desks:
        page.evaluate("globalThis.here = true")
    practice.book(TOM, TODAY, "11:10")
    before = time.monotonic()
    for page in desks:
        expect(block(page, "11 h 10 à")).to_have_accessible_name(
            "11 h 10 à 11 h 30, Tom Abescat, Consultation, nouveau", timeout=SEEN_SECONDS_MAX * 1_000
        )
        assert page.evaluate("globalThis.here")  # without reload
    assert time.monotonic() - before < SEEN_SECONDS_MAX


def test_a_number_being_read_out_stays_while_somebody_else_books(
    practice: Town, tuesday: Tuesday, desks: list[Page]
) -> None:
    desk = desks[0]
    tuesday.show(desk)
    tuesday.at(desk, "9 h 10 à").click()
    desk.get_by_role("button", name="Voir le contact").click()
    number = desk.get_by_role("link", name="06 39 98 12 41")
    expect(number).to_be_visible()
    practice.book(TOM, tuesday.date, "11:10")
    expect(tuesday.at(desk, "11 h 10 à")).to_be_visible(timeout=SEEN_SECONDS_MAX * 1000)
    expect(number).to_be_visible()


def test_what_one_desk_does_the_other_sees(practice: Town, desks: list[Page]) -> None:
    first, second = desks
    block(first, "10 h 10 à").focus()
    first.keyboard.press("a")
    expect(block(second, "10 h 10 à")).to_have_accessible_name(re.compile("arrivé"), timeout=5_000)


def test_a_server_that_goes_is_said_and_one_that_comes_back_is_found(
    practice: Town, desks: list[Page]
) -> None:
    page = desks[0]
    practice.stop()
    gone = page.get_by_text("Le serveur ne répond pas. Ce qui est affiché date de")
    expect(gone).to_be_visible(timeout=5_000)
    expect(block(page, "10 h 10 à")).to_have_accessible_name(re.compile("Alice"))
    check_accessible(page)
    block(page, "10 h 10 à").focus()
    page.keyboard.press("v")
    expect(page.locator(".side .note-stop")).to_contain_text("Réessayez")
    practice.start()
    practice.book(TOM, TODAY, "11:30")
    # Nobody touches anything.
    expect(gone).to_have_count(0, timeout=20_000)
    expect(said(page)).to_contain_text("Le serveur répond à nouveau")
    expect(block(page, "11 h 30 à")).to_have_accessible_name(re.compile("Tom Abescat"))
    expect(block(page, "10 h 10 à")).not_to_have_accessible_name(re.compile("vu$"))


def test_a_session_that_ended_is_said_and_the_desk_opens_where_it_was(
    practice: Town, tuesday: Tuesday, desks: list[Page]
) -> None:
    page = desks[0]
    tuesday.show(page)
    page.get_by_role("button", name="Jour", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(tuesday.words.capitalize())
    tuesday.at(page, "9 h 10 à").click()
    expect(page.get_by_role("heading", level=2, name="Tom Abescat")).to_be_visible()
    practice.rows("DELETE FROM sessions")
    practice.book(ALICE, tuesday.date, "9:30")
    expect(page.get_by_text("Votre session est finie. Ouvrez à nouveau")).to_be_visible(timeout=10_000)
    assert TOM.birth_name not in page.content()
    check_accessible(page)
    fill_in(page, SAM)
    expect(page.get_by_role("heading", level=1)).to_have_text(tuesday.words.capitalize())
    expect(page.get_by_role("heading", level=2, name="Tom Abescat")).to_be_visible()
    expect(tuesday.at(page, "9 h 30 à")).to_have_accessible_name(re.compile("Alice"))


def test_a_session_that_ended_loses_no_move(practice: Town, tuesday: Tuesday, desks: list[Page]) -> None:
    page = desks[0]
    tuesday.show(page)
    page.route("**/changes", lambda route: route.abort())
    tuesday.at(page, "9 h 10 à").focus()
    page.keyboard.press("d")
    page.keyboard.press("ArrowDown")
    practice.rows("DELETE FROM sessions")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Votre session est finie. Ouvrez à nouveau")).to_be_visible()
    fill_in(page, SAM)
    expect(tuesday.at(page, "9 h 10 à")).to_have_accessible_name(re.compile("Tom Abescat"))


def test_two_desks_move_one_visit_and_the_second_reads_what_stands(
    practice: Town, tuesday: Tuesday, desks: list[Page]
) -> None:
    first, second = desks
    for page in desks:
        tuesday.show(page)
        tuesday.at(page, "9 h 10 à").focus()
        page.keyboard.press("d")
        expect(page.locator(".spot:focus")).to_have_count(1)
    # Both have it in hand; the second puts it down as soon as it hears of the first's move, and says why.
    first.get_by_role("button", name=f"Poser ici, {tuesday.words}, 9 h 30, Dr Inès Bento").click()
    expect(said(first)).to_contain_text(f"Déplacé au {tuesday.words}, 9 h 30.")
    expect(second.get_by_role("alert")).to_contain_text("a changé entre-temps")
    expect(second.get_by_role("group", name=re.compile("^Déplacer"))).to_have_count(0)
    for page in desks:
        expect(tuesday.at(page, "9 h 30 à")).to_have_accessible_name(re.compile("Tom Abescat"))
        expect(page.get_by_role("button", name=re.compile("^9 h 50 à 10 h 10, Tom"))).to_have_count(0)
    rows = practice.rows(
        "SELECT rev, s.record IS NOT NULL AS taken FROM appointments a JOIN spans s USING (practice, record)"
        " WHERE a.start::date = $1",
        tuesday.date,
    )
    assert [(row["rev"], row["taken"]) for row in rows] == [(2, True)]


def test_a_refused_request_is_taken_back_and_waits_again(
    practice: Town, tuesday: Tuesday, desks: list[Page]
) -> None:
    page = desks[0]
    kept = practice.book(ALICE, tuesday.date, "14:00", visit_type="bilan")
    tuesday.show(page)
    request = tuesday.at(page, "14 h à 14 h 30")
    request.click()
    page.get_by_role("button", name="Refuser").click()
    expect(said(page)).to_contain_text("Demande refusée.")
    expect(request).to_have_count(0)
    said(page).get_by_role("button", name="Défaire").click()
    expect(said(page)).to_contain_text("La demande attend une réponse.")
    expect(request).to_have_accessible_name(re.compile("demande à traiter"))
    rows = practice.rows("SELECT status FROM appointments WHERE record = $1", kept.booked.record)
    assert [row["status"] for row in rows] == ["requested"]


def test_a_request_the_patient_cancelled_is_restored_as_a_request(
    practice: Town, tuesday: Tuesday, desks: list[Page], profile: Callable[..., BrowserContext]
) -> None:
    kept = practice.book(ALICE, tuesday.date, "15:00", visit_type="bilan")
    alice = at_noon(profile(PHONE)).new_page()
    alice.goto(link(practice, kept))
    alice.get_by_role("button", name="Annuler", exact=False).first.click()
    alice.get_by_role("button", name="Oui, annuler").click()
    expect(alice.get_by_text("C’est annulé").first).to_be_visible()
    page = desks[0]
    tuesday.show(page)
    request = tuesday.at(page, "15 h à 15 h 30, Alice")
    expect(request).to_have_accessible_name(re.compile("annulé"))
    request.click()
    page.get_by_role("button", name="Rétablir").click()
    expect(said(page)).to_contain_text("La demande attend une réponse.")
    expect(request).to_have_accessible_name(re.compile("demande à traiter"))


def test_cancelled_restored_and_moved_the_patients_link_still_opens_it(
    practice: Town, tuesday: Tuesday, desks: list[Page], profile: Callable[..., BrowserContext]
) -> None:
    page = desks[0]
    kept = practice.book(ALICE, tuesday.date, "16:00")
    tuesday.show(page)
    tuesday.at(page, "16 h à").click()
    page.get_by_role("button", name="Annuler", exact=True).click()
    page.get_by_role("button", name="Oui, annuler le rendez-vous").click()
    alice = at_noon(profile(PHONE)).new_page()
    alice.goto(link(practice, kept))
    expect(alice.get_by_text("annulé").first).to_be_visible()
    expect(alice.get_by_text("Alice").first).to_be_visible()
    said(page).get_by_role("button", name="Défaire").click()
    expect(tuesday.at(page, "16 h à 16 h 20, Alice")).to_have_accessible_name(re.compile("attendu$"))
    tuesday.carry(page, "16 h à")
    expect(said(page)).to_contain_text(f"Déplacé au {tuesday.words}, 16 h 20.")
    alice.reload()
    expect(alice.get_by_text("16:20")).to_be_visible()
    expect(alice.get_by_text("Alice").first).to_be_visible()


def test_a_moved_letter_is_vouched_for_and_a_forged_one_cannot_be_moved(
    practice: Town, tuesday: Tuesday, desks: list[Page]
) -> None:
    page = desks[0]
    forged = practice.book(ALICE, tuesday.date, "17:00")
    practice.rows("UPDATE appointments SET sig = $1 WHERE record = $2", bytes(64), forged.booked.record)
    tuesday.show(page)
    expect(tuesday.at(page, "17 h à")).to_have_accessible_name(re.compile("non vérifié"))
    tuesday.at(page, "17 h à").focus()
    page.keyboard.press("d")
    # A member's signature over it would call it verified for ever.
    expect(page.get_by_role("alert")).to_contain_text("le sceller à nouveau s’en porterait garant")
    expect(tuesday.at(page, "17 h à")).to_have_accessible_name(re.compile("non vérifié"))
    tuesday.carry(page, "9 h 10 à")
    expect(said(page)).to_contain_text("Déplacé au")
    expect(tuesday.at(page, "9 h 30 à")).to_have_accessible_name(re.compile("attendu$"))


def press_until(page: Page, key: str, name: str) -> None:
    """Presses the key until the button or link of that name has the focus."""
    for _ in range(40):
        page.keyboard.press(key)
        if page.evaluate("document.activeElement.innerText ?? ''").replace("\u00a0", " ").startswith(name):
            return
    raise AssertionError(f"{name} is out of the keyboard's reach")


def test_by_keyboard_alone_from_sign_in_to_a_cancellation_and_back(
    practice: Town, tuesday: Tuesday, profile: Callable[..., BrowserContext]
) -> None:
    page = at_noon(profile(DESK)).new_page()
    page.goto(f"{practice.origin}/fr/desk")
    expect(page.get_by_label("Nom de connexion")).to_be_visible()
    while page.evaluate("document.activeElement.id") != "desk-name":
        page.keyboard.press("Tab")
    page.keyboard.type(SAM.log_in)
    page.keyboard.press("Tab")
    page.keyboard.type(SAM.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("15 – 19 mars 2027")
    while page.evaluate("document.activeElement.dataset.stop") is None:
        page.keyboard.press("Tab")
    for _ in range(tuesday.weeks):
        before = page.get_by_role("heading", level=1).inner_text()
        page.keyboard.press("PageDown")
        expect(page.get_by_role("heading", level=1)).not_to_have_text(before)
        expect(page.locator("[data-stop]:focus")).to_have_count(1)
    press_until(page, "ArrowDown", "9 h 10 à 9 h 30, Tom Abescat")
    page.keyboard.press("Enter")
    expect(page.locator("#panel-title")).to_be_focused()
    press_until(page, "Tab", "Voir le contact")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="06 39 98 12 41")).to_be_focused()
    press_until(page, "Tab", "Annuler")
    page.keyboard.press("Enter")
    expect(page.locator("#cancel-ask")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Annuler", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    press_until(page, "Tab", "Oui, annuler")
    page.keyboard.press("Enter")
    expect(said(page)).to_contain_text("Rendez-vous annulé.")
    expect(page.locator("#panel-title")).to_be_focused()
    check_accessible(page)
    press_until(page, "Tab", "Défaire")
    page.keyboard.press("Enter")
    expect(tuesday.at(page, "9 h 10 à 9 h 30, Tom")).to_have_accessible_name(re.compile("attendu$"))
    expect(page.locator("#panel-title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(tuesday.at(page, "9 h 10 à")).to_be_focused()
