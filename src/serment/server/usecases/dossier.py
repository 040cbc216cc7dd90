# SPDX-License-Identifier: AGPL-3.0-or-later
"""A breach's dossier as its owners, the host's officer and the papers read it: figures, clock, severity, what is lacking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from serment.database.pool import Transaction
from serment.domain.custody import chained, digest, exact, first_broken, line_of
from serment.domain.incident import Figures, Form, Scope, bracket, clock, lacking, phase, typologies
from serment.domain.incident_labels import labels
from serment.domain.incident_letter import Letter, lint
from serment.domain.roles import Deed
from serment.domain.severity import severity
from serment.server.instance import Instance
from serment.server.stores import incidents, members
from serment.server.usecases.errors import NoSuchIncident
from serment.server.usecases.membership import Staff

DOSSIERS_MAX = 500


class StepTold(msgspec.Struct):
    """One term of the severity: vocabulary and key in the labels, and what it is worth."""

    of: str
    key: str
    worth: float


class SeverityTold(msgspec.Struct):
    """ENISA's: `sum` is the working in one line."""

    se: float
    cb: float
    level: str
    sum: str
    steps: list[StepTold]


class ScopeTold(msgspec.Struct):
    """Which entries of the ledger count: members (none: everybody) or patients' links alone, purposes (none: all)."""

    since: datetime
    until: datetime
    readers: list[UUID]
    links: bool
    purposes: list[str]


class TakenTold(msgspec.Struct):
    """What left, by the ledger: distinct records, by part; entries by purpose. People: the fewest and the most."""

    entries: int
    records: int
    appointments: int
    cards: int
    names: int
    by_part: dict[str, int]
    by_purpose: dict[str, int]
    first: datetime | None
    last: datetime | None
    people_min: int
    people_max: int
    bracket: str


class LettersTold(msgspec.Struct):
    """Whom the letter of art. 34 reached, in appointments: of the owner's units (`concerned`), of other units, no longer kept;
    with a letter on their page (`sent`); whose message of it waits, went, or could not."""

    concerned: int
    elsewhere: int
    gone: int
    sent: int
    waiting: int
    told: int
    unreached: int


class DossierTold(msgspec.Struct):
    """`left_seconds` of the time for the initial notice: below nothing once late, null where nothing is to be notified.
    `frozen`: the member whose stop opened it. `letter_lacks`: by part, why the letter may not be sent yet; null in a
    list, where no letter is checked. `letters`: how many lie sealed at appointments; `told`:
    whom they reached when an owner last looked."""

    practice: UUID
    practice_name: str
    slug: str
    incident: UUID
    rev: int
    origin: str
    opened_at: datetime
    found_at: datetime
    frozen: UUID | None
    due_at: datetime
    left_seconds: int | None
    late: bool
    hours: int
    phase: str
    scope: ScopeTold
    figures: TakenTold
    typologies: list[str]
    severity: SeverityTold
    gravity: str
    lacking: list[str]
    form: Form
    letter: Letter
    letter_lacks: dict[str, str] | None
    letters: int
    told: LettersTold | None
    decision: bool | None
    reason: str
    decided_by: UUID | None
    decided_at: datetime | None
    initial_at: datetime | None
    complete_at: datetime | None
    timezone: str

    @property
    def next_notice(self) -> Literal["initial", "supplementary"]:
        """Which notice it would be now."""
        return "initial" if self.initial_at is None else "supplementary"


class CustodyLine(msgspec.Struct):
    """`line`: number, time, actor, action, detail, with tabs between; `chain`: its hash, in hex."""

    nth: int
    line: str
    chain: str


class DossiersTold(msgspec.Struct):
    """The latest first; `labels`: by vocabulary and key, the words in French and English."""

    practice_name: str
    dossiers: list[DossierTold]
    labels: Mapping[str, Mapping[str, Mapping[str, str]]]


class DossierWhole(msgspec.Struct):
    """`intact`: whether each line of custody follows from the one before."""

    dossier: DossierTold
    custody: list[CustodyLine]
    intact: bool


async def read_dossiers(instance: Instance, staff: Staff) -> DossiersTold:
    """Of the practice. Raises NotYourRole."""
    staff.check_may(Deed.KEEP_INCIDENTS)
    house = await incidents.controller(instance.pool, staff.practice)
    name = house["name"] if house else ""
    return DossiersTold(name, await dossiers_of(instance, practice=staff.practice), dict(labels()))


async def read_dossier(instance: Instance, staff: Staff, incident: UUID) -> DossierWhole:
    """One, with its custody. Raises NotYourRole, NoSuchIncident."""
    staff.check_may(Deed.KEEP_INCIDENTS)
    return await whole(instance, staff.practice, incident)


async def whole(instance: Instance, practice: UUID, incident: UUID) -> DossierWhole:
    """For whoever may. Raises NoSuchIncident."""
    row = await incidents.read_dossier(instance.pool, practice, incident)
    if row is None:
        raise NoSuchIncident
    lines = [
        (line["nth"], line["line"], line["chain"])
        for line in await incidents.read_custody(instance.pool, practice, incident)
    ]
    dossier = told(instance, row, await incidents.controller(instance.pool, practice))
    dossier.letter_lacks = lint(dossier.letter)
    return DossierWhole(
        dossier,
        [CustodyLine(nth, line, chain.hex()) for nth, line, chain in lines],
        first_broken(lines) is None,
    )


