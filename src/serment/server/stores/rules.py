# SPDX-License-Identifier: AGPL-3.0-or-later
"""An agenda's rules, from one snapshot, as the domain's values."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from serment.database.queries import Connection, load
from serment.domain.agenda import Absence, Agenda, DatedChange, Opening
from serment.domain.visit_type import VisitType

_QUERIES = load("rules")


class Room(msgspec.Struct, frozen=True):
    """A resource of the agenda's site."""

    resource: UUID
    kind: str


class Rules(msgspec.Struct, frozen=True):
    """What one agenda's slots depend on, at one version. `visit_types` are those it offers."""

    version: int
    practice: UUID
    agenda_id: UUID
    unit: UUID
    site: UUID
    practitioner: UUID
    specialty: str
    latitude: float
    longitude: float
    agenda: Agenda
    visit_types: dict[UUID, VisitType]
    rooms: tuple[Room, ...]

    def resources_for(self, visit_type: VisitType) -> list[UUID]:
        """The resources a visit type may take at this site."""
        return [room.resource for room in self.rooms if room.kind in visit_type.resource_kinds]


class _Row(msgspec.Struct):
    practice: UUID
    agenda: UUID
    unit: UUID
    site: UUID
    practitioner: UUID
    works_on_holidays: bool
    active: bool
    last_date: date | None
    zone: str
    holiday_region: str
    latitude: float
    longitude: float
    specialty: str
    openings: list[Opening]
    changes: list[DatedChange]
    absences: list[Absence]
    visit_types: list[dict[str, object]]
    resources: list[Room]


_decoder = msgspec.json.Decoder(_Row)


async def read(connection: Connection, agenda: UUID) -> Rules | None:
    """The rules as they stand, or None for an agenda that does not exist. Raises InvalidRule for what cannot be kept."""
    row = await _QUERIES["read_rules"].row(connection, agenda=agenda)
    return None if row is None else _rules(row["rules_version"], _decoder.decode(row["rules"]))


def _rules(version: int, row: _Row) -> Rules:
    visit_types = [
        msgspec.convert({**raw, "agendas": [str(row.agenda)]}, VisitType) for raw in row.visit_types
    ]
    return Rules(
        version=version,
        practice=row.practice,
        agenda_id=row.agenda,
        unit=row.unit,
        site=row.site,
        practitioner=row.practitioner,
        specialty=row.specialty,
        latitude=row.latitude,
        longitude=row.longitude,
        agenda=Agenda(
            agenda=row.agenda,
            zone=row.zone,
            holiday_region=row.holiday_region,
            works_on_holidays=row.works_on_holidays,
            active=row.active,
            last_date=row.last_date,
            openings=tuple(row.openings),
            changes=tuple(row.changes),
            absences=tuple(row.absences),
        ),
        visit_types={visit_type.visit_type: visit_type for visit_type in visit_types},
        rooms=tuple(row.resources),
    )
