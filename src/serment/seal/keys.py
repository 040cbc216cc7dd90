# SPDX-License-Identifier: Apache-2.0
"""What each 32-byte seed derives. Source: spec/rdv1.md sections 1 and 3.

A Cap is the patient's, one per record; an EpochKeys is a unit's; a UserKeys a member's; a ConnectorKeys a linked
program's. Nothing derived here may be sent except what is named public.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from serment.framing.conventions import KEY_BYTES, KID_BYTES, derive, exactly
from serment.framing.envelope import patient_key_hash
from serment.framing.errors import Altered
from serment.framing.roster_events import Epoch, Member
from serment.seal.chance import draw
from serment.seal.primitives import KemPair, SignPair


@dataclass(frozen=True, slots=True)
class SymmetricKey:
    """A 32-byte key that wraps content keys (K_cap, K_rec), with the 16-byte name its stanzas carry."""

    key: bytes = field(repr=False)
    kid: bytes

    @classmethod
    def of(cls, key: bytes) -> SymmetricKey:
        """Name a key: D(key, "kid", 16)."""
        return cls(exactly(key, KEY_BYTES, "key"), derive(key, "kid", KID_BYTES))


@dataclass(frozen=True, slots=True)
class Cap:
    """A patient's capability for one record. `row_token` is sent in a header; k_cap never leaves the patient."""

    secret: bytes = field(repr=False)
    row_token: bytes = field(repr=False)
    k_cap: SymmetricKey
    booking: SignPair
    patient: KemPair

    @classmethod
    def from_secret(cls, secret: bytes) -> Cap:
        """From the 32 bytes in the link's fragment."""
        exactly(secret, KEY_BYTES, "cap")
        return cls(
            secret,
            derive(secret, "row"),
            SymmetricKey.of(derive(secret, "cap")),
            SignPair.from_seed(derive(secret, "sign")),
            KemPair.from_seed(derive(secret, "kem")),
        )

    @classmethod
    def new(cls) -> Cap:
        """A fresh one."""
        return cls.from_secret(draw(KEY_BYTES))

    @property
    def pkh(self) -> bytes:
        """The hash of patient_pk that stands in `id`."""
        return patient_key_hash(self.patient.pk)


@dataclass(frozen=True, slots=True)
class UserKeys:
    """A member's two pairs."""

    seed: bytes = field(repr=False)
    kem: KemPair
    sign: SignPair

    @classmethod
    def from_seed(cls, seed: bytes) -> UserKeys:
        """From the user seed that the unlock methods wrap."""
        kem = KemPair.from_seed(derive(exactly(seed, KEY_BYTES, "user seed"), "user kem"))
        return cls(seed, kem, SignPair.from_seed(derive(seed, "user sign")))

    @classmethod
    def new(cls) -> UserKeys:
        """Fresh ones."""
        return cls.from_seed(draw(KEY_BYTES))

    def check(self, member: Member) -> None:
        """Raise Altered unless these are the keys the roster names: a server may hand out another seed."""
        if (self.kem.pk, self.sign.pk) != (member.kem_pk, member.sign_pk):
            raise Altered("member's keys")


@dataclass(frozen=True, slots=True)
class ConnectorKeys:
    """A linked program's two pairs, born in the agent (spec/agent.md, section 1)."""

    seed: bytes = field(repr=False)
    kem: KemPair
    sign: SignPair

    @classmethod
    def from_seed(cls, seed: bytes) -> ConnectorKeys:
        """From the seed that the agent keeps."""
        kem = KemPair.from_seed(derive(exactly(seed, KEY_BYTES, "connector seed"), "connector kem"))
        return cls(seed, kem, SignPair.from_seed(derive(seed, "connector sign")))

    @classmethod
    def new(cls) -> ConnectorKeys:
        """Fresh ones."""
        return cls.from_seed(draw(KEY_BYTES))


@dataclass(frozen=True, slots=True)
class EpochKeys:
    """A unit's keys of one epoch. k_rec wraps content keys 2^30 times at most."""

    seed: bytes = field(repr=False)
    kem: KemPair
    k_rec: SymmetricKey
    k_idx: bytes = field(repr=False)
    k_card: bytes = field(repr=False)

    @classmethod
    def from_seed(cls, seed: bytes) -> EpochKeys:
        """From an epoch seed; it is to be used only after `check`."""
        kem = KemPair.from_seed(derive(exactly(seed, KEY_BYTES, "epoch seed"), "unit kem"))
        k_rec = SymmetricKey.of(derive(seed, "rec"))
        return cls(seed, kem, k_rec, derive(seed, "idx"), derive(seed, "card"))

    def check(self, epoch: Epoch) -> None:
        """Raise Altered unless event 4 names this very pk and kid_rec: HPKE authenticates nobody."""
        if (self.kem.pk, self.k_rec.kid) != (epoch.pk, epoch.kid_rec):
            raise Altered("epoch seed")
