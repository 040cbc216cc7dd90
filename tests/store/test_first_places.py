# SPDX-License-Identifier: AGPL-3.0-or-later
"""The first free places over several agendas: what Sam is told with Alice on the phone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec
import pytest

from bento_house import DAY, NOON, Hand, House, at, open_house, sam_signs_in
from serment.database.pool import open_pool
from serment.domain.visit_type import Who
from serment.server.usecases.errors import NoSuchAgenda
from serment.server.usecases.find_first_places import FirstPlaces, Part, Wanted, find_first_places
from serment.server.usecases.find_slots import FreeSlots, find_slots
from serment.server.usecases.hold_slot import HoldRequest, hold_slot
from serment.server.usecases.membership import member_of


@pytest.fixture
async def house(new_database: Callable[[], Awaitable[str]]) -> AsyncIterator[House]:
    pool = await open_pool(await new_database(), connections_max=12)
    yield await open_house(pool)
    pool.terminate()


async def ask(
    house: House, *, agendas: tuple[str, ...] = ("bento", "ferrand"), visit_type: str = "visit", **more: Any
) -> FirstPlaces:
    staff = await member_of(house.instance, await sam_signs_in(house), house.practice)
    wanted = Wanted(
        [house.id("agenda", key) for key in agendas],
        [house.id("visit_type", visit_type)],
        more.pop("first", DAY),
        **more,
    )
    return await find_first_places(house.instance, staff, wanted)


def told(house: House, answer: FirstPlaces) -> list[tuple[str, Any]]:
    names = {house.id("agenda", key): key for key in ("bento", "ferrand")}
    return [(names[place.agenda], place.start) for place in answer.places]


async def test_places_of_both_agendas_come_in_order_of_time(house: House) -> None:
    answer = await ask(house, each=2)
    assert sorted(told(house, answer)) == sorted(
        (key, at(hour)) for key in ("bento", "ferrand") for hour in ("08:00", "08:30")
    )
    assert [place.start for place in answer.places] == sorted(place.start for place in answer.places)


async def test_what_alice_took_is_no_place_and_the_next_one_is(house: House) -> None:
    await Hand(house).book(at("08:00"))
    answer = await ask(house, agendas=("bento",), each=2)
    assert told(house, answer) == [("bento", at("08:30")), ("bento", at("09:00"))]


async def test_every_place_told_can_be_held_by_staff(house: House) -> None:
    for place in (await ask(house, visit_type="staff", each=3)).places:
        hand = Hand(house)
        held = await hold_slot(
            house.instance,
            HoldRequest(
                practice=house.practice, record=hand.record, agenda=place.agenda, visit_type=place.visit_type,
                start=place.start, token=hand.token, who=Who.STAFF,
            ),
        )  # fmt: skip
        assert held.start == place.start


async def test_it_says_what_the_plain_list_of_slots_says(house: House) -> None:
    await Hand(house).book(at("09:00"))
    answer = await ask(house, agendas=("bento",), each=12)
    agenda, visit_type = house.id("agenda", "bento"), house.id("visit_type", "visit")
    plain = msgspec.json.decode(
        await find_slots(house.instance, agenda, visit_type, DAY, 1, who=Who.STAFF), type=FreeSlots
    )
    starts = {slot.start for slot in plain.days[0].slots}
    assert {place.start for place in answer.places} <= starts
    assert answer.places[0].start == min(starts)


async def test_mornings_afternoons_and_days_of_the_week(house: House) -> None:
    afternoon = await ask(house, agendas=("bento",), part=Part.AFTERNOON, each=1)
    assert told(house, afternoon) == [("bento", at("13:00"))]
    morning = await ask(house, agendas=("bento",), part=Part.MORNING, each=12)
    assert len(morning.places) == 12
    assert all(place.start.hour < at("13:00").hour for place in morning.places)
    friday = date(2027, 3, 5)
    fridays = await ask(house, agendas=("bento",), weekdays=frozenset({5}), each=1)
    assert told(house, fridays) == [("bento", at("08:00", friday))]


async def test_a_past_first_day_is_today_and_nothing_gone_by_is_told(house: House) -> None:
    answer = await ask(house, first=date(2026, 1, 1), each=1, agendas=("bento",))
    assert answer.places[0].start == NOON


async def test_a_full_agenda_is_looked_at_further_on(house: House) -> None:
    away = datetime.combine(DAY, time()), datetime.combine(DAY + timedelta(days=20), time())
    await house.instance.pool.execute(
        "INSERT INTO absences VALUES ($1, gen_random_uuid(), $2, $3, $4)", house.practice, house.bento, *away
    )
    answer = await ask(house, agendas=("bento",), each=1)
    assert answer.places[0].start == at("08:00", DAY + timedelta(days=20))


async def test_another_units_agenda_does_not_exist(house: House) -> None:
    with pytest.raises(NoSuchAgenda):
        await ask(house, agendas=("lab",))
