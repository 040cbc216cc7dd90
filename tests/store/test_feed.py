# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a linked program is told: its agendas' changes within its window, once, at the pace of the work, each entered before it leaves."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

import members_house as people
from bento_house import DAY, Hand, House, at
from members_house import Person
from serment.domain.sentinel import TOLD_A_MINUTE
from serment.framing import Act, RecordContext, Revocation, Slot, Stanza
from serment.framing.context import MASK_ALL, Group
from serment.seal.record import Opened, Reader, add_reader, open_record
from serment.server.usecases.act import act
from serment.server.usecases.change_stanzas import NewStanza, add_stanzas
from serment.server.usecases.errors import SignedOut
from serment.server.usecases.move import move
from serment.server.usecases.pair_connector import ask_code, pair, read_connectors
from serment.server.usecases.tell_agent import FeedItem
from soft_agent import SoftAgent, choose, linked


async def books(house: House, start: str = "9:00", *, days: int = 0, agenda: uuid.UUID | None = None) -> Hand:
    """Alice books at a time of DAY, or some days later."""
    hand = Hand(house)
    await hand.book(at(start, DAY + timedelta(days=days)), agenda=agenda)
    return hand


async def moves(
    hand: Hand,
    start: str,
    *,
    days: int = 0,
    agenda: uuid.UUID | None = None,
) -> None:
    """Alice moves to another time."""
    house, when = hand.house, at(start, DAY + timedelta(days=days))
    held = await hand.hold(when, agenda=agenda, row_token=hand.cap.row_token)
    request = hand.wants(when, agenda=agenda)
    written = hand.seal(request, held.minutes, rev=2)
    await move(house.instance, house.practice, hand.record, written, seen_rev=1, token=hand.token)


async def cancels(hand: Hand, start: str = "9:00") -> None:
    house = hand.house
    sig = hand.signs(hand.wants(at(start)), Act.CANCEL)
    await act(house.instance, house.practice, hand.record, rev=1, n=1, kind="cancel", sig=sig)


def records(items: list[FeedItem]) -> set[uuid.UUID]:
    return {item.record for item in items}


def opened(house: House, agent: SoftAgent, item: FeedItem) -> Opened:
    """As the agent opens it."""
    assert item.sealed is not None
    context = RecordContext(
        house.instance.name, house.practice.bytes, house.unit.bytes, item.record.bytes, item.rev or 0,
        Slot.parse(item.sealed.sealed_slot),
    )  # fmt: skip
    told = item.sealed.bodies
    found = zip(Group, (told.id, told.ct, told.rs), strict=True)
    bodies = {group: body for group, body in found if body is not None}
    stanza = Stanza.parse(item.sealed.stanza)
    return open_record(context, [stanza], agent.keys.kem, bodies, item.sealed.patient_pk)


async def entries(house: House, agent: SoftAgent) -> list[tuple[int, list[uuid.UUID]]]:
    rows = await house.instance.pool.fetch(
        "SELECT parts, records FROM ledger WHERE reader = $1 AND purpose = 7", agent.connector
    )
    return [(row["parts"], row["records"]) for row in rows]


async def stanzas_of(house: House, agent: SoftAgent) -> int:
    of = "SELECT count(*) FROM stanzas WHERE kid = $1"
    return int(await house.instance.pool.fetchval(of, agent.keys.kem.kid))


async def test_a_booking_is_told_once_opened_by_the_agent_and_its_stanza_goes(
    house: House, bento: Person
) -> None:
    agent = await linked(bento, house)
    alice = await books(house)
    [item] = (await agent.poll(house)).items
    assert item.record == alice.record and item.status == "booked" and not item.gone
    told = opened(house, agent, item)
    assert (
        told.identity is not None and told.identity.birth_name == "Fontbonne" and told.contact and told.reason
    )
    assert await entries(house, agent) == [(MASK_ALL, [alice.record])]
    assert await stanzas_of(house, agent) == 1  # the answer may be lost
    assert (await agent.poll(house)).items == []
    assert await stanzas_of(house, agent) == 0


