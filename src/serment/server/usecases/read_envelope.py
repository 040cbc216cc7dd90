# SPDX-License-Identifier: AGPL-3.0-or-later
"""The one way sealed appointments leave: for a patient's link, for a member's list, for one record opened by a member.

Each answer is read behind the wall of its practice (pool.walled), and is in the access ledger before it leaves (note_read).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from serment.database.pool import walled
from serment.domain.ledger import Part, Purpose
from serment.domain.sentinel import is_far, is_long_over
from serment.framing import Act, Stanza, StanzaType, Writer, kid, patient_key_hash
from serment.server.instance import Instance
from serment.server.stores import appointments, envelopes, letters
from serment.server.usecases.agent_token import Agent
from serment.server.usecases.errors import NoSuchAppointment
from serment.server.usecases.membership import Staff
from serment.server.usecases.note_read import note_read, note_read_by, note_told
from serment.server.usecases.read_practice import PracticeTold, QuestionTold, SiteTold

GROUPS = {"id": 1, "ct": 2, "rs": 3}
WHOLE = Part.ID | Part.CT | Part.RS
LIST_MAX = 5_000  # appointments in one answer; what follows is asked for next
UNOPENED_MAX = 50  # appointments in one answer
# What browsers say they read for: to seal all groups anew, and to ask for the appointments of a series.
RESEALING = frozenset({"move", "correct", "link", "repeat", "message", "remind"})
SERIES = "series"


class SealedSlot(msgspec.Struct):
    """When and where the appointment stands."""

    agenda: UUID
    start: datetime
    minutes: int
    visit_type: UUID


class SealedAct(msgspec.Struct):
    """A signed act of this revision; `kind` is cancel, confirm or undo."""

    n: int
    kind: str
    signer_kid: bytes
    sig: bytes


class SealedGroups(msgspec.Struct, omit_defaults=True):
    """The groups asked for."""

    id: bytes | None = None
    ct: bytes | None = None
    rs: bytes | None = None


class GroupHashes(msgspec.Struct):
    """SHA-256 of each sealed group, so that a reader of one verifies the signature over all."""

    id: bytes
    ct: bytes
    rs: bytes


class SealedStanza(msgspec.Struct):
    """A stanza and the kid it names."""

    kid: bytes
    sealed: bytes = msgspec.field(name="bytes")


class Sealed(msgspec.Struct):
    """An appointment as it is stored; nothing of it is opened here. `sealed_slot` is 44 bytes, see spec/rdv1.md.

    `pkh` is the hash of the patient's key (spec/rdv1.md, section 1), null where nobody holds a link. The key itself,
    1,216 bytes, is left out of lists: only who seals to it needs it.
    """

    practice: UUID
    unit: UUID
    record: UUID
    rev: int
    slot: SealedSlot
    sealed_slot: bytes
    status: str
    confirmed: bool
    overbooked: bool
    acts: list[SealedAct]
    bodies: SealedGroups
    body_hashes: GroupHashes
    stanzas: list[SealedStanza]
    sig: bytes
    head: bytes
    booking_pk: bytes
    pkh: bytes | None
    writer: str
    writer_kid: bytes | None
    patient_pk: bytes | msgspec.UnsetType = msgspec.UNSET


class PatientPractitioner(msgspec.Struct):
    """Who is visited."""

    practitioner: UUID
    slug: str
    title: str
    given_name: str
    family_name: str
    specialty: str


class PatientVisitType(msgspec.Struct):
    """What for."""

    visit_type: UUID
    name_fr: str
    name_en: str
    minutes: int
    place: str
    accepted: str
    silent: bool
    instructions_fr: str
    instructions_en: str
    questions: list[QuestionTold]


class LetterTold(msgspec.Struct):
    """A letter of the practice about a breach, sealed to the link's key (spec/rdv1.md section 7a)."""

    incident: UUID
    sealed: bytes
    head: bytes
    signer_kid: bytes
    sig: bytes


class _Place(msgspec.Struct):
    practice: PracticeTold
    site: SiteTold
    practitioner: PatientPractitioner
    visit_type: PatientVisitType


class PatientAppointment(msgspec.Struct):
    """What a link opens: the place in clear, as it is public, the sealed appointment, and letters of the practice."""

    practice: PracticeTold
    site: SiteTold
    practitioner: PatientPractitioner
    visit_type: PatientVisitType
    status: str
    confirmed: bool
    acts: int
    appointment: Sealed
    letters: list[LetterTold]


