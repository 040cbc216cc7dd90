# SPDX-License-Identifier: AGPL-3.0-or-later
"""kill -9 of the server, alone and with its database, between bookings and reads over HTTP: what was acknowledged stands,
and what was handed out is in the access ledger."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import random
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from bento_house import INSTANCE, Hand, House, open_house, town
from over_http import b64, instant_text, wire
from running_serment import Serment
from serment.database.embedded import EmbeddedPostgres
from serment.database.migrate import migrate
from serment.database.pool import Pool, open_pool
from serment.framing import RecordContext, Revision, Slot, Stanza, Writer
from serment.seal.record import open_revision
from serment.seeding import Town, plant
from serment.server.ledger_folder import PUBLIC_FILE
from serment.settings import LEDGER_FOLDER
from serment.verifier.ledger import verify

WRITERS = 3
KILLS = 3
BETWEEN_KILLS_SECONDS = (0.0, 0.9)
ANSWER_SECONDS_MAX = 30.0
VISITS_A_DAY = 20
READ_OF_LATE = 5  # of the latest bookings each is read

pytestmark = pytest.mark.slow


@dataclass
class Journal:
    """What the writers asked and were told."""

    begun: set[uuid.UUID] = field(default_factory=set)
    booked: list[tuple[Hand, dict[str, Any], httpx.Response]] = field(default_factory=list)
    repeats: int = 0
    handed_out: Counter[uuid.UUID] = field(default_factory=Counter)


async def _ask(
    journal: Journal, browser: httpx.AsyncClient, path: str, body: object, hand: Hand
) -> httpx.Response:
    """The same request again and again until somebody answers, as a browser does."""
    # Each patient has an address of their own.
    headers = {"Serment-Hold": b64(hand.token), "X-Forwarded-For": f"2001:db8:{hand.record.hex[:4]}::1"}
    deadline = time.monotonic() + ANSWER_SECONDS_MAX
    while True:
        with contextlib.suppress(httpx.TransportError):
            answer = await browser.post(path, json=body, headers=headers)
            if answer.status_code != 503:
                return answer
        assert time.monotonic() < deadline, "nobody answers"
        journal.repeats += 1
        await asyncio.sleep(0.05)


async def _write(house: House, base: str, nth: int, journal: Journal, stop: asyncio.Event) -> None:
    """Books one free time after the other, each for somebody new."""
    first = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=2)
    agenda = (house.bento, house.ferrand)[nth % 2]
    async with httpx.AsyncClient(base_url=base, timeout=5) as browser:
        for visit in range(nth // 2, 1_000, WRITERS):
            if stop.is_set():
                return
            hand = Hand(house)
            start = first + timedelta(days=visit // VISITS_A_DAY, minutes=30 * (visit % (VISITS_A_DAY - 4)))
            wish = hand.wants(start, agenda=agenda)
            slot = {
                "practice": str(house.practice), "record": str(hand.record), "agenda": str(agenda),
                "visit_type": str(house.type()), "start": instant_text(int(start.timestamp())),
            }  # fmt: skip
            journal.begun.add(hand.record)
            held = await _ask(journal, browser, "/api/patient/holds", slot, hand)
            if held.status_code == 409:
                journal.begun.discard(hand.record)
                continue
            assert held.status_code == 201, held.text
            body = wire(hand.seal(wish))
            booked = await _ask(journal, browser, "/api/patient/appointments", body, hand)
            assert booked.status_code == 201, booked.text
            journal.booked.append((hand, body, booked))


async def _read(base: str, journal: Journal, stop: asyncio.Event) -> None:
    """Opens links that were booked, again and again; counts each answer of which a byte came."""
    async with httpx.AsyncClient(base_url=base, timeout=5) as browser:
        while not stop.is_set():
            await asyncio.sleep(0)
            for hand, _, _ in journal.booked[-READ_OF_LATE:]:
                headers = {"Serment-Row-Token": b64(hand.cap.row_token)}
                with contextlib.suppress(httpx.TransportError):
                    async with browser.stream("GET", "/api/patient/appointment", headers=headers) as answer:
                        if answer.status_code == 200:
                            async for _ in answer.aiter_raw():
                                journal.handed_out[hand.record] += 1
                                break
            await asyncio.sleep(0.01)


async def _all_that_left_is_in_the_ledger(pool: Pool, journal: Journal, data: Path) -> None:
    rows = await pool.fetch(
        "SELECT records[1] AS record, count(*) AS n FROM ledger WHERE reader IS NULL GROUP BY 1"
    )
    entered = {row["record"]: row["n"] for row in rows}
    assert journal.handed_out
    assert {record: n for record, n in journal.handed_out.items() if entered.get(record, 0) < n} == {}
    log = data / LEDGER_FOLDER
    assert verify(log, (log / PUBLIC_FILE).read_text("utf-8"))


async def _another_booking(journal: Journal, writers: list[asyncio.Task[None]]) -> None:
    """Returns when somebody more has been told that they are booked."""
    before, deadline = len(journal.booked), time.monotonic() + ANSWER_SECONDS_MAX
    while len(journal.booked) == before:
        assert time.monotonic() < deadline, "nobody is booked"
        for writer in writers:
            if writer.done():
                writer.result()
        await asyncio.sleep(0.02)


def _revision(told: dict[str, Any]) -> tuple[Revision, list[Stanza]]:
    """An answer's appointment, as a reader takes it."""

    def octets(text: str) -> bytes:
        return base64.b64decode(text, validate=True)

    def name(text: str) -> bytes:
        return uuid.UUID(text).bytes

    slot = told["slot"]
    context = RecordContext(
        INSTANCE, name(told["practice"]), name(told["unit"]), name(told["record"]), told["rev"],
        Slot(name(slot["agenda"]), int(datetime.fromisoformat(slot["start"]).timestamp()), slot["minutes"],
             name(slot["visit_type"])),
    )  # fmt: skip
    bodies = tuple(octets(told["bodies"][group]) for group in ("id", "ct", "rs"))
    revision = Revision(
        context, bodies, octets(told["sig"]), octets(told["head"]), octets(told["booking_pk"]),
        octets(told["patient_pk"]), Writer.PATIENT, None,
    )  # type: ignore[arg-type]  # fmt: skip
    return revision, [Stanza.parse(octets(each["bytes"])) for each in told["stanzas"]]


