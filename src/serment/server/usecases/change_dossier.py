# SPDX-License-Identifier: AGPL-3.0-or-later
"""What owners write in a breach's dossier: the form, the scope, the decision, what was sent, the letter of art. 34.

Each is one transaction with its line of custody; asked again with the same content it changes nothing.
Whoever asks has seen the revision that stands: the answer is the whole dossier, and would else hide what another wrote.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from serment.database.pool import Transaction, transaction
from serment.domain.custody import digest, exact
from serment.domain.incident import Form, FormWrong, Scope, check_form, check_found, check_names_nobody
from serment.domain.incident_letter import PARTS, Letter
from serment.domain.roles import Deed
from serment.server.instance import Instance
from serment.server.stores import incidents
from serment.server.usecases.dossier import DossierWhole, form_of, note_custody, scope_in_custody, whole
from serment.server.usecases.errors import (
    AlreadyNotified,
    LetterSent,
    NoSuchIncident,
    NotDecided,
    StaleDossier,
)
from serment.server.usecases.membership import Staff
from serment.server.usecases.open_incident import check_scope

DOSSIERS_OF_INCIDENT_MAX = 10_000  # practices that one incident of the host may touch
WRITES = frozenset({"form", "scope", "decide", "sent", "letter"})  # steps that make another revision


async def write_form(
    instance: Instance, staff: Staff, incident: UUID, seen: int, found_at: datetime, form: Form
) -> DossierWhole:
    """`seen`: the revision it was written over. Raises NotYourRole, NoSuchIncident, StaleDossier, FormWrong."""
    staff.check_may(Deed.KEEP_INCIDENTS)
    check_form(form, found_at, instance.clock())
    async with transaction(instance.pool) as tx:
        row = await _locked(tx, staff.practice, incident)
        changed = (form_of(row), row["found_at"]) != (form, found_at)
        await _check_seen(tx, row, seen, staff, "form", changed=changed)
        if changed:
            check_found(found_at, row["opened_at"], row["initial_at"])
            kept = msgspec.json.encode(form)
            moved = f"found {exact(row['found_at'])} -> {exact(found_at)}"
            await incidents.write(
                tx, "write_form", staff.practice, incident, form=kept.decode(), found_at=found_at
            )
            await _note(instance, tx, staff, incident, "form", f"{digest(kept)} {moved}")
    return await _after(instance, staff.practice, incident)


async def change_scope(
    instance: Instance, staff: Staff, incident: UUID, seen: int, scope: Scope
) -> DossierWhole:
    """Counts anew what the ledger has within it, also when it stays the same. Raises as `write_form` does."""
    staff.check_may(Deed.KEEP_INCIDENTS)
    check_scope(scope, instance.clock())
    async with transaction(instance.pool) as tx:
        row = await _locked(tx, staff.practice, incident)
        changed = incidents.scope_of(row) != scope
        await _check_seen(tx, row, seen, staff, "scope", changed=changed)
        await _set_scope(instance, tx, row, scope, f"member {staff.member}")
    return await _after(instance, staff.practice, incident)


async def change_scope_by_host(instance: Instance, incident: UUID, scope: Scope) -> list[UUID]:
    """The same, of every dossier of an incident; their practices. Raises NoSuchIncident, FormWrong."""
    check_scope(scope, instance.clock())
    rows = await incidents.read_dossiers(instance.pool, None, incident, DOSSIERS_OF_INCIDENT_MAX)
    if not rows:
        raise NoSuchIncident
    for each in rows:
        async with transaction(instance.pool) as tx:
            row = await _locked(tx, each["practice"], incident)
            await _set_scope(instance, tx, row, scope, "host")
        instance.changes.note(each["practice"])
    return [row["practice"] for row in rows]


async def decide(
    instance: Instance, staff: Staff, incident: UUID, seen: int, *, notify: bool, reason: str
) -> DossierWhole:
    """Enters in the register whether to notify, why, and who says so. Raises as `write_form` does, and AlreadyNotified once a
    notice went."""
    staff.check_may(Deed.KEEP_INCIDENTS)
    check_names_nobody("reason", reason)
    async with transaction(instance.pool) as tx:
        row = await _locked(tx, staff.practice, incident)
        changed = (row["decision"], row["reason"]) != (notify, reason)
        await _check_seen(tx, row, seen, staff, "decide", changed=changed)
        if changed:
            said = "notify" if notify else "not notified"
            if row["initial_at"] is not None and not notify:
                raise AlreadyNotified
            await incidents.write(
                tx,
                "decide",
                staff.practice,
                incident,
                decision=notify,
                reason=reason,
                decided_by=staff.member,
                now=instance.clock(),
            )
            await _note(instance, tx, staff, incident, "decide", f"{said} reason {digest(reason.encode())}")
    return await _after(instance, staff.practice, incident)


async def note_sent(
    instance: Instance,
    staff: Staff,
    incident: UUID,
    seen: int,
    which: Literal["initial", "supplementary"],
    at: datetime,
) -> DossierWhole:
    """Notes when a notice went to the authority; the first word stands. Raises as `write_form` does, NotDecided."""
    staff.check_may(Deed.KEEP_INCIDENTS)
    if at > instance.clock():
        raise FormWrong("at", "future")
    async with transaction(instance.pool) as tx:
        row = await _locked(tx, staff.practice, incident)
        column = "initial_at" if which == "initial" else "complete_at"
        await _check_seen(tx, row, seen, staff, "sent", changed=row[column] is None)
        if not row["decision"] or (which == "supplementary" and row["initial_at"] is None):
            raise NotDecided
        if at < (row["found_at"] if which == "initial" else row["initial_at"]):
            raise FormWrong("at", "order")
        if row[column] is None:
            given = {"initial_at": None, "complete_at": None, column: at}
            await incidents.write(tx, "note_sent", staff.practice, incident, **given)
            await _note(instance, tx, staff, incident, "sent", f"{which} at {exact(at)}")
    return await _after(instance, staff.practice, incident)


async def write_letter(
    instance: Instance, staff: Staff, incident: UUID, seen: int, letter: Letter
) -> DossierWhole:
    """Keeps the letter, also while it lacks something: the answer says what. Raises as `write_form` does, and LetterSent once
    somebody has it."""
    staff.check_may(Deed.KEEP_INCIDENTS)
    for part in PARTS:
        if part != "contact":
            check_names_nobody(part, getattr(letter, part))
    async with transaction(instance.pool) as tx:
        row = await _locked(tx, staff.practice, incident)
        changed = msgspec.json.decode(row["letter"], type=Letter) != letter
        await _check_seen(tx, row, seen, staff, "letter", changed=changed)
        if changed:
            if await incidents.count_letters(tx, staff.practice, incident):
                raise LetterSent
            kept = msgspec.json.encode(letter)
            await incidents.write(tx, "write_letter", staff.practice, incident, letter=kept.decode())
            await _note(instance, tx, staff, incident, "letter", digest(kept))
    return await _after(instance, staff.practice, incident)


async def note_paper(instance: Instance, practice: UUID, incident: UUID, what: str, paper: bytes) -> None:
    """Enters that the host wrote a paper, by its digest. Raises NoSuchIncident."""
    await _note_by_host(instance, practice, incident, what, digest(paper))


async def note_evidence(instance: Instance, practice: UUID, incident: UUID, digest: str) -> None:
    """Enters that the host wrote a file of evidence, by the digest of its manifest. Raises NoSuchIncident."""
    await _note_by_host(instance, practice, incident, "evidence", f"manifest sha256 {digest}")


async def _note_by_host(instance: Instance, practice: UUID, incident: UUID, action: str, detail: str) -> None:
    async with transaction(instance.pool) as tx:
        await _locked(tx, practice, incident)
        await note_custody(tx, practice, incident, instance.clock(), "host", action, detail)


async def _locked(tx: Transaction, practice: UUID, incident: UUID) -> Any:
    row = await incidents.lock_dossier(tx, practice, incident)
    if row is None:
        raise NoSuchIncident
    return row


async def _check_seen(
    tx: Transaction, row: Any, seen: int, staff: Staff, action: str, *, changed: bool
) -> None:
    """Passes the revision that stands, and the very last write asked again by who wrote it, its answer being lost."""
    if row["rev"] == seen:
        return
    if changed or row["rev"] != seen + 1:
        raise StaleDossier
    lines = [
        line["line"].split("\t")[2:4]
        for line in await incidents.read_custody(tx, row["practice"], row["incident"])
    ]
    writes = [line for line in lines if line[1] in WRITES]
    if not writes or writes[-1] != [f"member {staff.member}", action]:
        raise StaleDossier


async def _set_scope(instance: Instance, tx: Transaction, row: Any, scope: Scope, actor: str) -> None:
    practice, incident = row["practice"], row["incident"]
    figures = await incidents.count_taken(tx, practice, scope)
    if (incidents.scope_of(row), incidents.figures_of(row)) == (scope, figures):
        return
    await incidents.write_scope(tx, practice, incident, scope, figures)
    detail = scope_in_custody(scope, figures)
    await note_custody(tx, practice, incident, instance.clock(), actor, "scope", detail)


async def _note(
    instance: Instance, tx: Transaction, staff: Staff, incident: UUID, action: str, detail: str
) -> None:
    await note_custody(
        tx, staff.practice, incident, instance.clock(), f"member {staff.member}", action, detail
    )


async def _after(instance: Instance, practice: UUID, incident: UUID) -> DossierWhole:
    instance.changes.note(practice)
    return await whole(instance, practice, incident)
