# SPDX-License-Identifier: Apache-2.0
"""A practice's letter to one patient: sizes, and who signed it. Source: spec/rdv1.md section 7a."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from serment.framing.conventions import (
    HASH_BYTES,
    HPKE_OVERHEAD_BYTES,
    ID_BYTES,
    T,
    check_signature,
    exactly,
    instance_bytes,
    sha256,
)
from serment.framing.errors import Altered, Unknown
from serment.framing.roster import Roster

LETTER_SIZES: Final = (1024, 2048, 4096, 8192, 16384)
LETTER_SEALED_BYTES: Final = tuple(HPKE_OVERHEAD_BYTES + size for size in LETTER_SIZES)


@dataclass(frozen=True, slots=True)
class LetterRow:
    """One letter: sealed to the patient's key of which `pkh` is the hash, signed at the roster's `head`."""

    record: UUID
    pkh: bytes
    sealed: bytes
    head: bytes
    sig: bytes


def letter_place(instance: str, practice: bytes, unit: bytes, record: bytes, incident: bytes) -> bytes:
    """What a letter is bound to."""
    ids = (practice, unit, record, incident)
    return instance_bytes(instance) + b"".join(exactly(each, ID_BYTES, "id") for each in ids)


def letter_message(place: bytes, pkh: bytes, head: bytes, sealed: bytes) -> bytes:
    """What a letter's signature covers; `pkh`: of the patient's key that it is sealed to."""
    hashes = exactly(pkh, HASH_BYTES, "pkh") + exactly(head, HASH_BYTES, "head") + sha256(sealed)
    return T("letter sent") + place + hashes


def check_letter(
    roster: Roster,
    practice: bytes,
    unit: bytes,
    record: bytes,
    incident: bytes,
    *,
    pkh: bytes,
    head: bytes,
    sealed: bytes,
    sig: bytes,
    signer_kid: bytes,
) -> None:
    """Raise unless a member of the unit, at the roster's `head`, signed exactly this. Unknown: a size; Altered: the rest."""
    if len(sealed) not in LETTER_SEALED_BYTES:
        raise Unknown("letter length")
    if practice != roster.practice:
        raise Altered("another practice")
    place = letter_place(roster.instance, practice, unit, record, incident)
    signer = roster.signer(signer_kid, unit, roster.seq_of(head))
    check_signature(signer, sig, letter_message(place, pkh, head, sealed), "letter")
