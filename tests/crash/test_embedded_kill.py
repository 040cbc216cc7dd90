# SPDX-License-Identifier: AGPL-3.0-or-later
"""kill -9 of the postmaster, of its children and of the supervisor, under writers: no acknowledged row is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from serment.database.cluster_folder import processes_in
from serment.database.embedded import EmbeddedPostgres
from serment.database.pool import UNREACHABLE, Pool, open_pool

WRITERS = 4
KILLS = 3
ROWS_BEFORE_EACH_KILL = 300
STOP_SECONDS_MAX = 20.0
SUPERVISED = Path(__file__).with_name("supervised_writer.py")

pytestmark = pytest.mark.slow


async def _write(pool: Pool, writer: int, acknowledged: set[int], stop: asyncio.Event) -> None:
    number = writer
    while not stop.is_set():
        number += WRITERS
        try:
            await pool.execute("INSERT INTO kept VALUES ($1)", number)
        except UNREACHABLE:
            await asyncio.sleep(0.01)
        else:
            acknowledged.add(number)


async def _until(condition: object, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it took too long"
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("whole_family", [False, True], ids=["postmaster", "postmaster-and-children"])
async def test_kill_9_of_postgres_loses_no_acknowledged_row(tmp_path: Path, whole_family: bool) -> None:
    with EmbeddedPostgres(tmp_path / "pg") as postgres:
        pool = await open_pool(postgres.url(), connections_max=WRITERS)
        await pool.execute("CREATE TABLE kept (n bigint PRIMARY KEY)")
        acknowledged: set[int] = set()
        stop = asyncio.Event()
        writers = [asyncio.create_task(_write(pool, w, acknowledged, stop)) for w in range(WRITERS)]
        for kill in range(1, KILLS + 1):
            enough = len(acknowledged) + ROWS_BEFORE_EACH_KILL
            await _until(lambda enough=enough: len(acknowledged) >= enough)
            victim = postgres.pid
            assert victim is not None
            family = processes_in(postgres.cluster) if whole_family else [victim]
            for pid in family:
                os.kill(pid, signal.SIGKILL)
            await _until(lambda kill=kill: postgres.restarts == kill)
        after = len(acknowledged)
        # It serves again: of the killed one, each writer may still hear of one row.
        await _until(lambda: len(acknowledged) > after + WRITERS)
        stop.set()
        await asyncio.gather(*writers)
        found = {row["n"] for row in await pool.fetch("SELECT n FROM kept")}
        assert acknowledged - found == set()
        await pool.close()


def test_kill_9_of_serment_stops_postgres_and_keeps_every_acknowledged_row(tmp_path: Path) -> None:
    folder = tmp_path / "pg"
    program = subprocess.Popen([sys.executable, SUPERVISED, folder], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    acknowledged = 0
    while acknowledged < ROWS_BEFORE_EACH_KILL:
        acknowledged = int(program.stdout.readline())
    assert processes_in(folder / "cluster")
    program.kill()
    rest = program.stdout.read().splitlines(keepends=True)
    program.wait()
    whole = [line for line in rest if line.endswith("\n")]
    acknowledged = int(whole[-1]) if whole else acknowledged
    deadline = time.monotonic() + STOP_SECONDS_MAX
    while processes_in(folder / "cluster"):
        assert time.monotonic() < deadline, "PostgreSQL outlived Serment"
        time.sleep(0.05)
    with EmbeddedPostgres(folder) as postgres:
        assert asyncio.run(_kept(postgres, acknowledged)) == acknowledged


async def _kept(postgres: EmbeddedPostgres, acknowledged: int) -> int:
    connection = await asyncpg.connect(postgres.url())
    try:
        return int(await connection.fetchval("SELECT count(*) FROM kept WHERE n <= $1", acknowledged))
    finally:
        await connection.close()


def test_a_start_right_after_kill_9_does_not_trip_over_what_was_left_behind(tmp_path: Path) -> None:
    folder = tmp_path / "pg"
    program = subprocess.Popen([sys.executable, SUPERVISED, folder], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None and program.stdout.readline()
    program.kill()
    program.wait()
    with EmbeddedPostgres(folder) as postgres:
        assert postgres.pid is not None
    assert not processes_in(folder / "cluster")
