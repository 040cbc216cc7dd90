# SPDX-License-Identifier: AGPL-3.0-or-later
"""An appointment's life: its states, who may change what, and when.

The server sees no person here: a record, a time, a visit type, a status. What was confided is sealed beside
it. Changes return new values; a change asked for twice gives the same value twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from serment.domain import instants
from serment.domain.errors import IllegalChange, StaffOnlyChange, TooEarly, TooLate

LATE_CANCEL_MINUTES = 24 * 60  # calendar time at the site; later is allowed and marked


class Status(StrEnum):
    """What became of an appointment so far."""

    REQUESTED = "requested"
    BOOKED = "booked"
    ARRIVED = "arrived"
    WAITING = "waiting"
    SEEN = "seen"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    REFUSED = "refused"

    @property
    def blocks(self) -> bool:
        """Whether its time is taken. A request takes none: two may ask for one slot, and one is accepted."""
        return self in _BLOCKING


class By(StrEnum):
    """Who makes a change."""

    PATIENT = "patient"
    STAFF = "staff"


class Note(StrEnum):
    """What staff note or answer at one key, unsigned."""

    ARRIVE = "arrive"
    WAIT = "wait"
    SEEN = "seen"
    NO_SHOW = "no_show"
    EXPECT = "expect"
    ACCEPT = "accept"
    REFUSE = "refuse"


_BLOCKING = frozenset({Status.BOOKED, Status.ARRIVED, Status.WAITING, Status.SEEN, Status.NO_SHOW})

# What staff may do at one key, undo included. Accepting a request and taking a cancellation back need the
# time to be free.
_STAFF_CHANGES: dict[Status, frozenset[Status]] = {
    Status.REQUESTED: frozenset({Status.BOOKED, Status.REFUSED, Status.CANCELLED}),
    Status.BOOKED: frozenset({Status.ARRIVED, Status.WAITING, Status.SEEN, Status.NO_SHOW, Status.CANCELLED}),
    Status.ARRIVED: frozenset({Status.BOOKED, Status.WAITING, Status.SEEN, Status.CANCELLED}),
    Status.WAITING: frozenset({Status.BOOKED, Status.ARRIVED, Status.SEEN, Status.CANCELLED}),
    Status.SEEN: frozenset({Status.BOOKED, Status.ARRIVED, Status.WAITING}),
    Status.NO_SHOW: frozenset({Status.BOOKED, Status.ARRIVED, Status.WAITING, Status.SEEN}),
    Status.CANCELLED: frozenset({Status.BOOKED, Status.REQUESTED}),
    Status.REFUSED: frozenset({Status.REQUESTED}),
}
_PATIENT_CHANGES: dict[Status, frozenset[Status]] = {
    Status.REQUESTED: frozenset({Status.CANCELLED}),
    Status.BOOKED: frozenset({Status.CANCELLED}),
}
_ON_THE_DAY = frozenset({Status.ARRIVED, Status.WAITING, Status.SEEN})
_TO_COME = frozenset({Status.REQUESTED, Status.BOOKED})
NOTED = {
    Note.ARRIVE: Status.ARRIVED,
    Note.WAIT: Status.WAITING,
    Note.SEEN: Status.SEEN,
    Note.NO_SHOW: Status.NO_SHOW,
    Note.EXPECT: Status.BOOKED,
    Note.ACCEPT: Status.BOOKED,
    Note.REFUSE: Status.REFUSED,
}
# Two notes lead to booked, and neither is a way round the signature that takes a cancellation or a refusal back.
_NOTED_FROM = {Note.EXPECT: _ON_THE_DAY | {Status.NO_SHOW}, Note.ACCEPT: frozenset({Status.REQUESTED})}


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """What the server knows of an appointment. `start` is aware UTC; `rev` counts its sealings from 1.

    `cancelled_late` is said in the answer to a cancellation and stored nowhere.
    """

    record: UUID
    agenda: UUID
    visit_type: UUID
    start: datetime
    minutes: int
    status: Status
    rev: int = 1
    confirmed: bool = False
    overbooked: bool = False
    cancelled_late: bool = False

    @property
    def end(self) -> datetime:
        """When the visit ends, buffers aside."""
        return self.start + timedelta(minutes=self.minutes)

    def cancel(self, *, by: By, now: datetime, zone: str) -> Appointment:
        """Cancelled; marked late inside LATE_CANCEL_MINUTES, never refused for it. Already cancelled: as it
        is.

        A patient's cancellation ends with the beginning of the visit. Raises TooLate, IllegalChange.
        """
        if self.status is Status.CANCELLED:
            return self
        self._check_change(Status.CANCELLED, by)
        if by is By.PATIENT and now >= self.start:
            raise TooLate
        late = now > instants.calendar_before(self.start, LATE_CANCEL_MINUTES, zone)
        return replace(self, status=Status.CANCELLED, cancelled_late=late)

    def check_move(self, *, by: By, now: datetime) -> None:
        """Raises IllegalChange, or TooLate: a patient's move ends with the beginning of the visit."""
        if self.status not in _TO_COME:
            raise IllegalChange(self.status, "moved")
        if by is By.PATIENT and now >= self.start:
            raise TooLate

    def note(self, note: Note, *, now: datetime, zone: str) -> Appointment:
        """What staff note without a signature. Already so: as it is.

        Raises IllegalChange where it would take back what only a signed undo takes back; else as `mark`.
        """
        status = NOTED[note]
        if self.status is not status and note in _NOTED_FROM and self.status not in _NOTED_FROM[note]:
            raise IllegalChange(self.status, status)
        return self.mark(status, by=By.STAFF, now=now, zone=zone)

    def undo(self, *, was_request: bool, by: By, now: datetime, zone: str) -> Appointment:
        """Takes a cancellation or a refusal back; what was a request is one again. Any other: as it is. Raises as `mark`."""
        if self.status not in (Status.CANCELLED, Status.REFUSED):
            return self
        request = was_request or self.status is Status.REFUSED
        return self.mark(Status.REQUESTED if request else Status.BOOKED, by=by, now=now, zone=zone)

    def mark(self, status: Status, *, by: By, now: datetime, zone: str) -> Appointment:
        """Any other change of status, undo included. Already so: as it is.

        Arrival and what follows belong to the site's day of the visit or later; a no-show to the time after
        its beginning. From requested, cancelled or refused to booked the time must be free: the caller takes
        it in the same transaction; once the visit would be over, nothing makes it live again. Raises
        StaffOnlyChange, IllegalChange, TooEarly, TooLate.
        """
        if status is Status.CANCELLED:
            return self.cancel(by=by, now=now, zone=zone)
        if self.status is status:
            return self
        self._check_change(status, by)
        if status is Status.NO_SHOW and now < self.start:
            raise TooEarly
        if status in _ON_THE_DAY and instants.local_day(now, zone) < instants.local_day(self.start, zone):
            raise TooEarly
        if status in _TO_COME and not self.status.blocks and now >= self.end:
            raise TooLate
        return replace(self, status=status, cancelled_late=False)

    def confirm(self, *, now: datetime) -> Appointment:
        """The patient says they will come. Raises IllegalChange, TooLate."""
        if self.confirmed:
            return self
        if self.status is not Status.BOOKED:
            raise IllegalChange(self.status, "confirmed")
        if now >= self.start:
            raise TooLate
        return replace(self, confirmed=True)

    def takes_time_again(self, status: Status) -> bool:
        """Whether changing to `status` needs the time to be free once more."""
        return status.blocks and not self.status.blocks

    def _check_change(self, status: Status, by: By) -> None:
        allowed = _PATIENT_CHANGES if by is By.PATIENT else _STAFF_CHANGES
        if status in allowed.get(self.status, frozenset()):
            return
        if by is By.PATIENT and status in _STAFF_CHANGES[self.status]:
            raise StaffOnlyChange
        raise IllegalChange(self.status, status)
