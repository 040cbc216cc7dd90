# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who joins, who leaves, who is suspended: on a real database, by the use cases the server runs."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date

import msgspec
import pytest

import members_house as people
from bento_house import DAY, Hand, House, at, open_house
from members_house import Person
from serment.framing import Altered, Removal, Role, SignedEvent, Unaddressed
from serment.framing.errors import FramingError, Unknown
from serment.framing.roster_events import Notifier
from serment.framing.roster_seeds import BoxedSeed
from serment.seal.chance import draw
from serment.seal.invitation import invitation_tag, open_as_owner, seal_to_owner
from serment.seal.keys import UserKeys
from serment.seal.primitives import SignPair
from serment.seal.roster_writing import _seal_previous
from serment.server.usecases import append_events
from serment.server.usecases.append_events import RosterBatch
from serment.server.usecases.change_roster import change_roster
from serment.server.usecases.change_stanzas import drop_stanzas
from serment.server.usecases.dormancy import note_here
from serment.server.usecases.errors import (
    AlreadyAnswered,
    AlreadyMember,
    KeysRetired,
    LastOwner,
    NoNotifier,
    NoRecordStanza,
    NoSuchAgenda,
    NoSuchInvitation,
    NoSuchMember,
    NoSuchPractice,
    NotInvited,
    NotYourRole,
    SignedOut,
    StaleRoster,
)
from serment.server.usecases.expire import expire_sessions
from serment.server.usecases.invite import (
    INVITATION_DAYS,
    SEALED_SECRET_BYTES,
    SealedSecret,
    invite,
    revoke_invitation,
)
from serment.server.usecases.older_stanzas import keep_previous, older_stanzas
from serment.server.usecases.read_members import InvitationTold, read_members
from serment.server.usecases.read_seeds import read_seeds
from serment.server.usecases.suspend_member import name_last_day, suspend_member

# ---------------------------------------------------------------- joining


async def test_an_invited_secretary_opens_what_was_sealed_before_she_came(
    house: House, bento: Person
) -> None:
    await Hand(house).book(at("9:00", DAY))
    nadia = await people.bring_in(bento, house, "Nadia", Role.SECRETARY, [house.unit])
    opened = await nadia.open_units(house)
    assert set(opened) == {house.unit}
    assert opened[house.unit][0].k_rec.kid == house.epochs[house.unit].k_rec.kid
    told = await read_members(house.instance, await bento.staff(house))
    assert "Nadia" in {each.name for each in told.members} and told.invitations == []


async def test_keys_that_the_server_put_into_an_answer_are_not_signed_in(house: House, bento: Person) -> None:
    """Mallory runs the server: she exchanges Nadia's keys for her own, and the tag does not fit."""
    invited = people.letter(bento, house, "Nadia", Role.SECRETARY, [house.unit])
    await invite(house.instance, await bento.staff(house), invited.asked)
    nadia = await people.enrol(house, "Nadia", UserKeys.new())
    await people.answer(nadia, house, invited)
    mallory = UserKeys.new()
    await house.instance.pool.execute(
        "UPDATE invitations SET kem_pk = $1, sign_pk = $2", mallory.kem.pk, mallory.sign.pk
    )
    told = await read_members(house.instance, await bento.staff(house))
    with pytest.raises(Altered):
        people.checked(bento, house, told.invitations[0])


async def test_an_offer_raised_by_the_server_is_not_signed_in(house: House, bento: Person) -> None:
    """Nadia answered as a secretary; a server that tells the owner's browser "owner" leads it to another secret."""
    invited = people.letter(bento, house, "Nadia", Role.SECRETARY, [house.unit])
    await invite(house.instance, await bento.staff(house), invited.asked)
    await people.answer(await people.enrol(house, "Nadia", UserKeys.new()), house, invited)
    people.checked(
        bento, house, (await read_members(house.instance, await bento.staff(house))).invitations[0]
    )
    await house.instance.pool.execute("UPDATE invitations SET role = 1")
    told = await read_members(house.instance, await bento.staff(house))
    with pytest.raises(Altered):
        people.checked(bento, house, told.invitations[0])


