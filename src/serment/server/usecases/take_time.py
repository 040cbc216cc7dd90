# SPDX-License-Identifier: AGPL-3.0-or-later
"""An appointment that took no time takes its time: a request accepted, a cancellation undone."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from serment.database.pool import Transaction
from serment.domain.slot import Span
from serment.domain.visit_type import VisitType
from serment.server.instance import Instance
from serment.server.stores import spans
from serment.server.stores.rules import Rules
from serment.server.stores.spans import NewSpan
from serment.server.usecases.read_rules import rules_of


async def take_time(instance: Instance, tx: Transaction, row: asyncpg.Record, *, now: datetime) -> bool:
    """Whether the time of a locked appointment was free and is its own now. If not, the caller rolls back."""
    rules = await rules_of(instance, row["agenda"], connection=tx)
    visit_type = rules.visit_types.get(row["visit_type"])
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
    chosen = await _free_resources(tx, rules, visit_type, span, now)
    return chosen is not None and await spans.place_resources(tx, span, placed, chosen, now)


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
