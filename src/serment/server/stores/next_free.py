# SPDX-License-Identifier: AGPL-3.0-or-later
"""The search hint: the next free time of each agenda, by visit type."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from serment.database.queries import Connection, load

_QUERIES = load("next_free")


class Hint(NamedTuple):
    """One row to keep. `main`: the visit type that stands for its agenda in a search."""

    visit_type: UUID
    main: bool
    next_at: datetime | None
    recheck_at: datetime


async def due(connection: Connection, now: datetime, most: int) -> list[UUID]:
    """Agendas with a hint whose time to be looked at again has come."""
    return [row["agenda"] for row in await _QUERIES["due"].rows(connection, now=now, most=most)]


async def stale(connection: Connection, most: int) -> list[UUID]:
    """Agendas whose rules are newer than their hints."""
    return [row["agenda"] for row in await _QUERIES["stale"].rows(connection, most=most)]


async def lock(connection: Connection, practice: UUID, agenda: UUID) -> None:
    await _QUERIES["lock_hints"].rows(connection, practice=practice, agenda=agenda)


async def keep(
    connection: Connection,
    practice: UUID,
    agenda: UUID,
    specialty: str,
    latitude: float,
    longitude: float,
    version: int,
    hints: Sequence[Hint],
) -> None:
    """Writes an agenda's hints, all of them, as made from one version of its rules."""
    here = {"practice": practice, "agenda": agenda}
    visit_types = [hint.visit_type for hint in hints]
    await _QUERIES["drop_other"].run(connection, **here, visit_types=visit_types)
    await _QUERIES["keep"].run(
        connection,
        **here,
        specialty=specialty,
        latitude=latitude,
        longitude=longitude,
        visit_types=visit_types,
        mains=[hint.main for hint in hints],
        next_ats=[hint.next_at for hint in hints],
        recheck_ats=[hint.recheck_at for hint in hints],
    )
    await _QUERIES["mark_made"].run(connection, **here, version=version)
