# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rules that cannot be kept are refused when they are written, and errors speak in whole sentences."""

from __future__ import annotations

import inspect
from datetime import date, datetime
from uuid import UUID

import pytest

from serment.domain import errors, reason
from serment.domain.agenda import Absence, ChangeKind, DatedChange, Opening
from serment.domain.errors import DomainError, InvalidRule, UnknownRegion
from serment.domain.holiday import REGIONS, holidays_of
from serment.domain.intervals import intersected, merged, subtracted
from serment.domain.slot import Situation
from serment.domain.visit_type import Choice, Question, QuestionKind, VisitType

ID = UUID(int=1)
DAY = date(2027, 5, 20)


@pytest.mark.parametrize(("start", "end"), [(-1, 60), (1440, 1500), (600, 600), (600, 599), (600, 2041)])
def test_hours_that_make_no_opening_are_refused(start: int, end: int) -> None:
    with pytest.raises(InvalidRule):
        Opening(opening=ID, first_date=DAY, start_minute=start, end_minute=end)


def test_a_whole_day_and_a_night_are_openings() -> None:
    Opening(opening=ID, first_date=DAY, start_minute=600, end_minute=2040)
    Opening(opening=ID, first_date=DAY, start_minute=1320, end_minute=1560, rrule="FREQ=DAILY")


@pytest.mark.parametrize(
    ("kind", "opening", "start", "end"),
    [
        (ChangeKind.CLOSED, None, None, None),
        (ChangeKind.CLOSED, ID, 600, 660),
        (ChangeKind.REPLACED, ID, None, None),
        (ChangeKind.REPLACED, ID, 660, 600),
        (ChangeKind.EXTRA, ID, 600, 660),
        (ChangeKind.EXTRA, None, 600, None),
    ],
)
def test_a_dated_change_that_contradicts_itself_is_refused(
    kind: ChangeKind, opening: UUID | None, start: int | None, end: int | None
) -> None:
    with pytest.raises(InvalidRule):
        DatedChange(change=ID, on_date=DAY, kind=kind, opening=opening, start_minute=start, end_minute=end)


def test_an_absence_ends_after_it_begins() -> None:
    nine = datetime.fromisoformat("2027-05-20T09:00")
    with pytest.raises(InvalidRule):
        Absence(absence=ID, since=nine, until=nine)


@pytest.mark.parametrize(
    "wrong",
    [
        {"minutes": 0},
        {"minutes": 1441},
        {"step_minutes": 0},
        {"buffer_before_minutes": 241},
        {"notice_minutes": -1},
        {"horizon_days": 401},
        {"daily_quota": 0},
        {"colour": 9},
    ],
)
def test_a_visit_type_out_of_bounds_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(InvalidRule):
        VisitType(**{"visit_type": ID, "minutes": 30, "agendas": frozenset(), **wrong})  # type: ignore[arg-type]


def test_a_question_has_choices_exactly_if_it_offers_some() -> None:
    Question("q", QuestionKind.CHOICE, "Où ?", "Where?", choices=(Choice("Ici", "Here"),))
    with pytest.raises(InvalidRule):
        Question("q", QuestionKind.CHOICE, "Où ?", "Where?")
    with pytest.raises(InvalidRule):
        Question("q", QuestionKind.TEXT, "Où ?", "Where?", choices=(Choice("Ici", "Here"),))


def test_every_region_has_its_holidays_in_both_languages_and_others_have_none() -> None:
    for region in REGIONS:
        named = holidays_of(region, 2027)
        assert len(named) >= 10, region
        assert all(name.fr and name.en for name in named.values())
    assert holidays_of("", 2027) == {}
    with pytest.raises(UnknownRegion):
        holidays_of("FR-99", 2027)


def test_now_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidRule):
        Situation(now=datetime.fromisoformat("2027-05-20T09:00"))


def test_every_error_is_a_sentence_and_has_a_code_of_its_own() -> None:
    kinds = [
        k
        for _, k in inspect.getmembers(errors, inspect.isclass)
        if issubclass(k, DomainError) and k is not DomainError
    ]
    assert len(kinds) > 12
    for kind in kinds:
        assert kind.__doc__ != DomainError.__doc__
        assert (kind.__doc__ or "").strip().endswith(".")
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert errors.HoldExpired.code == "hold_expired"
    assert "\n" not in errors.HoldExpired().message


def test_every_reason_has_a_code_of_its_own() -> None:
    kinds = reason.Reason.__subclasses__()
    assert {kind.code for kind in kinds} >= {
        "busy",
        "too_soon",
        "no_such_wall_clock",
        "opening_keeps_other_types",
    }
    assert len({kind.code for kind in kinds}) == len({kind.__name__ for kind in kinds})


def test_intervals_are_sets() -> None:
    assert merged([(5, 7), (1, 3), (3, 4), (9, 9), (6, 8)]) == [(1, 4), (5, 8)]
    assert subtracted([(0, 10), (20, 30)], [(2, 3), (5, 25)]) == [(0, 2), (3, 5), (25, 30)]
    assert intersected([(0, 10), (20, 30)], [(5, 25)]) == [(5, 10), (20, 25)]
