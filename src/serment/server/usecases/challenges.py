# SPDX-License-Identifier: AGPL-3.0-or-later
"""Questions that a passkey or a known machine answers: five minutes each, and each answered once.

A challenge carries its own end under a key of the server's, so asking costs no memory; only what was answered *rightly*
is noted until that end. Who has no passkey and no known machine fills nothing.

    challenge = expires u64 (UTC s) || random(16) || HMAC-SHA256(D(S,"challenge"), expires || random)      56 bytes
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta

from serment.framing.server_secret import challenge_key
from serment.server.instance import Instance
from serment.server.stores import unlocks
from serment.server.usecases.errors import ChallengeOver

CHALLENGE_MINUTES = 5
CHALLENGE_BYTES = 56
_BODY_BYTES = 24


def new_challenge(instance: Instance) -> bytes:
    """A question nobody was asked before."""
    expires = int((instance.clock() + timedelta(minutes=CHALLENGE_MINUTES)).timestamp())
    body = expires.to_bytes(8, "big") + secrets.token_bytes(16)
    return body + _tag(instance.secret.current, body)


def _tag(secret: bytes, body: bytes) -> bytes:
    return hmac.new(challenge_key(secret), body, hashlib.sha256).digest()


def check_challenge(instance: Instance, challenge: bytes) -> datetime:
    """When it ends. Raises ChallengeOver for one that is past its end or not ours; an answered one is found on spending."""
    body = challenge[:_BODY_BYTES]
    ours = any(
        hmac.compare_digest(_tag(secret, body), challenge[_BODY_BYTES:])
        for secret in instance.secret.generations
    )
    if len(challenge) != CHALLENGE_BYTES or not ours:
        raise ChallengeOver
    expires = datetime.fromtimestamp(int.from_bytes(body[:8], "big"), UTC)
    if expires <= instance.clock():
        raise ChallengeOver
    return expires


async def spend_challenge(instance: Instance, challenge: bytes) -> None:
    """After the answer was found right, never before. Raises ChallengeOver for the second answer."""
    expires = check_challenge(instance, challenge)
    if not await unlocks.spend_challenge(instance.pool, hashlib.sha256(challenge).digest(), expires):
        raise ChallengeOver
