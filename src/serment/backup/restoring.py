# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment restore`: a data folder made anew from a backup: the newest base, the log after it, the files beside the database.

Everything is made in a folder beside and takes its place by one rename, last: a crash before leaves nothing but that folder,
which the next try removes. PostgreSQL itself replays the log, and says when it is not whole.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

import asyncpg

from serment.backup import sealing
from serment.backup.names import Name
from serment.backup.sealing import CannotOpen
from serment.backup.sending import FILES
from serment.backup.target import COPY_BYTES
from serment.backup.wal import covering, segment_name, segment_start
from serment.database.embedded import EmbeddedPostgres
from serment.database.migrate import migrate
from serment.database.pool import CONNECT_SECONDS_MAX
from serment.database.queries import load

REPLAY_SECONDS_MAX: Final = 6 * 3600.0
STATEMENT_SECONDS_MAX: Final = 600.0
PRIVATE_FOLDER: Final = 0o700
PRIVATE_FILE: Final = 0o600
_BUILDING: Final = "restoring"
_QUERIES: Final = load("backup")


class CannotRestore(Exception):
    """The backup cannot be restored here. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Restored:
    """`base` is when it was made; `until`, when the last stretch of the log was sent. The rest are rows."""

    base: datetime
    until: datetime
    era: int
    practices: int
    appointments: int
    entries: int


@dataclass(frozen=True, slots=True)
class _Done:
    base: Name
    replay_from: int
    stop: int
    major: int
    segment_bytes: int
    timeline: int


async def restore(
    vault: Path,
    data: Path,
    identities: Sequence[Any],
    *,
    until: datetime | None = None,
    erase_again: bool = True,
    bin_folder: Path | None = None,
) -> Restored:
    """Makes the data folder `data` from the backup in `vault`. `until`: what was kept by then alone (else all there
    is): whoever took the server over later can add files, and none of them counts. `erase_again`: but for cards that somebody
    erased by hand since, which are erased again.

    Raises CannotRestore, and what the embedded PostgreSQL raises. `data` keeps what it held beside database, secret and ledger.
    """
    if (data / "postgres").exists():
        raise CannotRestore(
            f"{data / 'postgres'} is there already. Nothing was changed. Restore into an empty data folder, or move that "
            "one away."
        )
    building = data / _BUILDING
    if building.exists():
        shutil.rmtree(building)
    building.mkdir(mode=0o700, parents=True)
    everything = _names(vault)
    names = [name for name in everything if until is None or name.at <= until]
    done = _newest(vault, identities, names)
    _unpack_base(vault, identities, done.base, building)
    last = _write_log(vault, identities, names, done, building / "log")
    _unpack_files(vault, identities, names, building / "files")
    erased = _erased(vault, identities, everything if erase_again else names)
    restored = await _replay(building, done, last, erased, bin_folder)
    for name in FILES:
        if (building / "files" / name).exists():
            _take_place(building / "files" / name, data / name)
    shutil.rmtree(building / "log")
    (building / "postgres").rename(data / "postgres")
    shutil.rmtree(building)
    return restored


def _names(vault: Path) -> list[Name]:
    found = (Name.read(str(path.relative_to(vault))) for path in vault.glob("*/*.age"))
    names = sorted((name for name in found if name is not None), key=lambda name: (name.at, str(name)))
    if not names:
        raise CannotRestore(f"{vault} holds no backup of Serment. Nothing was changed.")
    return names


def _newest(vault: Path, identities: Sequence[Any], names: list[Name]) -> _Done:
    """The newest base that is whole."""
    opened = 0
    for name in reversed(names):
        if name.kind != "done":
            continue
        try:
            told = json.loads(sealing.get(vault, identities, name))
        except CannotOpen:
            continue
        opened += 1
        base = Name.read(told.pop("base"))
        if base is not None and (vault / str(base)).is_file():
            return _Done(base, **told)
    if opened == 0 and any(name.kind == "done" for name in names):
        raise CannotRestore(f"Nothing in {vault} opens with this key. Nothing was changed.")
    raise CannotRestore(f"{vault} holds no base that is whole. Nothing was changed.")


def _unpack_base(vault: Path, identities: Sequence[Any], base: Name, building: Path) -> None:
    packed = building / "base.tar.gz"
    cluster = building / "postgres" / "cluster"
    cluster.mkdir(mode=0o700, parents=True)
    try:
        with packed.open("wb") as file:
            sealing.get_stream(vault, identities, base, file)
        with tarfile.open(packed, "r:gz") as tar:
            _extract(tar, cluster)
    except (CannotOpen, tarfile.TarError, EOFError) as error:
        raise CannotRestore(f"The base {base} does not open. Nothing was changed.") from error
    packed.unlink()


def _write_log(vault: Path, identities: Sequence[Any], names: list[Name], done: _Done, folder: Path) -> Name:
    """Puts the stretches into segments, as far as they join; the last one of them. What a crash cut short is passed over."""
    folder.mkdir(mode=0o700)
    logs = [name for name in names if name.kind == "wal" and name.numbers[2] > done.replay_from]
    place, last = done.replay_from, None
    while stretch := _first_that_opens(vault, identities, covering(logs, done.timeline, place)):
        name, data = stretch
        if len(data) != name.numbers[2] - name.numbers[1]:
            raise CannotRestore(f"{name} is not as long as its name says. Nothing was changed.")
        segment = folder / segment_name(done.timeline, name.numbers[1], done.segment_bytes)
        with segment.open("r+b" if segment.exists() else "w+b") as file:
            file.truncate(done.segment_bytes)
            file.seek(name.numbers[1] - segment_start(name.numbers[1], done.segment_bytes))
            file.write(data)
        place, last = name.numbers[2], name
        logs = [name for name in logs if name.numbers[2] > place]
    if last is None or place < done.stop:
        raise CannotRestore(
            f"The log after the base {done.base} is not whole in {vault}. Nothing was changed."
        )
    return last


def _first_that_opens(
    vault: Path, identities: Sequence[Any], names: Sequence[Name]
) -> tuple[Name, bytes] | None:
    for name in names:
        try:
            return name, sealing.get(vault, identities, name)
        except CannotOpen:
            continue
    return None


def _unpack_files(vault: Path, identities: Sequence[Any], names: list[Name], folder: Path) -> None:
    """The secret and the ledger, later ones over earlier ones, whatever `until` is: no ledger is put back to an older one."""
    folder.mkdir(mode=0o700)
    for name in names:
        if name.kind != "files":
            continue
        try:
            data = sealing.get(vault, identities, name)
        except CannotOpen:
            continue
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            _extract(tar, folder)


def _extract(tar: tarfile.TarFile, folder: Path) -> None:
    """Files and folders below `folder`, for this user alone. Raises CannotRestore for anything else: no backup holds it."""
    for member in tar:
        parts = PurePosixPath(member.name).parts
        if not (member.isfile() or member.isdir()) or member.name.startswith("/") or ".." in parts:
            raise CannotRestore(
                f"The backup holds {member.name}, which is neither a file nor a folder of its own."
            )
        place = folder.joinpath(*parts)
        if member.isdir():
            place.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            continue
        place.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        source = tar.extractfile(member)
        if source is None:
            raise CannotRestore
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE), "wb") as file:
            shutil.copyfileobj(source, file, COPY_BYTES)


def _erased(vault: Path, identities: Sequence[Any], names: list[Name]) -> list[tuple[str, str]]:
    found: dict[tuple[str, str], None] = {}
    for name in names:
        if name.kind == "erased":
            with contextlib.suppress(CannotOpen, ValueError):
                found |= dict.fromkeys(
                    (practice, card) for practice, card in json.loads(sealing.get(vault, identities, name))
                )
    return list(found)


async def _replay(
    building: Path, done: _Done, last: Name, erased: list[tuple[str, str]], bin_folder: Path | None
) -> Restored:
    cluster, log = building / "postgres" / "cluster", building / "log"
    (cluster / "recovery.signal").touch(mode=PRIVATE_FILE)
    settings = {
        "restore_command": f"cp '{log.absolute()}/%f' '%p'",
        "recovery_target_timeline": str(done.timeline),
        "hot_standby": "off",
    }
    postgres = EmbeddedPostgres(
        building / "postgres", bin_folder=bin_folder, settings=settings, start_seconds=REPLAY_SECONDS_MAX
    )
    with postgres:
        # The backup may be of an older version of this program.
        await migrate(postgres.url())
        connection = await asyncpg.connect(
            postgres.url(), timeout=CONNECT_SECONDS_MAX, command_timeout=STATEMENT_SECONDS_MAX
        )
        try:
            era = await _QUERIES["raise_era"].value(connection)
            await _QUERIES["erase_again"].run(
                connection, practices=[practice for practice, _ in erased], cards=[card for _, card in erased]
            )
            rows = await _QUERIES["count_rows"].row(connection)
        finally:
            await connection.close(timeout=CONNECT_SECONDS_MAX)
    if rows is None:
        raise CannotRestore
    # A database that no server has opened yet is no instance's: it has no era.
    return Restored(done.base.at, last.at, era or 0, rows["practices"], rows["appointments"], rows["entries"])


def _take_place(fresh: Path, place: Path) -> None:
    """What stands there goes: a ledger from before the loss is older than the backup's, or the same."""
    if place.is_dir():
        shutil.rmtree(place)
    fresh.replace(place)
