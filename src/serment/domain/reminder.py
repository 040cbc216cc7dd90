# SPDX-License-Identifier: AGPL-3.0-or-later
"""When a message goes, by which channels, with which others, how often it is tried, and how it ends.

Messages are planned by a browser, which says *not before*; what happens then is judged here, by the clock on the site's wall.
Nobody's phone rings between eight in the evening and eight in the morning, but for two exceptions that have names.
Source: spec/rdv1.md section 4, docs/decisions/0042.

Units: instants are aware datetimes, days are local dates of the site.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, NamedTuple, Protocol, TypeVar

from serment.domain.instants import first_instant, local_day, wall_clock

Kind = Literal["booked", "moved", "cancelled", "reminder"]
Channel = Literal["sms", "mail"]

DECENT_FROM: Final = dt.time(8)
DECENT_UNTIL: Final = dt.time(20)
REMINDERS_FROM: Final = dt.time(9)
SPREAD_SECONDS: Final = (
    2 * 60 * 60
)  # the morning's reminders go out over the first two hours from REMINDERS_FROM
WEEK_AHEAD_DAYS: Final = 7
REMINDER_AHEAD_MINUTES: Final = 30  # a later one reaches somebody who is on the way
NOTICE_AHEAD_MINUTES: Final = 180  # who learns of a change later than this may be on the way
ASKED_NOW_MINUTES: Final = 60  # as long as somebody waits for the confirmation they asked for
RETRY_MINUTES: Final = (1, 2, 5, 15, 30, 60)  # then every hour
ATTEMPTS_MAX: Final = 30  # a provider that is away for a day loses nobody's reminder
UNSURE_ATTEMPTS_MAX: Final = 3  # each try of one that may have gone may be a double
TOGETHER_MAX: Final = 4

_DAY: Final = dt.timedelta(days=1)


class End(StrEnum):
    """Why a message was not sent: what the practice's desk says about it."""

    TOO_LATE = "too_late"
    OBJECTED = "objected"
    NUMBER_REFUSED = "number_refused"
    ADDRESS_REFUSED = "address_refused"
    NO_ADDRESS = "no_address"
    TOO_MANY_TODAY = "too_many_today"
    UNREADABLE = "unreadable"
    GAVE_UP = "gave_up"
    KEY_GONE = "key_gone"


class Anyway(StrEnum):
    """Why a message may go outside decent hours."""

    ASKED_NOW = "asked_now"  # the patient has just booked and asked to be told
    SOON = "soon"  # by morning they might be on the way to a visit that does not take place


class Due(NamedTuple):
    """The instant from which a message may go; `anyway` where that is not within decent hours."""

    at: dt.datetime
    anyway: Anyway | None


@dataclass(frozen=True, slots=True)
class Planned:
    """A message as it was planned. `send_day` is what the row says in clear, `key_day` the day after the appointment."""

    kind: Kind
    mid: bytes
    send_day: dt.date
    key_day: dt.date
    not_before: dt.datetime
    zone: str
    start: dt.datetime

    @property
    def a_week_ahead(self) -> bool:
        """Whether it is the reminder of the week before, which goes by e-mail alone."""
        return is_a_week_ahead(self.kind, self.send_day, self.key_day)


def is_a_week_ahead(kind: Kind, send_day: dt.date, key_day: dt.date) -> bool:
    """Whether these name the reminder of the week before: another is to come."""
    return kind == "reminder" and key_day - send_day > WEEK_AHEAD_DAYS * _DAY


def channels_of(
    kind: Kind, send_day: dt.date, key_day: dt.date, *, has_sms: bool, has_mail: bool
) -> tuple[Channel, ...]:
    """The channels a message goes by; none when there is no address for it."""
    mail: tuple[Channel, ...] = ("mail",) if has_mail else ()
    sms: tuple[Channel, ...] = ("sms",) if has_sms else ()
    if is_a_week_ahead(kind, send_day, key_day):
        return mail
    if kind == "booked":
        return mail or sms
    return sms + mail


# ---------------------------------------------------------------- when


def too_late_at(planned: Planned) -> dt.datetime:
    """The instant from which a message serves nobody any more."""
    if planned.kind != "reminder":
        return planned.start
    last = planned.start - dt.timedelta(minutes=REMINDER_AHEAD_MINUTES)
    if planned.a_week_ahead:
        eve = planned.key_day - 2 * _DAY  # that day's own reminder says the same
        last = min(last, _at(eve, dt.time(0), planned.zone))
    return last


