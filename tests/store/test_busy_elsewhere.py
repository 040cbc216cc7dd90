# SPDX-License-Identifier: AGPL-3.0-or-later
"""Time that the practice's own software says is taken: out of the offer at once, in the way of nothing that stands."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from itertools import permutations

import pytest

import members_house as people
from bento_house import DAY, Hand, House, at
from members_house import Person
from serment.domain.errors import WarningChanged
from serment.domain.visit_type import Who
from serment.framing import Revocation, Unknown
from serment.server.usecases import take_busy
from serment.server.usecases.errors import NoSuchAgenda, SlotTaken, TooMuchBusy
from serment.server.usecases.expire import expire_pairings
from serment.server.usecases.explain_slot import explain_slot
from serment.server.usecases.find_slots import find_slots
from serment.server.usecases.read_agenda import AgendaDays, read_agenda
from serment.server.usecases.refresh_next_free import refresh_due
from serment.server.usecases.situation import Asked
from serment.server.usecases.take_busy import BlockStands, delete_block, note_alive, put_block
from soft_agent import SoftAgent, choose, linked


async def takes(
    house: House, agent: SoftAgent, start: str, end: str, *, version: int = 1, block: uuid.UUID | None = None,
    agenda: uuid.UUID | None = None,
) -> BlockStands:  # fmt: skip
    """The agent says that this time of DAY is taken in Dr Bento's software."""
    found = await agent.asks(house)
    return await put_block(
        house.instance, found, block or uuid.uuid4(), agenda or house.bento, at(start), at(end), version
    )


async def frees(house: House, agent: SoftAgent, block: uuid.UUID, version: int) -> BlockStands:
    return await delete_block(house.instance, await agent.asks(house), block, version)


async def why(house: House, person: Person, start: str) -> list[str]:
    asked = Asked(house.bento, house.type(), Who.STAFF)
    told = await explain_slot(house.instance, await person.staff(house), asked, at(start))
    return [each["reason"] for each in told]


async def days(house: House, person: Person) -> AgendaDays:
    return await read_agenda(
        house.instance, await person.staff(house), [house.bento, house.ferrand], DAY, 1, kids=[]
    )


async def hint(house: House) -> datetime:
    await refresh_due(house.instance)
    found: datetime = await house.instance.pool.fetchval(
        "SELECT next_at FROM next_free WHERE agenda = $1 AND visit_type = $2", house.bento, house.type()
    )
    return found


async def test_a_block_takes_its_time_out_of_the_offer_and_gives_it_back(house: House, bento: Person) -> None:
    agent, block = await linked(bento, house), uuid.uuid4()
    assert await why(house, bento, "9:00") == []
    assert await takes(house, agent, "9:00", "9:20", block=block) == BlockStands(1, True)
    assert await why(house, bento, "9:00") == ["busy_elsewhere"]
    with pytest.raises(SlotTaken) as taken:
        await Hand(house).hold(at("9:00"))
    assert (
        at("9:00") not in taken.value.told["alternatives"] and at("9:30") in taken.value.told["alternatives"]
    )
    offered = await find_slots(house.instance, house.bento, house.type(), DAY, 1)
    assert b'"09:15"' not in offered and b'"09:30"' in offered
    await frees(house, agent, block, 2)
    assert await why(house, bento, "9:00") == []
    await Hand(house).hold(at("9:00"))


async def test_the_public_answer_is_not_kept_while_a_block_moves(house: House, bento: Person) -> None:
    agent, block = await linked(bento, house), uuid.uuid4()
    await takes(house, agent, "9:00", "9:30", block=block)
    assert b'"09:00"' not in await find_slots(house.instance, house.bento, house.type(), DAY, 1)
    await takes(house, agent, "10:00", "10:30", block=block, version=2)
    offered = await find_slots(house.instance, house.bento, house.type(), DAY, 1)
    assert b'"09:00"' in offered and b'"10:00"' not in offered


async def test_the_search_hint_follows(house: House, bento: Person) -> None:
    agent, block = await linked(bento, house), uuid.uuid4()
    before = await hint(house)
    found = await agent.asks(house)
    await put_block(house.instance, found, block, house.bento, before, before + timedelta(hours=1), 1)
    assert await hint(house) == before + timedelta(hours=1)
    await frees(house, agent, block, 2)
    assert await hint(house) == before


async def test_what_stands_stays_and_is_shown_as_a_conflict(house: House, bento: Person) -> None:
    agent, alice = await linked(bento, house), Hand(house)
    await alice.book(at("9:00"))
    await takes(house, agent, "9:15", "9:45")
    await takes(house, agent, "11:00", "12:00")
    told = await days(house, bento)
    assert [listed.record for listed in told.appointments] == [alice.record]
    assert [(block.start, block.end, block.records) for block in told.elsewhere] == [
        (at("9:15"), at("9:45"), [alice.record]),
        (at("11:00"), at("12:00"), []),
    ]


