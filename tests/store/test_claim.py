# SPDX-License-Identifier: AGPL-3.0-or-later
"""The code that the desk shows opens an appointment once: the patient's browser puts a link of its own in its place."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace

import pytest

from bento_house import Hand, House, at, sam_signs_in
from serment.domain.visit_type import Who
from serment.framing import Altered, Writer
from serment.seal.keys import Cap
from serment.seal.messages import act_token
from serment.seal.record import Reader, readers_of, seal_record
from serment.server.usecases.book import Written, book
from serment.server.usecases.errors import NoSuchAppointment, StaleRevision
from serment.server.usecases.hold_slot import hold_slot
from serment.server.usecases.membership import member_of
from serment.server.usecases.move import move
from serment.server.usecases.read_envelope import find_record

CALLER = b"bucket"


@pytest.fixture
async def shown(house: House) -> Hand:
    """Sam entered Alice at nine and shows her a code: `shown.cap`."""
    alice = Hand(house)
    staff = await member_of(house.instance, await sam_signs_in(house), house.practice)
    wants = alice.wants(at("09:00"))
    await hold_slot(house.instance, replace(wants, who=Who.STAFF, units=staff.units))
    written = alice.seal_as_sam(wants)
    written = replace(written, row_token_hash=hashlib.sha256(alice.cap.row_token).digest())
    await book(house.instance, written, alice.token, by_member=staff.sign_kid)
    return alice


def sealed_anew(hand: Hand, own: Cap, *, signer: Cap, rev: int = 2) -> Written:
    """The next revision at nine under Alice's own cap, signed by `signer`'s booking key."""
    house, c = hand.house, secrets.token_bytes(16)
    mine = Hand(house, hand.record, hand.token, own)
    context = hand.context(hand.wants(at("09:00")), 30, rev)
    sealed = seal_record(
        context,
        mine.payloads(c),
        [*readers_of(house.roster, house.unit.bytes), Reader(own.k_cap)],
        head=house.roster.head,
        booking_pk=own.booking.pk,
        patient_pk=own.patient.pk,
        writer=Writer.PATIENT,
        signer=signer.booking,
    )
    return replace(
        mine.written(sealed, c), act=act_token(c), row_token_hash=hashlib.sha256(own.row_token).digest()
    )


async def test_alices_browser_replaces_the_desks_code_and_the_code_opens_nothing_any_more(
    house: House, shown: Hand
) -> None:
    own = Cap.new()
    assert await find_record(house.instance, shown.cap.row_token, CALLER) == (house.practice, shown.record)
    claim = sealed_anew(shown, own, signer=shown.cap)
    done = await move(house.instance, house.practice, shown.record, claim, seen_rev=1, token=None)
    assert (done.rev, done.status) == (2, "booked")
    with pytest.raises(NoSuchAppointment):
        await find_record(house.instance, shown.cap.row_token, CALLER)
    # From now on her own key signs, so that whoever reads the row sees whose it is.
    again = sealed_anew(shown, own, signer=own, rev=3)
    assert (await move(house.instance, house.practice, shown.record, again, seen_rev=2, token=None)).rev == 3
    assert await find_record(house.instance, own.row_token, CALLER) == (house.practice, shown.record)


async def test_mallory_who_saw_no_code_puts_no_link_of_hers_in_its_place(house: House, shown: Hand) -> None:
    hers = Cap.new()
    with pytest.raises(Altered):
        await move(
            house.instance, house.practice, shown.record, sealed_anew(shown, hers, signer=hers), seen_rev=1,
            token=None,
        )  # fmt: skip


async def test_a_code_that_was_claimed_claims_nothing_twice(house: House, shown: Hand) -> None:
    alice, mallory = Cap.new(), Cap.new()
    await move(
        house.instance, house.practice, shown.record, sealed_anew(shown, alice, signer=shown.cap), seen_rev=1,
        token=None,
    )  # fmt: skip
    with pytest.raises(StaleRevision):
        await move(
            house.instance, house.practice, shown.record, sealed_anew(shown, mallory, signer=shown.cap),
            seen_rev=1, token=None,
        )  # fmt: skip
    with pytest.raises(Altered):
        await move(
            house.instance, house.practice, shown.record, sealed_anew(shown, mallory, signer=shown.cap, rev=3),
            seen_rev=2, token=None,
        )  # fmt: skip
