# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page of the host's officer: every dossier that the host has, what is left of its time, and its papers to take away.

`serment incident page` serves it on the machine itself and nowhere else; the server that patients reach has none of these
routes. It reads: practices are the controllers, and what is written of their breach they write at their desk.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Litestar, MediaType, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from serment.domain import instants
from serment.domain.incident_labels import say as label
from serment.domain.named_times import LANGUAGES, Language
from serment.server.headers import with_headers
from serment.server.instance import Instance
from serment.server.pages.built import built_files
from serment.server.pages.language import moment, say
from serment.server.pages.render import STATIC_FOLDER, page
from serment.server.papers.notice import Kind, full_label, notice
from serment.server.papers.pdf import pdf
from serment.server.papers.record import record
from serment.server.papers.register import register
from serment.server.papers.sheet import span
from serment.server.usecases.change_dossier import note_paper
from serment.server.usecases.dossier import DossierTold, dossiers_of, whole
from serment.server.usecases.errors import NoSuchIncident

NOTICES: Final[dict[str, Kind]] = {"initial": "initial", "supplementary": "supplementary"}
CLOSED: Final = ("complete", "not_notified")
_PDF: Final = "application/pdf"
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Shown:
    """A dossier as the page has it. `urgent`: its time is over, or nearly. `broken`: its custody was changed from outside."""

    dossier: DossierTold
    open: bool
    found: str
    due: str
    time: str
    urgent: bool
    severity: str
    left: list[tuple[str, int]]
    lacking: list[str]
    steps: list[tuple[str, str | None]]
    broken: bool


def officers_app(instance: Instance, token: str) -> Litestar:
    """The page, its papers and its look, behind a token that only who started the command has read."""
    look = [built_files(STATIC_FOLDER)] if STATIC_FOLDER.is_dir() else []
    app = Litestar(
        [*_handlers(instance, token), *look], openapi_config=None, logging_config=None, debug=False
    )
    app.asgi_handler = with_headers(app.asgi_handler)
    return app


def _handlers(instance: Instance, token: str) -> list[Any]:

    def known(shown: str) -> None:
        if not hmac.compare_digest(shown.encode(), token.encode()):
            raise NotFoundException

    @get("/{lang:str}/{shown:str}", include_in_schema=False)
    async def dossiers(lang: FromPath[str], shown: FromPath[str]) -> Response[str]:
        known(shown)
        language = _language(lang)
        found = [await _shown(instance, each, language) for each in await dossiers_of(instance)]
        text = page(
            "officer.html", language, path=f"/{token}", robots="noindex", here=f"/{language}/{token}",
            standing=sorted((each for each in found if each.open), key=lambda each: each.dossier.due_at),
            closed=[each for each in found if not each.open], notices=tuple(NOTICES),
        )  # fmt: skip
        return Response(text, media_type=MediaType.HTML)

    @get("/{lang:str}/{shown:str}/{incident:uuid}/{practice:uuid}/{name:str}", include_in_schema=False)
    async def paper(
        lang: FromPath[str], shown: FromPath[str], incident: FromPath[UUID], practice: FromPath[UUID],
        name: FromPath[str],
    ) -> Response[bytes]:  # fmt: skip
        known(shown)
        which, _, ending = name.partition(".")
        if which not in NOTICES or ending not in ("pdf", "json"):
            raise NotFoundException
        try:
            dossier, now = (await whole(instance, practice, incident)).dossier, instance.clock()
        except NoSuchIncident:
            raise NotFoundException from None
        content = (
            await asyncio.to_thread(lambda: pdf(notice(dossier, NOTICES[which], now)))
            if ending == "pdf"
            else record(dossier, NOTICES[which], now)
        )
        await note_paper(instance, practice, incident, f"draft {which}", content)
        return _file(content, ending, f"{dossier.slug}-{str(incident)[:8]}-{name}")

    @get("/{lang:str}/{shown:str}/register/{practice:uuid}/{name:str}", include_in_schema=False)
    async def register_of(
        lang: FromPath[str], shown: FromPath[str], practice: FromPath[UUID], name: FromPath[str]
    ) -> Response[bytes]:
        known(shown)
        entries = await dossiers_of(instance, practice=practice)
        if name not in ("register.pdf", "register.json") or not entries:
            raise NotFoundException
        ending, now = name.partition(".")[2], instance.clock()
        content = (
            await asyncio.to_thread(lambda: pdf(register(entries[0].practice_name, entries, now)))
            if ending == "pdf"
            else msgspec.json.format(msgspec.json.encode(entries), indent=2)
        )
        return _file(content, ending, f"{entries[0].slug}-{name}")

    return [dossiers, paper, register_of]


def _file(content: bytes, ending: str, name: str) -> Response[bytes]:
    attached = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=_PDF if ending == "pdf" else _JSON, headers=attached)


def _language(text: str) -> Language:
    found = next((each for each in LANGUAGES if each == text), None)
    if found is None:
        raise NotFoundException
    return found


async def _shown(instance: Instance, dossier: DossierTold, language: Language) -> Shown:
    def at(when: dt.datetime) -> str:
        today = instants.wall_clock(instance.clock(), dossier.timezone).date()
        return moment(language, instants.wall_clock(when, dossier.timezone), today=today)

    standing = dossier.phase not in CLOSED
    intact = not standing or (await whole(instance, dossier.practice, dossier.incident)).intact
    sent = dossier.initial_at is not None
    return Shown(
        dossier, standing, at(dossier.found_at), at(dossier.due_at), _time(dossier, language),
        urgent=standing and not sent and dossier.left_seconds is not None and dossier.left_seconds < 24 * 3600,
        severity=label("gravity", dossier.gravity, language),
        left=[(label("part", part, language), many) for part, many in dossier.figures.by_part.items()],
        lacking=[full_label(name, language) for name in dossier.lacking],
        steps=_steps(dossier, at), broken=not intact,
    )  # fmt: skip


def _time(dossier: DossierTold, language: Language) -> str:
    if dossier.left_seconds is None:
        return say(language, "officer.time_none")
    length = span(dt.timedelta(seconds=dossier.left_seconds))
    if dossier.initial_at is not None:
        return say(language, "officer.time_late" if dossier.late else "officer.time_kept", length=length)
    return say(language, "officer.time_over" if dossier.late else "officer.time_left", length=length)


def _steps(dossier: DossierTold, at: Callable[[dt.datetime], str]) -> list[tuple[str, str | None]]:
    """The phases in order, with when each was reached."""
    reached = [
        ("found", dossier.found_at),
        ("opened", dossier.opened_at),
        ("decided", dossier.decided_at),
        ("initial", dossier.initial_at),
        ("complete", dossier.complete_at),
    ]
    if dossier.decision is False:
        del reached[3:]
    return [(name, None if when is None else at(when)) for name, when in reached]
