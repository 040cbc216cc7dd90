# SPDX-License-Identifier: AGPL-3.0-or-later
"""A hold: ten minutes, extended twice, and an end that is an end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from serment.domain.errors import HoldExpired, InvalidRule, NoMoreExtensions
from serment.domain.hold import check_running, extension, limit

NOW = datetime(2027, 5, 20, 8, 0, 0, 250_000, tzinfo=UTC)


def after(minutes: float) -> datetime:
    return NOW.replace(microsecond=0) + timedelta(minutes=minutes)


def test_a_hold_lasts_ten_minutes() -> None:
    assert limit(NOW) == after(10)


def test_a_hold_runs_until_its_limit_and_not_at_it() -> None:
    check_running(after(10), now=after(9.99))
    with pytest.raises(HoldExpired):
        check_running(after(10), now=after(10))


@pytest.mark.parametrize("minute", [0.1, 5, 9.9])
def test_a_hold_is_extended_twice_by_ten_minutes_however_early_and_not_thrice(minute: float) -> None:
    assert extension(after(10), 0, 1, now=after(minute)) == (after(20), 1)
    assert extension(after(20), 1, 2, now=after(minute)) == (after(30), 2)
    with pytest.raises(NoMoreExtensions) as enough:
        extension(after(30), 2, 3, now=after(minute))
    assert enough.value.until == after(30)


def test_a_repeated_extension_gives_the_same_answer() -> None:
    assert extension(after(15), 1, 1, now=after(6)) == (after(15), 1)


@pytest.mark.parametrize("nth", [0, -1, 2])
def test_extensions_are_counted_one_at_a_time(nth: int) -> None:
    with pytest.raises(InvalidRule):
        extension(after(10), 0, nth, now=NOW)


def test_an_expired_hold_is_not_extended() -> None:
    with pytest.raises(HoldExpired):
        extension(after(10), 0, 1, now=after(10))


def test_a_longer_hold_is_extended_from_its_own_end() -> None:
    assert extension(after(15), 0, 1, now=after(1)) == (after(25), 1)
