# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every state the desk can be in, light and dark, on a wide window and on a phone: no fault that axe-core finds, nothing spilt."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from browser.conftest import DESK, PHONE, themes
from browser.desk_town import ALICE, SAM, TODAY, TOM, ZONE, Town, at_noon, fill_in, town, unlock

pytestmark = pytest.mark.slow

PICTURES = os.environ.get("SERMENT_TEST_PICTURES")  # a folder: every state is drawn there, for whoever looks
NEXT_MONTH = TODAY + dt.timedelta(days=28)
ALICE_AT_TEN = re.compile("^10 h 10 à 10 h 30, Alice")


@pytest.fixture(scope="module")
async def practice(
    bundle: None, new_database: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """A day with a visit in every state staff can note, a request, and one cancelled; another request in a month."""
    with town(await new_database(), tmp_path_factory.mktemp("states")) as made:
        made.clock.ahead -= dt.timedelta(hours=3)
        for hour, patient, agenda in (
            ("8:30", TOM, "bento"), ("8:50", ALICE, "bento"), ("9:10", TOM, "bento"), ("9:30", ALICE, "bento"),
            ("10:10", ALICE, "bento"), ("10:30", TOM, "bento"), ("10:20", TOM, "okoro"), ("11:20", ALICE, "okoro"),
        ):  # fmt: skip
            made.book(patient, TODAY, hour, agenda=agenda)
        made.clock.ahead += dt.timedelta(hours=3)
        made.book(ALICE, TODAY, "14:00", visit_type="bilan")
        made.book(TOM, NEXT_MONTH, "15:00", visit_type="bilan")
        for status, hour in (("seen", "8:30"), ("no_show", "8:50"), ("waiting", "9:10"), ("arrived", "9:30"), ("cancelled", "10:30")):  # fmt: skip
            made.rows(
                "UPDATE appointments SET status = $1 WHERE start = $2 AND agenda = $3",
                status,
                _instant(hour),
                made.agenda(),
            )
        yield made


def _instant(hour: str) -> dt.datetime:
    hours, minutes = map(int, hour.split(":"))
    return dt.datetime.combine(TODAY, dt.time(hours, minutes), tzinfo=ZONE)


def first_time(page: Page, practice: Town) -> None:
    page.goto(f"{practice.origin}/fr/desk")
    expect(page.get_by_label("Nom de connexion")).to_be_visible()


def wrong_password(page: Page, practice: Town) -> None:
    first_time(page, practice)
    fill_in(page, SAM, "pas le bon")
    expect(page.get_by_text("Ce nom et ce mot de passe ne vont pas ensemble.")).to_be_visible()


def week(page: Page, practice: Town) -> None:
    unlock(page, practice)
    expect(page.get_by_role("button", name=ALICE_AT_TEN)).to_be_visible()


def day(page: Page, practice: Town) -> None:
    week(page, practice)
    page.get_by_role("button", name="Jour", exact=True).click()


def coloured_by_type(page: Page, practice: Town) -> None:
    day(page, practice)
    page.get_by_role("button", name="Par motif").click()


def listed(page: Page, practice: Town) -> None:
    week(page, practice)
    page.get_by_role("button", name="Liste", exact=True).click()
    expect(page.get_by_role("table").first).to_be_visible()


def empty_day(page: Page, practice: Town) -> None:
    day(page, practice)
    for _ in range(3):
        page.get_by_role("button", name="Jour suivant").click()
    expect(page.get_by_text("Aucun rendez-vous ce jour-là.").first).to_be_visible()


def one_state_chosen(page: Page, practice: Town) -> None:
    day(page, practice)
    page.get_by_role("group", name=re.compile("Mardi")).get_by_role("button").first.click()


def visit(page: Page, practice: Town) -> None:
    week(page, practice)
    page.get_by_role("button", name=ALICE_AT_TEN).click()
    expect(page.get_by_role("heading", level=2, name="Alice Renaudin-Abescat")).to_be_visible()


def cancelled(page: Page, practice: Town) -> None:
    week(page, practice)
    page.get_by_role("button", name=re.compile("^10 h 30 à 10 h 50, Tom")).click()
    expect(page.get_by_role("heading", level=2, name="Tom Abescat")).to_be_visible()


def request(page: Page, practice: Town) -> None:
    week(page, practice)
    page.get_by_role("button", name=re.compile("^14 h à 14 h 30, Alice")).click()
    expect(page.get_by_role("button", name="Accepter", exact=True)).to_be_visible()


def requests(page: Page, practice: Town) -> None:
    week(page, practice)
    page.keyboard.press("e")
    expect(page.get_by_text("2 demandes en attente").last).to_be_visible()


def carried(page: Page, practice: Town) -> None:
    week(page, practice)
    page.get_by_role("button", name=ALICE_AT_TEN).focus()
    page.keyboard.press("d")
    expect(page.locator(".said-move")).to_be_visible()


def first_places(page: Page, practice: Town) -> None:
    week(page, practice)
    page.get_by_role("button", name="Première place").first.click()
    expect(page.get_by_role("button", name=re.compile("Dr Inès Bento")).first).to_be_visible()


def booking(page: Page, practice: Town) -> None:
    week(page, practice)
    page.locator("button.free").last.click()
    expect(page.locator(".side input").first).to_be_visible()


def why(page: Page, practice: Town) -> None:
    week(page, practice)
    page.get_by_role("button", name=re.compile("Pourquoi pas cette heure")).click()
    expect(page.locator("#panel-title")).to_be_visible()


def printing(page: Page, practice: Town) -> None:
    week(page, practice)
    page.get_by_role("button", name="Imprimer").click()
    expect(page.locator("#panel-title")).to_be_visible()


def reading(page: Page, practice: Town) -> None:
    """The next week is on its way, and stays so."""
    week(page, practice)
    page.route("**/agenda", lambda route: None)
    page.get_by_role("button", name="Semaine suivante").click()
    expect(page.get_by_text("Lecture de l’agenda")).to_be_visible()


def _away(page: Page) -> None:
    def abort(route: Route) -> None:
        route.abort()

    page.route("**/api/**", abort)


def offline(page: Page, practice: Town) -> None:
    week(page, practice)
    _away(page)
    page.get_by_role("button", name="Semaine suivante").click()
    expect(page.get_by_text("Ces jours-là n’ont pas été lus avant la panne.")).to_be_visible()


def refused(page: Page, practice: Town) -> None:
    """What was done did not reach the server: the panel says so."""
    visit(page, practice)
    _away(page)
    page.get_by_role("button", name=re.compile("^Arrivé")).first.click()
    expect(page.locator(".side .note-stop")).to_be_visible()


def locked(page: Page, practice: Town) -> None:
    week(page, practice)
    page.clock.fast_forward("11:00")
    expect(page.get_by_label("Mot de passe", exact=True)).to_be_visible()


def phone_day(page: Page, practice: Town) -> None:
    unlock(page, practice)
    expect(page.get_by_role("button", name=ALICE_AT_TEN)).to_be_visible()


def phone_visit(page: Page, practice: Town) -> None:
    phone_day(page, practice)
    page.get_by_role("button", name=ALICE_AT_TEN).click()
    expect(page.get_by_role("heading", level=2, name="Alice Renaudin-Abescat")).to_be_visible()


def phone_empty_day(page: Page, practice: Town) -> None:
    phone_day(page, practice)
    for _ in range(5):
        page.get_by_role("button", name="Jour suivant").click()
    expect(page.get_by_text("Fermé")).to_be_visible()


def phone_list(page: Page, practice: Town) -> None:
    phone_day(page, practice)
    page.get_by_role("navigation").get_by_role("button", name="Liste").click()
    expect(page.get_by_role("table").first).to_be_visible()


def phone_rooms(page: Page, practice: Town) -> None:
    phone_day(page, practice)
    page.get_by_role("navigation").get_by_role("button").last.click()


def phone_requests(page: Page, practice: Town) -> None:
    phone_day(page, practice)
    page.get_by_role("button", name="2 demandes en attente").click()
    expect(page.get_by_role("heading", name="Demandes en attente")).to_be_visible()


def phone_carried(page: Page, practice: Town) -> None:
    phone_visit(page, practice)
    page.get_by_role("button", name=re.compile("^Déplacer")).first.click()
    expect(page.locator(".said-move")).to_be_visible()


def phone_offline(page: Page, practice: Town) -> None:
    phone_day(page, practice)
    _away(page)
    for _ in range(7):
        page.get_by_role("button", name="Jour suivant").click()
    expect(page.get_by_text("Ces jours-là n’ont pas été lus avant la panne.")).to_be_visible()


WIDE: tuple[Callable[[Page, Town], None], ...] = (
    first_time, wrong_password, week, day, coloured_by_type, one_state_chosen, listed, empty_day, visit, cancelled, request, requests,
    carried, first_places, booking, why, printing, reading, offline, refused, locked,
)  # fmt: skip
NARROW: tuple[Callable[[Page, Town], None], ...] = (
    first_time, phone_day, phone_visit, phone_empty_day, phone_list, phone_rooms, phone_requests, phone_carried, phone_offline, locked,
)  # fmt: skip
STATES = [
    pytest.param(state, size, id=f"{state.__name__}-{width}")
    for states, size, width in ((WIDE, DESK, "wide"), (NARROW, PHONE, "phone"))
    for state in states
]


@pytest.mark.parametrize(("state", "size"), STATES)
def test_a_state_of_the_desk_is_drawn_without_a_fault(
    practice: Town,
    profile: Callable[..., BrowserContext],
    state: Callable[[Page, Town], None],
    size: Mapping[str, int],
) -> None:
    page = at_noon(profile(size)).new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    state(page, practice)
    for theme in themes(page):
        if PICTURES is not None:
            page.screenshot(path=Path(PICTURES) / f"{state.__name__}-{size['width']}-{theme}.png")
    assert faults == []
