# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a practice begins with: a template for every specialty, each one that the engine can keep and offer."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from serment.directory.specialties import kinds
from serment.domain.agenda import Agenda, Opening
from serment.domain.recurrence import WEEKDAYS
from serment.domain.search import free_slots
from serment.domain.slot import Situation
from serment.domain.templates import Template, template_for, templates
from serment.domain.visit_type import Accepted, VisitType, Who
from serment.server.usecases.read_templates import read_template

BENTO = UUID(int=0xB)
MONDAY = date(2027, 3, 1)


def begun(template: Template) -> Agenda:
    """Dr Bento's agenda as the template would open it."""
    openings = tuple(
        Opening(
            opening=UUID(int=number + 1),
            first_date=MONDAY,
            start_minute=hours.start_minute,
            end_minute=hours.end_minute,
            rrule=f"FREQ=WEEKLY;BYDAY={','.join(hours.days)}",
        )
        for number, hours in enumerate(template.hours)
    )
    return Agenda(agenda=BENTO, zone="Europe/Paris", openings=openings)


@pytest.mark.parametrize("template", templates(), ids=lambda each: each.key)
def test_what_a_template_says_can_be_booked_in_the_hours_it_opens(template: Template) -> None:
    agenda = begun(template)
    for told in template.visit_types:
        rules = {name: getattr(told, name) for name in VisitType.__slots__}
        bookable = VisitType(**{**rules, "visit_type": UUID(int=0xC), "agendas": frozenset({BENTO})})
        situation = Situation(now=datetime(2027, 2, 28, 9, tzinfo=UTC), who=Who.STAFF)
        assert free_slots(agenda, bookable, situation, first=MONDAY, days=7), told.name_fr
    assert (
        any(told.who is Who.ANYONE and told.accepted is Accepted.AT_ONCE for told in template.visit_types)
        or template.key == "psychiatrist"
    )


@pytest.mark.parametrize("template", templates(), ids=lambda each: each.key)
def test_every_template_speaks_both_languages_and_tells_its_visit_types_apart(template: Template) -> None:
    for told in template.visit_types:
        assert told.name_fr and told.name_en
        assert bool(told.instructions_fr) == bool(told.instructions_en)
        assert all(question.fr and question.en for question in told.questions)
    names = [told.name_fr for told in template.visit_types]
    assert len(set(names)) == len(names)
    assert len({told.colour for told in template.visit_types}) == len(names)
    assert all(day in WEEKDAYS for hours in template.hours for day in hours.days)


def test_every_code_has_one_template_and_an_unknown_one_gets_the_template_for_all_others() -> None:
    codes = [code for template in templates() for code in template.codes]
    assert len(set(codes)) == len(codes)
    known = {code for kind in kinds() for code in kind.codes} | {"P69"}
    assert set(codes) <= known
    assert template_for("SM54").key == "general-practice"
    assert template_for("SM48").key == template_for("").key == "other"


def test_the_browser_reads_every_rule_of_a_template_but_ids() -> None:
    told = read_template("SM54")
    first = template_for("SM54").visit_types[0]
    assert (told.visit_types[0].name_fr, told.visit_types[0].minutes) == (first.name_fr, first.minutes)
    assert told.visit_types[0].questions[0].id == "first-time"
