# SPDX-License-Identifier: AGPL-3.0-or-later
"""The patient's routes. They read no cookie: a hold is proved by its token, an appointment by its row token."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.params import HeaderParameter, JSONBody
from msgspec import Meta

from serment.server.api.problems import problems
from serment.server.api.wire import (
    Body,
    BookedAnswer,
    HoldAnswer,
    HoldToken,
    MaybeRowToken,
    RowToken,
    WrittenBody,
    bucket_of,
    instance_of,
    instant,
    token_bytes,
)
from serment.server.usecases.act import act
from serment.server.usecases.book import book
from serment.server.usecases.extend_hold import extend_hold, release_hold
from serment.server.usecases.hold_slot import Held, HoldRequest, hold_slot
from serment.server.usecases.move import move
from serment.server.usecases.read_accesses import AccessesTold, read_accesses
from serment.server.usecases.read_envelope import PatientAppointment, find_record, read_by_link
from serment.server.usecases.who_may_book import NumberProof


class HoldBody(Body):
    """Which slot to keep, for which record (drawn by the browser). `work` answers a 429's challenge."""

    practice: UUID
    record: UUID
    agenda: UUID
    visit_type: UUID
    start: datetime
    work: bytes | None = None


class HoldName(Body):
    """Which hold."""

    practice: UUID
    record: UUID


class CheckBody(Body):
    """The notifier's signature for this booking key (spec/rdv1.md, section 5). It serves once."""

    commit: Annotated[bytes, Meta(min_length=32, max_length=32)]
    salt: Annotated[bytes, Meta(min_length=32, max_length=32)]
    month: Annotated[int, Meta(ge=200_001, le=999_912)]
    proof: Annotated[bytes, Meta(min_length=64, max_length=64)]


class BookBody(WrittenBody, kw_only=True):
    """A first revision. Without `check`, where the practice asks for one, it is a request; `work` answers a 429's challenge."""

    check: CheckBody | None = None
    work: Annotated[bytes, Meta(max_length=64)] | None = None

    def number_proof(self) -> NumberProof | None:
        """As the use case takes it."""
        told = self.check
        return None if told is None else NumberProof(told.commit, told.salt, told.month, told.proof)


class ExtendBody(HoldName):
    """`nth` (1 or 2) makes a repeated request harmless; without, the next one."""

    nth: Annotated[int, Meta(ge=1, le=2)] | None = None


def hold_answer(held: Held) -> HoldAnswer:
    """As it travels."""
    return HoldAnswer(held.record, held.start, held.minutes, held.expires_at, held.extensions_left)


@post(
    "/api/patient/holds",
    responses=problems(404, 409, 422, 429),
    summary="Keep a slot for ten minutes",
    tags=["patient"],
)
async def hold(
    request: Request[Any, Any, Any],
    data: JSONBody[HoldBody],
    hold_token: HoldToken,
    row_token: MaybeRowToken = None,
) -> HoldAnswer:
    instance = instance_of(request)
    held = await hold_slot(
        instance,
        HoldRequest(
            practice=data.practice,
            record=data.record,
            agenda=data.agenda,
            visit_type=data.visit_type,
            start=instant(data.start),
            token=token_bytes(hold_token),
            row_token=None if row_token is None else token_bytes(row_token),
            work=data.work,
            bucket=bucket_of(request, instance),
        ),
    )
    return hold_answer(held)


@post(
    "/api/patient/holds/extend",
    status_code=200,
    responses=problems(409, 422),
    summary="Keep it for longer",
    tags=["patient"],
)
async def extend(
    request: Request[Any, Any, Any], data: JSONBody[ExtendBody], hold_token: HoldToken
) -> HoldAnswer:
    instance = instance_of(request)
    return hold_answer(
        await extend_hold(instance, data.practice, data.record, token_bytes(hold_token), data.nth)
    )


