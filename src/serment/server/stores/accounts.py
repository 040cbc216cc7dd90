# SPDX-License-Identifier: AGPL-3.0-or-later
"""Staff accounts, their sessions and memberships, and the count of passwords tried in vain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import cast
from uuid import UUID

import asyncpg

from serment.database.queries import Connection, load

_QUERIES = load("accounts")


async def read_account(connection: Connection, find_rows: Sequence[bytes]) -> asyncpg.Record | None:
    return await _QUERIES["read_account"].row(connection, find_rows=find_rows)


async def read_unlocks(connection: Connection, account: UUID) -> list[asyncpg.Record]:
    return await _QUERIES["read_unlocks"].rows(connection, account=account)


async def read_practices(connection: Connection, account: UUID, now: datetime) -> list[asyncpg.Record]:
    return await _QUERIES["read_practices"].rows(connection, account=account, now=now)


async def read_memberships(connection: Connection, account: UUID) -> list[tuple[UUID, UUID]]:
    """(practice, member) of each, served or not."""
    rows = await _QUERIES["read_memberships"].rows(connection, account=account)
    return [(row["practice"], row["member"]) for row in rows]


async def note_seen(connection: Connection, account: UUID, today: date, now: datetime) -> None:
    """Who is dormant stays so."""
    await _QUERIES["note_seen"].run(connection, account=account, today=today, now=now)


async def read_dormant(connection: Connection, account: UUID, now: datetime) -> list[asyncpg.Record]:
    """practice, slug, name and member of where this account is dormant and nothing else keeps it out."""
    return await _QUERIES["read_dormant"].rows(connection, account=account, now=now)


async def open_session(
    connection: Connection, token_hash: bytes, account: UUID, expires_at: datetime,
    proved_until: datetime | None = None,
) -> None:  # fmt: skip
    await _QUERIES["open_session"].run(
        connection, token_hash=token_hash, account=account, expires_at=expires_at, proved_until=proved_until
    )


async def close_session(connection: Connection, token_hash: bytes) -> None:
    await _QUERIES["close_session"].run(connection, token_hash=token_hash)


async def read_session(connection: Connection, token_hash: bytes, now: datetime) -> UUID | None:
    """The account of a live session."""
    return cast(
        "UUID | None", await _QUERIES["read_session"].value(connection, token_hash=token_hash, now=now)
    )


async def read_membership(
    connection: Connection, token_hash: bytes, practice: UUID, now: datetime
) -> asyncpg.Record | None:
    """account, member, name, proved_until, frozen and the roster's present head (null without a roster)."""
    return await _QUERIES["read_membership"].row(
        connection, token_hash=token_hash, practice=practice, now=now
    )


async def read_failures(connection: Connection, find_row: bytes) -> asyncpg.Record | None:
    return await _QUERIES["read_failures"].row(connection, find_row=find_row)


async def note_failure(
    connection: Connection, find_row: bytes, *, most: int, now: datetime, closed_until: datetime
) -> asyncpg.Record | None:
    return await _QUERIES["note_failure"].row(
        connection, find_row=find_row, most=most, now=now, closed_until=closed_until
    )


async def forget_failures(connection: Connection, find_row: bytes) -> None:
    await _QUERIES["forget_failures"].run(connection, find_row=find_row)


async def sweep(connection: Connection, now: datetime, failures_most: int) -> None:
    """Deletes sessions past their end and counts whose hour is over, and keeps the counts bounded."""
    await _QUERIES["expire_sessions"].run(connection, now=now)
    await _QUERIES["expire_failures"].run(connection, now=now)
    await _QUERIES["bound_failures"].run(connection, now=now, most=failures_most)
