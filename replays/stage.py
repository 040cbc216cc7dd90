# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a theft is played: a fresh database, a server process of its own, the oracle before it, the honest day beside.

A centre is furnished once; each play gets a copy of that database. Time stands in a file that the server reads: what
happens at two in the morning, or twenty times a second, happens then by that clock, and honest people's requests of the
same hours are asked between.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import math
import mmap
import random
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx

import members_house as people
from api.test_booking_http import OURS
from api.test_roles_matrix import NO_TLS
from bench.honest_centre import Centre, Honest, Moment, Size, ask, cookie_of, furnish, moments_of
from bento_house import DAY, INSTANCE, NOON, Clock, Hand, House, at, open_house
from members_house import Person
from over_http import b64, instant_text, wire
from replays.oracle import Left, Oracle, oracle_of
from serment.database.embedded import EmbeddedPostgres
from serment.database.migrate import migrate
from serment.database.pool import Pool, open_pool
from serment.framing import Role, find_row, stored_auth
from serment.server.instance import Instance
from serment.server.secret import Secret

SECRET = b"S" * 32
TEMPLATE = "furnished"
SHORT, LONG = Size(practitioners=4, each=12, secretaries=3), Size()
BACK_DAYS, AHEAD_DAYS = 30, 60
SWARM, SWARM_SHORT = 50, 3
BOOKINGS, BOOKINGS_SHORT, BOOKED_A_DAY = 60, 8, 20  # patients who book beside
DRAFT_SECONDS_MAX = 300
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class SharedClock(Clock):
    """The house's clock, which another process reads as well."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(bytes(8))
        with path.open("r+b") as file:
            self._bytes = mmap.mmap(file.fileno(), 8)
        self.now = NOON

    @property
    def now(self) -> datetime:  # type: ignore[override]
        return self._now

    @now.setter
    def now(self, value: datetime) -> None:
        self._now = value
        self._bytes[:8] = int(value.timestamp() * 1_000_000).to_bytes(8, "little")


@dataclass
class Booking:
    """A patient who books at some time of the day."""

    when: datetime
    hand: Hand
    start: datetime
    stands: bool = False

    async def books(self, client: httpx.AsyncClient) -> None:
        """A time held, then the sealed booking, as their browser sends them."""
        house, headers = self.hand.house, {"Serment-Hold": b64(self.hand.token)}
        hold = {
            "practice": str(house.practice), "record": str(self.hand.record), "agenda": str(house.bento),
            "visit_type": str(house.type()), "start": instant_text(int(self.start.timestamp())),
        }  # fmt: skip
        held = await client.post("/api/patient/holds", json=hold, headers=headers)
        if held.status_code == httpx.codes.CREATED:
            sealed = wire(self.hand.seal(self.hand.wants(self.start)))
            booked = await client.post("/api/patient/appointments", json=sealed, headers=headers)
            self.stands = booked.status_code == httpx.codes.CREATED


@dataclass
class Answered:
    """What the attacker was told."""

    status: int
    kind: str
    body: Any


@dataclass
class Cast:
    """Whose accesses are abused: the centre's owner, a locum whose last day is over, members of a practice beside."""

    owner: Person
    locum: Person
    swarm: list[Person]

    def anew(self) -> Cast:
        """For one play: what changes in it changes here alone."""
        copies = [dataclasses.replace(one) for one in self.swarm]
        return Cast(dataclasses.replace(self.owner), dataclasses.replace(self.locum), copies)


