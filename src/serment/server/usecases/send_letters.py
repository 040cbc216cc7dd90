# SPDX-License-Identifier: AGPL-3.0-or-later
"""The letter of art. 34 goes to everybody of whose appointment something left: sealed one by one in an owner's browser.

What is to be done is read from what stands: whoever has no letter yet is told so, whichever browser asks and whenever. Nothing
here opens a letter or a name; whom a message reached is known to the browser alone, and kept as counts (docs/decisions/0075).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from serment.database.pool import Transaction, transaction, walled
from serment.domain.custody import digest
from serment.domain.incident import FormWrong
from serment.domain.incident_letter import Letter, lint
from serment.domain.ledger import Part, Purpose
from serment.domain.roles import Deed
from serment.domain.sentinel import is_far
from serment.framing import patient_key_hash
from serment.framing.letters import LetterRow, check_letter
from serment.server.instance import Instance
from serment.server.stores import envelopes, incidents, letters
from serment.server.usecases.dossier import DossierWhole, LettersTold, note_custody, whole
from serment.server.usecases.errors import (
    LetterLacks,
    NoSuchAppointment,
    NoSuchIncident,
    NotConcerned,
    StaleDossier,
    StaleRevision,
)
from serment.server.usecases.membership import Staff
from serment.server.usecases.note_read import note_read_by
from serment.server.usecases.read_envelope import Sealed, sealed

RECIPIENTS_MAX = 50  # of one answer, and letters of one request


class Recipient(msgspec.Struct):
    """Somebody's appointment, with group id alone and the key of their link. `sent`: their letter lies sealed to that key."""

    sent: bool
    sealed: Sealed


class Recipients(msgspec.Struct):
    """In the order of ids. `concerned`: all appointments of the scope in the caller's units; `elsewhere`: in units of others;
    `gone`: no longer kept. `more`: ask on after the last one."""

    concerned: int
    elsewhere: int
    gone: int
    recipients: list[Recipient]
    more: bool


@dataclass(frozen=True, slots=True)
class Reached:
    """What a browser found of the messages that tell of the letter: waiting to go, gone, or none that arrives."""

    waiting: int
    told: int
    unreached: int


async def read_recipients(
    instance: Instance,
    staff: Staff,
    incident: UUID,
    *,
    after: UUID | None,
    kids: Sequence[bytes],
    seen: int | None = None,
) -> Recipients:
    """Whom the letter concerns, some at a time. `seen`: the dossier's revision, where they are about to be written to:
    their messages are placed before their letters, so the letter is judged first.

    Raises NotYourRole, NoSuchIncident, StaleDossier, LetterLacks, Frozen, ProvePresence.
    """
    staff.check_may(Deed.KEEP_INCIDENTS)
    units, practice = list(staff.units), staff.practice
    row = await incidents.read_dossier(instance.pool, practice, incident)
    if row is None:
        raise NoSuchIncident
    if seen is not None:
        _judge(row, seen)
    scope = incidents.scope_of(row)
    concerned, elsewhere, gone = await letters.count_concerned(instance.pool, practice, units, scope)
    found = await letters.read_concerned(
        instance.pool, practice, units, scope, after=after, most=RECIPIENTS_MAX + 1
    )
    page = found[:RECIPIENTS_MAX]
    keys = await letters.read_keys(instance.pool, practice, incident, page)
    async with walled(instance.pool, practice) as tx:
        rows = await envelopes.read_sealed_some(tx, practice, page, units, kids)
    now = instance.clock()
    far = sum(is_far(each["start"], now) for each in rows)
    shown = [each["record"] for each in rows]
    await note_read_by(instance, staff, Purpose.RECORD, Part.ID, shown, far_names=far)
    told = [Recipient(_has(keys, each), sealed(each)) for each in rows]
    return Recipients(concerned, elsewhere, gone, told, len(found) > len(page))


