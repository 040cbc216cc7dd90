# SPDX-License-Identifier: AGPL-3.0-or-later
"""The rows of a practice's rules, one at a time, as JSON in the columns' own names: what the desk reads and writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal, cast
from uuid import UUID

import asyncpg
import msgspec

from serment.database.queries import Connection, load

_QUERIES = {**load("rule_rows"), **load("house_rows")}

HoursTable = Literal["opening", "exception", "absence"]
Table = Literal["opening", "exception", "absence", "visit_type", "resource", "agenda", "site", "practitioner"]


async def lock_agenda(connection: Connection, practice: UUID, agenda: UUID) -> UUID | None:
    """The agenda's unit; None for one that the practice has not."""
    return cast(
        "UUID | None", await _QUERIES["lock_agenda"].value(connection, practice=practice, agenda=agenda)
    )


async def lock_practice(connection: Connection, practice: UUID) -> None:
    await _QUERIES["lock_practice"].value(connection, practice=practice)


async def read_rows(connection: Connection, practice: UUID, units: Sequence[UUID], since: date) -> str:
    """All rows of the units' agendas as one JSON text; past dates and absences before `since` are left out."""
    text = await _QUERIES["read_rows"].value(connection, practice=practice, units=units, since=since)
    return cast("str", text)


async def read(connection: Connection, table: Table, practice: UUID, row: UUID) -> str | None:
    """One row as JSON text."""
    return cast("str | None", await _QUERIES[f"read_{table}"].value(connection, practice=practice, id=row))


async def put(connection: Connection, table: Table, practice: UUID, row: dict[str, Any]) -> bool:
    """Writes a row whole. False: the id is in use elsewhere, nothing was written."""
    text = msgspec.json.encode({**row, "practice": practice}).decode()
    return await _QUERIES[f"put_{table}"].run(connection, row=text) == 1


async def drop(connection: Connection, table: Table, practice: UUID, row: UUID) -> bool:
    """Deletes a row. False: it is not there, or is one that stays."""
    return await _QUERIES[f"drop_{table}"].run(connection, practice=practice, id=row) == 1


async def link_visit_type(
    connection: Connection,
    practice: UUID,
    visit_type: UUID,
    agendas: Sequence[UUID],
    kinds: Sequence[str],
) -> None:
    """Makes these the agendas that offer a visit type, and these the kinds of resources it takes."""
    here = {"practice": practice, "id": visit_type}
    await _QUERIES["unlink_agendas"].run(connection, **here, agendas=agendas)
    await _QUERIES["link_agendas"].run(connection, **here, agendas=agendas)
    await _QUERIES["unlink_resources"].run(connection, **here, kinds=kinds)
    await _QUERIES["link_resources"].run(connection, **here, kinds=kinds)


async def forget_visit_type(connection: Connection, practice: UUID, visit_type: UUID) -> None:
    """Takes a visit type off every opening and single date that is reserved for it."""
    await _QUERIES["forget_type_in_openings"].run(connection, practice=practice, id=visit_type)
    await _QUERIES["forget_type_in_exceptions"].run(connection, practice=practice, id=visit_type)


async def lock_visit_type(connection: Connection, practice: UUID, visit_type: UUID) -> None:
    """From here to the transaction's end nobody takes a time of it; who was about to has, and is counted."""
    await _QUERIES["lock_visit_type"].value(connection, practice=practice, id=visit_type)


async def lock_resource(connection: Connection, practice: UUID, resource: UUID) -> None:
    """From here to the transaction's end nobody takes it; who was about to has, and is counted."""
    await _QUERIES["lock_resource"].value(connection, practice=practice, id=resource)


async def count_uses(connection: Connection, practice: UUID, visit_type: UUID, now: datetime) -> int:
    """How many appointments, past ones too, and holds name a visit type."""
    return cast(
        "int", await _QUERIES["count_uses"].value(connection, practice=practice, id=visit_type, now=now)
    )


async def units_in_need(connection: Connection, practice: UUID, kind: str) -> frozenset[UUID]:
    """The units on whose agendas a visit is offered that takes a room or a device of this kind."""
    rows = await _QUERIES["units_in_need"].rows(connection, practice=practice, kind=kind)
    return frozenset(row["unit"] for row in rows)


async def read_standing(
    connection: Connection, practice: UUID, agenda: UUID, since: datetime
) -> list[asyncpg.Record]:
    """The live appointments and requests of an agenda that begin after an instant."""
    return await _QUERIES["read_standing"].rows(connection, practice=practice, agenda=agenda, since=since)


async def count_holds(connection: Connection, practice: UUID, agenda: UUID, now: datetime) -> int:
    return cast(
        "int", await _QUERIES["count_holds"].value(connection, practice=practice, agenda=agenda, now=now)
    )


async def read_type_ids(connection: Connection, practice: UUID) -> frozenset[UUID]:
    rows = await _QUERIES["read_type_ids"].rows(connection, practice=practice)
    return frozenset(row["visit_type"] for row in rows)


async def read_units(connection: Connection, practice: UUID, row: UUID) -> frozenset[UUID]:
    """The units whose agendas offer a visit type, or are a practitioner's."""
    rows = await _QUERIES["read_units"].rows(connection, practice=practice, id=row)
    return frozenset(row["unit"] for row in rows)


async def read_agenda_units(
    connection: Connection, practice: UUID, agendas: Sequence[UUID]
) -> dict[UUID, UUID]:
    """The unit of each of the agendas that are the practice's."""
    rows = await _QUERIES["read_agenda_units"].rows(connection, practice=practice, agendas=agendas)
    return {row["agenda"]: row["unit"] for row in rows}