async def dossiers_of(
    instance: Instance, *, practice: UUID | None = None, incident: UUID | None = None
) -> list[DossierTold]:
    """The latest first, DOSSIERS_MAX at most; of one practice, of one incident, or all that the host has. No letter is checked:
    what becomes a notice is told by `whole`."""
    rows = await incidents.read_dossiers(instance.pool, practice, incident, DOSSIERS_MAX)
    houses = {
        each: await incidents.controller(instance.pool, each) for each in {row["practice"] for row in rows}
    }
    return [told(instance, row, houses[row["practice"]]) for row in rows]


def told(instance: Instance, row: Any, house: Any) -> DossierTold:
    """A row, with what is worked out from it, its letter unchecked;
    `house`: the practice's (incidents.controller), None once it is gone."""
    codes: Sequence[str] = house["specialties"] if house else []
    form, letter = form_of(row), msgspec.json.decode(row["letter"], type=Letter)
    scope, figures = incidents.scope_of(row), incidents.figures_of(row)
    left = clock(
        row["found_at"],
        instance.clock(),
        hours=instance.notice_hours,
        decision=row["decision"],
        initial_at=row["initial_at"],
    )
    grave = severity(form, figures, codes, by_ledger=row["origin"] == "freeze")
    fewest, most = figures.people(form.people_exact)
    return DossierTold(
        practice=row["practice"],
        practice_name=row["practice_name"],
        slug=row["slug"],
        incident=row["incident"],
        rev=row["rev"],
        origin=row["origin"],
        opened_at=row["opened_at"],
        found_at=row["found_at"],
        frozen=row["frozen"],
        due_at=left.due_at,
        left_seconds=None if left.left is None else left.left // timedelta(seconds=1),
        late=left.late,
        hours=instance.notice_hours,
        phase=phase(
            decision=row["decision"], initial_at=row["initial_at"], complete_at=row["complete_at"]
        ).value,
        scope=ScopeTold(
            scope.since,
            scope.until,
            list(scope.readers),
            scope.links,
            [purpose.name.lower() for purpose in scope.purposes],
        ),
        figures=TakenTold(
            figures.entries,
            figures.records,
            figures.appointments,
            figures.cards,
            figures.names,
            {part.name.lower(): many for part, many in figures.by_part.items() if part.name},
            dict(figures.by_purpose),
            figures.first,
            figures.last,
            fewest,
            most,
            bracket(most),
        ),
        typologies=list(typologies(form, figures)),
        severity=SeverityTold(
            grave.se,
            grave.cb,
            grave.level,
            grave.sum(),
            [StepTold(step.of, step.key, step.worth) for step in grave.steps],
        ),
        gravity=form.gravity or grave.level,
        lacking=lacking(form, figures, late=left.late),
        form=form,
        letter=letter,
        letter_lacks=None,
        letters=row["letters"],
        told=None if row["told"] is None else msgspec.json.decode(row["told"], type=LettersTold),
        decision=row["decision"],
        reason=row["reason"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        initial_at=row["initial_at"],
        complete_at=row["complete_at"],
        timezone=house["timezone"] if house else "UTC",
    )


async def names_of_members(instance: Instance, staff: Staff) -> dict[UUID, str]:
    """As owners see them. Raises NotYourRole."""
    staff.check_may(Deed.CHANGE_MEMBERS)
    rows = await members.read_members(instance.pool, staff.practice, instance.clock())
    return {row["member"]: row["name"] for row in rows}


async def practice_of(instance: Instance, slug: str) -> tuple[UUID, str] | None:
    """The practice at an address, and its name."""
    practice = await incidents.practice_by_slug(instance.pool, slug)
    house = None if practice is None else await incidents.controller(instance.pool, practice)
    return None if practice is None or house is None else (practice, house["name"])


def form_of(row: Any) -> Form:
    """The form of a dossier's row."""
    return msgspec.json.decode(row["form"], type=Form)


def scope_in_custody(scope: Scope, figures: Figures) -> str:
    """The scope as a line of custody has it: its ends, how many accesses, a digest of the whole; and what it counted."""
    return (
        f"since {exact(scope.since)} until {exact(scope.until)} readers {len(scope.readers)} "
        f"{digest(msgspec.json.encode(scope))} {figures.entries} entries"
    )


async def note_custody(
    tx: Transaction, practice: UUID, incident: UUID, at: datetime, actor: str, action: str, detail: str = ""
) -> None:
    """Adds a line to the custody of a dossier that the caller's transaction has locked or just opened."""
    last = await incidents.last_line(tx, practice, incident)
    nth = 1 if last is None else last["nth"] + 1
    line = line_of(nth, at, actor, action, detail)
    await incidents.add_line(
        tx, practice, incident, nth, line, chained(None if last is None else last["chain"], line)
    )
