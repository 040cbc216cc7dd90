# SPDX-License-Identifier: AGPL-3.0-or-later
"""The search hint is made anew: after time was taken or freed, when time has overtaken it, when rules changed.

Whatever takes or frees time is noted by the database in the same transaction (`next_free_marks`). Here the notes of one
agenda are deleted and its hints made in another transaction: what was not noted yet when it began stays noted for the
next. So the hint is right within a second of the last change, and after a crash too. A hint may be late, never binding:
only the constraint on spans decides.
"""

from __future__ import annotations

import uuid
from datetime import datetime

import structlog

from serment.database.pool import Transaction, transaction
from serment.domain import instants
from serment.domain.errors import InvalidRule
from serment.domain.search import recheck_at
from serment.domain.visit_type import VisitType, Who
from serment.server.instance import Instance
from serment.server.stores import next_free
from serment.server.stores.next_free import Due, Hint, Key
from serment.server.stores.rules import Rules
from serment.server.usecases.errors import NoSuchAgenda
from serment.server.usecases.read_rules import rules_of
from serment.server.usecases.situation import Asked, RulesMoving, first_free

AGENDAS_PER_SWEEP_MAX = 200

_journal = structlog.get_logger("serment.jobs")


async def refresh_agenda(instance: Instance, key: Key, *, always: bool = True) -> bool:
    """Makes the hints of one agenda in a transaction of its own; as `refresh_within`."""
    async with transaction(instance.pool) as tx:
        return await refresh_within(instance, tx, key, always=always)


async def refresh_within(instance: Instance, tx: Transaction, key: Key, *, always: bool) -> bool:
    """Makes the hints of one agenda, if they are due or `always`; whether it did.

    Not where somebody else is making them at this moment, nor where the rules move on all the while: they stay due then.
    """
    if not await next_free.claim(tx, key.agenda):
        return False
    now = instance.clock()
    due = await next_free.take_marks(tx, key, now)
    if due is None:
        await next_free.drop(tx, key)
        return True
    if not (always or due.newer_rules or due.touched):
        return False
    try:
        await _make(instance, tx, key, due, now)
    except NoSuchAgenda:
        await next_free.drop(tx, key)
    except RulesMoving:
        return False
    return True


async def _make(instance: Instance, tx: Transaction, key: Key, due: Due, now: datetime) -> None:
    try:
        rules = await rules_of(instance, key.agenda, at_least=due.version, connection=tx)
        hints = [
            await _hint(instance, tx, rules, visit_type, now, main=nth == 0)
            for nth, visit_type in enumerate(_open_to_all(rules))
        ]
        await next_free.keep(tx, key, rules.specialty, rules.latitude, rules.longitude, hints)
    except InvalidRule as error:
        # Such rules offer nothing to anybody; they are looked at again when they change.
        _journal.warning("rules cannot be read", agenda=str(key.agenda), kind=type(error).__name__)
        await next_free.drop(tx, key)
    if due.newer_rules:
        # The version that stood before anything was read: if it has moved on, the hints are made once more.
        await next_free.mark_made(tx, key, due.version)


def _open_to_all(rules: Rules) -> list[VisitType]:
    if not rules.agenda.active:
        return []
    ordered = sorted(rules.visit_types.values(), key=lambda each: (each.position, each.visit_type))
    return [visit_type for visit_type in ordered if visit_type.who is Who.ANYONE]


async def _hint(
    instance: Instance, tx: Transaction, rules: Rules, visit_type: VisitType, now: datetime, *, main: bool
) -> Hint:
    today = instants.local_day(now, rules.agenda.zone)
    asked = Asked(rules.agenda_id, visit_type.visit_type)
    found = await first_free(instance, asked, today, connection=tx)
    again = recheck_at(rules.agenda, visit_type, found, now)
    return Hint(visit_type.visit_type, main, None if found is None else found.start, again)


async def refresh_due(instance: Instance) -> int:
    """Makes the hints that are due, of a bounded number of agendas; of how many it did. Several servers share the work."""
    start = Key(uuid.uuid4(), uuid.uuid4())
    made = 0
    for key in await next_free.wanted(instance.pool, instance.clock(), AGENDAS_PER_SWEEP_MAX, start):
        made += await refresh_agenda(instance, key, always=False)
    return made
