# SPDX-License-Identifier: AGPL-3.0-or-later
"""Erases appointments and what was confided with them, by age."""

from __future__ import annotations

from datetime import date, datetime

from serment.database.queries import Connection, load

_QUERIES = load("retention")


async def erase_reasons(connection: Connection, now: datetime, days: int, most: int) -> int:
    """Empties reasons from noon (UTC) of so many days after the visit on; how many. The hash of each stays."""
    return await _QUERIES["erase_reasons"].run(connection, now=now, days=days, most=most)


async def erase_appointments(connection: Connection, before: datetime, most: int) -> int:
    """Deletes appointments from before an instant, with their time, keys and acts; how many."""
    return await _QUERIES["erase_appointments"].run(connection, before=before, most=most)


async def note_erased(connection: Connection, day: date, what: str, erased: int) -> None:
    """Adds to what that day's rounds erased."""
    await _QUERIES["note_erased"].run(connection, day=day, what=what, erased=erased)


async def take_day_over(connection: Connection, today: date) -> tuple[date, dict[str, int]] | None:
    """The first day before today on which something was erased, with how much of what: taken out. None if there is none."""
    rows = await _QUERIES["take_day_over"].rows(connection, today=today)
    return (rows[0]["day"], {row["what"]: row["erased"] for row in rows}) if rows else None


async def forget_erased_cards(connection: Connection, before: date, most: int) -> int:
    """Forgets which cards were erased by hand before a day; how many."""
    return await _QUERIES["forget_erased_cards"].run(connection, before=before, most=most)
