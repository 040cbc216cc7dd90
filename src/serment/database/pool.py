# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pool: every statement has a client-side deadline.

A frozen primary still acknowledges TCP, so a client without a deadline of its own hangs for minutes; asyncpg's
`command_timeout` counts on this side of the wire.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from serment.database.roles import READER

POSTGRES_VERSION_MIN = 150000
STATEMENT_SECONDS_MAX = 5.0
CONNECT_SECONDS_MAX = 5.0
ACQUIRE_SECONDS_MAX = 5.0
IDLE_SECONDS_MAX = 300.0
POOL_CONNECTIONS_MAX = 10

# What a statement may raise while PostgreSQL restarts or is out of reach. Nothing is known of the statement then: a
# retry must carry the same idempotency key. InternalClientError belongs here: asyncpg raises it on a connection whose
# server died between two messages.
UNREACHABLE: tuple[type[Exception], ...] = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
    asyncpg.exceptions.InterfaceError,
    asyncpg.exceptions.InternalClientError,
)

Pool = asyncpg.Pool
Transaction = PoolConnectionProxy


class PostgresTooOld(Exception):
    """PostgreSQL 15 or newer is needed. Nothing was changed. Point SERMENT_DATABASE_URL at a newer server."""


class NotUtf8(Exception):
    """The database is not encoded in UTF8: names of people and towns would not fit. Nothing was changed. Make another:
    createdb -E UTF8 -T template0 serment."""


class Asked(Protocol):
    """A connection or a pool."""

    async def fetchval(self, query: str, /) -> Any:
        """The first value of the first row."""


async def check_fit(connection: Asked) -> None:
    """Raises PostgresTooOld or NotUtf8."""
    version = int(await connection.fetchval("SHOW server_version_num"))
    if version < POSTGRES_VERSION_MIN:
        raise PostgresTooOld(
            f"This PostgreSQL is {version // 10000}; Serment needs 15 or newer. Nothing was changed. Point "
            "SERMENT_DATABASE_URL at a newer server, or unset it to use the embedded one."
        )
    if await connection.fetchval("SHOW server_encoding") != "UTF8":
        raise NotUtf8


async def open_pool(
    url: str,
    *,
    application_name: str = "serment",
    connections_max: int = POOL_CONNECTIONS_MAX,
    statement_seconds: float = STATEMENT_SECONDS_MAX,
) -> Pool:
    """Opens a pool on `url`; the caller closes it. Raises PostgresTooOld, NotUtf8, and what asyncpg raises when nobody
    answers.

    Sessions speak UTC, and the server too gives up a statement or an idle transaction that outlives the deadline, so
    that a client that vanished holds no lock.
    """
    deadline_ms = str(int(statement_seconds * 1000))
    pool: Pool = await asyncpg.create_pool(
        url,
        min_size=0,  # a floor would be restored in the background, loudly, while the database restarts
        max_size=connections_max,
        max_inactive_connection_lifetime=IDLE_SECONDS_MAX,
        timeout=CONNECT_SECONDS_MAX,
        command_timeout=statement_seconds,
        server_settings={
            "application_name": application_name,
            "TimeZone": "UTC",
            "statement_timeout": deadline_ms,
            "idle_in_transaction_session_timeout": deadline_ms,
        },
    )
    try:
        await check_fit(pool)
    except BaseException:
        pool.terminate()
        raise
    return pool


@asynccontextmanager
async def brief_connection(url: str) -> AsyncIterator[asyncpg.Connection]:
    """One connection for a question or two, none of which may take long. Raises what asyncpg raises when nobody answers."""
    connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS_MAX, command_timeout=CONNECT_SECONDS_MAX)
    try:
        yield connection
    finally:
        await connection.close()


_WALL = "SELECT set_config('role', $1, true), set_config('serment.practice', $2, true)"


@asynccontextmanager
async def walled(pool: Pool, practice: UUID) -> AsyncIterator[Transaction]:
    """A transaction in which PostgreSQL itself shows the sealed rows of this practice and no others (`roles.READER`), whatever
    the statements ask for; none can write. Raises UndefinedObjectError or InsufficientPrivilegeError, and reads nothing, where
    the role is missing or not this user's.
    """
    async with transaction(pool) as tx:
        await tx.execute(_WALL, READER, str(practice))
        yield tx


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Transaction]:
    """One transaction on one connection of the pool: committed when the block ends, rolled back when it raises."""
    async with pool.acquire(timeout=ACQUIRE_SECONDS_MAX) as connection, connection.transaction():
        yield connection
