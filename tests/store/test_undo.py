# SPDX-License-Identifier: AGPL-3.0-or-later
"""An undo brings an appointment back to what it was: a request to a request, a booking to a booking."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from bento_house import Hand, House, at, sam_signs_in
from serment.framing import Act
from serment.seal.record import sign_act
from serment.server.usecases.act import Acted, act, mark
from serment.server.usecases.errors import SlotTaken
from serment.server.usecases.membership import Staff, member_of


@pytest.fixture
async def sam(house: House) -> Staff:
    return await member_of(house.instance, await sam_signs_in(house), house.practice)


@pytest.fixture
def signed(house: House, sam: Staff) -> Callable[[Hand, int, Act], Awaitable[Acted]]:
    """Sam's signed act on a half hour's visit at nine."""

    async def do(hand: Hand, n: int, kind: Act) -> Acted:
        sig = sign_act(hand.context(hand.wants(at("09:00"), kind="ask"), 30), n, kind, house.sam.sign)
        return await act(
            house.instance,
            house.practice,
            hand.record,
            rev=1,
            n=n,
            kind=kind.name.lower(),
            sig=sig,
            staff=sam,
        )

    return do


async def test_a_cancelled_request_undone_is_a_request_that_takes_no_time(
    house: House, sam: Staff, signed: Callable[[Hand, int, Act], Awaitable[Acted]]
) -> None:
    alice, tom = Hand(house), Hand(house)
    await alice.book(at("09:00"), kind="ask")
    # Cancelled twice, as two desks may do: the second is answered, and forgets nothing of what the first one found.
    for n in (1, 2):
        again = await signed(alice, n, Act.CANCEL)
        assert (again.status, again.acts) == ("cancelled", 1)
    assert (await signed(alice, 2, Act.UNDO)).status == "requested"
    await tom.hold(at("09:00"))
    with pytest.raises(SlotTaken):
        await mark(house.instance, sam, alice.record, "accept", 1)


async def test_a_refused_request_undone_is_a_request_again(
    house: House, sam: Staff, signed: Callable[[Hand, int, Act], Awaitable[Acted]]
) -> None:
    alice = Hand(house)
    await alice.book(at("09:00"), kind="ask")
    assert (await mark(house.instance, sam, alice.record, "refuse", 1)).status == "refused"
    assert (await signed(alice, 1, Act.UNDO)).status == "requested"
    assert (await mark(house.instance, sam, alice.record, "accept", 1)).status == "booked"


async def test_an_accepted_request_undone_is_booked_and_keeps_its_time(
    house: House, sam: Staff, signed: Callable[[Hand, int, Act], Awaitable[Acted]]
) -> None:
    alice, tom = Hand(house), Hand(house)
    await alice.book(at("09:00"), kind="ask")
    # An undo of a cancellation as a request stands behind it, and must not come back.
    await signed(alice, 1, Act.CANCEL)
    await signed(alice, 2, Act.UNDO)
    await mark(house.instance, sam, alice.record, "accept", 1)
    assert (await signed(alice, 3, Act.CANCEL)).status == "cancelled"
    assert (await signed(alice, 4, Act.UNDO)).status == "booked"
    with pytest.raises(SlotTaken):
        await tom.hold(at("09:00"))


async def test_an_undo_of_nothing_accepts_no_request(
    house: House, signed: Callable[[Hand, int, Act], Awaitable[Acted]]
) -> None:
    alice = Hand(house)
    await alice.book(at("09:00"), kind="ask")
    assert (await signed(alice, 1, Act.UNDO)).status == "requested"
