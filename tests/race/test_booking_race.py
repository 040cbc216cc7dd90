# SPDX-License-Identifier: AGPL-3.0-or-later
"""Real concurrency on real PostgreSQL (trap 5): of many hands for one time exactly one wins, the rest are told what is free."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from bento_house import DAILY_FEW, DAY, Hand, House, at, open_house, sam_signs_in, waits_for_a_lock
from serment.database.pool import open_pool
from serment.domain.offer import Offer
from serment.domain.visit_type import Who
from serment.server.stores import spans
from serment.server.usecases import hold_slot
from serment.server.usecases.book import Booked
from serment.server.usecases.errors import SlotTaken
from serment.server.usecases.membership import member_of
from serment.server.usecases.situation import Seen

HANDS = 50
ROUNDS_FAST = 6
ROUNDS_OVERBOOKED = 40
# A fault that shows in one round of forty is found by fifty in seven runs of ten; SERMENT_TEST_ROUNDS=200 looks harder.
ROUNDS_SLOW = int(os.environ.get("SERMENT_TEST_ROUNDS", "50"))
# The older PostgreSQL is asked whether it judges alike, not once more whether we do.
ROUNDS_OLDER = ROUNDS_SLOW // 5


@pytest.fixture(scope="module")
async def house(new_database: Callable[[], Awaitable[str]]) -> AsyncIterator[House]:
    pool = await open_pool(await new_database(), connections_max=20)
    yield await open_house(pool)
    pool.terminate()


def starts(round_: int) -> datetime:
    """Another day each round, so that no round leaves its traces to the next."""
    return at("09:00", DAY + timedelta(days=round_ % 80)) + timedelta(minutes=30 * (round_ // 80))


async def rush(house: House, wishes: Sequence[tuple[datetime, UUID]]) -> tuple[int, list[SlotTaken]]:
    """Everybody holds and books at once: how many won, and what the others were told. Any other outcome raises."""
    hands = [Hand(house) for _ in wishes]

    async def one(hand: Hand, start: datetime, agenda: UUID) -> Booked | SlotTaken:
        try:
            return await hand.book(start, agenda=agenda)
        except SlotTaken as taken:
            return taken

    answers = await asyncio.gather(
        *(one(hand, start, agenda) for hand, (start, agenda) in zip(hands, wishes, strict=True))
    )
    lost = [answer for answer in answers if isinstance(answer, SlotTaken)]
    return len(answers) - len(lost), lost


async def no_two_overlap(house: House) -> bool:
    """What the constraint promises, counted without it; a marked overbooking stands outside it."""
    overlaps = await house.instance.pool.fetchval(
        "SELECT count(*) FROM spans a JOIN spans b ON a.practice = b.practice AND a.agenda = b.agenda"
        " AND NOT a.overbooked AND NOT b.overbooked AND a.record < b.record AND a.start < b.start + make_interval(mins => b.minutes)"
        " AND b.start < a.start + make_interval(mins => a.minutes)"
    )
    return bool(overlaps == 0)


async def fifty_for_one_slot(house: House, round_: int) -> None:
    start = starts(round_)
    won, lost = await rush(house, [(start, house.bento)] * HANDS)
    assert (won, len(lost)) == (1, HANDS - 1)
    assert all(start not in taken.told["alternatives"] and taken.told["alternatives"] for taken in lost)


async def fifty_for_two_that_overlap(house: House, round_: int) -> None:
    start = starts(round_) + timedelta(hours=3)
    wishes = [(start + timedelta(minutes=15 * (nth % 2)), house.bento) for nth in range(HANDS)]
    random.Random(round_).shuffle(wishes)
    won, lost = await rush(house, wishes)
    assert (won, len(lost)) == (1, HANDS - 1)


async def fifty_for_any_of_two(house: House, round_: int) -> None:
    start = starts(round_) + timedelta(hours=6)
    agendas = [house.bento, house.ferrand]

    async def any_of(hand: Hand, first: int) -> bool:
        for nth in range(2):
            try:
                await hand.book(start, agenda=agendas[(first + nth) % 2])
                return True
            except SlotTaken:
                continue
        return False

    won = await asyncio.gather(*(any_of(Hand(house), nth) for nth in range(HANDS)))
    assert sum(won) == len(agendas)


async def twenty_for_the_few_of_a_day(house: House, round_: int) -> None:
    day = DAY + timedelta(days=round_ % 80)
    times = [at("08:00", day) + timedelta(minutes=10 * nth) for nth in range(20)]

    async def one(start: datetime, agenda: UUID) -> bool:
        try:
            await Hand(house).book(start, agenda=agenda, kind="few")
            return True
        except SlotTaken:
            return False

    won = await asyncio.gather(*(one(start, house.ferrand) for start in times))
    assert sum(won) == (DAILY_FEW if round_ < 80 else 0)
    # Another agenda has a quota of its own.
    assert await one(at("16:00", day), house.bento) or round_ >= 80


async def wait_and_hold(hand: Hand, start: datetime, seconds: float) -> None:
    """Holds a little later."""
    await asyncio.sleep(seconds)
    await hand.hold(start)


async def test_an_overbooking_and_an_ordinary_booking_at_once_never_miss_each_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands beside a marked overbooking was there when it was last checked; what comes later is refused."""
    checked: dict[UUID, frozenset[UUID]] = {}
    offer = hold_slot._offer

    def remembered(request: hold_slot.HoldRequest, seen: Seen) -> Offer:
        checked[request.record] = frozenset(span.record for span in seen.situation.busy)
        return offer(request, seen)

    monkeypatch.setattr(hold_slot, "_offer", remembered)
    beside = 0
    for round_ in range(ROUNDS_OVERBOOKED):
        start, chance = at("12:00", DAY + timedelta(days=31 + round_)), random.Random(round_)
        await Hand(house).hold(start)
        sams = [
            Hand(house).hold(start + timedelta(minutes=15), who=Who.STAFF, warned=frozenset({"busy"}))
            for _ in range(2)
        ]
        # Half of each ordinary visit lies under Sam's, none under the first one.
        ordinary = [Hand(house) for _ in range(6)]
        later = start + timedelta(minutes=30)
        answers = await asyncio.gather(
            *(wait_and_hold(hand, later, chance.uniform(0, 0.03)) for hand in ordinary),
            *sams,
            return_exceptions=True,
        )
        assert all(not isinstance(each, BaseException) or isinstance(each, SlotTaken) for each in answers)
        pairs = await house.instance.pool.fetch(
            "SELECT m.record AS marked, o.record AS other FROM spans m JOIN spans o USING (practice, agenda)"
            " WHERE m.overbooked AND NOT o.overbooked AND m.during && o.during AND o.start = $1",
            later,
        )
        beside += len(pairs)
        assert all(pair["other"] in checked[pair["marked"]] for pair in pairs)
    assert 0 < beside < 2 * ROUNDS_OVERBOOKED  # both orders were tried


