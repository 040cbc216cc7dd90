# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is public of practices, and what their own desk reads: JSON made by the database, handed on as it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

import asyncpg

from serment.database.queries import Connection, load

_QUERIES = load("practices")


async def read_agenda_page(connection: Connection, agenda: UUID, now: datetime) -> str | None:
    return cast("str | None", await _QUERIES["read_agenda_page"].value(connection, agenda=agenda, now=now))


async def asks_check(connection: Connection, practice: bytes, notifier: bytes) -> bool:
    """Whether a practice (its 16 bytes) wants numbers checked by this notifier, and it is the one that serves."""
    return bool(
        await _QUERIES["asks_check"].value(connection, practice=UUID(bytes=practice), notifier=notifier)
    )


async def read_practice_page(connection: Connection, slug: str, now: datetime) -> str | None:
    return cast("str | None", await _QUERIES["read_practice_page"].value(connection, slug=slug, now=now))


async def read_house(connection: Connection, practice: UUID) -> str | None:
    return cast("str | None", await _QUERIES["read_house"].value(connection, practice=practice))


async def read_agendas(
    connection: Connection, practice: UUID, agendas: Sequence[UUID]
) -> list[asyncpg.Record]:
    """Those of the agendas that are the practice's: agenda, unit, timezone, holiday_region, rules_version."""
    return await _QUERIES["read_agendas"].rows(connection, practice=practice, agendas=agendas)


async def read_agendas_of_units(
    connection: Connection, practice: UUID, units: Sequence[UUID]
) -> list[asyncpg.Record]:
    """agenda and rules_version of those that are open."""
    return await _QUERIES["read_agendas_of_units"].rows(connection, practice=practice, units=units)


async def read_holds(
    connection: Connection,
    practice: UUID,
    agendas: Sequence[UUID],
    since: datetime,
    until: datetime,
    now: datetime,
) -> list[asyncpg.Record]:
    return await _QUERIES["read_holds"].rows(
        connection, practice=practice, agendas=agendas, since=since, until=until, now=now
    )


async def read_used(
    connection: Connection, practice: UUID, agendas: Sequence[UUID], since: datetime, until: datetime
) -> list[asyncpg.Record]:
    """Rooms and devices taken: record, resource."""
    return await _QUERIES["read_used"].rows(
        connection, practice=practice, agendas=agendas, since=since, until=until
    )
