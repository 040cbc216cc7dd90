# SPDX-License-Identifier: AGPL-3.0-or-later
"""The host has checked who a practice is, outside this program, and lets the public search show it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from serment.database.pool import Pool, transaction
from serment.server.stores import opening


async def confirm_practice(pool: Pool, slug: str) -> UUID | None:
    """The practice now listed, under the register numbers it claimed; None if none of that link takes bookings."""
    async with transaction(pool) as tx:
        practice = await opening.list_practice(tx, slug)
        if practice is not None:
            await opening.accept_claims(tx, practice)
    return practice


async def waiting_practices(pool: Pool) -> list[dict[str, Any]]:
    """Those that take bookings and wait for the host's word."""
    return [dict(row) for row in await opening.read_unlisted(pool)]
