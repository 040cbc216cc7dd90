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
    ID_BYTES,
    KEM_PK_BYTES,
    KEY_BYTES,
    LP,
    SIGN_PK_BYTES,
    T,
    derive,
    exactly,
    instance_bytes,
    u8,
)
from serment.framing.errors import Altered, Unknown
from serment.framing.roster_events import Role

NO_MEMBER = bytes(ID_BYTES)


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


def member_fingerprint(kem_pk: bytes, sign_pk: bytes) -> bytes:
    """What two people compare by voice before one lets the other in: a hash of both public keys. 32 bytes."""
    pks: Iterable[bytes] = (
        exactly(kem_pk, KEM_PK_BYTES, "kem key"),
        exactly(sign_pk, SIGN_PK_BYTES, "signing key"),
    )
    return sha256(T("member") + b"".join(pks)).digest()
