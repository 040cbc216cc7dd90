# SPDX-License-Identifier: AGPL-3.0-or-later
"""What holding and booking read does not grow with the practice, even by plans made when its tables were empty.

PostgreSQL keeps a statement's plan until the tables are analysed: on a new installation that is the plan for empty tables,
where reading all of a practice's rows looks as cheap as reading one.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest

from serment.database.pool import Transaction, open_pool
from serment.database.queries import Query, load

BIG = ("spans", "appointments", "stanzas")
HELD = load("spans")
SEALED = load("envelopes")
MARKED = load("appointments")


@pytest.fixture
async def empty(new_database: Callable[[], Awaitable[str]]) -> AsyncIterator[Transaction]:
    pool = await open_pool(await new_database())
    async with pool.acquire() as connection:
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        yield connection
    pool.terminate()


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


async def whole_practices_read(connection: Transaction, query: Query) -> list[str]:
    """Where a statement's plan reads a big table whole, or by the practice alone."""
    await connection.execute(f"DEALLOCATE ALL; PREPARE asked AS {query.sql}")
    nothing = ", ".join("NULL" for _ in query.parameters)
    text = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE asked({nothing})")
    found = []
    for node in nodes(json.loads(text)[0]["Plan"]):
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in BIG:
            found.append(f"all of {node['Relation Name']}")
        index, condition = node.get("Index Name", ""), node.get("Index Cond", "")
        if index.split("_")[0] in BIG and " AND " not in condition and "practice" in condition:
            found.append(f"{index} by {condition}")
    return found


@pytest.mark.parametrize(
    "query",
    [HELD["place_hold"], HELD["read_taken"], HELD["read_fingerprint"], HELD["read_record"], HELD["lock_hold"],
     HELD["release_hold"], SEALED["book"], SEALED["rewrite"], SEALED["read_written"], SEALED["read_sealed"],
     SEALED["read_sealed_list"], MARKED["lock"], MARKED["read"], MARKED["read_requests"]],
    ids=lambda query: query.name,
)  # fmt: skip
async def test_no_plan_reads_a_whole_practice(empty: Transaction, query: Query) -> None:
    assert await whole_practices_read(empty, query) == []


async def test_a_plan_that_does_is_seen(empty: Transaction) -> None:
    query = Query("all", "Everything.", "SELECT minutes FROM appointments WHERE practice = $1", ("practice",))
    assert await whole_practices_read(empty, query) != []
