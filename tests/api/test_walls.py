# SPDX-License-Identifier: AGPL-3.0-or-later
"""The walls between the units of one practice: to Sam of one unit, the records and agendas of another answer as what is not."""

from __future__ import annotations

import dataclasses
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from api.test_booking_http import OURS, live
from bento_house import AUTH, DAY, Hand, House, at, find_of, open_house
from over_http import b64, wire
from serment.database.pool import open_pool
from serment.framing import Act, RecordContext
from serment.seal.record import sign_act
from serment.server.usecases import read_envelope

ROOT = Path(__file__).parents[2]
STAFF = "/api/practice/{practice}/"
# A hold is found by its token alone, which whoever placed it drew: there is no wall to pass.
BY_TOKEN = {"holds/extend", "holds/release"}


class LabHand(Hand):
    """Somebody whose appointment is with the laboratory: another unit, with keys that Sam never had."""

    def context(self, *of: Any, **more: Any) -> RecordContext:
        context = super().context(*of, **more)
        return dataclasses.replace(context, unit=self.house.id("unit", "lab").bytes)

    def wants(self, start: datetime, **rest: Any) -> Any:
        return super().wants(start, **{"agenda": self.house.id("agenda", "lab"), **rest})


class Desk(NamedTuple):
    """Sam's signed-in browser, the house, and the record of the laboratory he may not see."""

    client: httpx.AsyncClient
    house: House
    lab: LabHand

    async def asks(self, route: str, body: dict[str, Any], **headers: str) -> tuple[int, Any]:
        path = f"/api/practice/{self.house.practice}/{route}"
        answer = await self.client.post(path, json=body, headers=headers)
        return answer.status_code, answer.json() if answer.content else None


@pytest.fixture
async def desk(new_database: Callable[[], Awaitable[str]], tmp_path: Path) -> AsyncIterator[Desk]:
    url = await new_database()
    pool = await open_pool(url, connections_max=6)
    try:
        house = await open_house(pool)
        await pool.execute(
            "INSERT INTO visit_type_agendas VALUES ($1, $2, $3)",
            house.practice, house.type(), house.id("agenda", "lab"),
        )  # fmt: skip
        lab = LabHand(house)
        await lab.book(at("09:00"))
        async with (
            live(url, tmp_path, house.clock) as base,
            httpx.AsyncClient(base_url=base, timeout=10, headers=OURS) as client,
        ):
            body = {"find": b64(find_of(house.slug)), "auth": b64(AUTH)}
            answer = await client.post("/api/practice/sign-in", json=body)
            client.headers["Cookie"] = answer.headers["set-cookie"].partition(";")[0]
            yield Desk(client, house, lab)
    finally:
        pool.terminate()


def corrected(desk: Desk, record: uuid.UUID, *, own_unit: bool) -> dict[str, Any]:
    """Sam's next revision of a record at its time, as of his own unit or of the laboratory."""
    kind = Hand if own_unit else LabHand
    hand = kind(desk.house, record=record, cap=desk.lab.cap)
    unit = desk.house.unit if own_unit else desk.house.id("unit", "lab")
    keys = dataclasses.replace(
        desk.house, epochs={**desk.house.epochs, desk.house.unit: desk.house.epochs[unit]}
    )
    hand.house = keys
    written = hand.seal_as_sam(hand.wants(at("09:00")), rev=2)
    return wire(written, writer="member") | {"seen_rev": 1}


def signed(desk: Desk, record: uuid.UUID) -> dict[str, Any]:
    lab = LabHand(desk.house, record=record)
    sig = sign_act(lab.context(lab.wants(at("09:00")), 30), 1, Act.CANCEL, desk.house.sam.sign)
    return {"rev": 1, "n": 1, "kind": "cancel", "sig": b64(sig)}


def stanza(desk: Desk, record: uuid.UUID) -> dict[str, Any]:
    kid_rec = desk.house.roster.epoch(desk.house.unit.bytes).kid_rec
    data = b"\x02" + kid_rec + b"\x07" + bytes(124)
    return {"record": str(record), "rev": 1, "head": b64(desk.house.roster.head), "bytes": b64(data)}


