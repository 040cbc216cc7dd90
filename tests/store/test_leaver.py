# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a leaver still knows, with everything they ever held and a copy of the database from before they went: what is claimed, and what is
not (docs/explain/leaving.md; spec/rdv1.md).

Mallory was a secretary. She kept her own keys, every epoch's keys of her unit, and yesterday's dump. Each line of the page is a test; those
that say *yes* are tests too, so that nobody claims more than is true.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace

import pytest

import members_house as people
from bento_house import DAY, Hand, House, at, open_house
from members_house import Dump, Person
from serment.database.pool import open_pool
from serment.framing import FramingError, Role
from serment.framing.context import Group
from serment.framing.conventions import derive
from serment.seal.keys import EpochKeys
from serment.seal.messages import draw_c
from serment.seal.primitives import hpke_open, unbox
from serment.seal.record import _open_body, _unwrap, seal_by_member
from serment.seal.roster_writing import _previous_aad, _seed_info
from serment.server.usecases.book import book
from serment.server.usecases.errors import NoSuchPractice, SignedOut, StaleRoster
from serment.server.usecases.move import move


@dataclass
class Leaving:
    """Mallory has just gone. Alice was booked before; nothing is wrapped anew yet."""

    house: House
    bento: Person
    mallory: Person
    alice: Hand
    old: Dump
    kept: list[EpochKeys] = field(repr=False)

    async def opens(self, record: uuid.UUID, source: Dump | None = None) -> bool:
        return await people.opens_with(self.house, record, self.kept, source)

    async def wrap_anew(self) -> None:
        while await people.rewrap(self.bento, self.house, self.house.unit, most=50):
            pass


@pytest.fixture
async def leaving(new_database: Callable[[], Awaitable[str]]) -> AsyncIterator[Leaving]:
    pool = await open_pool(await new_database(), connections_max=4)
    try:
        house = await open_house(pool)
        bento = await people.bento(house)
        mallory = await people.bring_in(bento, house, "Mallory", Role.SECRETARY, [house.unit])
        await people.follow(bento, house)
        alice = Hand(house)
        await alice.book(at("9:00", DAY))
        await mallory.open_units(house)
        old = await people.dump(house)
        assert mallory.member is not None
        await bento.change(house, await people.removal(bento, house, mallory.member))
        await people.follow(bento, house)
        yield Leaving(house, bento, mallory, alice, old, list(mallory.kept.values()))
    finally:
        pool.terminate()


# ---------------------------------------------------------------- not claimed


async def test_not_claimed_what_she_could_read_opens_in_her_old_dump(leaving: Leaving) -> None:
    await leaving.wrap_anew()
    assert await leaving.opens(leaving.alice.record, leaving.old)


async def test_not_claimed_before_it_is_wrapped_anew_a_later_dump_opens_too(leaving: Leaving) -> None:
    assert await leaving.opens(leaving.alice.record)


async def test_not_claimed_content_keys_from_the_old_dump_open_the_same_bytes_later(leaving: Leaving) -> None:
    """Wrapping anew wraps the same content keys: the bodies are not sealed again."""
    await leaving.wrap_anew()
    context, _, stanzas, _ = await people.stored_record(leaving.house, leaving.alice.record, leaving.old)
    held = next(
        key
        for keys in leaving.kept
        for key in (keys.kem, keys.k_rec)
        if any(s.kid == key.kid for s in stanzas)
    )
    content = _unwrap(context, next(s for s in stanzas if s.kid == held.kid), held)
    now, bodies, _, _ = await people.stored_record(leaving.house, leaving.alice.record)
    assert b"Fontbonne" in _open_body(now.of(Group.IDENTITY), content[Group.IDENTITY], bodies[Group.IDENTITY])


# ---------------------------------------------------------------- claimed


async def test_claimed_once_wrapped_anew_no_stanza_of_a_later_dump_is_to_a_key_she_had(
    leaving: Leaving,
) -> None:
    await leaving.wrap_anew()
    assert not await leaving.opens(leaving.alice.record)
    await people.check_opens(leaving.house, leaving.alice.record, leaving.alice.cap.k_cap)


