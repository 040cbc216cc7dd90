# SPDX-License-Identifier: AGPL-3.0-or-later
"""Breaches, for owners: dossiers with figures from the access ledger, the decision, the papers, the letter."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from serment.domain.incident import REASON_CHARACTERS_MAX, Count, Form, Scope
from serment.domain.incident_letter import Letter
from serment.domain.ledger import Purpose
from serment.domain.roles import Deed
from serment.framing.letters import LetterRow
from serment.server.api.desk_agenda import KIDS_MAX
from serment.server.api.desk_session import staff_of
from serment.server.api.problems import problems
from serment.server.api.wire import Body, Kid, Rev, instance_of, instant
from serment.server.papers.notice import notice
from serment.server.papers.record import record
from serment.server.papers.register import register
from serment.server.papers.sheet import Sheet
from serment.server.usecases.change_dossier import change_scope, decide, note_sent, write_form, write_letter
from serment.server.usecases.dossier import (
    DossiersTold,
    DossierWhole,
    names_of_members,
    read_dossier,
    read_dossiers,
)
from serment.server.usecases.open_incident import open_by_owner
from serment.server.usecases.send_letters import (
    RECIPIENTS_MAX,
    Reached,
    Recipients,
    keep_letters,
    note_reached,
    read_recipients,
)

READERS_MAX = 100
PDF = "application/pdf"

Route = Literal["agenda", "unopened", "record", "link", "cards", "index", "feed"]


class ScopeBody(Body, kw_only=True):
    """Which entries of the ledger count, both ends included. No readers and no `links`: everybody; no purposes: all."""

    since: datetime
    until: datetime
    readers: Annotated[list[UUID], Meta(max_length=READERS_MAX)] = []  # noqa: RUF012  # msgspec copies an empty list
    links: bool = False
    purposes: Annotated[list[Route], Meta(max_length=6)] = []  # noqa: RUF012  # msgspec copies an empty list

    def scope(self) -> Scope:
        """As the use cases take it. Raises ValidationException."""
        purposes = tuple(sorted({Purpose[name.upper()] for name in self.purposes}))
        return Scope(instant(self.since), instant(self.until), tuple(self.readers), self.links, purposes)


class OpeningBody(ScopeBody, kw_only=True):
    """`incident`: drawn by the browser; asked again it opens nothing more."""

    incident: UUID
    found_at: datetime


class NewScopeBody(ScopeBody, kw_only=True):
    """`rev`: the revision that was seen."""

    rev: Rev


class FormBody(Body):
    """`rev`: the revision that was seen. The form is replaced whole."""

    rev: Rev
    found_at: datetime
    form: Form


class DecisionBody(Body):
    """Whether to notify the authority, and why."""

    rev: Rev
    notify: bool
    reason: Annotated[str, Meta(min_length=1, max_length=REASON_CHARACTERS_MAX, pattern=r"\S")]


class SentBody(Body):
    """Which notice went, and when. `rev`: the revision that was seen."""

    rev: Rev
    which: Literal["initial", "supplementary"]
    at: datetime


class LetterBody(Body):
    """The letter of art. 34, in its five parts."""

    rev: Rev
    letter: Letter


class RecipientsBody(Body):
    """`kids` are the caller's record keys and unit keys. `after`: the last appointment of the answer before.
    `rev`: the dossier's, where these are about to be written to; absent: they are looked at."""

    kids: Annotated[list[Kid], Meta(max_length=KIDS_MAX)]
    rev: Rev | None = None
    after: UUID | None = None


class SealedLetterBody(Body):
    """The letter, sealed to the key of one patient's link (`pkh`: its hash) and signed at the roster's `head`."""

    record: UUID
    pkh: bytes
    sealed: bytes
    head: bytes
    sig: bytes


class LettersBody(Body):
    """`rev`: the dossier's revision, whose letter was sealed."""

    rev: Rev
    letters: Annotated[list[SealedLetterBody], Meta(min_length=1, max_length=RECIPIENTS_MAX)]


class ReachedBody(Body):
    """Whom the messages about the letter reached: waiting to go, gone, none that arrives."""

    waiting: Count
    told: Count
    unreached: Count


