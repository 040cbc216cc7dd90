# SPDX-License-Identifier: AGPL-3.0-or-later
"""An appointment that took no time takes its time: a request accepted, a cancellation undone."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from serment.database.pool import Transaction
from serment.domain.instants import local_day
from serment.domain.slot import Span
from serment.domain.visit_type import VisitType, Who
from serment.server.instance import Instance
from serment.server.stores import spans
from serment.server.stores.rules import Rules
from serment.server.stores.spans import NewSpan
from serment.server.usecases.read_rules import rules_of
from serment.server.usecases.situation import Asked, see_days

RESOURCE_TRIES_MAX = 8


class _Quicker(Exception):
    """Somebody took one of the resources meanwhile: rolls back to the savepoint."""


async def take_time(instance: Instance, tx: Transaction, row: asyncpg.Record, *, now: datetime) -> bool:
    """Whether the time of a locked appointment was free and is its own now. If not, the caller rolls back.

    A daily quota counts here as it does for a hold: whoever accepts a request or takes a cancellation back waits in the
    same queue, and finds no time where the day is full. What is marked as overbooked was let in with its eyes open, and
    comes back as it was: neither its time nor the quota is asked (docs/decisions/0029).
    """
    rules = await rules_of(instance, row["agenda"], connection=tx)
    visit_type = rules.visit_types.get(row["visit_type"])
    if visit_type is not None and not row["overbooked"] and await _day_is_full(instance, tx, row, visit_type):
        return False
    before = 0 if visit_type is None else visit_type.buffer_before_minutes
    after = 0 if visit_type is None else visit_type.buffer_after_minutes
    span = NewSpan(
        row["practice"],
        row["agenda"],
        row["record"],
        row["visit_type"],
        row["start"],
        row["minutes"],
        row["start"] - timedelta(minutes=before),
        row["start"] + timedelta(minutes=row["minutes"] + after),
        row["overbooked"],
    )
    placed = await spans.stand(tx, span, now)
    if placed is None:
        return False
    if visit_type is None or not visit_type.resource_kinds:
        return True
    return await _take_resources(tx, rules, visit_type, span, placed, now)


async def _day_is_full(
    instance: Instance, tx: Transaction, row: asyncpg.Record, visit_type: VisitType
) -> bool:
    """Whether the visit type's daily quota is reached without this record; nobody else counts until the transaction ends."""
    if visit_type.daily_quota is None:
        return False
    zone = (await rules_of(instance, row["agenda"], connection=tx)).agenda.zone
    day = local_day(row["start"], zone)
    await spans.queue_for_quota(tx, row["agenda"], row["visit_type"], day)
    asked = Asked(row["agenda"], row["visit_type"], Who.STAFF, moving=row["record"])
    seen = await see_days(instance, asked, day, 1, connection=tx)
    return seen.situation.visits.get(day, 0) >= visit_type.daily_quota


async def _take_resources(
    tx: Transaction, rules: Rules, visit_type: VisitType, span: NewSpan, placed: UUID, now: datetime
) -> bool:
    """Whether one resource of each kind is the span's own now; where another was quicker, the next free one is tried."""
    for _ in range(RESOURCE_TRIES_MAX):
        chosen = await _free_resources(tx, rules, visit_type, span, now)
        if chosen is None:
            return False
        try:
            async with tx.transaction():
                if not await spans.place_resources(tx, span, placed, chosen, now):
                    raise _Quicker
            return True
        except _Quicker:
            continue
    return False


async def _free_resources(
    tx: Transaction, rules: Rules, visit_type: VisitType, span: NewSpan, now: datetime
) -> list[UUID] | None:
    """One free resource of each kind, or None."""
    taken = await spans.read_taken(
        tx, span.agenda, span.visit_type, span.since, span.until, rules.resources_for(visit_type), now
    )
    if taken is None:
        return None
    busy = {resource for resource, other in taken.used if _meets(other, span)}
    chosen = []
    for kind in sorted(visit_type.resource_kinds):
        free = [room.resource for room in rules.rooms if room.kind == kind and room.resource not in busy]
        if not free:
            return None
        chosen.append(free[0])
    return chosen


def _meets(other: Span, span: NewSpan) -> bool:
    return other.record != span.record and other.start < span.until and other.end > span.since
