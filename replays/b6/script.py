# SPDX-License-Identifier: AGPL-3.0-or-later
"""B6: a locum whose last day is over asks at two in the morning, with the session that is still open and with a fresh one."""

from __future__ import annotations

from datetime import timedelta

import httpx

from bento_house import AUTH, DAY
from over_http import b64
from replays.stage import Stage, answered, give_password, night, read_of

FILES = 200


async def play(stage: Stage) -> dict[str, float]:
    """How many of all asks were served, and how many practices a fresh log-in is told of."""
    stage.day_comes()
    await stage.until(night("02:00"))
    find = await give_password(stage, stage.cast.locum, AUTH)
    async with stage.browser(stage.cast.locum) as browser:
        served = await _takes(stage, browser)
    async with stage.browser() as browser:
        signed = await browser.post("/api/practice/sign-in", json={"find": b64(find), "auth": b64(AUTH)})
        practices = len(answered(signed).body["practices"])
        browser.headers["Cookie"] = signed.headers["set-cookie"].partition(";")[0]
        served += await _takes(stage, browser)
    return {"asks_served": served, "practices_told": practices}


async def _takes(stage: Stage, browser: httpx.AsyncClient) -> int:
    """200 files one a second, a list, cards, keys, who else there is: how many of these asks are served."""
    records = [record for records in stage.centre.days[DAY].values() for record in records]
    lists = {"agendas": [str(each) for each in stage.centre.agendas], "from": DAY.isoformat(), "days": 7}
    asked = [read_of(records[nth % len(records)], "id", "ct", "rs") for nth in range(FILES)]
    asked += [("agenda", lists), ("cards/read", {"cards": [str(stage.centre.cards[0])]})]
    answers = []
    for path, body in asked:
        answers.append(await stage.ask(browser, path, body))
        await stage.until(stage.house.clock.now + timedelta(seconds=1))
    answers += [
        answered(await browser.get(f"/api/practice/{stage.house.practice}/{what}"))
        for what in ("seeds", "house", "members")
    ]
    return sum(one.status < httpx.codes.BAD_REQUEST for one in answers)
