# SPDX-License-Identifier: AGPL-3.0-or-later
"""What each linked program is still to be told, and its place in that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from serment.database.pool import Transaction
from serment.database.queries import Connection, load

_QUERIES = load("feed")


class Stretch(NamedTuple):
    """The instants [since, until) of one agenda that a program is told."""

    agenda: UUID
    since: datetime
    until: datetime


class Handed(NamedTuple):
    """One appointment of an answer; `gone`: no longer the program's to know."""

    record: UUID
    gone: bool


async def lock_cursor(tx: Transaction, practice: UUID, connector: UUID) -> asyncpg.Record | None:
    """The hashes of its cursors, whether the database was `restored` since, and the kid of its key. None: not served."""
    return await _QUERIES["lock_cursor"].row(tx, practice=practice, connector=connector)


async def advance(
    tx: Transaction, practice: UUID, connector: UUID, *, last: bytes, due: bytes, resync: bool, now: datetime
) -> None:
    await _QUERIES["advance"].run(
        tx, practice=practice, connector=connector, last=last, due=due, resync=resync, now=now
    )


async def acknowledge(tx: Transaction, practice: UUID, connector: UUID, kid: bytes) -> None:
    await _QUERIES["acknowledge"].run(tx, practice=practice, connector=connector, kid=kid)


async def begin_anew(tx: Transaction, practice: UUID, connector: UUID) -> None:
    await _QUERIES["begin_anew"].run(tx, practice=practice, connector=connector)


def _columns(stretches: Sequence[Stretch]) -> dict[str, object]:
    return {
        "agendas": [each.agenda for each in stretches],
        "sinces": [each.since for each in stretches],
        "untils": [each.until for each in stretches],
    }


async def read_changed(
    tx: Transaction,
    practice: UUID,
    connector: UUID,
    stretches: Sequence[Stretch],
    *,
    since: datetime,
    most: int,
) -> list[Handed]:
    """Of what was told before; `since`: for agendas that are its no more."""
    rows = await _QUERIES["read_changed"].rows(
        tx, practice=practice, connector=connector, **_columns(stretches), since=since, most=most
    )
    return [Handed(row["record"], row["gone"]) for row in rows]


async def read_new(
    tx: Transaction, practice: UUID, connector: UUID, stretches: Sequence[Stretch], kid: bytes, *, first: bool, most: int
) -> list[Handed]:  # fmt: skip
    """Of what was not told yet, of a first window or not."""
    if not stretches:
        return []
    rows = await _QUERIES["read_new"].rows(
        tx, practice=practice, connector=connector, **_columns(stretches), kid=kid, first=first, most=most,
        since=min(each.since for each in stretches), until=max(each.until for each in stretches),
    )  # fmt: skip
    return [Handed(row["record"], row["gone"]) for row in rows]


async def hand(tx: Transaction, practice: UUID, connector: UUID, handed: Sequence[Handed]) -> None:
    await _QUERIES["hand"].run(
        tx, practice=practice, connector=connector,
        records=[each.record for each in handed], gone=[each.gone for each in handed],
    )  # fmt: skip


async def read_handed(tx: Transaction, practice: UUID, connector: UUID) -> list[Handed]:
    rows = await _QUERIES["read_handed"].rows(tx, practice=practice, connector=connector)
    return [Handed(row["record"], row["gone"]) for row in rows]


async def place(
    tx: Transaction, practice: UUID, wrapped: Sequence[tuple[UUID, bytes]], now: datetime
) -> None:
    """`wrapped`: (record, kid) of stanzas that were added; those of linked programs count."""
    await _QUERIES["place"].run(
        tx,
        practice=practice,
        records=[record for record, _ in wrapped],
        kids=[kid for _, kid in wrapped],
        now=now,
    )


async def follow_agendas(
    tx: Transaction, practice: UUID, connector: UUID, agendas: Sequence[UUID], since: datetime
) -> None:
    await _QUERIES["follow_agendas"].run(
        tx, practice=practice, connector=connector, agendas=agendas, since=since
    )


async def zones(connection: Connection, practice: UUID, agendas: Sequence[UUID]) -> list[asyncpg.Record]:
    """agenda, unit, timezone."""
    return await _QUERIES["zones"].rows(connection, practice=practice, agendas=agendas)