async def test_an_ordinary_hold_waits_for_an_overbooking_under_way_and_is_refused(house: House) -> None:
    """The order of events told step by step: the overbooking is placed, not committed; then the ordinary hold asks."""
    start = at("09:00", DAY + timedelta(days=79))
    await Hand(house).hold(start)
    marked = "SELECT count(*) FROM spans WHERE agenda = $1 AND overbooked AND during && tstzrange($2::timestamptz, $2 + interval '1 hour')"
    async with house.instance.pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "INSERT INTO spans (practice, span, agenda, record, visit_type, start, minutes, during, overbooked)"
            " VALUES ($1, gen_random_uuid(), $2, gen_random_uuid(), $3, $4::timestamptz, 30, tstzrange($4, $4 + interval '30 minutes'), true)",
            house.practice, house.bento, house.type(), start + timedelta(minutes=15),
        )  # fmt: skip
        asked = asyncio.create_task(Hand(house).hold(start + timedelta(minutes=30)))
        # Elsewhere nobody waits.
        await Hand(house).hold(start + timedelta(minutes=30), agenda=house.ferrand)
        await asyncio.sleep(0.2)
        assert not asked.done()
    with pytest.raises(SlotTaken):
        await asked
    assert await house.instance.pool.fetchval(marked, house.bento, start) == 1


