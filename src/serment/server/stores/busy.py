# SPDX-License-Identifier: AGPL-3.0-or-later
"""Time that is taken in the practice's own software, block by block."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

import asyncpg

from serment.database.pool import Transaction
from serment.database.queries import Connection, load

_QUERIES = load("busy")


async def put(
    tx: Transaction, practice: UUID, connector: UUID, block: UUID, *,
    agenda: UUID, since: datetime, until: datetime, version: int,
) -> asyncpg.Record | None:  # fmt: skip
    """version and standing; None where a later version is known, or the agenda's time is not the program's to take."""
    return await _QUERIES["put"].row(
        tx, practice=practice, connector=connector, block=block, agenda=agenda, since=since, until=until, version=version
    )  # fmt: skip


async def delete(
    tx: Transaction, practice: UUID, connector: UUID, block: UUID, *, version: int, keep_until: datetime
) -> asyncpg.Record | None:
    """The same. `keep_until`: how long one that was never put is remembered."""
    return await _QUERIES["delete"].row(
        tx, practice=practice, connector=connector, block=block, version=version, keep_until=keep_until
    )


async def read(tx: Transaction, practice: UUID, connector: UUID, block: UUID) -> asyncpg.Record | None:
    return await _QUERIES["read"].row(tx, practice=practice, connector=connector, block=block)


async def count_standing(tx: Transaction, practice: UUID, agenda: UUID) -> int:
    """In a transaction in which nobody else places a block there."""
    await _QUERIES["queue"].run(tx, agenda=agenda)
    return cast("int", await _QUERIES["count_standing"].value(tx, practice=practice, agenda=agenda))


async def drop_outside(tx: Transaction, practice: UUID, connector: UUID, agendas: Sequence[UUID]) -> None:
    await _QUERIES["drop_outside"].run(tx, practice=practice, connector=connector, agendas=agendas)


async def read_between(
    connection: Connection, practice: UUID, agendas: Sequence[UUID], since: datetime, until: datetime
) -> list[asyncpg.Record]:
    """block, agenda, since, until, and the records of appointments it lies over."""
    return await _QUERIES["read_between"].rows(
        connection, practice=practice, agendas=agendas, since=since, until=until
    )


async def note_alive(
    connection: Connection, practice: UUID, connector: UUID, agendas: Sequence[UUID], now: datetime
) -> None:
    await _QUERIES["note_alive"].run(
        connection, practice=practice, connector=connector, agendas=agendas, now=now
    )


async def read_silent(
    connection: Connection, practice: UUID, agendas: Sequence[UUID], now: datetime
) -> list[UUID]:
    rows = await _QUERIES["read_silent"].rows(connection, practice=practice, agendas=agendas, now=now)
    return [row["agenda"] for row in rows]


async def expire(connection: Connection, now: datetime) -> None:
    await _QUERIES["expire"].run(connection, now=now)
