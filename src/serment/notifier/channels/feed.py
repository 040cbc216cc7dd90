# SPDX-License-Identifier: AGPL-3.0-or-later
"""Polling what a provider lists again and again: each thing told once, nothing lost to a failure, no number remembered."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, TypeVar

from serment.notifier.channels import ChannelError

SEEN_MAX: Final = (
    50_000  # what three days of a large centre come to; older ones may be told twice, which does no harm
)
FORGOTTEN_MAX: Final = 5_000  # what waits to be deleted at a provider that does not answer

T = TypeVar("T")


class Seen:
    """Knows what was told before, as hashes under a key that dies with the process."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def first(self, *said: object) -> bool:
        """Whether this is told for the first time; from now on it is not."""
        if not self.unseen(*said):
            return False
        self._seen[self._digest(said)] = None
        if len(self._seen) > SEEN_MAX:
            self._seen.popitem(last=False)
        return True

    def unseen(self, *said: object) -> bool:
        """Whether this was not told yet; it stays untold."""
        return self._digest(said) not in self._seen

    def _digest(self, said: tuple[object, ...]) -> bytes:
        return hashlib.blake2b(repr(said).encode(), key=self._key, digest_size=16).digest()


async def told(found: AsyncIterator[T]) -> list[T]:
    """All that was found before a failure, since it counts as told; the failure itself where nothing was."""
    kept: list[T] = []
    try:
        async for one in found:
            kept.append(one)  # noqa: PERF401  # a comprehension would drop what came before the failure
    except ChannelError:
        if not kept:
            raise
    return kept


async def forgotten(paths: list[str], delete: Callable[[str], Awaitable[object]]) -> None:
    """Has the provider delete these, in order; what fails stays in the list for the next time."""
    del paths[:-FORGOTTEN_MAX]
    try:
        while paths:
            await delete(paths[0])
            del paths[0]
    except ChannelError:
        return
