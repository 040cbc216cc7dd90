# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which slots are free: computed, never stored, and never told to whom. The answer is ready bytes of JSON."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from serment.domain import instants
from serment.domain.holiday import holiday_on
from serment.domain.search import free_slots, reach
from serment.domain.slot import Slot
from serment.domain.visit_type import Who
from serment.server.instance import Instance
from serment.server.stores import spans
from serment.server.usecases.errors import NoSuchAgenda
from serment.server.usecases.read_rules import rules_of
from serment.server.usecases.situation import Asked, Seen, first_free, see_days, visit_type_of

DAYS_MAX = 35


class FreeSlot(msgspec.Struct, frozen=True):
    """`time` is the site's wall clock; `ambiguous` where that clock shows it twice, `fold` 1 the second time round."""

    start: datetime
    time: str
    fold: int
    ambiguous: bool


class HolidayTold(msgspec.Struct, frozen=True):
    """What a public holiday is called."""

    fr: str
    en: str


class FreeDay(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of the site's days."""

    date: date
    slots: list[FreeSlot]
    holiday: HolidayTold | None = None


class FreeSlots(msgspec.Struct, frozen=True):
    """`next`: where no slot of these days is free, the first free start after them; else null."""

    agenda: UUID
    visit_type: UUID
    timezone: str
    days: list[FreeDay]
    next: datetime | None


async def find_slots(
    instance: Instance, agenda: UUID, visit_type: UUID, first: date, days: int, *, who: Who = Who.ANYONE
) -> bytes:
    """FreeSlots as JSON. Raises NoSuchAgenda, NotOffered.

    An answer is kept while rules and busy time are what they were and the minute is the same: the database is asked
    for both, in one statement, every time.
    """
    rules = await rules_of(instance, agenda, offering=visit_type)
    chosen = visit_type_of(rules, visit_type)
    since, until = reach(rules.agenda, chosen, first=first, days=days)
    now = instance.clock()
    seen = await spans.read_fingerprint(instance.pool, agenda, since, until, rules.resources_for(chosen), now)
    if seen is None:
        raise NoSuchAgenda
    key = (agenda, visit_type, first, days, who)
    minute = instants.instant_minute_up(now)
    kept = instance.answers.get(key)
    if kept is not None and kept[0] == (seen, minute):
        return kept[1]
    asked = Asked(agenda, visit_type, who)
    situation = await see_days(instance, asked, first, days)
    slots = free_slots(
        situation.rules.agenda, situation.visit_type, situation.situation, first=first, days=days
    )
    after = None
    if not slots:
        found = await first_free(instance, asked, first + timedelta(days=days))
        after = None if found is None else found.start
    answer = msgspec.json.encode(_told(situation, slots, first, days, after))
    if slots:
        # An empty window names a time beyond what the fingerprint covers: that answer is made anew each time.
        instance.answers.keep(key, ((situation.fingerprint, minute), answer))
    return answer


def _told(seen: Seen, slots: list[Slot], first: date, days: int, after: datetime | None) -> FreeSlots:
    rules = seen.rules.agenda
    by_day: dict[date, list[FreeSlot]] = {}
    for slot in slots:
        told = FreeSlot(slot.start, slot.label, slot.fold or 0, slot.fold is not None)
        by_day.setdefault(slot.day, []).append(told)
    return FreeSlots(
        agenda=rules.agenda,
        visit_type=seen.visit_type.visit_type,
        timezone=rules.zone,
        days=[_day(rules.holiday_region, day, by_day.get(day, [])) for day in _days(first, days)],
        next=after,
    )


def _days(first: date, days: int) -> list[date]:
    return [first + timedelta(days=nth) for nth in range(days)]


def _day(region: str, day: date, slots: list[FreeSlot]) -> FreeDay:
    holiday = holiday_on(region, day.toordinal())
    return FreeDay(day, slots, None if holiday is None else HolidayTold(holiday.fr, holiday.en))


async def today_of(instance: Instance, agenda: UUID) -> date:
    """The site's calendar day now. Raises NoSuchAgenda."""
    rules = await rules_of(instance, agenda)
    return instants.local_day(instance.clock(), rules.agenda.zone)
