# SPDX-License-Identifier: AGPL-3.0-or-later
"""(k) Backups: how far behind what is kept lies, its weight, and how soon all is back (SERMENT_BENCH_BACKED bookings).

A cluster with fsync on, bookings with all that they store, `serment receive` as another process at the far end. The processor
is shared by all of it.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from backed_house import BackedHouse, backed_house, records_in
from bench import report
from serment.backup.restoring import restore
from serment.backup.sending import ROUND_SECONDS
from serment.backup.target import Command

BOOKINGS = int(os.environ.get("SERMENT_BENCH_BACKED", "1000"))
LOST_SECONDS_MAX = 60
BACK_MINUTES_MAX = 30


class BookingLost(Exception):
    """A booking that was kept is not back. This figure may never be off."""


async def measure() -> None:
    """Prints the figures. Ends with an error if a booking that was kept is not back."""
    report.heading("k", f"a volume lost after {BOOKINGS:,} bookings")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        vault = folder / "vault"
        vault.mkdir()
        far_end = Command([sys.executable, "-m", "serment.cli", "receive", str(vault)])
        async with backed_house(folder / "home", far_end) as home:
            begun = time.perf_counter()
            await home.work.whole()
            report.figure("a base, sealed and kept elsewhere", f"{time.perf_counter() - begun:.1f} s")
            before = _weight(vault)
            behind = await _book(home)
            weight = (_weight(vault) - before) / BOOKINGS
            report.figure("kept for a booking, sealed", f"{weight / 1024:.1f} kB")
            report.figure("from told to kept, median", f"{report.percentile(behind, 0.5):.1f} s")
            report.figure("    at most", f"{max(behind):.1f} s", aim=LOST_SECONDS_MAX, got=max(behind))
            told, key = set(home.told), home.key
        begun = time.perf_counter()
        await restore(vault, folder / "again", [key])
        minutes = (time.perf_counter() - begun) / 60
        if not told <= await records_in(folder / "again"):
            raise BookingLost
        report.figure(
            "back, the log replayed", f"{minutes * 60:.1f} s", aim=BACK_MINUTES_MAX * 60, got=minutes * 60
        )


async def _book(home: BackedHouse) -> list[float]:
    """Seconds from each acknowledgement to the end of the round that kept it."""
    waiting: list[float] = []
    behind: list[float] = []

    async def rounds() -> None:
        while True:
            await asyncio.sleep(ROUND_SECONDS)
            covered, waiting[:] = list(waiting), []
            await home.work.round()
            behind.extend(time.perf_counter() - at for at in covered)

    sending = asyncio.create_task(rounds())
    for _ in range(BOOKINGS):
        await home.books()
        waiting.append(time.perf_counter())
    while waiting:  # noqa: ASYNC110  # the rounds empty it
        await asyncio.sleep(0.1)
    while len(behind) < BOOKINGS:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    return behind


def _weight(vault: Path) -> int:
    return sum(path.stat().st_size for path in vault.glob("*/*.age"))
