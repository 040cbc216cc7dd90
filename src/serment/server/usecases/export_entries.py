# SPDX-License-Identifier: AGPL-3.0-or-later
"""Published entries in words, with what proves that they are in the log: for a verifier, an inspector, a file of evidence."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from serment.database.pool import Pool
from serment.server.stores import ledger

ENTRIES_PER_QUERY_MAX = 5_000


async def export_entries(pool: Pool, size: int) -> AsyncIterator[str]:
    """The lines that `serment verify --entries` reads, of the first `size` entries; those that were erased are left out."""
    since = 0
    while entries := await ledger.read_numbered(pool, since, ENTRIES_PER_QUERY_MAX):
        for leaf, salt, entry in entries:
            if leaf < size:
                yield json.dumps({"leaf": leaf, "salt": salt.hex(), "text": entry.text().decode()})
        since = entries[-1][0] + 1
