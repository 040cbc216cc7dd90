# SPDX-License-Identifier: AGPL-3.0-or-later
"""The search for free slots: computed from openings, absences and what is taken.

Nothing here looks at a day minute by minute. What is open becomes intervals of instants, what is taken
becomes intervals of *starts that would collide*, and the steps of each opening are counted inside what
remains.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from serment.domain import instants
from serment.domain.agenda import Agenda, Occurrence
from serment.domain.errors import TooManyDays
from serment.domain.instants import EPOCH, EPOCH_ORDINAL, MINUTE, MINUTES_A_DAY, Stretch
from serment.domain.intervals import Interval, intersected, merged, subtracted
from serment.domain.reason import TooFar
from serment.domain.slot import Situation, Slot, Span
from serment.domain.visit_type import HORIZON_DAYS_MAX, VisitType, Who

DAYS_MAX = 62
FIRST_DAY, LAST_DAY = date(1973, 1, 2), date(2500, 1, 1)  # whole-minute offsets begin in 1973
SEARCH_DAYS_FIRST = 7  # next_free looks at so many days, then at twice as many, and so on to the horizon


def free_slots(
    agenda: Agenda, visit_type: VisitType, situation: Situation, *, first: date, days: int = 7
) -> list[Slot]:
    """Every slot on offer on `days` of the site's days from `first`, in order of time. Raises TooManyDays."""
    if not 1 <= days <= DAYS_MAX:
        raise TooManyDays(f"1 to {DAYS_MAX}")
    return Search(agenda, visit_type, situation).slots(first.toordinal(), first.toordinal() + days - 1)


def next_free(agenda: Agenda, visit_type: VisitType, situation: Situation) -> Slot | None:
    """The first slot on offer from now to the horizon, or None. What is taken must be known up to the
    horizon.
    """
    search = Search(agenda, visit_type, situation)
    first, days = search.today, SEARCH_DAYS_FIRST
    while first <= search.last_day:
        found = search.starts(first, min(first + days - 1, search.last_day))
        if found:
            return search.slot(found[0])
        first += days
        days = min(2 * days, DAYS_MAX)
    return None


def reach(agenda: Agenda, visit_type: VisitType, *, first: date, days: int) -> tuple[datetime, datetime]:
    """The instants [since, until) within which anything taken can touch a slot of these days, buffers
    included.
    """
    # Days that far away are never offered; clamped, they are no reason to fail either.
    first = min(max(first, FIRST_DAY), LAST_DAY)
    low, high = instants.day_minute(first), instants.day_minute(first) + days * MINUTES_A_DAY
    walls = instants.instants_inside([(low, high)], instants.wall_stretches(agenda.zone, low, high))
    since, until = (walls[0][0], walls[-1][1]) if walls else (low, high)
    return (
        instants.minute_instant(since - visit_type.buffer_before_minutes),
        instants.minute_instant(until + MINUTES_A_DAY + visit_type.buffer_after_minutes),
    )


def recheck_at(agenda: Agenda, visit_type: VisitType, found: Slot | None, now: datetime) -> datetime:
    """When the mere passing of time may change the answer of `next_free`: notice overtakes it, the horizon moves, or the
    clock is put back, and with it the end of a notice in days and the horizon.
    """
    if found is not None:
        again = instants.calendar_before(found.start, visit_type.notice_minutes, agenda.zone)
    else:
        tomorrow = instants.local_day(now, agenda.zone) + timedelta(days=1)
        again = instants.first_instant(datetime.combine(tomorrow, datetime.min.time()), agenda.zone)
    this, last = instants.instant_minute(now), instants.instant_minute(again)
    pieces = instants.stretches(agenda.zone, this, last + 1)
    put_back = (later.since for earlier, later in pairwise(pieces) if later.offset < earlier.offset)
    again = min((instants.minute_instant(at) for at in put_back if this < at < last), default=again)
    return max(again, now + timedelta.resolution)  # what is true at this moment is known


