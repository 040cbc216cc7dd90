# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where an e-mail's "receive no more messages" leads, and where mail programs object by themselves (RFC 8058).

Looking changes nothing: programs that read mail for viruses follow every link. The token in the address acts once it is posted,
and no answer says whether it is anybody's.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final

from litestar import MediaType, Request, Response, get, post
from litestar.params import FromPath

from serment.domain.named_times import LANGUAGES, Language
from serment.framing.messages import TOKEN_BYTES
from serment.server.instance import Instance
from serment.server.pages.language import negotiate
from serment.server.pages.render import page
from serment.server.usecases.errors import TooManyObjections
from serment.server.usecases.steer_messages import object_to_messages

_TOKEN: Final = re.compile(r"([A-Za-z0-9_-]{22})(?![A-Za-z0-9_-])", re.ASCII)
PATHS: Final = ("/stop/{token:str}", "/{lang:str}/stop/{token:str}")
_STATUS: Final = {"cut": 404, "full": 503}
BACK_PATHS: Final = tuple(f"{path}/again" for path in PATHS)


def _token(text: str) -> bytes | None:
    """The token an address holds; None for one that is cut short. A full stop that was taken for its end is none of it."""
    found = _TOKEN.match(text)
    if found is None:
        return None
    try:
        token = base64.b64decode(f"{found[1]}==", altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    return token if len(token) == TOKEN_BYTES else None


def _answer(request: Request[Any, Any, Any], token: str, state: str) -> Response[str]:
    """The page of one state: ask, stopped, resumed, full (nothing was kept) or cut."""
    named = request.path_params.get("lang")
    language: Language = next(
        (each for each in LANGUAGES if each == named), negotiate(request.headers.get("accept-language", ""))
    )
    instance: Instance = request.app.state.instance
    own = f"/stop/{token}"
    text = page(
        "stop.html", language, path=own, entries=(), robots="noindex", source=instance.source,
        state=state, action=f"/{language}{own}",
    )  # fmt: skip
    return Response(text, media_type=MediaType.HTML, status_code=_STATUS.get(state, 200))


@get([*PATHS, *BACK_PATHS], include_in_schema=False, sync_to_thread=False)
def ask(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
    """One button."""
    return _answer(request, token, "cut" if _token(token) is None else "ask")


@post(list(PATHS), status_code=200, include_in_schema=False)
async def stop(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
    """Objects. What the body says (List-Unsubscribe=One-Click, or nothing) changes nothing. Repeatable."""
    return await _object(request, token, again=False)


@post(list(BACK_PATHS), status_code=200, include_in_schema=False)
async def resume(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
    """Takes the objection back."""
    return await _object(request, token, again=True)


async def _object(request: Request[Any, Any, Any], token: str, *, again: bool) -> Response[str]:
    found = _token(token)
    if found is None:
        return _answer(request, token, "cut")
    try:
        await object_to_messages(request.app.state.instance, found, again=again)
    except TooManyObjections:
        return _answer(request, f"{token}/again" if again else token, "full")
    return _answer(request, token, "resumed" if again else "stopped")


handlers = [ask, stop, resume]
