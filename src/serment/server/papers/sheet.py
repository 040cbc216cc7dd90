# SPDX-License-Identifier: AGPL-3.0-or-later
"""A paper before it is set: headings, lines with a label, a table or two. What is lacking stays marked, whatever sets it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from serment.domain.incident_labels import say


@dataclass(frozen=True, slots=True)
class Row:
    """`value` None: lacking, and marked as such."""

    label: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """`heads` over `rows`; the last column is set to the right. `total`: a line under it."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """`article`: what of the regulation it answers."""

    title: str
    article: str
    content: tuple[Row | Table, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """`box`: what a reader sees first. `signed`: whether it ends with a place to sign."""

    title: str
    subtitle: str
    head: str
    footer: str
    box: tuple[Row, ...]
    sections: tuple[Section, ...]
    hint: str = ""
    signed: bool = False
    made_at: datetime = field(default_factory=lambda: datetime.fromtimestamp(0, ZoneInfo("UTC")))


def span(length: timedelta) -> str:
    """ "61 h 20", of a length without its sign."""
    minutes = abs(length) // timedelta(minutes=1)
    return f"{minutes // 60}\u00a0h\u00a0{minutes % 60:02d}"


def number(count: int) -> str:
    """With a thin space at thousands, as French writes it."""
    return f"{count:,}".replace(",", "\u00a0")


def words(vocabulary: str, keys: tuple[str, ...] | list[str]) -> str | None:
    """Labels one under the other; None of none."""
    return "\n".join(say(vocabulary, key) for key in keys) or None
