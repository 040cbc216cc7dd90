# SPDX-License-Identifier: Apache-2.0
"""Secrets that say what they are: a prefix for those who scan for lost ones, a checksum against slips (spec/agent.md).

secret = prefix || base32(random) || base32(CRC-32 of what is before)
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
import zlib
from typing import Final

from serment.framing.conventions import sha256

PAIRING: Final = "serment_pair_"
PAIRING_BYTES: Final = 10
TOKEN: Final = "serment_token_"  # noqa: S105  # a prefix
TOKEN_BYTES: Final = 20
CHECKSUM_CHARACTERS: Final = 7
_FORM: Final = re.compile(r"[a-z2-7]+")


def typed(prefix: str, body: bytes) -> str:
    """The text of a secret."""
    text = prefix + _base32(body)
    return text + checksum(text)


def draw_typed(prefix: str, size: int) -> str:
    """A fresh one of so many random bytes."""
    return typed(prefix, secrets.token_bytes(size))


def is_typed(prefix: str, size: int, text: str) -> bool:
    """Whether a text has this form; whether it is anybody's is another question."""
    rest = text.removeprefix(prefix)
    length = len(_base32(bytes(size))) + CHECKSUM_CHARACTERS
    if rest == text or len(rest) != length or not _FORM.fullmatch(rest):
        return False
    return fits(text)


def fits(text: str) -> bool:
    """Whether the checksum at its end is that of what is before."""
    shown = text[-CHECKSUM_CHARACTERS:]
    return hmac.compare_digest(shown, checksum(text[:-CHECKSUM_CHARACTERS]))


def typed_hash(text: str) -> bytes:
    """What is kept of a secret: SHA-256 of its text."""
    return sha256(text.encode("ascii"))


def checksum(text: str) -> str:
    """CRC-32, in base32."""
    return _base32(zlib.crc32(text.encode()).to_bytes(4, "big"))


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()
