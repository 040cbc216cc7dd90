# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sealed letters of art. 34 beside the appointments they are about, and whom an incident's scope touches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast
from uuid import UUID

import asyncpg

from serment.database.pool import Transaction
from serment.database.queries import Connection, load
from serment.domain.incident import Scope
from serment.framing.letters import LetterRow
from serment.server.stores.incidents import scope_columns

_QUERIES = load("letters")


async def count_concerned(
    connection: Connection, practice: UUID, units: Sequence[UUID], scope: Scope
) -> tuple[int, int, int]:
    """Appointments of a scope: standing in these units, in others, gone."""
    row = await _QUERIES["count_concerned"].row(
        connection, practice=practice, units=list(units), **scope_columns(scope)
    )
    found = cast("asyncpg.Record", row)
    return found["concerned"], found["elsewhere"], found["gone"]


async def read_concerned(
    connection: Connection, practice: UUID, units: Sequence[UUID], scope: Scope, *,
    after: UUID | None = None, records: Sequence[UUID] = (), most: int,
) -> list[UUID]:  # fmt: skip
    """Those that stand in these units, in the order of their ids; of `records` alone, if any are named."""
    rows = await _QUERIES["read_concerned"].rows(
        connection, practice=practice, units=list(units), after=after, records=list(records), most=most,
        **scope_columns(scope),
    )  # fmt: skip
    return [row["record"] for row in rows]


async def read_keys(
    connection: Connection, practice: UUID, incident: UUID, records: Sequence[UUID]
) -> dict[UUID, bytes]:
    """Of those that have their letter: the hash of the key it is sealed to."""
    rows = await _QUERIES["read_keys"].rows(
        connection, practice=practice, incident=incident, records=list(records)
    )
    return {row["record"]: row["pkh"] for row in rows}


async def keep(
    tx: Transaction, practice: UUID, incident: UUID, signer_kid: bytes, letters: Sequence[LetterRow]
) -> None:
    """One that stands for the same key stays as it is."""
    await _QUERIES["keep"].run(
        tx,
        practice=practice,
        incident=incident,
        signer_kid=signer_kid,
        records=[each.record for each in letters],
        pkhs=[each.pkh for each in letters],
        sealed=[each.sealed for each in letters],
        heads=[each.head for each in letters],
        sigs=[each.sig for each in letters],
    )


async def read_letters(connection: Connection, practice: UUID, record: UUID) -> list[asyncpg.Record]:
    """Of one appointment: incident, pkh, sealed, head, signer_kid, sig."""
    return await _QUERIES["read_letters"].rows(connection, practice=practice, record=record)
