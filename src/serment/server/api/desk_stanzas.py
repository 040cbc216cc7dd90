# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stanzas: who may open a record. Added, read back by the browser that sealed them, and only then are others dropped."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from serment.domain.roles import Deed
from serment.server.api.desk_session import staff_of
from serment.server.api.problems import problems
from serment.server.api.wire import Body, Kid, Rev, instance_of
from serment.server.usecases.change_stanzas import CHANGES_MAX, NewStanza, add_stanzas, drop_stanzas

STANZAS_BODY_BYTES_MAX = 2 * 1024 * 1024


class StanzaToAdd(Body):
    """One stanza for a record at a rev with this head."""

    record: UUID
    rev: Rev
    head: bytes
    # A field called bytes would hide the type from every annotation of its class.
    stanza: bytes = msgspec.field(name="bytes")


class AddBody(Body):
    """All or none."""

    add: Annotated[list[StanzaToAdd], Meta(min_length=1, max_length=CHANGES_MAX)]


class StoredStanza(msgspec.Struct):
    """What stands under the key now."""

    record: UUID
    rev: int
    kid: bytes
    stanza: bytes = msgspec.field(name="bytes")


class StoredAnswer(msgspec.Struct):
    """The browser opens these, compares, and only then drops."""

    stored: list[StoredStanza]


class StanzaToDrop(Body):
    """A unit's 01 stanza."""

    record: UUID
    rev: Rev
    kid: Kid


class DropBody(Body):
    """All or none."""

    drop: Annotated[list[StanzaToDrop], Meta(min_length=1, max_length=CHANGES_MAX)]


@post(
    "/{practice:uuid}/stanzas",
    status_code=200,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Add stanzas",
    request_max_body_size=STANZAS_BODY_BYTES_MAX,
)
async def stanzas_add(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[AddBody]
) -> StoredAnswer:
    staff = await staff_of(request, practice, Deed.READ_AGENDA)
    wanted = [NewStanza(each.record, each.rev, each.head, each.stanza) for each in data.add]
    stored = await add_stanzas(instance_of(request), staff, wanted)
    return StoredAnswer([StoredStanza(*each) for each in stored])


@post(
    "/{practice:uuid}/stanzas/drop",
    status_code=204,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Drop a unit's first stanzas",
)
async def stanzas_drop(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[DropBody]
) -> None:
    staff = await staff_of(request, practice, Deed.READ_AGENDA)
    await drop_stanzas(instance_of(request), staff, [(each.record, each.rev, each.kid) for each in data.drop])


handlers = [stanzas_add, stanzas_drop]
