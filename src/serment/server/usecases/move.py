# SPDX-License-Identifier: AGPL-3.0-or-later
"""An appointment moves to another time: re-sealed, the old time its own until the new one stands, in one transaction."""

from __future__ import annotations

from uuid import UUID

import asyncpg
from asyncpg.exceptions import UniqueViolationError

from serment.database.pool import Transaction, transaction
from serment.domain.appointment import By, Status
from serment.domain.errors import HoldExpired
from serment.framing import Altered, Unknown
from serment.server.instance import Instance
from serment.server.stores import appointments, envelopes, rosters, sentinel, spans
from serment.server.stores.envelopes import NewEnvelope
from serment.server.usecases.act import clear_part
from serment.server.usecases.book import Booked, Written, check_written, is_same, refusal_of, start_of
from serment.server.usecases.errors import (
    AskPractice,
    NoSuchAppointment,
    StaleRevision,
    StaleRoster,
)
from serment.server.usecases.hold_slot import token_hash
from serment.server.usecases.membership import Staff
from serment.server.usecases.situation import Asked, alternatives


async def move(
    instance: Instance,
    practice: UUID,
    record: UUID,
    written: Written,
    *,
    seen_rev: int,
    token: bytes | None,
    staff: Staff | None = None,
) -> Booked:
    """Stores the next revision at the held time; without `token`, at the time it has (a correction).

    The caller has shown the row token or the session. Asked again with the same bytes: the same answer. Raises
    StaleRevision, HoldExpired, StaleRoster, NoSuchAppointment, AlreadyUsed, HandleTaken, Altered, Unknown, IllegalChange,
    TooLate, AskPractice; the old time and envelope stand then, after a crash too.
    """
    context = written.revision.context
    if (context.practice, context.record) != (practice.bytes, record.bytes) or context.rev != seen_rev + 1:
        raise Unknown("another record or rev")
    row = await appointments.read(instance.pool, practice, record)
    if row is None or (staff is not None and row["unit"] not in staff.units):
        raise NoSuchAppointment().about(record)
    if row["unit"].bytes != context.unit:
        raise Altered("another unit")
    try:
        async with transaction(instance.pool) as tx:
            locked = await appointments.lock(tx, practice, record)
            if locked is None:
                raise NoSuchAppointment
            by_member = None if staff is None else staff.sign_kid
            if locked["rev"] != seen_rev:
                return await _repeated(instance, tx, written, locked)
            envelope = await check_written(
                instance,
                written,
                by_member=by_member,
                previous_booking_pk=locked["booking_pk"],
                connection=tx,
            )
            status, overbooked = await _take_hold(instance, tx, locked, envelope, token, staff)
            start = start_of(written.revision)
            if not await envelopes.rewrite(tx, envelope, start, status=status, overbooked=overbooked):
                present = await rosters.read_head(tx, practice)
                raise StaleRoster(seq=0 if present is None else present[0])
            if staff is not None:
                await sentinel.give_back(tx, practice, staff.member, staff.session, record)
    except UniqueViolationError as clash:
        raise refusal_of(clash) from None
    instance.changes.note(practice)
    return Booked(record, context.rev, status)


async def _repeated(instance: Instance, tx: Transaction, written: Written, locked: asyncpg.Record) -> Booked:
    context = written.revision.context
    row = await envelopes.read_written(tx, locked["practice"], locked["record"])
    sent = NewEnvelope(written.revision, (), written.row_token_hash, None, None, None, ())
    if row is not None and row["rev"] == context.rev and is_same(row, sent):
        return Booked(locked["record"], row["rev"], row["status"])
    raise StaleRevision(current=locked["rev"])


async def _take_hold(
    instance: Instance,
    tx: Transaction,
    locked: asyncpg.Record,
    envelope: NewEnvelope,
    token: bytes | None,
    staff: Staff | None,
) -> tuple[str, bool]:
    """(status, overbooked) once the held time stands in place of the old one."""
    before, now, slot = clear_part(locked), instance.clock(), envelope.revision.context.slot
    before.check_move(by=By.PATIENT if staff is None else By.STAFF, now=now)
    wanted = (UUID(bytes=slot.agenda), UUID(bytes=slot.visit_type), start_of(envelope.revision), slot.minutes)
    if token is None:
        if wanted != (before.agenda, before.visit_type, before.start, before.minutes):
            raise HoldExpired
        return before.status, before.overbooked
    practice, record = locked["practice"], locked["record"]
    hold = await spans.lock_hold(tx, practice, record, token_hash(token))
    if hold is None or hold["hold_until"] <= now:
        asked = Asked(wanted[0], wanted[1], moving=record)
        raise HoldExpired(await alternatives(instance, asked, wanted[2], connection=tx))
    if hold["on_request"] and before.status is Status.BOOKED:
        raise AskPractice
    if (hold["agenda"], hold["visit_type"], hold["start"], hold["minutes"]) != wanted:
        raise Altered("another slot than the one held")
    # A request stays one, whoever moves it: only accepting it takes a time, and has its reminders sent.
    ask_first = hold["on_request"] or before.status is Status.REQUESTED
    # The record's old time goes before its hold may stand: one standing span a record, in the database.
    await spans.free_record(tx, practice, record)
    if ask_first:
        await spans.release_hold(tx, practice, record, token_hash(token))
        return Status.REQUESTED, False
    await spans.keep_hold(tx, practice, hold["span"])
    return Status.BOOKED, hold["overbooked"]
