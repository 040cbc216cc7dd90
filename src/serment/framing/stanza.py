# SPDX-License-Identifier: Apache-2.0
"""A stanza: the content keys of one revision, wrapped for one reader. Source: spec/rdv1.md section 1.

01 || kid || mask || enc(1120) || ct(112)   1,250 bytes, to an X-Wing public key
02 || kid || mask || nonce(12) || ct(112)     142 bytes, under a symmetric key
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from serment.framing.context import MASK_ALL, RecordContext, check_mask
from serment.framing.conventions import (
    HPKE_OVERHEAD_BYTES,
    KEY_BYTES,
    KID_BYTES,
    NONCE_BYTES,
    TAG_BYTES,
    Reader,
    T,
    exactly,
    u8,
)
from serment.framing.errors import Altered, Unaddressed, Unknown
from serment.framing.roster import Roster

CONTENT_KEYS_BYTES: Final = 3 * KEY_BYTES
STANZA_HEADER_BYTES: Final = 1 + KID_BYTES + 1
STANZA_PUBLIC_BYTES: Final = STANZA_HEADER_BYTES + HPKE_OVERHEAD_BYTES + CONTENT_KEYS_BYTES
STANZA_SYMMETRIC_BYTES: Final = STANZA_HEADER_BYTES + NONCE_BYTES + CONTENT_KEYS_BYTES + TAG_BYTES
STANZAS_MAX: Final = 32


class StanzaType(IntEnum):
    """How a stanza is wrapped: to an X-Wing public key, or under a symmetric key."""

    PUBLIC = 1
    SYMMETRIC = 2


_SEALED_BYTES = {
    StanzaType.PUBLIC: STANZA_PUBLIC_BYTES - STANZA_HEADER_BYTES,
    StanzaType.SYMMETRIC: STANZA_SYMMETRIC_BYTES - STANZA_HEADER_BYTES,
}


@dataclass(frozen=True, slots=True)
class Stanza:
    """One stanza, taken apart. `sealed` is enc || ct (type 01) or nonce || ct (type 02)."""

    type: StanzaType
    kid: bytes
    mask: int
    sealed: bytes

    def __post_init__(self) -> None:
        exactly(self.kid, KID_BYTES, "kid")
        check_mask(self.mask)
        exactly(self.sealed, _SEALED_BYTES[self.type], "stanza")

    def to_bytes(self) -> bytes:
        """1,250 bytes (01) or 142 (02)."""
        return u8(self.type) + self.kid + u8(self.mask) + self.sealed

    @classmethod
    def parse(cls, data: bytes) -> Stanza:
        """From bytes; an unknown type, mask or size is Unknown."""
        reader = Reader(data, "stanza")
        try:
            kind = StanzaType(reader.u8())
        except ValueError:
            raise Unknown("stanza type") from None
        stanza = cls(kind, reader.take(KID_BYTES), reader.u8(), reader.take(_SEALED_BYTES[kind]))
        reader.done()
        return stanza


def stanza_info(context: RecordContext, kid: bytes, mask: int) -> bytes:
    """T("wrap") || all || kid || mask: HPKE info of an 01 stanza, associated data of an 02 stanza."""
    return T("wrap") + context.all + exactly(kid, KID_BYTES, "kid") + u8(check_mask(mask))


def stanza_for(stanzas: Iterable[Stanza], kid: bytes) -> Stanza:
    """The stanza that names this kid; none is Unaddressed."""
    for stanza in stanzas:
        if stanza.kid == kid:
            return stanza
    raise Unaddressed


def check_booking_stanzas(stanzas: Iterable[Stanza], roster: Roster, unit: bytes) -> None:
    """Raise unless these are the stanzas of a booking by a patient.

    One 01 stanza of mask 7 for the unit's present epoch, one 02 stanza of mask 7 (the patient's own: its kid is none
    that the roster ever named), and 01 stanzas with the granted mask for connectors granted in this unit; nothing
    else, no kid twice. Raises Unaddressed (the unit cannot read it), Altered (a reader nobody granted), Unknown (too many).
    """
    listed = list(stanzas)
    if len(listed) > STANZAS_MAX or len({stanza.kid for stanza in listed}) != len(listed):
        raise Unknown("stanzas")
    granted = {grant.kem_kid: grant.mask for grant in roster.grants_of(unit)}
    granted[roster.epoch(unit).kid] = MASK_ALL
    symmetric = 0
    for stanza in listed:
        if stanza.type is StanzaType.SYMMETRIC:
            symmetric += 1
            if stanza.mask != MASK_ALL:
                raise Altered("mask of the patient's stanza")
            # Under a unit's record key, which is public by name, it would stand where the unit's own is to come.
            if stanza.kid in roster.used:
                raise Altered("the patient's stanza under another's key")
        elif granted.get(stanza.kid) != stanza.mask:
            raise Altered("a reader the roster does not name")
    stanza_for(listed, roster.epoch(unit).kid)
    if symmetric != 1:
        raise Altered("the patient's stanza")
