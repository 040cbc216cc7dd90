# SPDX-License-Identifier: AGPL-3.0-or-later
"""(i) Honest days of a busy centre before the sentinel: 30 practitioners, 1,200 appointments a day, 12 secretaries; over HTTP.

The rush at eight, a practitioner who falls ill and whose patients are called, a locum without a history, a list printed with
numbers, the cards of a day's bookings, an epidemic Monday. Everybody comes from one address. Seeded, the clock moved on by the
script. What counts is that nobody is stopped, and how often somebody is asked to show that they are there.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import httpx

import members_house as people
from api.test_booking_http import OURS, live
from api.test_roles_matrix import NO_TLS
from bench import report
from bench.honest_centre import Centre, Honest, Size, ask, furnish, moments_of, sign_in_again
from bento_house import DAY, at, open_house
from members_house import Person
from serment.database.embedded import EmbeddedPostgres
from serment.database.migrate import migrate
from serment.database.pool import Pool, open_pool
from serment.framing import Role

SEEDS = tuple(int(seed) for seed in os.environ.get("SERMENT_BENCH_SEEDS", "1").split(","))
DAYS = int(os.environ.get("SERMENT_BENCH_DAYS", "2"))  # working days; 22 are a month
PRACTITIONERS = int(
    os.environ.get("SERMENT_BENCH_PRACTITIONERS", "30")
)  # the rest of the centre in proportion
SECRETARIES_EACH = 0.4
EPIDEMIC_DAY, EPIDEMIC = 1, 1.8  # of these days the second, and how many calls there are for one
LOCUM_FROM, LOCUM_DAYS = 2, 5
AHEAD_DAYS = 60


async def measure() -> None:
    """Prints the figures. An honest person who is stopped or refused ends the run as an error."""
    size = Size(practitioners=PRACTITIONERS, secretaries=round(PRACTITIONERS * SECRETARIES_EACH))
    report.heading(
        "i",
        f"{DAYS} honest days: {size.day:,} appointments each, {size.secretaries} secretaries, the sentinel awake",
    )
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as name, EmbeddedPostgres(Path(name) / "pg") as postgres:
            await migrate(postgres.url())
            pool = await open_pool(postgres.url(), connections_max=8)
            try:
                house = await open_house(pool)
                full = (working_days(DAYS)[-1] - DAY).days
                centre = await furnish(pool, house, size, back=30, ahead=full + AHEAD_DAYS, full=full)
                async with live(postgres.url(), Path(name), house.clock) as base:
                    await _month(centre, pool, base, seed)
            finally:
                pool.terminate()


def working_days(count: int, first: date = DAY) -> list[date]:
    """From the first on, weekends left out."""
    days = (first + timedelta(days=nth) for nth in range(count * 2 + 4))
    return [day for day in days if day.weekday() < 5][:count]


async def _month(centre: Centre, pool: Pool, base: str, seed: int) -> None:
    chance, told, begun, locum = random.Random(seed), Honest(), time.perf_counter(), None
    worst_day = 0
    async with httpx.AsyncClient(base_url=base, headers=OURS, timeout=60, verify=NO_TLS) as client:
        for nth, day in enumerate(working_days(DAYS)):
            await _morning(centre, day, locum)
            if nth == LOCUM_FROM:
                locum = await _locum_comes(centre)
            before = told.gestures.total()
            factor = EPIDEMIC if nth == EPIDEMIC_DAY else 1.0
            here = locum if locum is not None and nth < LOCUM_FROM + LOCUM_DAYS else None
            for moment in moments_of(centre, day, chance, factor, locum=here):
                centre.house.clock.now = max(centre.house.clock.now, moment.when)
                await ask(client, centre, moment, told)
            worst_day = max(worst_day, told.gestures.total() - before)
    stopped = await pool.fetchval("SELECT count(*) FROM freezes")
    told_of = await pool.fetchval("SELECT count(*) FROM look_backs")
    report.figure(f"seed {seed}: requests", f"{told.asked:,} in {time.perf_counter() - begun:.0f} s")
    report.figure("  people stopped", str(stopped), aim=0, got=stopped)
    report.figure("  people told to the owners for looks back", str(told_of), aim=0, got=told_of)
    desks = len(centre.staff) * DAYS
    report.figure(
        "  asked to show that they are there: all, a desk and day, most in a day",
        f"{told.gestures.total()}, {told.gestures.total() / desks:.2f}, {worst_day}",
    )
    if stopped or told.refused:
        raise RuntimeError(f"honest work was refused: {dict(told.refused)}, {stopped} stopped")


async def _morning(centre: Centre, day: date, locum: Person | None) -> None:
    centre.house.clock.now = max(centre.house.clock.now, at("07:00", day))
    for person in [*centre.staff, *([] if locum is None else [locum])]:
        await sign_in_again(centre, person)


async def _locum_comes(centre: Centre) -> Person:
    """Somebody without a history, in place of the first practitioner."""
    await sign_in_again(centre, centre.owner)
    house = centre.house
    return await people.bring_in(centre.owner, house, "Dr Locum", Role.PRACTITIONER, [house.unit])
