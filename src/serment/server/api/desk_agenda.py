# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the desk reads: the practice's rules, days of agendas, sealed groups, free slots and why there are none, hints."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import MediaType, Request, Response, get, post
from litestar.exceptions import ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage
from msgspec import Meta

from serment.domain.roles import Deed
from serment.domain.visit_type import MINUTES_MAX, Who
from serment.server.api.desk_session import staff_of
from serment.server.api.problems import problems
from serment.server.api.public import DATE_MAX, DATE_MIN
from serment.server.api.wire import Body, Kid, Rev, instance_of, instant
from serment.server.instance import Instance
from serment.server.session import session_token
from serment.server.usecases.errors import NoSuchAgenda, NoSuchPractice, SignedOut
from serment.server.usecases.explain_slot import explain_slot
from serment.server.usecases.find_slots import FreeSlots, find_slots
from serment.server.usecases.membership import Staff, member_of
from serment.server.usecases.read_agenda import AGENDAS_MAX, DAYS_MAX, AgendaDays, read_agenda
from serment.server.usecases.read_envelope import (
    UNOPENED_MAX,
    ListPlace,
    Sealed,
    Unopened,
    read_for_member,
    read_unopened,
)
from serment.server.usecases.read_practice import House, read_house
from serment.server.usecases.read_requests import Requests, read_requests
from serment.server.usecases.read_rules import rules_of
from serment.server.usecases.read_seeds import Seeds, read_seeds
from serment.server.usecases.situation import Asked

KEEP_ALIVE_SECONDS = 4.0  # and so long at most does a removed member hear that something changed
KNOWN_MAX = 5_000
KIDS_MAX = 64
AGENDA_BODY_BYTES_MAX = 1024 * 1024


class KnownRecord(Body):
    """A record the browser has open at this rev."""

    record: UUID
    rev: Rev


class AfterPlace(Body):
    """The `complete_until` of the answer before."""

    start: datetime
    record: UUID


class AgendaBody(Body):
    """Which days of which agendas; `kids` are the caller's record keys and unit keys. `after` asks on."""

    agendas: Annotated[list[UUID], Meta(min_length=1, max_length=AGENDAS_MAX)]
    first: date = msgspec.field(name="from")
    days: Annotated[int, Meta(ge=1, le=DAYS_MAX)] = 7
    known: Annotated[list[KnownRecord], Meta(max_length=KNOWN_MAX)] = []  # noqa: RUF012  # msgspec copies an empty list
    kids: Annotated[list[Kid], Meta(max_length=KIDS_MAX)] = []  # noqa: RUF012  # msgspec copies an empty list
    after: AfterPlace | None = None


class ReadBody(Body):
    """Which groups, and what for: what is read to be sealed anew (move, link, repeat, message) counts only until it was."""

    groups: Annotated[list[Literal["id", "ct", "rs"]], Meta(min_length=1, max_length=3)]
    kids: Annotated[list[Kid], Meta(max_length=KIDS_MAX)]
    purpose: Annotated[str, Meta(pattern="^[a-z][a-z_]{0,31}$")]


class UnopenedBody(Body):
    """`kids` are the keys of my units that patients seal to. `after` passes over those up to that place."""

    kids: Annotated[list[Kid], Meta(min_length=1, max_length=KIDS_MAX)]
    most: Annotated[int, Meta(ge=1, le=UNOPENED_MAX)]
    after: AfterPlace | None = None


class WhyAnswer(msgspec.Struct):
    """Each reason has its name in `reason`, whether staff may override it, and its facts."""

    offered: bool
    reasons: list[dict[str, Any]]


@get("/{practice:uuid}/house", responses=problems(401, 403, 404), summary="The practice's rules")
async def house(request: Request[Any, Any, Any], practice: FromPath[UUID]) -> House:
    return await read_house(instance_of(request), await staff_of(request, practice, Deed.READ_AGENDA))


@get("/{practice:uuid}/seeds", responses=problems(401, 403, 404), summary="My sealed epoch seeds")
async def seeds(request: Request[Any, Any, Any], practice: FromPath[UUID]) -> Seeds:
    return await read_seeds(instance_of(request), await staff_of(request, practice, Deed.READ_AGENDA))


@post(
    "/{practice:uuid}/agenda",
    status_code=200,
    responses=problems(401, 403, 404, 415, 422),
    summary="Some days of some agendas",
    request_max_body_size=AGENDA_BODY_BYTES_MAX,
)
async def agenda(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[AgendaBody]
) -> AgendaDays:
    staff = await staff_of(request, practice, Deed.READ_AGENDA)
    _check_date(data.first)
    return await read_agenda(
        instance_of(request),
        staff,
        data.agendas,
        data.first,
        data.days,
        kids=data.kids,
        known=[(known.record, known.rev) for known in data.known],
        after=None if data.after is None else ListPlace(instant(data.after.start), data.after.record),
    )


def _check_date(day: date) -> None:
    if not DATE_MIN <= day <= DATE_MAX:
        raise ValidationException("from")


