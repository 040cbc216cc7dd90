# SPDX-License-Identifier: Apache-2.0
"""Asked at start by every process that holds keys: is the cryptography there, and is it the right one?"""

from __future__ import annotations

from serment.framing.conventions import KEY_BYTES, derive, sha256

# SHA-256 of the X-Wing public key of the seed D(32 zero bytes, "self test").
_PK_HASH = "8d4c100c1d0ef5d73b234e7559dcd6ee260eb1cfd2a3df5636353c3c024500af"


class CryptographyMissing(RuntimeError):
    """This build of the `cryptography` library lacks ML-KEM-768, X-Wing or Argon2id, or computes them otherwise.
    Nothing was started. Install the published wheel of cryptography 48 or later.
    """


def self_test() -> None:
    """Raise CryptographyMissing unless X-Wing, HPKE 0x647a, Ed25519 and Argon2id are there and agree."""
    try:
        # Imported here, so that a library that lacks them is named by our sentence and not by an ImportError.
        from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

        from serment.seal.primitives import KemPair, SignPair, hpke_open, hpke_seal

        seed = derive(bytes(KEY_BYTES), "self test")
        pair = KemPair.from_seed(seed)
        opened = hpke_open(pair, b"self test", hpke_seal(pair.pk, b"self test", seed))
        SignPair.from_seed(seed).sign(b"self test")
        Argon2id(salt=seed, length=KEY_BYTES, iterations=1, lanes=1, memory_cost=8).derive(seed)
    except Exception as failure:
        raise CryptographyMissing from failure
    if opened != seed or sha256(pair.pk).hex() != _PK_HASH:
        raise CryptographyMissing
