# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stanzas are added and dropped by members of the unit: compaction, re-wrapping (spec/rdv1.md, section 1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg

from serment.database.pool import transaction
from serment.framing import Altered, Stanza, StanzaType, Unknown, kid
from serment.framing.context import MASK_ALL
from serment.server.instance import Instance
from serment.server.stores import envelopes, feed
from serment.server.usecases.errors import NoRecordStanza, NoSuchAppointment, StaleRevision
from serment.server.usecases.membership import Staff

CHANGES_MAX = 500


class NewStanza(NamedTuple):
    """One to add: the revision it is for, the head that revision names, its bytes."""

    record: UUID
    rev: int
    head: bytes
    bytes: bytes


class Stored(NamedTuple):
    """What stands under a key, which may be another's: the browser opens this and compares."""

    record: UUID
    rev: int
    kid: bytes
    bytes: bytes


async def add_stanzas(instance: Instance, staff: Staff, stanzas: Sequence[NewStanza]) -> list[Stored]:
    """Adds where none stands, and answers the stored bytes. All or none.

    Raises NoSuchAppointment, StaleRevision, Altered (a reader nobody named), Unknown.
    """
    _check_number(len(stanzas))
    rows: list[tuple[envelopes.StanzaKey, bytes]] = []
    async with transaction(instance.pool) as tx:
        locked = await envelopes.lock_for_stanzas(tx, staff.practice, [new.record for new in stanzas])
        for new in stanzas:
            row = _check_row(locked.get(new.record), staff, new.record, new.rev)
            if row["head"] != new.head:
                raise StaleRevision(current=row["rev"])
            stanza = Stanza.parse(new.bytes)
            _check_reader(stanza, staff, row)
            rows.append(((new.record, new.rev, stanza.kid), new.bytes))
        stored = await envelopes.add_stanzas(tx, staff.practice, rows)
        await feed.place(
            tx, staff.practice, [(record, kid) for (record, _, kid), _ in rows], instance.clock()
        )
    return [Stored(row["record"], row["rev"], row["kid"], row["bytes"]) for row in stored]


async def drop_stanzas(instance: Instance, staff: Staff, keys: Sequence[tuple[UUID, int, bytes]]) -> None:
    """Drops a unit's 01 stanzas, and 02 stanzas of its former record keys, each beside one of its present record key.

    All or none; again: the same. A patient's 02 stanza stays: its kid is no key that the roster ever named.

    Raises NoSuchAppointment, StaleRevision, NoRecordStanza, Altered (a patient's or a connector's stanza).
    """
    _check_number(len(keys))
    async with transaction(instance.pool) as tx:
        locked = await envelopes.lock_for_stanzas(tx, staff.practice, [record for record, _, _ in keys])
        wanted = []
        for record, rev, of_kid in keys:
            row = _check_row(locked.get(record), staff, record, rev)
            unit = row["unit"].bytes
            kept = {grant.kem_kid for grant in staff.roster.grants_of(unit)}
            if row["patient_pk"] is not None:
                kept.add(kid(row["patient_pk"]))
            if of_kid in kept:
                raise Altered("another reader's stanza")
            wanted.append(((record, rev, of_kid), staff.roster.epoch(unit).kid_rec))
        former = [of_kid for _, _, of_kid in keys if of_kid in staff.roster.used]
        await envelopes.drop_stanzas(tx, staff.practice, wanted, former)
        if await envelopes.still_there(tx, staff.practice, keys):
            raise NoRecordStanza


def _check_number(number: int) -> None:
    if not 1 <= number <= CHANGES_MAX:
        raise Unknown(f"1 to {CHANGES_MAX} stanzas at a time")


def _check_row(row: asyncpg.Record | None, staff: Staff, record: UUID, rev: int) -> asyncpg.Record:
    if row is None or row["unit"] not in staff.units:
        raise NoSuchAppointment().about(record)
    if row["rev"] != rev:
        raise StaleRevision(current=row["rev"])
    return row


def _check_reader(stanza: Stanza, staff: Staff, row: asyncpg.Record) -> None:
    """Present readers only: the unit's record key (02); the unit, granted connectors, the patient's key (01)."""
    unit = row["unit"].bytes
    epoch = staff.roster.epoch(unit)
    allowed = {(StanzaType.SYMMETRIC, epoch.kid_rec, MASK_ALL), (StanzaType.PUBLIC, epoch.kid, MASK_ALL)}
    allowed |= {(StanzaType.PUBLIC, grant.kem_kid, grant.mask) for grant in staff.roster.grants_of(unit)}
    if row["patient_pk"] is not None:
        allowed.add((StanzaType.PUBLIC, kid(row["patient_pk"]), MASK_ALL))
    if (stanza.type, stanza.kid, stanza.mask) not in allowed:
        raise Altered("a reader the roster does not name")
