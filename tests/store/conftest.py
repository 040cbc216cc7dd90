# SPDX-License-Identifier: AGPL-3.0-or-later
"""What laws over random histories share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from serment.database.pool import Pool, open_pool


@pytest.fixture(scope="module")
def ground(database_url: str) -> Iterator[tuple[asyncio.Runner, Pool]]:
    """A loop of its own: Hypothesis calls plain functions."""
    with asyncio.Runner() as runner:
        pool = runner.run(open_pool(database_url, connections_max=4))
        yield runner, pool
        pool.terminate()
