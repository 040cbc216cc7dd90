# SPDX-License-Identifier: AGPL-3.0-or-later
"""The routes of agents at practices (spec/agent.md): pairing, tokens, and what a token opens."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, post, put
from litestar.exceptions import ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import ServerSentEvent, ServerSentEventMessage
from msgspec import Meta

from serment.framing.connectors import LoginKey, PublicConnector
from serment.server.api.problems import problems
from serment.server.api.wire import Body, instance_of, instant
from serment.server.deadline import answered_soon
from serment.server.instance import Instance
from serment.server.usecases.agent_token import (
    TOKEN_PATH,
    TOKEN_SECONDS,
    Agent,
    TokenRefused,
    agent_of,
    give_token,
    is_still_served,
)
from serment.server.usecases.pair_connector import AGENDAS_MAX, Shown, pair
from serment.server.usecases.take_busy import BlockStands, delete_block, note_alive, put_block
from serment.server.usecases.tell_agent import FeedAnswer, tell_agent

SCOPE = "system/Appointment.rs"
GRANT_TYPE = "client_credentials"
KEEP_ALIVE_SECONDS = 4.0  # and so long at most does a revoked program hear that something changed
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_CLIENT_ERRORS = frozenset({"invalid_client"})

Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
Coordinate = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{64}$")]


class LoginJwk(Body):
    """A point of P-384, as RFC 7518 writes it."""

    kty: Literal["EC"]
    crv: Literal["P-384"]
    x: Coordinate
    y: Coordinate

    def key(self) -> LoginKey:
        """Raises ValidationException."""
        return LoginKey(_base64url(self.x), _base64url(self.y))


class PairBody(Body):
    """What an agent shows with its code: public keys, its own signature of the login key, and the hash of its first cursor."""

    practice: UUID
    code: Annotated[str, Meta(max_length=64)]
    connector: UUID
    kem_pk: Annotated[bytes, Meta(min_length=1216, max_length=1216)]
    sign_pk: Annotated[bytes, Meta(min_length=32, max_length=32)]
    jwk: LoginJwk
    jwt_sig: Annotated[bytes, Meta(min_length=64, max_length=64)]
    cursor: Hash


class PairAnswer(msgspec.Struct):
    """The agent is known, and served nothing yet."""

    practice: UUID
    connector: UUID
    issuer: str


def _base64url(text: str) -> bytes:
    try:
        return base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValidationException("base64url") from None


@post(
    "/pair",
    status_code=200,
    responses=problems(404, 409, 422),
    summary="Show an agent's keys, with an owner's code",
)
async def pair_route(request: Request[Any, Any, Any], data: JSONBody[PairBody]) -> PairAnswer:
    instance = instance_of(request)
    public = PublicConnector(data.connector.bytes, data.kem_pk, data.sign_pk, data.jwk.key())
    await pair(instance, data.practice, Shown(data.code, public, data.jwt_sig, data.cursor))
    return PairAnswer(data.practice, data.connector, instance.origin)


class TokenAnswer(msgspec.Struct):
    """RFC 6749, section 5.1."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


class TokenError(msgspec.Struct):
    """RFC 6749, section 5.2."""

    error: str


class SmartConfiguration(msgspec.Struct):
    """Where agents ask for tokens, and how: SMART App Launch, backend services."""

    issuer: str
    token_endpoint: str
    grant_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    token_endpoint_auth_signing_alg_values_supported: list[str]
    dpop_signing_alg_values_supported: list[str]
    scopes_supported: list[str]
    capabilities: list[str]


@get("/.well-known/smart-configuration", tags=["agent"], summary="Where agents ask for tokens")
async def smart_configuration(request: Request[Any, Any, Any]) -> SmartConfiguration:
    origin = instance_of(request).origin
    return SmartConfiguration(
        origin, origin + TOKEN_PATH, [GRANT_TYPE], ["private_key_jwt"], ["ES384"], ["ES256"], [SCOPE],
        ["client-confidential-asymmetric"],
    )  # fmt: skip


@post(
    "/token",
    status_code=200,
    summary="A token of five minutes, for an agent's signed word and a proof of another key",
    responses={
        400: ResponseSpec(
            TokenError, description="The request or its proof is not in form", generate_examples=False
        ),
        401: ResponseSpec(TokenError, description="Not a client that is served", generate_examples=False),
    },
)
async def token(request: Request[Any, Any, Any]) -> Response[TokenAnswer | TokenError]:
    try:
        return _no_store(TokenAnswer(await _token(request), "DPoP", TOKEN_SECONDS, SCOPE), 200)
    except TokenRefused as refused:
        return _no_store(TokenError(refused.error), 401 if refused.error in _CLIENT_ERRORS else 400)


