# SPDX-License-Identifier: AGPL-3.0-or-later
"""Recurrence by arithmetic on one day against an expansion of the whole series by another's code (dateutil)."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from serment.domain.errors import InvalidRule
from serment.domain.recurrence import Recurrence

MIDNIGHT = datetime.min.time()
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def listed(*choices: object) -> st.SearchStrategy[str]:
    return st.lists(
        st.sampled_from([str(choice) for choice in choices]), min_size=1, max_size=3, unique=True
    ).map(",".join)


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(("DAILY", "WEEKLY", "MONTHLY", "YEARLY")))
    parts = [
        f"FREQ={frequency}",
        f"INTERVAL={draw(st.integers(1, 5))}",
        f"WKST={draw(st.sampled_from(WEEKDAYS))}",
    ]
    narrowed = False
    if draw(st.booleans()):
        # Plain and ordinal weekdays are not mixed: dateutil asks for both at once where the RFC means either.
        ordinals = frequency in ("MONTHLY", "YEARLY") and draw(st.booleans())
        names = ("1MO", "-1FR", "2TU", "+3WE", "-2SU", "5TH") if ordinals else WEEKDAYS
        parts.append("BYDAY=" + draw(listed(*names)))
        narrowed = True
    if frequency != "WEEKLY" and draw(st.booleans()):
        parts.append("BYMONTHDAY=" + draw(listed(1, 13, 29, 31, -1, -3)))
        narrowed = True
    if draw(st.sampled_from((False, False, True))):
        parts.append("BYMONTH=" + draw(listed(1, 2, 6, 12)))
        narrowed = True
    if narrowed and draw(st.booleans()):
        parts.append("BYSETPOS=" + draw(listed(1, 2, -1)))
    end = draw(st.sampled_from(("", "", "COUNT=3", "COUNT=17", "UNTIL=20270630")))
    return ";".join([*parts, end] if end else parts)


@settings(max_examples=40)
@given(rules(), st.dates(date(2026, 1, 1), date(2027, 3, 1)))
def test_a_day_is_in_the_rule_exactly_if_the_expanded_series_holds_it(rule: str, first: date) -> None:
    last = date(2028, 12, 31)
    series = rrulestr(rule, dtstart=datetime.combine(first, MIDNIGHT))
    wanted = {
        day.date()
        for day in series.between(
            datetime.combine(first, MIDNIGHT), datetime.combine(last, MIDNIGHT), inc=True
        )
    }
    parsed = Recurrence(rule, first)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert {day for day in days if parsed.runs_on(day.toordinal())} == wanted
    assert not parsed.runs_on(first.toordinal() - 1)


def test_plain_and_ordinal_weekdays_in_one_rule_are_either() -> None:
    parsed = Recurrence("FREQ=MONTHLY;BYDAY=-1FR,SA", date(2027, 5, 1))
    days = [date(2027, 5, day) for day in range(1, 32)]
    assert [day.day for day in days if parsed.runs_on(day.toordinal())] == [1, 8, 15, 22, 28, 29]


def test_an_empty_rule_runs_once() -> None:
    parsed = Recurrence("", date(2027, 5, 1))
    assert [n for n in range(-3, 400) if parsed.runs_on(date(2027, 5, 1).toordinal() + n)] == [0]


def test_a_rule_that_never_runs_is_found_out_quickly() -> None:
    began = time.perf_counter()
    parsed = Recurrence("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=2", date(2027, 5, 1))
    assert not any(parsed.runs_on(date(2027, 5, 1).toordinal() + n) for n in range(1000))
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=HOURLY",
        "BYDAY=MO",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=WEEKLY;BYHOUR=9",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;INTERVAL=1001",
        "FREQ=WEEKLY;COUNT=2;UNTIL=20270101",
        "FREQ=WEEKLY;UNTIL=20270101T000000Z",
        "FREQ=WEEKLY;UNTIL=20270231",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYDAY=0MO",
        "FREQ=MONTHLY;BYMONTH=-1",
        "FREQ=DAILY;BYSETPOS=1",
        "FREQ=WEEKLY;FREQ=DAILY",
        "FREQ=WEEKLY;;BYDAY=MO",
        "FREQ",
        "FREQ=WEEKLY;BYDAY=" + ",".join(["MO"] * 200),
    ],
)
def test_a_rule_that_is_not_understood_is_refused_and_not_guessed(rule: str) -> None:
    with pytest.raises(InvalidRule):
        Recurrence(rule, date(2027, 1, 1))
