# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages: the notifier's signed keys, replacing and taking away what is planned, what became of it, the link in a message."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter
from msgspec import Meta

from serment.domain.roles import Deed
from serment.framing import MessageRow
from serment.framing.errors import Unknown
from serment.framing.messages import MESSAGES_MAX
from serment.server.api.desk_session import staff_of
from serment.server.api.problems import problems
from serment.server.api.wire import Body, Message, RowToken, bucket_of, instance_of, short_token, token_bytes
from serment.server.usecases.message_link import LinkedAppointment, act_by_message, read_by_message
from serment.server.usecases.read_envelope import find_record
from serment.server.usecases.read_messages import (
    DAYS_READ_MAX,
    HANDLES_READ_MAX,
    DayKey,
    HandleTold,
    NotifierTold,
    read_day_keys,
    read_messages,
    read_notifier,
)
from serment.server.usecases.steer_messages import (
    HANDLES_MAX,
    SEEN_MAX,
    Replacement,
    delete_messages,
    object_to_messages,
    replace_messages,
    see_to_messages,
)

KEYS_CACHE = "public, max-age=3600"  # a day's key never changes
Token16 = Annotated[bytes, Meta(min_length=16, max_length=16)]
ActToken = Annotated[
    str,
    HeaderParameter(
        name="Serment-Act",
        pattern=r"^[A-Za-z0-9+/]{22}==$",
        description="Base64 of the link's 16-byte token.",
    ),
]


class ReplacementBody(Body):
    """The next set of one handle's messages. `set` is one above the one that stands."""

    h: Token16
    write: Token16
    message_set: Annotated[int, Meta(ge=2, le=2_147_483_647)] = msgspec.field(name="set")
    messages: Annotated[list[Message], Meta(max_length=MESSAGES_MAX)]

    def asked(self) -> Replacement:
        """As the use case takes it. Raises Unknown."""
        rows = [MessageRow(self.h, m.mid, m.send_day, self.message_set, m.message) for m in self.messages]
        return Replacement(self.h, self.write, self.message_set, rows)


class ReplaceBody(Body):
    """All of them are replaced, or none."""

    replacements: Annotated[list[ReplacementBody], Meta(min_length=1, max_length=HANDLES_MAX)]


class DeletionBody(Body):
    """One handle and its delete token."""

    h: Token16
    token: Token16 = msgspec.field(name="del")


class DeleteBody(Body):
    """What is to go."""

    deletions: Annotated[list[DeletionBody], Meta(min_length=1, max_length=HANDLES_MAX)]


class SeenBody(Body):
    """Messages of one handle that did not arrive. `seen` false takes the mark back."""

    h: Token16
    write: Token16
    mids: Annotated[list[Token16], Meta(min_length=1, max_length=SEEN_MAX)]
    seen: bool


class HandlesBody(Body):
    """Whose messages."""

    handles: Annotated[list[Token16], Meta(min_length=1, max_length=HANDLES_READ_MAX)]


class MessagesAnswer(msgspec.Struct):
    """In the order asked for."""

    handles: list[HandleTold]


class DayKeysAnswer(msgspec.Struct):
    """In the order asked for."""

    keys: list[DayKey]


class ObjectionBody(Body):
    """The token that only who holds a message can derive. `again`: its holder wants messages again."""

    stop: Token16
    again: bool = False


class LinkActBody(Body):
    """What the holder of a message does."""

    kind: Literal["cancel", "confirm"]


@get("/api/notifier", responses=problems(404), summary="The notifier's root and code keys", tags=["public"])
async def notifier(request: Request[Any, Any, Any]) -> NotifierTold:
    """The root is believed only where a practice's roster names it."""
    return await read_notifier(instance_of(request))


@get(
    "/api/notifier/day-keys",
    responses=problems(404, 422),
    summary="The signed keys that capsules of some days are sealed to",
    tags=["public"],
)
async def day_keys(
    request: Request[Any, Any, Any],
    day: Annotated[list[date], QueryParameter(min_items=1, max_items=DAYS_READ_MAX)],
) -> Response[DayKeysAnswer]:
    keys = await read_day_keys(instance_of(request), day)
    return Response(DayKeysAnswer(keys), headers={"Cache-Control": KEYS_CACHE})


