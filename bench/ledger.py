# SPDX-License-Identifier: AGPL-3.0-or-later
"""(j) The access ledger: who read what among SERMENT_BENCH_ENTRIES entries (300,000), what it costs a reading and bookings,
and how fast the verifier goes through its tiles.

Entries are made by the database itself: a year of them, a fifth of one busy centre, in the shares that desks make (an
agenda's list names twelve appointments on average). The indexes are built afterwards, as they stand in the migrations.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import members_house as people
from bench import bookings, report
from bench.processor import Spent, spent
from bento_house import DAY, Hand, House, at, open_house
from serment.database.embedded import EmbeddedPostgres
from serment.database.migrate import migrate
from serment.database.pool import Pool, open_pool
from serment.domain.ledger import Part
from serment.server.ledger_folder import LedgerFolder
from serment.server.usecases import note_read, read_envelope
from serment.server.usecases.count_reads import count_reads
from serment.server.usecases.membership import Staff
from serment.server.usecases.note_read import note_read_by
from serment.server.usecases.publish_checkpoint import publish_checkpoint
from serment.server.usecases.read_envelope import read_by_link, read_for_member
from serment.server.usecases.read_ledger import (
    LEDGER_DAYS_MAX,
    LINES_MAX,
    Wanted,
    read_ledger_figures,
    read_ledger_lines,
)
from serment.verifier.ledger import verify

ENTRIES = int(os.environ.get("SERMENT_BENCH_ENTRIES", "300000"))
PRACTICE_ENTRIES = 200_000  # of an ordinary practice's year, where there are so many
MEMBERS = 40
CHUNK = 500_000
YEAR_DAYS = 365
ANSWER_SECONDS = 10
PATIENT_SECONDS = 600.0
ROUNDS, SUBROUNDS, READS_A_SECOND = 3, 4, 50
CONTACTS_A_BATCH, BATCHES = 25, 10
LEAVES = 200_000

_MADE = """
INSERT INTO ledger (line, leaf, salt, at, practice, reader, purpose, parts, records)
SELECT gen_random_uuid(), i, decode(md5(i::text) || md5('s' || i), 'hex'),
    date_trunc('second', $4::timestamptz - random() * interval '365 days'), practice,
    CASE WHEN kind >= 18 THEN NULL ELSE md5('m' || who || '-' || i / 7 % $5)::uuid END,
    CASE WHEN kind < 14 THEN 3 WHEN kind < 17 THEN 1 WHEN kind = 17 THEN 5 ELSE 4 END,
    CASE WHEN kind < 7 THEN 2 WHEN kind < 14 THEN 4 WHEN kind < 17 THEN 1 WHEN kind = 17 THEN 8 ELSE 7 END,
    ARRAY(SELECT DISTINCT md5('r' || who || '-' || floor(random() * $6))::uuid FROM generate_series(1, named))
FROM (
    SELECT i, i % 20 AS kind, who, CASE WHEN who = 0 THEN $3::uuid ELSE md5('p' || who)::uuid END AS practice,
        CASE i % 20 WHEN 14 THEN 1 + i / 20 % 23 WHEN 15 THEN 1 + i / 20 % 23 WHEN 16 THEN 1 + i / 20 % 23
            WHEN 17 THEN 20 ELSE 1 END AS named
    FROM (SELECT i, CASE WHEN i / 100 % 5 = 0 THEN 0 ELSE 1 + i / 500 % $7 END AS who
        FROM generate_series($1::bigint, $2::bigint) i) placed
) shared
"""


async def measure() -> None:
    """Prints the figures."""
    report.heading("j", f"the access ledger: {ENTRIES:,} entries of a year")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with EmbeddedPostgres(folder / "pg") as postgres:
            await migrate(postgres.url())
            pool = await open_pool(postgres.url(), connections_max=20, statement_seconds=PATIENT_SECONDS)
            house = await open_house(pool)
            postmaster = postgres.pid
            assert postmaster is not None  # it runs until the block around us ends
            log = LedgerFolder(folder / "log", house.instance.name)
            house = dataclasses.replace(house, instance=dataclasses.replace(house.instance, ledger=log))
            await _contact(house, postmaster)
            await _throughput(house, postmaster)
            await pool.execute("TRUNCATE ledger")
            await _make(pool, house)
            await _questions(pool, house)
            pool.terminate()
        _verify(folder / "tiles")


async def _make(pool: Pool, house: House) -> None:
    begun = time.perf_counter()
    others = max(2, ENTRIES * 4 // 5 // PRACTICE_ENTRIES)
    async with pool.acquire() as connection:
        made = await connection.fetch(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'ledger' AND indexname LIKE 'ledger_of%'"
        )
        for row in made:
            await connection.execute(f"DROP INDEX {row['indexname']}")
        # Made here and thrown away: nothing of it goes through the log. Reading is the same.
        await connection.execute("ALTER TABLE ledger SET UNLOGGED")
        await connection.execute("ALTER TABLE ledger DROP CONSTRAINT ledger_pkey")
        for first in range(0, ENTRIES, CHUNK):
            last = min(first + CHUNK, ENTRIES) - 1
            await connection.execute(
                _MADE, first, last, house.practice, house.clock(), MEMBERS, _different(others), others,
                timeout=PATIENT_SECONDS,
            )  # fmt: skip
        await connection.execute("SET maintenance_work_mem = '1GB'")
        for statement in ("ALTER TABLE ledger ADD PRIMARY KEY (line)", *(row["indexdef"] for row in made)):
            await connection.execute(statement, timeout=PATIENT_SECONDS)
        await connection.execute("VACUUM ANALYZE ledger", timeout=PATIENT_SECONDS)
    sizes = await pool.fetchrow(
        "SELECT pg_table_size('ledger') AS heap, pg_indexes_size('ledger') AS indexes"
    )
    report.figure("made in", f"{time.perf_counter() - begun:.0f} s")
    report.figure("on disk: lines, indexes", f"{sizes['heap'] / 1e6:,.0f} + {sizes['indexes'] / 1e6:,.0f} MB")


def _different(others: int) -> float:
    """Appointments of a practice's year: a quarter of its lines."""
    return max(50.0, ENTRIES / (others + 1) / 4)


