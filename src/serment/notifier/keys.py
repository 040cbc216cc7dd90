# SPDX-License-Identifier: AGPL-3.0-or-later
"""What browsers seal to: a key for every day to come and one for phone checks, signed by the root that practices named.

A key is in both files of the strongbox before it is published. Source: spec/rdv1.md sections 4 and 5.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from serment.framing.conventions import kid
from serment.framing.messages import code_key_message, day_key_message
from serment.notifier.outbox import Outbox
from serment.notifier.strongbox import Strongbox
from serment.seal.primitives import KemPair, SignPair

DAYS_AHEAD: Final = 401  # an appointment 400 days ahead wants the key of the day after it
CODE_DAYS: Final = 7
CODE_OVERLAP_DAYS: Final = 2  # a page opened before the change still finds its key
OVER_AT: Final = dt.time(12, tzinfo=dt.UTC)  # the day before is over everywhere on land but for Baker Island


class AnotherNotifier(Exception):
    """This database was served by a notifier with another root: practices named that one, and would not seal to this. Nothing
    was published and nothing sent. Put that notifier's key file, or its mirror, in place."""


class KeyChanged(Exception):
    """The database publishes a key that this notifier did not make. Nothing was sent. Find out who wrote into `day_keys` or
    `code_keys`, delete that row, and start again: the notifier publishes its own."""


class Keys:
    """The notifier's keys by the day, over one strongbox. `publish` once before anything else, then daily."""

    def __init__(self, box: Strongbox, instance: str) -> None:
        self._box, self._instance = box, instance
        self.root = SignPair.from_seed(box.root)
        self._opened: dict[tuple[str, dt.date], KemPair] = {}

    @property
    def fingerprint(self) -> str:
        """What people compare before an owner signs this notifier into a roster: 32 hex digits in groups of four."""
        digits = kid(self.root.pk).hex()
        return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))

    def day(self, day: dt.date) -> KemPair | None:
        """The pair of a day; None once that day is forgotten."""
        return self._pair("day", day, self._box.day(day))

    def codes(self) -> list[KemPair]:
        """The pairs that phone checks may be sealed to at present, the newest first."""
        pairs = [self._pair("code", since, self._box.code(since)) for since in reversed(self._box.codes())]
        return [pair for pair in pairs if pair is not None]

    def _pair(self, kind: str, day: dt.date, seed: bytes | None) -> KemPair | None:
        if seed is None:
            return None
        if (kind, day) not in self._opened:
            self._opened[kind, day] = KemPair.from_seed(seed)
        return self._opened[kind, day]

    async def publish(self, outbox: Outbox, now: dt.datetime) -> None:
        """Publishes the root, the keys of 400 days and the code key, where they are lacking. Repeatable after any crash.

        Raises AnotherNotifier, KeyChanged: nothing was published then.
        """
        if await outbox.publish_root(self.root.pk) != self.root.pk:
            raise AnotherNotifier
        today = now.astimezone(dt.UTC).date()
        published = await outbox.day_keys()
        ahead = (today + dt.timedelta(days=days) for days in range(DAYS_AHEAD + 1))
        wanted = [day for day in ahead if not is_over(day, now)]
        fresh = []
        for day, seed in zip(wanted, self._box.make_days(wanted), strict=True):
            pk = KemPair.from_seed(seed).pk
            if day not in published:
                fresh.append((day, pk, self.root.sign(day_key_message(self._instance, day.isoformat(), pk))))
            elif published[day] != pk:
                raise KeyChanged
        await outbox.publish_day_keys(fresh)
        await self._publish_code(outbox, today)

    async def _publish_code(self, outbox: Outbox, today: dt.date) -> None:
        for since in self._box.codes():
            if since + dt.timedelta(days=CODE_DAYS) < today:
                self._forget("code", since)
        await outbox.withdraw_code_keys(today)
        newest = max(self._box.codes(), default=None)
        if newest is None or today + dt.timedelta(days=CODE_OVERLAP_DAYS) >= newest + dt.timedelta(
            days=CODE_DAYS
        ):
            newest = today
        until = newest + dt.timedelta(days=CODE_DAYS)
        pk = KemPair.from_seed(self._box.make_code(newest)).pk
        sig = self.root.sign(code_key_message(self._instance, newest.isoformat(), until.isoformat(), pk))
        if await outbox.publish_code_key(newest, until, pk, sig) != pk:
            raise KeyChanged

    def strange(self, published: Mapping[dt.date, bytes], now: dt.datetime) -> list[dt.date]:
        """The days to come whose published key is none of this file's, in order."""
        return sorted(
            day
            for day, pk in published.items()
            if not is_over(day, now) and ((pair := self.day(day)) is None or pair.pk != pk)
        )

    def over(self, now: dt.datetime) -> list[dt.date]:
        """The days whose key is still here though they are over. They are to be forgotten."""
        return [day for day in self._box.days() if is_over(day, now)]

    def forget(self, day: dt.date) -> None:
        """Overwrites a day's key on disk, and lets go of it in memory. Nothing of that day opens any more."""
        self._forget("day", day)

    def _forget(self, kind: str, day: dt.date) -> None:
        if kind == "day":
            self._box.forget_day(day)
        else:
            self._box.forget_code(day)
        self._opened.pop((kind, day), None)


def is_over(day: dt.date, now: dt.datetime) -> bool:
    """Whether the key of this day is due to be forgotten: from 12:00 UTC of that day, the one after its appointments."""
    return now >= dt.datetime.combine(day, OVER_AT)


def last_over(now: dt.datetime) -> dt.date:
    """The last day whose key is over."""
    today = now.astimezone(dt.UTC).date()
    return today if is_over(today, now) else today - dt.timedelta(days=1)
