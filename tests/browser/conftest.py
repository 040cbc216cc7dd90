# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real Chromium before the real server: one small practice with real keys, opened anew for every module."""

from __future__ import annotations

import datetime as dt
import itertools
import socket
import subprocess
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from chromiums import FLAGS
from serment.demo.house import House, Person, open_practice
from serment.demo.sender import publish, write_config
from serment.framing.roster_events import Role
from serment.seeding import plant, seed_id
from serment.seeding.format import read as read_town
from serment.server.app import create_app, open_instance
from serment.settings import Settings

SUNDAY = 6
REPOSITORY = Path(__file__).parents[2]
BROWSER = REPOSITORY / "browser"
STATIC = REPOSITORY / "src/serment/server/pages/static"
AXE = BROWSER / "node_modules/axe-core/axe.min.js"
SLUG = "cabinet-des-tilleuls"
PHONE = {"width": 375, "height": 812}
NARROW = {"width": 320, "height": 640}
DESK = {"width": 1440, "height": 900}
START_SECONDS_MAX = 20
FIRST_HOUSE = ip_address("198.51.100.0")
# Several test runs may share two cores: patience costs nothing when all is well.
expect.set_options(timeout=15_000)

PRACTICE = """
[[practices]]
slug = "cabinet-des-tilleuls"
name = "Cabinet des Tilleuls"

[[practices.sites]]
key = "lavoir"
name = "Cabinet des Tilleuls"
address = "14 rue du Lavoir"
postcode = "26150"
town = "Die"
town_code = "26113"
latitude = 44.7535
longitude = 5.3703
timezone = "Europe/Paris"
holiday_region = "FR"
access_fr = "Premier étage, sonnette Bento."
access_en = "First floor, bell Bento."
phone = "+33475220000"

[[practices.units]]
key = "all"
name = "Cabinet"

[[practices.practitioners]]
key = "bento"
title = "Dr"
given_name = "Inès"
family_name = "Bento"
specialty = "SM26"
slug = "ines-bento"

[[practices.agendas]]
key = "bento-lavoir"
site = "lavoir"
practitioner = "bento"
unit = "all"
works_on_holidays = true

[[practices.visit_types]]
key = "consultation"
name_fr = "Consultation"
name_en = "Consultation"
minutes = 20
agendas = ["bento-lavoir"]
notice_minutes = 0
horizon_days = 60
instructions_fr = "Apportez le carnet de santé."
instructions_en = "Bring the health record book."

[[practices.visit_types.questions]]
key = "new"
kind = "yes_no"
fr = "Est-ce votre première visite ici ?"
en = "Is this your first visit here?"
required = true
first_visit = true

[[practices.visit_types.questions]]
key = "allergies"
kind = "text"
fr = "Avez-vous des allergies ?"
en = "Do you have allergies?"

[[practices.visit_types]]
key = "video"
name_fr = "Consultation en vidéo"
name_en = "Video consultation"
minutes = 15
agendas = ["bento-lavoir"]
place = "video"
notice_minutes = 0
horizon_days = 60

[[practices.visit_types]]
key = "suivi"
name_fr = "Suivi de grossesse"
name_en = "Pregnancy follow-up"
minutes = 30
agendas = ["bento-lavoir"]
who = "known"

[[practices.openings]]
key = "every-day"
agenda = "bento-lavoir"
first_date = 2026-01-01
from = "08:00"
to = "19:00"
days = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
"""