@post(
    "/api/patient/holds/release",
    status_code=204,
    responses=problems(),
    summary="Let the slot go",
    tags=["patient"],
)
async def release(request: Request[Any, Any, Any], data: JSONBody[HoldName], hold_token: HoldToken) -> None:
    await release_hold(instance_of(request), data.practice, data.record, token_bytes(hold_token))


@post(
    "/api/patient/appointments",
    responses=problems(403, 404, 409, 422, 429),
    summary="Book what is held",
    tags=["patient"],
)
async def book_appointment(
    request: Request[Any, Any, Any], data: JSONBody[BookBody], hold_token: HoldToken
) -> BookedAnswer:
    instance = instance_of(request)
    booked = await book(
        instance,
        data.written(instance.name),
        token_bytes(hold_token),
        proof=data.number_proof(),
        bucket=bucket_of(request, instance),
        work=data.work,
    )
    return BookedAnswer(booked.record, booked.rev, booked.status)


class MoveBody(WrittenBody):
    """The next revision; `seen_rev` is the one it was made from."""

    seen_rev: Annotated[int, Meta(ge=1, le=2_147_483_646)]


class PatientAct(Body):
    """A signed act: `n` is one above the last of this revision."""

    rev: Annotated[int, Meta(ge=1, le=2_147_483_647)]
    n: Annotated[int, Meta(ge=1, le=2_147_483_647)]
    kind: Literal["cancel", "confirm"]
    sig: bytes


class ActedAnswer(msgspec.Struct):
    """The appointment after it; `late`: cancelled within a day of its time."""

    status: str
    acts: int
    late: bool


@get(
    "/api/patient/appointment",
    responses=problems(404),
    summary="The appointment a link opens",
    tags=["patient"],
)
async def appointment(request: Request[Any, Any, Any], row_token: RowToken) -> PatientAppointment:
    instance = instance_of(request)
    return await read_by_link(instance, token_bytes(row_token), bucket_of(request, instance))


@get(
    "/api/patient/appointment/accesses",
    responses=problems(404),
    summary="Who took a part of the appointment a link opens",
    tags=["patient"],
)
async def accesses(request: Request[Any, Any, Any], row_token: RowToken) -> AccessesTold:
    instance = instance_of(request)
    return await read_accesses(instance, token_bytes(row_token), bucket_of(request, instance))


@post(
    "/api/patient/appointment/move",
    status_code=200,
    responses=problems(403, 404, 409, 422),
    summary="Move it to a held time, or seal it anew at its own: the desk's code becomes the patient's own link",
    tags=["patient"],
)
async def move_appointment(
    request: Request[Any, Any, Any],
    data: JSONBody[MoveBody],
    row_token: RowToken,
    hold_token: Annotated[
        str | None, HeaderParameter(name="Serment-Hold", description="Left out: it stays at its time.")
    ] = None,
) -> BookedAnswer:
    instance = instance_of(request)
    practice, record = await find_record(instance, token_bytes(row_token), bucket_of(request, instance))
    moved = await move(
        instance,
        practice,
        record,
        data.written(instance.name),
        seen_rev=data.seen_rev,
        token=None if hold_token is None else token_bytes(hold_token),
    )
    return BookedAnswer(moved.record, moved.rev, moved.status)


@post(
    "/api/patient/appointment/acts",
    status_code=200,
    responses=problems(403, 404, 409, 422),
    summary="Cancel or confirm it",
    tags=["patient"],
)
async def patient_act(
    request: Request[Any, Any, Any], data: JSONBody[PatientAct], row_token: RowToken
) -> ActedAnswer:
    instance = instance_of(request)
    practice, record = await find_record(instance, token_bytes(row_token), bucket_of(request, instance))
    done = await act(instance, practice, record, rev=data.rev, n=data.n, kind=data.kind, sig=data.sig)
    return ActedAnswer(done.status, done.acts, done.late)


handlers = [hold, extend, release, book_appointment, appointment, accesses, move_appointment, patient_act]
