# SPDX-License-Identifier: AGPL-3.0-or-later
"""The witness's HTTP, one address: `POST /add-checkpoint`. Beside it, where a log's files can be read, the look at them all."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from serment.verifier.ledger import verify
from serment.verifier.notes import Key, Wrong
from serment.witness.judge import TEXT_TYPE, Answer, Judge

BODY_BYTES_MAX = 16 * 1024
REQUEST_SECONDS_MAX = 10.0
LOOK_SECONDS = 60.0


def say(sentence: str) -> None:
    """To whoever runs the witness."""
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())} UTC  {sentence}", file=sys.stderr, flush=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = REQUEST_SECONDS_MAX
    judge: Judge
    tell: Callable[[str], None]

    def do_POST(self) -> None:
        """Judges one checkpoint."""
        size = self.headers.get("Content-Length", "")
        if self.path != "/add-checkpoint":
            self._answer(Answer(HTTPStatus.NOT_FOUND, b"POST /add-checkpoint\n"), last=True)
        elif not size.isdigit() or int(size) > BODY_BYTES_MAX:
            self._answer(Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"16 KiB at most\n"), last=True)
        else:
            answer = self.judge.add_checkpoint(self.rfile.read(int(size)))
            if answer.alarm is not None:
                type(self).tell(answer.alarm)
            self._answer(answer)

    def _answer(self, answer: Answer, *, last: bool = False) -> None:
        self.close_connection = self.close_connection or last
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind or TEXT_TYPE)
        self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """No request is written down."""


class Server(ThreadingHTTPServer):
    """Listens until it is shut down. `port` 0 takes a free one."""

    daemon_threads = True

    def __init__(self, judge: Judge, host: str, port: int, tell: Callable[[str], None] = say) -> None:
        super().__init__(
            (host, port), type("Handler", (_Handler,), {"judge": judge, "tell": staticmethod(tell)})
        )

    @property
    def url(self) -> str:
        """What a log is told."""
        return f"http://{self.server_address[0]!s}:{self.server_port}"


class Look:
    """Reads a log's published files whole, again and again: what does not fit is said, and nothing is signed until it does."""

    def __init__(self, judge: Judge, folder: Path, key: str, tell: Callable[[str], None] = say) -> None:
        self._judge, self._folder, self._key, self._tell = judge, folder, key, tell
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="look", daemon=True)

    def __enter__(self) -> Look:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def once(self) -> str | None:
        """What is wrong now, None if all fits, or nothing was published yet."""
        log = Key.read(self._key)
        seen = self._judge.memory.seen_file(log)
        earlier = [("the checkpoint that was signed here last", seen.read_bytes())] if seen.exists() else []
        if not earlier and not (self._folder / "checkpoint").exists():
            return None
        try:
            verify(self._folder, self._key, earlier=earlier)
        except Wrong as error:
            wrong = str(error)
            if self._judge.broken.get(log.name) != wrong:
                self._tell(f"{log.name}: {wrong}")
            self._judge.broken[log.name] = wrong
            return wrong
        if self._judge.broken.pop(log.name, None) is not None:
            self._tell(f"{log.name}: all fits again.")
        return None

    def _go_on(self) -> None:
        while True:
            try:
                self.once()
            except Exception as error:
                self._tell(f"The files in {self._folder} could not be read: {type(error).__name__}.")
            if self._over.wait(LOOK_SECONDS):
                return
