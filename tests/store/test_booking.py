# SPDX-License-Identifier: AGPL-3.0-or-later
"""Booking through the use cases, on a real database: holds, bookings, moves, acts, requests."""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest

from bento_house import DAY, Hand, House, at, open_house, sam_signs_in
from serment.database.pool import open_pool
from serment.domain.errors import HoldExpired, NoMoreExtensions, NotOffered, WorkAsked
from serment.domain.throttle import solve
from serment.domain.visit_type import Who
from serment.framing import Act, Altered, Unknown
from serment.server.usecases.act import act, mark
from serment.server.usecases.book import book
from serment.server.usecases.errors import (
    AlreadyUsed,
    AskPractice,
    NoSuchAgenda,
    NoSuchAppointment,
    RecordInUse,
    SlotTaken,
    StaleRevision,
    StaleRoster,
)
from serment.server.usecases.expire import expire_holds
from serment.server.usecases.extend_hold import extend_hold, release_hold
from serment.server.usecases.membership import member_of
from serment.server.usecases.move import move
from serment.server.usecases.read_envelope import read_by_link


@pytest.fixture
async def house(new_database: Callable[[], Awaitable[str]]) -> AsyncIterator[House]:
    pool = await open_pool(await new_database(), connections_max=12)
    yield await open_house(pool)
    pool.terminate()


@pytest.fixture
async def alice(house: House) -> Hand:
    return Hand(house)


@pytest.fixture
async def tom(house: House) -> Hand:
    return Hand(house)


async def staff(house: House):  # type: ignore[no-untyped-def]
    return await member_of(house.instance, await sam_signs_in(house), house.practice)


# ---------------------------------------------------------------- holding


async def test_two_hands_one_slot_one_booking(house: House, alice: Hand, tom: Hand) -> None:
    assert (await alice.book(at("09:00"))).status == "booked"
    with pytest.raises(SlotTaken) as refused:
        await tom.hold(at("09:00"))
    assert at("09:30") in refused.value.told["alternatives"]
    assert at("09:00") not in refused.value.told["alternatives"]


async def test_two_hands_two_slots_two_bookings(house: House, alice: Hand, tom: Hand) -> None:
    assert (await alice.book(at("09:00"))).status == "booked"
    assert (await tom.book(at("09:30"))).status == "booked"


async def test_a_hold_keeps_others_away_until_it_expires(house: House, alice: Hand, tom: Hand) -> None:
    await alice.hold(at("09:00"))
    with pytest.raises(SlotTaken):
        await tom.hold(at("09:15"))
    house.clock.pass_(minutes=10)
    assert (await tom.hold(at("09:15"))).start == at("09:15")
    request = alice.wants(at("09:00"))
    with pytest.raises(HoldExpired) as late:
        await book(house.instance, alice.seal(request), alice.token)
    assert at("09:45") in late.value.alternatives


async def test_a_hold_asked_for_twice_is_one(house: House, alice: Hand) -> None:
    assert await alice.hold(at("09:00")) == await alice.hold(at("09:00"))


async def test_a_hold_moves_with_the_hand_that_has_it(house: House, alice: Hand, tom: Hand) -> None:
    await alice.hold(at("09:00"))
    await alice.hold(at("09:15"))
    assert (await tom.hold(at("08:45"))).start == at("08:45")


async def test_a_hold_that_cannot_move_stays(house: House, alice: Hand, tom: Hand) -> None:
    await tom.hold(at("11:00"))
    await alice.hold(at("09:00"))
    with pytest.raises(SlotTaken):
        await alice.hold(at("11:00"))
    with pytest.raises(SlotTaken):
        await Hand(house).hold(at("09:00"))


async def test_another_hand_cannot_take_a_record_over(house: House, alice: Hand) -> None:
    await alice.hold(at("09:00"))
    mallory = Hand(house, record=alice.record)
    for start in ("09:00", "10:00"):
        with pytest.raises(RecordInUse):
            await mallory.hold(at(start))


