# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an SMS can carry: the letters of its 7-bit alphabet, what stands in for others, and its length in segments.

One letter outside the alphabet cuts an SMS from 160 characters to 70. French loses ê, ç, ô, œ and its curly quotes; é, è, à, ù
stay. What has no stand-in is kept, and the whole text then goes as UCS-2: a name is never mangled to save a segment.
Source: 3GPP TS 23.038, sections 6.2.1 and 6.2.1.1. The same in the browser: spec/vectors/gsm7.json.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION: Final = frozenset("\f^{}\\[~]|€")  # each behind an escape: two septets
SEPTETS: Final = (160, 153)  # in a single SMS, and in each part of a long one
UCS2_UNITS: Final = (70, 67)

_STAND_INS: Final = {
    "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "’": "'", "‘": "'", "‚": "'", "‛": "'", "′": "'",
    "“": '"', "”": '"', "„": '"', "″": '"', "«": '"', "»": '"', "‹": "'", "›": "'", "‐": "-", "‑": "-", "‒": "-", "–": "-",
    "—": "-", "−": "-", "•": "-", "·": ".", "×": "x", "⁄": "/", "ʼ": "'", "°": "o", "\t": " ",
    "\u00ad": "", "\u200b": "", "\u2060": "", "\ufeff": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Length:
    """How long a text is on its way: septets or UTF-16 units, segments (what is paid), and the units left in the last one."""

    alphabet: Literal["gsm7", "ucs2"]
    units: int
    segments: int
    left: int


def fitted(text: str) -> str:
    """The text with stand-ins for what leaves the alphabet: ç becomes c, ê e, œ oe, a curly quote a straight one."""
    return "".join(_letter(letter) for letter in unicodedata.normalize("NFC", text))


def _letter(letter: str) -> str:
    if letter in BASIC or letter in EXTENSION:
        return letter
    if letter in _STAND_INS:
        return _STAND_INS[letter]
    apart = unicodedata.normalize("NFKD", letter)
    bare = "".join(_STAND_INS.get(sign, sign) for sign in apart if unicodedata.category(sign)[0] != "M")
    return bare if bare and all(sign in BASIC or sign in EXTENSION for sign in bare) else letter


def length(text: str) -> Length:
    """The length of a text as it is sent; `fitted` comes first. An empty text is one segment."""
    if all(letter in BASIC or letter in EXTENSION for letter in text):
        return _packed("gsm7", [2 if letter in EXTENSION else 1 for letter in text], SEPTETS)
    return _packed("ucs2", [2 if ord(letter) > 0xFFFF else 1 for letter in text], UCS2_UNITS)


def _packed(alphabet: Literal["gsm7", "ucs2"], sizes: list[int], room: tuple[int, int]) -> Length:
    units = sum(sizes)
    if units <= room[0]:
        return Length(alphabet, units, 1, room[0] - units)
    segments, used = 1, 0
    for size in sizes:
        # An escape and its letter, or the halves of a surrogate pair, stay in one segment.
        if used + size > room[1]:
            segments, used = segments + 1, 0
        used += size
    return Length(alphabet, units, segments, room[1] - used)
