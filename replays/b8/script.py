# SPDX-License-Identifier: AGPL-3.0-or-later
"""B8: a list of names and passwords that leaked elsewhere, tried from many addresses while honest people sign in.

Scaled down: a tenth (or, short, a hundredth) of 100,000 pairs from 1,000 addresses, at the same share of valid pairs and the
same number of pairs an address; the pace stays that of 100,000 within an hour.
"""

from __future__ import annotations

import base64
import contextlib
import secrets
from datetime import timedelta
from typing import Any

import httpx

from over_http import b64
from replays.stage import Answered, Stage, answered, night
from store.test_accounts import Person

PAIRS, ADDRESSES, VALID_SHARE = 100_000, 1_000, 0.02
PACE = timedelta(seconds=3600 / PAIRS)
HONEST_EVERY = 10  # tries: one honest log-in, on a machine that is known
MISTYPED = 0.05  # of honest log-ins, once before


async def play(stage: Stage) -> dict[str, float]:
    """Sessions opened; seconds until a right password is answered as a wrong one is; what share of the right ones was told
    apart before; what share of honest log-ins was refused."""
    stage.day_comes()
    await stage.until(night("14:00"))
    scale = 100 if stage.short else 10
    people = [await _person(stage) for _ in range(int(PAIRS / scale * VALID_SHARE))]
    begun, honest = stage.house.clock.now, 0
    figures = {
        "sessions_opened": 0.0,
        "seconds_to_brake": 0.0,
        "right_pairs_told": 0.0,
        "honest_log_ins_refused": 0.0,
    }
    async with contextlib.AsyncExitStack() as stack:
        browsers = [
            await stack.enter_async_context(stage.browser(address=f"127.8.{nth // 250}.{nth % 250 + 1}"))
            for nth in range(ADDRESSES // scale)
        ]
        for nth in range(PAIRS // scale):
            await stage.until(begun + PACE * nth)
            browser, right = browsers[nth % len(browsers)], stage.chance.random() < VALID_SHARE
            of = stage.chance.choice(people)
            answer = await _tries(browser, of.find if right else secrets.token_bytes(32), of.auth)
            figures["sessions_opened"] += answer.status == httpx.codes.OK
            if right and answer != await _tries(browser, secrets.token_bytes(32), of.auth):
                figures["right_pairs_told"] += 1 / len(people)
                figures["seconds_to_brake"] = (stage.house.clock.now - begun).total_seconds()
            if nth % HONEST_EVERY == 0:
                honest += 1
                figures["honest_log_ins_refused"] += not await _signs_in(
                    stage, browsers[0], stage.chance.choice(people)
                )
    figures["honest_log_ins_refused"] /= honest
    return figures


async def _person(stage: Stage) -> Person:
    """With a password, a printed code, and a machine that is known."""
    person = await Person(stage.house.instance).joins()
    await person.remembers()
    return person


async def _tries(browser: httpx.AsyncClient, find: bytes, auth: bytes, **more: Any) -> Answered:
    return answered(
        await browser.post("/api/practice/sign-in", json={"find": b64(find), "auth": b64(auth), **more})
    )


async def _signs_in(stage: Stage, browser: httpx.AsyncClient, who: Person) -> bool:
    """From the worst address there is: that of an attacker."""
    tries = [secrets.token_bytes(32)] if stage.chance.random() < MISTYPED else []
    for auth in [*tries, who.auth]:
        asked = await browser.get("/api/practice/challenge")
        proof = who.proves(base64.b64decode(asked.json()["challenge"]))
        device = {"device": str(proof.device), "challenge": b64(proof.challenge), "sig": b64(proof.sig)}
        answer = await _tries(browser, who.find, auth, device=device)
    return answer.status == httpx.codes.OK
