# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a page costs the browser: processor time of its main thread, which waits for nobody, and its memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

LOOK_MILLISECONDS = 20
WAIT_SECONDS_MAX = 60
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Cost:
    """Milliseconds by the clock, milliseconds of the page's main thread."""

    clock: float
    thread: float

    def __str__(self) -> str:
        return f"{self.thread:.0f} ms ({self.clock:.0f} by the clock)"


class PageTime:
    """Measures one page from outside: its policy allows no evaluated code of its own."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._wire: Any = page.context.new_cdp_session(page)
        self._wire.send("Performance.enable", {"timeDomain": "threadTicks"})

    def _metrics(self) -> dict[str, float]:
        return {one["name"]: one["value"] for one in self._wire.send("Performance.getMetrics")["metrics"]}

    def cost(self, act: Callable[[], object], holds: Callable[[], bool]) -> Cost:
        """From an act until something holds; the looking is in it."""
        thread, begun = self._metrics()["TaskDuration"], time.perf_counter()
        act()
        while not holds():
            if time.perf_counter() - begun > WAIT_SECONDS_MAX:
                raise TimeoutError("the page did not come so far: nothing was measured")
            self._page.wait_for_timeout(LOOK_MILLISECONDS)
        clock = time.perf_counter() - begun
        return Cost(clock * 1000, (self._metrics()["TaskDuration"] - thread) * 1000)

    def megabytes(self) -> float:
        """What the page's scripts hold after a thorough collection."""
        self._wire.send("HeapProfiler.collectGarbage")
        return self._metrics()["JSHeapUsedSize"] / MEGABYTE