async def test_an_invitation_is_answered_once(house: House, bento: Person) -> None:
    invited = people.letter(bento, house, "Nadia", Role.SECRETARY, [house.unit])
    await invite(house.instance, await bento.staff(house), invited.asked)
    nadia = await people.enrol(house, "Nadia", UserKeys.new())
    await people.answer(nadia, house, invited)
    await people.answer(nadia, house, invited)  # the answer was lost on its way, and is sent again
    with pytest.raises(AlreadyAnswered):
        await people.answer(await people.enrol(house, "Mallory", UserKeys.new()), house, invited)


async def test_an_invitation_holds_for_a_week_and_can_be_taken_back(house: House, bento: Person) -> None:
    first, second = (people.letter(bento, house, "Nadia", Role.SECRETARY, [house.unit]) for _ in range(2))
    nadia = await people.enrol(house, "Nadia", UserKeys.new())
    for each in (first, second):
        await invite(house.instance, await bento.staff(house), each.asked)
    await revoke_invitation(house.instance, await bento.staff(house), first.asked.invitation)
    with pytest.raises(NoSuchInvitation):
        await people.answer(nadia, house, first)
    house.clock.pass_(days=INVITATION_DAYS)
    await people.answer(nadia, house, second)
    house.clock.pass_(days=1)
    with pytest.raises(NoSuchInvitation):
        await people.answer(nadia, house, second)
    await expire_sessions(house.instance)
    assert await house.instance.pool.fetchval("SELECT count(*) FROM invitations") == 0


async def test_nobody_is_signed_in_who_did_not_answer(house: House, bento: Person) -> None:
    """An owner's event with keys that no account gave: there would be a member whom nobody can be."""
    from serment.seal.roster_writing import member_of

    ghost = member_of(UserKeys.new(), uuid.uuid4().bytes, Role.SECRETARY, [house.unit.bytes])
    change = await people.write(bento, house, [ghost])
    with pytest.raises(NotInvited):
        await bento.change(house, change)


@pytest.mark.parametrize("when", ["after she left", "in her own place"])
async def test_who_left_comes_back_with_a_new_access_and_is_told_so_at_once(
    house: House, bento: Person, when: str
) -> None:
    nadia = await people.bring_in(bento, house, "Nadia", Role.SECRETARY, [house.unit])
    own_place = nadia.member if when == "in her own place" else None
    if own_place is None:
        assert nadia.member is not None
        await bento.change(house, await people.removal(bento, house, nadia.member))
        nadia = await people.enrol(house, "Nadia", nadia.keys)  # her session ended with her leaving
    invited = people.letter(bento, house, "Nadia", Role.SECRETARY, [house.unit], in_place_of=own_place)
    await invite(house.instance, await bento.staff(house), invited.asked)
    with pytest.raises(KeysRetired):
        await people.answer(nadia, house, invited)
    await people.answer(await people.enrol(house, "Nadia", UserKeys.new()), house, invited)


async def test_an_account_is_one_member_of_a_practice(house: House, bento: Person, sam: Person) -> None:
    invited = people.letter(bento, house, "Sam again", Role.OWNER, [house.unit])
    await invite(house.instance, await bento.staff(house), invited.asked)
    with pytest.raises(AlreadyMember):
        await people.answer(sam, house, invited)


async def test_a_secretary_invites_nobody(house: House, bento: Person, sam: Person) -> None:
    invited = people.letter(sam, house, "Mallory", Role.OWNER, [house.unit])
    with pytest.raises(NotYourRole):
        await invite(house.instance, await sam.staff(house), invited.asked)
    told = await read_members(house.instance, await sam.staff(house))
    assert {each.name for each in told.members} == {"Sam", "Dr Bento"} and told.invitations == []


async def test_a_remote_secretary_serves_two_practices_with_one_access_and_leaves_one_of_them(
    house: House, bento: Person
) -> None:
    other = await open_house(house.instance.pool, slug="second")
    owner = await people.bento(other)
    nadia = await people.bring_in(bento, house, "Nadia", Role.SECRETARY, [house.unit])
    here = nadia.member
    invited = people.letter(owner, other, "Nadia", Role.PRACTITIONER, [other.unit])
    await invite(other.instance, await owner.staff(other), invited.asked)
    await people.answer(nadia, other, invited)
    told = await read_members(other.instance, await owner.staff(other))
    await owner.change(
        other, await people.write(owner, other, [people.checked(owner, other, told.invitations[0])])
    )
    assert (await nadia.staff(house)).role is Role.SECRETARY
    assert (await nadia.staff(other)).role is Role.PRACTITIONER
    assert set(await nadia.open_units(other)) == {other.unit} and set(await nadia.open_units(house)) == {
        house.unit
    }
    assert here is not None
    await bento.change(house, await people.removal(bento, house, here))
    with pytest.raises(NoSuchPractice):
        await nadia.staff(house)
    assert set(await nadia.open_units(other)) == {other.unit}


