# SPDX-License-Identifier: AGPL-3.0-or-later
"""The phone check over HTTP: three routes that take bytes of one size, need no cookie, and say nothing of a number."""

from __future__ import annotations

import base64
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from api.test_booking_http import OURS, live
from over_http import b64
from serment.database.pool import Pool
from serment.domain.throttle import CHECKS_PER_HOUR, solve
from serment.framing.messages import ASK_BYTES, CODE_BYTES, REPLY_BYTES
from serment.server.usecases.relay_checks import TRIES_MAX

NOW = datetime(2027, 1, 15, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server's own: its secret belongs to the module's database."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture
async def browser(pool: Pool, database_url: str, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A browser before a server whose database a notifier serves."""
    await pool.execute("INSERT INTO notifier_root (pk) VALUES ($1) ON CONFLICT DO NOTHING", b"n" * 32)
    async with (
        live(database_url, folder, lambda: NOW) as base,
        httpx.AsyncClient(base_url=base, headers=OURS) as client,
    ):
        yield client


async def asked(browser: httpx.AsyncClient, q: str, ask: bytes, work: bytes | None = None) -> httpx.Response:
    return await browser.post("/api/checks", json={"q": q, "ask": b64(ask), "work": work and b64(work)})


async def test_a_check_is_asked_tried_and_answered_and_every_request_may_come_twice(
    browser: httpx.AsyncClient, pool: Pool
) -> None:
    q, ask, code, reply = str(uuid4()), *map(secrets.token_bytes, (ASK_BYTES, CODE_BYTES, REPLY_BYTES))
    for _ in range(2):
        assert (await asked(browser, q, ask)).status_code == 204
    for _ in range(2):
        assert (await browser.post(f"/api/checks/{q}/code", json={"code": b64(code)})).status_code == 204
    other = await browser.post(f"/api/checks/{q}/code", json={"code": b64(secrets.token_bytes(CODE_BYTES))})
    assert (other.status_code, other.json()["type"]) == (409, "urn:serment:error:code_judged")
    assert (await browser.get(f"/api/checks/{q}")).json() == {"tries": 0, "reply": None}
    await pool.execute("UPDATE phone_checks SET code = NULL, tries = 1, reply = $1", reply)
    told = await browser.get(f"/api/checks/{q}")
    assert told.json() == {"tries": 1, "reply": b64(reply)}
    assert "no-store" in told.headers["cache-control"] and not browser.cookies


async def test_what_is_of_another_size_or_unknown_is_refused_with_a_name(
    browser: httpx.AsyncClient, pool: Pool
) -> None:
    q = str(uuid4())
    for wrong in (ASK_BYTES - 1, ASK_BYTES + 1, 0):
        assert (await asked(browser, q, secrets.token_bytes(wrong))).status_code in (400, 422)
    assert (await browser.get(f"/api/checks/{q}")).json()["type"] == "urn:serment:error:no_such_check"
    code = {"code": b64(secrets.token_bytes(CODE_BYTES))}
    assert (await browser.post(f"/api/checks/{q}/code", json=code)).status_code == 404
    await asked(browser, q, secrets.token_bytes(ASK_BYTES))
    assert (await asked(browser, q, secrets.token_bytes(ASK_BYTES))).json()["type"].endswith("check_taken")
    await pool.execute("UPDATE phone_checks SET tries = $1", TRIES_MAX)
    spent = await browser.post(f"/api/checks/{q}/code", json=code)
    assert (spent.status_code, spent.json()["type"]) == (409, "urn:serment:error:tries_spent")


async def test_after_twenty_an_hour_a_check_costs_work_and_is_never_refused(
    browser: httpx.AsyncClient,
) -> None:
    for _ in range(CHECKS_PER_HOUR):
        assert (await asked(browser, str(uuid4()), secrets.token_bytes(ASK_BYTES))).status_code == 204
    q, ask = str(uuid4()), secrets.token_bytes(ASK_BYTES)
    owed = await asked(browser, q, ask)
    assert owed.status_code == 429
    work = solve(base64.b64decode(owed.json()["challenge"]), owed.json()["bits"])
    assert (await asked(browser, q, ask, work)).status_code == 204
