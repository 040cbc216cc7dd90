# SPDX-License-Identifier: AGPL-3.0-or-later
"""The practice's routes: who may, is judged at each request by the roster; a change wants our own page's header."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import MediaType, Request, Response, Router, get, post
from litestar.exceptions import ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from litestar.response import ServerSentEvent, ServerSentEventMessage
from msgspec import Meta

from serment.domain.visit_type import Who
from serment.server.api.patient import ActedAnswer, MoveBody, hold_answer
from serment.server.api.problems import problems
from serment.server.api.public import DATE_MAX, DATE_MIN
from serment.server.api.wire import (
    Body,
    BookedAnswer,
    HoldAnswer,
    HoldToken,
    WrittenBody,
    instance_of,
    instant,
    token_bytes,
)
from serment.server.instance import Instance
from serment.server.session import from_our_page, no_session_cookie, session_cookie, session_token
from serment.server.usecases.act import MARKS, SIGNED, act, mark
from serment.server.usecases.book import book
from serment.server.usecases.change_stanzas import CHANGES_MAX, NewStanza, add_stanzas, drop_stanzas
from serment.server.usecases.errors import NoSuchAgenda, NoSuchPractice, SignedOut
from serment.server.usecases.explain_slot import explain_slot
from serment.server.usecases.extend_hold import extend_hold, release_hold
from serment.server.usecases.find_slots import FreeSlots, find_slots
from serment.server.usecases.hold_slot import HoldRequest, hold_slot
from serment.server.usecases.membership import Staff, member_of
from serment.server.usecases.move import move
from serment.server.usecases.read_agenda import AGENDAS_MAX, DAYS_MAX, AgendaDays, read_agenda
from serment.server.usecases.read_envelope import Sealed, read_for_member
from serment.server.usecases.read_practice import House, read_house
from serment.server.usecases.read_rules import rules_of
from serment.server.usecases.read_seeds import Seeds, read_seeds
from serment.server.usecases.sign_in import Membership, Unlock, sign_in, sign_out, who_am_i

KEEP_ALIVE_SECONDS = 4.0  # and so long at most does a removed member hear that something changed
KNOWN_MAX = 5_000
KIDS_MAX = 64
AGENDA_BODY_BYTES_MAX = 1024 * 1024
STANZAS_BODY_BYTES_MAX = 2 * 1024 * 1024

Rev = Annotated[int, Meta(ge=1, le=2_147_483_647)]
Kid = Annotated[bytes, Meta(min_length=16, max_length=16)]


class SignInBody(Body):
    """`find` and `auth` of spec/rdv1.md, section 3: neither name nor password leaves the browser."""

    find: Annotated[bytes, Meta(min_length=32, max_length=32)]
    auth: Annotated[bytes, Meta(min_length=32, max_length=32)]


class SignedInAnswer(msgspec.Struct):
    """The session's token is in the cookie alone."""

    account: UUID
    share: bytes
    unlocks: list[Unlock]
    practices: list[Membership]


class MeAnswer(msgspec.Struct):
    """Who the session is."""

    account: UUID
    practices: list[Membership]


class KnownRecord(Body):
    """A record the browser has open at this rev."""

    record: UUID
    rev: Rev


class AgendaBody(Body):
    """Which days of which agendas; `kids` are the caller's record keys and unit keys."""

    agendas: Annotated[list[UUID], Meta(min_length=1, max_length=AGENDAS_MAX)]
    first: date = msgspec.field(name="from")
    days: Annotated[int, Meta(ge=1, le=DAYS_MAX)] = 7
    known: Annotated[list[KnownRecord], Meta(max_length=KNOWN_MAX)] = []  # noqa: RUF012  # msgspec copies an empty list
    kids: Annotated[list[Kid], Meta(max_length=KIDS_MAX)] = []  # noqa: RUF012  # msgspec copies an empty list


class ReadBody(Body):
    """Which groups, and what for: the ledger keeps the purpose."""

    groups: Annotated[list[Literal["id", "ct", "rs"]], Meta(min_length=1, max_length=3)]
    kids: Annotated[list[Kid], Meta(max_length=KIDS_MAX)]
    purpose: Annotated[str, Meta(pattern="^[a-z][a-z_]{0,31}$")]