def dropped(desk: Desk, record: uuid.UUID) -> dict[str, Any]:
    kid = desk.house.roster.epoch(desk.house.id("unit", "lab").bytes).kid
    return {"record": str(record), "rev": 1, "kid": b64(kid)}


# Each: the route, and what Sam sends about a record. Every route that takes a record is here (checked below).
ABOUT_A_RECORD: dict[str, tuple[str, Callable[[Desk, uuid.UUID], dict[str, Any]]]] = {
    "read": ("appointments/{record}/read", lambda *_: {"groups": ["id"], "kids": [], "purpose": "call"}),
    "accept": ("appointments/{record}/accept", lambda *_: {"rev": 1}),
    "refuse": ("appointments/{record}/refuse", lambda *_: {"rev": 1}),
    "note": ("appointments/{record}/acts", lambda *_: {"rev": 1, "kind": "no_show", "was": "booked"}),
    "cancel": ("appointments/{record}/acts", signed),
    "move": ("appointments/{record}/move", lambda desk, of: corrected(desk, of, own_unit=False)),
    "move as of his own unit": (
        "appointments/{record}/move", lambda desk, of: corrected(desk, of, own_unit=True),
    ),
    "add a stanza": ("stanzas", lambda desk, of: {"add": [stanza(desk, of)]}),
    "drop a stanza": ("stanzas/drop", lambda desk, of: {"drop": [dropped(desk, of)]}),
}  # fmt: skip


@pytest.mark.parametrize("name", ABOUT_A_RECORD)
async def test_a_record_of_another_unit_answers_as_one_that_is_not(desk: Desk, name: str) -> None:
    route, body = ABOUT_A_RECORD[name]
    answers = [
        await desk.asks(route.format(record=record), body(desk, record))
        for record in (desk.lab.record, uuid.uuid4())
    ]
    assert answers[0] == answers[1]
    assert answers[0][0] == 404
    row = await desk.house.instance.pool.fetchrow(
        "SELECT status, rev, acts FROM appointments WHERE record = $1", desk.lab.record
    )
    assert tuple(row) == ("booked", 1, 0)


def place(agenda: uuid.UUID, desk: Desk) -> dict[str, Any]:
    start = at("11:00").strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"agenda": str(agenda), "visit_type": str(desk.house.type()), "start": start}


def days(agenda: uuid.UUID, desk: Desk) -> dict[str, Any]:
    return {"agendas": [str(agenda)], "from": str(DAY), "days": 1}


def places(agenda: uuid.UUID, desk: Desk) -> dict[str, Any]:
    return {"agendas": [str(agenda)], "visit_types": [str(desk.house.type())], "from": str(DAY)}


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("agenda", days),
        ("first-places", places),
        ("holds", lambda agenda, desk: place(agenda, desk) | {"record": str(uuid.uuid4())}),
    ],
)
async def test_an_agenda_of_another_unit_answers_as_one_that_is_not(
    desk: Desk, route: str, body: Callable[[uuid.UUID, Desk], dict[str, Any]]
) -> None:
    hold = {"Serment-Hold": b64(b"t" * 32)}
    lab, nowhere, own = desk.house.id("agenda", "lab"), uuid.uuid4(), desk.house.bento
    answers = [await desk.asks(route, body(agenda, desk), **hold) for agenda in (lab, nowhere, own)]
    assert answers[0] == answers[1]
    assert answers[0][0] == 404
    assert answers[2][0] in (200, 201)


@pytest.mark.parametrize("route", ["slots", "why"])
async def test_the_free_times_of_another_unit_answer_as_those_of_nobody(desk: Desk, route: str) -> None:
    path = f"/api/practice/{desk.house.practice}/{route}"
    answers = []
    for agenda in (desk.house.id("agenda", "lab"), uuid.uuid4(), desk.house.bento):
        asked = place(agenda, desk) | {"from": str(DAY), "days": 1}
        answer = await desk.client.get(path, params=asked)
        answers.append((answer.status_code, answer.json()))
    assert answers[0] == answers[1]
    assert (answers[0][0], answers[2][0]) == (404, 200)


