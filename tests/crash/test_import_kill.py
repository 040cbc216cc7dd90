# SPDX-License-Identifier: AGPL-3.0-or-later
"""kill -9 of an import at any of its steps: the directory stays as it was, and the next import is right."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

from serment.directory.generate import generate
from serment.directory.rpps import import_rpps
from serment.directory.towns import towns

AROUND = [town for town in towns() if town.department == "39" and town.population > 1500]
SECONDS_MAX = 60.0
IMPORTING = "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active'"


@pytest.fixture
async def url(database_with_towns: Callable[[], Awaitable[str]]) -> str:
    return await database_with_towns()


@pytest.fixture
async def connection(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


async def killed_at(connection: asyncpg.Connection, url: str, file: Path, step: str) -> None:
    """Imports in a process of its own and kills that when the database is seen at a step; waits until it is alone."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "serment.cli", "import", "rpps", str(file),
        env=os.environ | {"SERMENT_DATABASE_URL": url}, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    async with asyncio.timeout(SECONDS_MAX):
        while not any(step in row["query"] for row in await connection.fetch(IMPORTING)):
            assert process.returncode is None, f"the import ended before it was seen at {step}"
        process.send_signal(signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL
        while await connection.fetch(IMPORTING):  # noqa: ASYNC110 - another process, asked anew
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("step", ["COPY", "CREATE TEMPORARY TABLE chosen", "INSERT INTO directory_entries"])
async def test_a_killed_import_leaves_the_directory_as_it_was(
    connection: asyncpg.Connection, url: str, tmp_path: Path, step: str
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    generate(first, seed=3, persons=200, towns=AROUND)
    generate(second, seed=4, persons=20_000, towns=AROUND)
    await import_rpps(connection, first, today=dt.date(2027, 3, 1))
    text = "SELECT md5(string_agg(e::text, '' ORDER BY entry)) FROM directory_entries e"
    before = await connection.fetchval(text)
    await killed_at(connection, url, second, step)
    assert await connection.fetchval(text) == before
    again = await import_rpps(connection, first, today=dt.date(2027, 3, 2))
    assert (again.added, again.changed, again.closed) == (0, 0, 0)
    whole = await import_rpps(connection, second, today=dt.date(2027, 3, 3), close_always=True)
    left = await connection.fetchval("SELECT count(*) FROM directory_entries WHERE closed_on IS NULL")
    assert whole.added + whole.changed + whole.unchanged == left
