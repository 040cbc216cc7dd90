# SPDX-License-Identifier: AGPL-3.0-or-later
"""Marks under the notifier's tag key: by which a provider knows a message again, and we a receipt. Nobody else can make one."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

SEND_KEY_BYTES: Final = 16
RECEIPT_TAG_BYTES: Final = 16


def send_key(tag_key: bytes, channel: str, mids: Iterable[bytes]) -> str:
    """Of one SMS or e-mail that says these messages: the same at every try. Hexadecimal."""
    said = b"".join(sorted(mids)) + channel.encode()
    return hmac.digest(tag_key, b"key" + said, sha256)[:SEND_KEY_BYTES].hex()


def code_key(tag_key: bytes, q: bytes) -> str:
    """Of the code for a phone check."""
    return hmac.digest(tag_key, b"code" + q, sha256)[:SEND_KEY_BYTES].hex()


def receipt_tag(tag_key: bytes, channel: str, provider_id: str, nth: int) -> bytes:
    """What stands for a provider's identifier: a list of the provider alone, or the database alone, joins nothing.

    `nth`: of the messages that one SMS says.
    """
    said = f"receipt\0{channel}\0{nth}\0{provider_id}".encode()
    return hmac.digest(tag_key, said, sha256)[:RECEIPT_TAG_BYTES]