# ---------------------------------------------------------------- leaving


async def test_a_removed_member_is_served_nothing_and_holds_no_later_key(
    house: House, bento: Person, sam: Person
) -> None:
    await sam.open_units(house)
    await bento.open_units(house)
    change = await people.removal(bento, house, house.sam_member)
    await bento.change(house, change)
    with pytest.raises((NoSuchPractice, SignedOut)):
        await sam.staff(house)
    assert len((await bento.open_units(house))[house.unit]) == 2
    assert {key for key in sam.kept if key[1] > 1} == set()
    pool = house.instance.pool
    assert await pool.fetchval("SELECT count(*) FROM epoch_seeds WHERE kid = $1", house.sam.kem.kid) == 0
    assert await pool.fetchval("SELECT count(*) FROM members WHERE member = $1", house.sam_member) == 0
    # Sam belonged to no other practice: nothing of the session is left.
    assert await pool.fetchval("SELECT count(*) FROM sessions WHERE account = $1", sam.account) == 0


async def test_a_removal_without_its_epoch_or_a_seed_is_refused_whole(house: House, bento: Person) -> None:
    change = await people.removal(bento, house, house.sam_member)
    batch, stood = change.batch, await people.events_of(house)
    lacking = [
        replace(batch, events=batch.events[:1]),
        replace(batch, seeds=batch.seeds[:-1]),
        replace(batch, seeds=[*batch.seeds, batch.seeds[0]]),
        replace(batch, seeds=[batch.seeds[0]._replace(kid=house.sam.kem.kid)]),
        replace(batch, seeds=[batch.seeds[0]._replace(sealed=b"short")]),
        replace(batch, previous=[]),
        replace(batch, previous=[*batch.previous, batch.previous[0]._replace(epoch=9)]),
    ]
    for each in lacking:
        with pytest.raises(FramingError):
            await change_roster(house.instance, await bento.staff(house), each)
    assert await people.events_of(house) == stood
    await bento.change(house, change)
    assert await people.events_of(house) == stood + 2


async def test_an_owner_names_the_notifier_that_serves_here_and_no_other(
    house: House, bento: Person, sam: Person
) -> None:
    here, mallorys = SignPair.from_seed(b"h" * 32), SignPair.from_seed(b"m" * 32)
    named = await people.write(bento, house, [Notifier(here.pk)])
    with pytest.raises(NoNotifier):
        await bento.change(house, named)
    await house.instance.pool.execute("INSERT INTO notifier_root (pk) VALUES ($1)", here.pk)
    with pytest.raises(Altered):
        await bento.change(house, await people.write(bento, house, [Notifier(mallorys.pk)]))
    with pytest.raises(NotYourRole):
        await sam.change(house, named)
    stands = await bento.change(house, named)
    assert await bento.change(house, named) == stands
    assert (await bento.roster(house)).notifier_pk == here.pk


async def test_the_same_change_again_is_answered_and_stands_once(house: House, bento: Person) -> None:
    change = await people.removal(bento, house, house.sam_member)
    first = await bento.change(house, change)
    assert await bento.change(house, change) == first
    assert await people.events_of(house) == first.seq


async def test_two_owners_who_change_the_roster_at_once_do_not_overwrite_each_other(
    house: House, bento: Person
) -> None:
    ferrand = await people.bring_in(bento, house, "Dr Ferrand", Role.OWNER, [house.unit])
    mine = await people.write(bento, house, [], turn=[house.unit])
    theirs = await people.removal(ferrand, house, house.sam_member)
    await bento.change(house, mine)
    with pytest.raises(StaleRoster):
        await ferrand.change(house, theirs)
    await ferrand.change(house, await people.removal(ferrand, house, house.sam_member))


async def test_an_owner_signs_for_nobody_else_and_nobody_for_an_owner(
    house: House, bento: Person, sam: Person
) -> None:
    ferrand = await people.bring_in(bento, house, "Dr Ferrand", Role.OWNER, [house.unit])
    change = await people.removal(bento, house, house.sam_member)
    with pytest.raises(Altered):  # Dr Bento's signatures, from Dr Ferrand's session
        await change_roster(house.instance, await ferrand.staff(house), change.batch)
    with pytest.raises(NotYourRole):
        await change_roster(house.instance, await sam.staff(house), change.batch)
    forged = RosterBatch(
        [SignedEvent(each.event, bytes(64)) for each in change.batch.events], change.batch.seeds
    )
    with pytest.raises(FramingError):
        await change_roster(house.instance, await bento.staff(house), forged)


