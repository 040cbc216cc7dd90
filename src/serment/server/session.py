# SPDX-License-Identifier: AGPL-3.0-or-later
"""The staff cookie, and why no foreign page can use it.

`__Host-`: this host alone, Secure, whole path. SameSite=Strict: no other site's page sends it. Besides, every change wants
the header Serment-Request and a JSON body: a form can send neither, and a script of another origin would need a CORS
answer that this server never gives. Patient routes read no cookie at all.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler

COOKIE = "__Host-serment"
HEADER = "Serment-Request"
HEADER_VALUE = "1"
TOKEN_BYTES = 32
SAFE_METHODS = frozenset({"GET", "HEAD"})
MAX_AGE_SECONDS = 12 * 3600


def session_token(request: Request[Any, Any, Any]) -> bytes | None:
    """The session's token, or None for a missing or malformed cookie."""
    text = request.cookies.get(COOKIE)
    if text is None:
        return None
    try:
        token = base64.urlsafe_b64decode(text + "=")
    except (binascii.Error, ValueError):
        return None
    return token if len(token) == TOKEN_BYTES else None


def session_cookie(token: bytes) -> Cookie:
    """Holds a session for 12 hours."""
    value = base64.urlsafe_b64encode(token).decode().rstrip("=")
    return _cookie(value, MAX_AGE_SECONDS)


def no_session_cookie() -> Cookie:
    """Takes the cookie away."""
    return _cookie("", 0)


def _cookie(value: str, max_age: int) -> Cookie:
    return Cookie(
        COOKIE, path="/", value=value, max_age=max_age, secure=True, httponly=True, samesite="strict"
    )


def from_our_page(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard of every staff route: a change without our header, or from another origin, ends here."""
    if connection.scope.get("method") in SAFE_METHODS:
        return
    if connection.headers.get(HEADER) != HEADER_VALUE:
        raise PermissionDeniedException(HEADER)
    if connection.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise PermissionDeniedException("origin")
    kind = connection.headers.get("Content-Type", "")
    if kind and kind.partition(";")[0].strip().lower() != "application/json":
        raise NotJson
    if not kind and connection.headers.get("Content-Length", "0") != "0":
        raise NotJson


class NotJson(NotAuthorizedException):
    """This address takes JSON only. Nothing was changed."""

    status_code = 415
