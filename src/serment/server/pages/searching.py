# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the search's page shows: results, or the form with a sentence that helps."""

import datetime as dt
from typing import Any

from serment.directory.search import Place
from serment.directory.specialties import KindOfCare, find_kinds
from serment.directory.towns import Town
from serment.domain import instants
from serment.domain.named_times import Language
from serment.server.instance import Instance
from serment.server.pages import views
from serment.server.pages.language import say
from serment.server.pages.towns_typed import is_named, town_in_full, towns_meant
from serment.server.usecases.find_practitioners import (
    RADIUS_KM,
    WIDE_RADIUS_KM,
    Results,
    Sort,
    find_practitioners,
)

PAGE_RESULTS = 10
PAGE_MAX = 10
TOWNS_SUGGESTED = 5
TOWN_OUTWEIGHED = 10


async def search_view(
    instance: Instance, language: Language, *, what: str, where: str, sort: Sort, number: int, far: bool
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
        "replaced": "",
        "far_href": "",
        "others_left": False,
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
    kind, results = await _find(instance, what, town, sort, number, far)
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
        view["where_label"] = say(language, "search.around", town=town_in_full(town), km=RADIUS_KM)
        if not is_named(where, town):
            view["replaced"] = say(language, "search.town_replaced", where=where, town=town_in_full(town))
        view["suggestions"] = _other_towns(language, what, towns)
    view["title"] = _title(language, kind.name(language) if kind else "", what, town)
    return view | _results_view(instance, language, results, what, where, sort, number, town, far)


async def _find(
    instance: Instance, what: str, town: Town | None, sort: Sort, number: int, far: bool
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
            far=far,
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
    town: Town | None,
    far: bool,
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
    hint = say(language, "search.none_far" if far else "search.none_hint", km=WIDE_RADIUS_KM)
    return {
        "count_line": line,
        "hint": hint if nothing else "",
        "far_href": href(far=1) if nothing and town is not None and not far else "",
        "others_left": results.others_left,
        "sorts": sorts if where and results.count > 1 and not results.wide else [],
        "results": [
            views.listing_view(language, listing, today=today, searched=town) for listing in results.listings
        ],
        "others": [views.other_view(language, other, searched=town) for other in results.others],
        "more_href": href(number=number + 1) if more else "",
        "back_href": href() if number > 1 else "",
    }
