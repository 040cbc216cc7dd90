# SPDX-License-Identifier: Apache-2.0
"""What names a connector, and what binds its login key to it. Source: spec/agent.md, section 1; RFC 7638."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePublicNumbers

from serment.framing.conventions import (
    ID_BYTES,
    KEM_PK_BYTES,
    SIGN_PK_BYTES,
    T,
    check_signature,
    exactly,
    instance_bytes,
    sha256,
)
from serment.framing.errors import Unknown

COORDINATE_BYTES: Final = 48


@dataclass(frozen=True, slots=True)
class LoginKey:
    """The public half of a connector's ES384 key: a point of P-384."""

    x: bytes
    y: bytes

    def jwk(self) -> dict[str, str]:
        """As JOSE writes it."""
        return {"kty": "EC", "crv": "P-384", "x": _base64url(self.x), "y": _base64url(self.y)}

    @property
    def thumb(self) -> bytes:
        """SHA-256 of the thumbprint's input: 32 bytes."""
        x, y = _base64url(self.x), _base64url(self.y)
        return sha256(f'{{"crv":"P-384","kty":"EC","x":"{x}","y":"{y}"}}'.encode())

    def check(self) -> None:
        """Raise Unknown unless it is a point of the curve."""
        x, y = (
            int.from_bytes(exactly(each, COORDINATE_BYTES, "login key"), "big") for each in (self.x, self.y)
        )
        try:
            EllipticCurvePublicNumbers(x, y, SECP384R1()).public_key()
        except ValueError:
            raise Unknown("login key") from None


@dataclass(frozen=True, slots=True)
class PublicConnector:
    """What a connector shows of itself."""

    connector: bytes
    kem_pk: bytes
    sign_pk: bytes
    login: LoginKey

    def fingerprint(self, instance: str, practice: bytes) -> bytes:
        """What two people compare: 32 bytes."""
        own = exactly(self.connector, ID_BYTES, "connector")
        keys = exactly(self.kem_pk, KEM_PK_BYTES, "kem key") + exactly(
            self.sign_pk, SIGN_PK_BYTES, "signing key"
        )
        return sha256(T("connector") + instance_bytes(instance) + practice + own + keys + self.login.thumb)

    def login_bytes(self, instance: str, practice: bytes) -> bytes:
        """What the connector's Ed25519 key signs of its login key."""
        return T("connector jwt") + instance_bytes(instance) + practice + self.connector + self.login.thumb

    def check(self, instance: str, practice: bytes, jwt_sig: bytes) -> None:
        """Raise Altered unless the login key is this connector's own; Unknown for what is no key."""
        self.login.check()
        self.fingerprint(instance, practice)
        check_signature(self.sign_pk, jwt_sig, self.login_bytes(instance, practice), "login key")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
