# SPDX-License-Identifier: Apache-2.0
"""A revision as it travels, and who signed it. Nothing is opened here. Source: spec/rdv1.md section 1.

`Revision.check` answers *did the named writer sign exactly this*; `check_fresh` answers *was it sealed to the
present list of readers*. `check_act` and `check_move_note` do the same for what is done without re-sealing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from serment.framing.context import MASK_ALL, RecordContext, Slot, check_body_size
from serment.framing.conventions import (
    HASH_BYTES,
    KEM_PK_BYTES,
    KID_BYTES,
    SIG_BYTES,
    SIGN_PK_BYTES,
    T,
    check_signature,
    exactly,
    sha256,
    u8,
    u32,
)
from serment.framing.errors import Altered, Stale, Unknown
from serment.framing.roster import Roster

Three = tuple[bytes, bytes, bytes]


class Writer(IntEnum):
    """Who wrote a revision."""

    PATIENT = 1
    MEMBER = 2
    CONNECTOR = 3


class Act(IntEnum):
    """What may be done to an appointment without re-sealing it. Undo: members only."""

    CANCEL = 1
    CONFIRM = 2
    UNDO = 3


def patient_key_hash(patient_pk: bytes | None) -> bytes:
    """pkh: SHA-256(T("pkh") || patient_pk), or 32 zero bytes when the row carries no patient key."""
    if patient_pk is None:
        return bytes(HASH_BYTES)
    return sha256(T("pkh") + exactly(patient_pk, KEM_PK_BYTES, "patient key"))


def revision_message(
    context: RecordContext, body_hashes: Three, booking_pk: bytes, pkh: bytes, head: bytes, writer: Writer
) -> bytes:
    """The bytes a revision's signature covers. `body_hashes` are the SHA-256 of the three sealed bodies."""
    hashes = b"".join(exactly(value, HASH_BYTES, "body hash") for value in body_hashes)
    message = T("revision") + context.all + hashes + exactly(booking_pk, SIGN_PK_BYTES, "booking key")
    return message + exactly(pkh, HASH_BYTES, "pkh") + exactly(head, HASH_BYTES, "head") + u8(writer)


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of a record, as it is sent and stored. Sizes are checked on making: wrong ones are Unknown.

    `writer_kid` names the member's or connector's Ed25519 key; it is None for a patient, whose key is
    `booking_pk` (or, when this very revision changes it, the one before).
    """

    context: RecordContext
    bodies: Three
    sig: bytes
    head: bytes
    booking_pk: bytes
    patient_pk: bytes | None
    writer: Writer
    writer_kid: bytes | None

    def __post_init__(self) -> None:
        if len(self.bodies) != len(Writer):
            raise Unknown("bodies")
        for body in self.bodies:
            check_body_size(body)
        exactly(self.sig, SIG_BYTES, "signature")
        exactly(self.head, HASH_BYTES, "head")
        exactly(self.booking_pk, SIGN_PK_BYTES, "booking key")
        if self.patient_pk is not None:
            exactly(self.patient_pk, KEM_PK_BYTES, "patient key")
        if (self.writer_kid is None) != (self.writer is Writer.PATIENT):
            raise Unknown("writer")
        if self.writer_kid is not None:
            exactly(self.writer_kid, KID_BYTES, "writer")

    @property
    def body_hashes(self) -> Three:
        """SHA-256 of each sealed body."""
        one, two, three = (sha256(body) for body in self.bodies)
        return one, two, three

    def message(self) -> bytes:
        """The bytes the signature covers."""
        pkh = patient_key_hash(self.patient_pk)
        return revision_message(self.context, self.body_hashes, self.booking_pk, pkh, self.head, self.writer)

    def check(self, roster: Roster, previous_booking_pk: bytes | None = None) -> None:
        """Raise Altered unless the named writer, who could then write in this unit, signed exactly this.

        `previous_booking_pk` is the booking key of the revision before (None at rev 1): a patient signs with
        it, and only a patient holding it or a member may replace it.
        """
        check_revision_signature(
            roster,
            self.context,
            self.body_hashes,
            self.booking_pk,
            patient_key_hash(self.patient_pk),
            self.head,
            self.writer,
            self.writer_kid,
            self.sig,
            previous_booking_pk,
        )

    def check_fresh(self, roster: Roster) -> None:
        """Raise Stale unless it was sealed to the readers of the roster's present head."""
        if self.head != roster.head:
            raise Stale("head")


def check_revision_signature(
    roster: Roster,
    context: RecordContext,
    body_hashes: Three,
    booking_pk: bytes,
    pkh: bytes,
    head: bytes,
    writer: Writer,
    writer_kid: bytes | None,
    sig: bytes,
    previous_booking_pk: bytes | None = None,
) -> None:
    """`Revision.check` for a reader who has hashes in place of some bodies (a list carries group `id` alone)."""
    _check_place(roster, context)
    seq = roster.seq_of(head)
    changed = previous_booking_pk is not None and previous_booking_pk != booking_pk
    if writer is Writer.PATIENT:
        signer = previous_booking_pk if previous_booking_pk is not None else booking_pk
    else:
        if writer is Writer.CONNECTOR and changed:
            raise Altered("booking key")
        mask = MASK_ALL if writer is Writer.CONNECTOR else 0
        signer = roster.signer(writer_kid or b"", context.unit, seq, connector_mask=mask)
    message = revision_message(context, body_hashes, booking_pk, pkh, head, writer)
    check_signature(signer, sig, message, "revision")


def act_message(context: RecordContext, n: int, kind: Act) -> bytes:
    """What an act's signature covers. `n` counts the acts of a revision from 1."""
    return T("act") + context.all + u32(n) + u8(kind)


def move_note_message(context: RecordContext, slot: Slot, n: int) -> bytes:
    """What a connector's move note covers: the sealed context, the new slot, n as for acts."""
    return T("move note") + context.all + slot.to_bytes() + u32(n)


def check_act(
    roster: Roster,
    context: RecordContext,
    n: int,
    kind: Act,
    sig: bytes,
    *,
    last_n: int,
    booking_pk: bytes,
    signer_kid: bytes | None = None,
) -> None:
    """Raise unless this act may follow act `last_n` (0: none yet) of this revision.

    Without `signer_kid` the booking key signs (cancel, confirm); with it a present member of the unit (undo
    too). Stale: n is not the next one. Altered: the signature, or a patient's undo.
    """
    _check_place(roster, context)
    if n != last_n + 1:
        raise Stale("act")
    if signer_kid is None:
        if kind is Act.UNDO:
            raise Altered("undo is for members")
        signer = exactly(booking_pk, SIGN_PK_BYTES, "booking key")
    else:
        signer = roster.signer(signer_kid, context.unit, roster.seq)
    check_signature(signer, sig, act_message(context, n, kind), "act")


def check_move_note(
    roster: Roster, context: RecordContext, slot: Slot, n: int, sig: bytes, *, last_n: int, signer_kid: bytes
) -> None:
    """Raise unless a connector granted in this unit signed this move as the next act of the revision."""
    _check_place(roster, context)
    if n != last_n + 1:
        raise Stale("move note")
    signer = roster.signer(signer_kid, context.unit, roster.seq, connector_mask=1)
    check_signature(signer, sig, move_note_message(context, slot, n), "move note")


def _check_place(roster: Roster, context: RecordContext) -> None:
    if context.instance != roster.instance or context.practice != roster.practice:
        raise Altered("another practice")
