# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who asks too often, without knowing who asks: five holds an hour, then work, never refusal.

An address is seen only as a bucket under a key that is drawn for the day and lies in this process's memory; nothing is
stored or logged. A wrong row token slows its bucket: each counts, and beyond a few the answer waits.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from datetime import date, datetime

from serment.domain import throttle
from serment.domain.throttle import Tally

BUCKETS_MAX = 100_000  # the one that took longest ago goes first
WRONG_TOKENS_FREE = 5  # an hour; a mistyped link is no attack
SLOW_SECONDS_STEP = 0.25
SLOW_SECONDS_MAX = 5.0
SLOWED_MAX = 200  # answers that wait at once; beyond, they go out at once, so that waiting costs no memory
UNKNOWN_BUCKET = bytes(throttle.BUCKET_BYTES)  # a peer that is no address, as on a Unix socket


class Throttle:
    """One per process. Not persistent: a restart forgets who asked."""

    def __init__(self) -> None:
        self._work_key = secrets.token_bytes(32)
        self._day: date | None = None
        self._day_key = b""
        self._holds: OrderedDict[bytes, Tally] = OrderedDict()
        self._wrong: OrderedDict[bytes, Tally] = OrderedDict()
        self._slowed = 0

    def bucket(self, address: str, now: datetime) -> bytes:
        """16 bytes that stand for an address until midnight UTC."""
        if now.date() != self._day:
            self._day, self._day_key = now.date(), secrets.token_bytes(32)
            self._holds.clear()
            self._wrong.clear()
        try:
            return throttle.bucket(address, self._day_key)
        except ValueError:
            return UNKNOWN_BUCKET

    def check_hold(self, bucket: bytes, work: bytes | None, now: datetime) -> None:
        """Raises WorkAsked or WorkRefused where the bucket owes work for its next hold."""
        throttle.check_work(self._work_key, bucket, self._holds.get(bucket, Tally()), work, now)

    def note_hold(self, bucket: bytes, now: datetime) -> None:
        """Counts a hold that was placed."""
        _note(self._holds, bucket, now)

    async def slow_wrong_token(self, bucket: bytes, now: datetime) -> None:
        """Counts a wrong row token and waits the longer, the more of them the bucket sent within the hour."""
        _note(self._wrong, bucket, now)
        over = len(self._wrong[bucket].recent) - WRONG_TOKENS_FREE
        if over > 0 and self._slowed < SLOWED_MAX:
            self._slowed += 1
            try:
                await asyncio.sleep(min(over * SLOW_SECONDS_STEP, SLOW_SECONDS_MAX))
            finally:
                self._slowed -= 1


def _note(tallies: OrderedDict[bytes, Tally], bucket: bytes, now: datetime) -> None:
    tallies[bucket] = tallies.get(bucket, Tally()).with_hold(now)
    tallies.move_to_end(bucket)
    while len(tallies) > BUCKETS_MAX:
        tallies.popitem(last=False)
