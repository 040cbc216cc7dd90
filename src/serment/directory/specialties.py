# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a patient looks for (a "kind of care"), in their own words, and the register's codes that mean it. Pure.

A kind spans several codes (general practice is SM26, SM53 and SM54), so a search asks for a kind and gets codes.
"""

import difflib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from serment.directory.folding import fold

DATA = Path(__file__).parent / "data"
DOCTOR = "10"
"""TRE_G15 code of the doctors, whose specialty says more than their profession."""

LIKENESS_MIN = 0.78
"""Share of letters, in order, that a mistyped word must have in common with the word meant (difflib's ratio)."""
MISTYPED_LETTERS_MIN = 4
"""Shorter words are taken as they are written."""

FOUND_KEPT = 4096
"""Answers kept in memory, in number of different texts."""


@dataclass(frozen=True, slots=True)
class KindOfCare:
    """One kind of care. `key` is its word in addresses; `codes` as they stand in `directory_entries.specialties`."""

    key: str
    codes: tuple[str, ...]
    name_fr: str
    name_en: str
    synonyms: tuple[str, ...]

    def name(self, language: str) -> str:
        """Its name in "fr" or "en"."""
        return self.name_en if language == "en" else self.name_fr


def data_lines(file: str) -> list[str]:
    """The lines of a file of the package's data, without comments and empty ones."""
    text = (DATA / file).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@cache
def labels() -> dict[str, str]:
    """The official label of every TRE_R38 code, and of every profession under "P" + its TRE_G15 code."""
    named = dict(line.split("|", 1) for line in data_lines("specialties.txt"))
    named.update(
        (f"P{code}", label) for code, label in (line.split("|", 1) for line in data_lines("professions.txt"))
    )
    return named


@cache
def kinds() -> tuple[KindOfCare, ...]:
    """Every kind of care, the most usual first."""
    found = []
    for line in data_lines("kinds-of-care.txt"):
        key, codes, french, english, synonyms = (part.strip() for part in line.split("|"))
        words = tuple(word.strip() for word in synonyms.split(","))
        found.append(KindOfCare(key, tuple(codes.split()), french, english, words))
    return tuple(found)


@cache
def _by_key() -> dict[str, KindOfCare]:
    return {kind.key: kind for kind in kinds()}


@cache
def _by_code() -> dict[str, KindOfCare]:
    return {code: kind for kind in kinds() for code in kind.codes}


def kind(key: str) -> KindOfCare | None:
    """The kind of care of this key, or None."""
    return _by_key().get(key)


def kind_of_code(code: str) -> KindOfCare | None:
    """The kind of care a code of the register means ("SM54": general practice), or None."""
    return _by_code().get(code)


def specialty_name(code: str, language: str) -> str:
    """What a patient reads for a code, in "fr" or "en": the kind's name, else the official label, else the code."""
    known = kind_of_code(code)
    return known.name(language) if known else labels().get(code, code)


@cache
def _phrases() -> tuple[tuple[str, str, int], ...]:
    """(folded phrase, kind's key, rank of the phrase within the kind): names first, then synonyms, then labels."""
    found = []
    for one in kinds():
        official = (labels()[code] for code in one.codes)
        for rank, phrase in enumerate((one.name_fr, one.name_en, *one.synonyms, *official)):
            found.append((fold(phrase), one.key, rank))
    return tuple(found)


@cache
def _words() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Every word long enough to be mistyped, with the keys of the kinds whose names or synonyms it stands in."""
    found: dict[str, list[str]] = {}
    for one in kinds():
        for phrase in (one.name_fr, one.name_en, *one.synonyms):
            for word in fold(phrase).split():
                if len(word) >= MISTYPED_LETTERS_MIN and one.key not in found.setdefault(word, []):
                    found[word].append(one.key)
    return tuple((word, tuple(keys)) for word, keys in found.items())


def _written(typed: str) -> dict[str, tuple[float, int]]:
    """The kinds one of whose phrases holds what was typed, each with its best score, lower is better."""
    best: dict[str, tuple[float, int]] = {}
    for phrase, key, rank in _phrases():
        if typed == phrase:
            score = 0.0
        elif phrase.startswith(typed):
            score = 1.0
        elif f" {typed}" in f" {phrase}":
            score = 2.0
        else:
            continue
        best[key] = min(best.get(key, (score, rank)), (score, rank))
    return best


def _mistyped(typed: str) -> dict[str, tuple[float, int]]:
    """The kinds one of whose words is like the longest word typed. A mistyped beginning counts as a mistyped whole."""
    best: dict[str, tuple[float, int]] = {}
    word = max(typed.split(), key=len)
    if len(word) < MISTYPED_LETTERS_MIN:
        return best
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(word)
    for known, keys in _words():
        for candidate in {known, known[: len(word)]}:
            matcher.set_seq1(candidate)
            if min(matcher.real_quick_ratio(), matcher.quick_ratio()) < LIKENESS_MIN:
                continue
            if (likeness := matcher.ratio()) >= LIKENESS_MIN:
                for key in keys:
                    best[key] = min(best.get(key, (1.0, 0)), (1.0 - likeness, 0))
    return best


@lru_cache(maxsize=FOUND_KEPT)
def _ranked(typed: str, mistyped: bool) -> tuple[str, ...]:
    best = _written(typed) or (_mistyped(typed) if mistyped else {})
    order = {one.key: position for position, one in enumerate(kinds())}
    return tuple(sorted(best, key=lambda key: (best[key][0], order[key])))


def find_kinds(text: str, *, most: int = 5, mistyped: bool = True) -> list[KindOfCare]:
    """The kinds of care that `text` may mean, best first: exact phrase, beginning, word inside; mistyped only if none.

    Without `mistyped` only what is written in one of their phrases: a name may be like a word and mean a person.
    """
    typed = fold(text)
    return [_by_key()[key] for key in _ranked(typed, mistyped)[:most]] if typed else []
