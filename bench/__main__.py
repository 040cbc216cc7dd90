"""Bookings a second against a bare INSERT under the same constraint, and many hands on few slots.

Both run on the embedded PostgreSQL with fsync on, through the same pool; envelopes are sealed before the clock starts.
Of the benches the project wants, the HTTP, search and browser ones are not written yet.
"""

import asyncio
import statistics
import sys
import tempfile
import time
import uuid
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from bento_house import DAY, Hand, House, at, open_house
from serment.database.embedded import EmbeddedPostgres
from serment.database.migrate import migrate
from serment.database.pool import Pool, open_pool
from serment.server.usecases.book import Written, book
from serment.server.usecases.errors import SlotTaken

ROUNDS = 3
CLIENTS = 16
BOOKINGS_A_ROUND = 432
HANDS, CONTENDED_SLOTS = 64, 100
CONNECTIONS = 20
SLOTS_A_DAY = 18  # 8 to 17 in winter, 9 to 18 in summer: the house is open 8 to 18
BARE = (
    "INSERT INTO spans (practice, span, agenda, record, visit_type, start, minutes, during) "
    "VALUES ($1, $2, $3, $4, $5, $6, 30, tstzrange($6::timestamptz, $6::timestamptz + interval '30 minutes')) "
    "ON CONFLICT DO NOTHING"
)


async def main() -> None:
    """Prints each figure with its ratio; medians of ROUNDS rounds."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder) / "pg") as postgres:
        await migrate(postgres.url())
        pool = await open_pool(postgres.url(), connections_max=CONNECTIONS)
        house = await open_house(pool)
        ours, bare, day = [], [], 0
        for _ in range(ROUNDS):
            bare.append(await _bare(pool, house, day))
            day += BOOKINGS_A_ROUND // SLOTS_A_DAY
            ours.append(await _bookings(house, day))
            day += BOOKINGS_A_ROUND // SLOTS_A_DAY
        full, single = statistics.median(ours), statistics.median(bare)
        print(f"(c) full bookings (hold + book)   {full:8.0f} /s with {CLIENTS} clients")
        print(f"    bare INSERT, same constraint  {single:8.0f} /s")
        print(f"    per transaction (two each)    {2 * full / single:8.2f} of the bare insert (aim 0.5)")
        await _contended(house, day)
        pool.terminate()


def _starts(day: int, count: int) -> list:
    return [
        at("8:00", DAY + timedelta(days=day + n // SLOTS_A_DAY)) + timedelta(minutes=30 * (n % SLOTS_A_DAY))
        for n in range(count)
    ]


async def _bare(pool: Pool, house: House, day: int) -> float:
    work = iter(_starts(day, BOOKINGS_A_ROUND))

    async def client() -> None:
        for start in work:
            await pool.execute(
                BARE, house.practice, uuid.uuid4(), house.ferrand, uuid.uuid4(), house.type(), start
            )

    begun = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return BOOKINGS_A_ROUND / (time.perf_counter() - begun)


async def _bookings(house: House, day: int) -> float:
    house.clock.now = at("7:00", DAY + timedelta(days=day))
    sealed: list[tuple[Hand, object, Written]] = []
    for start in _starts(day, BOOKINGS_A_ROUND):
        hand = Hand(house)
        sealed.append((hand, start, hand.seal(hand.wants(start))))
    work = iter(sealed)

    async def client() -> None:
        for hand, start, written in work:
            await hand.hold(start)  # type: ignore[arg-type]
            await book(house.instance, written, hand.token)

    begun = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return BOOKINGS_A_ROUND / (time.perf_counter() - begun)


async def _contended(house: House, day: int) -> None:
    house.clock.now = at("7:00", DAY + timedelta(days=day))
    won, lost, waits = 0, 0, []

    async def hand_of(start: object) -> None:
        nonlocal won, lost
        begun = time.perf_counter()
        try:
            await Hand(house).hold(start)  # type: ignore[arg-type]
            won += 1
        except SlotTaken:
            lost += 1
        waits.append((time.perf_counter() - begun) * 1000)

    for start in _starts(day, CONTENDED_SLOTS):
        await asyncio.gather(*(hand_of(start) for _ in range(HANDS)))
    waits.sort()
    p50, p99 = waits[len(waits) // 2], waits[len(waits) * 99 // 100]
    print(
        f"(d) {HANDS} hands on each of {CONTENDED_SLOTS} slots: {won} won, {lost} lost; p50 {p50:.0f} ms, p99 {p99:.0f} ms"
    )


if __name__ == "__main__":
    asyncio.run(main())
