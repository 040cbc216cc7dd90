# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a new practice begins with, by specialty: usual hours and visit types, to be changed by whoever works there.

The words are in `templates.toml`, in both languages; here they are read once and checked against the rules of visit types.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from serment.domain.errors import InvalidRule
from serment.domain.visit_type import Accepted, Choice, Place, Question, QuestionKind, VisitType, Who

_FILE = Path(__file__).with_name("templates.toml")
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours of some weekdays (MO to SU), in minutes of the day on the site's wall clock."""

    days: tuple[str, ...]
    start_minute: int
    end_minute: int


@dataclass(frozen=True, slots=True)
class Template:
    """Hours and visit types to begin with. The visit types carry no ids yet and no agendas: whoever uses them draws ids."""

    key: str
    codes: tuple[str, ...]
    hours: tuple[Hours, ...]
    visit_types: tuple[VisitType, ...]


@cache
def templates() -> tuple[Template, ...]:
    """Every template; the last serves the specialties that none of the others names."""
    told = tomllib.loads(_FILE.read_text("utf-8"))["templates"]
    return tuple(_template(each) for each in told)


def template_for(specialty: str) -> Template:
    """The template of a specialty's code (TRE_R38, or "P" + TRE_G15), else the one for all others."""
    for each in templates():
        if specialty in each.codes:
            return each
    return templates()[-1]


def _template(told: dict[str, Any]) -> Template:
    return Template(
        key=told["key"],
        codes=tuple(told["codes"]),
        hours=tuple(
            Hours(tuple(each["days"]), _minute(each["from"]), _minute(each["to"])) for each in told["hours"]
        ),
        visit_types=tuple(_visit_type(each, position) for position, each in enumerate(told["visit_types"])),
    )


def _visit_type(told: dict[str, Any], position: int) -> VisitType:
    rules = {**told, "position": position}
    rules["questions"] = tuple(_question(each) for each in told.get("questions", ()))
    rules["who"] = Who(told.get("who", "anyone"))
    rules["accepted"] = Accepted(told.get("accepted", "at_once"))
    rules["place"] = Place(told.get("place", "site"))
    return VisitType(visit_type=_NOBODY, agendas=frozenset(), **rules)


def _question(told: dict[str, Any]) -> Question:
    return Question(
        question=told["id"],
        kind=QuestionKind(told["kind"]),
        fr=told["fr"],
        en=told["en"],
        required=told["required"],
        choices=tuple(Choice(each["fr"], each["en"]) for each in told.get("choices", ())),
        first_visit=told.get("first_visit", False),
    )


def _minute(text: str) -> int:
    hours, _, minutes = text.partition(":")
    if not (hours.isdigit() and minutes.isdigit()):
        raise InvalidRule(f"{text} is not a time of day")
    return int(hours) * 60 + int(minutes)
