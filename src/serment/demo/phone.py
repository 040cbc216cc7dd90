# SPDX-License-Identifier: AGPL-3.0-or-later
"""/demo/phone: what the demo's notifier sent, as a phone would show it. These routes exist in `serment demo` alone."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from litestar import MediaType, Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from serment.domain import instants
from serment.domain.named_times import LANGUAGES, Language
from serment.server.headers import PAGE_POLICY
from serment.server.pages.language import moment, negotiate
from serment.server.pages.render import page

SHOWN_MAX: Final = 60
ZONE: Final = "Europe/Paris"
_KEY: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_LINK: Final = re.compile(r"(https?://[^\s]+)", re.ASCII)
_NAME: Final = re.compile(r"(?P<key>[0-9a-f]{32})\.(?P<kind>sms|voice|mail)\.txt", re.ASCII)
# A letter is shown as mail programs show it: its own styles, no program, links in another window.
LETTER_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
PHONE_POLICY: Final = f"{PAGE_POLICY}; frame-src 'self'"


@dataclass(frozen=True, slots=True)
class Received:
    """One message. `parts` of a text: what is written and, for a link, where it leads; a letter has a subject and its pages."""

    key: str
    kind: Literal["sms", "voice", "mail"]
    to: str
    at: dt.datetime
    subject: str
    parts: list[tuple[str, bool]]
    letter: bool
    calendar: bool


def read_sent(folder: Path) -> list[Received]:
    """What lies in the paper channel's folder, the newest first, SHOWN_MAX at most; none while there is no folder."""
    if not folder.is_dir():
        return []
    paths = sorted(folder.glob("*.txt"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [found for path in paths[:SHOWN_MAX] if (found := _read(path)) is not None]


def _read(path: Path) -> Received | None:
    """A file of the paper channel; None for any other that somebody put there."""
    name = _NAME.fullmatch(path.name)
    head, _, body = path.read_text("utf-8").partition("\n\n")
    fields = dict(line.split(": ", 1) for line in head.split("\n") if ": " in line)
    if name is None or "Date" not in fields:
        return None
    to = next(value for label, value in fields.items() if label.casefold().endswith("to"))
    pieces = _LINK.split(body.strip())
    return Received(
        name["key"], name["kind"], to, dt.datetime.fromisoformat(fields["Date"]), fields.get("Subject", ""),  # type: ignore[arg-type]
        [(piece, at % 2 == 1) for at, piece in enumerate(pieces) if piece],
        letter=path.with_name(f"{name['key']}.mail.html").exists(),
        calendar=path.with_name(f"{name['key']}.mail.ics").exists(),
    )  # fmt: skip


def _language(text: str) -> Language:
    return next((each for each in LANGUAGES if each == text), "fr")


def handlers(folder: Path) -> list[Any]:
    """The routes, over the folder where the notifier's paper lies."""

    @get("/demo/phone", include_in_schema=False, sync_to_thread=False)
    def choose(request: Request[Any, Any, Any]) -> Redirect:
        return Redirect(f"/{negotiate(request.headers.get('accept-language', ''))}/demo/phone")

    @get("/{lang:str}/demo/phone", include_in_schema=False)
    async def phone(request: Request[Any, Any, Any], lang: FromPath[str]) -> Response[str]:
        language = _language(lang)
        received = await asyncio.to_thread(read_sent, folder)
        today = instants.wall_clock(dt.datetime.now(dt.UTC), ZONE).date()
        told = [
            (each, moment(language, instants.wall_clock(each.at, ZONE), today=today)) for each in received
        ]
        text = page(
            "phone.html", language, path="/demo/phone", robots="noindex", source=request.app.state.instance.source,
            received=told,
        )  # fmt: skip
        return Response(text, media_type=MediaType.HTML, headers={"Content-Security-Policy": PHONE_POLICY})

    @get("/demo/phone/{key:str}/letter", include_in_schema=False)
    async def letter(key: FromPath[str]) -> Response[str]:
        text = await _of(folder, key, "mail.html")
        # Tapped inside the frame, a link would stay in it.
        text = text.replace("<head>", '<head><base target="_blank">', 1)
        return Response(text, media_type=MediaType.HTML, headers={"Content-Security-Policy": LETTER_POLICY})

    @get("/demo/phone/{key:str}/calendar", include_in_schema=False)
    async def calendar(key: FromPath[str]) -> Response[str]:
        text = await _of(folder, key, "mail.ics")
        attached = {"Content-Disposition": 'attachment; filename="rendez-vous.ics"'}
        return Response(text, media_type="text/calendar; charset=utf-8", headers=attached)

    return [choose, phone, letter, calendar]


async def _of(folder: Path, key: str, kind: str) -> str:
    if _KEY.fullmatch(key) is None:
        raise NotFoundException
    try:
        return await asyncio.to_thread((folder / f"{key}.{kind}").read_text, "utf-8")
    except FileNotFoundError:
        raise NotFoundException from None
