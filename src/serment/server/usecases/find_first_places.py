# SPDX-License-Identifier: AGPL-3.0-or-later
"""The first free places over several agendas and sites: what a secretary asks with the patient on the phone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from serment.domain import instants
from serment.domain.instants import MINUTES_A_DAY
from serment.domain.search import free_slots
from serment.domain.slot import Slot
from serment.domain.visit_type import HORIZON_DAYS_MAX, Who
from serment.server.instance import Instance
from serment.server.stores import practices
from serment.server.stores.rules import Rules
from serment.server.usecases.errors import NoSuchAgenda
from serment.server.usecases.membership import Staff
from serment.server.usecases.read_rules import rules_of
from serment.server.usecases.situation import Asked, see_days

PLACES_MAX = 60
PLACES_EACH_MAX = 12
VISIT_TYPES_MAX = 20
SEARCH_DAYS_FIRST = 7  # then twice as many, up to
SEARCH_DAYS_MAX = 56
_MORNING_ENDS_MINUTE = 13 * 60  # practices' mornings run past noon


class Part(StrEnum):
    """Which part of the site's day a place begins in."""

    ANY = "any"
    MORNING = "morning"
    AFTERNOON = "afternoon"

    def holds(self, minute: int) -> bool:
        """Whether a wall-clock minute of the day lies in it. The afternoon begins at 13:00."""
        return self is Part.ANY or (minute < _MORNING_ENDS_MINUTE) == (self is Part.MORNING)


class Wanted(msgspec.Struct, frozen=True):
    """`weekdays` (1 is Monday) empty means any day; `each` is how many places one agenda may fill at most, `most` all."""

    agendas: Sequence[UUID]
    visit_types: Sequence[UUID]
    first: date
    part: Part = Part.ANY
    weekdays: frozenset[int] = frozenset()
    each: int = 3
    most: int = 20


class FoundPlace(msgspec.Struct, frozen=True):
    """A time that staff may take now."""

    agenda: UUID
    visit_type: UUID
    start: datetime
    minutes: int


class FirstPlaces(msgspec.Struct, frozen=True):
    """In order of time. `until`: the last day looked at; `more`: later days may hold further places."""

    places: list[FoundPlace]
    until: date
    more: bool


async def find_first_places(instance: Instance, staff: Staff, wanted: Wanted) -> FirstPlaces:
    """Looks at all agendas a week further, then at longer spells, until there are enough places or no days left.

    Staff's own offer: no notice, no horizon but the longest there is, staff-only types too. Raises NoSuchAgenda for an
    agenda of another practice or of a unit the caller is not in. Like every list of free time it is a hint: who holds
    first has it.
    """
    rows = await practices.read_agendas(instance.pool, staff.practice, wanted.agendas)
    if missing := set(wanted.agendas) - {row["agenda"] for row in rows}:
        raise NoSuchAgenda().about(*missing)
    for row in rows:
        staff.check_unit(row["unit"])
    every = [await rules_of(instance, row["agenda"], at_least=row["rules_version"]) for row in rows]
    asked = [
        (rules, Asked(rules.agenda_id, visit_type, Who.STAFF))
        for rules in every
        for visit_type in wanted.visit_types
        if visit_type in rules.visit_types and rules.agenda.active
    ]
    today = min(
        (instants.local_day(instance.clock(), rules.agenda.zone) for rules in every), default=wanted.first
    )
    last = today + timedelta(days=HORIZON_DAYS_MAX)
    return await _look(instance, asked, wanted, max(wanted.first, today), last)


async def _look(
    instance: Instance, asked: list[tuple[Rules, Asked]], wanted: Wanted, first: date, last: date
) -> FirstPlaces:
    found: list[FoundPlace] = []
    filled: dict[UUID, int] = {}
    days = SEARCH_DAYS_FIRST
    while first <= last:
        for rules, question in asked:
            if filled.get(rules.agenda_id, 0) >= wanted.each:
                continue
            seen = await see_days(instance, question, first, days)
            slots = free_slots(seen.rules.agenda, seen.visit_type, seen.situation, first=first, days=days)
            found += _first_of(_fitting(slots, wanted), question, wanted.each)
        first += timedelta(days=days)
        found = _few_of_each(found, wanted)
        filled = {agenda: sum(place.agenda == agenda for place in found) for agenda in wanted.agendas}
        enough = len(found) >= wanted.most or all(
            filled[rules.agenda_id] >= wanted.each for rules, _ in asked
        )
        if enough:
            break
        days = min(2 * days, SEARCH_DAYS_MAX)
    until = min(first - timedelta(days=1), last)
    return FirstPlaces(found[: wanted.most], until, more=bool(found) and until < last)


def _fitting(slots: Sequence[Slot], wanted: Wanted) -> Iterator[Slot]:
    for slot in slots:
        minute = (slot.start_minute + slot.offset_minutes) % MINUTES_A_DAY
        if wanted.part.holds(minute) and (not wanted.weekdays or slot.day.isoweekday() in wanted.weekdays):
            yield slot


def _first_of(slots: Iterator[Slot], question: Asked, most: int) -> list[FoundPlace]:
    """The first places that do not overlap one another: three starts five minutes apart are one place to a caller."""
    places: list[FoundPlace] = []
    after = None
    for slot in slots:
        if len(places) == most:
            break
        if after is None or slot.start >= after:
            places.append(FoundPlace(question.agenda, question.visit_type, slot.start, slot.minutes))
            after = slot.end
    return places


def _few_of_each(places: list[FoundPlace], wanted: Wanted) -> list[FoundPlace]:
    """In order of time, then of the agendas asked; of every agenda no more than `each`, no two that begin together."""
    kept: list[FoundPlace] = []
    counts: dict[UUID, int] = {}
    starts: set[tuple[UUID, datetime]] = set()
    rank = {agenda: nth for nth, agenda in enumerate(wanted.agendas)}
    for place in sorted(places, key=lambda place: (place.start, rank[place.agenda], place.visit_type)):
        here = (place.agenda, place.start)
        if counts.get(place.agenda, 0) < wanted.each and here not in starts:
            counts[place.agenda] = counts.get(place.agenda, 0) + 1
            starts.add(here)
            kept.append(place)
    return kept
