# SPDX-License-Identifier: AGPL-3.0-or-later
"""The desk's search for the first free places across agendas and sites."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from serment.domain.roles import Deed
from serment.server.api.desk_session import staff_of
from serment.server.api.problems import problems
from serment.server.api.public import DATE_MAX, DATE_MIN
from serment.server.api.wire import Body, instance_of
from serment.server.usecases.find_first_places import (
    PLACES_EACH_MAX,
    PLACES_MAX,
    VISIT_TYPES_MAX,
    FirstPlaces,
    Part,
    Wanted,
    find_first_places,
)
from serment.server.usecases.read_agenda import AGENDAS_MAX


class FirstPlacesBody(Body):
    """Any of these visit types, at any of these agendas, not before a day of the site's calendar; 1 is Monday."""

    agendas: Annotated[list[UUID], Meta(min_length=1, max_length=AGENDAS_MAX)]
    visit_types: Annotated[list[UUID], Meta(min_length=1, max_length=VISIT_TYPES_MAX)]
    first: date = msgspec.field(name="from")
    part: Part = Part.ANY
    weekdays: Annotated[list[Annotated[int, Meta(ge=1, le=7)]], Meta(max_length=7)] = []  # noqa: RUF012  # msgspec copies an empty list
    each: Annotated[int, Meta(ge=1, le=PLACES_EACH_MAX)] = 3
    most: Annotated[int, Meta(ge=1, le=PLACES_MAX)] = 20


@post(
    "/{practice:uuid}/first-places",
    status_code=200,
    responses=problems(401, 403, 404, 415, 422),
    summary="The first free places over several agendas",
)
async def first_places(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[FirstPlacesBody]
) -> FirstPlaces:
    staff = await staff_of(request, practice)
    staff.check_may(Deed.READ_AGENDA)
    if not DATE_MIN <= data.first <= DATE_MAX:
        raise ValidationException("from")
    wanted = Wanted(
        list(dict.fromkeys(data.agendas)),
        list(dict.fromkeys(data.visit_types)),
        data.first,
        data.part,
        frozenset(data.weekdays),
        data.each,
        data.most,
    )
    return await find_first_places(instance_of(request), staff, wanted)


handlers = [first_places]
