# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sealed search index: read by members of its unit, appended to, and gathered month by month (3b, section 6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg

from serment.database.pool import transaction, walled
from serment.domain.ledger import Part, Purpose
from serment.framing import Unknown
from serment.framing.cards import check_entry_size, check_page_size
from serment.server.instance import Instance
from serment.server.stores import search_index
from serment.server.stores.search_index import EntryRow as EntryRow
from serment.server.stores.search_index import PageRow as PageRow
from serment.server.usecases.errors import AlreadyUsed, NoSuchUnit, StalePage
from serment.server.usecases.keep_cards import check_head, check_month, check_unit_epoch, month_of
from serment.server.usecases.membership import Staff
from serment.server.usecases.note_read import note_read_by

ENTRIES_PER_REQUEST_MAX = 500
ENTRIES_PER_ANSWER_MAX = 2_000
MERGED_MAX = 10_000


class IndexRead(NamedTuple):
    """`pages` (month, epoch, version, size) are all that stand; entries go on after the last one if there are `more`."""

    state: bytes
    pages: list[asyncpg.Record]
    entries: list[asyncpg.Record]
    more: bool


async def read_index(
    instance: Instance, staff: Staff, unit: UUID, *, state: bytes | None, after: UUID | None
) -> IndexRead | None:
    """None while nothing has changed since the answer that carried `state`. Raises NoSuchUnit."""
    if unit not in staff.units:
        raise NoSuchUnit
    since = month_of(instance.clock())
    async with walled(instance.pool, staff.practice) as tx:
        present = await search_index.read_state(tx, staff.practice, unit)
        if present == state and after is None:
            return None
        pages = await search_index.read_pages(tx, staff.practice, unit, since)
        entries = await search_index.read_entries(
            tx, staff.practice, unit, since, after, ENTRIES_PER_ANSWER_MAX + 1
        )
    if pages or entries:
        await note_read_by(instance, staff, Purpose.INDEX, Part.INDEX, [unit])
    more = len(entries) > ENTRIES_PER_ANSWER_MAX
    return IndexRead(present, pages, entries[:ENTRIES_PER_ANSWER_MAX], more)


async def read_page(instance: Instance, staff: Staff, unit: UUID, month: int) -> PageRow:
    """One month whole. Raises NoSuchUnit, StalePage for a month that has no page (any more)."""
    if unit not in staff.units:
        raise NoSuchUnit
    async with walled(instance.pool, staff.practice) as tx:
        page = await search_index.read_page(tx, staff.practice, unit, month)
    if page is None:
        raise StalePage
    await note_read_by(instance, staff, Purpose.INDEX, Part.INDEX, [unit])
    return page


async def append_entries(
    instance: Instance, staff: Staff, unit: UUID, epoch: int, entries: Sequence[EntryRow]
) -> None:
    """Appends entries sealed under the unit's present keys, all or none. Again: done already.

    Raises NoSuchUnit, StaleRoster, Unknown, AlreadyUsed (an id under which something else stands).
    """
    check_unit_epoch(staff, unit, epoch)
    if not 1 <= len(entries) <= ENTRIES_PER_REQUEST_MAX:
        raise Unknown("entries")
    for each in entries:
        check_entry_size(each.bytes)
        check_month(each.month, instance.clock())
    async with transaction(instance.pool) as tx:
        await check_head(tx, staff)
        stored = await search_index.add_entries(tx, staff.practice, unit, epoch, entries)
        for each in entries:
            row = stored[each.entry]
            if (row["unit"], row["month"], row["bytes"]) != (unit, each.month, each.bytes):
                raise AlreadyUsed


async def merge_page(
    instance: Instance, staff: Staff, unit: UUID, page: PageRow, gathered: Sequence[UUID]
) -> None:
    """Stores the next version of a month and deletes exactly the entries it gathered, in one transaction. Again: done already.

    Raises StalePage (another version stands, or an entry is gone), NoSuchUnit, StaleRoster, Unknown.
    """
    check_unit_epoch(staff, unit, page.epoch)
    check_page_size(page.bytes)
    check_month(page.month, instance.clock())
    wanted = set(gathered)
    if len(wanted) != len(gathered) or len(wanted) > MERGED_MAX:
        raise Unknown("entries")
    async with transaction(instance.pool) as tx:
        await check_head(tx, staff)
        before = await search_index.lock_page(tx, staff.practice, unit, page.month)
        stands = 0 if before is None else before["version"]
        if before is not None and stands == page.version and before["bytes"] == page.bytes:
            return
        if stands != page.version - 1 or not await search_index.put_page(tx, staff.practice, unit, page):
            raise StalePage(version=stands)
        gone = await search_index.drop_entries(tx, staff.practice, unit, page.month, gathered)
        if gone != len(wanted):
            raise StalePage(version=stands)
