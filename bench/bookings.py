# SPDX-License-Identifier: AGPL-3.0-or-later
"""(c) Whole bookings a second against a bare INSERT under the same constraint; (d) many hands on few slots.

Envelopes are sealed before the clock starts: three groups, two stanzas, a capsule for the notifier and two messages.
Everything runs in one process through the product's own use cases, on the loop that `serve` runs, with fsync on. The
processor's time says what a machine could do at best; on a shared one it is steadier than the rate.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import statistics
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from bench import report
from bench.processor import Spent, spent
from bento_house import DAY, Hand, House, at, open_house
from serment.database.embedded import EmbeddedPostgres
from serment.database.migrate import migrate
from serment.database.pool import Pool, open_pool
from serment.framing import CapsuleRow, MessageRow
from serment.framing.messages import CAPSULE_BYTES, MESSAGE_BYTES
from serment.server.usecases.book import Written, book
from serment.server.usecases.errors import SlotTaken

ROUNDS = 5
CLIENTS = 16
CONNECTIONS = 20
SLOTS_A_DAY = 18  # 8 to 17 in winter, 9 to 18 in summer: the house is open 8 to 18
BOOKINGS_A_ROUND = 24 * SLOTS_A_DAY
MESSAGES_A_BOOKING = 2
HANDS, CONTENDED_SLOTS = 64, 100
FLUSHES = 200
BARE = (
    "INSERT INTO spans (practice, span, agenda, record, visit_type, start, minutes, during) "
    "VALUES ($1, $2, $3, $4, $5, $6, 30, tstzrange($6::timestamptz, $6::timestamptz + interval '30 minutes')) "
    "ON CONFLICT DO NOTHING"
)


class SlotWonTwice(Exception):
    """A slot had no winner, or two. This is the one figure that may never be off."""


async def measure(letters: set[str]) -> None:
    """Prints (c), (d) or both."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder) / "pg") as postgres:
        await migrate(postgres.url())
        pool = await open_pool(postgres.url(), connections_max=CONNECTIONS)
        house = await open_house(pool)
        if "c" in letters:
            await _throughput(pool, house, postgres)
            report.figure("one flush of this disk (4 kB, fdatasync)", f"{_flush(Path(folder)) * 1000:.2f} ms")
        if "d" in letters:
            await _contended(house, 400)
        pool.terminate()


class Round(NamedTuple):
    """Pieces of work a second, and the processor's time for each."""

    rate: float
    spent: Spent


async def _throughput(pool: Pool, house: House, postgres: EmbeddedPostgres) -> None:
    report.heading("c", f"bookings through the use cases, {CLIENTS} clients, medians of {ROUNDS} rounds")
    postmaster = postgres.pid
    assert postmaster is not None  # it runs until the block around us ends
    bare, whole, day = [], [], 0
    for nth in range(ROUNDS + 1):
        single = await _bare(pool, house, day, postmaster)
        day += BOOKINGS_A_ROUND // SLOTS_A_DAY
        full = await book_round(house, day, postmaster)
        day += BOOKINGS_A_ROUND // SLOTS_A_DAY
        if nth == 0:
            continue  # connections and prepared statements are made in the first round
        bare.append(single)
        whole.append(full)
    rate, limit = (statistics.median(each.rate for each in rounds) for rounds in (whole, bare))
    report.figure("whole bookings (hold, then book)", f"{rate:.0f} /s", aim=2000, got=rate, most=False)
    report.figure("bare INSERT, same table, constraint and pool", f"{limit:.0f} /s")
    ratio = statistics.median(2 * full.rate / single.rate for full, single in zip(whole, bare, strict=True))
    report.figure("ratio, per transaction (a booking is two)", f"{ratio:.2f}", aim=0.5, got=ratio, most=False)
    full, single = (_middle([each.spent for each in rounds]) for rounds in (whole, bare))
    report.figure("processor time of a booking, Python + PostgreSQL", str(full))
    report.figure("processor time of a bare INSERT", str(single))
    report.figure("ratio of processor time, per transaction", f"{2 * single.both / full.both:.2f}")
    cores = os.cpu_count() or 1
    most = 1000 / max(full.both / cores, full.python)
    report.figure(f"so {cores} cores of this machine, left alone, cannot do more than", f"{most:.0f} /s")


