"""Known answers published by others: X-Wing and HPKE 0x647a, ML-KEM-768. Sources stand in public.json."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from serment.seal.primitives import KemPair, _public

PUBLIC = json.loads((Path(__file__).parents[2] / "spec" / "vectors" / "public.json").read_text("utf-8"))
HPKE_VECTORS = PUBLIC["x_wing_hpke"]
LABEL = bytes.fromhex("5c2e2f2f5e5c")  # the X-Wing combiner's label


def x_wing_decapsulated(seed: bytes, enc: bytes) -> bytes:
    """X-Wing written out, so that the published secret itself is compared and not only what follows from it."""
    expanded = hashlib.shake_256(seed).digest(96)
    mlkem, x25519 = (
        MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
        X25519PrivateKey.from_private_bytes(expanded[64:]),
    )
    shared_m = mlkem.decapsulate(enc[:1088])
    shared_x = x25519.exchange(X25519PublicKey.from_public_bytes(enc[1088:]))
    public_x = x25519.public_key().public_bytes_raw()
    return hashlib.sha3_256(shared_m + shared_x + enc[1088:] + public_x + LABEL).digest()


@pytest.mark.parametrize("vector", HPKE_VECTORS, ids=lambda v: f"kdf {v['kdf_id']}")
def test_our_seed_gives_the_published_public_key_and_secret(vector: dict[str, Any]) -> None:
    seed = bytes.fromhex(vector["skRm"])
    assert KemPair.from_seed(seed).pk.hex() == vector["pkRm"]
    assert x_wing_decapsulated(seed, bytes.fromhex(vector["enc"])).hex() == vector["shared_secret"]
    assert x_wing_decapsulated(bytes(32), bytes.fromhex(vector["enc"])).hex() != vector["shared_secret"]


def labelled(suite_id: bytes, label: bytes, ikm: bytes) -> bytes:
    return b"HPKE-v1" + suite_id + label + ikm


def test_the_published_hpke_key_schedule_and_ciphertext() -> None:
    vector = HPKE_VECTORS[0]
    suite_id = bytes.fromhex(vector["suite_id"])
    extract = HKDF.extract
    psk_id_hash = extract(SHA256(), None, labelled(suite_id, b"psk_id_hash", b""))
    info_hash = extract(SHA256(), None, labelled(suite_id, b"info_hash", bytes.fromhex(vector["info"])))
    shared = bytes.fromhex(vector["shared_secret"])
    secret = extract(SHA256(), shared, labelled(suite_id, b"secret", b""))

    def expand(label: bytes, size: int) -> bytes:
        info = size.to_bytes(2, "big") + labelled(suite_id, label, b"\0" + psk_id_hash + info_hash)
        return HKDFExpand(SHA256(), size, info).derive(secret)

    assert expand(b"key", 32).hex() == vector["key"]
    assert expand(b"base_nonce", 12).hex() == vector["base_nonce"]
    first = vector["encryptions"][0]
    plain = ChaCha20Poly1305(expand(b"key", 32)).decrypt(
        expand(b"base_nonce", 12), bytes.fromhex(first["ct"]), bytes.fromhex(first["aad"])
    )
    assert plain.hex() == first["pt"]


def test_the_library_follows_that_key_schedule_with_our_aead() -> None:
    """HPKE with AES-256-GCM opened step by step: the suite the library runs is the one written out above."""
    seed, info, plain = bytes(range(32)), b"rdv1 wrap", b"ninety-six bytes of content keys"
    pair = KemPair.from_seed(seed)
    sealed = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM).encrypt(
        plain, _public(pair.pk), info
    )
    suite_id = b"HPKE" + bytes.fromhex("647a00010002")
    extract = HKDF.extract
    schedule = (
        b"\0"
        + extract(SHA256(), None, labelled(suite_id, b"psk_id_hash", b""))
        + extract(SHA256(), None, labelled(suite_id, b"info_hash", info))
    )
    secret = extract(SHA256(), x_wing_decapsulated(seed, sealed[:1120]), labelled(suite_id, b"secret", b""))
    key, nonce = (
        HKDFExpand(SHA256(), size, size.to_bytes(2, "big") + labelled(suite_id, label, schedule)).derive(
            secret
        )
        for label, size in ((b"key", 32), (b"base_nonce", 12))
    )
    assert AESGCM(key).decrypt(nonce, sealed[1120:], b"") == plain


@pytest.mark.parametrize("vector", PUBLIC["ml_kem_768"], ids=lambda v: v["msg"][:8])
def test_ml_kem_768_published_answers_and_implicit_rejection(vector: dict[str, Any]) -> None:
    key = MLKEM768PrivateKey.from_seed_bytes(bytes.fromhex(vector["seed_d_z"]))
    assert key.public_key().public_bytes_raw().hex() == vector["pk"]
    assert key.decapsulate(bytes.fromhex(vector["ct"])).hex() == vector["ss"]
    assert key.decapsulate(bytes.fromhex(vector["ct_invalid"])).hex() == vector["ss_invalid"]
