# SPDX-License-Identifier: AGPL-3.0-or-later
"""One credential that takes too much is stopped on every server process, and nothing else is."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
from datetime import timedelta

import asyncpg
import pytest

import members_house as people
from bento_house import DAY, Hand, House, at
from members_house import Person
from serment.database.pool import open_pool
from serment.domain import sentinel as ceilings
from serment.framing import Role
from serment.server.instance import Instance
from serment.server.stores import accounts
from serment.server.usecases import sentinel
from serment.server.usecases.errors import Frozen, NoSuchAppointment, NotYourRole, ProvePresence, SignedOut
from serment.server.usecases.expire import expire_sessions
from serment.server.usecases.find_slots import find_slots
from serment.server.usecases.keep_cards import read_cards
from serment.server.usecases.membership import Staff
from serment.server.usecases.move import move
from serment.server.usecases.read_agenda import read_agenda
from serment.server.usecases.read_envelope import read_for_member, read_unopened
from serment.server.usecases.read_members import MembersTold, read_members
from serment.server.usecases.sentinel import note_foreign
from serment.server.usecases.sign_in import signed_in
from serment.server.usecases.suspend_member import suspend_member
from serment.server.usecases.unfreeze import unfreeze

MOST = 4


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ceiling of MOST an hour, whatever the agendas hold."""
    monkeypatch.setattr(ceilings, "OPENED_AN_HOUR", MOST)
    monkeypatch.setattr(ceilings, "OPENED_HOUR_SHARE", 0)


async def booked(house: House, number: int) -> list[Hand]:
    hands = [Hand(house) for _ in range(number)]
    for nth, hand in enumerate(hands):
        await hand.book(at("08:00", DAY) + timedelta(minutes=30 * nth))
    return hands


async def opens(house: House, staff: Staff, hand: Hand, purpose: str = "contact") -> None:
    await read_for_member(house.instance, staff, hand.record, ["ct"], [], purpose)


async def proved(house: House, person: Person) -> Staff:
    """As they are when they have just signed in again."""
    token = (await signed_in(house.instance, person.account, None, proved=True)).token
    return await dataclasses.replace(person, session=token).staff(house)


async def told(house: House, bento: Person) -> MembersTold:
    return await read_members(house.instance, await bento.staff(house))


async def test_sam_who_opens_more_contacts_than_the_day_calls_for_is_stopped_and_nobody_else(
    house: House, sam: Person, bento: Person, low: None
) -> None:
    hands = await booked(house, MOST + 2)
    staff = await sam.staff(house)
    for hand in hands[:MOST]:
        await opens(house, staff, hand)
        await opens(house, staff, hand)  # again: nothing new is given away
    with pytest.raises(Frozen):
        await opens(house, staff, hands[MOST])
    assert await house.instance.pool.fetchval("SELECT count(*) FROM ledger") == 2 * MOST
    # A request judged a moment before is stopped too, and so is what was read already.
    with pytest.raises(Frozen):
        await opens(house, staff, hands[0])
    with pytest.raises(SignedOut):
        await sam.staff(house)
    token = (await signed_in(house.instance, sam.account, None, proved=True)).token
    with pytest.raises(Frozen):
        await dataclasses.replace(sam, session=token).staff(house)
    # The agenda goes on: patients book, colleagues read, and the owner is told what happened.
    await Hand(house).book(at("17:00", DAY))
    await opens(house, await bento.staff(house), hands[0])
    [stop] = (await told(house, bento)).stopped
    assert (stop.member, stop.why, stop.asked, stop.ended_at) == (sam.member, "opened", MOST + 1, None)
    assert [one.served for one in (await told(house, bento)).members if one.member == sam.member] == [False]


async def test_two_servers_at_once_give_away_no_more_than_one(
    house: House, sam: Person, url: str, low: None
) -> None:
    hands = await booked(house, 3 * MOST)
    other = await open_pool(url, connections_max=8)
    second = Instance(house.instance.name, other, house.instance.secret, house.clock)
    staff = await sam.staff(house)
    try:
        answers = await asyncio.gather(
            *(
                read_for_member((house.instance, second)[nth % 2], staff, hand.record, ["ct"], [], "contact")
                for nth, hand in enumerate(hands)
            ),
            return_exceptions=True,
        )
    finally:
        await other.close()
    assert sum(isinstance(answer, Frozen | SignedOut) for answer in answers) == 2 * MOST
    assert await house.instance.pool.fetchval("SELECT count(*) FROM ledger") == MOST


async def test_what_was_read_to_be_moved_counts_until_it_was_moved(
    house: House, sam: Person, low: None
) -> None:
    hands = await booked(house, MOST + 1)
    staff = await sam.staff(house)
    for nth, hand in enumerate(hands[:MOST]):
        await opens(house, staff, hand, "move")
        start = at("08:00", DAY + timedelta(days=1)) + timedelta(minutes=30 * nth)
        await hand.hold(start, row_token=hand.cap.row_token)
        written = hand.seal_as_sam(hand.wants(start), rev=2)
        await move(
            house.instance, house.practice, hand.record, written, seen_rev=1, token=hand.token, staff=staff
        )
    for hand in hands[1:]:
        await opens(house, staff, hand, "move")
    with pytest.raises(Frozen):
        await opens(house, staff, hands[0], "move")


