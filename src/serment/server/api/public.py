# SPDX-License-Identifier: AGPL-3.0-or-later
"""Public reads: no identity, no cookie; what may be cached says so."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.exceptions import ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, QueryParameter

from serment.server.api.problems import problem, problems
from serment.server.api.wire import instance_of
from serment.server.usecases.find_slots import DAYS_MAX, FreeSlots, find_slots
from serment.server.usecases.read_practice import AgendaPage, PracticePage, read_agenda, read_practice
from serment.server.usecases.read_roster import read_roster
from serment.server.usecases.read_templates import TemplateTold, read_template

SLOTS_CACHE = "public, max-age=5"
PAGE_CACHE = "public, max-age=30"
TEMPLATE_CACHE = "public, max-age=3600"
SPECIALTY_CHARACTERS_MAX = 16
DATE_MIN, DATE_MAX = date(2020, 1, 1), date(2200, 1, 1)


class Health(msgspec.Struct):
    """The server answers, and so does its database."""

    status: str


class EventAnswer(msgspec.Struct):
    """One signed event of a roster."""

    event: bytes
    sig: bytes


class RosterAnswer(msgspec.Struct):
    """The events after a seq; 500 at most, then ask again."""

    instance: str
    events: list[EventAnswer]


@get(
    "/healthz",
    responses={200: ResponseSpec(Health, description="Both answer.", generate_examples=False), **problems()},
    summary="Whether server and database answer",
    tags=["public"],
)
async def healthz(request: Request[Any, Any, Any]) -> Response[Any]:
    """503 while the database does not answer."""
    try:
        await instance_of(request).pool.fetchval("SELECT 1")
    except Exception:
        return problem("busy", "The database does not answer.", 503)
    return Response(Health("ok"))


@get(
    "/api/slots",
    responses={
        200: ResponseSpec(FreeSlots, description="The free slots of some days.", generate_examples=False),
        **problems(404, 422),
    },
    summary="The free slots of one agenda for one visit type",
    tags=["public"],
)
async def slots(
    request: Request[Any, Any, Any],
    agenda: FromQuery[UUID],
    visit_type: FromQuery[UUID],
    first: Annotated[date, QueryParameter(name="from")],
    days: Annotated[int, QueryParameter(ge=1, le=DAYS_MAX)] = 7,
) -> Response[bytes]:
    """Computed for each request from rules and busy time; nobody is named, so it may be cached."""
    if not DATE_MIN <= first <= DATE_MAX:
        raise ValidationException("from")
    answer = await find_slots(instance_of(request), agenda, visit_type, first, days)
    return Response(answer, media_type=MediaType.JSON, headers={"Cache-Control": SLOTS_CACHE})


@get(
    "/api/agendas/{agenda:uuid}",
    responses=problems(404),
    summary="What a booking page needs to know of an agenda",
    tags=["public"],
)
async def agenda_page(request: Request[Any, Any, Any], agenda: FromPath[UUID]) -> Response[AgendaPage]:
    page = await read_agenda(instance_of(request), agenda)
    return Response(page, headers={"Cache-Control": PAGE_CACHE})


@get("/api/practices/{slug:str}", responses=problems(404), summary="A practice", tags=["public"])
async def practice_page(request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[PracticePage]:
    page = await read_practice(instance_of(request), slug)
    return Response(page, headers={"Cache-Control": PAGE_CACHE})


@get(
    "/api/practices/{practice:uuid}/roster",
    responses=problems(404),
    summary="A practice's signed roster",
    tags=["public"],
)
async def roster(
    request: Request[Any, Any, Any],
    practice: FromPath[UUID],
    after: Annotated[int, QueryParameter(ge=0, le=2_147_483_647)] = 0,
) -> RosterAnswer:
    """Never cached: a booking is sealed to the readers it names."""
    instance = instance_of(request)
    events = await read_roster(instance, practice, after)
    return RosterAnswer(instance.name, [EventAnswer(event.event, event.sig) for event in events])


@get("/api/templates", responses=problems(422), summary="What a new practice begins with", tags=["public"])
async def template(
    specialty: Annotated[str, QueryParameter(max_length=SPECIALTY_CHARACTERS_MAX)] = "",
) -> Response[TemplateTold]:
    """Hours and visit types by specialty; the same for everybody."""
    return Response(read_template(specialty), headers={"Cache-Control": TEMPLATE_CACHE})


handlers = [healthz, slots, agenda_page, practice_page, roster, template]
