# SPDX-License-Identifier: AGPL-3.0-or-later
"""Public holidays of a site's region: metropolitan France, Alsace-Moselle, and each overseas territory
differ.

A region is "FR", "FR-" and a subdivision (ISO 3166-2 or INSEE code: FR-57, FR-971), or "" where no holiday is
kept. Dates and names come from the `holidays` package.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import NamedTuple

import holidays

from serment.domain.errors import UnknownRegion

METROPOLE = "FR"
ALSACE_MOSELLE = "FR-57"  # Good Friday and 26 December besides; the same in Bas-Rhin, Haut-Rhin and Moselle

REGIONS: dict[str, str | None] = {
    METROPOLE: None,
    ALSACE_MOSELLE: "57",
    "FR-971": "971",
    "FR-972": "972",
    "FR-973": "973",
    "FR-974": "974",
    "FR-976": "976",
    "FR-BL": "BL",
    "FR-MF": "MF",
    "FR-NC": "NC",
    "FR-PF": "PF",
    "FR-PM": "PM",
    "FR-WF": "WF",
}
_BY_POSTCODE = {
    "97133": "FR-BL", "97150": "FR-MF", "67": ALSACE_MOSELLE, "68": ALSACE_MOSELLE, "57": ALSACE_MOSELLE,
    "971": "FR-971", "972": "FR-972", "973": "FR-973", "974": "FR-974", "975": "FR-PM", "976": "FR-976",
    "986": "FR-WF", "987": "FR-PF", "988": "FR-NC",
}  # fmt: skip
_ZONES = {
    "FR-971": "America/Guadeloupe",
    "FR-972": "America/Martinique",
    "FR-973": "America/Cayenne",
    "FR-974": "Indian/Reunion",
    "FR-976": "Indian/Mayotte",
    "FR-BL": "America/St_Barthelemy",
    "FR-MF": "America/Marigot",
    "FR-NC": "Pacific/Noumea",
    "FR-PF": "Pacific/Tahiti",
    "FR-PM": "America/Miquelon",
    "FR-WF": "Pacific/Wallis",
}
_PARIS = "Europe/Paris"
ZONES = frozenset({_PARIS, *_ZONES.values()})


class HolidayName(NamedTuple):
    """What a holiday is called, in French and in English."""

    fr: str
    en: str


@lru_cache(maxsize=4096)
def holidays_of(region: str, year: int) -> dict[int, HolidayName]:
    """The holidays of a region in a year, by proleptic ordinal. Raises UnknownRegion."""
    if not region:
        return {}
    if region not in REGIONS:
        raise UnknownRegion(region)
    subdivision = REGIONS[region]
    french = holidays.country_holidays("FR", subdiv=subdivision, years=year, language="fr")
    english = holidays.country_holidays("FR", subdiv=subdivision, years=year, language="en_US")
    return {day.toordinal(): HolidayName(french[day], english[day]) for day in french if day.year == year}


def holiday_on(region: str, ordinal: int) -> HolidayName | None:
    """The holiday of a day, if it is one. Raises UnknownRegion."""
    if not region:
        return None
    return holidays_of(region, date.fromordinal(ordinal).year).get(ordinal)


def region_of_postcode(postcode: str) -> str:
    """The holiday region of a French postcode."""
    for length in (5, 3, 2):
        if postcode[:length] in _BY_POSTCODE:
            return _BY_POSTCODE[postcode[:length]]
    return METROPOLE


def zone_of_postcode(postcode: str) -> str:
    """The tz database's zone of a French postcode."""
    return _ZONES.get(region_of_postcode(postcode), _PARIS)
