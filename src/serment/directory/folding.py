# SPDX-License-Identifier: AGPL-3.0-or-later
"""Folding: what two people write differently and mean alike becomes the same text. Pure."""

import re
import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
_TOWN_SHORT_FORMS = {"st": "saint", "ste": "sainte", "s": "sur"}
_CEDEX = re.compile(r"\bcedex(?: \d+)?\b.*$")
_ARRONDISSEMENT = re.compile(r"\b(\d{1,2})(?:er|e|eme)(?: arrondissement)?\b")

FOLDED_CHARS_MAX = 200
"""Longest text that is folded, in characters of the original; what follows is left out."""


MISTYPED_LETTERS_MIN = 4
"""Shortest word in which a slip of the finger is looked for, in letters."""


def fold(text: str) -> str:
    """The words of `text` in small ASCII letters and digits, one space between: "Hélène Le-Bœuf" is "helene le boeuf".

    Compatibility decomposition (NFKD) first, so that full-width, ligatured and accented forms meet. Never raises; what
    has no Latin letter or digit folds to the empty text.
    """
    small = unicodedata.normalize("NFKD", text[:FOLDED_CHARS_MAX].casefold().translate(_LIGATURES))
    bare = "".join(c for c in small if not unicodedata.combining(c)).translate(_LIGATURES)
    return _NOT_A_WORD.sub(" ", bare).strip()


def fold_town(name: str) -> str:
    """As `fold`, with the short forms of town names written out: "St-Étienne s/Usson" is "saint etienne sur usson".

    A CEDEX mention is dropped, and "11e arrondissement" becomes "11".
    """
    words = _CEDEX.sub("", fold(name))
    words = _ARRONDISSEMENT.sub(r"\1", words)
    # The last word stays: no town ends in a short form, and somebody typing "st" may be on the way to Strasbourg.
    *first, last = words.split() or [""]
    return " ".join([*(_TOWN_SHORT_FORMS.get(word, word) for word in first), last])


def escape_like(text: str) -> str:
    """`text` as a literal inside a LIKE pattern (backslash, per cent sign and underscore escaped)."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def shortened(word: str) -> list[str]:
    """The word, and what remains of it when one letter is left out: two words one slip apart have one of these in
    common. A word shorter than MISTYPED_LETTERS_MIN stands for itself alone.
    """
    if len(word) < MISTYPED_LETTERS_MIN:
        return [word]
    return sorted({word, *(word[:at] + word[at + 1 :] for at in range(len(word)))})
