# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which appointments a change of hours leaves where nobody works: an absence over them, or no opening any more.

A change loses none of them. They are named, and staff decide one by one: keep, move, cancel.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from serment.domain import instants
from serment.domain.agenda import Agenda
from serment.domain.instants import EPOCH_ORDINAL, MINUTES_A_DAY
from serment.domain.intervals import Interval, merged, subtracted

NEAR_MINUTES = 2 * MINUTES_A_DAY  # a visit is a day long at most, and the clock jumps by less than another


class Standing(NamedTuple):
    """An appointment that takes time: `start` aware."""

    record: UUID
    start: datetime
    minutes: int


class Trouble(StrEnum):
    """Why nobody works at that time."""

    ABSENT = "absent"
    CLOSED = "closed"


def troubles_of(agenda: Agenda, visit: Standing) -> frozenset[Trouble]:
    """Why an appointment does not lie wholly within working time; empty if it does.

    Openings kept for other visit types count as working time: somebody is there.
    """
    since = instants.instant_minute(visit.start)
    walls = _walls(agenda.zone, since, since + visit.minutes)
    first, last = (wall // MINUTES_A_DAY + EPOCH_ORDINAL for wall in (walls[0][0], walls[-1][1]))
    runs = merged((run.since, run.until) for run in agenda.occurrences(first - 1, last) if run.open)
    found = set()
    if subtracted(walls, runs):
        found.add(Trouble.CLOSED)
    if any(agenda.absences_touching(low, high) for low, high in walls):
        found.add(Trouble.ABSENT)
    return frozenset(found)


def stranded(
    before: Agenda, after: Agenda, visits: Iterable[Standing]
) -> list[tuple[Standing, frozenset[Trouble]]]:
    """The appointments in trouble after a change that were not so before, with what is new, in order of time."""
    found = []
    for visit in sorted(visits, key=lambda each: (each.start, each.record)):
        fresh = troubles_of(after, visit) - troubles_of(before, visit)
        if fresh:
            found.append((visit, fresh))
    return found


def _walls(zone: str, since: int, until: int) -> list[Interval]:
    """The wall-clock minutes that pass at the site during the instants [since, until)."""
    pieces = instants.stretches(zone, since - NEAR_MINUTES, until + NEAR_MINUTES)
    return merged(
        (max(since, piece.since) + piece.offset, min(until, piece.until) + piece.offset)
        for piece in pieces
        if piece.since < until and piece.until > since
    )
