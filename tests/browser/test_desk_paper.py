# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sheets that come out of the printer: A4, a practitioner and a day at the head of every page, no row cut, pages counted."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import DESK
from browser.desk_town import ALICE, TODAY, TOM, Town, at_noon, town, unlock
from browser.pdf_pages import pages

pytestmark = pytest.mark.slow

THURSDAY = TODAY + dt.timedelta(days=2)
FULL = [f"{hour}:{minute:02}" for hour in range(9, 17) for minute in (0, 20, 40)]


@pytest.fixture(scope="module")
async def practice(
    bundle: None, new_database: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """Dr Okoro-Lacaze's Thursday is longer than a sheet; Dr Bento sees two people in the week."""
    with town(await new_database(), tmp_path_factory.mktemp("paper")) as made:
        made.book(ALICE, TODAY, "10:10")
        made.book(TOM, THURSDAY, "9:10")
        for hour in FULL:
            made.book(TOM, THURSDAY, hour, agenda="okoro")
        yield made


@pytest.fixture
def sam(profile: Callable[..., BrowserContext]) -> Page:
    """Sam's machine at the front desk, in the dark theme: paper is white all the same."""
    page: Page = at_noon(profile(DESK, color_scheme="dark")).new_page()
    return page


def printed(page: Page) -> list[str]:
    """Each page's text, in one line, spaces as on a keyboard."""
    return [" ".join(text.split()) for text in pages(page.pdf(prefer_css_page_size=True))]


def thursday(page: Page, practice: Town) -> None:
    unlock(page, practice)
    page.get_by_role("button", name="Jour", exact=True).click()
    page.get_by_role("button", name="Jour suivant").click()
    page.get_by_role("button", name="Jour suivant").click()
    expect(page.get_by_role("button", name=re.compile("^9 h 10 à 9 h 30, Tom"))).to_be_visible()


def test_a_day_longer_than_a_sheet_says_on_every_page_whose_it_is(practice: Town, sam: Page) -> None:
    thursday(sam, practice)
    sheets = printed(sam)
    assert len(sheets) == 3
    assert "Dr Inès Bento Jeudi 18 mars" in sheets[0]
    for nth, sheet in enumerate(sheets, start=1):
        assert sheet.startswith(f"{nth} / 3 ")
        assert "Jeudi 18 mars" in sheet
        assert "Tel que lu mardi 16 mars, 10 h 02" in sheet
        assert "Heures Nom Visite État Vu Notes" in sheet
    okoro = sheets[1:]
    assert all("Dr Ike Okoro-Lacaze" in sheet for sheet in okoro)
    hours = [f"{hour.split(':')[0]} h" + ("" if hour.endswith("00") else f" {hour[-2:]}") for hour in FULL]
    # Every row whole, on one page: its hour, and beside it name, birth date, type and state.
    rows = [f"{hour} Tom Abescat 9 avril 2019 Consultation attendu" for hour in hours]
    assert [sum(sheet.count(row) for sheet in okoro) for row in rows] == [1] * len(rows)


def test_a_sheet_is_a4_and_black_on_white(practice: Town, sam: Page) -> None:
    thursday(sam, practice)
    sheet = sam.pdf(prefer_css_page_size=True)
    sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", sheet)
    # 210 by 297 mm in points, to one of them.
    assert {(round(float(width)), round(float(height))) for width, height in sizes} <= {
        (595, 842),
        (596, 843),
    }
    sam.evaluate("dispatchEvent(new Event('beforeprint'))")
    sam.emulate_media(media="print")
    paper = sam.locator(".paper")
    expect(paper).to_be_visible()
    colours = paper.locator("th, td, b").evaluate_all(
        "all => [...new Set(all.map(one => getComputedStyle(one).color))]"
    )
    assert colours == ["rgb(0, 0, 0)"]


def test_from_a_week_the_chosen_day_is_offered_and_the_week_is_one_press_away(
    practice: Town, sam: Page
) -> None:
    unlock(sam, practice)
    expect(sam.get_by_role("button", name=re.compile("^10 h 10 à 10 h 30, Alice"))).to_be_visible()
    sam.get_by_role("button", name="Imprimer").click()
    panel = sam.get_by_role("complementary")
    expect(panel).to_contain_text("1 rendez-vous")
    sheets = printed(sam)
    assert "Alice Renaudin-Abescat" in sheets[0]
    assert not [sheet for sheet in sheets if "Jeudi 18 mars" in sheet]
    panel.get_by_role("button", name="Toute la semaine").click()
    expect(panel).to_contain_text("26 rendez-vous")
    assert any("Jeudi 18 mars" in sheet for sheet in printed(sam))
    panel.get_by_role("button", name="Fermer la fiche").click()
    # Printed by the browser's own key, what is on screen comes out.
    assert any("Jeudi 18 mars" in sheet for sheet in printed(sam))
