# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the desk does with appointments: hold, book, move, accept, refuse, cancel, note who has come."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath, HeaderParameter, JSONBody
from msgspec import Meta

from serment.domain.appointment import Status
from serment.domain.roles import Deed
from serment.domain.visit_type import Who
from serment.server.api.desk_session import staff_of
from serment.server.api.patient import ActedAnswer, MoveBody, hold_answer
from serment.server.api.problems import problems
from serment.server.api.wire import (
    Body,
    BookedAnswer,
    HoldAnswer,
    HoldToken,
    Rev,
    WrittenBody,
    instance_of,
    instant,
    token_bytes,
)
from serment.server.usecases.act import NOTES, SIGNED, act, mark
from serment.server.usecases.book import book
from serment.server.usecases.errors import NoSuchPractice
from serment.server.usecases.extend_hold import extend_hold, release_hold
from serment.server.usecases.hold_slot import HoldRequest, hold_slot
from serment.server.usecases.membership import Staff
from serment.server.usecases.move import move


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


class Answered(Body):
    """The revision of the request that was read: a time the patient chose meanwhile is not the one accepted."""

    rev: Rev


class StaffAct(Body):
    """cancel, confirm and undo are signed, `n` one above the last; the others are not: `n` and `sig` are left out.

    Of these `was` is the status that was shown when somebody decided: where it is neither that any more nor what is asked,
    nothing is written over.
    """

    rev: Rev
    kind: Literal["cancel", "confirm", "undo", "arrive", "wait", "seen", "no_show", "expect"]
    n: Annotated[int, Meta(ge=1, le=2_147_483_647)] | None = None
    sig: bytes | None = None
    was: Status | None = None


@post(
    "/{practice:uuid}/holds",
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Keep a slot, as staff",
)
async def hold(
    request: Request[Any, Any, Any],
    practice: FromPath[UUID],
    data: JSONBody[StaffHoldBody],
    hold_token: HoldToken,
) -> HoldAnswer:
    staff = await staff_of(request, practice, Deed.BOOK)
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
    request: Request[Any, Any, Any],
    practice: FromPath[UUID],
    data: JSONBody[StaffExtend],
    hold_token: HoldToken,
) -> HoldAnswer:
    await staff_of(request, practice, Deed.BOOK)
    held = await extend_hold(instance_of(request), practice, data.record, token_bytes(hold_token), data.nth)
    return hold_answer(held)


@post(
    "/{practice:uuid}/holds/release",
    status_code=204,
    responses=problems(401, 403, 404, 415),
    summary="Let the slot go",
)
async def release(
    request: Request[Any, Any, Any],
    practice: FromPath[UUID],
    data: JSONBody[RecordName],
    hold_token: HoldToken,
) -> None:
    await staff_of(request, practice, Deed.BOOK)
    await release_hold(instance_of(request), practice, data.record, token_bytes(hold_token))


@post(
    "/{practice:uuid}/appointments",
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Book what is held, as staff",
)
async def book_appointment(
    request: Request[Any, Any, Any],
    practice: FromPath[UUID],
    data: JSONBody[WrittenBody],
    hold_token: HoldToken,
) -> BookedAnswer:
    instance = instance_of(request)
    staff = await staff_of(request, practice, Deed.BOOK)
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
    practice: FromPath[UUID],
    record: FromPath[UUID],
    data: JSONBody[MoveBody],
    hold_token: Annotated[
        str | None, HeaderParameter(name="Serment-Hold", description="Left out: it stays at its time.")
    ] = None,
) -> BookedAnswer:
    instance = instance_of(request)
    staff = await staff_of(request, practice, Deed.BOOK)
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
async def accept(
    request: Request[Any, Any, Any],
    practice: FromPath[UUID],
    record: FromPath[UUID],
    data: JSONBody[Answered],
) -> ActedAnswer:
    return await _mark(request, practice, record, "accept", data.rev)


@post(
    "/{practice:uuid}/appointments/{record:uuid}/refuse",
    status_code=200,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Refuse a request",
)
async def refuse(
    request: Request[Any, Any, Any],
    practice: FromPath[UUID],
    record: FromPath[UUID],
    data: JSONBody[Answered],
) -> ActedAnswer:
    return await _mark(request, practice, record, "refuse", data.rev)


async def _mark(
    request: Request[Any, Any, Any], practice: UUID, record: UUID, kind: str, rev: int
) -> ActedAnswer:
    done = await mark(instance_of(request), await staff_of(request, practice, Deed.BOOK), record, kind, rev)
    return ActedAnswer(done.status, done.acts, done.late)


@post(
    "/{practice:uuid}/appointments/{record:uuid}/acts",
    status_code=200,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Cancel, confirm, undo; note who has come",
)
async def staff_act(
    request: Request[Any, Any, Any],
    practice: FromPath[UUID],
    record: FromPath[UUID],
    data: JSONBody[StaffAct],
) -> ActedAnswer:
    instance = instance_of(request)
    staff = await staff_of(request, practice, Deed.BOOK)
    if data.kind in NOTES:
        if data.was is None:
            raise ValidationException("was")
        done = await mark(instance, staff, record, data.kind, data.rev, was=data.was)
    elif data.kind in SIGNED and data.n is not None and data.sig is not None:
        done = await act(
            instance, practice, record, rev=data.rev, n=data.n, kind=data.kind, sig=data.sig, staff=staff
        )
    else:
        raise ValidationException("sig")
    return ActedAnswer(done.status, done.acts, done.late)


handlers = [
    hold, extend, release, book_appointment, move_appointment, accept, refuse, staff_act,
]  # fmt: skip
