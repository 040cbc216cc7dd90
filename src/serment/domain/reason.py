# SPDX-License-Identifier: AGPL-3.0-or-later
"""Why a slot is not offered: one type for each reason, with what a sentence about it needs.

Sentences are the interface's, in its two languages; here stand facts. Walls are the site's wall clock
(datetimes without zone), days are the site's, instants are aware UTC. `code` is the stable name on the wire.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason why a slot is not offered. `staff_may_override`: staff may book there all the same, once
    warned.
    """

    code: ClassVar[str] = "reason"
    staff_may_override: ClassVar[bool] = True

    def __init_subclass__(cls) -> None:
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


@dataclass(frozen=True, slots=True)
class VisitTypeNotHere(Reason):
    """This agenda does not offer this visit type."""

    staff_may_override: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class AgendaClosed(Reason):
    """This agenda takes no bookings at all."""

    staff_may_override: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class AgendaEnded(Reason):
    """This agenda is closed for good after `last_day`."""

    staff_may_override: ClassVar[bool] = False
    last_day: date


@dataclass(frozen=True, slots=True)
class StaffOnly(Reason):
    """Only staff book this visit type."""

    staff_may_override: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class KnownPatientsOnly(Reason):
    """Only patients whom the practice knows book this visit type."""

    staff_may_override: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class NoSuchWallClock(Reason):
    """The site's clock jumps over this time that day: from `gap_from` straight to `gap_until`."""

    staff_may_override: ClassVar[bool] = False
    gap_from: datetime
    gap_until: datetime


@dataclass(frozen=True, slots=True)
class Holiday(Reason):
    """The opening does not run on this public holiday."""

    day: date
    fr: str
    en: str


@dataclass(frozen=True, slots=True)
class ClosedThisDate(Reason):
    """The opening was closed for this one date."""

    day: date


@dataclass(frozen=True, slots=True)
class OpeningKeepsOtherTypes(Reason):
    """The agenda is open then, for other visit types."""

    visit_types: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class ClosedHours(Reason):
    """The visit does not lie wholly inside opening hours; from `since` until `until` (walls) it is shut."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Absent(Reason):
    """The practitioner is absent from `since` until `until` (walls)."""

    absence: UUID
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class NotOnStep(Reason):
    """Visits begin every `step_minutes` from the opening's beginning at `opening_since` (wall); this one
    would not.
    """

    step_minutes: int
    opening_since: datetime


@dataclass(frozen=True, slots=True)
class Past(Reason):
    """This time has passed."""

    staff_may_override: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class TooSoon(Reason):
    """The notice is too short: the first time that may be booked now is `earliest` (an instant)."""

    notice_minutes: int
    earliest: datetime


@dataclass(frozen=True, slots=True)
class TooFar(Reason):
    """Beyond the horizon: the last day that may be booked now is `last_day`. Staff have the longest there is."""

    staff_may_override: ClassVar[bool] = False
    horizon_days: int
    last_day: date


@dataclass(frozen=True, slots=True)
class Busy(Reason):
    """Taken, buffers included, from `since` until `until` (instants) by the record named."""

    record: UUID
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class BusyElsewhere(Reason):
    """Taken in the practice's own software, from `since` until `until` (instants)."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class ResourceBusy(Reason):
    """Every resource of this kind is taken, or the site has none (`resources` is 0)."""

    staff_may_override: ClassVar[bool] = False
    kind: str
    resources: int


@dataclass(frozen=True, slots=True)
class QuotaReached(Reason):
    """As many visits of this type as a day takes are booked on `day`."""

    day: date
    quota: int
