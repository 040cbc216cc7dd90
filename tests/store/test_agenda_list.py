# SPDX-License-Identifier: AGPL-3.0-or-later
"""The desk's list says how far it is complete, and asked on it leaves nobody out and names nobody twice."""

from __future__ import annotations

from uuid import UUID

import pytest

from bento_house import DAY, Hand, House, at, sam_signs_in
from serment.framing import Act
from serment.server.usecases import read_envelope
from serment.server.usecases.act import act
from serment.server.usecases.membership import Staff, member_of
from serment.server.usecases.read_agenda import AgendaDays, read_agenda
from serment.server.usecases.read_envelope import ListPlace


@pytest.fixture
async def sam(house: House) -> Staff:
    return await member_of(house.instance, await sam_signs_in(house), house.practice)


async def listed(house: House, sam: Staff, after: ListPlace | None = None) -> AgendaDays:
    agendas = [house.bento, house.ferrand]
    return await read_agenda(house.instance, sam, agendas, DAY, 1, kids=[], after=after)


async def five_at_two_hours(house: House) -> list[UUID]:
    """Three at nine, two of them cancelled, and one with each practitioner at ten; in order of start and record."""
    found = []
    for start, agenda, cancelled in (
        ("09:00", house.bento, True), ("09:00", house.bento, True), ("09:00", house.bento, False),
        ("10:00", house.bento, False), ("10:00", house.ferrand, False),
    ):  # fmt: skip
        hand = Hand(house)
        await hand.book(at(start), agenda=agenda)
        if cancelled:
            sig = hand.signs(hand.wants(at(start), agenda=agenda), Act.CANCEL)
            await act(house.instance, house.practice, hand.record, rev=1, n=1, kind="cancel", sig=sig)
        found.append((at(start), hand.record))
    return [record for _, record in sorted(found)]


@pytest.mark.parametrize("most", [1, 2, 4])
async def test_a_list_beyond_the_limit_is_asked_on_until_it_is_whole(
    house: House, sam: Staff, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    everybody = await five_at_two_hours(house)
    monkeypatch.setattr(read_envelope, "LIST_MAX", most)
    found: list[UUID] = []
    answer = await listed(house, sam)
    while True:
        assert len(answer.appointments) <= most
        found += [row.record for row in answer.appointments]
        if answer.complete_until is None:
            break
        assert answer.complete_until.record == found[-1]
        answer = await listed(house, sam, answer.complete_until)
    assert found == everybody


async def test_a_list_within_the_limit_is_whole_and_says_so(
    house: House, sam: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = await five_at_two_hours(house)
    monkeypatch.setattr(read_envelope, "LIST_MAX", len(everybody))
    answer = await listed(house, sam)
    assert [row.record for row in answer.appointments] == everybody
    assert answer.complete_until is None


async def test_a_place_before_the_days_asked_for_brings_no_other_day(house: House, sam: Staff) -> None:
    everybody = await five_at_two_hours(house)
    answer = await listed(
        house, sam, ListPlace(at("00:00") - (at("09:00") - at("00:00")), UUID(int=2**128 - 1))
    )
    assert [row.record for row in answer.appointments] == everybody
