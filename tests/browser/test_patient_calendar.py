# SPDX-License-Identifier: AGPL-3.0-or-later
"""The calendar file: one entry for one appointment, whatever becomes of it, that says a time and a town."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import check_accessible
from browser.walk import ALICE, WORDS, book, heading, link_of, show_day, slot_of

pytestmark = pytest.mark.slow

FR = WORDS["fr"]


def saved(page: Page, button: str) -> dict[str, list[str]]:
    """What the file that a button hands out says, by property, its lines unfolded."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    text = Path(waiting.value.path()).read_bytes().decode().replace("\r\n ", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n")[:3])
    said: dict[str, list[str]] = {}
    for line in text.split("\r\n"):
        name, _, value = line.partition(":")
        said.setdefault(name, []).append(value)
    return said


ADD = "Ajouter au calendrier"


def test_moved_and_cancelled_it_is_the_same_entry_with_a_higher_number(site: Any, alice: Page) -> None:
    day = site.fresh_day()
    book(alice, site, "fr", day, "9:40")
    first = saved(alice, ADD)
    alice.goto(link_of(alice))
    expect(heading(alice, FR["appointment"])).to_be_visible()
    assert saved(alice, ADD)["UID"] == first["UID"]
    alice.get_by_role("button", name=FR["move"], exact=True).click()
    show_day(alice, "fr", day)
    slot_of(alice, day, "10:20").click()
    alice.get_by_role("button", name=FR["do_move"]).click()
    expect(heading(alice, FR["moved"])).to_be_visible()
    old = "L’ancienne heure est peut-être encore dans votre calendrier"
    expect(alice.get_by_text(old)).to_be_visible()
    check_accessible(alice)
    moved = saved(alice, ADD)
    alice.get_by_role("button", name=FR["cancel"], exact=True).click()
    alice.get_by_role("button", name=FR["do_cancel"]).click()
    expect(heading(alice, FR["cancelled"])).to_be_visible()
    expect(alice.get_by_text("L’heure est peut-être encore dans votre calendrier")).to_be_visible()
    check_accessible(alice)
    gone = saved(alice, "L’ôter du calendrier")
    assert first["UID"] == moved["UID"] == gone["UID"]
    numbers = [int(said["SEQUENCE"][0]) for said in (first, moved, gone)]
    assert numbers == sorted(set(numbers))
    assert moved["DTSTART"] != first["DTSTART"]
    assert [said["STATUS"] for said in (first, moved, gone)] == [["CONFIRMED"], ["CONFIRMED"], ["CANCELLED"]]
    assert "TRIGGER" not in gone


def test_it_names_nobody_and_its_reminders_say_the_time_alone(site: Any, alice: Page) -> None:
    day = site.fresh_day()
    book(alice, site, "fr", day, "9:40")
    said = saved(alice, ADD)
    assert said["TRIGGER"] == ["-P1D", "-PT1H"]
    assert said["SUMMARY"] == ["Rendez-vous"]
    assert said["LOCATION"] == ["Die"]
    assert all(re.fullmatch(r"\w+ \d+(er)?\s\w+( \d{4})? à 9\sh\s40", text) for text in said["DESCRIPTION"])
    whole = repr(said)
    secret = link_of(alice).partition("#")[2]
    for private in (ALICE.given, "Bento", "Tilleuls", "Consultation", *secret.split(".")):
        assert private not in whole
    # Only who asks for it gets the practice's name into it.
    alice.get_by_label("Écrire le nom du cabinet dans le calendrier").check()
    assert saved(alice, ADD)["SUMMARY"] == ["Rendez-vous\\, Cabinet des Tilleuls"]


def test_two_appointments_are_two_entries(site: Any, alice: Page) -> None:
    names = set()
    for hour in ("9:40", "10:20"):
        book(alice, site, "fr", site.fresh_day(), hour)
        names |= set(saved(alice, ADD)["UID"])
    assert len(names) == 2
