# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a stranger may make one connection keep or wait for: bounded, with a sentence, and the next one is served."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from serment.server import bounds

SECONDS_MAX = 30.0
WELL = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


async def answers(scope: Any, receive: Any, send: Any) -> None:
    """Reads the whole body, then says how long it was."""
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length, more = length + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(length).encode()})


@pytest.fixture
async def port(free_port: int) -> AsyncIterator[int]:
    """A server with our bounds."""
    config = uvicorn.Config(
        answers, port=free_port, http=bounds.BoundedProtocol, lifespan="off", log_level="critical"
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield free_port
    server.should_exit = True
    await task


async def told(port: int, *pieces: bytes) -> bytes:
    """Everything the server says until it hangs up; whether it takes all of the pieces is its affair."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(SECONDS_MAX):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            return await reader.read()
    except ConnectionError:
        return b"hung up"
    finally:
        writer.close()


async def test_a_head_without_end_is_refused_and_the_next_one_served(port: int) -> None:
    endless = [b"GET / HTTP/1.1\r\nHost: h\r\nX-Long: ", *[b"a" * 8192] * 2_000]
    said = await told(port, *endless)
    assert said.startswith(b"HTTP/1.1 431") or said == b"hung up"
    assert (await told(port, WELL)).startswith(b"HTTP/1.1 200")


async def test_a_large_head_in_one_piece_is_refused_and_one_within_the_bound_is_not(port: int) -> None:
    head = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%b\r\n"
    large = b"".join(b"X-%d: %b\r\n" % (nth, b"a" * 1_000) for nth in range(40))
    within = b"".join(b"X-%d: %b\r\n" % (nth, b"a" * 1_000) for nth in range(20))
    assert (await told(port, head % large)).startswith(b"HTTP/1.1 431")
    assert (await told(port, head % within)).startswith(b"HTTP/1.1 200")


async def test_a_request_that_stops_in_its_head_or_body_is_hung_up_on(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "HEAD_SECONDS_MAX", 0.3)
    monkeypatch.setattr(bounds, "BODY_SECONDS_MAX", 0.3)
    assert (await told(port, b"GET / HTTP/1.1\r\nHost:")).startswith(b"HTTP/1.1 408")
    assert (await told(port, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc")).startswith(
        b"HTTP/1.1 408"
    )
    assert await told(port, b"") == b""  # nothing asked, nothing said


async def test_a_body_longer_than_the_head_may_be_is_read_whole(port: int) -> None:
    body = b"b" * (4 * bounds.HEAD_BYTES_MAX)
    head = b"POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert b"\r\n%d\r\n" % len(body) in await told(port, head + body)
