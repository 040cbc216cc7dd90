# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment check`: what is wrong with this machine or configuration, in words, each with its cure."""

from __future__ import annotations

import asyncio
import errno
import importlib.metadata
import os
import platform
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from serment.check_backup import alarmed, backed_up, log_kept
from serment.check_ledger import compared, stamped, witnessed
from serment.check_notifier import configured, published
from serment.finding import Finding, Verdict, good, note, wrong
from serment.settings import LOOPBACK, PORT_MAX, Settings

PYTHON_MIN = (3, 11)
PORT_USUAL = 8000
DISK_BYTES_MIN = 1_000_000_000
CLOCK_YEAR_MIN = 2026  # a clock before the year of this program is wrong
DATABASE_CLOCK_SECONDS_MAX = 5.0
TZDATA_AGE_YEARS_MAX = 2
EXTENSIONS = ("btree_gist", "pg_trgm")
STATIC_FOLDER = Path(__file__).parent / "server" / "pages" / "static"


def report(settings: Settings) -> int:
    """Prints every finding; 1 if something is wrong, else 0."""
    wrongs = 0
    for finding in findings(settings):
        wrongs += finding.verdict is Verdict.WRONG
        click.echo(f"{finding.verdict.value}  {finding.sentence}")
        if finding.cure:
            click.echo(f"       -> {finding.cure}")
    click.echo("Nothing is wrong." if not wrongs else f"{wrongs} thing(s) to cure before Serment can run.")
    return 1 if wrongs else 0


def findings(settings: Settings) -> Iterator[Finding]:
    """Looks at everything, one after the other. A check that itself breaks becomes a finding too."""
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _python,
        _cryptography,
        _clock,
        _data_folder,
        _port,
        _origin,
        _source,
        _bundle,
        configured,
        backed_up,
        witnessed,
        compared,
        stamped,
        _own_database if settings.database_url is not None else _embedded_database,
    )
    for check in checks:
        try:
            yield from check(settings)
        except Exception as error:
            yield wrong(
                f"Looking at {check.__name__.strip('_').replace('_', ' ')} failed: {type(error).__name__}: {error}.",
                "If the words do not help, please report this line.",
            )


def _python(_: Settings) -> Iterator[Finding]:
    version = platform.python_version()
    if sys.version_info < PYTHON_MIN:
        yield wrong(
            f"Python is {version}; 3.11 or newer is needed.", "Install a newer Python, then run `make`."
        )
    else:
        yield good(f"Python {version}.")


def _cryptography(_: Settings) -> Iterator[Finding]:
    # Serment's server opens nothing and needs none of this; the notifier and the demo do.
    from serment.seal.startup import CryptographyMissing, self_test

    version = importlib.metadata.version("cryptography")
    try:
        self_test()
    except CryptographyMissing:
        yield wrong(
            f"The library cryptography {version} lacks X-Wing (ML-KEM-768), HPKE, Ed25519 or Argon2id, "
            "or computes them otherwise.",
            "Run `make` again: requirements/run.txt holds the version that has them.",
        )
    else:
        yield good(f"cryptography {version} seals and opens with X-Wing as it should.")


def _clock(_: Settings) -> Iterator[Finding]:
    now = datetime.now(UTC)
    if now.year < CLOCK_YEAR_MIN:
        yield wrong(
            f"The clock says {now:%Y-%m-%d}; that is past.", "Set the clock (timedatectl set-ntp true)."
        )
    version = importlib.metadata.version("tzdata")
    if now.year - int(version.split(".")[0]) > TZDATA_AGE_YEARS_MAX:
        yield note(
            f"The time-zone rules are of {version}; countries change them.", "Upgrade Serment or tzdata."
        )
    else:
        yield good(f"Time-zone rules {version}; the clock says {now:%Y-%m-%d %H:%M} UTC.")


def _data_folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.data.absolute()
    existing = folder
    while not existing.exists():
        existing = existing.parent
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        yield wrong(
            f"The data folder {folder} cannot be written.", "Give it to this user, or set SERMENT_DATA."
        )
        return
    if existing == folder and folder.stat().st_mode & 0o006:
        yield note(f"Other users may look into the data folder {folder}.", f"chmod 711 {folder}")
    free = shutil.disk_usage(existing).free
    if free < DISK_BYTES_MIN:
        yield wrong(
            f"Only {free // 1_000_000} MB are free for {folder}.",
            f"Free some: {DISK_BYTES_MIN // 1_000_000} MB are wanted, since a full disk stops the database.",
        )
    else:
        yield good(f"The data folder {folder} can be written; {free // 1_000_000_000} GB are free.")


