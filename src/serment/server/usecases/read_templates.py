# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a new practice begins with, as its browser reads it: hours and visit types by specialty, without ids."""

from __future__ import annotations

import msgspec

from serment.domain.templates import template_for
from serment.domain.visit_type import Question, VisitType
from serment.server.usecases.read_practice import ChoiceTold, QuestionTold


class HoursTold(msgspec.Struct):
    """Weekly hours to begin with; `days` are MO to SU, minutes the site's wall clock."""

    days: list[str]
    start_minute: int
    end_minute: int


class TypeTemplate(msgspec.Struct):
    """A visit type to begin with: all its rules, no id, no agendas, no resources."""

    name_fr: str
    name_en: str
    minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    step_minutes: int
    notice_minutes: int
    horizon_days: int
    who: str
    accepted: str
    place: str
    daily_quota: int | None
    silent: bool
    colour: int
    position: int
    instructions_fr: str
    instructions_en: str
    questions: list[QuestionTold]


class TemplateTold(msgspec.Struct):
    """What a practice of this specialty may begin with."""

    key: str
    hours: list[HoursTold]
    visit_types: list[TypeTemplate]


def read_template(specialty: str) -> TemplateTold:
    """The template for a specialty's code; an unknown code gets the one for all others."""
    template = template_for(specialty)
    return TemplateTold(
        key=template.key,
        hours=[HoursTold(list(each.days), each.start_minute, each.end_minute) for each in template.hours],
        visit_types=[_told(each) for each in template.visit_types],
    )


def _told(visit_type: VisitType) -> TypeTemplate:
    plain = {
        name: getattr(visit_type, name) for name in TypeTemplate.__struct_fields__ if name != "questions"
    }
    return TypeTemplate(**plain, questions=[_question(each) for each in visit_type.questions])


def _question(question: Question) -> QuestionTold:
    return QuestionTold(
        id=question.question,
        kind=question.kind,
        fr=question.fr,
        en=question.en,
        required=question.required,
        choices=[ChoiceTold(each.fr, each.en) for each in question.choices],
        first_visit=question.first_visit,
    )
