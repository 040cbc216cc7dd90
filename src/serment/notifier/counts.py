# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment notify --counts`: how many messages are in which state. All that a host sees of them; it needs no key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from serment.database.pool import open_pool
from serment.notifier.outbox import SETTLED_DAYS, Outbox
from serment.notifier.start import wall_time

NOTHING: Final = "none"


async def counts(url: str) -> list[str]:
    """`count` of the database at `url`. A notifier may run meanwhile: nothing is locked."""
    pool = await open_pool(url, application_name="serment-notifier-counts", connections_max=1)
    try:
        return await count(Outbox(pool), wall_time().date())
    finally:
        await pool.close()


async def count(outbox: Outbox, today: dt.date) -> list[str]:
    """Lines to print: what waits, what became of the rest, and what went out by kind."""
    states = [
        (row["state"], row["channel"] or "", row["reason"] or "", row["messages"])
        for row in await outbox.states()
    ]
    kinds: dict[tuple[str, str, str], int] = {}
    for row in await outbox.counts(today - dt.timedelta(days=SETTLED_DAYS)):
        key = (row["kind"], row["channel"], row["outcome"])
        kinds[key] = kinds.get(key, 0) + row["messages"]
    return [
        f"Messages by state: waiting is due within 35 days; the rest until {SETTLED_DAYS} days after the visit.",
        *_table(("state", "channel", "reason", "messages"), states),
        "",
        f"Handed over in the last {SETTLED_DAYS} days, by kind; receipts are not in these.",
        *_table(
            ("kind", "channel", "outcome", "messages"), [(*key, many) for key, many in sorted(kinds.items())]
        ),
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str | int]]) -> list[str]:
    if not rows:
        return [f"  {NOTHING}"]
    lines = [head, *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    return [
        "  "
        + "  ".join(
            cell.rjust(width) if at == len(head) - 1 else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
