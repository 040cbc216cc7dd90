# SPDX-License-Identifier: AGPL-3.0-or-later
"""The application: pool, secret, routes, jobs. `server.run` serves what `create_app` makes."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import importlib.util
import signal
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import structlog
from litestar import Litestar
from litestar.config.compression import CompressionConfig

from serment.database.pool import POOL_CONNECTIONS_MAX, Pool, open_pool, transaction
from serment.database.queries import Connection
from serment.framing.server_secret import own_tag, work_key
from serment.server.api import agent, checks, messages, opening, patient, practice, problems, public
from serment.server.api.openapi import openapi_config
from serment.server.api.planted import with_alarm
from serment.server.api.watch import watch
from serment.server.changes import Changes
from serment.server.headers import with_headers
from serment.server.instance import Instance, wall_time
from serment.server.jobs import running_jobs
from serment.server.ledger_folder import LedgerFolder
from serment.server.pages.built import built_files
from serment.server.secret import SECRET_FILE, Secret, read_secret
from serment.server.stores import rosters
from serment.server.throttle import Throttle
from serment.server.witness import Witness
from serment.settings import LEDGER_FOLDER, Settings

BODY_BYTES_MAX = 64 * 1024
COMPRESS_FROM_BYTES = 1024
GRACEFUL_SECONDS = 5
STATIC_FOLDER = Path(__file__).parent / "pages" / "static"


class InstanceNameChanged(Exception):
    """This database belongs to an instance of another name, and every envelope in it is bound to that name. Nothing was
    started. Set SERMENT_INSTANCE to the name it was installed with."""


class SecretChanged(Exception):
    """This database was used with another server secret. With this one nobody signs in by password and no message link
    works. Nothing was started. Put the file `secret` back into the data folder (docs/how-to/postgresql.md)."""


async def open_instance(
    settings: Settings, url: str, *, clock: Any = wall_time, connections_max: int = POOL_CONNECTIONS_MAX
) -> Instance:
    """Pool, name and secret of one process; `url` is a migrated database. The caller closes `instance.pool`.

    Raises InstanceNameChanged, SecretUnusable, SecretChanged.
    """
    pool = await open_pool(url, connections_max=connections_max)
    try:
        secret = read_secret(settings.data)
        async with transaction(pool) as tx:
            await _check_identity(tx, settings, secret)
        throttle = Throttle(work_key(secret.current))
        origin = settings.origin or f"http://localhost:{settings.port}"
        return Instance(
            settings.instance,
            pool,
            secret,
            clock,
            settings.source,
            origin,
            settings.claims or "confirm",
            settings.sms_price,
            throttle,
            ledger=LedgerFolder(settings.data / LEDGER_FOLDER, settings.instance),
            notice_hours=settings.notice_hours,
            witness=Witness(settings.witness, settings.witness_key)
            if settings.witness and settings.witness_key
            else None,
        )
    except BaseException:
        pool.terminate()
        raise


async def _check_identity(tx: Connection, settings: Settings, secret: Secret) -> None:
    """Whether the database is this instance's, and the secret the database's. The first start settles both."""
    await rosters.name_instance(tx, settings.instance)
    name, known = await rosters.read_instance(tx) or (settings.instance, None)
    if name != settings.instance:
        raise InstanceNameChanged(
            f"This database belongs to the instance {name}, not {settings.instance}, and every envelope in it is bound "
            f"to that name. Nothing was started. Set SERMENT_INSTANCE={name}, or use another database."
        )
    current, *earlier = [own_tag(generation) for generation in secret.generations]
    if known is None or known in earlier:
        await rosters.know_secret(tx, current)
    elif known != current:
        raise SecretChanged(
            "This database was used with another server secret than the one in "
            f"{settings.data / SECRET_FILE}: nobody would sign in by password, and no message link would work. Nothing "
            "was started. Set SERMENT_DATA to the folder used before, or put its file `secret` back "
            "(docs/how-to/postgresql.md says what to do if it is lost)."
        )


def create_app(
    settings: Settings,
    url: str | None = None,
    *,
    clock: Any = wall_time,
    jobs: bool = True,
    more: Sequence[Any] = (),
) -> Litestar:
    """The ASGI application on a migrated database: `url`, else settings.database_url. `more`: routes of the demo alone.

    Its lifespan opens the pool and starts the jobs; at the end streams are told, jobs stopped, the pool closed.
    """
    address = url or settings.database_url
    if address is None:
        raise ValueError("create_app needs the URL of a database that is running")

    @contextlib.asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        instance = await open_instance(settings, address, clock=clock)
        app.state.instance = instance
        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(_streams_end_first(instance.changes))
            stack.push_async_callback(_close, instance.pool)
            if jobs:
                await stack.enter_async_context(running_jobs(instance, address))
            yield
            instance.changes.close()

    app = Litestar(
        route_handlers=[
            *public.handlers,
            *opening.public_handlers,
            *patient.handlers,
            *messages.public_handlers,
            *checks.handlers,
            *practice.handlers,
            *agent.handlers,
            *more,
            *_pages(),
        ],
        lifespan=[lifespan],
        exception_handlers=problems.handlers,
        after_exception=[watch],
        request_max_body_size=BODY_BYTES_MAX,
        compression_config=CompressionConfig(
            backend="gzip",
            minimum_size=COMPRESS_FROM_BYTES,
            gzip_compress_level=4,
            exclude=["/changes$", "/index/page$", "^/static/"],
        ),
        openapi_config=openapi_config(),
        logging_config=None,
        debug=False,
    )
    app.state.settings = settings
    app.state.journal = structlog.get_logger("serment.server")
    app.asgi_handler = with_headers(with_alarm(app.asgi_handler))
    return app


@contextlib.contextmanager
def _streams_end_first(changes: Changes) -> Iterator[None]:
    """While the block lasts, a signal to end also ends the event streams.

    The server waits for open answers before it tells the application of its end: an open desk would hold it up until
    its patience is over, and then be cut off. Only the first signal goes on to the server: it would take a second for
    the wish to be cut short, and what is left to do is bounded.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def end(number: int, frame: FrameType | None) -> None:
        if changes.closing:
            return
        changes.close()
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number in before:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is end:
                signal.signal(number, handler)


async def _close(pool: Pool) -> None:
    try:
        async with asyncio.timeout(GRACEFUL_SECONDS):
            await pool.close()
    except TimeoutError:
        pool.terminate()


def _pages() -> list[Any]:
    """The server-rendered pages and the built browser files, where they exist: the API runs without both."""
    found: list[Any] = []
    if importlib.util.find_spec("serment.server.pages.handlers") is not None:
        found += importlib.import_module("serment.server.pages.handlers").handlers
    if STATIC_FOLDER.is_dir():
        found.append(built_files(STATIC_FOLDER))
    return found
