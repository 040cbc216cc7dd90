# SPDX-License-Identifier: AGPL-3.0-or-later
"""Visit types: what a practice offers, how long it takes, who may book it and what is asked before."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from serment.domain.errors import InvalidRule
from serment.domain.instants import MINUTES_A_DAY

MINUTES_MAX = MINUTES_A_DAY
BUFFER_MINUTES_MAX = 240
NOTICE_MINUTES_MAX = 366 * MINUTES_A_DAY
HORIZON_DAYS_MAX = 400
QUESTIONS_MAX = 20
CHOICES_MAX = 30
COLOURS = 8


class Who(StrEnum):
    """Who books, and the least who may book a visit type: anyone < known patients < staff."""

    ANYONE = "anyone"
    KNOWN = "known"
    STAFF = "staff"

    def admits(self, booker: Who) -> bool:
        """Whether a visit type open to `self` may be booked by `booker`."""
        order = (Who.ANYONE, Who.KNOWN, Who.STAFF)
        return order.index(booker) >= order.index(self)


class Accepted(StrEnum):
    """Whether a booking stands at once, or is a request the practice answers."""

    AT_ONCE = "at_once"
    ON_REQUEST = "on_request"


class Place(StrEnum):
    """Where the visit happens."""

    SITE = "site"
    VIDEO = "video"


class QuestionKind(StrEnum):
    """How a question is answered."""

    TEXT = "text"
    CHOICE = "choice"
    YES_NO = "yes_no"


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer of a question that offers some."""

    fr: str
    en: str


@dataclass(frozen=True, slots=True)
class Question:
    """Asked before the visit; the answer is sealed (group rs) and the server never sees it.

    `first_visit`: a yes says that somebody comes for the first time.
    """

    question: str
    kind: QuestionKind
    fr: str
    en: str
    required: bool = False
    choices: tuple[Choice, ...] = ()
    first_visit: bool = False

    def __post_init__(self) -> None:
        if (self.kind == QuestionKind.CHOICE) != bool(self.choices):
            raise InvalidRule(
                f"question {self.question}: choices belong to a question of kind choice, and only there"
            )
        if self.first_visit and self.kind != QuestionKind.YES_NO:
            raise InvalidRule(
                f"question {self.question}: whether it is a first visit is answered by yes or no"
            )
        if len(self.choices) > CHOICES_MAX:
            raise InvalidRule(f"question {self.question}: more than {CHOICES_MAX} choices")


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitType:
    """A kind of visit with its rules.

    `notice_minutes` is calendar time at the site: whole days keep the wall clock, the rest is elapsed time
    (`instants.calendar_after`). `horizon_days` counts calendar days: 0 days ahead is today. `step_minutes` is
    counted on the wall clock from the opening's beginning. Buffers block the agenda beside the visit and may
    lie outside openings. `daily_quota` is per agenda and local day. One resource of each of `resource_kinds`
    is taken, buffers included.
    """

    visit_type: UUID
    minutes: int
    agendas: frozenset[UUID]
    name_fr: str = ""
    name_en: str = ""
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    step_minutes: int = 5
    notice_minutes: int = 0
    horizon_days: int = 90
    who: Who = Who.ANYONE
    accepted: Accepted = Accepted.AT_ONCE
    place: Place = Place.SITE
    daily_quota: int | None = None
    silent: bool = False
    colour: int = 1
    position: int = 0
    instructions_fr: str = ""
    instructions_en: str = ""
    questions: tuple[Question, ...] = ()
    resource_kinds: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name, value, lowest, highest in (
            ("minutes", self.minutes, 1, MINUTES_MAX),
            ("buffer_before_minutes", self.buffer_before_minutes, 0, BUFFER_MINUTES_MAX),
            ("buffer_after_minutes", self.buffer_after_minutes, 0, BUFFER_MINUTES_MAX),
            ("step_minutes", self.step_minutes, 1, MINUTES_A_DAY),
            ("notice_minutes", self.notice_minutes, 0, NOTICE_MINUTES_MAX),
            ("horizon_days", self.horizon_days, 1, HORIZON_DAYS_MAX),
            ("colour", self.colour, 1, COLOURS),
            ("questions", len(self.questions), 0, QUESTIONS_MAX),
        ):
            if not lowest <= value <= highest:
                raise InvalidRule(f"{name}: {value} is not between {lowest} and {highest}")
        if self.daily_quota is not None and self.daily_quota < 1:
            raise InvalidRule(f"daily_quota: {self.daily_quota} is less than one a day")
