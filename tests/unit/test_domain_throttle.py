# SPDX-License-Identifier: AGPL-3.0-or-later
"""Holds an address may take: five an hour freely, then work that serves once."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from serment.domain.errors import WorkAsked, WorkRefused
from serment.domain.throttle import (
    BITS_SLACK,
    CHALLENGE_BYTES,
    HOLDS_PER_HOUR,
    RECENT_MAX,
    SERIAL_BYTES,
    WORK_BITS_FIRST,
    WORK_BITS_MAX,
    WORK_BYTES,
    Tally,
    bucket,
    challenge,
    check_work,
    leading_zero_bits,
    solve,
)
from serment.server.throttle import Throttle

KEY, DAY_KEY = b"k" * 32, b"d" * 32
NOW = datetime(2027, 5, 20, 8, 30, tzinfo=UTC)
MALLORY = bucket("203.0.113.7", DAY_KEY)


def tally(holds: int, now: datetime = NOW) -> Tally:
    taken = Tally()
    for _ in range(holds):
        taken = taken.with_hold(now)
    return taken


def ask(now: datetime = NOW, bits: int = WORK_BITS_FIRST, serial: bytes = b"s" * SERIAL_BYTES) -> bytes:
    return challenge(KEY, bits, serial, now)


def test_five_holds_are_free_and_the_sixth_asks_for_work_that_its_serial_answers() -> None:
    assert [tally(holds).bits_asked(NOW) for holds in range(7)] == [0] * HOLDS_PER_HOUR + [
        WORK_BITS_FIRST
    ] * 2
    assert len(ask()) == CHALLENGE_BYTES
    work = solve(ask(), WORK_BITS_FIRST)
    assert check_work(KEY, WORK_BITS_FIRST, work, NOW) == b"s" * SERIAL_BYTES


def test_a_hundred_holds_cost_ever_more_work() -> None:
    bits = [tally(holds).bits_asked(NOW) for holds in range(100)]
    assert bits == sorted(bits)
    assert (bits[4], bits[5], bits[-1]) == (0, WORK_BITS_FIRST, WORK_BITS_MAX)


def test_an_hour_later_holds_are_free_again() -> None:
    assert tally(50).bits_asked(NOW + timedelta(hours=1)) == 0
    assert tally(50).bits_asked(NOW + timedelta(minutes=59)) > 0


def test_a_tally_stays_small_and_takes_back_what_came_to_nothing() -> None:
    assert len(tally(5_000).recent) == RECENT_MAX
    later = NOW + timedelta(minutes=1)
    taken = tally(3).with_hold(later)
    assert taken.without(later) == tally(3)
    assert taken.without(NOW - timedelta(minutes=1)) == taken


def test_work_is_for_its_hour_and_the_next_and_for_what_was_asked() -> None:
    work = solve(ask(), WORK_BITS_FIRST)
    assert check_work(KEY, WORK_BITS_FIRST, work, NOW + timedelta(minutes=45))
    assert check_work(KEY, WORK_BITS_FIRST + BITS_SLACK, work, NOW)
    assert check_work(KEY, WORK_BITS_FIRST + BITS_SLACK + 1, work, NOW) is None
    assert check_work(KEY, WORK_BITS_FIRST, work, NOW + timedelta(hours=2)) is None
    assert check_work(KEY, WORK_BITS_FIRST, work, NOW - timedelta(hours=1)) is None
    assert check_work(b"x" * 32, WORK_BITS_FIRST, work, NOW) is None


def test_no_bit_of_a_challenge_may_change() -> None:
    bits = 4
    for place in range(CHALLENGE_BYTES):
        told = bytearray(ask(bits=bits))
        told[place] ^= 1
        assert check_work(KEY, 0, solve(bytes(told), bits + 1), NOW) is None


def test_a_challenge_that_was_not_worked_on_is_no_answer() -> None:
    answers = [check_work(KEY, 0, ask(bits=8) + number.to_bytes(8, "big"), NOW) for number in range(64)]
    assert answers.count(None) > 48


@pytest.mark.parametrize("length", [0, 8, WORK_BYTES - 1, WORK_BYTES + 1])
def test_work_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(WorkRefused):
        check_work(KEY, WORK_BITS_FIRST, bytes(length), NOW)


def test_one_network_of_version_six_is_one_bucket_and_mapped_four_is_four() -> None:
    assert bucket("2001:db8:1:2::1", DAY_KEY) == bucket("2001:db8:1:2:ffff::9", DAY_KEY)
    assert bucket("2001:db8:1:2::1", DAY_KEY) != bucket("2001:db8:1:3::1", DAY_KEY)
    assert bucket("::ffff:203.0.113.7", DAY_KEY) == MALLORY
    assert bucket("203.0.113.8", DAY_KEY) != MALLORY != bucket("203.0.113.7", b"e" * 32)
    with pytest.raises(ValueError, match="not"):
        bucket("not an address", DAY_KEY)


@pytest.mark.parametrize(
    ("digest", "bits"), [(b"\x80\x00", 0), (b"\x01\xff", 7), (b"\x00\x40", 9), (b"\x00\x00", 16)]
)
def test_leading_zero_bits(digest: bytes, bits: int) -> None:
    assert leading_zero_bits(digest) == bits


def test_a_solution_is_a_plain_sha256_that_any_browser_finds() -> None:
    assert hashlib.sha256(solve(ask(), 9)).hexdigest()[:2] == "00"


def test_a_hundred_at_once_are_counted_before_any_stands() -> None:
    gate = Throttle()
    claims = [gate.claim(MALLORY, None, NOW) for _ in range(HOLDS_PER_HOUR)]
    with pytest.raises(WorkAsked):
        gate.claim(MALLORY, None, NOW)
    with claims[0]:
        pass  # nothing came of it
    gate.claim(MALLORY, None, NOW)
    with pytest.raises(WorkAsked):
        gate.claim(MALLORY, None, NOW)


def test_work_serves_once_and_in_every_process_that_has_the_key() -> None:
    gate, beside = Throttle(KEY), Throttle(KEY)
    for _ in range(HOLDS_PER_HOUR):
        gate.claim(MALLORY, None, NOW)
        beside.claim(MALLORY, None, NOW)
    with pytest.raises(WorkAsked) as asked:
        gate.claim(MALLORY, None, NOW)
    work = solve(asked.value.challenge, asked.value.bits)
    gate.claim(MALLORY, work, NOW)
    with pytest.raises(WorkAsked):
        gate.claim(MALLORY, work, NOW)
    beside.claim(MALLORY, work, NOW)
