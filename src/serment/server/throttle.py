# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who asks too often, without knowing who asks: five holds, twenty phone checks and three requests without one an hour, then
work, never refusal.

An address is seen only as a bucket under a key that is drawn for the day and lies in this process's memory; nothing is
stored or logged. A wrong row token slows its bucket: each counts, and beyond a few the answer waits. Wrong log-ins are counted
whatever their address, since whoever tries a list of leaked passwords has thousands of those.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from serment.domain import throttle
from serment.domain.errors import WorkAsked
from serment.domain.throttle import Tally

BUCKETS_MAX = 100_000  # the one that took longest ago goes first
WRONG_TOKENS_FREE = 5  # an hour; a mistyped link is no attack
SLOW_SECONDS_STEP = 0.25
SLOW_SECONDS_MAX = 5.0
SLOWED_MAX = 200  # answers that wait at once; beyond, they go out at once, so that waiting costs no memory
WRONG_LOG_INS_A_MINUTE = 30  # on machines that the account does not know; more are no honest mistakes
STUFFED_MINUTES = 15  # after the last minute with more
UNKNOWN_BUCKET = bytes(throttle.BUCKET_BYTES)  # a peer that is no address, as on a Unix socket


class Throttle:
    """One per process. Not persistent: a restart forgets who asked. `work_key` is the same in all processes, so that
    each judges the work another asked for; each counts for itself.
    """

    def __init__(self, work_key: bytes | None = None) -> None:
        self._work_key = work_key or secrets.token_bytes(32)
        self._day: date | None = None
        self._day_key = b""
        self._holds: OrderedDict[bytes, Tally] = OrderedDict()
        self._checks: OrderedDict[bytes, Tally] = OrderedDict()
        self._requests: OrderedDict[bytes, Tally] = OrderedDict()
        self._wrong: OrderedDict[bytes, Tally] = OrderedDict()
        self._served: OrderedDict[bytes, datetime] = OrderedDict()
        self._slowed = 0
        self._wrong_log_ins: deque[datetime] = deque(maxlen=WRONG_LOG_INS_A_MINUTE + 1)
        self._stuffed_until: datetime | None = None

    def bucket(self, address: str, now: datetime) -> bytes:
        """16 bytes that stand for an address until midnight UTC."""
        if now.date() != self._day:
            self._day, self._day_key = now.date(), secrets.token_bytes(32)
            self._holds.clear()
            self._checks.clear()
            self._requests.clear()
            self._wrong.clear()
        try:
            return throttle.bucket(address, self._day_key)
        except ValueError:
            return UNKNOWN_BUCKET

    def claim(self, bucket: bytes, work: bytes | None, now: datetime) -> Claim:
        """Counts a hold before it is placed, so that a hundred at once are a hundred. Raises WorkAsked where the bucket
        owes work and none came or it does not serve, WorkRefused for what is no work.
        """
        return self._claim(self._holds, throttle.HOLDS_PER_HOUR, bucket, work, now)

    def claim_check(self, bucket: bytes, work: bytes | None, now: datetime) -> Claim:
        """The same for a phone check that is asked for."""
        return self._claim(self._checks, throttle.CHECKS_PER_HOUR, bucket, work, now)

    def claim_request(self, bucket: bytes, work: bytes | None, now: datetime) -> Claim:
        """The same for a booking that becomes a request because no number was checked."""
        return self._claim(self._requests, throttle.REQUESTS_PER_HOUR, bucket, work, now)

    def _claim(
        self, tallies: OrderedDict[bytes, Tally], free: int, bucket: bytes, work: bytes | None, now: datetime
    ) -> Claim:
        asked = tallies.get(bucket, Tally()).bits_asked(now, free)
        if asked:
            serial = None if work is None else throttle.check_work(self._work_key, asked, work, now)
            if serial is None or serial in self._served:
                fresh = secrets.token_bytes(throttle.SERIAL_BYTES)
                raise WorkAsked(throttle.challenge(self._work_key, asked, fresh, now), asked)
            self._serve(serial, now)
        _note(tallies, bucket, now)
        return Claim(tallies, bucket, now)

    def _serve(self, serial: bytes, now: datetime) -> None:
        self._served[serial] = now
        stale = now - timedelta(hours=throttle.WORK_HOURS + 1)
        while next(iter(self._served.values())) < stale:
            self._served.popitem(last=False)

    def note_wrong_log_in(self, now: datetime) -> None:
        """Counts one on a machine that the account does not know."""
        self._wrong_log_ins.append(now)
        full = len(self._wrong_log_ins) == self._wrong_log_ins.maxlen
        if full and now - self._wrong_log_ins[0] <= timedelta(minutes=1):
            self._stuffed_until = now + timedelta(minutes=STUFFED_MINUTES)

    def log_ins_stuffed(self, now: datetime) -> bool:
        """Whether somebody seems to be trying a list of leaked names and passwords."""
        return self._stuffed_until is not None and now < self._stuffed_until

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


@dataclass(slots=True)
class Claim:
    """A counted hold, check or request: kept once it stands, else given back. The work done for it is spent."""

    tallies: OrderedDict[bytes, Tally]
    bucket: bytes
    taken: datetime
    kept: bool = False

    def __enter__(self) -> Claim:
        return self

    def __exit__(self, *_: object) -> None:
        if not self.kept and self.bucket in self.tallies:
            self.tallies[self.bucket] = self.tallies[self.bucket].without(self.taken)


def _note(tallies: OrderedDict[bytes, Tally], bucket: bytes, now: datetime) -> None:
    tallies[bucket] = tallies.get(bucket, Tally()).with_hold(now)
    tallies.move_to_end(bucket)
    while len(tallies) > BUCKETS_MAX:
        tallies.popitem(last=False)
