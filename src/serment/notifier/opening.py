# SPDX-License-Identifier: AGPL-3.0-or-later
"""Opens what was sealed to a day: the capsule with the day's key, the message with the capsule's."""

from __future__ import annotations

import datetime as dt
import hmac
from dataclasses import dataclass, field, replace
from typing import Final

from serment.domain import reminder
from serment.domain.errors import DomainError
from serment.domain.instants import zone_named
from serment.framing.errors import FramingError
from serment.notifier.keys import Keys
from serment.notifier.numbers import clocks_of
from serment.notifier.outbox import Sealed
from serment.notifier.wording import Visit
from serment.seal.messages import Capsule, open_capsule, open_message

STRAY_MAX: Final = dt.timedelta(
    days=450
)  # further from its row's days no time is one that a calendar was shown for


@dataclass(frozen=True, slots=True)
class Opened:
    """A message and where it goes. It lives for as long as it is being sent."""

    sealed: Sealed
    planned: reminder.Planned
    capsule: Capsule = field(repr=False)

    @property
    def visit(self) -> Visit:
        """What wording tells."""
        return Visit(
            self.planned.start, self.planned.zone, self.capsule.word, self.capsule.c, self.sealed.message_set
        )

    def address(self, channel: reminder.Channel) -> str | None:
        """Where it goes by this channel."""
        return self.capsule.sms if channel == "sms" else self.capsule.mail

    @property
    def channels(self) -> tuple[reminder.Channel, ...]:
        """By which it goes, those included by which it went already."""
        place = self.sealed.place
        return reminder.channels_of(
            self.planned.kind, place.send_day, place.key_day,
            has_sms=self.capsule.sms is not None, has_mail=self.capsule.mail is not None,
        )  # fmt: skip

    def due(self, now: dt.datetime) -> reminder.Due | None:
        """When it goes. Where that is too late once it is day at its number, its e-mail goes alone."""
        found = reminder.due(self.planned, now)
        return reminder.due(self.planned_by("mail"), now) if found is None and self.capsule.mail else found

    def planned_by(self, channel: reminder.Channel) -> reminder.Planned:
        """As it is judged on one channel: an e-mail rings nobody's number."""
        return self.planned if channel == "sms" else replace(self.planned, clocks=())

    def group(self, secret: bytes) -> bytes | None:
        """What reminders that may share an SMS have in common, under a key of this process; None for what goes alone."""
        if self.planned.kind != "reminder" or self.planned.a_week_ahead:
            return None
        said = "\0".join((self.capsule.sms or "", self.capsule.mail or "", str(self.sealed.place.key_day)))
        return hmac.digest(secret, said.encode(), "sha256")[:16]


def open_sealed(
    keys: Keys, instance: str, sealed: Sealed, came: dt.datetime | None = None
) -> Opened | reminder.End:
    """A message opened, or why it cannot be: its day's key is gone, or it is not what it should be. `came`: from the inbox."""
    place = sealed.place
    day = keys.day(place.key_day)
    if day is None:
        return reminder.End.KEY_GONE
    try:
        capsule = open_capsule(instance, place.h, place.key_day.isoformat(), day, sealed.capsule)
        message = open_message(
            instance,
            place.h,
            place.mid,
            place.send_day.isoformat(),
            sealed.message_set,
            capsule.k_m,
            sealed.message,
        )
        zone_named(message.zone)
        not_before, start = (
            dt.datetime.fromtimestamp(time, dt.UTC) for time in (message.not_before, message.start)
        )
    except (FramingError, DomainError, ValueError, OverflowError, OSError):
        return reminder.End.UNREADABLE
    if max(abs(not_before.date() - place.send_day), abs(start.date() - place.key_day)) > STRAY_MAX:
        return reminder.End.UNREADABLE
    planned = reminder.Planned(
        message.kind, place.mid, place.send_day, place.key_day, not_before, message.zone, start, came
    )
    opened = Opened(sealed, planned, capsule)
    if capsule.sms is None or "sms" not in opened.channels or "sms" in sealed.settled:
        return opened
    return replace(opened, planned=replace(planned, clocks=clocks_of(capsule.sms)))
