# SPDX-License-Identifier: AGPL-3.0-or-later
"""Some days of some agendas as their practice sees them: appointments (sealed), openings, absences, holidays, holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from serment.domain import instants
from serment.domain.holiday import holiday_on
from serment.domain.instants import day_minute, minute_instant
from serment.domain.intervals import Interval
from serment.server.instance import Instance
from serment.server.stores import busy, practices
from serment.server.stores.rules import Rules
from serment.server.usecases.errors import NoSuchAgenda
from serment.server.usecases.membership import Staff
from serment.server.usecases.read_envelope import Listed, ListPlace, read_list
from serment.server.usecases.read_rules import rules_of

AGENDAS_MAX = 60
DAYS_MAX = 35


class OpeningTold(msgspec.Struct):
    """One run of an opening, absences not taken out; `visit_types` null is open to all."""

    agenda: UUID
    start: datetime
    end: datetime
    visit_types: list[UUID] | None


class StretchTold(msgspec.Struct):
    """An absence or a hold: [start, end)."""

    agenda: UUID
    start: datetime
    end: datetime


class UsedTold(msgspec.Struct):
    """A room or a device that a visit takes."""

    record: UUID
    resource: UUID


class BlockTold(msgspec.Struct):
    """Time taken in the practice's own software: [start, end). `records`: appointments here that it lies over; both stay."""

    block: UUID
    agenda: UUID
    start: datetime
    end: datetime
    records: list[UUID]


class HolidayOf(msgspec.Struct):
    """A public holiday at the site of an agenda."""

    agenda: UUID
    date: date
    fr: str
    en: str


class AgendaDays(msgspec.Struct):
    """What a week view draws. `complete_until`: there are more appointments than one answer holds, to be asked for with this
    place as `after`; null where these are all. `rules_version`: another number means that the practice's rules changed.
    `silent`: agendas whose own software was not heard of for longer than the practice wants.
    """

    appointments: list[Listed]
    complete_until: ListPlace | None
    openings: list[OpeningTold]
    absences: list[StretchTold]
    holidays: list[HolidayOf]
    holds: list[StretchTold]
    used: list[UsedTold]
    elsewhere: list[BlockTold]
    silent: list[UUID]
    rules_version: int


async def read_agenda(
    instance: Instance,
    staff: Staff,
    agendas: Sequence[UUID],
    first: date,
    days: int,
    *,
    kids: Sequence[bytes],
    known: Sequence[tuple[UUID, int]] = (),
    after: ListPlace | None = None,
) -> AgendaDays:
    """Raises NoSuchAgenda for an agenda of another practice or of a unit the caller is not in."""
    rows = await practices.read_agendas(instance.pool, staff.practice, agendas)
    if missing := set(agendas) - {row["agenda"] for row in rows}:
        raise NoSuchAgenda().about(*missing)
    for row in rows:
        staff.check_unit(row["unit"])
    rules = [await rules_of(instance, row["agenda"], at_least=row["rules_version"]) for row in rows]
    windows = [_window(each.agenda.zone, first, days) for each in rules]
    since = minute_instant(min(window[0] for window in windows))
    until = minute_instant(max(window[1] for window in windows))
    listed, complete_until = await read_list(
        instance, staff, agendas, since, until, after=after, kids=kids, known=known
    )
    holds = await practices.read_holds(instance.pool, staff.practice, agendas, since, until, instance.clock())
    used = await practices.read_used(instance.pool, staff.practice, agendas, since, until)
    blocks = await busy.read_between(instance.pool, staff.practice, agendas, since, until)
    return AgendaDays(
        appointments=listed,
        complete_until=complete_until,
        openings=[opening for each in rules for opening in _openings(each, first, days)],
        absences=[absence for each in rules for absence in _absences(each, first, days)],
        holidays=[holiday for each in rules for holiday in _holidays(each, first, days)],
        holds=[StretchTold(row["agenda"], row["since"], row["until"]) for row in holds],
        used=[UsedTold(row["record"], row["resource"]) for row in used],
        elsewhere=[
            BlockTold(row["block"], row["agenda"], row["since"], row["until"], row["records"])
            for row in blocks
        ],
        silent=await busy.read_silent(instance.pool, staff.practice, agendas, instance.clock()),
        rules_version=sum(each.version for each in rules),
    )


def _walls(first: date, days: int) -> Interval:
    return day_minute(first), day_minute(first + timedelta(days=days))


def _window(zone: str, first: date, days: int) -> Interval:
    """The instants of the site's days, in minutes."""
    low, high = _walls(first, days)
    found = instants.instants_inside([(low, high)], instants.wall_stretches(zone, low, high))
    return (found[0][0], found[-1][1]) if found else (low, high)


def _instants(zone: str, walls: Interval) -> list[tuple[datetime, datetime]]:
    pieces = instants.wall_stretches(zone, *walls)
    return [
        (minute_instant(low), minute_instant(high)) for low, high in instants.instants_inside([walls], pieces)
    ]


def _openings(rules: Rules, first: date, days: int) -> list[OpeningTold]:
    last = first + timedelta(days=days - 1)
    return [
        OpeningTold(rules.agenda_id, start, end, None if run.visit_types is None else sorted(run.visit_types))
        for run in rules.agenda.occurrences(first.toordinal(), last.toordinal())
        if run.open
        for start, end in _instants(rules.agenda.zone, (run.since, run.until))
    ]


def _absences(rules: Rules, first: date, days: int) -> list[StretchTold]:
    low, high = _walls(first, days)
    return [
        StretchTold(rules.agenda_id, start, end)
        for since, until in rules.agenda.absent(low, high)
        for start, end in _instants(rules.agenda.zone, (max(since, low), min(until, high)))
    ]


def _holidays(rules: Rules, first: date, days: int) -> list[HolidayOf]:
    found = []
    for nth in range(days):
        day = first + timedelta(days=nth)
        holiday = holiday_on(rules.agenda.holiday_region, day.toordinal())
        if holiday is not None:
            found.append(HolidayOf(rules.agenda_id, day, holiday.fr, holiday.en))
    return found
