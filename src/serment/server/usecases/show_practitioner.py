"""A practitioner's public page and a practice's: who, where, for what, and when."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from serment.domain import instants
from serment.domain.errors import NotOffered
from serment.domain.holiday import HolidayName, holiday_on
from serment.domain.slot import Slot
from serment.server.instance import Instance
from serment.server.stores import listings
from serment.server.usecases.find_practitioners import slots_of
from serment.server.usecases.read_rules import rules_of
from serment.server.usecases.situation import Asked, first_free

DAYS_SHOWN = 7
DAYS_AHEAD_MAX = 400


@dataclass(frozen=True)
class Times:
    """The free slots of DAYS_SHOWN of the site's days from `first`; `after`: the first free one where none is.

    `opens`: the day of the first free time of all, before which there is nothing to see; today where there is none.
    """

    first: date
    opens: date
    today: date
    slots: list[Slot]
    holidays: dict[date, HolidayName]
    after: datetime | None


@dataclass(frozen=True)
class Shown:
    """The page's ground: the practitioner, their agendas, the chosen one's visit types and times."""

    practitioner: dict[str, Any]
    agendas: list[dict[str, Any]]
    agenda: dict[str, Any] | None
    visit_types: list[dict[str, Any]]
    visit_type: dict[str, Any] | None
    times: Times | None


async def show_practitioner(
    instance: Instance, slug: str, *, agenda: UUID | None, visit_type: UUID | None, first: date | None
) -> Shown | None:
    """None for nobody. What was chosen and is not there falls back to the first that is."""
    who = await listings.practitioner(instance.pool, slug)
    if who is None:
        return None
    agendas = await listings.agendas_of_practitioner(
        instance.pool, who["practice"], who["practitioner"], instance.clock()
    )
    if not agendas:
        return Shown(who, [], None, [], None, None)
    chosen = next((a for a in agendas if a["agenda"] == agenda), agendas[0])
    types = (await listings.visit_types(instance.pool, [(who["practice"], chosen["agenda"])]))[
        chosen["agenda"]
    ]
    open_types = [t for t in types if t["who"] == "anyone"]
    wanted = next((t for t in open_types if t["visit_type"] == visit_type), next(iter(open_types), None))
    times = None
    if wanted is not None and who["accepts_bookings"]:
        times = await _times(instance, chosen["agenda"], wanted["visit_type"], first)
    return Shown(who, agendas, chosen, types, wanted, times)


async def _times(instance: Instance, agenda: UUID, visit_type: UUID, first: date | None) -> Times | None:
    rules = await rules_of(instance, agenda)
    today = instants.local_day(instance.clock(), rules.agenda.zone)
    asked = Asked(agenda, visit_type)
    try:
        found = await first_free(instance, asked, today)
        opens = found.day if found else today
        first = min(max(first or opens, today), today + timedelta(days=DAYS_AHEAD_MAX))
        slots = await slots_of(instance, asked, first, DAYS_SHOWN)
        after = None if slots else await first_free(instance, asked, first + timedelta(days=DAYS_SHOWN))
    except NotOffered:
        return None
    days = [first + timedelta(days=nth) for nth in range(DAYS_SHOWN)]
    named = {day: holiday_on(rules.agenda.holiday_region, day.toordinal()) for day in days}
    holidays = {day: name for day, name in named.items() if name is not None}
    return Times(first, opens, today, slots, holidays, after.start if after else None)


async def show_practice(instance: Instance, slug: str) -> dict[str, Any] | None:
    """The practice with its sites and practitioners; None for none."""
    return await listings.practice(instance.pool, slug, instance.clock())
