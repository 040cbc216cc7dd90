# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sealed search index of each unit: entries that are appended, pages of a month that gather them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg

from serment.database.queries import Connection, load

_QUERIES = load("search_index")


class EntryRow(NamedTuple):
    """One sealed entry."""

    entry: UUID
    month: int
    bytes: bytes


class PageRow(NamedTuple):
    """One month, sealed whole."""

    month: int
    epoch: int
    version: int
    bytes: bytes


async def read_state(connection: Connection, practice: UUID, unit: UUID) -> bytes:
    """The same 32 bytes while nothing has changed."""
    state: bytes = await _QUERIES["read_state"].value(connection, practice=practice, unit=unit)
    return state


async def read_pages(connection: Connection, practice: UUID, unit: UUID, since: int) -> list[asyncpg.Record]:
    """month, epoch, version, size of each page from a month on, without its bytes."""
    return await _QUERIES["read_pages"].rows(connection, practice=practice, unit=unit, since=since)


async def read_page(connection: Connection, practice: UUID, unit: UUID, month: int) -> PageRow | None:
    row = await _QUERIES["read_page"].row(connection, practice=practice, unit=unit, month=month)
    return None if row is None else PageRow(row["month"], row["epoch"], row["version"], row["bytes"])


async def read_entries(
    connection: Connection, practice: UUID, unit: UUID, since: int, after: UUID | None, most: int
) -> list[asyncpg.Record]:
    """entry, month, epoch, bytes of what falls in a month or later, from an id on."""
    return await _QUERIES["read_entries"].rows(
        connection, practice=practice, unit=unit, since=since, after=after, most=most
    )


async def add_entries(
    connection: Connection, practice: UUID, unit: UUID, epoch: int, entries: Sequence[EntryRow]
) -> dict[UUID, asyncpg.Record]:
    """What stands under these ids now: the rows given, or what stood before."""
    await _QUERIES["add_entries"].run(
        connection,
        practice=practice,
        unit=unit,
        epoch=epoch,
        entries=[entry.entry for entry in entries],
        months=[entry.month for entry in entries],
        bytes=[entry.bytes for entry in entries],
    )
    rows = await _QUERIES["stored_entries"].rows(
        connection, practice=practice, entries=[entry.entry for entry in entries]
    )
    return {row["entry"]: row for row in rows}


async def lock_page(connection: Connection, practice: UUID, unit: UUID, month: int) -> asyncpg.Record | None:
    """version, epoch and bytes of a month as it stands, until the transaction ends."""
    return await _QUERIES["lock_page"].row(connection, practice=practice, unit=unit, month=month)


async def put_page(connection: Connection, practice: UUID, unit: UUID, page: PageRow) -> bool:
    """Whether the page stands now; False where another browser was first."""
    query = _QUERIES["add_page" if page.version == 1 else "change_page"]
    done = await query.run(
        connection,
        practice=practice,
        unit=unit,
        month=page.month,
        epoch=page.epoch,
        version=page.version,
        bytes=page.bytes,
    )
    return done == 1


async def drop_entries(
    connection: Connection, practice: UUID, unit: UUID, month: int, entries: Sequence[UUID]
) -> int:
    """How many of these went."""
    return await _QUERIES["drop_entries"].run(
        connection, practice=practice, unit=unit, month=month, entries=entries
    )


async def expire(connection: Connection, month: int, most: int) -> int:
    """Deletes pages and, at most so many, entries of months before this one; how many rows went."""
    pages = await _QUERIES["expire_pages"].run(connection, month=month)
    return pages + await _QUERIES["expire_entries"].run(connection, month=month, most=most)
