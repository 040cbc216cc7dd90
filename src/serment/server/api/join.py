# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ways into a practice from outside: an invitation's link, named by what its secret derives; and the paper root."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, post
from litestar.params import JSONBody
from msgspec import Meta

from serment.server.api.desk_members import ROSTER_BODY_BYTES_MAX, Name, RosterAnswer, RosterBody
from serment.server.api.problems import problems
from serment.server.api.wire import Body, instance_of
from serment.server.session import session_token
from serment.server.usecases.answer_invitation import (
    Answer,
    InvitationShown,
    answer_invitation,
    show_invitation,
)
from serment.server.usecases.restore_by_root import restore_by_root

Find = Annotated[bytes, Meta(min_length=16, max_length=16)]


class JoinBody(Body):
    """D(secret, "invitation find", 16)."""

    find: Find


class JoinAnswerBody(Body):
    """Public keys, and the tag of spec/roster.md, section 7."""

    find: Find
    kem_pk: Annotated[bytes, Meta(min_length=1216, max_length=1216)]
    sign_pk: Annotated[bytes, Meta(min_length=32, max_length=32)]
    tag: Annotated[bytes, Meta(min_length=32, max_length=32)]


@post("/join", status_code=200, responses=problems(403, 404, 415, 422), summary="What an invitation is for")
async def join(request: Request[Any, Any, Any], data: JSONBody[JoinBody]) -> InvitationShown:
    return await show_invitation(instance_of(request), data.find)


@post(
    "/join/answer",
    status_code=204,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Answer an invitation, signed in",
)
async def join_answer(request: Request[Any, Any, Any], data: JSONBody[JoinAnswerBody]) -> None:
    answer = Answer(data.kem_pk, data.sign_pk, data.tag)
    await answer_invitation(instance_of(request), session_token(request), data.find, answer)


class RestoreBody(RosterBody, kw_only=True):
    """The new owner's event by the root, the lost owners' removals, and the epochs they call for."""

    practice: UUID
    name: Name


@post(
    "/restore",
    status_code=200,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Become an owner by the paper root, signed in",
    request_max_body_size=ROSTER_BODY_BYTES_MAX,
)
async def restore(request: Request[Any, Any, Any], data: JSONBody[RestoreBody]) -> RosterAnswer:
    instance, token = instance_of(request), session_token(request)
    stands = await restore_by_root(instance, token, data.practice, data.name.strip(), data.batch())
    return RosterAnswer(stands.seq, stands.head)


handlers = [join, join_answer, restore]
