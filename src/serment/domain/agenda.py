# SPDX-License-Identifier: AGPL-3.0-or-later
"""An agenda: one practitioner at one site, with the wall-clock rules that say when it is open.

All times here are the site's wall clock. An opening runs on days; what it opens belongs to the day it begins
on, also past midnight: a holiday or a dated change of that day concerns all of it, and the next day's holiday
none of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from serment.domain.errors import InvalidRule
from serment.domain.holiday import HolidayName, holiday_on
from serment.domain.instants import EPOCH_ORDINAL, MINUTES_A_DAY, wall_minute
from serment.domain.intervals import Interval, merged
from serment.domain.recurrence import recurrence


class WeekParity(StrEnum):
    """Which ISO weeks an opening runs in. Two odd weeks can follow each other (53, then 1)."""

    ALL = "all"
    ODD = "odd"
    EVEN = "even"


class ChangeKind(StrEnum):
    """What a dated change does."""

    CLOSED = "closed"
    REPLACED = "replaced"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A recurring opening: an RFC 5545 rule (see `recurrence`; empty: once) and a range of minutes of the
    day.

    `last_date` is inclusive. `end_minute` over 1440 runs past midnight. `visit_types` None keeps it open to
    all.
    """

    opening: UUID
    first_date: date
    start_minute: int
    end_minute: int
    last_date: date | None = None
    rrule: str = ""
    week_parity: WeekParity = WeekParity.ALL
    visit_types: frozenset[UUID] | None = None

    def __post_init__(self) -> None:
        _check_range(self.start_minute, self.end_minute)
        recurrence(self.rrule, self.first_date)

    def runs_on(self, ordinal: int) -> bool:
        """Whether the opening's own rule runs on a day (a proleptic ordinal), changes and holidays aside."""
        if self.last_date is not None and ordinal > self.last_date.toordinal():
            return False
        if not recurrence(self.rrule, self.first_date)(ordinal):
            return False
        if self.week_parity == WeekParity.ALL:
            return True
        return date.fromordinal(ordinal).isocalendar().week % 2 == (self.week_parity == WeekParity.ODD)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedChange:
    """One date that differs: an opening closed that day, an opening at other hours that day, or an extra
    opening.

    A replaced opening with `visit_types` None keeps the opening's own; an extra one with None is open to all.
    What somebody wrote for one date holds on a holiday too.
    """

    change: UUID
    on_date: date
    kind: ChangeKind
    opening: UUID | None = None
    start_minute: int | None = None
    end_minute: int | None = None
    visit_types: frozenset[UUID] | None = None

    def __post_init__(self) -> None:
        if (self.kind == ChangeKind.EXTRA) != (self.opening is None):
            raise InvalidRule("a dated change names the opening it changes, an extra opening names none")
        if self.kind == ChangeKind.CLOSED:
            if self.start_minute is not None or self.end_minute is not None:
                raise InvalidRule("a closed date has no hours")
        elif self.start_minute is None or self.end_minute is None:
            raise InvalidRule("replaced and extra dates need their hours")
        else:
            _check_range(self.start_minute, self.end_minute)


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """The site's wall clock from `since` until `until`, exclusive; datetimes without zone."""

    absence: UUID
    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        if wall_minute(self.until) <= wall_minute(self.since):
            raise InvalidRule("an absence ends after it begins")


class Occurrence(NamedTuple):
    """One day's run of an opening, in wall-clock minutes. Shut by a holiday or a dated change if either is
    set.
    """

    since: int
    until: int
    visit_types: frozenset[UUID] | None
    holiday: HolidayName | None = None
    closed: bool = False

    @property
    def open(self) -> bool:
        """Whether it really runs."""
        return self.holiday is None and not self.closed

    def fits(self, visit_type: UUID) -> bool:
        """Whether it is kept open for this visit type."""
        return self.visit_types is None or visit_type in self.visit_types


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """One practitioner at one site, with all that says when it is open. `zone` is the site's,
    `holiday_region` too. What begins after `last_date` does not run any more; None: no end.
    """

    agenda: UUID
    zone: str
    holiday_region: str = ""
    works_on_holidays: bool = False
    active: bool = True
    last_date: date | None = None
    openings: tuple[Opening, ...] = ()
    changes: tuple[DatedChange, ...] = ()
    absences: tuple[Absence, ...] = ()

    def occurrences(self, first: int, last: int) -> list[Occurrence]:
        """Every run beginning on the days `first` to `last` inclusive (proleptic ordinals), shut ones marked
        as such.
        """
        if self.last_date is not None:
            last = min(last, self.last_date.toordinal())
        changes = self._changes_between(first, last)
        found: list[Occurrence] = []
        for ordinal in range(first, last + 1):
            midnight = (ordinal - EPOCH_ORDINAL) * MINUTES_A_DAY
            found.extend(
                self._run(opening, ordinal, midnight, changes.get((ordinal, opening.opening)))
                for opening in self.openings
                if opening.runs_on(ordinal)
            )
            extra = changes.get((ordinal, None), ())
            found.extend(_hours(midnight, change, change.visit_types) for change in extra)
        return found

    def _run(
        self, opening: Opening, ordinal: int, midnight: int, changes: Sequence[DatedChange] | None
    ) -> Occurrence:
        if changes:
            # The last one written wins; the editor keeps one change for each opening and date.
            change = changes[-1]
            if change.kind == ChangeKind.REPLACED:
                kept = opening.visit_types if change.visit_types is None else change.visit_types
                return _hours(midnight, change, kept)
        holiday = None if self.works_on_holidays else holiday_on(self.holiday_region, ordinal)
        return Occurrence(
            midnight + opening.start_minute,
            midnight + opening.end_minute,
            opening.visit_types,
            holiday,
            closed=bool(changes),
        )

    def _changes_between(self, first: int, last: int) -> dict[tuple[int, UUID | None], list[DatedChange]]:
        found: dict[tuple[int, UUID | None], list[DatedChange]] = {}
        for change in self.changes:
            ordinal = change.on_date.toordinal()
            if first <= ordinal <= last:
                found.setdefault((ordinal, change.opening), []).append(change)
        return found

    def absent(self, since: int, until: int) -> list[Interval]:
        """The wall-clock minutes of absence that touch [since, until), merged."""
        walls = ((wall_minute(absence.since), wall_minute(absence.until)) for absence in self.absences)
        return merged((low, high) for low, high in walls if low < until and high > since)

    def absences_touching(self, since: int, until: int) -> list[Absence]:
        """The absences that touch the wall-clock minutes [since, until)."""
        return [
            absence
            for absence in self.absences
            if wall_minute(absence.since) < until and wall_minute(absence.until) > since
        ]


def _hours(midnight: int, change: DatedChange, visit_types: frozenset[UUID] | None) -> Occurrence:
    if change.start_minute is None or change.end_minute is None:
        raise InvalidRule("replaced and extra dates need their hours")
    return Occurrence(midnight + change.start_minute, midnight + change.end_minute, visit_types)


def _check_range(start_minute: int, end_minute: int) -> None:
    if not 0 <= start_minute < MINUTES_A_DAY:
        raise InvalidRule(f"start_minute: {start_minute} is not a minute of the day")
    if not start_minute < end_minute <= start_minute + MINUTES_A_DAY:
        raise InvalidRule(f"end_minute: {end_minute} is not within a day after the beginning")
