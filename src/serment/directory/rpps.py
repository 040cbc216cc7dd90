# SPDX-License-Identifier: AGPL-3.0-or-later
"""Imports the official register, `PS_LibreAcces_Personne_activite`, into `directory_entries`.

The file is streamed (memory does not grow with it) into a temporary table, compared there as a whole, and taken over
in one transaction: a crash at any moment leaves the directory as it was, and the import is begun again.
How to: docs/how-to/import-rpps.md.
"""

import asyncio
import contextlib
import datetime as dt
import os
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import asyncpg

from serment.directory.rpps_format import LINE_BYTES_MAX, Activity, RowReader, RowRefused, decode_header
from serment.directory.rpps_report import REFUSED_LISTED_MAX, ImportReport, Refusal
from serment.directory.rpps_takeover import IMPORT_STATEMENT_SECONDS_MAX, run_named, take_over

BATCH_ROWS = 20_000
IMPORT_WORK_MEMORY = "128MB"
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


class Batch(NamedTuple):
    """Some rows: records of ARRIVAL_COLUMNS, persons of whom a row was refused, and the bytes read so far."""

    records: list[tuple[Any, ...]]
    spared: list[tuple[str]]
    read: int


class Rows:
    """The rows of one open file, batch by batch. Reading the header raises HeaderDrift.

    Refused rows go into the report; the persons they name, where that much can be read, into the batch's `spared`.
    """

    def __init__(self, file: BinaryIO, report: ImportReport) -> None:
        self._file = file
        self._report = report
        self._reader = RowReader(decode_header(file.readline(LINE_BYTES_MAX)))
        self._spared: list[tuple[str]] = []
        self.labels: dict[str, str] = {}
        self.nameless = 0
        """Refused rows of which nobody can say whom they were about."""

    def batches(self) -> Iterator[Batch]:
        """At most BATCH_ROWS rows at a time, refused ones included."""
        records: list[tuple[Any, ...]] = []
        number, first = 1, 2
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
            else:
                for code, label in self._reader.labels(fields):
                    if code and label and code not in self.labels:
                        self.labels[code] = label
                records.append(_record(activity))
            if number - first == BATCH_ROWS:
                yield Batch(records, self._spared, self._file.tell())
                records, self._spared, first = [], [], number
        if records or self._spared:
            yield Batch(records, self._spared, self._file.tell())

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
            self._spared.append((person,))
        else:
            self.nameless += 1


async def _read_ahead(rows: Rows) -> AsyncGenerator[Batch, None]:
    """The batches; while one is used, the next is read beside it."""
    batches = rows.batches()
    batch = await asyncio.to_thread(next, batches, None)
    while batch is not None:
        following = asyncio.create_task(asyncio.to_thread(next, batches, None))
        try:
            yield batch
        finally:
            batch = await following


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
            await run_named(connection, "lock_import", "create_arrivals", "create_spared")
            async with contextlib.aclosing(_read_ahead(rows)) as batches:
                async for batch in batches:
                    await _copy(connection, "arrivals", batch.records, ARRIVAL_COLUMNS)
                    await _copy(connection, "spared", batch.spared, ("rpps",))
                    if progress:
                        progress(batch.read, size)
            await take_over(
                connection,
                rows.labels,
                report,
                nameless=rows.nameless,
                today=today,
                close_always=close_always,
            )
    if report.added or report.changed or report.closed:
        await connection.execute(
            "VACUUM (ANALYZE) directory_entries, directory_offers, directory_words",
            timeout=IMPORT_STATEMENT_SECONDS_MAX,
        )
    return report


async def _copy(
    connection: asyncpg.Connection, table: str, records: Sequence[tuple[Any, ...]], columns: Sequence[str]
) -> None:
    if records:
        await connection.copy_records_to_table(
            table,
            records=records,
            columns=columns,
            schema_name="pg_temp",
            timeout=IMPORT_STATEMENT_SECONDS_MAX,
        )
