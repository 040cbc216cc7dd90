# SPDX-License-Identifier: AGPL-3.0-or-later
"""What has been kept long enough is erased (domain/retention): some rows at a time, each batch with its count in one
transaction.

A crash between two batches leaves the first erased and counted; the next round goes on from there. When a day is over, its
counts become one entry of the access ledger.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime
from typing import Final

from serment.database.pool import transaction
from serment.database.queries import Connection
from serment.domain.ledger import SALT_BYTES, Erasure
from serment.domain.retention import kept
from serment.server.instance import Instance
from serment.server.stores import alarms, cards, incidents, ledger, retention, search_index
from serment.server.usecases.keep_cards import month_of

ROWS_A_BATCH_MAX = 500  # of one kind: the rows of a batch are locked for as long as it takes
BATCHES_A_ROUND_MAX = 40  # of one kind; what is left goes in the next round
_Erase = Callable[[Connection, datetime, int], Awaitable[int]]


async def _reasons(tx: Connection, now: datetime, most: int) -> int:
    return await retention.erase_reasons(tx, now, kept("reason").days, most)


async def _appointments(tx: Connection, now: datetime, most: int) -> int:
    return await retention.erase_appointments(tx, kept("appointment").before(now), most)


async def _cards(tx: Connection, now: datetime, most: int) -> int:
    """A card's month says when it falls: 24 months after its last visit, as the browser that wrote it counted."""
    return await cards.expire(tx, month_of(now), most)


async def _index(tx: Connection, now: datetime, most: int) -> int:
    return await search_index.expire(tx, month_of(now), most)


async def _entries(tx: Connection, now: datetime, most: int) -> int:
    """The tree keeps their salted hashes."""
    return await ledger.erase(tx, kept("ledger").before(now), most)


async def _breaches(tx: Connection, now: datetime, most: int) -> int:
    """Those that are closed: one that nobody decided on stays until somebody does."""
    return await incidents.expire(tx, kept("breach").before(now), most)


async def _erased_cards(tx: Connection, now: datetime, most: int) -> int:
    return await retention.forget_erased_cards(tx, _day(kept("backup").before(now)), most)


async def _alarms(tx: Connection, now: datetime, most: int) -> int:
    return await alarms.expire(tx, kept("alarm").before(now), most)


# In the order in which a patient would ask. The index falls with its cards and is counted as they are.
_ERASURES: Final[tuple[tuple[str, _Erase], ...]] = (
    ("reason", _reasons),
    ("appointment", _appointments),
    ("card", _cards),
    ("card", _index),
    ("ledger", _entries),
    ("breach", _breaches),
    ("alarm", _alarms),
    ("backup", _erased_cards),
)


async def retain(instance: Instance) -> Mapping[str, int]:
    """One round; how many rows of each kind went (a kind that is not there: none)."""
    gone: Counter[str] = Counter()
    for what, erase in _ERASURES:
        for _ in range(BATCHES_A_ROUND_MAX):
            erased = await _batch(instance, what, erase)
            gone[what] += erased
            if erased < ROWS_A_BATCH_MAX:
                break
    await _enter_days_over(instance)
    return gone


async def _batch(instance: Instance, what: str, erase: _Erase) -> int:
    now = instance.clock()
    async with transaction(instance.pool) as tx:
        erased = await erase(tx, now, ROWS_A_BATCH_MAX)
        if erased:
            await retention.note_erased(tx, _day(now), what, erased)
    return erased


async def _enter_days_over(instance: Instance) -> None:
    while True:
        now = instance.clock().astimezone(UTC).replace(microsecond=0)
        async with transaction(instance.pool) as tx:
            over = await retention.take_day_over(tx, _day(now))
            if over is None:
                return
            day, rows = over
            await ledger.note_erasure(tx, Erasure(now, day, rows), secrets.token_bytes(SALT_BYTES))


def _day(now: datetime) -> date:
    return now.astimezone(UTC).date()
