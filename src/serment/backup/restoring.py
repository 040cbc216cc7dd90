# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment restore`: a data folder made anew from a backup: the newest base that is whole, the log after it, the files beside
the database.

Everything is made in a folder beside and takes its place by one rename, last: a crash before leaves nothing but that folder,
which the next try removes. PostgreSQL itself replays the log, and says when it is not whole.
"""

from __future__ import annotations

import dataclasses
import io
import os
import shutil
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import msgspec

from serment.backup import sealing
from serment.backup.names import Name
from serment.backup.sealing import CannotOpen
from serment.backup.sending import FILES
from serment.backup.target import COPY_BYTES
from serment.backup.wal import covering, segment_name, segment_start, write_lsn
from serment.database.embedded import EmbeddedPostgres, PostgresDidNotStart
from serment.database.migrate import migrate
from serment.database.pool import CONNECT_SECONDS_MAX
from serment.database.queries import load

REPLAY_SECONDS_MAX: Final = 6 * 3600.0
STATEMENT_SECONDS_MAX: Final = 600.0
PRIVATE_FOLDER: Final = 0o700
PRIVATE_FILE: Final = 0o600
_BUILDING: Final = "restoring"
_PLACING: Final = "restoring.placing"  # is there while the files take their place: what stands there then is a restore's own
_QUERIES: Final = load("backup")
# What a base says about how PostgreSQL runs, and where its files lie. None of it is taken: ours stands in its place.
_NOT_TAKEN: Final = frozenset(
    {
        "postgresql.conf",
        "postgresql.auto.conf",
        "pg_hba.conf",
        "pg_ident.conf",
        "standby.signal",
        "recovery.signal",
        "tablespace_map",
        "postmaster.pid",
        "postmaster.opts",
    }
)
# Whoever reaches the socket is its owner, as in a cluster that is made anew (embedded.py).
_OURS: Final[Mapping[str, str]] = {
    "postgresql.conf": "# Written by `serment restore`.\nlisten_addresses = ''\narchive_mode = off\n",
    "pg_hba.conf": "local all all trust\nlocal replication all trust\n",
    "pg_ident.conf": "",
}
# The setting that turns event triggers off. Before, a replica's session runs those alone that were made to run ALWAYS.
_EVENT_TRIGGERS_SINCE: Final = 17
_UNPACKING: Final = (CannotOpen, tarfile.TarError, EOFError, OSError, ValueError, zlib.error)


class CannotRestore(Exception):
    """The backup cannot be restored here. Nothing was changed."""


class _Broken(Exception):
    """A base, or its log, is not whole: an older one is tried."""


@dataclass(frozen=True, slots=True)
class Restored:
    """`base` is when it was made; `until`, when the last stretch of the log was sent. `passed` is what lies in the vault and
    could not be used, in words: a gap in the log, a base that is broken. The rest are rows."""

    base: datetime
    until: datetime
    era: int
    practices: int
    appointments: int
    entries: int
    passed: tuple[str, ...] = ()


_Lsn = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]


class _Told(msgspec.Struct):
    """What stands in `done` (sending.py); whoever took the server over can write one too."""

    base: str
    replay_from: _Lsn
    stop: _Lsn
    segment_bytes: Annotated[int, msgspec.Meta(ge=1 << 20, le=1 << 30)]
    timeline: Annotated[int, msgspec.Meta(ge=1, lt=1 << 32)]


@dataclass(frozen=True, slots=True)
class _Done:
    base: Name
    replay_from: int
    stop: int
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

    Raises CannotRestore, and what the embedded PostgreSQL raises. `data` keeps what else it held.
    """
    placing = data / _PLACING
    if (data / "postgres").exists():
        raise CannotRestore(
            f"{data / 'postgres'} is there already. Nothing was changed. Restore into an empty data folder, or move that "
            "one away."
        )
    stands = [name for name in FILES if (data / name).exists()]
    if stands and not placing.exists():
        raise CannotRestore(
            f"{data / stands[0]} is there already: it belongs to an instance, with a PostgreSQL of its own perhaps. Nothing "
            "was changed. Restore into an empty data folder, or move that one away."
        )
    building = data / _BUILDING
    if building.exists():
        shutil.rmtree(building)
    building.mkdir(mode=0o700, parents=True)
    everything = _names(vault)
    names = [name for name in everything if until is None or name.at <= until]
    passed: list[str] = []
    _unpack_files(vault, identities, names, building / "files", passed)
    erased = _erased(vault, identities, everything if erase_again else names, passed)
    for done in _dones(vault, identities, names, passed):
        try:
            _unpack_base(vault, identities, done.base, building)
            last = _write_log(vault, identities, names, done, building / "log", passed)
            restored = await _replay(building, done, last, erased, bin_folder)
            break
        except _Broken as error:
            passed.append(f"The base {done.base} was passed over: {error}")
            for name in ("base.tar.gz", "postgres", "log"):
                _remove(building / name)
    else:
        raise CannotRestore(" ".join([f"{vault} holds no base that is whole. Nothing was changed.", *passed]))
    placing.touch(mode=PRIVATE_FILE)
    for name in FILES:
        if (building / "files" / name).exists():
            _take_place(building / "files" / name, data / name)
    shutil.rmtree(building / "log")
    (building / "postgres").rename(data / "postgres")
    placing.unlink()
    shutil.rmtree(building)
    return dataclasses.replace(restored, passed=tuple(passed))


