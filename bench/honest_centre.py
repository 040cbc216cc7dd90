# SPDX-License-Identifier: AGPL-3.0-or-later
"""A busy centre and what its people ask of the server in a day: seeded, in order of time, as their browsers ask it.

One appointment is sealed for real; the others are that row again under ids, hours and bodies of their own, which nobody
opens and the server never could; half of them as if linked software had written them. So a month of twelve hundred a day is
there within seconds.
"""

from __future__ import annotations

import base64
import random
import secrets
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import httpx

import members_house as people
from bento_house import DAY, Hand, House, at
from members_house import Person
from serment.database.pool import Pool
from serment.framing import Role
from serment.server.session import COOKIE
from serment.server.usecases.sign_in import signed_in

STEP_MINUTES = 15
RUSH, CALM = 40, 15  # calls an hour at one desk, from eight to ten and later
AFTERWARDS_MAX = 6  # calls a day at one desk about visits that are over
CARDS_A_REQUEST, UNOPENED_A_REQUEST, CARD_BYTES = 100, 50, 1052
SATURDAY = 5
AGENDAS_A_WEEK = 8  # a screen shows a week of no more than these (pages/practice/shown.svelte.ts)
# How full a day is, by how many days it lies after the full ones; the last one holds for all beyond.
FILLED = ((0, 1.0), (7, 0.8), (21, 0.5), (53, 0.2))
_OTHER = "overlay(p.{0} PLACING uuid_send(gen_random_uuid()) FROM 1)"
_DAY_OF_CLONES = f"""
INSERT INTO appointments (practice, record, unit, agenda, start, minutes, visit_type, status, rev, sealed_slot,
    body_id, body_ct, body_rs, sig, writer, head, booking_pk)
SELECT p.practice, n.record, p.unit, n.agenda, n.start, $4, $5, 'booked', p.rev, p.sealed_slot,
    {_OTHER.format("body_id")}, {_OTHER.format("body_ct")}, {_OTHER.format("body_rs")}, p.sig,
    CASE WHEN n.record < '80000000-0000-0000-0000-000000000000' THEN 3 ELSE p.writer END, p.head, p.booking_pk
FROM appointments p, unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS n (record, agenda, start)
WHERE p.practice = $6 AND p.record = $7
"""


@dataclass(frozen=True)
class Size:
    """How large a centre is: practitioners, appointments of each in a day, secretaries."""

    practitioners: int = 30
    each: int = 40
    secretaries: int = 12

    @property
    def day(self) -> int:
        """Appointments of a full day."""
        return self.practitioners * self.each


@dataclass
class Centre:
    """The house made large, and who works there."""

    house: House
    size: Size
    kind: uuid.UUID
    agendas: list[uuid.UUID]
    owner: Person
    alice: Hand
    days: dict[date, dict[uuid.UUID, list[uuid.UUID]]] = field(default_factory=dict)
    cards: list[uuid.UUID] = field(default_factory=list)
    desks: list[Person] = field(default_factory=list)
    doctors: list[Person] = field(default_factory=list)

    @property
    def staff(self) -> list[Person]:
        return [*self.desks, *self.doctors]


@dataclass
class Honest:
    """How the day went for who works there."""

    gestures: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    asked: int = 0


@dataclass(frozen=True)
class Moment:
    """One request of an honest browser."""

    when: datetime
    who: Person
    path: str
    body: Mapping[str, Any]


def cookie_of(session: bytes) -> str:
    """The header that a browser sends."""
    return f"{COOKIE}={base64.urlsafe_b64encode(session).decode().rstrip('=')}"


async def furnish(pool: Pool, house: House, size: Size, *, back: int, ahead: int, full: int = 7) -> Centre:
    """Agendas, people, cards, and the appointments of the working days from `back` days before DAY to `ahead` after it; those
    up to `full` after it have no free time left."""
    kind, site, practitioner = uuid.uuid4(), house.id("site", "site"), house.id("practitioner", "bento")
    agendas = [house.bento, house.ferrand, *(uuid.uuid4() for _ in range(size.practitioners - 2))]
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
                " VALUES ($1, $2, $3, '2027-01-01', 480, $4, 'FREQ=DAILY')",
                house.practice, uuid.uuid4(), agenda, 480 + size.each * STEP_MINUTES,
            )  # fmt: skip
        await pool.execute("INSERT INTO visit_type_agendas VALUES ($1, $2, $3)", house.practice, kind, agenda)
    owner, alice = await people.bento(house), Hand(house)
    centre = Centre(house, size, kind, agendas, owner, alice)
    for nth in range(size.secretaries):
        centre.desks.append(await people.bring_in(owner, house, f"desk {nth}", Role.SECRETARY, [house.unit]))
    for nth in range(size.practitioners):
        centre.doctors.append(
            await people.bring_in(owner, house, f"Dr {nth}", Role.PRACTITIONER, [house.unit])
        )
    await people.follow(owner, house)
    await alice.book(at("08:00", DAY))
    for nth in range(-back, ahead + 1):
        await _fill(pool, centre, DAY + timedelta(days=nth), nth - full)
    centre.cards = [uuid.uuid4() for _ in range(size.day)]
    await pool.executemany(
        "INSERT INTO cards (practice, card, unit, epoch, rev, month, bytes) VALUES ($1, $2, $3, 1, 1, 202912, $4)",
        [(house.practice, card, house.unit, secrets.token_bytes(CARD_BYTES)) for card in centre.cards],
    )
    await pool.execute("ANALYZE")
    return centre