def due(planned: Planned, now: dt.datetime) -> Due | None:
    """The first instant at or after `now` at which a message may go; None when that would be too late. Raises UnknownZone."""
    at = max(now, planned.not_before)
    if planned.kind == "booked" and at - planned.not_before < dt.timedelta(minutes=ASKED_NOW_MINUTES):
        found = Due(at, None if is_decent(at, planned.zone) else Anyway.ASKED_NOW)
    elif planned.kind == "reminder":
        found = Due(_reminder_from(planned, at), None)
    else:
        found = Due(_decent_from(at, planned.zone), None)
        if found.at > at and planned.start - found.at < dt.timedelta(minutes=NOTICE_AHEAD_MINUTES):
            found = Due(at, Anyway.SOON)
    return found if found.at < too_late_at(planned) else None


def is_decent(instant: dt.datetime, zone: str) -> bool:
    """Whether the clock on the site's wall is between eight in the morning and eight in the evening."""
    return DECENT_FROM <= wall_clock(instant, zone).time() < DECENT_UNTIL


def _at(day: dt.date, time: dt.time, zone: str) -> dt.datetime:
    return first_instant(dt.datetime.combine(day, time), zone)


def _decent_from(at: dt.datetime, zone: str) -> dt.datetime:
    wall = wall_clock(at, zone)
    day = wall.date() + _DAY if wall.time() >= DECENT_UNTIL else wall.date()
    return max(at, _at(day, DECENT_FROM, zone))


def _reminder_from(planned: Planned, at: dt.datetime) -> dt.datetime:
    """As decent hours have it. What has waited for a morning is spread over its first hours, so that a provider, and whoever
    watches the traffic, does not see them all at once; on the appointment's own day nothing waits.
    """
    decent = _decent_from(at, planned.zone)
    day = local_day(decent, planned.zone)
    morning = _at(day, REMINDERS_FROM, planned.zone)
    if day >= local_day(planned.start, planned.zone) or planned.not_before > morning:
        return decent
    return max(decent, morning + spread(planned.mid))


def spread(mid: bytes) -> dt.timedelta:
    """How far into the morning a reminder goes, in whole seconds: by its random id, so the same after a restart."""
    return dt.timedelta(seconds=int.from_bytes(mid[:4], "big") * SPREAD_SECONDS >> 32)


# ---------------------------------------------------------------- together


class Addressed(Protocol):
    """A message of which the address is known."""

    @property
    def address(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def planned(self) -> Planned: ...


Some = TypeVar("Some", bound=Addressed)


def together(messages: Iterable[Some]) -> list[list[Some]]:
    """Messages of one channel by the SMS or e-mail they share: the reminders of one address for one day, by their time.

    At most TOGETHER_MAX in one; every other message, and the reminder of the week before, stands alone.
    """
    days: dict[tuple[str, str, str, dt.date], list[Some]] = {}
    found: list[list[Some]] = []
    for message in sorted(messages, key=lambda one: (one.planned.start, one.planned.mid)):
        planned = message.planned
        if planned.kind != "reminder" or planned.a_week_ahead:
            found.append([message])
            continue
        day = (message.address, message.language, planned.zone, local_day(planned.start, planned.zone))
        if len(days.get(day, ())) == TOGETHER_MAX or day not in days:
            days[day] = []
            found.append(days[day])
        days[day].append(message)
    return found


# ---------------------------------------------------------------- again


def after_failure(
    planned: Planned,
    attempts: int,
    now: dt.datetime,
    *,
    maybe_sent: bool = False,
    retry_after: dt.timedelta | None = None,
) -> Due | End:
    """When a message that has failed `attempts` times (1 or more) is tried again, or how it ends.

    `maybe_sent`: the answer was lost, so another try may be a double. `retry_after`: what the provider asked for.
    """
    if attempts >= (UNSURE_ATTEMPTS_MAX if maybe_sent else ATTEMPTS_MAX):
        return End.GAVE_UP
    wait = dt.timedelta(minutes=RETRY_MINUTES[min(attempts, len(RETRY_MINUTES)) - 1])
    return due(planned, now + max(wait, retry_after or wait)) or End.TOO_LATE