class Search:
    """One question put to one agenda, its situation worked out once. Days are proleptic ordinals, times
    minutes.
    """

    def __init__(self, agenda: Agenda, visit_type: VisitType, situation: Situation) -> None:
        self.agenda, self.visit_type, self.situation = agenda, visit_type, situation
        self.minutes = situation.minutes or visit_type.minutes
        staff = situation.who is Who.STAFF
        self.today = instants.local_day(situation.now, agenda.zone).toordinal()
        # Notice and horizon bind patients; staff see all that is free and yet to come.
        notice = 0 if staff else visit_type.notice_minutes
        self.now_minute = instants.instant_minute_up(situation.now)
        self.earliest = instants.instant_minute_up(
            instants.calendar_after(situation.now, notice, agenda.zone) if notice else situation.now
        )
        self.last_day = self.today + (HORIZON_DAYS_MAX if staff else visit_type.horizon_days)
        self.offered_at_all = (
            agenda.active and agenda.agenda in visit_type.agendas and visit_type.who.admits(situation.who)
        )
        self.collisions = merged(self._collisions())

    # A visit starting at t takes [t - before, t + minutes + after): it meets [since, until) exactly if t lies
    # in (since - minutes - after, until + before), both ends excluded.
    def _met_by(self, spans: Iterable[Span]) -> list[Interval]:
        moving = self.situation.moving
        longest = self.minutes + self.visit_type.buffer_after_minutes - 1
        before = self.visit_type.buffer_before_minutes
        if moving is not None:
            spans = [span for span in spans if span.record != moving]
        # This is the hot loop of slot search: instant_minute and instant_minute_up, written out.
        return [
            ((start - EPOCH) // MINUTE - longest, before - (EPOCH - end) // MINUTE) for start, end, _ in spans
        ]

    def _collisions(self) -> list[Interval]:
        found = self._met_by(self.situation.busy) + self._met_by(self.situation.elsewhere)
        for kind in self.visit_type.resource_kinds:
            found.extend(self._kind_taken(kind))
        return found

    def _kind_taken(self, kind: str) -> list[Interval]:
        """Starts at which every resource of a kind is taken."""
        taken: list[Interval] | None = None
        for resource in self.situation.resources:
            if resource.kind == kind:
                met = merged(self._met_by(resource.busy))
                taken = met if taken is None else intersected(taken, met)
        everywhere = (
            self.now_minute - MINUTES_A_DAY,
            self.now_minute + (HORIZON_DAYS_MAX + 3) * MINUTES_A_DAY,
        )
        return [everywhere] if taken is None else taken

    def pieces(self, first: int, last: int) -> tuple[Stretch, ...]:
        """The stretches around the slots of some days, from the day before to two days after."""
        return instants.wall_stretches(
            self.agenda.zone,
            (first - 1 - EPOCH_ORDINAL) * MINUTES_A_DAY,
            (last + 3 - EPOCH_ORDINAL) * MINUTES_A_DAY,
        )

    def runs(self, first: int, last: int) -> list[Occurrence]:
        """Every run that a slot of some days can lie in, also shut ones and other visit types'."""
        # A visit is a day long at most, so it ends on the next day; across a gap, its wall clock one day
        # later still.
        further = 1 if len(self.pieces(first, last)) == 1 else 2
        return self.agenda.occurrences(first - 1, last + further)

    def fitting(self, runs: Iterable[Occurrence]) -> list[Occurrence]:
        """The runs that are really open, to this visit type."""
        return [run for run in runs if run.open and run.fits(self.visit_type.visit_type)]

    def too_far(self) -> TooFar:
        """The reason for what lies beyond the horizon."""
        return TooFar(self.last_day - self.today, date.fromordinal(self.last_day))

    def slots(self, first: int, last: int) -> list[Slot]:
        """The slots on offer on the days `first` to `last` inclusive, in order."""
        first, last = max(first, self.today), min(last, self.last_day)
        found = self.starts(first, last)
        if not found:
            return []
        pieces = self.pieces(first, last)
        if len(pieces) == 1:
            offset = pieces[0].offset
            return [Slot(start, self.minutes, offset) for start in found]
        return [Slot(start, self.minutes, *instants.occasion(start, pieces)) for start in found]

    def slot(self, start: int) -> Slot:
        """The slot at one start."""
        day = start // MINUTES_A_DAY + EPOCH_ORDINAL
        return Slot(start, self.minutes, *instants.occasion(start, self.pieces(day, day)))

    def starts(self, first: int, last: int) -> list[int]:
        """The starts on offer on the days `first` to `last` inclusive, in order."""
        first, last = max(first, self.today), min(last, self.last_day)
        if first > last or not self.offered_at_all:
            return []
        runs = self.fitting(self.runs(first, last))
        if not runs:
            return []
        pieces = self.pieces(first, last)
        walls = merged((run.since, run.until) for run in runs)
        walls = subtracted(walls, self.agenda.absent(walls[0][0], walls[-1][1]))
        # Starts from which the whole visit stays open; an opening shorter than the visit leaves an empty
        # interval.
        rooms = [
            (since, until - self.minutes + 1)
            for since, until in instants.instants_inside(walls, pieces)
            if until - since >= self.minutes
        ]
        allowed = intersected(subtracted(rooms, self.collisions), self._bookable(first, last, pieces))
        return _on_steps(runs, pieces, allowed, self.visit_type.step_minutes)

    def _bookable(self, first: int, last: int, pieces: Sequence[Stretch]) -> list[Interval]:
        """Starts on the days asked for that notice and quota leave."""
        low, high = (first - EPOCH_ORDINAL) * MINUTES_A_DAY, (last + 1 - EPOCH_ORDINAL) * MINUTES_A_DAY
        full = merged(
            (midnight, midnight + MINUTES_A_DAY) for midnight in map(instants.day_minute, self.full_days())
        )
        days = instants.instants_inside(subtracted([(low, high)], full), pieces)
        return [(max(since, self.earliest), until) for since, until in days if until > self.earliest]

    def full_days(self) -> list[date]:
        """The site's days whose quota of this visit type is reached."""
        quota = self.visit_type.daily_quota
        if quota is None:
            return []
        return [day for day, visits in self.situation.visits.items() if visits >= quota]


def _on_steps(
    runs: Sequence[Occurrence], pieces: Sequence[Stretch], allowed: Sequence[Interval], step: int
) -> list[int]:
    """The allowed starts whose wall clock is a whole number of steps after the beginning of a run that holds
    them.
    """
    ends = [until for _, until in allowed]
    found: set[int] = set()
    for run in runs:
        for piece in pieces:
            origin = run.since - piece.offset
            low, high = max(origin, piece.since), min(run.until - piece.offset, piece.until)
            for at in range(bisect_right(ends, low), len(allowed)):
                since, until = allowed[at]
                if since >= high:
                    break
                since = max(since, low)
                found.update(range(since + (origin - since) % step, min(until, high), step))
    return sorted(found)


def visits_by_day(
    starts: Iterable[tuple[datetime, UUID]], zone: str, *, moving: UUID | None
) -> dict[date, int]:
    """Counts live visits and holds of one type by the site's day, from (start without buffer, record)."""
    counts: dict[date, int] = {}
    for start, record in starts:
        if record != moving:
            day = instants.local_day(start, zone)
            counts[day] = counts.get(day, 0) + 1
    return counts
