# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is backed up, as PostgreSQL gives it: the log by SQL up to what is on disk, a base by pg_basebackup.

A replication slot keeps the log until it was sent; how much at most, PostgreSQL's max_slot_wal_keep_size says
(docs/how-to/backup.md).
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import asyncpg

from serment.backup.wal import read_lsn, segment_name, write_lsn
from serment.database.pool import CONNECT_SECONDS_MAX
from serment.database.queries import load

SLOT: Final = "serment_backup"
STATEMENT_SECONDS_MAX: Final = 60.0
BASE_SECONDS_MAX: Final = 6 * 3600
_QUERIES: Final = load("backup")


class NoBase(Exception):
    """pg_basebackup broke off. What was kept before is untouched; it is tried again."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """What a restore must know of it."""

    major: int
    segment_bytes: int
    timeline: int


class Source:
    """One cluster, by a connection of its own. `bin_folder` holds pg_basebackup."""

    def __init__(self, url: str, bin_folder: Path, connection: asyncpg.Connection, cluster: Cluster) -> None:
        self._url, self._bin, self._connection, self.cluster = url, bin_folder, connection, cluster
        self._made = False

    @classmethod
    async def open(cls, url: str, bin_folder: Path) -> Source:
        """Raises what asyncpg raises; InsufficientPrivilegeError for a role that may not read the log."""
        connection = await _connect(url)
        row = await _QUERIES["read_cluster"].row(connection)
        if row is None:
            raise NoBase
        return cls(
            url,
            bin_folder,
            connection,
            Cluster(row["version"] // 10000, row["segment_bytes"], row["timeline"]),
        )

    async def close(self) -> None:
        """Ends the connection; the slot stays, and keeps the log, unless `give_back` was called."""
        await self._connection.close(timeout=CONNECT_SECONDS_MAX)

    async def begin(self) -> tuple[int, bool]:
        """Where to send from, and whether the chain goes on from what was sent before. It does not on the first start, and
        after the log was thrown away because sending stood still for too long: then a base is due."""
        if self._connection.is_closed():
            self._connection = await _connect(self._url)
        row = await _QUERIES["read_slot"].row(self._connection, slot=SLOT)
        if row is not None and row["lost"]:
            await _QUERIES["drop_slot"].value(self._connection, slot=SLOT)
            row = None
        if row is not None:
            return read_lsn(row["place"]), True
        place = read_lsn(await _QUERIES["make_slot"].value(self._connection, slot=SLOT))
        self._made = True
        return place, False

    async def give_back(self) -> None:
        """Lets PostgreSQL throw the log away again, if this process was the first to keep it: nobody goes on sending."""
        if self._made:
            await _QUERIES["drop_slot"].value(self._connection, slot=SLOT)
            self._made = False

    async def flushed(self) -> int:
        """How far the log is on disk."""
        return read_lsn(await _QUERIES["read_flushed"].value(self._connection))

    async def read(self, start: int, stop: int) -> bytes:
        """The log's bytes [start, stop) of one segment, all of them on disk."""
        name = segment_name(self.cluster.timeline, start, self.cluster.segment_bytes)
        data: bytes = await _QUERIES["read_wal"].value(
            self._connection,
            file=f"pg_wal/{name}",
            begin=start % self.cluster.segment_bytes,
            length=stop - start,
        )
        if len(data) != stop - start:
            raise NoBase("The log is shorter than PostgreSQL says. Nothing was sent of it.")
        return data

    async def erased_mark(self) -> str:
        """Changes with the cards that somebody erased by hand."""
        mark: str = await _QUERIES["mark_erased"].value(self._connection)
        return mark

    async def erased(self) -> list[tuple[str, str]]:
        """Practice and id of cards that somebody erased by hand."""
        rows = await _QUERIES["read_erased"].rows(self._connection)
        return [(str(row["practice"]), str(row["card"])) for row in rows]

    async def sent(self, place: int) -> None:
        """Lets PostgreSQL throw away what is before this place."""
        await _QUERIES["advance_slot"].value(self._connection, slot=SLOT, place=write_lsn(place))

    @contextmanager
    def base(self) -> Iterator[IO[bytes]]:
        """A base: a gzip'ed tar of the cluster, to be read to its end. Raises NoBase."""
        command = [
            str(self._bin / "pg_basebackup"),
            "-d",
            self._url,
            "-D",
            "-",
            "-Ft",
            "-X",
            "none",
            "-c",
            "fast",
        ]
        command += ["--compress=client-gzip:1", "--label=serment", "--no-password"]
        process = subprocess.Popen(  # noqa: S603  # our own command line, no shell
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert process.stdout is not None  # noqa: S101  # a pipe
        try:
            yield process.stdout
            if process.wait(BASE_SECONDS_MAX) != 0:
                raise NoBase(f"pg_basebackup ended with {process.returncode}. It is tried again.")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            process.stdout.close()


async def _connect(url: str) -> asyncpg.Connection:
    connection: asyncpg.Connection = await asyncpg.connect(
        url, timeout=CONNECT_SECONDS_MAX, command_timeout=STATEMENT_SECONDS_MAX
    )
    return connection
