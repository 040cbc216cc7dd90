# SPDX-License-Identifier: AGPL-3.0-or-later
"""One bound SMPP session: requests find their answers, what the centre sends is handed on, silence is looked into.

smpplib writes and reads the units; the connection is ours, since the library's own logs every byte at debug level, reads units
of any length and does not verify the centre's name. Source: SMPP 3.4 (smpp.org), sections 2.2 to 2.7, 3.2 and 5.1.3.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Final

from smpplib import consts, smpp
from smpplib.client import SimpleSequenceGenerator

UNIT_BYTES_MAX: Final = 70_000  # message_payload may hold 64 KiB
HEADER_BYTES: Final = 16
DELIVER_SM: Final = 0x00000005
ANSWERS_FROM: Final = 0x80000000
ANSWER_SECONDS_MAX: Final = 20.0
IDLE_SECONDS: Final = 30.0  # then the link is asked whether it lives
BODY_SECONDS_MAX: Final = 10.0
GOODBYE_SECONDS_MAX: Final = 2.0

Unit = Any  # a unit of smpplib, which is written without types


class LinkLost(Exception):
    """The session is over. A request whose answer was outstanding may have been carried out."""


class Link:
    """`heard(link, unit)` is called for each deliver_sm and returns the status to answer with, or None to answer later."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        heard: Callable[[Link, Unit], int | None],
    ) -> None:
        self._reader, self._writer, self._heard = reader, writer, heard
        self._sequence = SimpleSequenceGenerator()
        self._waiting: dict[int, asyncio.Future[Unit]] = {}
        self.lost = False
        self._listening = asyncio.create_task(self._listen())

    async def ask(self, command: str, **fields: Any) -> Unit:
        """Sends a request and waits for its answer. Raises LinkLost: nothing is known of it."""
        unit = smpp.make_pdu(command, client=self._sequence, **fields)
        answer: asyncio.Future[Unit] = asyncio.get_running_loop().create_future()
        self._waiting[unit.sequence] = answer
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                await self._write(unit)
                return await answer
        except TimeoutError:
            await self.drop()
        finally:
            self._waiting.pop(unit.sequence, None)
        raise LinkLost

    async def answer(self, command: str, sequence: int, status: int) -> None:
        """Answers a request of the centre's. Raises LinkLost."""
        unit = smpp.make_pdu(command, client=self._sequence, status=status)
        unit.sequence = sequence
        await self._write(unit)

    async def _write(self, unit: Unit) -> None:
        if self.lost:
            raise LinkLost
        failed = False
        try:
            self._writer.write(unit.generate())
            await self._writer.drain()
        except OSError:
            failed = True
        if failed:
            await self.drop()
            raise LinkLost

    async def _listen(self) -> None:
        try:
            while True:
                unit = await self._next()
                if unit is not None:
                    await self._take(unit)
        except (LinkLost, OSError, EOFError, TimeoutError):
            pass
        finally:
            self._end()

    async def _next(self) -> Unit | None:
        """The next unit; None after one that could not be read, and was answered as such."""
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                head = await self._reader.readexactly(HEADER_BYTES)
        except TimeoutError:
            await self.answer("enquire_link", self._sequence.next_sequence(), consts.SMPP_ESME_ROK)
            async with asyncio.timeout(IDLE_SECONDS):
                head = await self._reader.readexactly(HEADER_BYTES)
        length = int.from_bytes(head[:4], "big")
        if not HEADER_BYTES <= length <= UNIT_BYTES_MAX:
            raise LinkLost
        async with asyncio.timeout(BODY_SECONDS_MAX):
            body = await self._reader.readexactly(length - HEADER_BYTES)
        try:
            return smpp.parse_pdu(head + body, client=self._sequence, allow_unknown_opt_params=True)
        except Exception:  # the library raises whatever a broken unit makes it stumble over
            command, sequence = int.from_bytes(head[4:8], "big"), int.from_bytes(head[12:16], "big")
        if command == DELIVER_SM:
            await self.answer("deliver_sm_resp", sequence, consts.SMPP_ESME_RX_R_APPN)
        elif command < ANSWERS_FROM:
            await self.answer("generic_nack", sequence, consts.SMPP_ESME_RINVCMDID)
        return None

    async def _take(self, unit: Unit) -> None:
        waiting = self._waiting.get(unit.sequence)
        if unit.command == "deliver_sm":
            status = self._heard(self, unit)
            if status is not None:
                await self.answer("deliver_sm_resp", unit.sequence, status)
        elif unit.command == "enquire_link":
            await self.answer("enquire_link_resp", unit.sequence, consts.SMPP_ESME_ROK)
        elif unit.command == "unbind":
            await self.answer("unbind_resp", unit.sequence, consts.SMPP_ESME_ROK)
            raise LinkLost
        elif unit.is_response() and waiting is not None and not waiting.done():
            waiting.set_result(unit)

    def _end(self) -> None:
        self.lost = True
        self._writer.close()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(LinkLost())

    async def drop(self) -> None:
        """Ends the session without a word. Repeatable."""
        self._end()
        if self._listening is not asyncio.current_task():
            self._listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listening

    async def leave(self) -> None:
        """Unbinds, and ends the session. Repeatable."""
        if not self.lost:
            with contextlib.suppress(LinkLost, TimeoutError):
                async with asyncio.timeout(GOODBYE_SECONDS_MAX):
                    await self.ask("unbind")
        await self.drop()
