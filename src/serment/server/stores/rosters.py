# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rosters as they are stored: signed events, and seeds sealed to members."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from serment.database.queries import Connection, load
from serment.framing import SignedEvent

_QUERIES = load("rosters")


async def read_head(connection: Connection, practice: UUID) -> tuple[int, bytes] | None:
    """(seq, head) of the last event, or None without a roster."""
    row = await _QUERIES["read_head"].row(connection, practice=practice)
    return None if row is None else (row["seq"], row["head"])


async def read_events(connection: Connection, practice: UUID, after: int, most: int) -> list[SignedEvent]:
    """The events with a seq above `after`, in order."""
    rows = await _QUERIES["read_events"].rows(connection, practice=practice, after=after, most=most)
    return [SignedEvent(row["event"], row["sig"]) for row in rows]


async def append(connection: Connection, practice: UUID, seq: int, event: SignedEvent) -> None:
    await _QUERIES["append"].run(
        connection, practice=practice, seq=seq, event=event.event, sig=event.sig, head=event.head
    )


async def name_fingerprint(connection: Connection, practice: UUID, fingerprint: bytes) -> None:
    await _QUERIES["name_fingerprint"].run(connection, practice=practice, fingerprint=fingerprint)


async def read_instance(connection: Connection) -> tuple[str, bytes | None] | None:
    """The instance's name and its secret's tag (None: no secret was used yet), or None before the first start."""
    row = await _QUERIES["read_instance"].row(connection)
    return None if row is None else (row["name"], row["secret_tag"])


async def know_secret(connection: Connection, tag: bytes) -> None:
    await _QUERIES["know_secret"].run(connection, tag=tag)


async def name_instance(connection: Connection, name: str) -> None:
    """Names the instance; a name that stands stays."""
    await _QUERIES["name_instance"].run(connection, name=name)


async def read_seeds(
    connection: Connection, practice: UUID, kid: bytes, units: Sequence[UUID]
) -> tuple[list[asyncpg.Record], list[asyncpg.Record]]:
    """(seeds sealed to this kid, seeds of earlier epochs) of some units."""
    seeds = await _QUERIES["read_seeds"].rows(connection, practice=practice, kid=kid, units=units)
    return seeds, await _QUERIES["read_previous"].rows(connection, practice=practice, units=units)
