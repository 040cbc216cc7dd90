# SPDX-License-Identifier: AGPL-3.0-or-later
"""What patients would be offered under rules that are only drafted, beside what they are offered now. Nothing is stored.

The same domain code works it out as for the patients themselves.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from serment.domain.errors import InvalidRule
from serment.domain.holiday import holiday_on
from serment.domain.roles import Deed
from serment.domain.search import free_slots
from serment.domain.slot import Slot
from serment.server.instance import Instance
from serment.server.usecases.change_agenda import drafted
from serment.server.usecases.errors import NoSuchAgenda
from serment.server.usecases.find_slots import HolidayTold
from serment.server.usecases.hours_asked import HoursAsked, outcome_of
from serment.server.usecases.house_rows import AgendaRow
from serment.server.usecases.in_the_way import InTheWay, in_the_way
from serment.server.usecases.membership import Staff
from serment.server.usecases.read_rules import rules_of
from serment.server.usecases.rule_rows import VisitTypeRow
from serment.server.usecases.situation import Asked, see_drafted

PREVIEW_DAYS_MAX = 21


class SlotDrafted(msgspec.Struct):
    """A time; `change` says whether the draft adds it, takes it away, or leaves it."""

    start: datetime
    time: str
    fold: int
    change: Literal["same", "new", "gone"]


class DayDrafted(msgspec.Struct):
    """One of the site's days."""

    date: date
    slots: list[SlotDrafted]
    holiday: HolidayTold | None


class Preview(msgspec.Struct):
    """What would be offered, to `who` (anyone, known, or staff for what only staff book), and which appointments would
    stand where nobody works."""

    timezone: str
    who: str
    days: list[DayDrafted]
    in_the_way: InTheWay


async def preview_offer(
    instance: Instance,
    staff: Staff,
    hours: HoursAsked,
    visit_type: UUID,
    rule: VisitTypeRow | None,
    first: date,
    days: int,
    settings: AgendaRow | None = None,
) -> Preview:
    """`hours` may hold no change, `rule` is the visit type and `settings` the agenda as drafted, None as they stand.

    Raises NotYourRole, NoSuchAgenda, InvalidRule, TooManyDays. What others changed meanwhile is no reason to refuse.
    """
    staff.check_may(Deed.READ_AGENDA)
    rules = await rules_of(instance, hours.agenda, offering=visit_type if rule is None else None)
    if rules.practice != staff.practice:
        raise NoSuchAgenda().about(hours.agenda)
    staff.check_unit(rules.unit)
    wanted = rules.visit_types.get(visit_type) if rule is None else rule.rule()
    if wanted is None or wanted.visit_type != visit_type:
        raise InvalidRule("visit_type: it is not offered on this agenda, and no draft says how it would be")
    who = wanted.who
    seen = await see_drafted(instance, wanted, Asked(hours.agenda, visit_type, who), first, days)
    # Beside the loop: forty rules that are counted for years take a while, and nobody else waits for them.
    outcome = await asyncio.to_thread(outcome_of, hours, seen.rules.agenda)
    # A practice that is not open yet sees what it will offer once it is.
    then = outcome.after if settings is None else drafted(outcome.after, settings)
    draft = replace(then, active=True)
    after = free_slots(draft, wanted, seen.situation, first=first, days=days)
    before: list[Slot] = []
    if (stands := seen.rules.visit_types.get(visit_type)) is not None:
        seen = await see_drafted(instance, stands, Asked(hours.agenda, visit_type, who), first, days)
        before = free_slots(outcome.before, stands, seen.situation, first=first, days=days)
    return Preview(
        timezone=rules.agenda.zone,
        who=who.value,
        days=_days(rules.agenda.holiday_region, before, after, first, days),
        in_the_way=await in_the_way(instance, staff.practice, outcome.before, then),
    )


def _days(region: str, before: list[Slot], after: list[Slot], first: date, days: int) -> list[DayDrafted]:
    old, new = {slot.start_minute: slot for slot in before}, {slot.start_minute: slot for slot in after}
    by_day: dict[date, list[SlotDrafted]] = {first + timedelta(days=nth): [] for nth in range(days)}
    for start in sorted(old.keys() | new.keys()):
        slot = new.get(start) or old[start]
        change: Literal["same", "new", "gone"] = (
            "same" if start in old and start in new else "new" if start in new else "gone"
        )
        by_day[slot.day].append(SlotDrafted(slot.start, slot.label, slot.fold or 0, change))
    return [DayDrafted(day, slots, _holiday(region, day)) for day, slots in by_day.items()]


def _holiday(region: str, day: date) -> HolidayTold | None:
    holiday = holiday_on(region, day.toordinal())
    return None if holiday is None else HolidayTold(holiday.fr, holiday.en)
