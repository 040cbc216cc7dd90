# SPDX-License-Identifier: AGPL-3.0-or-later
"""A centre of sixteen practitioners at one desk: what is read is what is shown, and the day scrolls sideways."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from browser.conftest import DESK, check_accessible
from browser.desk_town import ALICE, SLUG, TODAY, TOM, Town, at_noon, town, unlock
from serment.seeding import seed_id

pytestmark = pytest.mark.slow

PEOPLE = 16
LAST = f"p{PEOPLE - 1}"
THURSDAY = TODAY + dt.timedelta(days=2)


def centre_of(people: int) -> str:
    """A practice to plant: so many practitioners, open every weekday, one visit type."""
    keys = [f"p{nth}" for nth in range(people)]
    head = (
        f'[[practices]]\nslug = "{SLUG}"\nname = "Grand centre"\n'
        '[[practices.sites]]\nkey = "site"\nname = "Centre"\naddress = "1 rue Haute"\npostcode = "26150"\n'
        'town = "Die"\ntown_code = "26113"\nlatitude = 44.75\nlongitude = 5.37\n'
        '[[practices.units]]\nkey = "all"\nname = "Centre"\n'
        '[[practices.visit_types]]\nkey = "consultation"\nname_fr = "Consultation"\nname_en = "Consultation"\n'
        "minutes = 20\nstep_minutes = 20\nnotice_minutes = 0\nhorizon_days = 200\n"
        f"agendas = [{', '.join(map(repr, keys))}]\n"
    )
    return head + "".join(
        f'[[practices.practitioners]]\nkey = "{key}"\ntitle = "Dr"\ngiven_name = "Ana"\n'
        f'family_name = "Bento {chr(65 + nth)}"\nspecialty = "SM26"\nslug = "{key}-centre"\n'
        f'[[practices.agendas]]\nkey = "{key}"\nsite = "site"\npractitioner = "{key}"\nunit = "all"\n'
        f'[[practices.openings]]\nkey = "o{key}"\nagenda = "{key}"\nfirst_date = 2026-01-01\n'
        'from = "08:00"\nto = "18:00"\ndays = ["MO", "TU", "WE", "TH", "FR"]\n'
        for nth, key in enumerate(keys)
    )


@pytest.fixture(scope="module")
async def centre(
    bundle: None, new_database: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """The centre on a Tuesday morning in March."""
    with town(await new_database(), tmp_path_factory.mktemp("many"), centre_of(PEOPLE)) as made:
        made.book(ALICE, TODAY, "10:20", agenda="p0")
        made.book(TOM, TODAY, "10:20", agenda=LAST)
        made.book(TOM, THURSDAY, "10:20", agenda=LAST)
        yield made


@pytest.fixture
def sam(profile: Callable[..., BrowserContext]) -> Page:
    """Sam's machine at the front desk."""
    page: Page = at_noon(profile(DESK)).new_page()
    return page


def asks(page: Page) -> list[dict[str, Any]]:
    """From now on, what this page asks of the agenda."""
    asked: list[dict[str, Any]] = []

    def note(request: Request) -> None:
        if request.url.endswith("/agenda"):
            asked.append(json.loads(request.post_data or "{}"))

    page.on("request", note)
    return asked


def test_the_day_of_sixteen_is_read_for_itself_and_keeps_readable_lanes(centre: Town, sam: Page) -> None:
    asked = asks(sam)
    unlock(sam, centre)
    expect(sam.get_by_role("button", name=re.compile("10 h 40, Alice"))).to_be_visible()
    # The day that is shown comes first, alone; what somebody has to call about in the next days is read after it.
    assert (asked[0]["from"], asked[0]["days"], len(asked[0]["agendas"])) == (str(TODAY), 1, PEOPLE)
    lane = sam.locator("section.lane").first.bounding_box()
    assert lane is not None
    assert lane["width"] >= 100
    check_accessible(sam)
    # The last lane lies to the right of the window: the keyboard brings it in.
    last = sam.get_by_role("button", name=re.compile("10 h 40, Tom"))
    last.focus()
    expect(last).to_be_in_viewport()


