# SPDX-License-Identifier: AGPL-3.0-or-later
"""A planted credential is refused on every route, those that do not exist included, and sounds the alarm."""

from __future__ import annotations

import contextlib

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from serment.database.pool import UNREACHABLE
from serment.framing.planted import PREFIX
from serment.server.api.problems import PROBLEM_JSON, TYPE_PREFIX, Problem
from serment.server.usecases.errors import SignedOut
from serment.server.usecases.sound_alarm import is_planted

_BODY = msgspec.json.encode(
    Problem(f"{TYPE_PREFIX}signed_out", " ".join((SignedOut.__doc__ or "").split()), 401)
)
_MARK = PREFIX.encode()


def with_alarm(app: ASGIApp) -> ASGIApp:
    """Wraps the application. Requests without such a thing in their Authorization header cost one look at it."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            shown = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
            if _MARK in shown and await _alarmed(scope, shown.decode("latin-1")):
                kind = (b"content-type", PROBLEM_JSON.encode())
                await send({"type": "http.response.start", "status": 401, "headers": [kind]})
                await send({"type": "http.response.body", "body": _BODY, "more_body": False})
                return
        await app(scope, receive, send)

    return wrapped


async def _alarmed(scope: Scope, shown: str) -> bool:
    with contextlib.suppress(*UNREACHABLE):
        return await is_planted(scope["litestar_app"].state.instance, shown)
    return True  # the journal has it
