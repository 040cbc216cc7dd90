# SPDX-License-Identifier: AGPL-3.0-or-later
"""Editing one day of an opening, from a day on, or all of it: what changes, and above all what does not.

The laws hold for any rule, on the days around both clock changes and in the odd weeks at the turn of the year.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import hypothesis.strategies as st
import pytest
from hypothesis import given

from laws.bento import BENTO, LASER, agenda, clock, opening, visit_type, wall
from serment.domain.agenda import Absence, Agenda, ChangeKind, DatedChange, Opening, WeekParity
from serment.domain.errors import InvalidRule
from serment.domain.opening_edit import Edit, edit_all, edit_day, edit_from
from serment.domain.search import free_slots
from serment.domain.slot import Situation
from serment.domain.stranded import Standing, Trouble, stranded, troubles_of

FRESH, OTHER = UUID(int=0xF1), UUID(int=0xF2)
FIRST, LAST = date(2026, 12, 1), date(2027, 11, 30)
DAYS = (LAST - FIRST).days
# The days where rules go wrong: W53 and W1, both clock changes, the ends of months.
TRICKY = [
    date(2026, 12, 31), date(2027, 1, 4), date(2027, 1, 7), date(2027, 2, 28), date(2027, 3, 27), date(2027, 3, 28),
    date(2027, 3, 29), date(2027, 10, 30), date(2027, 10, 31), date(2027, 11, 1),
]  # fmt: skip

dates = st.sampled_from(TRICKY) | st.integers(0, DAYS).map(lambda n: FIRST + timedelta(days=n))
weekdays = st.lists(
    st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, max_size=4, unique=True
).map(",".join)
rules = st.one_of(
    st.builds("FREQ=WEEKLY;INTERVAL={};BYDAY={}".format, st.integers(1, 4), weekdays),
    st.builds("FREQ=WEEKLY;BYDAY={};COUNT={}".format, weekdays, st.integers(1, 60)),
    st.builds("FREQ=DAILY;INTERVAL={}".format, st.integers(1, 9)),
    st.builds("FREQ=MONTHLY;BYDAY={}{}".format, st.sampled_from(["1", "3", "-1"]), st.just("TH")),
    st.just("FREQ=MONTHLY"),
    st.just(""),
)
kinds = st.none() | st.just(frozenset({LASER}))


@st.composite
def openings(draw: st.DrawFn, number: int = 1) -> Opening:
    start = draw(st.integers(0, 1439))
    return Opening(
        opening=UUID(int=number),
        first_date=draw(dates),
        last_date=draw(st.none() | dates),
        start_minute=start,
        end_minute=start + draw(st.integers(1, 1440)),
        rrule=draw(rules),
        week_parity=draw(st.sampled_from(WeekParity)),
        visit_types=draw(kinds),
    )


@st.composite
def agendas(draw: st.DrawFn) -> Agenda:
    """An opening with single days written by hand, beside another opening that no edit may touch."""
    rule, other = draw(openings()), draw(openings(number=2))
    found: list[DatedChange] = []
    for number, day in enumerate(draw(st.lists(dates, max_size=5, unique=True))):
        kind = draw(st.sampled_from(ChangeKind))
        hours = {} if kind is ChangeKind.CLOSED else {"start_minute": 600, "end_minute": 660}
        owner = None if kind is ChangeKind.EXTRA else draw(st.sampled_from([rule.opening, other.opening]))
        found.append(
            DatedChange(change=UUID(int=0x100 + number), on_date=day, kind=kind, opening=owner, **hours)
        )
    return agenda(rule, other, region="FR", changes=found)


def day_of(bento: Agenda, day: date) -> list[object]:
    """All that is open on a day, in no particular order."""
    return sorted(bento.occurrences(day.toordinal(), day.toordinal()), key=repr)


def every_day() -> list[date]:
    return [FIRST + timedelta(days=n) for n in range(-2, DAYS + 3)]


@given(agendas(), openings(number=7), dates)
def test_from_a_day_on_every_earlier_date_stays_and_every_later_one_follows_the_new_rule(
    bento: Agenda, wanted: Opening, day: date
) -> None:
    rule, other = bento.openings
    try:
        after = edit_from(rule, wanted, day=day, changes=bento.changes).applied(bento)
    except InvalidRule:
        # A rule that is over has no rhythm to go on with.
        assert wanted.rrule == rule.rrule
        assert not any(rule.runs_on(each.toordinal()) for each in every_day() if each >= day)
        return
    moved = next((each for each in after.openings if each.opening == wanted.opening), None)
    assert moved is not None
    if wanted.rrule != rule.rrule:
        assert moved == replace(wanted, first_date=max(day, wanted.first_date))
    kept = [change for change in after.changes if change.opening == moved.opening]
    for each in every_day():
        if each < day:
            assert day_of(after, each) == day_of(bento, each)
            continue
        alone = agenda(moved, other, region="FR", changes=after.changes)
        assert day_of(after, each) == day_of(alone, each)
    # What was written for single days of the new rule is still written, and nothing else was lost.
    for change in bento.changes:
        mine = change.opening == rule.opening
        expected = (
            replace(change, opening=moved.opening)
            if mine and change.on_date >= day and moved.runs_on(change.on_date.toordinal())
            else change
        )
        if not mine or expected in kept:
            assert expected in after.changes
        elif change.on_date < day and rule.runs_on(change.on_date.toordinal()):
            assert change in after.changes


@given(agendas(), dates)
def test_the_same_rule_from_a_day_on_changes_no_date_at_all(bento: Agenda, day: date) -> None:
    """Whatever its rhythm: every other week, the last Thursday, ten times."""
    rule = bento.openings[0]
    runs_later = any(rule.runs_on(each.toordinal()) for each in every_day() if each >= day)
    try:
        edit = edit_from(rule, replace(rule, opening=FRESH), day=day, changes=bento.changes)
    except InvalidRule:
        assert not runs_later
        return
    after = edit.applied(bento)
    for each in every_day():
        assert day_of(after, each) == day_of(bento, each), each


@given(agendas(), openings(number=7), dates)
def test_on_one_day_only_that_day_changes(bento: Agenda, wanted: Opening, day: date) -> None:
    rule = bento.openings[0]
    stands = next(
        (each for each in bento.changes if each.opening == rule.opening and each.on_date == day), None
    )
    try:
        edit = edit_day(rule, wanted, day=day, stands=stands, fresh=FRESH)
    except InvalidRule:
        assert not rule.runs_on(day.toordinal()) or (wanted.visit_types is None and rule.visit_types)
        return
    after = edit.applied(bento)
    for each in every_day():
        if each != day:
            assert day_of(after, each) == day_of(bento, each)
    midnight = (day - date(1970, 1, 1)).days * 1440
    run = (midnight + wanted.start_minute, midnight + wanted.end_minute, wanted.visit_types)
    assert run in [found[:3] for found in after.occurrences(day.toordinal(), day.toordinal()) if found.open]
    assert sum(each.opening == rule.opening and each.on_date == day for each in after.changes) == 1


@given(agendas(), dates)
def test_deleting_one_day_or_from_a_day_on_or_all_leaves_the_rest(bento: Agenda, day: date) -> None:
    rule, other = bento.openings
    only = [change for change in bento.changes if change.opening != rule.opening]
    without = agenda(other, region="FR", changes=only)
    ended = edit_from(rule, None, day=day, changes=bento.changes).applied(bento)
    gone = edit_all(rule, None, changes=bento.changes).applied(bento)
    for each in every_day():
        assert day_of(ended, each) == day_of(bento if each < day else without, each)
        assert day_of(gone, each) == day_of(without, each)


def test_this_thursday_only_and_then_from_now_on() -> None:
    """The twin of the laws, with a clock change in between: Thursdays 9 to 12, one of them 14 to 16, later 10 to 13."""
    rule = opening(date(2027, 1, 7), "9:00", "12:00", "FREQ=WEEKLY;BYDAY=TH")
    bento = agenda(rule)
    afternoon = replace(rule, start_minute=clock("14:00"), end_minute=clock("16:00"))
    once = edit_day(rule, afternoon, day=date(2027, 3, 25), stands=None, fresh=OTHER).applied(bento)
    later = replace(rule, opening=FRESH, start_minute=clock("10:00"), end_minute=clock("13:00"))
    twice = edit_from(rule, later, day=date(2027, 4, 1), changes=once.changes).applied(once)

    def labels(day: date) -> list[str]:
        found = free_slots(
            twice, visit_type(60), Situation(now=datetime(2027, 3, 1, tzinfo=UTC)), first=day, days=1
        )
        return [slot.label for slot in found]

    assert labels(date(2027, 3, 18)) == ["09:00", "10:00", "11:00"]
    assert labels(date(2027, 3, 25)) == ["14:00", "15:00"]
    assert labels(date(2027, 4, 1)) == labels(date(2027, 4, 8)) == ["10:00", "11:00", "12:00"]


def test_a_day_the_opening_does_not_run_on_cannot_be_edited() -> None:
    rule = opening(date(2027, 1, 7), "9:00", "12:00", "FREQ=WEEKLY;BYDAY=TH")
    with pytest.raises(InvalidRule):
        edit_day(rule, None, day=date(2027, 3, 26), stands=None, fresh=FRESH)
    assert edit_day(rule, None, day=date(2027, 3, 25), stands=None, fresh=FRESH) == Edit(
        changes=(
            (None, DatedChange(
                change=FRESH, on_date=date(2027, 3, 25), kind=ChangeKind.CLOSED, opening=rule.opening
            )),
        )
    )  # fmt: skip


# ---------------------------------------------------------------- appointments in the way


def test_an_absence_strands_exactly_the_visits_it_touches_over_the_clock_change() -> None:
    daily = opening(date(2027, 3, 1), "1:00", "9:00")
    before = agenda(daily)
    after = replace(
        before,
        absences=(Absence(absence=OTHER, since=wall("2027-03-28T03:00"), until=wall("2027-03-28T08:00")),),
    )
    visits = [
        # 28 March in Paris: 01:45 to 03:15 on the clock, an hour of which does not exist; 08:00, when she is back.
        Standing(UUID(int=1), datetime(2027, 3, 28, 0, 45, tzinfo=UTC), 30),
        Standing(UUID(int=2), datetime(2027, 3, 28, 6, 0, tzinfo=UTC), 30),
        Standing(UUID(int=3), datetime(2027, 3, 28, 0, 0, tzinfo=UTC), 30),
        Standing(UUID(int=4), datetime(2027, 3, 27, 2, 0, tzinfo=UTC), 30),
    ]
    found = stranded(before, after, visits)
    assert [each.record.int for each, _ in found] == [1]
    assert found[0][1] == {Trouble.ABSENT}
    assert stranded(after, after, visits) == []


@given(agendas(), st.lists(st.tuples(dates, st.integers(0, 1439), st.integers(1, 1440)), max_size=8))
def test_a_visit_is_in_trouble_exactly_when_some_minute_of_it_is_not_worked(
    bento: Agenda, spells: list[tuple[date, int, int]]
) -> None:
    """Minute by minute, in a zone whose wall clock is UTC's."""
    here = replace(
        bento,
        zone="Atlantic/Reykjavik",
        absences=(Absence(absence=OTHER, since=wall("2027-03-28T03:00"), until=wall("2027-04-02T08:00")),),
    )
    for day, minute, minutes in spells:
        start = datetime.combine(day, datetime.min.time(), tzinfo=UTC) + timedelta(minutes=minute)
        runs = [run for run in here.occurrences(day.toordinal() - 1, day.toordinal() + 2) if run.open]
        at = (day - date(1970, 1, 1)).days * 1440 + minute
        closed = any(not any(run.since <= m < run.until for run in runs) for m in range(at, at + minutes))
        away = start.replace(tzinfo=None) < here.absences[0].until and here.absences[0].since < (
            start + timedelta(minutes=minutes)
        ).replace(tzinfo=None)
        expected = {Trouble.CLOSED} if closed else set()
        assert troubles_of(here, Standing(BENTO, start, minutes)) == expected | (
            {Trouble.ABSENT} if away else set()
        )
