# SPDX-License-Identifier: AGPL-3.0-or-later
"""kill -9 of `serment demo` while it plants its town: the next start finishes it, and nothing is there twice."""

from __future__ import annotations

import base64
import json
import random
import time
from pathlib import Path

import asyncpg
import httpx
import pytest

from over_http import b64
from running_serment import SMALL_TOWN, UP_SECONDS_MAX, Serment
from serment.demo.run import STATE_FILE
from serment.demo.screen import PEOPLE
from serment.demo.town import MAIN
from serment.seal.keys import Cap

# The words after which it is killed, and how long after them at most.
MOMENTS = (("database running", 0.5), ("communes of France", 0.4), ("practices opened", 1.5))
TABLES = (
    "practices",
    "agendas",
    "openings",
    "visit_types",
    "roster_events",
    "accounts",
    "members",
    "appointments",
    "cards",
    "index_entries",
)

pytestmark = pytest.mark.slow


def _url(data: Path) -> str:
    return f"postgresql://serment@/serment?host={data / 'postgres' / 'run'}&port=5432"


async def _counts(data: Path) -> dict[str, int]:
    connection = await asyncpg.connect(_url(data))
    try:
        return {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}
    finally:
        await connection.close()


async def _names_of_main(data: Path) -> list[str]:
    connection = await asyncpg.connect(_url(data))
    try:
        rows = await connection.fetch(
            "SELECT m.name FROM members m JOIN practices p USING (practice) WHERE p.slug = $1", MAIN
        )
        return sorted(row["name"] for row in rows)
    finally:
        await connection.close()


def _kill_after(words: str, seconds: float, data: Path, port: int) -> None:
    serment = Serment("demo", data=data, port=port, program=SMALL_TOWN)
    deadline = time.monotonic() + UP_SECONDS_MAX
    while words not in serment.words():
        assert serment.process.poll() is None and time.monotonic() < deadline, serment.words()
        time.sleep(0.01)
    time.sleep(seconds)
    serment.kill_9()


async def test_a_demo_killed_while_planting_is_finished_without_doubles(
    tmp_path: Path, free_port: int
) -> None:
    data = tmp_path / "d"  # short: the socket lives inside
    for words, seconds in MOMENTS:
        _kill_after(words, random.uniform(0, seconds), data, free_port)
        assert not (data / STATE_FILE).exists()
    found = []
    for _ in range(2):
        serment = Serment("demo", data=data, port=free_port, program=SMALL_TOWN)
        try:
            serment.wait_until_up()
            found.append(await _counts(data))
            assert await _names_of_main(data) == sorted(person.name for person in PEOPLE)
            state = json.loads((data / STATE_FILE).read_text())
            if len(found) == 1:
                _alices_link_opens(serment, state["alice"])
            assert serment.end() == 0
        finally:
            serment.clean_up()
        (data / STATE_FILE).unlink()  # the second time, it plants a town that stands already
    assert found[0] == found[1]
    assert found[0]["appointments"] > 100
    assert found[0]["accounts"] == found[0]["members"] == found[0]["practices"] + len(PEOPLE) - 1


def _alices_link_opens(serment: Serment, link: str) -> None:
    cap = Cap.from_secret(base64.urlsafe_b64decode(link.partition(".")[0] + "="))
    answer = httpx.get(
        f"{serment.address}/api/patient/appointment", headers={"Serment-Row-Token": b64(cap.row_token)}
    )
    assert answer.status_code == 200