async def _fill(pool: Pool, centre: Centre, day: date, ahead: int) -> None:
    if day.weekday() >= SATURDAY:
        return
    share = next((share for days, share in FILLED if ahead <= days), FILLED[-1][1])
    count = max(1, int(centre.size.each * share))
    placed = {agenda: [uuid.uuid4() for _ in range(count)] for agenda in centre.agendas}
    rows = [
        (record, agenda, at("08:00", day) + timedelta(minutes=STEP_MINUTES * place))
        for agenda, records in placed.items()
        for place, record in enumerate(records)
    ]
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        columns = [list(column) for column in zip(*rows, strict=True)]
        await connection.execute(
            _DAY_OF_CLONES, *columns, STEP_MINUTES, centre.kind, centre.house.practice, centre.alice.record
        )
    centre.days[day] = placed


async def ask(client: httpx.AsyncClient, centre: Centre, moment: Moment, told: Honest) -> None:
    """As their browser asks; where somebody has to show to be there, they do, and it goes on."""
    who = moment.who
    for _ in range(2):
        answer = await client.post(
            f"/api/practice/{centre.house.practice}/{moment.path}",
            json=dict(moment.body),
            headers={"Cookie": cookie_of(who.session)},
        )
        told.asked += 1
        if answer.status_code == 200:
            return
        kind = answer.json()["type"].rpartition(":")[2]
        if kind != "prove_presence":
            told.refused[kind] += 1
            return
        told.gestures[who.name] += 1
        await sign_in_again(centre, who)


async def sign_in_again(centre: Centre, who: Person) -> None:
    """With passkey or password, in the browser."""
    who.session = (await signed_in(centre.house.instance, who.account, None, proved=True)).token


def moments_of(
    centre: Centre, day: date, chance: random.Random, factor: float = 1.0, *, locum: Person | None = None
) -> list[Moment]:
    """Everything that is asked in a day, in order of time. `factor`: how many more calls than usual there are; `locum`:
    whoever works in place of the first practitioner."""
    found = [
        *_opening(centre, day, chance),
        *_calls(centre, day, chance, factor),
        *_calls_afterwards(centre, day, chance),
        *_visits(centre, day, chance, locum),
        *_looks_ahead(centre, day, chance),
        *_ill_and_printed(centre, day, chance),
    ]
    return sorted(found, key=lambda each: each.when)


def _read(when: datetime, who: Person, record: uuid.UUID, groups: list[str], purpose: str) -> Moment:
    return Moment(
        when, who, f"appointments/{record}/read", {"groups": groups, "kids": [], "purpose": purpose}
    )


def _week(when: datetime, who: Person, agendas: list[uuid.UUID], first: date, days: int = 7) -> Moment:
    body = {"agendas": [str(each) for each in agendas], "from": first.isoformat(), "days": days}
    return Moment(when, who, "agenda", body)


