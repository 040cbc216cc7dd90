# SPDX-License-Identifier: AGPL-3.0-or-later
"""A health centre: the psychiatrist's patients are unknown to the dentist's secretary, to an owner of neither, and to their keys."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

import members_house as people
from bento_house import DAY, Hand, House, at, open_house
from members_house import Person
from serment.database.pool import open_pool
from serment.framing import RecordContext, Role, Slot
from serment.server.usecases.act import mark
from serment.server.usecases.book import book
from serment.server.usecases.errors import NoSuchAgenda, NoSuchAppointment
from serment.server.usecases.hold_slot import HoldRequest
from serment.server.usecases.read_agenda import read_agenda
from serment.server.usecases.read_envelope import read_for_member, read_list
from serment.server.usecases.read_members import read_members
from serment.server.usecases.read_practice import read_house
from serment.server.usecases.read_seeds import read_seeds
from serment.server.usecases.suspend_member import name_last_day, suspend_member


@dataclass
class OfTheLab(Hand):
    """Somebody who books in the second unit."""

    def context(self, request: HoldRequest, minutes: int, rev: int = 1) -> RecordContext:
        slot = Slot(request.agenda.bytes, int(request.start.timestamp()), minutes, request.visit_type.bytes)
        unit = self.house.id("unit", "lab")
        return RecordContext(
            self.house.instance.name, self.house.practice.bytes, unit.bytes, self.record.bytes, rev, slot
        )


@dataclass
class Centre:
    """Dr Psy alone is of the second unit; Dr Bento owns the centre and is of the first, like Nadia, the dentist's secretary."""

    house: House
    bento: Person
    psy: Person
    nadia: Person
    tom: uuid.UUID

    @property
    def psychiatry(self) -> uuid.UUID:
        return self.house.id("unit", "lab")

    @property
    def agenda(self) -> uuid.UUID:
        return self.house.id("agenda", "lab")


@pytest.fixture
async def centre(new_database: Callable[[], Awaitable[str]]) -> AsyncIterator[Centre]:
    pool = await open_pool(await new_database(), connections_max=4)
    try:
        house = await open_house(pool)
        await pool.execute(
            "INSERT INTO visit_type_agendas (practice, visit_type, agenda) VALUES ($1, $2, $3)",
            house.practice, house.type(), house.id("agenda", "lab"),
        )  # fmt: skip
        bento = await people.bento(house)
        psy = await people.bring_in(bento, house, "Dr Psy", Role.PRACTITIONER, [house.id("unit", "lab")])
        nadia = await people.bring_in(bento, house, "Nadia", Role.SECRETARY, [house.unit])
        roster = await bento.roster(house)
        assert bento.member is not None
        less = replace(roster.members[bento.member.bytes], units=(house.unit.bytes,))
        await bento.change(house, await people.write(bento, house, [less], turn=[house.id("unit", "lab")]))
        for each in (bento, psy, nadia):
            await each.open_units(house)
        await people.follow(bento, house)
        tom = OfTheLab(house)
        start = at("9:00", DAY)
        held = await tom.hold(start, agenda=house.id("agenda", "lab"))
        request = tom.wants(start, agenda=house.id("agenda", "lab"))
        await book(house.instance, tom.seal(request, held.minutes), tom.token)
        yield Centre(house, bento, psy, nadia, tom.record)
    finally:
        pool.terminate()


async def test_the_psychiatrist_reads_tom(centre: Centre) -> None:
    chain = (await centre.psy.open_units(centre.house))[centre.psychiatry]
    assert await people.opens_with(centre.house, centre.tom, chain)
    staff = await centre.psy.staff(centre.house)
    listed, _ = await read_list(
        centre.house.instance,
        staff,
        [centre.agenda],
        at("0:00", DAY),
        at("0:00", DAY) + timedelta(days=1),
        kids=[],
        known=[],
    )
    assert [each.record for each in listed] == [centre.tom]


@pytest.mark.parametrize("who", ["nadia", "bento"])
async def test_neither_the_dentists_secretary_nor_the_owner_is_told_that_tom_exists(
    centre: Centre, who: str
) -> None:
    house, person = centre.house, getattr(centre, who)
    staff = await person.staff(house)
    since = at("0:00", DAY)
    listed, _ = await read_list(
        house.instance, staff, [centre.agenda], since, since + timedelta(days=1), kids=[], known=[]
    )
    assert listed == []
    with pytest.raises(NoSuchAgenda):
        await read_agenda(house.instance, staff, [centre.agenda], DAY, 1, kids=[], known=[])
    with pytest.raises(NoSuchAppointment):
        await read_for_member(house.instance, staff, centre.tom, ["id"], [])
    with pytest.raises(NoSuchAppointment):
        await mark(house.instance, staff, centre.tom, "arrive", 1)
    told = await read_seeds(house.instance, staff)
    assert {seed.unit for seed in told.seeds} == {house.unit}


async def test_of_the_house_each_is_told_their_own_units_and_an_owner_all(centre: Centre) -> None:
    """Dr Psy's last day and suspension are the owners' business; a name is for who shares a unit."""
    house, lab = centre.house, centre.psychiatry
    assert centre.psy.member is not None
    owner = await centre.bento.staff(house)
    await name_last_day(house.instance, owner, centre.psy.member, DAY + timedelta(days=9))
    await suspend_member(house.instance, owner, house.sam_member, suspended=True)
    told = {}
    for who in ("bento", "nadia", "psy"):
        staff = await getattr(centre, who).staff(house)
        rules = await read_house(house.instance, staff)
        team = (await read_members(house.instance, staff)).members
        assert {each.name for each in rules.members} == {each.name for each in team}
        assert {each.unit for each in rules.agendas} == {each.unit for each in rules.units}
        assert {each.practitioner for each in rules.agendas} <= {
            each.practitioner for each in rules.practitioners
        }
        told[who] = rules, {each.name: (each.suspended, each.until, each.served) for each in team}
    units = {who: {each.unit for each in rules.units} for who, (rules, _) in told.items()}
    assert units == {"bento": {house.unit, lab}, "nadia": {house.unit}, "psy": {lab}}
    last = DAY + timedelta(days=9)
    assert told["bento"][1] == {
        "Dr Bento": (False, None, True), "Dr Psy": (False, last, True), "Nadia": (False, None, True), "Sam": (True, None, False),
    }  # fmt: skip
    unsaid = (None, None, None)
    assert told["nadia"][1] == {"Dr Bento": unsaid, "Nadia": (False, None, True), "Sam": unsaid}
    assert told["psy"][1] == {"Dr Psy": (False, last, True)}


@pytest.mark.parametrize("who", ["nadia", "bento"])
async def test_with_a_copy_of_the_database_their_keys_open_nothing_of_tom(centre: Centre, who: str) -> None:
    """Also the owner's, who was of that unit once; whose browser drew its present keys for who stayed, and forgot them."""
    person = getattr(centre, who)
    assert person.kept
    assert not await people.opens_with(centre.house, centre.tom, person.kept.values())
    assert await people.opens_with(centre.house, centre.tom, centre.psy.kept.values())
