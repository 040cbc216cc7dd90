# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python -m bench.load PORT CLIENTS REQUESTS`, paths on standard input: keep-alive GETs, figures as JSON.

Written on bare asyncio protocols: some 20 microseconds a request, where a whole HTTP client takes several hundred.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time

import uvloop

from bench.report import percentile

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length: "
SECONDS_MAX = 60


class Client(asyncio.Protocol):
    """One connection: a request, its whole answer, the next request, until the work is done."""

    def __init__(self, work: itertools.islice[bytes], waits: list[float], done: asyncio.Future[None]) -> None:
        self.work, self.waits, self.done = work, waits, done
        self.buffer, self.expected, self.sent = bytearray(), -1, 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._send()

    def _send(self) -> None:
        request = next(self.work, None)
        if request is None:
            self.transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        self.sent = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.expected < 0:
            end = self.buffer.find(HEAD_END)
            if end < 0:
                return
            head = bytes(self.buffer[:end]).lower()
            if not head.startswith(b"http/1.1 200"):
                self.done.set_exception(RuntimeError(head.split(b"\r\n")[0].decode()))
                return
            at = head.index(LENGTH) + len(LENGTH)
            self.expected = end + len(HEAD_END) + int(head[at:].split(b"\r\n")[0])
        if len(self.buffer) >= self.expected:
            self.waits.append((time.perf_counter() - self.sent) * 1000)
            self.buffer.clear()
            self.expected = -1
            self._send()

    def connection_lost(self, reason: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(reason or ConnectionError("the server hung up"))


async def main(port: int, clients: int, requests: int, paths: list[str]) -> None:
    loop = asyncio.get_running_loop()
    spelt = [f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode() for path in paths]
    work = itertools.islice(itertools.cycle(spelt), requests)
    waits: list[float] = []
    begun = time.perf_counter()
    ends = [loop.create_future() for _ in range(clients)]
    for done in ends:
        await loop.create_connection(lambda done=done: Client(work, waits, done), "127.0.0.1", port)  # type: ignore[misc]
    async with asyncio.timeout(SECONDS_MAX):
        await asyncio.gather(*ends)
    rate = len(waits) / (time.perf_counter() - begun)
    print(json.dumps({"p50": percentile(waits, 0.5), "p99": percentile(waits, 0.99), "rate": rate}))


if __name__ == "__main__":
    port, clients, requests = map(int, sys.argv[1:4])
    uvloop.run(main(port, clients, requests, sys.stdin.read().split("\n")))
