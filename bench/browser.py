# SPDX-License-Identifier: AGPL-3.0-or-later
"""(e) A real Chromium: opening and sealing, then the first load of the search page and of the week, slowed down.

The pages are those of `serment demo` on a folder of its own, with a cold cache; bytes are what came over the wire.
Interactive is when the page's load has ended and no task of over 50 ms runs any more.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from bench import big_day, report
from browser.test_seal_tiers import build, call, launched, opened, served
from serment.demo.run import PEOPLE
from serment.framing.roster_events import Role

SLOWER = 4
SAM = next(person for person in PEOPLE if person.role is Role.SECRETARY)
ROUNDS = 3
PLANTING_SECONDS_MAX = 180
OPENED_SECONDS_MAX = 60
COMPACTION_MILLISECONDS = 6_000  # in idle time, after the week stands
PHONE, DESK = {"width": 375, "height": 812}, {"width": 1440, "height": 900}
SEARCH = "/fr/search?what=généraliste&where=Valence"
WATCH = """
globalThis.lastLong = 0
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) globalThis.lastLong = Math.max(globalThis.lastLong, task.startTime + task.duration)
}).observe({ type: 'longtask', buffered: true })
"""
INTERACTIVE = "Math.max(performance.getEntriesByType('navigation')[0].loadEventEnd, globalThis.lastLong)"
WEEK = """(performance.getEntriesByName('desk opened')[0] || null) && {
  took: performance.getEntriesByName('desk opened')[0].duration,
  count: performance.getEntriesByName('desk opened')[0].detail,
  end: performance.getEntriesByName('desk opened')[0].startTime + performance.getEntriesByName('desk opened')[0].duration,
}"""


def measure() -> None:
    """Prints the figures."""
    with launched() as browser:
        _sealing(browser)
        with tempfile.TemporaryDirectory() as folder, _demo(Path(folder)) as origin:
            _search(browser, origin)
            _week(browser, origin)
        big_day.measure(browser)


def _sealing(browser: Browser) -> None:
    report.heading("e", "in Chromium: opening and sealing, at full speed")
    with tempfile.TemporaryDirectory() as folder, served(build(Path(folder))) as address:
        page = opened(browser, address)
        found = call(page, "measure", ["native"])
        page.close()
    for name, aim in (("open 200 compacted", 150), ("open 2000 compacted", 1000)):
        report.figure(name, f"{found[name]:.0f} ms", aim=aim, got=found[name])
    for name in ("open 200 by hpke", "open 2000 by hpke", "verify 200 revisions", "seal one booking"):
        report.figure(name, f"{found[name]:.1f} ms")


@contextmanager
def _demo(folder: Path) -> Iterator[str]:
    """The demo on a free port; its address, once the town is planted."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SERMENT_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "serment.cli", "demo"],
        env=environment | {"SERMENT_PORT": str(port), "SERMENT_DATA": str(folder / "data")},
        stdout=subprocess.DEVNULL,
    )
    origin = f"http://127.0.0.1:{port}"
    try:
        _await(origin, process)
        yield origin
    finally:
        process.terminate()
        process.wait(timeout=30)


def _await(origin: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PLANTING_SECONDS_MAX
    while True:
        try:
            with urllib.request.urlopen(f"{origin}/healthz", timeout=5):  # noqa: S310  # loopback
                return
        except OSError:
            if time.monotonic() > deadline or process.poll() is not None:
                raise
            time.sleep(0.3)


@contextmanager
def _slow_page(browser: Browser, viewport: dict[str, int]) -> Iterator[tuple[Page, dict[str, float]]]:
    """A page with a cold cache on a processor SLOWER times slower; the kB it has loaded so far, by kind."""
    context = browser.new_context(viewport=viewport, locale="fr-FR")  # type: ignore[arg-type]
    page = context.new_page()
    page.add_init_script(WATCH)
    wire: Any = context.new_cdp_session(page)
    loaded = {"program": 0.0, "answers": 0.0}
    answers: set[str] = set()

    def sort(event: dict[str, Any]) -> None:
        if "/api/" in event["response"]["url"]:
            answers.add(event["requestId"])

    def note(event: dict[str, Any]) -> None:
        kind = "answers" if event["requestId"] in answers else "program"
        loaded[kind] += event["encodedDataLength"] / 1000

    wire.on("Network.responseReceived", sort)
    wire.on("Network.loadingFinished", note)
    wire.send("Network.enable")
    wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    try:
        yield page, loaded
    finally:
        context.close()


def _search(browser: Browser, origin: str) -> None:
    report.heading("e", f"first load of the search page, phone, processor {SLOWER} x slower")
    sizes, times = [], []
    for _ in range(ROUNDS):
        with _slow_page(browser, PHONE) as (page, loaded):
            page.goto(origin + SEARCH, wait_until="networkidle")
            if page.locator("main a[href*='/book']").count() == 0:
                raise RuntimeError("the search page shows no free time: nothing was measured")
            times.append(float(page.evaluate(INTERACTIVE)))
            sizes.append(loaded["program"] + loaded["answers"])
    size = statistics.median(sizes)
    report.figure("over the wire", f"{size:.1f} kB", aim=60, got=size)
    report.figure("interactive after", f"{statistics.median(times):.0f} ms")


def _week(browser: Browser, origin: str) -> None:
    report.heading("e", f"first load of the week, desk, processor {SLOWER} x slower")
    sizes, data, forms, weeks, openings, counts = [], [], [], [], [], []
    for _ in range(ROUNDS):
        with _slow_page(browser, DESK) as (page, loaded):
            page.goto(f"{origin}/fr/desk", wait_until="networkidle")
            forms.append(float(page.evaluate(INTERACTIVE)))
            page.get_by_label("Nom de connexion").fill(SAM.log_in)
            page.get_by_label("Mot de passe").fill(SAM.password)
            begun = float(page.evaluate("performance.now()"))
            page.get_by_role("button", name="Ouvrir", exact=True).click()
            week = _opened_week(page)
            page.wait_for_timeout(COMPACTION_MILLISECONDS)
            weeks.append(float(week["end"]) - begun)
            openings.append(float(week["took"]))
            counts.append(int(week["count"]))
            sizes.append(loaded["program"])
            data.append(loaded["answers"])
    size = statistics.median(sizes)
    report.figure("over the wire: page, scripts, styles", f"{size:.1f} kB", aim=200, got=size)
    report.figure("over the wire: appointments, first time they are opened", f"{data[0]:.1f} kB")
    report.figure("over the wire: appointments, compacted", f"{data[-1]:.1f} kB")
    report.figure("log-in form interactive after", f"{statistics.median(forms):.0f} ms")
    report.figure("from the password to the week (Argon2id, 64 MiB)", f"{statistics.median(weeks):.0f} ms")
    report.figure(f"of these, opening {counts[0]} appointments", f"{statistics.median(openings):.0f} ms")


def _opened_week(page: Page) -> dict[str, float]:
    """What the desk measured of itself; asked from outside, because its policy allows no evaluated code."""
    deadline = time.monotonic() + OPENED_SECONDS_MAX
    while time.monotonic() < deadline:
        if week := page.evaluate(WEEK):
            found: dict[str, float] = week
            return found
        page.wait_for_timeout(50)
    raise TimeoutError("the week did not open")
