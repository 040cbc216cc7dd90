# SPDX-License-Identifier: AGPL-3.0-or-later
"""An owner reads who took what of the practice, by person, reader, day and part; the host reads counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

import members_house as people
from bento_house import DAY, Hand, House, at, open_house
from serment.domain.errors import TooManyDays
from serment.domain.ledger import Part
from serment.server.usecases.count_reads import count_reads
from serment.server.usecases.errors import NotYourRole
from serment.server.usecases.membership import Staff
from serment.server.usecases.read_envelope import read_by_link, read_for_member, read_list
from serment.server.usecases.read_ledger import (
    LEDGER_DAYS_MAX,
    Line,
    LinesTold,
    Wanted,
    read_ledger_figures,
    read_ledger_lines,
)

ALL = Part(31)


class Cast:
    """Dr Bento owns, Sam keeps the desk; Alice and Tom have appointments that were read on two days."""

    def __init__(self, house: House, bento: Staff, sam: Staff) -> None:
        self.house, self.bento, self.sam = house, bento, sam
        self.alice, self.tom = Hand(house), Hand(house)

    async def read(self) -> None:
        house, clock = self.house, self.house.clock
        await self.alice.book(at("09:00"))
        await self.tom.book(at("09:30"))
        await read_list(house.instance, self.sam, [house.bento], at("00:00"), at("23:00"), kids=[], known=[])
        clock.pass_(minutes=1)
        await read_for_member(house.instance, self.sam, self.alice.record, ["ct", "rs"], [])
        clock.pass_(minutes=1)
        await read_for_member(house.instance, self.sam, self.alice.record, ["ct"], [])
        # An hour before midnight in UTC is the next day in Paris.
        clock.now = clock.now.replace(hour=23, minute=5)
        await read_for_member(house.instance, self.bento, self.tom.record, ["rs"], [])
        clock.pass_(minutes=1)
        await read_by_link(house.instance, self.tom.cap.row_token)

    @property
    def day(self) -> date:
        return self.house.clock.now.date()

    def wanted(self, **more: Any) -> Wanted:
        days = {"first": self.day - timedelta(days=1), "last": self.day + timedelta(days=1)}
        return Wanted(**{**days, "parts": ALL, **more})

    async def lines(self, after: Any = None, most: int = 50, **more: Any) -> LinesTold:
        return await read_ledger_lines(
            self.house.instance, self.bento, self.wanted(**more), after=after, most=most
        )

    def said(self, line: Line) -> str:
        names = {self.bento.member: "Bento", self.sam.member: "Sam", None: "a link"}
        of = {self.alice.record: "Alice", self.tom.record: "Tom"}
        whose = ", ".join(sorted(of[record] for record in line.records))
        return f"{names[line.member]} {line.purpose} {'+'.join(line.parts)} of {whose}"


@pytest.fixture
async def cast(house: House) -> Cast:
    owner = await people.bento(house)
    sam = await people.sam(house)
    cast = Cast(house, await owner.staff(house), await sam.staff(house))
    await cast.read()
    return cast


SAID = [
    "a link link id+ct+rs of Tom",
    "Bento record rs of Tom",
    "Sam record ct of Alice",
    "Sam record ct+rs of Alice",
    "Sam agenda id of Alice, Tom",
]


async def test_dr_bento_reads_each_access_in_order_page_by_page_and_where_each_appointment_is(
    cast: Cast,
) -> None:
    told = await cast.lines()
    assert [cast.said(line) for line in told.lines] == SAID
    assert told.after is None
    assert {place.record: (place.agenda, place.start) for place in told.places} == {
        cast.alice.record: (cast.house.bento, at("09:00")), cast.tom.record: (cast.house.bento, at("09:30")),
    }  # fmt: skip
    read, after = [], None
    for _ in SAID:
        page = await cast.lines(after=after, most=1)
        read += page.lines
        after = page.after
    assert [cast.said(line) for line in read] == SAID
    assert after is None


@pytest.mark.parametrize(
    ("filters", "nths"),
    [
        (lambda cast: {"member": cast.sam.member}, [2, 3, 4]),
        (lambda cast: {"by_link": True}, [0]),
        (lambda cast: {"by_link": False}, [1, 2, 3, 4]),
        (lambda cast: {"record": cast.tom.record}, [0, 1, 4]),
        (lambda cast: {"parts": Part.CT}, [0, 2, 3]),
        (lambda cast: {"record": cast.tom.record, "member": cast.bento.member, "parts": Part.RS}, [1]),
        (lambda cast: {"first": cast.day + timedelta(days=1)}, [0, 1]),
        (lambda cast: {"last": cast.day}, [2, 3, 4]),
        (lambda _: {"record": UUID(int=5)}, []),
    ],
    ids=["a member", "links", "members", "an appointment", "a part", "all three", "from a day", "to a day", "nothing"],
)  # fmt: skip
async def test_what_is_sought_is_found_and_nothing_else(
    cast: Cast, filters: Callable[[Cast], dict[str, Any]], nths: list[int]
) -> None:
    told = await cast.lines(**filters(cast))
    assert [cast.said(line) for line in told.lines] == [SAID[nth] for nth in nths]


async def test_figures_count_accesses_and_different_appointments_by_person_and_by_day(cast: Cast) -> None:
    told = await read_ledger_figures(cast.house.instance, cast.bento, cast.wanted())
    figures = {
        each.member: {one.part: (one.times, one.records) for one in each.parts} for each in told.readers
    }
    assert figures == {
        cast.sam.member: {"id": (1, 2), "ct": (2, 1), "rs": (1, 1)},
        cast.bento.member: {"rs": (1, 1)},
        None: {"id": (1, 1), "ct": (1, 1), "rs": (1, 1)},
    }
    assert [each.member for each in told.readers] == [None, cast.bento.member, cast.sam.member]
    days = [(each.day, {one.part: (one.times, one.records) for one in each.parts}) for each in told.days]
    assert days == [
        (cast.day + timedelta(days=1), {"id": (1, 1), "ct": (1, 1), "rs": (2, 1)}),
        (cast.day, {"id": (1, 2), "ct": (2, 1), "rs": (1, 1)}),
    ]
    # Sought by an appointment, the others of a list are not counted.
    wanted = cast.wanted(record=cast.alice.record)
    [sam] = (await read_ledger_figures(cast.house.instance, cast.bento, wanted)).readers
    assert [(one.part, one.times, one.records) for one in sam.parts] == [
        ("id", 1, 1),
        ("ct", 2, 1),
        ("rs", 1, 1),
    ]


async def test_only_an_owner_asks_only_of_their_own_practice_and_of_so_many_days(
    cast: Cast, house: House
) -> None:
    other = await open_house(house.instance.pool, slug="lestrade")
    lestrade = await (await people.bento(other)).staff(other)
    told = await read_ledger_lines(house.instance, lestrade, cast.wanted(), after=None, most=50)
    assert (told.lines, told.places) == ([], [])
    with pytest.raises(NotYourRole):
        await read_ledger_lines(house.instance, cast.sam, cast.wanted(), after=None, most=50)
    for days in (LEDGER_DAYS_MAX, -1):
        with pytest.raises(TooManyDays):
            await cast.lines(first=DAY, last=DAY + timedelta(days=days))


async def test_the_host_is_told_counts_and_no_id(cast: Cast, house: House) -> None:
    lines = await count_reads(house.instance.pool, 30, cast.house.clock.now)
    rows, said = [line.split() for line in lines], "\n".join(lines)
    assert [cast.day.isoformat(), "4", "1"] in rows
    assert [house.slug, "4", "1"] in rows
    ids = (cast.sam.member, cast.bento.member, cast.alice.record, cast.tom.record, house.practice)
    assert not any(str(each) in said for each in ids)
