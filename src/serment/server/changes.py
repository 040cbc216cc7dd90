# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hints that a practice's appointments changed: collected, sent at most each 100 ms, heard by all processes.

A hint names a practice and nothing else. It leaves outside the booking's transaction and may be lost: browsers ask
again every 30 seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
from asyncpg.exceptions import PostgresError
from asyncpg.exceptions._base import InterfaceError

from serment.database.pool import CONNECT_SECONDS_MAX, Pool

CHANNEL = "serment_changed"
BATCH_SECONDS = 0.1
RECONNECT_SECONDS = 2.0
PAYLOAD_IDS_MAX = 200  # a payload of PostgreSQL holds less than 8,000 bytes; an id is 37
LISTENERS_MAX = 2_000
LISTENERS_OF_ACCOUNT_MAX = 16


class TooManyListeners(Exception):
    """Too many desks listen to this server, or too many of one account. Nothing is lost: this one asks every 30 seconds
    instead."""


class Changes:
    """One per process. `note` is called after a commit; `listen` yields once for each batch that names the practice."""

    def __init__(self) -> None:
        self._noted: set[UUID] = set()
        self._wake = asyncio.Event()
        self._listeners: dict[UUID, set[asyncio.Event]] = {}
        self._of_account: Counter[UUID] = Counter()
        self._closing = False

    def note(self, practice: UUID) -> None:
        """An appointment of this practice changed."""
        self._noted.add(practice)
        self._wake.set()

    @property
    def closing(self) -> bool:
        """Whether the server is stopping: streams end now."""
        return self._closing

    def close(self) -> None:
        """Ends every stream."""
        self._closing = True
        for events in self._listeners.values():
            for event in events:
                event.set()

    @contextlib.asynccontextmanager
    async def listen(self, practice: UUID, account: UUID) -> AsyncIterator[asyncio.Event]:
        """An event that is set when the practice changed, and when the server stops. Raises TooManyListeners: one account's
        open desks leave room for everybody else's.
        """
        if self._of_account.total() >= LISTENERS_MAX or self._of_account[account] >= LISTENERS_OF_ACCOUNT_MAX:
            raise TooManyListeners
        event = asyncio.Event()
        self._listeners.setdefault(practice, set()).add(event)
        self._of_account[account] += 1
        try:
            yield event
        finally:
            self._of_account[account] -= 1
            self._of_account += Counter()  # drops who has none
            here = self._listeners[practice]
            here.discard(event)
            if not here:
                del self._listeners[practice]

    def heard(self, payload: str) -> None:
        """A batch of another process, or of our own, has come."""
        for text in payload.split():
            with contextlib.suppress(ValueError):
                for event in self._listeners.get(UUID(text), ()):
                    event.set()

    async def send(self, pool: Pool) -> None:
        """Runs until cancelled: sends what was noted, a batch each 100 ms at most."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(BATCH_SECONDS)
            self._wake.clear()
            noted, self._noted = sorted(self._noted), set()
            for at in range(0, len(noted), PAYLOAD_IDS_MAX):
                payload = " ".join(str(practice) for practice in noted[at : at + PAYLOAD_IDS_MAX])
                with contextlib.suppress(OSError, PostgresError, InterfaceError, TimeoutError):
                    await pool.execute("SELECT pg_notify($1, $2)", CHANNEL, payload)

    async def hear(self, url: str) -> None:
        """Runs until cancelled: keeps one connection that listens, and opens it again when it is lost."""
        while True:
            lost = asyncio.Event()
            with contextlib.suppress(OSError, PostgresError, InterfaceError, TimeoutError):
                connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS_MAX)
                try:
                    connection.add_termination_listener(lambda _, lost=lost: lost.set())
                    await connection.add_listener(CHANNEL, lambda *said: self.heard(str(said[3])))
                    await lost.wait()
                finally:
                    connection.terminate()
            await asyncio.sleep(RECONNECT_SECONDS)
