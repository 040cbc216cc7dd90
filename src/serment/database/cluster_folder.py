# SPDX-License-Identifier: AGPL-3.0-or-later
"""The folder of an embedded cluster: its lock, its socket's place, and what a crash may have left running in it."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import stat
import tempfile
import time
from pathlib import Path

# sun_path holds 108 bytes with its closing zero on Linux, 104 on macOS; ".s.PGSQL.5432.lock" is the longest name.
SOCKET_PATH_BYTES_MAX = 103
SOCKET_NAME = ".s.PGSQL.5432"
POLL_SECONDS = 0.02
LOCK_SECONDS_MAX = 20.0

# What PostgreSQL's list of socket folders, a connection URL's list of hosts, or `-c name=value` would cut or unescape.
_AWKWARD = frozenset(",\"'\\@%?&#\n")


class FolderInUse(Exception):
    """Another Serment already runs on this data folder. Nothing was changed. Stop it first, or choose another."""


class FolderNotPrivate(Exception):
    """A folder that must be this user's alone belongs to somebody else. Nothing was started."""


def make_private(folder: Path) -> None:
    """Makes `folder` with mode 0700, or sees that it already is this user's (root also takes over nobody's)."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise FolderNotPrivate(
            f"The folder {folder} cannot be used ({error.strerror}). Choose another with SERMENT_DATA."
        ) from error
    if not stat.S_ISDIR(found.st_mode) or (found.st_uid != os.geteuid() and os.geteuid() != 0):
        raise FolderNotPrivate(
            f"{folder} belongs to another user. Nothing was started; remove it or choose another."
        )
    folder.chmod(0o700)


def socket_folder(folder: Path) -> Path:
    """Where the socket goes: inside `folder` if its path is short and plain, else a private folder of fixed name below
    the temporary folder (fixed, so that a crash leaves no litter; `make_private` refuses it if it is somebody else's).
    """
    inside = folder / "run"
    path = str(inside / SOCKET_NAME)
    if len(os.fsencode(path)) <= SOCKET_PATH_BYTES_MAX and not _AWKWARD & set(path):
        return inside
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"serment-{os.geteuid()}-{digest}"


class Lock:
    """The lock of a data folder, held by the kernel for as long as this process lives; a crash frees it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> None:
        """Raises FolderInUse when another process holds it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise FolderInUse(
                f"Another Serment (process {holder or 'unknown'}) already runs on {self._path.parent}. "
                "Nothing was changed. Stop that one first, or choose another folder with SERMENT_DATA."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Frees the lock; the file stays, since removing it would let two processes lock two files of one name."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def says_ready(cluster: Path, pid: int) -> bool:
    """Whether postmaster.pid is `pid`'s own and its eighth line says `ready` (PostgreSQL's miscadmin.h)."""
    try:
        lines = (cluster / "postmaster.pid").read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def end_leftovers(cluster: Path, *, seconds: float) -> None:
    """Ends PostgreSQL processes still working in `cluster`, then removes a stale postmaster.pid.

    Call it only under the lock: then whatever still runs has lost its supervisor. The postmaster gets SIGINT (fast
    shutdown). Children whose postmaster died end by themselves within moments and must not get SIGINT: the
    checkpointer would take it for the order to close the log while others still write. SIGKILL after `seconds`.
    PostgreSQL trusts any living process of the number in postmaster.pid, so a number used again would block the start.
    """
    asked = False
    deadline = time.monotonic() + seconds
    while running := processes_in(cluster):
        overdue = time.monotonic() > deadline
        if time.monotonic() > deadline + seconds:
            raise FolderInUse(f"PostgreSQL processes still work in {cluster} and cannot be ended: {running}.")
        postmaster = _recorded_postmaster(cluster)
        for pid in running:
            if overdue or (pid == postmaster and not asked):
                asked = True
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL if overdue else signal.SIGINT)
        time.sleep(POLL_SECONDS)
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def forget_socket(folder: Path) -> None:
    """Removes the socket and its lock, which a kill -9 leaves. Call it as `end_leftovers`, and after it.

    PostgreSQL will not start while any living process has the number in that lock: one that was given the number
    anew, or the killed postmaster itself where nobody reaps it (a container without an init).
    """
    for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
        (folder / name).unlink(missing_ok=True)


def _recorded_postmaster(cluster: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int((cluster / "postmaster.pid").read_text("utf-8").split()[0])
    return None


def processes_in(cluster: Path) -> list[int]:
    """Process ids of the postgres processes whose working folder is `cluster` (Linux; elsewhere none are found)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*") if cluster.exists() else ():
        with contextlib.suppress(OSError):
            state = (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
            named = (entry / "comm").read_text("utf-8").strip() == "postgres"
            if state != "Z" and named and (entry / "cwd").samefile(cluster):
                found.append(int(entry.name))
    return found


def remove_tree(folder: Path) -> None:
    """Removes `folder` whole; nothing to remove is fine."""
    if folder.exists():
        shutil.rmtree(folder)
