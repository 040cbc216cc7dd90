# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real notifier beside the site of a test, whose messages go onto paper."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from browser.conftest import Site
from serment.notifier.config import read_config
from serment.notifier.start import Standing, standing, wall_time
from serment.settings import NOTIFIER_FILE, Settings

ZONE = ZoneInfo("Europe/Paris")
CODE_SECONDS_MAX = 60
CODE = re.compile(r"\b[0-9]{6}\b|\b[0-9](?:, [0-9]){5}\b")  # as it is written, as a voice says it


@dataclass
class Post:
    """The host's notifier: it works when a test lets it, at the hour that the test says."""

    site: Site
    folder: Path
    read: set[Path] = field(default_factory=set)

    async def _stand(self, clock: Callable[[], dt.datetime], work: Callable[[Standing], Any]) -> Any:
        config = read_config(self.folder / NOTIFIER_FILE)
        async with standing(
            config, self.site.url, instance=Settings().instance, origin=self.site.origin, clock=clock
        ) as here:
            return await work(here)

    def _at(self, now: dt.datetime, work: Callable[[Standing], Any]) -> Any:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: asyncio.run(self._stand(lambda: now, work))).result()

    def opens(self) -> str:
        """Publishes its keys; answers the digits that it prints."""

        async def publish(here: Standing) -> str:
            await here.keys.publish(here.outbox, dt.datetime.now(dt.UTC))
            return here.keys.fingerprint

        return str(self._at(dt.datetime.now(dt.UTC), publish))

    @contextlib.contextmanager
    def works(self, *, at: dt.datetime | None = None) -> Iterator[None]:
        """For as long as the block runs it works as it does at a host, by a clock that said `at` when it began."""
        ahead = dt.timedelta() if at is None else at - dt.datetime.now(dt.UTC)
        ends = threading.Event()

        async def again_and_again(here: Standing) -> None:
            while True:  # where a day is over meanwhile
                await here.notifier.run()

        async def until(here: Standing) -> None:
            work = asyncio.create_task(again_and_again(here))
            await asyncio.to_thread(ends.wait)
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work

        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(lambda: asyncio.run(self._stand(lambda: wall_time() + ahead, until)))
            try:
                yield
            finally:
                ends.set()
                done.result()

    def code_for(self, address: str) -> str:
        """The last code that came there, once it has."""
        end = time.monotonic() + CODE_SECONDS_MAX
        while True:
            new = to(address, [path.read_text("utf-8") for path in self._unread()])
            bodies = [text.split("\n\n", 1)[1] for text in new]
            found = [re.sub(r"\D", "", code) for body in bodies for code in CODE.findall(body)]
            if found:
                self.read |= self._unread()
                return found[0]
            assert time.monotonic() < end, "no code came"
            time.sleep(0.1)

    def _unread(self) -> set[Path]:
        return set((self.folder / "sent").glob("*.txt")) - self.read

    def sends(self, now: dt.datetime | None = None, *, minutes: float = 0) -> list[str]:
        """What goes out at that hour: the files that were not there before."""

        async def work(here: Standing) -> None:
            await here.notifier.take()
            await here.notifier.read_anew()
            await here.notifier.send()
            await here.notifier.send_letters()
            await here.notifier.finish()

        self._at(now or dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes), work)
        files = self._unread()
        self.read |= files
        return [path.read_text("utf-8") for path in sorted(files)]


def on_the_eve(day: dt.date) -> dt.datetime:
    """The last minute of the morning in which a day's reminders go."""
    return dt.datetime.combine(day - dt.timedelta(days=1), dt.time(11, 1), ZONE).astimezone(dt.UTC)


def to(number: str, sent: list[str]) -> list[str]:
    return [text for text in sent if number in text]