async def test_an_owner_who_is_there_lets_sam_go_on_and_counts_begin_anew(
    house: House, sam: Person, bento: Person, low: None
) -> None:
    hands = await booked(house, MOST + 2)
    staff = await sam.staff(house)
    for hand in hands[:MOST]:
        await opens(house, staff, hand)
    with pytest.raises(Frozen):
        await opens(house, staff, hands[MOST])
    assert sam.member is not None
    with pytest.raises(ProvePresence):  # a session alone, left open or stolen
        await unfreeze(house.instance, await bento.staff(house), sam.member)
    owner = await proved(house, bento)
    house.clock.pass_(minutes=1)
    for _ in range(2):
        await unfreeze(house.instance, owner, sam.member)
    again = await proved(house, sam)
    with pytest.raises(NotYourRole):
        await unfreeze(house.instance, again, sam.member)
    house.clock.pass_(minutes=1)
    for hand in hands[:MOST]:
        await opens(house, again, hand)
    [stop] = (await told(house, bento)).stopped
    assert (stop.ended_by, stop.ended_at) == (bento.member, house.clock() - timedelta(minutes=1))
    house.clock.pass_(days=8)
    assert (await told(house, bento)).stopped == []


async def test_an_owner_alone_is_back_by_passkey_or_code_and_not_by_a_password(
    house: House, bento: Person
) -> None:
    assert bento.member is not None
    await note_foreign(
        house.instance, [(house.practice, bento.member)], [Hand(house).record for _ in range(5)]
    )
    with pytest.raises(SignedOut):
        await bento.staff(house)
    token = (await signed_in(house.instance, bento.account, None, proved=False)).token
    with pytest.raises(Frozen):
        await dataclasses.replace(bento, session=token).staff(house)
    back = await proved(house, bento)
    [stop] = (await read_members(house.instance, back)).stopped
    assert (stop.why, stop.asked, stop.ended_by) == ("foreign", 5, bento.member)


async def test_an_owner_is_not_back_by_their_own_while_another_is_served(house: House, bento: Person) -> None:
    alma = await people.bring_in(bento, house, "Dr Alma", Role.OWNER, [house.unit])
    assert alma.member is not None
    await note_foreign(
        house.instance, [(house.practice, alma.member)], [Hand(house).record for _ in range(5)]
    )
    with pytest.raises(Frozen):
        await proved(house, alma)
    with pytest.raises(Exception, match="last_owner"):
        assert bento.member is not None
        await suspend_member(house.instance, await bento.staff(house), bento.member, suspended=True)


async def test_what_sam_was_shown_once_is_not_foreign_when_it_is_gone(house: House, sam: Person) -> None:
    hands = await booked(house, 6)
    staff = await sam.staff(house)
    for hand in hands:
        await opens(house, staff, hand)
    await house.instance.pool.execute("DELETE FROM appointments")
    assert sam.member is not None
    gone = [hand.record for hand in hands]
    for record in gone:
        with pytest.raises(NoSuchAppointment):
            await read_for_member(house.instance, staff, record, ["ct"], [])
    await note_foreign(house.instance, [(house.practice, sam.member)], gone)
    await note_foreign(house.instance, [(house.practice, sam.member)], [Hand(house).record for _ in range(4)])
    await sam.staff(house)
    house.clock.pass_(days=ceilings.FOREIGN_DAYS, minutes=1)
    await expire_sessions(house.instance)
    await note_foreign(house.instance, [(house.practice, sam.member)], [Hand(house).record])
    await sam.staff(house)


async def test_cards_of_another_unit_are_counted_and_those_that_are_gone_are_not(
    house: House, sam: Person
) -> None:
    pool, staff = house.instance.pool, await sam.staff(house)
    await read_cards(house.instance, staff, [Hand(house).record for _ in range(20)])
    await sam.staff(house)
    theirs = [Hand(house).record for _ in range(5)]
    await pool.executemany(
        "INSERT INTO cards (practice, card, unit, epoch, rev, month, bytes) VALUES ($1, $2, $3, 1, 1, 202912, $4)",
        [(house.practice, card, house.id("unit", "lab"), bytes(1052)) for card in theirs],
    )
    assert await read_cards(house.instance, staff, theirs) == []
    with pytest.raises(SignedOut):
        await sam.staff(house)


@pytest.mark.parametrize("table", ["disclosures", "freezes", "ledger"])
async def test_without_its_counts_nothing_confided_is_read_and_patients_go_on(
    house: House, sam: Person, table: str
) -> None:
    [alice] = await booked(house, 1)
    staff, kids = await sam.staff(house), [house.epochs[house.unit].kem.kid]
    await house.instance.pool.execute(f"ALTER TABLE {table} RENAME TO away")
    for reading in (
        lambda: opens(house, staff, alice),
        lambda: read_unopened(house.instance, staff, after=None, kids=kids, most=50),
    ):
        with pytest.raises(asyncpg.UndefinedTableError):
            await reading()
    assert await find_slots(house.instance, house.bento, house.type(), DAY, 1)
    await Hand(house).book(at("16:00", DAY))


