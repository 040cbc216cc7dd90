# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking a provider over HTTPS: one host, verified, never redirected, with named patience and bounded answers.

A request that failed before it left is `NotNow`; one whose answer was lost is `NotNow(maybe_sent=True)`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import email.utils
import json
import ssl
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import httpx
import msgspec

from serment.notifier.channels import ChannelBroken, NotNow

CONNECT_SECONDS_MAX: Final = 10.0
ANSWER_SECONDS_MAX: Final = 30.0
WHOLE_SECONDS_MAX: Final = 45.0  # within the time that the caller gives
ANSWER_BYTES_MAX: Final = 1024 * 1024
CONNECTIONS_MAX: Final = 8
IDLE_SECONDS_MAX: Final = (
    4.0  # shorter than any server's, so that a request seldom meets a connection being closed
)
USER_AGENT: Final = "serment-notifier"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider answered; its body may hold what it was asked, and is shown to nobody."""

    status: int
    body: bytes = field(repr=False)
    retry_after: dt.timedelta | None = None

    def read(self, type: type[T]) -> T | None:
        """The body as this type; None where it is something else."""
        try:
            return msgspec.json.decode(self.body, type=type)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None

    def json(self) -> Any:
        """The body as plain lists and dictionaries; None where it is no JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class Https:
    """Requests to the one origin of `url`, below its path."""

    def __init__(self, url: str, tls: ssl.SSLContext, *, auth: tuple[str, str] | None = None) -> None:
        self._client = httpx.AsyncClient(
            base_url=url,
            verify=tls,
            auth=auth,
            trust_env=False,  # a proxy or a .netrc of the environment would be told whom we write to
            follow_redirects=False,
            headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
            timeout=httpx.Timeout(ANSWER_SECONDS_MAX, connect=CONNECT_SECONDS_MAX),
            limits=httpx.Limits(max_connections=CONNECTIONS_MAX, keepalive_expiry=IDLE_SECONDS_MAX),
        )
        self.url = url.rstrip("/")

    async def ask(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        content: bytes = b"",
        content_type: str = "application/json",
    ) -> Answer:
        """One request, one answer. Raises NotNow (nothing is known, or nothing left), ChannelBroken (certificate, redirect).

        `query` and `path` end up in logs, here and there: no number, address, text or secret stands in them.
        """
        said = dict(headers or {})
        if content:
            said["Content-Type"] = content_type
        failure: NotNow | ChannelBroken
        try:
            async with asyncio.timeout(WHOLE_SECONDS_MAX):
                return await self._ask(method, path, said, query, content)
        except (NotNow, ChannelBroken) as known:
            failure = known
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            failure = _unreached(error)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, TimeoutError, OSError):
            failure = NotNow(maybe_sent=True)
        # Raised out here, so that no error of the library, which holds the request, hangs from it.
        raise failure

    async def _ask(
        self, method: str, path: str, headers: dict[str, str], query: dict[str, str] | None, content: bytes
    ) -> Answer:
        async with self._client.stream(
            method, path, headers=headers, params=query, content=content
        ) as response:
            if response.is_redirect:
                raise ChannelBroken(
                    "The provider redirects our requests elsewhere, where they do not go. Correct its address."
                )
            body = b""
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > ANSWER_BYTES_MAX:
                    raise NotNow(maybe_sent=True)
            return Answer(response.status_code, body, _retry_after(response.headers))

    async def close(self) -> None:
        """Closes the connections. Repeatable."""
        await self._client.aclose()


def refuse_by_status(answer: Answer) -> NotNow | ChannelBroken:
    """What an answer other than success means where the provider's own words did not say: the status alone.

    What a status leaves open is the channel's fault, not the address's: better that an operator looks than that a hundred
    patients are written off.
    """
    if answer.status in (408, 409, 423, 425, 429, 503):
        return NotNow(answer.retry_after)
    if answer.status >= 500:
        return NotNow(answer.retry_after, maybe_sent=True)
    if answer.status in (401, 403):
        return ChannelBroken(
            f"The provider refuses our credentials, or what they may do (HTTP {answer.status})."
        )
    if answer.status == 402:
        return ChannelBroken("The provider's account has no credit left (HTTP 402).")
    return ChannelBroken(f"The provider does not understand our requests (HTTP {answer.status}).")


def _unreached(error: BaseException) -> NotNow | ChannelBroken:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return ChannelBroken(
                "The provider's certificate is not one this machine trusts for its name. Nothing was sent to it."
            )
        seen = seen.__cause__ or seen.__context__
    return NotNow()


def _retry_after(headers: httpx.Headers) -> dt.timedelta | None:
    # Brevo says it in a header of its own, in seconds (developers.brevo.com/docs/api-limits).
    said = headers.get("retry-after") or headers.get("x-sib-ratelimit-reset") or ""
    if said.isascii() and said.isdigit() and len(said) < 8:
        return dt.timedelta(seconds=int(said))
    try:
        when = email.utils.parsedate_to_datetime(said)
    except (TypeError, ValueError):
        return None
    return when - dt.datetime.now(dt.UTC) if when.tzinfo else None
