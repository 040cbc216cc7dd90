# SPDX-License-Identifier: Apache-2.0
"""Tags the server computes with its own secret S (32 bytes, outside database and backups).

Source: spec/rdv1.md sections 3 and 8. S opens nothing: it makes what a dump holds useless without it.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from serment.framing.conventions import KEY_BYTES, derive, exactly


def _tag(secret: bytes, label: str, value: bytes) -> bytes:
    key = derive(exactly(secret, KEY_BYTES, "server secret"), label)
    return hmac.new(key, value, sha256).digest()


def own_tag(secret: bytes) -> bytes:
    """What a database keeps to know its secret again: HMAC(D(S,"own"), nothing)."""
    return _tag(secret, "own", b"")


def work_key(secret: bytes) -> bytes:
    """The key under which the work asked of busy addresses is recognised: D(S,"work")."""
    return derive(exactly(secret, KEY_BYTES, "server secret"), "work")


def challenge_key(secret: bytes) -> bytes:
    """The key under which the server knows its own challenges again: D(S,"challenge")."""
    return derive(exactly(secret, KEY_BYTES, "server secret"), "challenge")


def find_row(secret: bytes, find: bytes) -> bytes:
    """The account row a log-in name leads to: HMAC(D(S,"find"), find)."""
    return _tag(secret, "find", exactly(find, KEY_BYTES, "find"))


def stored_auth(secret: bytes, find: bytes, auth: bytes) -> bytes:
    """What is stored to compare a log-in with: HMAC(D(S,"auth"), find || auth)."""
    return _tag(secret, "auth", exactly(find, KEY_BYTES, "find") + exactly(auth, KEY_BYTES, "auth"))


def password_share(secret: bytes, find: bytes) -> bytes:
    """The server's share of a password's secret, answered only after auth: HMAC(D(S,"share"), find)."""
    return _tag(secret, "share", exactly(find, KEY_BYTES, "find"))


def act_tag(secret: bytes, act: bytes) -> bytes:
    """The tag of a message link's token: HMAC(D(S,"act"), act)."""
    return _tag(secret, "act", exactly(act, 16, "act token"))


def check_tag(secret: bytes, booking_pk: bytes) -> bytes:
    """What marks a booking key's signature by the notifier as used: HMAC(D(S,"check"), booking_pk)."""
    return _tag(secret, "check", exactly(booking_pk, KEY_BYTES, "booking key"))


def planted_tag(secret: bytes, draw: bytes) -> bytes:
    """By what the server knows a false credential that it planted: HMAC(D(S,"planted"), draw)."""
    return _tag(secret, "planted", draw)