@pytest.mark.parametrize("how", ["the other is suspended", "the other has a last day", "one's own last day"])
async def test_no_owner_goes_while_none_is_left_who_is_served_for_good(
    house: House, bento: Person, how: str
) -> None:
    helene = await people.bring_in(bento, house, "Hélène", Role.OWNER, [house.unit])
    assert bento.member is not None
    assert helene.member is not None
    staff, day = await bento.staff(house), date(2027, 3, 9)
    me = (await bento.roster(house)).members[bento.member.bytes]
    change = await people.write(bento, house, [replace(me, role=Role.SECRETARY)])
    if how == "the other is suspended":
        await suspend_member(house.instance, staff, helene.member, suspended=True)
    elif how == "the other has a last day":
        await name_last_day(house.instance, staff, helene.member, day)
    else:
        await name_last_day(house.instance, staff, bento.member, day)
        change = await people.removal(bento, house, helene.member)
    seq = await people.events_of(house)
    with pytest.raises(LastOwner):
        await bento.change(house, change)
    assert await people.events_of(house) == seq
    await name_last_day(house.instance, staff, bento.member, None)
    await suspend_member(house.instance, staff, helene.member, suspended=False)
    await name_last_day(house.instance, staff, helene.member, None)
    await bento.change(house, change)


async def test_the_last_owner_stays(house: House, bento: Person) -> None:
    assert bento.member is not None
    with pytest.raises(FramingError):
        await people.removal(bento, house, bento.member)
    with pytest.raises(LastOwner):
        await suspend_member(house.instance, await bento.staff(house), bento.member, suspended=True)
    with pytest.raises(LastOwner):
        await name_last_day(house.instance, await bento.staff(house), bento.member, date(2027, 3, 1))


# ---------------------------------------------------------------- any owner lets in


@pytest.fixture
async def remy(house: House, bento: Person) -> Person:
    """A second owner."""
    return await people.bring_in(bento, house, "Dr Remy", Role.OWNER, [house.unit])


async def invited_by_bento(house: House, bento: Person) -> people.Letter:
    owners = [one for one in (await bento.roster(house)).members.values() if one.role is Role.OWNER]
    letter = people.letter(bento, house, "Nadia", Role.SECRETARY, [house.unit], owners_now=owners)
    await invite(house.instance, await bento.staff(house), letter.asked)
    return letter


async def told_of(house: House, owner: Person, letter: people.Letter) -> InvitationTold:
    told = await read_members(house.instance, await owner.staff(house))
    return next(each for each in told.invitations if each.invitation == letter.asked.invitation)


async def test_another_owner_lets_in_whom_dr_bento_invited(house: House, bento: Person, remy: Person) -> None:
    letter = await invited_by_bento(house, bento)
    nadia = await people.enrol(house, "Nadia", UserKeys.new())
    await people.answer(nadia, house, letter)
    told = await told_of(house, remy, letter)
    member = people.checked(remy, house, told, inviter_sign_pk=bento.keys.sign.pk)
    await remy.change(house, await people.write(remy, house, [member]))
    assert set(await nadia.open_units(house)) == {house.unit}
    assert (await invitations(house, bento)) == []


async def invitations(house: House, owner: Person) -> list[InvitationTold]:
    return (await read_members(house.instance, await owner.staff(house))).invitations


async def test_the_secret_is_told_to_each_owner_of_the_moment_and_to_nobody_else(
    house: House, bento: Person, remy: Person, sam: Person
) -> None:
    letter = await invited_by_bento(house, bento)
    assert (await told_of(house, bento, letter)).sealed is None
    assert (await read_members(house.instance, await sam.staff(house))).invitations == []
    sealed = (await told_of(house, remy, letter)).sealed
    assert sealed is not None and len(sealed) == SEALED_SECRET_BYTES and letter.secret not in sealed
    later = await people.bring_in(bento, house, "Dr Late", Role.OWNER, [house.unit])
    assert (await told_of(house, later, letter)).sealed is None
    for other in (later, sam):
        with pytest.raises(FramingError):
            open_as_owner(sealed, letter.offer, bento.keys.sign.pk, other.keys.kem)


