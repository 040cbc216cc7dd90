# SPDX-License-Identifier: AGPL-3.0-or-later
"""The rules of time row by row, as the desk reads and writes them, with the limits of each field (`house_rows`: the rest).

Whoever changes a row says what they read: `check_swap` compares it with what stands, so that two desks never overwrite
each other silently and a change sent twice is made once.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta

from serment.domain.agenda import Absence, ChangeKind, DatedChange, Opening, WeekParity
from serment.domain.errors import InvalidRule
from serment.domain.visit_type import Accepted, Choice, Place, Question, QuestionKind, VisitType, Who
from serment.server.usecases.errors import RuleChanged

NAME_CHARACTERS_MAX = 120
TEXT_CHARACTERS_MAX = 2_000
POSITION_MAX = 10_000
DAY_MIN, DAY_MAX = date(2000, 1, 1), date(2199, 12, 31)

Name = Annotated[str, Meta(min_length=1, max_length=NAME_CHARACTERS_MAX)]
Text = Annotated[str, Meta(max_length=TEXT_CHARACTERS_MAX)]
Minute = Annotated[int, Meta(ge=0, le=1439)]
EndMinute = Annotated[int, Meta(ge=1, le=2879)]
Position = Annotated[int, Meta(ge=0, le=POSITION_MAX)]
Types = Annotated[list[UUID], Meta(max_length=200)] | None
Wall = Annotated[datetime, Meta(tz=False)]

Row = TypeVar("Row", bound="RuleRow")


class RuleRow(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A row of the rules. Two rows are equal if all fields are."""


class OpeningRow(RuleRow, kw_only=True):
    """A recurring opening on the site's wall clock; `last_date` inclusive, `end_minute` over 1440 past midnight.

    `rrule` is RFC 5545 (empty: once); `visit_types` null is open to all.
    """

    opening: UUID
    agenda: UUID
    first_date: date
    last_date: date | None
    start_minute: Minute
    end_minute: EndMinute
    rrule: Annotated[str, Meta(max_length=500)]
    week_parity: Literal["all", "odd", "even"]
    visit_types: Types

    def rule(self) -> Opening:
        """As the engine reads it. Raises InvalidRule."""
        check_days(self.first_date, self.last_date)
        return Opening(
            opening=self.opening,
            first_date=self.first_date,
            last_date=self.last_date,
            start_minute=self.start_minute,
            end_minute=self.end_minute,
            rrule=self.rrule,
            week_parity=WeekParity(self.week_parity),
            visit_types=_types(self.visit_types),
        )


class ExceptionRow(RuleRow, kw_only=True):
    """One date that differs: an opening closed or replaced that day, or extra hours (`opening` null)."""

    exception: UUID
    agenda: UUID
    opening: UUID | None
    on_date: date
    kind: Literal["closed", "replaced", "extra"]
    start_minute: Minute | None
    end_minute: EndMinute | None
    visit_types: Types

    def rule(self) -> DatedChange:
        """As the engine reads it. Raises InvalidRule."""
        check_days(self.on_date)
        return DatedChange(
            change=self.exception,
            on_date=self.on_date,
            kind=ChangeKind(self.kind),
            opening=self.opening,
            start_minute=self.start_minute,
            end_minute=self.end_minute,
            visit_types=_types(self.visit_types),
        )


class AbsenceRow(RuleRow, kw_only=True):
    """The site's wall clock from `since` until `until`, exclusive; times without zone."""

    absence: UUID
    agenda: UUID
    since: Wall
    until: Wall

    def rule(self) -> Absence:
        """As the engine reads it. Raises InvalidRule."""
        check_days(self.since.date(), self.until.date())
        if any(each.second or each.microsecond for each in (self.since, self.until)):
            raise InvalidRule("since, until: an absence begins and ends on a whole minute")
        return Absence(absence=self.absence, since=self.since, until=self.until)


class ChoiceRow(RuleRow, kw_only=True):
    """One answer of a question that offers some."""

    fr: Name
    en: Name


class QuestionRow(RuleRow, kw_only=True):
    """Asked before the visit; the answer is sealed. `first_visit`: a yes says that somebody comes for the first time."""

    id: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,39}$")]
    kind: Literal["text", "choice", "yes_no"]
    fr: Annotated[str, Meta(min_length=1, max_length=300)]
    en: Annotated[str, Meta(min_length=1, max_length=300)]
    required: bool = False
    choices: Annotated[list[ChoiceRow], Meta(max_length=30)] = []
    first_visit: bool = False


