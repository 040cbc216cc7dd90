# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sealed bytes on their way in and out. Imported by book, move, change_stanzas, expire and read_envelope alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from serment.database.queries import Connection, load
from serment.framing import CapsuleRow, MessageRow, Revision, Stanza

_QUERIES = load("envelopes")


class NewEnvelope(NamedTuple):
    """Everything one revision brings: what was sealed, who may read it, and the notifier's rows."""

    revision: Revision
    stanzas: Sequence[Stanza]
    row_token_hash: bytes | None
    act_tag: bytes | None
    page: bytes | None
    capsule: CapsuleRow | None
    messages: Sequence[MessageRow]


def _parameters(envelope: NewEnvelope, start: datetime) -> dict[str, Any]:
    revision, context, slot = envelope.revision, envelope.revision.context, envelope.revision.context.slot
    capsules = [envelope.capsule] if envelope.capsule is not None else []
    return {
        "practice": UUID(bytes=context.practice),
        "record": UUID(bytes=context.record),
        "agenda": UUID(bytes=slot.agenda),
        "visit_type": UUID(bytes=slot.visit_type),
        "start": start,
        "minutes": slot.minutes,
        "sealed_slot": slot.to_bytes(),
        "body_id": revision.bodies[0],
        "body_ct": revision.bodies[1],
        "body_rs": revision.bodies[2],
        "sig": revision.sig,
        "writer": int(revision.writer),
        "writer_kid": revision.writer_kid,
        "head": revision.head,
        "booking_pk": revision.booking_pk,
        "patient_pk": revision.patient_pk,
        "row_token_hash": envelope.row_token_hash,
        "act_tag": envelope.act_tag,
        "page": envelope.page,
        "kids": [stanza.kid for stanza in envelope.stanzas],
        "stanzas": [stanza.to_bytes() for stanza in envelope.stanzas],
        "h": [capsule.h for capsule in capsules],
        "key_day": [date.fromisoformat(capsule.key_day) for capsule in capsules],
        "capsule": [capsule.capsule for capsule in capsules],
        "del_hash": [capsule.del_hash for capsule in capsules],
        "write_hash": [capsule.write_hash for capsule in capsules],
        "message_h": [message.h for message in envelope.messages],
        "mids": [message.mid for message in envelope.messages],
        "send_days": [date.fromisoformat(message.send_day) for message in envelope.messages],
        "messages": [message.message for message in envelope.messages],
    }


async def book(
    connection: Connection,
    envelope: NewEnvelope,
    start: datetime,
    *,
    token_hash: bytes,
    now: datetime,
    ask_first: bool,
    check_tags: Sequence[bytes],
    check_month: int | None,
) -> str | None:
    """The status of the appointment that stands now, or None if hold, slot or head are others. One statement. `ask_first`: it
    becomes a request; `check_tags`: what marks its signature as used.

    Raises UniqueViolationError where the record, the handle or the signature is in use already; nothing stands then.
    """
    given = _parameters(envelope, start)
    given.update(unit=UUID(bytes=envelope.revision.context.unit), hold_token=token_hash, now=now)
    given.update(ask_first=ask_first, check_tags=check_tags, check_month=check_month)
    status: str | None = await _QUERIES["book"].value(connection, **given)
    return status


async def rewrite(
    connection: Connection, envelope: NewEnvelope, start: datetime, *, status: str, overbooked: bool
) -> bool:
    """Whether the next revision stands; not so if rev or head are others. The appointment is locked by the caller."""
    given = _parameters(envelope, start)
    given.update(rev=envelope.revision.context.rev, status=status, overbooked=overbooked)
    moved: int = await _QUERIES["rewrite"].value(connection, **given)
    return moved == 1


async def read_written(connection: Connection, practice: UUID, record: UUID) -> asyncpg.Record | None:
    """What tells a repeated request from another one."""
    return await _QUERIES["read_written"].row(connection, practice=practice, record=record)


async def read_sealed(
    connection: Connection, practice: UUID, record: UUID, groups: Sequence[int], kids: Sequence[bytes] | None
) -> asyncpg.Record | None:
    """One appointment, sealed; `kids` None reads every stanza (a patient's link has no list of its own)."""
    return await _QUERIES["read_sealed"].row(
        connection, practice=practice, record=record, groups=groups, kids=kids
    )


