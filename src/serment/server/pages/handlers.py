"""The routes of the public pages. No cookie is read or set; the language stands in the path."""

import datetime as dt
import re
from pathlib import Path
from typing import Any
from uuid import UUID

from litestar import MediaType, Request, Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from serment.directory.search import Place
from serment.directory.specialties import KindOfCare, find_kinds, kinds
from serment.directory.towns import Town
from serment.domain import instants
from serment.server.instance import Instance
from serment.server.pages import completion, views
from serment.server.pages.language import LANGUAGES, Language, negotiate, say
from serment.server.pages.render import page
from serment.server.pages.towns_typed import town_in_full, towns_meant
from serment.server.usecases.find_practitioners import (
    RADIUS_KM,
    WIDE_RADIUS_KM,
    Results,
    Sort,
    find_practitioners,
)
from serment.server.usecases.show_practitioner import show_practice, show_practitioner

PAGE_RESULTS = 10
PAGE_MAX = 10
_PAGE_NUMBER = re.compile(r"[0-9]{1,3}", re.ASCII)
QUERY_CHARACTERS_MAX = 80
TOWNS_SUGGESTED = 5
TOWN_OUTWEIGHED = 10
OFTEN = ("general-practice", "dentist", "midwife", "physiotherapist", "dermatologist", "ophthalmologist")
CACHE = {"Cache-Control": "public, max-age=20"}
SHELLS = ("book", "a", "mine", "desk", "join")
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
        return _missing(negotiate(request.headers.get("accept-language", "")), request)
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
) -> Response[str]:
    """Results, or the form with a sentence that helps. `number` is the page."""
    language = _language(lang)
    if language is None:
        return _missing("fr", request)
    what, where = what.strip()[:QUERY_CHARACTERS_MAX], where.strip()[:QUERY_CHARACTERS_MAX]
    view = await _search_view(
        _instance(request),
        language,
        what=what,
        where=where,
        sort="nearest" if sort == "nearest" else "earliest",
        number=max(1, min(int(number), PAGE_MAX)) if _PAGE_NUMBER.fullmatch(number) else 1,
    )
    text = _page(request, "results.html", language, entries=("search",), robots=ROBOTS_NONE, view=view)
    return _html(text, headers=CACHE)


async def _search_view(
    instance: Instance, language: Language, *, what: str, where: str, sort: Sort, number: int
) -> dict[str, Any]:
    view: dict[str, Any] = {
        "title": say(language, "home.title"),
        "what": what,
        "where": where,
        "what_label": what,
        "where_label": where or say(language, "search.everywhere"),
        "form_open": True,
        "error_what": "" if what else say(language, "form.what_missing"),
        "error_where": "",
        "count_line": "",
        "hint": "",
        "ask_where": False,
        "suggestions": [],
        "sorts": [],
        "results": [],
        "others": [],
        "more_href": "",
        "back_href": "",
    }
    towns = await towns_meant(instance.pool, where, limit=TOWNS_SUGGESTED) if where else []
    if where and not towns:
        unknown = say(language, "search.town_unknown", where=where)
        view["error_where"] = f"{unknown} {say(language, 'search.town_unknown_hint')}"
        return view
    if not what:
        return view
    town = towns[0] if towns else None
    kind, results = await _find(instance, what, town, sort, number)
    if results is None:
        # Often the answer to a press on a kind of care: the next question, not a mistake.
        view["hint"] = say(language, "form.where_missing")
        view["ask_where"] = True
        return view
    if kind is None and not results.count and not results.others:
        unknown = say(language, "search.what_unknown", what=what)
        view["error_what"] = f"{unknown} {say(language, 'search.what_unknown_hint')}"
        return view
    view |= {"form_open": False, "what_label": kind.name(language) if kind else what}
    if town is not None:
        view["where_label"] = say(language, "search.around", town=town.name, km=RADIUS_KM)
        view["suggestions"] = _other_towns(language, what, towns)
    view["title"] = _title(language, kind.name(language) if kind else "", what, town)
    return view | _results_view(instance, language, results, what, where, sort, number)


