"""The routes of the public pages. No cookie is read or set; the language stands in the path."""

import datetime as dt
import re
from pathlib import Path
from typing import Any
from uuid import UUID

from litestar import MediaType, Request, Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from serment.directory.specialties import kinds
from serment.domain.named_times import LANGUAGES, Language
from serment.domain.retention import periods
from serment.server.instance import Instance
from serment.server.pages import completion, stopping, views
from serment.server.pages.language import negotiate
from serment.server.pages.render import page
from serment.server.pages.searching import PAGE_MAX, search_view
from serment.server.usecases.errors import NoNotifier, NoSuchAgenda
from serment.server.usecases.read_messages import read_notifier
from serment.server.usecases.read_practice import read_agenda
from serment.server.usecases.show_practitioner import show_practice, show_practitioner

_PAGE_NUMBER = re.compile(r"[0-9]{1,3}", re.ASCII)
QUERY_CHARACTERS_MAX = 80
OFTEN = ("general-practice", "dentist", "midwife", "physiotherapist", "dermatologist", "ophthalmologist")
CACHE = {"Cache-Control": "public, max-age=20"}
SHELLS = ("book", "a", "t", "mine", "desk", "join", "open", "restore")
ROBOTS_NONE = "noindex"
ICON = (Path(__file__).parent / "templates" / "mark.svg").read_bytes()
ICON_CACHE = "public, max-age=86400"


def _html(text: str, *, status: int = 200, headers: dict[str, str] | None = None) -> Response[str]:
    return Response(text, media_type=MediaType.HTML, status_code=status, headers=headers or {})


def _language(text: str) -> Language | None:
    return next((language for language in LANGUAGES if language == text), None)


def _instance(request: Request[Any, Any, Any]) -> Instance:
    instance: Instance = request.app.state.instance
    return instance


def _own_path(request: Request[Any, Any, Any]) -> str:
    """The page's path and query without its language, for the link to the other one."""
    path = request.url.path
    rest = path[3:] if _language(path[1:3]) else path
    return f"{rest or '/'}?{request.url.query}" if request.url.query else rest or "/"


def _page(request: Request[Any, Any, Any], template: str, language: Language, **values: Any) -> str:
    """A page of this instance: its own path for the link to the other language, and where its source code is."""
    values = {"path": _own_path(request), **values}
    return page(template, language, source=_instance(request).source, **values)


def _missing(language: Language, request: Request[Any, Any, Any]) -> Response[str]:
    text = _page(request, "error.html", language, path="/", entries=("search",), code=404, robots=ROBOTS_NONE)
    return _html(text, status=404)


@get(["/", "/search", "/privacy", *(f"/{name}" for name in SHELLS)], include_in_schema=False)
async def choose_language(request: Request[Any, Any, Any]) -> Redirect:
    """A path without a language: the browser's, by Accept-Language. The fragment stays with the browser."""
    language = negotiate(request.headers.get("accept-language", ""))
    return Redirect(f"/{language}{_own_path(request)}", status_code=302, headers={"Vary": "Accept-Language"})


@get(["/p/{slug:str}", "/practitioner/{slug:str}"], include_in_schema=False)
async def choose_language_of(request: Request[Any, Any, Any], slug: FromPath[str]) -> Redirect:
    """The short links that practices print."""
    language = negotiate(request.headers.get("accept-language", ""))
    return Redirect(f"/{language}{_own_path(request)}", status_code=302, headers={"Vary": "Accept-Language"})


@get("/icon.svg", include_in_schema=False, sync_to_thread=False)
def page_icon() -> Response[bytes]:
    """The mark in a browser's tab."""
    return Response(ICON, media_type="image/svg+xml", headers={"Cache-Control": ICON_CACHE})


@get("/{lang:str}", include_in_schema=False)
async def home(request: Request[Any, Any, Any], lang: FromPath[str]) -> Response[str]:
    """The search form, and what is often searched."""
    language = _language(lang)
    if language is None:
        preferred = negotiate(request.headers.get("accept-language", ""))
        if (entry := _with_lost_hash(lang)) is not None:
            return _shell(request, preferred, entry, status=404, path=f"/{entry}")
        return _missing(preferred, request)
    often = [
        {"name": kind.name(language), "href": views.link(f"/{language}/search", what=kind.name(language))}
        for kind in kinds()
        if kind.key in OFTEN
    ]
    return _html(
        _page(request, "home.html", language, path="/", entries=("search",), often=often, where=""),
        headers=CACHE,
    )


@get("/{lang:str}/search", include_in_schema=False)
async def search(
    request: Request[Any, Any, Any],
    lang: FromPath[str],
    what: FromQuery[str] = "",
    where: FromQuery[str] = "",
    sort: FromQuery[str] = "earliest",
    number: FromQuery[str] = "1",
    far: FromQuery[str] = "",
) -> Response[str]:
    """Results, or the form with a sentence that helps. `number` is the page; `far` is 1 to look beyond 100 km."""
    language = _language(lang)
    if language is None:
        return _missing("fr", request)
    what, where = what.strip()[:QUERY_CHARACTERS_MAX], where.strip()[:QUERY_CHARACTERS_MAX]
    view = await search_view(
        _instance(request),
        language,
        what=what,
        where=where,
        sort="nearest" if sort == "nearest" else "earliest",
        number=max(1, min(int(number), PAGE_MAX)) if _PAGE_NUMBER.fullmatch(number) else 1,
        far=far == "1",
    )
    text = _page(request, "results.html", language, entries=("search",), robots=ROBOTS_NONE, view=view)
    return _html(text, headers=CACHE)


