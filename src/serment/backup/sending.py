# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment backup`: every few seconds what the log grew by, once a day a base, and the files beside the database.

What was sent is what the slot says: it is moved on once the target keeps the stretch. A crash in between sends the same stretch
again, under another name. The files are looked at before the log: a ledger in the backup is never ahead of its database.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from serment.backup import sealing
from serment.backup.config import BackupConfig
from serment.backup.names import Name
from serment.backup.source import NoBase, Source
from serment.backup.standing import Standing, read_standing, write_standing
from serment.backup.target import NotKept
from serment.backup.wal import segment_start, stretches
from serment.database.pool import UNREACHABLE
from serment.framing.planted import plant
from serment.server.secret import PREVIOUS_SECRET_FILE, SECRET_FILE
from serment.settings import LEDGER_FOLDER

ROUND_SECONDS: Final = 10.0  # what a lost volume loses at most, with the time of one sending
STRETCH_BYTES_MAX: Final = 4 << 20
AFTER_ERROR_SECONDS: Final = 5.0
BASE_AGAIN: Final = timedelta(minutes=15)  # after a base that broke off
FILES_BYTES_MAX: Final = 64 << 20  # in one round
# Of the data folder, beside the database. The notifier's keys are not among them: a copy would outlive their days.
FILES: Final = (SECRET_FILE, PREVIOUS_SECRET_FILE, LEDGER_FOLDER)
PLANTED: Final = "connector.json"
CHECKPOINT: Final = f"{LEDGER_FOLDER}/checkpoint"

_AGAIN: Final[tuple[type[Exception], ...]] = (NotKept, NoBase, *UNREACHABLE)

_journal = structlog.get_logger("serment.backup")


@dataclass
class _Base:
    """A base on its way: from where its log must be replayed, and, once it is kept, up to where it must be."""

    name: Name
    replay_from: int
    stop: int | None = None


