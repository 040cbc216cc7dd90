# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dossiers of breaches and their custody: rows without a patient in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import asyncpg
import msgspec

from serment.database.queries import Connection, load
from serment.domain.incident import Figures, Scope
from serment.domain.ledger import Entry, Part, Purpose
from serment.server.stores.ledger import entry_of

_QUERIES = load("incidents")


@dataclass(frozen=True, slots=True)
class Opening:
    """A dossier as it is opened. `frozen`: the member and time of the freeze it comes from."""

    practice: UUID
    incident: UUID
    origin: str
    opened_at: datetime
    found_at: datetime
    scope: Scope
    figures: Figures
    form: bytes
    frozen: tuple[UUID, datetime] | None = None


def scope_columns(scope: Scope) -> dict[str, Any]:
    return {
        "since": scope.since,
        "until": scope.until,
        "readers": list(scope.readers),
        "links": scope.links,
        "purposes": [purpose.value for purpose in scope.purposes],
    }


async def count_taken(connection: Connection, practice: UUID, scope: Scope) -> Figures:
    row = cast(
        "asyncpg.Record",
        await _QUERIES["count_taken"].row(connection, practice=practice, **scope_columns(scope)),
    )
    parts: dict[str, int] = msgspec.json.decode(row["by_part"])
    purposes: dict[str, int] = msgspec.json.decode(row["by_purpose"])
    return Figures(
        row["entries"],
        row["appointments"],
        row["cards"],
        row["names"],
        {Part(int(part)): many for part, many in sorted(parts.items(), key=lambda each: int(each[0]))},
        {Purpose(int(purpose)).name.lower(): many for purpose, many in sorted(purposes.items())},
        row["first"],
        row["last"],
    )


async def read_entries(
    connection: Connection, practice: UUID, scope: Scope, after: int, most: int
) -> list[tuple[int, bytes, Entry]]:
    """(number, salt, entry) of those that are numbered, from one number on."""
    rows = await _QUERIES["read_entries"].rows(
        connection, practice=practice, after=after, most=most, **scope_columns(scope)
    )
    return [(row["leaf"], row["salt"], entry_of(row)) for row in rows]


async def count_unnumbered(connection: Connection, practice: UUID, scope: Scope) -> int:
    """Entries of a scope that stand in no tree yet."""
    found = await _QUERIES["count_unnumbered"].value(connection, practice=practice, **scope_columns(scope))
    return cast("int", found)


async def practices_taken_from(connection: Connection, scope: Scope) -> list[UUID]:
    rows = await _QUERIES["practices_taken_from"].rows(connection, **scope_columns(scope))
    return [row["practice"] for row in rows]


async def undrafted(
    connection: Connection, now: datetime, days: int, most: int, after: asyncpg.Record | None = None
) -> list[asyncpg.Record]:
    """practice, member, at, why, asked of freezes without a dossier, in order of time; `after`: from after this one on."""
    at, practice, member = (
        (None, None, None) if after is None else (after["at"], after["practice"], after["member"])
    )
    return await _QUERIES["undrafted"].rows(
        connection, now=now, days=days, most=most, after_at=at, after_practice=practice, after_member=member
    )


async def controller(connection: Connection, practice: UUID) -> asyncpg.Record | None:
    """name, address, timezone, specialties."""
    return await _QUERIES["controller"].row(connection, practice=practice)


async def practice_by_slug(connection: Connection, slug: str) -> UUID | None:
    return cast("UUID | None", await _QUERIES["practice_by_slug"].value(connection, slug=slug))


async def open_dossier(connection: Connection, opening: Opening) -> bool:
    """Whether it was opened now; one that stands, of this id or of this freeze, stays."""
    frozen, frozen_at = opening.frozen or (None, None)
    opened = await _QUERIES["open"].run(
        connection,
        practice=opening.practice,
        incident=opening.incident,
        origin=opening.origin,
        opened_at=opening.opened_at,
        found_at=opening.found_at,
        frozen=frozen,
        frozen_at=frozen_at,
        figures=_figures_json(opening.figures),
        form=opening.form.decode(),
        **scope_columns(opening.scope),
    )
    return bool(opened)


