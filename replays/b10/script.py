# SPDX-License-Identifier: AGPL-3.0-or-later
"""B10: a real secretary, at her own desk, looks into twenty files a day that are none of her work, beside her work."""

from __future__ import annotations

import base64
import uuid
from datetime import date, timedelta

from bench.honest_centre import sign_in_again
from bento_house import DAY
from replays.stage import Stage, answered, night, read_of

DAYS, FILES_A_DAY = 3, 20
BACK_DAYS_MIN = 3  # hardly anybody calls about these any more
NEVER = 1_000


async def play(stage: Stage) -> dict[str, float]:
    """After how many files and days the owner is told, in every room; those that the owner's page does not show then; whether
    Alice is told who read hers; and of how many who only worked the owner is told as well."""
    sam, taken, told = stage.centre.desks[0], [], (NEVER, NEVER)
    past = [day for day in stage.centre.days if (DAY - day).days >= BACK_DAYS_MIN]
    for nth in range(DAYS):
        day = DAY + timedelta(days=nth)
        stage.day_comes(day)
        await stage.until(night("07:00", day))
        for person in stage.centre.staff:
            await sign_in_again(stage.centre, person)
        for minute in range(FILES_A_DAY):
            await stage.until(night("09:00", day) + timedelta(minutes=20 * minute))
            agendas = stage.centre.days[stage.chance.choice(past)]
            record = stage.chance.choice(agendas[stage.chance.choice(stage.centre.agendas)])
            if not taken:
                record = stage.centre.alice.record
            async with stage.browser(sam) as browser:
                answer = await stage.ask(browser, *read_of(record, "id", "rs"))
            if answer.status == 200:
                taken.append(record)
            if told == (NEVER, NEVER) and await _owner_is_told(stage):
                told = (len(set(taken)), nth + 1)
        await stage.rest_of_the_day()
    assert len(taken) > FILES_A_DAY * DAYS / 2, "she was stopped, and this play is of another kind"
    assert sam.member is not None
    seen = await _seen_by_the_owner(stage, sam.member, DAY, DAY + timedelta(days=DAYS - 1))
    return {
        "files_before_the_owner_is_told": told[0],
        "days_before_the_owner_is_told": told[1],
        "told_of_who_only_worked": await _others_told_of(stage, sam.member),
        "files_the_owner_cannot_see": len(set(taken) - seen),
        "alice_is_not_told": float(not await _alice_is_told(stage, sam.member)),
    }


async def _owner_is_told(stage: Stage) -> bool:
    """Beside what waits for an answer, in whichever room they are."""
    await sign_in_again(stage.centre, stage.cast.owner)
    async with stage.browser(stage.cast.owner) as browser:
        waits = answered(await browser.get(f"/api/practice/{stage.house.practice}/requests"))
    return bool(waits.body["looked"])


async def _others_told_of(stage: Stage, member: uuid.UUID) -> int:
    return int(await stage.pool.fetchval("SELECT count(*) FROM look_backs WHERE member <> $1", member))


async def _seen_by_the_owner(stage: Stage, member: uuid.UUID, first: date, last: date) -> set[uuid.UUID]:
    """All that the page of who read what names of her."""
    await sign_in_again(stage.centre, stage.cast.owner)
    seen: set[uuid.UUID] = set()
    wanted = {"from": first.isoformat(), "to": last.isoformat(), "member": str(member), "most": 500}
    async with stage.browser(stage.cast.owner) as browser:
        while True:
            told = (await stage.ask(browser, "ledger", wanted)).body
            seen |= {
                uuid.UUID(record)
                for line in told["lines"]
                if line["purpose"] == "record"
                for record in line["records"]
            }
            if told["after"] is None:
                return seen
            wanted = {**wanted, "after": told["after"]}


async def _alice_is_told(stage: Stage, member: uuid.UUID) -> bool:
    token = {"Serment-Row-Token": base64.b64encode(stage.centre.alice.cap.row_token).decode()}
    async with stage.browser() as browser:
        told = answered(await browser.get("/api/patient/appointment/accesses", headers=token)).body
    return any(each["member"] == str(member) and "rs" in each["parts"] for each in told["accesses"])
