# SPDX-License-Identifier: AGPL-3.0-or-later
"""When a credential took too much: ceilings that a day's slots raise and nothing lowers."""

from __future__ import annotations

import dataclasses
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serment.domain.agenda import Absence, Agenda, Opening
from serment.domain.ledger import Part, Purpose
from serment.domain.sentinel import Kind, Taken, Why, busiest_day, is_far, kinds, too_many_names, too_much

CENTRE = 1_200
counts = st.integers(0, 6_000)
taken = st.builds(Taken, counts, counts, counts, counts, counts, counts)
MONDAY = date(2027, 3, 1).toordinal()


@given(taken, st.integers(0, 3_000), st.integers(0, 3_000))
def test_more_slots_stop_nobody_whom_fewer_let_go_on(found: Taken, slots: int, more: int) -> None:
    if too_much(found, slots) is None:
        assert too_much(found, slots + more) is None


@given(taken, st.integers(0, 3_000), st.sampled_from([each.name for each in dataclasses.fields(Taken)]))
def test_whoever_is_stopped_is_not_let_go_on_for_taking_more(found: Taken, slots: int, name: str) -> None:
    more = dataclasses.replace(found, **{name: getattr(found, name) + 1})
    if too_much(found, slots) is not None and name != "unopened_day":
        assert too_much(more, slots) is not None


@pytest.mark.parametrize(
    ("slots", "most"),
    [
        (0, {"reasons_minute": 60, "opened_hour": 250, "opened_day": 400, "cards_hour": 300, "cards_day": 600}),
        (CENTRE, {"opened_hour": 500, "opened_day": 4_200, "cards_hour": 1_200, "cards_day": 4_200}),
    ],
)  # fmt: skip
def test_a_ceiling_is_reached_by_nobody_who_stays_at_it(slots: int, most: dict[str, int]) -> None:
    for name, number in most.items():
        assert too_much(Taken(**{name: number}), slots) is None
        why = Why.CARDS if name.startswith("cards") else Why.OPENED
        assert too_much(Taken(**{name: number + 1}), slots) == (why, number + 1)


@pytest.mark.parametrize(
    ("slots", "proved", "most"),
    [(0, False, 400), (CENTRE, False, 1_200), (0, True, 3_000), (CENTRE, True, 42_000)],
)
def test_a_session_is_told_a_days_worth_of_far_names_and_more_once_somebody_is_there(
    slots: int, proved: bool, most: int
) -> None:
    assert not too_many_names(most, slots, proved=proved)
    assert too_many_names(most + 1, slots, proved=proved)


@pytest.mark.parametrize("ahead", [1, -1])
def test_a_fortnight_either_way_is_near(ahead: int) -> None:
    now = datetime(2027, 3, 1, 12, tzinfo=UTC)
    assert not is_far(now + ahead * timedelta(days=14), now)
    assert is_far(now + ahead * timedelta(days=14, seconds=1), now)


def test_a_desk_that_meets_the_bookings_of_a_long_holiday_may_read_their_cards() -> None:
    assert too_much(Taken(cards_hour=5_000, cards_day=5_000), CENTRE) is not None
    assert too_much(Taken(cards_hour=5_000, cards_day=5_000, unopened_day=2_500), CENTRE) is None


def test_names_of_an_agenda_are_not_counted_and_what_was_opened_is() -> None:
    assert kinds(Purpose.AGENDA, Part.ID) == ()
    assert kinds(Purpose.INDEX, Part.INDEX) == ()
    assert kinds(Purpose.RECORD, Part.ID) == ()
    assert kinds(Purpose.RECORD, Part.ID | Part.CT | Part.RS) == (Kind.CONTACT, Kind.REASON)
    assert kinds(Purpose.CARDS, Part.CARD) == (Kind.CARD,)


def test_the_busiest_day_of_the_coming_week_counts_and_absences_take_nothing_away() -> None:
    """Whoever is away today still has yesterday's and tomorrow's patients to call."""
    monday = Opening(
        opening=uuid.uuid4(),
        first_date=date(2027, 1, 4),
        start_minute=480,
        end_minute=720,
        rrule="FREQ=WEEKLY",
    )
    away = Absence(absence=uuid.uuid4(), since=_wall(1), until=_wall(9))
    bento = Agenda(agenda=uuid.uuid4(), zone="Europe/Paris", openings=(monday,), absences=(away,))
    assert busiest_day([(bento, 15), (bento, 0)], MONDAY) == 240 // 15 + 240 // 5
    assert busiest_day([(bento, 15)], MONDAY + 1) == 240 // 15
    assert busiest_day([], MONDAY) == 0


def _wall(day: int):  # type: ignore[no-untyped-def]
    from datetime import datetime

    return datetime(2027, 3, day)  # noqa: DTZ001