@get("/{practice:uuid}/incidents", responses=problems(401, 403, 404), summary="Dossiers of breaches")
async def incidents(request: Request[Any, Any, Any], practice: FromPath[UUID]) -> DossiersTold:
    staff = await staff_of(request, practice, Deed.KEEP_INCIDENTS)
    return await read_dossiers(instance_of(request), staff)


@post(
    "/{practice:uuid}/incidents",
    status_code=200,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Open a dossier",
)
async def open_incident(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[OpeningBody]
) -> DossierWhole:
    staff, instance = await staff_of(request, practice, Deed.KEEP_INCIDENTS), instance_of(request)
    await open_by_owner(instance, staff, data.incident, instant(data.found_at), data.scope())
    return await read_dossier(instance, staff, data.incident)


@get(
    "/{practice:uuid}/incidents/{incident:uuid}",
    responses=problems(401, 403, 404),
    summary="One dossier, with its custody",
)
async def incident(
    request: Request[Any, Any, Any], practice: FromPath[UUID], incident: FromPath[UUID]
) -> DossierWhole:
    staff = await staff_of(request, practice, Deed.KEEP_INCIDENTS)
    return await read_dossier(instance_of(request), staff, incident)


@post(
    "/{practice:uuid}/incidents/{incident:uuid}/form",
    status_code=200,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Write what is known of a breach",
)
async def form(
    request: Request[Any, Any, Any],
    practice: FromPath[UUID],
    incident: FromPath[UUID],
    data: JSONBody[FormBody],
) -> DossierWhole:
    staff = await staff_of(request, practice, Deed.KEEP_INCIDENTS)
    dated = msgspec.structs.replace(
        data.form,
        began_at=data.form.began_at and instant(data.form.began_at),
        ended_at=data.form.ended_at and instant(data.form.ended_at),
    )
    return await write_form(instance_of(request), staff, incident, data.rev, instant(data.found_at), dated)


@post(
    "/{practice:uuid}/incidents/{incident:uuid}/scope",
    status_code=200,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Count anew within a scope",
)
async def scope(
    request: Request[Any, Any, Any],
    practice: FromPath[UUID],
    incident: FromPath[UUID],
    data: JSONBody[NewScopeBody],
) -> DossierWhole:
    staff = await staff_of(request, practice, Deed.KEEP_INCIDENTS)
    return await change_scope(instance_of(request), staff, incident, data.rev, data.scope())


@post(
    "/{practice:uuid}/incidents/{incident:uuid}/decision",
    status_code=200,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Decide whether to notify",
)
async def decision(
    request: Request[Any, Any, Any],
    practice: FromPath[UUID],
    incident: FromPath[UUID],
    data: JSONBody[DecisionBody],
) -> DossierWhole:
    staff = await staff_of(request, practice, Deed.KEEP_INCIDENTS)
    return await decide(
        instance_of(request), staff, incident, data.rev, notify=data.notify, reason=data.reason
    )


@post(
    "/{practice:uuid}/incidents/{incident:uuid}/sent",
    status_code=200,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Note that a notice went",
)
async def sent(
    request: Request[Any, Any, Any],
    practice: FromPath[UUID],
    incident: FromPath[UUID],
    data: JSONBody[SentBody],
) -> DossierWhole:
    staff = await staff_of(request, practice, Deed.KEEP_INCIDENTS)
    return await note_sent(instance_of(request), staff, incident, data.rev, data.which, instant(data.at))


@post(
    "/{practice:uuid}/incidents/{incident:uuid}/letter",
    status_code=200,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Write the letter of art. 34",
)
async def letter(
    request: Request[Any, Any, Any],
    practice: FromPath[UUID],
    incident: FromPath[UUID],
    data: JSONBody[LetterBody],
) -> DossierWhole:
    staff = await staff_of(request, practice, Deed.KEEP_INCIDENTS)
    return await write_letter(instance_of(request), staff, incident, data.rev, data.letter)