async def test_staff_who_were_told_book_over_a_block(house: House, bento: Person) -> None:
    agent, sam = await linked(bento, house), await people.sam(house)
    await takes(house, agent, "9:00", "9:30")
    staff = await sam.staff(house)
    with pytest.raises(WarningChanged):
        await Hand(house).hold(at("9:00"), who=Who.STAFF, units=staff.units, warned=frozenset())
    held = await Hand(house).hold(
        at("9:00"), who=Who.STAFF, units=staff.units, warned=frozenset({"busy_elsewhere"})
    )
    assert held.start == at("9:00")


@pytest.mark.parametrize(
    "order", [*permutations(["put 1", "put 3", "delete 2"]), ("delete 4", "put 3", "put 1")]
)
async def test_the_higher_version_holds_whatever_comes_first(
    house: House, bento: Person, order: tuple[str, ...]
) -> None:
    """A late update after a deletion does not bring a block back; repeats change nothing."""
    agent, block = await linked(bento, house), uuid.uuid4()
    for step in [*order, *order]:
        what, version = step.split()
        if what == "put":
            await takes(house, agent, "9:00", "9:30", block=block, version=int(version))
        else:
            await frees(house, agent, block, int(version))
    stands = await frees(house, agent, block, 1)
    assert stands == (BlockStands(4, False) if "delete 4" in order else BlockStands(3, True))
    assert (await why(house, bento, "9:00") == []) is not stands.standing


async def test_a_program_takes_time_in_its_agendas_alone(house: House, bento: Person) -> None:
    agent = await linked(bento, house)
    for agenda in (house.id("agenda", "lab"), uuid.uuid4()):
        with pytest.raises(NoSuchAgenda):
            await takes(house, agent, "9:00", "9:30", agenda=agenda)
    await choose(bento, house, agent, house.bento, inbound="none")
    with pytest.raises(NoSuchAgenda):
        await takes(house, agent, "9:00", "9:30")


async def test_a_blocks_time_is_bounded(house: House, bento: Person) -> None:
    agent = await linked(bento, house)
    found, now = await agent.asks(house), house.clock()
    for since, until in (
        (at("9:00"), at("9:00")), (at("9:30"), at("9:00")), (at("9:00"), at("9:00") + timedelta(days=32)),
        (now + timedelta(days=399), now + timedelta(days=401)),
    ):  # fmt: skip
        with pytest.raises(Unknown):
            await put_block(house.instance, found, uuid.uuid4(), house.bento, since, until, 1)


async def test_an_agenda_holds_so_many_blocks_and_moves_them_all_the_same(
    house: House, bento: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(take_busy, "BLOCKS_OF_AGENDA_MAX", 2)
    agent, first = await linked(bento, house), uuid.uuid4()
    await takes(house, agent, "9:00", "9:30", block=first)
    await takes(house, agent, "10:00", "10:30")
    with pytest.raises(TooMuchBusy):
        await takes(house, agent, "11:00", "11:30")
    await takes(house, agent, "12:00", "12:30", block=first, version=2)
    await takes(house, agent, "9:00", "9:30", agenda=house.ferrand)
    await frees(house, agent, first, 3)
    await takes(house, agent, "11:00", "11:30")


async def test_blocks_go_with_the_agenda_that_is_taken_away_and_with_the_program(
    house: House, bento: Person
) -> None:
    agent = await linked(bento, house)
    await takes(house, agent, "9:00", "9:30")
    await takes(house, agent, "9:00", "9:30", agenda=house.ferrand)
    await choose(bento, house, agent, house.ferrand)
    assert [block.agenda for block in (await days(house, bento)).elsewhere] == [house.ferrand]
    await bento.change(house, await people.write(bento, house, [Revocation(agent.connector.bytes)]))
    assert (await days(house, bento)).elsewhere == []


async def test_what_is_over_is_forgotten(house: House, bento: Person) -> None:
    agent = await linked(bento, house)
    await takes(house, agent, "9:00", "9:30")
    house.clock.pass_(days=2)
    await expire_pairings(house.instance)
    assert await house.instance.pool.fetchval("SELECT count(*) FROM busy_blocks") == 0


async def test_a_source_that_is_not_heard_of_is_marked(house: House, bento: Person) -> None:
    agent = await linked(bento, house)
    await choose(bento, house, agent, house.bento)
    assert (await days(house, bento)).silent == [house.bento]  # it never said a word
    await note_alive(house.instance, await agent.asks(house), [house.bento])
    assert (await days(house, bento)).silent == []
    house.clock.pass_(minutes=16)
    assert (await days(house, bento)).silent == [house.bento]
    with pytest.raises(NoSuchAgenda):
        await agent.sign_in(house)
        await note_alive(house.instance, await agent.asks(house), [house.ferrand])
