# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two practices on one server, everybody, every route: nobody reads what is the other's, and no answer tells that it is there.

The live router says which routes there are; tests/staff_routes.py and tests/doors.py say what opens each (tests/tidy).
"""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date

import httpx
import pytest

import members_house as people
from api.test_booking_http import OURS, live
from api.test_roles_matrix import ASKS, ROUTER, Ask, Scene
from bento_house import DAY, Hand, House, at, open_house
from doors import DOORS, Door
from members_house import Person
from serment.database.pool import open_pool
from serment.framing import Role
from serment.seal.keys import UserKeys
from serment.server.usecases import pair_connector, sentinel
from serment.server.usecases.invite import invite
from serment.server.usecases.read_members import read_members

SLICE = 60  # characters of a sealed body in base64: nobody else's
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass
class Towns:
    """Everybody of the first practice; the second, where Eve has an appointment, and everything of it that has an id."""

    scene: Scene
    other: House
    eve: Hand
    theirs: Mapping[str, uuid.UUID]
    sealed: list[str]


@pytest.fixture(scope="module")
async def towns(
    new_database: Callable[[], Awaitable[str]], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Towns]:
    url = await new_database()
    pool = await open_pool(url, connections_max=6)
    try:
        house, other = await open_house(pool), await open_house(pool, slug="lestrade")
        eve = Hand(other)
        await eve.book(at("09:00", DAY))
        card = uuid.uuid4()
        await pool.execute(
            "INSERT INTO cards (practice, card, unit, epoch, rev, month, bytes) VALUES ($1, $2, $3, 1, 1, 202912, $4)",
            other.practice, card, other.unit, secrets.token_bytes(1052),
        )  # fmt: skip
        theirs = {
            "record": eve.record, "agenda": other.bento, "agendas": other.bento, "unit": other.unit, "units": other.unit,
            "visit_type": other.type(), "visit_types": other.type(), "card": card, "cards": card, "member": other.sam_member,
            "site": other.id("site", "site"), "practitioner": other.id("practitioner", "bento"),
        }  # fmt: skip
        rows = await pool.fetch("SELECT body_id AS b FROM appointments UNION ALL SELECT bytes FROM cards")
        sealed = [base64.b64encode(row["b"]).decode()[:SLICE] for row in rows]
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(sentinel, "FOREIGN_MAX", 1_000_000)  # test_sentinel_http.py has the fifth
            patched.setattr(pair_connector, "CODES_MAX", 1_000_000)
            async with live(url, tmp_path_factory.mktemp("data"), house.clock) as base:
                yield Towns(Scene(house, base, await _everybody(house, other)), other, eve, theirs, sealed)
    finally:
        pool.terminate()


async def _everybody(house: House, other: House) -> dict[str, Person]:
    owner = await people.bento(house)
    found = {"owner": owner, "secretary": await people.sam(house)}
    found["practitioner"] = await people.bring_in(owner, house, "Dr Ferrand", Role.PRACTITIONER, [house.unit])
    found["locum"] = await people.bring_in(
        owner, house, "Dr Remy", Role.PRACTITIONER, [house.unit], until=date(2027, 3, 31)
    )
    found["remote"] = await people.bring_in(owner, house, "Alma", Role.SECRETARY, [house.unit])
    await _joins(found["remote"], other)
    found["removed"] = await people.bring_in(owner, house, "Mallory", Role.OWNER, [house.unit])
    assert found["removed"].member is not None
    await owner.change(house, await people.removal(owner, house, found["removed"].member))
    found["account"] = await people.enrol(house, "Nobody yet", UserKeys.new())
    return found


async def _joins(person: Person, other: House) -> None:
    """One account, a member in two practices."""
    lestrade = await people.bento(other)
    letter = people.letter(lestrade, other, "Alma", Role.SECRETARY, [other.unit])
    await invite(other.instance, await lestrade.staff(other), letter.asked)
    await people.answer(person, other, letter)
    told = await read_members(other.instance, await lestrade.staff(other))
    member = people.checked(lestrade, other, told.invitations[0])
    await lestrade.change(other, await people.write(lestrade, other, [member]))


def nowhere(ids: Mapping[str, uuid.UUID]) -> dict[str, uuid.UUID]:
    """As many ids that nobody has, the same where the same."""
    made = {each: uuid.uuid4() for each in ids.values()}
    return {name: made[each] for name, each in ids.items()}


@pytest.mark.parametrize("who", ["owner", "secretary", "locum"])
async def test_what_is_the_other_practices_answers_as_what_is_nowhere(towns: Towns, who: str) -> None:
    """In one's own practice, with the other's ids."""
    for name, ask in ASKS.items():
        absent, answers = nowhere(towns.theirs), []
        for ids in (towns.theirs, absent):
            status, kind, text = await towns.scene.answer(ask, who, ids)
            assert not any(sealed in text for sealed in towns.sealed), (name, who)
            answers.append((status, kind))
        if answers[0] != answers[1]:  # what is made once is made: both are asked for again
            answers = [await towns.scene.ask(ask, who, ids) for ids in (towns.theirs, absent)]
        assert answers[0] == answers[1], (name, who)


async def test_in_the_other_practice_nobody_of_this_one_is_anybody(towns: Towns) -> None:
    for name, ask in ASKS.items():
        for who in ("owner", "practitioner", "secretary", "locum", "account", "removed"):
            answer = await towns.scene.ask(ask, who, towns.theirs, towns.other.practice)
            refused = (401, "signed_out") if who == "removed" else (404, "no_such_practice")
            assert answer == refused, (name, who)


async def test_who_is_of_both_practices_is_served_in_each(towns: Towns) -> None:
    """The matrix above would be green on a server that serves nobody."""
    read = ASKS["POST appointments/{record:uuid}/read"]
    for who, expected in (("remote", 200), ("secretary", 404)):
        status, _, _ = await towns.scene.answer(read, who, towns.theirs, towns.other.practice)
        assert status == expected, who
    cards = ASKS["POST cards/read"]
    _, _, text = await towns.scene.answer(cards, "remote", towns.theirs, towns.other.practice)
    assert towns.sealed[1] in text


async def test_a_patients_link_opens_no_desk_and_no_other_appointment(towns: Towns) -> None:
    token = {"Serment-Row-Token": base64.b64encode(towns.eve.cap.row_token).decode()}
    for name, ask in ASKS.items():
        answer = await towns.scene.answer(ask, "nobody", towns.theirs, towns.other.practice, token)
        assert answer[:2] == (401, "signed_out"), name
    async with httpx.AsyncClient(base_url=towns.scene.base, headers=OURS) as client:
        assert (await client.get("/api/patient/appointment", headers=token)).status_code == 200
        wrong = {"Serment-Row-Token": base64.b64encode(secrets.token_bytes(32)).decode()}
        assert (await client.get("/api/patient/appointment", headers=wrong)).status_code == 404


def others() -> list[Ask]:
    """Every route with a door, from the live router."""
    return [
        Ask(f"{method} {route.path}", method, route.path, handler)
        for route in ROUTER.routes
        for handler in getattr(route, "route_handlers", ())
        for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"})
        if f"{method} {route.path}" in DOORS
    ]


async def test_no_session_opens_what_a_token_opens_and_without_a_session_no_account_is_told_of(
    towns: Towns,
) -> None:
    """Whoever is signed in, an owner too, is answered by a patient's routes as nobody is."""
    ids = {**towns.theirs, "practice": towns.other.practice}
    # The tests above made some, under a secret of zeros as this one's.
    await towns.scene.house.instance.pool.execute("DELETE FROM invitations")
    for ask in others():
        path = ask.path.replace("{slug:str}", "lestrade")
        for name in ("q", "block"):
            path = path.replace(f"{{{name}:uuid}}", str(uuid.uuid4()))
        for name in ("practice", "agenda"):
            path = path.replace(f"{{{name}:uuid}}", str(ids[name]))
        tried = Ask(ask.name, ask.method, path, ask.handler)
        wrong = {"Serment-Row-Token": base64.b64encode(secrets.token_bytes(32)).decode()}
        nobody = await towns.scene.answer(tried, "nobody", ids, more=wrong)
        door = DOORS[ask.name]
        if door is Door.SESSION:
            assert nobody[:2] == (401, "signed_out"), ask.name
        elif door is not Door.PUBLIC:
            assert nobody[0] >= 400 or nobody[2] in ("", "{}"), (ask.name, nobody)
        if door not in (Door.SESSION, Door.PUBLIC, Door.SECRET):
            assert await towns.scene.answer(tried, "owner", ids, more=wrong) == nobody, ask.name
        assert not any(sealed in nobody[2] for sealed in towns.sealed), ask.name


async def test_no_route_answers_a_method_that_it_does_not_have(towns: Towns) -> None:
    """An owner's session, on every address: 405, or the answer to a file that is not there."""
    sends = towns.scene.people["owner"].session
    cookie = "__Host-serment=" + base64.urlsafe_b64encode(sends).decode().rstrip("=")
    async with httpx.AsyncClient(base_url=towns.scene.base, headers={**OURS, "Cookie": cookie}) as client:
        for route in ROUTER.routes:
            if not route.path.startswith("/api/") or route.path.startswith("/api/schema"):
                continue
            mine = {m for handler in route.route_handlers for m in handler.http_methods}  # type: ignore[union-attr]
            path = route.path.replace("{practice:uuid}", str(towns.scene.house.practice))
            path = path.replace("{slug:str}", "bento")
            for name in ("record", "member", "invitation", "incident", "agenda", "q", "connector", "block"):
                path = path.replace(f"{{{name}:uuid}}", str(uuid.uuid4()))
            for method in set(METHODS) - mine:
                assert (await client.request(method, path)).status_code == 405, (method, route.path)
