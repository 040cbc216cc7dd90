# SPDX-License-Identifier: AGPL-3.0-or-later
"""Owners are lost: the paper root makes another one. Without it, and for what nobody else can open, there is no way."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

import members_house as people
from bento_house import DAY, Hand, House, at
from members_house import Person
from serment.framing import FramingError, Removal, Role
from serment.framing.roster_seeds import SealedSeed
from serment.seal.chance import draw
from serment.seal.keys import UserKeys
from serment.seal.primitives import SignPair
from serment.seal.roster_writing import Step, member_of, new_epoch, write_events
from serment.server.usecases.append_events import RosterBatch
from serment.server.usecases.errors import AlreadyMember, NoSuchPractice, SignedOut, StaleRoster
from serment.server.usecases.restore_by_root import restore_by_root


def restoration(house: House, heir: Person, root: SignPair, *, leave: bool = True) -> RosterBatch:
    """What the heir's browser signs with the paper in hand: a new owner, the lost ones gone, new keys everywhere."""
    roster = house.roster
    units = tuple(sorted(roster.units))
    newcomer = member_of(heir.keys, uuid.uuid4().bytes, Role.OWNER, units)
    lost = [member for member in roster.members.values() if member.role is Role.OWNER]
    stay = [m for m in roster.members.values() if m not in lost or not leave] + [newcomer]
    steps: list[Step] = [(root, newcomer)]
    steps += [(root, Removal(member.id)) for member in lost if leave]
    epochs = {unit: new_epoch(roster, unit, [m for m in stay if unit in m.units]) for unit in units}
    steps += [(heir.keys.sign, epoch.event) for epoch in epochs.values()]
    events, _ = write_events(roster, steps)
    seeds = [
        SealedSeed(u, e.event.e, kid, sealed) for u, e in epochs.items() for kid, sealed in e.seeds.items()
    ]
    return RosterBatch(events, seeds)


async def test_whoever_holds_the_paper_owns_again_and_later_records_open(house: House) -> None:
    old = Hand(house)
    await old.book(at("9:00", DAY))
    bento, heir = await people.bento(house), await people.enrol(house, "Dr Heir", UserKeys.new())
    batch = restoration(house, heir, house.root)
    stands = await restore_by_root(house.instance, heir.session, house.practice, "Dr Heir", batch)
    assert stands == await restore_by_root(house.instance, heir.session, house.practice, "Dr Heir", batch)
    with pytest.raises((NoSuchPractice, SignedOut)):
        await bento.staff(house)
    heir.member = (await heir.staff(house)).member
    await people.follow(heir, house)
    new = Hand(house)
    await new.book(at("10:00", DAY))
    chain = (await heir.open_units(house))[house.unit]
    assert await people.opens_with(house, new.record, chain)
    # Sealed before, to keys that Sam holds and the heir does not: Sam's desk boxes them, and then the heir reads it too.
    assert not await people.opens_with(house, old.record, chain)
    await people.bring_in(heir, house, "Nadia", Role.SECRETARY, [house.unit])


async def test_without_the_paper_nobody_becomes_an_owner(house: House) -> None:
    """Mallory signs with a root of her own, as Sam, and as herself."""
    mallory = await people.enrol(house, "Mallory", UserKeys.new())
    for signer in (SignPair.from_seed(draw(32)), house.sam.sign, mallory.keys.sign, house.owner.sign):
        with pytest.raises(FramingError):
            batch = restoration(replace(house, roster=house.roster), mallory, signer)
            await restore_by_root(house.instance, mallory.session, house.practice, "Mallory", batch)
    with pytest.raises(SignedOut):
        await restore_by_root(
            house.instance, None, house.practice, "Mallory", restoration(house, mallory, house.root)
        )
    assert await people.events_of(house) == house.roster.seq


async def test_an_account_that_belongs_to_the_practice_is_no_newcomer(house: House) -> None:
    sam = await people.sam(house)
    stranger = replace(sam, keys=UserKeys.new())
    with pytest.raises(AlreadyMember):
        await restore_by_root(
            house.instance, sam.session, house.practice, "Sam", restoration(house, stranger, house.root)
        )


async def test_a_restoration_signed_on_an_older_roster_is_stale(house: House) -> None:
    bento, heir = await people.bento(house), await people.enrol(house, "Dr Heir", UserKeys.new())
    batch = restoration(house, heir, house.root)
    await bento.change(house, await people.write(bento, house, [], turn=[house.unit]))
    with pytest.raises(StaleRoster):
        await restore_by_root(house.instance, heir.session, house.practice, "Dr Heir", batch)


@pytest.mark.parametrize("more", ["a second owner", "signed by an owner after all"])
async def test_the_paper_lets_in_one_owner_and_nobody_besides(house: House, more: str) -> None:
    heir = await people.enrol(house, "Dr Heir", UserKeys.new())
    roster, mallory = house.roster, UserKeys.new()
    newcomer = member_of(heir.keys, uuid.uuid4().bytes, Role.OWNER, [])
    other = member_of(mallory, uuid.uuid4().bytes, Role.OWNER, [])
    steps: list[Step] = [(house.root, newcomer), (house.root, other)]
    if more == "signed by an owner after all":
        steps = [(house.owner.sign, newcomer)]
    events, _ = write_events(roster, steps)
    with pytest.raises(FramingError):
        await restore_by_root(house.instance, heir.session, house.practice, "Dr Heir", RosterBatch(events))
    assert await people.events_of(house) == roster.seq


async def test_after_the_paper_only_it_and_the_new_owner_sign(house: House) -> None:
    """Bento, an owner still, signs the removal of another in the same batch: that is a change of his own, not the paper's."""
    bento = await people.bento(house)
    heir = await people.enrol(house, "Dr Heir", UserKeys.new())
    newcomer = member_of(heir.keys, uuid.uuid4().bytes, Role.OWNER, [])
    nadia = await people.bring_in(bento, house, "Nadia", Role.SECRETARY, [])
    assert nadia.member is not None
    steps: list[Step] = [(house.root, newcomer), (house.owner.sign, Removal(nadia.member.bytes))]
    events, _ = write_events(await bento.roster(house), steps)
    with pytest.raises(FramingError):
        await restore_by_root(house.instance, heir.session, house.practice, "Dr Heir", RosterBatch(events))
