# SPDX-License-Identifier: AGPL-3.0-or-later
"""Phone checks as the server sees them: what a browser asks, what the notifier answers, both sealed."""

from __future__ import annotations

from datetime import datetime

import asyncpg

from serment.database.queries import Connection, load

_QUERIES = load("checks")


async def ask(connection: Connection, q: bytes, sealed: bytes, until: datetime, *, most: int) -> str:
    """What stands now: 'asked', 'asked before' (this very question), 'taken', 'full' or 'no notifier'."""
    stands = "again"
    while stands == "again":
        stands = str(await _QUERIES["ask"].value(connection, q=q, ask=sealed, until=until, most=most))
    return stands


async def give_code(connection: Connection, q: bytes, code: bytes, now: datetime, *, tries_most: int) -> bool:
    """Whether it waits to be judged."""
    touched = await _QUERIES["give_code"].run(connection, q=q, code=code, now=now, tries_most=tries_most)
    return touched == 1


async def read(connection: Connection, q: bytes, now: datetime) -> asyncpg.Record | None:
    return await _QUERIES["read"].row(connection, q=q, now=now)


async def forget_spent(connection: Connection, month: int) -> None:
    """`month` (yyyymm) is the first whose signatures live."""
    await _QUERIES["forget_spent"].run(connection, month=month)


async def expire(connection: Connection, now: datetime) -> None:
    await _QUERIES["expire"].run(connection, now=now)
