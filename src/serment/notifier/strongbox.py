# SPDX-License-Identifier: AGPL-3.0-or-later
"""The notifier's keys on disk: one file of fixed places, mirrored to one second place, and in no dated backup.

A day's key must be gone when its day is over, so nothing is ever written beside and renamed: a file that replaces another
leaves the other's blocks to whoever reads the raw disk. Each key has a place of its own, overwritten and synced when it is to
be forgotten. What a disk keeps below that (a journal, a flash chip's spare blocks) no program can reach:
docs/how-to/notifier.md says so.

    file  = magic(16) || root place || tag place || code places (CODE_PLACES) || day places (DAY_PLACES)
    place = kind u8 || day u32 (days since 1970-01-01) || seed(32) || SHA-256(what stands before)[:27]            64 bytes

A place that a crash tore is empty: its check fails. A key counts only once both files hold it, and is published after that.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from serment.syncing import sync_folder

MAGIC: Final = b"serment keys 1\r\n"
PLACE_BYTES: Final = 64
SEED_BYTES: Final = 32
CODE_PLACES: Final = 4
DAY_PLACES: Final = 448  # 400 days ahead, and room for those that are not over everywhere yet
PRIVATE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700
_ROOT, _TAG, _CODE, _DAY = 1, 2, 3, 4
_PLACES: Final = 2 + CODE_PLACES + DAY_PLACES
_EPOCH: Final = dt.date(1970, 1, 1)
_EMPTY: Final = bytes(PLACE_BYTES)


class StrongboxUnusable(Exception):
    """The notifier's keys cannot be used. Nothing was sent and nothing was changed."""


@dataclass(frozen=True, slots=True, order=True)
class _Key:
    kind: int
    day: dt.date
    seed: bytes

    def place(self) -> bytes:
        head = bytes([self.kind]) + (self.day - _EPOCH).days.to_bytes(4, "big") + self.seed
        return head + sha256(head).digest()[: PLACE_BYTES - len(head)]

    @staticmethod
    def read(place: bytes) -> _Key | None:
        head = place[: 5 + SEED_BYTES]
        if place == _EMPTY or sha256(head).digest()[: PLACE_BYTES - len(head)] != place[len(head) :]:
            return None
        return _Key(head[0], _EPOCH + dt.timedelta(days=int.from_bytes(head[1:5], "big")), head[5:])


