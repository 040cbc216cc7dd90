# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who read what, for owners: lines of the access ledger and figures over them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from serment.domain.ledger import Part
from serment.domain.roles import Deed
from serment.server.api.desk_session import staff_of
from serment.server.api.problems import problems
from serment.server.api.public import DATE_MAX, DATE_MIN
from serment.server.api.wire import Body, instance_of, instant
from serment.server.usecases.read_ledger import (
    LINES_MAX,
    FiguresTold,
    LinePlace,
    LinesTold,
    Wanted,
    read_ledger_figures,
    read_ledger_lines,
)

PartName = Literal["id", "ct", "rs", "card", "index"]
_PARTS = ("id", "ct", "rs", "card", "index")


class WantedBody(Body, kw_only=True):
    """Days of the practice's clock, both included, 92 at most. `who`: everybody, members or patients' links; `member`: one of
    them. `record`: lines that name it. `parts`: lines in which one of them left."""

    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    who: Literal["everybody", "members", "links"] = "everybody"
    member: UUID | None = None
    record: UUID | None = None
    parts: Annotated[list[PartName], Meta(min_length=1, max_length=5)] = msgspec.field(
        default_factory=lambda: list(_PARTS)  # type: ignore[arg-type]  # the names above
    )

    def wanted(self) -> Wanted:
        """As the use case takes it. Raises ValidationException."""
        if not DATE_MIN <= self.first <= self.last <= DATE_MAX:
            raise ValidationException("from")
        return Wanted(
            first=self.first,
            last=self.last,
            member=self.member,
            by_link=None if self.who == "everybody" else self.who == "links",
            record=self.record,
            parts=Part(sum(Part[part.upper()] for part in set(self.parts))),
        )


class AfterLine(Body):
    """The `after` of the answer before."""

    at: datetime
    line: UUID


class LinesBody(WantedBody, kw_only=True):
    """Some lines, the newest first; `after` asks on."""

    most: Annotated[int, Meta(ge=1, le=LINES_MAX)] = 100
    after: AfterLine | None = None


@post(
    "/{practice:uuid}/ledger",
    status_code=200,
    responses=problems(401, 403, 404, 415, 422),
    summary="Who read what: lines of the access ledger",
)
async def lines(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[LinesBody]
) -> LinesTold:
    staff = await staff_of(request, practice, Deed.READ_LEDGER)
    after = None if data.after is None else LinePlace(instant(data.after.at), data.after.line)
    return await read_ledger_lines(instance_of(request), staff, data.wanted(), after=after, most=data.most)


@post(
    "/{practice:uuid}/ledger/figures",
    status_code=200,
    responses=problems(401, 403, 404, 415, 422),
    summary="Who read how much: figures by reader and by day",
)
async def figures(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[WantedBody]
) -> FiguresTold:
    staff = await staff_of(request, practice, Deed.READ_LEDGER)
    return await read_ledger_figures(instance_of(request), staff, data.wanted())


handlers = [lines, figures]
