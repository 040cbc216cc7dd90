# SPDX-License-Identifier: AGPL-3.0-or-later
"""An agenda is added, changed, closed from a day on, or deleted where it never opened. No appointment is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import msgspec

from serment.database.pool import Transaction, transaction
from serment.domain.agenda import Agenda
from serment.domain.errors import InvalidRule
from serment.domain.roles import Deed
from serment.server.instance import Instance
from serment.server.stores import house_rows as house
from serment.server.stores import rule_rows as store
from serment.server.stores import rules as rules_store
from serment.server.usecases.errors import AgendaInUse, NoSuchRule, NoSuchUnit, RuleIdTaken, TooManyRules
from serment.server.usecases.house_rows import AgendaRow
from serment.server.usecases.in_the_way import InTheWay, in_the_way
from serment.server.usecases.membership import Staff
from serment.server.usecases.rule_rows import check_swap, plain

AGENDAS_MAX = 200
_FIXED = ("agenda", "site", "practitioner", "unit")


async def change_agenda(
    instance: Instance,
    staff: Staff,
    was: AgendaRow | None,
    now: AgendaRow | None,
    offers: Sequence[UUID] = (),
) -> InTheWay:
    """Writes `now` (null deletes) where `was` stands, and names who stands where it is closed then. `offers` are the visit
    types of a new one. Asked again: the same answer.

    Raises NotYourRole, NoSuchAgenda, NoSuchUnit, NoSuchRule (site, practitioner, visit type), InvalidRule, RuleChanged,
    RuleIdTaken, AgendaInUse, TooManyRules.
    """
    staff.check_may(Deed.CHANGE_CARE)
    row = now or was
    if row is None:
        return InTheWay([], 0)
    if _of_practice(was, now):
        staff.check_may(Deed.CHANGE_PRACTICE)
    async with transaction(instance.pool) as tx:
        await store.lock_practice(tx, staff.practice)
        unit = await store.lock_agenda(tx, staff.practice, row.agenda)
        if unit is not None:
            staff.check_unit(unit)
        text = await store.read(tx, "agenda", staff.practice, row.agenda)
        stands = None if text is None else msgspec.json.decode(text, type=AgendaRow)
        if check_swap(stands, was, now):
            if now is None:
                await _delete(tx, staff.practice, row.agenda)
            elif was is None:
                await _add(tx, staff, now, offers)
            elif not await store.put(tx, "agenda", staff.practice, plain(now)):
                raise RuleIdTaken
        rules = None if was is None or now is None else await rules_store.read(tx, row.agenda)
    instance.changes.note(staff.practice)
    if rules is None or was is None or now is None:
        return InTheWay([], 0)
    return await in_the_way(instance, staff.practice, drafted(rules.agenda, was), drafted(rules.agenda, now))


def drafted(agenda: Agenda, row: AgendaRow) -> Agenda:
    """The agenda as it is under a row's settings."""
    return replace(agenda, last_date=row.last_date, works_on_holidays=row.works_on_holidays)


def _of_practice(was: AgendaRow | None, now: AgendaRow | None) -> bool:
    """Whether a change is the practice's own: that there is such an agenda, and until when. Raises InvalidRule."""
    if was is None or now is None:
        return True
    if any(getattr(was, name) != getattr(now, name) for name in _FIXED):
        raise InvalidRule("an agenda stays its practitioner's, at its site and in its unit: add another")
    return was.last_date != now.last_date


async def _add(tx: Transaction, staff: Staff, now: AgendaRow, offers: Sequence[UUID]) -> None:
    """A unit that the owner is not in gets agendas too: those who are in it fill them."""
    if now.unit.bytes not in staff.roster.units:
        raise NoSuchUnit
    site = await store.read(tx, "site", staff.practice, now.site)
    practitioner = await store.read(tx, "practitioner", staff.practice, now.practitioner)
    if site is None or practitioner is None:
        raise NoSuchRule
    if await house.count(tx, "agendas", staff.practice) >= AGENDAS_MAX:
        raise TooManyRules(most=AGENDAS_MAX)
    if not await store.put(tx, "agenda", staff.practice, plain(now)):
        raise RuleIdTaken
    wanted = sorted(set(offers))
    if await house.offer_here(tx, staff.practice, now.agenda, wanted) != len(wanted):
        raise NoSuchRule
    await house.note_agendas(tx, staff.practice)


async def _delete(tx: Transaction, practice: UUID, agenda: UUID) -> None:
    await house.lock_offers(tx, practice, agenda)
    if not await store.drop(tx, "agenda", practice, agenda):
        raise AgendaInUse
    await house.note_agendas(tx, practice)
