# SPDX-License-Identifier: AGPL-3.0-or-later
"""Members over a live server: an open stream of who is suspended or removed ends within five seconds."""

from __future__ import annotations

import asyncio
import base64
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

import members_house as people
from api.test_booking_http import OURS, live
from bento_house import House, open_house
from members_house import Change, Person
from serment.database.pool import open_pool
from serment.framing import Role
from serment.seal.invitation import invitation_find, invitation_tag
from serment.seal.keys import UserKeys
from serment.server.session import COOKIE

SECONDS_MAX = 5.0


@pytest.fixture
async def house(
    new_database: Callable[[], Awaitable[str]], tmp_path: Path
) -> AsyncIterator[tuple[House, str]]:
    url = await new_database()
    pool = await open_pool(url, connections_max=6)
    try:
        opened = await open_house(pool)
        async with live(url, tmp_path, opened.clock) as base:
            yield opened, base
    finally:
        pool.terminate()


def browser(base: str, person: Person) -> httpx.AsyncClient:
    value = base64.urlsafe_b64encode(person.session).decode().rstrip("=")
    return httpx.AsyncClient(base_url=base, headers={**OURS, "Cookie": f"{COOKIE}={value}"}, timeout=15)


def wired(change: Change) -> dict[str, Any]:
    """A batch as a browser sends it."""
    batch = change.batch
    body = {
        "events": [{"event": each.event, "sig": each.sig} for each in batch.events],
        "seeds": [
            {"unit": uuid.UUID(bytes=s.unit), "epoch": s.epoch, "kid": s.kid, "bytes": s.sealed}
            for s in batch.seeds
        ],
        "previous": [
            {"unit": uuid.UUID(bytes=s.unit), "epoch": s.epoch, "bytes": s.sealed} for s in batch.previous
        ],
    }
    return json.loads(msgspec.json.encode(body))  # type: ignore[no-any-return]


async def _listens_until(stream: httpx.AsyncClient, address: str, ready: asyncio.Event) -> float:
    """When the stream ended, by the monotonic clock."""
    async with stream.stream("GET", address) as answer:
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            if line.startswith("event: ready"):
                ready.set()
    return time.monotonic()


@pytest.mark.parametrize("how", ["suspended", "removed"])
async def test_the_open_stream_of_a_member_who_leaves_ends_within_five_seconds(
    house: tuple[House, str], how: str
) -> None:
    here, base = house
    bento, sam = await people.bento(here), await people.sam(here)
    of = f"/api/practice/{here.practice}"
    async with browser(base, bento) as owner, browser(base, sam) as desk:
        ready = asyncio.Event()
        listening = asyncio.create_task(_listens_until(desk, f"{of}/changes", ready))
        async with asyncio.timeout(10):
            await ready.wait()
        if how == "suspended":
            answer = await owner.post(f"{of}/members/{here.sam_member}/suspend")
            assert answer.status_code == 204
        else:
            change = await people.removal(bento, here, here.sam_member)
            answer = await owner.post(f"{of}/roster", json=wired(change))
            assert answer.status_code == 200 and answer.json()["seq"] == change.roster.seq
        left = time.monotonic()
        async with asyncio.timeout(SECONDS_MAX):
            ended = await listening
        assert ended - left < SECONDS_MAX
        told = await desk.get(f"{of}/house")
        assert told.status_code == (404 if how == "suspended" else 401)


async def test_the_stream_of_a_member_who_stays_goes_on(house: tuple[House, str]) -> None:
    """The twin: another's suspension ends nobody else's stream."""
    here, base = house
    bento = await people.bento(here)
    of = f"/api/practice/{here.practice}"
    async with browser(base, bento) as owner:
        ready = asyncio.Event()
        listening = asyncio.create_task(_listens_until(owner, f"{of}/changes", ready))
        async with asyncio.timeout(10):
            await ready.wait()
        async with browser(base, bento) as again:
            assert (await again.post(f"{of}/members/{here.sam_member}/suspend")).status_code == 204
        done, _ = await asyncio.wait({listening}, timeout=SECONDS_MAX)
        assert not done
        listening.cancel()


async def test_a_link_is_shown_answered_and_signed_in_over_http(house: tuple[House, str]) -> None:
    here, base = house
    bento = await people.bento(here)
    nadia = await people.enrol(here, "Nadia", UserKeys.new())
    invited = people.letter(bento, here, "Nadia", Role.SECRETARY, [here.unit])
    asked = json.loads(msgspec.json.encode(invited.asked))
    of, find = f"/api/practice/{here.practice}", base64.b64encode(invitation_find(invited.secret)).decode()
    async with browser(base, bento) as owner, browser(base, nadia) as hers:
        made = await owner.post(f"{of}/invitations", json=asked)
        assert made.json() == {"expires_on": "2027-03-08"}
        assert (await owner.post(f"{of}/invitations", json=asked)).json() == made.json()
        shown = await hers.post("/api/practice/join", json={"find": find})
        assert (shown.json()["name"], shown.json()["unit_names"], shown.json()["answered"]) == (
            "Nadia",
            ["Cabinet"],
            False,
        )
        tag = invitation_tag(invited.secret, invited.offer, nadia.keys.kem.pk, nadia.keys.sign.pk)
        answer = {
            "find": find,
            "kem_pk": base64.b64encode(nadia.keys.kem.pk).decode(),
            "sign_pk": base64.b64encode(nadia.keys.sign.pk).decode(),
            "tag": base64.b64encode(tag).decode(),
        }
        assert (await hers.post("/api/practice/join/answer", json=answer)).status_code == 204
        told = (await owner.get(f"{of}/members")).json()
        assert told["invitations"][0]["tag"] == answer["tag"]
        assert (await hers.get(f"{of}/members")).status_code == 404
        other = dict(answer, tag=base64.b64encode(bytes(32)).decode())
        assert (
            (await hers.post("/api/practice/join/answer", json=other))
            .json()["type"]
            .endswith("already_answered")
        )
        wrong = await hers.post("/api/practice/join", json={"find": base64.b64encode(bytes(16)).decode()})
        assert wrong.status_code == 404 and wrong.json()["type"] == "urn:serment:error:no_such_invitation"
