# SPDX-License-Identifier: AGPL-3.0-or-later
"""A place as people and our own suggestions write it: a name, a postcode, or a name with one of its numbers."""

import re

from serment.database.queries import Connection
from serment.directory.folding import fold_town
from serment.directory.search import find_towns
from serment.directory.towns import Town

NAMESAKES_MAX = 50
"""Towns looked at when a number beside the name says which one is meant."""

_NAME_AND_NUMBER = re.compile(
    r"(?P<name>.*[^\W\d_].*?)[\s(,]+(?P<number>\d{5}|\d{2,3}|2[AB])\)?", re.IGNORECASE
)
_NUMBER_AND_NAME = re.compile(r"(?P<number>\d{5}|2[AB]\d{3})[\s,]+(?P<name>.+)", re.IGNORECASE)
_BEFORE = re.compile(
    r"(?:(?:tout )?pr[eèé]s (?:de |du |d['’])|autour (?:de |du |d['’])|à c[oô]t[eé] (?:de |du |d['’])|[àa] |au |"
    r"close to |near |around |in )(?P<place>.+)",
    re.IGNORECASE,
)
"""What people write before a place. No town begins so, but for names that are looked up as they stand first."""


def without_preposition(text: str) -> str:
    """ "Die" for "près de Die"; whatever else as it is."""
    before = _BEFORE.fullmatch(text.strip())
    return before["place"].strip() if before else text.strip()


def is_named(text: str, town: Town) -> bool:
    """Whether what was typed is the town's number, its name, a beginning of it or a word in it: else it was guessed."""
    text = without_preposition(text)
    both = _NUMBER_AND_NAME.fullmatch(text) or _NAME_AND_NUMBER.fullmatch(text)
    folded, known = fold_town(both["name"] if both else text), fold_town(town.name)
    return folded[:1].isdigit() or f" {folded}" in f" {known}"


def town_in_full(town: Town) -> str:
    """The name with its department's number, as a suggestion fills it in: "Die (26)"."""
    return f"{town.name} ({town.department})"


async def towns_meant(connection: Connection, text: str, *, limit: int) -> list[Town]:
    """The towns that `text` may mean, best first: "Die", "26150", "26150 Die", "Die 26150" or "Die (26)".

    A number that fits no town of that name is left out of account: the name alone counts.
    """
    text = without_preposition(text)
    both = _NUMBER_AND_NAME.fullmatch(text) or _NAME_AND_NUMBER.fullmatch(text)
    if both is None:
        return await find_towns(connection, text, limit=limit)
    name, number = both["name"], both["number"].upper()
    namesakes = await find_towns(connection, name, limit=NAMESAKES_MAX)
    if len(number) == 5:
        # Every town of a postcode, those of that name first: the name may be mistyped, the number seldom is.
        of_number = await find_towns(connection, number, limit=NAMESAKES_MAX)
        codes = {town.code for town in namesakes}
        there = sorted(
            of_number, key=lambda town: (town.code not in codes, fold_town(town.name) != fold_town(name))
        )
    else:
        there = [town for town in namesakes if town.department == number]
    return (there or namesakes)[:limit]
