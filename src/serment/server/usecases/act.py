# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is done to an appointment without re-sealing it: cancel, confirm, undo (signed); arrived, waiting, seen, no-show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import asyncpg

from serment.database.pool import Transaction, transaction
from serment.domain.appointment import NOTED, Appointment, By, Note, Status
from serment.framing import Act, RecordContext, Slot, check_act, kid
from serment.server.instance import Instance
from serment.server.stores import appointments, spans
from serment.server.usecases.errors import NoSuchAppointment, SlotTaken, StaleRevision, TooManyActs
from serment.server.usecases.membership import Staff
from serment.server.usecases.read_roster import roster_of
from serment.server.usecases.read_rules import rules_of
from serment.server.usecases.situation import Asked, alternatives
from serment.server.usecases.take_time import take_time

SIGNED = {"cancel": Act.CANCEL, "confirm": Act.CONFIRM, "undo": Act.UNDO}
NOTES = frozenset(Note)
# Signed acts of one revision, whoever signed them; each travels with every list.
PATIENT_ACTS_MAX = 20
STAFF_ACTS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Acted:
    """The appointment after it. `late`: cancelled within a day of its time."""

    status: str
    acts: int
    late: bool = False


def clear_part(row: asyncpg.Record) -> Appointment:
    """What the domain judges."""
    return Appointment(
        record=row["record"],
        agenda=row["agenda"],
        visit_type=row["visit_type"],
        start=row["start"],
        minutes=row["minutes"],
        status=Status(row["status"]),
        rev=row["rev"],
        confirmed=row["confirmed"],
        overbooked=row["overbooked"],
    )


async def act(
    instance: Instance,
    practice: UUID,
    record: UUID,
    *,
    rev: int,
    n: int,
    kind: str,
    sig: bytes,
    staff: Staff | None = None,
) -> Acted:
    """Cancels, confirms or undoes, signed by the booking key, or by the member whose session it is.

    An undo takes a cancellation or a refusal back: what was a request is one again, and takes no time. An act that
    changes nothing is answered and not stored. Asked again with the same signature: the same answer. Raises
    NoSuchAppointment, StaleRevision, Altered, TooLate, IllegalChange, SlotTaken (an undo whose time, or whose place in
    the day's quota, went meanwhile), TooManyActs (never for a cancellation by staff). The caller has shown the row token
    or the session.
    """
    async with transaction(instance.pool) as tx:
        row = await _locked(tx, practice, record, staff, rev)
        if n <= row["acts"]:
            if await appointments.read_act(tx, practice, record, rev, n) == (SIGNED[kind], sig):
                return Acted(row["status"], row["acts"])
            raise StaleRevision(current=rev)
        roster = await roster_of(instance, practice, connection=tx)
        signer = None if staff is None else staff.sign_kid
        context = RecordContext(
            instance.name,
            practice.bytes,
            row["unit"].bytes,
            record.bytes,
            rev,
            Slot.parse(row["sealed_slot"]),
        )
        check_act(
            roster,
            context,
            n,
            SIGNED[kind],
            sig,
            last_n=row["acts"],
            booking_pk=row["booking_pk"],
            signer_kid=signer,
        )
        by = By.PATIENT if staff is None else By.STAFF
        acted = await _act(instance, tx, row, SIGNED[kind], by, signer or kid(row["booking_pk"]), sig)
    instance.changes.note(practice)
    return acted


async def act_by_link(
    instance: Instance,
    practice: UUID,
    record: UUID,
    *,
    rev: int,
    kind: Literal[Act.CANCEL, Act.CONFIRM],
    signer_kid: bytes,
    sig: bytes,
) -> Acted:
    """Cancels or confirms for whoever holds a message: the caller has shown its token, and no signature.

    Asked again: the same answer. Raises NoSuchAppointment, StaleRevision, TooLate, IllegalChange, TooManyActs.
    """
    async with transaction(instance.pool) as tx:
        row = await _locked(tx, practice, record, None, rev)
        acted = await _act(instance, tx, row, kind, By.PATIENT, signer_kid, sig)
    instance.changes.note(practice)
    return acted