async def _questions(pool: Pool, house: House) -> None:
    owner = await (await people.bento(house)).staff(house)
    other = dataclasses.replace(owner, practice=await pool.fetchval("SELECT md5('p1')::uuid"))
    thief = await pool.fetchval("SELECT md5('m0-3')::uuid")
    record = await pool.fetchval(
        "SELECT records[1] FROM ledger WHERE practice = $1 AND purpose = 3 LIMIT 1", house.practice
    )
    everything = Part(31)

    def asked(staff: Staff, spans: int, **more: Any) -> Callable[[], Awaitable[int]]:
        return lambda: _all_lines(house, staff, spans, parts=everything, **more)

    def figures(staff: Staff, spans: int) -> Callable[[], Awaitable[int]]:
        async def ask() -> int:
            for first, last in _spans(house, spans):
                wanted = Wanted(first=first, last=last, parts=everything)
                await read_ledger_figures(house.instance, staff, wanted)
            return spans

        return ask

    async def counted() -> int:
        return len(await count_reads(pool, YEAR_DAYS + 1, house.clock()))

    for text, ask in {
        "a member of the busy centre, all lines of a year": asked(owner, 4, member=thief),
        "one appointment of it, all lines of a year": asked(owner, 4, record=record),
        f"an ordinary practice, all lines of {LEDGER_DAYS_MAX} days": asked(other, 1),
        f"the busy centre, figures of {LEDGER_DAYS_MAX} days": figures(owner, 1),
        f"an ordinary practice, figures of {LEDGER_DAYS_MAX} days": figures(other, 1),
        "the host's counts of a year, lines printed": counted,
    }.items():
        begun = time.perf_counter()
        found = await ask()
        took = time.perf_counter() - begun
        report.figure(f"{text}: {found:,} in", f"{took:.2f} s", aim=ANSWER_SECONDS, got=took)


def _spans(house: House, count: int) -> Iterator[tuple[date, date]]:
    last = house.clock().date() + timedelta(days=1)
    for _ in range(count):
        yield last - timedelta(days=LEDGER_DAYS_MAX - 1), last
        last -= timedelta(days=LEDGER_DAYS_MAX)


async def _all_lines(house: House, staff: Staff, spans: int, **more: Any) -> int:
    """As an owner's browser makes its table: page by page, span by span."""
    found = 0
    for first, last in _spans(house, spans):
        after = None
        while True:
            wanted = Wanted(first=first, last=last, **more)
            told = await read_ledger_lines(house.instance, staff, wanted, after=after, most=LINES_MAX)
            found += len(told.lines)
            after = told.after
            if after is None:
                break
    return found


class Timed(NamedTuple):
    """Milliseconds of a reading: by the clock, and of the processor."""

    clock: float
    spent: Spent