async def test_a_session_opens_so_many_contacts_until_somebody_shows_to_be_there(
    house: House, sam: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentinel, "CONTACTS_A_PROOF", 3)
    monkeypatch.setattr(sentinel, "REFUSALS_MAX", 2)
    hands = await booked(house, 7)
    staff = await sam.staff(house)
    for hand in hands[:3]:
        await opens(house, staff, hand)
        await opens(house, staff, hand)
    with pytest.raises(ProvePresence):
        await opens(house, staff, hands[3])
    await read_for_member(house.instance, staff, hands[3].record, ["id", "rs"], [])
    # A thief of the cookie is not let go on by what Sam shows at their own desk.
    again = await proved(house, sam)
    for hand in hands[3:6]:
        await opens(house, again, hand)
    await opens(house, staff, hands[2])
    with pytest.raises(ProvePresence):  # nor told again what Sam has read there
        await opens(house, staff, hands[4])
    with pytest.raises(SignedOut):
        await sam.staff(house)
    with pytest.raises(Frozen):
        await opens(house, again, hands[0])
    [why] = await house.instance.pool.fetch("SELECT why, asked FROM freezes")
    assert tuple(why) == ("unproved", 2)


async def test_a_session_opens_so_many_reasons_until_somebody_shows_to_be_there(
    house: House, sam: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentinel, "REASONS_A_PROOF", 2)
    hands = await booked(house, 3)
    staff = await sam.staff(house)
    for hand in [*hands[:2], *hands[:2]]:
        await read_for_member(house.instance, staff, hand.record, ["rs"], [], "detail")
    with pytest.raises(ProvePresence):
        await read_for_member(house.instance, staff, hands[2].record, ["rs"], [], "detail")


async def test_whoever_moves_visits_all_day_is_not_asked_to_show_to_be_there(
    house: House, sam: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentinel, "CONTACTS_A_PROOF", 1)
    staff = await sam.staff(house)
    for nth, hand in enumerate(await booked(house, 3)):
        await opens(house, staff, hand, "move")
        start = at("08:00", DAY + timedelta(days=1)) + timedelta(minutes=30 * nth)
        await hand.hold(start, row_token=hand.cap.row_token)
        written = hand.seal_as_sam(hand.wants(start), rev=2)
        await move(
            house.instance, house.practice, hand.record, written, seen_rev=1, token=hand.token, staff=staff
        )


async def test_a_session_shows_presence_for_five_minutes(house: House, bento: Person) -> None:
    token = (await signed_in(house.instance, bento.account, None, proved=True)).token
    just = dataclasses.replace(bento, session=token)
    assert (await just.staff(house)).proved
    house.clock.pass_(minutes=5)
    assert not (await just.staff(house)).proved
    assert await accounts.read_session(house.instance.pool, hashlib.sha256(token).digest(), house.clock())


async def test_a_session_is_told_so_many_names_of_far_days_until_somebody_shows_to_be_there(
    house: House, sam: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ceilings, "FAR_NAMES", 2)
    monkeypatch.setattr(ceilings, "FAR_DAYS_OF_SLOTS", 0)
    monkeypatch.setattr(ceilings, "FAR_NAMES_PROVED", 4)
    monkeypatch.setattr(ceilings, "FAR_DAYS_OF_SLOTS_PROVED", 0)
    far = DAY + timedelta(days=20)
    hands = [Hand(house) for _ in range(3)]
    for nth, hand in enumerate(hands):
        await hand.book(at("09:00", far + timedelta(days=nth)))
    staff, near = await sam.staff(house), await booked(house, 5)

    async def lists(who: Staff, days: int, known: list[Hand] = []) -> int:  # noqa: B006
        """How many names three weeks from now on hold."""
        told = [(hand.record, 1) for hand in known]
        answer = await read_agenda(house.instance, who, [house.bento], far, days, kids=[], known=told)
        return sum(one.sealed is not None for one in answer.appointments)

    today = await read_agenda(house.instance, staff, [house.bento], DAY, 7, kids=[])
    assert len(today.appointments) == len(near)  # what a front desk works with is not counted
    assert await lists(staff, 2) == 2
    assert await lists(staff, 2, hands[:2]) == 0  # what the desk knows already is no name that leaves
    entered = await house.instance.pool.fetchval("SELECT count(*) FROM ledger")
    with pytest.raises(ProvePresence):
        await lists(staff, 3, hands[:2])
    with pytest.raises(ProvePresence):  # one by one is no other way
        await read_for_member(house.instance, staff, hands[2].record, ["id"], [])
    assert await house.instance.pool.fetchval("SELECT count(*) FROM ledger") == entered
    again = await proved(house, sam)
    assert await lists(again, 3) == 3
    with pytest.raises(ProvePresence):
        await lists(again, 3)
    # What was told then takes nothing from what is told without a gesture.
    later = dataclasses.replace(again, proved=False)
    assert await lists(later, 2) == 2
    with pytest.raises(ProvePresence):
        await lists(later, 1)