def why_port_is_taken(host: str, port: int) -> str | None:
    """Two sentences when nothing can listen there now, what is wrong and its cure; None when it is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                other = port + 1 if port < PORT_MAX else PORT_USUAL
                return (
                    f"Port {port} of {host} is taken by another program. "
                    f"Stop that one, or choose another port: SERMENT_PORT={other}."
                )
            if error.errno == errno.EACCES:
                return (
                    f"Port {port} is the administrator's alone on this machine. "
                    f"Choose a higher one: SERMENT_PORT={PORT_USUAL}."
                )
            reason = error.strerror or str(error)
            return f"Nothing can listen on {host} here ({reason}). Set SERMENT_HOST to an address of this machine."
    return None


def _port(settings: Settings) -> Iterator[Finding]:
    taken = why_port_is_taken(settings.host, settings.port)
    if taken:
        sentence, _, cure = taken.partition(". ")
        yield wrong(f"{sentence}.", f"{cure} If it is Serment that runs already, all is well.")
    else:
        yield good(f"Port {settings.port} of {settings.host} is free.")


def _origin(settings: Settings) -> Iterator[Finding]:
    if settings.host != LOOPBACK and settings.origin is None:
        yield wrong(
            f"Serment would listen on {settings.host} without knowing the address people type.",
            "Set SERMENT_ORIGIN, such as https://rdv.example.org: browsers seal only on https pages.",
        )


def _source(settings: Settings) -> Iterator[Finding]:
    if settings.origin is not None and settings.source is None:
        yield note(
            "The pages do not say where their source code is, which the licence asks of a server others use "
            "(AGPL-3.0, section 13).",
            "Set SERMENT_SOURCE to where the code you run can be had, such as https://code.example.org/serment.",
        )


def _bundle(_: Settings) -> Iterator[Finding]:
    if (STATIC_FOLDER / "manifest.json").exists():
        yield good("The browser bundle is built.")
        return
    node = shutil.which("node")
    have = f"Node is at {node}." if node else "There is no Node here; `make` brings one from PyPI."
    yield wrong(f"The browser bundle is not built, so nobody can book. {have}", "Run `make set-up`.")


def _embedded_database(settings: Settings) -> Iterator[Finding]:
    from serment.database import carriers

    folder = (settings.data / "postgres").absolute()
    try:
        carrier = carriers.choose_carrier(settings.postgres_bin, folder / "cluster")
        yield good(
            f"The embedded database will be PostgreSQL {carrier.major} of {carrier.origin} ({carrier.bin})."
        )
        existing = folder
        while not existing.exists():
            existing = existing.parent
        identity = carriers.choose_identity(existing, carrier)
    except carriers.NoPostgres as error:
        yield wrong(str(error), "Run `make`, or `apt-get install postgresql`, or set SERMENT_DATABASE_URL.")
        return
    except carriers.RootCannotRunPostgres as error:
        yield wrong(str(error), "Start Serment as an ordinary user, or set SERMENT_DATABASE_URL.")
        return
    if identity.user is not None:
        yield note("This machine forbids user namespaces: the database will run as user nobody.")
    elif identity.prefix:
        yield good("The database will run inside a user namespace, since PostgreSQL refuses to run as root.")
    missing = [name for name in EXTENSIONS if not _extension_file(carrier.bin, name)]
    if missing:
        yield wrong(
            f"That PostgreSQL lacks {', '.join(missing)}.", "On Debian: apt-get install postgresql-contrib."
        )


def _extension_file(bin_folder: Path, name: str) -> bool:
    major_folder = bin_folder.parent
    places = (
        major_folder / "share",
        major_folder / "share" / "postgresql",
        Path("/usr/share/postgresql") / major_folder.name,
    )
    return any((place / "extension" / f"{name}.control").exists() for place in places)


def _own_database(settings: Settings) -> Iterator[Finding]:
    import asyncpg
    from asyncpg.exceptions._base import PostgresError

    url = settings.database_url
    assert url is not None  # noqa: S101  # findings() chose this check because there is one
    try:
        yield from asyncio.run(_ask(url))
    except (
        OSError,
        TimeoutError,
        PostgresError,
        asyncpg.exceptions.InterfaceError,
        ValueError,
    ) as error:
        # The address may hold a password, so it is not repeated; asyncpg's own words do not hold it either.
        yield wrong(
            f"PostgreSQL cannot be reached at SERMENT_DATABASE_URL: {error or type(error).__name__}",
            "Is it running? Are host, port, user, password and database right?",
        )


async def _ask(url: str) -> list[Finding]:
    from serment.database.migrate import HistoryChanged, pending
    from serment.database.pool import POSTGRES_VERSION_MIN, NotUtf8, brief_connection

    found = []
    async with brief_connection(url) as connection:
        version = await connection.fetchval("SHOW server_version")
        if int(await connection.fetchval("SHOW server_version_num")) < POSTGRES_VERSION_MIN:
            return [
                wrong(
                    f"PostgreSQL is {version}; 15 or newer is needed.", "Upgrade it, or use the embedded one."
                )
            ]
        found.append(good(f"PostgreSQL {version} answers."))
        if await connection.fetchval("SHOW server_encoding") != "UTF8":
            found.append(
                wrong("The database is not encoded in UTF8.", "CREATE DATABASE serment ENCODING 'UTF8'.")
            )
        available = {row[0] for row in await connection.fetch("SELECT name FROM pg_available_extensions")}
        missing = [name for name in EXTENSIONS if name not in available]
        if missing:
            found.append(
                wrong(f"It lacks {', '.join(missing)}.", "On Debian: apt-get install postgresql-contrib.")
            )
        may_create = await connection.fetchval("SELECT has_schema_privilege('public', 'CREATE')")
        drift = abs((await connection.fetchval("SELECT clock_timestamp()")).timestamp() - time.time())
        if drift > DATABASE_CLOCK_SECONDS_MAX:
            found.append(wrong(f"Its clock and ours are {drift:.0f} s apart.", "Set both by NTP."))
        if await connection.fetchval("SHOW log_statement") != "none":
            found.append(
                note(
                    "It logs statements: who reads its log learns when what was booked.",
                    "log_statement = none",
                )
            )
    try:
        lacking = await pending(url)
    except NotUtf8:
        return found
    except HistoryChanged as error:
        return [*found, wrong(str(error), "See above.")]
    if lacking and not may_create:
        found.append(
            wrong(
                "Its user may not make tables in the schema public.",
                "Give the database to that user: ALTER DATABASE ... OWNER TO ...",
            )
        )
    if lacking:
        found.append(wrong(f"The database lacks {', '.join(lacking)}.", "Run `serment migrate`."))
    else:
        found += [*await published(url), *await alarmed(url), *await log_kept(url)]
    return found
