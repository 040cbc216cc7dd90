# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pool and the fixtures' database, on every PostgreSQL at hand."""

from __future__ import annotations

import time

import asyncpg
import pytest

from serment.database.embedded import EmbeddedPostgres
from serment.database.pool import Pool, open_pool, transaction


async def test_the_database_is_migrated_and_speaks_utc(pool: Pool) -> None:
    assert await pool.fetchval("SELECT count(*) FROM serment_migrations") >= 1
    assert await pool.fetchval("SHOW TimeZone") == "UTC"


async def test_accents_have_a_lower_case_and_order_is_that_of_code_points(pool: Pool) -> None:
    assert await pool.fetchval("SELECT lower('ÉÏÇ')") == "éïç"
    assert await pool.fetchval("SELECT 'Z' < 'a' AND 'z' < 'é'")


async def test_a_statement_past_its_deadline_ends_in_an_error(database_url: str) -> None:
    pool = await open_pool(database_url, statement_seconds=0.2)
    started = time.monotonic()
    with pytest.raises((TimeoutError, asyncpg.QueryCanceledError)):
        await pool.fetchval("SELECT pg_sleep(30)")
    assert time.monotonic() - started < 5
    assert await pool.fetchval("SELECT 1") == 1
    await pool.close()


async def test_a_statement_within_its_deadline_answers(database_url: str) -> None:
    pool = await open_pool(database_url, statement_seconds=5)
    assert await pool.fetchval("SELECT 1 FROM pg_sleep(0.2)") == 1
    await pool.close()


async def test_a_block_that_raises_leaves_nothing(pool: Pool) -> None:
    await pool.execute("CREATE TABLE kept (n int)")
    with pytest.raises(ZeroDivisionError):
        async with transaction(pool) as tx:
            await tx.execute("INSERT INTO kept VALUES (1)")
            raise ZeroDivisionError
    assert await pool.fetchval("SELECT count(*) FROM kept") == 0


async def test_a_block_that_ends_is_committed(pool: Pool) -> None:
    await pool.execute("CREATE TABLE committed (n int)")
    async with transaction(pool) as tx:
        await tx.execute("INSERT INTO committed VALUES (1)")
    assert await pool.fetchval("SELECT count(*) FROM committed") == 1


async def test_it_listens_on_no_network(cluster: EmbeddedPostgres, pool: Pool) -> None:
    assert await pool.fetchval("SHOW listen_addresses") == ""
    assert (cluster.socket_folder.stat().st_mode & 0o777) == 0o700
    assert (cluster.cluster.stat().st_mode & 0o077) == 0