def _opening(centre: Centre, day: date, chance: random.Random) -> Iterator[Moment]:
    """Every desk reads what its first screen shows: the week where agendas are few, else a day of all; who practises, their own
    week as well. The first one reads the cards, and what was booked meanwhile."""
    monday = day - timedelta(days=day.weekday())
    few = len(centre.agendas) <= AGENDAS_A_WEEK
    for who in centre.staff:
        when = at("07:30", day) + timedelta(seconds=chance.randrange(1800))
        yield _week(when, who, centre.agendas, monday if few else day, 7 if few else 1)
    for who, agenda in zip(centre.doctors, centre.agendas, strict=True):
        yield _week(at("07:45", day), who, [agenda], monday)
    first, early = centre.desks[0], at("07:31", day)
    kid = base64.b64encode(centre.house.epochs[centre.house.unit].kem.kid).decode()
    for nth in range(centre.size.day // UNOPENED_A_REQUEST):
        body = {"kids": [kid], "most": UNOPENED_A_REQUEST}
        yield Moment(early + timedelta(seconds=2 * nth), first, "unopened", body)
    for nth in range(0, len(centre.cards), CARDS_A_REQUEST):
        some = [str(card) for card in centre.cards[nth : nth + CARDS_A_REQUEST]]
        yield Moment(early + timedelta(seconds=60 + nth), first, "cards/read", {"cards": some})


def _calls(centre: Centre, day: date, chance: random.Random, factor: float) -> Iterator[Moment]:
    """Somebody calls about an appointment: of that day mostly, else of a day to come, which is then looked at."""
    today = [record for records in centre.days[day].values() for record in records]
    ahead = [each for each in centre.days if each > day]
    for who in centre.desks:
        for hour in range(8, 18):
            for _ in range(int((RUSH if hour < 10 else CALM) * factor)):
                when = at(f"{hour:02}:00", day) + timedelta(seconds=chance.randrange(3600))
                record = chance.choice(today)
                if ahead and chance.random() < 0.3:
                    other = chance.choice(ahead[: len(ahead) // 2 + 1])
                    agenda = chance.choice(centre.agendas)
                    record = chance.choice(centre.days[other][agenda])
                    yield _week(when, who, [agenda], other - timedelta(days=other.weekday()))
                yield _read(when + timedelta(seconds=5), who, record, ["rs"], "detail")
                if chance.random() < 0.6:
                    yield _read(when + timedelta(seconds=20), who, record, ["ct"], "contact")
                elif chance.random() < 0.3:
                    yield _read(when + timedelta(seconds=30), who, record, ["id", "ct", "rs"], "move")


def _calls_afterwards(centre: Centre, day: date, chance: random.Random) -> Iterator[Moment]:
    """Somebody calls about a visit of the last weeks: a bill, a certificate, something left behind."""
    over = [each for each in centre.days if each < day]
    for who in centre.desks:
        for _ in range(chance.randint(0, AFTERWARDS_MAX) if over else 0):
            agendas = centre.days[chance.choice(over)]
            when = at("10:00", day) + timedelta(seconds=chance.randrange(7 * 3600))
            record = chance.choice(agendas[chance.choice(centre.agendas)])
            yield _read(when, who, record, ["rs"], "detail")
            yield _read(when + timedelta(seconds=20), who, record, ["ct"], "contact")


def _visits(centre: Centre, day: date, chance: random.Random, locum: Person | None) -> Iterator[Moment]:
    doctors = [locum, *centre.doctors[1:]] if locum is not None else centre.doctors
    for who, agenda in zip(doctors, centre.agendas, strict=True):
        for place, record in enumerate(centre.days[day][agenda]):
            when = at("08:00", day) + timedelta(minutes=STEP_MINUTES * place)
            yield _read(when, who, record, ["rs"], "detail")
            if chance.random() < 0.15:
                yield _read(when, who, record, ["ct"], "contact")


def _looks_ahead(centre: Centre, day: date, chance: random.Random) -> Iterator[Moment]:
    """A practitioner turns to their own weeks of the next two months; a secretary to a week of the next month, and now and
    then to all days of one person, which are all days of the unit (usecases/patients/visits.ts)."""
    for who, agenda in zip(centre.doctors, centre.agendas, strict=True):
        if chance.random() < 0.3:
            when = at("12:30", day) + timedelta(seconds=chance.randrange(1800))
            yield _week(when, who, [agenda], day + timedelta(days=14), 35)
    for who in centre.desks:
        if chance.random() < 0.5:
            when = at("14:00", day) + timedelta(seconds=chance.randrange(3 * 3600))
            some = centre.agendas[:AGENDAS_A_WEEK]
            yield _week(when, who, some, day + timedelta(days=28 - day.weekday()))
        if chance.random() < 0.2:
            when = at("10:30", day) + timedelta(seconds=chance.randrange(3 * 3600))
            for nth in range(0, 60, 35):
                yield _week(when + timedelta(seconds=nth), who, centre.agendas, day + timedelta(days=nth), 35)


def _ill_and_printed(centre: Centre, day: date, chance: random.Random) -> Iterator[Moment]:
    """One practitioner's patients are all called, and one list is printed with numbers."""
    ill, printed = (chance.choice(centre.agendas) for _ in range(2))
    last = len(centre.desks) - 1
    for nth, record in enumerate(centre.days[day][ill]):
        yield _read(
            at("09:10", day) + timedelta(seconds=20 * nth),
            centre.desks[min(1, last)],
            record,
            ["ct"],
            "contact",
        )
    for nth, record in enumerate(centre.days[day][printed]):
        yield _read(
            at("18:05", day) + timedelta(milliseconds=200 * nth),
            centre.desks[min(2, last)],
            record,
            ["ct"],
            "contact",
        )
