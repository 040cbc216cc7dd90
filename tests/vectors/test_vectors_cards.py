"""What cards, index entries and pages say: spec/vectors/cards.json, read and written by the Python twin."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from serment.framing.errors import Altered
from serment.seal import people

TOLD = json.loads((Path(__file__).parents[2] / "spec" / "vectors" / "cards.json").read_text("utf-8"))
READ: dict[str, Callable[[bytes], Any]] = {
    "card": people.CardContent.from_json,
    "entry": people.Entry.from_json,
    "page": people.read_page,
}


@pytest.mark.parametrize("told", TOLD["cards"], ids=lambda told: told["name"])
def test_a_card_is_read_and_written_to_the_same_bytes(told: dict[str, Any]) -> None:
    plain = bytes.fromhex(told["plain"])
    assert json.loads(plain) == told["says"]
    assert people.CardContent.from_json(plain).to_json() == plain


@pytest.mark.parametrize("told", TOLD["entries"], ids=lambda told: told["name"])
def test_an_entry_is_read_and_written_to_the_same_bytes(told: dict[str, Any]) -> None:
    plain = bytes.fromhex(told["plain"])
    assert json.loads(plain) == told["says"]
    assert people.Entry.from_json(plain).to_json() == plain


def test_a_page_holds_its_entries_in_order() -> None:
    plain = bytes.fromhex(TOLD["page"]["plain"])
    entries = people.read_page(plain)
    assert [entry.to_json().hex() for entry in entries] == [told["plain"] for told in TOLD["entries"]]
    assert people.write_page(entries) == plain


def test_names_are_cut_to_what_an_entry_has_room_for_however_json_spells_them() -> None:
    assert {told["name"]: people.cut_name(told["name"]) for told in TOLD["cut"]} == {
        told["name"]: told["kept"] for told in TOLD["cut"]
    }
    longest = people.CardContent(
        *('"' * 200,) * 2, "1961-03-14", "female", used_name="\\" * 200, phone="+" + "9" * 15, refuse="x"
    )
    entry = people.entry_of(bytes(16), people.REV_MAX, longest)
    assert len(entry.to_json()) <= 256 - 4


def test_whoever_is_spelt_alike_has_one_card() -> None:
    seed = bytes.fromhex(TOLD["person"]["epoch_seed"])
    for told in TOLD["person"]["people"]:
        card = people.person_id(seed, told["given_name"], told["birth_name"], told["birth_date"])
        assert card.hex() == told["card"]
    first, second, *others = (told["card"] for told in TOLD["person"]["people"])
    assert first == second
    assert first not in others


@pytest.mark.parametrize("told", TOLD["bad"], ids=lambda told: f"{told['of']}: {told['name']}")
def test_what_says_it_wrong_is_refused(told: dict[str, Any]) -> None:
    with pytest.raises(Altered):
        READ[told["of"]](bytes.fromhex(told["plain"]))
