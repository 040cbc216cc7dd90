# SPDX-License-Identifier: AGPL-3.0-or-later
"""The practice's rules at its desk: read, drafted, changed. Every change says what was read, and can be sent again."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from serment.server.api.desk_session import staff_of
from serment.server.api.problems import problems
from serment.server.api.public import DATE_MAX, DATE_MIN
from serment.server.api.wire import Body, instance_of
from serment.server.usecases.change_agenda import change_agenda
from serment.server.usecases.change_hours import HoursChanged, change_hours
from serment.server.usecases.change_practice import change_practice
from serment.server.usecases.change_practitioner import change_practitioner
from serment.server.usecases.change_resource import change_resource
from serment.server.usecases.change_site import change_site
from serment.server.usecases.change_visit_type import VISIT_TYPES_MAX, change_visit_type
from serment.server.usecases.hours_asked import HoursAsked
from serment.server.usecases.house_rows import (
    AgendaRow,
    PracticeRow,
    PractitionerRow,
    ResourceRow,
    RuleRows,
    SiteRow,
)
from serment.server.usecases.in_the_way import InTheWay
from serment.server.usecases.preview_offer import PREVIEW_DAYS_MAX, Preview, preview_offer
from serment.server.usecases.read_rule_rows import read_rule_rows
from serment.server.usecases.rule_rows import VisitTypeRow

RULES_BODY_BYTES_MAX = 512 * 1024


class PreviewBody(Body, kw_only=True):
    """Drafts, and what to show of them: one visit type on some days. `rule` and `settings` are the visit type and the
    agenda as drafted."""

    hours: HoursAsked
    visit_type: UUID
    rule: VisitTypeRow | None = None
    first: date = msgspec.field(name="from")
    days: Annotated[int, Meta(ge=1, le=PREVIEW_DAYS_MAX)] = 14
    settings: AgendaRow | None = None


class VisitTypeBody(Body):
    """`was` as it was read, null if there was none; `now` null deletes."""

    was: VisitTypeRow | None
    now: VisitTypeRow | None


class ResourceBody(Body):
    """`was` as it was read, null if there was none; `now` null deletes."""

    was: ResourceRow | None
    now: ResourceRow | None


class AgendaBody(Body):
    """`was` as it was read, null if there was none; `now` null deletes. `offers`: the visit types of a new one."""

    was: AgendaRow | None
    now: AgendaRow | None
    offers: Annotated[list[UUID], Meta(max_length=VISIT_TYPES_MAX)] = msgspec.field(default_factory=list)


class PracticeBody(Body):
    """`was` as it was read."""

    was: PracticeRow
    now: PracticeRow


class SiteBody(Body):
    """`was` as it was read, null if there was none; `now` null deletes."""

    was: SiteRow | None
    now: SiteRow | None


class PractitionerBody(Body):
    """`was` as it was read, null if there was none; `now` null deletes."""

    was: PractitionerRow | None
    now: PractitionerRow | None


_Change = VisitTypeBody | ResourceBody | AgendaBody | SiteBody | PractitionerBody


def _check_one(change: _Change, key: str) -> None:
    """`was` and `now` are one row."""
    if None not in (change.was, change.now) and getattr(change.was, key) != getattr(change.now, key):
        raise ValidationException("was, now")


_DONE = {204: ResponseSpec(None, description="It stands as asked.")}
_CHANGE = problems(401, 403, 404, 409, 415, 422)


@get(
    "/{practice:uuid}/rules", responses=problems(401, 403, 404), summary="The rules, row by row, to edit them"
)
async def rules(request: Request[Any, Any, Any], practice: FromPath[UUID]) -> RuleRows:
    staff = await staff_of(request, practice)
    return await read_rule_rows(instance_of(request), staff)


@post(
    "/{practice:uuid}/preview",
    status_code=200,
    responses=_CHANGE,
    summary="What patients would be offered under drafted rules",
    request_max_body_size=RULES_BODY_BYTES_MAX,
)
async def preview(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[PreviewBody]
) -> Preview:
    staff = await staff_of(request, practice)
    if not DATE_MIN <= data.first <= DATE_MAX:
        raise ValidationException("from")
    return await preview_offer(
        instance_of(request),
        staff,
        data.hours,
        data.visit_type,
        data.rule,
        data.first,
        data.days,
        data.settings,
    )


@post(
    "/{practice:uuid}/hours",
    status_code=200,
    responses=_CHANGE,
    summary="Change openings, single dates and absences of one agenda",
    request_max_body_size=RULES_BODY_BYTES_MAX,
)
async def hours(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[HoursAsked]
) -> HoursChanged:
    """Together or not at all. The answer names the appointments that stand where nobody works then."""
    return await change_hours(instance_of(request), await staff_of(request, practice), data)


@post(
    "/{practice:uuid}/visit-types",
    status_code=204,
    responses={**_DONE, **_CHANGE},
    summary="Add, change or delete a visit type",
    request_max_body_size=RULES_BODY_BYTES_MAX,
)
async def visit_types(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[VisitTypeBody]
) -> Response[None]:
    staff = await staff_of(request, practice)
    _check_one(data, "visit_type")
    await change_visit_type(instance_of(request), staff, data.was, data.now)
    return Response(None, status_code=204)


@post(
    "/{practice:uuid}/resources",
    status_code=204,
    responses={**_DONE, **_CHANGE},
    summary="Add, change or delete a room or a device",
)
async def resources(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[ResourceBody]
) -> Response[None]:
    staff = await staff_of(request, practice)
    _check_one(data, "resource")
    await change_resource(instance_of(request), staff, data.was, data.now)
    return Response(None, status_code=204)


@post(
    "/{practice:uuid}/agendas",
    status_code=200,
    responses=_CHANGE,
    summary="Add, change, close or delete an agenda",
)
async def agendas(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[AgendaBody]
) -> InTheWay:
    """The answer names the appointments that stand where it is closed then."""
    staff = await staff_of(request, practice)
    _check_one(data, "agenda")
    return await change_agenda(instance_of(request), staff, data.was, data.now, data.offers)


@post("/{practice:uuid}/sites", status_code=200, responses=_CHANGE, summary="Add, change or delete a site")
async def sites(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[SiteBody]
) -> InTheWay:
    """The answer names the appointments that stand where nobody works, the site's clock or holidays being others."""
    staff = await staff_of(request, practice)
    _check_one(data, "site")
    return await change_site(instance_of(request), staff, data.was, data.now)


@post(
    "/{practice:uuid}/practitioners",
    status_code=204,
    responses={**_DONE, **_CHANGE},
    summary="Add, change or delete a practitioner",
)
async def practitioners(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[PractitionerBody]
) -> Response[None]:
    staff = await staff_of(request, practice)
    _check_one(data, "practitioner")
    await change_practitioner(instance_of(request), staff, data.was, data.now)
    return Response(None, status_code=204)


@post(
    "/{practice:uuid}/practice",
    status_code=204,
    responses={**_DONE, **_CHANGE},
    summary="Change what is asked of who books online",
)
async def practice_row(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[PracticeBody]
) -> Response[None]:
    staff = await staff_of(request, practice)
    await change_practice(instance_of(request), staff, data.was, data.now)
    return Response(None, status_code=204)


handlers = [rules, preview, hours, visit_types, resources, agendas, sites, practitioners, practice_row]
