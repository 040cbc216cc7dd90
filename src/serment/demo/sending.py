# SPDX-License-Identifier: AGPL-3.0-or-later
"""What runs beside the demo, each a process of its own for as long as it lasts: the notifier, on paper, and the witness.

They are the same programs as anywhere; only what the notifier sends becomes files, which /demo/phone shows.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from serment.database.embedded import leashed
from serment.settings import LEDGER_FOLDER, LOOPBACK, Settings
from serment.witness.memory import Memory

NOTIFIER_LOG: Final = "notifier.log"
WITNESS_LOG: Final = "witness.log"
WITNESS_FOLDER: Final = "witness"
WITNESS_NAME: Final = "demo.witness"
STOP_SECONDS_MAX: Final = 10.0
PAUSE_SECONDS_MIN: Final = 1.0
PAUSE_SECONDS_MAX: Final = 30.0


def may_send(settings: Settings) -> bool:
    """Whether the notifier's own role is known: a database of one's own wants its password (docs/how-to/notifier.md)."""
    return settings.database_url is None or settings.notifier_database_url is not None


def sending(settings: Settings) -> Beside:
    """The notifier."""
    return Beside(["notify"], settings.data / NOTIFIER_LOG)


def witnessing(settings: Settings) -> tuple[Settings, Beside]:
    """The witness, and the settings that name it to the server. Its folder lies beside the ledger's: a demo has one machine."""
    folder, ledger = settings.data / WITNESS_FOLDER, settings.data / LEDGER_FOLDER
    memory = Memory(folder, WITNESS_NAME)
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port = probe.getsockname()[1]
    log = (ledger / "log.pub").read_text("utf-8").strip()
    command = [
        "witness",
        str(folder),
        "--name",
        WITNESS_NAME,
        "--port",
        str(port),
        "--log",
        log,
        "--look",
        str(ledger),
    ]
    told = replace(settings, witness=f"http://{LOOPBACK}:{port}", witness_key=memory.public)
    return told, Beside(command, settings.data / WITNESS_LOG)


class Beside:
    """The child. It ends with this process, even by kill -9, and is started again when it ends by itself."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self._command = [sys.executable, "-m", "serment.cli", *command]
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._spawning = threading.Lock()  # stop must not slip in between the last check and the start
        # The kernel's death signal is bound to the thread that starts the child: that thread must live as long.
        self._thread = threading.Thread(target=self._supervise, name="demo-beside", daemon=True)

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
        with self._log.open("wb") as log:
            # A session of its own: Ctrl-C in the terminal must reach the demo alone, which then stops things in order.
            return subprocess.Popen(  # noqa: S603  # our own command line, no shell
                leashed(sys.executable, self._command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
