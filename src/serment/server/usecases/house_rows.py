# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who receives, where and with what, row by row, as the desk reads and writes it: `rule_rows` says how rows are compared."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from serment.framing.messages import WORD_BYTES_MAX
from serment.server.usecases.rule_rows import (
    NAME_CHARACTERS_MAX,
    AbsenceRow,
    ExceptionRow,
    Name,
    OpeningRow,
    Position,
    RuleRow,
    Text,
    VisitTypeRow,
)

ADDRESS_CHARACTERS_MAX = 100
PERSON_CHARACTERS_MAX = 100
PHONE_CHARACTERS_MAX = 40
TITLE_CHARACTERS_MAX = 40

Person = Annotated[str, Meta(min_length=1, max_length=PERSON_CHARACTERS_MAX)]


class ResourceRow(RuleRow, kw_only=True):
    """A room or a device; `kind` is the word by which visit types ask for one of several."""

    resource: UUID
    site: UUID
    kind: Name
    name: Name


class AgendaRow(RuleRow, kw_only=True):
    """One practitioner at one site. `last_date`: the last day it opens, null for no end; whose it is and where stays."""

    agenda: UUID
    site: UUID
    practitioner: UUID
    unit: UUID
    name: Annotated[str, Meta(max_length=NAME_CHARACTERS_MAX)]
    active: bool
    last_date: date | None
    works_on_holidays: bool
    position: Position


class SiteRow(RuleRow, kw_only=True):
    """Where, and what patients read of it. The town is the official list's; zone and holidays decide the site's days.

    `word`: what messages say beside the time, empty for the town. `confirms`, `reminds_week`, `reminds_eve`: which there are.
    """

    site: UUID
    name: Name
    address: Annotated[str, Meta(min_length=1, max_length=ADDRESS_CHARACTERS_MAX)]
    postcode: Annotated[str, Meta(pattern="^[0-9]{5}$")]
    town_code: Annotated[str, Meta(pattern="^[0-9AB]{5}$")]
    timezone: Annotated[str, Meta(max_length=40)]
    holiday_region: Annotated[str, Meta(max_length=10)]
    phone: Annotated[str, Meta(max_length=PHONE_CHARACTERS_MAX)]
    access_fr: Text
    access_en: Text
    word: Annotated[str, Meta(max_length=WORD_BYTES_MAX)] = ""
    confirms: bool = True
    reminds_week: bool = True
    reminds_eve: bool = True


class PractitionerRow(RuleRow, kw_only=True):
    """Who receives, and what they say of themselves. `number`: the register's, borne or claimed; empty for none."""

    practitioner: UUID
    title: Annotated[str, Meta(max_length=TITLE_CHARACTERS_MAX)]
    given_name: Person
    family_name: Person
    specialty: Annotated[str, Meta(pattern="^[A-Z0-9]{2,8}$")]
    number: Annotated[str, Meta(pattern="^([0-9]{11})?$")]
    about_fr: Text
    about_en: Text
    new_patients: bool


class PracticeRow(RuleRow, kw_only=True):
    """What the practice asks of who books online: nothing, a checked number, or a checked number or e-mail address ("any")."""

    booking_check: Literal["none", "phone", "any"]


class RuleRows(msgspec.Struct):
    """A practice's rules, for the agendas of the reader's units. Dates and absences long past are left out."""

    practice: PracticeRow

    openings: list[OpeningRow]
    exceptions: list[ExceptionRow]
    absences: list[AbsenceRow]
    visit_types: list[VisitTypeRow]
    resources: list[ResourceRow]
    agendas: list[AgendaRow]
    sites: list[SiteRow]
    practitioners: list[PractitionerRow]
