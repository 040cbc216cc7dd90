# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who brings the notifier's signature for their number books; who brings none asks; and each signature serves one booking."""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from bento_house import NOON, Hand, House, at, open_house, sam_signs_in
from serment.database.pool import open_pool
from serment.domain.errors import WorkAsked
from serment.domain.throttle import REQUESTS_PER_HOUR, solve
from serment.domain.visit_type import Who
from serment.framing import Role
from serment.framing.messages import address_bytes, bind, commit
from serment.framing.roster_events import Notifier
from serment.seal.phone_check import Ask, prove, r_of
from serment.seal.primitives import SignPair
from serment.seal.roster_writing import write_events
from serment.server.secret import Secret
from serment.server.stores import rosters
from serment.server.usecases.book import Booked, book
from serment.server.usecases.change_practice import change_practice
from serment.server.usecases.errors import CheckRefused, CheckSpent, NotYourRole, RuleChanged
from serment.server.usecases.expire import forget_spent_checks
from serment.server.usecases.house_rows import PracticeRow
from serment.server.usecases.membership import member_of
from serment.server.usecases.move import move
from serment.server.usecases.read_practice import read_agenda
from serment.server.usecases.who_may_book import NumberProof

NOTIFIER, ANOTHER = (SignPair.from_seed(bytes([each]) * 32) for each in b"nm")
ALICE = "+33639980001"
MONTH = NOON.year * 100 + NOON.month


@pytest.fixture
async def house(new_database: Callable[[], Awaitable[str]]) -> AsyncIterator[House]:
    """A practice whose roster names the notifier that serves the instance."""
    pool = await open_pool(await new_database(), connections_max=12)
    house = await open_house(pool)
    await pool.execute("INSERT INTO notifier_root (pk) VALUES ($1)", NOTIFIER.pk)
    [event], house.roster = write_events(house.roster, [(house.owner.sign, Notifier(NOTIFIER.pk))])
    await rosters.append(pool, house.practice, house.roster.seq, event)
    yield house
    pool.terminate()


def checked(hand: Hand, *, month: int = MONTH, by: SignPair = NOTIFIER) -> NumberProof:
    """What the notifier signs for this hand's booking key once the code was typed."""
    r, salt = secrets.token_bytes(32), secrets.token_bytes(32)
    ask = Ask(1, ALICE, r, secrets.token_bytes(32), (bind(hand.cap.booking.pk, salt),))
    name = hand.house.instance.name
    return NumberProof(
        commit(name, address_bytes(1, ALICE), r_of(r, 1)), salt, month, prove(name, ask, month, by).proofs[0]
    )


async def sends(hand: Hand, start: str, proof: NumberProof | None, **rest: bytes) -> Booked:
    await hand.hold(at(start))
    return await book(
        hand.house.instance, hand.seal(hand.wants(at(start))), hand.token, proof=proof, **rest  # type: ignore[arg-type]
    )  # fmt: skip


async def test_with_a_checked_number_it_is_booked_and_without_it_is_a_request_that_keeps_no_time(
    house: House,
) -> None:
    alice, tom = Hand(house), Hand(house)
    assert (await read_agenda(house.instance, house.bento)).check == "phone"
    assert (await sends(alice, "09:00", checked(alice))).status == "booked"
    assert (await sends(tom, "10:00", None)).status == "requested"
    assert (await sends(Hand(house), "10:00", None)).status == "requested"


async def test_the_same_booking_again_gets_the_same_answer(house: House) -> None:
    alice, tom = Hand(house), Hand(house)
    for hand, proof, status in ((alice, checked(alice), "booked"), (tom, None, "requested")):
        await hand.hold(at("09:00" if proof else "10:00"))
        written = hand.seal(hand.wants(at("09:00" if proof else "10:00")))
        told = [await book(house.instance, written, hand.token, proof=proof) for _ in range(2)]
        assert [one.status for one in told] == [status] * 2


async def test_a_signature_serves_once_whatever_becomes_of_its_booking(house: House) -> None:
    alice = Hand(house)
    proof = checked(alice)
    await sends(alice, "09:00", proof)
    again = Hand(house, cap=alice.cap)
    await house.instance.pool.execute("DELETE FROM appointments")
    with pytest.raises(CheckSpent):
        await sends(again, "11:00", proof)
    # Nor after the server's secret was changed.
    object.__setattr__(house.instance, "secret", Secret(b"T" * 32, house.instance.secret.current))
    with pytest.raises(CheckSpent):
        await sends(again, "11:00", proof)
    assert await house.instance.pool.fetchval("SELECT count(*) FROM appointments") == 0


