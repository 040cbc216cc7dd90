# SPDX-License-Identifier: AGPL-3.0-or-later
"""Over a live server: whoever asks for what is not theirs is answered as for what is not, and the fifth such ask is the last."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

import members_house as people
from api.test_booking_http import live
from api.test_members_http import browser
from bento_house import DAY, Hand, House, at, open_house
from members_house import Person
from serment.database.pool import open_pool
from serment.server.usecases.sign_in import signed_in

READ = {"groups": ["ct"], "kids": [], "purpose": "contact"}


@dataclass
class Town:
    """Two practices on one server: Sam is of the first."""

    house: House
    other: House
    base: str
    sam: Person

    def reads(self, record: uuid.UUID, purpose: str = "contact") -> tuple[str, dict[str, Any]]:
        return f"/api/practice/{self.house.practice}/appointments/{record}/read", {**READ, "purpose": purpose}


@pytest.fixture
async def town(new_database: Callable[[], Awaitable[str]], tmp_path: Path) -> AsyncIterator[Town]:
    url = await new_database()
    pool = await open_pool(url, connections_max=6)
    try:
        house, other = await open_house(pool), await open_house(pool, slug="lestrade")
        async with live(url, tmp_path, house.clock) as base:
            yield Town(house, other, base, await people.sam(house))
    finally:
        pool.terminate()


async def ask(client: httpx.AsyncClient, asked: tuple[str, dict[str, Any]]) -> tuple[int, str]:
    answer = await client.post(asked[0], json=asked[1])
    kind = answer.json().get("type", "") if answer.status_code >= 400 else ""
    return answer.status_code, kind.removeprefix("urn:serment:error:")


GONE = (404, "no_such_appointment")


async def test_the_fifth_foreign_id_stops_sam_on_whatever_route_and_practice(town: Town) -> None:
    alice, eve = Hand(town.house), Hand(town.other)
    await alice.book(at("09:00", DAY))
    await eve.book(at("09:00", DAY))
    of = f"/api/practice/{town.house.practice}"
    elsewhere = f"/api/practice/{town.other.practice}/appointments/{eve.record}/read"
    async with browser(town.base, town.sam) as sam:
        assert (await ask(sam, town.reads(alice.record)))[0] == 200
        # A record of the other practice, one that is not, an agenda of the other's, a practice that is not: four.
        assert await ask(sam, town.reads(eve.record)) == GONE
        assert await ask(sam, town.reads(eve.record)) == GONE
        assert await ask(sam, (f"{of}/appointments/{uuid.uuid4()}/accept", {"rev": 1})) == GONE
        stranger = [
            await ask(sam, (path, READ))
            for path in (elsewhere, elsewhere.replace(str(town.other.practice), str(uuid.uuid4())))
        ]
        assert stranger == [(404, "no_such_practice")] * 2  # the record asked for before: nothing new
        agenda = {"agendas": [str(town.other.bento)], "from": DAY.isoformat(), "days": 1}
        assert await ask(sam, (f"{of}/agenda", agenda)) == (404, "no_such_agenda")
        assert (await sam.get(f"/api/practice/{uuid.uuid4()}/house")).status_code == 404
        assert (await ask(sam, town.reads(alice.record)))[0] == 200
        # A series' ids follow from a secret, and most of them were never booked.
        for _ in range(20):
            assert await ask(sam, town.reads(uuid.uuid4(), "series")) == GONE
        assert (await ask(sam, town.reads(alice.record)))[0] == 200
        assert await ask(sam, town.reads(uuid.uuid4())) == GONE
        for asked in (town.reads(alice.record), town.reads(eve.record)):
            assert await ask(sam, asked) == (401, "signed_out")
    town.sam.session = (await signed_in(town.house.instance, town.sam.account, None, proved=True)).token
    async with browser(town.base, town.sam) as sam:
        assert await ask(sam, town.reads(alice.record)) == (403, "frozen")
        assert await ask(sam, town.reads(uuid.uuid4())) == (403, "frozen")
        assert (await sam.get(f"{of}/house")).json()["type"] == "urn:serment:error:frozen"
    bento = await people.bento(town.house)
    async with browser(town.base, bento) as owner:
        [stop] = (await owner.get(f"{of}/members")).json()["stopped"]
        assert (stop["member"], stop["why"], stop["asked"]) == (str(town.sam.member), "foreign", 5)
        let_go = f"{of}/members/{town.sam.member}/unfreeze"
        assert await ask(owner, (let_go, {})) == (403, "prove_presence")
    bento.session = (await signed_in(town.house.instance, bento.account, None, proved=True)).token
    async with browser(town.base, bento) as owner, browser(town.base, town.sam) as sam:
        assert (await owner.post(let_go)).status_code == 204
        town.house.clock.pass_(seconds=1)
        assert (await ask(sam, town.reads(alice.record)))[0] == 200


async def test_an_ask_that_cannot_be_counted_is_told_nothing(town: Town) -> None:
    async with browser(town.base, town.sam) as sam:
        await town.house.instance.pool.execute("ALTER TABLE foreign_asks RENAME TO away")
        assert (await ask(sam, town.reads(uuid.uuid4())))[0] >= 500
        free = {
            "agenda": str(town.house.bento),
            "visit_type": str(town.house.type()),
            "from": DAY.isoformat(),
        }
        assert (await sam.get("/api/slots", params=free)).status_code == 200
