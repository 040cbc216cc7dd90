# SPDX-License-Identifier: Apache-2.0
"""Seal a record, open it, seal it anew, add a reader. Source: spec/rdv1.md section 1.

Content keys are drawn in here, once per revision, and never leave: no function takes one. That is what makes the
fixed nonce of the bodies safe.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from serment.framing.context import (
    BODY_PADDED_BYTES,
    COMMITMENT_BYTES,
    GROUPS,
    MASK_ALL,
    Group,
    RecordContext,
    Slot,
    check_body_size,
    check_mask,
)
from serment.framing.conventions import KEY_BYTES, NONCE_BYTES, T, kid, sha256
from serment.framing.envelope import (
    Act,
    Revision,
    Writer,
    act_message,
    move_note_message,
    patient_key_hash,
    revision_message,
)
from serment.framing.errors import Altered, Unaddressed
from serment.framing.roster import Roster
from serment.framing.stanza import Stanza, StanzaType, stanza_for, stanza_info
from serment.seal.chance import draw
from serment.seal.groups import Contact, Identity, Payloads, Reason
from serment.seal.keys import Cap, SymmetricKey
from serment.seal.messages import handle
from serment.seal.primitives import KemPair, SignPair, box, gcm_open, hpke_open, hpke_seal, pad, unbox, unpad

# Safe only because a content key seals one body of one revision and is drawn in seal_record.
_ZERO_NONCE: Final = bytes(NONCE_BYTES)
_NO_KEY: Final = bytes(KEY_BYTES)

Three = tuple[bytes, bytes, bytes]


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a stanza is for: an X-Wing public key, or a symmetric key; and the groups they may read (mask)."""

    to: bytes | SymmetricKey
    mask: int = MASK_ALL


