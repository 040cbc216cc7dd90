# SPDX-License-Identifier: AGPL-3.0-or-later
"""The second wall: with the first taken out of every statement by which sealed bytes leave, PostgreSQL still shows one practice alone."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from bento_house import DAY, Hand, House, at, open_house
from serment.database import roles
from serment.database.pool import Pool, open_pool, transaction, walled
from serment.database.queries import Query, load
from serment.server.stores import cards, envelopes, letters, search_index
from serment.server.usecases.keep_cards import month_of

FIRST_WALL = re.compile(r"\b(?:\w+\.)?practice = \$(\d+)")


@dataclass
class TwoPractices:
    """Bento's, and Lestrade's with an appointment, a card and an index."""

    bento: House
    lestrade: House
    record: uuid.UUID
    card: uuid.UUID

    async def ways_out(self, connection: Any, practice: uuid.UUID) -> dict[str, int]:
        """How many rows of Lestrade's leave by each statement, asked in the name of a practice."""
        there, now = self.lestrade, self.lestrade.clock()
        unit, key = there.unit, there.roster.epoch(there.unit.bytes).kid
        one = await envelopes.read_sealed(connection, practice, self.record, [1, 2, 3], None)
        listed = await envelopes.read_sealed_list(
            connection, practice, [there.bento], [unit], now, now + timedelta(days=30), after=None, kids=[key], known=[], most=9
        )  # fmt: skip
        unopened = await envelopes.read_unopened(
            connection, practice, [unit], now, after=None, kids=[key], most=9
        )
        return {
            "one": one is not None,
            "list": len(listed),
            "unopened": len(unopened),
            "some": len(await envelopes.read_sealed_some(connection, practice, [self.record], [unit], [key])),
            "letters": len(await letters.read_letters(connection, practice, self.record)),
            "cards": len(await cards.read(connection, practice, [self.card], [unit])),
            "entries": len(
                await search_index.read_entries(connection, practice, unit, month_of(now), None, 9)
            ),
            "page": await search_index.read_page(connection, practice, unit, month_of(now)) is not None,
            "pages": len(await search_index.read_pages(connection, practice, unit, month_of(now))),
        }


@pytest.fixture
async def pool(new_database: Callable[[], Awaitable[str]]) -> AsyncIterator[Pool]:
    pool = await open_pool(await new_database(), connections_max=4)
    yield pool
    pool.terminate()


@pytest.fixture
async def two(pool: Pool) -> TwoPractices:
    bento, lestrade = await open_house(pool), await open_house(pool, slug="lestrade")
    hand = Hand(lestrade)
    await hand.book(at("10:00", DAY + timedelta(days=1)))
    card, month = uuid.uuid4(), month_of(lestrade.clock())
    place = (lestrade.practice, lestrade.unit)
    for table, columns, values, size in (
        ("cards", "practice, unit, card, epoch, rev, month", (*place, card, 1, 1, month), 1052),
        ("index_entries", "practice, unit, entry, epoch, month", (*place, uuid.uuid4(), 1, month), 284),
        ("index_pages", "practice, unit, epoch, version, month", (*place, 1, 1, month), 65564),
    ):
        marks = ", ".join(f"${n}" for n in range(1, len(values) + 2))
        await pool.execute(
            f"INSERT INTO {table} ({columns}, bytes) VALUES ({marks})", *values, secrets.token_bytes(size)
        )
    await pool.execute(
        "INSERT INTO letters (practice, record, incident, pkh, sealed, head, signer_kid, sig) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        lestrade.practice, hand.record, uuid.uuid4(), *map(secrets.token_bytes, (32, 2160, 32, 16, 64)),
    )  # fmt: skip
    return TwoPractices(bento, lestrade, hand.record, card)


def forget_the_practice(query: Query) -> Query:
    """The statement as somebody in a hurry might have written it."""
    return replace(query, sql=FIRST_WALL.sub(r"$\1::uuid IS NOT NULL", query.sql))


async def test_without_the_first_wall_the_second_shows_nothing_of_another_practice(
    two: TwoPractices, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = {"one", "list", "unopened", "some", "letters", "cards", "entries", "page", "pages"}
    own, foreign = two.lestrade.practice, two.bento.practice
    async with transaction(pool) as tx:
        assert not any((await two.ways_out(tx, foreign)).values())
    for store in ("envelopes", "letters", "cards", "search_index"):
        queries = {name: forget_the_practice(query) for name, query in load(store).items()}
        monkeypatch.setattr(f"serment.server.stores.{store}._QUERIES", queries)
    async with transaction(pool) as tx:  # the first wall is down indeed
        assert {way for way, rows in (await two.ways_out(tx, foreign)).items() if rows} == everything
    async with walled(pool, foreign) as tx:
        assert not any((await two.ways_out(tx, foreign)).values())
    async with walled(pool, own) as tx:
        assert {way for way, rows in (await two.ways_out(tx, own)).items() if rows} == everything


async def test_behind_the_wall_nothing_else_is_read_and_nothing_written(
    two: TwoPractices, pool: Pool
) -> None:
    for statement in (
        "SELECT * FROM accounts",
        "SELECT * FROM ledger",
        "DELETE FROM stanzas",
        "DELETE FROM cards",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with walled(pool, two.lestrade.practice) as tx:
                await tx.execute(statement)
    async with pool.acquire() as connection:  # and the role is laid down with the transaction
        assert await connection.fetchval("SELECT current_user") == "serment"


async def test_whoever_forgets_to_say_for_whom_reads_nothing(two: TwoPractices, pool: Pool) -> None:
    async with transaction(pool) as tx:
        await tx.execute(f"SET LOCAL ROLE {roles.READER}")
        assert await tx.fetchval("SELECT count(*) FROM appointments") == 0


async def test_a_user_who_may_not_make_the_role_is_told_what_to_type(
    new_database: Callable[[], Awaitable[str]],
) -> None:
    connection = await asyncpg.connect(await new_database())
    other = f"plain_{secrets.token_hex(4)}"
    try:
        await connection.execute(f"CREATE ROLE {other}; GRANT ALL ON SCHEMA public TO {other}")
        async with _as(connection, other):
            with pytest.raises(roles.NoReader):
                await roles.grant(connection)
    finally:
        await connection.execute(f"DROP OWNED BY {other}; DROP ROLE {other}")
        await connection.close()


@asynccontextmanager
async def _as(connection: asyncpg.Connection, role: str) -> Any:
    await connection.execute(f"SET SESSION AUTHORIZATION {role}")
    try:
        yield
    finally:
        await connection.execute("RESET SESSION AUTHORIZATION")