async def test_claimed_what_is_sealed_after_her_removal_never_opens(leaving: Leaving) -> None:
    tom = Hand(leaving.house)
    await tom.book(at("10:00", DAY))
    assert not await leaving.opens(tom.record)
    assert await people.opens_with(leaving.house, tom.record, [leaving.house.epochs[leaving.house.unit]])


async def test_claimed_a_moved_or_corrected_appointment_has_new_content_keys(leaving: Leaving) -> None:
    """Not even the content keys that she took from her old dump open the next revision."""
    house, alice = leaving.house, leaving.alice
    before, _, stanzas, _ = await people.stored_record(house, alice.record, leaving.old)
    held = next(
        key
        for keys in leaving.kept
        for key in (keys.kem, keys.k_rec)
        if any(s.kid == key.kid for s in stanzas)
    )
    content = _unwrap(before, next(s for s in stanzas if s.kid == held.kid), held)
    c = draw_c()
    sealed = seal_by_member(
        replace(before, rev=2), alice.payloads(c), house.epochs[house.unit].k_rec, house.roster,
        booking_pk=alice.cap.booking.pk, patient_pk=alice.cap.patient.pk, signer=leaving.bento.keys.sign,
    )  # fmt: skip
    staff = await leaving.bento.staff(house)
    await move(
        house.instance,
        house.practice,
        alice.record,
        alice.written(sealed, c, own=False),
        seen_rev=1,
        token=None,
        staff=staff,
    )
    assert not await leaving.opens(alice.record)
    now, bodies, _, _ = await people.stored_record(house, alice.record)
    for group in Group:
        with pytest.raises(FramingError):
            _open_body(now.of(group), content[group], bodies[group])
    await people.check_opens(house, alice.record, alice.cap.patient)


async def test_claimed_no_seed_that_the_server_keeps_opens_to_her_key(leaving: Leaving) -> None:
    """Every sealed seed of a later dump, under every context her browser knows."""
    house = leaving.house
    rows = await house.instance.pool.fetch("SELECT unit, epoch, kid, bytes FROM epoch_seeds")
    assert leaving.mallory.keys.kem.kid not in {row["kid"] for row in rows}
    for row in rows:
        info = _seed_info(house.roster, row["unit"].bytes, row["epoch"], leaving.mallory.keys.kem.kid)
        with pytest.raises(FramingError):
            hpke_open(leaving.mallory.keys.kem, info, row["bytes"])


async def test_claimed_the_seed_before_leads_back_and_never_forward(leaving: Leaving) -> None:
    """`previous` is boxed under the new epoch: who holds the new one reads the old; who holds the old one, nothing."""
    house = leaving.house
    boxed = await house.instance.pool.fetchval("SELECT bytes FROM previous_seeds WHERE unit = $1", house.unit)
    aad = _previous_aad(house.roster, house.unit.bytes, 2)
    for keys in leaving.kept:
        with pytest.raises(FramingError):
            unbox(derive(keys.seed, "prev"), aad, boxed)
    assert unbox(derive(house.epochs[house.unit].seed, "prev"), aad, boxed) in {
        keys.seed for keys in leaving.kept
    }


async def test_claimed_no_booking_stands_that_was_sealed_to_the_roster_with_her(leaving: Leaving) -> None:
    house = leaving.house
    tom, start = Hand(house), at("11:00", DAY)
    held = await tom.hold(start)
    now = house.roster
    house.roster = type(now).verify(
        (await people.read_roster(house.instance, house.practice, 0))[:-2], now.fingerprint
    )
    with pytest.raises(StaleRoster):
        await book(house.instance, tom.seal(tom.wants(start), held.minutes), tom.token)
    house.roster = now
    await book(house.instance, tom.seal(tom.wants(start), held.minutes), tom.token)
    assert not await leaving.opens(tom.record)


async def test_claimed_the_server_hands_her_nothing(leaving: Leaving) -> None:
    with pytest.raises((SignedOut, NoSuchPractice)):
        await leaving.mallory.staff(leaving.house)
