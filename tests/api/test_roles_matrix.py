# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may what, on every staff route of the live router (staff_routes.py has the table).

Bodies are made up from what each route takes, with ids that exist nowhere or in another unit: what counts is who is answered at all.
"""

from __future__ import annotations

import base64
import re
import ssl
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import msgspec
import msgspec.inspect as inspect
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

import members_house as people
from api.test_booking_http import OURS, live
from bento_house import DAY, INSTANCE, Hand, House, at, open_house
from members_house import Person
from serment.database.pool import open_pool
from serment.domain import roles
from serment.domain.roles import MAY
from serment.framing import Role
from serment.seal.keys import UserKeys
from serment.server.app import create_app
from serment.server.session import COOKIE
from serment.server.usecases import pair_connector, sentinel
from serment.server.usecases.suspend_member import suspend_member
from serment.settings import Settings
from staff_routes import DEEDS, OF

TOKEN = base64.b64encode(bytes(32)).decode()
TOKEN_16 = base64.b64encode(bytes(16)).decode()
NO_TLS = (
    ssl.create_default_context()
)  # made once: a client of its own for each request costs a quarter of a second otherwise
# What a route may name that belongs to a unit.
OF_A_UNIT = ("agenda", "agendas", "record", "unit")


@dataclass
class Ask:
    """One route, ready to be asked."""

    name: str
    method: str
    path: str
    handler: HTTPRouteHandler

    def address(self, practice: uuid.UUID, ids: Mapping[str, uuid.UUID]) -> str:
        path = self.path.replace("{practice:uuid}", str(practice))
        for name in ("record", "member", "invitation", "incident", "connector"):
            path = path.replace(f"{{{name}:uuid}}", str(ids.get(name, uuid.uuid4())))
        return path

    def query(self, ids: Mapping[str, uuid.UUID]) -> dict[str, str]:
        return {
            "agenda": str(ids.get("agenda", uuid.uuid4())), "visit_type": str(ids.get("visit_type", uuid.uuid4())),
            "from": DAY.isoformat(), "start": at("9:00", DAY).isoformat(),
        }  # fmt: skip

    def body(self, ids: Mapping[str, uuid.UUID]) -> bytes | None:
        taken = self.handler.parsed_fn_signature.parameters.get("data")
        return (
            None if taken is None else msgspec.json.encode(_made_up(inspect.type_info(taken.annotation), ids))
        )


def _made_up(kind: Any, ids: Mapping[str, uuid.UUID], name: str = "") -> Any:
    """The least value of a type, its ids those given by field name."""
    match kind:
        case inspect.StructType():
            return {
                each.encode_name: _made_up(each.type, ids, each.encode_name)
                for each in kind.fields
                if each.required
            } | ({"agendas": [str(ids["agendas"])]} if "agendas" in ids and _has(kind, "agendas") else {})
        case inspect.UUIDType():
            return str(ids.get(name, uuid.uuid4()))
        case inspect.BytesType():
            return base64.b64encode(bytes(kind.min_length or 1)).decode()
        case inspect.StrType():
            return _text(kind)
        case inspect.IntType() | inspect.FloatType():
            return max(kind.ge or 0, (kind.gt or -1) + 1)
        case inspect.BoolType():
            return False
        case inspect.DateType():
            return DAY.isoformat()
        case inspect.DateTimeType():
            return at("9:00", DAY).isoformat()
        case inspect.ListType() | inspect.CollectionType():
            return [_made_up(kind.item_type, ids, name)] * max(kind.min_length or 0, 1 if name in ids else 0)
        case inspect.LiteralType():
            return kind.values[0]
        case inspect.EnumType():
            return next(iter(kind.cls)).value
        case inspect.UnionType():
            return None if inspect.NoneType() in kind.types else _made_up(kind.types[0], ids, name)
        case inspect.DictType():
            return {}
        case inspect.Metadata():
            return _made_up(kind.type, ids, name)
    raise AssertionError(kind)


def _has(kind: inspect.StructType, name: str) -> bool:
    return any(each.encode_name == name for each in kind.fields)


def _text(kind: inspect.StrType) -> str:
    tried = (
        "a",
        "patient",
        "member",
        "2027-03-02",
        "08:00",
        TOKEN,
        "202703",
        TOKEN_16,
        "SM54",
        "29200",
        "A" * 64,
    )
    return next(text for text in tried if kind.pattern is None or re.search(kind.pattern, text))


def asks(app: Litestar) -> list[Ask]:
    """Every staff route of one practice, as the live router has them."""
    return [
        Ask(f"{method} {route.path.removeprefix(OF)}", method, route.path, handler)
        for route in app.routes
        if route.path.startswith(OF.rstrip("/"))
        for handler in route.route_handlers  # type: ignore[union-attr]
        for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"})
    ]


ROUTER = create_app(Settings(data=Path("nowhere"), instance=INSTANCE), "postgresql://nowhere")
ASKS = {ask.name: ask for ask in asks(ROUTER)}


@dataclass
class Scene:
    """The live house and everybody who asks."""

    house: House
    base: str
    people: dict[str, Person]

    async def ask(
        self, ask: Ask, who: str, ids: Mapping[str, uuid.UUID], practice: uuid.UUID | None = None
    ) -> tuple[int, str]:
        """(status, type of problem or "")."""
        return (await self.answer(ask, who, ids, practice))[:2]

    async def answer(
        self,
        ask: Ask,
        who: str,
        ids: Mapping[str, uuid.UUID],
        practice: uuid.UUID | None = None,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[int, str, str]:
        """(status, type of problem or "", all that was answered). `more`: headers besides."""
        headers = {**OURS, "Serment-Hold": TOKEN, **more}
        if who in self.people:
            value = base64.urlsafe_b64encode(self.people[who].session).decode().rstrip("=")
            headers["Cookie"] = f"{COOKIE}={value}"
        body = ask.body({"practice": practice or self.house.practice, **ids})
        if body is not None:
            headers["Content-Type"] = "application/json"
        address = ask.address(practice or self.house.practice, ids)
        async with (
            httpx.AsyncClient(base_url=self.base, timeout=15, verify=NO_TLS) as client,
            client.stream(
                ask.method, address, params=ask.query(ids), headers=headers, content=body
            ) as answer,
        ):
            if answer.headers.get("content-type", "").startswith("text/event-stream"):
                return answer.status_code, "", ""
            await answer.aread()
            json = answer.headers.get("content-type", "").partition(";")[0].endswith("json")
            told = answer.json() if json and answer.content else {}
            kind = told.get("type", "") if isinstance(told, dict) and answer.status_code >= 400 else ""
            return answer.status_code, kind.removeprefix("urn:serment:error:"), answer.text


@pytest.fixture(scope="module")
async def scene(
    new_database: Callable[[], Awaitable[str]], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Scene]:
    url = await new_database()
    pool = await open_pool(url, connections_max=6)
    try:
        house = await open_house(pool)
        # Whoever asks for what is not theirs is stopped at the fifth (test_sentinel_http.py); here everybody does, and goes on.
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(sentinel, "FOREIGN_MAX", 1_000_000)
            patched.setattr(pair_connector, "CODES_MAX", 1_000_000)
            async with live(url, tmp_path_factory.mktemp("data"), house.clock) as base:
                yield Scene(house, base, await _everybody(house))
    finally:
        pool.terminate()


async def _everybody(house: House) -> dict[str, Person]:
    owner, lab = await people.bento(house), house.id("unit", "lab")
    found = {"owner": owner, "secretary": await people.sam(house)}
    found["practitioner"] = await people.bring_in(owner, house, "Dr Ferrand", Role.PRACTITIONER, [house.unit])
    found["of another unit"] = await people.bring_in(owner, house, "Dr Psy", Role.OWNER, [lab])
    found["locum"] = await people.bring_in(
        owner, house, "Dr Remy", Role.PRACTITIONER, [house.unit], until=date(2027, 2, 28)
    )
    found["suspended"] = await people.bring_in(owner, house, "Nadia", Role.SECRETARY, [house.unit])
    assert found["suspended"].member is not None
    await suspend_member(house.instance, await owner.staff(house), found["suspended"].member, suspended=True)
    found["removed"] = await people.bring_in(owner, house, "Mallory", Role.OWNER, [house.unit])
    assert found["removed"].member is not None
    await owner.change(house, await people.removal(owner, house, found["removed"].member))
    await people.follow(owner, house)
    found["of another practice"] = await people.enrol(house, "Dr Lestrade", UserKeys.new())
    return found


@pytest.mark.parametrize("name", sorted(DEEDS))
async def test_each_role_is_answered_what_the_matrix_says_and_strangers_nothing(
    scene: Scene, name: str
) -> None:
    ask, deed = ASKS[name], DEEDS[name]
    assert await scene.ask(ask, "nobody", {}) == (401, "signed_out")
    # A session that belongs elsewhere, or no more here, finds what it would find if there were no such practice.
    stranger = await scene.ask(ask, "of another practice", {}, practice=uuid.uuid4())
    assert stranger == (404, "no_such_practice")
    for who in ("of another practice", "suspended", "locum"):
        assert await scene.ask(ask, who, {}) == stranger, who
    assert await scene.ask(ask, "removed", {}) == (401, "signed_out")
    for role in MAY:
        status, kind = await scene.ask(ask, role, {})
        if deed in MAY[role]:
            assert status != 401 and kind not in ("not_your_role", "no_such_practice"), (role, status, kind)
            assert status < 500, (role, status)
        else:
            assert (status, kind) == (403, "not_your_role"), role


@pytest.mark.parametrize("name", sorted(DEEDS))
async def test_every_route_asks_the_one_table(
    scene: Scene, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Take the deed from the role, and the route refuses: none judges by itself."""
    without = {role: deeds - {DEEDS[name]} for role, deeds in MAY.items()}
    monkeypatch.setattr(roles, "MAY", without)
    assert await scene.ask(ASKS[name], "owner", {}) == (403, "not_your_role")


@pytest.mark.parametrize("name", sorted(DEEDS))
async def test_what_is_of_another_unit_answers_as_what_does_not_exist(scene: Scene, name: str) -> None:
    """Dr Psy owns, and is of the laboratory alone: the general unit's agendas and records are nowhere."""
    house, ask = scene.house, ASKS[name]
    hand = Hand(house)
    await hand.book(at("8:00", DAY) + timedelta(days=sorted(DEEDS).index(name)))
    theirs = {"agenda": house.bento, "agendas": house.bento, "record": hand.record, "unit": house.unit}
    theirs["visit_type"] = house.type()
    nowhere = {key: uuid.uuid4() for key in OF_A_UNIT} | {"visit_type": house.type()}
    await scene.ask(ask, "of another unit", nowhere)  # what is made once is made: both are asked again
    assert await scene.ask(ask, "of another unit", theirs) == await scene.ask(ask, "of another unit", nowhere)
