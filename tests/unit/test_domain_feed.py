# SPDX-License-Identifier: AGPL-3.0-or-later
"""A linked program's place in its feed, its window and its pace; and how the ledger names it."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime

import pytest

from serment.domain.feed import Place, Step, window
from serment.domain.ledger import Entry, Part, Purpose
from serment.domain.sentinel import Told

ONE, TWO, THREE, FOUR = (bytes([nth]) * 32 for nth in range(4))


@pytest.mark.parametrize(
    ("asked", "following", "step"),
    [
        (TWO, THREE, Step.NEXT),
        (ONE, TWO, Step.AGAIN),
        (ONE, THREE, Step.COPY),  # the same cursor, and somebody else's next
        (THREE, FOUR, Step.COPY),
        (TWO, TWO, Step.COPY),
        (TWO, ONE, Step.COPY),
    ],
)
def test_a_cursor_is_good_once(asked: bytes, following: bytes, step: Step) -> None:
    assert Place(due=TWO, last=ONE, restored=False).step(asked, following) is step
    assert Place(due=TWO, last=ONE, restored=True).step(asked, following) is Step.ANEW


def test_a_window_has_both_its_days_whole_also_where_the_clocks_change() -> None:
    since, until = window(
        date(2027, 3, 27), "Europe/Paris", back_days=1, ahead_days=1
    )  # clocks go on in the night to the 28th
    assert since == datetime(2027, 3, 25, 23, tzinfo=UTC)
    assert until == datetime(2027, 3, 28, 22, tzinfo=UTC)


def test_the_pace_holds_back_and_never_counts_below_nothing() -> None:
    assert Told().may_be_told(0) == 25
    assert Told(minute=24).may_be_told(0) == 1
    assert Told(minute=0, hour=500).may_be_told(10_000) == 0
    assert Told(day=400).may_be_told(0) == 0 and Told(day=400).may_be_told(1_200) == 25
    assert Told(minute=30).may_be_told(0) == 0
    assert Told(first_minute=1_199).may_be_told_first() == 1


def test_the_ledger_calls_a_linked_program_a_connector() -> None:
    reader, record = uuid.uuid4(), uuid.uuid4()
    at = datetime(2027, 3, 1, tzinfo=UTC)
    entry = Entry.of(at, uuid.uuid4(), reader, Purpose.FEED, Part.ID, [record])
    assert f"reader connector {reader}\npurpose feed\nparts id\n".encode() in entry.text()