async def _find(
    instance: Instance, what: str, town: Town | None, sort: Sort, number: int
) -> tuple[KindOfCare | None, Results | None]:
    """What was typed: a specialty, else a name, else a specialty with a slip. None: a specialty needs a place."""
    around = Place(town.latitude, town.longitude) if town else None

    async def find(kind: KindOfCare | None) -> Results:
        return await find_practitioners(
            instance,
            codes=kind.codes if kind else (),
            name=what,
            around=around,
            sort=sort,
            skip=(number - 1) * PAGE_RESULTS,
            most=PAGE_RESULTS,
        )

    kind = next(iter(find_kinds(what, most=1, mistyped=False)), None)
    if kind is None:
        named = await find(None)
        kind = next(iter(find_kinds(what, most=1)), None)
        if named.count or named.others or kind is None:
            return None, named
    return kind, await find(kind) if town else None


def _title(language: Language, specialty: str, what: str, town: Town | None) -> str:
    if town is None:
        return say(language, "search.title_name_only", name=what)
    if specialty:
        return say(language, "search.title_specialty", specialty=specialty, town=town.name)
    return say(language, "search.title_name", name=what, town=town.name)


def _other_towns(language: Language, what: str, towns: list[Town]) -> list[dict[str, str]]:
    """Towns of the same name or a like one of far more people, each with its department's number."""
    first = towns[0]
    meant = [
        town
        for town in towns[1:]
        if town.name == first.name or town.population > TOWN_OUTWEIGHED * first.population
    ]
    return [
        {
            "name": town_in_full(town),
            "href": views.link(f"/{language}/search", what=what, where=town_in_full(town)),
        }
        for town in meant
    ]


def _results_view(
    instance: Instance,
    language: Language,
    results: Results,
    what: str,
    where: str,
    sort: Sort,
    number: int,
) -> dict[str, Any]:
    now = instance.clock()

    def today(zone: str) -> dt.date:
        return instants.local_day(now, zone)

    def href(**changes: object) -> str:
        return views.link(f"/{language}/search", **({"what": what, "where": where, "sort": sort} | changes))

    key = "none" if results.count == 0 else "one" if results.count == 1 else "many"
    line = say(language, f"search.count_{key}", count=results.count)
    if results.wide:
        line = say(language, "search.nobody_near", km=RADIUS_KM)
    if results.earliest is not None:
        zone = results.earliest_zone
        line += " " + views.earliest_line(language, results.earliest, zone, today=today(zone))
    sorts = [
        {"name": say(language, f"search.sort_{name}"), "href": href(sort=name), "on": name == sort}
        for name in ("earliest", "nearest")
    ]
    nothing = results.count == 0 and not results.others
    more = number * PAGE_RESULTS < results.count and number < PAGE_MAX
    return {
        "count_line": line,
        "hint": say(language, "search.none_hint", km=WIDE_RADIUS_KM) if nothing else "",
        "sorts": sorts if where and results.count > 1 and not results.wide else [],
        "results": [views.listing_view(language, listing, today=today) for listing in results.listings],
        "others": [views.other_view(language, other) for other in results.others],
        "more_href": href(number=number + 1) if more else "",
        "back_href": href() if number > 1 else "",
    }


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
    """Who sees what, and what is not protected."""
    language = _language(lang)
    if language is None:
        return _missing("fr", request)
    return _html(_page(request, "privacy.html", language, path="/privacy"), headers=CACHE)


@get([f"/{{lang:str}}/{name}" for name in SHELLS], include_in_schema=False)
async def shell(request: Request[Any, Any, Any], lang: FromPath[str]) -> Response[str]:
    """The pages that are programs: booking, a guest's appointment, the appointments kept here, the desk,
    an invitation."""
    language = _language(lang)
    if language is None:
        return _missing("fr", request)
    entry = request.url.path.rstrip("/").rpartition("/")[2]
    text = _page(
        request,
        "shell.html",
        language,
        entries=(entry,),
        robots=ROBOTS_NONE,
        entry=entry,
        instance=_instance(request).name,
    )
    return _html(text)


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
    return _missing(_language(lang) or "fr", request)


handlers = [
    page_icon,
    *completion.handlers,
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