async def test_a_secret_that_the_server_drew_or_an_offer_that_it_raised_lets_nobody_in(
    house: House, bento: Person, remy: Person
) -> None:
    letter = await invited_by_bento(house, bento)
    mallory = await people.enrol(house, "Mallory", UserKeys.new())
    # Her keys under a secret of her own, which she seals to Dr Remy; she cannot sign as Dr Bento.
    secret, server = b"m" * 32, UserKeys.new()
    tag = invitation_tag(secret, letter.offer, mallory.keys.kem.pk, mallory.keys.sign.pk)
    sealed = seal_to_owner(secret, letter.offer, server.sign, remy.keys.kem.pk)
    honest = await told_of(house, remy, letter)
    forged = msgspec.structs.replace(
        honest, kem_pk=mallory.keys.kem.pk, sign_pk=mallory.keys.sign.pk, tag=tag, sealed=sealed
    )
    with pytest.raises(Altered):
        people.checked(remy, house, forged, inviter_sign_pk=bento.keys.sign.pk)
    # The honest answer, with another role.
    nadia = await people.enrol(house, "Nadia", UserKeys.new())
    await people.answer(nadia, house, letter)
    raised = msgspec.structs.replace(await told_of(house, remy, letter), role=int(Role.OWNER))
    with pytest.raises(Altered):
        people.checked(remy, house, raised, inviter_sign_pk=bento.keys.sign.pk)


async def test_an_invitation_is_sealed_to_owners_alone(
    house: House, bento: Person, remy: Person, sam: Person
) -> None:
    for kids in ([sam.keys.kem.kid], [remy.keys.kem.kid] * 2):
        letter = people.letter(bento, house, "Nadia", Role.SECRETARY, [house.unit])
        letter.asked.owners = [SealedSecret(kid, bytes(SEALED_SECRET_BYTES)) for kid in kids]
        with pytest.raises(StaleRoster):
            await invite(house.instance, await bento.staff(house), letter.asked)
    letter.asked.owners = [SealedSecret(remy.keys.kem.kid, bytes(SEALED_SECRET_BYTES - 1))]
    with pytest.raises(FramingError):
        await invite(house.instance, await bento.staff(house), letter.asked)
    assert await invitations(house, bento) == []


# ---------------------------------------------------------------- suspension, locums


async def test_a_suspended_member_is_served_nothing_until_it_is_taken_back(
    house: House, bento: Person, sam: Person
) -> None:
    owner = await bento.staff(house)
    await suspend_member(house.instance, owner, house.sam_member, suspended=True)
    with pytest.raises(NoSuchPractice):
        await sam.staff(house)
    told = await read_members(house.instance, owner)
    assert [each.served for each in told.members if each.name == "Sam"] == [False]
    await suspend_member(house.instance, owner, house.sam_member, suspended=False)
    assert (await sam.staff(house)).member == house.sam_member
    with pytest.raises(NoSuchMember):
        await suspend_member(house.instance, owner, uuid.uuid4(), suspended=True)


async def test_a_locum_is_served_to_the_end_of_the_last_day_in_the_sites_zone(
    house: House, bento: Person
) -> None:
    locum = await people.bring_in(
        bento, house, "Dr Remy", Role.PRACTITIONER, [house.unit], until=date(2027, 3, 2)
    )
    await locum.staff(house)
    house.clock.now = at("23:59", date(2027, 3, 2))
    await locum.staff(house)
    house.clock.now = at("0:00", date(2027, 3, 3))
    with pytest.raises(NoSuchPractice):
        await locum.staff(house)
    assert locum.member is not None
    await name_last_day(house.instance, await bento.staff(house), locum.member, date(2027, 3, 9))
    await locum.staff(house)


async def test_who_came_back_by_a_new_link_takes_the_lost_members_place(house: House, bento: Person) -> None:
    """Sam lost every way to unlock: new keys, compared by an owner; the old ones go, the units' keys turn."""
    await Hand(house).book(at("9:00", DAY))
    again = await people.bring_in(
        bento, house, "Sam", Role.SECRETARY, [house.unit], in_place_of=house.sam_member
    )
    roster = await bento.roster(house)
    assert house.sam_member.bytes not in roster.members and roster.epoch(house.unit.bytes).e == 2
    assert len((await again.open_units(house))[house.unit]) == 2


