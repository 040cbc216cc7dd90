# SPDX-License-Identifier: AGPL-3.0-or-later
"""What stands beside the hours changes: an agenda's settings, a site's texts, what a practitioner says of themselves."""

from __future__ import annotations

from uuid import UUID

import msgspec

from serment.database.pool import Transaction, transaction
from serment.domain.roles import Deed
from serment.server.instance import Instance
from serment.server.stores import rule_rows as store
from serment.server.usecases.errors import NoSuchAgenda, NoSuchRule, OfAnotherUnit
from serment.server.usecases.membership import Staff
from serment.server.usecases.rule_rows import AgendaRow, PractitionerRow, SiteRow, check_swap, plain

TextRow = AgendaRow | SiteRow | PractitionerRow


async def change_texts(instance: Instance, staff: Staff, was: TextRow, now: TextRow) -> None:
    """Writes `now` where `was` stands, both of the same row. Asked again: nothing more happens.

    Raises NotYourRole, NoSuchRule, NoSuchAgenda, OfAnotherUnit (a practitioner without agendas in one's units),
    RuleChanged.
    """
    staff.check_may(Deed.CHANGE_CARE)
    table, key = _place(now)
    if _place(was) != (table, key):
        raise NoSuchRule
    async with transaction(instance.pool) as tx:
        await store.lock_practice(tx, staff.practice)
        await _check_own(tx, staff, now)
        text = await store.read(tx, table, staff.practice, key)
        if text is None:
            raise NoSuchRule
        if not check_swap(msgspec.json.decode(text, type=type(now)), was, now):
            return
        await store.put(tx, table, staff.practice, plain(now))
    instance.changes.note(staff.practice)


def _place(row: TextRow) -> tuple[store.Table, UUID]:
    match row:
        case AgendaRow():
            return "agenda", row.agenda
        case SiteRow():
            return "site", row.site
        case PractitionerRow():
            return "practitioner", row.practitioner


async def _check_own(tx: Transaction, staff: Staff, row: TextRow) -> None:
    if isinstance(row, AgendaRow):
        unit = await store.lock_agenda(tx, staff.practice, row.agenda)
        if unit is None:
            raise NoSuchAgenda
        staff.check_unit(unit)
    if isinstance(row, PractitionerRow):
        units = await store.read_units(tx, staff.practice, row.practitioner)
        if units and not units & staff.units:
            raise OfAnotherUnit
