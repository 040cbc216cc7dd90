# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who opens many visits that are long over goes on, and the owners are told."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

import members_house as people
from bento_house import DAY, Hand, House, at
from members_house import Person
from serment.domain import sentinel as ceilings
from serment.framing import Role
from serment.server.stores import sentinel as store
from serment.server.usecases.errors import NoSuchMember, NotYourRole
from serment.server.usecases.expire import expire_sessions
from serment.server.usecases.membership import Staff
from serment.server.usecases.read_envelope import read_for_member, read_list
from serment.server.usecases.read_members import LookedBack, read_members
from serment.server.usecases.read_requests import read_requests
from serment.server.usecases.see_look_back import see_look_back
from serment.server.usecases.sign_in import signed_in

FILES = 4


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """FILES are many."""
    monkeypatch.setattr(store, "LOOK_BACK_FILES", FILES)


async def booked(house: House, number: int, *, days: int = 0) -> list[Hand]:
    hands = [Hand(house) for _ in range(number)]
    for nth, hand in enumerate(hands):
        await hand.book(at("08:00", DAY + timedelta(days=days)) + timedelta(minutes=30 * nth))
    return hands


async def opens(house: House, who: Person, hand: Hand, group: str = "rs") -> None:
    """In a session of that day."""
    await read_for_member(house.instance, await today(house, who), hand.record, [group], [], "detail")


async def today(house: House, who: Person) -> Staff:
    token = (await signed_in(house.instance, who.account, None, proved=True)).token
    return await dataclasses.replace(who, session=token).staff(house)


async def looked(house: House, owner: Person) -> tuple[list[LookedBack], int]:
    """What an owner is told in the Team room, and in every room."""
    staff = await today(house, owner)
    return (await read_members(house.instance, staff)).looked, (
        await read_requests(house.instance, staff)
    ).looked


async def test_sam_who_opens_many_visits_long_over_goes_on_and_the_owner_is_told_once(
    house: House, sam: Person, bento: Person
) -> None:
    hands = await booked(house, FILES + 2)
    house.clock.pass_(days=ceilings.LOOK_BACK_OVER_DAYS + 2)
    for hand in hands[: FILES - 1]:
        await opens(house, sam, hand)
        await opens(house, sam, hand, "ct")  # the same file
    assert await looked(house, bento) == ([], 0)
    house.clock.pass_(days=1)
    for hand in hands[FILES - 1 :]:
        await opens(house, sam, hand, "ct")
        house.clock.pass_(minutes=1)
    assert sam.member is not None
    at_the_last = house.clock() - timedelta(minutes=len(hands) - FILES + 1)
    # The number grows while no owner has seen it.
    assert await looked(house, bento) == ([LookedBack(sam.member, at_the_last, FILES + 2, None, None)], 1)
    assert (await read_members(house.instance, await today(house, sam))).looked == []
    assert (await read_requests(house.instance, await today(house, sam))).looked == 0
    with pytest.raises(NotYourRole):
        await see_look_back(house.instance, await today(house, sam), sam.member)
    house.clock.pass_(hours=1)
    for _ in range(2):
        await see_look_back(house.instance, await today(house, bento), sam.member)
    seen = LookedBack(sam.member, at_the_last, FILES + 2, house.clock(), bento.member)
    assert await looked(house, bento) == ([seen], 0)
    house.clock.pass_(days=8)
    assert await looked(house, bento) == ([], 0)
    house.clock.pass_(days=90)
    await expire_sessions(house.instance)
    assert await house.instance.pool.fetchval("SELECT count(*) FROM look_backs") == 0


