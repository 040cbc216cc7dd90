# SPDX-License-Identifier: AGPL-3.0-or-later
"""A batch: the messages under one lease, which of them share an SMS or an e-mail, and what became of each by each channel."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from serment.domain import reminder
from serment.domain.reminder import Due, End
from serment.notifier.opening import Opened
from serment.notifier.outbox import Outcome
from serment.notifier.waiting import Wait


@dataclass(slots=True)
class Attempt:
    """What became of one message on one channel: settled, or to be tried again."""

    opened: Opened
    channel: reminder.Channel
    outcome: Outcome | None = None
    again: dt.datetime | None = None
    untried: bool = False  # it came to no provider


@dataclass(slots=True)
class Going:
    """A message under lease: on how many channels it is still to go, and which of those that failed are tried again."""

    opened: Opened
    not_before: Mapping[
        reminder.Channel, dt.datetime
    ]  # channels that failed earlier, each with a time of its own
    to_come: int = 0
    again: list[Attempt] = field(default_factory=list)

    def note(self, attempt: Attempt) -> None:
        """It has come to an end on a channel, or is to be tried there again."""
        self.to_come -= 1
        if attempt.again is not None:
            self.again.append(attempt)

    def take_back(self, attempt: Attempt) -> None:
        """What was noted could not be written: it does not leave the queue by its other channel."""
        self.to_come += 1
        self.again = [one for one in self.again if one is not attempt]

    @property
    def is_tried_again(self) -> bool:
        """Whether nothing of it is under way, and a channel is to be tried again."""
        return not self.to_come and bool(self.again)

    @property
    def failed(self) -> list[reminder.Channel]:
        """The channels it was tried by in vain."""
        return [attempt.channel for attempt in self.again if not attempt.untried]

    def wait(self, groups: bytes) -> Wait:
        """Until its next try, in the lane for that; what was not tried waits as if never leased. `groups` keys the groups."""
        again = {attempt.channel: attempt.again for attempt in self.again if attempt.again is not None}
        first = min(again.values())
        lane: reminder.Channel = "sms" if "sms" in again else "mail"
        group = None if self.failed else self.opened.group(groups)
        return Wait(self.opened.sealed.place, first, first, lane, group, self.opened.planned.came, again)


@dataclass(frozen=True, slots=True)
class Shared:
    """One SMS or e-mail, and the messages that it says."""

    channel: reminder.Channel
    address: str = field(repr=False)
    group: list[Opened]


@dataclass(frozen=True, slots=True)
class _Addressed:
    opened: Opened
    address: str = field(repr=False)

    @property
    def language(self) -> str:
        return self.opened.capsule.language

    @property
    def planned(self) -> reminder.Planned:
        return self.opened.planned


def shared(channel: reminder.Channel, ready: Sequence[Opened]) -> list[Shared]:
    """Those that go by a channel and have not yet, by the SMS or e-mail they share."""
    due = [one for one in ready if channel in one.channels and channel not in one.sealed.settled]
    addressed = [_Addressed(one, address) for one in due if (address := one.address(channel)) is not None]
    return [
        Shared(channel, group[0].address, [one.opened for one in group])
        for group in reminder.together(addressed)
    ]


def lane_of(opened: Opened) -> reminder.Channel:
    """The lane a message waits in: that of SMS if it is still to go by one."""
    return "sms" if "sms" in opened.channels and "sms" not in opened.sealed.settled else "mail"


def end(made: Sequence[Attempt], why: End) -> None:
    """So they end on their channel."""
    for attempt in made:
        attempt.outcome = Outcome(attempt.channel, "dropped", why.value)


def put_off(part: Shared, until: dt.datetime) -> list[Attempt]:
    """None of it was tried, and is until then."""
    return [Attempt(each, part.channel, again=until, untried=True) for each in part.group]


def try_again(
    made: Sequence[Attempt],
    now: dt.datetime,
    *,
    maybe_sent: bool = False,
    retry_after: dt.timedelta | None = None,
) -> None:
    """They failed: when each is tried again, or how it ends. What failed by the other channel does not count."""
    for attempt in made:
        tries = attempt.opened.sealed.failed.get(attempt.channel, 0) + 1
        planned = attempt.opened.planned_by(attempt.channel)
        match reminder.after_failure(planned, tries, now, maybe_sent=maybe_sent, retry_after=retry_after):
            case Due(at, _):
                attempt.again = at
            case ended:
                end([attempt], ended)
