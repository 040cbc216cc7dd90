# SPDX-License-Identifier: AGPL-3.0-or-later
"""The desk changes its own rules: hours, visit types, rooms, texts. Nobody overwrites anybody, no appointment is lost."""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from bento_house import DAY, Hand, House, at, open_house, sam_signs_in
from serment.database.pool import open_pool
from serment.database.queries import Connection
from serment.domain.agenda import Agenda
from serment.domain.errors import InvalidRule, NotOffered
from serment.framing import Act, Role
from serment.seal.record import sign_act
from serment.server.stores import rule_rows, spans
from serment.server.usecases.act import act
from serment.server.usecases.change_hours import HoursChanged, change_hours
from serment.server.usecases.change_resource import change_resource
from serment.server.usecases.change_visit_type import change_visit_type
from serment.server.usecases.errors import (
    NoSuchAgenda,
    NotYourRole,
    OfAnotherUnit,
    ResourceInUse,
    RuleChanged,
    RuleIdTaken,
    VisitTypeInUse,
)
from serment.server.usecases.find_slots import find_slots
from serment.server.usecases.hold_slot import Held
from serment.server.usecases.hours_asked import (
    AbsenceAsked,
    ExceptionAsked,
    HoursAsked,
    OpeningAsked,
    Outcome,
    outcome_of,
)
from serment.server.usecases.house_rows import ResourceRow
from serment.server.usecases.membership import Staff, member_of
from serment.server.usecases.preview_offer import preview_offer
from serment.server.usecases.read_rule_rows import read_rule_rows
from serment.server.usecases.rule_rows import AbsenceRow, ExceptionRow, OpeningRow, VisitTypeRow


def wall(text: str) -> datetime:
    """What the clock on the wall shows."""
    return datetime.fromisoformat(text)


THURSDAY = date(2027, 3, 4)
SPRING = date(2027, 3, 28)  # the clock jumps from 2 to 3


@pytest.fixture
async def house(new_database: Callable[[], Awaitable[str]]) -> AsyncIterator[House]:
    pool = await open_pool(await new_database(), connections_max=12)
    yield await open_house(pool)
    pool.terminate()


@pytest.fixture
async def sam(house: House) -> Staff:
    return await member_of(house.instance, await sam_signs_in(house), house.practice)


@pytest.fixture
def bento(house: House, sam: Staff) -> Staff:
    """Dr Bento, who owns the practice and sits in both units."""
    return replace(sam, role=Role.OWNER, units=frozenset({house.unit, house.id("unit", "lab")}))


async def the_opening(house: House, staff: Staff, agenda: uuid.UUID | None = None) -> OpeningRow:
    rows = await read_rule_rows(house.instance, staff)
    return next(row for row in rows.openings if row.agenda == (agenda or house.bento))


async def the_type(house: House, staff: Staff, key: str = "visit") -> VisitTypeRow:
    rows = await read_rule_rows(house.instance, staff)
    return next(row for row in rows.visit_types if row.visit_type == house.type(key))


async def free(
    house: House, day: date = DAY, agenda: uuid.UUID | None = None, kind: str = "visit"
) -> list[str]:
    """What patients are offered on a day, by the clock on the wall."""
    told = json.loads(await find_slots(house.instance, agenda or house.bento, house.type(kind), day, 1))
    return [slot["time"] for slot in told["days"][0]["slots"]]


def hours(house: House, **changes: object) -> HoursAsked:
    return HoursAsked(agenda=house.bento, **changes)  # type: ignore[arg-type]


def away(house: House, since: datetime, until: datetime, agenda: uuid.UUID | None = None) -> AbsenceRow:
    return AbsenceRow(absence=uuid.uuid4(), agenda=agenda or house.bento, since=since, until=until)


def nobody(found: HoursChanged) -> bool:
    """Whether nobody is in the way."""
    return (found.stranded, found.booking) == ([], 0)


