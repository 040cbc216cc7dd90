# SPDX-License-Identifier: AGPL-3.0-or-later
"""The migration runner on every PostgreSQL at hand: once each, all or nothing, and no rewriting of history."""

from __future__ import annotations

import asyncio
import shutil
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from serment.database.embedded import EmbeddedPostgres
from serment.database.migrate import (
    FOLDER,
    HistoryChanged,
    MigrationFilesWrong,
    migrate,
    pending,
    read_migrations,
)


@pytest.fixture
async def empty_url(cluster: EmbeddedPostgres) -> AsyncIterator[str]:
    """The URL of an empty database."""
    name = f"e_{uuid.uuid4().hex}"
    connection = await asyncpg.connect(cluster.url("postgres"))
    await connection.execute(f"CREATE DATABASE {name}")
    yield cluster.url(name)
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two migrations."""
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE first (n int);")
    (tmp_path / "0002_second.sql").write_text("CREATE TABLE second (n int); INSERT INTO second VALUES (1);")
    return tmp_path


async def _tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        return {
            row[0]
            for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        }
    finally:
        await connection.close()


async def test_migrations_run_once_each_and_in_order(empty_url: str, folder: Path) -> None:
    assert await pending(empty_url, folder=folder) == ["0001_first", "0002_second"]
    assert await _tables(empty_url) == set()
    assert await migrate(empty_url, folder=folder) == ["0001_first", "0002_second"]
    assert await pending(empty_url, folder=folder) == []
    assert await migrate(empty_url, folder=folder) == []
    (folder / "0003_third.sql").write_text("INSERT INTO second VALUES (2);")
    assert await migrate(empty_url, folder=folder) == ["0003_third"]


async def test_a_migration_that_fails_leaves_nothing_of_itself_and_keeps_those_before(
    empty_url: str, folder: Path
) -> None:
    (folder / "0002_second.sql").write_text("CREATE TABLE second (n int); SELECT 1 / 0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(empty_url, folder=folder)
    assert await _tables(empty_url) == {"first", "serment_migrations"}
    (folder / "0002_second.sql").write_text("CREATE TABLE second (n int);")
    assert await migrate(empty_url, folder=folder) == ["0002_second"]


async def test_a_changed_migration_is_refused_in_words(empty_url: str, folder: Path) -> None:
    await migrate(empty_url, folder=folder)
    (folder / "0001_first.sql").write_text("CREATE TABLE first (n bigint);")
    (folder / "0003_third.sql").write_text("CREATE TABLE third (n int);")
    with pytest.raises(HistoryChanged, match=r"0001_first\.sql was changed after it was applied"):
        await migrate(empty_url, folder=folder)
    assert "third" not in await _tables(empty_url)


async def test_a_database_newer_than_the_program_is_refused_in_words(empty_url: str, folder: Path) -> None:
    await migrate(empty_url, folder=folder)
    (folder / "0002_second.sql").unlink()
    with pytest.raises(HistoryChanged, match="newer than this program"):
        await migrate(empty_url, folder=folder)


async def test_six_runners_at_once_apply_each_migration_once(empty_url: str, folder: Path) -> None:
    applied = await asyncio.gather(*(migrate(empty_url, folder=folder) for _ in range(6)))
    assert sorted(name for names in applied for name in names) == ["0001_first", "0002_second"]


@pytest.mark.parametrize("name", ["0003_gap.sql", "0001_twice.sql", "second.sql", "02_short.sql"])
def test_files_out_of_number_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "0001_first.sql").write_text("SELECT 1;")
    (tmp_path / name).write_text("SELECT 1;")
    with pytest.raises(MigrationFilesWrong):
        read_migrations(tmp_path)


async def test_the_programs_own_migrations_can_be_run_twice(empty_url: str) -> None:
    assert await migrate(empty_url) == [f"{m.number:04}_{m.name}" for m in read_migrations()]
    assert await migrate(empty_url) == []


async def test_the_sms_of_the_day_of_an_update_count_among_the_days(empty_url: str, tmp_path: Path) -> None:
    for path in sorted(FOLDER.iterdir()):
        if path.name < "0041":
            shutil.copy(path, tmp_path)
    await migrate(empty_url, folder=tmp_path)
    connection = await asyncpg.connect(empty_url)
    today = await connection.fetchval("SELECT current_date")
    counts = [
        ("sms", "reminder", "sent", 700), ("sms", "moved", "sent", 200), ("sms", "code", "sent", 90),
        ("sms", "booked", "number_refused", 5), ("mail", "reminder", "sent", 300),
    ]  # fmt: skip
    await connection.executemany(
        "INSERT INTO message_counts (day, channel, kind, outcome, messages) VALUES ($1, $2, $3, $4, $5)",
        [(today, *count) for count in counts],
    )
    assert "0041_sms_of_a_day" in await migrate(empty_url)
    assert [tuple(row) for row in await connection.fetch("SELECT day, sms FROM sms_days")] == [(today, 900)]
    await connection.close()
