# SPDX-License-Identifier: AGPL-3.0-or-later
"""B1: ids altered one after the other, by one access and then by fifty."""

from __future__ import annotations

import base64
import secrets
import uuid
from datetime import datetime, timedelta

import httpx

from bento_house import DAY
from members_house import Person
from over_http import b64
from replays.stage import Stage, night, read_of

PACE = timedelta(seconds=1 / 20)
TOKENS = 20  # beyond five each waits longer, up to five seconds


async def play(stage: Stage) -> dict[str, float]:
    """10,000 ids by an account of no practice, then by a member of another one; then the swarm, once a second each."""
    stage.day_comes()
    await stage.until(night("09:00"))
    ids = _altered(stage, 200 if stage.short else 10_000)
    await _links(stage)
    await _account_of_no_practice(stage, ids)
    alone = await _member_elsewhere(stage, stage.cast.swarm[0], ids)
    swarm = await _swarm(stage, stage.cast.swarm[1:], ids)
    return {"seconds_to_freeze": alone, "swarm_seconds_to_freeze": swarm}


def _altered(stage: Stage, count: int) -> list[uuid.UUID]:
    """Neighbours of a true id, and, worse than any guess, true ones."""
    true = [record for records in stage.centre.days[DAY].values() for record in records]
    near = [uuid.UUID(int=true[0].int ^ (nth + 1)) for nth in range(count)]
    return [true[nth % len(true)] if nth % 2 else each for nth, each in enumerate(near)]


async def _links(stage: Stage) -> None:
    """Alice has a link of her own, and alters its token."""
    async with stage.browser() as browser:
        own = stage.centre.alice.cap.row_token
        for nth in range(TOKENS // 2 if stage.short else TOKENS):
            token = (int.from_bytes(own, "big") ^ (nth + 1)).to_bytes(32, "big")
            headers = {"Serment-Row-Token": base64.b64encode(token).decode()}
            answer = await browser.get("/api/patient/appointment", headers=headers)
            assert answer.status_code == httpx.codes.NOT_FOUND


async def _account_of_no_practice(stage: Stage, ids: list[uuid.UUID]) -> None:
    async with stage.browser() as browser:
        body = {"account": str(uuid.uuid4()), "find": b64(secrets.token_bytes(32)), "auth": b64(bytes(32))}
        made = await browser.post("/api/practice/accounts", json=body)
        assert made.status_code == httpx.codes.CREATED, made.text
        browser.headers["Cookie"] = made.headers["set-cookie"].partition(";")[0]
        for record in ids:
            await stage.until(stage.house.clock.now + PACE)
            answer = await stage.ask(browser, *read_of(record, "id", "ct", "rs"))
            assert answer.status == httpx.codes.NOT_FOUND


async def _member_elsewhere(stage: Stage, who: Person, ids: list[uuid.UUID]) -> float:
    """Seconds until nothing is answered any more."""
    begun = stage.house.clock.now
    async with stage.browser(who) as browser:
        for record in ids:
            answer = await stage.ask(browser, *read_of(record, "id", "ct", "rs"))
            if answer.status == httpx.codes.UNAUTHORIZED:
                break
            await stage.until(stage.house.clock.now + PACE)
    return _since(stage, begun)


async def _swarm(stage: Stage, swarm: list[Person], ids: list[uuid.UUID]) -> float:
    """Each asks once a second; seconds until the last one is stopped."""
    begun, going = stage.house.clock.now, set(range(len(swarm)))
    for second in range(120):
        for nth in sorted(going):
            async with stage.browser(swarm[nth], address=f"127.0.1.{nth + 1}") as browser:
                answer = await stage.ask(
                    browser, *read_of(ids[(second * 51 + nth) % len(ids)], "id", "ct", "rs")
                )
            if answer.status == httpx.codes.UNAUTHORIZED:
                going.discard(nth)
        if not going:
            break
        await stage.until(begun + timedelta(seconds=second + 1))
    assert not going, "some of the swarm go on"
    return _since(stage, begun)


def _since(stage: Stage, begun: datetime) -> float:
    return (stage.house.clock.now - begun).total_seconds()
