# SPDX-License-Identifier: AGPL-3.0-or-later
"""A held slot becomes an appointment: everything that was sealed stands in one statement, or nothing does."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import asyncpg
from asyncpg.exceptions import UniqueViolationError

from serment.database.queries import Connection
from serment.domain.errors import HoldExpired, WorkAsked
from serment.domain.instants import local_day
from serment.framing import (
    CapsuleRow,
    MessageRow,
    Revision,
    Roster,
    Stale,
    Stanza,
    StanzaType,
    Unknown,
    Writer,
    act_tag,
    check_booking_stanzas,
    check_page,
    kid,
)
from serment.framing.context import MASK_ALL
from serment.framing.errors import Altered, FramingError
from serment.framing.messages import MESSAGES_MAX
from serment.server.instance import Instance
from serment.server.stores import envelopes, rosters
from serment.server.stores.envelopes import NewEnvelope
from serment.server.throttle import UNKNOWN_BUCKET
from serment.server.usecases.errors import (
    AlreadyUsed,
    CheckSpent,
    HandleTaken,
    NoSuchAgenda,
    Refusal,
    StaleRoster,
)
from serment.server.usecases.hold_slot import token_hash
from serment.server.usecases.read_roster import roster_of
from serment.server.usecases.read_rules import rules_of
from serment.server.usecases.situation import Asked, alternatives
from serment.server.usecases.steer_messages import check_send_day
from serment.server.usecases.who_may_book import NumberProof, Terms, who_may_book

STANZAS_MAX = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a browser sealed for one revision. `row_token_hash` None keeps a move's, and leaves a staff booking without."""

    revision: Revision
    stanzas: Sequence[bytes]
    row_token_hash: bytes | None
    act: bytes | None = None
    page: bytes | None = None
    capsule: CapsuleRow | None = None
    messages: Sequence[MessageRow] = ()


@dataclass(frozen=True, slots=True)
class Booked:
    """The appointment that stands."""

    record: UUID
    rev: int
    status: str


async def book(
    instance: Instance,
    written: Written,
    token: bytes,
    *,
    by_member: bytes | None = None,
    proof: NumberProof | None = None,
    bucket: bytes = UNKNOWN_BUCKET,
    work: bytes | None = None,
) -> Booked:
    """Stores rev 1. `by_member`: the sign kid of the member whose session sends it, None for a patient. A patient's is asked
    for first where the practice wants a checked number and no `proof` comes; an address (`bucket`) sends few so without `work`.

    The same record and bytes again: the same answer. Raises StaleRoster, Unknown, Altered, Unaddressed, CheckRefused,
    CheckSpent, WorkAsked, WorkRefused, HoldExpired, AlreadyUsed (record or row token), HandleTaken. A crash leaves all of it
    or nothing.
    """
    revision = written.revision
    if revision.context.rev != 1:
        raise Unknown("rev")
    envelope = await check_written(instance, written, by_member=by_member)
    terms = Terms()
    if by_member is None:
        roster = await roster_of(instance, UUID(bytes=revision.context.practice), head=revision.head)
        terms = await who_may_book(instance, revision, roster, proof)
    try:
        status = await _store(instance, envelope, token, terms, bucket, work)
    except UniqueViolationError as clash:
        return await _repeated(instance, envelope, refusal_of(clash))
    except WorkAsked as asked:
        return await _repeated(instance, envelope, asked)
    if status is None:
        return await _repeated(instance, envelope, None)
    practice = UUID(bytes=revision.context.practice)
    instance.changes.note(practice)
    return Booked(UUID(bytes=revision.context.record), 1, status)


async def _store(
    instance: Instance, envelope: NewEnvelope, token: bytes, terms: Terms, bucket: bytes, work: bytes | None
) -> str | None:
    """Its status, None where hold, slot or head are others. A request that stands counts for its bucket."""
    now, start = instance.clock(), start_of(envelope.revision)
    with instance.throttle.claim_request(bucket, work, now) if terms.on_request else nullcontext() as claim:
        status = await envelopes.book(
            instance.pool,
            envelope,
            start,
            token_hash=token_hash(token),
            now=now,
            ask_first=terms.on_request,
            check_tags=terms.spent,
            check_month=terms.month,
        )
        if claim is not None:
            claim.kept = status is not None
    return status


def refusal_of(clash: UniqueViolationError) -> Refusal | FramingError:
    """What it means that something was there already: told by the constraint that says so."""
    match clash.as_dict().get("constraint_name"):
        case "inbox_capsules_pkey":
            return HandleTaken()
        case "inbox_messages_pkey":
            return Unknown("a message id twice")
        case "spent_checks_pkey":
            return CheckSpent()
        case _:  # the record, its stanzas or its row token
            return AlreadyUsed()


def start_of(revision: Revision) -> datetime:
    """The slot's start, aware UTC. Unknown for what no calendar holds."""
    try:
        return datetime.fromtimestamp(revision.context.slot.start, UTC)
    except (ValueError, OverflowError, OSError):
        raise Unknown("start") from None


