# SPDX-License-Identifier: AGPL-3.0-or-later
"""Objecting without an account: a letter's link, and the one click of mail programs (RFC 8058)."""

from __future__ import annotations

import base64
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from api.test_booking_http import live
from bento_house import Clock
from serment.database.pool import Pool, open_pool
from serment.server.usecases import steer_messages

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def address(token: bytes) -> str:
    return "/stop/" + base64.urlsafe_b64encode(token).decode().rstrip("=")


@pytest.fixture
async def pool(new_database: Callable[[], Awaitable[str]]) -> AsyncIterator[tuple[str, Pool]]:
    url = await new_database()
    opened = await open_pool(url, connections_max=2)
    yield url, opened
    await opened.close()


@pytest.fixture
async def site(pool: tuple[str, Pool], tmp_path: Path) -> AsyncIterator[tuple[httpx.AsyncClient, Pool]]:
    url, opened = pool
    async with (
        live(url, tmp_path, Clock()) as base,
        httpx.AsyncClient(base_url=base, follow_redirects=False) as client,
    ):
        yield client, opened


async def waiting(pool: Pool) -> dict[bytes, bool]:
    """What waits for the notifier: token, and whether messages are wanted again."""
    rows = await pool.fetch("SELECT stop, again FROM inbox_objections")
    return {row["stop"]: row["again"] for row in rows}


async def test_looking_at_the_link_changes_nothing_whoever_looks(
    site: tuple[httpx.AsyncClient, Pool],
) -> None:
    client, pool = site
    token = secrets.token_bytes(16)
    for path in (address(token), f"/fr{address(token)}", f"/en{address(token)}/again"):
        for method in ("GET", "HEAD"):
            assert (await client.request(method, path)).status_code == 200
    assert await waiting(pool) == {}


async def test_one_click_objects_at_once_without_a_cookie_or_a_detour(
    site: tuple[httpx.AsyncClient, Pool],
) -> None:
    client, pool = site
    token = secrets.token_bytes(16)
    for _ in range(2):
        answer = await client.post(address(token), data=ONE_CLICK)
        assert answer.status_code == 200 and "set-cookie" not in answer.headers
    assert await waiting(pool) == {token: False}
    await client.post(f"{address(token)}/again")
    assert await waiting(pool) == {token: True}


async def test_the_answer_is_the_same_whosever_token_it_is_and_names_no_other_than_the_one_sent(
    site: tuple[httpx.AsyncClient, Pool],
) -> None:
    client, _ = site
    one, other = secrets.token_bytes(16), secrets.token_bytes(16)
    answers = [(await client.post(address(token), data=ONE_CLICK)).text for token in (one, other)]
    assert answers[0].replace(address(one), address(other)) == answers[1]


@pytest.mark.parametrize("text", ["AAAA", "A" * 21, "A" * 23, "A" * 20 + "é" + "A", "A" * 4000])
async def test_a_link_cut_short_is_told_so_and_does_nothing(
    site: tuple[httpx.AsyncClient, Pool], text: str
) -> None:
    client, pool = site
    for method in ("GET", "POST"):
        assert (await client.request(method, f"/stop/{text}")).status_code == 404
    assert await waiting(pool) == {}


@pytest.mark.parametrize(("language", "said"), [("fr", "Rien n’a changé"), ("en", "Nothing has changed")])
async def test_an_objection_that_could_not_be_kept_is_never_said_to_be_noted(
    site: tuple[httpx.AsyncClient, Pool], monkeypatch: pytest.MonkeyPatch, language: str, said: str
) -> None:
    client, pool = site
    monkeypatch.setattr(steer_messages, "OBJECTIONS_WAITING_MAX", 1)
    kept, late = secrets.token_bytes(16), secrets.token_bytes(16)
    await client.post(address(kept))
    for path in (f"/{language}{address(late)}", f"/{language}{address(late)}/again"):
        answer = await client.post(path, data=ONE_CLICK)
        assert answer.status_code == 503 and said in answer.text
        assert f'action="{path}"' in answer.text  # what is tried again is what was wanted
        # Nobody who wants messages is told to answer STOP.
        assert ("STOP" in answer.text) is not path.endswith("/again")
    answer = await client.post("/api/messages/object", json={"stop": base64.b64encode(late).decode()})
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (503, "too_many_objections")
    assert (
        await client.post(f"{address(kept)}/again")
    ).status_code == 200  # whoever waits already may say otherwise
    assert await waiting(pool) == {kept: True}


async def test_a_full_stop_behind_the_link_is_none_of_it(site: tuple[httpx.AsyncClient, Pool]) -> None:
    client, pool = site
    token = secrets.token_bytes(16)
    assert (await client.post(f"{address(token)}.")).status_code == 200
    assert await waiting(pool) == {token: False}


async def test_the_privacy_page_speaks_of_messages_where_somebody_sends_them_and_else_says_that_nobody_does(
    site: tuple[httpx.AsyncClient, Pool],
) -> None:
    client, pool = site
    alone = (await client.get("/fr/privacy")).text
    assert "Ce site n’envoie ni SMS ni e-mail" in alone and "service de rappel" not in alone
    await pool.execute("INSERT INTO notifier_root (pk) VALUES ($1)", secrets.token_bytes(32))
    served = (await client.get("/fr/privacy")).text
    assert "le service de rappel n’a que votre numéro ou votre adresse" in served
    assert "L’opérateur, le relais d’e-mail" in served and "Ce site n’envoie" not in served
