# SPDX-License-Identifier: AGPL-3.0-or-later
"""Law of members and records, over random histories on a real database: joins, leaves, units, epochs, bookings, moves, compaction,
re-wrapping cut off anywhere.

Every present member opens every record of their units; whoever left opens nothing sealed later, and nothing once it is wrapped anew, with
every key they ever held and everything the database holds; every patient opens their own throughout.
"""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import members_house as people
from bento_house import DAY, Hand, House, at, open_house
from members_house import Person
from serment.database.pool import Pool
from serment.framing import Role
from serment.framing.errors import Unaddressed
from serment.seal.keys import EpochKeys
from serment.seal.messages import draw_c
from serment.seal.record import seal_by_member
from serment.server.usecases.book import book
from serment.server.usecases.errors import StaleRoster
from serment.server.usecases.move import move

pytestmark = pytest.mark.slow

EXAMPLES = 12
STEPS_MAX = 14
PEOPLE_MAX = 5
SLOT_MINUTES = 30
_numbers = itertools.count()


@dataclass
class Left:
    """Somebody who left the unit: every key they hold for ever, and the roster's length when they went."""

    name: str
    kept: list[EpochKeys] = field(repr=False)
    seq: int


@dataclass
class History:
    """One practice and what happened in it."""

    house: House
    owner: Person
    staff: list[Person]
    hands: list[Hand] = field(default_factory=list)
    revs: dict[uuid.UUID, int] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)
    slots: Iterator[int] = field(default_factory=itertools.count)
    could: int = 0

    def pick(self, n: int) -> Person:
        """Somebody of the unit; the owner always is."""
        return [self.owner, *self.staff][n % (len(self.staff) + 1)]

    def next_start(self):  # type: ignore[no-untyped-def]
        nth = next(self.slots)
        return at("8:00", DAY) + timedelta(days=nth // 16, minutes=SLOT_MINUTES * (nth % 16))

    async def gone(self, person: Person) -> None:
        self.staff.remove(person)
        kept = [keys for (unit, _), keys in person.kept.items() if unit == self.house.unit]
        self.left.append(Left(person.name, kept, await people.events_of(self.house)))

    # ------------------------------------------------------------ what may happen

    async def join(self, n: int) -> None:
        if len(self.staff) < PEOPLE_MAX:
            role = list(Role)[n % 3]
            person = await people.bring_in(self.owner, self.house, f"Person {n}", role, [self.house.unit])
            self.staff.append(person)
            await person.open_units(self.house)

    async def leave(self, n: int) -> None:
        if self.staff:
            person = self.staff[n % len(self.staff)]
            await person.open_units(self.house)
            assert person.member is not None
            await self.gone_after(person, await people.removal(self.owner, self.house, person.member))

    async def change_unit(self, n: int) -> None:
        """From the unit to the laboratory: of the practice still, of the unit no more."""
        if self.staff:
            person = self.staff[n % len(self.staff)]
            await person.open_units(self.house)
            roster = await self.owner.roster(self.house)
            assert person.member is not None
            lab = self.house.id("unit", "lab")
            moved = replace(roster.members[person.member.bytes], units=(lab.bytes,))
            await self.gone_after(
                person, await people.write(self.owner, self.house, [moved], turn=[self.house.unit])
            )

    async def gone_after(self, person: Person, change: people.Change) -> None:
        await self.owner.change(self.house, change)
        await self.gone(person)

    async def turn(self, n: int) -> None:
        await self.owner.change(
            self.house, await people.write(self.owner, self.house, [], turn=[self.house.unit])
        )

    async def book(self, n: int) -> None:
        """A guest whose page is older than the roster gets 409, reads it, and seals anew."""
        hand, start = Hand(self.house), self.next_start()
        held = await hand.hold(start)
        try:
            await book(self.house.instance, hand.seal(hand.wants(start), held.minutes), hand.token)
        except StaleRoster:
            await people.follow(self.owner, self.house)
            await book(self.house.instance, hand.seal(hand.wants(start), held.minutes), hand.token)
        self.hands.append(hand)
        self.revs[hand.record] = 1

    async def move_as_patient(self, n: int) -> None:
        if not self.hands:
            return
        hand, start = self.hands[n % len(self.hands)], self.next_start()
        await people.follow(self.owner, self.house)
        await hand.hold(start, row_token=hand.cap.row_token)
        await self._moved(
            hand, hand.seal(hand.wants(start), rev=self.revs[hand.record] + 1), hand.token, None
        )

    async def correct_as_member(self, n: int) -> None:
        """Re-sealed where it stands, to the patient's own key."""
        if not self.hands:
            return
        hand, person = self.hands[n % len(self.hands)], self.pick(n)
        units = await person.open_units(self.house)
        roster, c = await person.roster(self.house), draw_c()
        context, *_ = await people.stored_record(self.house, hand.record)
        sealed = seal_by_member(
            replace(context, rev=context.rev + 1), hand.payloads(c), units[self.house.unit][0].k_rec, roster,
            booking_pk=hand.cap.booking.pk, patient_pk=hand.cap.patient.pk, signer=person.keys.sign,
        )  # fmt: skip
        await self._moved(hand, hand.written(sealed, c, own=False), None, person)

    async def _moved(self, hand, written, token, person):  # type: ignore[no-untyped-def]
        seen = self.revs[hand.record]
        staff = None if person is None else await person.staff(self.house)
        moved = await move(
            self.house.instance,
            self.house.practice,
            hand.record,
            written,
            seen_rev=seen,
            token=token,
            staff=staff,
        )
        self.revs[hand.record] = moved.rev

    async def compact(self, n: int) -> None:
        await people.compact_all(self.pick(n), self.house, self.house.unit)

    async def rewrap(self, n: int) -> None:
        """One batch of one or two, cut off before the older stanzas fell every third time."""
        await people.rewrap(self.pick(n), self.house, self.house.unit, most=1 + n % 2, drop=n % 3 != 0)

    # ------------------------------------------------------------ what must hold

    async def check(self) -> None:
        for person in (self.owner, *self.staff):
            chain = (await person.open_units(self.house))[self.house.unit]
            for hand in self.hands:
                assert await people.opens_with(self.house, hand.record, chain), (person.name, "reads no more")
        for hand in self.hands:
            await self._check_patient(hand)
        roster = await self.owner.roster(self.house)
        for leaver in self.left:
            for hand in self.hands:
                opens = await people.opens_with(self.house, hand.record, leaver.kept)
                if roster.seq_of(await self._head(hand.record)) >= leaver.seq:
                    assert not opens, leaver.name
                self.could += opens

    async def check_at_the_end(self) -> None:
        """Once all is wrapped anew, by whoever is there, nobody who left opens anything."""
        while await people.rewrap(self.pick(len(self.hands)), self.house, self.house.unit, most=3):
            pass
        await self.check()
        for leaver in self.left:
            for hand in self.hands:
                assert not await people.opens_with(self.house, hand.record, leaver.kept), leaver.name

    async def _check_patient(self, hand: Hand) -> None:
        try:
            await people.check_opens(self.house, hand.record, hand.cap.k_cap)
        except Unaddressed:
            # Staff re-sealed: to the patient's public key, and the link opens it still.
            await people.check_opens(self.house, hand.record, hand.cap.patient)

    async def _head(self, record: uuid.UUID) -> bytes:
        head: bytes = await self.house.instance.pool.fetchval(
            "SELECT head FROM appointments WHERE practice = $1 AND record = $2", self.house.practice, record
        )
        return head


HAPPENINGS = (
    History.join, History.leave, History.change_unit, History.turn, History.book, History.book,
    History.move_as_patient, History.correct_as_member, History.compact, History.rewrap, History.rewrap,
)  # fmt: skip


async def _live(pool: Pool, happened: list[tuple[int, int]]) -> History:
    house = await open_house(pool, slug=f"history-{next(_numbers)}")
    owner, sam = await people.bento(house), await people.sam(house)
    await sam.open_units(house)
    history = History(house, owner, [sam])
    await history.book(0)
    for which, n in happened:
        await HAPPENINGS[which % len(HAPPENINGS)](history, n)
        await history.check()
    await history.check_at_the_end()
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
def test_members_read_leavers_do_not_and_patients_keep_their_own(
    ground: tuple[asyncio.Runner, Pool], happened: list[tuple[int, int]]
) -> None:
    runner, pool = ground
    runner.run(_live(pool, happened))


def test_a_history_with_everything_in_it(ground: tuple[asyncio.Runner, Pool]) -> None:
    """The example that no luck is needed for; and the control: before it is wrapped anew, a leaver's keys do open an earlier record."""
    runner, pool = ground
    every = [(HAPPENINGS.index(each), n) for n, each in enumerate(HAPPENINGS)]
    history = runner.run(
        _live(pool, [(4, 1), (8, 0), *every, (1, 0), (9, 3), (4, 2), (6, 0), (7, 1), (9, 1)])
    )
    assert history.left and history.could > 0
