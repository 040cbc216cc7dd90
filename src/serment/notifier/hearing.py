# SPDX-License-Identifier: AGPL-3.0-or-later
"""What providers say (receipts, STOPs): kept here until it is written, since a provider that is asked again takes it for kept.

One that says something is not asked for more until that is written: so no more is kept than one answer of each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, Generic, TypeVar

import structlog

from serment.database.pool import UNREACHABLE
from serment.notifier.channels import ChannelError

AWAY_MAX: Final = 2  # statements that a database which is away may cost in a row

T = TypeVar("T")
_journal = structlog.get_logger("serment.notifier")


class Heard(Generic[T]):
    """What one provider, by name, says of one kind. `ask` and `write` may be repeated."""

    def __init__(
        self, name: str, ask: Callable[[], Awaitable[Sequence[T]]], write: Callable[[T], Awaitable[None]]
    ) -> None:
        self._name, self._ask, self._write = name, ask, write
        self._kept: dict[T, None] = {}
        self._alone = asyncio.Lock()

    def is_unwritten(self) -> bool:
        """Whether something of it would be lost now."""
        return bool(self._kept)

    async def poll(self) -> None:
        """Writes what was left, asks, writes. Raises what a write raised: then what was not written is kept."""
        async with self._alone:
            await self._write_kept()
            try:
                self._kept = dict.fromkeys(await self._ask())
            except ChannelError as error:
                _journal.warning("channel does not answer", channel=self._name, kind=type(error).__name__)
            await self._write_kept()

    async def _write_kept(self) -> None:
        async def write(one: T) -> None:
            await self._write(one)
            del self._kept[one]

        await each(list(self._kept), write)


async def each(many: Iterable[T], do: Callable[[T], Awaitable[object]]) -> None:
    """Does it to each: one that fails holds up no other, unless the database is away. Raises the first failure at the end."""
    failed: Exception | None = None
    away = 0
    for one in many:
        try:
            await do(one)
            away = 0
        except Exception as error:
            failed = failed or error
            away = away + 1 if isinstance(error, UNREACHABLE) else 0
            if away >= AWAY_MAX:
                break
    if failed is not None:
        raise failed


async def all_of(works: Iterable[Awaitable[None]]) -> None:
    """All at once: one that hangs or fails holds up no other. Raises the first failure at the end."""
    for done in await asyncio.gather(*works, return_exceptions=True):
        if isinstance(done, BaseException):
            raise done