async def test_rules_are_followed_beside_the_loop_that_answers_everybody_else(
    house: House, sam: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside: list[bool] = []

    def noted(asked: HoursAsked, agenda: Agenda) -> Outcome:
        beside.append(threading.current_thread() is not threading.main_thread())
        return outcome_of(asked, agenda)

    for usecase in ("change_hours", "preview_offer"):
        monkeypatch.setattr(f"serment.server.usecases.{usecase}.outcome_of", noted)
    await change_hours(house.instance, sam, hours(house))
    await preview_offer(house.instance, sam, hours(house), house.type("visit"), None, DAY, 1)
    assert beside == [True, True]


async def test_an_opening_changed_by_sam_is_what_patients_are_offered_and_the_neighbour_stays(
    house: House, sam: Staff
) -> None:
    was = await the_opening(house, sam)
    now = msgspec.structs.replace(was, start_minute=600, end_minute=660)
    asked = hours(house, openings=[OpeningAsked(was, now)])
    assert nobody(await change_hours(house.instance, sam, asked))
    assert await free(house) == ["10:00", "10:15", "10:30"]
    assert (await free(house, agenda=house.ferrand))[0] == "08:00"
    version = await house.instance.pool.fetchval(
        "SELECT rules_version FROM agendas WHERE agenda = $1", house.bento
    )
    # Sent again, nothing more happens.
    assert nobody(await change_hours(house.instance, sam, asked))
    assert version == await house.instance.pool.fetchval(
        "SELECT rules_version FROM agendas WHERE agenda = $1", house.bento
    )


async def test_this_thursday_only_from_two_to_four_and_then_back_again(house: House, sam: Staff) -> None:
    was = await the_opening(house, sam)
    now = msgspec.structs.replace(was, start_minute=14 * 60, end_minute=16 * 60)
    fresh = uuid.uuid4()
    asked = hours(house, openings=[OpeningAsked(was, now, "day", THURSDAY, None, fresh)])
    await change_hours(house.instance, sam, asked)
    await change_hours(house.instance, sam, asked)
    assert (await free(house, THURSDAY))[0] == "14:00"
    assert (await free(house, THURSDAY + timedelta(days=1)))[0] == "08:00"
    (row,) = (await read_rule_rows(house.instance, sam)).exceptions
    assert (row.exception, row.kind, row.on_date) == (fresh, "replaced", THURSDAY)
    await change_hours(house.instance, sam, hours(house, exceptions=[ExceptionAsked(row, None)]))
    assert (await free(house, THURSDAY))[0] == "08:00"


async def test_from_now_on_leaves_what_was_before_and_is_made_once(house: House, sam: Staff) -> None:
    was = await the_opening(house, sam)
    closed = ExceptionRow(
        exception=uuid.uuid4(), agenda=house.bento, opening=was.opening, on_date=date(2027, 3, 12),
        kind="closed", start_minute=None, end_minute=None, visit_types=None,
    )  # fmt: skip
    await change_hours(house.instance, sam, hours(house, exceptions=[ExceptionAsked(None, closed)]))
    now = msgspec.structs.replace(was, opening=uuid.uuid4(), start_minute=600, first_date=date(2027, 3, 10))
    asked = hours(house, openings=[OpeningAsked(was, now, "from", date(2027, 3, 10))])
    for _ in range(2):
        await change_hours(house.instance, sam, asked)
        rows = await read_rule_rows(house.instance, sam)
        assert sum(row.agenda == house.bento for row in rows.openings) == 2
    assert (await free(house, date(2027, 3, 9)))[0] == "08:00"
    assert (await free(house, date(2027, 3, 10)))[0] == "10:00"
    # What was written for one day goes over to the new rule.
    assert await free(house, date(2027, 3, 12)) == []


async def test_every_change_of_hours_is_taken_back_by_what_its_answer_says(house: House, sam: Staff) -> None:
    """A split, a deletion with what hung on it, a change of all, one day, an absence: each leaves the rules as they were."""
    opening = await the_opening(house, sam)
    closed = ExceptionRow(
        exception=uuid.uuid4(), agenda=house.bento, opening=opening.opening, on_date=date(2027, 3, 12),
        kind="closed", start_minute=None, end_minute=None, visit_types=None,
    )  # fmt: skip
    await change_hours(house.instance, sam, hours(house, exceptions=[ExceptionAsked(None, closed)]))
    later = msgspec.structs.replace(
        opening, opening=uuid.uuid4(), start_minute=600, first_date=date(2027, 3, 10)
    )
    noon = msgspec.structs.replace(opening, end_minute=720)
    row = away(house, wall("2027-03-02T08:00"), wall("2027-03-02T18:00"))
    before = await read_rule_rows(house.instance, sam)
    for asked in (
        hours(house, openings=[OpeningAsked(opening, later, "from", date(2027, 3, 10))]),
        hours(house, openings=[OpeningAsked(opening, None, "from", date(2027, 3, 10))]),
        hours(house, openings=[OpeningAsked(opening, None)]),
        hours(house, openings=[OpeningAsked(opening, noon)]),
        hours(house, openings=[OpeningAsked(opening, noon, "day", THURSDAY, None, uuid.uuid4())]),
        hours(house, absences=[AbsenceAsked(None, row)]),
        hours(house, openings=[OpeningAsked(opening, noon)], absences=[AbsenceAsked(None, row)]),
    ):
        undo = (await change_hours(house.instance, sam, asked)).undo
        assert undo is not None
        assert await read_rule_rows(house.instance, sam) != before
        # As the browser sends it, and twice, as after a lost answer.
        sent = msgspec.convert(msgspec.to_builtins(undo), HoursAsked)
        for _ in range(2):
            await change_hours(house.instance, sam, sent)
        assert await read_rule_rows(house.instance, sam) == before


async def test_an_undo_does_not_overwrite_what_another_desk_did_meanwhile(house: House, sam: Staff) -> None:
    opening = await the_opening(house, sam)
    noon = msgspec.structs.replace(opening, end_minute=720)
    undo = (
        await change_hours(house.instance, sam, hours(house, openings=[OpeningAsked(opening, noon)]))
    ).undo
    eleven = msgspec.structs.replace(noon, end_minute=660)
    await change_hours(house.instance, sam, hours(house, openings=[OpeningAsked(noon, eleven)]))
    assert undo is not None
    with pytest.raises(RuleChanged):
        await change_hours(house.instance, sam, undo)
    assert await the_opening(house, sam) == eleven


async def test_of_two_desks_on_one_opening_the_second_is_told_what_stands(house: House, sam: Staff) -> None:
    was = await the_opening(house, sam)
    first = msgspec.structs.replace(was, start_minute=600)
    second = msgspec.structs.replace(was, start_minute=660)
    await change_hours(house.instance, sam, hours(house, openings=[OpeningAsked(was, first)]))
    with pytest.raises(RuleChanged) as refused:
        await change_hours(house.instance, sam, hours(house, openings=[OpeningAsked(was, second)]))
    assert refused.value.told["stands"] == first
    assert (await free(house))[0] == "10:00"
    # Having read it, the second desk may.
    await change_hours(house.instance, sam, hours(house, openings=[OpeningAsked(first, second)]))
    assert (await free(house))[0] == "11:00"


async def test_of_two_desks_on_one_day_of_an_opening_the_second_is_told_what_stands(
    house: House, sam: Staff
) -> None:
    was = await the_opening(house, sam)
    first = msgspec.structs.replace(was, start_minute=600)
    for_day = [OpeningAsked(was, first, "day", THURSDAY, None, uuid.uuid4())]
    await change_hours(house.instance, sam, hours(house, openings=for_day))
    closing = [OpeningAsked(was, None, "day", THURSDAY, None, uuid.uuid4())]
    with pytest.raises(RuleChanged) as refused:
        await change_hours(house.instance, sam, hours(house, openings=closing))
    assert refused.value.told["stands"].start_minute == 600
    assert (await free(house, THURSDAY))[0] == "10:00"


async def test_of_twenty_desks_at_once_exactly_one_changes_the_opening(house: House, sam: Staff) -> None:
    was = await the_opening(house, sam)

    async def one(nth: int) -> bool:
        now = msgspec.structs.replace(was, start_minute=540 + nth)
        try:
            await change_hours(house.instance, sam, hours(house, openings=[OpeningAsked(was, now)]))
        except RuleChanged:
            return False
        return True

    assert sum(await asyncio.gather(*(one(nth) for nth in range(20)))) == 1


async def test_an_id_of_another_agenda_is_refused_and_nothing_is_written(house: House, sam: Staff) -> None:
    theirs = await the_opening(house, sam, house.ferrand)
    mine = msgspec.structs.replace(theirs, agenda=house.bento)
    with pytest.raises(RuleIdTaken):
        await change_hours(house.instance, sam, hours(house, openings=[OpeningAsked(None, mine)]))
    assert await the_opening(house, sam, house.ferrand) == theirs


async def test_changes_of_one_request_are_made_together_or_not_at_all(house: House, sam: Staff) -> None:
    was = await the_opening(house, sam)
    now = msgspec.structs.replace(was, start_minute=600)
    nowhere = ExceptionRow(
        exception=uuid.uuid4(), agenda=house.bento, opening=uuid.uuid4(), on_date=THURSDAY, kind="closed",
        start_minute=None, end_minute=None, visit_types=None,
    )  # fmt: skip
    with pytest.raises(InvalidRule):
        await change_hours(
            house.instance,
            sam,
            hours(house, openings=[OpeningAsked(was, now)], exceptions=[ExceptionAsked(None, nowhere)]),
        )
    assert await the_opening(house, sam) == was


# ---------------------------------------------------------------- 10: an absence over appointments


async def test_an_absence_over_seven_appointments_loses_none_and_lists_them_all(
    house: House, sam: Staff
) -> None:
    """The week of the clock change: nine o'clock is 08:00Z on Saturday and 07:00Z from Sunday on."""
    monday = date(2027, 3, 22)
    hands = [Hand(house) for _ in range(7)]
    for nth, hand in enumerate(hands):
        day = monday + timedelta(days=nth)
        await hand.book(at("09:00", day) - timedelta(hours=1 if day >= SPRING else 0))
    outside = [Hand(house), Hand(house)]
    await outside[0].book(at("11:00", monday + timedelta(days=7)) - timedelta(hours=1))
    await outside[1].book(at("09:00", monday), agenda=house.ferrand)
    row = away(house, wall("2027-03-22T00:00"), wall("2027-03-29T00:00"))
    asked = hours(house, absences=[AbsenceAsked(None, row)])
    draft = await preview_offer(house.instance, sam, asked, house.type(), None, monday, 7)
    assert [each.record for each in draft.in_the_way.stranded] == [hand.record for hand in hands]
    assert (await free(house, monday)) != []
    for _ in range(2):  # and again, as after a lost answer
        found = await change_hours(house.instance, sam, asked)
        assert [each.record for each in found.stranded] == [hand.record for hand in hands]
        assert {tuple(each.troubles) for each in found.stranded} == {("absent",)}
    assert await free(house, monday) == []
    statuses = await house.instance.pool.fetch("SELECT status FROM appointments")
    assert [row["status"] for row in statuses] == ["booked"] * 9


async def test_one_of_them_cancelled_is_taken_back_within_the_absence(house: House, sam: Staff) -> None:
    alice = Hand(house)
    await alice.book(at("09:00"))
    row = away(house, wall("2027-03-02T08:00"), wall("2027-03-02T12:00"))
    (found,) = (
        await change_hours(house.instance, sam, hours(house, absences=[AbsenceAsked(None, row)]))
    ).stranded

    async def signed(n: int, kind: Act) -> str:
        sig = sign_act(alice.context(alice.wants(at("09:00")), 30), n, kind, house.sam.sign)
        done = await act(
            house.instance, house.practice, alice.record, rev=found.rev, n=n, kind=kind.name.lower(), sig=sig, staff=sam
        )  # fmt: skip
        return done.status

    assert await signed(found.acts + 1, Act.CANCEL) == "cancelled"
    house.clock.pass_(minutes=9)
    assert await signed(found.acts + 2, Act.UNDO) == "booked"


async def test_who_holds_a_time_while_the_absence_is_written_is_counted(house: House, sam: Staff) -> None:
    await Hand(house).hold(at("09:00"))
    row = away(house, wall("2027-03-02T08:00"), wall("2027-03-02T12:00"))
    asked = hours(house, absences=[AbsenceAsked(None, row)])
    found = await change_hours(house.instance, sam, asked)
    assert (found.stranded, found.booking) == ([], 1)


async def test_whoever_books_while_the_absence_is_written_is_named_when_one_looks_again(
    house: House, sam: Staff
) -> None:
    """Eight patients and one absence at once: whoever got a time is named, whoever did not was refused in words."""
    hands = [Hand(house) for _ in range(8)]
    row = away(house, wall("2027-03-02T08:00"), wall("2027-03-02T18:00"))
    asked = hours(house, absences=[AbsenceAsked(None, row)])

    async def booked(nth: int, hand: Hand) -> bool:
        try:
            await hand.book(at("08:00") + timedelta(minutes=30 * nth))
        except NotOffered:
            return False
        return True

    *got, _ = await asyncio.gather(
        *(booked(nth, hand) for nth, hand in enumerate(hands)), change_hours(house.instance, sam, asked)
    )
    found = await change_hours(house.instance, sam, asked)
    assert {each.record for each in found.stranded} == {
        hand.record for hand, mine in zip(hands, got, strict=True) if mine
    }
    assert found.booking == 0


async def test_closing_an_opening_names_who_stands_in_it_and_widening_it_nobody(
    house: House, sam: Staff
) -> None:
    alice = Hand(house)
    await alice.book(at("17:00"))
    was = await the_opening(house, sam)
    wide = msgspec.structs.replace(was, end_minute=20 * 60)
    assert (
        await change_hours(house.instance, sam, hours(house, openings=[OpeningAsked(was, wide)]))
    ).stranded == []
    short = msgspec.structs.replace(was, end_minute=12 * 60)
    found = await change_hours(house.instance, sam, hours(house, openings=[OpeningAsked(wide, short)]))
    assert [(each.record, each.troubles) for each in found.stranded] == [(alice.record, ["closed"])]


# ---------------------------------------------------------------- a draft


async def test_a_draft_shows_what_patients_are_offered_once_it_is_saved(house: House, sam: Staff) -> None:
    was = await the_opening(house, sam)
    now = msgspec.structs.replace(was, start_minute=9 * 60, end_minute=10 * 60)
    asked = hours(house, openings=[OpeningAsked(was, now)])
    before = await free(house)
    draft = await preview_offer(house.instance, sam, asked, house.type(), None, DAY, 1)
    assert await free(house) == before
    drafted = [slot.time for slot in draft.days[0].slots if slot.change != "gone"]
    assert [slot.time for slot in draft.days[0].slots if slot.change != "new"] == before
    await change_hours(house.instance, sam, asked)
    assert await free(house) == drafted == ["09:00", "09:15", "09:30"]


async def test_a_drafted_visit_type_is_offered_in_the_draft_alone(house: House, sam: Staff) -> None:
    visit = await the_type(house, sam)
    longer = msgspec.structs.replace(visit, minutes=120, step_minutes=120, buffer_after_minutes=60)
    draft = await preview_offer(house.instance, sam, hours(house), house.type(), longer, DAY, 1)
    drafted = [slot.time for slot in draft.days[0].slots if slot.change != "gone"]
    assert drafted == ["08:00", "10:00", "12:00", "14:00", "16:00"]
    new = msgspec.structs.replace(longer, visit_type=uuid.uuid4())
    draft = await preview_offer(house.instance, sam, hours(house), new.visit_type, new, DAY, 1)
    assert {slot.change for slot in draft.days[0].slots} == {"new"}
    with pytest.raises(InvalidRule):
        await preview_offer(house.instance, sam, hours(house), new.visit_type, None, DAY, 1)


# ---------------------------------------------------------------- who may


async def test_sam_changes_hours_but_no_care_and_sees_nothing_of_the_laboratory(
    house: House, sam: Staff, bento: Staff
) -> None:
    lab = house.id("agenda", "lab")
    rows = await read_rule_rows(house.instance, sam)
    assert {row.agenda for row in rows.agendas} == {house.bento, house.ferrand}
    assert lab not in {row.agenda for row in rows.openings}
    assert lab in {row.agenda for row in (await read_rule_rows(house.instance, bento)).openings}
    row = away(house, wall("2027-03-02T00:00"), wall("2027-03-03T00:00"), lab)
    asked = HoursAsked(agenda=lab, absences=[AbsenceAsked(None, row)])
    with pytest.raises(NoSuchAgenda):
        await change_hours(house.instance, sam, asked)
    with pytest.raises(NoSuchAgenda):
        await preview_offer(house.instance, sam, asked, house.type(), None, DAY, 1)
    await change_hours(house.instance, bento, asked)
    visit = await the_type(house, sam)
    with pytest.raises(NotYourRole):
        await change_visit_type(house.instance, sam, visit, msgspec.structs.replace(visit, minutes=20))
    await change_visit_type(house.instance, bento, visit, msgspec.structs.replace(visit, minutes=20))


async def test_a_visit_type_shared_with_another_unit_is_changed_by_nobody_who_is_not_of_both(
    house: House, sam: Staff, bento: Staff
) -> None:
    practitioner = replace(sam, role=Role.PRACTITIONER)
    lab = house.id("agenda", "lab")
    visit = await the_type(house, bento)
    shared = msgspec.structs.replace(visit, agendas=[*visit.agendas, lab])
    await change_visit_type(house.instance, bento, visit, shared)
    seen = await the_type(house, practitioner)
    assert lab not in seen.agendas
    with pytest.raises(OfAnotherUnit):
        await change_visit_type(house.instance, practitioner, seen, msgspec.structs.replace(seen, minutes=20))
    # Taking it off one's own agendas leaves the other unit's offer.
    await change_visit_type(house.instance, practitioner, seen, msgspec.structs.replace(seen, agendas=[]))
    assert (await the_type(house, bento)).agendas == [lab]
    with pytest.raises(NoSuchAgenda):
        own = await the_type(house, practitioner, "long")
        await change_visit_type(
            house.instance, practitioner, own, msgspec.structs.replace(own, agendas=[lab])
        )


# ---------------------------------------------------------------- visit types, rooms, texts


async def test_a_visit_type_with_appointments_is_retired_and_one_without_deleted(
    house: House, bento: Staff
) -> None:
    await Hand(house).book(at("09:00"))
    visit = await the_type(house, bento)
    with pytest.raises(VisitTypeInUse) as refused:
        await change_visit_type(house.instance, bento, visit, None)
    assert refused.value.told == {"appointments": 1}
    retired = msgspec.structs.replace(visit, agendas=[])
    await change_visit_type(house.instance, bento, visit, retired)
    await change_visit_type(house.instance, bento, visit, retired)
    rows = await read_rule_rows(house.instance, bento)
    assert retired in rows.visit_types
    long = await the_type(house, bento, "long")
    opening = await the_opening(house, bento)
    only = msgspec.structs.replace(opening, visit_types=sorted([long.visit_type, house.type("few")]))
    await change_hours(house.instance, bento, hours(house, openings=[OpeningAsked(opening, only)]))
    await change_visit_type(house.instance, bento, long, None)
    assert (await the_opening(house, bento)).visit_types == [house.type("few")]


async def test_whoever_takes_a_time_while_its_visit_type_is_deleted_waits_and_is_told(
    house: House, bento: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, count_uses = Hand(house), rule_rows.count_uses
    holding: list[asyncio.Task[Held]] = []

    async def counted(tx: Connection, practice: uuid.UUID, visit_type: uuid.UUID, now: datetime) -> int:
        uses = await count_uses(tx, practice, visit_type, now)
        holding.append(asyncio.create_task(alice.hold(at("09:00"), kind="long")))  # after the count
        await asyncio.wait(holding, timeout=0.3)
        return uses

    monkeypatch.setattr(rule_rows, "count_uses", counted)
    await change_visit_type(house.instance, bento, await the_type(house, bento, "long"), None)
    with pytest.raises(NotOffered):
        await holding[0]
    assert not await house.instance.pool.fetchval(
        "SELECT count(*) FROM spans WHERE visit_type = $1", house.type("long")
    )


async def test_a_hold_that_is_being_placed_is_counted_before_its_visit_type_or_room_is_deleted(
    house: House, bento: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    laser, rooms = (
        await the_type(house, bento, "laser"),
        (await read_rule_rows(house.instance, bento)).resources,
    )
    place_resources = spans.place_resources
    deleting: list[asyncio.Task[None]] = []

    async def placed(tx: Connection, *taken: Any) -> bool:
        done = await place_resources(tx, *taken)
        deleting.append(asyncio.create_task(change_visit_type(house.instance, bento, laser, None)))
        deleting.extend(
            asyncio.create_task(change_resource(house.instance, bento, room, None)) for room in rooms
        )
        await asyncio.wait(deleting, timeout=0.3)  # the hold is not committed yet
        return done

    monkeypatch.setattr(spans, "place_resources", placed)
    await Hand(house).hold(at("09:00"), kind="laser")
    outcomes = await asyncio.gather(*deleting, return_exceptions=True)
    assert isinstance(outcomes[0], VisitTypeInUse)
    assert sorted(type(each).__name__ for each in outcomes[1:]) == ["NoneType", "ResourceInUse"]


async def test_a_new_visit_type_with_a_question_and_a_room_is_kept_whole_and_offered(
    house: House, bento: Staff
) -> None:
    visit = await the_type(house, bento, "laser")
    await free(house)  # the server has the rules in memory, as they were before
    new = msgspec.convert(
        {**msgspec.to_builtins(visit), "visit_type": str(uuid.uuid4()), "name_fr": "Peau", "daily_quota": 2,
         "questions": [{"id": "sun", "kind": "choice", "fr": "Soleil ?", "en": "Sun?", "required": True,
                        "choices": [{"fr": "Oui", "en": "Yes"}, {"fr": "Non", "en": "No"}]}]},
        VisitTypeRow,
    )  # fmt: skip
    await change_visit_type(house.instance, bento, None, new)
    rows = await read_rule_rows(house.instance, bento)
    assert new in rows.visit_types
    told = json.loads(await find_slots(house.instance, house.bento, new.visit_type, DAY, 1))
    assert told["days"][0]["slots"]
    other = msgspec.structs.replace(new, minutes=20)
    with pytest.raises(RuleChanged):
        await change_visit_type(house.instance, bento, None, other)


async def test_a_room_somebody_comes_to_is_not_deleted_and_an_empty_one_is(
    house: House, bento: Staff
) -> None:
    rooms = (await read_rule_rows(house.instance, bento)).resources
    await Hand(house).book(at("09:00"), kind="laser")
    outcomes = []
    for room in rooms:
        try:
            await change_resource(house.instance, bento, room, None)
            outcomes.append("deleted")
        except ResourceInUse as refused:
            outcomes.append(f"kept for {refused.told['appointments']}")
    assert sorted(outcomes) == ["deleted", "kept for 1"]
    new = ResourceRow(resource=uuid.uuid4(), site=house.id("site", "site"), kind="laser", name="Laser neuf")
    await change_resource(house.instance, bento, None, new)
    assert new in (await read_rule_rows(house.instance, bento)).resources


async def test_a_room_that_another_units_visits_need_is_taken_away_by_nobody_outside_it(
    house: House, bento: Staff
) -> None:
    room = (await read_rule_rows(house.instance, bento)).resources[0]
    of_the_lab = replace(bento, units=frozenset({house.id("unit", "lab")}))
    for now in (None, msgspec.structs.replace(room, kind="other")):
        with pytest.raises(OfAnotherUnit):
            await change_resource(house.instance, of_the_lab, room, now)
    await change_resource(house.instance, of_the_lab, room, msgspec.structs.replace(room, name="Laser 9"))
    await change_resource(house.instance, bento, msgspec.structs.replace(room, name="Laser 9"), None)


async def test_an_absence_that_has_been_read_is_shortened_and_deleted(house: House, sam: Staff) -> None:
    row = away(house, wall("2027-03-02T08:00"), wall("2027-03-02T18:00"))
    await change_hours(house.instance, sam, hours(house, absences=[AbsenceAsked(None, row)]))
    assert await free(house) == []
    short = msgspec.structs.replace(row, until=wall("2027-03-02T12:00"))
    await change_hours(house.instance, sam, hours(house, absences=[AbsenceAsked(row, short)]))
    assert (await free(house))[0] == "12:00"
    with pytest.raises(RuleChanged):
        await change_hours(house.instance, sam, hours(house, absences=[AbsenceAsked(row, None)]))
    await change_hours(house.instance, sam, hours(house, absences=[AbsenceAsked(short, None)]))
    assert (await free(house))[0] == "08:00"


async def test_an_absence_of_another_agenda_is_overwritten_by_no_id(house: House, sam: Staff) -> None:
    theirs = away(house, wall("2027-03-02T08:00"), wall("2027-03-02T18:00"), house.ferrand)
    await change_hours(
        house.instance, sam, HoursAsked(agenda=house.ferrand, absences=[AbsenceAsked(None, theirs)])
    )
    mine = msgspec.structs.replace(theirs, agenda=house.bento, until=wall("2027-03-02T09:00"))
    with pytest.raises(RuleIdTaken):
        await change_hours(house.instance, sam, hours(house, absences=[AbsenceAsked(None, mine)]))
    assert (await read_rule_rows(house.instance, sam)).absences == [theirs]
