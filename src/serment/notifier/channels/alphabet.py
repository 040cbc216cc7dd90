# SPDX-License-Identifier: AGPL-3.0-or-later
"""A text as it goes over the wire: GSM 03.38 where domain/gsm7.py says that it suffices, else UCS-2, cut into parts.

Source: 3GPP TS 23.038, sections 6.2.1 and 6.2.1.1 (octets), TS 23.040 9.2.3.24.1 (parts of one message).
"""

from __future__ import annotations

from typing import Final

from serment.domain.gsm7 import SEPTETS, UCS2_UNITS, length

UNIT_BYTES: Final = 2
ESCAPE: Final = "\x1b"
BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ" + ESCAPE + "ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION: Final = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}

_OCTETS: Final = {letter: bytes([place]) for place, letter in enumerate(BASIC) if letter != ESCAPE} | {
    letter: ESCAPE.encode() + bytes([place]) for letter, place in EXTENSION.items()
}


def fits_gsm(text: str) -> bool:
    """Whether every character is of the GSM alphabet or its extension."""
    return length(text).alphabet == "gsm7"


def parts(text: str) -> tuple[list[bytes], bool]:
    """The text cut into what fits one SMS each, no character split, and whether it is GSM (else UCS-2, big-endian)."""
    if fits_gsm(text):
        return _cut([_OCTETS[letter] for letter in text], *SEPTETS), True
    whole, part = UCS2_UNITS
    return _cut([letter.encode("utf-16-be") for letter in text], whole * UNIT_BYTES, part * UNIT_BYTES), False


def _cut(letters: list[bytes], whole_max: int, part_max: int) -> list[bytes]:
    if sum(map(len, letters)) <= whole_max:
        return [b"".join(letters)]
    cut = [b""]
    for letter in letters:
        if len(cut[-1]) + len(letter) > part_max:
            cut.append(b"")
        cut[-1] += letter
    return cut
