# SPDX-License-Identifier: AGPL-3.0-or-later
"""Holds an address may take: five an hour freely, then work that serves once."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from serment.domain.errors import WorkAsked, WorkRefused
from serment.domain.throttle import (
    HOLDS_PER_HOUR,
    WORK_BITS_FIRST,
    WORK_BITS_MAX,
    Tally,
    bucket,
    challenge,
    check_work,
    leading_zero_bits,
    solve,
)

KEY, DAY_KEY = b"k" * 32, b"d" * 32
NOW = datetime(2027, 5, 20, 8, 30, tzinfo=UTC)
MALLORY = bucket("203.0.113.7", DAY_KEY)


def tally(holds: int, now: datetime = NOW) -> Tally:
    taken = Tally()
    for _ in range(holds):
        taken = taken.with_hold(now)
    return taken


def test_five_holds_are_free_and_the_sixth_asks_for_work() -> None:
    for holds in range(HOLDS_PER_HOUR):
        check_work(KEY, MALLORY, tally(holds), None, NOW)
    with pytest.raises(WorkAsked) as asked:
        check_work(KEY, MALLORY, tally(5), None, NOW)
    assert asked.value.bits == WORK_BITS_FIRST
    nonce = solve(asked.value.challenge, asked.value.bits)
    check_work(KEY, MALLORY, tally(5), nonce, NOW)


def test_a_hundred_holds_cost_ever_more_work() -> None:
    bits = [tally(holds).bits_asked(NOW) for holds in range(100)]
    assert bits == sorted(bits)
    assert (bits[4], bits[5], bits[-1]) == (0, WORK_BITS_FIRST, WORK_BITS_MAX)


def test_an_hour_later_holds_are_free_again() -> None:
    assert tally(50).bits_asked(NOW + timedelta(hours=1)) == 0
    assert tally(50).bits_asked(NOW + timedelta(minutes=59)) > 0


def test_a_solution_serves_once_and_only_who_was_asked_and_for_two_hours_at_most() -> None:
    first = tally(5)
    nonce = solve(challenge(KEY, MALLORY, first, NOW), WORK_BITS_FIRST)
    for of, taken, key, now in (
        (MALLORY, first.with_hold(NOW), KEY, NOW),
        (bucket("203.0.113.8", DAY_KEY), first, KEY, NOW),
        (MALLORY, first, b"x" * 32, NOW),
        (MALLORY, Tally(5, (NOW + timedelta(hours=2),) * 5), KEY, NOW + timedelta(hours=2)),
    ):
        with pytest.raises(WorkRefused):
            check_work(key, of, taken, nonce, now)
    check_work(KEY, MALLORY, first, nonce, NOW + timedelta(minutes=45))
    # Older holds fall out of the hour, but the count a challenge is bound to only grows: no replay then either.
    later = Tally(9, first.recent)
    with pytest.raises(WorkRefused):
        check_work(KEY, MALLORY, later, nonce, NOW)


@pytest.mark.parametrize("nonce", [b"", b"1234567", b"123456789"])
def test_a_nonce_of_another_length_is_refused(nonce: bytes) -> None:
    with pytest.raises(WorkRefused):
        check_work(KEY, MALLORY, tally(5), nonce, NOW)


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
    work = challenge(KEY, MALLORY, tally(5), NOW)
    assert hashlib.sha256(work + solve(work, 9)).hexdigest()[:2] == "00"
