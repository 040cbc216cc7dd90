# SPDX-License-Identifier: AGPL-3.0-or-later
"""The HTTP interface over a live server: a patient books, the practice reads, and nobody else gets anywhere."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from bento_house import AUTH, DAY, INSTANCE, Hand, House, at, find_of, open_house
from over_http import b64, wire
from serment.database.pool import Pool
from serment.domain.throttle import solve
from serment.framing import Act
from serment.server.app import create_app
from serment.server.changes import CHANNEL
from serment.server.session import COOKIE
from serment.settings import Settings

JSON = {"Content-Type": "application/json"}
OURS = {"Serment-Request": "1"}


@contextlib.asynccontextmanager
async def live(url: str, folder: Path, clock: Any) -> AsyncIterator[str]:
    """A server on loopback until the block ends, its clock and its secret the house's. `folder` is its own."""
    (folder / "secret").write_bytes(b"S" * 32)
    (folder / "secret").chmod(0o600)
    app = create_app(Settings(data=folder, instance=INSTANCE), url, clock=clock)
    config = uvicorn.Config(
        app, port=0, loop="asyncio", http="httptools", log_level="critical", access_log=False,
        server_header=False, timeout_graceful_shutdown=3,
    )  # fmt: skip
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
        if task.done():
            task.result()
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        async with asyncio.timeout(10):
            await task


@pytest.fixture(scope="module")
async def house(pool: Pool) -> House:
    return await open_house(pool)


