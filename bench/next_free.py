# SPDX-License-Identifier: AGPL-3.0-or-later
"""(b) The search's own statements among 1,000, 10,000 and 100,000 agendas with what stands in them."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from bench import ground, report
from serment.database.embedded import EmbeddedPostgres
from serment.database.migrate import migrate
from serment.database.pool import open_pool
from serment.directory.search import Place, box
from serment.server.instance import Instance
from serment.server.secret import Secret
from serment.server.stores import listings
from serment.server.stores.next_free import Key
from serment.server.usecases.find_practitioners import RADIUS_KM, find_practitioners
from serment.server.usecases.refresh_next_free import refresh_agenda

COUNTS = (1_000, 10_000, 100_000)
MOST = 50
SEARCHES = 300
PAGE_RESULTS, PAGES = 10, 60  # what the search page shows, and how many are asked for
CHECKED_AGENDAS = 40


class HintWrong(Exception):
    """The product computes another next free time than the ground was made with: the figures would mean nothing."""


async def measure() -> None:
    """Prints p50 and p99 of each search at each count, and how the cost grows."""
    report.heading("b", f"{MOST} earliest and {MOST} nearest next free times, {SEARCHES} searches each")
    with tempfile.TemporaryDirectory() as name, EmbeddedPostgres(Path(name) / "pg") as postgres:
        await migrate(postgres.url())
        pool = await open_pool(postgres.url())
        now, before = datetime.now(UTC), 0
        instance = Instance("bench", pool, Secret(b"S" * 32), lambda: now)
        first: dict[str, float] = {}
        for count in COUNTS:
            begun = time.perf_counter()
            await ground.grow(pool, before + 1, count, now)
            before = count
            rows = await pool.fetchval("SELECT count(*) FROM spans")
            report.figure(
                f"{count:,} agendas, {rows:,} standing spans made in", f"{time.perf_counter() - begun:.0f} s"
            )
            await _compute_again(instance, count)
            await _at(instance, count, first)
        pool.terminate()


async def _compute_again(instance: Instance, count: int) -> None:
    """Some hints computed by the product from rules and spans; they must be what the ground says. Its price as well."""
    chance = random.Random(count)
    rows = await instance.pool.fetch("SELECT practice, agenda, next_at FROM next_free ORDER BY agenda")
    took = []
    for row in chance.sample(rows, CHECKED_AGENDAS):
        begun = time.perf_counter()
        await refresh_agenda(instance, Key(row["practice"], row["agenda"]))
        took.append((time.perf_counter() - begun) * 1000)
        again = await instance.pool.fetchval("SELECT next_at FROM next_free WHERE agenda = $1", row["agenda"])
        if again != row["next_at"]:
            raise HintWrong(f"{again} where {row['next_at']} was made")
    report.figure(f"{count:,}: one hint computed anew, p50", f"{statistics.median(took):.1f} ms")


async def _at(instance: Instance, count: int, first: dict[str, float]) -> None:
    pool, chance = instance.pool, random.Random(1)

    def anywhere() -> Place:
        return Place(chance.uniform(43, 50), chance.uniform(-1, 7))

    def paris() -> Place:
        return Place(
            ground.PARIS[0] + chance.uniform(-0.05, 0.05), ground.PARIS[1] + chance.uniform(-0.05, 0.05)
        )

    async def nothing(_: Place) -> None:
        await pool.fetchval("SELECT 1")

    async def earliest(place: Place) -> None:
        await listings.earliest_around(pool, [ground.SPECIALTY], box(place, RADIUS_KM), MOST)

    async def nearest(place: Place) -> None:
        await listings.nearest_around(pool, [ground.SPECIALTY], box(place, RADIUS_KM), MOST)

    async def page(place: Place) -> None:
        await find_practitioners(
            instance,
            codes=[ground.SPECIALTY],
            name="",
            around=place,
            sort="earliest",
            skip=0,
            most=PAGE_RESULTS,
        )

    await _one(f"{count:,}: SELECT 1 through the same pool", nothing, anywhere, first, "floor", limit=False)
    for name, search in (("earliest", earliest), ("nearest", nearest)):
        for where, place in (("anywhere", anywhere), ("in Paris", paris)):
            await _one(
                f"{count:,}: {MOST} {name} {where}", search, place, first, f"{name} {where}", limit=True
            )
    await _one(
        f"{count:,}: a whole page of {PAGE_RESULTS} with a week's slots, in Paris",
        page, paris, first, "page", limit=False, tries=PAGES,
    )  # fmt: skip


async def _one(
    text: str,
    search: Callable[[Place], Awaitable[None]],
    place: Callable[[], Place],
    first: dict[str, float],
    key: str,
    *,
    limit: bool,
    tries: int = SEARCHES,
) -> None:
    waits = []
    for nth in range(tries + 10):
        begun = time.perf_counter()
        await search(place())
        if nth >= 10:  # the first ones prepare the statement
            waits.append((time.perf_counter() - begun) * 1000)
    p50, p99 = report.percentile(waits, 0.5), report.percentile(waits, 0.99)
    grown = p50 / first.setdefault(key, p50)
    report.figure(
        text,
        f"{p50:.2f} / {p99:.2f} ms, x{grown:.1f}",
        aim=10 if limit else None,
        got=p99 if limit else None,
    )
