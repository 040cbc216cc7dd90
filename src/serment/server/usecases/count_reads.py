# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the host is told of the access ledger: how much was read, by day and by practice. No member, no record, no hour."""

from __future__ import annotations

from datetime import datetime, timedelta

from serment.database.pool import Pool
from serment.server.instance import wall_time
from serment.server.stores import ledger

COUNT_SECONDS_MAX = 60.0
GONE = "(practices that are gone)"


async def count_reads(pool: Pool, days: int, now: datetime | None = None) -> list[str]:
    """A line a day of UTC and a line a practice, over the last so many days; `pool` is a patient one: all of them are read."""
    since = (now or wall_time()) - timedelta(days=days)
    by_day = await ledger.count_by_day(pool, since)
    by_practice = await ledger.count_by_practice(pool, since)
    if not by_day:
        return [f"Nothing was read in the last {days} days."]
    width = max(len(row["slug"] or GONE) for row in by_practice)
    heading = f"{'':{width}}  by members    by links"
    return [
        heading,
        *(f"{row['day'].isoformat():{width}}  {row['members']:>10,}  {row['links']:>10,}" for row in by_day),
        "",
        heading,
        *(
            f"{row['slug'] or GONE:{width}}  {row['members']:>10,}  {row['links']:>10,}"
            for row in by_practice
        ),
    ]