def sealed(row: asyncpg.Record, *, listed: bool = False) -> Sealed:
    """A stored row as it travels; `listed` leaves the patient's key out."""
    patient_pk = row["patient_pk"]
    acts = zip(row["ns"] or (), row["kinds"] or (), row["signer_kids"] or (), row["sigs"] or (), strict=True)
    return Sealed(
        practice=row["practice"],
        unit=row["unit"],
        record=row["record"],
        rev=row["rev"],
        slot=SealedSlot(row["agenda"], row["start"], row["minutes"], row["visit_type"]),
        sealed_slot=row["sealed_slot"],
        status=row["status"],
        confirmed=row["confirmed"],
        overbooked=row["overbooked"],
        acts=[SealedAct(n, Act(kind).name.lower(), signer, sig) for n, kind, signer, sig in acts],
        bodies=SealedGroups(row["body_id"], row["body_ct"], row["body_rs"]),
        body_hashes=GroupHashes(row["hash_id"], row["hash_ct"], row["hash_rs"]),
        stanzas=list(map(SealedStanza, row["kids"] or (), row["stanzas"] or ())),
        sig=row["sig"],
        head=row["head"],
        booking_pk=row["booking_pk"],
        pkh=None if patient_pk is None else patient_key_hash(patient_pk),
        writer=Writer(row["writer"]).name.lower(),
        writer_kid=row["writer_kid"],
        patient_pk=msgspec.UNSET if listed or patient_pk is None else patient_pk,
    )


async def find_record(instance: Instance, row_token: bytes, bucket: bytes | None) -> tuple[UUID, UUID]:
    """(practice, record) of a link. Raises NoSuchAppointment, later and later for who guesses.

    The token is looked up by its hash: 256 random bits, so nothing in the time it takes tells of another token.
    """
    found = await appointments.find_by_token(instance.pool, hashlib.sha256(row_token).digest())
    if found is None:
        if bucket is not None:
            await instance.throttle.slow_wrong_token(bucket, instance.clock())
        raise NoSuchAppointment
    return found


async def read_by_link(
    instance: Instance, row_token: bytes, bucket: bytes | None = None
) -> PatientAppointment:
    """All three groups and all symmetric stanzas. Raises NoSuchAppointment."""
    practice, record = await find_record(instance, row_token, bucket)
    async with walled(instance.pool, practice) as tx:
        row = await envelopes.read_sealed(tx, practice, record, list(GROUPS.values()), None)
        waiting = await letters.read_letters(tx, practice, record)
    if row is None:
        raise NoSuchAppointment
    place = await appointments.read_place(instance.pool, practice, row["agenda"], row["visit_type"])
    if place is None:
        raise NoSuchAppointment
    await note_read(instance, practice, Purpose.LINK, WHOLE, [record])
    told = msgspec.json.decode(place, type=_Place)
    appointment = sealed(row)
    own = kid(row["patient_pk"]) if row["patient_pk"] is not None else None
    appointment.stanzas = [stanza for stanza in appointment.stanzas if _for_patient(stanza, own)]
    return PatientAppointment(
        told.practice,
        told.site,
        told.practitioner,
        told.visit_type,
        appointment.status,
        appointment.confirmed,
        len(appointment.acts),
        appointment,
        # Sealed to an earlier link's key, a letter opens for nobody any more: an owner sends it anew.
        [
            LetterTold(each["incident"], each["sealed"], each["head"], each["signer_kid"], each["sig"])
            for each in waiting
            if each["pkh"] == appointment.pkh
        ],
    )


def _for_patient(stanza: SealedStanza, own: bytes | None) -> bool:
    return Stanza.parse(stanza.sealed).type is StanzaType.SYMMETRIC or stanza.kid == own


async def read_for_member(
    instance: Instance,
    staff: Staff,
    record: UUID,
    groups: Sequence[str],
    kids: Sequence[bytes],
    purpose: str = "",
) -> Sealed:
    """The groups asked for and the stanzas of the caller's kids. Raises NoSuchAppointment, also outside their units;
    Frozen, ProvePresence."""
    wanted = sorted({GROUPS[group] for group in groups})
    async with walled(instance.pool, staff.practice) as tx:
        row = await envelopes.read_sealed(tx, staff.practice, record, wanted, list(kids))
    if row is None or row["unit"] not in staff.units:
        # Ids of a series follow from a secret: many of them were never booked, and no browser can know which.
        raise NoSuchAppointment if row is None and purpose == SERIES else NoSuchAppointment().about(record)
    parts = Part(sum(Part[group.upper()] for group in set(groups)))
    now = instance.clock()
    await note_read_by(
        instance, staff, Purpose.RECORD, parts, [record], resealing=purpose in RESEALING,
        far_names=int(Part.ID in parts and is_far(row["start"], now)), long_over=is_long_over(row["start"], now),
    )  # fmt: skip
    return sealed(row)