async def _act(
    instance: Instance, tx: Transaction, row: asyncpg.Record, kind: Act, by: By, signer_kid: bytes, sig: bytes
) -> Acted:
    """The next act of a locked row, judged and stored; one that changes nothing is answered and not stored."""
    now, n = instance.clock(), row["acts"] + 1
    zone = (await rules_of(instance, row["agenda"], connection=tx)).agenda.zone
    before = clear_part(row)
    match kind:
        case Act.CANCEL:
            after = before.cancel(by=by, now=now, zone=zone)
        case Act.CONFIRM:
            after = before.confirm(now=now)
        case Act.UNDO:
            after = before.undo(was_request=row["was_request"], by=by, now=now, zone=zone)
    if after == before:
        return Acted(before.status, row["acts"])
    _check_number(n, kind, by)
    await _store(instance, tx, row, before, after, acts=n)
    await appointments.add_act(tx, row["practice"], row["record"], row["rev"], n, kind, signer_kid, sig)
    return Acted(after.status, n, after.cancelled_late)


def _check_number(n: int, kind: Act, by: By) -> None:
    """Whoever holds a link cannot fill the revision up so that staff could not cancel it any more."""
    if by is By.STAFF and kind is Act.CANCEL:
        return
    if n > (PATIENT_ACTS_MAX if by is By.PATIENT else STAFF_ACTS_MAX):
        raise TooManyActs


async def mark(
    instance: Instance, staff: Staff, record: UUID, kind: str, rev: int, *, was: str | None = None
) -> Acted:
    """Notes what the desk sees, or answers a request (accept, refuse). Asked again: the same answer.

    `was` is the status that was seen when it was decided: no revision tells one colleague's note from another's, and
    neither is written over unseen. None for the answer to a request, which leads from a request alone.

    Raises NoSuchAppointment, StaleRevision, IllegalChange, TooEarly, TooLate, SlotTaken: a request whose time, or
    whose place in the day's quota, went meanwhile stays a request.
    """
    now = instance.clock()
    async with transaction(instance.pool) as tx:
        row = await _locked(tx, staff.practice, record, staff, rev)
        zone = (await rules_of(instance, row["agenda"], connection=tx)).agenda.zone
        before = clear_part(row)
        if was is not None and before.status not in (was, NOTED[Note(kind)]):
            raise StaleRevision(current=rev)
        after = before.note(Note(kind), now=now, zone=zone)
        if after == before:
            return Acted(before.status, row["acts"])
        await _store(instance, tx, row, before, after, acts=row["acts"])
    instance.changes.note(staff.practice)
    return Acted(after.status, row["acts"])


async def _locked(
    tx: Transaction, practice: UUID, record: UUID, staff: Staff | None, rev: int
) -> asyncpg.Record:
    row = await appointments.lock(tx, practice, record)
    if row is None or (staff is not None and row["unit"] not in staff.units):
        raise NoSuchAppointment().about(record)
    if row["rev"] != rev:
        raise StaleRevision(current=row["rev"])
    return row


async def _store(
    instance: Instance,
    tx: Transaction,
    row: asyncpg.Record,
    before: Appointment,
    after: Appointment,
    *,
    acts: int,
) -> None:
    practice, record = row["practice"], row["record"]
    if before.takes_time_again(after.status):
        if not await take_time(instance, tx, row, now=instance.clock()):
            asked = Asked(row["agenda"], row["visit_type"], moving=record)
            raise SlotTaken(await alternatives(instance, asked, row["start"], connection=tx))
    elif before.status.blocks and not after.status.blocks:
        await spans.free_record(tx, practice, record)
    await appointments.mark(
        tx,
        practice,
        record,
        status=after.status,
        confirmed=after.confirmed,
        overbooked=after.overbooked,
        was_request=after.status is Status.CANCELLED and before.status is Status.REQUESTED,
        acts=acts,
    )
