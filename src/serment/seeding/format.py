"""The file that `serment seed` reads: TOML, documented in docs/reference/seed-format.md."""

import datetime as dt
import tomllib
import zoneinfo
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec

FILE_BYTES_MAX = 8 * 1024 * 1024
NAME_CHARACTERS_MAX = 120
TEXT_CHARACTERS_MAX = 2_000
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class SeedRefused(ValueError):
    """The file was refused as a whole; nothing was written. The sentence says where and why."""


Weekday = Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


class _Table(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    pass


class Site(_Table, frozen=True):
    key: str
    name: str
    address: str
    postcode: str
    town: str
    town_code: str
    latitude: float
    longitude: float
    timezone: str = "Europe/Paris"
    holiday_region: str = "FR"
    access_fr: str = ""
    access_en: str = ""
    phone: str = ""


class Unit(_Table, frozen=True):
    key: str
    name: str


class Practitioner(_Table, frozen=True):
    key: str
    given_name: str
    family_name: str
    specialty: str
    title: str = ""
    rpps: str | None = None
    slug: str | None = None
    about_fr: str = ""
    about_en: str = ""
    new_patients: bool = True


class Agenda(_Table, frozen=True):
    key: str
    site: str
    practitioner: str
    unit: str
    name: str = ""
    works_on_holidays: bool = False


class Opening(_Table, frozen=True):
    """Recurring hours, wall-clock at the site: `days` a week, or an RFC 5545 `rrule`, or neither: once."""

    key: str
    agenda: str
    first_date: dt.date
    start: str = msgspec.field(name="from")
    end: str = msgspec.field(name="to")
    days: list[Weekday] = []
    rrule: str = ""
    weeks: Literal["all", "odd", "even"] = "all"
    last_date: dt.date | None = None
    visit_types: list[str] = []


class OpeningException(_Table, frozen=True):
    """One date that differs: an opening `closed` or `replaced`, or `extra` hours of the agenda."""

    key: str
    agenda: str
    on: dt.date
    kind: Literal["closed", "replaced", "extra"]
    opening: str | None = None
    start: str | None = msgspec.field(name="from", default=None)
    end: str | None = msgspec.field(name="to", default=None)
    visit_types: list[str] = []


class Absence(_Table, frozen=True):
    """Wall-clock times of the site, the second exclusive."""

    key: str
    agenda: str
    since: dt.datetime
    until: dt.datetime


class Choice(_Table, frozen=True):
    fr: str
    en: str


class Question(_Table, frozen=True):
    key: str
    kind: Literal["text", "choice", "yes_no"]
    fr: str
    en: str
    required: bool = False
    choices: list[Choice] = []
    first_visit: bool = False


class VisitType(_Table, frozen=True):
    key: str
    name_fr: str
    name_en: str
    minutes: int
    agendas: list[str]
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    step_minutes: int | None = None
    notice_minutes: int = 60
    horizon_days: int = 90
    who: Literal["anyone", "known", "staff"] = "anyone"
    accepted: Literal["at_once", "on_request"] = "at_once"
    place: Literal["site", "video"] = "site"
    daily_quota: int | None = None
    silent: bool = False
    colour: int = 1
    instructions_fr: str = ""
    instructions_en: str = ""
    questions: list[Question] = []
    resources: list[str] = []


class Resource(_Table, frozen=True):
    key: str
    site: str
    kind: str
    name: str


class Practice(_Table, frozen=True):
    slug: str
    name: str
    sites: list[Site]
    units: list[Unit]
    practitioners: list[Practitioner]
    agendas: list[Agenda]
    visit_types: list[VisitType]
    openings: list[Opening] = []
    exceptions: list[OpeningException] = []
    absences: list[Absence] = []
    resources: list[Resource] = []


class Town(_Table, frozen=True):
    """A whole file: the practices of a town, or of one house."""

    practices: list[Practice]


def minute_of(text: str, *, where: str) -> int:
    """Minute of the day of "09:30". 24:00 is midnight at the end of the day."""
    hours, colon, minutes = text.partition(":")
    if not (
        colon
        and hours.isdigit()
        and len(minutes) == 2
        and minutes.isdigit()
        and int(minutes) < 60
        and int(hours) <= 24
    ):
        raise SeedRefused(f'{where}: "{text}" is not a time of day; write it as "09:30".')
    return int(hours) * 60 + int(minutes)


def hours_of(start: str, end: str, *, where: str) -> tuple[int, int]:
    """(first minute, end minute); an end at or before the start runs past midnight and exceeds 1440."""
    first, last = minute_of(start, where=where), minute_of(end, where=where)
    return (first, last) if last > first else (first, last + 1440)


def read(path: Path) -> Town:
    """The file's practices, checked: every key is known and unique, every zone exists, every time is a time.

    Raises SeedRefused with the place in the file and the reason; nothing is written by reading.
    """
    if path.stat().st_size > FILE_BYTES_MAX:
        raise SeedRefused(f"{path.name} is larger than {FILE_BYTES_MAX // 1024 // 1024} MiB.")
    try:
        town = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Town)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise SeedRefused(f"{path.name}: {error}") from None
    for practice in town.practices:
        _check(practice)
    _distinct((practice.slug for practice in town.practices), where="practices", what="slug")
    return town