def _names(vault: Path) -> list[Name]:
    found = (Name.read(str(path.relative_to(vault))) for path in vault.glob("*/*.age"))
    names = sorted((name for name in found if name is not None), key=lambda name: (name.at, str(name)))
    if not names:
        raise CannotRestore(f"{vault} holds no backup of Serment. Nothing was changed.")
    return names


def _dones(vault: Path, identities: Sequence[Any], names: list[Name], passed: list[str]) -> Iterator[_Done]:
    """The bases that are said to be whole, the newest first. Raises CannotRestore when the key opens none of what says so."""
    said = [name for name in reversed(names) if name.kind == "done"]
    opened = 0
    for name in said:
        try:
            data = sealing.get(vault, identities, name)
        except CannotOpen:
            continue  # a crash cut it short, or it is sealed to another key
        opened += 1
        try:
            told = msgspec.json.decode(data, type=_Told)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            told = None
        base = Name.read(told.base) if told is not None else None
        if told is None or base is None or told.segment_bytes & (told.segment_bytes - 1):
            passed.append(f"{name} says nothing of a base, and was passed over.")
        else:
            yield _Done(base, told.replay_from, told.stop, told.segment_bytes, told.timeline)
    if said and not opened:
        raise CannotRestore(f"Nothing in {vault} opens with this key. Nothing was changed.")


def _unpack_base(vault: Path, identities: Sequence[Any], base: Name, building: Path) -> None:
    """The cluster, but for what it says about how PostgreSQL runs: a setting can be a command, and whoever owned the server
    wrote it. Raises _Broken."""
    packed = building / "base.tar.gz"
    cluster = building / "postgres" / "cluster"
    cluster.mkdir(mode=PRIVATE_FOLDER, parents=True)
    try:
        with packed.open("wb") as file:
            sealing.get_stream(vault, identities, base, file)
        with tarfile.open(packed, "r:gz") as tar:
            _extract(tar, cluster, but=_NOT_TAKEN)
    except _UNPACKING as error:
        raise _Broken(f"it does not unpack ({str(error)[:200]}).") from error
    for name, text in _OURS.items():
        (cluster / name).write_text(text)
        (cluster / name).chmod(PRIVATE_FILE)
    packed.unlink()


def _write_log(
    vault: Path, identities: Sequence[Any], names: list[Name], done: _Done, folder: Path, passed: list[str]
) -> Name:
    """Puts the stretches into segments, as far as they join; the last one of them. What a crash cut short is passed over; what
    lies beyond a gap is said. Raises _Broken."""
    folder.mkdir(mode=PRIVATE_FOLDER)
    every = [name for name in names if name.kind == "wal"]
    logs = [name for name in every if name.numbers[2] > done.replay_from]
    place, last = done.replay_from, None
    while stretch := _first_that_opens(vault, identities, covering(logs, done.timeline, place), done):
        name, data = stretch
        segment = folder / segment_name(done.timeline, name.numbers[1], done.segment_bytes)
        with segment.open("r+b" if segment.exists() else "w+b") as file:
            file.truncate(done.segment_bytes)
            file.seek(name.numbers[1] - segment_start(name.numbers[1], done.segment_bytes))
            file.write(data)
        place, last = name.numbers[2], name
        logs = [name for name in logs if name.numbers[2] > place]
    if last is None or place < done.stop:
        raise _Broken(f"the log after it is not whole: from {write_lsn(place)} on it lacks.")
    beyond = [
        name
        for name in every
        if name.numbers[0] > done.timeline or (name.numbers[0] == done.timeline and name.numbers[1] > place)
    ]
    if beyond:
        passed.append(
            f"The log has a gap at {write_lsn(place)}: {len(beyond)} file(s) beyond it, sent from "
            f"{beyond[0].at:%Y-%m-%d %H:%M:%S} to {beyond[-1].at:%Y-%m-%d %H:%M:%S} (UTC), are not in what was restored."
        )
    return last


