# SPDX-License-Identifier: AGPL-3.0-or-later
"""What `serment check` found: a sentence, its weight, its cure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """How a finding is shown. Only WRONG makes the exit code 1."""

    GOOD = "good "
    NOTE = "note "
    WRONG = "WRONG"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was found, in a sentence, and what to do about it (empty when nothing)."""

    verdict: Verdict
    sentence: str
    cure: str = ""


def good(sentence: str) -> Finding:
    """All is well."""
    return Finding(Verdict.GOOD, sentence)


def note(sentence: str, cure: str = "") -> Finding:
    """Serment works, and somebody may want to know."""
    return Finding(Verdict.NOTE, sentence, cure)


def wrong(sentence: str, cure: str) -> Finding:
    """Serment will not work, or not safely."""
    return Finding(Verdict.WRONG, sentence, cure)
