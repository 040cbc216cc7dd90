# SPDX-License-Identifier: AGPL-3.0-or-later
"""Imports the official register, `PS_LibreAcces_Personne_activite`, into `directory_entries`.

The file is streamed (memory does not grow with it) into a temporary table, compared there as a whole, and taken over
in one transaction: a crash at any moment leaves the directory as it was, and the import is begun again.
How to: docs/how-to/import-rpps.md.
"""

import datetime as dt
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import asyncpg

from serment.database.queries import load
from serment.directory.rpps_format import LINE_BYTES_MAX, Activity, RowReader, RowRefused, decode_header

BATCH_ROWS = 20_000
IMPORT_STATEMENT_SECONDS_MAX = 3600.0
IMPORT_WORK_MEMORY = "128MB"
REFUSED_LISTED_MAX = 1_000
"""Refused rows that a report lists; all are counted."""

CLOSED_SHARE_MAX = 0.1
"""Share of the open entries that one file may close: more looks like a file cut short."""

CLOSED_GUARD_FROM = 1_000
"""Open entries below which that share is not looked at."""

ARRIVAL_COLUMNS = (
    "entry",
    "digest",
    "rpps",
    "profession",
    "structure",
    "specialty",
    "title",
    "family_name",
    "given_name",
    "mode",
    "site_name",
    "address",
    "postcode",
    "town_code",
    "town",
    "phone",
    "family_folded",
    "given_folded",
    "name_words",
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row that was not taken: its line in the file (the header is line 1) and why, in words."""

    line: int
    reason: str


@dataclass(slots=True)
class ImportReport:
    """What an import did. The entries that the file lists are `added` + `changed` + `unchanged`, and its rows are these
    + `merged` + `refused_count`.
    """

    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    closed: int = 0
    merged: int = 0
    """Rows that said something more of an activity listed by another row, or repeated it."""
    refused_count: int = 0
    refused: list[Refusal] = field(default_factory=list)
    """The first REFUSED_LISTED_MAX of them."""
    closing_withheld: str = ""
    """Why entries missing from the file were left open; empty when they were closed."""

    def sentences(self) -> list[str]:
        """The report in English, one sentence a line."""
        said = [
            f"{self.rows} rows read: {self.added} entries added, {self.changed} changed, {self.unchanged} unchanged, "
            f"{self.closed} closed, {self.refused_count} rows refused."
        ]
        if self.closing_withheld:
            said.append(self.closing_withheld)
        said += [f"Line {refusal.line}: {refusal.reason}" for refusal in self.refused]
        if self.refused_count > len(self.refused):
            said.append(f"{self.refused_count - len(self.refused)} more rows were refused.")
        return said


class Rows:
    """The rows of one open file, batch by batch. Reading the header raises HeaderDrift.

    Refused rows go into the report; the persons they name, where that much can be read, into `spared`.
    """

    def __init__(self, file: BinaryIO, report: ImportReport) -> None:
        self._file = file
        self._report = report
        self._reader = RowReader(decode_header(file.readline(LINE_BYTES_MAX)))
        self.labels: dict[str, str] = {}
        self.spared: set[str] = set()
        self.nameless = 0
        """Refused rows of which nobody can say whom they were about."""

    def batches(self) -> Iterator[list[tuple[Any, ...]]]:
        """Records of ARRIVAL_COLUMNS, at most BATCH_ROWS at a time."""
        batch: list[tuple[Any, ...]] = []
        number = 1
        while line := self._file.readline(LINE_BYTES_MAX + 1):
            number += 1
            self._report.rows += 1
            if not line.endswith(b"\n"):
                self._skip_rest(line)
            try:
                fields = self._reader.split(line)
                activity = self._reader.activity(fields)
            except RowRefused as refusal:
                self._refuse(number, line, str(refusal))
                continue
            for code, label in self._reader.labels(fields):
                if code and label and code not in self.labels:
                    self.labels[code] = label
            batch.append(_record(activity))
            if len(batch) == BATCH_ROWS:
                yield batch
                batch = []
        if batch:
            yield batch

    def _skip_rest(self, line: bytes) -> None:
        while len(line) > LINE_BYTES_MAX and not line.endswith(b"\n"):
            line = self._file.readline(LINE_BYTES_MAX + 1)

    def _refuse(self, number: int, line: bytes, reason: str) -> None:
        self._report.refused_count += 1
        if len(self._report.refused) < REFUSED_LISTED_MAX:
            self._report.refused.append(Refusal(number, reason))
        if not line.strip():
            return
        if person := self._reader.identifier(line):
            self.spared.add(person)
        else:
            self.nameless += 1


def _record(activity: Activity) -> tuple[Any, ...]:
    return (
        activity.entry,
        activity.digest,
        activity.rpps,
        activity.profession,
        activity.structure,
        activity.specialty,
        activity.title,
        activity.family_name,
        activity.given_name,
        activity.mode,
        activity.site_name,
        activity.address,
        activity.postcode,
        activity.town_code,
        activity.town,
        activity.phone,
        *activity.names_folded(),
    )


async def import_rpps(
    connection: asyncpg.Connection,
    path: Path,
    *,
    today: dt.date,
    close_always: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> ImportReport:
    """Takes over one file and says what it changed. `progress(bytes read, bytes in all)` is called after each batch.

    `connection` is one of the import's own: its statements may last IMPORT_STATEMENT_SECONDS_MAX. Raises HeaderDrift
    (nothing was imported). Entries that the file no longer lists are closed, unless the file looks cut short or holds
    rows of which nobody can say whom they were about: `close_always` closes them even then.
    """
    report = ImportReport()
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        rows = Rows(file, report)
        async with connection.transaction():
            await connection.execute(
                f"SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '{IMPORT_WORK_MEMORY}'"
            )
            await _run(connection, "lock_import", "create_arrivals", "create_spared")
            for batch in rows.batches():
                await connection.copy_records_to_table(
                    "arrivals",
                    records=batch,
                    columns=ARRIVAL_COLUMNS,
                    schema_name="pg_temp",
                    timeout=IMPORT_STATEMENT_SECONDS_MAX,
                )
                if progress:
                    progress(file.tell(), size)
            await connection.copy_records_to_table(
                "spared", records=[(person,) for person in rows.spared], schema_name="pg_temp"
            )
            await _take_over(connection, rows, report, today=today, close_always=close_always)
    await connection.execute(
        "ANALYZE directory_entries, directory_offers, directory_words", timeout=IMPORT_STATEMENT_SECONDS_MAX
    )
    return report


async def _take_over(
    connection: asyncpg.Connection, rows: Rows, report: ImportReport, *, today: dt.date, close_always: bool
) -> None:
    queries = load("directory")
    await connection.execute("ANALYZE arrivals", timeout=IMPORT_STATEMENT_SECONDS_MAX)
    await _run(connection, "gather_places", "gather_specialties")
    # Without statistics of the new tables the planner joins row by row: minutes instead of seconds.
    await connection.execute("ANALYZE gathered, places_by_postcode", timeout=IMPORT_STATEMENT_SECONDS_MAX)
    await _run(connection, "merge_arrivals")
    await connection.execute("ANALYZE merged", timeout=IMPORT_STATEMENT_SECONDS_MAX)
    listed: int = await connection.fetchval(queries["count_merged"].sql)
    known: int = await connection.fetchval(queries["count_open"].sql, timeout=IMPORT_STATEMENT_SECONDS_MAX)
    report.changed = await _run(connection, "find_changed")
    missing = await _run(connection, "find_closed")
    report.closing_withheld = (
        "" if close_always else _why_withheld(missing, known=known, nameless=rows.nameless)
    )
    if report.closing_withheld:
        await connection.execute("DELETE FROM closed", timeout=IMPORT_STATEMENT_SECONDS_MAX)
    else:
        report.closed = missing
    report.added = await _run(connection, "find_added")
    report.unchanged = listed - report.added - report.changed
    report.merged = report.rows - report.refused_count - listed
    await connection.execute("ANALYZE changed, closed, added", timeout=IMPORT_STATEMENT_SECONDS_MAX)
    await _run(connection, "withdraw_offers")
    await connection.execute(queries["close_entries"].sql, today, timeout=IMPORT_STATEMENT_SECONDS_MAX)
    await _run(connection, "change_entries", "add_entries", "add_offers", "add_words")
    await queries["add_label"].run_many(
        connection, ({"code": code, "label": label} for code, label in sorted(rows.labels.items()))
    )


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


async def _run(connection: asyncpg.Connection, *names: str) -> int:
    """Runs named statements without parameters; the rows that the last one touched."""
    queries = load("directory")
    tag = ""
    for name in names:
        tag = await connection.execute(queries[name].sql, timeout=IMPORT_STATEMENT_SECONDS_MAX)
    count = tag.rpartition(" ")[2]
    return int(count) if count.isdigit() else 0