def test_two_of_sixteen_are_chosen_and_their_week_is_read(centre: Town, sam: Page) -> None:
    unlock(sam, centre)
    sam.get_by_role("button", name="16 agendas").click()
    expect(sam.get_by_role("heading", name="Agendas montrés")).to_be_visible()
    check_accessible(sam)
    for nth in range(PEOPLE - 2):
        sam.get_by_role("checkbox", name=f"Dr Ana Bento {chr(65 + nth)}").uncheck()
    asked = asks(sam)
    sam.get_by_role("button", name="Semaine", exact=True).click()
    expect(sam.locator(f"section.wday:has(> #day-{THURSDAY}) .ap")).to_have_accessible_name(
        re.compile("Tom Abescat")
    )
    wanted = {str(seed_id(SLUG, "agenda", key)) for key in (f"p{PEOPLE - 2}", LAST)}
    assert asked
    assert all((one["days"], set(one["agendas"])) == (7, wanted) for one in asked)
    sam.get_by_role("button", name="2 agendas").click()
    sam.get_by_role("button", name="Tous", exact=True).click()
    expect(sam.get_by_text("Une semaine montre 8 agendas sur 16.")).to_be_visible()


def test_turning_days_reads_each_and_says_nothing_of_one_that_is_not_read(centre: Town, sam: Page) -> None:
    unlock(sam, centre)
    expect(sam.get_by_role("button", name=re.compile("10 h 40, Alice"))).to_be_visible()
    sam.get_by_role("button", name="Jour suivant").click()
    sam.get_by_role("button", name="Jour suivant").click()
    expect(sam.get_by_role("heading", level=1, name="Jeudi 18 mars")).to_be_visible()
    expect(sam.get_by_role("button", name=re.compile("10 h 40, Tom"))).to_be_attached()
    sam.route("**/agenda", lambda route: route.abort())
    sam.get_by_role("button", name="Jour suivant").click()
    expect(sam.get_by_text("Ces jours-là n’ont pas été lus avant la panne.")).to_be_visible()
    sam.unroute("**/agenda")
    sam.get_by_role("button", name="Réessayer").click()
    expect(sam.get_by_text("Aucun rendez-vous ce jour-là.")).to_be_visible()


def test_a_day_of_more_than_a_window_holds_is_drawn_from_the_window_outwards_and_whole(
    centre: Town, sam: Page
) -> None:
    """The first lanes stand before the last: whoever waits for nobody finds all of them, and the keyboard waits for none."""
    monday = TODAY + dt.timedelta(days=6)
    slots = [f"{8 + nth // 3}:{nth % 3 * 20:02}" for nth in range(30)]
    for person in range(PEOPLE):
        for slot in slots:
            centre.book(TOM, monday, slot, agenda=f"p{person}")
    unlock(sam, centre)
    expect(sam.get_by_role("button", name=re.compile("10 h 40, Alice"))).to_be_visible()
    # Nobody is idle: what is not in the window comes only when somebody goes there.
    sam.evaluate("globalThis.requestIdleCallback = () => 0")
    for _ in range(6):
        sam.get_by_role("button", name="Jour suivant").click()
    expect(sam.get_by_role("heading", level=1, name="Lundi 22 mars")).to_be_visible()
    first = sam.locator(f"[data-lane='{monday}/{centre.agenda('p0')}'] .ap:not(.sealed)")
    last = sam.locator(f"[data-lane='{monday}/{centre.agenda(LAST)}'] .ap:not(.sealed)")
    expect(first).to_have_count(len(slots))
    expect(last).to_have_count(0)
    first.first.focus()
    for _ in range(PEOPLE - 1):
        sam.keyboard.press("ArrowRight")
    expect(last.first).to_be_focused()
    expect(last).to_have_count(len(slots))