def _middle(rounds: Sequence[Spent]) -> Spent:
    return Spent(
        statistics.median(each.python for each in rounds),
        statistics.median(each.postgres for each in rounds),
    )


def _flush(folder: Path) -> float:
    """Seconds that a small write takes to be safe here; the log of every commit pays it, several together at best."""
    handle = os.open(folder / "flush", os.O_CREAT | os.O_WRONLY)
    times = []
    for _ in range(FLUSHES):
        begun = time.perf_counter()
        os.pwrite(handle, secrets.token_bytes(4096), 0)
        os.fdatasync(handle)
        times.append(time.perf_counter() - begun)
    os.close(handle)
    return statistics.median(times)


def starts(day: int, count: int) -> list[datetime]:
    """That many free half hours from a day on."""
    return [
        at("8:00", DAY + timedelta(days=day + n // SLOTS_A_DAY)) + timedelta(minutes=30 * (n % SLOTS_A_DAY))
        for n in range(count)
    ]


async def _bare(pool: Pool, house: House, day: int, postmaster: int) -> Round:
    work = iter(starts(day, BOOKINGS_A_ROUND))

    async def client() -> None:
        for start in work:
            await pool.execute(
                BARE, house.practice, uuid.uuid4(), house.ferrand, uuid.uuid4(), house.type(), start
            )

    return await _timed(client, postmaster)


async def _timed(client: Callable[[], Awaitable[None]], postmaster: int) -> Round:
    before, begun = spent(postmaster), time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    took = time.perf_counter() - begun
    return Round(BOOKINGS_A_ROUND / took, spent(postmaster).since(before, BOOKINGS_A_ROUND))


def _sealed(hand: Hand, start: datetime) -> Written:
    """What a browser posts, the notifier's rows included (their bytes are not opened here, only counted)."""
    written = hand.seal(hand.wants(start))
    h, day = secrets.token_bytes(16), date(start.year, start.month, start.day)
    next_day = (day + timedelta(days=1)).isoformat()
    capsule = CapsuleRow(
        h, next_day, secrets.token_bytes(CAPSULE_BYTES), secrets.token_bytes(32), secrets.token_bytes(32), 1
    )
    messages = [
        MessageRow(h, secrets.token_bytes(16), day.isoformat(), 1, secrets.token_bytes(MESSAGE_BYTES))
        for _ in range(MESSAGES_A_BOOKING)
    ]
    return Written(
        revision=written.revision, stanzas=written.stanzas, row_token_hash=written.row_token_hash,
        act=written.act, page=written.page, capsule=capsule, messages=messages,
    )  # fmt: skip


async def book_round(house: House, day: int, postmaster: int) -> Round:
    """Each client holds a slot and books it, then the next, as people do."""
    house.clock.now = at("7:00", DAY + timedelta(days=day))
    hands = [(Hand(house), start) for start in starts(day, BOOKINGS_A_ROUND)]
    work = iter([(hand, start, _sealed(hand, start)) for hand, start in hands])

    async def client() -> None:
        for hand, start, written in work:
            await hand.hold(start)
            await book(house.instance, written, hand.token)

    return await _timed(client, postmaster)


async def _contended(house: House, day: int) -> None:
    report.heading("d", f"{HANDS} hands on each of {CONTENDED_SLOTS} slots")
    house.clock.now = at("7:00", DAY + timedelta(days=day))
    won, lost, waits = 0, 0, []

    async def hand_of(start: datetime) -> None:
        nonlocal won, lost
        begun = time.perf_counter()
        try:
            await Hand(house).hold(start)
            won += 1
        except SlotTaken:
            lost += 1
        waits.append((time.perf_counter() - begun) * 1000)

    for start in starts(day, CONTENDED_SLOTS):
        await asyncio.gather(*(hand_of(start) for _ in range(HANDS)))
    report.figure("won", str(won))
    report.figure("told what else is free", str(lost))
    report.figure("waited, p50", f"{report.percentile(waits, 0.5):.1f} ms")
    report.figure("waited, p99", f"{report.percentile(waits, 0.99):.1f} ms")
    if (won, lost) != (CONTENDED_SLOTS, (HANDS - 1) * CONTENDED_SLOTS):
        raise SlotWonTwice(f"{won} won, {lost} lost, of {CONTENDED_SLOTS} slots and {HANDS} hands")