async def test_a_grant_of_names_alone_serves_names_alone(house: House, bento: Person) -> None:
    agent = await linked(bento, house, mask=1)
    alice = await books(house)
    [item] = (await agent.poll(house)).items
    assert item.sealed is not None and item.sealed.bodies.ct is None and item.sealed.bodies.rs is None
    told = opened(house, agent, item)
    assert told.identity and told.contact is None and told.reason is None
    assert await entries(house, agent) == [(1, [alice.record])]


async def test_changes_of_what_was_told_are_told_and_cost_no_second_look(house: House, bento: Person) -> None:
    agent = await linked(bento, house)
    alice = await books(house)
    await agent.poll(house)
    await agent.poll(house)
    await cancels(alice)
    [item] = (await agent.poll(house)).items
    assert (item.status, item.sealed) == ("cancelled", None)
    assert len(await entries(house, agent)) == 1


async def test_a_change_between_an_answer_and_its_acknowledgement_is_not_lost(
    house: House, bento: Person
) -> None:
    agent = await linked(bento, house)
    alice = await books(house)
    await agent.poll(house)
    await cancels(alice)
    [item] = (await agent.poll(house)).items
    assert item.status == "cancelled"
    assert (await agent.poll(house)).items == []


async def test_a_lost_answer_comes_again_and_nothing_is_stopped(house: House, bento: Person) -> None:
    agent = await linked(bento, house)
    alice = await books(house)
    for _ in range(3):
        assert records((await agent.poll(house, lost=True)).items) == {alice.record}
    bob = await books(house, "10:00")
    assert records((await agent.poll(house)).items) == {alice.record}
    assert records((await agent.poll(house)).items) == {bob.record}


async def test_what_lies_outside_window_and_agendas_is_not_told_and_comes_when_its_day_is_near(
    house: House, bento: Person
) -> None:
    agent = await linked(bento, house)
    await choose(bento, house, agent, house.bento)
    last = await books(house, days=29)  # DAY is tomorrow
    later = await books(house, days=30)
    await books(house, agenda=house.ferrand)
    assert records(await agent.drain(house)) == {last.record}
    house.clock.pass_(days=1)
    await agent.sign_in(house)
    assert records(await agent.drain(house)) == {later.record}


async def test_what_moves_behind_the_window_or_to_another_agenda_is_gone_and_comes_back(
    house: House, bento: Person
) -> None:
    agent = await linked(bento, house)
    await choose(bento, house, agent, house.bento)
    far, aside = await books(house), await books(house, "10:00")
    assert records(await agent.drain(house)) == {far.record, aside.record}
    await moves(far, "9:00", days=40)
    await moves(aside, "11:00", agenda=house.ferrand)
    told = await agent.drain(house)
    assert {(item.record, item.gone) for item in told} == {(far.record, True), (aside.record, True)}
    assert all(item.start is None for item in told)
    assert await agent.drain(house) == []
    house.clock.pass_(days=11)
    await agent.sign_in(house)
    [item] = await agent.drain(house)
    assert (item.record, item.gone, item.rev) == (far.record, False, 2) and opened(house, agent, item)


async def test_an_agenda_taken_away_is_gone_and_one_that_is_added_is_told(
    house: House, bento: Person
) -> None:
    agent = await linked(bento, house)
    await choose(bento, house, agent, house.bento)
    mine, other = await books(house), await books(house, agenda=house.ferrand)
    assert records(await agent.drain(house)) == {mine.record}
    await choose(bento, house, agent, house.ferrand)
    told = await agent.drain(house)
    assert {(item.record, item.gone) for item in told} == {(mine.record, True), (other.record, False)}


async def test_new_appointments_are_told_at_the_pace_of_the_work(house: House, bento: Person) -> None:
    agent = await linked(bento, house)
    booked = {(await books(house, f"{8 + nth // 4}:{15 * (nth % 4):02}", agenda=agenda)).record
              for agenda in (house.bento, house.ferrand) for nth in range(0, 36, 2)}  # fmt: skip
    assert len(booked) > TOLD_A_MINUTE
    first = await agent.poll(house)
    assert len(first.items) == TOLD_A_MINUTE and first.more and first.wait > 0
    again = await agent.poll(house)
    assert again.items == [] and again.more and again.wait > 0
    house.clock.pass_(seconds=61)
    rest = await agent.poll(house)
    assert records(first.items) | records(rest.items) == booked and not rest.more


