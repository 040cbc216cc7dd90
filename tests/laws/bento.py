# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dr Bento's agendas, as tests write them, and an independent definition of what they offer.

`expected_starts` is the oracle: it asks every minute of a few days, one at a time, what the clock on the wall shows and
whether the rules open it. It shares no arithmetic with the engine, only the rules' values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from uuid import UUID
from zoneinfo import ZoneInfo

from serment.domain.agenda import Absence, Agenda, ChangeKind, DatedChange, Opening, WeekParity
from serment.domain.holiday import holidays_of
from serment.domain.slot import Situation, Span
from serment.domain.visit_type import VisitType, Who

BENTO = UUID(int=0xB)
CHECK_UP = UUID(int=0xC)
LASER = UUID(int=0xD)
ALICE, TOM = UUID(int=0xA1), UUID(int=0xA2)
LONG_AGO = datetime(2026, 12, 1, tzinfo=UTC)  # before every date of the traps, and within their horizon
MINUTE = timedelta(minutes=1)


def opening(
    first: date,
    start: str,
    end: str,
    rrule: str = "FREQ=DAILY",
    *,
    last: date | None = None,
    parity: WeekParity = WeekParity.ALL,
    types: frozenset[UUID] | None = None,
    number: int = 1,
) -> Opening:
    """An opening from clock texts; an end at or before its start means the next day."""
    since, until = clock(start), clock(end)
    return Opening(
        opening=UUID(int=number),
        first_date=first,
        last_date=last,
        start_minute=since,
        end_minute=until if until > since else until + 1440,
        rrule=rrule,
        week_parity=parity,
        visit_types=types,
    )


