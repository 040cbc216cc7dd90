# SPDX-License-Identifier: AGPL-3.0-or-later
"""An agent at a practice, in Python: the keys it was born with, its words and proofs, and the cursor it writes down before it asks."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey

import members_house as people
from bento_house import INSTANCE, House
from members_house import Person
from serment.framing.connectors import LoginKey, PublicConnector
from serment.framing.conventions import sha256
from serment.framing.roster_events import Grant
from serment.seal.keys import ConnectorKeys
from serment.server.usecases.agent_token import TOKEN_PATH, Agent, agent_of, client_id, give_token
from serment.server.usecases.pair_connector import ConnectorSettings, Shown, ask_code, pair, set_connector
from serment.server.usecases.tell_agent import FeedAnswer, FeedItem, tell_agent

FEED_PATH = "/api/agent/feed"


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def signed(key: ECKey, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """A compact JWS."""
    return jws.serialize_compact(header, json.dumps(claims), key, algorithms=[header["alg"]])


@dataclass
class SoftAgent:
    """One installation. `cursor` and `next` are its journal's; a copy of it (`cloned`) is the same agent to whoever looks at keys."""

    practice: uuid.UUID
    connector: uuid.UUID = field(default_factory=uuid.uuid4)
    keys: ConnectorKeys = field(default_factory=ConnectorKeys.new, repr=False)
    login: ECKey = field(default_factory=lambda: ECKey.generate_key("P-384"), repr=False)
    dpop: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"), repr=False)
    cursor: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    next: bytes | None = field(default=None, repr=False)
    token: str = ""

    @property
    def login_key(self) -> LoginKey:
        told = self.login.as_dict(private=False)
        x, y = (base64.urlsafe_b64decode(str(told[name]) + "==") for name in ("x", "y"))
        return LoginKey(x, y)

    @property
    def public(self) -> PublicConnector:
        return PublicConnector(self.connector.bytes, self.keys.kem.pk, self.keys.sign.pk, self.login_key)

    def shown(self, code: str) -> Shown:
        """What it posts with a code."""
        told = self.public.login_bytes(INSTANCE, self.practice.bytes)
        return Shown(code, self.public, self.keys.sign.sign(told), sha256(self.cursor))

    def grant(self, unit: uuid.UUID, mask: int = 7, back: int = 1, ahead: int = 30) -> Grant:
        """The event an owner signs for it."""
        return Grant(self.connector.bytes, self.keys.kem.pk, self.keys.sign.pk, unit.bytes, mask, back, ahead)

    def cloned(self) -> SoftAgent:
        """A copied folder on another machine: keys and journal; the key in memory is another."""
        return replace(self, dpop=ECKey.generate_key("P-256"), token="")

    def assertion(self, origin: str, now: datetime, **other: Any) -> str:
        """Its word for a token; `other` claims or `key` in place of the right ones."""
        client, key = client_id(self.practice, self.connector), other.pop("key", self.login)
        at = int(now.timestamp())
        claims = {
            "iss": client,
            "sub": client,
            "aud": origin + TOKEN_PATH,
            "iat": at,
            "exp": at + 120,
            "jti": uuid.uuid4().hex,
        }
        return signed(key, {"alg": other.pop("alg", "ES384")}, claims | other)

    def proof(
        self, origin: str, now: datetime, method: str = "POST", path: str = TOKEN_PATH, **other: Any
    ) -> str:
        """A proof of its key in memory for one request."""
        key = other.pop("key", self.dpop)
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)} | other.pop(
            "header", {}
        )
        header["jwk"] = {name: header["jwk"][name] for name in ("kty", "crv", "x", "y")}
        claims = {"htm": method, "htu": origin + path, "iat": int(now.timestamp()), "jti": uuid.uuid4().hex}
        if self.token and path != TOKEN_PATH:
            claims["ath"] = base64url(hashlib.sha256(self.token.encode()).digest())
        return signed(
            key, header, {name: value for name, value in (claims | other).items() if value is not None}
        )

    async def sign_in(self, house: House) -> None:
        """A fresh token."""
        origin, now = house.instance.origin, house.clock()
        self.token = await give_token(house.instance, self.assertion(origin, now), self.proof(origin, now))

    async def asks(self, house: House, method: str = "POST", path: str = FEED_PATH) -> Agent:
        """A request as the server judges it."""
        proof = self.proof(house.instance.origin, house.clock(), method, path)
        return await agent_of(house.instance, self.token, proof, method=method, path=path)

    async def poll(self, house: House, *, lost: bool = False) -> FeedAnswer:
        """Asks with the cursor written down; only an answer that arrived is written down too."""
        if self.next is None:
            self.next = secrets.token_bytes(32)
        told = await tell_agent(house.instance, await self.asks(house), self.cursor, sha256(self.next))
        if not lost:
            self.cursor, self.next = self.next, None
        return told

    async def drain(self, house: House) -> list[FeedItem]:
        """All that may be told now."""
        items: list[FeedItem] = []
        while True:
            told = await self.poll(house)
            items += told.items
            if not told.more or told.wait:
                return items


async def paired(owner: Person, house: House, **of: Any) -> SoftAgent:
    """An agent that answered an owner's code; nothing is granted yet."""
    agent = SoftAgent(house.practice, **of)
    code = await ask_code(house.instance, await owner.staff(house), None)
    await pair(house.instance, house.practice, agent.shown(code.code))
    return agent


async def choose(owner: Person, house: House, agent: SoftAgent, *agendas: uuid.UUID, **other: Any) -> None:
    """Its agendas, and what else owners choose."""
    wanted = {
        "name": "Logiciel du cabinet",
        "agendas": list(agendas),
        "inbound": "busy",
        "stale_minutes": 15,
    } | other
    await set_connector(
        house.instance, await owner.staff(house), agent.connector, ConnectorSettings(**wanted)
    )


async def linked(owner: Person, house: House, *, mask: int = 7, ahead: int = 30) -> SoftAgent:
    """Paired, with both agendas of the house's unit, granted, and signed in. Patients seal to it from now on."""
    agent = await paired(owner, house)
    await choose(owner, house, agent, house.bento, house.ferrand)
    await owner.change(house, await people.write(owner, house, [agent.grant(house.unit, mask, ahead=ahead)]))
    await people.follow(owner, house)
    await agent.sign_in(house)
    return agent
