# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stanzas are added for the head that was read, and only the unit's own fall."""

from __future__ import annotations

import pytest

from bento_house import Hand, House, at, sam_signs_in
from serment.framing import Altered, Stanza, kid
from serment.seal.record import compact
from serment.server.usecases.book import book
from serment.server.usecases.change_stanzas import NewStanza, add_stanzas, drop_stanzas
from serment.server.usecases.errors import NoRecordStanza, StaleRevision
from serment.server.usecases.membership import Staff, member_of
from serment.server.usecases.move import move


@pytest.fixture
async def sam(house: House) -> Staff:
    return await member_of(house.instance, await sam_signs_in(house), house.practice)


async def kids(house: House, hand: Hand) -> set[bytes]:
    rows = await house.instance.pool.fetch("SELECT kid FROM stanzas WHERE record = $1", hand.record)
    return {row["kid"] for row in rows}


async def booked(house: House, hand: Hand) -> bytes:
    """Alice's own booking, and the unit's stanza under its record key that a browser would add."""
    held = await hand.hold(at("09:00"))
    written = hand.seal(hand.wants(at("09:00")), held.minutes)
    await book(house.instance, written, hand.token)
    keys = house.epochs[house.unit]
    stanzas = [Stanza.parse(data) for data in written.stanzas]
    return compact(written.revision.context, stanzas, keys.kem, keys.k_rec).to_bytes()


async def test_a_stanza_is_added_for_the_head_that_was_read(house: House, sam: Staff) -> None:
    alice = Hand(house)
    data = await booked(house, alice)
    with pytest.raises(StaleRevision):
        await add_stanzas(house.instance, sam, [NewStanza(alice.record, 1, b"h" * 32, data)])
    stored = await add_stanzas(house.instance, sam, [NewStanza(alice.record, 1, house.roster.head, data)])
    assert [each.bytes for each in stored] == [data]


async def test_the_units_first_stanza_falls_and_no_other_readers(house: House, sam: Staff) -> None:
    """Sam's correction seals to Alice's key; her stanza has the size that the unit's first one had."""
    alice = Hand(house)
    await booked(house, alice)
    written = alice.seal_as_sam(alice.wants(at("09:00")), rev=2)
    await move(house.instance, house.practice, alice.record, written, seen_rev=1, token=None, staff=sam)
    hers = kid(alice.cap.patient.pk)
    assert hers in await kids(house, alice)
    with pytest.raises(Altered):
        await drop_stanzas(house.instance, sam, [(alice.record, 2, hers)])
    assert hers in await kids(house, alice)


async def test_the_units_first_stanza_falls_beside_the_one_that_replaces_it(house: House, sam: Staff) -> None:
    alice, keys = Hand(house), house.epochs[house.unit]
    data = await booked(house, alice)
    with pytest.raises(NoRecordStanza):
        await drop_stanzas(house.instance, sam, [(alice.record, 1, keys.kem.kid)])
    await add_stanzas(house.instance, sam, [NewStanza(alice.record, 1, house.roster.head, data)])
    await drop_stanzas(house.instance, sam, [(alice.record, 1, keys.kem.kid)])
    assert keys.kem.kid not in await kids(house, alice)