async def read_for_agent(
    instance: Instance, agent: Agent, unit: UUID, records: Sequence[UUID]
) -> list[asyncpg.Record]:
    """Those of some appointments that stand in a linked program's agendas of a unit, with the groups of its grant and its own
    stanza; nothing sealed leaves where it has none."""
    grant = agent.grants[unit]
    async with walled(instance.pool, agent.practice) as tx:
        rows = await envelopes.read_sealed_feed(
            tx, agent.practice, unit, list(agent.agendas), records, mask=grant.mask, kid=grant.kem_kid
        )
    opened = [row["record"] for row in rows if row["stanza"] is not None]
    await note_told(instance, agent.practice, agent.connector, Part(grant.mask), opened)
    return rows


class Listed(msgspec.Struct, omit_defaults=True):
    """An appointment of a list; `sealed` carries group id alone, and is left out for what the caller knows at this rev."""

    record: UUID
    agenda: UUID
    start: datetime
    minutes: int
    visit_type: UUID
    status: str
    confirmed: bool
    overbooked: bool
    rev: int
    acts: int
    sealed: Sealed | None = None


class ListPlace(msgspec.Struct):
    """How far a list is complete: up to and with this appointment, in order of start and record."""

    start: datetime
    record: UUID


async def read_list(
    instance: Instance,
    staff: Staff,
    agendas: Sequence[UUID],
    since: datetime,
    until: datetime,
    *,
    after: ListPlace | None = None,
    kids: Sequence[bytes],
    known: Sequence[tuple[UUID, int]],
) -> tuple[list[Listed], ListPlace | None]:
    """The appointments of the caller's units in these agendas, in order of time, LIST_MAX at most, and None if these are
    all, else the place after which to ask on. One query. Raises ProvePresence: too many names of far days.
    """
    now = instance.clock()
    async with walled(instance.pool, staff.practice) as tx:
        rows = await envelopes.read_sealed_list(
            tx,
            staff.practice,
            agendas,
            list(staff.units),
            since if after is None else max(since, after.start),
            until,
            after=None if after is None else (after.start, after.record),
            kids=kids,
            known=known,
            most=LIST_MAX + 1,
        )
    shown = [row for row in rows[:LIST_MAX] if not row["known"]]
    far = sum(is_far(row["start"], now) for row in shown)
    await note_read_by(
        instance, staff, Purpose.AGENDA, Part.ID, [row["record"] for row in shown], far_names=far
    )
    listed = [
        Listed(
            row["record"],
            row["agenda"],
            row["start"],
            row["minutes"],
            row["visit_type"],
            row["status"],
            row["confirmed"],
            row["overbooked"],
            row["rev"],
            row["acts"],
            None if row["known"] else sealed(row, listed=True),
        )
        for row in rows[:LIST_MAX]
    ]
    return listed, ListPlace(listed[-1].start, listed[-1].record) if len(rows) > LIST_MAX else None


class Unopened(msgspec.Struct):
    """`standing` counts all that nobody has opened yet, those of this answer included; each carries group id alone."""

    standing: int
    records: list[Sealed]


async def read_unopened(
    instance: Instance, staff: Staff, *, after: ListPlace | None, kids: Sequence[bytes], most: int
) -> Unopened:
    """What is booked from now on in the caller's units and no desk has opened yet, soonest first: no card tells of it before.
    `kids` are the units' public keys. What a desk has compacted is not offered again.
    """
    async with walled(instance.pool, staff.practice) as tx:
        rows = await envelopes.read_unopened(
            tx,
            staff.practice,
            list(staff.units),
            instance.clock(),
            after=None if after is None else (after.start, after.record),
            kids=kids,
            most=min(most, UNOPENED_MAX),
        )
    shown = [row["record"] for row in rows]
    await note_read_by(instance, staff, Purpose.UNOPENED, Part.ID, shown)
    return Unopened(rows[0]["standing"] if rows else 0, [sealed(row, listed=True) for row in rows])
