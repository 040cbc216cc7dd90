# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signed acts that pile up: what changes nothing is not stored, and nobody with a link takes the cancellation from staff."""

from __future__ import annotations

import pytest

from bento_house import Hand, House, at, sam_signs_in
from serment.framing import Act
from serment.seal.record import sign_act
from serment.server.usecases import act as acting
from serment.server.usecases.act import PATIENT_ACTS_MAX, Acted, act
from serment.server.usecases.errors import StaleRevision, TooManyActs
from serment.server.usecases.membership import Staff, member_of


@pytest.fixture
async def sam(house: House) -> Staff:
    return await member_of(house.instance, await sam_signs_in(house), house.practice)


@pytest.fixture
async def alice(house: House) -> Hand:
    hand = Hand(house)
    await hand.book(at("09:00"))
    return hand


async def does(hand: Hand, n: int, kind: Act, sam: Staff | None = None) -> Acted:
    """Alice's act by her link, or Sam's."""
    house, request = hand.house, hand.wants(at("09:00"))
    signer = hand.cap.booking if sam is None else house.sam.sign
    sig = sign_act(hand.context(request, 30), n, kind, signer)
    name = kind.name.lower()
    return await act(
        house.instance, house.practice, hand.record, rev=1, n=n, kind=name, sig=sig, staff=sam
    )  # fmt: skip


async def stored(hand: Hand) -> int:
    count: int = await hand.house.instance.pool.fetchval(
        "SELECT count(*) FROM acts WHERE record = $1", hand.record
    )
    return count


async def test_an_act_that_changes_nothing_is_answered_and_not_stored(alice: Hand, sam: Staff) -> None:
    assert (await does(alice, 1, Act.CONFIRM)).acts == 1
    for _ in range(3):
        assert (await does(alice, 2, Act.CONFIRM)).acts == 1
    assert (await does(alice, 2, Act.UNDO, sam)).status == "booked"
    assert await stored(alice) == 1
    # The number is free for the next act that does change something, and its repetition is told the same.
    for _ in range(2):
        assert (await does(alice, 2, Act.CANCEL)).status == "cancelled"
    assert await stored(alice) == 2
    with pytest.raises(StaleRevision):
        await does(alice, 2, Act.CONFIRM)


async def test_however_often_alice_acts_sam_can_still_cancel(alice: Hand, sam: Staff) -> None:
    for n in range(1, PATIENT_ACTS_MAX, 2):
        await does(alice, n, Act.CANCEL)
        await does(alice, n + 1, Act.UNDO, sam)
    with pytest.raises(TooManyActs):
        await does(alice, PATIENT_ACTS_MAX + 1, Act.CANCEL)
    assert await stored(alice) == PATIENT_ACTS_MAX
    assert (await does(alice, PATIENT_ACTS_MAX + 1, Act.CANCEL, sam)).status == "cancelled"


async def test_staff_have_a_bound_too_and_it_never_stops_a_cancellation(
    alice: Hand, sam: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "STAFF_ACTS_MAX", 2)
    await does(alice, 1, Act.CANCEL, sam)
    await does(alice, 2, Act.UNDO, sam)
    assert (await does(alice, 3, Act.CANCEL, sam)).status == "cancelled"
    with pytest.raises(TooManyActs):
        await does(alice, 4, Act.UNDO, sam)
