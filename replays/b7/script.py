# SPDX-License-Identifier: AGPL-3.0-or-later
"""B7: an owner's session in somebody else's hands: everything, at line speed, for as long as it lasts.

With the cookie alone all of it is sealed. Whoever sits in the owner's own open browser has the keys as well: what the
oracle counts is then what they read.
"""

from __future__ import annotations

import dataclasses
import uuid
from datetime import date, timedelta

import httpx

from bench.honest_centre import Moment, sign_in_again
from bento_house import DAY
from replays.oracle import Left
from replays.stage import Stage, night, read_of

PACE = timedelta(seconds=1 / 20)
NEAR_DAYS = 14
BEFORE = DAY - timedelta(days=1)
KNOWN = 120  # files that the owner opened the day before
LEAST_NAMES, LEAST_CARDS = 400, 300  # a small practice's day is fewer


async def play(stage: Stage) -> dict[str, float]:
    """What left before the access was stopped, and after how many seconds."""
    known = await _worked_before(stage)
    stage.day_comes()
    await stage.until(night("10:30"))
    await sign_in_again(stage.centre, stage.cast.owner)  # the session that is taken half an hour later
    await stage.until(night("11:00"))
    begun = stage.house.clock.now
    async with stage.browser(stage.cast.owner) as browser:
        await _names(stage, browser)
        await _known(stage, browser, known)
        stopped = await _cards(stage, browser) or await _contacts(stage, browser)
    assert stopped, "nothing stopped them"
    far = _far(stage, stage.left)
    return {
        "contacts": len(stage.left.records("ct")),
        "reasons": len(stage.left.records("rs")),
        "names_of_far_days_in_days_of_slots": far / max(LEAST_NAMES, stage.centre.size.day),
        "cards_in_days_of_slots": len(stage.left.records("card")) / max(LEAST_CARDS, stage.centre.size.day),
        "seconds_to_freeze": (stage.house.clock.now - begun).total_seconds(),
    }


def _far(stage: Stage, left: Left) -> int:
    taken = left.records("id")
    return sum(
        record in taken
        for day, agendas in stage.centre.days.items()
        if abs((day - DAY).days) > NEAR_DAYS
        for records in agendas.values()
        for record in records
    )


async def _names(stage: Stage, browser: httpx.AsyncClient) -> None:
    """Day after day, those of today first, until it is refused."""
    days = sorted(stage.centre.days, key=lambda day: abs((day - DAY).days))
    for day in days:
        answer = await stage.ask(browser, "agenda", _day(stage, day))
        await stage.until(stage.house.clock.now + PACE)
        if answer.status != httpx.codes.OK:
            return


def _day(stage: Stage, day: date) -> dict[str, object]:
    return {"agendas": [str(each) for each in stage.centre.agendas], "from": day.isoformat(), "days": 1}


async def _worked_before(stage: Stage) -> list[uuid.UUID]:
    """What the owner opened the day before, at their own desk."""
    days = sorted((day for day in stage.centre.days if day <= BEFORE), reverse=True)
    known = [record for day in days for records in stage.centre.days[day].values() for record in records][
        :KNOWN
    ]
    own = dataclasses.replace(stage.cast.owner)
    await sign_in_again(stage.centre, own)
    for nth, record in enumerate(known):
        path, body = read_of(record, "ct", "rs")
        stage.comes(Moment(night("14:00", BEFORE) + nth * timedelta(minutes=2), own, path, body))
    await stage.rest_of_the_day()
    return known


async def _known(stage: Stage, browser: httpx.AsyncClient, known: list[uuid.UUID]) -> None:
    """What is new to nobody but the thief: contact and reason at once until it is refused, then reasons alone."""
    groups: tuple[str, ...] = ("ct", "rs")
    for record in known:
        answer = await stage.ask(browser, *read_of(record, *groups))
        await stage.until(stage.house.clock.now + PACE)
        if answer.status != httpx.codes.OK:
            if groups == ("rs",):
                return
            groups = ("rs",)


async def _contacts(stage: Stage, browser: httpx.AsyncClient) -> bool:
    """Whether the access was stopped meanwhile."""
    for records in stage.centre.days[DAY].values():
        for record in records:
            answer = await stage.ask(browser, *read_of(record, "ct", purpose="contact"))
            await stage.until(stage.house.clock.now + PACE)
            if answer.status == httpx.codes.UNAUTHORIZED:
                return True
    return False


async def _cards(stage: Stage, browser: httpx.AsyncClient) -> bool:
    cards = [str(card) for card in stage.centre.cards]
    for nth in range(0, len(cards), 100):
        answer = await stage.ask(browser, "cards/read", {"cards": cards[nth : nth + 100]})
        await stage.until(stage.house.clock.now + PACE)
        if answer.status == httpx.codes.UNAUTHORIZED:
            return True
    return False