async def test_a_booked_record_is_held_only_with_its_row_token(house: House, alice: Hand) -> None:
    await alice.book(at("09:00"))
    mallory = Hand(house, record=alice.record)
    with pytest.raises(RecordInUse):
        await mallory.hold(at("10:00"))
    with pytest.raises(NoSuchAppointment):
        await mallory.hold(at("10:00"), row_token=mallory.cap.row_token)
    assert (await alice.hold(at("10:00"), row_token=alice.cap.row_token)).start == at("10:00")


async def test_whoever_has_the_link_keeps_no_member_from_moving_the_appointment(
    house: House, alice: Hand
) -> None:
    sam = await staff(house)
    await alice.book(at("09:00"))
    alice.token = b"1" * 32
    await alice.hold(at("10:00"), row_token=alice.cap.row_token)
    desk = Hand(house, record=alice.record)
    for start in ("10:00", "11:00"):
        held = await desk.hold(at(start), who=Who.STAFF, units=sam.units)
        assert held.start == at(start)
        with pytest.raises(RecordInUse):
            await alice.hold(at("12:00"), row_token=alice.cap.row_token)
    # Nor does another member's hold, whose desk lost the answer; what is a stranger's unfinished booking stays theirs.
    await Hand(house, record=alice.record).hold(at("10:00"), who=Who.STAFF, units=sam.units)
    stranger = Hand(house)
    await stranger.hold(at("15:00"))
    with pytest.raises(RecordInUse):
        await Hand(house, record=stranger.record).hold(at("16:00"), who=Who.STAFF, units=sam.units)


async def test_a_hold_is_extended_twice_and_no_more(house: House, alice: Hand) -> None:
    end = (await alice.hold(at("09:00"))).expires_at
    for left, passed in ((1, 1), (0, 17)):
        house.clock.pass_(minutes=passed)
        held = await extend_hold(house.instance, house.practice, alice.record, alice.token)
        # However early the key: ten minutes more.
        end += timedelta(minutes=10)
        assert (held.extensions_left, held.expires_at) == (left, end)
    with pytest.raises(NoMoreExtensions):
        await extend_hold(house.instance, house.practice, alice.record, alice.token)
    with pytest.raises(HoldExpired):
        await extend_hold(house.instance, house.practice, alice.record, b"m" * 32)


async def test_a_released_hold_frees_its_time(house: House, alice: Hand, tom: Hand) -> None:
    await alice.hold(at("09:00"))
    await release_hold(house.instance, house.practice, alice.record, b"m" * 32)
    with pytest.raises(SlotTaken):
        await tom.hold(at("09:00"))
    await release_hold(house.instance, house.practice, alice.record, alice.token)
    assert (await tom.hold(at("09:00"))).start == at("09:00")


async def test_expired_holds_are_swept_and_bookings_are_not(house: House, alice: Hand, tom: Hand) -> None:
    await alice.book(at("09:00"))
    await tom.hold(at("10:00"))
    assert await expire_holds(house.instance) == 0
    house.clock.pass_(minutes=11)
    assert await expire_holds(house.instance) == 1
    assert await house.instance.pool.fetchval("SELECT count(*) FROM spans") == 1


async def test_after_five_holds_an_address_works_for_the_next(house: House) -> None:
    bucket = house.instance.throttle.bucket("192.0.2.7", house.clock.now)
    for nth in range(5):
        await Hand(house).hold(at(f"{9 + nth}:00"), bucket=bucket)
    mallory = Hand(house)
    with pytest.raises(WorkAsked) as asked:
        await mallory.hold(at("15:00"), bucket=bucket)
    nonce = solve(asked.value.challenge, asked.value.bits)
    assert (await mallory.hold(at("15:00"), bucket=bucket, work=nonce)).start == at("15:00")
    with pytest.raises(WorkAsked):
        await Hand(house).hold(at("16:00"), bucket=bucket, work=nonce)
    elsewhere = house.instance.throttle.bucket("192.0.2.8", house.clock.now)
    assert (await Hand(house).hold(at("16:00"), bucket=elsewhere)).start == at("16:00")


# ---------------------------------------------------------------- tampering (trap 8)


@pytest.mark.parametrize("start", ["09:07", "07:30", "17:45"])
async def test_a_start_that_is_not_offered_is_refused(house: House, alice: Hand, start: str) -> None:
    with pytest.raises(NotOffered):
        await alice.hold(at(start))


