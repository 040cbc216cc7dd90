# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the search's two fields may mean, while somebody types. No cookie; nothing of it is written down."""

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from serment.directory.search import Place, suggest_what
from serment.directory.specialties import find_kinds, specialty_name
from serment.domain.named_times import LANGUAGES, Language
from serment.server.instance import Instance
from serment.server.pages.towns_typed import town_in_full, towns_meant
from serment.server.pages.views import full_name

SUGGESTIONS_MAX = 6
"""As many as stand above a phone's keyboard."""

TYPED_CHARACTERS_MAX = 80
TYPED_CHARACTERS_MIN = 2
CACHE = {"Cache-Control": "public, max-age=300"}


class Suggestion(msgspec.Struct):
    """`value` is what the field will say; `note` tells namesakes apart."""

    value: str
    note: str


def _language(text: str) -> Language:
    return next((language for language in LANGUAGES if language == text), "fr")


def _answer(suggestions: list[Suggestion]) -> Response[list[Suggestion]]:
    return Response(suggestions, headers=CACHE)


@get("/{lang:str}/complete/what", include_in_schema=False)
async def complete_what(
    request: Request[Any, Any, Any],
    lang: FromPath[str],
    typed: FromQuery[str] = "",
    where: FromQuery[str] = "",
) -> Response[list[Suggestion]]:
    """Kinds of care, then practitioners, the nearest to `where` first when it is a town."""
    typed, where = typed.strip()[:TYPED_CHARACTERS_MAX], where.strip()[:TYPED_CHARACTERS_MAX]
    if len(typed) < TYPED_CHARACTERS_MIN:
        return _answer([])
    instance: Instance = request.app.state.instance
    language = _language(lang)
    town = next(iter(await towns_meant(instance.pool, where, limit=1)), None) if where else None
    around = Place(town.latitude, town.longitude) if town else None
    found = await suggest_what(instance.pool, typed, around=around, limit=SUGGESTIONS_MAX)
    # A kind that only a slip of the pen would mean gives way to people of that very name.
    written = find_kinds(typed, mistyped=False) if found.practitioners else found.kinds
    kinds = [Suggestion(kind.name(language), "") for kind in found.kinds if kind in written]
    people = [
        Suggestion(
            full_name({"title": "", "given_name": who.given_name, "family_name": who.family_name}),
            ", ".join([*dict.fromkeys(specialty_name(code, language) for code in who.specialties), who.town]),
        )
        for who in found.practitioners
    ]
    return _answer(kinds + people)


@get("/{lang:str}/complete/where", include_in_schema=False)
async def complete_where(
    request: Request[Any, Any, Any], lang: FromPath[str], typed: FromQuery[str] = ""
) -> Response[list[Suggestion]]:
    """Towns by the beginning of their name or postcode, the most peopled first."""
    typed = typed.strip()[:TYPED_CHARACTERS_MAX]
    if _language(lang) != lang or len(typed) < TYPED_CHARACTERS_MIN:
        return _answer([])
    instance: Instance = request.app.state.instance
    towns = await towns_meant(instance.pool, typed, limit=SUGGESTIONS_MAX)
    return _answer([Suggestion(town_in_full(town), next(iter(town.postcodes), "")) for town in towns])


handlers = [complete_what, complete_where]
