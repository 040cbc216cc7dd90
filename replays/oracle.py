# SPDX-License-Identifier: AGPL-3.0-or-later
"""A proxy before the server, in another process than it: it sees every byte that leaves and knows what it was.

The server is asked nothing. What is sealed is known from the database by its first bytes; what is readable, by the words
that people of the house confided, in every dress that tests/leaks knows.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import uuid
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

from leaks.markers import Wanted, forms, search
from serment.database.pool import Pool

MARKERS = ("Fontbonne", "+33639980001", "1980-02-29")  # bento_house.Hand confides them
FIRST_BYTES = 15  # by which something sealed is known: they are random
PREFIX = 20  # characters of base64 that they are
_TEXTS = re.compile(rb'"([A-Za-z0-9+/]{%d})[A-Za-z0-9+/]{40,}={0,2}"' % PREFIX)
CHUNK = 65_536
TAIL = 4_096  # of what was looked at is looked at again: nothing hides across two chunks


@dataclass(frozen=True)
class Body:
    """Something sealed: which part (id, ct, rs, card, index) of which record."""

    part: str
    record: uuid.UUID


@dataclass
class Left:
    """What went out to whoever came by one door."""

    bodies: set[Body] = field(default_factory=set)
    readable: list[str] = field(default_factory=list)
    answers: int = 0
    size: int = 0

    def count(self, *parts: str) -> int:
        """How many different bodies, of these parts or of all."""
        return sum(not parts or body.part in parts for body in self.bodies)

    def records(self, *parts: str) -> set[uuid.UUID]:
        """Of which records."""
        return {body.record for body in self.bodies if body.part in parts}


class Oracle:
    """Doors to one server, each with its own count."""

    def __init__(self, port: int, known: dict[bytes, Body], wanted: Wanted) -> None:
        self._port, self.wanted = port, wanted
        self._known = {base64.b64encode(first): body for first, body in known.items()}
        self.known = known.keys()
        self._pumps: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def door(self) -> AsyncIterator[tuple[str, Left]]:
        """An address of loopback, and what leaves by it. The server sees the caller's own address."""
        left = Left()

        async def comes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._pumps.add(task)
            try:
                with contextlib.suppress(asyncio.CancelledError):  # the door is shut
                    await self._serve(reader, writer, left)
            finally:
                self._pumps.discard(task)

        server = await asyncio.start_server(comes, "127.0.0.1", 0, backlog=4_096)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", left
        finally:
            server.close()
            for task in list(self._pumps):
                task.cancel()
            await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: Left) -> None:
        host = writer.get_extra_info("peername")[0]
        with contextlib.suppress(ConnectionError, OSError):
            back, forth = await asyncio.open_connection("127.0.0.1", self._port, local_addr=(host, 0))
            try:
                await asyncio.gather(_pump(reader, forth), self._watched(back, writer, left))
            finally:
                forth.close()
                writer.close()

    async def _watched(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: Left) -> None:
        tail = b""
        while chunk := await reader.read(CHUNK):
            seen = tail + chunk
            self.look(seen, left)
            left.answers += chunk.count(b"HTTP/1.1 ")
            left.size += len(chunk)
            tail = seen[-TAIL:]
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()

    def look(self, seen: bytes, left: Left) -> None:
        """Counts what these bytes hold. Raises ValueError for what is packed: nobody could say what it was."""
        if b"content-encoding:" in seen.lower():
            raise ValueError("an answer was packed, and the oracle cannot look into it")
        for text in _TEXTS.findall(seen):
            body = self._known.get(text)
            if body is not None:
                left.bodies.add(body)
        left.readable += [f"{one.marker} as {one.dress}" for one in search("answer", seen, self.wanted)]


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(CHUNK):
        writer.write(chunk)
        await writer.drain()
    writer.write_eof()


async def oracle_of(pool: Pool, port: int) -> Oracle:
    """Knows all that is sealed in the database now."""
    known: dict[bytes, Body] = {}
    for part in ("id", "ct", "rs"):
        rows = await pool.fetch(
            f"SELECT record, substring(body_{part} FOR {FIRST_BYTES}) AS first FROM appointments"
        )
        known |= _named(part, ((row["record"], row["first"]) for row in rows))
    rows = await pool.fetch(f"SELECT card, substring(bytes FOR {FIRST_BYTES}) AS first FROM cards")
    known |= _named("card", ((row["card"], row["first"]) for row in rows))
    rows = await pool.fetch(f"SELECT unit, substring(bytes FOR {FIRST_BYTES}) AS first FROM index_pages")
    known |= _named("index", ((row["unit"], row["first"]) for row in rows))
    wanted = Wanted([form for marker in MARKERS for form in forms(marker, hashed=False)])
    return Oracle(port, known, wanted)


def _named(part: str, rows: Iterable[tuple[uuid.UUID, bytes]]) -> dict[bytes, Body]:
    return {first: Body(part, record) for record, first in rows}