@dataclass
class Clock:
    """The server's time, which a test may move on."""

    ahead: dt.timedelta = field(default_factory=dt.timedelta)

    def __call__(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + self.ahead


@dataclass
class Street:
    """The server as people reach it: those of one test from one address, which asks nobody for work because of the test before."""

    server: Any
    number: int = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope = {**scope, "client": (str(FIRST_HOUSE + self.number), 1)}
        await self.server(scope, receive, send)


@dataclass
class Site:
    """The running server and the one practice on it."""

    origin: str
    clock: Clock
    url: str
    house: House
    data: Path
    street: Street
    _days: Iterator[int] = field(default_factory=lambda: itertools.count(2))

    def address(self, path: str) -> str:
        return self.origin + path

    def booking(self, language: str, visit_type: str = "consultation", more: str = "") -> str:
        """The address of the booking page for one visit type."""
        kind = seed_id(SLUG, "visit_type", visit_type)
        return f"{self.origin}/{language}/book?agenda={self.agenda}&visit_type={kind}{more}"

    @property
    def agenda(self) -> uuid.UUID:
        return seed_id(SLUG, "agenda", "bento-lavoir")

    def fresh_day(self) -> dt.date:
        """A day that no other test of the module books on; no Sunday, which the desk's week does not show."""
        today = dt.datetime.now(dt.UTC).date()
        return next(
            day for ahead in self._days if (day := today + dt.timedelta(days=ahead)).weekday() != SUNDAY
        )


def build_bundle() -> None:
    """Builds the browser's program unless the one there is newer than its sources."""
    made = STATIC / "manifest.json"
    sources = [path for path in (BROWSER / "src").rglob("*") if path.is_file()]
    if made.exists() and made.stat().st_mtime >= max(path.stat().st_mtime for path in sources):
        return
    subprocess.run(["npx", "vite", "build"], cwd=BROWSER, check=True, capture_output=True)


@pytest.fixture(scope="session")
def bundle() -> None:
    """The built browser program."""
    build_bundle()


async def _furnish(url: str, settings: Settings, folder: Path, *, sends: bool = False) -> House:
    file = folder / "practice.toml"
    file.write_text(PRACTICE, "utf-8")
    instance = await open_instance(settings, url, connections_max=2)
    connection = await asyncpg.connect(url)
    try:
        await plant(connection, read_town(file))
        if sends:
            write_config(folder)
        sender = await publish(instance.pool, instance.name, folder) if sends else None
        return await open_practice(
            connection,
            instance=instance.name,
            secret=instance.secret,
            practice=seed_id(SLUG, "practice", ""),
            units=[seed_id(SLUG, "unit", "all")],
            people=[Person("Inès Bento", Role.OWNER, "bento", "trois tilleuls verts")],
            today=dt.datetime.now(dt.UTC).date(),
            notifier=None if sender is None else sender.root.pk,
        )
    finally:
        await connection.close()
        await instance.pool.close()


@pytest.fixture(scope="module")
async def site(
    bundle: None,
    new_database: Callable[[], Any],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Any:
    """The server on a database of its own, with one open practice, until the module ends. Where the module says SENDS, a
    notifier serves here and the practice has named it.
    """
    folder = tmp_path_factory.mktemp("site")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = await new_database()
    settings = Settings(port=port, data=folder, database_url=url)
    house = await _furnish(url, settings, folder, sends=getattr(request.module, "SENDS", False))
    clock = Clock()
    street = Street(create_app(settings, url, clock=clock))
    config = uvicorn.Config(
        street,
        port=port,
        log_level="warning",
        access_log=False,
        loop="asyncio",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    origin = f"http://127.0.0.1:{port}"
    _await_health(origin)
    yield Site(origin, clock, url, house, folder, street)
    server.should_exit = True
    thread.join(timeout=START_SECONDS_MAX)


@pytest.fixture(autouse=True)
def another_house(request: pytest.FixtureRequest) -> None:
    """Each test's people live elsewhere."""
    if "site" in request.fixturenames:
        request.getfixturevalue("site").street.number += 1


def _await_health(origin: str) -> None:
    end = time.monotonic() + START_SECONDS_MAX
    while True:
        try:
            with urllib.request.urlopen(f"{origin}/healthz", timeout=2):  # noqa: S310
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


@pytest.fixture(scope="module")
def chrome(chromium: str) -> Iterator[Browser]:
    """One Chromium for the module; each person gets a profile of their own in it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def profile(chrome: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes fresh profiles: nobody's storage, nobody's history. A page's error or a refused content policy fails the test."""
    opened: list[BrowserContext] = []
    faults: list[str] = []

    def make(viewport: dict[str, int] | None = None, **more: Any) -> BrowserContext:
        more = {"timezone_id": "Europe/Paris", "locale": "en-US", **more}
        context = chrome.new_context(viewport=viewport or PHONE, **more)
        context.set_default_timeout(20_000)
        context.on("weberror", lambda error: faults.append(str(error.error)))
        context.on(
            "console",
            lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None,
        )
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()
    assert faults == []


@pytest.fixture
def alice(profile: Callable[..., BrowserContext]) -> Page:
    """Alice's phone."""
    return profile().new_page()


def check_accessible(page: Page, *, colours_alone: bool = False) -> None:
    """No WCAG 2.2 A or AA fault that axe-core finds, in the page's present state; or none in its colours."""
    if not page.evaluate("'axe' in globalThis"):
        page.evaluate(AXE.read_text("utf-8") + "; undefined")
    found = page.evaluate(
        """async (coloursAlone) => {
          // A colour on its way to another one is nobody's choice: axe reads what stands when the change has ended.
          const ends = document.getAnimations().filter((one) => one.playState === "running" && Number.isFinite(one.effect?.getComputedTiming().endTime));
          await Promise.allSettled(ends.map((one) => one.finished));
          // What is well is not described, which is half of axe's work.
          const resultTypes = ['violations'];
          if (coloursAlone) {
            const { violations } = await axe.run(document, { resultTypes, runOnly: { type: 'rule', values: ['color-contrast'] } });
            return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`);
          }
          const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'];
          const answer = await axe.run(document, { resultTypes, runOnly: { type: 'tag', values: tags } });
          // What the bar at a phone's foot covers is no fault: one scrolls. It counts where it is too small in mid-page too.
          const small = answer.violations.find((one) => one.id === 'target-size');
          const at = scrollY;
          for (const node of [...(small?.nodes ?? [])]) {
            document.querySelector(node.target[0]).scrollIntoView({ block: 'center' });
            const again = await axe.run({ include: [node.target] }, { resultTypes, runOnly: { type: 'rule', values: ['target-size'] } });
            if (again.violations.length === 0) small.nodes.splice(small.nodes.indexOf(node), 1);
          }
          scrollTo(0, at);
          return answer.violations.filter((one) => one.nodes.length > 0).map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`);
        }""",
        colours_alone,
    )
    assert found == []
    # Nothing spills over the side at this width.
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def themes(page: Page) -> Iterator[str]:
    """The page by night and by day, looked at in each: all of it once, and what night changes, which is colours."""
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        check_accessible(page, colours_alone=scheme == "dark")
        yield scheme


def check_in_both_themes(page: Page) -> None:
    """The same by day and by night."""
    assert [*themes(page)] == ["dark", "light"]
