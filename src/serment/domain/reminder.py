# SPDX-License-Identifier: AGPL-3.0-or-later
"""When a message goes, by which channels, with which others, how often it is tried, and how it ends.

Messages are planned by a browser, which says *not before*; what happens then is judged here, by the clock on the site's wall.
Nobody's phone rings between eight in the evening and eight in the morning, there or where its number is at home, but for two
exceptions that have names, and only while a message has just come.
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

Kind = Literal["booked", "moved", "cancelled", "reminder", "letter"]
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
CAME_NOW_MINUTES: Final = 10  # and so long after its row came: who seals a time may choose a stranger's night
NOTICE_CAME_MINUTES: Final = 15  # a notice's ten minutes of grace, by a browser's clock
RETRY_MINUTES: Final = (1, 2, 5, 15, 30, 60)  # then every hour
ATTEMPTS_MAX: Final = 30  # a provider that is away for a day loses nobody's reminder
UNSURE_ATTEMPTS_MAX: Final = 3  # each try of one that may have gone may be a double
TOGETHER_MAX: Final = 4
DAYS_LOOKED_AT: Final = 2  # for an hour that is decent on several clocks

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
    """A message as it was planned. `send_day` is what the row says in clear, `key_day` the day after the appointment.

    `came`: when this process took it from the inbox; None when it found it in the queue and cannot tell. `clocks`: the zones
    of the number that it would ring.
    """

    kind: Kind
    mid: bytes
    send_day: dt.date
    key_day: dt.date
    not_before: dt.datetime
    zone: str
    start: dt.datetime
    came: dt.datetime | None = None
    clocks: tuple[str, ...] = ()

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
    """The instant from which a message serves nobody any more. A letter is as good after the visit as before: it goes until the
    day is over whose key opens its address."""
    if planned.kind == "letter":
        return _at(planned.key_day, dt.time(0), planned.zone)
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
    if planned.kind == "reminder":
        found = Due(_reminder_from(planned, at), None)
    else:
        found = Due(_decent_from(planned, at), None)
        if found.at > at and (reason := _anyway(planned, at, found.at)):
            found = Due(at, reason)
    never = found.at >= too_late_at(planned) or (found.anyway is None and not is_decent(planned, found.at))
    return None if never else found


def _anyway(planned: Planned, at: dt.datetime, decent: dt.datetime) -> Anyway | None:
    """Why it may go at `at`, in the night, rather than at `decent`. Only what has just come may: the browser of whoever booked
    sealed kind, hours and zone, and the number may be a stranger's.
    """
    if planned.came is None or planned.kind == "letter":
        return None
    asked = at - planned.not_before < dt.timedelta(minutes=ASKED_NOW_MINUTES)
    if planned.kind == "booked" and asked and at - planned.came < dt.timedelta(minutes=CAME_NOW_MINUTES):
        return Anyway.ASKED_NOW
    told = planned.not_before - planned.came <= dt.timedelta(minutes=NOTICE_CAME_MINUTES)
    soon = planned.start - decent < dt.timedelta(minutes=NOTICE_AHEAD_MINUTES)
    return Anyway.SOON if told and soon else None


def is_decent(planned: Planned, instant: dt.datetime) -> bool:
    """Whether it is between eight in the morning and eight in the evening on the site's wall, and where the number is."""
    return all(is_day(instant, zone) for zone in _zones(planned))


def is_day(instant: dt.datetime, zone: str) -> bool:
    """The same by one clock. Raises UnknownZone."""
    return DECENT_FROM <= wall_clock(instant, zone).time() < DECENT_UNTIL


def _zones(planned: Planned) -> tuple[str, ...]:
    """Whose day it must be: the site's and the number's; where these share no hour the number's alone, which nobody can choose
    for somebody else; where those share none among themselves the site's.
    """
    site = (planned.zone,)
    if not set(planned.clocks) - {planned.zone}:
        return site
    for zones in (site + planned.clocks, planned.clocks):
        found = _day_of_all(planned.not_before, zones)
        if all(is_day(found, zone) for zone in zones):
            return zones
    return site


def _at(day: dt.date, time: dt.time, zone: str) -> dt.datetime:
    return first_instant(dt.datetime.combine(day, time), zone)


def _decent_from(planned: Planned, at: dt.datetime) -> dt.datetime:
    return _day_of_all(at, _zones(planned))


def _day_of_all(at: dt.datetime, zones: tuple[str, ...]) -> dt.datetime:
    """The first instant that is day in all; an instant of the night where there is none within DAYS_LOOKED_AT."""
    until = at + DAYS_LOOKED_AT * _DAY
    while at < until and not all(is_day(at, zone) for zone in zones):
        at = max(_day_from(at, zone) for zone in zones)
    return at


def _day_from(at: dt.datetime, zone: str) -> dt.datetime:
    wall = wall_clock(at, zone)
    day = wall.date() + _DAY if wall.time() >= DECENT_UNTIL else wall.date()
    return max(at, _at(day, DECENT_FROM, zone))


def _reminder_from(planned: Planned, at: dt.datetime) -> dt.datetime:
    """As decent hours have it. What has waited for a morning is spread over its first hours, so that a provider, and whoever
    watches the traffic, does not see them all at once; on the appointment's own day nothing waits.
    """
    decent = _decent_from(planned, at)
    day = local_day(decent, planned.zone)
    morning = _at(day, REMINDERS_FROM, planned.zone)
    if day >= local_day(planned.start, planned.zone) or planned.not_before > morning:
        return decent
    own = max(decent, morning + spread(planned.mid))
    return own if is_decent(planned, own) else decent


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
