# SPDX-License-Identifier: AGPL-3.0-or-later
"""Linked programs, as owners see them: pairing codes, what was paired, and what they choose beside the signed grant."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from serment.server.api.desk_session import staff_of
from serment.server.api.problems import problems
from serment.server.api.wire import Body, instance_of
from serment.server.usecases.pair_connector import (
    AGENDAS_MAX,
    NAME_CHARACTERS_MAX,
    STALE_MINUTES_MAX,
    STALE_MINUTES_MIN,
    ConnectorSettings,
    ConnectorsTold,
    Inbound,
    PairingCode,
    ask_code,
    drop_connector,
    read_connectors,
    set_connector,
)


class CodeAsked(Body):
    """`in_place_of`: a linked program that is paired again with new keys, and keeps its settings."""

    in_place_of: UUID | None = None


class SettingsBody(Body):
    """What owners choose beside the grant."""

    name: Annotated[str, Meta(min_length=1, max_length=NAME_CHARACTERS_MAX, pattern=r"\S")]
    agendas: Annotated[list[UUID], Meta(min_length=1, max_length=AGENDAS_MAX)]
    inbound: Inbound
    stale_minutes: Annotated[int, Meta(ge=STALE_MINUTES_MIN, le=STALE_MINUTES_MAX)]


@post(
    "/{practice:uuid}/connectors/codes",
    status_code=200,
    responses=problems(401, 403, 404, 409, 415),
    summary="A pairing code for one agent",
)
async def code(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[CodeAsked]
) -> PairingCode:
    return await ask_code(instance_of(request), await staff_of(request, practice), data.in_place_of)


@get("/{practice:uuid}/connectors", responses=problems(401, 403, 404), summary="Which programs are linked")
async def connectors(request: Request[Any, Any, Any], practice: FromPath[UUID]) -> ConnectorsTold:
    return await read_connectors(instance_of(request), await staff_of(request, practice))


@post(
    "/{practice:uuid}/connectors/{connector:uuid}/settings",
    status_code=204,
    responses=problems(401, 403, 404, 415, 422),
    summary="Choose a linked program's name, agendas and way in",
)
async def settings(
    request: Request[Any, Any, Any],
    practice: FromPath[UUID],
    connector: FromPath[UUID],
    data: JSONBody[SettingsBody],
) -> None:
    wanted = ConnectorSettings(data.name, data.agendas, data.inbound, data.stale_minutes)
    await set_connector(instance_of(request), await staff_of(request, practice), connector, wanted)


@post(
    "/{practice:uuid}/connectors/{connector:uuid}/drop",
    status_code=204,
    responses=problems(401, 403, 404, 409, 415),
    summary="Forget a program that was granted nothing",
)
async def drop(request: Request[Any, Any, Any], practice: FromPath[UUID], connector: FromPath[UUID]) -> None:
    await drop_connector(instance_of(request), await staff_of(request, practice), connector)


handlers = [code, connectors, settings, drop]