async def _token(request: Request[Any, Any, Any]) -> str:
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise TokenRefused("invalid_request")
    try:
        pairs = parse_qsl((await request.body()).decode("ascii"), strict_parsing=True, max_num_fields=16)
    except ValueError:
        raise TokenRefused("invalid_request") from None
    form = dict(pairs)
    if len(form) != len(pairs) or form.get("client_assertion_type") != ASSERTION_TYPE:
        raise TokenRefused("invalid_request")
    if form.get("grant_type") != GRANT_TYPE:
        raise TokenRefused("unsupported_grant_type")
    if form.get("scope", SCOPE) != SCOPE:
        raise TokenRefused("invalid_scope")
    return await give_token(
        instance_of(request), form.get("client_assertion", ""), request.headers.get("DPoP", "")
    )


def _no_store(answer: TokenAnswer | TokenError, status: int) -> Response[TokenAnswer | TokenError]:
    return Response(answer, status_code=status, headers={"Cache-Control": "no-store"})


class FeedBody(Body):
    """The present cursor, and SHA-256 of the next one, which the agent drew and wrote down before."""

    cursor: Hash
    next: Hash


@post("/feed", status_code=200, responses=problems(401), summary="What is to be told to a linked program")
async def feed(request: Request[Any, Any, Any], data: JSONBody[FeedBody]) -> FeedAnswer:
    agent = await agent_asking(request)
    return await tell_agent(instance_of(request), agent, data.cursor, data.next)


Version = Annotated[int, Meta(ge=1, le=2**53 - 1)]


class BusyBody(Body):
    """Time taken in the practice's own software: [start, end). Nothing says by whom."""

    agenda: UUID
    start: datetime
    end: datetime
    version: Version


class AliveBody(Body):
    """Agendas whose source answered just now."""

    sources: Annotated[list[UUID], Meta(max_length=AGENDAS_MAX)]


class AliveAnswer(msgspec.Struct):
    """Noted."""


@put(
    "/busy/{block:uuid}", responses=problems(401, 404, 409, 422), summary="Take time that is taken elsewhere"
)
async def busy_put(
    request: Request[Any, Any, Any], block: FromPath[UUID], data: JSONBody[BusyBody]
) -> BlockStands:
    agent = await agent_asking(request)
    since, until = instant(data.start), instant(data.end)
    return await put_block(instance_of(request), agent, block, data.agenda, since, until, data.version)


@delete(
    "/busy/{block:uuid}",
    status_code=200,
    responses=problems(401, 404, 422),
    summary="Free time that is taken elsewhere no more",
)
async def busy_delete(
    request: Request[Any, Any, Any], block: FromPath[UUID], version: FromQuery[Version]
) -> BlockStands:
    return await delete_block(instance_of(request), await agent_asking(request), block, version)


@post("/alive", status_code=200, responses=problems(401, 404), summary="Say that sources answer")
async def alive(request: Request[Any, Any, Any], data: JSONBody[AliveBody]) -> AliveAnswer:
    await note_alive(instance_of(request), await agent_asking(request), data.sources)
    return AliveAnswer()


@get(
    "/changes",
    media_type="text/event-stream",
    responses=problems(401),
    summary="A notice whenever asking is worth while",
)
async def changes(request: Request[Any, Any, Any]) -> ServerSentEvent:
    return ServerSentEvent(_notices(instance_of(request), await agent_asking(request)))


async def _notices(instance: Instance, agent: Agent) -> AsyncIterator[ServerSentEventMessage]:
    """Empty ones. The proof was shown at the beginning; token and grant are judged again each time."""
    async with instance.changes.listen(agent.practice, agent.connector) as changed:
        notice = ServerSentEventMessage(event="changed", data="")
        while not instance.changes.closing and await is_still_served(instance, agent):
            yield notice
            try:
                async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                    await changed.wait()
                changed.clear()
                notice = ServerSentEventMessage(event="changed", data="")
            except TimeoutError:
                notice = ServerSentEventMessage(comment="still here", data=None)


async def agent_asking(request: Request[Any, Any, Any]) -> Agent:
    """The agent behind a request. Raises SignedOut."""
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    token = shown if scheme.lower() == "dpop" else None
    agent = await agent_of(
        instance_of(request),
        token,
        request.headers.get("DPoP"),
        method=request.method,
        path=request.scope["path"],
    )
    request.state.agent = agent
    return agent


handlers: list[Any] = [
    smart_configuration,
    Router(
        path="/api/agent",
        middleware=[answered_soon],
        tags=["agent"],
        route_handlers=[pair_route, token, feed, busy_put, busy_delete, alive, changes],
    ),
]