async def read_dossier(connection: Connection, practice: UUID, incident: UUID) -> asyncpg.Record | None:
    return await _QUERIES["read_dossier"].row(connection, practice=practice, incident=incident)


async def lock_dossier(connection: Connection, practice: UUID, incident: UUID) -> asyncpg.Record | None:
    """Without `letters`: they are counted once it is locked."""
    return await _QUERIES["lock_dossier"].row(connection, practice=practice, incident=incident)


async def count_letters(connection: Connection, practice: UUID, incident: UUID) -> int:
    """How many lie sealed at appointments; the dossier is locked by the caller."""
    return cast(
        "int", await _QUERIES["count_letters"].value(connection, practice=practice, incident=incident)
    )


async def read_dossiers(
    connection: Connection, practice: UUID | None, incident: UUID | None, most: int
) -> list[asyncpg.Record]:
    """The latest first; of one practice, of one incident, or all."""
    return await _QUERIES["read_dossiers"].rows(connection, practice=practice, incident=incident, most=most)


async def write(connection: Connection, what: str, practice: UUID, incident: UUID, **given: Any) -> None:
    """One of write_form, write_scope, write_letter, decide, note_sent."""
    await _QUERIES[what].run(connection, practice=practice, incident=incident, **given)


async def write_scope(
    connection: Connection, practice: UUID, incident: UUID, scope: Scope, figures: Figures
) -> None:
    await write(
        connection, "write_scope", practice, incident, figures=_figures_json(figures), **scope_columns(scope)
    )


async def last_line(connection: Connection, practice: UUID, incident: UUID) -> asyncpg.Record | None:
    """nth, chain."""
    return await _QUERIES["last_line"].row(connection, practice=practice, incident=incident)


async def add_line(
    connection: Connection, practice: UUID, incident: UUID, nth: int, line: str, chain: bytes
) -> None:
    await _QUERIES["add_line"].run(
        connection, practice=practice, incident=incident, nth=nth, line=line, chain=chain
    )


async def read_custody(connection: Connection, practice: UUID, incident: UUID) -> list[asyncpg.Record]:
    """nth, line, chain."""
    return await _QUERIES["read_custody"].rows(connection, practice=practice, incident=incident)


async def expire(connection: Connection, before: datetime, most: int) -> int:
    """Deletes dossiers closed before a time, custody included, some at a time; how many."""
    gone = await _QUERIES["expire"].rows(connection, before=before, most=most)
    for row in gone:
        await _QUERIES["expire_custody"].run(connection, practice=row["practice"], incident=row["incident"])
    return len(gone)


def scope_of(row: Any) -> Scope:
    """Of a dossier's row."""
    return Scope(
        row["since"],
        row["until"],
        tuple(row["readers"]),
        row["links"],
        tuple(Purpose(purpose) for purpose in row["purposes"]),
    )


def figures_of(row: Any) -> Figures:
    """Of a dossier's row."""
    told = msgspec.json.decode(row["figures"], type=_FiguresKept)
    return Figures(
        told.entries,
        told.appointments,
        told.cards,
        told.names,
        {Part(int(part)): many for part, many in told.by_part.items()},
        told.by_purpose,
        told.first,
        told.last,
    )


class _FiguresKept(msgspec.Struct):
    entries: int
    appointments: int
    cards: int
    names: int
    by_part: dict[str, int]
    by_purpose: dict[str, int]
    first: datetime | None
    last: datetime | None


def _figures_json(figures: Figures) -> str:
    kept = _FiguresKept(
        figures.entries,
        figures.appointments,
        figures.cards,
        figures.names,
        {str(part.value): many for part, many in figures.by_part.items()},
        dict(figures.by_purpose),
        figures.first,
        figures.last,
    )
    return msgspec.json.encode(kept).decode()
