# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the desk changed and nobody was told of: it says so, and the number to call is one button away."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import DESK, PHONE, check_accessible
from browser.desk_town import ALICE, HELENE, TODAY, TOM, at_noon, town, unlock

pytestmark = pytest.mark.slow

NEXT_WEEK = TODAY + dt.timedelta(days=7)
DAY_AFTER = NEXT_WEEK + dt.timedelta(days=1)
UNTOLD = "Personne n’est prévenu\u00a0: appelez le patient."


@pytest.fixture(scope="module")
async def practice(
    bundle: None, new_database: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    with town(await new_database(), tmp_path_factory.mktemp("calls")) as made:
        yield made


@pytest.fixture
def sam(practice: Any, profile: Callable[..., BrowserContext]) -> Page:
    page: Page = at_noon(profile(DESK)).new_page()
    unlock(page, practice)
    page.get_by_role("button", name="Semaine suivante").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("22 – 26 mars 2027")
    return page


def visit(page: Page, hours: str, day: dt.date = NEXT_WEEK) -> Any:
    section = page.locator(f"section.wday:has(> #day-{day})").locator(
        "section.lane", has=page.get_by_role("heading", name="Dr Inès Bento")
    )
    return section.get_by_role("button", name=re.compile("^" + re.escape(hours) + "(?!.*, libre$)"))


def said(page: Page) -> Any:
    return page.locator(".said")


def test_after_a_move_the_desk_says_that_nobody_is_told_and_the_number_is_one_button_away(
    practice: Any, sam: Page
) -> None:
    practice.book(ALICE, NEXT_WEEK, "9:10")
    visit(sam, "9 h 10 à").focus()
    sam.keyboard.press("d")
    expect(sam.locator(".spot:focus")).to_be_visible()
    sam.keyboard.press("ArrowDown")
    sam.keyboard.press("Enter")
    expect(said(sam)).to_contain_text("Déplacé au mardi 23 mars, 9 h 30. " + UNTOLD)
    check_accessible(sam)
    said(sam).get_by_role("button", name="Voir le contact").press("Enter")
    number = sam.get_by_role("link", name="06 39 98 12 40")
    expect(number).to_be_focused()
    expect(sam.get_by_text("En ligne ou avec un lien remis, puis changé par le cabinet")).to_be_visible()
    # The old time stays within reach after what was said has gone.
    sam.get_by_role("button", name="Remettre au mardi 23 mars, 9 h 10").click()
    expect(visit(sam, "9 h 10 à 9 h 30")).to_be_visible()
    expect(said(sam)).to_contain_text(UNTOLD)
    # The number that is being read out stays: the practice's own move carried it over.
    expect(number).to_be_visible()
    expect(sam.get_by_role("button", name=re.compile("^Remettre"))).to_have_count(0)


def test_an_old_time_that_somebody_took_is_not_offered_again(practice: Any, sam: Page) -> None:
    practice.book(ALICE, NEXT_WEEK, "10:10")
    visit(sam, "10 h 10 à").focus()
    sam.keyboard.press("d")
    expect(sam.locator(".spot:focus")).to_be_visible()
    sam.keyboard.press("ArrowDown")
    sam.keyboard.press("Enter")
    expect(said(sam)).to_contain_text("Déplacé au mardi 23 mars, 10 h 30.")
    visit(sam, "10 h 30 à").click()
    back = sam.get_by_role("button", name="Remettre au mardi 23 mars, 10 h 10")
    expect(back).to_be_visible()
    practice.book(TOM, NEXT_WEEK, "10:10")
    expect(visit(sam, "10 h 10 à")).to_be_visible()
    expect(back).to_have_count(0)


def test_a_move_begins_on_the_visits_own_day_and_agenda(practice: Any, sam: Page) -> None:
    practice.book(TOM, DAY_AFTER, "9:30")
    # The day chosen is Tuesday; the visit stands on Wednesday.
    visit(sam, "9 h 30 à", DAY_AFTER).focus()
    sam.keyboard.press("d")
    expect(sam.locator(".spot:focus")).to_have_accessible_name(
        re.compile(r"^Poser ici, mercredi 24 mars, .*Dr Inès Bento$")
    )
    sam.keyboard.press("Escape")


def test_moved_to_another_practitioner_the_name_is_said(practice: Any, sam: Page) -> None:
    practice.book(TOM, NEXT_WEEK, "14:40")
    visit(sam, "14 h 40 à").focus()
    sam.keyboard.press("d")
    expect(sam.locator(".spot:focus")).to_be_visible()
    sam.keyboard.press("ArrowRight")
    expect(sam.locator(".spot:focus")).to_have_accessible_name(re.compile("Dr Ike Okoro-Lacaze$"))
    sam.keyboard.press("Enter")
    expect(said(sam)).to_contain_text(re.compile(r"Déplacé au .*, Dr Ike Okoro-Lacaze\."))
    # Taken back at once, nobody can have been told of it: nobody is to be called.
    said(sam).get_by_role("button", name="Défaire").click()
    expect(said(sam)).to_contain_text("Remis au mardi 23 mars, 14 h 40.")
    expect(said(sam)).not_to_contain_text(UNTOLD)


def test_after_a_cancellation_too_nobody_is_told_until_somebody_calls(
    practice: Any, profile: Callable[..., BrowserContext], sam: Page
) -> None:
    practice.book(TOM, NEXT_WEEK, "11:10")
    visit(sam, "11 h 10 à").click()
    sam.get_by_role("button", name="Annuler", exact=True).click()
    sam.get_by_role("button", name="Oui, annuler le rendez-vous").click()
    expect(said(sam)).to_contain_text("Rendez-vous annulé. " + UNTOLD)
    said(sam).get_by_role("button", name="Voir le contact").click()
    expect(sam.get_by_role("link", name="06 39 98 12 41")).to_be_visible()
    # What is noted at the desk is nobody's news: no call is asked for.
    practice.book(ALICE, TODAY, "10:10")
    phone = at_noon(profile(PHONE)).new_page()
    unlock(phone, practice)
    phone.get_by_text("Renaudin-Abescat").first.click()
    phone.get_by_role("button", name="Arrivée").click()
    expect(said(phone)).to_contain_text("Arrivée notée.")
    expect(said(phone)).not_to_contain_text("prévenu")


def test_the_panel_says_for_whom_somebody_else_booked(practice: Any, sam: Page) -> None:
    practice.book(TOM, NEXT_WEEK, "16:00")
    practice.book(ALICE, NEXT_WEEK, "16:20")
    visit(sam, "16 h à 16 h 20").click()
    expect(sam.get_by_text("Réservé pour l’enfant de la personne à joindre.")).to_be_visible()
    visit(sam, "16 h 20 à").click()
    expect(sam.get_by_text("Née le 7 septembre 1988")).to_be_visible()
    expect(sam.get_by_text("de la personne à joindre")).to_have_count(0)


def test_when_somebody_else_opens_the_agenda_in_another_tab_the_first_one_closes_and_says_who(
    practice: Any, sam: Page
) -> None:
    # The same person in a second tab closes nothing.
    again = sam.context.new_page()
    unlock(again, practice)
    expect(again.get_by_role("heading", level=1)).to_have_text("15 – 19 mars 2027")
    expect(sam.get_by_role("heading", level=1)).to_have_text("22 – 26 mars 2027")
    other = sam.context.new_page()
    unlock(other, practice, HELENE)
    for closed in (sam, again):
        expect(
            closed.get_by_text("Hélène Marchandot a ouvert l’agenda dans ce navigateur. Rouvrez")
        ).to_be_visible()
        expect(closed.get_by_text("Abescat")).to_have_count(0)
    check_accessible(sam)
    expect(other.get_by_role("heading", level=1)).to_have_text("15 – 19 mars 2027")