async def read_sealed_feed(
    connection: Connection,
    practice: UUID,
    unit: UUID,
    agendas: Sequence[UUID],
    records: Sequence[UUID],
    *,
    mask: int,
    kid: bytes,
) -> list[asyncpg.Record]:
    """Those of these appointments that stand in these agendas of a unit; `stanza` is null where the kid has none."""
    return await _QUERIES["read_sealed_feed"].rows(
        connection, practice=practice, unit=unit, agendas=agendas, records=records, mask=mask, kid=kid
    )


async def read_sealed_list(
    connection: Connection,
    practice: UUID,
    agendas: Sequence[UUID],
    units: Sequence[UUID],
    since: datetime,
    until: datetime,
    *,
    after: tuple[datetime, UUID] | None,
    kids: Sequence[bytes],
    known: Sequence[tuple[UUID, int]],
    most: int,
) -> list[asyncpg.Record]:
    """Group id and the caller's own stanzas, in order of time and record, those after `after` (start, record) if given;
    nothing sealed for what is known at its rev.
    """
    return await _QUERIES["read_sealed_list"].rows(
        connection,
        practice=practice,
        agendas=agendas,
        units=units,
        since=since,
        until=until,
        after_start=None if after is None else after[0],
        after_record=None if after is None else after[1],
        kids=kids,
        known_records=[record for record, _ in known],
        known_revs=[rev for _, rev in known],
        most=most,
    )


async def read_unopened(
    connection: Connection,
    practice: UUID,
    units: Sequence[UUID],
    since: datetime,
    *,
    after: tuple[datetime, UUID] | None,
    kids: Sequence[bytes],
    most: int,
) -> list[asyncpg.Record]:
    """Booked appointments with a stanza to one of these public keys, group id alone, in order of time and record; `standing`
    in each row counts them all, those after `after` (start, record) if given.
    """
    return await _QUERIES["read_unopened"].rows(
        connection,
        practice=practice,
        units=units,
        since=since,
        after_start=None if after is None else after[0],
        after_record=None if after is None else after[1],
        kids=kids,
        most=most,
    )


async def read_sealed_some(
    connection: Connection,
    practice: UUID,
    records: Sequence[UUID],
    units: Sequence[UUID],
    kids: Sequence[bytes],
) -> list[asyncpg.Record]:
    """These appointments of some units, in the order of their ids: group id alone."""
    return await _QUERIES["read_sealed_some"].rows(
        connection, practice=practice, records=list(records), units=list(units), kids=list(kids)
    )


StanzaKey = tuple[UUID, int, bytes]
"""(record, rev, kid)"""


async def lock_for_stanzas(
    connection: Connection, practice: UUID, records: Sequence[UUID]
) -> dict[UUID, asyncpg.Record]:
    rows = await _QUERIES["lock_for_stanzas"].rows(connection, practice=practice, records=records)
    return {row["record"]: row for row in rows}


async def add_stanzas(
    connection: Connection, practice: UUID, stanzas: Sequence[tuple[StanzaKey, bytes]]
) -> list[asyncpg.Record]:
    """Adds stanzas where none stands, and answers what is stored under each key."""
    columns = {
        "records": [record for (record, _, _), _ in stanzas],
        "revs": [rev for (_, rev, _), _ in stanzas],
        "kids": [kid for (_, _, kid), _ in stanzas],
    }
    await _QUERIES["add_stanzas"].run(
        connection, practice=practice, **columns, stanzas=[data for _, data in stanzas]
    )
    return await _QUERIES["read_stanzas"].rows(connection, practice=practice, **columns)


async def drop_stanzas(
    connection: Connection,
    practice: UUID,
    stanzas: Sequence[tuple[StanzaKey, bytes]],
    former: Sequence[bytes],
) -> int:
    """How many fell. Each comes with the kid of the record key beside which alone it may fall; `former` record keys'
    stanzas fall as those to public keys do."""
    rows = await _QUERIES["drop_stanzas"].rows(
        connection,
        practice=practice,
        records=[record for (record, _, _), _ in stanzas],
        revs=[rev for (_, rev, _), _ in stanzas],
        kids=[kid for (_, _, kid), _ in stanzas],
        record_kids=[record_kid for _, record_kid in stanzas],
        former=former,
    )
    return len(rows)


async def still_there(connection: Connection, practice: UUID, keys: Sequence[StanzaKey]) -> bool:
    """Whether any of these stanzas is stored."""
    rows = await _QUERIES["read_stanzas"].rows(
        connection,
        practice=practice,
        records=[record for record, _, _ in keys],
        revs=[rev for _, rev, _ in keys],
        kids=[kid for _, _, kid in keys],
    )
    return bool(rows)
