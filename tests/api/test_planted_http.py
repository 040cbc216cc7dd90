# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whoever shows what only a backup holds is refused on any route, and the host hears of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from api.test_booking_http import OURS, live
from bento_house import open_house
from serment.check_backup import alarmed
from serment.database.pool import open_pool
from serment.framing.planted import plant
from serment.server.secret import read_secret

ROUTES = ("/healthz", "/fr/", "/api/patient/holds", "/api/nothing/at/all", "/fhir/Appointment")


async def test_a_planted_credential_is_refused_everywhere_and_sounds_the_alarm(
    new_database: Callable[[], Awaitable[str]], tmp_path: Path
) -> None:
    url = await new_database()
    pool = await open_pool(url, connections_max=2)
    try:
        house = await open_house(pool)
        async with (
            live(url, tmp_path, house.clock) as base,
            httpx.AsyncClient(base_url=base, timeout=10, headers=OURS) as client,
        ):
            mine = plant(read_secret(tmp_path).current)
            others = {"Authorization": f"Bearer {plant(b'o' * 32)}"}
            assert (await client.get("/healthz", headers=others)).status_code == 200
            assert await alarmed(url) == []
            for route in ROUTES:
                for method in ("GET", "POST"):
                    answer = await client.request(method, route, headers={"Authorization": f"Bearer {mine}"})
                    assert answer.status_code == 401, (method, route)
                    assert answer.json()["type"] == "urn:serment:error:signed_out"
            (said,) = await alarmed(url)
            assert f"{2 * len(ROUTES)} time(s)" in said.sentence and mine not in said.sentence
    finally:
        pool.terminate()