class VisitTypeRow(RuleRow, kw_only=True):
    """A visit type with all its rules; `agendas` are those of the reader's units, `resources` kinds taken together."""

    visit_type: UUID
    name_fr: Name
    name_en: Name
    minutes: Annotated[int, Meta(ge=1, le=1440)]
    buffer_before_minutes: Annotated[int, Meta(ge=0, le=240)]
    buffer_after_minutes: Annotated[int, Meta(ge=0, le=240)]
    step_minutes: Annotated[int, Meta(ge=1, le=1440)]
    notice_minutes: Annotated[int, Meta(ge=0, le=527_040)]
    horizon_days: Annotated[int, Meta(ge=1, le=400)]
    who: Literal["anyone", "known", "staff"]
    accepted: Literal["at_once", "on_request"]
    place: Literal["site", "video"]
    daily_quota: Annotated[int, Meta(ge=1, le=1440)] | None
    silent: bool
    colour: Annotated[int, Meta(ge=1, le=8)]
    position: Position
    instructions_fr: Text
    instructions_en: Text
    questions: Annotated[list[QuestionRow], Meta(max_length=20)]
    agendas: Annotated[list[UUID], Meta(max_length=200)]
    resources: Annotated[list[Name], Meta(max_length=10)]

    def __post_init__(self) -> None:
        self.agendas = sorted(set(self.agendas))
        self.resources = sorted(set(self.resources))

    def rule(self) -> VisitType:
        """As the engine reads it. Raises InvalidRule."""
        if len({question.id for question in self.questions}) < len(self.questions):
            raise InvalidRule("questions: two have the same id")
        plain = {
            name: getattr(self, name)
            for name in self.__struct_fields__
            if name not in ("agendas", "resources", "questions", "who", "accepted", "place")
        }
        return VisitType(
            **plain,
            agendas=frozenset(self.agendas),
            who=Who(self.who),
            accepted=Accepted(self.accepted),
            place=Place(self.place),
            questions=tuple(
                Question(
                    each.id,
                    QuestionKind(each.kind),
                    each.fr,
                    each.en,
                    each.required,
                    tuple(Choice(choice.fr, choice.en) for choice in each.choices),
                    each.first_visit,
                )
                for each in self.questions
            ),
            resource_kinds=frozenset(self.resources),
        )


def row_of(value: Opening | DatedChange | Absence, agenda: UUID) -> OpeningRow | ExceptionRow | AbsenceRow:
    """The row that keeps an engine's value."""
    match value:
        case Opening():
            return OpeningRow(
                opening=value.opening,
                agenda=agenda,
                first_date=value.first_date,
                last_date=value.last_date,
                start_minute=value.start_minute,
                end_minute=value.end_minute,
                rrule=value.rrule,
                week_parity=value.week_parity.value,
                visit_types=_sorted(value.visit_types),
            )
        case DatedChange():
            return ExceptionRow(
                exception=value.change,
                agenda=agenda,
                opening=value.opening,
                on_date=value.on_date,
                kind=value.kind.value,
                start_minute=value.start_minute,
                end_minute=value.end_minute,
                visit_types=_sorted(value.visit_types),
            )
        case Absence():
            return AbsenceRow(absence=value.absence, agenda=agenda, since=value.since, until=value.until)


def check_swap(stands: Any, was: Any, now: Any, told: Any = None) -> bool:
    """Whether there is something to write: False if it stands so already. Raises RuleChanged with what stands."""
    if stands == now:
        return False
    if stands != was:
        raise RuleChanged(stands=told if told is not None else stands)
    return True


def plain(row: RuleRow) -> dict[str, Any]:
    """The row's fields as JSON values, in the columns' own names."""
    return {name: msgspec.to_builtins(getattr(row, name)) for name in row.__struct_fields__}


def _types(types: list[UUID] | None) -> frozenset[UUID] | None:
    return None if types is None else frozenset(types)


def _sorted(types: frozenset[UUID] | None) -> list[UUID] | None:
    return None if types is None else sorted(types)


def check_days(*days: date | None) -> None:
    """Raises InvalidRule for a day outside DAY_MIN to DAY_MAX."""
    for day in days:
        if day is not None and not DAY_MIN <= day <= DAY_MAX:
            raise InvalidRule(f"{day} is not between {DAY_MIN} and {DAY_MAX}")
