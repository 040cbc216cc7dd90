# SPDX-License-Identifier: AGPL-3.0-or-later
"""What hangs on a practice's agendas, sites, practitioners, rooms and devices; `rule_rows` reads and writes the rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from serment.database.queries import Connection, load

_QUERIES = load("house_rows")

Counted = Literal["agendas", "sites", "practitioners", "resources"]


async def count(connection: Connection, what: Counted, practice: UUID) -> int:
    return cast("int", await _QUERIES[f"count_{what}"].value(connection, practice=practice))


async def read_practice_row(connection: Connection, practice: UUID) -> str:
    """What the practice asks of who books online, as JSON."""
    return cast("str", await _QUERIES["read_practice_row"].value(connection, practice=practice))


async def put_practice_row(connection: Connection, practice: UUID, booking_check: str) -> None:
    await _QUERIES["put_practice_row"].run(connection, practice=practice, booking_check=booking_check)


async def count_resource_uses(connection: Connection, practice: UUID, resource: UUID, now: datetime) -> int:
    """How many appointments still to end, and holds, take a room or a device."""
    found = await _QUERIES["count_resource_uses"].value(connection, practice=practice, id=resource, now=now)
    return cast("int", found)


async def count_needs(connection: Connection, practice: UUID, row: UUID) -> int:
    """How many agendas, rooms and devices a site has, or agendas a practitioner."""
    return cast("int", await _QUERIES["count_needs"].value(connection, practice=practice, id=row))


async def agendas_at(connection: Connection, practice: UUID, site: UUID) -> dict[UUID, UUID]:
    """The agendas of a site, with their units."""
    rows = await _QUERIES["agendas_at"].rows(connection, practice=practice, site=site)
    return {row["agenda"]: row["unit"] for row in rows}


async def lock_offers(connection: Connection, practice: UUID, agenda: UUID) -> None:
    await _QUERIES["lock_offers"].rows(connection, practice=practice, agenda=agenda)


async def note_agendas(connection: Connection, practice: UUID) -> None:
    """Raises the version of all the practice's agendas, so that every desk reads the practice again."""
    await _QUERIES["note_agendas"].run(connection, practice=practice)


async def offer_here(
    connection: Connection, practice: UUID, agenda: UUID, visit_types: Sequence[UUID]
) -> int:
    """How many of the visit types there are; those are offered on a new agenda."""
    return await _QUERIES["offer_here"].run(
        connection, practice=practice, agenda=agenda, visit_types=visit_types
    )


async def has_number(connection: Connection, practice: UUID, number: str) -> bool:
    """Whether a practitioner of the practice bears or claims a register number."""
    return bool(await _QUERIES["has_number"].value(connection, practice=practice, number=number))
