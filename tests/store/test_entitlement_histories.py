# SPDX-License-Identifier: AGPL-3.0-or-later
"""Law of entitlement, over random histories on a real database: joins, leaves, units, suspensions, stops, bookings in two practices.

After each step everybody who was ever there asks for every record. A model of a few lines says who may have it; nobody has more, and nobody less.
"""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import members_house as people
from api.test_walls import LabHand
from bento_house import DAY, Hand, House, at, open_house
from members_house import Person
from serment.database.pool import Pool
from serment.framing import Role
from serment.server.usecases.errors import Frozen, NoSuchAppointment, NoSuchPractice, SignedOut
from serment.server.usecases.read_envelope import read_for_member
from serment.server.usecases.sentinel import note_foreign
from serment.server.usecases.sign_in import signed_in
from serment.server.usecases.suspend_member import suspend_member
from serment.server.usecases.unfreeze import unfreeze

pytestmark = pytest.mark.slow

EXAMPLES = 5
STEPS_MAX = 8
PEOPLE_MAX = 4
_numbers = itertools.count()


@dataclass
class May:
    """The model of one person: which units they are in, and whether anything is served to them."""

    units: set[uuid.UUID]
    gone: bool = False
    suspended: bool = False
    stopped: bool = False

    def read(self, unit: uuid.UUID) -> bool:
        return unit in self.units and not (self.gone or self.suspended or self.stopped)


@dataclass
class History:
    """A practice, another beside it, who was ever there, and what was booked in which unit."""

    house: House
    other: House
    owner: Person
    may: dict[str, tuple[Person, May]] = field(default_factory=dict)
    records: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)
    slots: Iterator[int] = field(default_factory=itertools.count)

    def present(self, n: int) -> tuple[Person, May] | None:
        here = [each for each in self.may.values() if not each[1].gone]
        return here[n % len(here)] if here else None

    async def join(self, n: int) -> None:
        if sum(not may.gone for _, may in self.may.values()) < PEOPLE_MAX:
            units = [
                [self.house.unit],
                [self.house.id("unit", "lab")],
                [self.house.unit, self.house.id("unit", "lab")],
            ][n % 3]
            name, role = f"Person {len(self.may)}", (Role.SECRETARY, Role.PRACTITIONER, Role.OWNER)[n % 3]
            person = await people.bring_in(self.owner, self.house, name, role, units)
            await people.follow(self.owner, self.house)
            self.may[name] = (person, May(set(units)))

    async def leave(self, n: int) -> None:
        if (found := self.present(n)) is not None and found[0].member is not None:
            await self.owner.change(self.house, await people.removal(self.owner, self.house, found[0].member))
            await people.follow(self.owner, self.house)
            found[1].gone = True

    async def move_units(self, n: int) -> None:
        if (found := self.present(n)) is not None and found[0].member is not None:
            to = [self.house.unit, self.house.id("unit", "lab")][n % 2]
            roster = await self.owner.roster(self.house)
            moved = replace(roster.members[found[0].member.bytes], units=(to.bytes,))
            await self.owner.change(
                self.house, await people.write(self.owner, self.house, [moved], turn=found[1].units - {to})
            )
            await people.follow(self.owner, self.house)
            found[1].units = {to}

    async def suspend(self, n: int) -> None:
        if (found := self.present(n)) is not None and found[0].member is not None:
            found[1].suspended = not found[1].suspended
            staff = await self.owner.staff(self.house)
            await suspend_member(self.house.instance, staff, found[0].member, suspended=found[1].suspended)

    async def stop(self, n: int) -> None:
        """Asks for what is not theirs; or, stopped already, is let go on by the owner."""
        if (found := self.present(n)) is None or found[0].member is None:
            return
        person, may = found
        if may.stopped:
            await self.sign_in(self.owner)
            await unfreeze(self.house.instance, await self.owner.staff(self.house), found[0].member)
            self.house.clock.pass_(seconds=1)
        else:
            foreign = [uuid.uuid4() for _ in range(5)]
            await note_foreign(self.house.instance, [(self.house.practice, found[0].member)], foreign)
        may.stopped = not may.stopped
        await self.sign_in(person)

    async def sign_in(self, person: Person) -> None:
        person.session = (await signed_in(self.house.instance, person.account, None, proved=False)).token

    async def book(self, n: int) -> None:
        """In the unit, in the laboratory, or in the other practice."""
        nth = next(self.slots)
        start = at("08:00", DAY + timedelta(days=nth // 16)) + timedelta(minutes=30 * (nth % 16))
        house = self.other if n % 3 == 2 else self.house
        hand = (LabHand if n % 3 == 1 else Hand)(house)
        await hand.book(start)
        self.records[hand.record] = house.id("unit", "lab" if n % 3 == 1 else "unit")

    async def check(self) -> None:
        everybody = [(self.owner, May({self.house.unit, self.house.id("unit", "lab")})), *self.may.values()]
        for person, may in everybody:
            for record, unit in self.records.items():
                assert await self.reads(person, record) == may.read(unit), (person.name, may, unit)

    async def reads(self, person: Person, record: uuid.UUID) -> bool:
        try:
            staff = await person.staff(self.house)
            return (await read_for_member(self.house.instance, staff, record, ["id"], [])).record == record
        except (NoSuchAppointment, NoSuchPractice, SignedOut, Frozen):
            return False


HAPPENINGS: list[Callable[[History, int], Awaitable[None]]] = [
    History.join, History.book, History.leave, History.move_units, History.suspend, History.stop,
]  # fmt: skip


async def _live(pool: Pool, happened: list[tuple[int, int]]) -> History:
    nth = next(_numbers)
    house, other = await open_house(pool, slug=f"here-{nth}"), await open_house(pool, slug=f"there-{nth}")
    await pool.execute(
        "INSERT INTO visit_type_agendas VALUES ($1, $2, $3)",
        house.practice,
        house.type(),
        house.id("agenda", "lab"),
    )
    history = History(house, other, await people.bento(house))
    for n in range(3):
        await history.book(n)
        await history.join(n)
    for which, n in happened:
        await HAPPENINGS[which](history, n)
        await history.check()
    return history


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.tuples(st.integers(0, len(HAPPENINGS) - 1), st.integers(0, 20)), min_size=4, max_size=STEPS_MAX
    )
)
def test_everybody_reads_what_is_theirs_and_nobody_more(
    ground: tuple[asyncio.Runner, Pool], happened: list[tuple[int, int]]
) -> None:
    runner, pool = ground
    runner.run(_live(pool, happened))


def test_a_history_with_everything_in_it(ground: tuple[asyncio.Runner, Pool]) -> None:
    """The example that no luck is needed for."""
    runner, pool = ground
    history = runner.run(
        _live(pool, [(5, 0), (4, 1), (3, 2), (5, 0), (1, 1), (2, 1), (4, 0), (0, 2), (4, 0), (1, 0)])
    )
    assert {may.gone for _, may in history.may.values()} == {True, False}