def _check(practice: Practice) -> None:
    where = f"practice {practice.slug}"
    if not practice.slug or not all(
        c.isascii() and (c.islower() or c.isdigit() or c == "-") for c in practice.slug
    ):
        raise SeedRefused(f"{where}: a slug holds small letters, digits and hyphens only.")
    for name in (
        "sites",
        "units",
        "practitioners",
        "agendas",
        "visit_types",
        "openings",
        "exceptions",
        "absences",
        "resources",
    ):
        rows = getattr(practice, name)
        _distinct((row.key for row in rows), where=f"{where}, {name}", what="key")
    sites = {site.key for site in practice.sites}
    units = {unit.key for unit in practice.units}
    practitioners = {practitioner.key for practitioner in practice.practitioners}
    agendas = {agenda.key for agenda in practice.agendas}
    visit_types = {visit_type.key for visit_type in practice.visit_types}
    openings = {opening.key for opening in practice.openings}
    kinds = {resource.kind for resource in practice.resources}
    for site in practice.sites:
        if site.timezone not in zoneinfo.available_timezones():
            raise SeedRefused(f'{where}, site {site.key}: there is no time zone "{site.timezone}".')
    for agenda in practice.agendas:
        _known([agenda.site], sites, where=f"{where}, agenda {agenda.key}", what="site")
        _known(
            [agenda.practitioner], practitioners, where=f"{where}, agenda {agenda.key}", what="practitioner"
        )
        _known([agenda.unit], units, where=f"{where}, agenda {agenda.key}", what="unit")
    for visit_type in practice.visit_types:
        _known(visit_type.agendas, agendas, where=f"{where}, visit type {visit_type.key}", what="agenda")
        _known(
            visit_type.resources,
            kinds,
            where=f"{where}, visit type {visit_type.key}",
            what="kind of resource",
        )
        for question in visit_type.questions:
            _check_question(question, f"{where}, question {question.key}")
    for opening in practice.openings:
        _known([opening.agenda], agendas, where=f"{where}, opening {opening.key}", what="agenda")
        _known(opening.visit_types, visit_types, where=f"{where}, opening {opening.key}", what="visit type")
        hours_of(opening.start, opening.end, where=f"{where}, opening {opening.key}")
        if opening.days and opening.rrule:
            raise SeedRefused(f"{where}, opening {opening.key}: give days or an rrule, not both.")
    for exception in practice.exceptions:
        _known([exception.agenda], agendas, where=f"{where}, exception {exception.key}", what="agenda")
        _known(
            exception.visit_types, visit_types, where=f"{where}, exception {exception.key}", what="visit type"
        )
        if (exception.kind == "extra") != (exception.opening is None):
            raise SeedRefused(
                f"{where}, exception {exception.key}: closed and replaced name an opening, extra none."
            )
        if exception.opening is not None:
            _known([exception.opening], openings, where=f"{where}, exception {exception.key}", what="opening")
        if (exception.kind == "closed") != (exception.start is None) or (exception.start is None) != (
            exception.end is None
        ):
            raise SeedRefused(f"{where}, exception {exception.key}: all but closed dates need from and to.")
        if exception.start is not None and exception.end is not None:
            hours_of(exception.start, exception.end, where=f"{where}, exception {exception.key}")
    for absence in practice.absences:
        _known([absence.agenda], agendas, where=f"{where}, absence {absence.key}", what="agenda")
        if absence.since.tzinfo or absence.until.tzinfo or absence.until <= absence.since:
            raise SeedRefused(
                f"{where}, absence {absence.key}: give two wall-clock times of the site, the second later."
            )
    for resource in practice.resources:
        _known([resource.site], sites, where=f"{where}, resource {resource.key}", what="site")


def _check_question(question: Question, where: str) -> None:
    if (question.kind == "choice") != bool(question.choices):
        raise SeedRefused(f"{where}: choices belong to the kind choice, which needs some.")
    if question.first_visit and question.kind != "yes_no":
        raise SeedRefused(f"{where}: first_visit belongs to the kind yes_no.")


def _known(names: Iterable[str], among: set[str], *, where: str, what: str) -> None:
    for name in names:
        if name not in among:
            raise SeedRefused(f'{where}: there is no {what} "{name}" in this practice.')


def _distinct(names: Iterable[str], *, where: str, what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise SeedRefused(f'{where}: the {what} "{name}" stands twice.')
        seen.add(name)
