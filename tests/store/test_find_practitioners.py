# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whom a search for a specialty around a place shows, and in which order."""

from __future__ import annotations

import pytest

from bento_house import House
from serment.directory.search import Place
from serment.server.usecases.find_practitioners import Results, Sort, find_practitioners
from serment.server.usecases.refresh_next_free import refresh_due

BREST = Place(48.39, -4.49)
KM_NORTH, KM_EAST = 1 / 111.2, 1 / 73.9
"""Degrees a kilometre at Brest."""


async def search(house: House, around: Place = BREST, sort: Sort = "earliest") -> Results:
    await refresh_due(house.instance)
    return await find_practitioners(
        house.instance, codes=["SM54"], name="", around=around, sort=sort, skip=0, most=10
    )


@pytest.mark.parametrize("sort", ["earliest", "nearest"])
async def test_who_takes_nobody_new_comes_last_and_is_not_the_earliest(house: House, sort: Sort) -> None:
    for full in ("Bento", "Ferrand"):
        await house.instance.pool.execute("UPDATE practitioners SET new_patients = family_name <> $1", full)
        found = await search(house, sort=sort)
        assert [listing.row["new_patients"] for listing in found.listings] == [True, False]
        assert found.listings[1].row["family_name"] == full
    ready = next(listing for listing in found.listings if listing.row["new_patients"])
    assert found.earliest == ready.next_at


async def test_the_corner_of_the_square_around_a_place_is_beyond_its_radius(house: House) -> None:
    assert (await search(house, Place(48.39 + 14 * KM_NORTH, -4.49))).wide is False
    corner = await search(house, Place(48.39 + 14 * KM_NORTH, -4.49 + 14 * KM_EAST))
    assert corner.wide
    assert all(19 < (listing.kilometres or 0) < 21 for listing in corner.listings)
