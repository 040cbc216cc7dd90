# SPDX-License-Identifier: AGPL-3.0-or-later
"""A visit type is added, changed, or deleted. One that appointments name is not deleted: off all agendas it is retired."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import msgspec

from serment.database.pool import Transaction, transaction
from serment.domain.roles import Deed
from serment.server.instance import Instance
from serment.server.stores import rule_rows as store
from serment.server.usecases.errors import (
    NoSuchAgenda,
    OfAnotherUnit,
    RuleIdTaken,
    TooManyRules,
    VisitTypeInUse,
)
from serment.server.usecases.membership import Staff
from serment.server.usecases.rule_rows import VisitTypeRow, check_swap, plain

VISIT_TYPES_MAX = 200


async def change_visit_type(
    instance: Instance, staff: Staff, was: VisitTypeRow | None, now: VisitTypeRow | None
) -> None:
    """Writes `now` (null deletes) where `was` stands. Agendas of other units keep what they offer.

    Asked again: nothing more happens. Raises NotYourRole, InvalidRule, RuleChanged, NoSuchAgenda, OfAnotherUnit,
    VisitTypeInUse, TooManyRules.
    """
    staff.check_may(Deed.CHANGE_CARE)
    row = now or was
    if row is None:
        return
    if now is not None:
        now.rule()
    async with transaction(instance.pool) as tx:
        await store.lock_practice(tx, staff.practice)
        stands, others = await _standing(tx, staff, row.visit_type)
        if not check_swap(stands, was, now):
            return
        if others and (now is None or stands is None or _but_agendas(now) != _but_agendas(stands)):
            raise OfAnotherUnit
        if now is None:
            await store.lock_visit_type(tx, staff.practice, row.visit_type)
            uses = await store.count_uses(tx, staff.practice, row.visit_type, instance.clock())
            if uses:
                raise VisitTypeInUse(appointments=uses)
            await store.link_visit_type(tx, staff.practice, row.visit_type, [], [])
            await store.forget_visit_type(tx, staff.practice, row.visit_type)
            await store.drop(tx, "visit_type", staff.practice, row.visit_type)
        else:
            if stands is None and len(await store.read_type_ids(tx, staff.practice)) >= VISIT_TYPES_MAX:
                raise TooManyRules(most=VISIT_TYPES_MAX)
            await _check_agendas(tx, staff, now.agendas)
            if not await store.put(tx, "visit_type", staff.practice, plain(now)):
                raise RuleIdTaken
            offered = sorted({*now.agendas, *others})
            await store.link_visit_type(tx, staff.practice, now.visit_type, offered, now.resources)
    instance.changes.note(staff.practice)


async def _standing(
    tx: Transaction, staff: Staff, visit_type: UUID
) -> tuple[VisitTypeRow | None, Iterable[UUID]]:
    """The row as this member reads it, and the agendas of other units that offer it."""
    text = await store.read(tx, "visit_type", staff.practice, visit_type)
    if text is None:
        return None, ()
    stands = msgspec.json.decode(text, type=VisitTypeRow)
    units = await store.read_agenda_units(tx, staff.practice, stands.agendas)
    others = [agenda for agenda, unit in units.items() if unit not in staff.units]
    stands.agendas = [agenda for agenda in stands.agendas if agenda not in others]
    return stands, others


async def _check_agendas(tx: Transaction, staff: Staff, agendas: list[UUID]) -> None:
    units = await store.read_agenda_units(tx, staff.practice, agendas)
    if any(units.get(agenda) not in staff.units for agenda in agendas):
        raise NoSuchAgenda


def _but_agendas(row: VisitTypeRow) -> VisitTypeRow:
    return msgspec.structs.replace(row, agendas=[])