@dataclass(frozen=True, slots=True)
class Sealed:
    """A revision and its stanzas, as they are sent."""

    revision: Revision
    stanzas: tuple[Stanza, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """What a reader may see of what they were given; the other groups are None."""

    identity: Identity | None = None
    contact: Contact | None = None
    reason: Reason | None = None


# ---------------------------------------------------------------- sealing


def seal_record(
    context: RecordContext,
    payloads: Payloads,
    readers: Iterable[Reader],
    *,
    head: bytes,
    booking_pk: bytes,
    patient_pk: bytes | None,
    writer: Writer,
    signer: SignPair,
) -> Sealed:
    """Seal the three groups for these readers and sign the revision.

    Altered: `identity.pkh` is not the hash of `patient_pk` (both or neither), or `identity.h` is not the handle
    of `contact.c`. Unknown: a payload over 16,380 bytes.
    """
    if (payloads[0].pkh or patient_key_hash(None)) != patient_key_hash(patient_pk):
        raise Altered("pkh")
    if payloads[0].h != handle(payloads[1].c):
        raise Altered("handle")
    keys: Three = (draw(KEY_BYTES), draw(KEY_BYTES), draw(KEY_BYTES))
    identity, contact, reason = payloads
    plain = (identity.to_json(), contact.to_json(), reason.to_json())
    one, two, three = (
        _seal_body(context.of(group), key, payload)
        for group, key, payload in zip(GROUPS, keys, plain, strict=True)
    )
    bodies = (one, two, three)
    hashes = (sha256(one), sha256(two), sha256(three))
    message = revision_message(context, hashes, booking_pk, patient_key_hash(patient_pk), head, writer)
    writer_kid = None if writer is Writer.PATIENT else signer.kid
    revision = Revision(
        context, bodies, signer.sign(message), head, booking_pk, patient_pk, writer, writer_kid
    )
    return Sealed(revision, tuple(_wrap(context, keys, reader) for reader in readers))


def readers_of(roster: Roster, unit: bytes) -> list[Reader]:
    """The practice's readers of a new booking: the unit's present epoch, and each granted connector."""
    unit_reader = Reader(roster.epoch(unit).pk)
    return [unit_reader, *(Reader(grant.kem_pk, grant.mask) for grant in roster.grants_of(unit))]


def seal_booking(context: RecordContext, payloads: Payloads, cap: Cap, roster: Roster) -> Sealed:
    """A patient's booking: to the unit, to granted connectors, and under K_cap; signed by the booking key."""
    readers = [*readers_of(roster, context.unit), Reader(cap.k_cap)]
    return seal_record(
        context,
        payloads,
        readers,
        head=roster.head,
        booking_pk=cap.booking.pk,
        patient_pk=cap.patient.pk,
        writer=Writer.PATIENT,
        signer=cap.booking,
    )


def seal_by_member(
    context: RecordContext,
    payloads: Payloads,
    k_rec: SymmetricKey,
    roster: Roster,
    *,
    booking_pk: bytes,
    patient_pk: bytes | None,
    signer: SignPair,
) -> Sealed:
    """Staff's (re-)sealing: under K_rec, to granted connectors, and to the patient's key where the row has one.

    `context.rev` is one above the last; t, c and h are new. Raises Altered when `identity.pkh` is not the hash of
    the row's `patient_pk`: a server may have put another key into the row.
    """
    if k_rec.kid != roster.epoch(context.unit).kid_rec:
        raise Altered("kid_rec")
    readers = [Reader(k_rec), *readers_of(roster, context.unit)[1:]]
    if patient_pk is not None:
        readers.append(Reader(patient_pk))
    return seal_record(
        context,
        payloads,
        readers,
        head=roster.head,
        booking_pk=booking_pk,
        patient_pk=patient_pk,
        writer=Writer.MEMBER,
        signer=signer,
    )


def _content_key(ctx: bytes, key: bytes) -> tuple[bytes, bytes]:
    """K || C of one body: the AES key and the commitment."""
    both = HKDF(algorithm=SHA256(), length=KEY_BYTES + COMMITMENT_BYTES, salt=ctx, info=T("content")).derive(
        key
    )
    return both[:KEY_BYTES], both[KEY_BYTES:]


def _seal_body(ctx: bytes, key: bytes, payload: bytes) -> bytes:
    k, commitment = _content_key(ctx, key)
    return commitment + AESGCM(k).encrypt(_ZERO_NONCE, pad(payload, BODY_PADDED_BYTES), ctx)


def _wrap(context: RecordContext, keys: Three, reader: Reader) -> Stanza:
    check_mask(reader.mask)
    granted = b"".join(
        key if reader.mask & group.bit else _NO_KEY for group, key in zip(GROUPS, keys, strict=True)
    )
    if isinstance(reader.to, SymmetricKey):
        info = stanza_info(context, reader.to.kid, reader.mask)
        sealed = box(reader.to.key, info, granted)
        return Stanza(StanzaType.SYMMETRIC, reader.to.kid, reader.mask, sealed)
    name = kid(reader.to)
    sealed = hpke_seal(reader.to, stanza_info(context, name, reader.mask), granted)
    return Stanza(StanzaType.PUBLIC, name, reader.mask, sealed)


# ---------------------------------------------------------------- opening


def open_record(
    context: RecordContext,
    stanzas: Sequence[Stanza],
    key: KemPair | SymmetricKey,
    bodies: Mapping[Group, bytes],
    patient_pk: bytes | None,
) -> Opened:
    """What the bodies given say (a list carries `id` alone), all of them or none.

    Unaddressed: no stanza for this key, or a body its mask does not grant. Altered: anything that does not fit,
    `patient_pk` against `id` included. Unknown: a size. Check `Revision.check` first where identity is acted on.
    """
    keys = _unwrap(context, stanza_for(stanzas, key.kid), key)
    found: dict[Group, bytes] = {}
    for group, body in bodies.items():
        content_key = keys.get(group)
        if content_key is None:
            raise Unaddressed("group")
        found[group] = _open_body(context.of(group), content_key, body)
    identity = Identity.from_json(found[Group.IDENTITY]) if Group.IDENTITY in found else None
    if identity and (identity.pkh or patient_key_hash(None)) != patient_key_hash(patient_pk):
        raise Altered("pkh")
    return Opened(
        identity,
        Contact.from_json(found[Group.CONTACT]) if Group.CONTACT in found else None,
        Reason.from_json(found[Group.REASON]) if Group.REASON in found else None,
    )


def open_revision(revision: Revision, stanzas: Sequence[Stanza], key: KemPair | SymmetricKey) -> Opened:
    """Every group this key's stanza grants. The signature is the caller's to check (`Revision.check`)."""
    mask = stanza_for(stanzas, key.kid).mask
    bodies = {g: body for g, body in zip(GROUPS, revision.bodies, strict=True) if mask & g.bit}
    return open_record(revision.context, stanzas, key, bodies, revision.patient_pk)


def _unwrap(context: RecordContext, stanza: Stanza, key: KemPair | SymmetricKey) -> dict[Group, bytes]:
    info = stanza_info(context, stanza.kid, stanza.mask)
    if isinstance(key, KemPair):
        if stanza.type is not StanzaType.PUBLIC:
            raise Altered("stanza type")
        plain = hpke_open(key, info, stanza.sealed)
    else:
        if stanza.type is not StanzaType.SYMMETRIC:
            raise Altered("stanza type")
        plain = unbox(key.key, info, stanza.sealed)
    keys: dict[Group, bytes] = {}
    for group in GROUPS:
        content_key = plain[(group - 1) * KEY_BYTES : group * KEY_BYTES]
        if stanza.mask & group.bit:
            keys[group] = content_key
        elif content_key != _NO_KEY:
            raise Altered("masked key")
    return keys


def _open_body(ctx: bytes, key: bytes, body: bytes) -> bytes:
    check_body_size(body)
    k, commitment = _content_key(ctx, key)
    if not hmac.compare_digest(commitment, body[:COMMITMENT_BYTES]):
        raise Altered("commitment")
    return unpad(gcm_open(k, _ZERO_NONCE, ctx, body[COMMITMENT_BYTES:]), BODY_PADDED_BYTES)


# ---------------------------------------------------------------- other readers


def add_reader(
    context: RecordContext, stanzas: Sequence[Stanza], key: KemPair | SymmetricKey, reader: Reader
) -> Stanza:
    """A stanza for one more reader, of groups the opener's own stanza grants; more is Unaddressed."""
    keys = _unwrap(context, stanza_for(stanzas, key.kid), key)
    if any(group.bit & reader.mask and group not in keys for group in GROUPS):
        raise Unaddressed("group")
    one, two, three = (keys.get(group, _NO_KEY) for group in GROUPS)
    return _wrap(context, (one, two, three), reader)


def compact(context: RecordContext, stanzas: Sequence[Stanza], unit: KemPair, k_rec: SymmetricKey) -> Stanza:
    """The 02 stanza under K_rec that replaces the unit's 01 stanza, checked by opening it again."""
    stanza = add_reader(context, stanzas, unit, Reader(k_rec))
    check_same_keys(context, stanzas, unit, stanza, k_rec)
    return stanza


def check_same_keys(
    context: RecordContext,
    stanzas: Sequence[Stanza],
    key: KemPair | SymmetricKey,
    stored: Stanza,
    stored_key: KemPair | SymmetricKey,
) -> None:
    """Raise Altered unless the stored stanza wraps the very keys that `key` opens: insert answers what it stored."""
    mine = _unwrap(context, stanza_for(stanzas, key.kid), key)
    theirs = _unwrap(context, stored, stored_key)
    if any(theirs[group] != mine.get(group) for group in theirs):
        raise Altered("stanza")


# ---------------------------------------------------------------- acts


def sign_act(context: RecordContext, n: int, kind: Act, signer: SignPair) -> bytes:
    """The signature of an act: by the booking key (cancel, confirm), or a member's."""
    return signer.sign(act_message(context, n, kind))


def sign_move_note(context: RecordContext, slot: Slot, n: int, signer: SignPair) -> bytes:
    """A connector's signature of a move it cannot re-seal."""
    return signer.sign(move_note_message(context, slot, n))