async def keep_letters(
    instance: Instance, staff: Staff, incident: UUID, seen: int, given: Sequence[LetterRow]
) -> None:
    """Stores letters, all or none; one that stands for the same link stays. `seen`: the dossier's revision, whose letter it is.

    Raises NotYourRole, NoSuchIncident, StaleDossier, LetterLacks, NoSuchAppointment, NotConcerned, StaleRevision (the patient
    has another link since), Altered, Unknown.
    """
    staff.check_may(Deed.KEEP_INCIDENTS)
    by_record = {each.record: each for each in given}
    async with transaction(instance.pool) as tx:
        row = await incidents.lock_dossier(tx, staff.practice, incident)
        if row is None:
            raise NoSuchIncident
        _judge(row, seen)
        first = not await incidents.count_letters(tx, staff.practice, incident)
        await _check_given(tx, staff, incident, row, by_record)
        await letters.keep(tx, staff.practice, incident, staff.sign_kid, list(by_record.values()))
        if first:
            now, text = instance.clock(), row["letter"].encode()
            actor = f"member {staff.member}"
            await note_custody(tx, staff.practice, incident, now, actor, "sending", digest(text))


def _judge(row: Any, seen: int) -> None:
    """Whether the letter of a dossier may go as it was read. Raises StaleDossier, LetterLacks."""
    if row["rev"] != seen:
        raise StaleDossier
    if lint(msgspec.json.decode(row["letter"], type=Letter)):
        raise LetterLacks


async def _check_given(
    tx: Transaction, staff: Staff, incident: UUID, row: Any, given: dict[UUID, LetterRow]
) -> None:
    # Who is concerned is looked up before their appointments are kept from everybody else.
    concerned = await letters.read_concerned(
        tx, staff.practice, list(staff.units), incidents.scope_of(row), records=list(given), most=len(given)
    )
    standing = await envelopes.lock_for_stanzas(tx, staff.practice, list(given))
    foreign = [each for each in given if each not in standing or standing[each]["unit"] not in staff.units]
    if foreign:
        raise NoSuchAppointment().about(*foreign)
    if len(concerned) < len(given):
        raise NotConcerned
    for record, letter in given.items():
        if not _is_key(standing[record]["patient_pk"], letter.pkh):
            raise StaleRevision(current=standing[record]["rev"])
        check_letter(
            staff.roster,
            staff.practice.bytes,
            standing[record]["unit"].bytes,
            record.bytes,
            incident.bytes,
            pkh=letter.pkh,
            head=letter.head,
            sealed=letter.sealed,
            sig=letter.sig,
            signer_kid=staff.sign_kid,
        )


async def note_reached(instance: Instance, staff: Staff, incident: UUID, reached: Reached) -> DossierWhole:
    """Keeps whom the letter reached, in counts, with what the server counts itself. Again, the same.

    Raises NotYourRole, NoSuchIncident, FormWrong (more than there are).
    """
    staff.check_may(Deed.KEEP_INCIDENTS)
    async with transaction(instance.pool) as tx:
        row = await incidents.lock_dossier(tx, staff.practice, incident)
        if row is None:
            raise NoSuchIncident
        scope = incidents.scope_of(row)
        sent = await incidents.count_letters(tx, staff.practice, incident)
        concerned, elsewhere, gone = await letters.count_concerned(
            tx, staff.practice, list(staff.units), scope
        )
        if reached.waiting + reached.told + reached.unreached > concerned:
            raise FormWrong("reached", "order")
        told = LettersTold(concerned, elsewhere, gone, sent, reached.waiting, reached.told, reached.unreached)
        kept = msgspec.json.encode(told).decode()
        if row["told"] is None or msgspec.json.decode(row["told"], type=LettersTold) != told:
            await incidents.write(tx, "write_told", staff.practice, incident, told=kept)
            line = (
                f"concerned {concerned} elsewhere {elsewhere} gone {gone} letters {told.sent}"
                f" waiting {told.waiting} told {told.told} unreached {told.unreached}"
            )
            actor = f"member {staff.member}"
            await note_custody(tx, staff.practice, incident, instance.clock(), actor, "reached", line)
    instance.changes.note(staff.practice)
    return await whole(instance, staff.practice, incident)


def _has(keys: dict[UUID, bytes], row: Any) -> bool:
    return _is_key(row["patient_pk"], keys.get(row["record"]))


def _is_key(patient_pk: bytes | None, pkh: bytes | None) -> bool:
    return patient_pk is not None and patient_key_hash(patient_pk) == pkh
