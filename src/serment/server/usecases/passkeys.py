# SPDX-License-Identifier: AGPL-3.0-or-later
"""Passkeys: what registers one, and what shows that its owner is there (WebAuthn level 3, user verification required).

What a passkey gives its browser besides, the PRF secret that opens the seed, is in no message here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import bytes_to_base64url, parse_client_data_json

from serment.server.instance import Instance
from serment.server.stores import unlocks
from serment.server.usecases.challenges import check_challenge, spend_challenge
from serment.server.usecases.errors import PasskeyRefused


class NewPasskey(msgspec.Struct, forbid_unknown_fields=True):
    """A browser's answer to `navigator.credentials.create`, two fields of it."""

    client_data: bytes
    attestation: bytes


class PasskeyAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A browser's answer to `navigator.credentials.get`, without its extensions' results."""

    credential: bytes
    client_data: bytes
    authenticator_data: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Registered:
    """The public half, to be stored beside the account."""

    credential: bytes
    public_key: bytes
    sign_count: int


async def check_new_passkey(instance: Instance, credential: bytes, answer: NewPasskey) -> Registered:
    """Raises PasskeyRefused, ChallengeOver."""
    challenge = _challenge_of(answer.client_data)
    check_challenge(instance, challenge)
    response = {
        "clientDataJSON": bytes_to_base64url(answer.client_data),
        "attestationObject": bytes_to_base64url(answer.attestation),
    }
    try:
        found = verify_registration_response(
            credential=_credential(credential, response),
            expected_challenge=challenge,
            expected_rp_id=_rp_id(instance),
            expected_origin=instance.origin,
            require_user_verification=True,
        )
    except Exception:  # whatever a parser makes of a stranger's bytes
        raise PasskeyRefused from None
    if found.credential_id != credential:
        raise PasskeyRefused
    await spend_challenge(instance, challenge)
    return Registered(credential, found.credential_public_key, found.sign_count)


async def check_passkey(instance: Instance, answer: PasskeyAnswer) -> UUID:
    """The account whose passkey answered. Raises PasskeyRefused, ChallengeOver."""
    challenge = _challenge_of(answer.client_data)
    check_challenge(instance, challenge)
    known = await unlocks.read_passkey(instance.pool, answer.credential)
    if known is None:
        raise PasskeyRefused
    response = {
        "clientDataJSON": bytes_to_base64url(answer.client_data),
        "authenticatorData": bytes_to_base64url(answer.authenticator_data),
        "signature": bytes_to_base64url(answer.signature),
    }
    try:
        found = verify_authentication_response(
            credential=_credential(answer.credential, response),
            expected_challenge=challenge,
            expected_rp_id=_rp_id(instance),
            expected_origin=instance.origin,
            credential_public_key=known["public_key"],
            credential_current_sign_count=known["sign_count"],
            require_user_verification=True,
        )
    except Exception:  # whatever a parser makes of a stranger's bytes
        raise PasskeyRefused from None
    await spend_challenge(instance, challenge)
    account: UUID = known["account"]
    await unlocks.count_signature(instance.pool, account, answer.credential, found.new_sign_count)
    return account


def _rp_id(instance: Instance) -> str:
    return urlsplit(instance.origin).hostname or ""


def _credential(credential: bytes, response: dict[str, str]) -> dict[str, Any]:
    name = bytes_to_base64url(credential)
    return {"id": name, "rawId": name, "type": "public-key", "response": response}


def _challenge_of(client_data: bytes) -> bytes:
    try:
        return parse_client_data_json(client_data).challenge
    except Exception:  # whatever a parser makes of a stranger's bytes
        raise PasskeyRefused from None
