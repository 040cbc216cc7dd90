# SPDX-License-Identifier: AGPL-3.0-or-later
"""The word of an appointment's messages: it tells one from another, and may be told only if it is a word."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# A word is somebody's, and so may be the number: nothing in it may be taken for a link or a number to call.
_SIGNS: Final = frozenset(" '’&(),.-")
_TAKEN_FOR_MORE: Final = re.compile(r"\.\w|\d(?:\W?\d){3}")


def place(word: str) -> str:
    """The word as it may be told; nothing where it could be taken for a link, a number or a sign that rearranges the text."""
    told = " ".join(word.split())
    plain = all(sign in _SIGNS or unicodedata.category(sign)[0] in "LMN" for sign in told)
    return told if plain and not _TAKEN_FOR_MORE.search(told) else ""
