# SPDX-License-Identifier: AGPL-3.0-or-later
"""When one credential took more than the work at hand calls for. Ceilings come from what the agendas hold, not from habit.

Counted are new disclosures alone: whoever reads again what they have read gives nothing away. Names of the days that a
front desk works with are not counted, since a week of a centre is thousands of them; contacts, reasons and cards are. Names of
days further off are counted by session, and never stop anybody by themselves: beyond a day's worth somebody shows to be there.
Whoever opens many visits that were long over is told to the owners and not stopped: it may be their work.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from uuid import UUID

from serment.domain.agenda import Agenda
from serment.domain.ledger import Part, Purpose
from serment.domain.retention import kept

FOREIGN_MAX = 5  # distinct ids that are not theirs: the fifth stops the credential
FOREIGN_DAYS = kept("foreign").days

CONTACTS_A_PROOF = 30  # in one session; then whoever opens them shows again that they are there
REASONS_A_PROOF = 100  # the same: a practitioner reads one a visit, all day
REFUSALS_MAX = 30  # asks beyond that, by a session that nobody shows to be there at

NEAR_DAYS = 14  # names of appointments so near to now, before or after, are what a front desk works with
FAR_NAMES, FAR_NAMES_PROVED = (
    400,
    3_000,
)  # told to a session; the second while it has just been shown that somebody is there
FAR_DAYS_OF_SLOTS, FAR_DAYS_OF_SLOTS_PROVED = 1, 35  # where these are more

LOOK_BACK_OVER_DAYS = 4  # a visit is long over then: Monday's desk still settles Friday's
LOOK_BACK_FILES, LOOK_BACK_DAYS = 40, 7  # so many within so long are told to the owners; nobody is stopped
LOOK_BACK_QUIET_DAYS = 30  # then not again of the same member

REASONS_A_MINUTE = 60
OPENED_AN_HOUR, OPENED_A_DAY = 250, 400
CARDS_AN_HOUR, CARDS_A_DAY = 300, 600
DAYS_OF_SLOTS = 3.5  # in 24 hours, where this is more than the least above
OPENED_HOUR_SHARE = 5 / 12  # of a day's slots: 500 an hour in a centre of 1,200
MINUTE_SHARE = 1 / 20
CARDS_IN_HAND = 300  # under keys that are over, told in 24 hours to one credential and not sealed anew yet
CARDS_A_BOOKING = 2  # a desk that meets new bookings reads the cards of those people, and of their namesakes
SLOT_MINUTES_MIN = 5
DAYS_LOOKED_AT = 7

TOLD_A_MINUTE, TOLD_AN_HOUR, TOLD_A_DAY = (
    25,
    500,
    400,
)  # new appointments to a linked program; others wait, and nobody is stopped
FIRST_A_MINUTE = 1_200  # those that an owner's browser wrapped for a new grant


class Kind(IntEnum):
    """What of a record was disclosed, as it is counted."""

    CONTACT = 1
    REASON = 2
    CARD = 3
    UNOPENED = 4
    TOLD = 5
    FIRST = 6


@dataclass(frozen=True, slots=True)
class Told:
    """New appointments to a linked program within a minute, an hour and a day, those of its first window counted apart."""

    minute: int = 0
    hour: int = 0
    day: int = 0
    first_minute: int = 0

    def may_be_told(self, slots: int) -> int:
        """How many more now. `slots`: of the busiest day of its agendas."""
        left_today = int(max(TOLD_A_DAY, slots * DAYS_OF_SLOTS)) - self.day
        return max(0, min(TOLD_A_MINUTE - self.minute, TOLD_AN_HOUR - self.hour, left_today))

    def may_be_told_first(self) -> int:
        """How many more of a first window."""
        return max(0, FIRST_A_MINUTE - self.first_minute)


class Why(StrEnum):
    """Why a credential was stopped."""

    FOREIGN = "foreign"
    OPENED = "opened"
    CARDS = "cards"
    UNPROVED = "unproved"


@dataclass(frozen=True, slots=True)
class Taken:
    """New disclosures to one credential up to now, those of the request at hand included. `opened`: contacts and reasons."""

    reasons_minute: int = 0
    opened_hour: int = 0
    opened_day: int = 0
    cards_hour: int = 0
    cards_day: int = 0
    unopened_day: int = 0


def kinds(purpose: Purpose, parts: Part) -> tuple[Kind, ...]:
    """How an answer to a member is counted; not at all where it holds names of an agenda alone."""
    match purpose:
        case Purpose.CARDS:
            return (Kind.CARD,)
        case Purpose.UNOPENED:
            return (Kind.UNOPENED,)
        case _:
            of = ((Part.CT, Kind.CONTACT), (Part.RS, Kind.REASON))
            return tuple(kind for part, kind in of if part in parts)


def is_far(start: datetime, now: datetime) -> bool:
    """Whether the name at this appointment is none that a front desk works with today."""
    return abs(start - now) > timedelta(days=NEAR_DAYS)


def is_long_over(start: datetime, now: datetime) -> bool:
    """Whether few people still have work with this visit."""
    return now - start > timedelta(days=LOOK_BACK_OVER_DAYS)


def too_many_names(told: int, slots: int, *, proved: bool) -> bool:
    """Whether a session that would have been told so many names of far days has to show first that somebody is there.
    `slots` as in `too_much`."""
    if proved:
        return told > max(FAR_NAMES_PROVED, slots * FAR_DAYS_OF_SLOTS_PROVED)
    return told > max(FAR_NAMES, slots * FAR_DAYS_OF_SLOTS)


def too_much(taken: Taken, slots: int) -> tuple[Why, int] | None:
    """Why the credential is stopped and how much it took, or None. `slots`: of the busiest day of its agendas; with 0 the
    least ceilings hold, so whoever stays under those is never asked for it."""
    most_cards = CARDS_A_BOOKING * taken.unopened_day
    judged = (
        (Why.OPENED, taken.reasons_minute, max(REASONS_A_MINUTE, slots * MINUTE_SHARE)),
        (Why.OPENED, taken.opened_hour, max(OPENED_AN_HOUR, slots * OPENED_HOUR_SHARE)),
        (Why.OPENED, taken.opened_day, max(OPENED_A_DAY, slots * DAYS_OF_SLOTS)),
        (Why.CARDS, taken.cards_hour, max(CARDS_AN_HOUR, slots) + most_cards),
        (Why.CARDS, taken.cards_day, max(CARDS_A_DAY, slots * DAYS_OF_SLOTS) + most_cards),
    )
    return next(((why, count) for why, count, most in judged if count > most), None)


def to_hand_out(cards: Sequence[UUID], told: Collection[UUID], in_hand: int) -> int:
    """How many of these cards, from the first on, leave to be sealed anew: those told before as often as they are asked for,
    others while no more than CARDS_IN_HAND are out. Nobody is stopped for it: who collects gets no more, and a desk that
    works goes on as soon as they are sealed anew, by whomever."""
    for nth, card in enumerate(cards):
        if card not in told:
            in_hand += 1
            if in_hand > CARDS_IN_HAND:
                return nth
    return len(cards)


def busiest_day(agendas: Iterable[tuple[Agenda, int]], first: int) -> int:
    """The slots of the busiest of a week's days from `first` (a proleptic ordinal); each agenda with the minutes of its
    shortest visit."""
    days = [0] * DAYS_LOOKED_AT
    for agenda, minutes in agendas:
        for nth in range(DAYS_LOOKED_AT):
            runs = agenda.occurrences(first + nth, first + nth)
            open_for = sum(run.until - run.since for run in runs if run.open)
            days[nth] += open_for // max(minutes, SLOT_MINUTES_MIN)
    return max(days)