@get("/{lang:str}/practitioner/{slug:str}", include_in_schema=False)
async def practitioner(
    request: Request[Any, Any, Any], lang: FromPath[str], slug: FromPath[str]
) -> Response[str]:
    """A practitioner, their visit types and free times."""
    language = _language(lang)
    query = request.query_params
    shown = await show_practitioner(
        _instance(request),
        slug[:QUERY_CHARACTERS_MAX],
        agenda=_uuid(query.get("agenda")),
        visit_type=_uuid(query.get("visit_type")),
        first=_date(query.get("from")),
    )
    if language is None or shown is None:
        return _missing(language or "fr", request)
    view = views.practitioner_view(language, shown)
    return _html(
        _page(request, "practitioner.html", language, entries=("practice",), view=view), headers=CACHE
    )


@get("/{lang:str}/p/{slug:str}", include_in_schema=False)
async def practice(
    request: Request[Any, Any, Any], lang: FromPath[str], slug: FromPath[str]
) -> Response[str]:
    """A practice's own link; the fragment #k= is read in the browser, never here."""
    language = _language(lang)
    row = await show_practice(_instance(request), slug[:QUERY_CHARACTERS_MAX])
    if language is None or row is None:
        return _missing(language or "fr", request)
    view = views.practice_view(language, row)
    text = _page(request, "practice.html", language, entries=("practice",), view=view)
    return _html(text, headers=CACHE)


@get("/{lang:str}/privacy", include_in_schema=False)
async def privacy(request: Request[Any, Any, Any], lang: FromPath[str]) -> Response[str]:
    """Who sees what, and what is not protected; of messages where somebody sends them."""
    language = _language(lang)
    if language is None:
        return _missing("fr", request)
    try:
        await read_notifier(_instance(request))
        sends = True
    except NoNotifier:
        sends = False
    sentences = [each.sentence(language) for each in periods().values() if each.patients]
    return _html(
        _page(request, "privacy.html", language, path="/privacy", sends=sends, kept=sentences), headers=CACHE
    )


@get([f"/{{lang:str}}/{name}" for name in SHELLS], include_in_schema=False)
async def shell(request: Request[Any, Any, Any], lang: FromPath[str]) -> Response[str]:
    """The pages that are programs: booking, a guest's appointment, what a message leads to, the appointments kept
    here, the desk, an invitation, the paper root."""
    language = _language(lang)
    if language is None:
        return _missing("fr", request)
    entry = request.url.path.rstrip("/").rpartition("/")[2]
    own = await _practitioner_href(request, language) if entry == "book" else ""
    return _shell(request, language, entry, practitioner_href=own)


def _shell(
    request: Request[Any, Any, Any], language: Language, entry: str, *, status: int = 200, **values: Any
) -> Response[str]:
    values = {"practitioner_href": "", **values, "instance": _instance(request).name, "entry": entry}
    text = _page(request, "shell.html", language, entries=(entry,), robots=ROBOTS_NONE, **values)
    return _html(text, status=status)


async def _practitioner_href(request: Request[Any, Any, Any], language: Language) -> str:
    """The page of whom the booking is with, for who has no JavaScript; empty for an unknown agenda."""
    agenda = _uuid(request.query_params.get("agenda"))
    try:
        told = await read_agenda(_instance(request), agenda) if agenda else None
    except NoSuchAgenda:
        return ""
    return views.link(f"/{language}/practitioner/{told.practitioner.slug}", agenda=agenda) if told else ""


def _with_lost_hash(path: str) -> str | None:
    """Whose link it is (a: an appointment's, t: a message's), its # become %23 on its way: the secret is in the path."""
    found = re.search(r"(?:^|/)([at])#", path)
    return found and found[1]


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _date(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        return None


@get("/{lang:str}/{rest:path}", include_in_schema=False)
async def nothing(request: Request[Any, Any, Any], lang: FromPath[str], rest: FromPath[str]) -> Response[str]:
    """Whatever else was asked for in a language: a page that says so and offers the search."""
    language = _language(lang) or "fr"
    if (entry := _with_lost_hash(rest)) is not None:
        # The browser takes the secret out of the address and opens it; here nothing of it is kept or said again.
        return _shell(request, language, entry, status=404, path=f"/{entry}")
    return _missing(language, request)


handlers = [
    page_icon,
    *completion.handlers,
    *stopping.handlers,
    choose_language,
    choose_language_of,
    home,
    search,
    practitioner,
    practice,
    privacy,
    shell,
    nothing,
]