async def test_a_staff_only_type_is_refused_to_patients_and_given_to_sam(house: House, alice: Hand) -> None:
    with pytest.raises(NotOffered):
        await alice.hold(at("09:00"), kind="staff")
    sam = await staff(house)
    held = await alice.hold(at("09:00"), kind="staff", who=Who.STAFF, units=sam.units)
    assert held.minutes == 30


async def test_another_practices_agenda_is_refused(house: House, alice: Hand) -> None:
    other = await open_house(house.instance.pool, slug="other")
    with pytest.raises(NoSuchAgenda):
        await alice.hold(at("09:00"), agenda=other.bento)
    foreign = dataclasses.replace(alice.wants(at("09:00")), agenda=other.bento, visit_type=other.type())
    from serment.server.usecases.hold_slot import hold_slot

    with pytest.raises(NoSuchAgenda):
        await hold_slot(house.instance, foreign)


async def test_a_patients_chosen_duration_is_ignored(house: House, alice: Hand) -> None:
    assert (await alice.hold(at("09:00"), minutes=5)).minutes == 30


@pytest.mark.parametrize("change", ["start", "minutes", "visit_type"])
async def test_what_is_sealed_is_what_is_held(house: House, alice: Hand, change: str) -> None:
    await alice.hold(at("09:00"))
    request, minutes = alice.wants(at("09:00")), 30
    if change == "start":
        request = alice.wants(at("10:00"))
    elif change == "minutes":
        minutes = 15
    else:
        request = alice.wants(at("09:00"), kind="ask")
    with pytest.raises(HoldExpired):
        await book(house.instance, alice.seal(request, minutes), alice.token)
    assert await house.instance.pool.fetchval("SELECT count(*) FROM appointments") == 0


async def test_a_byte_changed_in_a_body_is_refused(house: House, alice: Hand) -> None:
    await alice.hold(at("09:00"))
    written = alice.seal(alice.wants(at("09:00")))
    body = bytes([written.revision.bodies[0][0] ^ 1]) + written.revision.bodies[0][1:]
    revision = dataclasses.replace(written.revision, bodies=(body, *written.revision.bodies[1:]))
    with pytest.raises(Altered):
        await book(house.instance, dataclasses.replace(written, revision=revision), alice.token)
    assert (await book(house.instance, written, alice.token)).status == "booked"


async def test_a_booking_the_unit_cannot_read_is_refused(house: House, alice: Hand) -> None:
    await alice.hold(at("09:00"))
    written = alice.seal(alice.wants(at("09:00")))
    with pytest.raises((Altered, Unknown, Exception)) as refused:
        await book(house.instance, dataclasses.replace(written, stanzas=written.stanzas[1:]), alice.token)
    assert getattr(refused.value, "code", "") == "unaddressed"


async def test_a_booking_sealed_to_a_former_list_of_readers_is_refused(house: House, alice: Hand) -> None:
    await alice.hold(at("09:00"))
    written = alice.seal(alice.wants(at("09:00")))
    await house.remove_sam(house.instance.pool)
    with pytest.raises(StaleRoster) as stale:
        await book(house.instance, written, alice.token)
    assert stale.value.told["seq"] == house.roster.seq
    assert (await book(house.instance, alice.seal(alice.wants(at("09:00"))), alice.token)).status == "booked"


# ---------------------------------------------------------------- repeating


async def test_a_booking_sent_twice_is_one(house: House, alice: Hand) -> None:
    await alice.hold(at("09:00"))
    written = alice.seal(alice.wants(at("09:00")))
    first = await book(house.instance, written, alice.token)
    assert await book(house.instance, written, alice.token) == first
    with pytest.raises(AlreadyUsed):
        await book(house.instance, alice.seal(alice.wants(at("09:00"))), alice.token)
    assert await house.instance.pool.fetchval("SELECT count(*) FROM appointments") == 1


async def test_a_booking_sent_ten_times_at_once_is_one(house: House, alice: Hand) -> None:
    await alice.hold(at("09:00"))
    written = alice.seal(alice.wants(at("09:00")))
    answers = await asyncio.gather(*(book(house.instance, written, alice.token) for _ in range(10)))
    assert len(set(answers)) == 1
    assert await house.instance.pool.fetchval("SELECT count(*) FROM spans") == 1