async def _contact(house: House, postmaster: int) -> None:
    """One contact opened at a desk, with what is written down for it taken away piece by piece."""
    sam = await (await people.sam(house)).staff(house)
    found: dict[str, list[Timed]] = {}
    for nth in range(BATCHES + 1):
        house.clock.now = at("7:00", DAY + timedelta(days=2 * nth))
        records = [await _booked(house, start) for start in bookings.starts(2 * nth, CONTACTS_A_BATCH)]
        await house.instance.pool.execute("UPDATE sessions SET contacts = '{}'")
        for text, noted in (
            ("nothing written down", _nothing),
            ("the ledger alone", _ledger_alone),
            ("ledger and sentinel, as it is", note_read_by),
            ("the same, what was opened before", note_read_by),
        ):
            took = await _read_each(house, sam, records, noted, postmaster)
            if nth:  # connections and prepared statements are made in the first batch
                found.setdefault(text, []).append(took)
    for text, times in found.items():
        clock = statistics.median(each.clock for each in times)
        # The database's time is counted in ticks: a batch alone is too short for it.
        used = Spent(
            statistics.fmean(each.spent.python for each in times),
            statistics.fmean(each.spent.postgres for each in times),
        )
        report.figure(f"a contact read, {text}", f"{clock:.2f} ms ({used})")


async def _booked(house: House, start: Any) -> UUID:
    hand = Hand(house)
    await hand.book(start)
    return hand.record


async def _nothing(*_: Any, **__: Any) -> None:
    """No entry, no count."""


async def _ledger_alone(*given: Any, **more: Any) -> None:
    with _patched(note_read, "kinds", lambda *_: ()):
        await note_read_by(*given, **more)


async def _read_each(house: House, sam: Staff, records: list[UUID], noted: Any, postmaster: int) -> Timed:
    with _patched(read_envelope, "note_read_by", noted):
        before, begun = spent(postmaster), time.perf_counter()
        for record in records:
            await read_for_member(house.instance, sam, record, ["ct"], [])
        took = (time.perf_counter() - begun) * 1000 / len(records)
    return Timed(took, spent(postmaster).since(before, len(records)))


@contextlib.contextmanager
def _patched(module: Any, name: str, by: Any) -> Iterator[None]:
    kept = getattr(module, name)
    setattr(module, name, by)
    try:
        yield
    finally:
        setattr(module, name, kept)


async def _throughput(house: House, postmaster: int) -> None:
    """Bookings while links are read, with the ledger and without: entries and tiles are all that differs."""
    hand = Hand(house)
    house.clock.now = at("7:00", DAY + timedelta(days=60))
    await hand.book(at("9:00", DAY + timedelta(days=61)))
    token, day = hand.cap.row_token, 70
    rates: dict[bool, list[float]] = {False: [], True: []}
    costs: dict[bool, list[float]] = {False: [], True: []}
    for nth in range(ROUNDS + 1):
        for noted in ((False, True), (True, False))[nth % 2]:
            seconds, used = 0.0, 0.0
            async with _reading(house, token, noted=noted):
                for _ in range(SUBROUNDS):
                    done = await bookings.book_round(house, day, postmaster)
                    day += bookings.BOOKINGS_A_ROUND // bookings.SLOTS_A_DAY
                    seconds += 1 / done.rate
                    used += done.spent.both
            if nth:
                rates[noted].append(SUBROUNDS / seconds)
                costs[noted].append(used / SUBROUNDS)
    with_it, without = statistics.median(rates[True]), statistics.median(rates[False])
    report.figure(f"bookings beside {READS_A_SECOND} readings a second, no ledger", f"{without:.0f} /s")
    report.figure("the same, entries written and tiles published", f"{with_it:.0f} /s")
    ratio = statistics.median(rates[True][nth] / rates[False][nth] for nth in range(ROUNDS))
    report.figure("ratio by rate", f"{ratio:.2f}", aim=0.9, got=ratio, most=False)
    used = statistics.median(costs[False][nth] / costs[True][nth] for nth in range(ROUNDS))
    report.figure("ratio by processor time, all of it", f"{used:.2f}", aim=0.9, got=used, most=False)


@contextlib.asynccontextmanager
async def _reading(house: House, token: bytes, *, noted: bool) -> AsyncIterator[None]:
    async def read() -> None:
        # A reading that is late is not caught up: both halves are asked for as many as they can bear.
        while True:
            await asyncio.gather(read_by_link(house.instance, token), asyncio.sleep(1 / READS_A_SECOND))

    async def publish() -> None:
        while noted:
            await publish_checkpoint(house.instance)
            await asyncio.sleep(2)

    kept = read_envelope.note_read
    with _patched(read_envelope, "note_read", kept if noted else _nothing):
        tasks = [asyncio.create_task(read()), asyncio.create_task(publish())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _verify(folder: Path) -> None:
    log = LedgerFolder(folder, "bench")
    for first in range(0, LEAVES, 5_000):
        log.append(first, [n.to_bytes(32, "big") for n in range(first, first + 5_000)])
    begun = time.perf_counter()
    verify(folder, log.verifier_key)
    took = time.perf_counter() - begun
    report.figure(f"serment verify, {LEAVES:,} entries", f"{LEAVES / took:,.0f} /s")
