# SPDX-License-Identifier: AGPL-3.0-or-later
"""What one connection may cost before a request is whole: the head's bytes, and the seconds for head and body.

The parser below uvicorn bounds neither. Bodies are bounded by the application (`app.BODY_BYTES_MAX`), answers are not
timed: the desk's event stream stays open. Whoever passes a bound is answered once, in a sentence, and hung up on.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES_MAX = 32 * 1024
HEAD_SECONDS_MAX = 10.0
BODY_SECONDS_MAX = 30.0

_TOO_LARGE = "431 Request Header Fields Too Large", "The request's head is larger than this server takes."
_TOO_SLOW = "408 Request Timeout", "The request took too long to arrive. Nothing was changed; ask again."


class BoundedProtocol(HttpToolsProtocol):
    """One connection, with a named bound on whatever a stranger can make it wait for or keep."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_bytes = 0
        self._in_head = True
        self._refused = False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._due_in(HEAD_SECONDS_MAX)

    def connection_lost(self, exc: Exception | None) -> None:
        self._due_in(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        super().data_received(data)
        # A head that came with this piece is judged whole in on_headers_complete; one that is still coming, here.
        if self._in_head and not self._refused:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX:
                self._refuse(*_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes, self._in_head = 0, True
        self._due_in(HEAD_SECONDS_MAX)

    def on_headers_complete(self) -> None:
        self._in_head = False
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > HEAD_BYTES_MAX:
            self._refuse(*_TOO_LARGE)
        if self._refused:
            return
        self._due_in(BODY_SECONDS_MAX)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._due_in(None)
        if not self._refused:
            super().on_message_complete()

    def _due_in(self, seconds: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self._late)

    def _late(self) -> None:
        if self._in_head and not self._head_bytes:
            # Nothing was asked: a connection that a browser opened ahead ends without a word.
            self.transport.close()
        else:
            self._refuse(*_TOO_SLOW)

    def _refuse(self, status: str, sentence: str) -> None:
        self._refused = True
        self._due_in(None)
        cycle = self.cycle
        if cycle is None or not cycle.response_started or cycle.response_complete:
            head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(sentence)}\r\n"
            self.transport.write(f"{head}Connection: close\r\n\r\n{sentence}".encode("ascii"))
        self.transport.close()
