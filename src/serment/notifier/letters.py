# SPDX-License-Identifier: AGPL-3.0-or-later
"""E-mails: subject, plain text, HTML and a calendar file. None of them says who, whom they see or why, and none loads anything.

The HTML names no colour but the button's, so that it is as legible in the dark. A calendar's entry is named by the link's
secret (docs/decisions/0043). Source: RFC 5545, RFC 8058; spec/rdv1.md section 4.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import icalendar
import jinja2

from serment.domain.named_times import Language
from serment.domain.reminder import Kind
from serment.domain.word import place
from serment.framing.conventions import derive
from serment.notifier.wording import Visit, day, host_of, hour, link, near, say, unpadded
from serment.seal.messages import stop_token

UID_BYTES: Final = 16
ALARMS: Final = (dt.timedelta(days=1), dt.timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Written:
    """An e-mail's parts. `unsubscribe`: the address of List-Unsubscribe, where a bare POST objects (RFC 8058)."""

    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    calendar: bytes | None = field(repr=False)
    unsubscribe: str | None = field(repr=False)


@cache
def _templates() -> jinja2.Environment:
    loader = jinja2.PackageLoader("serment.notifier", "templates")
    return jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def stop_address(origin: str, c: bytes) -> str:
    """Where the patient objects, in one tap and without an account: the token that only c gives."""
    return f"{origin}/stop/{unpadded(stop_token(c))}"


def letter(kind: Kind, visits: Sequence[Visit], language: Language, now: dt.datetime, origin: str) -> Written:
    """The e-mail about one appointment, or the reminder of several of one day."""
    first, many = visits[0], ".several" if len(visits) > 1 else ""
    said_day, close = day(language, first, now), near(language, first, now)
    head = {"count": len(visits), "day": said_day, "hour": hour(language, first)}
    calendar_note = ".cancelled" if kind == "cancelled" else many
    values = {
        "language": language,
        "subject": say(language, f"{kind}.subject{many}", **head).replace("\u00a0", " "),
        "lead": say(language, f"{kind}.lead{many}", count=len(visits), near=f" {close}" if close else ""),
        "day": said_day,
        "at": say(language, "at"),
        "visits": [
            {"hour": hour(language, visit), "place": place(visit.word), "link": link(origin, visit.c)}
            for visit in visits
        ],
        "act": None if kind == "cancelled" else say(language, "letter.act" if kind == "letter" else "act"),
        "act_bare": say(language, "act.bare"),
        "notes": [
            say(language, f"{kind}.note"),
            *([] if kind == "letter" else [say(language, f"calendar.note{calendar_note}")]),
        ],
        "again": (say(language, "again"), f"{origin}/{language}/") if kind == "cancelled" else None,
        "why": [say(language, f"why{many}", host=host_of(origin)), say(language, "no_answer")],
        "addresses": [
            (say(language, "stop"), stop_address(origin, first.c)),
            (say(language, "privacy"), f"{origin}/{language}/privacy"),
        ],
    }
    return Written(
        subject=str(values["subject"]),
        text=_templates().get_template("letter.txt").render(values),
        html=_templates().get_template("letter.html").render(values),
        calendar=None if kind == "letter" else calendar(kind, visits, language, now, origin),
        unsubscribe=stop_address(origin, first.c),
    )


def code_letter(digits: str, origin: str) -> Written:
    """The e-mail of an address check, in both languages. The subject, which shows on locked screens, does not say the code."""
    values = {
        "language": "fr",
        "subject": say("fr", "code.subject"),
        "lead": say("fr", "code.lead"),
        "code": digits,
        "notes": say("fr", "code.note").split("\n"),
        "why": say("fr", "code.why", host=host_of(origin)).split("\n"),
        "addresses": [
            (say(language, "privacy"), f"{origin}/{language}/privacy") for language in ("fr", "en")
        ],
    }
    text = _templates().get_template("code.txt").render(values)
    return Written(
        str(values["subject"]), text, _templates().get_template("code.html").render(values), None, None
    )


# ---------------------------------------------------------------- the calendar


def calendar(kind: Kind, visits: Sequence[Visit], language: Language, now: dt.datetime, origin: str) -> bytes:
    """A calendar file without identity: the time, the word at most, the link. It has no end: that would tell the kind of visit.

    METHOD stays PUBLISH and a cancellation is a STATUS, as in the file that the patient's page offers (docs/decisions/0027).
    """
    whole = icalendar.Calendar()
    whole.add("version", "2.0")
    whole.add("prodid", "-//Serment//Serment//EN")
    whole.add("method", "PUBLISH")
    for visit in visits:
        whole.add_component(_entry(kind, visit, language, now, origin))
    return bytes(whole.to_ical())


def _entry(kind: Kind, visit: Visit, language: Language, now: dt.datetime, origin: str) -> icalendar.Event:
    entry, start = icalendar.Event(), visit.start.astimezone(dt.UTC)
    entry.add("uid", str(uuid.UUID(bytes=derive(visit.c, "calendar", UID_BYTES))))
    entry.add("sequence", visit.sequence)
    entry.add("dtstamp", now.astimezone(dt.UTC).replace(microsecond=0))
    entry.add("dtstart", start)
    entry.add("summary", say(language, "calendar.summary"))
    entry.add("class", "PRIVATE")
    if place(visit.word):
        entry.add("location", place(visit.word))
    if kind == "cancelled":
        entry.add("status", "CANCELLED")
        return entry
    entry.add("status", "CONFIRMED")
    address = link(origin, visit.c)
    entry.add("description", say(language, "calendar.act", link=address))
    entry.add("url", address)
    for before in ALARMS:
        if start - before > now:  # some calendars ring at once for what is past
            entry.add_component(_alarm(visit, language, now, before))
    return entry


def _alarm(visit: Visit, language: Language, now: dt.datetime, before: dt.timedelta) -> icalendar.Alarm:
    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -before)
    alarm.add(
        "description",
        say(language, "calendar.alarm", day=day(language, visit, now), hour=hour(language, visit)),
    )
    return alarm
