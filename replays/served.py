# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python -m replays.served URL FOLDER CLOCK`: one Serment as it is served, but for its clock, which is a file.

Prints its port and serves until it is told to end, or whoever started it is gone. CLOCK holds microseconds since 1970, eight
bytes, written by whoever plays the days.
"""

from __future__ import annotations

import mmap
import os
import signal
import socket
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from bento_house import INSTANCE
from serment.server.app import create_app
from serment.server.bounds import BoundedProtocol
from serment.settings import Settings


class ReadClock:
    """The time that somebody else sets."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(int.from_bytes(self._bytes[:8], "little") / 1_000_000, UTC)


def _end_with_input() -> None:
    """Nothing is written to it: its end is the end of whoever started this."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Until SIGINT, SIGTERM or the end of the input."""
    threading.Thread(target=_end_with_input, daemon=True).start()
    url, folder, clock = sys.argv[1:]
    app = create_app(Settings(data=Path(folder), instance=INSTANCE), url, clock=ReadClock(Path(clock)))
    config = uvicorn.Config(
        app, http=BoundedProtocol, loop="uvloop", log_level="warning", access_log=False, server_header=False,
        timeout_graceful_shutdown=1, backlog=4_096,
    )  # fmt: skip
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        print(listening.getsockname()[1], flush=True)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
