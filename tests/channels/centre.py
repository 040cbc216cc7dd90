# SPDX-License-Identifier: AGPL-3.0-or-later
"""A message centre that speaks SMPP over TLS. Another library than the channel's (aiosmpplib) reads and writes its units."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import Any, Self

from aiosmpplib import PhoneNumber
from aiosmpplib.protocol import (
    MESSAGE_TYPE_MAP,
    BindTransceiver,
    BindTransceiverResp,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    SmppMessage,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
)
from aiosmpplib.state import NPI, RECEIPTED_MESSAGE_ID, TON, OptionalParam, SmppCommandStatus

from channels.markers import SECRETS

OK = SmppCommandStatus.ESME_ROK


class Centre:
    """`status` answers each message: a status, None for no answer, "cut" for a connection that ends half way through one."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self._tls = tls
        self.submitted: list[SubmitSm] = []
        self.acknowledged: list[int] = []
        self.refused: list[int] = []
        self.binds = self.enquired = 0
        self.status: Callable[[SubmitSm], Any] = lambda message: OK
        self.waiting: list[DeliverSm] = []
        self._sequence = 1000
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            while True:
                head = await reader.readexactly(16)
                header = SmppMessage.parse_header(head)
                unit = head + await reader.readexactly(header.pdu_length - 16)
                message = MESSAGE_TYPE_MAP[header.smpp_command].from_pdu(unit, header, "gsm0338")
                if not self._take(message, writer):
                    break
                await writer.drain()
        writer.close()

    def _take(self, message: SmppMessage, writer: asyncio.StreamWriter) -> bool:
        number = message.sequence_num
        if isinstance(message, BindTransceiver):
            good = (message.system_id, message.password) == ("serment", SECRETS[0])
            status = OK if good else SmppCommandStatus.ESME_RINVPASWD
            writer.write(BindTransceiverResp(number, status, system_id="centre").pdu())
            self.binds, self._writer = self.binds + 1, writer
            for waiting in self.waiting:  # what was not acknowledged in another session, at once
                writer.write(waiting.pdu())
        elif isinstance(message, SubmitSm) and not isinstance(message, DeliverSm):
            self.submitted.append(message)
            status = self.status(message)
            answer = SubmitSmResp(number, OK, message_id=f"id-{len(self.submitted)}").pdu()
            if status == "cut":
                writer.write(answer[:10])
                return False
            if status is not None:
                writer.write(answer if status == OK else SubmitSmResp(number, status).pdu())
        elif isinstance(message, DeliverSmResp):
            (self.acknowledged if message.command_status == OK else self.refused).append(number)
            self.waiting = [
                waiting for waiting in self.waiting if waiting.sequence_num not in self.acknowledged
            ]
        elif isinstance(message, EnquireLink):
            self.enquired += 1
            writer.write(EnquireLinkResp(number).pdu())
        elif isinstance(message, Unbind):
            writer.write(UnbindResp(number).pdu())
            return False
        return True

    async def say(self, said: str, sender: str = "33612340078", *, receipt_of: str = "", **more: Any) -> int:
        """Sends a receipt or somebody's answer down the session, and tells its number."""
        self._sequence += 1
        named = [OptionalParam(RECEIPTED_MESSAGE_ID, receipt_of)] if receipt_of else []
        message = DeliverSm(
            sequence_num=self._sequence,
            short_message=said,
            source=PhoneNumber(sender, TON.INTERNATIONAL, NPI.ISDN),
            destination=PhoneNumber("38000"),
            optional_params=named,
            **more,
        )
        message.set_encoding_info("gsm0338", None)
        self.waiting.append(message)
        assert self._writer is not None
        self._writer.write(message.pdu())
        await self._writer.drain()
        return self._sequence

    async def write(self, raw: bytes) -> None:
        """Sends bytes as they are."""
        assert self._writer is not None
        self._writer.write(raw)
        await self._writer.drain()

    async def hang_up(self) -> None:
        """Ends the session without a word."""
        assert self._writer is not None
        self._writer.transport.abort()
        await asyncio.sleep(0.05)