async def test_no_hold_moves_a_record_of_another_unit_into_ones_own(desk: Desk) -> None:
    body = place(desk.house.bento, desk) | {"record": str(desk.lab.record)}
    status, told = await desk.asks("holds", body, **{"Serment-Hold": b64(b"t" * 32)})
    assert (status, told["type"]) == (404, "urn:serment:error:no_such_appointment")
    mine = Hand(desk.house)
    await mine.book(at("10:00"))
    body["record"] = str(mine.record)
    assert (await desk.asks("holds", body, **{"Serment-Hold": b64(b"t" * 32)}))[0] == 201


async def test_nobody_books_into_another_unit(desk: Desk) -> None:
    lab = LabHand(desk.house)
    await lab.hold(at("14:00"))
    written = wire(lab.seal(lab.wants(at("14:00"))))
    hold = {"Serment-Hold": b64(lab.token)}
    answers = [await desk.asks("appointments", written, **hold)]
    written["revision"]["unit"] = str(uuid.uuid4())
    answers.append(await desk.asks("appointments", written, **hold))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404


async def test_the_list_of_an_agenda_that_changed_its_unit_leaves_out_what_was_before(desk: Desk) -> None:
    pool, agenda = desk.house.instance.pool, desk.house.id("agenda", "lab")
    await pool.execute("UPDATE agendas SET unit = $1 WHERE agenda = $2", desk.house.unit, agenda)
    mine = Hand(desk.house)
    await mine.book(at("10:00"), agenda=agenda)
    status, told = await desk.asks("agenda", days(agenda, desk))
    assert status == 200
    assert [row["record"] for row in told["appointments"]] == [str(mine.record)]


async def test_a_list_that_breaks_off_is_asked_on_over_http(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = [Hand(desk.house) for _ in range(3)]
    for nth, hand in enumerate(hands):
        await hand.book(at(f"{10 + nth}:00"))
    monkeypatch.setattr(read_envelope, "LIST_MAX", 2)
    _, first = await desk.asks("agenda", days(desk.house.bento, desk))
    assert first["complete_until"] == {
        "start": at("11:00").astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "record": str(hands[1].record),
    }  # fmt: skip
    _, rest = await desk.asks("agenda", days(desk.house.bento, desk) | {"after": first["complete_until"]})
    found = [row["record"] for row in first["appointments"] + rest["appointments"]]
    assert found == [str(hand.record) for hand in hands]
    assert rest["complete_until"] is None


def names_in(schema: Any, schemas: dict[str, Any], seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Every name of a field that a schema of the written interface may hold."""
    if isinstance(schema, list):
        for each in schema:
            yield from names_in(each, schemas, seen)
    if not isinstance(schema, dict):
        return
    if (named := str(schema.get("$ref", "")).rpartition("/")[2]) and named not in seen:
        yield from names_in(schemas[named], schemas, seen | {named})
    for key, inner in schema.items():
        if key == "properties":
            yield from inner
        yield from names_in(inner, schemas, seen)


def test_every_route_of_the_desk_that_takes_a_record_is_tried() -> None:
    written = json.loads((ROOT / "spec" / "openapi.json").read_text("utf-8"))
    taking = set()
    for path, operations in written["paths"].items():
        for operation in operations.values():
            body = operation.get("requestBody", {})
            if path.startswith(STAFF) and (
                "{record}" in path or "record" in set(names_in(body, written["components"]["schemas"]))
            ):
                taking.add(path.removeprefix(STAFF))
    tried = (
        {route for route, _ in ABOUT_A_RECORD.values()}
        | {"agenda", "unopened", "holds", "appointments"}
        # Owners' alone: of what their own practice's ledger holds, and of whom it says that a breach concerns.
        | {"ledger", "ledger/figures", "incidents/{incident}/letters"}
        | BY_TOKEN
    )
    assert taking == tried
