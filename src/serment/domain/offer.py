# SPDX-License-Identifier: AGPL-3.0-or-later
"""One claimed slot, recomputed: why it is not offered, and the offer if it is.

A browser sends an agenda, a visit type and a start; everything else is worked out again here. `why_not` is
empty exactly for what `search.free_slots` lists (held by a law test).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from serment.domain import instants, reason
from serment.domain.agenda import Agenda, Occurrence
from serment.domain.errors import NotOffered, NotOverbookable, WarningChanged
from serment.domain.instants import Stretch
from serment.domain.intervals import Interval, intersected, merged, subtracted
from serment.domain.reason import Reason
from serment.domain.search import Search
from serment.domain.slot import Situation, Slot, Span
from serment.domain.visit_type import HORIZON_DAYS_MAX, Accepted, VisitType, Who

NEAR_DAYS = 3  # more than any zone is away from UTC


@dataclass(frozen=True, slots=True)
class Offer:
    """A slot that may be taken now. [blocked_since, blocked_until) is what it takes, buffers included, UTC.

    `resources` are the ones to take with it, one of each kind needed. `overbooked`: it overlaps what is
    taken, staff want it so, and its row stands outside the constraint. `over_block`: the practice's own software
    says that the time is taken, and staff want it all the same.
    """

    agenda: UUID
    visit_type: UUID
    slot: Slot
    blocked_since: datetime
    blocked_until: datetime
    resources: tuple[UUID, ...] = ()
    on_request: bool = False
    overbooked: bool = False
    over_block: bool = False


def why_not(
    agenda: Agenda, visit_type: VisitType, situation: Situation, start: datetime
) -> tuple[Reason, ...]:
    """Every reason why a start is not offered; empty exactly if it is.

    `start` is an instant (aware), or a wall clock of the site (no zone; `fold` 1 means the second time
    round).
    """
    search = Search(agenda, visit_type, situation)
    # A browser may send any year. Far from now nothing is worked out: there, zones and holidays are guesses.
    ahead = (start if start.tzinfo else start.replace(tzinfo=UTC)) - situation.now
    if ahead < -timedelta(days=NEAR_DAYS):
        return (reason.Past(),)
    if ahead > timedelta(days=HORIZON_DAYS_MAX + NEAR_DAYS):
        return (search.too_far(),)
    minute, gap = _claimed(agenda, start)
    if gap is not None:
        return (gap,)
    return tuple(_reasons(search, minute, start))


def offer(agenda: Agenda, visit_type: VisitType, situation: Situation, start: datetime) -> Offer:
    """The offer for a claimed start, recomputed from the rules. Raises NotOffered with its reasons."""
    reasons = why_not(agenda, visit_type, situation, start)
    if reasons:
        raise NotOffered(reasons)
    return _offer(Search(agenda, visit_type, situation), _claimed(agenda, start)[0])


def overbook(
    agenda: Agenda,
    visit_type: VisitType,
    situation: Situation,
    start: datetime,
    *,
    warned: frozenset[str],
) -> Offer:
    """Staff book where nothing is offered, having read why not: `warned` holds the codes of the reasons they
    saw.

    Raises NotOverbookable where no warning helps, WarningChanged where a reason has come that they did not
    see.
    """
    reasons = why_not(agenda, visit_type, situation, start)
    forbidden = tuple(why for why in reasons if not why.staff_may_override)
    if situation.who is not Who.STAFF:
        raise NotOffered((reason.StaffOnly(), *reasons))
    if forbidden:
        raise NotOverbookable(forbidden)
    if any(why.code not in warned for why in reasons):
        raise WarningChanged(reasons)
    return _offer(
        Search(agenda, visit_type, situation),
        _claimed(agenda, start)[0],
        overbooked=any(isinstance(why, reason.Busy) for why in reasons),
        over_block=any(isinstance(why, reason.BusyElsewhere) for why in reasons),
    )


def _claimed(agenda: Agenda, start: datetime) -> tuple[int, reason.NoSuchWallClock | None]:
    if start.tzinfo is not None:
        return instants.instant_minute(start), None
    found = instants.instants_of(start, agenda.zone)
    if found:
        return instants.instant_minute(found[-1] if start.fold else found[0]), None
    low, high = instants.gap_around(start, agenda.zone) or (start, start)
    return 0, reason.NoSuchWallClock(low, high)


def _offer(search: Search, start: int, *, overbooked: bool = False, over_block: bool = False) -> Offer:
    since, until = _blocked(search, start)
    return Offer(
        agenda=search.agenda.agenda,
        visit_type=search.visit_type.visit_type,
        slot=search.slot(start),
        blocked_since=instants.minute_instant(since),
        blocked_until=instants.minute_instant(until),
        resources=tuple(_free_resources(search, since, until)),
        on_request=search.visit_type.accepted is Accepted.ON_REQUEST,
        overbooked=overbooked,
        over_block=over_block,
    )


def _blocked(search: Search, start: int) -> Interval:
    visit_type = search.visit_type
    return start - visit_type.buffer_before_minutes, start + search.minutes + visit_type.buffer_after_minutes


def _meeting(search: Search, spans: Sequence[Span], since: int, until: int) -> Iterator[Span]:
    low, high = instants.minute_instant(since), instants.minute_instant(until)
    for span in spans:
        if span.record != search.situation.moving and span.start < high and span.end > low:
            yield span


def _free_resources(search: Search, since: int, until: int) -> Iterator[UUID]:
    """The first free resource of each kind needed; a kind with none free yields nothing."""
    for kind in sorted(search.visit_type.resource_kinds):
        for resource in search.situation.resources:
            if resource.kind == kind and not any(_meeting(search, resource.busy, since, until)):
                yield resource.resource
                break


def _reasons(search: Search, minute: int, start: datetime) -> Iterator[Reason]:
    agenda, visit_type, situation = search.agenda, search.visit_type, search.situation
    if agenda.agenda not in visit_type.agendas:
        yield reason.VisitTypeNotHere()
    if not agenda.active:
        yield reason.AgendaClosed()
    if not visit_type.who.admits(situation.who):
        yield reason.StaffOnly() if visit_type.who is Who.STAFF else reason.KnownPatientsOnly()
    yield from _shut(search, minute, on_the_minute=not (start.second or start.microsecond))
    yield from _too_soon_or_far(search, minute)
    since, until = _blocked(search, minute)
    for span in _meeting(search, situation.busy, since, until):
        yield reason.Busy(span.record, span.start, span.end)
    for block in _meeting(search, situation.elsewhere, since, until):
        yield reason.BusyElsewhere(block.start, block.end)
    for kind in sorted(visit_type.resource_kinds):
        of_kind = [resource for resource in situation.resources if resource.kind == kind]
        if all(any(_meeting(search, resource.busy, since, until)) for resource in of_kind):
            yield reason.ResourceBusy(kind, len(of_kind))
    day = search.slot(minute).day
    if visit_type.daily_quota is not None and situation.visits.get(day, 0) >= visit_type.daily_quota:
        yield reason.QuotaReached(day, visit_type.daily_quota)


def _too_soon_or_far(search: Search, minute: int) -> Iterator[Reason]:
    if minute < search.now_minute:
        yield reason.Past()
    elif minute < search.earliest:
        yield reason.TooSoon(search.visit_type.notice_minutes, instants.minute_instant(search.earliest))
    if search.slot(minute).day.toordinal() > search.last_day:
        yield search.too_far()


def _shut(search: Search, minute: int, *, on_the_minute: bool) -> Iterator[Reason]:
    """Why the visit's wall clock does not lie wholly inside what is open to its type, or its start not on a
    step.
    """
    day = search.slot(minute).day.toordinal()
    pieces = search.pieces(day, day)
    runs = search.runs(day, day)
    fitting = search.fitting(runs)
    visit = _walls_of(minute, minute + search.minutes, pieces)
    open_walls = merged((run.since, run.until) for run in fitting)
    missing = subtracted(visit, open_walls)
    for run in runs:
        if run not in fitting and intersected(missing, [(run.since, run.until)]):
            yield _why_shut(run)
    explained = merged((run.since, run.until) for run in runs)
    for since, until in subtracted(missing, explained):
        yield _why_closed(search.agenda, since, until)
    for low, high in visit:
        for absence in search.agenda.absences_touching(low, high):
            yield reason.Absent(absence.absence, absence.since, absence.until)
    wall = minute + search.slot(minute).offset_minutes
    holding = [run for run in fitting if run.since <= wall < run.until]
    step = search.visit_type.step_minutes
    if holding and not (on_the_minute and any((wall - run.since) % step == 0 for run in holding)):
        yield reason.NotOnStep(step, instants.minute_wall(holding[0].since))


def _why_closed(agenda: Agenda, since: int, until: int) -> Reason:
    if agenda.last_date is not None and instants.minute_day(since) > agenda.last_date:
        return reason.AgendaEnded(agenda.last_date)
    return reason.ClosedHours(instants.minute_wall(since), instants.minute_wall(until))


def _why_shut(run: Occurrence) -> Reason:
    day = instants.minute_day(run.since)
    if run.closed:
        return reason.ClosedThisDate(day)
    if run.holiday is not None:
        return reason.Holiday(day, run.holiday.fr, run.holiday.en)
    return reason.OpeningKeepsOtherTypes(tuple(sorted(run.visit_types or ())))


def _walls_of(since: int, until: int, pieces: Sequence[Stretch]) -> list[Interval]:
    """The wall-clock minutes that pass on the site's clock during the instants [since, until)."""
    return merged(
        (max(since, piece.since) + piece.offset, min(until, piece.until) + piece.offset) for piece in pieces
    )
