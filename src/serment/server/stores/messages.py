# SPDX-License-Identifier: AGPL-3.0-or-later
"""Capsules and messages as the server sees them: ciphertext under handles, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import asyncpg

from serment.database.pool import Transaction
from serment.database.queries import Connection, load
from serment.framing import MessageRow

_QUERIES = load("messages")


async def read_notifier(connection: Connection, today: date) -> asyncpg.Record | None:
    """The root, and code keys as JSON text."""
    return await _QUERIES["read_notifier"].row(connection, today=today)


async def read_day_keys(connection: Connection, days: Sequence[date]) -> list[asyncpg.Record]:
    return await _QUERIES["read_day_keys"].rows(connection, days=list(days))


async def read_capsules(tx: Transaction, handles: Sequence[bytes]) -> dict[bytes, asyncpg.Record]:
    """By handle; they stay where they are, and nobody else replaces theirs, until the transaction ends."""
    await _QUERIES["hold_still"].value(tx)
    await _QUERIES["lock_sets"].rows(tx, handles=sorted(handles))
    return {row["h"]: row for row in await _QUERIES["read_capsules"].rows(tx, handles=list(handles))}


async def read_sets(connection: Connection, handles: Sequence[bytes]) -> list[asyncpg.Record]:
    """Handles that still have a capsule, with their present set."""
    rows = await _QUERIES["read_capsules"].rows(connection, handles=list(handles))
    return [row for row in rows if not row["gone"]]


async def replace(tx: Transaction, sets: Mapping[bytes, int], messages: Sequence[MessageRow]) -> None:
    """Raises UniqueViolationError for a message id that stands twice in one set."""
    await _QUERIES["void"].run(tx, handles=list(sets), sets=list(sets.values()))
    await _QUERIES["replace"].run(
        tx,
        handles=list(sets),
        sets=list(sets.values()),
        message_h=[message.h for message in messages],
        mids=[message.mid for message in messages],
        send_days=[date.fromisoformat(message.send_day) for message in messages],
        message_sets=[message.set for message in messages],
        messages=[message.message for message in messages],
    )


async def delete(tx: Transaction, handles: Sequence[bytes]) -> None:
    await _QUERIES["delete"].run(tx, handles=list(handles))


async def read_messages(connection: Connection, handles: Sequence[bytes]) -> list[asyncpg.Record]:
    return await _QUERIES["read_messages"].rows(connection, handles=list(handles))


async def see_to(tx: Transaction, h: bytes, mids: Sequence[bytes], *, seen: bool) -> None:
    await _QUERIES["see_to"].run(tx, h=h, mids=list(mids), seen=seen)


async def object_(connection: Connection, stop: bytes, *, again: bool, most: int) -> bool:
    return bool(await _QUERIES["object"].run(connection, stop=stop, again=again, most=most))


async def find_by_act(connection: Connection, tags: Sequence[bytes]) -> asyncpg.Record | None:
    return await _QUERIES["find_by_act"].row(connection, tags=list(tags))
