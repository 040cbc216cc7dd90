# SPDX-License-Identifier: AGPL-3.0-or-later
"""What laws over random histories share, and a house of its own for each test with its people."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

import members_house as people
from bento_house import House, open_house
from members_house import Person
from serment.database.pool import Pool, open_pool


@pytest.fixture(scope="module")
def ground(database_url: str) -> Iterator[tuple[asyncio.Runner, Pool]]:
    """A loop of its own: Hypothesis calls plain functions."""
    with asyncio.Runner() as runner:
        pool = runner.run(open_pool(database_url, connections_max=4))
        yield runner, pool
        pool.terminate()


@pytest.fixture
async def url(new_database: Callable[[], Awaitable[str]]) -> str:
    """The address of the test's own database."""
    return await new_database()


@pytest.fixture
async def house(url: str) -> AsyncIterator[House]:
    """Bento's practice, open, as a server of its own sees it."""
    pool = await open_pool(url, connections_max=8)
    yield await open_house(pool)
    pool.terminate()


@pytest.fixture
async def sam(house: House) -> Person:
    """The secretary, signed in."""
    return await people.sam(house)


@pytest.fixture
async def bento(house: House) -> Person:
    """The owner, signed in."""
    return await people.bento(house)
