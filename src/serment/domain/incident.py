# SPDX-License-Identifier: AGPL-3.0-or-later
"""A personal-data breach as the GDPR has it: what is known, what an initial notice still lacks, and how long there is.

One dossier for each practice, since practices are the controllers. What left comes from the access ledger; what happened and
who answers for it is written by an owner. Source: GDPR art. 33 and 34; the fields are those of the CNIL's form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from serment.domain.errors import DomainError
from serment.domain.ledger import Part, Purpose

HOURS_MAX_DEFAULT = 72  # GDPR art. 33(1); weekends and holidays count
REASON_CHARACTERS_MAX = 2_000
FOUND_BEFORE_OPENED_DAYS_MAX = 366  # longer ago is a slip of the year

Nature = Literal["confidentiality", "integrity", "availability"]
Origin = Literal[
    "hacking", "equipment", "paper", "mail", "discarded_paper", "discarded_device", "publication",
    "wrong_person_shown", "wrong_recipient", "spoken", "other", "unknown",
]  # fmt: skip
Cause = Literal[
    "external_malicious",
    "external_accidental",
    "internal_malicious",
    "internal_accidental",
    "other",
    "unknown",
]
Typology = Literal[
    "civil_status", "nir", "contact", "credentials", "financial", "official_documents", "location", "offences",
    "other", "unknown",
]  # fmt: skip
Whom = Literal["patients", "minors", "vulnerable", "employees", "users"]
Impact = Literal[
    "control", "rights", "discrimination", "identity_theft", "fraud", "pseudonymity", "financial_loss",
    "reputation", "secrecy", "other",
]  # fmt: skip
Report = Literal["complaint", "cert_sante", "anssi", "insurer"]
Keys = Literal["unknown", "safe", "exposed"]
Recipients = Literal["none", "known", "unknown"]
Loss = Literal["none", "recoverable", "lost"]
Malice = Literal["yes", "unknown", "no"]
Gravity = Literal["low", "medium", "high", "very_high"]
Informed = Literal["yes", "will", "no", "undetermined"]
Exemption = Literal["a", "b", "c"]

Line = Annotated[str, Meta(max_length=200)]
Text = Annotated[str, Meta(max_length=4_000)]
Count = Annotated[int, Meta(ge=0, le=100_000_000)]

# What the initial notice asks for (art. 33(3)); figures and severity are worked out and never lacking.
REQUIRED = (
    "controller_name", "controller_siren", "controller_address", "representative_name", "contact_name",
    "contact_reach", "found_how", "circumstances", "natures", "origins", "cause", "typologies", "people", "impacts",
    "measures_after",
)  # fmt: skip
# Written by hand and kept in clear: no patient may be named in them.
FREE_TEXTS = (
    "found_how",
    "circumstances",
    "measures_before",
    "measures_after",
    "others",
    "late_reason",
    "informed_how",
)

_SIREN = re.compile(r"\d{9}\Z")
_PHONE = re.compile(r"(?<!\d)(?:\+33|0033|0)[\s.-]?[1-9](?:[\s.-]?\d{2}){4}(?!\d)")
_NIR = re.compile(
    r"(?<!\d)[12][\s.]?\d{2}[\s.]?\d{2}[\s.]?(?:\d{2}|2[AB])[\s.]?\d{3}[\s.]?\d{3}(?:[\s.]?\d{2})?(?!\d)"
)
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]+")  # begins where a word does: else quadratic


class FormWrong(DomainError):
    """A field of the dossier cannot be kept as it is. Nothing was changed; correct the field that is named."""

    # why: "siren" (no such number), "names_somebody" (a telephone, an e-mail or a social-security number in a text that stays
    # readable), "order" (it ended before it began), "future" (found later than now), "long_ago" (found over a year before its
    # dossier was opened), "after_sent" (found after the authority was told).
    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name, self.why = name, why


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=False):
    """What people write in a dossier; empty is not known yet. Times are aware. It names the practice and nobody it treats."""

    controller_name: Line = ""
    controller_siren: Line = ""
    controller_address: Line = ""
    controller_sector: Line = ""
    representative_name: Line = ""
    representative_role: Line = ""
    representative_email: Line = ""
    representative_phone: Line = ""
    contact_name: Line = ""
    contact_role: Line = ""
    contact_email: Line = ""
    contact_phone: Line = ""
    contact_is_dpo: bool = False
    dpo_number: Line = ""
    others: Text = ""
    began_at: datetime | None = None
    ended_at: datetime | None = None
    found_how: Text = ""
    circumstances: Text = ""
    natures: tuple[Nature, ...] = ()
    origins: tuple[Origin, ...] = ()
    cause: Cause | None = None
    typologies: tuple[Typology, ...] = ()
    people: tuple[Whom, ...] = ()
    people_exact: Count | None = None
    keys: Keys = "unknown"
    recipients: Recipients = "unknown"
    integrity: Loss = "none"
    availability: Loss = "none"
    impacts: tuple[Impact, ...] = ()
    gravity: Gravity | None = None
    measures_before: Text = ""
    measures_after: Text = ""
    informed: Informed = "undetermined"
    informed_how: Text = ""
    exemption: Exemption | None = None
    cross_border: Line = ""
    reports: tuple[Report, ...] = ()
    late_reason: Text = ""
    cnil_number: Line = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which entries of the ledger an incident is about, both ends included. No `readers` and no `links` (patients' links
    alone): everybody; no `purposes`: all."""

    since: datetime
    until: datetime
    readers: tuple[UUID, ...] = ()
    links: bool = False
    purposes: tuple[Purpose, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """What left, of one practice, within an incident's scope, by the access ledger. Counts of distinct records.

    `appointments` and `cards`: distinct ids; `names`: entries of indexes that were read whole. `by_part`: distinct records a
    part left of. `first`, `last`: of the answers.
    """

    entries: int = 0
    appointments: int = 0
    cards: int = 0
    names: int = 0
    by_part: Mapping[Part, int] = field(default_factory=dict)
    by_purpose: Mapping[str, int] = field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None

    @property
    def records(self) -> int:
        """Distinct records: appointments, cards, names of an index."""
        return self.appointments + self.cards + self.names

    def people(self, exact: int | None) -> tuple[int, int]:
        """The fewest and the most people concerned: each record is about one person, and one person may have many."""
        if exact is not None:
            return exact, exact
        return min(self.records, 1), self.records

    def typologies(self) -> tuple[Typology, ...]:
        """The kinds of data that the parts hold."""
        parts = {part for part, count in self.by_part.items() if count}
        found: list[Typology] = []
        if parts & {Part.ID, Part.CARD, Part.INDEX}:
            found.append("civil_status")
        if parts & {Part.CT, Part.CARD}:
            found.append("contact")
        return tuple(found)


def bracket(people: int) -> str:
    """The CNIL's bracket of a number of people."""
    for most, name in ((5, "to_5"), (50, "to_50"), (300, "to_300"), (5_000, "to_5000")):
        if people <= most:
            return name
    return "over_5000"


class Phase(StrEnum):
    """How far a dossier is. `NOT_NOTIFIED`: decided, with its reason; it stands in the register like the others."""

    DRAFT = "draft"
    TO_NOTIFY = "to_notify"
    INITIAL_SENT = "initial_sent"
    COMPLETE = "complete"
    NOT_NOTIFIED = "not_notified"


def phase(*, decision: bool | None, initial_at: datetime | None, complete_at: datetime | None) -> Phase:
    """`decision`: whether to notify, None while nobody decided."""
    if complete_at is not None:
        return Phase.COMPLETE
    if initial_at is not None:
        return Phase.INITIAL_SENT
    if decision is None:
        return Phase.DRAFT
    return Phase.TO_NOTIFY if decision else Phase.NOT_NOTIFIED


@dataclass(frozen=True, slots=True)
class Clock:
    """The time left for the initial notice. `left` is below nothing once it is late; it stands still at the sending, and
    where nothing is to be notified there is none."""

    found_at: datetime
    due_at: datetime
    left: timedelta | None

    @property
    def late(self) -> bool:
        """Whether the reasons of art. 33(1) for the delay are asked for."""
        return self.left is not None and self.left < timedelta(0)


def clock(
    found_at: datetime, now: datetime, *, hours: int = HOURS_MAX_DEFAULT, decision: bool | None = None,
    initial_at: datetime | None = None,
) -> Clock:  # fmt: skip
    """From when it was found, without a pause at weekends."""
    due = found_at + timedelta(hours=hours)
    if initial_at is None and decision is False:
        return Clock(found_at, due, None)
    return Clock(found_at, due, due - (initial_at or now))


def typologies(form: Form, figures: Figures) -> tuple[Typology, ...]:
    """What left by the ledger, then what people added."""
    return tuple(dict.fromkeys((*figures.typologies(), *form.typologies)))


def malice(cause: Cause | None) -> Malice:
    """Whether harm was meant, by the cause."""
    match cause:
        case "external_malicious" | "internal_malicious":
            return "yes"
        case "external_accidental" | "internal_accidental":
            return "no"
        case _:
            return "unknown"


def lacking(form: Form, figures: Figures, *, late: bool) -> list[str]:
    """What an initial notice still lacks, in the order of the form; `contact_reach`: neither e-mail nor telephone."""
    worked_out = {
        "contact_reach": bool(form.contact_email or form.contact_phone),
        "typologies": bool(typologies(form, figures)),
    }
    asked = (*REQUIRED, "late_reason") if late else REQUIRED
    return [name for name in asked if not worked_out.get(name, bool(getattr(form, name, None)))]


def check_form(form: Form, found_at: datetime, now: datetime) -> None:
    """Raises FormWrong for what cannot stand in a notice, or would keep somebody's number readable on the server."""
    if form.controller_siren and not is_siren(form.controller_siren):
        raise FormWrong("controller_siren", "siren")
    for name in FREE_TEXTS:
        check_names_nobody(name, getattr(form, name))
    if form.began_at and form.ended_at and form.ended_at < form.began_at:
        raise FormWrong("ended_at", "order")
    if found_at > now:
        raise FormWrong("found_at", "future")


def check_found(found_at: datetime, opened_at: datetime, initial_at: datetime | None = None) -> None:
    """Raises FormWrong for a time of finding that does not go with the dossier's other times."""
    if opened_at - found_at > timedelta(days=FOUND_BEFORE_OPENED_DAYS_MAX):
        raise FormWrong("found_at", "long_ago")
    if initial_at is not None and found_at > initial_at:
        raise FormWrong("found_at", "after_sent")


def check_names_nobody(name: str, text: str) -> None:
    """Raises FormWrong for a number or an address that leads to a person. A name it cannot know."""
    if any(pattern.search(text) for pattern in (_PHONE, _NIR, _MAIL)):
        raise FormWrong(name, "names_somebody")


def holds_reach(text: str) -> bool:
    """Whether a text says a telephone number or an e-mail address."""
    return bool(_PHONE.search(text) or _MAIL.search(text))


def is_siren(text: str) -> bool:
    """Nine digits, the last a check digit (Luhn), as INSEE gives them; spaces are passed over."""
    digits = "".join(text.split())
    if not _SIREN.match(digits):
        return False
    doubled = (int(digit) * (1 + nth % 2) for nth, digit in enumerate(digits))
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0