# ---------------------------------------------------------------- units


async def test_a_secretary_who_leaves_a_unit_reads_nothing_sealed_to_it_later(
    house: House, bento: Person
) -> None:
    lab = house.id("unit", "lab")
    nadia = await people.bring_in(bento, house, "Nadia", Role.SECRETARY, [house.unit, lab])
    assert set(await nadia.open_units(house)) == {house.unit, lab}
    roster = await bento.roster(house)
    less = replace(roster.members[nadia.member.bytes], units=(house.unit.bytes,))  # type: ignore[union-attr]
    with pytest.raises(FramingError):
        await people.write(bento, house, [less])
    await bento.change(house, await people.write(bento, house, [less], turn=[lab]))
    assert set(await nadia.open_units(house)) == {house.unit}
    with pytest.raises(NoSuchAgenda):
        await older_stanzas(house.instance, await nadia.staff(house), lab, [bytes(16)], 10)


async def test_an_owner_adds_a_unit_with_its_members_and_keys_in_one_step(
    house: House, bento: Person
) -> None:
    unit = uuid.uuid4()
    roster = await bento.roster(house)
    assert bento.member is not None
    me = roster.members[bento.member.bytes]
    more = replace(me, units=tuple(sorted((*me.units, unit.bytes))))
    nameless = await people.write(bento, house, [more], turn=[unit])
    with pytest.raises(Altered):
        await bento.change(house, nameless)
    change = await people.write(bento, house, [more], turn=[unit], names={unit: "Psychiatrie"})
    await bento.change(house, change)
    assert unit in await bento.open_units(house)


async def test_an_owner_outside_a_unit_turns_its_keys_and_a_member_links_the_past_again(
    house: House, bento: Person
) -> None:
    """A psychiatrist's unit, of which the owner reads nothing: the seed before is boxed by who holds both."""
    lab = house.id("unit", "lab")
    psy = await people.bring_in(bento, house, "Dr Psy", Role.PRACTITIONER, [lab])
    nadia = await people.bring_in(bento, house, "Nadia", Role.SECRETARY, [lab])
    old = (await psy.open_units(house))[lab][0]
    roster = await bento.roster(house)
    assert bento.member is not None
    less = replace(roster.members[bento.member.bytes], units=(house.unit.bytes,))
    await bento.change(house, await people.write(bento, house, [less], turn=[lab]))
    middle = (await psy.open_units(house))[lab][0]
    assert lab not in await bento.open_units(house)
    assert nadia.member is not None
    await bento.change(house, await people.removal(bento, house, nadia.member))
    chain = (await psy.open_units(house))[lab]
    assert len(chain) == 1  # the owner could box nothing
    now = await psy.roster(house)
    boxed = BoxedSeed(lab.bytes, 3, _seal_previous(now, lab.bytes, 3, chain[0], middle))
    with pytest.raises(NoSuchAgenda):
        await keep_previous(house.instance, await bento.staff(house), [boxed])
    await keep_previous(house.instance, await psy.staff(house), [boxed])
    assert [keys.k_rec.kid for keys in (await psy.open_units(house))[lab][1:]] == [
        middle.k_rec.kid,
        old.k_rec.kid,
    ]


async def test_a_box_that_opens_to_nothing_takes_nobodys_way_back(house: House, bento: Person) -> None:
    """Mallory, of the unit, is the first to box; when she is gone the psychiatrist's own box opens all the same."""
    lab = house.id("unit", "lab")
    psy = await people.bring_in(bento, house, "Dr Psy", Role.PRACTITIONER, [lab])
    mallory = await people.bring_in(bento, house, "Mallory", Role.SECRETARY, [lab])
    assert bento.member is not None
    assert mallory.member is not None
    less = replace((await bento.roster(house)).members[bento.member.bytes], units=(house.unit.bytes,))
    await bento.change(house, await people.write(bento, house, [less], turn=[lab]))
    middle = (await psy.open_units(house))[lab][0]
    await bento.change(house, await people.write(bento, house, [], turn=[lab]))
    chain = (await psy.open_units(house))[lab]
    assert len(chain) == 1  # the owner, outside the unit, could box nothing
    spoilt = BoxedSeed(lab.bytes, 3, uuid.uuid4().bytes * 3 + bytes(12))
    await keep_previous(house.instance, await mallory.staff(house), [spoilt])
    now = await psy.roster(house)
    good = BoxedSeed(lab.bytes, 3, _seal_previous(now, lab.bytes, 3, chain[0], middle))
    for _ in range(2):
        await keep_previous(house.instance, await psy.staff(house), [good])
    await bento.change(house, await people.removal(bento, house, mallory.member))
    told = (await read_seeds(house.instance, await psy.staff(house))).previous
    assert sorted(each.sealed for each in told if each.epoch == 3) == sorted([spoilt.sealed, good.sealed])