class StaffHoldBody(Body):
    """As the patient's. `overbook` with the names of the reasons that were shown: what came since is refused."""

    record: UUID
    agenda: UUID
    visit_type: UUID
    start: datetime
    minutes: Annotated[int, Meta(ge=1, le=1440)] | None = None
    overbook: bool = False
    warned: Annotated[list[str], Meta(max_length=32)] = []  # noqa: RUF012  # msgspec copies an empty list


class RecordName(Body):
    """Which record's hold."""

    record: UUID


class StaffExtend(RecordName):
    """`nth` (1 or 2) makes a repeated request harmless; without, the next one."""

    nth: Annotated[int, Meta(ge=1, le=2)] | None = None


class StaffAct(Body):
    """cancel, confirm and undo are signed, `n` one above the last; the others are not: `n` and `sig` are left out."""

    rev: Rev
    kind: Literal["cancel", "confirm", "undo", "arrive", "wait", "seen", "no_show", "expect"]
    n: Annotated[int, Meta(ge=1, le=1_000)] | None = None
    sig: bytes | None = None


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


class WhyAnswer(msgspec.Struct):
    """Each reason has its name in `reason`, whether staff may override it, and its facts."""

    offered: bool
    reasons: list[dict[str, Any]]


async def staff_of(request: Request[Any, Any, Any], practice: UUID) -> Staff:
    """The member behind a request. Raises SignedOut, NoSuchPractice."""
    return await member_of(instance_of(request), session_token(request), practice)


@post("/sign-in", status_code=200, responses=problems(401, 403, 415, 422, 429), summary="Sign in by password")
async def sign_in_route(request: Request[Any, Any, Any], data: SignInBody) -> Response[SignedInAnswer]:
    signed_in = await sign_in(instance_of(request), data.find, data.auth)
    answer = SignedInAnswer(signed_in.account, signed_in.share, signed_in.unlocks, signed_in.practices)
    return Response(answer, cookies=[session_cookie(signed_in.token)])


@post("/sign-out", status_code=204, responses=problems(403, 415), summary="Sign out")
async def sign_out_route(request: Request[Any, Any, Any]) -> Response[None]:
    await sign_out(instance_of(request), session_token(request))
    return Response(None, status_code=204, cookies=[no_session_cookie()])


@get("/me", responses=problems(401), summary="Who the session is")
async def me(request: Request[Any, Any, Any]) -> MeAnswer:
    account, practices = await who_am_i(instance_of(request), session_token(request))
    return MeAnswer(account, practices)


@get("/{practice:uuid}/house", responses=problems(401, 404), summary="The practice's rules")
async def house(request: Request[Any, Any, Any], practice: UUID) -> House:
    await staff_of(request, practice)
    return await read_house(instance_of(request), practice)


@get("/{practice:uuid}/seeds", responses=problems(401, 404), summary="My sealed epoch seeds")
async def seeds(request: Request[Any, Any, Any], practice: UUID) -> Seeds:
    return await read_seeds(instance_of(request), await staff_of(request, practice))


@post(
    "/{practice:uuid}/agenda",
    status_code=200,
    responses=problems(401, 403, 404, 415, 422),
    summary="Some days of some agendas",
    request_max_body_size=AGENDA_BODY_BYTES_MAX,
)
async def agenda(request: Request[Any, Any, Any], practice: UUID, data: AgendaBody) -> AgendaDays:
    staff = await staff_of(request, practice)
    _check_date(data.first)
    return await read_agenda(
        instance_of(request),
        staff,
        data.agendas,
        data.first,
        data.days,
        kids=data.kids,
        known=[(known.record, known.rev) for known in data.known],
    )


def _check_date(day: date) -> None:
    if not DATE_MIN <= day <= DATE_MAX:
        raise ValidationException("from")


@get(
    "/{practice:uuid}/slots",
    responses={
        200: ResponseSpec(FreeSlots, description="The free slots of some days.", generate_examples=False),
        **problems(401, 404, 422),
    },
    summary="The free slots as staff see them: no notice, no horizon, staff-only types",
)
async def staff_slots(
    request: Request[Any, Any, Any],
    practice: UUID,
    agenda: UUID,
    visit_type: UUID,
    first: Annotated[date, Parameter(query="from")],
    days: Annotated[int, Parameter(ge=1, le=DAYS_MAX)] = 7,
) -> Response[bytes]:
    instance = instance_of(request)
    staff = await staff_of(request, practice)
    _check_date(first)
    await _own_agenda(instance, staff, agenda)
    answer = await find_slots(instance, agenda, visit_type, first, days, who=Who.STAFF)
    return Response(answer, media_type=MediaType.JSON)


