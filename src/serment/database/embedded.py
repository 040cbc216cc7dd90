# SPDX-License-Identifier: AGPL-3.0-or-later
"""The embedded PostgreSQL: a cluster in one folder, a `postgres` child, a Unix socket, and a supervisor of ours.

    with EmbeddedPostgres(Path("data/postgres")) as postgres:
        pool = await open_pool(postgres.url())

What it promises: it listens on no network; it ends with this process, even by kill -9; a postmaster that dies is
started again within a second and no acknowledged row is lost (fsync is on); two starts on one folder end in a
sentence; a half-made cluster is never mistaken for a whole one.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

from serment.database import carriers, cluster_folder
from serment.database.carriers import Carrier, Identity

DATABASE = "serment"
OWNER = "serment"
SOCKET_PORT = 5432  # only a part of the socket's file name
START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 15.0
KILL_SECONDS_MAX = 5.0
POLL_SECONDS = 0.01
RESTART_PAUSE_SECONDS_MIN = 0.05
RESTART_PAUSE_SECONDS_MAX = 2.0
CALM_SECONDS = 5.0  # a postmaster that lived this long is started again without a pause
LOG_BYTES_MAX = 10_000_000

# Statements and values must not reach the log: an error's DETAIL line repeats the values of the row it refused.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    # A backup that stands still keeps the log until then; the next one begins with a new base.
    "max_slot_wal_keep_size": "4GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}

log = logging.getLogger(__name__)


class PostgresDidNotStart(Exception):
    """The embedded PostgreSQL did not come up. The data are kept as they were. Its log says why."""


def leashed(python: str, command: list[str]) -> list[str]:
    """The command as a child that gets SIGINT when the thread that starts it ends, be it by kill -9 (leash.py)."""
    leash = Path(__file__).with_name("leash.py").read_text("utf-8")
    return [python, "-I", "-S", "-c", leash, str(os.getpid()), *command]


class EmbeddedPostgres:
    """One cluster below `folder`, for as long as this object is started.

    `settings` adds to or overrides PostgreSQL's settings above (tests log everything, or turn fsync off). `start_seconds`: how
    long a start may take; a restore replays its log in it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        bin_folder: Path | None = None,
        settings: Mapping[str, str] | None = None,
        start_seconds: float = START_SECONDS_MAX,
    ) -> None:
        self.folder = folder.absolute()
        self.cluster = self.folder / "cluster"
        self.log_file = self.folder / "postgres.log"
        self.socket_folder = cluster_folder.socket_folder(self.folder)
        self.restarts = 0
        self._given_bin = bin_folder
        self._start_seconds = start_seconds
        self._settings = {**SETTINGS, **(settings or {}), "unix_socket_directories": str(self.socket_folder)}
        self._lock = cluster_folder.Lock(self.folder / "serment.lock")
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._spawning = threading.Lock()  # stop() must not slip in between the last check and the start
        self._failure: Exception | None = None
        self.carrier: Carrier | None = None

    def url(self, database: str = DATABASE, *, user: str = OWNER) -> str:
        """The address of a database of this cluster, for asyncpg and libpq alike."""
        return f"postgresql://{user}@/{database}?host={quote(str(self.socket_folder), safe='/')}&port={SOCKET_PORT}"

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, None while there is none."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def listens(self) -> bool:
        """Whether a server of this folder takes connections now, whichever process started it."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket_folder / cluster_folder.SOCKET_NAME))
            except OSError:
                return False
        return True

    def start(self) -> None:
        """Makes the cluster if there is none, starts it, and returns when it answers.

        Raises FolderInUse, NoPostgres, RootCannotRunPostgres or PostgresDidNotStart; then nothing is left running.
        """
        cluster_folder.make_private(self.folder)
        self._lock.take()
        try:
            carrier = self.carrier = carriers.choose_carrier(self._given_bin, self.cluster)
            identity = carriers.choose_identity(self.folder, carrier)
            cluster_folder.make_private(self.socket_folder)
            if identity.user is not None:
                self._hand_over(identity.user)
            cluster_folder.end_leftovers(self.cluster, seconds=STOP_SECONDS_MAX)
            cluster_folder.forget_socket(self.socket_folder)
            if not self.cluster.exists():
                self._make_cluster(carrier, identity)
            self._stopping.clear()
            self._ready.clear()
            self._failure = None
            # The kernel's death signal is bound to the thread that starts the child: that thread must live as long.
            self._thread = threading.Thread(
                target=self._supervise, args=(carrier, identity), name="embedded-postgres", daemon=True
            )
            self._thread.start()
            if not self._ready.wait(self._start_seconds) or self._failure is not None:
                raise self._failure or PostgresDidNotStart(
                    f"PostgreSQL did not answer within {self._start_seconds:.0f} seconds. {self._last_words()}"
                )
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, what was committed is on disk. Twice is harmless."""
        with self._spawning:
            self._stopping.set()
            process = self._process
        if process is not None:
            for number, seconds in (
                (signal.SIGINT, STOP_SECONDS_MAX),
                (signal.SIGQUIT, KILL_SECONDS_MAX),
                (signal.SIGKILL, KILL_SECONDS_MAX),
            ):
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(seconds)
                    break
        if self._thread is not None:
            self._thread.join(STOP_SECONDS_MAX)
            self._thread = None
        self._process = None
        if self.socket_folder.parent != self.folder:
            with contextlib.suppress(OSError):
                self.socket_folder.rmdir()
        self._lock.release()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _supervise(self, carrier: Carrier, identity: Identity) -> None:
        """Starts the postmaster, waits for its end, starts it again, until told to stop.

        A first start that fails is start()'s to report. Later ones are tried again with a growing pause: a full disk
        or a missing binary may be cured meanwhile, and clients see refused connections, never wrong answers.
        """
        pause = 0.0
        while not self._stopping.wait(pause):
            born = time.monotonic()
            try:
                process = self._spawn(carrier, identity)
                if process is None:
                    return
                self._wait_until_ready(process)
                process.wait()
                if not self._ready.is_set() and not self._stopping.is_set():
                    raise PostgresDidNotStart(f"PostgreSQL stopped while starting. {self._last_words()}")
                if not self._stopping.is_set():
                    self.restarts += 1
                    log.warning(
                        "The embedded PostgreSQL ended by itself (%s); starting it again.", process.returncode
                    )
                    cluster_folder.end_leftovers(self.cluster, seconds=KILL_SECONDS_MAX)
                    cluster_folder.forget_socket(self.socket_folder)
            except Exception as error:
                if not self._ready.is_set():
                    self._failure = error
                    self._ready.set()
                    return
                log.exception("The embedded PostgreSQL could not be started again; trying once more.")
            calm = time.monotonic() - born > CALM_SECONDS
            pause = 0.0 if calm else min(max(RESTART_PAUSE_SECONDS_MIN, 2 * pause), RESTART_PAUSE_SECONDS_MAX)

    def _spawn(self, carrier: Carrier, identity: Identity) -> subprocess.Popen[bytes] | None:
        """The postmaster just started, None when stop() came first."""
        with self._spawning, self._open_log() as log_file:
            if self._stopping.is_set():
                return None
            options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
            command = self._leashed(
                identity, [str(carrier.bin / "postgres"), "-D", str(self.cluster), *options]
            )
            # A session of its own: Ctrl-C in the terminal must reach Serment alone, which then stops things in order.
            process = self._process = subprocess.Popen(  # noqa: S603  # our own command line, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=log_file,
                stderr=log_file,
                cwd=self.folder,
                start_new_session=True,
                env=_environment(),
                user=identity.user,
                group=identity.user,
                extra_groups=None if identity.user is None else [],
            )
            return process

    def _leashed(self, identity: Identity, command: list[str]) -> list[str]:
        return [*identity.prefix, *leashed(identity.python, command)]

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        """Returns when the postmaster accepts connections, ended, or was told to stop; ends it when overdue."""
        deadline = time.monotonic() + self._start_seconds
        while process.poll() is None and not self._stopping.is_set():
            if cluster_folder.says_ready(self.cluster, process.pid):
                self._ready.set()
                return
            if time.monotonic() > deadline:
                process.send_signal(signal.SIGQUIT)
                return
            time.sleep(POLL_SECONDS)

    def _make_cluster(self, carrier: Carrier, identity: Identity) -> None:
        """initdb beside the final place, then a rename: a crash in between leaves no half-made cluster."""
        building = self.folder / "cluster.new"
        cluster_folder.end_leftovers(building, seconds=STOP_SECONDS_MAX)
        cluster_folder.remove_tree(building)
        # Byte order and Unicode case rules that are the same on every machine and in every version of the C library.
        collation = (
            ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
            if carrier.major >= 17
            else ["--locale=C.UTF-8"]
        )
        initdb = [
            str(carrier.bin / "initdb"),
            "--pgdata",
            str(building),
            "--username",
            OWNER,
            "--encoding=UTF8",
        ]
        # Whoever reaches the socket is trusted: its folder is mode 0700, so that is the owner of the data alone.
        self._run(identity, [*initdb, *collation, "--auth=trust", "--data-checksums", "--no-instructions"])
        single = [str(carrier.bin / "postgres"), "--single", "-D", str(building), "postgres"]
        self._run(identity, single, words=f"CREATE DATABASE {DATABASE};\n")
        building.rename(self.cluster)

    def _run(self, identity: Identity, command: list[str], *, words: str = "") -> None:
        with self._open_log() as log_file:
            done = subprocess.run(  # noqa: S603  # our own command line, no shell
                self._leashed(identity, command),
                input=words.encode(),
                stdout=log_file,
                stderr=log_file,
                cwd=self.folder,
                env=_environment(),
                timeout=START_SECONDS_MAX,
                check=False,
                start_new_session=True,
                user=identity.user,
                group=identity.user,
                extra_groups=None if identity.user is None else [],
            )
        if done.returncode != 0:
            raise PostgresDidNotStart(f"The database could not be made. {self._last_words()}")

    def _open_log(self) -> IO[bytes]:
        too_long = self.log_file.exists() and self.log_file.stat().st_size > LOG_BYTES_MAX
        descriptor = os.open(
            self.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | (os.O_TRUNC if too_long else 0), 0o600
        )
        return os.fdopen(descriptor, "ab")

    def _last_words(self) -> str:
        try:
            lines = self.log_file.read_text("utf-8", "replace").strip().splitlines()
        except OSError:
            lines = []
        telling = [line for line in lines if "FATAL" in line or "PANIC" in line or "error:" in line] or lines
        last = telling[-1].strip() if telling else "It said nothing."
        return f"Its last words: {last} (the whole log: {self.log_file})"

    def _hand_over(self, user: int) -> None:
        """Gives the folders to `user`; root keeps its way in."""
        for folder in (self.folder, self.socket_folder):
            os.chown(folder, user, user)
        if self.cluster.exists() and self.cluster.stat().st_uid != user:
            raise carriers.RootCannotRunPostgres(
                f"The data in {self.cluster} belong to another user than nobody, and this machine forbids user "
                "namespaces. The data are untouched. Start Serment as their owner, or on the machine they come from."
            )


def _environment() -> dict[str, str]:
    """Nothing of ours reaches PostgreSQL: no PG* variable, no locale, no secret."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}
