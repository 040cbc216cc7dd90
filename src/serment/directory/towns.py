# SPDX-License-Identifier: AGPL-3.0-or-later
"""The communes of France, carried inside the package (data/communes.txt; sources and licences in its first lines)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import asyncpg

from serment.database.queries import load
from serment.directory.folding import fold_town, shortened
from serment.directory.specialties import DATA

LOAD_SECONDS_MAX = 120.0


@dataclass(frozen=True, slots=True)
class Town:
    """One commune or municipal district. `code` is INSEE's; latitude and longitude in degrees, WGS 84, of its centre,
    or of its neighbours' where `placed_exactly` is false (a few kilometres off at most, in thinly peopled places).
    """

    code: str
    name: str
    postcodes: tuple[str, ...]
    department: str
    region: str
    latitude: float
    longitude: float
    placed_exactly: bool
    population: int


@cache
def towns() -> tuple[Town, ...]:
    """Every town, ordered by code. About 35,000; read once per process."""
    return tuple(_read())


def _read() -> Iterator[Town]:
    for line in (DATA / "communes.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        code, name, postcodes, department, region, latitude, longitude, placed, population = line.split("|")
        yield Town(
            code,
            name,
            tuple(postcodes.split()),
            department,
            region,
            float(latitude),
            float(longitude),
            placed == "town",
            int(population),
        )


async def load_towns(connection: asyncpg.Connection) -> int:
    """Makes the table `towns` say what the package says, in one transaction; the number of towns.

    Loading twice changes nothing; a crash leaves what was there before. Entries keep the coordinates they were imported
    with until the next import.
    """
    known = towns()
    queries = load("directory")
    async with connection.transaction():
        for name in ("empty_postcodes", "empty_towns"):
            await connection.execute(queries[name].sql, timeout=LOAD_SECONDS_MAX)
        await connection.copy_records_to_table(
            "towns",
            records=[
                (
                    town.code,
                    town.name,
                    folded,
                    list(town.postcodes),
                    town.department,
                    town.region,
                    town.latitude,
                    town.longitude,
                    town.placed_exactly,
                    town.population,
                    shortened(folded),
                )
                for town in known
                for folded in (fold_town(town.name),)
            ],
            timeout=LOAD_SECONDS_MAX,
        )
        await connection.execute(queries["spread_postcodes"].sql, timeout=LOAD_SECONDS_MAX)
    return len(known)
