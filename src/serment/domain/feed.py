# SPDX-License-Identifier: AGPL-3.0-or-later
"""A linked program's place in its feed: a cursor that is good once, so that a copy of the program is seen (spec/agent.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum, auto
from zoneinfo import ZoneInfo

ITEMS_MAX = 50
WAIT_SECONDS = 10  # where the pace holds the rest back


class Step(Enum):
    """What a request for the feed is."""

    NEXT = auto()
    AGAIN = auto()
    ANEW = auto()
    COPY = auto()


@dataclass(frozen=True, slots=True)
class Place:
    """Hashes of the cursor expected next and of the one answered last; `restored`: the database is older than that."""

    due: bytes
    last: bytes | None
    restored: bool

    def step(self, asked: bytes, following: bytes) -> Step:
        """What it means that this cursor is shown and that one named to follow it, as hashes.

        Whoever shows another cursor than the one expected holds a copy, or was copied: both hold the same keys, and nobody can
        tell which is which. But a lost answer is asked for again with the same two.
        """
        if self.restored:
            return Step.ANEW
        if asked == self.due and following not in (self.due, self.last):
            return Step.NEXT
        if asked == self.last and following == self.due:
            return Step.AGAIN
        return Step.COPY


def window(today: date, zone: str, *, back_days: int, ahead_days: int) -> tuple[datetime, datetime]:
    """The instants [since, until) of a grant's days at a site, both ends included."""
    here = ZoneInfo(zone)
    first, end = today - timedelta(days=back_days), today + timedelta(days=ahead_days + 1)
    return (
        datetime(first.year, first.month, first.day, tzinfo=here),
        datetime(end.year, end.month, end.day, tzinfo=here),
    )
