# SPDX-License-Identifier: AGPL-3.0-or-later
"""A request accepted and a cancellation undone take their time as a hold does: overbookings, quotas and rooms included."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest

from bento_house import DAILY_FEW, LASER_ROOMS, Hand, House, at, open_house, sam_signs_in
from serment.database.pool import open_pool
from serment.domain.errors import IllegalChange, TooLate
from serment.domain.visit_type import Who
from serment.framing import Act
from serment.seal.record import sign_act
from serment.server.stores.spans import NewHold, NewSpan, place_hold
from serment.server.usecases.act import Acted, act, mark
from serment.server.usecases.book import book
from serment.server.usecases.errors import SlotTaken
from serment.server.usecases.hold_slot import token_hash
from serment.server.usecases.membership import Staff, member_of
from serment.server.usecases.move import move

ROUNDS = 15


@pytest.fixture
async def house(new_database: Callable[[], Awaitable[str]]) -> AsyncIterator[House]:
    pool = await open_pool(await new_database(), connections_max=10)
    yield await open_house(pool)
    pool.terminate()


@pytest.fixture
async def sam(house: House) -> Staff:
    return await member_of(house.instance, await sam_signs_in(house), house.practice)


async def overbook(house: House, sam: Staff, hand: Hand, start: str) -> None:
    """Sam books beside somebody, having read the warning."""
    held = await hand.hold(at(start), who=Who.STAFF, units=sam.units, warned=frozenset({"busy"}))
    written = hand.seal_as_sam(hand.wants(at(start)), held.minutes, own=False)
    await book(house.instance, written, hand.token, by_member=sam.sign_kid)


async def signs(house: House, sam: Staff, hand: Hand, n: int, deed: Act, start: str, **of: object) -> Acted:
    """Sam's signed act on a first revision at `start`; `of` is the visit's kind, where it is another."""
    minutes = 10 if of.get("kind") == "few" else 30
    context = hand.context(hand.wants(at(start), **of), minutes)  # type: ignore[arg-type]
    sig = sign_act(context, n, deed, house.sam.sign)
    return await act(
        house.instance, house.practice, hand.record, rev=1, n=n, kind=deed.name.lower(), sig=sig, staff=sam
    )


async def accepted(house: House, sam: Staff, hand: Hand) -> Acted:
    return await mark(house.instance, sam, hand.record, "accept", 1)


# ---------------------------------------------------------------- beside a marked overbooking


async def squeeze(house: House, sam: Staff) -> tuple[Hand, Hand]:
    """Alice at nine, whom Sam cancelled, and Tom, whom he had overbooked beside her and who alone stands there now."""
    alice, tom = Hand(house), Hand(house)
    await alice.book(at("09:00"))
    await overbook(house, sam, tom, "09:00")
    await signs(house, sam, alice, 1, Act.CANCEL, "09:00")
    return alice, tom


async def test_a_request_is_not_accepted_over_a_marked_overbooking(house: House, sam: Staff) -> None:
    asking = Hand(house)
    await asking.book(at("09:00"), kind="ask")
    _, tom = await squeeze(house, sam)
    with pytest.raises(SlotTaken) as refused:
        await accepted(house, sam, asking)
    assert at("09:00") not in refused.value.told["alternatives"]
    await signs(house, sam, tom, 1, Act.CANCEL, "09:00")
    assert (await accepted(house, sam, asking)).status == "booked"


async def test_a_cancellation_is_not_undone_over_a_marked_overbooking(house: House, sam: Staff) -> None:
    alice, tom = await squeeze(house, sam)
    with pytest.raises(SlotTaken):
        await signs(house, sam, alice, 2, Act.UNDO, "09:00")
    await signs(house, sam, tom, 1, Act.CANCEL, "09:00")
    assert (await signs(house, sam, alice, 2, Act.UNDO, "09:00")).status == "booked"


async def test_a_marked_overbooking_itself_comes_back_beside_who_stands_there(
    house: House, sam: Staff
) -> None:
    alice, tom = Hand(house), Hand(house)
    await alice.book(at("09:00"))
    await overbook(house, sam, tom, "09:00")
    await signs(house, sam, tom, 1, Act.CANCEL, "09:00")
    assert (await signs(house, sam, tom, 2, Act.UNDO, "09:00")).status == "booked"
    assert await house.instance.pool.fetchval("SELECT count(*) FROM spans") == 2


async def test_a_patient_holds_nothing_over_a_marked_overbooking(house: House, sam: Staff) -> None:
    await squeeze(house, sam)
    with pytest.raises(SlotTaken):
        await Hand(house).hold(at("09:15"))
    assert (await Hand(house).hold(at("09:30"))).start == at("09:30")


async def test_the_statement_that_holds_looks_for_overbookings_itself(house: House, sam: Staff) -> None:
    """Between what was read and what is written an overbooking may come: the statement alone must refuse."""
    await squeeze(house, sam)
    late = Hand(house)
    version = await house.instance.pool.fetchval(
        "SELECT rules_version FROM agendas WHERE agenda = $1", house.bento
    )

    async def placed(start: str) -> bool:
        since = at(start)
        span = NewSpan(
            house.practice,
            house.bento,
            late.record,
            house.type(),
            since,
            30,
            since,
            since + timedelta(minutes=30),
        )
        until = house.clock.now + timedelta(minutes=10)
        hold = NewHold(span, token_hash(late.token), until, False, False, version, house.clock.now)
        return await place_hold(house.instance.pool, hold) is not None

    assert not await placed("09:00")
    assert await placed("09:30")


# ---------------------------------------------------------------- within the day's quota


async def fill(house: House) -> list[Hand]:
    """As many vaccinations as a day takes."""
    hands = [Hand(house) for _ in range(DAILY_FEW)]
    for nth, hand in enumerate(hands):
        await hand.book(at(f"09:{10 * nth:02}"), kind="few")
    return hands


async def test_an_undo_finds_no_place_in_a_day_that_filled_up_meanwhile(house: House, sam: Staff) -> None:
    alice, *_ = await fill(house)
    tom = Hand(house)
    await signs(house, sam, alice, 1, Act.CANCEL, "09:00", kind="few")
    await tom.book(at("11:00"), kind="few")
    with pytest.raises(SlotTaken):
        await signs(house, sam, alice, 2, Act.UNDO, "09:00", kind="few")
    await signs(house, sam, tom, 1, Act.CANCEL, "11:00", kind="few")
    assert (await signs(house, sam, alice, 2, Act.UNDO, "09:00", kind="few")).status == "booked"


async def test_an_overbooking_beyond_the_quota_comes_back_as_it_was(house: House, sam: Staff) -> None:
    await fill(house)
    tom = Hand(house)
    held = await tom.hold(
        at("09:00"),
        kind="few",
        who=Who.STAFF,
        units=sam.units,
        warned=frozenset({"busy", "quota_reached"}),
    )
    written = tom.seal_as_sam(tom.wants(at("09:00"), kind="few"), held.minutes, own=False)
    await book(house.instance, written, tom.token, by_member=sam.sign_kid)
    await signs(house, sam, tom, 1, Act.CANCEL, "09:00", kind="few")
    assert (await signs(house, sam, tom, 2, Act.UNDO, "09:00", kind="few")).status == "booked"


async def test_requests_accepted_at_once_stay_within_the_quota(house: House, sam: Staff) -> None:
    await house.instance.pool.execute(
        "UPDATE visit_types SET accepted = 'on_request' WHERE visit_type = $1", house.type("few")
    )
    hands = [Hand(house) for _ in range(3 * DAILY_FEW)]
    for nth, hand in enumerate(hands):
        await hand.book(at("09:00") + timedelta(minutes=10 * nth), kind="few")
    answers = await asyncio.gather(*(accepted(house, sam, hand) for hand in hands), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, SlotTaken)]
    assert len(refused) == len(hands) - DAILY_FEW
    assert sum(isinstance(answer, Acted) for answer in answers) == DAILY_FEW


# ---------------------------------------------------------------- with a room


async def test_two_requests_accepted_at_once_find_both_rooms(house: House, sam: Staff) -> None:
    pool = house.instance.pool
    await pool.execute(
        "UPDATE visit_types SET accepted = 'on_request' WHERE visit_type = $1", house.type("laser")
    )
    for _ in range(ROUNDS):
        alice, tom = Hand(house), Hand(house)
        await alice.book(at("09:00"), kind="laser", agenda=house.bento)
        await tom.book(at("09:00"), kind="laser", agenda=house.ferrand)
        answers = await asyncio.gather(accepted(house, sam, alice), accepted(house, sam, tom))
        assert [answer.status for answer in answers] == ["booked", "booked"]
        assert await pool.fetchval("SELECT count(DISTINCT resource) FROM resource_spans") == LASER_ROOMS
        await pool.execute("DELETE FROM spans")


async def test_a_third_request_finds_no_room(house: House, sam: Staff) -> None:
    pool = house.instance.pool
    await pool.execute(
        "UPDATE visit_types SET accepted = 'on_request' WHERE visit_type = $1", house.type("laser")
    )
    await pool.execute(
        "INSERT INTO visit_type_agendas VALUES ($1, $2, $3)",
        house.practice, house.type("laser"), house.id("agenda", "lab"),
    )  # fmt: skip
    asking = Hand(house)
    for hand, agenda in ((asking, house.bento), (Hand(house), house.ferrand)):
        await hand.book(at("09:00"), kind="laser", agenda=agenda)
    await pool.execute(
        "UPDATE visit_types SET accepted = 'at_once' WHERE visit_type = $1", house.type("laser")
    )
    await Hand(house).book(at("09:00"), kind="laser", agenda=house.ferrand)
    await Hand(house).hold(at("09:00"), kind="laser", agenda=house.id("agenda", "lab"), who=Who.STAFF)
    with pytest.raises(SlotTaken):
        await accepted(house, sam, asking)
    assert (
        await pool.fetchval("SELECT status FROM appointments WHERE record = $1", asking.record) == "requested"
    )


# ---------------------------------------------------------------- when it is too late, and by which key


async def test_a_request_whose_time_is_past_is_refused_and_not_accepted(house: House, sam: Staff) -> None:
    alice, tom = Hand(house), Hand(house)
    for hand in (alice, tom):
        await hand.book(at("09:00"), kind="ask")
    house.clock.now = at("09:29")
    assert (await accepted(house, sam, alice)).status == "booked"
    house.clock.now = at("09:30")
    with pytest.raises(TooLate):
        await accepted(house, sam, tom)
    assert (await mark(house.instance, sam, tom.record, "refuse", 1)).status == "refused"
    with pytest.raises(TooLate):
        await signs(house, sam, tom, 1, Act.UNDO, "09:00", kind="ask")


@pytest.mark.parametrize("key", ["expect", "accept"])
async def test_no_unsigned_key_takes_a_cancellation_or_a_refusal_back(
    house: House, sam: Staff, key: str
) -> None:
    alice, tom = Hand(house), Hand(house)
    await alice.book(at("09:00"))
    await signs(house, sam, alice, 1, Act.CANCEL, "09:00")
    await tom.book(at("11:00"), kind="ask")
    await mark(house.instance, sam, tom.record, "refuse", 1)
    for hand in (alice, tom):
        with pytest.raises(IllegalChange):
            await mark(house.instance, sam, hand.record, key, 1)
    assert (await signs(house, sam, alice, 2, Act.UNDO, "09:00")).status == "booked"


async def test_expecting_somebody_accepts_no_request(house: House, sam: Staff) -> None:
    alice = Hand(house)
    await alice.book(at("09:00"), kind="ask")
    with pytest.raises(IllegalChange):
        await mark(house.instance, sam, alice.record, "expect", 1)
    assert (await accepted(house, sam, alice)).status == "booked"
    assert (await mark(house.instance, sam, alice.record, "expect", 1)).status == "booked"


async def test_alice_moves_until_her_visit_begins_and_sam_afterwards_too(house: House, sam: Staff) -> None:
    alice = Hand(house)
    await alice.book(at("09:00"))
    house.clock.now = at("08:59")
    await alice.hold(at("11:00"), row_token=alice.cap.row_token)
    house.clock.now = at("09:00")
    written = alice.seal(alice.wants(at("11:00")), rev=2)
    with pytest.raises(TooLate):
        await move(house.instance, house.practice, alice.record, written, seen_rev=1, token=alice.token)
    by_sam = alice.seal_as_sam(alice.wants(at("11:00")), rev=2)
    moved = await move(
        house.instance, house.practice, alice.record, by_sam, seen_rev=1, token=alice.token, staff=sam
    )
    assert (moved.rev, moved.status) == (2, "booked")