@get(
    "/{practice:uuid}/slots",
    responses={
        200: ResponseSpec(FreeSlots, description="The free slots of some days.", generate_examples=False),
        **problems(401, 403, 404, 422),
    },
    summary="The free slots as staff see them: no notice, no horizon, staff-only types",
)
async def staff_slots(
    request: Request[Any, Any, Any],
    practice: FromPath[UUID],
    agenda: FromQuery[UUID],
    visit_type: FromQuery[UUID],
    first: Annotated[date, QueryParameter(name="from")],
    days: Annotated[int, QueryParameter(ge=1, le=DAYS_MAX)] = 7,
) -> Response[bytes]:
    instance = instance_of(request)
    staff = await staff_of(request, practice, Deed.READ_AGENDA)
    _check_date(first)
    await _own_agenda(instance, staff, agenda)
    answer = await find_slots(instance, agenda, visit_type, first, days, who=Who.STAFF)
    return Response(answer, media_type=MediaType.JSON)


async def _own_agenda(instance: Instance, staff: Staff, agenda: UUID) -> None:
    rules = await rules_of(instance, agenda)
    if rules.practice != staff.practice:
        raise NoSuchAgenda().about(agenda)
    staff.check_unit(rules.unit)


@get(
    "/{practice:uuid}/requests",
    responses=problems(401, 403, 404),
    summary="Requests that wait for an answer, whichever day",
)
async def requests(request: Request[Any, Any, Any], practice: FromPath[UUID]) -> Requests:
    return await read_requests(instance_of(request), await staff_of(request, practice, Deed.READ_AGENDA))


@post(
    "/{practice:uuid}/appointments/{record:uuid}/read",
    status_code=200,
    responses=problems(401, 403, 404, 415, 422),
    summary="Groups of one appointment, sealed",
)
async def read(
    request: Request[Any, Any, Any],
    practice: FromPath[UUID],
    record: FromPath[UUID],
    data: JSONBody[ReadBody],
) -> Sealed:
    staff = await staff_of(request, practice, Deed.READ_CONTACT)
    return await read_for_member(instance_of(request), staff, record, data.groups, data.kids, data.purpose)


@post(
    "/{practice:uuid}/unopened",
    status_code=200,
    responses=problems(401, 403, 404, 415, 422),
    summary="Bookings to come that no desk has opened yet",
)
async def unopened(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[UnopenedBody]
) -> Unopened:
    staff = await staff_of(request, practice, Deed.READ_AGENDA)
    after = None if data.after is None else ListPlace(instant(data.after.start), data.after.record)
    return await read_unopened(instance_of(request), staff, after=after, kids=data.kids, most=data.most)


@get("/{practice:uuid}/why", responses=problems(401, 403, 404, 422), summary="Why a slot is not offered")
async def why(
    request: Request[Any, Any, Any],
    practice: FromPath[UUID],
    agenda: FromQuery[UUID],
    visit_type: FromQuery[UUID],
    start: FromQuery[datetime],
    asks: Annotated[Literal["patient", "staff"], QueryParameter(name="for")] = "patient",
    moving: FromQuery[UUID | None] = None,
    minutes: Annotated[int | None, QueryParameter(ge=1, le=MINUTES_MAX)] = None,
) -> WhyAnswer:
    staff = await staff_of(request, practice, Deed.READ_AGENDA)
    asked = Asked(agenda, visit_type)
    if asks == "staff":
        asked = Asked(agenda, visit_type, Who.STAFF, moving, minutes)
    reasons = await explain_slot(instance_of(request), staff, asked, instant(start))
    return WhyAnswer(not reasons, reasons)


@get(
    "/{practice:uuid}/changes",
    media_type="text/event-stream",
    responses=problems(401, 403, 404),
    summary="A hint whenever an appointment or the roster changes",
)
async def changes(request: Request[Any, Any, Any], practice: FromPath[UUID]) -> ServerSentEvent:
    instance = instance_of(request)
    staff = await staff_of(request, practice, Deed.READ_AGENDA)
    return ServerSentEvent(_hints(instance, session_token(request), staff))


async def _hints(
    instance: Instance, token: bytes | None, staff: Staff
) -> AsyncIterator[ServerSentEventMessage]:
    """Each with the last event of the roster, so that open desks take up keys that turned."""
    async with instance.changes.listen(staff.practice, staff.account) as changed:
        # Judged anew now that nothing is missed: the roster may have gone on since the request came.
        hint = ServerSentEventMessage(event="ready", data="", retry=3_000)
        while not instance.changes.closing:
            try:
                now = await member_of(instance, token, staff.practice)
            except (SignedOut, NoSuchPractice):
                return
            if hint.event is not None:
                hint.data = str(now.roster.seq)
            if instance.changes.closing:
                return
            yield hint
            try:
                async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                    await changed.wait()
                changed.clear()
                hint = ServerSentEventMessage(event="changed", data="")
            except TimeoutError:
                hint = ServerSentEventMessage(comment="still here", data=None)


handlers = [house, seeds, agenda, staff_slots, requests, read, unopened, why, changes]