async def test_of_two_bookings_at_once_with_one_signature_one_stands(house: House) -> None:
    alice = Hand(house)
    proof, hands = checked(alice), [Hand(house, cap=alice.cap) for _ in range(6)]
    for nth, hand in enumerate(hands):
        await hand.hold(at(f"{9 + nth}:00"))
        # The link's token is another's for each: nothing but the signature is the same.
    written = [
        dataclasses.replace(
            hand.seal(hand.wants(at(f"{9 + nth}:00"))), row_token_hash=secrets.token_bytes(32)
        )
        for nth, hand in enumerate(hands)
    ]
    answers = await asyncio.gather(
        *(
            book(house.instance, each, hand.token, proof=proof)
            for each, hand in zip(written, hands, strict=True)
        ),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Booked", *["CheckSpent"] * 5]


async def test_a_signature_for_another_booking_month_or_notifier_is_refused_and_nothing_is_kept(
    house: House,
) -> None:
    alice, mallory = Hand(house), Hand(house)
    good = checked(alice)
    for proof in (
        checked(mallory),
        checked(alice, by=ANOTHER),
        checked(alice, month=MONTH - 101),  # 13 months ago
        checked(alice, month=MONTH + 2),
        dataclasses.replace(good, month=MONTH - 1),
        dataclasses.replace(good, commit=secrets.token_bytes(32)),
        dataclasses.replace(good, salt=secrets.token_bytes(32)),
        dataclasses.replace(good, proof=bytes(64)),
    ):
        with pytest.raises(CheckRefused):
            await sends(alice, "09:00", proof)
    assert await house.instance.pool.fetchval("SELECT count(*) FROM spent_checks") == 0
    assert (await sends(alice, "09:00", checked(alice, month=MONTH - 100))).status == "booked"


async def test_what_was_used_is_forgotten_when_its_signature_is_over(house: House) -> None:
    alice = Hand(house)
    await sends(alice, "09:00", checked(alice))
    for days, left in ((395, 1), (31, 0)):
        house.clock.pass_(days=days)
        await forget_spent_checks(house.instance)
        assert await house.instance.pool.fetchval("SELECT count(*) FROM spent_checks") == left


async def test_nobody_is_asked_where_the_practice_or_the_instance_has_no_use_for_it(house: House) -> None:
    pool = house.instance.pool
    for statement in (
        "UPDATE practices SET booking_check = 'none'",
        "UPDATE practices SET booking_check = 'phone'; DELETE FROM notifier_root",
    ):
        await pool.execute(statement)
        assert (await read_agenda(house.instance, house.bento)).check == "none"
        assert (await sends(Hand(house), "09:00", None)).status == "booked"
        await pool.execute("DELETE FROM spans")
    # Another notifier serves than the one that the practice named: a browser could not check it either.
    await pool.execute("INSERT INTO notifier_root (pk) VALUES ($1)", ANOTHER.pk)
    assert (await sends(Hand(house), "09:00", None)).status == "booked"


async def test_what_sam_enters_stands_at_once(house: House) -> None:
    hand, sam = (
        Hand(house),
        await member_of(house.instance, await sam_signs_in(house), house.practice),
    )
    await hand.hold(at("09:00"), who=Who.STAFF, units=sam.units)
    written = hand.seal_as_sam(hand.wants(at("09:00")), own=False)
    assert (await book(house.instance, written, hand.token, by_member=sam.sign_kid)).status == "booked"


async def test_a_request_that_is_moved_by_its_link_stays_a_request(house: House) -> None:
    tom = Hand(house)
    await sends(tom, "10:00", None)
    await tom.hold(at("14:00"), row_token=tom.cap.row_token)
    written = tom.seal(tom.wants(at("14:00")), rev=2)
    moved = await move(house.instance, house.practice, tom.record, written, seen_rev=1, token=tom.token)
    assert moved.status == "requested"
    assert await house.instance.pool.fetchval("SELECT count(*) FROM spans") == 0


async def test_an_address_sends_three_requests_an_hour_then_works_for_each(house: House) -> None:
    bucket = house.instance.throttle.bucket("192.0.2.7", NOON)
    for nth in range(REQUESTS_PER_HOUR):
        await sends(Hand(house), f"{9 + nth}:00", None, bucket=bucket)
    tom = Hand(house)
    with pytest.raises(WorkAsked) as asked:
        await sends(tom, "14:00", None, bucket=bucket)
    work = solve(asked.value.challenge, asked.value.bits)
    written = tom.seal(tom.wants(at("14:00")))
    told = await book(house.instance, written, tom.token, bucket=bucket, work=work)
    assert told.status == "requested"
    # Asked again when the answer was lost it costs nothing; a checked number never does.
    assert await book(house.instance, written, tom.token, bucket=bucket) == told
    alice = Hand(house)
    assert (await sends(alice, "15:00", checked(alice), bucket=bucket)).status == "booked"


async def test_the_owner_says_what_is_asked_and_two_desks_do_not_overwrite_each_other(house: House) -> None:
    sam = await member_of(house.instance, await sam_signs_in(house), house.practice)
    phone, both, none = (PracticeRow(booking_check=each) for each in ("phone", "any", "none"))  # type: ignore[arg-type]
    with pytest.raises(NotYourRole):
        await change_practice(house.instance, sam, phone, none)
    owner = dataclasses.replace(sam, role=Role.OWNER)
    for _ in range(2):
        await change_practice(house.instance, owner, phone, both)
    with pytest.raises(RuleChanged):
        await change_practice(house.instance, owner, phone, none)
    assert (await read_agenda(house.instance, house.bento)).check == "any"