def _first_that_opens(
    vault: Path, identities: Sequence[Any], names: Sequence[Name], done: _Done
) -> tuple[Name, bytes] | None:
    """The first that opens and is what its name says: so long, and of one segment."""
    for name in names:
        _, begin, stop = name.numbers
        if stop > segment_start(begin, done.segment_bytes) + done.segment_bytes:
            continue
        try:
            data = sealing.get(vault, identities, name)
        except CannotOpen:
            continue
        if len(data) == stop - begin:
            return name, data
    return None


def _unpack_files(
    vault: Path, identities: Sequence[Any], names: list[Name], folder: Path, passed: list[str]
) -> None:
    """The secret and the ledger, later ones over earlier ones."""
    folder.mkdir(mode=PRIVATE_FOLDER)
    for name in names:
        if name.kind != "files":
            continue
        try:
            data = sealing.get(vault, identities, name)
        except CannotOpen:
            continue
        try:
            with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
                _extract(tar, folder)
        except _UNPACKING as error:
            passed.append(f"{name} does not unpack ({str(error)[:200]}), and was passed over.")


def _extract(tar: tarfile.TarFile, folder: Path, but: frozenset[str] = frozenset()) -> None:
    """Files and folders below `folder`, for this user alone, but for those at the top that `but` names. Raises _UNPACKING, a
    ValueError for anything else: no backup holds it."""
    for member in tar:
        parts = PurePosixPath(member.name).parts
        plain = member.isdir() or (member.isfile() and not member.issparse())
        if not plain or member.name.startswith("/") or ".." in parts:
            raise ValueError(f"it holds {member.name!r}, which is neither a file nor a folder of its own")
        if parts and parts[0] in but:
            continue
        place = folder.joinpath(*parts)
        if member.isdir():
            place.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            continue
        place.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        source = tar.extractfile(member)
        assert source is not None  # noqa: S101  # it is a file
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE), "wb") as file:
            shutil.copyfileobj(source, file, COPY_BYTES)


def _erased(
    vault: Path, identities: Sequence[Any], names: list[Name], passed: list[str]
) -> list[tuple[UUID, UUID]]:
    found: dict[tuple[UUID, UUID], None] = {}
    for name in names:
        if name.kind != "erased":
            continue
        try:
            data = sealing.get(vault, identities, name)
            found |= dict.fromkeys(msgspec.json.decode(data, type=list[tuple[UUID, UUID]]))
        except CannotOpen:
            continue
        except (msgspec.MsgspecError, UnicodeDecodeError):
            passed.append(f"{name} lists no cards, and was passed over.")
    return list(found)


async def _replay(
    building: Path, done: _Done, last: Name, erased: list[tuple[UUID, UUID]], bin_folder: Path | None
) -> Restored:
    """PostgreSQL replays the log; then what a restored database needs is done in it. Raises _Broken."""
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
    try:
        with postgres:
            url = _guarded(postgres)
            # The backup may be of an older version of this program.
            await migrate(url)
            connection = await asyncpg.connect(
                url, timeout=CONNECT_SECONDS_MAX, command_timeout=STATEMENT_SECONDS_MAX
            )
            try:
                era = await _QUERIES["raise_era"].value(connection)
                await _QUERIES["end_sessions"].run(connection)
                await _QUERIES["erase_again"].run(
                    connection, practices=[one for one, _ in erased], cards=[card for _, card in erased]
                )
                rows = await _QUERIES["count_rows"].row(connection)
            finally:
                await connection.close(timeout=CONNECT_SECONDS_MAX)
    except (PostgresDidNotStart, asyncpg.exceptions.PostgresError) as error:
        raise _Broken(f"PostgreSQL does not take it ({str(error)[:300]}).") from error
    assert rows is not None  # noqa: S101  # counts are always one row
    # A database that no server has opened yet is no instance's: it has no era.
    return Restored(done.base.at, last.at, era or 0, rows["practices"], rows["appointments"], rows["entries"])


def _guarded(postgres: EmbeddedPostgres) -> str:
    """The address of a session in which triggers, and libraries and paths set for a role or database, do nothing: whoever owned
    the server may have written them. It is no wall: they owned the database, and PostgreSQL runs what is stored in it."""
    guards = {
        "session_replication_role": "replica",
        "session_preload_libraries": " ",
        "local_preload_libraries": " ",
        "search_path": '"$user", public',
    }
    if postgres.carrier is not None and postgres.carrier.major >= _EVENT_TRIGGERS_SINCE:
        guards["event_triggers"] = "off"
    return f"{postgres.url()}&{urlencode(guards)}"


def _remove(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def _take_place(fresh: Path, place: Path) -> None:
    """What stands there goes: an earlier try, that a crash ended, put it there."""
    _remove(place)
    fresh.replace(place)