class Strongbox:
    """Opens, or makes, the file and its mirror; one process at a time. Close it, or use it as a context.

    Raises StrongboxUnusable: another process has it, others may read it, it is no strongbox, or the two files differ. Where
    only one of the two is left, the other is made again from it: each knows every key that counts.
    """

    def __init__(self, path: Path, mirror: Path) -> None:
        if path.absolute() == mirror.absolute():
            raise StrongboxUnusable(
                f"{path} cannot be its own mirror. Name a second place, best on another disk."
            )
        self._paths = (path, mirror)
        self._files: list[int] = []
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        for path in self._paths:
            self._files.append(_open_file(path))
        kept = [_read(file, path) for file, path in zip(self._files, self._paths, strict=True)]
        roots = {key for places in kept for key in places if key is not None and key.kind == _ROOT}
        if len(roots) > 1:
            raise StrongboxUnusable(
                f"{self._paths[0]} and {self._paths[1]} hold keys of two notifiers. Nothing was changed. "
                "Take the wrong one away."
            )
        if not roots and any(key is not None for places in kept for key in places):
            raise StrongboxUnusable(
                f"{self._paths[0]} lacks its root key. Nothing was changed. Put the right file, or its mirror, back."
            )
        self._places = [self._agree(*pair) for pair in zip(*kept, strict=True)]
        self._write(
            {index: key for index, key in enumerate(self._places) if kept[0][index] != kept[1][index]}
        )
        # Files lost whole look like a first start: keys.py compares the root with the one that was published.
        for index, kind in enumerate((_ROOT, _TAG)):
            if self._places[index] is None:
                self._write({index: _Key(kind, _EPOCH, secrets.token_bytes(SEED_BYTES))})

    def _agree(self, first: _Key | None, second: _Key | None) -> _Key | None:
        """What one place holds. A key in one file alone was being written, being forgotten, or its other file is new."""
        if first is not None and second is not None and first != second:
            raise StrongboxUnusable(
                f"{self._paths[0]} and {self._paths[1]} differ. Nothing was changed. Take away the one that is older."
            )
        return first or second

    def __enter__(self) -> Strongbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the files."""
        for file in self._files:
            os.close(file)
        self._files.clear()

    @property
    def root(self) -> bytes:
        """The seed of the root that practices name in their rosters."""
        return self._only(_ROOT)

    @property
    def tag_key(self) -> bytes:
        """The key that makes tags of addresses (numbers.py)."""
        return self._only(_TAG)

    def _only(self, kind: int) -> bytes:
        return next(key.seed for key in self._places if key is not None and key.kind == kind)

    def day(self, day: dt.date) -> bytes | None:
        """The seed of a day's key; None once it is forgotten, or before it is made."""
        return self._find(_DAY, day)

    def code(self, since: dt.date) -> bytes | None:
        """The seed of the code key that is good from this day."""
        return self._find(_CODE, since)

    def _find(self, kind: int, day: dt.date) -> bytes | None:
        return next(
            (key.seed for key in self._places if key is not None and (key.kind, key.day) == (kind, day)), None
        )

    def days(self) -> list[dt.date]:
        """The days whose key is here, in order."""
        return sorted(key.day for key in self._places if key is not None and key.kind == _DAY)

    def codes(self) -> list[dt.date]:
        """The first days of the code keys that are here, in order."""
        return sorted(key.day for key in self._places if key is not None and key.kind == _CODE)

    def make_days(self, days: Sequence[dt.date]) -> list[bytes]:
        """The seeds of these days' keys, new where there is none; all of them in both files when this returns."""
        return self._make(_DAY, days, range(2 + CODE_PLACES, _PLACES))

    def make_code(self, since: dt.date) -> bytes:
        """The seed of the code key that is good from this day, new if there is none; in both files when this returns."""
        return self._make(_CODE, [since], range(2, 2 + CODE_PLACES))[0]

    def _make(self, kind: int, days: Sequence[dt.date], places: range) -> list[bytes]:
        seeds = {key.day: key.seed for key in self._places if key is not None and key.kind == kind}
        lacking = [day for day in dict.fromkeys(days) if day not in seeds]
        free = [index for index in places if self._places[index] is None]
        if len(free) < len(lacking):
            raise StrongboxUnusable(
                f"{self._paths[0]} has no place left. Forget the keys of days that are over."
            )
        fresh = {
            index: _Key(kind, day, secrets.token_bytes(SEED_BYTES))
            for index, day in zip(free, lacking, strict=False)
        }
        self._write(fresh)
        seeds |= {key.day: key.seed for key in fresh.values()}
        return [seeds[day] for day in days]

    def forget_day(self, day: dt.date) -> None:
        """Overwrites a day's key in both files. Repeatable; a crash leaves it in one, from where the next call takes it too."""
        self._forget(_DAY, day)

    def forget_code(self, since: dt.date) -> None:
        """Overwrites a code key in both files."""
        self._forget(_CODE, since)

    def _forget(self, kind: int, day: dt.date) -> None:
        for index, key in enumerate(self._places):
            if key is not None and (key.kind, key.day) == (kind, day):
                self._write({index: None})

    def _write(self, keys: Mapping[int, _Key | None]) -> None:
        """Each key into its place, in one file after the other; each file is synced once."""
        if not keys:
            return
        for file in self._files:
            for index, key in keys.items():
                place = _EMPTY if key is None else key.place()
                os.pwrite(file, place, len(MAGIC) + index * PLACE_BYTES)
            os.fsync(file)
        for index, key in keys.items():
            self._places[index] = key


def _open_file(path: Path) -> int:
    path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE_MODE)
    with _closed_on_error(file):
        if os.fstat(file).st_mode & 0o077:
            raise StrongboxUnusable(
                f"{path} can be read by others. Nothing was changed. Type: chmod 600 {path}"
            )
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StrongboxUnusable(
                f"{path} is in use by another notifier. Nothing was changed. Stop that one first."
            ) from None
    return file


@contextlib.contextmanager
def _closed_on_error(file: int) -> Iterator[None]:
    try:
        yield
    except BaseException:
        os.close(file)
        raise


def _read(file: int, path: Path) -> list[_Key | None]:
    """The places of a file; an empty or half-made file is made whole first."""
    size = len(MAGIC) + _PLACES * PLACE_BYTES
    content = os.pread(file, size + 1, 0)
    if len(content) > size or not MAGIC.startswith(content[: len(MAGIC)]):
        raise StrongboxUnusable(
            f"{path} is no key file of this notifier. Nothing was changed. Put the right one back."
        )
    if len(content) < size:
        os.pwrite(file, (MAGIC + content[len(MAGIC) :]).ljust(size, b"\0"), 0)
        os.fsync(file)
        sync_folder(path.parent)
        content = os.pread(file, size, 0)
    body = content[len(MAGIC) :]
    return [_Key.read(body[at : at + PLACE_BYTES]) for at in range(0, len(body), PLACE_BYTES)]
