# SPDX-License-Identifier: AGPL-3.0-or-later
"""An agenda's hours change: openings, single dates, absences. No appointment is lost: those in the way are named."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from uuid import UUID

from serment.database.pool import Transaction, transaction
from serment.domain.agenda import Absence, Agenda, DatedChange, Opening
from serment.domain.errors import InvalidRule
from serment.domain.opening_edit import Edit
from serment.domain.roles import Deed
from serment.server.instance import Instance
from serment.server.stores import rule_rows as store
from serment.server.stores import rules as rules_store
from serment.server.usecases.errors import NoSuchAgenda, RuleChanged, RuleIdTaken, TooManyRules
from serment.server.usecases.hours_asked import HoursAsked, Outcome, doubled, outcome_of, undo_of
from serment.server.usecases.in_the_way import InTheWay, in_the_way
from serment.server.usecases.membership import Staff
from serment.server.usecases.rule_rows import check_swap, plain, row_of

Rule = Opening | DatedChange | Absence

OPENINGS_MAX = 200
DATES_MAX = 3_000
ABSENCES_MAX = 1_000


class HoursChanged(InTheWay):
    """What a change of hours leaves to decide, and the request that takes it back; null for one too large to be made."""

    undo: HoursAsked | None


async def change_hours(instance: Instance, staff: Staff, asked: HoursAsked) -> HoursChanged:
    """Makes the changes in one transaction and names the appointments they leave where nobody works.

    Asked again: the same answer. Raises NotYourRole, NoSuchAgenda, InvalidRule, RuleChanged (with what stands),
    RuleIdTaken, TooManyRules.
    """
    staff.check_may(Deed.CHANGE_HOURS)
    async with transaction(instance.pool) as tx:
        unit = await store.lock_agenda(tx, staff.practice, asked.agenda)
        if unit is None:
            raise NoSuchAgenda
        staff.check_unit(unit)
        rules = await rules_store.read(tx, asked.agenda)
        if rules is None:
            raise NoSuchAgenda
        outcome = await asyncio.to_thread(outcome_of, asked, rules.agenda)
        await _check(tx, staff.practice, outcome)
        await _write(tx, staff.practice, rules.agenda, outcome)
    instance.changes.note(staff.practice)
    # Read once the change is seen by everybody who takes a time: what is booked while it is written is named too.
    found = await in_the_way(instance, staff.practice, outcome.before, outcome.after)
    return HoursChanged(found.stranded, found.booking, undo_of(outcome))


async def _check(tx: Transaction, practice: UUID, outcome: Outcome) -> None:
    after, before = outcome.after, outcome.before
    for rows, earlier, most in (
        (after.openings, before.openings, OPENINGS_MAX),
        (after.changes, before.changes, DATES_MAX),
        (after.absences, before.absences, ABSENCES_MAX),
    ):
        if len(rows) > most and len(rows) > len(earlier):
            raise TooManyRules(most=most)
    # Somebody else wrote a row of their own for the same date meanwhile.
    if (twice := doubled(after)) is not None and doubled(before) is None:
        raise RuleChanged(stands=row_of(twice, after.agenda))
    news = [now for edit in outcome.edits for _, _, _, now in _rows(edit) if now is not None]
    named = {each for now in news if not isinstance(now, Absence) for each in now.visit_types or ()}
    if named - await store.read_type_ids(tx, practice):
        raise InvalidRule("visit_types: one of them does not exist")
    known = {None, *(opening.opening for opening in after.openings)}
    if any(isinstance(now, DatedChange) and now.opening not in known for now in news):
        raise InvalidRule("opening: a single date names an opening of this agenda")


async def _write(tx: Transaction, practice: UUID, agenda: Agenda, outcome: Outcome) -> None:
    """Compares every row with what was read, one edit after the other, and writes what is not so yet."""
    standing: dict[tuple[store.HoursTable, UUID], Rule] = {}
    for opening in agenda.openings:
        standing["opening", opening.opening] = opening
    for change in agenda.changes:
        standing["exception", change.change] = change
    for absence in agenda.absences:
        standing["absence", absence.absence] = absence
    for edit in outcome.edits:
        for table, key, was, now in _rows(edit):
            stands = standing.get((table, key))
            if not check_swap(stands, was, now, None if stands is None else row_of(stands, agenda.agenda)):
                continue
            if now is None:
                await store.drop(tx, table, practice, key)
                del standing[table, key]
                continue
            if not await store.put(tx, table, practice, plain(row_of(now, agenda.agenda))):
                raise RuleIdTaken
            standing[table, key] = now


def _rows(edit: Edit) -> Iterator[tuple[store.HoursTable, UUID, Rule | None, Rule | None]]:
    """(table, id, what stood, what stands then) of every row of an edit."""
    for was_opening, opening in edit.openings:
        if (either := opening or was_opening) is not None:
            yield "opening", either.opening, was_opening, opening
    for was_change, change in edit.changes:
        if (dated := change or was_change) is not None:
            yield "exception", dated.change, was_change, change
    for was_absence, absence in edit.absences:
        if (away := absence or was_absence) is not None:
            yield "absence", away.absence, was_absence, absence
