# SPDX-License-Identifier: Apache-2.0
"""False connector credentials, planted where nobody but a thief looks: each backup carries one.

    credential = "serment_connector_" || base32(draw(10) || HMAC(D(S,"planted"), draw)[:10]) || base32(CRC-32 of these)

The prefix and the checksum are for those who scan for lost secrets. The server knows its own again by its secret, and keeps
none.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from collections.abc import Iterable
from typing import Final

from serment.framing.server_secret import planted_tag
from serment.framing.typed import CHECKSUM_CHARACTERS, fits, typed

PREFIX: Final = "serment_connector_"
DRAW_BYTES: Final = 10
TAG_BYTES: Final = 10
_FORM: Final = re.compile(rf"{PREFIX}[a-z2-7]{{32}}[a-z2-7]{{7}}")


def plant(secret: bytes) -> str:
    """A credential that opens nothing, and gives away whoever uses it."""
    draw = secrets.token_bytes(DRAW_BYTES)
    return typed(PREFIX, draw + planted_tag(secret, draw)[:TAG_BYTES])


def find_planted(generations: Iterable[bytes], text: str) -> str | None:
    """The first of our planted credentials in a text, under one of the server's secrets; None if there is none."""
    known = tuple(generations)
    for match in _FORM.finditer(text):
        if not fits(match[0]):
            continue
        bits = base64.b32decode(match[0].removeprefix(PREFIX)[:-CHECKSUM_CHARACTERS].upper())
        draw, tag = bits[:DRAW_BYTES], bits[DRAW_BYTES:]
        if any(hmac.compare_digest(tag, planted_tag(secret, draw)[:TAG_BYTES]) for secret in known):
            return match[0]
    return None