@post(
    "/{practice:uuid}/incidents/{incident:uuid}/recipients",
    status_code=200,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Whom the letter concerns, some at a time",
)
async def recipients(
    request: Request[Any, Any, Any],
    practice: FromPath[UUID],
    incident: FromPath[UUID],
    data: JSONBody[RecipientsBody],
) -> Recipients:
    staff = await staff_of(request, practice, Deed.KEEP_INCIDENTS)
    return await read_recipients(
        instance_of(request), staff, incident, after=data.after, kids=data.kids, seen=data.rev
    )


@post(
    "/{practice:uuid}/incidents/{incident:uuid}/letters",
    status_code=204,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Leave sealed letters at appointments",
)
async def letters(
    request: Request[Any, Any, Any],
    practice: FromPath[UUID],
    incident: FromPath[UUID],
    data: JSONBody[LettersBody],
) -> None:
    staff = await staff_of(request, practice, Deed.KEEP_INCIDENTS)
    given = [LetterRow(each.record, each.pkh, each.sealed, each.head, each.sig) for each in data.letters]
    await keep_letters(instance_of(request), staff, incident, data.rev, given)


@post(
    "/{practice:uuid}/incidents/{incident:uuid}/reached",
    status_code=200,
    responses=problems(401, 403, 404, 415, 422),
    summary="Note whom the letter reached, in counts",
)
async def reached(
    request: Request[Any, Any, Any],
    practice: FromPath[UUID],
    incident: FromPath[UUID],
    data: JSONBody[ReachedBody],
) -> DossierWhole:
    staff = await staff_of(request, practice, Deed.KEEP_INCIDENTS)
    found = Reached(data.waiting, data.told, data.unreached)
    return await note_reached(instance_of(request), staff, incident, found)


def _as_pdf(sheet: Sheet) -> bytes:
    """The file. What sets it takes a fifth of a server's start to load, so it is loaded when somebody asks for a paper."""
    from serment.server.papers.pdf import pdf

    return pdf(sheet)


@get(
    "/{practice:uuid}/incidents/{incident:uuid}/notice.pdf",
    media_type=PDF,
    responses=problems(401, 403, 404),
    summary="The notice to the authority, as PDF: initial, then supplementary",
)
async def notice_pdf(
    request: Request[Any, Any, Any], practice: FromPath[UUID], incident: FromPath[UUID]
) -> Response[bytes]:
    staff, instance = await staff_of(request, practice, Deed.KEEP_INCIDENTS), instance_of(request)
    dossier = (await read_dossier(instance, staff, incident)).dossier
    kind = dossier.next_notice
    return Response(await asyncio.to_thread(_as_pdf, notice(dossier, kind, instance.clock())), media_type=PDF)


@get(
    "/{practice:uuid}/incidents/{incident:uuid}/notice.json",
    media_type="application/json",
    responses=problems(401, 403, 404),
    summary="The same, for a machine",
)
async def notice_json(
    request: Request[Any, Any, Any], practice: FromPath[UUID], incident: FromPath[UUID]
) -> Response[bytes]:
    staff, instance = await staff_of(request, practice, Deed.KEEP_INCIDENTS), instance_of(request)
    dossier = (await read_dossier(instance, staff, incident)).dossier
    return Response(record(dossier, dossier.next_notice, instance.clock()), media_type="application/json")


@get(
    "/{practice:uuid}/register.pdf",
    media_type=PDF,
    responses=problems(401, 403, 404),
    summary="The register of breaches (art. 33(5)), as PDF",
)
async def register_pdf(request: Request[Any, Any, Any], practice: FromPath[UUID]) -> Response[bytes]:
    staff, instance = await staff_of(request, practice, Deed.KEEP_INCIDENTS), instance_of(request)
    told = await read_dossiers(instance, staff)
    names = await names_of_members(instance, staff)
    sheet = register(told.practice_name, told.dossiers, instance.clock(), names)
    return Response(await asyncio.to_thread(_as_pdf, sheet), media_type=PDF)


handlers = [
    incidents,
    open_incident,
    incident,
    form,
    scope,
    decision,
    sent,
    letter,
    recipients,
    letters,
    reached,
    notice_pdf,
    notice_json,
    register_pdf,
]
