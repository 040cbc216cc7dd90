# SPDX-License-Identifier: AGPL-3.0-or-later
"""The clear part of appointments: time, visit type, status, acts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

import asyncpg

from serment.database.queries import Connection, load

_QUERIES = load("appointments")


async def find_by_token(connection: Connection, row_token_hash: bytes) -> tuple[UUID, UUID] | None:
    """(practice, record) of a row token."""
    row = await _QUERIES["find_by_token"].row(connection, row_token_hash=row_token_hash)
    return None if row is None else (row["practice"], row["record"])


async def lock(connection: Connection, practice: UUID, record: UUID) -> asyncpg.Record | None:
    return await _QUERIES["lock"].row(connection, practice=practice, record=record)


async def read(connection: Connection, practice: UUID, record: UUID) -> asyncpg.Record | None:
    return await _QUERIES["read"].row(connection, practice=practice, record=record)


async def read_requests(
    connection: Connection, practice: UUID, units: Sequence[UUID], since: datetime, *, most: int
) -> list[asyncpg.Record]:
    """record, agenda, start, minutes, visit_type."""
    return await _QUERIES["read_requests"].rows(
        connection, practice=practice, units=units, since=since, most=most
    )


async def mark(
    connection: Connection,
    practice: UUID,
    record: UUID,
    *,
    status: str,
    confirmed: bool,
    overbooked: bool,
    was_request: bool,
    acts: int,
) -> None:
    await _QUERIES["mark"].run(
        connection,
        practice=practice,
        record=record,
        status=status,
        confirmed=confirmed,
        overbooked=overbooked,
        was_request=was_request,
        acts=acts,
    )


async def add_act(
    connection: Connection,
    practice: UUID,
    record: UUID,
    rev: int,
    n: int,
    kind: int,
    signer_kid: bytes,
    sig: bytes,
) -> None:
    await _QUERIES["add_act"].run(
        connection, practice=practice, record=record, rev=rev, n=n, kind=kind, signer_kid=signer_kid, sig=sig
    )


async def read_act(
    connection: Connection, practice: UUID, record: UUID, rev: int, n: int
) -> tuple[int, bytes] | None:
    """(kind, sig) of a stored act."""
    row = await _QUERIES["read_act"].row(connection, practice=practice, record=record, rev=rev, n=n)
    return None if row is None else (row["kind"], row["sig"])


async def read_place(connection: Connection, practice: UUID, agenda: UUID, visit_type: UUID) -> str | None:
    """Practice, site, practitioner and visit type of an appointment, as JSON text."""
    text = await _QUERIES["read_place"].value(
        connection, practice=practice, agenda=agenda, visit_type=visit_type
    )
    return cast("str | None", text)