# ---------------------------------------------------------------- requests (trap 7)


async def test_two_requests_for_one_slot_the_second_accepted_is_refused(
    house: House, alice: Hand, tom: Hand
) -> None:
    sam = await staff(house)
    for hand in (alice, tom):
        assert (await hand.book(at("09:00"), kind="ask")).status == "requested"
    assert (await mark(house.instance, sam, alice.record, "accept", 1)).status == "booked"
    with pytest.raises(SlotTaken):
        await mark(house.instance, sam, tom.record, "accept", 1)
    row = await read_by_link(house.instance, tom.cap.row_token)
    assert row.status == "requested"
    assert (await mark(house.instance, sam, alice.record, "accept", 1)).status == "booked"
    assert (await mark(house.instance, sam, tom.record, "refuse", 1)).status == "refused"


async def test_both_requests_accepted_at_once_one_is_booked(house: House, alice: Hand, tom: Hand) -> None:
    sam = await staff(house)
    for hand in (alice, tom):
        await hand.book(at("09:00"), kind="ask")
    answers = await asyncio.gather(
        *(mark(house.instance, sam, hand.record, "accept", 1) for hand in (alice, tom)),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Acted", "SlotTaken"]


async def test_a_request_the_patient_changed_meanwhile_is_not_accepted_unseen(
    house: House, alice: Hand
) -> None:
    sam = await staff(house)
    await alice.book(at("09:00"), kind="ask")
    await alice.hold(at("11:00"), kind="ask", row_token=alice.cap.row_token)
    written = alice.seal(alice.wants(at("11:00"), kind="ask"), rev=2)
    moved = await move(house.instance, house.practice, alice.record, written, seen_rev=1, token=alice.token)
    assert moved.status == "requested"
    for answer in ("accept", "refuse"):
        with pytest.raises(StaleRevision):
            await mark(house.instance, sam, alice.record, answer, 1)
    assert (await mark(house.instance, sam, alice.record, "accept", 2)).status == "booked"


async def test_a_request_that_staff_move_stays_one_there_and_back_and_takes_no_time_until_it_is_accepted(
    house: House, alice: Hand
) -> None:
    sam = await staff(house)
    await alice.book(at("09:00"), kind="ask")
    for rev, hour in ((2, "11:00"), (3, "09:00")):
        alice.token = secrets.token_bytes(32)
        await alice.hold(at(hour), kind="ask", who=Who.STAFF, units=sam.units)
        written = alice.seal_as_sam(alice.wants(at(hour), kind="ask"), rev=rev)
        moved = await move(
            house.instance,
            house.practice,
            alice.record,
            written,
            seen_rev=rev - 1,
            token=alice.token,
            staff=sam,
        )
        assert moved.status == "requested"
        assert await house.instance.pool.fetchval("SELECT count(*) FROM spans") == 0
    assert (await mark(house.instance, sam, alice.record, "accept", 3)).status == "booked"


async def test_the_time_of_an_accepted_request_is_not_given_up_for_another_request(
    house: House, alice: Hand, tom: Hand
) -> None:
    sam = await staff(house)
    await alice.book(at("09:00"), kind="ask")
    await alice.hold(at("11:00"), kind="ask", row_token=alice.cap.row_token)
    await mark(house.instance, sam, alice.record, "accept", 1)
    written = alice.seal(alice.wants(at("11:00"), kind="ask"), rev=2)
    with pytest.raises(AskPractice):  # held before it was accepted
        await move(house.instance, house.practice, alice.record, written, seen_rev=1, token=alice.token)
    with pytest.raises(AskPractice):
        await alice.hold(at("12:00"), kind="ask", row_token=alice.cap.row_token)
    with pytest.raises(SlotTaken):
        await tom.hold(at("09:00"))


# ---------------------------------------------------------------- moving (trap 9)


async def test_a_move_keeps_the_old_time_until_the_new_one_stands(
    house: House, alice: Hand, tom: Hand
) -> None:
    await alice.book(at("09:00"))
    await alice.hold(at("11:00"), row_token=alice.cap.row_token)
    for start in ("09:00", "11:00"):
        with pytest.raises(SlotTaken):
            await tom.hold(at(start))
    written = alice.seal(alice.wants(at("11:00")), rev=2)
    moved = await move(house.instance, house.practice, alice.record, written, seen_rev=1, token=alice.token)
    assert (moved.rev, moved.status) == (2, "booked")
    assert moved == await move(
        house.instance, house.practice, alice.record, written, seen_rev=1, token=alice.token
    )
    assert (await tom.hold(at("09:00"))).start == at("09:00")
    opened = await read_by_link(house.instance, alice.cap.row_token)
    assert (opened.appointment.slot.start, opened.appointment.rev) == (at("11:00"), 2)


async def test_a_move_whose_hold_ran_out_leaves_the_old_time(house: House, alice: Hand, tom: Hand) -> None:
    await alice.book(at("09:00"))
    await alice.hold(at("11:00"), row_token=alice.cap.row_token)
    house.clock.pass_(minutes=11)
    written = alice.seal(alice.wants(at("11:00")), rev=2)
    with pytest.raises(HoldExpired):
        await move(house.instance, house.practice, alice.record, written, seen_rev=1, token=alice.token)
    with pytest.raises(SlotTaken):
        await tom.hold(at("09:00"))
    assert (await read_by_link(house.instance, alice.cap.row_token)).appointment.rev == 1


async def test_a_move_to_a_longer_type_beside_a_neighbour_is_refused(
    house: House, alice: Hand, tom: Hand
) -> None:
    await alice.book(at("09:00"))
    await tom.book(at("09:30"))
    with pytest.raises(SlotTaken):
        await alice.hold(at("09:00"), kind="long", row_token=alice.cap.row_token)
    assert (await read_by_link(house.instance, alice.cap.row_token)).appointment.slot.minutes == 30


async def test_a_move_within_ones_own_time_does_not_block_itself(house: House, alice: Hand) -> None:
    await alice.book(at("09:00"))
    await alice.hold(at("09:15"), row_token=alice.cap.row_token)
    written = alice.seal(alice.wants(at("09:15")), rev=2)
    await move(house.instance, house.practice, alice.record, written, seen_rev=1, token=alice.token)
    assert await house.instance.pool.fetchval("SELECT array_agg(start) FROM spans") == [at("09:15")]


async def test_a_duration_staff_chose_survives_a_move(house: House, alice: Hand) -> None:
    sam = await staff(house)
    by_sam = {"who": Who.STAFF, "units": sam.units}
    held = await alice.hold(at("09:00"), minutes=45, **by_sam)
    written = alice.seal_as_sam(alice.wants(at("09:00")), held.minutes, own=False)
    await book(house.instance, written, alice.token, by_member=sam.sign_kid)
    assert (await alice.hold(at("11:00"), **by_sam)).minutes == 45


async def test_sam_moves_and_alices_link_still_opens(house: House, alice: Hand) -> None:
    from serment.framing import RecordContext, Slot, Stanza
    from serment.framing.context import Group
    from serment.seal.record import open_record

    sam = await staff(house)
    await alice.book(at("09:00"))
    await alice.hold(at("14:00"), who=Who.STAFF, units=sam.units)
    written = alice.seal_as_sam(alice.wants(at("14:00")), rev=2)
    await move(
        house.instance, house.practice, alice.record, written, seen_rev=1, token=alice.token, staff=sam
    )
    told = (await read_by_link(house.instance, alice.cap.row_token)).appointment
    context = RecordContext(
        house.instance.name, told.practice.bytes, told.unit.bytes, told.record.bytes, told.rev,
        Slot.parse(told.sealed_slot),
    )  # fmt: skip
    stanzas = [Stanza.parse(stanza.sealed) for stanza in told.stanzas]
    bodies = {Group.IDENTITY: told.bodies.id, Group.CONTACT: told.bodies.ct}
    opened = open_record(context, stanzas, alice.cap.patient, bodies, told.patient_pk)  # type: ignore[arg-type]
    assert opened.identity is not None and opened.identity.given_name == "Alice"


async def test_a_move_from_a_stale_revision_is_refused(house: House, alice: Hand) -> None:
    sam = await staff(house)
    await alice.book(at("09:00"))
    await alice.hold(at("11:00"), row_token=alice.cap.row_token)
    written = alice.seal(alice.wants(at("11:00")), rev=2)
    correction = alice.seal_as_sam(alice.wants(at("09:00")), rev=2)
    await move(house.instance, house.practice, alice.record, correction, seen_rev=1, token=None, staff=sam)
    with pytest.raises(StaleRevision):
        await move(house.instance, house.practice, alice.record, written, seen_rev=1, token=alice.token)


async def books_and_confirms(house: House, alice: Hand) -> None:
    await alice.book(at("09:00"))
    sig = alice.signs(alice.wants(at("09:00")), Act.CONFIRM)
    await act(house.instance, house.practice, alice.record, rev=1, n=1, kind="confirm", sig=sig)


async def test_alices_word_that_she_comes_outlives_a_correction_and_no_move(
    house: House, alice: Hand
) -> None:
    sam, instance, practice = await staff(house), house.instance, house.practice
    await books_and_confirms(house, alice)

    async def confirmed() -> object:
        return await instance.pool.fetchval(
            "SELECT confirmed FROM appointments WHERE record = $1", alice.record
        )

    correction = alice.seal_as_sam(alice.wants(at("09:00")), rev=2)
    await move(instance, practice, alice.record, correction, seen_rev=1, token=None, staff=sam)
    assert await confirmed() is True
    await alice.hold(at("11:00"), row_token=alice.cap.row_token)
    written = alice.seal(alice.wants(at("11:00")), rev=3)
    await move(instance, practice, alice.record, written, seen_rev=2, token=alice.token)
    assert await confirmed() is False


async def test_alices_word_that_she_comes_is_not_the_word_of_whoever_has_the_next_link(
    house: House, alice: Hand
) -> None:
    sam, instance, practice = await staff(house), house.instance, house.practice
    await books_and_confirms(house, alice)
    tom = Hand(house, record=alice.record)
    await move(
        instance, practice, alice.record, tom.seal_as_sam(tom.wants(at("09:00")), rev=2), seen_rev=1,
        token=None, staff=sam,
    )  # fmt: skip
    kept = await instance.pool.fetchrow(
        "SELECT rev, confirmed FROM appointments WHERE record = $1", alice.record
    )
    assert tuple(kept) == (2, False)


async def test_mallory_cannot_move_with_a_key_of_her_own(house: House, alice: Hand) -> None:
    await alice.book(at("09:00"))
    await alice.hold(at("11:00"), row_token=alice.cap.row_token)
    mallory = Hand(house, record=alice.record, token=alice.token)
    written = mallory.seal(alice.wants(at("11:00")), rev=2)
    with pytest.raises(Altered):
        await move(house.instance, house.practice, alice.record, written, seen_rev=1, token=alice.token)


# ---------------------------------------------------------------- acts


async def test_alice_cancels_and_the_time_is_free(house: House, alice: Hand, tom: Hand) -> None:
    await alice.book(at("09:00"))
    sig = alice.signs(alice.wants(at("09:00")), Act.CANCEL)
    args = {"rev": 1, "n": 1, "kind": "cancel", "sig": sig}
    done = await act(house.instance, house.practice, alice.record, **args)  # type: ignore[arg-type]
    assert (done.status, done.acts, done.late) == ("cancelled", 1, True)
    again = await act(house.instance, house.practice, alice.record, **args)  # type: ignore[arg-type]
    assert again.status == "cancelled"
    assert (await tom.book(at("09:00"))).status == "booked"


async def test_mallory_cannot_cancel_for_alice(house: House, alice: Hand) -> None:
    await alice.book(at("09:00"))
    mallory = Hand(house, record=alice.record)
    sig = mallory.signs(alice.wants(at("09:00")), Act.CANCEL)
    with pytest.raises(Altered):
        await act(house.instance, house.practice, alice.record, rev=1, n=1, kind="cancel", sig=sig)


async def test_an_undo_takes_the_time_back_unless_it_went(house: House, alice: Hand, tom: Hand) -> None:
    from serment.seal.record import sign_act

    sam = await staff(house)
    await alice.book(at("09:00"))
    context = alice.context(alice.wants(at("09:00")), 30)

    async def signed(n: int, kind: Act):  # type: ignore[no-untyped-def]
        sig = sign_act(context, n, kind, house.sam.sign)
        return await act(
            house.instance,
            house.practice,
            alice.record,
            rev=1,
            n=n,
            kind=kind.name.lower(),
            sig=sig,
            staff=sam,
        )

    await signed(1, Act.CANCEL)
    assert (await signed(2, Act.UNDO)).status == "booked"
    with pytest.raises(SlotTaken):
        await tom.hold(at("09:00"))
    await signed(3, Act.CANCEL)
    await tom.book(at("09:00"))
    with pytest.raises(SlotTaken):
        await signed(4, Act.UNDO)
    assert (await read_by_link(house.instance, alice.cap.row_token)).status == "cancelled"


async def test_sam_notes_who_has_come(house: House, alice: Hand) -> None:
    sam = await staff(house)
    await alice.book(at("09:00"))
    house.clock.now = at("08:55")
    for kind, status in (("arrive", "arrived"), ("wait", "waiting"), ("seen", "seen"), ("expect", "booked")):
        assert (await mark(house.instance, sam, alice.record, kind, 1)).status == status


async def test_sams_undo_of_an_arrival_does_not_take_back_what_a_colleague_noted_since(
    house: House, alice: Hand
) -> None:
    """No note raises the revision: the status that was seen tells one from another."""
    sam = await staff(house)
    await alice.book(at("09:00"))
    house.clock.now = at("08:55")
    for _ in range(2):
        assert (await mark(house.instance, sam, alice.record, "arrive", 1, was="booked")).status == "arrived"
    assert (await mark(house.instance, sam, alice.record, "seen", 1, was="arrived")).status == "seen"
    with pytest.raises(StaleRevision):
        await mark(house.instance, sam, alice.record, "expect", 1, was="arrived")
    assert (await mark(house.instance, sam, alice.record, "expect", 1, was="seen")).status == "booked"


# ---------------------------------------------------------------- resources, hints


async def test_two_lasers_two_visits_the_third_is_told(house: House, alice: Hand, tom: Hand) -> None:
    assert (await alice.book(at("09:00"), kind="laser")).status == "booked"
    assert (await tom.book(at("09:00"), kind="laser", agenda=house.ferrand)).status == "booked"
    pool = house.instance.pool
    assert await pool.fetchval("SELECT count(DISTINCT resource) FROM resource_spans") == 2
    await pool.execute(
        "INSERT INTO visit_type_agendas VALUES ($1, $2, $3)",
        house.practice, house.type("laser"), house.id("agenda", "lab"),
    )  # fmt: skip
    with pytest.raises(SlotTaken):
        await Hand(house).hold(at("09:00"), kind="laser", agenda=house.id("agenda", "lab"))


async def test_a_changed_rule_counts_at_once(house: House, alice: Hand) -> None:
    await alice.hold(at("09:00"))
    await house.instance.pool.execute(
        "INSERT INTO absences VALUES ($1, gen_random_uuid(), $2, $3, $4)",
        house.practice, house.bento, at("12:00").replace(tzinfo=None), at("19:00").replace(tzinfo=None),
    )  # fmt: skip
    with pytest.raises(NotOffered):
        await Hand(house).hold(at("15:00"))


async def test_the_hint_follows_bookings_and_cancellations(house: House, alice: Hand) -> None:
    from serment.server.usecases.refresh_next_free import refresh_due

    house.clock.now = at("07:00")

    async def hint():  # type: ignore[no-untyped-def]
        await refresh_due(house.instance)
        return await house.instance.pool.fetchval(
            "SELECT next_at FROM next_free WHERE agenda = $1 AND visit_type = $2", house.bento, house.type()
        )

    assert await hint() == at("08:00")
    await alice.book(at("08:00"))
    assert await hint() == at("08:30")
    sig = alice.signs(alice.wants(at("08:00")), Act.CANCEL)
    await act(house.instance, house.practice, alice.record, rev=1, n=1, kind="cancel", sig=sig)
    assert await hint() == at("08:00")
    house.clock.now = at("10:05")
    assert await hint() == at("10:15")
    assert await refresh_due(house.instance) == 0
    assert DAY.isoformat() in str(await hint())
