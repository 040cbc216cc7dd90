# SPDX-License-Identifier: AGPL-3.0-or-later
"""Appointments in the way of a change of rules: named, counted, never touched (docs/decisions/0019)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from serment.domain.agenda import Agenda
from serment.domain.stranded import Standing, stranded
from serment.server.instance import Instance
from serment.server.stores import rule_rows as store


class Stranded(msgspec.Struct):
    """An appointment in the way: nobody works at its time any more. `troubles`: absent, closed."""

    record: UUID
    unit: UUID
    agenda: UUID
    start: datetime
    minutes: int
    visit_type: UUID
    status: str
    rev: int
    acts: int
    troubles: list[str]


class InTheWay(msgspec.Struct):
    """What a change leaves to decide. `booking` people hold a time there now: what they book comes later."""

    stranded: list[Stranded]
    booking: int


async def in_the_way(instance: Instance, practice: UUID, before: Agenda, after: Agenda) -> InTheWay:
    """The appointments to come that lie where nobody works after a change and did not before."""
    now = instance.clock()
    # Holds first: one that becomes an appointment between the two is told twice rather than not at all.
    booking = await store.count_holds(instance.pool, practice, after.agenda, now)
    rows = await store.read_standing(instance.pool, practice, after.agenda, now)
    visits = [Standing(row["record"], row["start"], row["minutes"]) for row in rows]
    of_record = {row["record"]: row for row in rows}
    told = [
        Stranded(**of_record[visit.record], troubles=sorted(troubles))
        for visit, troubles in stranded(before, after, visits)
    ]
    return InTheWay(told, booking)
