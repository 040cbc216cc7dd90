# SPDX-License-Identifier: Apache-2.0
"""The five things that touch keys: box, HPKE, padding, X-Wing pairs, Ed25519 pairs. Source: spec/rdv1.md section 0.

HPKE is base mode with an empty aad: KEM 0x647a (X-Wing), HKDF-SHA256, AES-256-GCM (RFC 9180,
draft-ietf-hpke-pq, draft-connolly-cfrg-xwing-kem).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from serment.framing.conventions import (
    BOX_OVERHEAD_BYTES,
    HPKE_OVERHEAD_BYTES,
    KEM_PK_BYTES,
    KEY_BYTES,
    NONCE_BYTES,
    PAD_HEADER_BYTES,
    exactly,
    kid,
    padded_size,
    u32,
)
from serment.framing.errors import Altered, Unknown
from serment.seal.chance import draw

_MLKEM_PK_BYTES: Final = 1184
_MLKEM_SEED_BYTES: Final = 64
_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class KemPair:
    """An X-Wing key pair. The private half stays inside; it is left out of repr and comparison."""

    pk: bytes
    _private: MLKEM768X25519PrivateKey = field(repr=False, compare=False)

    @property
    def kid(self) -> bytes:
        """The 16-byte name of the public key."""
        return kid(self.pk)

    @classmethod
    def from_seed(cls, seed: bytes) -> KemPair:
        """From 32 bytes: SHAKE256(seed, 96) gives the ML-KEM seed (64) and the X25519 key (32)."""
        expanded = hashlib.shake_256(exactly(seed, KEY_BYTES, "seed")).digest(_MLKEM_SEED_BYTES + KEY_BYTES)
        mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_BYTES])
        x25519 = X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_BYTES:])
        pk = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        return cls(pk, MLKEM768X25519PrivateKey(mlkem, x25519))


@dataclass(frozen=True, slots=True)
class SignPair:
    """An Ed25519 key pair. The private half stays inside; it is left out of repr and comparison."""

    pk: bytes
    _private: Ed25519PrivateKey = field(repr=False, compare=False)

    @property
    def kid(self) -> bytes:
        """The 16-byte name of the public key."""
        return kid(self.pk)

    @classmethod
    def from_seed(cls, seed: bytes) -> SignPair:
        """From 32 bytes (RFC 8032)."""
        private = Ed25519PrivateKey.from_private_bytes(exactly(seed, KEY_BYTES, "seed"))
        return cls(private.public_key().public_bytes_raw(), private)

    def sign(self, message: bytes) -> bytes:
        """A 64-byte signature. The message begins with T(...), so no signature serves two purposes."""
        return self._private.sign(message)


@lru_cache(maxsize=1024)
def _public(pk: bytes) -> MLKEM768X25519PublicKey:
    exactly(pk, KEM_PK_BYTES, "public key")
    try:
        mlkem = MLKEM768PublicKey.from_public_bytes(pk[:_MLKEM_PK_BYTES])
        return MLKEM768X25519PublicKey(mlkem, X25519PublicKey.from_public_bytes(pk[_MLKEM_PK_BYTES:]))
    except ValueError:
        raise Unknown("public key") from None


def hpke_seal(pk: bytes, info: bytes, plain: bytes) -> bytes:
    """enc(1,120) || ciphertext, 16 bytes longer than `plain`. Authenticates nobody."""
    return _SUITE.encrypt(plain, _public(pk), info)


def hpke_open(pair: KemPair, info: bytes, sealed: bytes) -> bytes:
    """The plaintext; another key, info or byte is Altered."""
    if len(sealed) < HPKE_OVERHEAD_BYTES:
        raise Unknown("sealed bytes cut short")
    try:
        return _SUITE.decrypt(sealed, pair._private, info)
    except InvalidTag:
        raise Altered("seal") from None


def box(key: bytes, aad: bytes, plain: bytes) -> bytes:
    """nonce(12, random) || AES-256-GCM."""
    nonce = draw(NONCE_BYTES)
    return nonce + AESGCM(exactly(key, KEY_BYTES, "key")).encrypt(nonce, plain, aad)


def unbox(key: bytes, aad: bytes, sealed: bytes) -> bytes:
    """The plaintext of a box; another key, aad or byte is Altered."""
    if len(sealed) < BOX_OVERHEAD_BYTES:
        raise Unknown("box cut short")
    return gcm_open(key, sealed[:NONCE_BYTES], aad, sealed[NONCE_BYTES:])


def gcm_open(key: bytes, nonce: bytes, aad: bytes, sealed: bytes) -> bytes:
    """AES-256-GCM; a failing tag is Altered."""
    try:
        return AESGCM(exactly(key, KEY_BYTES, "key")).decrypt(nonce, sealed, aad)
    except InvalidTag:
        raise Altered("seal") from None


def pad(payload: bytes, sizes: Sequence[int]) -> bytes:
    """u32 length || payload || zeros, to the smallest of the ascending sizes; too long is Unknown."""
    size = padded_size(len(payload), sizes)
    return (u32(len(payload)) + payload).ljust(size, b"\0")


def unpad(padded: bytes, sizes: Sequence[int]) -> bytes:
    """The payload. Another size is Unknown; a length, size class or tail that pad() never makes is Altered."""
    if len(padded) not in sizes:
        raise Unknown("padded size")
    end = PAD_HEADER_BYTES + int.from_bytes(padded[:PAD_HEADER_BYTES], "big")
    if end > len(padded) or padded_size(end - PAD_HEADER_BYTES, sizes) != len(padded) or any(padded[end:]):
        raise Altered("padding")
    return padded[PAD_HEADER_BYTES:end]


def box_padded(key: bytes, aad: bytes, payload: bytes, sizes: Sequence[int]) -> bytes:
    """A box around the padded payload."""
    return box(key, aad, pad(payload, sizes))


def unbox_padded(key: bytes, aad: bytes, sealed: bytes, sizes: Sequence[int]) -> bytes:
    """The payload; a length no padding makes is Unknown before anything is opened."""
    if len(sealed) - BOX_OVERHEAD_BYTES not in sizes:
        raise Unknown("sealed size")
    return unpad(unbox(key, aad, sealed), sizes)
