# SPDX-License-Identifier: AGPL-3.0-or-later
"""A provider's server, HTTP/1.1 over TLS on the loopback address: it keeps what it was asked and answers as it is told."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass(frozen=True)
class Reply:
    """One answer. `cut`: the connection ends in the midst of it. `hang`: it never comes. `endless`: it never ends."""

    status: int = 200
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    hang: bool = False
    endless: bool = False

    def bytes(self) -> bytes:
        body = self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()
        lines = [f"HTTP/1.1 {self.status} Said", f"Content-Length: {10**12 if self.endless else len(body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        whole = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
        return whole[: len(whole) - len(body) // 2 - 1] if self.cut else whole


class Provider:
    """`answers`: what to say to a request; None stands for 404."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self._tls = tls
        self.asked: list[Asked] = []
        self.answers: Callable[[Asked], Reply | None] = lambda asked: None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self._tls else 'http'}://localhost:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended = (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError, ssl.SSLError)
        with contextlib.suppress(*ended):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                method, target, _ = head[0].split(" ")
                headers = {
                    line.partition(": ")[0].lower(): line.partition(": ")[2] for line in head[1:] if line
                }
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                asked = Asked(method, target, headers, body)
                self.asked.append(asked)
                reply = self.answers(asked) or Reply(404, {"message": "there is nothing"})
                if reply.hang:
                    await reader.read()
                    break
                writer.write(reply.bytes())
                while reply.endless:
                    writer.write(b" " * 65_536)
                    await writer.drain()
                await writer.drain()
                if reply.cut:
                    break
        writer.close()
