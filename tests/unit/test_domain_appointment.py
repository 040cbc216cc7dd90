# SPDX-License-Identifier: AGPL-3.0-or-later
"""An appointment's life: who may change what, when, and what a repeated change answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from serment.domain.appointment import Appointment, By, Note, Status
from serment.domain.errors import IllegalChange, StaffOnlyChange, TooEarly, TooLate

PARIS = "Europe/Paris"
START = datetime(
    2027, 3, 29, 7, 0, tzinfo=UTC
)  # Monday 09:00 in Paris, the day after the clocks went forward
TOM = UUID(int=0xA2)


BOOKED = Appointment(
    record=TOM, agenda=UUID(int=0xB), visit_type=UUID(int=0xC), start=START, minutes=30, status=Status.BOOKED
)
EVE = START - timedelta(hours=30)


def test_a_booking_takes_its_time_and_a_request_takes_none() -> None:
    assert BOOKED.status.blocks
    assert not Status.REQUESTED.blocks


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


def test_a_patient_moves_until_the_visit_begins_and_staff_afterwards_too() -> None:
    BOOKED.check_move(by=By.PATIENT, now=START - timedelta(seconds=1))
    with pytest.raises(TooLate):
        BOOKED.check_move(by=By.PATIENT, now=START)
    BOOKED.check_move(by=By.STAFF, now=START)


@pytest.mark.parametrize("status", [s for s in Status if s not in (Status.BOOKED, Status.REQUESTED)])
def test_only_what_is_yet_to_come_is_moved(status: Status) -> None:
    with pytest.raises(IllegalChange):
        replace(BOOKED, status=status).check_move(by=By.STAFF, now=EVE)


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


@pytest.mark.parametrize("status", [Status.REQUESTED, Status.CANCELLED, Status.REFUSED])
def test_nothing_is_made_live_again_once_its_visit_would_be_over(status: Status) -> None:
    past = replace(BOOKED, status=status)
    back = Status.REQUESTED if status is Status.REFUSED else Status.BOOKED
    assert past.mark(back, by=By.STAFF, now=BOOKED.end - timedelta(seconds=1), zone=PARIS).status is back
    with pytest.raises(TooLate):
        past.mark(back, by=By.STAFF, now=BOOKED.end, zone=PARIS)


def test_a_request_of_the_past_is_still_refused_or_cancelled() -> None:
    past = replace(BOOKED, status=Status.REQUESTED)
    for status in (Status.REFUSED, Status.CANCELLED):
        assert past.mark(status, by=By.STAFF, now=BOOKED.end, zone=PARIS).status is status


@pytest.mark.parametrize("note", [Note.EXPECT, Note.ACCEPT])
def test_an_unsigned_note_takes_nothing_back(note: Note) -> None:
    for status in (Status.CANCELLED, Status.REFUSED):
        with pytest.raises(IllegalChange):
            replace(BOOKED, status=status).note(note, now=EVE, zone=PARIS)
    assert BOOKED.note(note, now=EVE, zone=PARIS) == BOOKED


def test_a_request_is_accepted_by_its_own_key_and_a_patient_expected_by_another() -> None:
    request, here = replace(BOOKED, status=Status.REQUESTED), replace(BOOKED, status=Status.WAITING)
    assert request.note(Note.ACCEPT, now=EVE, zone=PARIS).status is Status.BOOKED
    assert here.note(Note.EXPECT, now=START, zone=PARIS).status is Status.BOOKED
    for appointment, note in ((request, Note.EXPECT), (here, Note.ACCEPT)):
        with pytest.raises(IllegalChange):
            appointment.note(note, now=START, zone=PARIS)


def test_an_undo_goes_back_to_what_was_there() -> None:
    cancelled, refused = replace(BOOKED, status=Status.CANCELLED), replace(BOOKED, status=Status.REFUSED)

    def undone(appointment: Appointment, *, was_request: bool = False) -> Status:
        return appointment.undo(was_request=was_request, by=By.STAFF, now=EVE, zone=PARIS).status

    assert undone(cancelled) is Status.BOOKED
    assert undone(cancelled, was_request=True) is Status.REQUESTED
    assert undone(refused) is Status.REQUESTED
    assert undone(replace(BOOKED, status=Status.SEEN)) is Status.SEEN
    with pytest.raises(StaffOnlyChange):
        cancelled.undo(was_request=False, by=By.PATIENT, now=EVE, zone=PARIS)


def test_a_patient_confirms_what_is_booked_and_yet_to_come() -> None:
    assert BOOKED.confirm(now=EVE).confirm(now=START) == replace(BOOKED, confirmed=True)
    with pytest.raises(TooLate):
        BOOKED.confirm(now=START)
    with pytest.raises(IllegalChange):
        replace(BOOKED, status=Status.CANCELLED).confirm(now=EVE)
