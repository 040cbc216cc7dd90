# SPDX-License-Identifier: AGPL-3.0-or-later
"""Somebody who opens a practice finds themselves in the official directory, or says who they are by hand."""

from __future__ import annotations

from uuid import UUID

import msgspec

from serment.directory.search import find_named, find_rpps, find_towns
from serment.directory.specialties import kinds
from serment.domain.holiday import region_of_postcode, zone_of_postcode
from serment.server.instance import Instance
from serment.server.stores import opening

ENTRIES_MAX = 12
TOWNS_MAX = 6
_RPPS_DIGITS = 11


class EntryTold(msgspec.Struct):
    """One activity of the register. `taken`: its bearer can be booked here already."""

    entry: UUID
    rpps: str
    title: str
    given_name: str
    family_name: str
    specialties: tuple[str, ...]
    site_name: str
    address: str
    postcode: str
    town: str
    town_code: str
    phone: str
    taken: bool


class TownTold(msgspec.Struct):
    """A town with the postcodes it has, the zone of its clock and the region of its holidays."""

    code: str
    name: str
    department: str
    postcodes: tuple[str, ...]
    timezone: str
    holiday_region: str


class KindTold(msgspec.Struct):
    """A kind of care; `specialties` are the codes its practitioners bear, the usual one first."""

    specialties: tuple[str, ...]
    fr: str
    en: str


async def find_oneself(instance: Instance, typed: str) -> list[EntryTold]:
    """By name, slips allowed, or by RPPS number; at most ENTRIES_MAX."""
    digits = "".join(typed.split())
    if digits.isdigit() and len(digits) == _RPPS_DIGITS:
        found = await find_rpps(instance.pool, digits, limit=ENTRIES_MAX)
    else:
        found = await find_named(instance.pool, typed, limit=ENTRIES_MAX)
    places = await opening.town_codes(instance.pool, [each.entry for each in found])
    return [
        EntryTold(
            each.entry, each.rpps, each.title, each.given_name, each.family_name, each.specialties,
            each.site_name, each.address, each.postcode, each.town, place["town_code"], each.phone, place["taken"],
        )
        for each in found
        if (place := places.get(each.entry)) is not None
    ]  # fmt: skip


async def towns_typed(instance: Instance, typed: str) -> list[TownTold]:
    """What the beginning of a name or postcode may mean, the most peopled first."""
    towns = await find_towns(instance.pool, typed, limit=TOWNS_MAX)
    return [
        TownTold(
            town.code, town.name, town.department, town.postcodes, zone_of_postcode(town.postcodes[0]),
            region_of_postcode(town.postcodes[0]),
        )
        for town in towns
    ]  # fmt: skip


def kinds_of_care() -> list[KindTold]:
    """All that the directory knows."""
    return [KindTold(kind.codes, kind.name_fr, kind.name_en) for kind in kinds()]
