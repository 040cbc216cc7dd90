# SPDX-License-Identifier: AGPL-3.0-or-later
"""A request for any day is in the list of those that wait, for the members of its unit, until somebody answers it."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from bento_house import DAY, Hand, House, at, sam_signs_in
from serment.server.usecases import read_requests as route
from serment.server.usecases.act import mark
from serment.server.usecases.membership import Staff, member_of
from serment.server.usecases.read_requests import FORGOTTEN_DAYS, Requests, read_requests


@pytest.fixture
async def sam(house: House) -> Staff:
    return await member_of(house.instance, await sam_signs_in(house), house.practice)


async def asked(house: House, day: date, *, agenda: UUID | None = None, kind: str = "ask") -> UUID:
    hand = Hand(house)
    await hand.book(at("10:00", day), kind=kind, agenda=agenda or house.bento)
    return hand.record


def records(answer: Requests) -> list[UUID]:
    return [one.record for one in answer.requests]


async def test_requests_of_any_day_wait_in_order_of_time_and_bookings_do_not(
    house: House, sam: Staff
) -> None:
    late = await asked(house, DAY + timedelta(days=30))
    soon = await asked(house, DAY, agenda=house.ferrand)
    await asked(house, DAY, kind="visit")
    answer = await read_requests(house.instance, sam)
    assert records(answer) == [soon, late]
    assert not answer.more
    first = answer.requests[0]
    assert (first.agenda, first.start, first.minutes, first.visit_type) == (
        house.ferrand, at("10:00"), 30, house.type("ask"),
    )  # fmt: skip


@pytest.mark.parametrize("yes", [True, False])
async def test_an_answered_request_waits_no_more(house: House, sam: Staff, yes: bool) -> None:
    record = await asked(house, DAY)
    assert records(await read_requests(house.instance, sam)) == [record]
    await mark(house.instance, sam, record, "accept" if yes else "refuse", 1)
    assert records(await read_requests(house.instance, sam)) == []


async def test_a_request_whose_time_went_by_is_owed_a_call_for_a_week(house: House, sam: Staff) -> None:
    record = await asked(house, DAY)
    house.clock.pass_(days=FORGOTTEN_DAYS - 1 + (DAY - house.clock().date()).days)
    assert records(await read_requests(house.instance, sam)) == [record]
    house.clock.pass_(days=2)
    assert records(await read_requests(house.instance, sam)) == []


async def test_who_is_not_of_its_unit_is_not_told_that_there_is_one(house: House, sam: Staff) -> None:
    await asked(house, DAY)
    outside = Staff(
        sam.practice, sam.account, sam.member, frozenset({house.id("unit", "lab")}), sam.role,
        sam.kem_kid, sam.sign_kid, sam.roster,
    )  # fmt: skip
    assert await read_requests(house.instance, outside) == Requests([], more=False, stopped=0, looked=0)


async def test_more_requests_than_one_answer_holds_are_said(
    house: House, sam: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await asked(house, DAY)
    await asked(house, DAY + timedelta(days=1))
    monkeypatch.setattr(route, "REQUESTS_MAX", 1)
    answer = await read_requests(house.instance, sam)
    assert (records(answer), answer.more) == ([first], True)
