# SPDX-License-Identifier: AGPL-3.0-or-later
"""The search of the directory: what was typed becomes codes, words and boxes (pure), then a few bounded statements.

Every answer is bounded by RESULTS_MAX. Nobody who searches is written down anywhere.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from serment.database.queries import Connection, load
from serment.directory.folding import escape_like, fold, fold_town, shortened
from serment.directory.specialties import KindOfCare, find_kinds
from serment.directory.towns import Town

RESULTS_MAX = 100
SKIP_MAX = 1_000
RADIUS_KM_MAX = 100.0
NAME_WORDS_MAX = 4
"""Words of a typed name that count; the rest is left out."""

WORDS_ALIKE_MAX = 12
"""Words of real names that one typed word may stand for."""

WORD_LETTERS_MAX = 40
"""Longest word that a beginning is completed to."""

NAMES_REACH = 2_000
"""Entries looked at for names that thousands bear."""

CALLED_REACH = 500
"""The same for a single name: so many by family name, and so many by given name."""

CALLED_KM = (5.0, 50.0)
"""How far around a place a single name is looked for first, then next."""

_KILOMETRES_A_DEGREE = 111.2
_POSTCODE = re.compile(r"[0-9](?:[0-9]|[abAB])?[0-9 ]{0,4}\Z")
_TITLES = frozenset(
    {"dr", "docteur", "doctor", "pr", "professeur", "professor", "mme", "m", "mr", "madame", "monsieur"}
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look: degrees, WGS 84."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Found:
    """One entry of the directory. `kilometres` from the place asked for, None where none was asked for or known.

    `slug`, `practice` and `practitioner` are set when a practice on this Serment names the RPPS number: then the
    practitioner may be booked here; else they are not yet there.
    """

    entry: UUID
    rpps: str
    profession: str
    specialties: tuple[str, ...]
    title: str
    family_name: str
    given_name: str
    site_name: str
    address: str
    postcode: str
    town: str
    phone: str
    latitude: float | None
    longitude: float | None
    kilometres: float | None
    slug: str | None
    practice: UUID | None
    practitioner: UUID | None


def box(place: Place, kilometres: float) -> dict[str, float]:
    """South, north, west and east of a box that holds every point within `kilometres` (poles left out)."""
    degrees = kilometres / _KILOMETRES_A_DEGREE
    narrowest = min(90.0, abs(place.latitude) + degrees)
    wide = min(180.0, degrees / max(math.cos(math.radians(narrowest)), 1e-9))
    return {
        "south": place.latitude - degrees,
        "north": place.latitude + degrees,
        "west": place.longitude - wide,
        "east": place.longitude + wide,
    }


def name_words(text: str) -> list[str]:
    """The words of a typed name that count: folded, without titles, each once, at most NAME_WORDS_MAX."""
    words = [word for word in dict.fromkeys(fold(text).split()) if word not in _TITLES]
    return words[:NAME_WORDS_MAX]


def _bounded(limit: int, most: int = RESULTS_MAX) -> int:
    return max(0, min(limit, most))


def _found(rows: Sequence[asyncpg.Record]) -> list[Found]:
    return [Found(**{**row, "specialties": tuple(row["specialties"])}) for row in rows]


def _town(row: asyncpg.Record) -> Town:
    return Town(**{**row, "postcodes": tuple(row["postcodes"])})


async def find_near(
    connection: Connection,
    codes: Sequence[str],
    place: Place,
    *,
    kilometres: float,
    limit: int = 20,
    skip: int = 0,
) -> list[Found]:
    """The entries with one of these codes (KindOfCare.codes) within `kilometres` of a place: nearest town first, then
    by name. At most RESULTS_MAX after at most SKIP_MAX; RADIUS_KM_MAX at most.
    """
    reach = max(0.0, min(kilometres, RADIUS_KM_MAX))
    return _found(
        await load("directory")["entries_near"].rows(
            connection,
            specialties=list(codes),
            latitude=place.latitude,
            longitude=place.longitude,
            kilometres=reach,
            most=_bounded(limit),
            skip=_bounded(skip, SKIP_MAX),
            **box(place, reach),
        )
    )


async def find_named(
    connection: Connection, text: str, *, around: Place | None = None, limit: int = 20
) -> list[Found]:
    """The entries whose practitioner's name is like what was typed, in any order, accents, hyphens and slips aside.

    Best first: the words as typed, then nearest to `around` where it is given. Empty when a word is like no name.
    """
    typed = name_words(text)
    if not typed:
        return []
    groups = [await _words_like(connection, word) for word in typed]
    if not all(groups):
        return []
    most = _bounded(limit)
    # What is surely better comes from a cheaper question first, and often is all that is wanted.
    found: list[Found] = []
    if len(typed) == 1:
        found = await _called(connection, typed[0], groups[0], around, most)
    elif all(word in group for word, group in zip(typed, groups, strict=True)):
        found = await _holding(connection, typed, [[word] for word in typed], around, most)
    if len(found) >= most:
        return found
    known = {one.entry for one in found}
    others = await _holding(connection, typed, groups, around, most)
    return [*found, *(one for one in others if one.entry not in known)][:most]


async def _called(
    connection: Connection, typed: str, words: list[str], around: Place | None, most: int
) -> list[Found]:
    """Whose family or given name is one of these words, whole: close to the place, or further around it, if there is one."""
    asked = {"typed": typed, "words": words, "reach": CALLED_REACH, "most": most}
    queries = load("directory")
    if around is None:
        return _found(await queries["entries_called"].rows(connection, **asked))
    found: list[Found] = []
    for kilometres in CALLED_KM:
        rows = await queries["entries_called_around"].rows(
            connection,
            **asked,
            latitude=around.latitude,
            longitude=around.longitude,
            **box(around, kilometres),
        )
        if len(found := _found(rows)) >= most:
            break
    return found


async def _holding(
    connection: Connection,
    typed: list[str],
    groups: list[list[str]],
    around: Place | None,
    most: int,
) -> list[Found]:
    """Whose names hold a word of each group."""
    one, two, three, four = [*typed, *[""] * (NAME_WORDS_MAX - len(typed))]
    first, second, third, fourth = [*groups, *[groups[0]] * (NAME_WORDS_MAX - len(groups))]
    return _found(
        await load("directory")["entries_named"].rows(
            connection,
            one=one,
            two=two,
            three=three,
            four=four,
            first=first,
            second=second,
            third=third,
            fourth=fourth,
            latitude=around.latitude if around else None,
            longitude=around.longitude if around else None,
            reach=NAMES_REACH,
            most=most,
        )
    )


async def _words_like(connection: Connection, word: str) -> list[str]:
    queries = load("directory")
    rows = await queries["words_like"].rows(
        connection, typed=word, letters=WORD_LETTERS_MAX, shortened=shortened(word), most=WORDS_ALIKE_MAX
    )
    if not rows:
        rows = await queries["words_alike"].rows(connection, typed=word, most=WORDS_ALIKE_MAX)
    return [row["word"] for row in rows]


async def find_rpps(connection: Connection, rpps: str, *, limit: int = 20) -> list[Found]:
    """Where the register says that the bearer of this number receives."""
    return _found(
        await load("directory")["entries_of_rpps"].rows(connection, rpps=rpps, most=_bounded(limit))
    )


async def find_towns(connection: Connection, text: str, *, limit: int = 8) -> list[Town]:
    """The towns that a name or the beginning of a postcode may mean, best first: for autocompletion and for search."""
    queries = load("directory")
    most = _bounded(limit)
    if _POSTCODE.match(text.strip()):
        postcode = text.replace(" ", "").upper()
        rows = await queries["towns_of_postcode"].rows(
            connection, start=escape_like(postcode) + "%", most=most
        )
        return [_town(row) for row in rows]
    folded = fold_town(text)
    if not folded:
        return []
    rows = await queries["towns_like"].rows(connection, typed=folded, shortened=shortened(folded), most=most)
    if len(rows) < most:
        rows += await queries["towns_alike"].rows(
            connection,
            typed=folded,
            inside=f"% {escape_like(folded)}%",
            known=[row["code"] for row in rows],
            most=most - len(rows),
        )
    return [_town(row) for row in rows]


async def town_of(connection: Connection, code: str) -> Town | None:
    """The town of an INSEE code, or None."""
    row = await load("directory")["town_by_code"].row(connection, code=code)
    return _town(row) if row else None


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What the field "what" may mean: kinds of care first, then practitioners, each person once."""

    kinds: tuple[KindOfCare, ...]
    practitioners: tuple[Found, ...]


async def suggest_what(
    connection: Connection, text: str, *, around: Place | None = None, limit: int = 8
) -> Suggestions:
    """Kinds of care and practitioners for what was typed so far, at most `limit` in all, and half of it kinds."""
    most = _bounded(limit)
    kinds = tuple(find_kinds(text, most=max(1, most // 2)))
    people: dict[str, Found] = {}
    if len(fold(text)) >= 2:
        for found in await find_named(connection, text, around=around, limit=3 * most):
            people.setdefault(found.rpps, found)
    return Suggestions(kinds, tuple(people.values())[: most - len(kinds)])
