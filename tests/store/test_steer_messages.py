# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages as the server relays them: replaced, taken away, read and acted upon by whoever knows the sealed secrets."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bento_house import DAY, Hand, House, at, open_house
from serment.database.pool import Pool
from serment.framing import CapsuleRow, MessageRow
from serment.framing.errors import Unknown
from serment.framing.messages import CAPSULE_BYTES, MESSAGE_BYTES
from serment.seal.messages import act_token, delete_token, draw_c, draw_t, handle, seal_page, write_token
from serment.server.usecases import steer_messages
from serment.server.usecases.book import book
from serment.server.usecases.errors import NoSuchAppointment, NoSuchMessages, StaleSet, TooManyObjections
from serment.server.usecases.message_link import UNSIGNED, act_by_message, read_by_message
from serment.server.usecases.read_messages import read_messages
from serment.server.usecases.steer_messages import (
    Replacement,
    delete_messages,
    object_to_messages,
    replace_messages,
    see_to_messages,
)


@dataclass
class Confided:
    """What a browser drew for one revision, and a capsule whose content nobody here opens."""

    t: bytes = field(default_factory=draw_t)
    c: bytes = field(default_factory=draw_c)

    @property
    def h(self) -> bytes:
        return handle(self.c)

    def capsule(self) -> CapsuleRow:
        hashes = [hashlib.sha256(token).digest() for token in (delete_token(self.c), write_token(self.t))]
        return CapsuleRow(
            self.h, (DAY + timedelta(days=1)).isoformat(), secrets.token_bytes(CAPSULE_BYTES), *hashes, 1
        )

    def messages(self, message_set: int, *ahead: int) -> list[MessageRow]:
        days = [(DAY - timedelta(days=days)).isoformat() for days in ahead]
        return [
            MessageRow(self.h, secrets.token_bytes(16), day, message_set, secrets.token_bytes(MESSAGE_BYTES))
            for day in days
        ]

    def next(self, message_set: int, *ahead: int) -> Replacement:
        return Replacement(self.h, write_token(self.t), message_set, self.messages(message_set, *ahead))


@pytest.fixture
async def house(pool: Pool) -> House:
    await pool.execute(
        "TRUNCATE inbox_capsules, inbox_messages, inbox_sets, inbox_deletions, inbox_objections, settled_messages"
    )
    return await open_house(pool, slug=f"bento-{secrets.token_hex(4)}")


async def booked(house: House, hour: str = "9:00") -> tuple[Hand, Confided]:
    hand, confided = Hand(house), Confided()
    await hand.hold(at(hour))
    written = replace(
        hand.seal(hand.wants(at(hour))),
        act=act_token(confided.c),
        page=seal_page(house.instance.name, confided.c, "Brest"),
        capsule=confided.capsule(),
        messages=confided.messages(1, 1),
    )
    await book(house.instance, written, hand.token)
    return hand, confided


async def standing(house: House, confided: Confided) -> list[tuple[int, str]]:
    [told] = await read_messages(house.instance, [confided.h])
    return [(message.set, message.result) for message in told.messages if message.set == told.set]


async def test_a_replacement_follows_the_set_that_stands_and_says_so_where_it_does_not(house: House) -> None:
    _, alice = await booked(house)
    notice = alice.next(2, 1)
    await replace_messages(house.instance, [notice])
    assert await standing(house, alice) == [(2, "planned")]
    await replace_messages(house.instance, [notice])  # the answer was lost: asked again
    with pytest.raises(StaleSet) as stale:
        await replace_messages(house.instance, [alice.next(2, 1)])
    assert stale.value.told["current"] == [{"h": alice.h, "set": 2}]
    with pytest.raises(StaleSet):
        await replace_messages(house.instance, [alice.next(4, 1)])
    await replace_messages(house.instance, [alice.next(3)])
    assert await standing(house, alice) == []


async def test_a_reminder_comes_back_under_its_own_id_wherever_the_first_one_lies(
    pool: Pool, house: House
) -> None:
    _, alice = await booked(house)
    [first] = alice.messages(2, 1)
    for taken in (False, True):
        current = (await read_messages(house.instance, [alice.h]))[0].set or 0
        for message_set in (current + 1, current + 2):
            again = replace(first, set=message_set)
            await replace_messages(
                house.instance, [Replacement(alice.h, write_token(alice.t), message_set, [again])]
            )
            if taken:
                await pool.fetch("SELECT notifier_take_inbox(1000)")
            assert await standing(house, alice) == [(message_set, "planned")]


async def test_forty_at_once_are_all_replaced_or_none(house: House) -> None:
    alice, tom = (await booked(house))[1], (await booked(house, "9:30"))[1]
    with pytest.raises(StaleSet):
        await replace_messages(house.instance, [alice.next(2, 1), tom.next(3, 1)])
    assert await standing(house, alice) == [(1, "planned")]
    await replace_messages(house.instance, [alice.next(2, 1), tom.next(2, 1)])
    assert await standing(house, tom) == [(2, "planned")]


async def test_without_the_sealed_secret_nothing_is_replaced_or_taken_away(house: House) -> None:
    _, alice = await booked(house)
    mallory = Confided(c=alice.c)  # she holds the message, not the appointment
    with pytest.raises(NoSuchMessages):
        await replace_messages(house.instance, [mallory.next(2)])
    with pytest.raises(NoSuchMessages):
        await delete_messages(house.instance, [(alice.h, secrets.token_bytes(16))])
    with pytest.raises(NoSuchMessages):
        await replace_messages(house.instance, [Confided().next(2)])
    assert await standing(house, alice) == [(1, "planned")]


