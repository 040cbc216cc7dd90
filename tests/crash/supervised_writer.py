# SPDX-License-Identifier: AGPL-3.0-or-later
"""A program to kill: starts a cluster in the folder given and prints the number of each row once it is acknowledged."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from serment.database.embedded import EmbeddedPostgres
from serment.database.pool import open_pool


async def main() -> None:
    """Writes until somebody kills it."""
    with EmbeddedPostgres(Path(sys.argv[1])) as postgres:
        pool = await open_pool(postgres.url())
        await pool.execute("CREATE TABLE kept (n bigint PRIMARY KEY)")
        number = 0
        while True:
            number += 1
            await pool.execute("INSERT INTO kept VALUES ($1)", number)
            print(number, flush=True)


asyncio.run(main())
