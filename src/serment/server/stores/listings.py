"""What the public pages say of practices and practitioners: rows as they stand."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from serment.database.queries import Connection, load

_queries = load("listings")

Row = dict[str, Any]


async def practitioner(connection: Connection, slug: str) -> Row | None:
    """The practitioner of this page, with their practice; None if there is none."""
    row = await _queries["practitioner_by_slug"].row(connection, slug=slug)
    return dict(row) if row else None


async def agendas_of_practitioner(
    connection: Connection, practice: UUID, practitioner: UUID, now: datetime
) -> list[Row]:
    """Active agendas that have not ended, with their sites, in the practice's order."""
    rows = await _queries["agendas_of_practitioner"].rows(
        connection, practice=practice, practitioner=practitioner, now=now
    )
    return [dict(row) for row in rows]


async def visit_types(connection: Connection, agendas: Iterable[tuple[UUID, UUID]]) -> dict[UUID, list[Row]]:
    """By agenda, the visit types that patients may see. `agendas` are (practice, agenda)."""
    pairs = list(agendas)
    rows = await _queries["visit_types_of_agendas"].rows(
        connection, practices=[p for p, _ in pairs], agendas=[a for _, a in pairs]
    )
    by_agenda: dict[UUID, list[Row]] = {agenda: [] for _, agenda in pairs}
    for row in rows:
        by_agenda[row["agenda"]].append(dict(row))
    return by_agenda


async def practice(connection: Connection, slug: str, now: datetime) -> Row | None:
    """The practice of this link, with `sites` and `practitioners`; None if there is none."""
    row = await _queries["practice_by_slug"].row(connection, slug=slug)
    if row is None:
        return None
    sites = await _queries["sites_of_practice"].rows(connection, practice=row["practice"], now=now)
    people = await _queries["practitioners_of_practice"].rows(connection, practice=row["practice"], now=now)
    return dict(row) | {"sites": [dict(s) for s in sites], "practitioners": [dict(p) for p in people]}


async def agendas(connection: Connection, wanted: Sequence[tuple[UUID, UUID]]) -> dict[UUID, Row]:
    """By agenda, what a search result says of it. `wanted` are (practice, agenda)."""
    rows = await _queries["agendas_listed"].rows(
        connection, practices=[p for p, _ in wanted], agendas=[a for _, a in wanted]
    )
    return {row["agenda"]: dict(row) for row in rows}


async def agendas_of_rpps(
    connection: Connection, rpps: Sequence[str], now: datetime
) -> list[tuple[UUID, UUID]]:
    """(practice, agenda) of the practitioners with these register numbers."""
    rows = await _queries["agendas_of_rpps"].rows(connection, rpps=list(rpps), now=now)
    return [(row["practice"], row["agenda"]) for row in rows]


async def earliest_around(
    connection: Connection, specialties: Sequence[str], box: dict[str, float], most: int
) -> list[Row]:
    """practice, agenda, visit_type, next_at, longitude, latitude of the hints inside a box, earliest first."""
    return await _around("earliest_around", connection, specialties, box, most)


async def nearest_around(
    connection: Connection, specialties: Sequence[str], box: dict[str, float], most: int
) -> list[Row]:
    """The same, nearest to the middle of the box first."""
    return await _around("nearest_around", connection, specialties, box, most)


async def _around(
    name: str, connection: Connection, specialties: Sequence[str], box: dict[str, float], most: int
) -> list[Row]:
    rows = await _queries[name].rows(connection, specialties=list(specialties), most=most, **box)
    return [dict(row) for row in rows]


async def free_of(connection: Connection, agendas: Sequence[UUID]) -> dict[UUID, Row]:
    """By agenda, the hint of its first free time; agendas without a visit type open to all are left out."""
    rows = await _queries["free_of"].rows(connection, agendas=list(agendas))
    return {row["agenda"]: dict(row) for row in rows}
