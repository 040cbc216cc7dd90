# SPDX-License-Identifier: AGPL-3.0-or-later
"""A practice of two practitioners and a secretary for the desk's tests, and patients who book in it."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import uvicorn
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import START_SECONDS_MAX, Clock, _await_health
from serment.database.queries import load
from serment.demo.house import House, Person, open_practice
from serment.demo.paper import read_paper
from serment.demo.patients import Kept, Patient, book_as
from serment.framing.conventions import KEY_BYTES
from serment.framing.roster_events import Role
from serment.seal.chance import draw
from serment.seal.keys import UserKeys
from serment.seal.primitives import SignPair
from serment.seal.roster_writing import found_practice, member_of, new_epoch, write_events
from serment.seal.unlock import (
    RECOVERY_CODE_BYTES,
    Method,
    UnlockPlace,
    open_unlock,
    recovery_find,
    recovery_secret,
)
from serment.seeding import plant, seed_id
from serment.seeding.format import read as read_town
from serment.server.app import create_app, open_instance
from serment.server.instance import Instance
from serment.server.stores import rosters
from serment.settings import Settings

SLUG = "cabinet-des-tilleuls"
SECOND = "cabinet-du-pont"
ZONE = ZoneInfo("Europe/Paris")
NOW = dt.datetime(2027, 3, 16, 10, 2, tzinfo=ZONE)  # a Tuesday morning
TODAY = NOW.date()
SOURCE = "https://code.example.org/serment"
SAM = Person("Sam Vergnes", Role.SECRETARY, "sam", "lundi matin huit heures")
HELENE = Person("Hélène Marchandot", Role.OWNER, "helene", "soleil sur le lavoir")
ALICE = Patient(
    "Alice", "Renaudin-Abescat", "1988-09-07", "female", "+33639981240", "Toux la nuit depuis dix jours."
)
TOM = Patient("Tom", "Abescat", "2019-04-09", "male", "+33639981241", "", "child")

TOWN = """
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

[[practices.practitioners]]
key = "okoro"
title = "Dr"
given_name = "Ike"
family_name = "Okoro-Lacaze"
specialty = "SM26"
slug = "ike-okoro"

[[practices.agendas]]
key = "bento"
site = "lavoir"
practitioner = "bento"
unit = "all"

[[practices.agendas]]
key = "okoro"
site = "lavoir"
practitioner = "okoro"
unit = "all"

[[practices.visit_types]]
key = "consultation"
name_fr = "Consultation"
name_en = "Consultation"
minutes = 20
step_minutes = 20
agendas = ["bento", "okoro"]
notice_minutes = 0
horizon_days = 200

[[practices.visit_types]]
key = "bilan"
name_fr = "Bilan"
name_en = "Check-up"
minutes = 30
step_minutes = 10
agendas = ["bento", "okoro"]
accepted = "on_request"
notice_minutes = 0
horizon_days = 200

[[practices.openings]]
key = "bento-morning"
agenda = "bento"
first_date = 2026-01-01
from = "08:30"
to = "12:00"
days = ["MO", "TU", "WE", "TH", "FR"]

[[practices.openings]]
key = "bento-afternoon"
agenda = "bento"
first_date = 2026-01-01
from = "14:00"
to = "18:00"
days = ["MO", "TU", "TH", "FR"]

[[practices.openings]]
key = "okoro-day"
agenda = "okoro"
first_date = 2026-01-01
from = "09:00"
to = "17:00"
days = ["TU", "WE", "TH", "FR"]

[[practices.absences]]
key = "okoro-away"
agenda = "okoro"
since = 2027-03-19T13:00:00
until = 2027-03-19T17:00:00

[[practices]]
slug = "cabinet-du-pont"
name = "Cabinet du Pont"

[[practices.sites]]
key = "pont"
name = "Cabinet du Pont"
address = "2 quai du Pont"
postcode = "26150"
town = "Die"
town_code = "26113"
latitude = 44.7521
longitude = 5.3688
timezone = "Europe/Paris"
holiday_region = "FR"

[[practices.units]]
key = "all"
name = "Cabinet"

[[practices.practitioners]]
key = "lestrade"
title = "Dr"
given_name = "Odile"
family_name = "Lestrade"
specialty = "SM26"
slug = "odile-lestrade"

[[practices.agendas]]
key = "lestrade"
site = "pont"
practitioner = "lestrade"
unit = "all"

[[practices.visit_types]]
key = "consultation"
name_fr = "Consultation"
name_en = "Consultation"
minutes = 20
agendas = ["lestrade"]
notice_minutes = 0
horizon_days = 200

