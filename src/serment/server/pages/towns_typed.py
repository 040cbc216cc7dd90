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


def town_in_full(town: Town) -> str:
    """The name with its department's number, as a suggestion fills it in: "Die (26)"."""
    return f"{town.name} ({town.department})"


async def towns_meant(connection: Connection, text: str, *, limit: int) -> list[Town]:
    """The towns that `text` may mean, best first: "Die", "26150", "26150 Die", "Die 26150" or "Die (26)".

    A number that fits no town of that name is left out of account: the name alone counts.
    """
    text = text.strip()
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
