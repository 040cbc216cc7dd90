# SPDX-License-Identifier: AGPL-3.0-or-later
"""The access ledger's rows: who took which sealed bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg

from serment.database.pool import Pool, Transaction
from serment.database.queries import Connection, load
from serment.domain.ledger import Entry, Erasure, Part, Purpose

_QUERIES = load("ledger")


@dataclass(frozen=True, slots=True)
class Sought:
    """Lines of one practice, by its days, the last one included. What is None lets everything through; `by_link`: patients'
    links or members; `parts`: lines in which one of these left."""

    practice: UUID
    first: date
    last: date
    zone: str
    parts: Part
    member: UUID | None = None
    by_link: bool | None = None
    record: UUID | None = None

    def given(self) -> dict[str, object]:
        """As the statements take it."""
        return {name: getattr(self, name) for name in self.__slots__} | {"parts": self.parts.value}


async def note(connection: Connection, entry: Entry, salt: bytes) -> None:
    """Kept when this returns."""
    await _QUERIES["note"].run(
        connection,
        salt=salt,
        at=entry.at,
        practice=entry.practice,
        reader=entry.reader,
        purpose=entry.purpose.value,
        parts=entry.parts.value,
        records=entry.records,
    )


async def note_erasure(connection: Connection, erasure: Erasure, salt: bytes) -> None:
    """Kept with the transaction."""
    await _QUERIES["note_erasure"].run(
        connection,
        salt=salt,
        at=erasure.at,
        day=erasure.day,
        what=list(erasure.rows),
        rows=list(erasure.rows.values()),
    )


@asynccontextmanager
async def numbering(pool: Pool) -> AsyncIterator[Connection | None]:
    """A connection that alone numbers and publishes, or None while another does. Whoever dies lets go."""
    async with pool.acquire() as connection:
        if not await _QUERIES["take_numbering"].value(connection):
            yield None
            return
        try:
            yield connection
        finally:
            await _QUERIES["leave_numbering"].run(connection)


async def number(connection: Connection, size: int, most: int) -> int:
    """Numbers new entries from `size` or the first free number on; how many."""
    return await _QUERIES["number_entries"].run(connection, size=size, most=most)


async def read_numbered(
    connection: Connection, since: int, most: int
) -> list[tuple[int, bytes, Entry | Erasure]]:
    """(number, salt, entry), from one number on, in order."""
    rows = await _QUERIES["read_numbered"].rows(connection, since=since, most=most)
    return [(row["leaf"], row["salt"], _line(row)) for row in rows]


def _line(row: asyncpg.Record) -> Entry | Erasure:
    if row["erased_on"] is not None:
        rows = dict(zip(row["erased_what"], row["erased_rows"], strict=True))
        return Erasure(row["at"], row["erased_on"], rows)
    return entry_of(row)


def entry_of(row: asyncpg.Record) -> Entry:
    """Of a row of the table."""
    return Entry(
        row["at"],
        row["practice"],
        row["reader"],
        Purpose(row["purpose"]),
        Part(row["parts"]),
        tuple(row["records"]),
    )


async def has_before(connection: Connection, leaf: int) -> bool:
    """Whether entries below a number are still there."""
    there: bool = await _QUERIES["has_before"].value(connection, leaf=leaf)
    return there


async def read_of_record(
    connection: Connection, practice: UUID, record: UUID, most: int
) -> list[asyncpg.Record]:
    """Who took a part of one record: day (at its site), reader, purpose, parts, times, first, last; the newest first."""
    return await _QUERIES["read_of_record"].rows(connection, practice=practice, record=record, most=most)


async def read_zone(connection: Connection, practice: UUID) -> str | None:
    """The time zone of a practice's first site; None before it has one."""
    zone: str | None = await _QUERIES["read_zone"].value(connection, practice=practice)
    return zone


async def read_lines(
    tx: Transaction, sought: Sought, after: tuple[datetime, UUID] | None, most: int, records_most: int
) -> list[asyncpg.Record]:
    """(line, at, reader, purpose, parts, records), the newest first; more follow unless these are fewer than asked for and
    name fewer records than that."""
    await _QUERIES["plan_anew"].run(tx)
    after_at, after_line = after or (None, None)
    return await _QUERIES["read_lines"].rows(
        tx,
        **sought.given(),
        after_at=after_at,
        after_line=after_line,
        most=most,
        records_most=records_most,
    )


async def read_figures(tx: Transaction, sought: Sought) -> list[asyncpg.Record]:
    """(by_day, reader, day, part, times, taken, last): readers, then days, a row for each part of them."""
    await _QUERIES["plan_anew"].run(tx)
    return await _QUERIES["read_figures"].rows(tx, **sought.given())


async def read_places(
    connection: Connection, practice: UUID, records: Sequence[UUID], units: Sequence[UUID]
) -> list[asyncpg.Record]:
    """(record, agenda, start) of those that are appointments of these units."""
    return await _QUERIES["read_places"].rows(connection, practice=practice, records=records, units=units)


async def count_by_day(connection: Connection, since: datetime) -> list[asyncpg.Record]:
    """(day, members, links): lines, by days of UTC."""
    return await _QUERIES["count_by_day"].rows(connection, since=since)


async def count_by_practice(connection: Connection, since: datetime) -> list[asyncpg.Record]:
    """(slug, members, links), the most first; slug is None for a practice that is gone."""
    return await _QUERIES["count_by_practice"].rows(connection, since=since)


async def erase(connection: Connection, before: datetime, most: int) -> int:
    """Deletes numbered entries from before a time, the oldest first, some at a time; how many."""
    return await _QUERIES["erase"].run(connection, before=before, most=most)
