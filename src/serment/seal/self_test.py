# SPDX-License-Identifier: Apache-2.0
"""Asked at start by every process that holds keys: is the cryptography there, and is it the right one?"""

from __future__ import annotations

from serment.framing.conventions import derive, sha256

_PK_HASH = "8d4c100c1d0ef5d73b234e7559dcd6ee260eb1cfd2a3df5636353c3c024500af"


class CryptographyMissing(RuntimeError):
    """This build of the `cryptography` library lacks ML-KEM-768, X-Wing or Argon2id, or computes them otherwise.
    Nothing was started. Install the published wheel of cryptography 48 or later.
    """


def self_test() -> None:
    """Raise CryptographyMissing unless X-Wing, HPKE 0x647a, Ed25519 and Argon2id are there and agree."""
    try:
        from serment.seal.primitives import KemPair, SignPair, hpke_open, hpke_seal

        seed = derive(bytes(32), "self test")
        pair = KemPair.from_seed(seed)
        info = b"self test"
        same = hpke_open(pair, info, hpke_seal(pair.pk, info, seed)) == seed
        SignPair.from_seed(seed).sign(info)
        from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

        Argon2id(salt=seed, length=32, iterations=1, lanes=1, memory_cost=8).derive(seed)
    except Exception as failure:
        raise CryptographyMissing from failure
    if not same or sha256(pair.pk).hex() != _PK_HASH:
        raise CryptographyMissing
