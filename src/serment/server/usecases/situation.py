# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is true of one agenda now, read together: its rules, what is taken, who asks."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from serment.database.queries import Connection
from serment.domain import instants
from serment.domain.errors import NotOffered
from serment.domain.reason import VisitTypeNotHere
from serment.domain.search import free_slots, reach, visits_by_day
from serment.domain.slot import Resource, Situation, Slot, Span
from serment.domain.visit_type import VisitType, Who
from serment.server.instance import Instance
from serment.server.stores import spans
from serment.server.stores.rules import Rules
from serment.server.stores.spans import Fingerprint, Taken
from serment.server.usecases.errors import NoSuchAgenda
from serment.server.usecases.read_rules import rules_of

ALTERNATIVES_MAX = 6
ALTERNATIVE_DAYS = 7
SEARCH_DAYS_MAX = 56  # first_free looks at seven days, then at twice as many, up to this
RULES_TRIES_MAX = 4


class RulesMoving(Exception):
    """The agenda's rules change faster than they can be read. Nothing was changed; try again."""


class Asked(NamedTuple):
    """One question to one agenda: for which visit type, who asks, and the record that moves if one does."""

    agenda: UUID
    visit_type: UUID
    who: Who = Who.ANYONE
    moving: UUID | None = None
    minutes: int | None = None


class Seen(NamedTuple):
    """The answer's ground: rules and situation of one snapshot."""

    rules: Rules
    visit_type: VisitType
    situation: Situation
    fingerprint: Fingerprint


def visit_type_of(rules: Rules, visit_type: UUID) -> VisitType:
    """The visit type as this agenda offers it. Raises NotOffered."""
    try:
        return rules.visit_types[visit_type]
    except KeyError:
        raise NotOffered((VisitTypeNotHere(),)) from None


async def see_days(
    instance: Instance, asked: Asked, first: date, days: int, *, connection: Connection | None = None
) -> Seen:
    """The situation that decides the slots of some of the site's days. Raises NoSuchAgenda, NotOffered."""
    rules = await rules_of(instance, asked.agenda, offering=asked.visit_type, connection=connection)
    for _ in range(RULES_TRIES_MAX):
        visit_type = visit_type_of(rules, asked.visit_type)
        since, until = reach(rules.agenda, visit_type, first=first, days=days)
        seen = await _see(instance, rules, visit_type, asked, since, until, connection)
        if seen is not None:
            return seen
        rules = await rules_of(instance, asked.agenda, at_least=rules.version + 1, connection=connection)
    raise RulesMoving


async def see_drafted(
    instance: Instance, visit_type: VisitType, asked: Asked, first: date, days: int
) -> Seen:
    """The situation for a visit type as somebody drafts it, stored or not. Raises NoSuchAgenda."""
    rules = await rules_of(instance, asked.agenda)
    for _ in range(RULES_TRIES_MAX):
        since, until = reach(rules.agenda, visit_type, first=first, days=days)
        seen = await _see(instance, rules, visit_type, asked, since, until, None)
        if seen is not None:
            return seen
        rules = await rules_of(instance, asked.agenda, at_least=rules.version + 1)
    raise RulesMoving


async def see_slot(
    instance: Instance, asked: Asked, start: datetime, *, connection: Connection | None = None
) -> Seen:
    """The situation that decides one start: no more is read than can touch it."""
    rules = await rules_of(instance, asked.agenda, offering=asked.visit_type, connection=connection)
    for _ in range(RULES_TRIES_MAX):
        visit_type = visit_type_of(rules, asked.visit_type)
        if visit_type.daily_quota is not None:
            return await see_days(
                instance, asked, instants.local_day(start, rules.agenda.zone), 1, connection=connection
            )
        minutes = asked.minutes or visit_type.minutes
        since = start - timedelta(minutes=visit_type.buffer_before_minutes)
        until = start + timedelta(minutes=minutes + visit_type.buffer_after_minutes)
        seen = await _see(instance, rules, visit_type, asked, since, until, connection)
        if seen is not None:
            return seen
        rules = await rules_of(instance, asked.agenda, at_least=rules.version + 1, connection=connection)
    raise RulesMoving


