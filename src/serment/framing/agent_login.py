# SPDX-License-Identifier: Apache-2.0
"""How an agent shows who it is: `private_key_jwt` (RFC 7523) for a token, DPoP (RFC 9449) with each request (spec/agent.md).

What was shown once is not taken twice: the caller keeps `shown` until `over`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from serment.framing.connectors import LoginKey
from serment.framing.conventions import LP, T, sha256
from serment.framing.errors import Altered

ASSERTION_SECONDS_MAX: Final = 300
PROOF_SECONDS: Final = 60
JTI_CHARACTERS: Final = range(16, 129)
JOSE_CHARACTERS_MAX: Final = 4_096
_PROOF_COORDINATES: Final = frozenset({"kty", "crv", "x", "y"})


@dataclass(frozen=True, slots=True)
class Shown:
    """What a checked statement is told apart by, its key's thumbprint (32 bytes), and when it is over."""

    shown: bytes
    thumb: bytes
    over: datetime


def claimed_client(text: str) -> str:
    """Whose word this says it is, unchecked; empty if it says nothing."""
    try:
        claims = _part(text, 1)
    except Altered:
        return ""
    return str(claims.get("sub", ""))


def check_assertion(text: str, login: LoginKey, *, client: str, audience: str, now: datetime) -> Shown:
    """Raise Altered unless this is the client's own word, for this address, now."""
    _, claims = _opened(text, ECKey.import_key({**login.jwk()}), "ES384")
    if (claims.get("iss"), claims.get("sub"), claims.get("aud")) != (client, client, audience):
        raise Altered("assertion")
    over, jti = _instant(claims, "exp"), _jti(claims)
    if not now < over <= now + timedelta(seconds=ASSERTION_SECONDS_MAX):
        raise Altered("assertion")
    if "iat" in claims and _instant(claims, "iat") > now + timedelta(seconds=PROOF_SECONDS):
        raise Altered("assertion")
    return Shown(_mark("assertion", client.encode(), jti), login.thumb, over)


def check_proof(text: str, *, method: str, address: str, now: datetime, token: str | None) -> Shown:
    """Raise Altered unless whoever holds the key inside speaks of this very request, now, and of this token if there is one."""
    jwk = _part(text, 0).get("jwk")
    if (
        not isinstance(jwk, dict)
        or jwk.keys() != _PROOF_COORDINATES
        or (jwk["kty"], jwk["crv"]) != ("EC", "P-256")
    ):
        raise Altered("proof")
    try:
        key = ECKey.import_key(jwk)
        thumb = base64.urlsafe_b64decode(key.thumbprint() + "=")
    except (JoseError, ValueError, TypeError):
        raise Altered("proof") from None
    header, claims = _opened(text, key, "ES256")
    if header.get("typ") != "dpop+jwt" or (claims.get("htm"), claims.get("htu")) != (method, address):
        raise Altered("proof")
    iat = _instant(claims, "iat")
    if abs(iat - now) > timedelta(seconds=PROOF_SECONDS):
        raise Altered("proof")
    if token is not None:
        ath = base64.urlsafe_b64encode(hashlib.sha256(token.encode("ascii")).digest()).decode().rstrip("=")
        if not hmac.compare_digest(ath.encode(), str(claims.get("ath")).encode()):
            raise Altered("proof")
    return Shown(_mark("proof", thumb, _jti(claims)), thumb, iat + timedelta(seconds=2 * PROOF_SECONDS))


def _opened(text: str, key: ECKey, algorithm: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    _part(text, 0)
    try:
        opened = jws.deserialize_compact(text, key, algorithms=[algorithm])
        claims = json.loads(opened.payload)
    except (JoseError, InvalidSignature, ValueError, TypeError, RecursionError):
        raise Altered("signature") from None
    if not isinstance(claims, dict):
        raise Altered("claims")
    return opened.protected, claims


def _part(text: str, nth: int) -> Mapping[str, Any]:
    """The header (0) or the claims (1), as they stand."""
    if len(text) > JOSE_CHARACTERS_MAX or text.count(".") != 2:
        raise Altered("form")
    part = text.split(".")[nth]
    try:
        told = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        raise Altered("form") from None
    if not isinstance(told, dict):
        raise Altered("form")
    return told


def _instant(claims: Mapping[str, Any], name: str) -> datetime:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Altered(name)
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise Altered(name) from None


def _jti(claims: Mapping[str, Any]) -> bytes:
    jti = claims.get("jti")
    if not isinstance(jti, str) or len(jti) not in JTI_CHARACTERS:
        raise Altered("jti")
    return jti.encode("utf-8", "replace")


def _mark(kind: str, whose: bytes, jti: bytes) -> bytes:
    return sha256(T(f"agent {kind}") + LP(whose) + jti)