@dataclass
class Backup:
    """One process's work. `data` is the server's data folder; `sent_until`, how far the log was sent."""

    source: Source
    config: BackupConfig
    data: Path
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _seen: dict[str, tuple[int, int]] = field(default_factory=dict)
    sent_until: int = 0
    _sent: bool = False
    _erased: str = ""
    _base_due: datetime | None = None
    _base: _Base | None = None
    _last: Name | None = None
    _making: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Goes on until cancelled; whatever fails is told in the journal and tried again."""
        try:
            while True:
                wait = await self.try_round()
                await asyncio.sleep(wait)
        finally:
            if self._making is not None:
                self._making.cancel()

    async def try_round(self) -> float:
        """One round, or why it failed, in the journal and for `serment check`; after how many seconds the next is due."""
        try:
            await self.round()
            return ROUND_SECONDS
        except _AGAIN as error:
            why = str(error)[:300]
            _journal.error("backup stands still", kind=type(error).__name__, why=why)
            # A disk that is full ends no sending.
            with contextlib.suppress(OSError):
                write_standing(self.data, replace(read_standing(self.data), why=why))
            return AFTER_ERROR_SECONDS

    async def round(self) -> int:
        """Sends what there is; how far the log was sent."""
        files = await asyncio.to_thread(self._changed_files)
        place, goes_on = await self.source.begin()
        if not goes_on:
            # The log before this place is gone: a base that needs it is none any more.
            self._base_due, self._sent, self._base = self.clock(), False, None
        cluster = self.source.cluster
        # The target may be another than the last process's: the segment is sent from its beginning once more.
        start = place if self._sent else segment_start(place, cluster.segment_bytes)
        end = await self.source.flushed()
        for begin, stop in stretches(start, end, segment_bytes=cluster.segment_bytes, most=STRETCH_BYTES_MAX):
            data = await self.source.read(begin, stop)
            await self._put(Name.new(self.clock(), "wal", cluster.timeline, begin, stop), data)
            if stop > place:
                await self.source.sent(stop)
        self._sent, self.sent_until = True, end
        if files:
            held = {name: data for name, (_, data) in files.items()}
            if SECRET_FILE in held:
                held[PLANTED] = _planted(held[SECRET_FILE])
            await self._put(Name.new(self.clock(), "files"), _tar(held))
            self._seen.update({name: seen for name, (seen, _) in files.items()})
        if (mark := await self.source.erased_mark()) != self._erased:
            erased = await self.source.erased()
            await self._put(Name.new(self.clock(), "erased"), json.dumps(erased).encode())
            self._erased = mark
        await self._look_after_base(start, end)
        base = self._last.at if self._last is not None else self._standing_base()
        write_standing(self.data, Standing(self.clock(), base, self.config.mark))
        return end

    def _standing_base(self) -> datetime | None:
        """When the last base began that went to this target, sealed to these keys; None when there is none."""
        standing = read_standing(self.data)
        return standing.base if standing.mark == self.config.mark else None

    async def whole(self) -> Name:
        """Rounds until a base stands with all its log; that base. For tests, and for who wants one now."""
        self._base_due, before = self.clock(), self._last
        while True:
            await self.round()
            if self._last is not None and self._last is not before:
                return self._last
            await asyncio.sleep(0.1)

    async def _put(self, name: Name, data: bytes) -> None:
        await asyncio.to_thread(sealing.put, self.config.target, self.config.recipients, name, data)

    async def _look_after_base(self, start: int, end: int) -> None:
        now = self.clock()
        if self._base_due is None:
            last = self._standing_base()
            self._base_due = now if last is None else min(last, now) + timedelta(hours=self.config.base_hours)
        if self._making is not None:
            if not self._making.done():
                return
            making, self._making = self._making, None
            error = making.exception()
            if error is not None:
                if self._base is not None:
                    self._base, self._base_due = None, now + BASE_AGAIN
                raise error
            if self._base is not None:
                self._base.stop = await self.source.flushed()
            return
        if self._base is not None:
            if self._base.stop is not None and end >= self._base.stop:
                await self._finish(self._base)
            return
        if now >= self._base_due:
            replay_from = segment_start(start, self.source.cluster.segment_bytes)
            self._base = _Base(Name.new(now, "base"), replay_from)
            self._base_due = now + timedelta(hours=self.config.base_hours)
            self._making = asyncio.create_task(asyncio.to_thread(self._make, self._base.name))

    def _make(self, name: Name) -> None:
        with self.source.base() as stream:
            sealing.put_stream(self.config.target, self.config.recipients, name, stream)

    async def _finish(self, base: _Base) -> None:
        told = {
            "base": str(base.name),
            "replay_from": base.replay_from,
            "stop": base.stop,
            **asdict(self.source.cluster),
        }
        await self._put(Name.new(self.clock(), "done"), json.dumps(told).encode())
        # A new base stands by itself: all files go with it again, so that older days may go.
        self._seen.clear()
        self._base, self._last = None, base.name
        _journal.info("base kept", name=str(base.name))

    def _changed_files(self) -> dict[str, tuple[tuple[int, int], bytes]]:
        """Size and time, and content, of what is new or changed since it was sent: FILES_BYTES_MAX of it, the rest next time.

        The ledger's checkpoint is read first and sent last: all that it signs lies in the backup before it.
        """
        found: dict[str, tuple[tuple[int, int], bytes]] = {}
        total = 0
        paths = [path for name in FILES for path in _files_of(self.data / name)]
        checkpoint = self.data / CHECKPOINT
        signed = checkpoint.read_bytes() if checkpoint.is_file() else None
        for path in paths:
            name = str(path.relative_to(self.data))
            try:
                stat = path.stat()
                seen = (stat.st_size, stat.st_mtime_ns)
                if path == checkpoint or self._seen.get(name) == seen:
                    continue
                data = path.read_bytes()
            except FileNotFoundError:
                continue  # a partial tile that is full by now
            if total + len(data) > FILES_BYTES_MAX and found:
                return found
            total += len(data)
            found[name] = seen, data
        if signed is not None and self._seen.get(CHECKPOINT) != (seen := (len(signed), hash(signed))):
            found[CHECKPOINT] = seen, signed
        return found


def _files_of(place: Path) -> list[Path]:
    inside = sorted(place.rglob("*")) if place.is_dir() else [place]
    return [
        path for path in inside if path.is_file() and not path.is_symlink() and not path.name.endswith(".new")
    ]


def _planted(secret: bytes) -> bytes:
    """What a thief of the backup finds beside the secret: it looks like a linked program's way in, and sounds the alarm."""
    return json.dumps({"credential": plant(secret), "scope": "appointments.read"}).encode()


def _tar(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o600
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()
