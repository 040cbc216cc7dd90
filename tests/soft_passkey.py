# SPDX-License-Identifier: AGPL-3.0-or-later
"""An authenticator in a few lines, for tests without a browser: ES256, user verified unless told otherwise."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url

from serment.server.usecases.passkeys import NewPasskey, PasskeyAnswer

ORIGIN, RP_ID = "http://localhost:8000", "localhost"
PRESENT, VERIFIED, ATTESTED = 1, 4, 64


@dataclass
class SoftPasskey:
    """One credential. `counted` is its signature counter."""

    origin: str = ORIGIN
    verifies: bool = True
    counted: int = 0
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def _client_data(self, kind: str, challenge: bytes) -> bytes:
        said = {"type": kind, "challenge": bytes_to_base64url(challenge), "origin": self.origin}
        return json.dumps(said).encode()

    def _data(self, flags: int, rest: bytes = b"") -> bytes:
        self.counted += 1
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        head = hashlib.sha256(RP_ID.encode()).digest() + bytes([flags]) + self.counted.to_bytes(4, "big")
        return head + rest

    def registers(self, challenge: bytes) -> NewPasskey:
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        rest = bytes(16) + len(self.credential).to_bytes(2, "big") + self.credential + cbor2.dumps(cose)
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED, rest)}
        return NewPasskey(self._client_data("webauthn.create", challenge), cbor2.dumps(attestation))

    def answers(self, challenge: bytes) -> PasskeyAnswer:
        client_data, data = self._client_data("webauthn.get", challenge), self._data(0)
        signed = data + hashlib.sha256(client_data).digest()
        return PasskeyAnswer(self.credential, client_data, data, self.key.sign(signed, ec.ECDSA(SHA256())))