async def check_written(
    instance: Instance,
    written: Written,
    *,
    by_member: bytes | None,
    previous_booking_pk: bytes | None = None,
    connection: Connection | None = None,
) -> NewEnvelope:
    """What may be stored, signatures and readers checked against the roster. The statement compares the head once more.

    Raises StaleRoster, Unknown, Altered, Unaddressed, NotBooked, NoSuchAgenda, NoSuchPractice.
    """
    revision, context = written.revision, written.revision.context
    practice = UUID(bytes=context.practice)
    if context.instance != instance.name:
        raise Altered("instance")
    roster = await roster_of(instance, practice, head=revision.head, connection=connection)
    try:
        revision.check_fresh(roster)
    except Stale:
        raise StaleRoster(seq=roster.seq) from None
    rules = await rules_of(instance, UUID(bytes=context.slot.agenda), connection=connection)
    if (rules.practice.bytes, rules.unit.bytes) != (context.practice, context.unit):
        raise NoSuchAgenda
    _check_writer(written, by_member)
    _check_key_day(written, rules.agenda.zone)
    revision.check(roster, previous_booking_pk)
    stanzas = [Stanza.parse(data) for data in written.stanzas]
    if revision.writer is Writer.PATIENT:
        check_booking_stanzas(stanzas, roster, context.unit)
    else:
        check_member_stanzas(stanzas, roster, revision)
    _check_messages(written, instance.clock().date())
    tag = None if written.act is None else act_tag(instance.secret.current, written.act)
    return NewEnvelope(
        revision, stanzas, written.row_token_hash, tag, written.page, written.capsule, written.messages
    )


def _check_writer(written: Written, by_member: bytes | None) -> None:
    """The writer is whoever sends it: a patient's link, or the member whose session it is."""
    revision = written.revision
    expected = Writer.PATIENT if by_member is None else Writer.MEMBER
    if revision.writer is not expected or revision.writer_kid != by_member:
        raise Altered("writer")
    if revision.writer is Writer.PATIENT and revision.patient_pk is None:
        raise Altered("patient key")
    if revision.writer is Writer.PATIENT and revision.context.rev == 1 and written.row_token_hash is None:
        raise Unknown("row token hash")  # nobody could ever open it again


def _check_key_day(written: Written, zone: str) -> None:
    """A capsule is to the key of the day after the appointment, by the site's calendar (spec/rdv1.md, section 4).

    Under a later day's key it would outlive the appointment, under an earlier one no message could be sent.
    """
    if written.capsule is None:
        return
    due = local_day(start_of(written.revision), zone) + timedelta(days=1)
    if written.capsule.key_day != due.isoformat():
        raise Unknown("key day")


def check_member_stanzas(stanzas: Sequence[Stanza], roster: Roster, revision: Revision) -> None:
    """A member's: one 02 under the unit's present record key, one 01 to the patient's key if there is one, and grants.

    Raises Altered, Unknown.
    """
    if len(stanzas) > STANZAS_MAX or len({stanza.kid for stanza in stanzas}) != len(stanzas):
        raise Unknown("stanzas")
    unit = revision.context.unit
    due = {(StanzaType.SYMMETRIC, roster.epoch(unit).kid_rec, MASK_ALL)}
    if revision.patient_pk is not None:
        due.add((StanzaType.PUBLIC, kid(revision.patient_pk), MASK_ALL))
    granted = {(StanzaType.PUBLIC, grant.kem_kid, grant.mask) for grant in roster.grants_of(unit)}
    found = {(stanza.type, stanza.kid, stanza.mask) for stanza in stanzas}
    if not due <= found or not found <= due | granted:
        raise Altered("a reader the roster does not name, or one missing")


def _check_messages(written: Written, today: date) -> None:
    if written.act is not None and len(written.act) != 16:
        raise Unknown("act token")
    if written.page is not None:
        check_page(written.page)
    if written.row_token_hash is not None and len(written.row_token_hash) != 32:
        raise Unknown("row token hash")
    if len(written.messages) > MESSAGES_MAX:
        raise Unknown("too many messages")
    handle = None if written.capsule is None else written.capsule.h
    if any(message.h != handle for message in written.messages):
        raise Unknown("a message without its capsule")
    for message in written.messages:
        check_send_day(message, today)


async def _repeated(
    instance: Instance, envelope: NewEnvelope, refusal: Refusal | FramingError | WorkAsked | None
) -> Booked:
    """Nothing was stored: the repeated request gets its answer again, every other one its reason.

    Without a `refusal` hold, slot or head were others.
    """
    revision, context = envelope.revision, envelope.revision.context
    practice, record = UUID(bytes=context.practice), UUID(bytes=context.record)
    row = await envelopes.read_written(instance.pool, practice, record)
    if row is not None:
        if is_same(row, envelope):
            return Booked(record, row["rev"], row["status"])
        raise AlreadyUsed
    if refusal is not None:
        raise refusal
    present = await rosters.read_head(instance.pool, practice)
    if present is not None and present[1] != revision.head:
        raise StaleRoster(seq=present[0])
    slot = context.slot
    asked = Asked(UUID(bytes=slot.agenda), UUID(bytes=slot.visit_type), moving=record)
    raise HoldExpired(await alternatives(instance, asked, start_of(revision)))


def is_same(row: asyncpg.Record, envelope: NewEnvelope) -> bool:
    """Whether a stored revision has the bytes of this one. The signature covers all of them but the row token."""
    revision = envelope.revision
    return (
        row["rev"] == revision.context.rev
        and (row["body_id"], row["body_ct"], row["body_rs"]) == revision.bodies
        and hmac.compare_digest(row["sig"], revision.sig)
        and envelope.row_token_hash in (None, row["row_token_hash"])
    )
