# SPDX-License-Identifier: AGPL-3.0-or-later
"""No answer at the desk is begun long after its caller was judged: a member removed in the middle gets none.

The time runs from the request's last byte to the answer's first; a slow line up or down costs nothing of it. Past it the
work is cancelled, its transaction rolled back, and the answer is 503: what was asked may be asked again.
"""

from __future__ import annotations

import asyncio
from typing import Any

from litestar.types import ASGIApp, Message, Receive, Scope, Send

JUDGED_SECONDS_MAX = 5.0
_WITHOUT_BODY = frozenset({"GET", "HEAD"})


def answered_soon(app: ASGIApp, *, seconds: float = JUDGED_SECONDS_MAX) -> ASGIApp:
    """Wraps a route; TimeoutError when its answer does not begin in time."""

    async def within(scope: Scope, receive: Receive, send: Send) -> None:
        loop, begun = asyncio.get_running_loop(), False
        async with asyncio.timeout(seconds if scope.get("method") in _WITHOUT_BODY else None) as limit:

            async def heard() -> Any:
                message = await receive()
                if message["type"] == "http.request" and not message.get("more_body", False) and not begun:
                    limit.reschedule(loop.time() + seconds)
                return message

            async def answer(message: Message) -> None:
                nonlocal begun
                begun = True
                limit.reschedule(None)
                await send(message)

            await app(scope, heard, answer)

    return within
