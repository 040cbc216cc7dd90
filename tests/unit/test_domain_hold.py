"""A hold: ten minutes, a warning at two, extended twice, and an end that is an end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from serment.domain.errors import HoldExpired, InvalidRule, NoMoreExtensions
from serment.domain.hold import Hold, HoldState, check_running, extension, state_of
from serment.domain.offer import Offer
from serment.domain.slot import Slot

ALICE = UUID(int=0xA1)
NOW = datetime(2027, 5, 20, 8, 0, 0, 250_000, tzinfo=UTC)
START = datetime(2027, 5, 21, 8, 0, tzinfo=UTC)
OFFER = Offer(
    agenda=UUID(int=0xB),
    visit_type=UUID(int=0xC),
    slot=Slot(int(START.timestamp()) // 60, 30, 120),
    blocked_since=START,
    blocked_until=START + timedelta(minutes=30),
)


def after(minutes: float) -> datetime:
    return NOW.replace(microsecond=0) + timedelta(minutes=minutes)


def test_a_hold_lasts_ten_minutes_and_warns_at_two() -> None:
    hold = Hold.placed(OFFER, ALICE, now=NOW)
    assert hold.until == after(10)
    assert [hold.state(after(m)) for m in (0, 7.9, 8, 9.9, 10)] == [
        HoldState.KEPT,
        HoldState.KEPT,
        HoldState.ENDING,
        HoldState.ENDING,
        HoldState.EXPIRED,
    ]
    assert hold.state(after(8)) is state_of(hold.until, after(8))


def test_a_hold_confirmed_in_time_gives_its_offer_and_late_gives_nothing() -> None:
    hold = Hold.placed(OFFER, ALICE, now=NOW)
    assert hold.confirm(now=after(9.99)) == OFFER
    with pytest.raises(HoldExpired) as late:
        hold.confirm(now=after(10))
    assert late.value.until == after(10)
    check_running(after(10), now=after(9))


def test_a_hold_is_extended_twice_for_ten_minutes_from_the_key_and_not_thrice() -> None:
    once = Hold.placed(OFFER, ALICE, now=NOW).extended(1, now=after(9))
    assert (once.until, once.extensions) == (after(19), 1)
    twice = once.extended(2, now=after(18))
    assert (twice.until, twice.extensions) == (after(28), 2)
    with pytest.raises(NoMoreExtensions) as enough:
        twice.extended(3, now=after(20))
    assert enough.value.until == after(28)


def test_a_repeated_extension_gives_the_same_answer() -> None:
    once = Hold.placed(OFFER, ALICE, now=NOW).extended(1, now=after(5))
    assert once.extended(1, now=after(6)) == once


@pytest.mark.parametrize("nth", [0, -1, 2])
def test_extensions_are_counted_one_at_a_time(nth: int) -> None:
    with pytest.raises(InvalidRule):
        extension(after(10), 0, nth, now=NOW)


def test_an_expired_hold_is_not_extended() -> None:
    with pytest.raises(HoldExpired):
        Hold.placed(OFFER, ALICE, now=NOW).extended(1, now=after(10))


def test_a_longer_hold_is_never_shortened_by_its_extension() -> None:
    long = Hold.placed(OFFER, ALICE, now=NOW, minutes=15)
    assert long.extended(1, now=after(1)).until == after(15)
