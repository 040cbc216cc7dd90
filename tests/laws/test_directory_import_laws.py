# SPDX-License-Identifier: AGPL-3.0-or-later
"""Laws of the import: what stands in the table is what the file says, whatever was there and in whatever order."""

import datetime as dt
import random
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serment.directory.generate import header, line, rows
from serment.directory.rpps import import_rpps
from serment.directory.rpps_format import HeaderDrift, RowReader, columns, header_differences
from serment.directory.towns import load_towns, towns

FIRST_DAY, SECOND_DAY = dt.date(2026, 3, 1), dt.date(2026, 3, 2)
AROUND = [town for town in towns() if town.department == "39" and town.population > 1500]
BESIDE_A_FIXTURE = settings(
    max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    await load_towns(connection)
    yield connection
    await connection.close()


async def emptied(connection: asyncpg.Connection) -> None:
    await connection.execute("TRUNCATE directory_entries, directory_offers, directory_words")


def write(path: Path, said: Iterable[dict[str, str]]) -> Path:
    path.write_text("\n".join([header(), *map(line, said)]) + "\n", encoding="utf-8")
    return path


async def table(connection: asyncpg.Connection) -> dict[Any, dict[str, Any]]:
    found = await connection.fetch("SELECT * FROM directory_entries")
    return {row["entry"]: dict(row) for row in found}


async def offers(connection: asyncpg.Connection) -> set[tuple[str, str, Any]]:
    return {
        tuple(row)
        for row in await connection.fetch("SELECT town_code, specialty, entry FROM directory_offers")
    }


def expected(said: Rows) -> dict[Any, dict[str, Any]]:
    """What the rows say, by the reference way: one row after the other in memory."""
    reader = RowReader(columns())
    activities = [reader.activity(reader.split(line(values).encode())) for values in said]
    merged: dict[Any, dict[str, Any]] = {}
    for activity in sorted(activities, key=lambda a: a.digest, reverse=True):
        one = merged.setdefault(activity.entry, {"specialties": set()})
        one |= {
            "rpps": activity.rpps,
            "family_name": activity.family_name,
            "given_name": activity.given_name,
            "address": activity.address,
            "postcode": activity.postcode,
            "town_code": activity.town_code,
            "phone": activity.phone,
            "profession": activity.profession,
            "digest": activity.digest,
        }
        one["specialties"] |= {activity.specialty} - {""}
    for one in merged.values():
        codes = sorted(one["specialties"])
        one["specialties"] = (
            [f"P{one['profession']}", *codes] if one["profession"] != "10" else codes or ["P10"]
        )
    return merged


@BESIDE_A_FIXTURE
@given(seed=st.integers(0, 10**6), persons=st.integers(0, 40), shuffled=st.randoms(use_true_random=False))
async def test_what_was_generated_is_what_stands_in_the_table(
    connection: asyncpg.Connection, tmp_path: Path, seed: int, persons: int, shuffled: random.Random
) -> None:
    await emptied(connection)
    said = list(rows(seed=seed, persons=persons, towns=AROUND))
    told = said + said[:3]
    shuffled.shuffle(told)
    report = await import_rpps(connection, write(tmp_path / "a", told), today=FIRST_DAY)
    wanted, found = expected(said), await table(connection)
    assert found.keys() == wanted.keys()
    for entry, one in wanted.items():
        assert {key: found[entry][key] for key in one} == one
        assert found[entry]["latitude"] is not None
    assert report.added == len(wanted) and report.rows == len(told) == len(wanted) + report.merged
    assert await offers(connection) == {
        (one["town_code"], code, entry) for entry, one in wanted.items() for code in one["specialties"]
    }
    shuffled.shuffle(told)
    again = await import_rpps(connection, write(tmp_path / "b", told), today=SECOND_DAY)
    assert (again.added, again.changed, again.closed, again.unchanged) == (0, 0, 0, len(wanted))


@BESIDE_A_FIXTURE
@given(seed=st.integers(0, 10**6), chance=st.randoms(use_true_random=False))
async def test_a_then_b_is_b_alone_and_closed_marks(
    connection: asyncpg.Connection, tmp_path: Path, seed: int, chance: random.Random
) -> None:
    everyone = list(rows(seed=seed, persons=25, towns=AROUND))
    first = [dict(values) for values in everyone if chance.random() < 0.7]
    second = [dict(values) for values in everyone if chance.random() < 0.7]
    for values in second:
        if chance.random() < 0.3:
            values["Téléphone (coord. structure)"] = "0199000000"
        if chance.random() < 0.1:
            values["Nom d'exercice"] = "ŒUVRARD"
    a, b = write(tmp_path / "a", first), write(tmp_path / "b", second)
    await emptied(connection)
    alone = await import_rpps(connection, b, today=SECOND_DAY)
    wanted, wanted_offers = await table(connection), await offers(connection)
    await emptied(connection)
    await import_rpps(connection, a, today=FIRST_DAY)
    before = await table(connection)
    report = await import_rpps(connection, b, today=SECOND_DAY)
    found = await table(connection)
    assert {entry: row for entry, row in found.items() if row["closed_on"] is None} == wanted
    gone = before.keys() - wanted.keys()
    assert {entry for entry, row in found.items() if row["closed_on"] == SECOND_DAY} == gone
    assert report.closed == len(gone) and report.added == len(wanted.keys() - before.keys())
    assert report.added + report.changed + report.unchanged == alone.added
    assert report.changed == sum(before[entry] != wanted[entry] for entry in before.keys() & wanted.keys())
    assert await offers(connection) == wanted_offers


@given(
    names=st.permutations(columns()), at=st.integers(0, 55), text=st.text(max_size=12), how=st.integers(0, 2)
)
def test_a_drifted_header_is_always_refused_and_another_order_never(
    names: list[str], at: int, text: str, how: int
) -> None:
    assert header_differences(names) == []
    drifted = list(names)
    if how == 0:
        del drifted[at]
    elif how == 1:
        drifted.insert(at, "x" + text)
    else:
        drifted[at] = "x" + text
    with pytest.raises(HeaderDrift) as refusal:
        RowReader(drifted)
    assert refusal.value.differences
    if how != 1:
        assert names[at] in str(refusal.value)
