# SPDX-License-Identifier: AGPL-3.0-or-later
"""The letter of art. 34(2): refused while it lacks what people need in order to look after themselves.

Nature of the breach, whom to ask, what may follow, what was done, and what they can do. Vague letters were fined: a part of a
few words, or one that still holds a blank to fill in, is no part.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from msgspec import Meta

from serment.domain.incident import holds_reach

PARTS = ("nature", "contact", "consequences", "measures", "advice")
WORDS_MIN = 8
SENTENCE_WORDS_MAX = 45  # a reader of 78 follows no longer one
CONTACT_WORDS_MIN = 2

Paragraph = Annotated[str, Meta(max_length=2_000)]

_WORD = re.compile(r"[^\W\d_]{2,}")
_BLANK = re.compile(r"\[[^\[\]]*\]|…{2,}|\.{4,}|_{3,}|à compléter|to be completed", re.IGNORECASE)
# What programmers and lawyers say to each other. Each stands for a plain word.
_JARGON = re.compile(
    r"\b(?:exfiltr\w*|hash\w*|hach[ée]\w*|sha-?\d+|aes(?:-\d+)?|https?|tls|api|token\w*|jetons?|endpoints?|back-?end|payload|"
    r"phishing|ransomware|rançongiciels?|malwares?|logs?|rgpd|gdpr|art(?:icle|\.) ?3[34]|cryptograph\w*|credentials?|"
    r"vuln[ée]rabilit\w*|exploit\w*|pseudonymis\w*|authentifi\w*|authenticat\w*|m[ée]tadonn[ée]es|metadata)\b",
    re.IGNORECASE,
)
_ADDRESS = ("@", "://", "www.")  # where to turn to is no jargon
_SENTENCE = re.compile(r"[.!?…:;\n]+")


class Letter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Its five parts, in plain words, the same to everybody concerned."""

    nature: Paragraph = ""
    contact: Paragraph = ""
    consequences: Paragraph = ""
    measures: Paragraph = ""
    advice: Paragraph = ""


def lint(letter: Letter) -> dict[str, str]:
    """What is wrong, by part: "empty", "short" (too few words to say it), "blank" (something left to fill in), "reach" (neither
    a telephone number nor an e-mail address), "jargon" (a word of the trade), "long" (a sentence that is). Nothing: it may be
    sent."""
    found: dict[str, str] = {}
    for part in PARTS:
        text: str = getattr(letter, part)
        words = {word.casefold() for word in _WORD.findall(text)}
        if not text.strip():
            found[part] = "empty"
        elif _BLANK.search(text):
            found[part] = "blank"
        elif part == "contact" and not holds_reach(text):
            found[part] = "reach"
        elif len(words) < (CONTACT_WORDS_MIN if part == "contact" else WORDS_MIN):
            found[part] = "short"
        elif _JARGON.search(_without_addresses(text)):
            found[part] = "jargon"
        elif max(len(_WORD.findall(sentence)) for sentence in _SENTENCE.split(text)) > SENTENCE_WORDS_MAX:
            found[part] = "long"
    return found


def _without_addresses(text: str) -> str:
    return " ".join(word for word in text.split() if not any(mark in word for mark in _ADDRESS))
