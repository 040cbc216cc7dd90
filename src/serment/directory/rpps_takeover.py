# SPDX-License-Identifier: AGPL-3.0-or-later
"""The arrived rows become the directory: compared as a whole, then only what is new, other or gone is written.

Everything runs in the caller's transaction; nothing here locks a search out.
"""

import datetime as dt
from collections.abc import Mapping

import asyncpg

from serment.database.queries import load
from serment.directory.rpps_report import ImportReport

IMPORT_STATEMENT_SECONDS_MAX = 3600.0

CLOSED_SHARE_MAX = 0.1
"""Share of the open entries that one file may close: more looks like a file cut short."""

CLOSED_GUARD_FROM = 1_000
"""Open entries below which that share is not looked at."""


async def take_over(
    connection: asyncpg.Connection,
    labels: Mapping[str, str],
    report: ImportReport,
    *,
    nameless: int,
    today: dt.date,
    close_always: bool,
) -> None:
    """Makes the directory say what `arrivals` says, and completes the report."""
    queries = load("directory")
    # Without statistics of the new tables the planner joins row by row: minutes instead of seconds.
    await _analyze(connection, "arrivals")
    await run_named(connection, "gather_places", "gather_specialties")
    await _analyze(connection, "gathered, places_by_postcode")
    await run_named(connection, "choose_arrivals")
    await _analyze(connection, "chosen")
    listed: int = await connection.fetchval(queries["count_chosen"].sql, timeout=IMPORT_STATEMENT_SECONDS_MAX)
    known: int = await connection.fetchval(queries["count_open"].sql, timeout=IMPORT_STATEMENT_SECONDS_MAX)
    report.changed = await run_named(connection, "find_changed")
    missing = await run_named(connection, "find_closed")
    report.closing_withheld = "" if close_always else _why_withheld(missing, known=known, nameless=nameless)
    if report.closing_withheld:
        await connection.execute("DELETE FROM closed", timeout=IMPORT_STATEMENT_SECONDS_MAX)
    else:
        report.closed = missing
    report.added = await run_named(connection, "find_added")
    report.unchanged = listed - report.added - report.changed
    report.merged = report.rows - report.refused_count - listed
    if report.added or report.changed or report.closed:
        await _analyze(connection, "changed, closed, added")
        await run_named(connection, "merge_news")
        await _analyze(connection, "merged")
        await run_named(connection, "withdraw_offers")
        await connection.execute(queries["close_entries"].sql, today, timeout=IMPORT_STATEMENT_SECONDS_MAX)
        await run_named(connection, "change_entries", "add_entries", "add_offers", "add_words")
    await queries["add_label"].run_many(
        connection, ({"code": code, "label": label} for code, label in sorted(labels.items()))
    )


async def _analyze(connection: asyncpg.Connection, tables: str) -> None:
    await connection.execute(f"ANALYZE {tables}", timeout=IMPORT_STATEMENT_SECONDS_MAX)


def _why_withheld(missing: int, *, known: int, nameless: int) -> str:
    if missing and nameless:
        return (
            f"{missing} entries are missing from the file and stay open: {nameless} refused rows do not say whom they "
            "were about, so they may be among them."
        )
    if known >= CLOSED_GUARD_FROM and missing > known * CLOSED_SHARE_MAX:
        return (
            f"{missing} of {known} open entries are missing from the file and stay open: that many at once "
            "looks like a file cut short."
        )
    return ""


async def run_named(connection: asyncpg.Connection, *names: str) -> int:
    """Runs named statements without parameters; the rows that the last one touched."""
    queries = load("directory")
    tag = ""
    for name in names:
        tag = await connection.execute(queries[name].sql, timeout=IMPORT_STATEMENT_SECONDS_MAX)
    count = tag.rpartition(" ")[2]
    return int(count) if count.isdigit() else 0
