# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is public of a practice and of one agenda, and what the practice's own desk reads of its rules."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from serment.domain import instants
from serment.server.instance import Instance
from serment.server.stores import practices
from serment.server.usecases.errors import NoSuchAgenda, NoSuchPractice
from serment.server.usecases.membership import Staff


class PracticeTold(msgspec.Struct):
    """`fingerprint` (20 bytes) is null until the practice was opened with its keys."""

    practice: UUID
    slug: str
    name: str
    fingerprint: bytes | None


class SiteTold(msgspec.Struct):
    """Where; `latitude` and `longitude` in degrees. `word`: what its messages say, empty for the town; then which there are."""

    site: UUID
    name: str
    address: str
    postcode: str
    town: str
    latitude: float
    longitude: float
    timezone: str
    access_fr: str
    access_en: str
    phone: str
    word: str
    confirms: bool
    reminds_week: bool
    reminds_eve: bool


class PractitionerTold(msgspec.Struct):
    """Who is visited. `specialty` is a code of TRE_R38."""

    practitioner: UUID
    slug: str
    title: str
    given_name: str
    family_name: str
    specialty: str
    about_fr: str = ""
    about_en: str = ""
    new_patients: bool = True


class ChoiceTold(msgspec.Struct):
    """One answer of a question that offers some."""

    fr: str
    en: str


class QuestionTold(msgspec.Struct):
    """Asked before the visit; `kind` is text, choice or yes_no. `first_visit`: a yes says that it would be the first."""

    id: str
    kind: str
    fr: str
    en: str
    required: bool = False
    choices: list[ChoiceTold] = []
    first_visit: bool = False


class VisitTypeTold(msgspec.Struct):
    """A visit type as patients see it."""

    visit_type: UUID
    name_fr: str
    name_en: str
    minutes: int
    who: str
    accepted: str
    place: str
    silent: bool
    colour: int
    position: int
    step_minutes: int
    notice_minutes: int
    horizon_days: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    instructions_fr: str
    instructions_en: str
    questions: list[QuestionTold]


class AgendaPage(msgspec.Struct):
    """What a booking page needs. `check`: what is asked of who books, where the roster names the notifier that serves: nothing,
    a checked number, or a checked number or e-mail address ("any"). Without it, what is sent is a request."""

    agenda: UUID
    unit: UUID
    check: Literal["none", "phone", "any"]
    practice: PracticeTold
    site: SiteTold
    practitioner: PractitionerTold
    visit_types: list[VisitTypeTold]


class AgendaTold(msgspec.Struct):
    """One practitioner at one site, with the visit types offered there."""

    agenda: UUID
    site: UUID
    practitioner: UUID
    unit: UUID
    name: str
    visit_types: list[UUID]


class PracticePage(msgspec.Struct):
    """A practice as its own page shows it."""

    practice: UUID
    slug: str
    name: str
    fingerprint: bytes | None
    accepts_bookings: bool
    sites: list[SiteTold]
    practitioners: list[PractitionerTold]
    agendas: list[AgendaTold]
    visit_types: list[VisitTypeTold]


class HouseSite(SiteTold, kw_only=True):
    """A site with what decides its days; `today` is its calendar day now."""

    town_code: str
    holiday_region: str
    today: date | None = None


class HouseAgenda(AgendaTold, kw_only=True):
    """An agenda as its practice sees it."""

    active: bool
    last_date: date | None
    works_on_holidays: bool
    position: int


class HouseVisitType(VisitTypeTold, kw_only=True):
    """A visit type as its practice sees it."""

    daily_quota: int | None


class Unit(msgspec.Struct):
    """A confidentiality unit."""

    unit: UUID
    name: str


class ResourceTold(msgspec.Struct):
    """A room or a device."""

    resource: UUID
    site: UUID
    kind: str
    name: str


class MemberTold(msgspec.Struct):
    """A member by the name colleagues know; keys and roles are in the roster."""

    member: UUID
    name: str


class House(msgspec.Struct):
    """A practice's own rules."""

    instance: str
    practice: UUID
    slug: str
    name: str
    fingerprint: bytes | None
    sites: list[HouseSite]
    units: list[Unit]
    practitioners: list[PractitionerTold]
    agendas: list[HouseAgenda]
    visit_types: list[HouseVisitType]
    resources: list[ResourceTold]
    members: list[MemberTold]


async def read_agenda(instance: Instance, agenda: UUID) -> AgendaPage:
    """Raises NoSuchAgenda, also for one that takes no bookings."""
    text = await practices.read_agenda_page(instance.pool, agenda, instance.clock())
    if text is None:
        raise NoSuchAgenda
    return msgspec.json.decode(text, type=AgendaPage)


async def read_practice(instance: Instance, slug: str) -> PracticePage:
    """Raises NoSuchPractice."""
    text = await practices.read_practice_page(instance.pool, slug, instance.clock())
    if text is None:
        raise NoSuchPractice
    return msgspec.json.decode(text, type=PracticePage)


async def read_house(instance: Instance, staff: Staff) -> House:
    """What a member is told of their practice (docs/reference/roles.md). Raises NoSuchPractice."""
    text = await practices.read_house(instance.pool, staff.practice)
    if text is None:
        raise NoSuchPractice
    told = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    told["instance"] = msgspec.Raw(msgspec.json.encode(instance.name))
    house = msgspec.json.decode(msgspec.json.encode(told), type=House)
    for site in house.sites:
        site.today = instants.local_day(instance.clock(), site.timezone)
    _wall(house, staff)
    return house


def _wall(house: House, staff: Staff) -> None:
    """Leaves out other units, who and what is of those alone, and colleagues whom the member shares no unit with."""
    elsewhere = {each.practitioner for each in house.agendas if not staff.knows(each.unit)}
    house.units = [each for each in house.units if staff.knows(each.unit)]
    house.agendas = [each for each in house.agendas if staff.knows(each.unit)]
    elsewhere -= {each.practitioner for each in house.agendas}
    house.practitioners = [each for each in house.practitioners if each.practitioner not in elsewhere]
    colleagues = staff.colleagues()
    house.members = [each for each in house.members if each.member in colleagues]
