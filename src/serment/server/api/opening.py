# SPDX-License-Identifier: AGPL-3.0-or-later
"""Opening a practice: finding oneself in the directory, handing in the keys, first rules, the door."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from serment.domain.roles import Deed
from serment.framing import SignedEvent
from serment.server.api.desk_session import staff_of
from serment.server.api.problems import problems
from serment.server.api.wire import Body, Kid, instance_of
from serment.server.session import session_token
from serment.server.usecases.begin_practice import (
    FirstHours,
    FirstType,
    Standing,
    begin_practice,
    how_far,
    take_bookings,
)
from serment.server.usecases.find_oneself import (
    EntryTold,
    KindTold,
    TownTold,
    find_oneself,
    kinds_of_care,
    towns_typed,
)
from serment.server.usecases.open_practice import NewPractice, Where, Who, open_practice
from serment.server.usecases.sign_in import account_of

TYPED_CHARACTERS_MAX = 80
HOURS_MAX = 21
TYPES_MAX = 30
DAY_MINUTES = 1440
KINDS_CACHE = "public, max-age=3600"
_Name = Annotated[str, Meta(min_length=1, max_length=100)]
_Typed = Annotated[str, QueryParameter(max_length=TYPED_CHARACTERS_MAX)]


class WhoBody(Body):
    """Who receives; `rpps` as the register has it, empty for who is in no register."""

    given_name: _Name
    family_name: _Name
    specialty: Annotated[str, Meta(pattern="^[A-Z0-9]{2,8}$")]
    title: Annotated[str, Meta(max_length=12)] = ""
    rpps: Annotated[str, Meta(pattern="^([0-9]{11})?$")] = ""


class WhereBody(Body):
    """The first site; zone and holidays follow from the postcode."""

    address: _Name
    postcode: Annotated[str, Meta(pattern="^[0-9]{5}$")]
    town_code: Annotated[str, Meta(pattern="^[0-9AB]{5}$")]
    phone: Annotated[str, Meta(max_length=20, pattern=r"^(0[0-9]( ?[0-9]{2}){4}|\+[1-9][0-9 ]{6,})?$")] = ""


class EventBody(Body):
    """A signed roster event."""

    event: Annotated[bytes, Meta(max_length=16_384)]
    sig: Annotated[bytes, Meta(min_length=64, max_length=64)]


class SeedBody(Body):
    """The first epoch's seed, sealed to the owner."""

    kid: Kid
    sealed: bytes = msgspec.field(name="bytes")


class PracticeBody(Body):
    """A practice with its keys, whole. Every id is drawn by the browser."""

    practice: UUID
    site: UUID
    unit: UUID
    practitioner: UUID
    agenda: UUID
    name: _Name
    who: WhoBody
    where: WhereBody
    events: Annotated[list[EventBody], Meta(min_length=2, max_length=2)]
    seeds: Annotated[list[SeedBody], Meta(min_length=1, max_length=1)]


class OpenedAnswer(msgspec.Struct):
    """The link the practice got, and its fingerprint."""

    practice: UUID
    slug: str
    fingerprint: bytes


class HoursBody(Body):
    """Weekly hours, minutes of the day."""

    opening: UUID
    days: Annotated[list[Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"]], Meta(min_length=1, max_length=7)]
    start_minute: Annotated[int, Meta(ge=0, lt=DAY_MINUTES)]
    end_minute: Annotated[int, Meta(ge=1, le=DAY_MINUTES)]


class TypeBody(Body):
    """One visit type of the specialty's template, by its place in it."""

    visit_type: UUID
    nth: Annotated[int, Meta(ge=0, lt=TYPES_MAX)]


class BeginBody(Body):
    """First hours and visit types."""

    hours: Annotated[list[HoursBody], Meta(max_length=HOURS_MAX)]
    visit_types: Annotated[list[TypeBody], Meta(max_length=TYPES_MAX)]


@get(
    "/api/directory",
    responses=problems(422),
    summary="Entries of the register by name or number",
    tags=["public"],
)
async def directory(request: Request[Any, Any, Any], typed: _Typed) -> list[EntryTold]:
    return await find_oneself(instance_of(request), typed)


@get("/api/directory/towns", responses=problems(422), summary="Towns by name or postcode", tags=["public"])
async def towns(request: Request[Any, Any, Any], typed: _Typed) -> list[TownTold]:
    return await towns_typed(instance_of(request), typed)


@get(
    "/api/directory/kinds",
    responses=problems(),
    summary="Kinds of care",
    tags=["public"],
    sync_to_thread=False,
)
def care_kinds() -> Response[list[KindTold]]:
    return Response(kinds_of_care(), headers={"Cache-Control": KINDS_CACHE})


@post("/practices", responses=problems(401, 403, 409, 415, 422), summary="Open a practice")
async def make_practice(request: Request[Any, Any, Any], data: JSONBody[PracticeBody]) -> OpenedAnswer:
    instance = instance_of(request)
    account = await account_of(instance, session_token(request))
    who, where = data.who, data.where
    opened = await open_practice(
        instance,
        account,
        NewPractice(
            practice=data.practice, site=data.site, unit=data.unit, practitioner=data.practitioner, agenda=data.agenda,
            name=data.name.strip(),
            who=Who(who.title, who.given_name, who.family_name, who.specialty, who.rpps),
            where=Where(where.address, where.postcode, where.town_code, where.phone),
            events=[SignedEvent(each.event, each.sig) for each in data.events],
            seeds=[(each.kid, each.sealed) for each in data.seeds],
        ),
    )  # fmt: skip
    return OpenedAnswer(opened.practice, opened.slug, opened.fingerprint)


@get("/{practice:uuid}/opening", responses=problems(401, 403, 404), summary="How far a practice's opening is")
async def standing(request: Request[Any, Any, Any], practice: FromPath[UUID]) -> Standing:
    return await how_far(instance_of(request), await staff_of(request, practice, Deed.READ_AGENDA))


@post(
    "/{practice:uuid}/opening",
    status_code=200,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="First hours and visit types",
)
async def begin(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[BeginBody]
) -> Standing:
    staff = await staff_of(request, practice)
    hours = [FirstHours(each.opening, each.days, each.start_minute, each.end_minute) for each in data.hours]
    types = [FirstType(each.visit_type, each.nth) for each in data.visit_types]
    return await begin_practice(instance_of(request), staff, hours, types)


@post(
    "/{practice:uuid}/opening/door",
    status_code=200,
    responses=problems(401, 403, 404, 409, 415),
    summary="Take bookings",
)
async def door(request: Request[Any, Any, Any], practice: FromPath[UUID]) -> Standing:
    return await take_bookings(instance_of(request), await staff_of(request, practice))


public_handlers = [directory, towns, care_kinds]
handlers = [make_practice, standing, begin, door]
