# SPDX-License-Identifier: AGPL-3.0-or-later
"""An appointment's life: who may change what, when, and what a repeated change answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from serment.domain.appointment import Appointment, By, Status
from serment.domain.errors import IllegalChange, StaffOnlyChange, StaleRevision, TooEarly, TooLate
from serment.domain.offer import Offer
from serment.domain.slot import Slot

PARIS = "Europe/Paris"
START = datetime(
    2027, 3, 29, 7, 0, tzinfo=UTC
)  # Monday 09:00 in Paris, the day after the clocks went forward
TOM = UUID(int=0xA2)


def an_offer(start: datetime = START, minutes: int = 30, **more: bool) -> Offer:
    return Offer(
        agenda=UUID(int=0xB),
        visit_type=UUID(int=0xC),
        slot=Slot(int(start.timestamp()) // 60, minutes, 120),
        blocked_since=start,
        blocked_until=start + timedelta(minutes=minutes),
        **more,
    )


BOOKED = Appointment.booked(an_offer(), TOM)
EVE = START - timedelta(hours=30)


def test_an_offer_becomes_an_appointment_or_a_request() -> None:
    assert (BOOKED.status, BOOKED.rev, BOOKED.start, BOOKED.minutes) == (Status.BOOKED, 1, START, 30)
    request = Appointment.booked(an_offer(on_request=True), TOM)
    assert request.status is Status.REQUESTED
    assert not request.status.blocks
    assert BOOKED.status.blocks


def test_a_patient_cancels_until_the_visit_begins_and_late_is_marked() -> None:
    in_time = BOOKED.cancel(by=By.PATIENT, now=EVE, zone=PARIS)
    late = BOOKED.cancel(by=By.PATIENT, now=START - timedelta(minutes=1), zone=PARIS)
    assert (in_time.status, in_time.cancelled_late) == (Status.CANCELLED, False)
    assert (late.status, late.cancelled_late) == (Status.CANCELLED, True)
    with pytest.raises(TooLate):
        BOOKED.cancel(by=By.PATIENT, now=START, zone=PARIS)
    assert BOOKED.cancel(by=By.STAFF, now=START, zone=PARIS).status is Status.CANCELLED


def test_a_day_before_is_counted_on_the_wall() -> None:
    sunday_visit = replace(
        BOOKED, start=datetime(2027, 3, 28, 7, 0, tzinfo=UTC)
    )  # Sunday 09:00, 23 hours after
    saturday_nine = datetime(2027, 3, 27, 8, 0, tzinfo=UTC)
    assert not sunday_visit.cancel(by=By.PATIENT, now=saturday_nine, zone=PARIS).cancelled_late
    assert sunday_visit.cancel(
        by=By.PATIENT, now=saturday_nine + timedelta(minutes=1), zone=PARIS
    ).cancelled_late


def test_a_repeated_cancellation_gives_the_same_answer() -> None:
    cancelled = BOOKED.cancel(by=By.PATIENT, now=EVE, zone=PARIS)
    assert cancelled.cancel(by=By.PATIENT, now=START + timedelta(days=1), zone=PARIS) == cancelled


def test_a_move_is_the_next_revision_and_asks_for_a_new_confirmation() -> None:
    confirmed = BOOKED.confirm(now=EVE)
    later = START + timedelta(days=1)
    moved = confirmed.move(an_offer(later, 45), by=By.PATIENT, now=EVE)
    assert (moved.start, moved.minutes, moved.rev, moved.confirmed) == (later, 45, 2, False)
    assert moved.record == TOM
    with pytest.raises(TooLate):
        BOOKED.move(an_offer(later), by=By.PATIENT, now=START)
    assert BOOKED.move(an_offer(later), by=By.STAFF, now=START).rev == 2


@pytest.mark.parametrize("status", [s for s in Status if s not in (Status.BOOKED, Status.REQUESTED)])
def test_only_what_is_yet_to_come_is_moved(status: Status) -> None:
    with pytest.raises(IllegalChange):
        replace(BOOKED, status=status).move(an_offer(), by=By.STAFF, now=EVE)


def test_the_day_at_the_practice_goes_forward_and_back_at_one_key() -> None:
    here = START - timedelta(minutes=10)
    steps = [Status.ARRIVED, Status.WAITING, Status.SEEN, Status.WAITING, Status.BOOKED]
    appointment = BOOKED
    for status in steps:
        appointment = appointment.mark(status, by=By.STAFF, now=here, zone=PARIS)
        assert appointment.status is status
    assert appointment == BOOKED


def test_a_no_show_waits_for_the_beginning_and_an_arrival_for_the_day() -> None:
    with pytest.raises(TooEarly):
        BOOKED.mark(Status.NO_SHOW, by=By.STAFF, now=START - timedelta(seconds=1), zone=PARIS)
    assert BOOKED.mark(Status.NO_SHOW, by=By.STAFF, now=START, zone=PARIS).status is Status.NO_SHOW
    with pytest.raises(TooEarly):
        BOOKED.mark(Status.ARRIVED, by=By.STAFF, now=EVE, zone=PARIS)
    midnight = datetime(2027, 3, 28, 22, 0, tzinfo=UTC)  # Monday 00:00 in Paris
    assert BOOKED.mark(Status.ARRIVED, by=By.STAFF, now=midnight, zone=PARIS).status is Status.ARRIVED


@pytest.mark.parametrize("status", [Status.ARRIVED, Status.SEEN, Status.NO_SHOW])
def test_mallory_with_a_patients_link_marks_nothing(status: Status) -> None:
    with pytest.raises(StaffOnlyChange):
        BOOKED.mark(status, by=By.PATIENT, now=START, zone=PARIS)


def test_a_patient_neither_accepts_a_request_nor_takes_a_cancellation_back() -> None:
    for status in (Status.REQUESTED, Status.CANCELLED):
        with pytest.raises(StaffOnlyChange):
            replace(BOOKED, status=status).mark(Status.BOOKED, by=By.PATIENT, now=EVE, zone=PARIS)


def test_what_was_seen_is_not_cancelled_or_refused() -> None:
    for status in (Status.CANCELLED, Status.REFUSED, Status.REQUESTED):
        with pytest.raises(IllegalChange):
            replace(BOOKED, status=Status.SEEN).mark(status, by=By.STAFF, now=START, zone=PARIS)


def test_accepting_and_undoing_take_the_time_again_and_marking_does_not() -> None:
    assert replace(BOOKED, status=Status.REQUESTED).takes_time_again(Status.BOOKED)
    assert replace(BOOKED, status=Status.CANCELLED).takes_time_again(Status.BOOKED)
    assert not BOOKED.takes_time_again(Status.ARRIVED)
    assert not BOOKED.takes_time_again(Status.CANCELLED)


def test_a_cancellation_is_taken_back_until_the_visit_would_be_over() -> None:
    cancelled = BOOKED.cancel(by=By.PATIENT, now=START - timedelta(minutes=5), zone=PARIS)
    back = cancelled.mark(Status.BOOKED, by=By.STAFF, now=EVE, zone=PARIS)
    assert back == BOOKED
    with pytest.raises(TooLate):
        cancelled.mark(Status.BOOKED, by=By.STAFF, now=BOOKED.end, zone=PARIS)


def test_who_saw_an_older_revision_is_told_so() -> None:
    BOOKED.check_rev(1)
    with pytest.raises(StaleRevision) as stale:
        replace(BOOKED, rev=3).check_rev(2)
    assert (stale.value.seen, stale.value.current) == (2, 3)


def test_a_patient_confirms_what_is_booked_and_yet_to_come() -> None:
    assert BOOKED.confirm(now=EVE).confirm(now=START) == replace(BOOKED, confirmed=True)
    with pytest.raises(TooLate):
        BOOKED.confirm(now=START)
    with pytest.raises(IllegalChange):
        replace(BOOKED, status=Status.CANCELLED).confirm(now=EVE)
