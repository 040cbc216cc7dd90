# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fixtures all tiers share: real PostgreSQL clusters, a migrated database per module, a port, a browser.

Tests that use a database run on the embedded PostgreSQL; those in tests/race, and in tests/store those that lean on what
versions do differently (ON_BOTH), run on PostgreSQL 15 as well where it is installed. SERMENT_TEST_POSTGRES_BIN (a bin folder) makes all of them run on that one alone.
"""

from __future__ import annotations

import contextlib
import os
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import asyncpg
import hypothesis
import pytest

from chromiums import find_chromium
from serment.database.embedded import EmbeddedPostgres
from serment.database.migrate import migrate
from serment.database.pool import Pool, open_pool
from serment.directory.towns import load_towns

# Nothing of value lives here, so durability is traded for speed; tests/crash starts clusters of its own with fsync on.
FAST_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
}
POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")
BOTH_TIERS = frozenset({"store", "race"})
# Of the store tier, what leans on what versions do differently: constraints, locks, plans, functions, types. The rest is plain
# reads and writes, and goes once; SERMENT_TEST_POSTGRES_BIN runs all of it on the version it names.
ON_BOTH = frozenset(
    f"test_{name}.py"
    for name in [
        "acts",
        "booking",
        "cards",
        "cost",
        "dormant",
        "embedded_check",
        "embedded_cluster",
        "embedded_migrate",
        "embedded_pool",
        "directory_import",
        "directory_search",
        "first_places",
        "member_histories",
        "next_free",
        "notifier_outbox",
        "overbooking",
        "phone_checks",
        "rules",
        "search_around",
        "stanza_changes",
        "start",
        "steer_messages",
        "taking_time",
        "undo",
    ]
)
TEMPLATE = "serment_template"

hypothesis.settings.register_profile("serment", deadline=None)
hypothesis.settings.load_profile("serment")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Chooses the PostgreSQL versions a test runs on."""
    if "cluster" not in metafunc.fixturenames:
        return
    chosen = os.environ.get("SERMENT_TEST_POSTGRES_BIN")
    names = [chosen] if chosen else ["embedded"]
    if (
        not chosen
        and BOTH_TIERS & set(metafunc.definition.path.parts)
        and ("race" in metafunc.definition.path.parts or metafunc.definition.path.name in ON_BOTH)
        and (POSTGRES_15 / "postgres").exists()
    ):
        names.append(str(POSTGRES_15))
    ids = ["postgres15" if name == str(POSTGRES_15) else Path(name).name for name in names]
    metafunc.parametrize("cluster", names, ids=ids, indirect=True, scope="module")


@pytest.fixture(scope="session")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, EmbeddedPostgres]]:
    """The clusters started so far in this process, by name; stopped when the run ends."""
    started: dict[str, EmbeddedPostgres] = {}
    yield started
    for cluster in started.values():
        cluster.stop()


@pytest.fixture(scope="module")
async def cluster(
    request: pytest.FixtureRequest,
    clusters: dict[str, EmbeddedPostgres],
    tmp_path_factory: pytest.TempPathFactory,
) -> EmbeddedPostgres:
    """A running cluster with a migrated template database."""
    name: str = request.param
    if name not in clusters:
        bin_folder = None if name == "embedded" else Path(name)
        cluster = EmbeddedPostgres(
            tmp_path_factory.mktemp("pg"), bin_folder=bin_folder, settings=FAST_SETTINGS
        )
        cluster.start()
        clusters[name] = cluster
        await _on(cluster, f"CREATE DATABASE {TEMPLATE}")
        await migrate(cluster.url(TEMPLATE))
    return clusters[name]


async def _on(cluster: EmbeddedPostgres, statement: str) -> None:
    connection = await asyncpg.connect(cluster.url("postgres"), timeout=10, command_timeout=60)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="module")
async def new_database(cluster: EmbeddedPostgres) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    """Makes a fresh migrated database (some 30 ms) and tells its URL; dropped when the module ends."""
    async with _copies(cluster, TEMPLATE) as make:
        yield make


@pytest.fixture(scope="module")
async def database_with_towns(
    cluster: EmbeddedPostgres, new_database: Callable[[], Awaitable[str]]
) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    """Makes fresh migrated databases in which the communes of France stand."""
    url = await new_database()
    connection = await asyncpg.connect(url)
    await load_towns(connection)
    await connection.close()
    async with _copies(cluster, url.partition("?")[0].rpartition("/")[2]) as make:
        yield make


@contextlib.asynccontextmanager
async def _copies(cluster: EmbeddedPostgres, template: str) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    made: list[str] = []

    async def make() -> str:
        name = f"t_{uuid.uuid4().hex}"
        # A copy of the files takes half of what it takes to write them through the log.
        await _on(cluster, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        made.append(name)
        return cluster.url(name)

    yield make
    for name in made:
        await _on(cluster, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
async def database_url(new_database: Callable[[], Awaitable[str]]) -> str:
    """The URL of the module's own migrated database."""
    return await new_database()


@pytest.fixture(scope="module")
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """A pool on the module's own migrated database."""
    pool = await open_pool(database_url, application_name="serment-test", connections_max=20)
    yield pool
    pool.terminate()


@pytest.fixture
def free_port() -> int:
    """A TCP port of the loopback address that nobody used a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium."""
    path = find_chromium()
    if path is None:
        pytest.fail(
            "No Chromium was found. Run `make test` once, or install one (apt-get install chromium-headless-shell)."
        )
    return path
