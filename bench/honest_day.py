# SPDX-License-Identifier: AGPL-3.0-or-later
"""(i) An honest day of a busy centre before the sentinel: 30 practitioners, 1,200 appointments, 12 secretaries, over HTTP.

The rush at eight, a practitioner who falls ill and whose patients are called, a locum without a history, a list printed with
numbers, the cards of a day's bookings, and the same as an epidemic Monday. Seeded, the clock moved on by the script. What
counts is that nobody is stopped, and how often somebody is asked to show that they are there.
"""

from __future__ import annotations

import base64
import dataclasses
import heapq
import os
import random
import secrets
import socket
import ssl
import tempfile
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

import members_house as people
from api.test_booking_http import OURS, live
from bench import report
from bento_house import DAY, Hand, House, at, open_house
from members_house import Person
from serment.database.embedded import EmbeddedPostgres
from serment.database.migrate import migrate
from serment.database.pool import Pool, open_pool
from serment.framing import Role
from serment.server.session import COOKIE
from serment.server.usecases.book import book
from serment.server.usecases.hold_slot import hold_slot
from serment.server.usecases.sign_in import signed_in

PRACTITIONERS, EACH, STEP_MINUTES, SECRETARIES = 30, 40, 15, 12
RUSH, CALM = 40, 15  # calls an hour at one desk, from eight to ten and later
SEEDS = tuple(int(seed) for seed in os.environ.get("SERMENT_BENCH_SEEDS", "1").split(","))
EPIDEMIC = 1.8
CARDS_A_REQUEST, UNOPENED_A_REQUEST, CARD_BYTES = 100, 50, 1052


@dataclass
class Centre:
    """The house made large, and who works there."""

    house: House
    base: str
    kind: uuid.UUID
    agendas: list[uuid.UUID]
    records: dict[uuid.UUID, list[uuid.UUID]] = field(default_factory=dict)
    cards: list[uuid.UUID] = field(default_factory=list)
    desks: list[Person] = field(default_factory=list)
    doctors: list[Person] = field(default_factory=list)
    gestures: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    async def ask(self, client: httpx.AsyncClient, who: Person, path: str, body: dict[str, Any]) -> None:
        """As their browser asks; where somebody has to show to be there, they do, and it goes on."""
        for _ in range(2):
            cookie = base64.urlsafe_b64encode(who.session).decode().rstrip("=")
            headers = {"Cookie": f"{COOKIE}={cookie}"}
            answer = await client.post(
                f"/api/practice/{self.house.practice}/{path}", json=body, headers=headers
            )
            self.asked += 1
            if answer.status_code == 200:
                return
            kind = answer.json()["type"].rpartition(":")[2]
            if kind != "prove_presence":
                self.refused[kind] += 1
                return
            self.gestures[who.name] += 1
            who.session = (await signed_in(self.house.instance, who.account, None, proved=True)).token


async def measure() -> None:
    """Prints the figures. An honest person who is stopped ends the run as an error."""
    report.heading(
        "i",
        f"an honest day: {PRACTITIONERS * EACH:,} appointments, {SECRETARIES} secretaries, the sentinel awake",
    )
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as name, EmbeddedPostgres(Path(name) / "pg") as postgres:
            await migrate(postgres.url())
            pool = await open_pool(postgres.url(), connections_max=8)
            (Path(name) / "secret").write_bytes(b"S" * 32)
            (Path(name) / "secret").chmod(0o600)
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            try:
                house = await open_house(pool)
                async with live(postgres.url(), Path(name), house.clock, port) as base:
                    centre = await _furnish(pool, house, base)
                    await _days(centre, pool, seed)
            finally:
                pool.terminate()


async def _furnish(pool: Pool, house: House, base: str) -> Centre:
    kind, site, practitioner = uuid.uuid4(), house.id("site", "site"), house.id("practitioner", "bento")
    agendas = [house.bento, house.ferrand, *(uuid.uuid4() for _ in range(PRACTITIONERS - 2))]
    await pool.execute(
        "INSERT INTO visit_types (practice, visit_type, name_fr, name_en, minutes, step_minutes)"
        " VALUES ($1, $2, 'V', 'V', $3, $3)",
        house.practice, kind, STEP_MINUTES,
    )  # fmt: skip
    for nth, agenda in enumerate(agendas):
        if nth > 1:
            await pool.execute(
                "INSERT INTO agendas (practice, agenda, site, practitioner, unit, works_on_holidays)"
                " VALUES ($1, $2, $3, $4, $5, true)",
                house.practice, agenda, site, practitioner, house.unit,
            )  # fmt: skip
            await pool.execute(
                "INSERT INTO openings (practice, opening, agenda, first_date, start_minute, end_minute, rrule)"
                " VALUES ($1, $2, $3, '2027-01-01', 480, 1080, 'FREQ=DAILY')",
                house.practice, uuid.uuid4(), agenda,
            )  # fmt: skip
        await pool.execute("INSERT INTO visit_type_agendas VALUES ($1, $2, $3)", house.practice, kind, agenda)
    centre, owner = Centre(house, base, kind, agendas), await people.bento(house)
    for nth in range(SECRETARIES):
        centre.desks.append(await people.bring_in(owner, house, f"desk {nth}", Role.SECRETARY, [house.unit]))
    for nth in range(PRACTITIONERS):
        centre.doctors.append(
            await people.bring_in(owner, house, f"Dr {nth}", Role.PRACTITIONER, [house.unit])
        )
    await people.follow(owner, house)
    begun = time.perf_counter()
    for agenda in agendas:
        hands = [Hand(house) for _ in range(EACH)]
        for place, hand in enumerate(hands):
            start = at("08:00", DAY) + timedelta(minutes=STEP_MINUTES * place)
            request = dataclasses.replace(hand.wants(start, agenda=agenda), visit_type=kind)
            await _book(house, hand, request)
        centre.records[agenda] = [hand.record for hand in hands]
    centre.cards = [uuid.uuid4() for _ in range(PRACTITIONERS * EACH)]
    await pool.executemany(
        "INSERT INTO cards (practice, card, unit, epoch, rev, month, bytes) VALUES ($1, $2, $3, 1, 1, 202912, $4)",
        [(house.practice, card, house.unit, secrets.token_bytes(CARD_BYTES)) for card in centre.cards],
    )
    report.figure("booked, sealed in Python", f"{time.perf_counter() - begun:.0f} s")
    return centre