def clock(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def agenda(
    *openings: Opening,
    zone: str = "Europe/Paris",
    region: str = "",
    works_on_holidays: bool = False,
    last_date: date | None = None,
    changes: Iterable[DatedChange] = (),
    absences: Iterable[Absence] = (),
) -> Agenda:
    return Agenda(
        agenda=BENTO,
        zone=zone,
        holiday_region=region,
        works_on_holidays=works_on_holidays,
        last_date=last_date,
        openings=openings,
        changes=tuple(changes),
        absences=tuple(absences),
    )


def visit_type(minutes: int = 30, **rules: object) -> VisitType:
    rules.setdefault("step_minutes", minutes)
    rules.setdefault("horizon_days", 400)
    return VisitType(visit_type=CHECK_UP, minutes=minutes, agendas=frozenset({BENTO}), **rules)  # type: ignore[arg-type]


def absence(since: datetime, until: datetime) -> Absence:
    return Absence(absence=UUID(int=9), since=since, until=until)


def span(start: datetime, minutes: int, record: UUID = ALICE) -> Span:
    return Span(start, start + timedelta(minutes=minutes), record)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def wall(text: str) -> datetime:
    """A wall clock: what a clock shows, in no zone."""
    return datetime.fromisoformat(text)


# ---------------------------------------------------------------- the oracle


@lru_cache(maxsize=1024)
def zone_info(name: str) -> ZoneInfo:
    with resources.files("tzdata.zoneinfo").joinpath(*name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


@lru_cache(maxsize=64)
def walls(zone: str, since: datetime, minutes: int) -> tuple[tuple[datetime, datetime], ...]:
    """(instant, wall clock) for every minute from `since`."""
    info = zone_info(zone)
    found = []
    for n in range(minutes):
        instant = since + n * MINUTE
        found.append((instant, instant.astimezone(info).replace(tzinfo=None)))
    return tuple(found)


def hours_of(agenda: Agenda, day: date, visit: UUID) -> list[tuple[datetime, datetime]]:
    """The wall-clock hours that begin on a day and are open to a visit type."""
    midnight = datetime.combine(day, datetime.min.time())
    hours = []
    for rule in agenda.openings:
        change = next((c for c in agenda.changes if c.on_date == day and c.opening == rule.opening), None)
        holiday = not agenda.works_on_holidays and day.toordinal() in holidays_of(
            agenda.holiday_region, day.year
        )
        if not rule.runs_on(day.toordinal()) or (change and change.kind is ChangeKind.CLOSED):
            continue
        if change is None and holiday:
            continue
        start, end, types = rule.start_minute, rule.end_minute, rule.visit_types
        if change is not None:
            start, end, types = change.start_minute, change.end_minute, change.visit_types or types  # type: ignore[assignment]
        if types is None or visit in types:
            hours.append((midnight + start * MINUTE, midnight + end * MINUTE))
    for change in agenda.changes:
        fits = change.visit_types is None or visit in change.visit_types
        if change.kind is ChangeKind.EXTRA and change.on_date == day and fits:
            hours.append((midnight + change.start_minute * MINUTE, midnight + change.end_minute * MINUTE))  # type: ignore[operator]
    return hours


def expected_starts(
    agenda: Agenda, visit: VisitType, situation: Situation, first: date, days: int
) -> list[datetime]:
    """The instants offered, by the definition alone."""
    if agenda.agenda not in visit.agendas or not agenda.active or not visit.who.admits(situation.who):
        return []
    length = situation.minutes or visit.minutes
    dates = [first + timedelta(days=n) for n in range(-2, days + 4)]
    dates = [day for day in dates if agenda.last_date is None or day <= agenda.last_date]
    hours = [pair for day in dates for pair in hours_of(agenda, day, visit.visit_type)]
    begin = datetime.combine(first, datetime.min.time(), tzinfo=UTC) - timedelta(days=1)
    clocks = walls(agenda.zone, begin, (days + 4) * 1440)
    is_open = [
        any(low <= wall < high for low, high in hours)
        and not any(a.since <= wall < a.until for a in agenda.absences)
        for _, wall in clocks
    ]
    offered = []
    for n, (instant, wall) in enumerate(clocks):
        if not is_open[n] or not first <= wall.date() < first + timedelta(days=days):
            continue
        if not all(is_open[n : n + length]) or len(is_open) < n + length:
            continue
        on_step = any(
            low <= wall < high and (wall - low) % (visit.step_minutes * MINUTE) == 0 * MINUTE
            for low, high in hours
        )
        if (
            on_step
            and _may_begin(agenda, visit, situation, instant, wall)
            and _is_free(visit, situation, instant, length)
        ):
            offered.append(instant)
    return offered


def _may_begin(
    agenda: Agenda, visit: VisitType, situation: Situation, instant: datetime, wall: datetime
) -> bool:
    if instant < situation.now or situation.visits.get(wall.date(), 0) >= (visit.daily_quota or 10**6):
        return False
    if situation.who is Who.STAFF:
        return True
    here = situation.now.astimezone(zone_info(agenda.zone)).replace(tzinfo=None)
    if wall.date() > here.date() + timedelta(days=visit.horizon_days):
        return False
    days, rest = divmod(visit.notice_minutes, 1440)
    if days == 0:
        return instant >= situation.now + rest * MINUTE
    return _reached(agenda.zone, here + timedelta(days=days), situation.now) + rest * MINUTE <= instant


def _reached(zone: str, wall: datetime, after: datetime) -> datetime:
    """The first minute at which the clock on the wall, near that day, shows `wall` or has jumped over it."""
    around = datetime.combine(wall.date(), datetime.min.time(), tzinfo=UTC) - timedelta(days=1)
    before = None
    for instant, shown in walls(zone, around, 3 * 1440):
        if shown == wall or (before is not None and before < wall < shown):
            return instant
        before = shown
    raise AssertionError("the clock never came there")


def _is_free(visit: VisitType, situation: Situation, instant: datetime, length: int) -> bool:
    since = instant - visit.buffer_before_minutes * MINUTE
    until = instant + (length + visit.buffer_after_minutes) * MINUTE

    def free(busy: Sequence[Span]) -> bool:
        return not any(b.start < until and since < b.end and b.record != situation.moving for b in busy)

    return free(situation.busy) and all(
        any(r.kind == kind and free(r.busy) for r in situation.resources) for kind in visit.resource_kinds
    )