@pytest.fixture(scope="module")
async def base(
    house: House, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    async with live(database_url, tmp_path_factory.mktemp("data"), house.clock) as address:
        yield address


@pytest.fixture
async def browser(base: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=base, timeout=10) as client:
        yield client


@pytest.fixture
async def desk(base: str, house: House) -> AsyncIterator[httpx.AsyncClient]:
    """Sam's browser, signed in."""
    async with httpx.AsyncClient(base_url=base, timeout=10, headers=OURS) as client:
        body = {"find": b64(find_of(house.slug)), "auth": b64(AUTH)}
        answer = await client.post("/api/practice/sign-in", json=body)
        assert answer.status_code == 200, answer.text
        # httpx, unlike a browser, keeps a Secure cookie off plain http even on loopback: send it by hand.
        client.headers["Cookie"] = answer.headers["set-cookie"].partition(";")[0]
        yield client


def hold_body(hand: Hand, start: str, kind: str = "visit") -> dict[str, Any]:
    return {
        "practice": str(hand.house.practice),
        "record": str(hand.record),
        "agenda": str(hand.house.bento),
        "visit_type": str(hand.house.type(kind)),
        "start": at(start).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


async def book_over_http(browser: httpx.AsyncClient, hand: Hand, start: str) -> httpx.Response:
    headers = {"Serment-Hold": b64(hand.token)}
    body = hold_body(hand, start)
    held = await browser.post("/api/patient/holds", json=body, headers=headers)
    if held.status_code == 429:
        # The tests of this module share an address: like a browser, they do the work that is asked of it.
        asked = held.json()
        work = b64(solve(base64.b64decode(asked["challenge"]), asked["bits"]))
        held = await browser.post("/api/patient/holds", json=body | {"work": work}, headers=headers)
    assert held.status_code == 201, held.text
    return await browser.post(
        "/api/patient/appointments",
        json=wire(hand.seal(hand.wants(at(start)))),
        headers={"Serment-Hold": b64(hand.token)},
    )


async def test_alice_books_reads_moves_and_cancels(browser: httpx.AsyncClient, house: House) -> None:
    alice = Hand(house)
    question = {"agenda": str(house.bento), "visit_type": str(house.type()), "from": str(DAY), "days": 1}
    told = (await browser.get("/api/slots", params=question)).json()
    assert told["timezone"] == "Europe/Paris"
    assert told["days"][0]["slots"][0] == {
        "start": "2027-03-02T07:00:00Z", "time": "08:00", "fold": 0, "ambiguous": False
    }  # fmt: skip
    booked = await book_over_http(browser, alice, "09:00")
    assert (booked.status_code, booked.json()["status"]) == (201, "booked")
    times = [
        slot["time"] for slot in (await browser.get("/api/slots", params=question)).json()["days"][0]["slots"]
    ]
    assert "08:30" in times and not {"08:45", "09:00", "09:15"} & set(times)

    row = {"Serment-Row-Token": b64(alice.cap.row_token)}
    seen = (await browser.get("/api/patient/appointment", headers=row)).json()
    assert seen["practice"]["name"] == "Cabinet Bento"
    assert seen["appointment"]["bodies"].keys() == {"id", "ct", "rs"}
    assert len(seen["appointment"]["stanzas"]) == 1

    hold = row | {"Serment-Hold": b64(alice.token)}
    assert (
        await browser.post("/api/patient/holds", json=hold_body(alice, "11:00"), headers=hold)
    ).status_code == 201
    body = wire(alice.seal(alice.wants(at("11:00")), rev=2)) | {"seen_rev": 1}
    moved = await browser.post("/api/patient/appointment/move", json=body, headers=hold)
    assert (moved.status_code, moved.json()["rev"]) == (200, 2)
    again = await browser.post("/api/patient/appointment/move", json=body, headers=hold)
    assert again.json() == moved.json()

    sig = alice.signs(alice.wants(at("11:00")), Act.CANCEL, rev=2)
    cancel = {"rev": 2, "n": 1, "kind": "cancel", "sig": b64(sig)}
    done = await browser.post("/api/patient/appointment/acts", json=cancel, headers=row)
    assert (done.status_code, done.json()["status"]) == (200, "cancelled")


async def test_a_taken_slot_is_told_with_what_is_free(browser: httpx.AsyncClient, house: House) -> None:
    await book_over_http(browser, Hand(house), "10:00")
    mallory = Hand(house)
    answer = await browser.post(
        "/api/patient/holds", json=hold_body(mallory, "10:00"), headers={"Serment-Hold": b64(mallory.token)}
    )
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "urn:serment:error:slot_taken" and problem["alternatives"]


async def test_a_wrong_token_opens_nothing(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/api/patient/appointment", headers={"Serment-Row-Token": b64(b"x" * 32)})
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:serment:error:no_such_appointment")


async def test_sam_sees_the_day_and_opens_contact_alone(
    desk: httpx.AsyncClient, browser: httpx.AsyncClient, house: House
) -> None:
    alice = Hand(house)
    await book_over_http(browser, alice, "12:00")
    kid = house.roster.epoch(house.unit.bytes).kid
    body = {"agendas": [str(house.bento)], "from": str(DAY), "days": 7, "kids": [b64(kid)], "known": []}
    week = await desk.post(f"/api/practice/{house.practice}/agenda", json=body)
    assert week.status_code == 200, week.text
    mine = next(each for each in week.json()["appointments"] if each["record"] == str(alice.record))
    assert mine["sealed"]["bodies"].keys() == {"id"}
    assert [stanza["kid"] for stanza in mine["sealed"]["stanzas"]] == [b64(kid)]
    known = body | {"known": [{"record": str(alice.record), "rev": 1}]}
    again = (await desk.post(f"/api/practice/{house.practice}/agenda", json=known)).json()
    assert "sealed" not in next(each for each in again["appointments"] if each["record"] == str(alice.record))
    read = await desk.post(
        f"/api/practice/{house.practice}/appointments/{alice.record}/read",
        json={"groups": ["ct"], "kids": [b64(kid)], "purpose": "call"},
    )
    assert read.json()["bodies"].keys() == {"ct"}
    house_told = (await desk.get(f"/api/practice/{house.practice}/house")).json()
    assert house_told["sites"][0]["today"] == "2027-03-01" and house_told["instance"] == INSTANCE


async def test_a_units_first_stanza_falls_only_beside_the_record_keys(
    desk: httpx.AsyncClient, browser: httpx.AsyncClient, house: House
) -> None:
    from serment.framing import Stanza
    from serment.seal.record import compact

    alice = Hand(house)
    request = alice.wants(at("13:00"))
    await browser.post(
        "/api/patient/holds", json=hold_body(alice, "13:00"), headers={"Serment-Hold": b64(alice.token)}
    )
    written = alice.seal(request)
    sent = await browser.post(
        "/api/patient/appointments", json=wire(written), headers={"Serment-Hold": b64(alice.token)}
    )
    assert sent.status_code == 201
    keys, place = house.epochs[house.unit], f"/api/practice/{house.practice}/stanzas"
    drop = {"drop": [{"record": str(alice.record), "rev": 1, "kid": b64(keys.kem.kid)}]}
    refused = await desk.post(f"{place}/drop", json=drop)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:serment:error:no_record_stanza")

    stanzas = [Stanza.parse(data) for data in written.stanzas]
    compacted = compact(written.revision.context, stanzas, keys.kem, keys.k_rec)
    add = {
        "record": str(alice.record),
        "rev": 1,
        "head": b64(house.roster.head),
        "bytes": b64(compacted.to_bytes()),
    }
    stored = await desk.post(place, json={"add": [add]})
    assert stored.status_code == 200, stored.text
    assert stored.json()["stored"][0]["bytes"] == b64(compacted.to_bytes())
    for _ in range(2):
        assert (await desk.post(f"{place}/drop", json=drop)).status_code == 204
    foreign = add | {"bytes": b64(compacted.to_bytes()[:1] + b"k" * 16 + compacted.to_bytes()[17:])}
    assert (await desk.post(place, json={"add": [foreign]})).status_code == 422


async def test_mallory_at_another_practice_sees_none_of_this_one(
    browser: httpx.AsyncClient, base: str, house: House, pool: Pool
) -> None:
    other = await open_house(pool, slug="mallory")
    async with httpx.AsyncClient(base_url=base, headers=OURS) as mallory:
        body = {"find": b64(find_of("mallory")), "auth": b64(AUTH)}
        answer = await mallory.post("/api/practice/sign-in", json=body)
        mallory.headers["Cookie"] = answer.headers["set-cookie"].partition(";")[0]
        alice = Hand(house)
        await book_over_http(browser, alice, "14:00")
        read = {"groups": ["id"], "kids": [], "purpose": "call"}
        for practice in (house.practice, other.practice):
            path = f"/api/practice/{practice}/appointments/{alice.record}/read"
            assert (await mallory.post(path, json=read)).status_code == 404
        agenda = {"agendas": [str(house.bento)], "from": str(DAY), "days": 1}
        for practice in (house.practice, other.practice):
            assert (await mallory.post(f"/api/practice/{practice}/agenda", json=agenda)).status_code == 404


async def test_sam_cannot_look_into_another_unit(desk: httpx.AsyncClient, house: House) -> None:
    body = {"agendas": [str(house.id("agenda", "lab"))], "from": str(DAY), "days": 1}
    assert (await desk.post(f"/api/practice/{house.practice}/agenda", json=body)).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [{"Serment-Request": "0"}, {"Sec-Fetch-Site": "cross-site"}, {"Content-Type": "text/plain"},
     {"Content-Type": "application/x-www-form-urlencoded"}],
)  # fmt: skip
async def test_a_foreign_page_changes_nothing(
    desk: httpx.AsyncClient, house: House, headers: dict[str, str]
) -> None:
    body = json.dumps({"agendas": [str(house.bento)], "from": str(DAY), "days": 1})
    path = f"/api/practice/{house.practice}/agenda"
    assert (await desk.post(path, content=body, headers=JSON)).status_code == 200
    assert (await desk.post(path, content=body, headers=JSON | headers)).status_code in (403, 415)


async def test_the_cookie_is_host_bound_strict_and_out_of_reach(
    browser: httpx.AsyncClient, house: House
) -> None:
    body = {"find": b64(find_of(house.slug)), "auth": b64(AUTH)}
    answer = await browser.post("/api/practice/sign-in", json=body, headers=OURS)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert {"secure", "httponly", "samesite=strict", "path=/"} <= {
        part.strip().lower() for part in cookie.split(";")
    }
    assert "domain" not in cookie.lower()


async def test_a_wrong_password_and_an_unknown_name_get_the_same_answers(browser: httpx.AsyncClient) -> None:
    for find in (find_of("nobody"), find_of("closed")):
        answers = [
            await browser.post(
                "/api/practice/sign-in", json={"find": b64(find), "auth": b64(b"w" * 32)}, headers=OURS
            )
            for _ in range(11)
        ]
        assert [answer.status_code for answer in answers] == [401] * 10 + [429]
        assert answers[-1].json()["until"]


async def test_signed_out_is_out(desk: httpx.AsyncClient, house: House) -> None:
    assert (await desk.get("/api/practice/me")).status_code == 200
    assert (await desk.post("/api/practice/sign-out")).status_code == 204
    for path in ("me", f"{house.practice}/house", f"{house.practice}/changes"):
        assert (await desk.get(f"/api/practice/{path}")).status_code == 401


async def test_a_booking_is_heard_at_the_desk(
    desk: httpx.AsyncClient, browser: httpx.AsyncClient, house: House
) -> None:
    async with asyncio.timeout(8), desk.stream("GET", f"/api/practice/{house.practice}/changes") as stream:
        lines = stream.aiter_lines()
        assert await anext(lines) == "event: ready"
        await book_over_http(browser, Hand(house), "15:00")
        async for line in lines:
            if line == "event: changed":
                break


async def test_keys_that_turned_are_heard_at_every_desk(desk: httpx.AsyncClient, house: House) -> None:
    """Each hint names the last event of the roster, the first one too: what came before somebody listened is not missed."""
    async with asyncio.timeout(8), desk.stream("GET", f"/api/practice/{house.practice}/changes") as stream:
        lines = stream.aiter_lines()
        assert [await anext(lines), await anext(lines)] == ["event: ready", f"data: {house.roster.seq}"]
        await house.turn_epoch(house.instance.pool)
        await house.instance.pool.execute("SELECT pg_notify($1, $2)", CHANNEL, str(house.practice))
        async for line in lines:
            if line == "event: changed":
                break
        assert await anext(lines) == f"data: {house.roster.seq}"


async def test_every_answer_carries_the_headers(browser: httpx.AsyncClient, house: House) -> None:
    for path in ("/healthz", "/api/nothing", "/api/slots", f"/api/practices/{house.practice}/roster"):
        headers = (await browser.get(path)).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"[]", 400), (b"{}", 400), (b'{"x":1}', 400), (b"\xff\xfe", 400), (b" " * 70_000, 413)],
)
async def test_a_bad_body_is_a_sentence(browser: httpx.AsyncClient, body: bytes, status: int) -> None:
    headers = JSON | {"Serment-Hold": b64(b"t" * 32)}
    answer = await browser.post("/api/patient/holds", content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_an_unknown_field_is_refused(browser: httpx.AsyncClient, house: House) -> None:
    hand = Hand(house)
    for extra in ({"minutes": 5}, {"status": "booked"}, {"who": "staff"}):
        answer = await browser.post(
            "/api/patient/holds",
            json=hold_body(hand, "16:00") | extra,
            headers={"Serment-Hold": b64(hand.token)},
        )
        assert answer.status_code == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/fr/p/%00", 404),
        ("/fr/practitioner/a%00b", 404),
        ("/api/practices/%00", 404),
        ("/static/%00", 404),
        ("/fr/search?what=x&number=" + 5000 * "9", 200),
        ("/fr/search?what=%00&where=%00", 200),
    ],
)
async def test_no_address_breaks_the_server(browser: httpx.AsyncClient, path: str, status: int) -> None:
    assert (await browser.get(path)).status_code == status


@pytest.mark.parametrize("start", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
async def test_the_ends_of_the_calendar_are_no_time(
    browser: httpx.AsyncClient, house: House, start: str
) -> None:
    hand = Hand(house)
    answer = await browser.post(
        "/api/patient/holds",
        json=hold_body(hand, "09:00") | {"start": start},
        headers={"Serment-Hold": b64(hand.token)},
    )
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:serment:error:malformed")


async def test_json_without_end_is_a_sentence(browser: httpx.AsyncClient) -> None:
    headers = {"Serment-Hold": b64(bytes(32)), "Content-Type": "application/json"}
    answer = await browser.post("/api/patient/holds", content=b"[" * 60_000, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:serment:error:malformed")


@pytest.mark.parametrize("path", ["/fr/", "/fr/search?what=dentiste", "/healthz"])
async def test_head_is_get_without_a_body(browser: httpx.AsyncClient, path: str) -> None:
    got, head = await browser.get(path), await browser.head(path)
    assert (head.status_code, head.headers["content-type"]) == (got.status_code, got.headers["content-type"])
