# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a desk asks to change of an agenda's hours, worked out against the hours that stand. Nothing is stored here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from serment.domain.agenda import Absence, Agenda, ChangeKind, DatedChange, Opening
from serment.domain.errors import InvalidRule
from serment.domain.opening_edit import Edit, Scope, edit_all, edit_day, edit_from
from serment.server.usecases.rule_rows import AbsenceRow, ExceptionRow, OpeningRow, check_days, row_of

OPENINGS_ASKED_MAX = 20
DATES_ASKED_MAX = 400


class OpeningAsked(msgspec.Struct, forbid_unknown_fields=True):
    """An opening added (`was` null), changed or deleted (`now` null).

    `scope`: "all", "from" the `day` on (then `now` has an id of its own), or that "day" only: `exception` is what stood on
    that date, null if nothing did, and `fresh` an id drawn for the row that this makes. "row": this row and no other, as
    an undo has it; the single dates that hang on it come beside it.
    """

    was: OpeningRow | None
    now: OpeningRow | None
    scope: Literal["all", "from", "day", "row"] = "all"
    day: date | None = None
    exception: ExceptionRow | None = None
    fresh: UUID | None = None


class ExceptionAsked(msgspec.Struct, forbid_unknown_fields=True):
    """A date that differs, added, changed or deleted."""

    was: ExceptionRow | None
    now: ExceptionRow | None


class AbsenceAsked(msgspec.Struct, forbid_unknown_fields=True):
    """An absence added, changed or deleted."""

    was: AbsenceRow | None
    now: AbsenceRow | None


class HoursAsked(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Changes of one agenda's hours, made together or not at all, in this order."""

    agenda: UUID
    openings: Annotated[list[OpeningAsked], Meta(max_length=OPENINGS_ASKED_MAX)] = []
    exceptions: Annotated[list[ExceptionAsked], Meta(max_length=DATES_ASKED_MAX)] = []
    absences: Annotated[list[AbsenceAsked], Meta(max_length=DATES_ASKED_MAX)] = []


@dataclass(frozen=True, slots=True)
class Outcome:
    """The edits, one after the other, and the agenda before and after all of them, wherever it stands now."""

    edits: tuple[Edit, ...]
    before: Agenda
    after: Agenda


def outcome_of(asked: HoursAsked, agenda: Agenda) -> Outcome:
    """Raises InvalidRule."""
    after, edits = agenda, list[Edit]()
    for opening in asked.openings:
        _check_own(asked.agenda, opening.was, opening.now)
        check_days(opening.day)
        edits.append(_edit(opening, after))
        after = edits[-1].applied(after)
    for exception in asked.exceptions:
        _check_own(asked.agenda, exception.was, exception.now)
        edits.append(Edit(changes=((_change(exception.was), _change(exception.now)),)))
        after = edits[-1].applied(after)
    for absence in asked.absences:
        _check_own(asked.agenda, absence.was, absence.now)
        was = None if absence.was is None else absence.was.rule()
        now = None if absence.now is None else absence.now.rule()
        edits.append(Edit(absences=((was, now),)))
        after = edits[-1].applied(after)
    before = after
    for edit in reversed(edits):
        before = edit.undone().applied(before)
    return Outcome(tuple(edits), before, after)


def undo_of(outcome: Outcome) -> HoursAsked | None:
    """What takes all edits back, row by row and last one first; None where it is more than one request holds."""
    agenda = outcome.after.agenda
    openings, exceptions, absences = list[OpeningAsked](), list[ExceptionAsked](), list[AbsenceAsked]()
    for edit in reversed(outcome.edits):
        back = edit.undone()
        openings += [
            OpeningAsked(_row(was, agenda), _row(now, agenda), "row")
            for was, now in back.openings
            if was != now
        ]
        exceptions += [ExceptionAsked(_row(was, agenda), _row(now, agenda)) for was, now in back.changes]
        absences += [AbsenceAsked(_row(was, agenda), _row(now, agenda)) for was, now in back.absences]
    if len(openings) > OPENINGS_ASKED_MAX or max(len(exceptions), len(absences)) > DATES_ASKED_MAX:
        return None
    return HoursAsked(agenda=agenda, openings=openings, exceptions=exceptions, absences=absences)


def _row(value: Opening | DatedChange | Absence | None, agenda: UUID) -> Any:
    return None if value is None else row_of(value, agenda)


def _check_own(
    agenda: UUID,
    was: OpeningRow | ExceptionRow | AbsenceRow | None,
    now: OpeningRow | ExceptionRow | AbsenceRow | None,
) -> None:
    if was is None and now is None:
        raise InvalidRule("was, now: nothing is asked")
    if any(row is not None and row.agenda != agenda for row in (was, now)):
        raise InvalidRule("agenda: a row belongs to another agenda")


def _change(row: ExceptionRow | None) -> DatedChange | None:
    return None if row is None else row.rule()


def _edit(asked: OpeningAsked, agenda: Agenda) -> Edit:
    was = None if asked.was is None else asked.was.rule()
    now = None if asked.now is None else asked.now.rule()
    if was is None or asked.scope == "row":
        return Edit(openings=((was, now),))
    match Scope(asked.scope):
        case Scope.DAY:
            if asked.day is None or asked.fresh is None:
                raise InvalidRule("day, fresh: a change of one day names the day, and a row")
            stands = _change(asked.exception)
            if stands is not None and (stands.opening != was.opening or stands.on_date != asked.day):
                raise InvalidRule("exception: it is of another opening or date")
            edit = edit_day(was, now, day=asked.day, stands=stands, fresh=asked.fresh)
            return Edit(((was, was),), edit.changes)
        case Scope.FROM:
            if asked.day is None:
                raise InvalidRule("day: a change from a day on names the day")
            return edit_from(was, now, day=asked.day, changes=agenda.changes)
        case Scope.ALL:
            if now is not None and now.opening != was.opening:
                raise InvalidRule("opening: a change of all dates keeps the id")
            return edit_all(was, now, changes=agenda.changes)


def doubled(agenda: Agenda) -> DatedChange | None:
    """The first of two dated changes of one opening on one date: the engine would follow one of them alone."""
    seen: dict[tuple[UUID, date], DatedChange] = {}
    for change in agenda.changes:
        if change.kind is ChangeKind.EXTRA or change.opening is None:
            continue
        key = (change.opening, change.on_date)
        if key in seen:
            return seen[key]
        seen[key] = change
    return None
