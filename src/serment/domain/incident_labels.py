# SPDX-License-Identifier: AGPL-3.0-or-later
"""The words of an incident's dossier, read once from the one file that holds them (`incident_labels.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

FILE = Path(__file__).with_name("incident_labels.toml")
_NO_WORDS = "specialties"

Words = Mapping[str, str]  # by language: fr (what the authority reads), en (a gloss)


@cache
def labels() -> Mapping[str, Mapping[str, Words]]:
    """By vocabulary, then key: the words in both languages."""
    told = tomllib.loads(FILE.read_text("utf-8"))
    return MappingProxyType({name: entries for name, entries in told.items() if name != _NO_WORDS})


@cache
def specialties() -> Mapping[str, frozenset[str]]:
    """Codes of the register (TRE_R38, or "P" + TRE_G15) whose agendas count as `general` or as `grave`."""
    told = tomllib.loads(FILE.read_text("utf-8"))[_NO_WORDS]
    return MappingProxyType({name: frozenset(codes) for name, codes in told.items()})


def say(vocabulary: str, key: str, language: str = "fr") -> str:
    """One label."""
    return labels()[vocabulary][key][language]