async def _own_agenda(instance: Instance, staff: Staff, agenda: UUID) -> None:
    rules = await rules_of(instance, agenda)
    if rules.practice != staff.practice:
        raise NoSuchAgenda
    staff.check_unit(rules.unit)


@post(
    "/{practice:uuid}/appointments/{record:uuid}/read",
    status_code=200,
    responses=problems(401, 403, 404, 415, 422),
    summary="Groups of one appointment, sealed",
)
async def read(request: Request[Any, Any, Any], practice: UUID, record: UUID, data: ReadBody) -> Sealed:
    staff = await staff_of(request, practice)
    return await read_for_member(instance_of(request), staff, record, data.groups, data.kids)


@post(
    "/{practice:uuid}/holds",
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Keep a slot, as staff",
)
async def hold(
    request: Request[Any, Any, Any], practice: UUID, data: StaffHoldBody, hold_token: HoldToken
) -> HoldAnswer:
    staff = await staff_of(request, practice)
    held = await hold_slot(
        instance_of(request),
        HoldRequest(
            practice=practice,
            record=data.record,
            agenda=data.agenda,
            visit_type=data.visit_type,
            start=instant(data.start),
            token=token_bytes(hold_token),
            who=Who.STAFF,
            minutes=data.minutes,
            warned=frozenset(data.warned) if data.overbook else None,
            units=staff.units,
        ),
    )
    return hold_answer(held)


@post(
    "/{practice:uuid}/holds/extend",
    status_code=200,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Keep it for longer",
)
async def extend(
    request: Request[Any, Any, Any], practice: UUID, data: StaffExtend, hold_token: HoldToken
) -> HoldAnswer:
    await staff_of(request, practice)
    held = await extend_hold(instance_of(request), practice, data.record, token_bytes(hold_token), data.nth)
    return hold_answer(held)


@post(
    "/{practice:uuid}/holds/release",
    status_code=204,
    responses=problems(401, 403, 404, 415),
    summary="Let the slot go",
)
async def release(
    request: Request[Any, Any, Any], practice: UUID, data: RecordName, hold_token: HoldToken
) -> None:
    await staff_of(request, practice)
    await release_hold(instance_of(request), practice, data.record, token_bytes(hold_token))


@post(
    "/{practice:uuid}/appointments",
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Book what is held, as staff",
)
async def book_appointment(
    request: Request[Any, Any, Any], practice: UUID, data: WrittenBody, hold_token: HoldToken
) -> BookedAnswer:
    instance = instance_of(request)
    staff = await staff_of(request, practice)
    _own_place(staff, data)
    booked = await book(
        instance, data.written(instance.name), token_bytes(hold_token), by_member=staff.sign_kid
    )
    return BookedAnswer(booked.record, booked.rev, booked.status)


def _own_place(staff: Staff, data: WrittenBody) -> None:
    if data.revision.practice != staff.practice:
        raise NoSuchPractice
    staff.check_unit(data.revision.unit)


@post(
    "/{practice:uuid}/appointments/{record:uuid}/move",
    status_code=200,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Move it to a held time, or correct it at its own, re-sealed",
)
async def move_appointment(
    request: Request[Any, Any, Any],
    practice: UUID,
    record: UUID,
    data: MoveBody,
    hold_token: Annotated[
        str | None, Parameter(header="Serment-Hold", description="Left out: it stays at its time.")
    ] = None,
) -> BookedAnswer:
    instance = instance_of(request)
    staff = await staff_of(request, practice)
    _own_place(staff, data)
    moved = await move(
        instance,
        practice,
        record,
        data.written(instance.name),
        seen_rev=data.seen_rev,
        token=None if hold_token is None else token_bytes(hold_token),
        staff=staff,
    )
    return BookedAnswer(moved.record, moved.rev, moved.status)


@post(
    "/{practice:uuid}/appointments/{record:uuid}/accept",
    status_code=200,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Accept a request",
)
async def accept(request: Request[Any, Any, Any], practice: UUID, record: UUID) -> ActedAnswer:
    return await _mark(request, practice, record, "accept")


