# SPDX-License-Identifier: AGPL-3.0-or-later
"""An agent over a live server: it pairs, is given a token, and everybody else is answered as if there were nothing."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

import members_house as people
from api.test_booking_http import OURS, live
from api.test_roles_matrix import ASKS, TOKEN
from bento_house import Hand, House, at, open_house
from members_house import Person
from over_http import b64
from serment.database.pool import Pool
from serment.framing import Revocation, sha256
from serment.server.session import COOKIE
from serment.server.usecases.agent_token import TOKEN_PATH
from soft_agent import SoftAgent, base64url, choose

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
GRANT = {
    "grant_type": "client_credentials",
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "scope": "system/Appointment.rs",
}


@pytest.fixture(scope="module")
async def house(pool: Pool) -> House:
    return await open_house(pool)


@pytest.fixture(scope="module")
async def bento(house: House) -> Person:
    return await people.bento(house)


@pytest.fixture(scope="module")
async def line(
    house: House, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        live(database_url, tmp_path_factory.mktemp("data"), house.clock) as base,
        httpx.AsyncClient(base_url=base, timeout=10) as client,
    ):
        yield client


def pairing(agent: SoftAgent, code: str) -> dict[str, Any]:
    shown = agent.shown(code)
    login = shown.public.login
    return {
        "practice": str(agent.practice), "code": code, "connector": str(agent.connector),
        "kem_pk": b64(shown.public.kem_pk), "sign_pk": b64(shown.public.sign_pk), "jwt_sig": b64(shown.jwt_sig),
        "jwk": {"kty": "EC", "crv": "P-384", "x": base64url(login.x), "y": base64url(login.y)},
        "cursor": b64(shown.cursor),
    }  # fmt: skip


async def owner_asks(
    line: httpx.AsyncClient, bento: Person, house: House, method: str, path: str, body: Any = None
) -> httpx.Response:
    cookie = {"Cookie": f"{COOKIE}={base64url(bento.session)}"}
    return await line.request(
        method, f"/api/practice/{house.practice}/{path}", json=body, headers=OURS | cookie
    )


async def signs_in(line: httpx.AsyncClient, agent: SoftAgent, house: House, **form: str) -> httpx.Response:
    origin, now = house.instance.origin, house.clock()
    asked = GRANT | {"client_assertion": agent.assertion(origin, now)} | form
    return await line.post(TOKEN_PATH, data=asked, headers={"DPoP": agent.proof(origin, now)})


async def links(line: httpx.AsyncClient, bento: Person, house: House) -> SoftAgent:
    """Paired over the line, granted, and signed in."""
    code = (await owner_asks(line, bento, house, "POST", "connectors/codes", {})).json()["code"]
    agent = SoftAgent(house.practice)
    for _ in range(2):  # the first answer was lost
        answer = await line.post("/api/agent/pair", json=pairing(agent, code))
        assert answer.status_code == 200 and answer.json()["connector"] == str(agent.connector)
    await choose(bento, house, agent, house.bento)
    await bento.change(house, await people.write(bento, house, [agent.grant(house.unit)]))
    await people.follow(bento, house)
    given = await signs_in(line, agent, house)
    assert given.status_code == 200 and given.headers["cache-control"] == "no-store"
    agent.token = given.json()["access_token"]
    return agent


async def test_the_server_says_where_tokens_are_given(line: httpx.AsyncClient, house: House) -> None:
    told = (await line.get("/.well-known/smart-configuration")).json()
    assert told["token_endpoint"] == told["issuer"] + TOKEN_PATH and told["issuer"] == house.instance.origin
    assert told["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]


async def test_an_owner_sees_what_was_paired_and_the_login_key_is_the_one_compared(
    line: httpx.AsyncClient, bento: Person, house: House
) -> None:
    agent = await links(line, bento, house)
    told = (await owner_asks(line, bento, house, "GET", "connectors")).json()
    mine = next(each for each in told["connectors"] if each["connector"] == str(agent.connector))
    assert mine["state"] == "granted" and mine["thumb"] == b64(agent.login_key.thumb)
    assert mine["jwk"] == agent.login_key.jwk()


async def test_whoever_does_not_pair_by_a_good_code_learns_nothing(
    line: httpx.AsyncClient, house: House
) -> None:
    agent = SoftAgent(house.practice)
    answers = [
        await line.post("/api/agent/pair", json=pairing(agent, "serment_pair_" + "a" * 23)),
        await line.post("/api/agent/pair", json=pairing(SoftAgent(uuid.uuid4()), "serment_pair_" + "a" * 23)),
    ]
    assert [(each.status_code, each.json()["type"]) for each in answers] == [
        (404, "urn:serment:error:no_such_pairing")
    ] * 2


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "system/*.*"}, 400, "invalid_scope"),
        ({"client_assertion_type": ""}, 400, "invalid_request"),
        ({"client_assertion": "x.y.z"}, 401, "invalid_client"),
    ],
)
async def test_a_token_is_refused_in_the_words_of_the_standard(
    line: httpx.AsyncClient, bento: Person, house: House, form: dict[str, str], status: int, error: str
) -> None:
    answer = await signs_in(line, SoftAgent(house.practice), house, **form)
    assert (answer.status_code, answer.json()) == (status, {"error": error})


async def test_a_form_that_is_none_is_refused(line: httpx.AsyncClient) -> None:
    for content, headers in (
        (b"a=1&a=2", FORM), (b"%%%", FORM), (b"\xff=1", FORM), (b"{}", {"Content-Type": "application/json"}), (b"", FORM),
    ):  # fmt: skip
        answer = await line.post(TOKEN_PATH, content=content, headers=headers)
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


def shows(agent: SoftAgent, house: House, method: str, path: str) -> dict[str, str]:
    """What goes with each request."""
    proof = agent.proof(house.instance.origin, house.clock(), method, path)
    return {"Authorization": f"DPoP {agent.token}", "DPoP": proof}


async def test_an_agent_hears_that_something_changed_and_nothing_of_what(
    line: httpx.AsyncClient, bento: Person, house: House
) -> None:
    agent, path = await links(line, bento, house), "/api/agent/changes"
    async with line.stream("GET", path, headers=shows(agent, house, "GET", path)) as answer:
        lines = answer.aiter_lines()
        heard = [await anext(lines) for _ in range(2)]
        assert heard == ["event: changed", "data: "]
        house.instance.changes.note(house.practice)
        await bento.change(house, await people.write(bento, house, [Revocation(agent.connector.bytes)]))
        async for each in lines:  # what follows ends with the grant
            assert each in ("", "event: changed", "data: ", ": still here")
    assert (await line.get(path, headers=shows(agent, house, "GET", path))).status_code == 401


async def test_a_booking_is_told_and_time_taken_elsewhere_noted_over_the_line(
    line: httpx.AsyncClient, bento: Person, house: House
) -> None:
    agent, alice = await links(line, bento, house), Hand(house)
    await alice.book(at("9:00"))
    cursors = [agent.cursor, b"1" * 32]
    body = {"cursor": b64(cursors[0]), "next": b64(sha256(cursors[1]))}
    told = await line.post(
        "/api/agent/feed", json=body, headers=shows(agent, house, "POST", "/api/agent/feed")
    )
    assert told.status_code == 200
    [item] = told.json()["items"]
    assert (
        item["record"] == str(alice.record)
        and item["gone"] is False
        and item["sealed"]["bodies"].keys() == {"id", "ct", "rs"}
    )
    path = f"/api/agent/busy/{uuid.uuid4()}"
    block = {
        "agenda": str(house.bento),
        "start": at("11:00").isoformat(),
        "end": at("12:00").isoformat(),
        "version": 1,
    }
    put = await line.put(path, json=block, headers=shows(agent, house, "PUT", path))
    assert put.json() == {"version": 1, "standing": True}
    gone = await line.delete(path, params={"version": 2}, headers=shows(agent, house, "DELETE", path))
    assert gone.json() == {"version": 2, "standing": False}
    path = "/api/agent/alive"
    alive = await line.post(
        path, json={"sources": [str(house.bento)]}, headers=shows(agent, house, "POST", path)
    )
    assert (alive.status_code, alive.json()) == (200, {})


async def test_an_agents_token_opens_no_other_door(
    line: httpx.AsyncClient, bento: Person, house: House
) -> None:
    """As Authorization, as a cookie: on every staff route it is nobody's."""
    agent = await links(line, bento, house)
    for ask in ASKS.values():
        address = ask.address(house.practice, {})
        headers = OURS | shows(agent, house, ask.method, address)
        headers |= {"Cookie": f"{COOKIE}={agent.token}", "Serment-Hold": TOKEN}
        body = ask.body({"practice": house.practice})
        if body is not None:
            headers["Content-Type"] = "application/json"
        answer = await line.request(ask.method, address, params=ask.query({}), headers=headers, content=body)
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:serment:error:signed_out"), ask.name


async def test_a_revoked_agent_is_given_no_token(
    line: httpx.AsyncClient, bento: Person, house: House
) -> None:
    agent = await links(line, bento, house)
    await bento.change(house, await people.write(bento, house, [Revocation(agent.connector.bytes)]))
    answer = await signs_in(line, agent, house)
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
