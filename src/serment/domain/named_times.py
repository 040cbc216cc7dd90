# SPDX-License-Identifier: AGPL-3.0-or-later
"""Days, hours and time zones as French and English name them, in a sentence."""

from __future__ import annotations

import datetime as dt
import functools
import json
from importlib import resources
from typing import Literal
from zoneinfo import ZoneInfo

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = ("fr", "en")

_DAYS = {
    "fr": ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
}
_MONTHS = {
    "fr": [
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet",
        "août", "septembre", "octobre", "novembre", "décembre",
    ],
    "en": [
        "January", "February", "March", "April", "May", "June", "July",
        "August", "September", "October", "November", "December",
    ],
}  # fmt: skip


def day(language: Language, date: dt.date, *, short: bool = False, year: bool = False) -> str:
    """ "mardi 23 mars", "mar. 23 mars" (short), "Tuesday 23 March"; the first of a month is "1er" in French."""
    name = _DAYS[language][date.weekday()]
    if short:
        name = name[:3] + ("." if language == "fr" else "")
    number = "1er" if language == "fr" and date.day == 1 else str(date.day)
    text = f"{name} {number} {_MONTHS[language][date.month - 1]}"
    return f"{text} {date.year}" if year else text


def clock(time: dt.time) -> str:
    """ "9:40", as grids and buttons write it."""
    return f"{time.hour}:{time.minute:02d}"


def hour(language: Language, time: dt.time) -> str:
    """The hour in a sentence: "9 h 40" (no-break spaces), "9 h", "9:40"."""
    if language == "en":
        return clock(time)
    return f"{time.hour}\u00a0h" + (f"\u00a0{time.minute:02d}" if time.minute else "")


def zone_place(language: Language, zone: str) -> str:
    """The place a zone is called by, after "heure de": "la Guadeloupe", "Nouméa", "New York"; in English the tz database's."""
    return _zone_places().get(language, {}).get(zone) or zone.rpartition("/")[2].replace("_", " ")


@functools.cache
def _zone_places() -> dict[str, dict[str, str]]:
    text = resources.files("serment.domain").joinpath("zone_places.json").read_text("utf-8")
    found: dict[str, dict[str, str]] = json.loads(text)
    return found


def moment(at: dt.datetime, zone: str) -> str:
    """Day, hour and minute in a time zone, as French papers have them."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{day('fr', local.date(), year=True)} à {hour('fr', local.time())}"