async def wraps(
    bento: Person, house: House, agent: SoftAgent, hands: list[Hand], start: str = "9:00"
) -> None:
    """An owner's browser wraps for a new grant what the window holds."""
    keys = house.epochs[house.unit]
    new = []
    for hand in hands:
        row = await house.instance.pool.fetchrow(
            "SELECT head, sealed_slot, (SELECT array_agg(bytes) FROM stanzas s WHERE s.record = a.record) AS stanzas"
            " FROM appointments a WHERE record = $1", hand.record,
        )  # fmt: skip
        context = RecordContext(
            house.instance.name,
            house.practice.bytes,
            house.unit.bytes,
            hand.record.bytes,
            1,
            Slot.parse(row["sealed_slot"]),
        )
        stanzas = [Stanza.parse(each) for each in row["stanzas"]]
        wrapped = add_reader(context, stanzas, keys.kem, Reader(agent.keys.kem.pk))
        new.append(NewStanza(hand.record, 1, row["head"], wrapped.to_bytes()))
    await add_stanzas(house.instance, await bento.staff(house), new)


async def test_a_first_window_is_told_at_its_own_pace(house: House, bento: Person) -> None:
    hands = [await books(house, f"{8 + nth // 2}:{30 * (nth % 2):02}", agenda=agenda)
             for agenda in (house.bento, house.ferrand) for nth in range(18)]  # fmt: skip
    assert len(hands) > TOLD_A_MINUTE
    agent = await linked(bento, house)
    assert await agent.drain(house) == []
    await wraps(bento, house, agent, hands)
    assert records(await agent.drain(house)) == {hand.record for hand in hands}
    new = await books(house, "9:00", days=1)
    assert records(await agent.drain(house)) == {new.record}


async def test_a_copy_is_seen_and_stops_both(house: House, bento: Person) -> None:
    agent = await linked(bento, house)
    await books(house)
    copy = agent.cloned()
    await copy.sign_in(house)
    await copy.poll(house)
    with pytest.raises(SignedOut):
        await agent.poll(house)
    for each in (agent, copy):
        with pytest.raises(SignedOut):
            await each.asks(house)
    told = await read_connectors(house.instance, await bento.staff(house))
    assert [(each.state, each.why) for each in told.connectors] == [("frozen", "clone")]


async def test_paired_again_a_restored_machine_is_told_its_window(house: House, bento: Person) -> None:
    old = await linked(bento, house)
    alice = await books(house)
    await old.drain(house)
    copy = old.cloned()
    await copy.sign_in(house)
    await copy.poll(house)
    with pytest.raises(SignedOut):
        await old.poll(house)
    code = await ask_code(house.instance, await bento.staff(house), old.connector)
    new = SoftAgent(house.practice)
    await pair(house.instance, house.practice, new.shown(code.code))
    events = [Revocation(old.connector.bytes), new.grant(house.unit)]
    await bento.change(house, await people.write(bento, house, events))
    await people.follow(bento, house)
    await wraps(bento, house, new, [alice])
    await new.sign_in(house)
    assert records(await new.drain(house)) == {alice.record}


async def test_a_restored_database_tells_all_anew_and_stops_nobody(house: House, bento: Person) -> None:
    agent, pool = await linked(bento, house), house.instance.pool
    alice = await books(house)
    before = await pool.fetchrow("SELECT cursor_due, cursor_last FROM connectors")
    await agent.drain(house)
    await pool.execute("UPDATE connectors SET cursor_due = $1, cursor_last = $2", *before.values())
    await pool.execute("UPDATE instance SET era = era + 5")
    first = await agent.poll(house, lost=True)
    assert first.resync and records(first.items) == {alice.record}
    assert (await agent.poll(house)).resync  # the answer that was lost
    assert not (await agent.poll(house)).resync
    copy = agent.cloned()
    await copy.sign_in(house)
    await copy.poll(house)
    with pytest.raises(SignedOut):
        await agent.poll(house)


async def test_what_is_revoked_leaves_nothing_behind(house: House, bento: Person) -> None:
    agent = await linked(bento, house)
    await books(house)
    assert await stanzas_of(house, agent) == 1
    await bento.change(house, await people.write(bento, house, [Revocation(agent.connector.bytes)]))
    assert await stanzas_of(house, agent) == 0
    assert await house.instance.pool.fetchval("SELECT count(*) FROM connector_feed") == 0