async def _see(
    instance: Instance,
    rules: Rules,
    visit_type: VisitType,
    asked: Asked,
    since: datetime,
    until: datetime,
    connection: Connection | None,
) -> Seen | None:
    """None when the rules in memory are not those of the snapshot."""
    now = instance.clock()
    resources = rules.resources_for(visit_type)
    taken = await spans.read_taken(
        connection or instance.pool, asked.agenda, asked.visit_type, since, until, resources, now
    )
    if taken is None:
        raise NoSuchAgenda
    if taken.version != rules.version:
        return None
    return Seen(rules, visit_type, _situation(rules, visit_type, asked, taken, now), taken.fingerprint)


def _situation(rules: Rules, visit_type: VisitType, asked: Asked, taken: Taken, now: datetime) -> Situation:
    used: dict[UUID, list[Span]] = {}
    for resource, span in taken.used:
        used.setdefault(resource, []).append(span)
    return Situation(
        now=now,
        busy=taken.busy,
        elsewhere=taken.elsewhere,
        resources=[
            Resource(room.resource, room.kind, used.get(room.resource, ()))
            for room in rules.rooms
            if room.kind in visit_type.resource_kinds
        ],
        visits={}
        if visit_type.daily_quota is None
        else visits_by_day(taken.visits, rules.agenda.zone, moving=asked.moving),
        who=asked.who,
        moving=asked.moving,
        minutes=asked.minutes,
    )


async def alternatives(
    instance: Instance, asked: Asked, around: datetime, *, connection: Connection | None = None
) -> list[datetime]:
    """The free starts nearest to one that is gone, within a week of it, in order of time.

    The week's starts are kept while rules and busy time are what they were: a rush for one slot asks this a lot.
    """
    asked = asked._replace(moving=None)
    rules = await rules_of(instance, asked.agenda, offering=asked.visit_type, connection=connection)
    visit_type = rules.visit_types.get(asked.visit_type)
    if visit_type is None:
        return []
    now = instance.clock()
    today = instants.local_day(now, rules.agenda.zone)
    first = max(today, instants.local_day(around, rules.agenda.zone) - timedelta(days=1))
    since, until = reach(rules.agenda, visit_type, first=first, days=ALTERNATIVE_DAYS)
    mark = await spans.read_fingerprint(
        connection or instance.pool, asked.agenda, since, until, rules.resources_for(visit_type), now
    )
    key, minute = (asked, first), instants.instant_minute_up(now)
    kept = instance.starts.get(key)
    if kept is None or kept[0] != (mark, minute):
        seen = await see_days(instance, asked, first, ALTERNATIVE_DAYS, connection=connection)
        slots = free_slots(
            seen.rules.agenda, seen.visit_type, seen.situation, first=first, days=ALTERNATIVE_DAYS
        )
        kept = ((seen.fingerprint, minute), [slot.start for slot in slots])
        instance.starts.keep(key, kept)
    return sorted(sorted(kept[1], key=lambda start: abs(start - around))[:ALTERNATIVES_MAX])


async def first_free(
    instance: Instance, asked: Asked, first: date, *, connection: Connection | None = None
) -> Slot | None:
    """The first free slot from one of the site's days to the horizon, looked for a little further each time."""
    rules = await rules_of(instance, asked.agenda, connection=connection)
    today = instants.local_day(instance.clock(), rules.agenda.zone)
    first = max(first, today)
    days = ALTERNATIVE_DAYS
    while True:
        seen = await see_days(instance, asked, first, days, connection=connection)
        found = free_slots(seen.rules.agenda, seen.visit_type, seen.situation, first=first, days=days)
        if found:
            return found[0]
        first += timedelta(days=days)
        if first > today + timedelta(days=seen.visit_type.horizon_days):
            return None
        days = min(2 * days, SEARCH_DAYS_MAX)
