# SPDX-License-Identifier: AGPL-3.0-or-later
"""Phone checks: a sealed question, the sealed code, the notifier's sealed answer. No cookie, no account, no address."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from serment.framing.messages import ASK_BYTES, CODE_BYTES
from serment.server.api.problems import problems
from serment.server.api.wire import Body, bucket_of, instance_of
from serment.server.usecases.relay_checks import CheckTold, ask_check, give_code, read_check


class AskBody(Body):
    """`q`: 16 bytes the browser drew, as a UUID; what follows goes under it. `work` answers a 429's challenge."""

    q: UUID
    ask: Annotated[bytes, Meta(min_length=ASK_BYTES, max_length=ASK_BYTES)]
    work: Annotated[bytes, Meta(max_length=64)] | None = None


class CodeBody(Body):
    """What was typed, sealed to the notifier's code key."""

    code: Annotated[bytes, Meta(min_length=CODE_BYTES, max_length=CODE_BYTES)]


@post(
    "/api/checks",
    status_code=204,
    responses=problems(404, 409, 422, 429),
    summary="Ask the notifier for a code",
    tags=["patient"],
)
async def ask(request: Request[Any, Any, Any], data: JSONBody[AskBody]) -> None:
    """The answer says nothing of the number: neither that it is known, nor that a code was sent."""
    instance = instance_of(request)
    await ask_check(instance, data.q.bytes, data.ask, bucket=bucket_of(request, instance), work=data.work)


@post(
    "/api/checks/{q:uuid}/code",
    status_code=204,
    responses=problems(404, 409, 422),
    summary="Hand the notifier the code that was typed",
    tags=["patient"],
)
async def code(request: Request[Any, Any, Any], q: FromPath[UUID], data: JSONBody[CodeBody]) -> None:
    await give_code(instance_of(request), q.bytes, data.code)


@get(
    "/api/checks/{q:uuid}",
    responses=problems(404),
    summary="What the notifier answered",
    tags=["patient"],
)
async def read(request: Request[Any, Any, Any], q: FromPath[UUID]) -> CheckTold:
    return await read_check(instance_of(request), q.bytes)


handlers = [ask, code, read]
