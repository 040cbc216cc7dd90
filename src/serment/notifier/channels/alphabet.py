# SPDX-License-Identifier: AGPL-3.0-or-later
"""The alphabet of SMS on the wire: GSM 03.38 where it suffices, else UCS-2. Wording chooses words that fit the first.

Source: 3GPP TS 23.038 (alphabet), TS 23.040 9.2.3.24.1 (parts of one message). The table is smpplib's.
"""

from __future__ import annotations

from typing import Final

from smpplib.gsm import gsm_encode

WHOLE_SEPTETS_MAX: Final = 160
PART_SEPTETS_MAX: Final = 153
WHOLE_UCS2_BYTES_MAX: Final = 140
PART_UCS2_BYTES_MAX: Final = 134


def fits_gsm(text: str) -> bool:
    """Whether every character is of the GSM alphabet or its extension."""
    return _gsm(text) is not None


def _gsm(text: str) -> list[bytes] | None:
    """Each character as one octet, or two for those of the extension; None where one is of neither."""
    try:
        return [gsm_encode(character) for character in text]
    except UnicodeError:
        return None


def parts(text: str) -> tuple[list[bytes], bool]:
    """The text cut into what fits one SMS each, no character split, and whether it is GSM (else UCS-2, big-endian)."""
    gsm = _gsm(text)
    if gsm is not None:
        return _cut(gsm, WHOLE_SEPTETS_MAX, PART_SEPTETS_MAX), True
    wide = [character.encode("utf-16-be") for character in text]
    return _cut(wide, WHOLE_UCS2_BYTES_MAX, PART_UCS2_BYTES_MAX), False


def _cut(characters: list[bytes], whole_max: int, part_max: int) -> list[bytes]:
    if sum(map(len, characters)) <= whole_max:
        return [b"".join(characters)]
    cut = [b""]
    for character in characters:
        if len(cut[-1]) + len(character) > part_max:
            cut.append(b"")
        cut[-1] += character
    return cut
