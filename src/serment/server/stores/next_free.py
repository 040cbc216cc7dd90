# SPDX-License-Identifier: AGPL-3.0-or-later
"""The search hint: the next free time of each agenda, by visit type; what was noted for it; its rebuild's place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from serment.database.queries import Connection, load

_QUERIES = load("next_free")


class Key(NamedTuple):
    """One agenda, as every key here begins."""

    practice: UUID
    agenda: UUID


class Hint(NamedTuple):
    """One row to keep. `main`: the visit type that stands for its agenda in a search."""

    visit_type: UUID
    main: bool
    next_at: datetime | None
    recheck_at: datetime


class Due(NamedTuple):
    """Whether an agenda's hints are to be made anew, and the version of its rules."""

    version: int
    newer_rules: bool
    touched: bool


async def wanted(connection: Connection, now: datetime, most: int, start: Key) -> list[Key]:
    """Agendas whose hints may be due, from `start` on and round again."""
    rows = await _QUERIES["wanted"].rows(
        connection, now=now, most=most, from_practice=start.practice, from_agenda=start.agenda
    )
    return [Key(row["practice"], row["agenda"]) for row in rows]


async def claim(connection: Connection, agenda: UUID) -> bool:
    """Whether the caller's transaction alone may make these hints."""
    claimed: bool = await _QUERIES["claim"].value(connection, agenda=agenda)
    return claimed


async def take_marks(connection: Connection, key: Key, now: datetime) -> Due | None:
    """Deletes what was noted of an agenda; None for one that is no more."""
    row = await _QUERIES["take_marks"].row(connection, **key._asdict(), now=now)
    return None if row is None else Due(row["rules_version"], row["newer_rules"], row["touched"])


async def drop(connection: Connection, key: Key) -> None:
    """Deletes all hints of an agenda."""
    await _QUERIES["drop_other"].run(connection, **key._asdict(), visit_types=[])


async def keep(
    connection: Connection,
    key: Key,
    specialty: str,
    latitude: float,
    longitude: float,
    hints: Sequence[Hint],
) -> None:
    """Writes an agenda's hints, all of them."""
    visit_types = [hint.visit_type for hint in hints]
    await _QUERIES["drop_other"].run(connection, **key._asdict(), visit_types=visit_types)
    await _QUERIES["keep"].run(
        connection,
        **key._asdict(),
        specialty=specialty,
        latitude=latitude,
        longitude=longitude,
        visit_types=visit_types,
        mains=[hint.main for hint in hints],
        next_ats=[hint.next_at for hint in hints],
        recheck_ats=[hint.recheck_at for hint in hints],
    )


async def mark_made(connection: Connection, key: Key, version: int) -> None:
    """Notes that the hints were made from this version of the rules, or a later one."""
    await _QUERIES["mark_made"].run(connection, **key._asdict(), version=version)


async def begin_rebuild(connection: Connection) -> bool:
    """Whether a rebuild begins now; if not, one is under way and goes on."""
    return await _QUERIES["begin_rebuild"].run(connection) == 1


async def count_rebuilt(connection: Connection) -> tuple[int, int]:
    """(agendas done, agendas in all) of the rebuild under way; (0, 0) if there is none."""
    row = await _QUERIES["count_rebuilt"].row(connection)
    return (0, 0) if row is None else (row["done"], row["agendas"])


async def next_to_rebuild(connection: Connection, most: int) -> list[Key]:
    """The agendas that follow, for this transaction alone; empty when all are done."""
    rows = await _QUERIES["next_to_rebuild"].rows(connection, most=most)
    return [Key(row["practice"], row["agenda"]) for row in rows]


async def rebuilt_to(connection: Connection, key: Key) -> None:
    """Notes the last agenda that is done."""
    await _QUERIES["rebuilt_to"].run(connection, **key._asdict())


async def end_rebuild(connection: Connection) -> None:
    """Every agenda is done: the rebuild's place goes, and hints of agendas that are no more."""
    await _QUERIES["drop_orphans"].run(connection)
    await _QUERIES["end_rebuild"].run(connection)
