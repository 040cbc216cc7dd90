# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is said: SMS and codes in French and English, and the parts of a sentence that e-mails share.

A message says when, and the word that was chosen at booking; never who, whom they see, why, nor where but for that word. An SMS
names, with its one link, how to confirm, cancel, object and learn who writes and why; docs/reference/messages.md has each text.
"""

from __future__ import annotations

import base64
import datetime as dt
import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Final

from serment.domain import named_times
from serment.domain.gsm7 import fitted, length
from serment.domain.instants import local_day, wall_clock
from serment.domain.named_times import Language
from serment.domain.reminder import Kind
from serment.domain.word import place

HOME_ZONE: Final = "Europe/Paris"
YEAR_SAID_DAYS: Final = 300  # a date further away than this is told with its year


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment as far as a message knows it. `sequence`: the set its message belongs to; calendars count by it."""

    start: dt.datetime
    zone: str
    word: str
    c: bytes = field(repr=False)
    sequence: int


@functools.cache
def words(language: Language) -> dict[str, str | list[str]]:
    """Every sentence by key. Those of SMS have a file of their own, since browsers show what an SMS will be. Both languages
    hold the same keys: a test compares them.
    """
    folder = resources.files("serment.notifier").joinpath("words")
    found: dict[str, str | list[str]] = {}
    for name in (f"sms.{language}.json", f"{language}.json"):
        found |= json.loads(folder.joinpath(name).read_text("utf-8"))
    return found


def say(language: Language, key: str, **values: object) -> str:
    """The sentence `key` with its values put in. Raises KeyError for a key nobody wrote."""
    return str(words(language)[key]).format(**values)


# ---------------------------------------------------------------- parts of a sentence


def link(origin: str, c: bytes) -> str:
    """The address a message leads to. What is behind # reaches no server."""
    return f"{origin}/t#{unpadded(c)}"


def unpadded(value: bytes) -> str:
    """Bytes in an address: base64url without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def host_of(origin: str) -> str:
    """The name in an origin, without port: what a code is bound to, and who a message says it comes from."""
    return origin.partition("://")[2].partition(":")[0]


def near(language: Language, visit: Visit, now: dt.datetime) -> str:
    """ "aujourd’hui", "demain", or nothing, as clocks at the site have it."""
    days = (local_day(visit.start, visit.zone) - local_day(now, visit.zone)).days
    return say(language, f"near.{days}") if days in (0, 1) else ""


def day(language: Language, visit: Visit, now: dt.datetime, *, short: bool = False) -> str:
    """ "jeudi 26 novembre", with its year where it is far away."""
    date = local_day(visit.start, visit.zone)
    far = (date - local_day(now, visit.zone)).days > YEAR_SAID_DAYS
    return named_times.day(language, date, short=short, year=far)


def hour(language: Language, visit: Visit) -> str:
    """ "9 h 30"; "9 h 30 (heure de Guadeloupe)" where clocks show another time than in Paris."""
    local = wall_clock(visit.start, visit.zone)
    text = named_times.hour(language, local.time())
    if local == wall_clock(visit.start, HOME_ZONE):
        return text
    where = say(language, "zone", place=named_times.zone_place(language, visit.zone))
    return f"{text} ({where})"


# ---------------------------------------------------------------- SMS


def sms(kind: Kind, visits: Sequence[Visit], language: Language, now: dt.datetime, origin: str) -> str:
    """The SMS about one appointment, or the reminder of several of one day: the fullest text that is one segment, if any is."""
    first = visits[0]
    if len(visits) > 1:
        return fitted(_several(visits, language, now, origin))
    told = place(first.word)
    values = {
        "near": f"{close} " if (close := near(language, first, now)) else "",
        "day": day(language, first, now),
        "short": day(language, first, now, short=True),
        "hour": hour(language, first),
        "place": f", {told}" if told else "",
        "link": link(origin, first.c),
    }
    texts = [fitted(text.format(**values)) for text in words(language)[f"{kind}.sms"]]
    return min(texts, key=lambda text: length(text).segments)  # the first of the shortest


def _several(visits: Sequence[Visit], language: Language, now: dt.datetime, origin: str) -> str:
    lines = []
    for visit in visits:
        told = place(visit.word)
        where = f", {told}" if told else ""
        lines.append(
            say(
                language,
                "reminder.sms.line",
                hour=hour(language, visit),
                place=where,
                link=link(origin, visit.c),
            )
        )
    close = near(language, visits[0], now)
    return say(
        language,
        "reminder.sms.several",
        count=len(visits),
        near=f"{close} " if close else "",
        day=day(language, visits[0], now),
        lines="\n".join(lines),
    )


def code_sms(digits: str, origin: str) -> str:
    """The SMS of a phone check, in both languages, since a check knows none. By its last line browsers fill the code in by
    themselves (origin-bound one-time codes: "@host #code").
    """
    return fitted(say("fr", "code.sms", code=digits, host=host_of(origin)))


def code_spoken(digits: str, language: Language) -> str:
    """The same for a landline, digit by digit."""
    return say(language, "code.spoken", digits=", ".join(digits))