async def _everything_acknowledged_stands_and_opens(base: str, journal: Journal) -> None:
    async with httpx.AsyncClient(base_url=base, timeout=10) as browser:
        for hand, body, told in journal.booked:
            again = await browser.post(
                "/api/patient/appointments", json=body, headers={"Serment-Hold": b64(hand.token)}
            )
            assert (again.status_code, again.json()) == (told.status_code, told.json())
            seen = await browser.get(
                "/api/patient/appointment", headers={"Serment-Row-Token": b64(hand.cap.row_token)}
            )
            assert seen.status_code == 200, seen.text
            revision, stanzas = _revision(seen.json()["appointment"])
            revision.check(hand.house.roster)
            identity = open_revision(revision, stanzas, hand.cap.k_cap).identity
            assert identity is not None and identity.birth_name == "Fontbonne"


async def _no_booking_is_half(pool: Pool, journal: Journal) -> None:
    """Every appointment is whole and has its span; every other span is a hold that ends by itself."""
    rows = await pool.fetch(
        "SELECT a.record, s.hold_until, count(t.kid) AS stanzas FROM appointments a"
        " LEFT JOIN spans s ON s.practice = a.practice AND s.record = a.record AND s.start = a.start"
        " LEFT JOIN stanzas t ON t.practice = a.practice AND t.record = a.record AND t.rev = a.rev"
        " GROUP BY a.record, s.span, s.hold_until"
    )
    assert {hand.record for hand, *_ in journal.booked} <= {row["record"] for row in rows} <= journal.begun
    assert len(rows) == len({row["record"] for row in rows})
    expected = {len(body["revision"]["stanzas"]) for _, body, _ in journal.booked}
    assert {row["stanzas"] for row in rows} == expected and all(row["hold_until"] is None for row in rows)
    orphans = await pool.fetch(
        "SELECT hold_until FROM spans s WHERE NOT EXISTS (SELECT FROM appointments a WHERE a.record = s.record)"
    )
    assert all(row["hold_until"] is not None for row in orphans)
    lost = await pool.fetchval(
        "SELECT count(*) FROM stanzas t WHERE NOT EXISTS (SELECT FROM appointments a WHERE a.record = t.record)"
    )
    assert lost == 0


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with the secret that Dr Bento's house was opened with."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "secret").write_bytes(b"S" * 32)
    (folder / "secret").chmod(0o600)
    return folder


async def _plant(data: Path) -> House:
    """Dr Bento's house in the embedded database of a data folder; the database is stopped again."""
    practice = town("bento").practices[0]
    last_week = datetime.now(UTC).date() - timedelta(days=7)
    openings = [msgspec.structs.replace(opening, first_date=last_week) for opening in practice.openings]
    with EmbeddedPostgres(data / "postgres") as postgres:
        await migrate(postgres.url())
        pool = await open_pool(postgres.url())
        house = await open_house(pool)
        async with pool.acquire() as connection:
            await plant(connection, Town(practices=[msgspec.structs.replace(practice, openings=openings)]))
        await pool.close()
    return house


@pytest.mark.parametrize("database_too", [False, True], ids=["server", "server-and-database"])
async def test_kill_9_between_bookings_loses_none_and_halves_none(
    data: Path, free_port: int, database_too: bool
) -> None:
    chance, journal, stop = random.Random(), Journal(), asyncio.Event()

    def start() -> Serment:
        # Behind a proxy, which alone may say where a patient calls from.
        origin = "https://rdv.example.org"
        return Serment("serve", data=data, port=free_port, SERMENT_INSTANCE=INSTANCE, SERMENT_ORIGIN=origin)

    house = await _plant(data)
    serment = start()
    try:
        await asyncio.to_thread(serment.wait_until_up)
        writers = [
            asyncio.create_task(_write(house, serment.address, nth, journal, stop)) for nth in range(WRITERS)
        ]
        writers.append(asyncio.create_task(_read(serment.address, journal, stop)))
        for _ in range(KILLS):
            await _another_booking(journal, writers)
            await asyncio.sleep(chance.uniform(*BETWEEN_KILLS_SECONDS))
            serment.kill_9(database_too=database_too)
            serment = start()
            await asyncio.to_thread(serment.wait_until_up)
        stop.set()
        await asyncio.gather(*writers)
        assert journal.repeats, "no request was cut off"
        await _everything_acknowledged_stands_and_opens(serment.address, journal)
        assert serment.end() == 0, serment.words()
    finally:
        stop.set()
        serment.clean_up()
    with EmbeddedPostgres(data / "postgres") as postgres:
        pool = await open_pool(postgres.url())
        await _no_booking_is_half(pool, journal)
        await _all_that_left_is_in_the_ledger(pool, journal, data)
        await pool.close()