async def test_what_was_opened_before_names_in_lists_and_visits_of_these_days_are_no_looks_back(
    house: House, sam: Person, bento: Person
) -> None:
    [old, *known], fresh = await booked(house, FILES + 1), await booked(house, FILES, days=1)
    for hand in known:
        await opens(house, sam, hand)
    house.clock.pass_(days=ceilings.LOOK_BACK_OVER_DAYS - 1)
    for hand in fresh:
        await opens(house, sam, hand)
    house.clock.pass_(days=3)
    for hand in [*known, *fresh, old]:
        await opens(house, sam, hand)
    assert await looked(house, bento) == ([], 0)
    named = await booked(house, FILES, days=8)
    house.clock.pass_(days=ceilings.LOOK_BACK_OVER_DAYS + 7)
    staff = await today(house, sam)
    since, until = at("00:00", DAY), house.clock()
    told, _ = await read_list(house.instance, staff, [house.bento], since, until, kids=[], known=[])
    assert {hand.record for hand in named} <= {one.record for one in told}
    assert await looked(house, bento) == ([], 0)
    # Spread over more than a week they are few.
    for nth, hand in enumerate(named):
        house.clock.pass_(days=4 * (nth > 0))
        await opens(house, sam, hand)
    assert await looked(house, bento) == ([], 0)


async def test_it_is_told_again_a_month_later_and_not_while_nobody_has_seen_it(
    house: House, sam: Person, bento: Person
) -> None:
    hands = await booked(house, 3 * FILES)
    assert sam.member is not None
    house.clock.pass_(days=ceilings.LOOK_BACK_OVER_DAYS + 2)
    for hand in hands[:FILES]:
        await opens(house, sam, hand)
    await see_look_back(house.instance, await today(house, bento), sam.member)
    house.clock.pass_(hours=1)
    for hand in hands[FILES : 2 * FILES]:
        await opens(house, sam, hand)
    assert (await looked(house, bento))[1] == 0
    house.clock.pass_(days=ceilings.LOOK_BACK_QUIET_DAYS - 1)
    await opens(house, sam, hands[2 * FILES])
    assert (await looked(house, bento))[1] == 0
    house.clock.pass_(days=1, minutes=1)
    for hand in hands[2 * FILES :]:
        await opens(house, sam, hand)
    assert (await looked(house, bento))[1] == 1


async def test_what_somebody_opened_is_told_and_seen_though_they_are_gone(
    house: House, sam: Person, bento: Person
) -> None:
    hands = await booked(house, FILES)
    house.clock.pass_(days=ceilings.LOOK_BACK_OVER_DAYS + 2)
    for hand in hands:
        await opens(house, sam, hand)
    assert sam.member is not None
    await bento.change(house, await people.removal(bento, house, sam.member))
    told, count = await looked(house, bento)
    assert ([(one.member, one.seen_at) for one in told], count) == ([(sam.member, None)], 1)
    with pytest.raises(NoSuchMember):
        await see_look_back(house.instance, await today(house, bento), uuid4())
    for _ in range(2):
        await see_look_back(house.instance, await today(house, bento), sam.member)
    told, count = await looked(house, bento)
    assert ([(one.member, one.seen_by) for one in told], count) == ([(sam.member, bento.member)], 0)


async def test_an_owner_does_not_see_their_own_away_while_there_is_another(
    house: House, bento: Person
) -> None:
    hands = await booked(house, FILES)
    house.clock.pass_(days=ceilings.LOOK_BACK_OVER_DAYS + 2)
    alma = await people.bring_in(bento, house, "Dr Alma", Role.OWNER, [house.unit])
    for hand in hands:
        await opens(house, alma, hand)
    assert alma.member is not None
    with pytest.raises(NotYourRole):
        await see_look_back(house.instance, await today(house, alma), alma.member)
    assert (await looked(house, alma))[1] == 1
    await see_look_back(house.instance, await today(house, bento), alma.member)
    assert (await looked(house, alma))[1] == 0


async def test_where_it_cannot_be_noted_no_visit_long_over_is_read_and_the_day_goes_on(
    house: House, sam: Person
) -> None:
    [alice] = await booked(house, 1)
    house.clock.pass_(days=ceilings.LOOK_BACK_OVER_DAYS + 2)
    [tom] = await booked(house, 1, days=8)
    await house.instance.pool.execute("ALTER TABLE look_backs RENAME TO away")
    with pytest.raises(asyncpg.UndefinedTableError):
        await opens(house, sam, alice)
    assert await house.instance.pool.fetchval("SELECT count(*) FROM ledger") == 0
    await opens(house, sam, tom)
