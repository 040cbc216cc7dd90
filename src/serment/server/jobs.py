# SPDX-License-Identifier: AGPL-3.0-or-later
"""What runs beside the requests: hints, expiry, notices of change. Each goes on after an error and ends when cancelled."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog

from serment.server.instance import Instance
from serment.server.usecases.compare_lines import compare_lines
from serment.server.usecases.expire import (
    expire_checks,
    expire_holds,
    expire_pairings,
    expire_sessions,
    forget_spent_checks,
)
from serment.server.usecases.open_incident import draft_freezes
from serment.server.usecases.publish_checkpoint import publish_checkpoint
from serment.server.usecases.refresh_next_free import AGENDAS_PER_SWEEP_MAX, refresh_due
from serment.server.usecases.retain import retain
from serment.server.usecases.witness_checkpoint import witness_checkpoint

HINT_SECONDS = 1.0
EXPIRE_SECONDS = 15.0
SESSION_SECONDS = 300.0
RETAIN_SECONDS = 900.0
CHECKPOINT_SECONDS = 2.0
DRAFT_SECONDS = 20.0  # a freeze has its dossier within five minutes, errors included
WITNESS_SECONDS = 60.0
COMPARE_SECONDS = 2.0
AFTER_ERROR_SECONDS = 5.0

_journal = structlog.get_logger("serment.jobs")


async def _hints(instance: Instance) -> None:
    # A full sweep means that more is due: go on at once, giving way to requests between agendas.
    while await refresh_due(instance) >= AGENDAS_PER_SWEEP_MAX:  # noqa: ASYNC110
        await asyncio.sleep(0)


async def _repeat(what: Callable[[Instance], Awaitable[object]], instance: Instance, seconds: float) -> None:
    while True:
        wait = seconds
        try:
            await what(instance)
        except Exception as error:
            # Its kind alone: an error's words may repeat a row.
            _journal.warning("job failed", job=what.__name__, kind=type(error).__name__)
            wait = max(seconds, AFTER_ERROR_SECONDS)
        await asyncio.sleep(wait)


@contextlib.asynccontextmanager
async def running_jobs(instance: Instance, url: str) -> AsyncIterator[None]:
    """Runs the jobs until the block ends."""
    tasks = [
        asyncio.create_task(_repeat(_hints, instance, HINT_SECONDS)),
        asyncio.create_task(_repeat(expire_holds, instance, EXPIRE_SECONDS)),
        asyncio.create_task(_repeat(expire_checks, instance, EXPIRE_SECONDS)),
        asyncio.create_task(_repeat(expire_sessions, instance, SESSION_SECONDS)),
        asyncio.create_task(_repeat(expire_pairings, instance, SESSION_SECONDS)),
        asyncio.create_task(_repeat(retain, instance, RETAIN_SECONDS)),
        asyncio.create_task(_repeat(forget_spent_checks, instance, RETAIN_SECONDS)),
        asyncio.create_task(_repeat(publish_checkpoint, instance, CHECKPOINT_SECONDS)),
        asyncio.create_task(_repeat(draft_freezes, instance, DRAFT_SECONDS)),
        asyncio.create_task(_repeat(witness_checkpoint, instance, WITNESS_SECONDS)),
        asyncio.create_task(_repeat(compare_lines, instance, COMPARE_SECONDS)),
        asyncio.create_task(instance.changes.send(instance.pool)),
        asyncio.create_task(instance.changes.hear(url)),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
