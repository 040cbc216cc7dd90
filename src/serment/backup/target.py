# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where backups go. A target is only added to: there is nothing here that reads, changes or deletes.

A folder (another disk, a mount), or a command that is given a name and bytes and keeps them elsewhere: `ssh` to a machine where
`serment receive FOLDER` is the only thing that the key may start. Whoever holds all rights of the server's machine can add
there, and no more; what they add is read by whoever restores (restoring.py).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Final, Protocol

from serment.backup.names import Name
from serment.syncing import sync_folder

COPY_BYTES: Final = 1 << 20
COMMAND_SECONDS_MAX: Final = 600.0  # without taking a byte, or an answer: then it hangs, and is ended
FILE_BYTES_MAX: Final = 1 << 40
CLOCKS_APART_MAX: Final = timedelta(minutes=5)
_LINE_BYTES_MAX: Final = 300


class NotKept(Exception):
    """The target did not keep a file of the backup. What was kept before is untouched; it is tried again."""


class Target(Protocol):
    """Something that keeps files."""

    def put(self, name: Name) -> contextlib.AbstractContextManager[IO[bytes]]:
        """A file to write to. When the block ends the bytes are kept, by the target's own word. Raises NotKept."""


class Folder:
    """A folder. Files are made anew, never opened again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextlib.contextmanager
    def put(self, name: Name) -> Iterator[IO[bytes]]:
        """See Target."""
        path = self.folder / str(name)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            sync_folder(path.parent)
        except OSError as error:
            raise NotKept(f"{self.folder} does not keep {name}: {error.strerror}.") from error


class Command:
    """A command that is started for each file: a line with its name, then its bytes on standard input. It answers, once it
    keeps them, with their SHA-256 in hexadecimal."""

    def __init__(self, words: Sequence[str], *, seconds: float = COMMAND_SECONDS_MAX) -> None:
        self._words, self._seconds = list(words), seconds

    @contextlib.contextmanager
    def put(self, name: Name) -> Iterator[IO[bytes]]:
        """See Target."""
        try:
            process = subprocess.Popen(  # noqa: S603  # the host's own words, no shell
                self._words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            raise NotKept(f"{self._words[0]} cannot be started: {error.strerror}.") from error
        assert process.stdin is not None and process.stdout is not None  # noqa: S101  # both are pipes
        counted, ended = _Counted(process.stdin), threading.Event()
        watching = threading.Thread(target=self._watch, args=(process, counted, ended), daemon=True)
        watching.start()
        try:
            process.stdin.write(f"{name}\n".encode())
            yield counted  # type: ignore[misc]  # writes are all that is asked of it
            process.stdin.close()
            said = process.stdout.read(_LINE_BYTES_MAX).decode("ascii", "replace").strip()
            if process.wait(self._seconds) != 0 or said != counted.digest.hexdigest():
                raise NotKept(f"{self._words[0]} did not say that it keeps {name}.")
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotKept(f"{self._words[0]} broke off at {name}.") from error
        finally:
            ended.set()
            watching.join()
            if process.poll() is None:
                process.kill()
                process.wait()
            process.stdout.close()
            with contextlib.suppress(OSError):
                process.stdin.close()

    def _watch(self, process: subprocess.Popen[bytes], counted: _Counted, ended: threading.Event) -> None:
        """Ends a command that hangs: whoever writes to it, or waits for its answer, sees it break off."""
        while not ended.wait(self._seconds / 10):
            if time.monotonic() - counted.moved > self._seconds:
                process.kill()
                return


class _Counted:
    """Writes on, and hashes what it writes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.moved = time.monotonic()

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.moved = time.monotonic()
        written = self._file.write(data)
        self.moved = time.monotonic()
        return written

    def flush(self) -> None:
        self._file.flush()


def receive(folder: Path, source: IO[bytes], now: datetime) -> str:
    """The other end of Command: keeps one file below `folder` and returns its SHA-256. Raises NotKept.

    It makes files with names of backups and nothing else: no file is read, written twice or removed. Names say the present, by
    this machine's clock: nobody adds to the past. A connection that breaks leaves what came, without an answer; the sender
    takes another name.
    """
    line = source.readline(_LINE_BYTES_MAX).decode("ascii", "replace").strip()
    name = Name.read(line)
    if name is None:
        raise NotKept("That is not the name of a backup's file. Nothing was kept.")
    if abs(name.at - now) > CLOCKS_APART_MAX:
        raise NotKept(
            f"By the clock here it is {now:%Y-%m-%d %H:%M} (UTC), and {name} says another time. Nothing was kept."
        )
    digest, length = hashlib.sha256(), 0
    with Folder(folder).put(name) as file:
        while data := source.read(COPY_BYTES):
            length += len(data)
            if length > FILE_BYTES_MAX:
                raise NotKept("No file of a backup is that large. What came was left as it is.")
            digest.update(data)
            file.write(data)
    return digest.hexdigest()
