# SPDX-License-Identifier: AGPL-3.0-or-later
"""The migration runner: numbered .sql files, applied once each, in order, each in a transaction of its own.

The table `serment_migrations` keeps number, name and SHA-256 of what was applied. A crash between two files leaves
the first applied and the second not begun; running again goes on from there. Two runners queue on an advisory lock.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from serment.database import roles
from serment.database.pool import CONNECT_SECONDS_MAX, check_fit

FOLDER = Path(__file__).parent / "migrations"
MIGRATION_SECONDS_MAX = 600.0
ADVISORY_LOCK = 0x5345524D454E54  # "SERMENT" in ASCII: one number for all runners of one database

_READ_HISTORY = "SELECT number, name, sha256 FROM serment_migrations ORDER BY number"
_FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql\Z")


class HistoryChanged(Exception):
    """The migrations on disk are not the ones this database was built with. Nothing was changed.

    Restore the files named, or start the version of Serment that wrote this database.
    """


class MigrationFilesWrong(Exception):
    """The migration files are not numbered 0001, 0002, ... without gap or repeat. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its number, its name without number and ending, its SQL."""

    number: int
    name: str
    sql: str

    @property
    def file_stem(self) -> str:
        """The file's name without its ending."""
        return f"{self.number:04}_{self.name}"

    @property
    def sha256(self) -> str:
        """Hex digest of the SQL as stored on disk."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def read_migrations(folder: Path = FOLDER) -> list[Migration]:
    """The migrations of `folder` in order. Raises MigrationFilesWrong."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        match = _FILE_NAME.match(path.name)
        if match is None:
            raise MigrationFilesWrong(f"{path.name} is not named like 0001_what_it_does.sql.")
        found.append(Migration(int(match[1]), match[2], path.read_bytes().decode("utf-8")))
    for expected, migration in enumerate(found, start=1):
        if migration.number != expected:
            raise MigrationFilesWrong(f"{migration.file_stem}.sql stands where {expected:04} belongs.")
    return found


async def migrate(url: str, *, folder: Path = FOLDER) -> list[str]:
    """Brings the database up to date; the names of the migrations applied now, in order.

    Raises HistoryChanged, MigrationFilesWrong, PostgresTooOld, NotUtf8, roles.NoReader, and asyncpg's error of the statement
    that failed (the file it stands in is rolled back whole).
    """
    migrations = read_migrations(folder)
    async with _connected(url) as connection:
        # A session lock, not a transaction's: it must outlive the commit of each file. Closing the session frees it.
        await connection.execute("SELECT pg_advisory_lock($1)", ADVISORY_LOCK)
        applied = await _apply(connection, migrations)
        if folder == FOLDER:
            await roles.grant(connection)
        return applied


async def pending(url: str, *, folder: Path = FOLDER) -> list[str]:
    """The names of the migrations this database still lacks; changes nothing. Raises what `migrate` raises."""
    migrations = read_migrations(folder)
    async with _connected(url) as connection:
        rows = []
        if await connection.fetchval("SELECT to_regclass('serment_migrations') IS NOT NULL"):
            rows = await connection.fetch(_READ_HISTORY)
        _compare(rows, migrations)
        return [migration.file_stem for migration in migrations[len(rows) :]]


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(
        url,
        timeout=CONNECT_SECONDS_MAX,
        command_timeout=MIGRATION_SECONDS_MAX,
        server_settings={"application_name": "serment-migrate", "TimeZone": "UTC"},
    )
    try:
        await check_fit(connection)
        yield connection
    finally:
        await connection.close(timeout=CONNECT_SECONDS_MAX)


async def _apply(connection: asyncpg.Connection, migrations: list[Migration]) -> list[str]:
    await connection.execute(
        """
        CREATE TABLE IF NOT EXISTS serment_migrations (
            number integer PRIMARY KEY,
            name text NOT NULL,
            sha256 text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        )
        """
    )
    rows = await connection.fetch(_READ_HISTORY)
    _compare(rows, migrations)
    applied = []
    for migration in migrations[len(rows) :]:
        async with connection.transaction():
            await connection.execute(migration.sql)
            await connection.execute(
                "INSERT INTO serment_migrations (number, name, sha256) VALUES ($1, $2, $3)",
                migration.number,
                migration.name,
                migration.sha256,
            )
        applied.append(migration.file_stem)
    return applied


def _compare(rows: list[asyncpg.Record], migrations: list[Migration]) -> None:
    if len(rows) > len(migrations):
        newest = rows[-1]
        raise HistoryChanged(
            f"This database is newer than this program: it holds migration {newest['number']:04}_{newest['name']}, "
            f"the program knows {len(migrations)}. Nothing was changed. Start the newer version of Serment."
        )
    for row, migration in zip(rows, migrations, strict=False):
        if row["sha256"] != migration.sha256:
            raise HistoryChanged(
                f"{migration.file_stem}.sql was changed after it was applied to this database. "
                "Nothing was changed. Restore the file, and put the change into a new one."
            )
