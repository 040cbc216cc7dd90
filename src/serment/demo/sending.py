# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo's notifier: `serment notify` as a process of its own, on paper, for as long as the demo runs.

It is the same program under the same role as anywhere; only what it sends becomes files, which /demo/phone shows.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
from types import TracebackType
from typing import Final, Self

from serment.database.embedded import leashed
from serment.settings import Settings

LOG_FILE: Final = "notifier.log"
STOP_SECONDS_MAX: Final = 10.0
PAUSE_SECONDS_MIN: Final = 1.0
PAUSE_SECONDS_MAX: Final = 30.0


def may_send(settings: Settings) -> bool:
    """Whether the notifier's own role is known: a database of one's own wants its password (docs/how-to/notifier.md)."""
    return settings.database_url is None or settings.notifier_database_url is not None


class Sending:
    """The child. It ends with this process, even by kill -9, and is started again when it ends by itself."""

    def __init__(self, settings: Settings) -> None:
        self._log = settings.data / LOG_FILE
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._spawning = threading.Lock()  # stop must not slip in between the last check and the start
        # The kernel's death signal is bound to the thread that starts the child: that thread must live as long.
        self._thread = threading.Thread(target=self._supervise, name="demo-notifier", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._spawning:
            self._stopping.set()
            process = self._process
        if process is not None:
            for number in (signal.SIGINT, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(STOP_SECONDS_MAX)
                    break
        self._thread.join(STOP_SECONDS_MAX)

    def _supervise(self) -> None:
        pause = PAUSE_SECONDS_MIN
        while True:
            with self._spawning:
                if self._stopping.is_set():
                    return
                process = self._process = self._start()
            process.wait()
            if self._stopping.wait(pause):
                return
            pause = min(2 * pause, PAUSE_SECONDS_MAX)

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "serment.cli", "notify"]
        with self._log.open("wb") as log:
            # A session of its own: Ctrl-C in the terminal must reach the demo alone, which then stops things in order.
            return subprocess.Popen(  # noqa: S603  # our own command line, no shell
                leashed(sys.executable, command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
