# SPDX-License-Identifier: AGPL-3.0-or-later
"""How a process that runs until it is told to stop ends: Ctrl-C, `kill` and a closed terminal alike, once, in order."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine
from types import FrameType
from typing import Any, NoReturn, TypeVar

_ENDINGS = (signal.SIGINT, signal.SIGTERM)

T = TypeVar("T")


def end_in_order() -> None:
    """From here on each of the three raises KeyboardInterrupt, and only the first of them does.

    SIGINT is set too: a shell that starts a program in the background hands it over ignored. An ignored SIGHUP stays
    ignored: that is what `nohup` asks for.
    """
    for number in _ENDINGS:
        signal.signal(number, _interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        # As SIGTERM, since whoever sets handlers of its own (the server does) knows that one.
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))


def _interrupt(_: int, __: FrameType | None) -> NoReturn:
    _ignore_what_comes()
    raise KeyboardInterrupt


def _ignore_what_comes() -> None:
    """A second Ctrl-C would cut short what ends in order within seconds anyway; kill -9 is always safe."""
    for number in (*_ENDINGS, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def begin_again() -> NoReturn:
    """The same command in place of this program, as the same process to whoever supervises it, with nothing of its memory."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  # our own command line, no shell


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """asyncio.run, where a signal to end cancels: whatever is awaited is given up in order, then KeyboardInterrupt.

    Raised amid the event loop, as a signal's handler would do it, it can leave a connection that is waited for in vain.
    """
    return asyncio.run(_cancelled_by_signals(coroutine))


async def _cancelled_by_signals(coroutine: Coroutine[Any, Any, T]) -> T:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    before = {number: signal.getsignal(number) for number in _ENDINGS}
    told = False

    def end() -> None:
        nonlocal told
        if not told and task is not None:
            told = True
            task.cancel()

    for number in _ENDINGS:
        loop.add_signal_handler(number, end)
    try:
        return await coroutine
    except asyncio.CancelledError:
        if told:
            raise KeyboardInterrupt from None
        raise
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
        if told:
            _ignore_what_comes()