@pytest.mark.parametrize("epoch", [1, 3, 2**31])
async def test_a_box_is_of_an_epoch_that_was(house: House, bento: Person, epoch: int) -> None:
    await bento.change(house, await people.write(bento, house, [], turn=[house.unit]))
    with pytest.raises(Altered):
        await keep_previous(
            house.instance, await bento.staff(house), [BoxedSeed(house.unit.bytes, epoch, bytes(60))]
        )


async def test_the_only_member_of_a_unit_leaves_and_its_next_one_brings_its_keys(
    house: House, bento: Person
) -> None:
    """The psychiatrist alone reads her patients; nobody has to be given them so that she can leave."""
    lab, pool = house.id("unit", "lab"), house.instance.pool
    psy = await people.bring_in(bento, house, "Dr Psy", Role.PRACTITIONER, [lab])
    assert bento.member is not None
    assert psy.member is not None
    less = replace((await bento.roster(house)).members[bento.member.bytes], units=(house.unit.bytes,))
    await bento.change(house, await people.write(bento, house, [less], turn=[lab]))
    e = (await bento.roster(house)).units[lab.bytes].e
    await bento.change(house, await people.write(bento, house, [Removal(psy.member.bytes)]))
    with pytest.raises(Unaddressed):
        (await bento.roster(house)).epoch(lab.bytes)
    assert not await pool.fetchval("SELECT count(*) FROM epoch_seeds WHERE unit = $1", lab)
    assert not await pool.fetchval("SELECT bool_or(active) FROM agendas WHERE unit = $1", lab)
    assert await pool.fetchval("SELECT bool_and(active) FROM agendas WHERE unit = $1", house.unit)
    back = replace(less, units=tuple(sorted([house.unit.bytes, lab.bytes])))
    with pytest.raises(Altered):
        await people.write(bento, house, [back])
    await bento.change(house, await people.write(bento, house, [back], turn=[lab]))
    assert (await bento.roster(house)).epoch(lab.bytes).e == e + 1
    assert lab in await bento.open_units(house)


# ---------------------------------------------------------------- what a batch may be


async def test_a_notifier_that_nobody_published_here_is_not_named(house: House, bento: Person) -> None:
    change = await people.write(bento, house, [Notifier(draw(32))])
    with pytest.raises(NoNotifier):
        await bento.change(house, change)


@pytest.mark.parametrize("what", ["other keys than were answered", "a day too late"])
async def test_only_who_answered_in_time_is_signed_in(house: House, bento: Person, what: str) -> None:
    invited = people.letter(bento, house, "Nadia", Role.SECRETARY, [house.unit])
    await invite(house.instance, await bento.staff(house), invited.asked)
    await people.answer(await people.enrol(house, "Nadia", UserKeys.new()), house, invited)
    told = await read_members(house.instance, await bento.staff(house))
    member = people.checked(bento, house, told.invitations[0])
    if what == "a day too late":
        house.clock.pass_(days=INVITATION_DAYS + 1)
    else:
        keys = UserKeys.new()
        member = replace(member, kem_pk=keys.kem.pk, sign_pk=keys.sign.pk)
    with pytest.raises(NotInvited):
        await bento.change(house, await people.write(bento, house, [member]))