@post(
    "/{practice:uuid}/appointments/{record:uuid}/refuse",
    status_code=200,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Refuse a request",
)
async def refuse(request: Request[Any, Any, Any], practice: UUID, record: UUID) -> ActedAnswer:
    return await _mark(request, practice, record, "refuse")


async def _mark(request: Request[Any, Any, Any], practice: UUID, record: UUID, kind: str) -> ActedAnswer:
    done = await mark(instance_of(request), await staff_of(request, practice), record, kind)
    return ActedAnswer(done.status, done.acts, done.late)


@post(
    "/{practice:uuid}/appointments/{record:uuid}/acts",
    status_code=200,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Cancel, confirm, undo; note who has come",
)
async def staff_act(
    request: Request[Any, Any, Any], practice: UUID, record: UUID, data: StaffAct
) -> ActedAnswer:
    instance = instance_of(request)
    staff = await staff_of(request, practice)
    if data.kind in MARKS:
        done = await mark(instance, staff, record, data.kind, data.rev)
    elif data.kind in SIGNED and data.n is not None and data.sig is not None:
        done = await act(
            instance, practice, record, rev=data.rev, n=data.n, kind=data.kind, sig=data.sig, staff=staff
        )
    else:
        raise ValidationException("sig")
    return ActedAnswer(done.status, done.acts, done.late)


@post(
    "/{practice:uuid}/stanzas",
    status_code=200,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Add stanzas",
    request_max_body_size=STANZAS_BODY_BYTES_MAX,
)
async def stanzas_add(request: Request[Any, Any, Any], practice: UUID, data: AddBody) -> StoredAnswer:
    staff = await staff_of(request, practice)
    wanted = [NewStanza(each.record, each.rev, each.head, each.stanza) for each in data.add]
    stored = await add_stanzas(instance_of(request), staff, wanted)
    return StoredAnswer([StoredStanza(*each) for each in stored])


@post(
    "/{practice:uuid}/stanzas/drop",
    status_code=204,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Drop a unit's first stanzas",
)
async def stanzas_drop(request: Request[Any, Any, Any], practice: UUID, data: DropBody) -> None:
    staff = await staff_of(request, practice)
    await drop_stanzas(instance_of(request), staff, [(each.record, each.rev, each.kid) for each in data.drop])


@get("/{practice:uuid}/why", responses=problems(401, 404, 422), summary="Why a slot is not offered")
async def why(
    request: Request[Any, Any, Any], practice: UUID, agenda: UUID, visit_type: UUID, start: datetime
) -> WhyAnswer:
    staff = await staff_of(request, practice)
    reasons = await explain_slot(instance_of(request), staff, agenda, visit_type, instant(start))
    return WhyAnswer(not reasons, reasons)


@get(
    "/{practice:uuid}/changes",
    media_type="text/event-stream",
    responses=problems(401, 404),
    summary="A hint whenever an appointment changes",
)
async def changes(request: Request[Any, Any, Any], practice: UUID) -> ServerSentEvent:
    instance = instance_of(request)
    await staff_of(request, practice)
    return ServerSentEvent(_hints(instance, session_token(request), practice))


async def _hints(
    instance: Instance, token: bytes | None, practice: UUID
) -> AsyncIterator[ServerSentEventMessage]:
    async with instance.changes.listen(practice) as changed:
        yield ServerSentEventMessage(event="ready", data="", retry=3_000)
        while not instance.changes.closing:
            try:
                async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                    await changed.wait()
                changed.clear()
                hint = ServerSentEventMessage(event="changed", data="")
            except TimeoutError:
                hint = ServerSentEventMessage(comment="still here", data=None)
            try:
                await member_of(instance, token, practice)
            except (SignedOut, NoSuchPractice):
                return
            if not instance.changes.closing:
                yield hint


handlers = [
    Router(
        path="/api/practice",
        guards=[from_our_page],
        tags=["practice"],
        route_handlers=[
            sign_in_route, sign_out_route, me, house, seeds, agenda, staff_slots, read, hold, extend, release,
            book_appointment, move_appointment, accept, refuse, staff_act, stanzas_add, stanzas_drop, why, changes,
        ],
    )
]  # fmt: skip