async def test_what_is_taken_away_stays_away_and_may_be_asked_again(pool: Pool, house: House) -> None:
    _, alice = await booked(house)
    for _ in range(2):
        await delete_messages(house.instance, [(alice.h, delete_token(alice.c))])
    [told] = await read_messages(house.instance, [alice.h])
    assert told.set is None
    with pytest.raises(NoSuchMessages):
        await replace_messages(house.instance, [alice.next(2, 1)])
    await pool.fetch("SELECT notifier_take_inbox(1000)")
    await delete_messages(house.instance, [(alice.h, delete_token(alice.c))])
    assert (await read_messages(house.instance, [alice.h]))[0].messages == []


@pytest.mark.parametrize("ahead", [-402, 2000])
async def test_a_send_day_outside_the_keys_is_refused(house: House, ahead: int) -> None:
    _, alice = await booked(house)
    with pytest.raises(Unknown):
        await replace_messages(house.instance, [alice.next(2, ahead)])


@pytest.mark.parametrize("most", [9])
async def test_too_many_messages_under_one_handle_are_refused(house: House, most: int) -> None:
    _, alice = await booked(house)
    with pytest.raises(Unknown):
        await replace_messages(house.instance, [alice.next(2, *[1] * most)])


async def test_a_replacement_finds_its_capsule_after_the_notifier_took_it(pool: Pool, house: House) -> None:
    _, alice = await booked(house)
    await pool.fetch("SELECT notifier_take_inbox(1000)")
    await replace_messages(house.instance, [alice.next(2, 1)])
    await pool.fetch("SELECT notifier_take_inbox(1000)")
    assert await standing(house, alice) == [(2, "planned")]


async def test_the_link_of_a_message_shows_time_and_word_and_nobody(house: House) -> None:
    _, alice = await booked(house)
    told = await read_by_message(house.instance, act_token(alice.c))
    assert (told.start, told.zone, told.status, told.confirmed) == (
        at("9:00"),
        "Europe/Paris",
        "booked",
        False,
    )
    assert set(told.__struct_fields__) == {"start", "zone", "status", "confirmed", "page", "letter"}
    with pytest.raises(NoSuchAppointment):
        await read_by_message(house.instance, act_token(draw_c()))


async def test_the_link_confirms_then_cancels_once_however_often_it_is_asked(
    pool: Pool, house: House
) -> None:
    hand, alice = await booked(house)
    act = act_token(alice.c)
    for _ in range(2):
        assert (await act_by_message(house.instance, act, "confirm")).confirmed
    for _ in range(2):
        assert (await act_by_message(house.instance, act, "cancel")).status == "cancelled"
    acts = await pool.fetch("SELECT n, kind, sig FROM acts WHERE record = $1 ORDER BY n", hand.record)
    assert [tuple(row) for row in acts] == [(1, 2, UNSIGNED), (2, 1, UNSIGNED)]
    await Hand(house).hold(at("9:00"))  # the time is free again


async def test_an_objection_is_left_for_the_notifier_and_cannot_fill_the_table(
    pool: Pool, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steer_messages, "OBJECTIONS_WAITING_MAX", 4)
    noted = [secrets.token_bytes(16) for _ in range(4)]
    for stop in (*noted, noted[0]):
        await object_to_messages(house.instance, stop)
    with pytest.raises(TooManyObjections):  # nobody is told "noted" of what is not
        await object_to_messages(house.instance, secrets.token_bytes(16))
    assert await pool.fetchval("SELECT count(*) FROM inbox_objections") == 4


def ids(rows: Sequence[MessageRow]) -> set[bytes]:
    return {row.mid for row in rows}


async def test_two_browsers_replace_at_once_and_one_of_them_stands(house: House) -> None:
    import asyncio

    _, alice = await booked(house)
    both = [alice.next(2, 1), alice.next(2, 1)]
    answers = await asyncio.gather(
        *(replace_messages(house.instance, [each]) for each in both), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["NoneType", "StaleSet"]
    [told] = await read_messages(house.instance, [alice.h])
    winner = both[[answer is None for answer in answers].index(True)]
    assert {message.mid for message in told.messages if message.set == 2} == ids(winner.messages)


async def test_that_somebody_called_is_kept_for_all_who_open_the_appointment(
    pool: Pool, house: House
) -> None:
    (_, alice), (_, tom) = await booked(house), await booked(house, "9:30")
    await pool.execute(
        "INSERT INTO settled_messages (h, mid, channel, send_day, key_day, message_set, bytes, result, reason)"
        " SELECT h, mid, c.channel, send_day, send_day, message_set, bytes, 'dropped', 'number_refused'"
        " FROM inbox_messages, unnest(ARRAY['sms', 'mail']) AS c (channel)"
    )
    told = (await read_messages(house.instance, [alice.h]))[0].messages
    assert {(each.result, each.seen_to) for each in told} == {("planned", False), ("dropped", False)}
    mids = [told[0].mid]

    async def seen_to() -> list[tuple[bytes, bool]]:
        read = await read_messages(house.instance, [alice.h, tom.h])
        return [(one.h, each.seen_to) for one in read for each in one.messages if each.result == "dropped"]

    with pytest.raises(NoSuchMessages):
        await see_to_messages(house.instance, alice.h, write_token(tom.t), mids, seen=True)
    for seen in (True, True, False):
        await see_to_messages(house.instance, alice.h, write_token(alice.t), mids, seen=seen)
        assert sorted(await seen_to()) == sorted([(alice.h, seen)] * 2 + [(tom.h, False)] * 2)
    await delete_messages(house.instance, [(alice.h, delete_token(alice.c))])
    with pytest.raises(NoSuchMessages):
        await see_to_messages(house.instance, alice.h, write_token(alice.t), mids, seen=True)
