# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment` as a process to kill: started as people start it, with the settings of a test."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from serment.database.cluster_folder import processes_in

SMALL_TOWN = (str(Path(__file__).with_name("crash") / "small_town.py"),)
UP_SECONDS_MAX = 120.0
END_SECONDS_MAX = 20.0
GONE_SECONDS_MAX = 10.0


def _hang_up_heard() -> None:
    """A suite started under nohup hands SIGHUP over ignored, and Serment leaves an ignored one ignored."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Serment:
    """One `serment` command in a process group of its own; its words go to a file. `program`: what Python runs."""

    def __init__(
        self, command: str, *, data: Path, port: int, program: Sequence[str] = ("-m", "serment.cli"), **environment: str
    ) -> None:  # fmt: skip
        self.data, self.port = data, port
        self.said = data.with_name(f"{data.name}.said")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SERMENT_")}
        with self.said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, *program, command],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_hang_up_heard,
                env={**inherited, "SERMENT_DATA": str(data), "SERMENT_PORT": str(port), **environment},
            )

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def words(self) -> str:
        return self.said.read_text("utf-8", "replace")

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + UP_SECONDS_MAX
        with httpx.Client(timeout=5) as client:  # one for all tries: to make one takes longer than to ask
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if client.get(f"{self.address}/healthz").status_code == httpx.codes.OK:
                        return
                assert self.process.poll() is None, self.words()
                assert time.monotonic() < deadline, self.words()
                time.sleep(0.05)

    def database_processes(self) -> list[int]:
        return processes_in(self.data.absolute() / "postgres" / "cluster")

    def kill_9(self, *, database_too: bool = False) -> None:
        """No warning, no farewell."""
        victims = [self.process.pid, *(self.database_processes() if database_too else [])]
        for pid in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def end(self, *signals: int, whole_group: bool = False) -> int:
        """Sends the signals and returns the exit code; the database must be gone when the process is."""
        for number in signals or (signal.SIGINT,):
            if whole_group:
                os.killpg(self.process.pid, number)
            else:
                self.process.send_signal(number)
        return self.process.wait(END_SECONDS_MAX)

    def clean_up(self) -> None:
        """For whatever a failed test left."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        deadline = time.monotonic() + GONE_SECONDS_MAX
        while self.database_processes() and time.monotonic() < deadline:
            time.sleep(0.05)
