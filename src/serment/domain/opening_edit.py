# SPDX-License-Identifier: AGPL-3.0-or-later
"""Editing an opening where somebody points at one day of it: that day only, from that day on, or all of it.

An edit is a list of rows to change, each with what stood and what stands afterwards; nothing is stored here. What was
written for single dates stays written: a day that was closed or moved by hand stays so, whichever rule runs there later.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from serment.domain.agenda import Absence, Agenda, ChangeKind, DatedChange, Opening
from serment.domain.errors import InvalidRule
from serment.domain.recurrence import recurrence

NEXT_DAYS_MAX = 366 * 9  # a rule of every fourth 29 February runs again within eight years
Row = TypeVar("Row")
_COUNT = re.compile(r"(?<![A-Z])COUNT=(\d+)", re.IGNORECASE)


class Scope(StrEnum):
    """How far an edit reaches."""

    DAY = "day"
    FROM = "from"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Edit:
    """Rows to change: (what stood, what stands then); None is no row."""

    openings: tuple[tuple[Opening | None, Opening | None], ...] = ()
    changes: tuple[tuple[DatedChange | None, DatedChange | None], ...] = ()
    absences: tuple[tuple[Absence | None, Absence | None], ...] = ()

    def applied(self, agenda: Agenda) -> Agenda:
        """The agenda after it; where it was made already, the agenda as it is."""
        return replace(
            agenda,
            openings=_swapped(agenda.openings, self.openings, lambda each: each.opening),
            changes=_swapped(agenda.changes, self.changes, lambda each: each.change),
            absences=_swapped(agenda.absences, self.absences, lambda each: each.absence),
        )

    def undone(self) -> Edit:
        """What takes it back."""
        return Edit(_turned(self.openings), _turned(self.changes), _turned(self.absences))


def _swapped(
    rows: Sequence[Row], pairs: Sequence[tuple[Row | None, Row | None]], key: Callable[[Row], UUID]
) -> tuple[Row, ...]:
    kept = {key(row): row for row in rows}
    for was, now in pairs:
        if was is not None:
            kept.pop(key(was), None)
        if now is not None:
            kept[key(now)] = now
    return tuple(kept.values())


def _turned(
    pairs: Sequence[tuple[Row | None, Row | None]],
) -> tuple[tuple[Row | None, Row | None], ...]:
    return tuple((now, was) for was, now in reversed(pairs))


def edit_day(
    opening: Opening,
    wanted: Opening | None,
    *,
    day: date,
    stands: DatedChange | None,
    fresh: UUID,
) -> Edit:
    """Other hours on one day only; `wanted` None closes it. `stands` is the dated change of that day, if there is one.

    Of `wanted` count the hours and the visit types. `fresh` names the row where none stands. Raises InvalidRule for a day
    that the opening does not run on, and for opening a reserved one to all visit types on a single day.
    """
    if not opening.runs_on(day.toordinal()):
        raise InvalidRule(f"day: the opening does not run on {day}")
    row = DatedChange(
        change=fresh if stands is None else stands.change,
        on_date=day,
        kind=ChangeKind.CLOSED,
        opening=opening.opening,
    )
    if wanted is not None:
        if wanted.visit_types is None and opening.visit_types is not None:
            raise InvalidRule("visit_types: a reserved opening names its visit types on a single day too")
        row = replace(
            row,
            kind=ChangeKind.REPLACED,
            start_minute=wanted.start_minute,
            end_minute=wanted.end_minute,
            visit_types=None if wanted.visit_types == opening.visit_types else wanted.visit_types,
        )
    return Edit(changes=((stands, row),))


def edit_from(opening: Opening, wanted: Opening | None, *, day: date, changes: Sequence[DatedChange]) -> Edit:
    """Another rule from one day on; `wanted` None ends the opening the day before. No earlier date changes.

    `wanted` has an id of its own. Where it keeps the rule it keeps its rhythm too, so that "every other week" stays in its
    weeks and a rule of so many times ends when it would have. `changes` are the agenda's; those of later dates go over.
    Raises InvalidRule.
    """
    mine = [change for change in changes if change.opening == opening.opening]
    cut = _cut(opening, day)
    moved = None if wanted is None else _continued(opening, wanted, day)
    pairs: list[tuple[DatedChange | None, DatedChange | None]] = []
    for change in mine:
        if change.on_date < day:
            if cut is None:
                pairs.append((change, None))
        elif moved is not None and moved.runs_on(change.on_date.toordinal()):
            pairs.append((change, replace(change, opening=moved.opening)))
        else:
            pairs.append((change, None))
    openings: list[tuple[Opening | None, Opening | None]] = [(opening, cut)]
    if moved is not None:
        openings.append((None, moved))
    return Edit(tuple(openings), tuple(pairs))


def edit_all(opening: Opening, wanted: Opening | None, *, changes: Sequence[DatedChange]) -> Edit:
    """Another rule for all its dates, past ones too; `wanted` None deletes it with what was written for its dates."""
    if wanted is not None:
        return Edit(openings=((opening, wanted),))
    mine = [change for change in changes if change.opening == opening.opening]
    return Edit(((opening, None),), tuple((change, None) for change in mine))


def _cut(opening: Opening, day: date) -> Opening | None:
    """The opening up to the day before; None if it never ran until then. A rule older than NEXT_DAYS_MAX is kept unasked:
    one that never ran does no harm."""
    last = day - timedelta(days=1)
    if opening.last_date is not None and opening.last_date < last:
        last = opening.last_date
    first = opening.first_date.toordinal()
    days = range(first, last.toordinal() + 1)
    if len(days) <= NEXT_DAYS_MAX and not any(map(opening.runs_on, days)):
        return None
    return replace(opening, last_date=last)


def _continued(opening: Opening, wanted: Opening, day: date) -> Opening:
    if wanted.opening == opening.opening:
        raise InvalidRule("opening: a rule from a day on is a new row with an id of its own")
    if wanted.rrule != opening.rrule:
        return replace(wanted, first_date=max(day, wanted.first_date))
    runs = recurrence(opening.rrule, opening.first_date)
    start = max(day, opening.first_date).toordinal()
    found = next((each for each in range(start, start + NEXT_DAYS_MAX) if runs(each)), None)
    if found is None:
        raise InvalidRule(f"day: the opening does not run from {day} on")
    rule = _COUNT.sub(
        lambda count: f"COUNT={int(count[1]) - sum(map(runs, range(opening.first_date.toordinal(), found)))}",
        opening.rrule,
    )
    return replace(wanted, rrule=rule, first_date=date.fromordinal(found))