async def test_a_practice_has_so_many_units_and_no_more(
    house: House, bento: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(append_events, "UNITS_MAX", 3)
    names = {uuid.uuid4(): f"Unit {nth}" for nth in range(2)}
    assert bento.member is not None
    for few in (dict(list(names.items())[:1]), names):
        me = (await bento.roster(house)).members[bento.member.bytes]
        more = replace(me, units=tuple(sorted({*me.units, *(unit.bytes for unit in few)})))
        change = await people.write(
            bento, house, [more], turn=[u for u in few if u.bytes not in me.units], names=few
        )
        if len(few) == 1:
            await bento.change(house, change)
            continue
        with pytest.raises(Unknown):
            await bento.change(house, change)


async def test_whose_units_they_are_is_told_their_boxes_alone(house: House, bento: Person) -> None:
    lab = house.id("unit", "lab")
    nadia = await people.bring_in(bento, house, "Nadia", Role.SECRETARY, [house.unit])
    for _ in range(2):
        await bento.change(house, await people.write(bento, house, [], turn=[lab, house.unit]))
    told = await read_seeds(house.instance, await nadia.staff(house))
    assert {each.unit for each in told.previous} == {each.unit for each in told.seeds} == {house.unit}


# ---------------------------------------------------------------- the age of keys


async def test_owners_are_reminded_of_keys_older_than_a_year(house: House, bento: Person) -> None:
    await bento.change(house, await people.write(bento, house, [], turn=[house.unit]))
    assert (await read_members(house.instance, await bento.staff(house))).old_keys == []
    house.clock.pass_(days=366)
    await note_here(house.instance, bento.account, proved=True)
    assert (await read_members(house.instance, await bento.staff(house))).old_keys == []
    house.clock.pass_(days=31)
    await note_here(house.instance, bento.account, proved=True)
    assert (await read_members(house.instance, await bento.staff(house))).old_keys == [house.unit]
    await bento.change(house, await people.write(bento, house, [], turn=[house.unit]))
    assert (await read_members(house.instance, await bento.staff(house))).old_keys == []


# ---------------------------------------------------------------- re-wrapping


async def _booked(house: House, *hours: str, day: date = DAY) -> list[Hand]:
    hands = [Hand(house) for _ in hours]
    for hand, hour in zip(hands, hours, strict=True):
        await hand.book(at(hour, day))
    return hands


async def test_after_a_removal_every_record_is_wrapped_anew_what_is_to_come_first(
    house: House, bento: Person, sam: Person
) -> None:
    past = (await _booked(house, "9:00"))[0]
    house.clock.now = at("12:00", DAY)
    soon, late = await _booked(house, "14:00", "17:00")
    await sam.open_units(house)
    await people.compact_all(sam, house, house.unit)
    await bento.change(house, await people.removal(bento, house, house.sam_member))
    order: list[uuid.UUID] = []
    # A batch of one, interrupted after each: whoever comes next goes on.
    while await people.rewrap(bento, house, house.unit, most=1, seen=order):
        pass
    assert order == [soon.record, late.record, past.record]
    keys = await bento.open_units(house)
    for hand in (past, soon, late):
        await people.check_opens(house, hand.record, keys[house.unit][0].k_rec)
        await people.check_opens(house, hand.record, hand.cap.k_cap)  # and Alice her own
        assert not await people.opens_with(house, hand.record, sam.kept.values())


async def test_a_rewrap_cut_off_before_the_old_stanzas_fell_goes_on(
    house: House, bento: Person, sam: Person
) -> None:
    (hand,) = await _booked(house, "9:00")
    await sam.open_units(house)
    await bento.change(house, await people.removal(bento, house, house.sam_member))
    await people.rewrap(bento, house, house.unit, most=1, drop=False)
    assert await people.opens_with(house, hand.record, sam.kept.values())
    assert await people.rewrap(bento, house, house.unit, most=1) == 1
    assert not await people.opens_with(house, hand.record, sam.kept.values())
    assert await people.rewrap(bento, house, house.unit, most=1) == 0


async def test_nobody_drops_the_patients_own_stanza(house: House, bento: Person) -> None:
    (hand,) = await _booked(house, "9:00")
    await bento.change(house, await people.write(bento, house, [], turn=[house.unit]))
    await people.rewrap(bento, house, house.unit, most=10)
    with pytest.raises(NoRecordStanza):
        await drop_stanzas(house.instance, await bento.staff(house), [(hand.record, 1, hand.cap.k_cap.kid)])
    await people.check_opens(house, hand.record, hand.cap.k_cap)


async def test_the_present_record_stanza_never_falls(house: House, bento: Person) -> None:
    (hand,) = await _booked(house, "9:00")
    await bento.change(house, await people.write(bento, house, [], turn=[house.unit]))
    await people.rewrap(bento, house, house.unit, most=10)
    kid = (await bento.roster(house)).epoch(house.unit.bytes).kid_rec
    with pytest.raises(NoRecordStanza):
        await drop_stanzas(house.instance, await bento.staff(house), [(hand.record, 1, kid)])
