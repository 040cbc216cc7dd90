# SPDX-License-Identifier: AGPL-3.0-or-later
"""No column and no value leads from a person or a message to an appointment, and none says when or in which order."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bento_house import DAY, Hand, at, open_house, sam_signs_in
from leaks import lint
from serment.database.pool import Pool, open_pool
from serment.domain.register import columns as listed_columns
from serment.framing import CapsuleRow, MessageRow
from serment.framing.messages import CAPSULE_BYTES, MESSAGE_BYTES
from serment.server.usecases.book import book

BOOKINGS = 12


async def lived_in(pool: Pool) -> None:
    """A day of the practice: Sam signs in, patients book, and the notifier is left its rows."""
    house = await open_house(pool)
    await sam_signs_in(house)
    for nth in range(BOOKINGS):
        hand, start = Hand(house), at("8:00", DAY) + timedelta(minutes=30 * nth)
        await hand.hold(start)
        h = secrets.token_bytes(16)
        capsule = CapsuleRow(
            h,
            (DAY + timedelta(days=1)).isoformat(),
            secrets.token_bytes(CAPSULE_BYTES),
            secrets.token_bytes(32),
            secrets.token_bytes(32),
            1,
        )
        message = MessageRow(
            h, secrets.token_bytes(16), DAY.isoformat(), 1, secrets.token_bytes(MESSAGE_BYTES)
        )
        written = replace(hand.seal(hand.wants(start)), capsule=capsule, messages=[message])
        await book(house.instance, written, hand.token)


@pytest.fixture(scope="module")
async def full(pool: Pool) -> Pool:
    await lived_in(pool)
    return pool


async def test_every_table_has_a_place(full: Pool) -> None:
    assert await lint.unknown_tables(full) == []
    standing = set(await lint.columns(full))
    assert standing >= lint.OF_NOBODY.union(*lint.GROUPS.values())


async def test_every_column_is_explained_and_no_other(full: Pool) -> None:
    standing = {(table, name) for table, named in (await lint.columns(full)).items() for name in named}
    assert {(column.table, column.name) for column in listed_columns()} == standing, "domain/columns.toml"


async def test_no_column_says_when_somebody_was_there(full: Pool) -> None:
    assert await lint.times(full) == []


async def test_nothing_is_numbered_or_stamped_as_it_comes(full: Pool) -> None:
    assert await lint.orders(full) == []


async def test_no_identifier_stands_in_two_groups(full: Pool) -> None:
    assert await lint.shared_names(full) == []


async def test_no_value_stands_in_two_groups(full: Pool) -> None:
    assert await full.fetchval("SELECT count(*) FROM inbox_messages") == BOOKINGS
    assert await full.fetchval("SELECT count(*) FROM sessions") == 1
    assert await lint.shared_values(full) == []


PLANTED: list[tuple[str, str, Callable[[Pool], Awaitable[list[str]]]]] = [
    ("a table nobody placed", "CREATE TABLE visits (person uuid, record uuid)", lint.unknown_tables),
    ("a time of creation", "ALTER TABLE appointments ADD created_at timestamptz", lint.times),
    ("a day on an account", "ALTER TABLE accounts ADD joined date", lint.times),
    ("a serial", "ALTER TABLE appointments ADD nth bigserial", lint.orders),
    ("an id in order of time", "ALTER TABLE stanzas ADD id uuid DEFAULT uuidv7()", lint.orders),
    ("a trigger nobody placed", "CREATE TRIGGER watch AFTER INSERT ON appointments EXECUTE FUNCTION mark_span_placed()", lint.orders),
    ("a default that reads the clock", "ALTER TABLE inbox_capsules ADD at text DEFAULT now()::text", lint.orders),
    ("an account's appointment", "ALTER TABLE members ADD record uuid", lint.shared_names),
    ("a message's appointment", "ALTER TABLE appointments ADD h bytea", lint.shared_names),
    (
        "a handle by another name",
        "ALTER TABLE appointments ADD reminder bytea; UPDATE appointments p SET reminder = c.h FROM inbox_capsules c",
        lint.shared_values,
    ),
    (
        "a handle's hash",
        "ALTER TABLE appointments ADD reminder bytea;"
        " UPDATE appointments p SET reminder = sha256(c.h) FROM inbox_capsules c",
        lint.shared_values,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("what", "statement", "look"), PLANTED, ids=[each[0] for each in PLANTED])
async def test_what_would_join_is_found_when_it_is_planted(
    new_database: Callable[[], Awaitable[str]], what: str, statement: str, look: Any
) -> None:
    pool = await open_pool(await new_database(), connections_max=4)
    try:
        await lived_in(pool)
        assert await look(pool) == []
        await pool.execute(statement)
        assert await look(pool) != []
    finally:
        pool.terminate()
