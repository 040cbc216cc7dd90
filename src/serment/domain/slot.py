# SPDX-License-Identifier: AGPL-3.0-or-later
"""A slot, and the situation it is looked for in. Slots are computed (`search`), never stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from serment.domain import instants
from serment.domain.errors import InvalidRule
from serment.domain.instants import MINUTES_A_DAY
from serment.domain.visit_type import MINUTES_MAX, Who


class Slot(NamedTuple):
    """A time on offer. `start_minute` counts UTC minutes since 1970; `offset_minutes` is the site's, east
    positive.

    `fold` is None, or 0 and 1 for the first and second of two slots with the same wall clock on the same day.
    """

    start_minute: int
    minutes: int
    offset_minutes: int
    fold: int | None = None

    @property
    def start(self) -> datetime:
        """The instant, aware, UTC."""
        return instants.minute_instant(self.start_minute)

    @property
    def end(self) -> datetime:
        """When the visit ends, buffers aside; aware, UTC."""
        return instants.minute_instant(self.start_minute + self.minutes)

    @property
    def wall(self) -> datetime:
        """The site's wall clock, a datetime without zone."""
        return instants.minute_wall(self.start_minute + self.offset_minutes, self.fold or 0)

    @property
    def day(self) -> date:
        """The site's calendar day."""
        return instants.minute_day(self.start_minute + self.offset_minutes)

    @property
    def label(self) -> str:
        """The site's time of day, HH:MM."""
        hour, minute = divmod((self.start_minute + self.offset_minutes) % MINUTES_A_DAY, 60)
        return f"{hour:02}:{minute:02}"

    @property
    def season(self) -> str:
        """Tells two equal labels of one day apart: "summer" (the first) and "winter"; empty for all other
        slots.
        """
        return "" if self.fold is None else ("summer", "winter")[self.fold]


class Span(NamedTuple):
    """Instants [start, end) that are taken, buffers included, and by which record. Aware datetimes."""

    start: datetime
    end: datetime
    record: UUID


@dataclass(frozen=True, slots=True)
class Resource:
    """A room or a device with what takes it."""

    resource: UUID
    kind: str
    busy: Sequence[Span] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that a search needs beside the practice's rules: the time, who asks, and what is taken.

    `busy`, `elsewhere` (blocks of the practice's own software, by their ids) and the resources' spans hold at least
    what touches `search.reach`. `visits` counts the live visits
    and holds of this type on each of the site's days (read only where the type has a daily quota). `moving`
    names the record that is being moved: its own time does not block it, and `visits` leaves it out.
    `minutes` is a duration that staff chose and that a move keeps; what a browser sent goes there only from
    staff.
    """

    now: datetime
    busy: Sequence[Span] = ()
    elsewhere: Sequence[Span] = ()
    resources: Sequence[Resource] = ()
    visits: Mapping[date, int] = field(default_factory=dict)
    who: Who = Who.ANYONE
    moving: UUID | None = None
    minutes: int | None = None

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise InvalidRule("now needs a zone")
        if self.minutes is not None and not 1 <= self.minutes <= MINUTES_MAX:
            raise InvalidRule(f"minutes: {self.minutes} is not between 1 and {MINUTES_MAX}")