@post(
    "/api/patient/appointment/messages",
    status_code=204,
    responses=problems(404, 409, 422),
    summary="Replace an appointment's messages that were not sent yet",
    tags=["patient"],
)
async def patient_messages(
    request: Request[Any, Any, Any], data: JSONBody[ReplaceBody], row_token: RowToken
) -> None:
    """The row token shows that somebody has an appointment here; which one is not compared and not stored."""
    instance = instance_of(request)
    if len(data.replacements) != 1:
        raise Unknown("one appointment, one handle")
    await find_record(instance, token_bytes(row_token), bucket_of(request, instance))
    await replace_messages(instance, [each.asked() for each in data.replacements])


@post(
    "/{practice:uuid}/messages",
    status_code=204,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Replace messages that were not sent yet, of up to fifty appointments",
)
async def desk_messages(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[ReplaceBody]
) -> None:
    await staff_of(request, practice, Deed.BOOK)
    await replace_messages(instance_of(request), [each.asked() for each in data.replacements])


@post(
    "/{practice:uuid}/messages/read",
    status_code=200,
    responses=problems(401, 403, 404, 415, 422),
    summary="What stands under some handles and what became of it",
)
async def desk_messages_read(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[HandlesBody]
) -> MessagesAnswer:
    """Handles lie sealed in appointments: who names one could open it. Nothing of this is stored."""
    await staff_of(request, practice, Deed.READ_AGENDA)
    return MessagesAnswer(await read_messages(instance_of(request), data.handles))


@post(
    "/{practice:uuid}/messages/seen",
    status_code=204,
    responses=problems(401, 403, 404, 415, 422),
    summary="Mark that somebody called about messages that did not arrive",
)
async def desk_messages_seen(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[SeenBody]
) -> None:
    """Kept under the handle, for all who open the appointment; who called is not kept."""
    await staff_of(request, practice, Deed.BOOK)
    await see_to_messages(instance_of(request), data.h, data.write, data.mids, seen=data.seen)


@post(
    "/api/messages/delete",
    status_code=204,
    responses=problems(404, 422),
    summary="Take capsules and messages away",
    tags=["patient"],
)
async def delete(request: Request[Any, Any, Any], data: JSONBody[DeleteBody]) -> None:
    """The token alone decides; a request of its own, so that nothing joins it to the appointment."""
    await delete_messages(instance_of(request), [(each.h, each.token) for each in data.deletions])


@post(
    "/api/messages/object",
    status_code=204,
    responses=problems(422),
    summary="No more messages to whoever got this one, or messages again",
    tags=["patient"],
)
async def objection(request: Request[Any, Any, Any], data: JSONBody[ObjectionBody]) -> None:
    """The answer never says whether the token fits: only the notifier can tell."""
    await object_to_messages(instance_of(request), data.stop, again=data.again)


@get(
    "/api/message-link",
    responses=problems(404),
    summary="The appointment a message is about",
    tags=["patient"],
)
async def linked(request: Request[Any, Any, Any], act: ActToken) -> LinkedAppointment:
    instance = instance_of(request)
    return await read_by_message(instance, short_token(act), bucket_of(request, instance))


@post(
    "/api/message-link",
    status_code=200,
    responses=problems(404, 409, 422),
    summary="Confirm or cancel by a message's link",
    tags=["patient"],
)
async def linked_act(
    request: Request[Any, Any, Any], data: JSONBody[LinkActBody], act: ActToken
) -> LinkedAppointment:
    instance = instance_of(request)
    return await act_by_message(instance, short_token(act), data.kind, bucket_of(request, instance))


public_handlers = [notifier, day_keys, patient_messages, delete, objection, linked, linked_act]
handlers = [desk_messages, desk_messages_read, desk_messages_seen]
