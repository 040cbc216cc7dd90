# SPDX-License-Identifier: Apache-2.0
"""An invitation into a practice: the secret of its link, and what answers it. Source: spec/roster.md, section 7.

The secret is derived from the owner's own seed and from what is offered: nothing needs to be kept, and whoever alters
the offer on its way leads the owner to another secret, under which no answer verifies.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from serment.framing.conventions import (
    HASH_BYTES,
    HPKE_OVERHEAD_BYTES,
    ID_BYTES,
    KEM_PK_BYTES,
    KEY_BYTES,
    LP,
    SIG_BYTES,
    SIGN_PK_BYTES,
    T,
    check_signature,
    derive,
    exactly,
    instance_bytes,
    kid,
    u8,
)
from serment.framing.errors import Altered, Unknown
from serment.framing.roster_events import Role
from serment.seal.primitives import KemPair, SignPair, hpke_open, hpke_seal

NO_MEMBER = bytes(ID_BYTES)
SEALED_SECRET_BYTES = HPKE_OVERHEAD_BYTES + KEY_BYTES + SIG_BYTES


@dataclass(frozen=True, slots=True)
class Offer:
    """What somebody is invited to be: a new member id, a role, units, and perhaps whose place they take."""

    instance: str
    practice: bytes
    member: bytes
    role: Role
    units: tuple[bytes, ...]
    in_place_of: bytes | None = None

    def to_bytes(self) -> bytes:
        """inst || practice || member || role || LP(units) || in place of (zeros for nobody)."""
        units = list(self.units)
        if sorted(set(units)) != units:
            raise Unknown("units")
        listed = b"".join(exactly(unit, ID_BYTES, "unit") for unit in units)
        named = exactly(self.practice, ID_BYTES, "practice") + exactly(self.member, ID_BYTES, "member")
        replaced = NO_MEMBER if self.in_place_of is None else exactly(self.in_place_of, ID_BYTES, "member")
        return instance_bytes(self.instance) + named + u8(self.role) + LP(listed) + replaced


def invitation_secret(user_seed: bytes, offer: Offer) -> bytes:
    """The link's secret, made again whenever this owner needs it. 32 bytes."""
    key = derive(exactly(user_seed, KEY_BYTES, "user seed"), "user invite")
    return hmac.new(key, T("invitation") + offer.to_bytes(), sha256).digest()


def invitation_find(secret: bytes) -> bytes:
    """By what the server finds the invitation: 16 bytes, of which it keeps the hash."""
    return derive(exactly(secret, KEY_BYTES, "invitation"), "invitation find", ID_BYTES)


def invitation_tag(secret: bytes, offer: Offer, kem_pk: bytes, sign_pk: bytes) -> bytes:
    """Binds the invited person's keys to the link: the server, which never has its secret, can put no others there."""
    keys = exactly(kem_pk, KEM_PK_BYTES, "kem key") + exactly(sign_pk, SIGN_PK_BYTES, "signing key")
    key = derive(exactly(secret, KEY_BYTES, "invitation"), "invitation tag")
    return hmac.new(key, T("join") + offer.to_bytes() + keys, sha256).digest()


def check_invitation_tag(secret: bytes, offer: Offer, kem_pk: bytes, sign_pk: bytes, tag: bytes) -> None:
    """Raise Altered unless whoever holds the link gave these keys for this offer."""
    exactly(tag, HASH_BYTES, "tag")
    if not hmac.compare_digest(invitation_tag(secret, offer, kem_pk, sign_pk), tag):
        raise Altered("invitation")


def _told(offer: Offer, secret: bytes) -> bytes:
    return T("invited") + offer.to_bytes() + exactly(secret, KEY_BYTES, "invitation")


def _owner_info(offer: Offer, owner_kid: bytes) -> bytes:
    named = exactly(offer.practice, ID_BYTES, "practice") + exactly(offer.member, ID_BYTES, "member")
    return T("invitation") + instance_bytes(offer.instance) + named + owner_kid


def seal_to_owner(secret: bytes, offer: Offer, inviter: SignPair, owner_kem_pk: bytes) -> bytes:
    """The secret for another owner, who can let in what this one invited. 1,232 bytes.

    Signed inside: HPKE authenticates nobody, and a secret that the server drew would fit keys that the server chose.
    """
    signed = secret + inviter.sign(_told(offer, secret))
    return hpke_seal(owner_kem_pk, _owner_info(offer, kid(owner_kem_pk)), signed)


def open_as_owner(sealed: bytes, offer: Offer, inviter_sign_pk: bytes, owner: KemPair) -> bytes:
    """The secret that the inviter, by the roster's key, told this owner for this offer. Altered otherwise."""
    exactly(sealed, SEALED_SECRET_BYTES, "sealed invitation")
    signed = hpke_open(owner, _owner_info(offer, owner.kid), sealed)
    secret, sig = signed[:KEY_BYTES], signed[KEY_BYTES:]
    check_signature(inviter_sign_pk, sig, _told(offer, secret), "invitation")
    return secret


def member_fingerprint(kem_pk: bytes, sign_pk: bytes) -> bytes:
    """What two people compare by voice before one lets the other in: a hash of both public keys. 32 bytes."""
    pks: Iterable[bytes] = (
        exactly(kem_pk, KEM_PK_BYTES, "kem key"),
        exactly(sign_pk, SIGN_PK_BYTES, "signing key"),
    )
    return sha256(T("member") + b"".join(pks)).digest()
