# SPDX-License-Identifier: AGPL-3.0-or-later
"""The search among the hints, against the plain computation over every row."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from serment.database.pool import Pool
from serment.directory.search import Place, box
from serment.server.stores import listings

NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
MOST = 20
HINTS, CROWD_SHARE = 600, 0.5
SPECIALTIES = ("SM54", "SM26", "SM15")


@pytest.fixture(scope="module")
async def hints(pool: Pool) -> list[dict]:
    """Agendas across the country, half of them in one town; some without a free time, some with the same one."""
    chance, rows = random.Random(7), []
    for _ in range(HINTS):
        crowded = chance.random() < CROWD_SHARE
        rows.append({
            "agenda": uuid.UUID(int=chance.getrandbits(128)),
            "specialty": chance.choice(SPECIALTIES),
            "longitude": chance.uniform(-0.15, 0.15) if crowded else chance.uniform(-3, 5),
            "latitude": 47 + chance.uniform(-0.1, 0.1) if crowded else chance.uniform(43, 50),
            "next_at": None if chance.random() < 0.1 else NOW + timedelta(hours=chance.randrange(60)),
        })  # fmt: skip
    await pool.executemany(
        "INSERT INTO next_free (practice, agenda, visit_type, main, specialty, place, next_at, recheck_at)"
        " VALUES ($1, $2, $3, $4, $5, point($6, $7), $8, $9)",
        [
            (uuid.uuid4(), row["agenda"], uuid.uuid4(), main, row["specialty"], row["longitude"],
             row["latitude"], row["next_at"] if main else NOW - timedelta(days=1), NOW)
            for row in rows for main in (True, False)
        ],
    )  # fmt: skip
    return rows


def inside(rows: list[dict], wanted: list[str], edges: dict[str, float]) -> list[dict]:
    return [
        row
        for row in rows
        if row["specialty"] in wanted
        and edges["west"] <= row["longitude"] <= edges["east"]
        and edges["south"] <= row["latitude"] <= edges["north"]
    ]


@pytest.mark.parametrize("kilometres", [3, 15, 120])
async def test_the_search_finds_what_a_look_at_every_agenda_finds(
    pool: Pool, hints: list[dict], kilometres: int
) -> None:
    chance, seen = random.Random(kilometres), 0
    for _ in range(40):
        place = Place(47 + chance.uniform(-0.2, 0.2), chance.uniform(-0.3, 0.3))
        wanted = chance.sample(SPECIALTIES, chance.randint(1, 3))
        edges = box(place, kilometres)
        rows = inside(hints, wanted, edges)
        seen += len(rows)
        found = await listings.earliest_around(pool, wanted, edges, MOST)
        plain = sorted(rows, key=lambda row: (row["next_at"] is None, row["next_at"] or NOW, row["agenda"]))
        assert [row["agenda"] for row in found] == [row["agenda"] for row in plain[:MOST]]
        near = await listings.nearest_around(pool, wanted, edges, MOST)
        middle = (edges["west"] + edges["east"]) / 2, (edges["south"] + edges["north"]) / 2

        def degrees(row: dict, middle: tuple[float, float] = middle) -> float:
            return (row["longitude"] - middle[0]) ** 2 + (row["latitude"] - middle[1]) ** 2

        assert [row["agenda"] for row in near] == [row["agenda"] for row in sorted(rows, key=degrees)[:MOST]]
    assert seen > 100
