# SPDX-License-Identifier: AGPL-3.0-or-later
"""How long things are kept: one table (retention.toml), gone by by the sweeps, told on the privacy page and in the register."""

from __future__ import annotations

import calendar
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from serment.domain.named_times import Language

_FILE = Path(__file__).with_name("retention.toml")
# Unit: (one, several), as the sentences have it.
_UNITS: Final[Mapping[str, Mapping[Language, tuple[str, str]]]] = {
    "years": {"fr": ("an", "ans"), "en": ("year", "years")},
    "months": {"fr": ("mois", "mois"), "en": ("month", "months")},
    "days": {"fr": ("jour", "jours"), "en": ("day", "days")},
    "hours": {"fr": ("heure", "heures"), "en": ("hour", "hours")},
    "minutes": {"fr": ("minute", "minutes"), "en": ("minute", "minutes")},
}


@dataclass(frozen=True, slots=True)
class Period:
    """How long one kind of thing is kept. `unit` None: until something happens, which `since` says.

    `what` and `since` by language; `patients`: told on the privacy page.
    """

    name: str
    number: int
    unit: str | None
    what: Mapping[Language, str]
    since: Mapping[Language, str]
    patients: bool

    @property
    def days(self) -> int:
        """Of a period of days. Raises ValueError for any other."""
        if self.unit != "days":
            raise ValueError(f"{self.name} is not counted in days")
        return self.number

    def before(self, now: datetime) -> datetime:
        """What is older than this is over. Months and years are the calendar's: of the 31st, the last day of a shorter month.

        Raises ValueError for what ends by no date.
        """
        if self.unit is None:
            raise ValueError(f"{self.name} ends by no date")
        if self.unit not in ("months", "years"):
            return now - timedelta(**{self.unit: self.number})
        months = now.year * 12 + now.month - 1 - self.number * (12 if self.unit == "years" else 1)
        year, month = divmod(months, 12)
        day = min(now.day, calendar.monthrange(year, month + 1)[1])
        return now.replace(year=year, month=month + 1, day=day)

    def length(self, language: Language) -> str:
        """How long, in words: "3 mois après sa date"."""
        if self.unit is None:
            return self.since[language]
        one, several = _UNITS[self.unit][language]
        return f"{self.number}\N{NO-BREAK SPACE}{one if self.number == 1 else several} {self.since[language]}"

    def sentence(self, language: Language) -> str:
        """What is kept, and how long."""
        colon = "\N{NO-BREAK SPACE}: " if language == "fr" else ": "
        return f"{self.what[language]}{colon}{self.length(language)}."


@cache
def periods() -> Mapping[str, Period]:
    """Every period by its name, in the file's order."""
    return {name: _period(name, told) for name, told in tomllib.loads(_FILE.read_text("utf-8")).items()}


def kept(name: str) -> Period:
    """The period of that name. Raises KeyError."""
    return periods()[name]


def _period(name: str, told: Mapping[str, Any]) -> Period:
    unit = next((unit for unit in _UNITS if unit in told), None)
    return Period(
        name=name,
        number=told[unit] if unit else 0,
        unit=unit,
        what={"fr": told["what_fr"], "en": told["what_en"]},
        since={"fr": told["from_fr"], "en": told["from_en"]},
        patients=told.get("patients", False),
    )
