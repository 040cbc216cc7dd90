# SPDX-License-Identifier: AGPL-3.0-or-later
"""Patient cards and the search index of a unit: sealed bytes, compared and swapped. Asked for apart from appointments."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from serment.domain.roles import Deed
from serment.server.api.desk_session import staff_of
from serment.server.api.problems import problems
from serment.server.api.wire import Body, Rev, instance_of
from serment.server.usecases.keep_cards import (
    CARDS_PER_REQUEST_MAX,
    CardRow,
    Seen,
    erase_card,
    read_behind,
    read_cards,
    write_cards,
)
from serment.server.usecases.keep_index import (
    ENTRIES_PER_REQUEST_MAX,
    MERGED_MAX,
    EntryRow,
    PageRow,
    append_entries,
    merge_page,
    read_index,
    read_page,
)
from serment.server.usecases.membership import Staff

# Base64 of a hundred of the largest cards; of 500 entries; of the largest page and the ids it gathers.
CARDS_BODY_BYTES_MAX = 1024 * 1024
ENTRIES_BODY_BYTES_MAX = 512 * 1024
PAGE_BODY_BYTES_MAX = 7 * 1024 * 1024

Month = Annotated[int, Meta(ge=200_001, le=999_912)]


class Card(Body):
    """One sealed card, and what its context names."""

    card: UUID
    unit: UUID
    epoch: Rev
    rev: Rev
    month: Month
    sealed: bytes = msgspec.field(name="bytes")


class CardsWanted(Body):
    """Ids, from sealed payloads."""

    cards: Annotated[list[UUID], Meta(min_length=1, max_length=CARDS_PER_REQUEST_MAX)]


class CardsAnswer(msgspec.Struct):
    """What does not exist for this member is left out."""

    cards: list[Card]


class CardErased(Body):
    """The card at the revision that was seen."""

    card: UUID
    rev: Rev


class CardsWritten(Body):
    """All or none: rev 1 for new cards, the next revision for others. `erase` goes with them: one card that was joined to
    one of them.
    """

    cards: Annotated[list[Card], Meta(min_length=1, max_length=CARDS_PER_REQUEST_MAX)]
    erase: Annotated[list[CardErased], Meta(max_length=1)] = []  # noqa: RUF012  # msgspec copies an empty list


class UnitNamed(Body):
    """Which unit."""

    unit: UUID


class LastTold(Body):
    """The last card of an answer."""

    epoch: Annotated[int, Meta(ge=1, le=2_147_483_647)]
    card: UUID


class BehindAsk(UnitNamed):
    """`after`: go on behind it, past what does not open."""

    after: LastTold | None = None


class BehindAnswer(msgspec.Struct):
    """Rows under keys of an epoch that is over: how many, and the oldest cards."""

    cards_left: int
    entries_left: int
    pages_left: int
    cards: list[Card]


class IndexAsk(UnitNamed):
    """`state` of the last answer: nothing new, nothing told. `after`: the last entry of an answer that had more."""

    state: Annotated[bytes, Meta(min_length=32, max_length=32)] | None = None
    after: UUID | None = None


class IndexPage(msgspec.Struct):
    """A month of the index; its bytes are asked for apart."""

    month: int
    epoch: int
    version: int
    size: int


class IndexEntry(msgspec.Struct):
    """An entry no page has gathered yet."""

    entry: UUID
    month: int
    epoch: int
    sealed: bytes = msgspec.field(name="bytes")


class IndexAnswer(msgspec.Struct):
    """`changed` false: as the state that was told, and the lists are empty."""

    changed: bool
    state: bytes
    pages: list[IndexPage]
    entries: list[IndexEntry]
    more: bool


class PageNamed(UnitNamed):
    """Which month of which unit."""

    month: Month


class PageAnswer(msgspec.Struct):
    """One month, sealed."""

    month: int
    epoch: int
    version: int
    sealed: bytes = msgspec.field(name="bytes")


class NewEntry(Body):
    """One entry under the unit's present keys."""

    entry: UUID
    month: Month
    sealed: bytes = msgspec.field(name="bytes")


class EntriesAppended(UnitNamed):
    """All or none."""

    epoch: Rev
    entries: Annotated[list[NewEntry], Meta(min_length=1, max_length=ENTRIES_PER_REQUEST_MAX)]


