# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whatever happens to a linked program's folder: who is honest alone is never stopped, and a copy of it is seen at the next honest poll.

Answers are lost, the folder is copied at any moment, both poll as they like; appointments change meanwhile.
"""

from __future__ import annotations

import asyncio
import secrets
import uuid
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import members_house as people
from bento_house import Hand, House, at, open_house
from members_house import Person
from serment.database.pool import Pool
from serment.server.usecases.errors import SignedOut
from soft_agent import SoftAgent, choose, paired

RECORDS = 3
HISTORIES = 40


@dataclass
class Life:
    """An agent, perhaps a copy of it, and what each record was told by (the pair of cursors it was asked for with)."""

    house: House
    records: list[uuid.UUID]
    honest: SoftAgent
    copy: SoftAgent | None = None
    told: dict[uuid.UUID, tuple[bytes, bytes]] = field(default_factory=dict)
    stopped: bool = False
    seen_next: bool = False  # somebody else went on from where the honest one stands

    async def change(self, nth: int) -> None:
        record = self.records[nth]
        pool = self.house.instance.pool
        await pool.execute("UPDATE appointments SET confirmed = NOT confirmed WHERE record = $1", record)
        self.told.pop(record, None)

    async def copied(self) -> SoftAgent:
        if self.copy is None:
            self.copy = self.honest.cloned()
            if not self.stopped:
                await self.copy.sign_in(self.house)
        return self.copy

    async def polls(self, agent: SoftAgent, *, lost: bool) -> None:
        before = agent.cursor
        try:
            answer = await agent.poll(self.house, lost=lost)
        except SignedOut:
            assert self.stopped or self.copy is not None, "who is honest alone is never stopped"
            self.stopped = True
            return
        assert not self.stopped, "once stopped, nobody is told anything"
        assert not (agent is self.honest and self.seen_next), "the copy is seen at the next honest poll"
        pair = (before, (agent.next or b"") if lost else agent.cursor)
        if agent is not self.honest and pair != (self.honest.cursor, self.honest.next):
            self.seen_next = True
        for item in answer.items:
            assert self.told.get(item.record, pair) == pair, "told once, but for a repeated request"
            self.told[item.record] = pair


async def begin(house: House, bento: Person, records: list[uuid.UUID]) -> Life:
    """A program of its own, to which the records were wrapped; what a stanza holds, the server does not read."""
    agent = await paired(bento, house)
    await choose(bento, house, agent, house.bento)
    await bento.change(house, await people.write(bento, house, [agent.grant(house.unit)]))
    await agent.sign_in(house)
    pool = house.instance.pool
    for record in records:
        await pool.execute(
            "INSERT INTO stanzas (practice, record, rev, kid, bytes) VALUES ($1, $2, 1, $3, $4)",
            house.practice, record, agent.keys.kem.kid, secrets.token_bytes(1250),
        )  # fmt: skip
        await pool.execute("UPDATE appointments SET confirmed = NOT confirmed WHERE record = $1", record)
    return Life(house, records, agent)


async def lives(life: Life, steps: list[tuple[str, int]]) -> None:
    for what, nth in steps:
        match what:
            case "change":
                await life.change(nth)
            case "honest":
                await life.polls(life.honest, lost=nth == 0)
            case _:
                await life.polls(await life.copied(), lost=nth == 0)


STEPS = st.lists(
    st.tuples(st.sampled_from(["change", "honest", "honest", "copy"]), st.integers(0, RECORDS - 1)),
    min_size=4,
    max_size=14,
)


@pytest.fixture(scope="module")
def lived_in(ground: tuple[asyncio.Runner, Pool]) -> tuple[asyncio.Runner, House, Person, list[uuid.UUID]]:
    runner, pool = ground

    async def opened() -> tuple[House, Person, list[uuid.UUID]]:
        house = await open_house(pool)
        hands = [Hand(house) for _ in range(RECORDS)]
        for nth, hand in enumerate(hands):
            await hand.book(at(f"{9 + nth}:00"))
        return house, await people.bento(house), [hand.record for hand in hands]

    return runner, *runner.run(opened())


@settings(max_examples=HISTORIES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_a_copy_is_seen_and_the_honest_alone_are_never_stopped(
    lived_in: tuple[asyncio.Runner, House, Person, list[uuid.UUID]], steps: list[tuple[str, int]]
) -> None:
    runner, house, bento, records = lived_in

    async def history() -> None:
        await lives(await begin(house, bento, records), steps)

    runner.run(history())
