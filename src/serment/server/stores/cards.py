# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sealed patient cards: read, compared and swapped, deleted in whole months. Nothing here leads to an appointment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

import asyncpg

from serment.database.queries import Connection, load

_QUERIES = load("cards")


class CardRow(NamedTuple):
    """A card as it lies: which keys it is under, its revision, the month it falls in, and what was sealed."""

    card: UUID
    unit: UUID
    epoch: int
    rev: int
    month: int
    bytes: bytes


def _row(row: asyncpg.Record) -> CardRow:
    return CardRow(row["card"], row["unit"], row["epoch"], row["rev"], row["month"], row["bytes"])


def _columns(cards: Sequence[CardRow]) -> dict[str, list[object]]:
    return {
        "cards": [card.card for card in cards],
        "units": [card.unit for card in cards],
        "epochs": [card.epoch for card in cards],
        "revs": [card.rev for card in cards],
        "months": [card.month for card in cards],
        "bytes": [card.bytes for card in cards],
    }


async def read(
    connection: Connection, practice: UUID, cards: Sequence[UUID], units: Sequence[UUID]
) -> list[CardRow]:
    """Those of these cards that lie in these units."""
    rows = await _QUERIES["read_cards"].rows(connection, practice=practice, cards=cards, units=units)
    return [_row(row) for row in rows]


async def lock(connection: Connection, practice: UUID, cards: Sequence[UUID]) -> dict[UUID, CardRow]:
    """As they stand, in whatever unit, until the transaction ends."""
    rows = await _QUERIES["lock_cards"].rows(connection, practice=practice, cards=cards)
    return {row["card"]: _row(row) for row in rows}


async def add(connection: Connection, practice: UUID, cards: Sequence[CardRow]) -> int:
    """How many were new."""
    rows = await _QUERIES["add_cards"].rows(connection, practice=practice, **_columns(cards))
    return len(rows)


async def change(connection: Connection, practice: UUID, cards: Sequence[CardRow]) -> int:
    """How many stood at the revision before and were changed."""
    return await _QUERIES["change_cards"].run(connection, practice=practice, **_columns(cards))


async def erase(
    connection: Connection, practice: UUID, card: UUID, units: Sequence[UUID], rev: int, day: date
) -> bool:
    """Whether it stood at this revision and is gone."""
    gone = await _QUERIES["erase_card"].run(
        connection, practice=practice, card=card, units=units, rev=rev, day=day
    )
    return gone == 1


async def read_behind(
    connection: Connection,
    practice: UUID,
    unit: UUID,
    epoch: int,
    month: int,
    most: int,
    after: tuple[int, UUID] | None,
) -> list[CardRow]:
    """Cards under older keys than these, the oldest first; not those whose month is over. `after`: epoch and id of one."""
    after_epoch, after_card = after or (None, None)
    rows = await _QUERIES["read_behind"].rows(
        connection, practice=practice, unit=unit, epoch=epoch, month=month, most=most,
        after_epoch=after_epoch, after_card=after_card,
    )  # fmt: skip
    return [_row(row) for row in rows]


async def count_behind(
    connection: Connection, practice: UUID, unit: UUID, epoch: int, month: int
) -> tuple[int, int, int]:
    """Cards, entries and pages of a unit under older keys than these."""
    row = await _QUERIES["count_behind"].row(
        connection, practice=practice, unit=unit, epoch=epoch, month=month
    )
    return (0, 0, 0) if row is None else (row["cards"], row["entries"], row["pages"])


async def expire(connection: Connection, month: int, most: int) -> int:
    """Deletes cards of months before this one, at most so many; how many went."""
    return await _QUERIES["expire_cards"].run(connection, month=month, most=most)