class PageMerged(UnitNamed):
    """The next version of a month and the entries in it, which fall."""

    epoch: Rev
    month: Month
    version: Rev
    sealed: bytes = msgspec.field(name="bytes")
    gathered: Annotated[list[UUID], Meta(max_length=MERGED_MAX)] = []  # noqa: RUF012  # msgspec copies an empty list


async def _keeper(request: Request[Any, Any, Any], practice: UUID) -> Staff:
    staff = await staff_of(request, practice)
    staff.check_may(Deed.KEEP_CARDS)
    return staff


def _card(row: CardRow) -> Card:
    return Card(row.card, row.unit, row.epoch, row.rev, row.month, row.bytes)


@post(
    "/{practice:uuid}/cards/read",
    status_code=200,
    responses=problems(401, 403, 404, 415, 422),
    summary="Patient cards, sealed",
)
async def cards_read(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[CardsWanted]
) -> CardsAnswer:
    staff = await _keeper(request, practice)
    return CardsAnswer([_card(row) for row in await read_cards(instance_of(request), staff, data.cards)])


@post(
    "/{practice:uuid}/cards",
    status_code=204,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Write patient cards, compared and swapped",
    request_max_body_size=CARDS_BODY_BYTES_MAX,
)
async def cards_write(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[CardsWritten]
) -> None:
    staff = await _keeper(request, practice)
    rows = [
        CardRow(each.card, each.unit, each.epoch, each.rev, each.month, each.sealed) for each in data.cards
    ]
    erased = [Seen(each.card, each.rev) for each in data.erase]
    await write_cards(instance_of(request), staff, rows, erased)


@post(
    "/{practice:uuid}/cards/erase",
    status_code=204,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Erase a patient card",
)
async def cards_erase(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[CardErased]
) -> None:
    await erase_card(instance_of(request), await _keeper(request, practice), data.card, data.rev)


@post(
    "/{practice:uuid}/cards/behind",
    status_code=200,
    responses=problems(401, 403, 404, 415, 422),
    summary="What of a unit is still under older keys",
)
async def cards_behind(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[BehindAsk]
) -> BehindAnswer:
    after = None if data.after is None else (data.after.epoch, data.after.card)
    behind = await read_behind(instance_of(request), await _keeper(request, practice), data.unit, after)
    return BehindAnswer(behind.cards, behind.entries, behind.pages, [_card(row) for row in behind.oldest])


@post(
    "/{practice:uuid}/index",
    status_code=200,
    responses=problems(401, 403, 404, 415, 422),
    summary="A unit's search index: its pages, and entries no page holds",
)
async def index_read(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[IndexAsk]
) -> IndexAnswer:
    staff = await _keeper(request, practice)
    found = await read_index(instance_of(request), staff, data.unit, state=data.state, after=data.after)
    if found is None:
        return IndexAnswer(False, data.state or b"", [], [], False)
    pages = [IndexPage(row["month"], row["epoch"], row["version"], row["size"]) for row in found.pages]
    entries = [IndexEntry(row["entry"], row["month"], row["epoch"], row["bytes"]) for row in found.entries]
    return IndexAnswer(True, found.state, pages, entries, found.more)


@post(
    "/{practice:uuid}/index/page",
    status_code=200,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="One month of the index, sealed",
)
async def index_page(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[PageNamed]
) -> PageAnswer:
    staff = await _keeper(request, practice)
    return PageAnswer(*await read_page(instance_of(request), staff, data.unit, data.month))


@post(
    "/{practice:uuid}/index/entries",
    status_code=204,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Append entries to the index",
    request_max_body_size=ENTRIES_BODY_BYTES_MAX,
)
async def index_append(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[EntriesAppended]
) -> None:
    staff = await _keeper(request, practice)
    entries = [EntryRow(each.entry, each.month, each.sealed) for each in data.entries]
    await append_entries(instance_of(request), staff, data.unit, data.epoch, entries)


@post(
    "/{practice:uuid}/index/merge",
    status_code=204,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Gather entries into a month's page",
    request_max_body_size=PAGE_BODY_BYTES_MAX,
)
async def index_merge(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[PageMerged]
) -> None:
    staff = await _keeper(request, practice)
    page = PageRow(data.month, data.epoch, data.version, data.sealed)
    await merge_page(instance_of(request), staff, data.unit, page, data.gathered)


handlers = [
    cards_read, cards_write, cards_erase, cards_behind, index_read, index_page, index_append, index_merge,
]  # fmt: skip
