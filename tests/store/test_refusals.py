# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is there already, or does not belong, is refused by its own name: not as a time that ran out."""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

import pytest

from bento_house import DAY, Hand, House, at, sam_signs_in
from serment.framing import Altered, CapsuleRow, MessageRow, Stanza, StanzaType, Unknown
from serment.framing.messages import CAPSULE_BYTES, MESSAGE_BYTES
from serment.server.usecases.book import Booked, Written, book
from serment.server.usecases.errors import AlreadyUsed, HandleTaken
from serment.server.usecases.membership import member_of
from serment.server.usecases.move import move

THE_DAY_AFTER = (DAY + timedelta(days=1)).isoformat()


@pytest.fixture
async def alice(house: House) -> Hand:
    return Hand(house)


def capsule(key_day: str = THE_DAY_AFTER) -> CapsuleRow:
    return CapsuleRow(
        secrets.token_bytes(16), key_day, secrets.token_bytes(CAPSULE_BYTES), b"d" * 32, b"w" * 32, 1
    )


def message(of: CapsuleRow, mid: bytes | None = None) -> MessageRow:
    return MessageRow(
        of.h, mid or secrets.token_bytes(16), DAY.isoformat(), 1, secrets.token_bytes(MESSAGE_BYTES)
    )


async def held(hand: Hand, start: str) -> Written:
    """A booking sealed to a time that is held: only what a test changes in it can be wrong."""
    await hand.hold(at(start))
    return hand.seal(hand.wants(at(start)))


async def sent(hand: Hand, written: Written, **changed: object) -> Booked:
    return await book(hand.house.instance, dataclasses.replace(written, **changed), hand.token)  # type: ignore[arg-type]


# ---------------------------------------------------------------- there already


async def test_a_message_id_sent_twice_is_named(alice: Hand) -> None:
    written, of, mid = await held(alice, "09:00"), capsule(), secrets.token_bytes(16)
    with pytest.raises(Unknown):
        await sent(alice, written, capsule=of, messages=[message(of, mid), message(of, mid)])
    assert (await sent(alice, written, capsule=of, messages=[message(of), message(of)])).status == "booked"


async def test_a_row_token_that_opens_another_appointment_is_named(house: House, alice: Hand) -> None:
    await alice.book(at("09:00"))
    tom = Hand(house)
    written = await held(tom, "10:00")
    with pytest.raises(AlreadyUsed):
        await sent(tom, written, row_token_hash=hashlib.sha256(alice.cap.row_token).digest())
    assert (await sent(tom, written)).status == "booked"


async def test_a_message_handle_in_use_is_named(house: House, alice: Hand) -> None:
    of = capsule()
    await sent(alice, await held(alice, "09:00"), capsule=of)
    tom = Hand(house)
    written = await held(tom, "10:00")
    with pytest.raises(HandleTaken):
        await sent(tom, written, capsule=dataclasses.replace(capsule(), h=of.h))
    assert (await sent(tom, written, capsule=capsule())).status == "booked"


async def test_a_first_revision_of_a_record_that_is_booked_is_named(alice: Hand) -> None:
    await alice.book(at("09:00"))
    await alice.hold(at("10:00"), row_token=alice.cap.row_token)
    with pytest.raises(AlreadyUsed):
        await sent(alice, alice.seal(alice.wants(at("10:00"))))


async def test_a_move_whose_message_id_stands_twice_is_named(house: House, alice: Hand) -> None:
    await alice.book(at("09:00"))
    await alice.hold(at("10:00"), row_token=alice.cap.row_token)
    written, of, mid = alice.seal(alice.wants(at("10:00")), rev=2), capsule(), secrets.token_bytes(16)

    async def moved(messages: Sequence[MessageRow]) -> Booked:
        bent = dataclasses.replace(written, capsule=of, messages=messages)
        return await move(house.instance, house.practice, alice.record, bent, seen_rev=1, token=alice.token)

    with pytest.raises(Unknown):
        await moved([message(of, mid), message(of, mid)])
    assert (await moved([message(of, mid)])).rev == 2


# ---------------------------------------------------------------- what a patient leaves


@pytest.mark.parametrize("key_day", ["9999-12-31", "0001-01-01", DAY.isoformat()])
async def test_a_capsule_lives_until_the_day_after_the_appointment(alice: Hand, key_day: str) -> None:
    written = await held(alice, "09:00")
    with pytest.raises(Unknown):
        await sent(alice, written, capsule=capsule(key_day))
    assert (await sent(alice, written, capsule=capsule())).status == "booked"


async def test_the_day_after_is_the_sites(alice: Hand) -> None:
    """In the Pacific, nine in the morning in Paris is still the day before."""
    await alice.house.instance.pool.execute(
        "UPDATE sites SET timezone = 'Pacific/Honolulu' WHERE practice = $1", alice.house.practice
    )
    await alice.house.instance.pool.execute(
        "UPDATE openings SET start_minute = 0, end_minute = 1440 WHERE practice = $1", alice.house.practice
    )
    written = await held(alice, "09:00")
    with pytest.raises(Unknown):
        await sent(alice, written, capsule=capsule())
    assert (await sent(alice, written, capsule=capsule(DAY.isoformat()))).status == "booked"


async def test_a_patients_booking_without_a_row_token_is_refused(alice: Hand) -> None:
    written = await held(alice, "09:00")
    with pytest.raises(Unknown):
        await sent(alice, written, row_token_hash=None)
    assert (await sent(alice, written)).status == "booked"


async def test_a_patients_booking_without_a_key_to_answer_to_is_refused(alice: Hand) -> None:
    written = await held(alice, "09:00")
    revision = dataclasses.replace(written.revision, patient_pk=None)
    with pytest.raises(Altered, match="patient key"):
        await sent(alice, written, revision=revision)
    assert (await sent(alice, written)).status == "booked"


async def test_a_patients_stanza_under_the_units_record_key_is_refused(house: House, alice: Hand) -> None:
    written = await held(alice, "09:00")
    kid_rec = house.roster.epoch(house.unit.bytes).kid_rec
    stanzas = [Stanza.parse(data) for data in written.stanzas]
    forged = [
        dataclasses.replace(each, kid=kid_rec) if each.type is StanzaType.SYMMETRIC else each
        for each in stanzas
    ]
    with pytest.raises(Altered):
        await sent(alice, written, stanzas=[each.to_bytes() for each in forged])
    assert (await sent(alice, written)).status == "booked"


# ---------------------------------------------------------------- what a member seals


async def test_a_reader_whom_nobody_granted_is_refused_from_sam_too(house: House, alice: Hand) -> None:
    sam = await member_of(house.instance, await sam_signs_in(house), house.practice)
    await alice.hold(at("09:00"))
    written = alice.seal_as_sam(alice.wants(at("09:00")))
    mallory = Stanza(StanzaType.PUBLIC, b"m" * 16, 7, bytes(1232)).to_bytes()
    with pytest.raises(Altered):
        await book(
            house.instance,
            dataclasses.replace(written, stanzas=[*written.stanzas, mallory]),
            alice.token,
            by_member=sam.sign_kid,
        )
    assert (await book(house.instance, written, alice.token, by_member=sam.sign_kid)).status == "booked"