@dataclass
class Stage:
    """One play. `attack`: the door with the oracle, `direct`: the server;
    `left`: what the attacker got, by the oracle's count; `honest`: how the day went beside."""

    centre: Centre
    other: House
    cast: Cast
    pool: Pool
    oracle: Oracle
    attack: str
    direct: str
    left: Left
    folder: Path
    server: asyncio.subprocess.Process
    chance: random.Random
    short: bool
    honest: Honest = field(default_factory=Honest)
    bookings: list[Booking] = field(default_factory=list)
    _client: httpx.AsyncClient | None = None
    _coming: list[Moment | Booking] = field(default_factory=list)

    @property
    def house(self) -> House:
        return self.centre.house

    def day_comes(self, day: date = DAY, factor: float = 1.0) -> None:
        """From now on what honest people ask that day is asked when its time comes, and patients book."""
        self._coming += moments_of(self.centre, day, self.chance, factor)
        self._coming.sort(key=lambda each: each.when, reverse=True)
        if self.bookings:
            return
        first = day + timedelta(days=1)
        self.bookings = [
            Booking(
                at("08:00", day) + timedelta(seconds=self.chance.randrange(10 * 3600)),
                Hand(self.house),
                at("08:00", first + timedelta(days=nth // BOOKED_A_DAY))
                + timedelta(minutes=30 * (nth % BOOKED_A_DAY)),
            )
            for nth in range(BOOKINGS_SHORT if self.short else BOOKINGS)
        ]
        self._coming += self.bookings
        self._coming.sort(key=lambda each: each.when, reverse=True)

    def comes(self, moment: Moment) -> None:
        """One more thing that somebody honest asks when its time comes."""
        self._coming.append(moment)
        self._coming.sort(key=lambda each: each.when, reverse=True)

    async def until(self, when: datetime) -> None:
        """The clock goes on to then; what honest people ask before is asked."""
        assert self._client is not None
        while self._coming and self._coming[-1].when <= when:
            moment = self._coming.pop()
            self.house.clock.now = max(self.house.clock.now, moment.when)
            if isinstance(moment, Booking):
                await self._books(moment)
            else:
                await ask(self._client, self.centre, moment, self.honest)
        self.house.clock.now = max(self.house.clock.now, when)

    async def _books(self, booking: Booking) -> None:
        """From an address of the patient's own."""
        nth = self.bookings.index(booking)
        transport = httpx.AsyncHTTPTransport(
            verify=NO_TLS, local_address=f"127.1.{nth // 250}.{nth % 250 + 1}"
        )
        async with httpx.AsyncClient(
            base_url=self.direct, headers=OURS, timeout=60, transport=transport
        ) as client:
            await booking.books(client)

    async def rest_of_the_day(self) -> None:
        """Whatever was still to come."""
        if self._coming:
            await self.until(self._coming[0].when)

    def browser(self, who: Person | None = None, *, address: str = "127.0.0.66") -> httpx.AsyncClient:
        """Whoever attacks, from an address of theirs; `who`: with a session of that person's."""
        headers = {**OURS, "Accept-Encoding": "identity"}
        if who is not None:
            headers["Cookie"] = cookie_of(who.session)
        transport = httpx.AsyncHTTPTransport(verify=NO_TLS, local_address=address)
        return httpx.AsyncClient(base_url=self.attack, headers=headers, timeout=60, transport=transport)

    async def ask(self, browser: httpx.AsyncClient, path: str, body: Mapping[str, Any]) -> Answered:
        """One POST to the practice."""
        answer = await browser.post(f"/api/practice/{self.house.practice}/{path}", json=dict(body))
        return answered(answer)

    async def bookings_lost(self) -> int:
        """Of those who booked beside: refused, or not there afterwards."""
        there = await self.pool.fetchval(
            "SELECT count(*) FROM appointments WHERE record = ANY ($1::uuid[]) AND status = 'booked'",
            [each.hand.record for each in self.bookings if each.stands],
        )
        return len(self.bookings) - int(there)

    async def seconds_to_the_drafts(self) -> float:
        """By everybody's clock, until each stop has its dossier, which the server opens by itself."""
        begun = time.monotonic()
        while await self.pool.fetchval(
            "SELECT count(*) FROM freezes f WHERE NOT EXISTS (SELECT FROM dossiers d"
            " WHERE d.practice = f.practice AND d.frozen = f.member AND d.frozen_at = f.at)"
        ):
            if time.monotonic() - begun > DRAFT_SECONDS_MAX:
                return math.inf
            await asyncio.sleep(0.5)
        return time.monotonic() - begun

    async def honest_stopped(self) -> int:
        """How many of those who only worked."""
        rows = await self.pool.fetch(
            "SELECT member FROM freezes WHERE practice = $1 AND ended_at IS NULL", self.house.practice
        )
        return len({row["member"] for row in rows} & {one.member for one in self.centre.staff})


def answered(answer: httpx.Response) -> Answered:
    """With the problem's kind."""
    told = answer.json() if answer.content and "json" in answer.headers.get("content-type", "") else {}
    kind = told.get("type", "") if isinstance(told, dict) and answer.status_code >= 400 else ""
    return Answered(answer.status_code, kind.removeprefix("urn:serment:error:"), told)


def read_of(record: uuid.UUID, *groups: str, purpose: str = "detail") -> tuple[str, dict[str, Any]]:
    """How the desk asks for one file."""
    return f"appointments/{record}/read", {"groups": list(groups), "kids": [], "purpose": purpose}


@dataclass
class Theatre:
    """The furnished database that every play begins with."""

    postgres: EmbeddedPostgres
    centre: Centre
    other: House
    cast: Cast
    folder: Path
    short: bool
    plays: int = 0

    @contextlib.asynccontextmanager
    async def stage(self, seed: int) -> AsyncIterator[Stage]:
        """A copy of it with a server before, until the block ends."""
        self.plays += 1
        name, folder = f"play{self.plays}", self.folder / f"play{self.plays}"
        folder.mkdir()
        (folder / "secret").write_bytes(SECRET)
        (folder / "secret").chmod(0o600)
        await _on(self.postgres, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        pool = await open_pool(self.postgres.url(name), connections_max=4)
        clock = SharedClock(folder / "clock")
        centre = dataclasses.replace(
            self.centre,
            house=_moved(self.centre.house, pool, clock),
            desks=[dataclasses.replace(one) for one in self.centre.desks],
            doctors=[dataclasses.replace(one) for one in self.centre.doctors],
        )
        server = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "replays.served", self.postgres.url(name), str(folder), str(folder / "clock"),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            assert server.stdout is not None
            port = int(await server.stdout.readline())
            direct = f"http://127.0.0.1:{port}"
            oracle = await oracle_of(pool, port)
            async with (
                oracle.door() as (door, left),
                httpx.AsyncClient(base_url=direct, headers=OURS, timeout=60, verify=NO_TLS) as client,
            ):
                await _awake(client)
                yield Stage(
                    centre, _moved(self.other, pool, clock), self.cast.anew(), pool, oracle, door, direct, left, folder,
                    server, random.Random(seed), self.short, _client=client,
                )  # fmt: skip
        finally:
            with contextlib.suppress(ProcessLookupError):
                server.kill()
            await server.wait()
            pool.terminate()
            await _on(self.postgres, f"DROP DATABASE {name} WITH (FORCE)")


def _moved(house: House, pool: Pool, clock: Clock) -> House:
    return dataclasses.replace(house, instance=Instance(INSTANCE, pool, Secret(SECRET), clock), clock=clock)


async def _awake(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get("/healthz")).status_code == httpx.codes.OK:
                    return
            await asyncio.sleep(0.05)


async def _on(postgres: EmbeddedPostgres, statement: str) -> None:
    connection = await asyncpg.connect(postgres.url("postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def theatre(*, short: bool) -> AsyncIterator[Theatre]:
    """Furnishes the centre, and a practice beside it on the same server, with real keys."""
    with (
        tempfile.TemporaryDirectory() as name,
        EmbeddedPostgres(Path(name) / "pg", settings=FAST) as postgres,
    ):
        await _on(postgres, f"CREATE DATABASE {TEMPLATE}")
        await migrate(postgres.url(TEMPLATE))
        pool = await open_pool(postgres.url(TEMPLATE), connections_max=4)
        try:
            house, other = await open_house(pool), await open_house(pool, slug="lestrade")
            centre = await furnish(pool, house, SHORT if short else LONG, back=BACK_DAYS, ahead=AHEAD_DAYS)
            cast = await _cast(centre, other, SWARM_SHORT if short else SWARM)
        finally:
            await pool.close()
        yield Theatre(postgres, centre, other, cast, Path(name), short)


async def _cast(centre: Centre, other: House, swarm: int) -> Cast:
    house, owner, lestrade = centre.house, centre.owner, await people.bento(other)
    locum = await people.bring_in(
        owner, house, "Dr Remy", Role.PRACTITIONER, [house.unit], until=DAY - timedelta(days=1)
    )
    await people.follow(owner, house)
    members = [
        await people.bring_in(lestrade, other, f"Moran {nth}", Role.SECRETARY, [other.unit])
        for nth in range(1 + swarm)
    ]
    return Cast(owner, locum, members)


async def give_password(stage: Stage, who: Person, auth: bytes) -> bytes:
    """The account signs in by this from now on; what its log-in name derives to."""
    secret, find = stage.house.instance.secret.current, who.account.bytes * 2
    await stage.pool.execute(
        "UPDATE accounts SET find_row = $2, auth = $3 WHERE account = $1",
        who.account, find_row(secret, find), stored_auth(secret, find, auth),
    )  # fmt: skip
    return find


def night(text: str, day: date = DAY) -> datetime:
    """An hour of the day, on the wall of Paris."""
    return at(text, day)
