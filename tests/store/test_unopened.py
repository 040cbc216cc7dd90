# SPDX-License-Identifier: AGPL-3.0-or-later
"""What no desk has opened yet is told to the unit's own members, soonest first, until one of them has compacted it."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from uuid import UUID

import pytest

from bento_house import DAY, Hand, House, at, sam_signs_in
from serment.framing import Act, Stanza
from serment.seal.record import compact
from serment.server.usecases.act import act
from serment.server.usecases.book import book
from serment.server.usecases.change_stanzas import NewStanza, add_stanzas, drop_stanzas
from serment.server.usecases.membership import Staff, member_of
from serment.server.usecases.read_envelope import ListPlace, read_unopened


@pytest.fixture
async def sam(house: House) -> Staff:
    return await member_of(house.instance, await sam_signs_in(house), house.practice)


async def told(
    house: House, sam: Staff, after: ListPlace | None = None, most: int = 50
) -> tuple[int, list[UUID]]:
    kids = [house.epochs[house.unit].kem.kid]
    found = await read_unopened(house.instance, sam, after=after, kids=kids, most=most)
    assert all(one.bodies.id and one.bodies.ct is None and one.bodies.rs is None for one in found.records)
    assert all([stanza.kid for stanza in one.stanzas] == kids for one in found.records)
    return found.standing, [one.record for one in found.records]


async def booked(house: House, hour: str, weeks: int = 0) -> Hand:
    hand = Hand(house)
    await hand.book(at(hour, DAY + timedelta(weeks=weeks)))
    return hand


async def test_what_is_booked_for_other_weeks_is_told_soonest_first_and_asked_on(
    house: House, sam: Staff
) -> None:
    later, sooner, middle = [await booked(house, "09:00", weeks) for weeks in (3, 0, 1)]
    assert await told(house, sam) == (3, [sooner.record, middle.record, later.record])
    assert await told(house, sam, most=1) == (3, [sooner.record])
    after = ListPlace(at("09:00"), sooner.record)
    assert await told(house, sam, after) == (2, [middle.record, later.record])


async def test_what_a_desk_has_compacted_is_not_offered_again(house: House, sam: Staff) -> None:
    alice = Hand(house)
    held = await alice.hold(at("09:00"))
    written = alice.seal(alice.wants(at("09:00")), held.minutes)
    await book(house.instance, written, alice.token)
    keys = house.epochs[house.unit]
    data = compact(
        written.revision.context, list(map(Stanza.parse, written.stanzas)), keys.kem, keys.k_rec
    ).to_bytes()
    await add_stanzas(house.instance, sam, [NewStanza(alice.record, 1, house.roster.head, data)])
    assert await told(house, sam) == (1, [alice.record])
    await drop_stanzas(house.instance, sam, [(alice.record, 1, keys.kem.kid)])
    assert await told(house, sam) == (0, [])


async def test_neither_what_is_over_nor_what_was_cancelled_nor_another_units_is_told(
    house: House, sam: Staff
) -> None:
    cancelled = await booked(house, "09:30")
    sig = cancelled.signs(cancelled.wants(at("09:30")), Act.CANCEL)
    await act(house.instance, house.practice, cancelled.record, rev=1, n=1, kind="cancel", sig=sig)
    over = await booked(house, "09:00")
    assert await told(house, sam) == (1, [over.record])
    house.clock.now = at("09:30")
    assert await told(house, sam) == (0, [])
    await booked(house, "10:00")
    stranger = dataclasses.replace(sam, units=frozenset({house.id("unit", "lab")}))
    assert await told(house, stranger) == (0, [])
