# SPDX-License-Identifier: AGPL-3.0-or-later
"""B9: numbers, one after the other, against whatever takes a name: which of them does this instance know?

No route takes a number in clear: a check's question is sealed to the notifier and says nothing to the server. A log-in name
is whatever its owner chose, so the worst case is somebody who signs in by their own number.
"""

from __future__ import annotations

import hashlib
import math
import secrets
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import httpx

from over_http import b64
from replays.stage import Stage, night
from serment.framing import find_row
from serment.framing.messages import ASK_BYTES

NUMBERS = 10_000
P_LEAST = 0.01
UNSEEN = timedelta(seconds=2.5)  # so slowly that nobody takes it for a list of passwords
AT_ONCE = timedelta(seconds=1 / 20)
Ask = Callable[..., Awaitable[httpx.Response]]  # a browser, a number, whether it is known


async def play(stage: Stage) -> dict[str, float]:
    """Routes whose answer, or whose time, tells a known number from an unknown one; numbers an hour that cost no work."""
    stage.day_comes()
    await stage.until(night("08:00"))
    count = 150 if stage.short else NUMBERS // 4
    await _known(stage, count)
    routes: Sequence[tuple[Ask, timedelta]] = (
        (_signs_in, UNSEEN),
        (_signs_in, AT_ONCE),
        (_recovers, AT_ONCE),
    )
    answers, least = 0, 1.0
    async with stage.browser() as browser:
        for nth, (ask, pace) in enumerate(routes):
            told, p = await _asked(stage, browser, ask, pace, range(nth * count, (nth + 1) * count))
            answers, least = answers + told, min(least, p * len(routes))
        checks = await _until_work(stage, browser, _checks)
        names = await _until_work(stage, browser, _signs_up)
    return {
        "routes_whose_answer_tells": answers,
        "routes_whose_time_tells": float(least < P_LEAST),
        "checks_an_hour_without_work": checks,
        "names_tried_at_sign_up_an_hour_without_work": names,
    }


def _find(number: int, *, known: bool) -> bytes:
    return hashlib.sha256(f"+336{number:08}{known}".encode()).digest()


async def _known(stage: Stage, count: int) -> None:
    """As many accounts as will be asked for, each a number."""
    secret = stage.house.instance.secret.current
    rows = [(uuid.uuid4(), find_row(secret, _find(nth, known=True))) for nth in range(count * 3)]
    await stage.pool.executemany(
        "INSERT INTO accounts (account, find_row, auth, sign_pk, asks_second) VALUES ($1, $2, $3, $4, true)",
        [(account, row, secrets.token_bytes(32), secrets.token_bytes(32)) for account, row in rows],
    )
    # A session for each, as the sweep takes accounts away that nobody is signed in to.
    await stage.pool.executemany(
        "INSERT INTO sessions (token_hash, account, expires_at) VALUES ($1, $2, $3)",
        [
            (secrets.token_bytes(32), account, stage.house.clock.now + timedelta(days=2))
            for account, _ in rows
        ],
    )
    await stage.pool.execute("INSERT INTO notifier_root (pk) VALUES ($1) ON CONFLICT DO NOTHING", b"n" * 32)


async def _signs_in(browser: httpx.AsyncClient, number: int, *, known: bool) -> httpx.Response:
    body = {"find": b64(_find(number, known=known)), "auth": b64(bytes(32))}
    return await browser.post("/api/practice/sign-in", json=body)


async def _recovers(browser: httpx.AsyncClient, number: int, *, known: bool) -> httpx.Response:
    return await browser.post("/api/practice/recover", json={"find": b64(_find(number, known=known)[:16])})


async def _asked(
    stage: Stage, browser: httpx.AsyncClient, ask: Ask, pace: timedelta, numbers: range
) -> tuple[int, float]:
    """Whether an answer differs, and how likely the times of both kinds are the same."""
    times: dict[bool, list[float]] = {True: [], False: []}
    answers: dict[bool, set[tuple[int, bytes]]] = {True: set(), False: set()}
    for number in numbers:
        await stage.until(stage.house.clock.now + pace)
        for known in stage.chance.sample((True, False), 2):
            begun = time.perf_counter()
            answer = await ask(browser, number, known=known)
            times[known].append(time.perf_counter() - begun)
            answers[known].add((answer.status_code, answer.content))
    return int(answers[True] != answers[False]), same_times(times[True], times[False])


def same_times(some: Sequence[float], others: Sequence[float]) -> float:
    """The two-sample Kolmogorov-Smirnov test's p, by its asymptotic distribution."""
    together = sorted((value, kind) for kind, values in enumerate((some, others)) for value in values)
    apart = furthest = 0.0
    for _, kind in together:
        apart += 1 / len(some) if kind == 0 else -1 / len(others)
        furthest = max(furthest, abs(apart))
    size = math.sqrt(len(some) * len(others) / (len(some) + len(others)))
    reach = (size + 0.12 + 0.11 / size) * furthest
    if reach < 0.2:  # the series below does not converge there, and p is one
        return 1.0
    terms = ((-1) ** (k - 1) * math.exp(-2 * (k * reach) ** 2) for k in range(1, 101))
    return min(1.0, max(0.0, 2 * sum(terms)))


async def _checks(browser: httpx.AsyncClient) -> httpx.Response:
    return await browser.post(
        "/api/checks", json={"q": str(uuid.uuid4()), "ask": b64(secrets.token_bytes(ASK_BYTES))}
    )


async def _signs_up(browser: httpx.AsyncClient) -> httpx.Response:
    body = {"account": str(uuid.uuid4()), "find": b64(secrets.token_bytes(32)), "auth": b64(bytes(32))}
    return await browser.post("/api/practice/accounts", json=body)


async def _until_work(stage: Stage, browser: httpx.AsyncClient, ask: Ask) -> int:
    """How many are taken before the address is asked to work."""
    for nth in range(100):
        await stage.until(stage.house.clock.now + AT_ONCE)
        if (await ask(browser)).status_code == httpx.codes.TOO_MANY_REQUESTS:
            return nth
    return 100
