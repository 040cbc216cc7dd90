# SPDX-License-Identifier: AGPL-3.0-or-later
"""(a) Seven days of free times over HTTP, from `serve` as it runs, against a bare route that returns the same bytes.

The client is a process of its own (bench.load), so that it does not slow the server's loop; on two cores it still
takes time from server and database, of both routes alike.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench import ground, report
from serment.database.embedded import EmbeddedPostgres
from serment.database.migrate import migrate
from serment.database.pool import open_pool

AGENDAS = 500
DAYS = 7
ROUNDS = 5
ONE_CLIENT_REQUESTS, MANY_CLIENT_REQUESTS, MANY_CLIENTS = 1500, 6000, 16
START_SECONDS_MAX = 30


async def measure() -> None:
    """Prints the figures."""
    report.heading("a", f"{DAYS} days of slots of one agenda over HTTP, medians of {ROUNDS} rounds")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with EmbeddedPostgres(folder / "pg") as postgres:
            await migrate(postgres.url())
            pool = await open_pool(postgres.url())
            await ground.grow(pool, 1, AGENDAS, datetime.now(UTC))
            some = await ground.agendas(pool, AGENDAS)
            pool.terminate()
            first = ground.eight_tomorrow(datetime.now(UTC)).date()
            paths = [
                f"/api/slots?agenda={agenda}&visit_type={visit_type}&from={first}"
                for agenda, visit_type in some
            ]
            environment = {"SERMENT_DATABASE_URL": postgres.url(), "SERMENT_DATA": str(folder / "data")}
            async with _running(["-m", "serment.cli", "serve"], environment) as ours:
                (folder / "answer").write_bytes(_get(ours, f"{paths[0]}&days={DAYS}"))
                async with _running(["-m", "bench.bare_route"], {"ANSWER": str(folder / "answer")}) as bare:
                    await _compare(ours, bare, paths)


async def _compare(ours: int, bare: int, paths: Sequence[str]) -> None:
    """Both routes by turns, so that a slow minute of the machine strikes both."""
    alone, alone_bare, many, many_bare, anew = [], [], [], [], []
    for nth in range(ROUNDS):
        alone_bare.append(await _load(bare, ["/"], 1, ONE_CLIENT_REQUESTS))
        alone.append(await _load(ours, [f"{paths[0]}&days={DAYS}"], 1, ONE_CLIENT_REQUESTS))
        many_bare.append(await _load(bare, ["/"], MANY_CLIENTS, MANY_CLIENT_REQUESTS))
        many.append(await _load(ours, [f"{paths[0]}&days={DAYS}"], MANY_CLIENTS, MANY_CLIENT_REQUESTS))
        anew.append(await _load(ours, [f"{path}&days={DAYS - nth}" for path in paths], 1, len(paths)))

    def middle(rounds: list[dict[str, float]], what: str) -> float:
        return statistics.median(each[what] for each in rounds)

    p50, p99 = middle(alone, "p50"), middle(alone, "p99")
    report.figure("one client, p50", f"{p50:.2f} ms", aim=1.5, got=p50)
    report.figure("one client, p99", f"{p99:.2f} ms", aim=10, got=p99)
    report.figure("bare route, one client, p50", f"{middle(alone_bare, 'p50'):.2f} ms")
    report.figure(
        f"one client, p50, {len(paths)} agendas, each computed anew", f"{middle(anew, 'p50'):.2f} ms"
    )
    rate, limit = middle(many, "rate"), middle(many_bare, "rate")
    report.figure(f"{MANY_CLIENTS} clients", f"{rate:.0f} /s")
    report.figure(f"bare route, {MANY_CLIENTS} clients", f"{limit:.0f} /s")
    report.figure(
        f"{MANY_CLIENTS} clients: 1,500 /s, or half the bare route",
        f"{rate / limit:.2f} of it",
        aim=1.0,
        got=max(rate / 1500, rate / limit / 0.5),
        most=False,
    )


async def _load(port: int, paths: Sequence[str], clients: int, requests: int) -> dict[str, float]:
    """p50 and p99 in ms, and answers a second."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.load", str(port), str(clients), str(requests),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate("\n".join(paths).encode())
    if process.returncode:
        raise RuntimeError("the load client failed; its error stands above")
    found: dict[str, float] = json.loads(out)
    return found


@asynccontextmanager
async def _running(command: Sequence[str], environment: dict[str, str]) -> AsyncIterator[int]:
    """A server on a free port of the loopback address, once it answers; ended with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    rest = {key: value for key, value in os.environ.items() if not key.startswith("SERMENT_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, env=rest | environment | {"SERMENT_PORT": str(port)}
    )
    try:
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                await asyncio.to_thread(_get, port, "/healthz")
                break
            except OSError:
                if time.monotonic() > deadline or process.returncode is not None:
                    raise
                await asyncio.sleep(0.1)
        yield port
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _get(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        body: bytes = answer.read()
        return body
