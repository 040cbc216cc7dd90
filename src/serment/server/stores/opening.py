# SPDX-License-Identifier: AGPL-3.0-or-later
"""A practice on its way from its first key to its first booking."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import asyncpg

from serment.database.queries import Connection, load

_QUERIES = load("opening")


async def lock_claim(connection: Connection, claim: str) -> None:
    await _QUERIES["lock_claim"].run(connection, claim=claim)


async def lock_slugs(connection: Connection) -> None:
    await _QUERIES["lock_slugs"].run(connection)


async def claimed_elsewhere(connection: Connection, practice: UUID, claim: str) -> bool:
    return bool(await _QUERIES["claimed_elsewhere"].value(connection, practice=practice, claim=claim))


async def slug_taken(connection: Connection, slug: str) -> bool:
    return bool(await _QUERIES["slug_taken"].value(connection, slug=slug))


async def add_practice(
    connection: Connection, practice: UUID, slug: str, name: str, fingerprint: bytes
) -> bool:
    """Whether it was stored: not if one stands by that id or link."""
    touched = await _QUERIES["add_practice"].run(
        connection, practice=practice, slug=slug, name=name, fingerprint=fingerprint
    )
    return touched == 1


async def add(connection: Connection, what: str, practice: UUID, **row: Any) -> None:
    """One row of a new practice: unit, opening, visit_type."""
    await _QUERIES[f"add_{what}"].run(connection, practice=practice, **row)


async def offer_visit_type(connection: Connection, practice: UUID, visit_type: UUID, agenda: UUID) -> None:
    await _QUERIES["offer_visit_type"].run(
        connection, practice=practice, visit_type=visit_type, agenda=agenda
    )


async def drop_rules(connection: Connection, practice: UUID) -> None:
    """Hours and visit types of a practice nobody has booked in."""
    for name in ("drop_openings", "drop_visit_type_agendas", "drop_visit_types"):
        await _QUERIES[name].run(connection, practice=practice)


async def read_opened(connection: Connection, practice: UUID) -> asyncpg.Record | None:
    return await _QUERIES["read_opened"].row(connection, practice=practice)


async def read_first_agenda(connection: Connection, practice: UUID) -> asyncpg.Record | None:
    return await _QUERIES["read_first_agenda"].row(connection, practice=practice)


async def read_claims(connection: Connection, practice: UUID) -> list[str]:
    """The register's numbers that practitioners of a practice say are theirs, in one order for everybody."""
    return [row["claim"] for row in await _QUERIES["read_claims"].rows(connection, practice=practice)]


async def count_unopened(connection: Connection, account: UUID) -> int:
    return cast("int", await _QUERIES["count_unopened"].value(connection, account=account))


async def take_bookings(connection: Connection, practice: UUID, *, listed: bool) -> None:
    await _QUERIES["take_bookings"].run(connection, practice=practice, listed=listed)


async def accept_claims(connection: Connection, practice: UUID) -> None:
    await _QUERIES["accept_claims"].run(connection, practice=practice)


async def list_practice(connection: Connection, slug: str) -> UUID | None:
    return cast("UUID | None", await _QUERIES["list_practice"].value(connection, slug=slug))


async def read_unlisted(connection: Connection) -> list[asyncpg.Record]:
    return await _QUERIES["read_unlisted"].rows(connection)


async def town_codes(connection: Connection, entries: list[UUID]) -> dict[UUID, asyncpg.Record]:
    """By entry of the directory: town_code, taken."""
    return {row["entry"]: row for row in await _QUERIES["town_codes"].rows(connection, entries=entries)}
