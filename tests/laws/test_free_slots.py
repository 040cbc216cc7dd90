# SPDX-License-Identifier: AGPL-3.0-or-later
"""What free slots are, as laws over made-up agendas, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from laws.bento import ALICE, BENTO, CHECK_UP, LASER, TOM, absence, expected_starts, utc, visit_type
from laws.bento import agenda as an_agenda
from laws.bento import opening as an_opening
from serment.domain.agenda import Agenda, ChangeKind, DatedChange, Opening, WeekParity
from serment.domain.errors import NotOffered, TooManyDays
from serment.domain.offer import offer, why_not
from serment.domain.search import free_slots, next_free, reach, recheck_at
from serment.domain.slot import Resource, Situation, Span
from serment.domain.visit_type import VisitType, Who

ZONES = ("Europe/Paris", "America/Guadeloupe", "Australia/Lord_Howe", "Antarctica/Troll", "America/Miquelon")
# Around a change of clocks in some of the zones, a year's end, Easter Monday, and nothing at all.
DAYS = [
    date(2027, 3, 27),
    date(2027, 10, 30),
    date(2027, 4, 3),
    date(2026, 12, 30),
    date(2027, 5, 11),
    date(2027, 10, 2),
]
RULES = (
    "",
    "FREQ=DAILY",
    "FREQ=WEEKLY;BYDAY=MO,WE,FR,SU",
    "FREQ=DAILY;INTERVAL=2",
    "FREQ=MONTHLY;BYDAY=-1SU,1SU,2TU",
)
DAYS_ASKED = 2


@dataclass(frozen=True)
class Question:
    """One question put to the engine."""

    agenda: Agenda
    visit: VisitType
    situation: Situation
    first: date

    def free(self, **changed: object) -> list[datetime]:
        situation = replace(self.situation, **changed)  # type: ignore[arg-type]
        slots = free_slots(self.agenda, self.visit, situation, first=self.first, days=DAYS_ASKED)
        return [slot.start for slot in slots]


@st.composite
def openings(draw: st.DrawFn, day: date, number: int) -> Opening:
    start = draw(st.integers(0, 1439).map(lambda m: m - m % 5))
    if number == 0:  # so that most agendas offer something
        return Opening(
            opening=UUID(int=100),
            first_date=day,
            rrule="FREQ=DAILY",
            start_minute=start // 2,
            end_minute=start // 2 + 800,
        )
    return Opening(
        opening=UUID(int=100 + number),
        first_date=day - timedelta(days=draw(st.integers(0, 8))),
        last_date=draw(st.none() | st.just(day)),
        start_minute=start,
        end_minute=start + draw(st.sampled_from((20, 60, 195, 480, 1440))),
        rrule=draw(st.sampled_from(RULES)),
        week_parity=draw(st.sampled_from(WeekParity)),
        visit_types=draw(st.sampled_from((None, None, frozenset({CHECK_UP}), frozenset({LASER})))),
    )


@st.composite
def changes(draw: st.DrawFn, day: date, number: int) -> DatedChange:
    kind = draw(st.sampled_from(ChangeKind))
    start = draw(st.integers(0, 23)) * 60
    hours = {} if kind is ChangeKind.CLOSED else {"start_minute": start, "end_minute": start + 150}
    return DatedChange(
        change=UUID(int=200 + number),
        on_date=day + timedelta(days=draw(st.integers(0, 1))),
        kind=kind,
        opening=None if kind is ChangeKind.EXTRA else UUID(int=100 + number),
        visit_types=draw(st.sampled_from((None, frozenset({CHECK_UP})))),
        **hours,
    )


@st.composite
def spans(draw: st.DrawFn, day: date, most: int = 6) -> list[Span]:
    midnight = datetime.combine(day, datetime.min.time(), tzinfo=UTC)
    found = []
    for _ in range(draw(st.integers(0, most))):
        start = midnight + timedelta(minutes=draw(st.integers(-700, 3600)))
        found.append(
            Span(
                start,
                start + timedelta(minutes=draw(st.integers(1, 200))),
                draw(st.sampled_from((ALICE, TOM))),
            )
        )
    return found


@st.composite
def questions(draw: st.DrawFn) -> Question:
    day = draw(st.sampled_from(DAYS))
    rules = [draw(openings(day, n)) for n in range(draw(st.integers(1, 3)))]
    away = datetime.combine(day, datetime.min.time()) + timedelta(minutes=draw(st.integers(-300, 2600)))
    bento = an_agenda(
        *rules,
        zone=draw(st.sampled_from(ZONES)),
        region=draw(st.sampled_from(("", "FR", "FR-971"))),
        works_on_holidays=draw(st.booleans()),
        last_date=draw(st.none() | st.sampled_from((None, day - timedelta(days=1), day))),
        changes=[draw(changes(day, n)) for n in range(draw(st.integers(0, 2)))],
        absences=[absence(away, away + timedelta(minutes=draw(st.sampled_from((7, 90, 900)))))]
        if draw(st.booleans())
        else [],
    )
    visit = VisitType(
        visit_type=CHECK_UP,
        agendas=frozenset({BENTO}),
        minutes=draw(st.sampled_from((15, 20, 45, 200))),
        step_minutes=draw(st.sampled_from((5, 15, 20, 45))),
        buffer_before_minutes=draw(st.sampled_from((0, 0, 10))),
        buffer_after_minutes=draw(st.sampled_from((0, 0, 5))),
        notice_minutes=draw(st.sampled_from((0, 0, 90, 1440, 2880 + 30))),
        horizon_days=draw(st.sampled_from((1, 3, 90))),
        who=draw(st.sampled_from((*[Who.ANYONE] * 6, Who.KNOWN, Who.STAFF))),
        daily_quota=draw(st.sampled_from((None, 2))),
        resource_kinds=draw(st.sampled_from((frozenset(), frozenset(), frozenset({"room"})))),
    )
    midnight = datetime.combine(day, datetime.min.time(), tzinfo=UTC)
    situation = Situation(
        now=midnight + timedelta(seconds=draw(st.integers(-3 * 86400, 50000))),
        busy=draw(spans(day)),
        resources=[
            Resource(UUID(int=n), "room", draw(spans(day, 2))) for n in range(draw(st.integers(0, 2)))
        ],
        visits={day: draw(st.sampled_from((0, 1, 1, 2, 3)))},
        who=draw(st.sampled_from(Who)),
        moving=draw(st.sampled_from((None, None, ALICE))),
        minutes=draw(st.sampled_from((None, None, None, 25))),
    )
    return Question(bento, visit, situation, day)


@settings(max_examples=60)
@given(questions())
def test_free_slots_are_what_the_definition_says_minute_by_minute(q: Question) -> None:
    assert q.free() == expected_starts(q.agenda, q.visit, q.situation, q.first, DAYS_ASKED)


@settings(max_examples=30)
@given(questions(), st.integers(0, DAYS_ASKED * 1440 - 1))
def test_a_start_is_refused_with_a_reason_exactly_if_it_is_not_listed(q: Question, minute: int) -> None:
    midnight = datetime.combine(q.first, datetime.min.time(), tzinfo=UTC)
    listed = q.free()
    near = [start + timedelta(minutes=5) for start in listed[:3]]
    offered: dict[date, list[datetime]] = {}
    for start in [*listed, *near, midnight + timedelta(minutes=minute)]:
        reasons = why_not(q.agenda, q.visit, q.situation, start)
        if start.date() not in offered:
            offered[start.date()] = _around(q, start)
        assert (reasons == ()) == (start in offered[start.date()])
        if reasons == ():
            assert offer(q.agenda, q.visit, q.situation, start).slot.start == start
        else:
            with pytest.raises(NotOffered):
                offer(q.agenda, q.visit, q.situation, start)


def _around(q: Question, start: datetime) -> list[datetime]:
    first = start.date() - timedelta(days=1)
    return [slot.start for slot in free_slots(q.agenda, q.visit, q.situation, first=first, days=3)]


@settings(max_examples=30)
@given(questions())
def test_no_offer_touches_what_is_taken_and_every_offer_could_be_stored_beside_it(q: Question) -> None:
    for start in q.free():
        taken = offer(q.agenda, q.visit, q.situation, start)
        assert taken.blocked_since <= start < taken.slot.end <= taken.blocked_until
        for busy in q.situation.busy:
            free = busy.end <= taken.blocked_since or taken.blocked_until <= busy.start
            assert free or busy.record == q.situation.moving
        assert len(taken.resources) == len(q.visit.resource_kinds)


@settings(max_examples=30)
@given(questions(), spans(date(2027, 3, 27), 3))
def test_more_that_is_taken_never_offers_more(q: Question, more: list[Span]) -> None:
    before = q.free()
    after = q.free(busy=[*q.situation.busy, *more])
    assert set(after) <= set(before)
    assert before == sorted(set(before))


@settings(max_examples=30)
@given(questions())
def test_what_is_asked_for_days_is_what_is_asked_for_each_day(q: Question) -> None:
    each = []
    for n in range(DAYS_ASKED):
        day = q.first + timedelta(days=n)
        slots = free_slots(q.agenda, q.visit, q.situation, first=day, days=1)
        assert all(slot.day == day for slot in slots)
        each += [slot.start for slot in slots]
    assert sorted(each) == q.free()


@settings(max_examples=15)
@given(questions())
def test_next_free_is_the_first_of_all_free(q: Question) -> None:
    today = q.situation.now.date() - timedelta(days=1)
    everything: list[datetime] = []
    for week in range(0, 402, 60):
        days = free_slots(q.agenda, q.visit, q.situation, first=today + timedelta(days=week), days=60)
        everything += [slot.start for slot in days]
    found = next_free(q.agenda, q.visit, q.situation)
    assert (found.start if found else None) == min(everything, default=None)


@settings(max_examples=30)
@given(questions())
def test_only_what_lies_within_reach_matters(q: Question) -> None:
    since, until = reach(q.agenda, q.visit, first=q.first, days=DAYS_ASKED)
    near = [span for span in q.situation.busy if span.start < until and since < span.end]
    assert q.free() == q.free(busy=near)


@settings(max_examples=25)
@given(questions())
def test_the_first_free_time_stays_until_its_recheck(q: Question) -> None:
    assume(q.situation.who is Who.ANYONE)
    found = next_free(q.agenda, q.visit, q.situation)
    again = recheck_at(q.agenda, q.visit, found, q.situation.now)
    if found is not None:
        just_before = max(q.situation.now, again - timedelta(minutes=1))
        assert next_free(q.agenda, q.visit, replace(q.situation, now=just_before)) == found
    if found is None:
        assert again > q.situation.now


def test_a_long_visit_may_run_from_one_opening_into_the_next() -> None:
    day = date(2027, 5, 11)
    bento = an_agenda(an_opening(day, "9:00", "10:00"), an_opening(day, "10:00", "11:00", number=2))
    slots = free_slots(
        bento, visit_type(90, step_minutes=30), Situation(now=utc("2027-05-01T00:00")), first=day, days=1
    )
    assert [slot.label for slot in slots] == ["09:00", "09:30"]


@pytest.mark.parametrize("days", [0, -1, 63])
def test_more_days_than_an_answer_holds_are_refused(days: int) -> None:
    with pytest.raises(TooManyDays):
        free_slots(
            an_agenda(),
            visit_type(),
            Situation(now=utc("2027-05-01T00:00")),
            first=date(2027, 5, 1),
            days=days,
        )
