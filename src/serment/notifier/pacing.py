# SPDX-License-Identifier: AGPL-3.0-or-later
"""How soon it goes out: a provider that hangs rests, and a batch ends within its lease."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import Final

import structlog

from serment.domain.reminder import Channel
from serment.notifier.channels import NotNow

HANGS_SECONDS: Final = 10.0  # a try that failed after so long was not answered
HANGS_MAX: Final = 2  # in a row; then nothing goes this way for REST_SECONDS
REST_SECONDS: Final = 60.0
# A batch hands nothing over after BATCH_SECONDS, and a message that no channel took within HANDED_SECONDS_MAX (its own requests
# take less each) may have gone: so a batch ends within its lease of 120 s, and holds up the end of the process
# (docs/decisions/0061) no longer.
BATCH_SECONDS: Final = 60.0
HANDED_SECONDS_MAX: Final = 55.0

_journal = structlog.get_logger("serment.notifier")


class Pace:
    """Of one process."""

    def __init__(self) -> None:
        self._hangs: dict[Channel, int] = {}
        self._rests: dict[Channel, dt.datetime] = {}

    def later(self, channel: Channel, now: dt.datetime, leased: dt.datetime) -> dt.datetime | None:
        """When a message of a batch that was leased at `leased` is to be tried instead of now; None: now."""
        rest = self._rests.get(channel, now)
        if rest > now:
            return rest
        return now if now - leased >= dt.timedelta(seconds=BATCH_SECONDS) else None

    @contextlib.contextmanager
    def tried(self, channel: Channel, now: dt.datetime) -> Iterator[None]:
        """Around one try, by the loop's clock: counts those that fail unanswered. Whatever answers begins the count anew."""
        loop = asyncio.get_running_loop()
        begun, hung = loop.time(), False
        try:
            yield
        except NotNow:
            hung = loop.time() - begun >= HANGS_SECONDS
            raise
        finally:
            self._hangs[channel] = self._hangs.get(channel, 0) + 1 if hung else 0
            if self._hangs[channel] >= HANGS_MAX:
                waited = dt.timedelta(seconds=loop.time() - begun)
                self._rests[channel] = now + waited + dt.timedelta(seconds=REST_SECONDS)
                _journal.warning("provider hangs", carries=channel, hangs=self._hangs[channel])
