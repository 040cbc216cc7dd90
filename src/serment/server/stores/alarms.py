# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the host must hear of, one row a kind."""

from __future__ import annotations

from datetime import datetime

from serment.database.queries import Connection, load

_QUERIES = load("alarms")


async def sound(connection: Connection, what: str, at: datetime) -> None:
    """Notes an alarm, or that it sounds again."""
    await _QUERIES["sound"].run(connection, what=what, at=at)


async def expire(connection: Connection, before: datetime, most: int) -> int:
    """Deletes those that sounded last before an instant; how many."""
    return await _QUERIES["expire_alarms"].run(connection, before=before, most=most)