async def test_a_hold_that_comes_to_stand_is_no_hold_to_a_member_who_was_waiting_for_it(house: House) -> None:
    """Alice's move to ten is under way, not committed, when Sam, who still saw her hold, asks for eleven."""
    day = DAY + timedelta(days=23)
    nine, ten, eleven = (at(text, day) for text in ("09:00", "10:00", "11:00"))
    sam = await member_of(house.instance, await sam_signs_in(house), house.practice)
    alice = Hand(house)
    await alice.book(nine, kind="few")
    alice.token = b"1" * 32
    await alice.hold(ten, kind="few", row_token=alice.cap.row_token)
    desk = Hand(house, record=alice.record)
    async with house.instance.pool.acquire() as connection, connection.transaction():
        held = await spans.lock_hold(
            connection, house.practice, alice.record, hold_slot.token_hash(alice.token)
        )
        assert held is not None
        await spans.free_record(connection, house.practice, alice.record)
        await spans.keep_hold(connection, house.practice, held["span"])
        asked = asyncio.create_task(desk.hold(eleven, kind="few", who=Who.STAFF, units=sam.units))
        await asyncio.wait_for(waits_for_a_lock(house), 30)
    assert (await asked).start == eleven
    stood = await house.instance.pool.fetch(
        "SELECT start, hold_until IS NULL AS stands FROM spans WHERE record = $1 ORDER BY start", alice.record
    )
    assert [tuple(span) for span in stood] == [(ten, True), (eleven, False)]


@pytest.mark.parametrize(
    "race",
    [fifty_for_one_slot, fifty_for_two_that_overlap, fifty_for_any_of_two, twenty_for_the_few_of_a_day],
)
async def test_of_fifty_hands_exactly_the_free_times_win(
    house: House, race: Callable[[House, int], Awaitable[None]]
) -> None:
    for round_ in range(ROUNDS_FAST):
        await race(house, round_)
    assert await no_two_overlap(house)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    "race",
    [fifty_for_one_slot, fifty_for_two_that_overlap, fifty_for_any_of_two, twenty_for_the_few_of_a_day],
)
async def test_many_rounds_of_fifty_hands(
    new_database: Callable[[], Awaitable[str]],
    race: Callable[[House, int], Awaitable[None]],
    request: pytest.FixtureRequest,
) -> None:
    pool = await open_pool(await new_database(), connections_max=20)
    house = await open_house(pool)
    for round_ in range(ROUNDS_SLOW if "embedded" in request.node.name else ROUNDS_OLDER):
        await race(house, round_)
    assert await no_two_overlap(house)
    pool.terminate()


async def test_an_expired_hold_is_taken_by_one_of_many(house: House) -> None:
    start = at("16:00", DAY + timedelta(days=20))
    await Hand(house).hold(start)
    house.clock.pass_(minutes=11)
    won, lost = await rush(house, [(start, house.bento)] * HANDS)
    assert (won, len(lost)) == (1, HANDS - 1)


async def test_one_person_in_two_tabs_gets_one(house: House) -> None:
    start = at("17:00", DAY + timedelta(days=21))
    won, _ = await rush(house, [(start, house.bento)] * 2)
    assert won == 1


async def test_one_record_asked_for_twice_at_once_has_one_hold(house: House) -> None:
    hand, day = Hand(house), DAY + timedelta(days=22)
    answers = await asyncio.gather(
        *(hand.hold(at(start, day)) for start in ("09:00", "09:00", "10:00", "11:00")), return_exceptions=True
    )
    assert any(not isinstance(answer, BaseException) for answer in answers)
    count = await house.instance.pool.fetchval("SELECT count(*) FROM spans WHERE record = $1", hand.record)
    assert count == 1


async def test_two_lasers_and_fifty_hands_two_win(house: House) -> None:
    start = at("10:00", DAY + timedelta(days=30))

    async def one(agenda: UUID) -> bool:
        try:
            await Hand(house).book(start, kind="laser", agenda=agenda)
            return True
        except SlotTaken:
            return False

    won = await asyncio.gather(*(one((house.bento, house.ferrand)[nth % 2]) for nth in range(HANDS)))
    assert sum(won) == 2