[[practices.openings]]
key = "lestrade-day"
agenda = "lestrade"
first_date = 2026-01-01
from = "08:00"
to = "16:00"
days = ["MO", "TU", "WE", "TH", "FR"]
"""


@dataclass
class Town:
    """The running server, its practice, and what happens in it behind the desk's back."""

    origin: str
    url: str
    house: House
    clock: Clock
    loop: asyncio.AbstractEventLoop
    instance: Callable[[], Instance] = field(repr=False)
    stop: Callable[[], None] = field(repr=False)
    start: Callable[[], None] = field(repr=False)

    def run(self, work: Any) -> Any:
        """Runs a coroutine on the fixture's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=30)

    def agenda(self, key: str = "bento") -> UUID:
        return seed_id(SLUG, "agenda", key)

    def type(self, key: str = "consultation") -> UUID:
        return seed_id(SLUG, "visit_type", key)

    def book(
        self,
        patient: Patient,
        day: dt.date,
        hour: str,
        *,
        agenda: str = "bento",
        visit_type: str = "consultation",
    ) -> Kept:
        """What a patient's browser does, in the server's process: hold, seal, book."""
        hours, minutes = map(int, hour.split(":"))
        start = dt.datetime.combine(day, dt.time(hours, minutes), ZONE).astimezone(dt.UTC)
        kept = self.run(
            book_as(
                self.instance(),
                patient,
                self.house.roster,
                unit=seed_id(SLUG, "unit", "all"),
                agenda=self.agenda(agenda),
                visit_type=self.type(visit_type),
                start=start,
                town="Die",
                zone="Europe/Paris",
                sender=None,
            )
        )
        assert isinstance(kept, Kept)
        return kept

    def rows(self, query: str, *values: Any) -> list[asyncpg.Record]:
        """What the database says."""

        async def fetch() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(self.url)
            try:
                return list(await connection.fetch(query, *values))
            finally:
                await connection.close()

        return list(self.run(fetch()))


async def _furnish(url: str, settings: Settings, folder: Path, rules: str) -> House:
    file = folder / "town.toml"
    file.write_text(rules, "utf-8")
    instance = await open_instance(settings, url, connections_max=2)
    connection = await asyncpg.connect(url)
    try:
        await plant(connection, read_town(file))
        return await open_practice(
            connection,
            instance=instance.name,
            secret=instance.secret,
            practice=seed_id(SLUG, "practice", ""),
            units=[seed_id(SLUG, "unit", "all")],
            people=[HELENE, SAM],
            today=TODAY,
        )
    finally:
        await connection.close()
        await instance.pool.close()


async def sam_opens_a_second_practice(town: Town) -> None:
    """Sam's account, with Sam's own keys, opens a practice of its own beside the first."""
    instance = town.instance()
    practice, unit = seed_id(SECOND, "practice", ""), seed_id(SECOND, "unit", "all")
    connection = await asyncpg.connect(town.url)
    try:
        account = await connection.fetchval("SELECT account FROM members WHERE name = $1", SAM.name)
        boxed = await connection.fetchval(
            "SELECT bytes FROM unlocks WHERE account = $1 AND method = $2", account, int(Method.RECOVERY)
        )
        code = read_paper("recovery", town.house.recovery_codes[SAM.name], RECOVERY_CODE_BYTES)
        place = UnlockPlace(instance.name, account.bytes, Method.RECOVERY, recovery_find(code), 1)
        keys = UserKeys.from_seed(open_unlock(place, recovery_secret(code), boxed))
        sam = member_of(keys, uuid4().bytes, Role.OWNER, [unit.bytes])
        root = SignPair.from_seed(draw(KEY_BYTES))
        genesis, roster = found_practice(instance.name, practice.bytes, root, sam)
        epoch = new_epoch(roster, unit.bytes, [sam])
        opened, roster = write_events(roster, [(keys.sign, epoch.event)])
        async with connection.transaction():
            for seq, event in enumerate([genesis, *opened], start=1):
                await rosters.append(connection, practice, seq, event)
            for kid, sealed in epoch.seeds.items():
                await load("rosters")["add_seed"].run(
                    connection, practice=practice, unit=unit, epoch=epoch.event.e, kid=kid, bytes=sealed
                )
            await load("demo")["add_member"].run(
                connection,
                practice=practice,
                member=UUID(bytes=sam.id),
                account=account,
                name=SAM.name,
                seen=TODAY,
            )
            await rosters.name_fingerprint(connection, practice, roster.fingerprint)
    finally:
        await connection.close()


@contextmanager
def town(url: str, folder: Path, rules: str = TOWN) -> Iterator[Town]:
    """A server on `url` at NOW, until the block ends. `stop` and `start` take it away and bring it back."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = Settings(port=port, data=folder, database_url=url, source=SOURCE)
    clock = Clock(NOW.astimezone(dt.UTC) - dt.datetime.now(dt.UTC))
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

    def on_loop(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(timeout=60)

    house = on_loop(_furnish(url, settings, folder, rules))
    running: list[tuple[uvicorn.Server, Future[None], Any]] = []
    origin = f"http://127.0.0.1:{port}"

    def start() -> None:
        app = create_app(settings, url, clock=clock)
        config = uvicorn.Config(
            app, port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        running.append((server, asyncio.run_coroutine_threadsafe(server.serve(), loop), app))
        _await_health(origin)

    def stop() -> None:
        server, served, _ = running.pop()
        server.should_exit = True
        served.result(timeout=START_SECONDS_MAX)

    start()
    yield Town(origin, url, house, clock, loop, lambda: running[-1][2].state.instance, stop, start)
    while running:
        stop()
    loop.call_soon_threadsafe(loop.stop)


def at_noon(context: BrowserContext) -> BrowserContext:
    """The browser's clock agrees with the server's."""
    context.clock.install(time=NOW)
    return context


def unlock(page: Page, town: Town, person: Person = SAM, *, language: str = "fr") -> None:
    """Signs in and opens, in one gesture, until the agenda stands and its letters are open."""
    page.goto(f"{town.origin}/{language}/desk")
    fill_in(page, person, language=language)
    expect(
        page.get_by_role("navigation", name="Parties du bureau" if language == "fr" else "Parts of the desk")
    ).to_be_visible()


def fill_in(page: Page, person: Person, password: str | None = None, *, language: str = "fr") -> None:
    fr = language == "fr"
    page.get_by_label("Nom de connexion" if fr else "Log-in name").fill(person.log_in)
    page.get_by_label("Mot de passe" if fr else "Password", exact=True).fill(
        person.password if password is None else password
    )
    page.get_by_role("button", name="Ouvrir" if fr else "Open", exact=True).click()
