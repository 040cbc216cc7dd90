# SPDX-License-Identifier: AGPL-3.0-or-later
"""An answer at the desk begins within seconds of its caller being judged, or not at all."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from serment.server.deadline import answered_soon

SHORT = 0.05
SCOPE: dict[str, Any] = {"type": "http", "method": "POST"}


async def _body() -> Any:
    return {"type": "http.request", "body": b"{}", "more_body": False}


async def test_work_that_outlives_its_judgement_is_cancelled_before_it_answers() -> None:
    sent: list[Any] = []
    cancelled = asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        sent.append(message)

    with pytest.raises(TimeoutError):
        await answered_soon(slow, seconds=SHORT)(SCOPE, _body, send)  # type: ignore[arg-type]
    assert cancelled.is_set() and sent == []


async def test_an_answer_that_has_begun_is_sent_to_its_end_however_slow_the_line() -> None:
    """The twin: what was read in time may take its time to travel, and a body may take its time to come."""
    sent: list[Any] = []

    async def body() -> Any:
        await asyncio.sleep(3 * SHORT)
        return await _body()

    async def streams(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.sleep(3 * SHORT)
        await send({"type": "http.response.body", "body": b"end"})

    async def send(message: Any) -> None:
        sent.append(message)

    await answered_soon(streams, seconds=SHORT)(SCOPE, body, send)  # type: ignore[arg-type]
    assert sent[-1]["body"] == b"end"
