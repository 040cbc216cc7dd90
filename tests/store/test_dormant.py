# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whoever stays away for thirty days is suspended until an owner brings them back; a practice is never shut for good."""

from __future__ import annotations

import uuid

import pytest

import members_house as people
from bento_house import House
from members_house import Person
from serment.framing import Role
from serment.server.usecases.errors import LastOwner, NoSuchPractice
from serment.server.usecases.membership import member_of
from serment.server.usecases.read_members import read_members
from serment.server.usecases.sign_in import SignedIn, signed_in
from serment.server.usecases.suspend_member import name_last_day, suspend_member


async def signs_in(house: House, who: Person, *, proved: bool = False) -> SignedIn:
    return await signed_in(house.instance, who.account, None, proved=proved)


def practices(told: SignedIn) -> list[uuid.UUID]:
    return [one.practice for one in told.practices]


def away(told: SignedIn) -> list[uuid.UUID]:
    return [one.practice for one in told.dormant]


async def test_sam_who_was_away_for_thirty_days_is_served_nothing_and_is_told_where(
    house: House, bento: Person, sam: Person
) -> None:
    house.clock.pass_(days=29)
    await signs_in(house, bento)
    assert practices(await signs_in(house, sam)) == [house.practice]
    house.clock.pass_(days=30)
    await signs_in(house, bento, proved=True)
    with pytest.raises(NoSuchPractice):
        await sam.staff(house)
    told = await signs_in(house, sam, proved=True)
    assert (practices(told), away(told)) == ([], [house.practice])
    with pytest.raises(NoSuchPractice):
        await member_of(house.instance, told.token, house.practice)


async def test_an_owner_brings_sam_back_in_one_tap(house: House, bento: Person, sam: Person) -> None:
    house.clock.pass_(days=31)
    await signs_in(house, bento, proved=True)
    owner = await bento.staff(house)
    seen = {each.name: each for each in (await read_members(house.instance, owner)).members}
    assert (seen["Sam"].dormant, seen["Sam"].served, seen["Sam"].suspended) == (True, False, False)
    await suspend_member(house.instance, owner, house.sam_member, suspended=False)
    assert practices(await signs_in(house, sam)) == [house.practice]
    house.clock.pass_(days=29)
    assert practices(await signs_in(house, sam)) == [house.practice]


async def test_who_comes_every_day_is_never_dormant_and_one_day_is_all_that_is_kept(
    house: House, sam: Person
) -> None:
    for _ in range(5):
        house.clock.pass_(days=20, hours=1)
        assert practices(await signs_in(house, sam)) == [house.practice]
    seen = await house.instance.pool.fetchval("SELECT seen FROM members WHERE member = $1", house.sam_member)
    assert seen == house.clock().date()


async def test_an_owner_alone_comes_back_by_a_passkey_or_the_code_and_not_by_a_password(
    house: House, bento: Person
) -> None:
    house.clock.pass_(days=35)
    told = await signs_in(house, bento)
    assert (practices(told), away(told)) == ([], [house.practice])
    assert practices(await signs_in(house, bento, proved=True)) == [house.practice]
    assert practices(await signs_in(house, bento)) == [house.practice]


async def test_of_two_owners_who_were_away_the_first_brings_the_second_back(
    house: House, bento: Person
) -> None:
    remy = await people.bring_in(bento, house, "Dr Remy", Role.OWNER, [house.unit])
    house.clock.pass_(days=40)
    assert practices(await signs_in(house, remy, proved=True)) == [house.practice]
    assert away(await signs_in(house, bento, proved=True)) == [house.practice]
    assert bento.member is not None
    await suspend_member(house.instance, await remy.staff(house), bento.member, suspended=False)
    assert practices(await signs_in(house, bento)) == [house.practice]


async def test_an_owner_whom_another_suspended_does_not_come_back_by_staying_away(
    house: House, bento: Person
) -> None:
    remy = await people.bring_in(bento, house, "Dr Remy", Role.OWNER, [house.unit])
    assert bento.member is not None
    await suspend_member(house.instance, await remy.staff(house), bento.member, suspended=True)
    house.clock.pass_(days=40)
    told = await signs_in(house, bento, proved=True)
    assert (practices(told), away(told)) == ([], [])


async def test_the_only_owner_who_is_there_cannot_be_suspended_while_the_other_is_away(
    house: House, bento: Person
) -> None:
    remy = await people.bring_in(bento, house, "Dr Remy", Role.OWNER, [house.unit])
    house.clock.pass_(days=20)
    await signs_in(house, bento)
    house.clock.pass_(days=20)
    assert remy.member is not None and bento.member is not None
    owner = await bento.staff(house)
    with pytest.raises(LastOwner):
        await suspend_member(house.instance, owner, bento.member, suspended=True)
    with pytest.raises(LastOwner):
        await name_last_day(house.instance, owner, bento.member, house.clock().date())
