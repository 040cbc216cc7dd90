# SPDX-License-Identifier: AGPL-3.0-or-later
"""(i), after its days: keys turn over a large practice's cards. Somebody collects them and seals none anew; then two desks seal
them side by side, as browsers do. Nobody may be stopped, and every card must lie under the new keys.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import tempfile
import time
import uuid
from pathlib import Path

import members_house as people
from bench import report
from bento_house import House, open_house
from members_house import Person
from serment.database.embedded import EmbeddedPostgres
from serment.database.migrate import migrate
from serment.database.pool import Pool, open_pool
from serment.domain.sentinel import CARDS_IN_HAND
from serment.framing import Role
from serment.server.usecases.errors import StaleCard
from serment.server.usecases.keep_cards import CardRow, read_behind, write_cards

CARDS = int(os.environ.get("SERMENT_BENCH_CARDS", "20000"))
CARD_BYTES, MONTH = 1052, 203_012  # nothing here opens them


async def measure() -> None:
    """Prints the figures. A desk that is stopped, or a card that is left, ends the run as an error."""
    with tempfile.TemporaryDirectory() as name, EmbeddedPostgres(Path(name) / "pg") as postgres:
        await migrate(postgres.url())
        pool = await open_pool(postgres.url(), connections_max=8)
        try:
            house = await open_house(pool)
            await _fill(pool, house)
            bento, sam = await people.bento(house), await people.sam(house)
            thief = await people.bring_in(bento, house, "Nour", Role.SECRETARY, [house.unit])
            await bento.change(house, await people.write(bento, house, [], turn=[house.unit]))
            alone = await _collect(house, thief)
            report.figure(
                f"of {CARDS:,} cards, collected by one who seals none",
                str(alone),
                aim=CARDS_IN_HAND,
                got=alone,
            )
            begun = time.perf_counter()
            asked = await asyncio.gather(_reseal(house, bento), _reseal(house, sam))
            report.figure(
                "two desks seal them anew: requests, time",
                f"{sum(asked)}, {time.perf_counter() - begun:.0f} s",
            )
            left = await pool.fetchval("SELECT count(*) FROM cards WHERE epoch < 2")
            stopped = await pool.fetchval("SELECT count(*) FROM freezes")
            report.figure("cards left, people stopped", f"{left}, {stopped}", aim=0, got=left + stopped)
            if left or stopped:
                raise RuntimeError("honest desks did not come through")
        finally:
            pool.terminate()


async def _fill(pool: Pool, house: House) -> None:
    rows = [
        (house.practice, uuid.uuid4(), house.unit, 1, 1, MONTH, secrets.token_bytes(CARD_BYTES))
        for _ in range(CARDS)
    ]
    columns = ["practice", "card", "unit", "epoch", "rev", "month", "bytes"]
    async with pool.acquire() as connection:
        await connection.copy_records_to_table("cards", records=rows, columns=columns)


async def _collect(house: House, who: Person) -> int:
    """How many cards somebody is handed who asks on and on."""
    told, after = set(), None
    while rows := (await read_behind(house.instance, await who.staff(house), house.unit, after)).oldest:
        told |= {row.card for row in rows}
        after = (rows[-1].epoch, rows[-1].card)
    return len(told)


async def _reseal(house: House, who: Person) -> int:
    """As `resealUnit` does in a browser. How many requests it took."""
    asked, after = 0, None
    while rows := (await read_behind(house.instance, await who.staff(house), house.unit, after)).oldest:
        after, asked = (rows[-1].epoch, rows[-1].card), asked + 2
        again = [row._replace(epoch=2, rev=row.rev + 1) for row in rows]
        try:
            await write_cards(house.instance, await who.staff(house), again)
        except StaleCard as stale:
            asked += await _others(house, who, again, stale.told["cards"])
    return asked


async def _others(house: House, who: Person, again: list[CardRow], stale: list[uuid.UUID]) -> int:
    """Those that the other desk was not quicker with."""
    rest = [row for row in again if row.card not in stale]
    if not rest:
        return 0
    await write_cards(house.instance, await who.staff(house), rest)
    return 1
