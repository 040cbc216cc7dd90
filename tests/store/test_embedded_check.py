# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment check` and `serment migrate` on a PostgreSQL of one's own."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid

import asyncpg
import pytest
from click.testing import CliRunner, Result

from serment import check_backup
from serment.backup.source import SLOT
from serment.check_backup import log_kept
from serment.cli import main
from serment.database.embedded import EmbeddedPostgres


async def _invoke(command: str, url: str) -> Result:
    # The commands run an event loop of their own, as they do in a shell.
    return await asyncio.to_thread(CliRunner().invoke, main, [command], env={"SERMENT_DATABASE_URL": url})


async def test_check_asks_for_migrate_and_migrate_cures(cluster: EmbeddedPostgres) -> None:
    name = f"c_{uuid.uuid4().hex}"
    connection = await asyncpg.connect(cluster.url("postgres"))
    await connection.execute(f"CREATE DATABASE {name}")
    url = cluster.url(name)
    assert "The database lacks 0001_" in (await _invoke("check", url)).output
    assert "applied 0001_" in (await _invoke("migrate", url)).output
    assert "up to date already" in (await _invoke("migrate", url)).output
    output = (await _invoke("check", url)).output
    assert "The database lacks" not in output and "answers." in output
    assert "No notifier has published its keys here" in output
    published = await asyncpg.connect(url)
    today = dt.datetime.now(dt.UTC).date()
    await published.execute("INSERT INTO notifier_root (pk) VALUES ($1)", bytes(32))
    for ahead, says in ((300, "The notifier's keys end on"), (401, "messages can be prepared")):
        day = today + dt.timedelta(days=ahead)
        await published.execute("INSERT INTO day_keys VALUES ($1, $2, $3)", day, bytes(1216), bytes(64))
        assert says in (await _invoke("check", url)).output
    await published.close()
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


async def test_check_says_that_the_log_is_kept_for_a_backup_that_nobody_sends(
    cluster: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = await asyncpg.connect(cluster.url("postgres"))
    assert await log_kept(cluster.url("postgres")) == []
    await connection.execute("SELECT pg_create_physical_replication_slot($1, true)", SLOT)
    try:
        assert await log_kept(cluster.url("postgres")) == []
        monkeypatch.setattr(check_backup, "WAITING_BYTES_MAX", 0)
        [found] = await log_kept(cluster.url("postgres"))
    finally:
        await connection.execute("SELECT pg_drop_replication_slot($1)", SLOT)
        await connection.close()
    assert "of its log, up to 4GB, for a backup that nobody sends" in found.sentence
    assert SLOT in str(found.cure)
