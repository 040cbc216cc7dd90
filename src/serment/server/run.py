# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs the server until it is told to stop: one process, or several that share the port."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import uvicorn
from litestar import Litestar

from serment.server.app import GRACEFUL_SECONDS, create_app, open_instance
from serment.server.bounds import BoundedProtocol
from serment.settings import Settings, read_settings

_DATABASE_URL = "SERMENT_DATABASE_URL"


def serve(settings: Settings, url: str, *, more: Sequence[Any] = ()) -> None:
    """Serve on `settings.host` and port until SIGINT or SIGTERM; `url` is a migrated database.

    With more than one worker each process reads the environment again, the database's URL included, and knows no `more` routes.
    """
    several = settings.workers > 1
    if several:
        os.environ[_DATABASE_URL] = url
    uvicorn.run(
        "serment.server.run:application" if several else create_app(settings, url, more=more),
        factory=several,
        host=settings.host,
        port=settings.port,
        workers=settings.workers if several else None,
        http=BoundedProtocol,
        loop="uvloop",
        # An origin is an https address, so a proxy that ends TLS stands before: on this machine, unless uvicorn's own
        # FORWARDED_ALLOW_IPS names others. Without one nobody's word about the address is taken.
        proxy_headers=settings.origin is not None,
        server_header=False,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )


async def try_instance(settings: Settings, url: str) -> None:
    """Raises what would keep `serve` from starting, InstanceNameChanged, SecretUnusable or SecretChanged: inside the
    server's own start it would reach nobody but the log.
    """
    instance = await open_instance(settings, url)
    await instance.pool.close()


def application() -> Litestar:
    """One worker's application, from the environment."""
    return create_app(read_settings(os.environ))
