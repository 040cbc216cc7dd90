# SPDX-License-Identifier: AGPL-3.0-or-later
"""B11: the server is killed in the midst of reading, and whatever it left lying about is taken."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import httpx

from bento_house import DAY
from leaks.markers import files, search
from replays.oracle import FIRST_BYTES
from replays.stage import Stage, night, read_of

READERS = 4
TEMPORARY = "pgsql_tmp"


async def play(stage: Stage) -> dict[str, float]:
    """Sealed and readable things in the files of the server, and what left without a line in the ledger."""
    stage.day_comes()
    await stage.until(night("20:00"))
    reading = [asyncio.create_task(_reads(stage, nth)) for nth in range(READERS)]
    await asyncio.sleep(stage.chance.uniform(0.2, 1.5))
    stage.server.kill()
    await stage.server.wait()
    await asyncio.gather(*reading)
    taken = [*files(stage.folder), *_temporary(stage)]
    entered = {
        record
        for row in await stage.pool.fetch(
            "SELECT records FROM ledger WHERE practice = $1", stage.house.practice
        )
        for record in row["records"]
    }
    return {
        "readable_in_files": sum(
            len(list(search(path.name, data, stage.oracle.wanted))) for path, data in taken
        ),
        "sealed_in_files": len(_sealed(stage.oracle.known, (data for _, data in taken))),
        "left_without_an_entry": len({body.record for body in stage.left.bodies} - entered),
        "nothing_was_being_read": float(not stage.left.bodies),
    }


async def _reads(stage: Stage, nth: int) -> None:
    """As a desk reads, until nobody answers any more."""
    who = stage.centre.desks[nth % len(stage.centre.desks)]
    records = [record for records in stage.centre.days[DAY].values() for record in records]
    with contextlib.suppress(httpx.TransportError):
        async with stage.browser(who) as browser:
            while True:
                for day in range(-7, 8):
                    await stage.ask(browser, "agenda", {
                        "agendas": [str(each) for each in stage.centre.agendas], "days": 1,
                        "from": (DAY + timedelta(days=day)).isoformat(),
                    })  # fmt: skip
                await stage.ask(browser, *read_of(stage.chance.choice(records), "rs"))


def _temporary(stage: Stage) -> Iterable[tuple[Path, bytes]]:
    """What PostgreSQL sorts or hashes on disk."""
    for folder in stage.folder.parent.rglob(TEMPORARY):
        yield from files(folder)


def _sealed(known: Iterable[bytes], taken: Iterable[bytes]) -> set[bytes]:
    firsts = set(known)
    return {
        found
        for data in taken
        for at in range(len(data) - FIRST_BYTES + 1)
        if (found := data[at : at + FIRST_BYTES]) in firsts
    }
