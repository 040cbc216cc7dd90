# SPDX-License-Identifier: AGPL-3.0-or-later
"""What each member's credential was disclosed, what it asked for in vain, and who is stopped."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, cast
from uuid import UUID

import asyncpg

from serment.database.pool import Transaction
from serment.database.queries import Connection, load
from serment.domain.retention import kept
from serment.domain.sentinel import (
    FOREIGN_DAYS,
    LOOK_BACK_DAYS,
    LOOK_BACK_FILES,
    LOOK_BACK_OVER_DAYS,
    LOOK_BACK_QUIET_DAYS,
    Kind,
    Taken,
    Told,
    Why,
)

_QUERIES = load("sentinel")
MARK_BYTES = 8


async def lock_reader(tx: Transaction, practice: UUID, reader: UUID) -> asyncpg.Record | None:
    """frozen, and since when counts hold; None for a member no more. Others who are counted for this reader wait."""
    return await _QUERIES["lock_reader"].row(tx, practice=practice, reader=reader)


async def take(
    tx: Transaction, practice: UUID, reader: UUID, kinds: Sequence[Kind], taken: Sequence[UUID], now: datetime,
    *, resealing: bool,
) -> list[Kind]:  # fmt: skip
    """The kind of each that is new to the reader."""
    rows = await _QUERIES["take"].rows(
        tx, practice=practice, reader=reader, kinds=kinds, taken=taken, now=now, resealing=resealing
    )
    return [Kind(row["kind"]) for row in rows]


def _mark(session: bytes, record: UUID) -> int:
    """Tells the records of one session apart, and leads from it to none of them."""
    return int.from_bytes(hashlib.sha256(session + record.bytes).digest()[:MARK_BYTES], signed=True)


class Opened(NamedTuple):
    """How many contacts and reasons a session has opened."""

    contacts: int
    reasons: int


async def spend(
    connection: Connection, session: bytes, kinds: Sequence[Kind], records: Sequence[UUID]
) -> Opened | None:
    """What the session has opened, this included; None where it has ended."""
    marks = [_mark(session, record) for record in records]
    row = await _QUERIES["spend"].row(
        connection,
        session=session,
        contacts=marks if Kind.CONTACT in kinds else [],
        reasons=marks if Kind.REASON in kinds else [],
    )
    return None if row is None else Opened(row["contacts"], row["reasons"])


async def tell_names(connection: Connection, session: bytes, names: int, *, proved: bool) -> int | None:
    """How many names of far days the session was told while somebody had just shown to be there (`proved`), or else; these
    included. None where it has ended."""
    value = await _QUERIES["tell_names"].value(connection, session=session, names=names, proved=proved)
    return cast("int | None", value)


async def refuse(connection: Connection, session: bytes) -> int:
    """How often the session was refused because nobody has shown to be there."""
    return cast("int", await _QUERIES["refuse"].value(connection, session=session) or 0)


async def tally(tx: Transaction, practice: UUID, reader: UUID, now: datetime, since: datetime) -> Taken:
    row = await _QUERIES["tally"].row(tx, practice=practice, reader=reader, now=now, since=since)
    return Taken(**dict(row or {}))


async def give_back(
    connection: Connection, practice: UUID, reader: UUID, session: bytes, taken: UUID
) -> None:
    """What was read to be sealed anew, and was."""
    await _QUERIES["give_back"].run(connection, practice=practice, reader=reader, taken=taken)
    await _QUERIES["unspend"].run(connection, session=session, mark=_mark(session, taken))


async def in_hand(tx: Transaction, practice: UUID, reader: UUID, now: datetime, since: datetime) -> int:
    """How many cards the reader was handed within a day that still lie under older keys than their unit's present ones. What
    lies there no more is forgotten."""
    await _QUERIES["take_in"].run(tx, practice=practice, reader=reader)
    value = await _QUERIES["in_hand"].value(tx, practice=practice, reader=reader, now=now, since=since)
    return cast("int", value)


async def cards_told(tx: Transaction, practice: UUID, reader: UUID, cards: Sequence[UUID]) -> set[UUID]:
    """Those of them that the reader was disclosed before."""
    rows = await _QUERIES["cards_told"].rows(tx, practice=practice, reader=reader, cards=cards)
    return {row["taken"] for row in rows}


async def look_back(connection: Connection, practice: UUID, reader: UUID, now: datetime) -> bool:
    """Whether it is noted now that the reader opened LOOK_BACK_FILES visits long over, or more, within LOOK_BACK_DAYS. What was
    noted and no owner has seen yet counts on."""
    noted = await _QUERIES["look_back"].run(
        connection, practice=practice, reader=reader, now=now, days=LOOK_BACK_DAYS, over_days=LOOK_BACK_OVER_DAYS,
        quiet_days=LOOK_BACK_QUIET_DAYS, files=LOOK_BACK_FILES,
    )  # fmt: skip
    return noted > 0


async def see_look_backs(
    connection: Connection, practice: UUID, member: UUID, seen_by: UUID, now: datetime
) -> None:
    """Again: who saw it first stands."""
    await _QUERIES["see_look_backs"].run(
        connection, practice=practice, member=member, seen_by=seen_by, now=now
    )


async def read_look_backs(
    connection: Connection, practice: UUID, now: datetime, days: int
) -> list[asyncpg.Record]:
    """member, at, files, seen_at, seen_by: what no owner has seen, and what was seen within so many days."""
    return await _QUERIES["read_look_backs"].rows(connection, practice=practice, now=now, days=days)


async def has_look_backs(connection: Connection, practice: UUID, member: UUID) -> bool:
    return cast("bool", await _QUERIES["has_look_backs"].value(connection, practice=practice, member=member))


async def count_look_backs(connection: Connection, practice: UUID) -> int:
    return cast("int", await _QUERIES["count_look_backs"].value(connection, practice=practice))


async def ask_foreign(
    tx: Transaction, practice: UUID, reader: UUID, asked: Sequence[UUID], now: datetime, since: datetime
) -> int:
    """How many distinct foreign ids the reader has asked for within FOREIGN_DAYS, these included."""
    await _QUERIES["ask_foreign"].run(tx, practice=practice, reader=reader, asked=asked, now=now)
    return cast(
        "int",
        await _QUERIES["count_foreign"].value(
            tx, practice=practice, reader=reader, now=now, since=since, days=FOREIGN_DAYS
        ),
    )


async def cards_of_others(
    connection: Connection, practice: UUID, cards: Sequence[UUID], units: Sequence[UUID]
) -> list[UUID]:
    rows = await _QUERIES["cards_of_others"].rows(connection, practice=practice, cards=cards, units=units)
    return [row["card"] for row in rows]


async def freeze(
    connection: Connection, practice: UUID, reader: UUID, why: Why, asked: int, now: datetime
) -> None:
    """From the commit on nothing is served to them. Again: the first reason stands."""
    await _QUERIES["freeze"].run(
        connection, practice=practice, reader=reader, why=why.value, asked=asked, now=now
    )


async def unfreeze(
    connection: Connection, practice: UUID, member: UUID, ended_by: UUID, now: datetime
) -> None:
    await _QUERIES["unfreeze"].run(connection, practice=practice, member=member, ended_by=ended_by, now=now)


async def read_freezes(
    connection: Connection, practice: UUID, now: datetime, days: int
) -> list[asyncpg.Record]:
    """member, at, why, asked, ended_at, ended_by: what holds, and what ended within so many days."""
    return await _QUERIES["read_freezes"].rows(connection, practice=practice, now=now, days=days)


async def count_frozen(connection: Connection, practice: UUID) -> int:
    return cast("int", await _QUERIES["count_frozen"].value(connection, practice=practice))


async def read_frozen(connection: Connection, account: UUID) -> list[asyncpg.Record]:
    """practice and member of where an account is stopped."""
    return await _QUERIES["read_frozen"].rows(connection, account=account)


async def expire(connection: Connection, now: datetime) -> None:
    """Deletes what no window looks at any more, and freezes that ended long ago."""
    before = kept("disclosure").before(now)
    await _QUERIES["expire_disclosures"].run(connection, now=now, before=before)
    await _QUERIES["expire_look_backs"].run(connection, before=before)
    await _QUERIES["expire_foreign"].run(connection, before=kept("foreign").before(now))
    await _QUERIES["expire_freezes"].run(connection, before=kept("freeze").before(now))


async def tally_told(tx: Transaction, practice: UUID, reader: UUID, now: datetime) -> Told:
    row = await _QUERIES["tally_told"].row(tx, practice=practice, reader=reader, now=now)
    return Told() if row is None else Told(**row)