async def _book(house: House, hand: Hand, request: Any) -> None:
    held = await hold_slot(house.instance, request)
    await book(house.instance, hand.seal(request, held.minutes), hand.token)


async def _days(centre: Centre, pool: Pool, seed: int) -> None:
    for name, factor in (("a day", 1.0), ("an epidemic Monday after it", EPIDEMIC)):
        centre.asked, begun = 0, time.perf_counter()
        centre.gestures.clear()
        moments = _moments(centre, random.Random(f"{seed} {name}"), factor)
        start = centre.house.clock.now
        async with httpx.AsyncClient(
            base_url=centre.base, headers=OURS, timeout=30, verify=ssl.create_default_context()
        ) as client:
            for when, who, path, body in moments:
                centre.house.clock.now = max(start, when)
                await centre.ask(client, who, path, body)
        centre.house.clock.now += timedelta(hours=12)
        for person in (*centre.desks, *centre.doctors):
            person.session = (await signed_in(centre.house.instance, person.account, None, proved=True)).token
        stopped = await pool.fetchval("SELECT count(*) FROM freezes")
        gestures = sum(centre.gestures.values())
        report.figure(
            f"seed {seed}, {name}: requests", f"{centre.asked:,} in {time.perf_counter() - begun:.0f} s"
        )
        report.figure("  people stopped", str(stopped), aim=0, got=stopped)
        most = max(centre.gestures.values(), default=0)
        report.figure("  asked to show that they are there: all, most at one desk", f"{gestures}, {most}")
        if stopped or centre.refused:
            raise RuntimeError(f"honest work was refused: {dict(centre.refused)}, {stopped} stopped")
        # The next day is another one's patients: what was read yesterday is not known today.
        await pool.execute("UPDATE disclosures SET taken = gen_random_uuid()")


Moment = tuple[datetime, Person, str, dict[str, Any]]


def _moments(centre: Centre, chance: random.Random, factor: float) -> list[Moment]:
    """Everything that is asked in a day, in order of time."""
    found: list[tuple[datetime, int, Person, str, dict[str, Any]]] = []
    day = centre.house.clock.now.date() if centre.house.clock.now > at("20:00", DAY) else DAY

    def ask(when: datetime, who: Person, path: str, body: dict[str, Any]) -> None:
        heapq.heappush(found, (when, len(found), who, path, body))

    def read(when: datetime, who: Person, record: uuid.UUID, groups: list[str], purpose: str) -> None:
        ask(when, who, f"appointments/{record}/read", {"groups": groups, "kids": [], "purpose": purpose})

    kid = base64.b64encode(centre.house.epochs[centre.house.unit].kem.kid).decode()
    names = {"agendas": [str(each) for each in centre.agendas], "from": DAY.isoformat(), "days": 7}
    for who in (*centre.desks, *centre.doctors):
        ask(at("07:30", day) + timedelta(seconds=chance.randrange(1800)), who, "agenda", names)
    first, early = centre.desks[0], at("07:31", day)
    for nth in range(PRACTITIONERS * EACH // UNOPENED_A_REQUEST):
        ask(
            early + timedelta(seconds=2 * nth), first, "unopened", {"kids": [kid], "most": UNOPENED_A_REQUEST}
        )
    for nth in range(0, len(centre.cards), CARDS_A_REQUEST):
        some = [str(card) for card in centre.cards[nth : nth + CARDS_A_REQUEST]]
        ask(early + timedelta(seconds=60 + nth), first, "cards/read", {"cards": some})
    every = [record for records in centre.records.values() for record in records]
    for who in centre.desks:
        for hour in range(8, 18):
            for _ in range(int((RUSH if hour < 10 else CALM) * factor)):
                when = at(f"{hour:02}:00", day) + timedelta(seconds=chance.randrange(3600))
                record = chance.choice(every)
                read(when, who, record, ["rs"], "detail")
                if chance.random() < 0.6:
                    read(when + timedelta(seconds=20), who, record, ["ct"], "contact")
                elif chance.random() < 0.3:
                    read(when + timedelta(seconds=30), who, record, ["id", "ct", "rs"], "move")
    for who, agenda in zip(centre.doctors, centre.agendas, strict=True):
        for place, record in enumerate(centre.records[agenda]):
            when = at("08:00", day) + timedelta(minutes=STEP_MINUTES * place)
            read(when, who, record, ["rs"], "detail")
            if chance.random() < 0.15:
                read(when, who, record, ["ct"], "contact")
    ill, printed = (chance.choice(list(centre.records)) for _ in range(2))
    for nth, record in enumerate(centre.records[ill]):
        read(at("09:10", day) + timedelta(seconds=20 * nth), centre.desks[1], record, ["ct"], "contact")
    for nth, record in enumerate(centre.records[printed]):
        read(at("18:05", day) + timedelta(milliseconds=200 * nth), centre.desks[2], record, ["ct"], "contact")
    return [(when, who, path, body) for when, _, who, path, body in sorted(found, key=lambda each: each[:2])]
