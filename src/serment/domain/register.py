# SPDX-License-Identifier: AGPL-3.0-or-later
"""The register of processing activities (art. 30 GDPR), made from the one list of every column (columns.toml).

Who is responsible, and whom to ask, the list cannot know: each practice writes that into its copy.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from serment.domain.named_times import Language
from serment.domain.retention import kept

_FILE = Path(__file__).with_name("columns.toml")
_OF_THE_TABLE = frozenset({"activity", "kept"})


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what kind of data, what it holds, which period it is kept for, who reads it as it is stored."""

    table: str
    name: str
    activity: str
    kind: str
    holds: str
    period: str
    readers: tuple[str, ...]


@cache
def _told() -> dict[str, dict[str, Any]]:
    return tomllib.loads(_FILE.read_text("utf-8"))


@cache
def columns() -> tuple[Column, ...]:
    """Every column, in the list's order. Raises KeyError for a kind or a period that is not explained."""
    told = _told()
    found = []
    for table, lines in told["table"].items():
        for name, line in lines.items():
            if name in _OF_THE_TABLE:
                continue
            kind, _, rest = line.partition(": ")
            holds, _, own = rest.partition(" @ ")
            period = kept(own or lines["kept"]).name
            readers = tuple(told["data"][kind]["readers"])
            found.append(Column(table, name, lines["activity"], kind, holds, period, readers))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Processing:
    """One entry of the register, in one language. `keeping`: (what, how long); `data`: (kind, who reads it as stored)."""

    name: str
    purpose: str
    basis: str
    people: str
    data: tuple[tuple[str, str], ...]
    keeping: tuple[tuple[str, str], ...]
    tables: tuple[str, ...]


def processings(language: Language) -> tuple[Processing, ...]:
    """The register's entries, in the list's order."""
    told = _told()
    return tuple(_processing(told, language, activity, words) for activity, words in told["activity"].items())


def _processing(
    told: Mapping[str, Mapping[str, Any]], language: Language, activity: str, words: Mapping[str, str]
) -> Processing:
    own = [column for column in columns() if column.activity == activity]
    kinds = _each(column.kind for column in own)
    spans = [kept(period) for period in _each(column.period for column in own)]
    return Processing(
        name=words[language],
        purpose=words[f"why_{language}"],
        basis=words[f"basis_{language}"],
        people=words[f"people_{language}"],
        data=tuple((told["data"][kind][language], _readers(told, language, kind)) for kind in kinds),
        keeping=tuple((period.what[language], period.length(language)) for period in spans),
        tables=_each(column.table for column in own),
    )


def _readers(told: Mapping[str, Mapping[str, Any]], language: Language, kind: str) -> str:
    return ", ".join(told["readers"][reader][language] for reader in told["data"][kind]["readers"])


def _each(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
