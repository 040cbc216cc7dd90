# SPDX-License-Identifier: AGPL-3.0-or-later
"""The headers every answer carries. An answer that sets one of them itself keeps its own."""

from __future__ import annotations

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

API_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; font-src 'self'; manifest-src 'self'; worker-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html serment-worker"
)
# A worker obeys the policy its own script came with: Argon2id sees a password, and may reach nothing at all.
WORKER_POLICY = (
    "default-src 'none'; script-src 'wasm-unsafe-eval'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
COMMON: tuple[tuple[bytes, bytes], ...] = (
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"camera=(), microphone=(), geolocation=(self), payment=(), usb=(), browsing-topics=()",
    ),
    (b"cache-control", b"no-store"),
)
_API = (*COMMON, (b"content-security-policy", API_POLICY.encode()))
_PAGE = (*COMMON, (b"content-security-policy", PAGE_POLICY.encode()))
_SCRIPT = (*COMMON, (b"content-security-policy", WORKER_POLICY.encode()))
_BY_KIND = ((b"text/html", _PAGE), (b"text/javascript", _SCRIPT), (b"application/javascript", _SCRIPT))


def _answered_as_get(scope: HTTPScope) -> HTTPScope:
    """HEAD of a page is its GET (RFC 9110, section 9.3.2); the server below leaves the body out."""
    if scope["method"] != "HEAD" or scope["path"].startswith("/api/"):
        return scope
    return {**scope, "method": "GET"}


def with_headers(app: ASGIApp) -> ASGIApp:
    """Wraps the whole application, errors of the framework included."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                set_already = {name.lower() for name, _ in headers}
                kind = next((value for name, value in headers if name.lower() == b"content-type"), b"")
                ours = next((pairs for start, pairs in _BY_KIND if kind.startswith(start)), _API)
                headers += [pair for pair in ours if pair[0] not in set_already]
                if any(
                    name.lower() == b"cache-control" and value.startswith(b"public")
                    for name, value in headers
                ):
                    # A cache in front must not hand what was packed for one browser to another.
                    headers += [] if b"vary" in set_already else [(b"vary", b"accept-encoding")]
                message["headers"] = headers
            await send(message)

        if "\x00" in scope["path"]:
            # No name holds it, and neither PostgreSQL nor the file system takes it.
            await sending({"type": "http.response.start", "status": 404, "headers": []})
            await sending({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await app(_answered_as_get(scope), receive, sending)

    return wrapped
