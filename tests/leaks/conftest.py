# SPDX-License-Identifier: AGPL-3.0-or-later
"""A house under watch: PostgreSQL logs every statement and parameter, the server is a process whose output is kept,
temporary files have a folder of their own, and Chromium's traffic is recorded.
"""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Request

from browser.conftest import PRACTICE, _await_health, _furnish, bundle, chrome, profile
from leaks.markers import Find, Form, Wanted, files, search, search_files
from serment.database.embedded import EmbeddedPostgres
from serment.database.migrate import migrate
from serment.demo.house import House
from serment.server.secret import read_secret
from serment.settings import Settings

__all__ = ["bundle", "chrome", "profile"]
assert PRACTICE

LOG_EVERYTHING = {
    "log_statement": "all",
    "log_duration": "on",
    "log_min_error_statement": "error",
    "log_error_verbosity": "verbose",
    "log_parameter_max_length": "-1",
    "log_parameter_max_length_on_error": "-1",
    "log_connections": "on",
}


@dataclass
class Kept:
    """What a host or a thief could hold: a folder with all files in it, and a database."""

    folder: Path
    postgres: EmbeddedPostgres
    database: str
    known: set[bytes] = field(default_factory=set, kw_only=True)

    def dump(self) -> bytes:
        """pg_dump of the whole database, as text."""
        assert self.postgres.carrier is not None
        tool = self.postgres.carrier.bin / "pg_dump"
        url = self.postgres.url(self.database)
        return subprocess.run([tool, "--dbname", url], check=True, capture_output=True).stdout

    def pass_over_what_is_there(self) -> None:
        """Before anybody types: a file that stays as it is now holds nothing of what they will."""
        self._checkpoint()
        self.known = {hashlib.sha256(data).digest() for _, data in files(self.folder)}

    def _checkpoint(self) -> None:
        """Brings to the files what lies in memory only."""
        subprocess.run(
            [self.postgres.carrier.bin / "psql", "-c", "CHECKPOINT", self.postgres.url(self.database)],
            check=True,
            capture_output=True,
        )

    def find_everywhere(self, wanted: list[Form]) -> list[Find]:
        """In the dump, the data files and WAL, the logs, temporary files, and what processes said."""
        self._checkpoint()
        found = list(search("dump", self.dump(), Wanted(wanted)))
        in_files, read = search_files(self.folder, Wanted(wanted), self.known)
        assert read > 10_000_000, "the data files were read"
        return found + in_files


@dataclass
class Watched(Kept):
    """A house that is open, and what browsers send it."""

    origin: str
    house: House
    traffic: list[tuple[str, bytes]] = field(default_factory=list)

    def address(self, path: str) -> str:
        return self.origin + path

    @property
    def secrets(self) -> list[bytes]:
        """Every key the server has: keyed hashes under them are looked for too."""
        return list(read_secret(self.folder / "data").generations)

    def record(self, context: BrowserContext) -> None:
        """Keep every request of a profile as it leaves: address, headers, body."""

        def keep(request: Request) -> None:
            head = f"{request.method} {request.url}\n{request.all_headers()}".encode()
            self.traffic.append((request.url, head + b"\n" + (request.post_data_buffer or b"")))

        context.on("requestfinished", keep)
        context.on("requestfailed", keep)

    def find_everywhere(self, wanted: list[Form]) -> list[Find]:
        """In the traffic as well."""
        found, once = super().find_everywhere(wanted), Wanted(wanted)
        for address, data in self.traffic:
            found += search(f"request to {address.partition('?')[0]}", data, once)
        return found


@pytest.fixture(scope="module")
async def watched(bundle: None, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The house, opened for the module."""
    folder = tmp_path_factory.mktemp("watched")
    for name in ("data", "tmp"):
        (folder / name).mkdir()
    postgres = EmbeddedPostgres(folder / "postgres", settings=LOG_EVERYTHING)
    postgres.start()
    url = postgres.url()
    await migrate(url)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    house = await _furnish(url, Settings(port=port, data=folder / "data", database_url=url), folder / "tmp")
    with (folder / "server.log").open("wb") as output:
        server = _serve(folder, port, url, output)
        try:
            _await_health(f"http://127.0.0.1:{port}")
            yield Watched(folder, postgres, "serment", f"http://127.0.0.1:{port}", house)
        finally:
            server.terminate()
            server.wait(timeout=20)
            postgres.stop()


def _serve(folder: Path, port: int, url: str, output: Any) -> subprocess.Popen[bytes]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "tmp"),
        "TMPDIR": str(folder / "tmp"),
        "SERMENT_PORT": str(port),
        "SERMENT_DATA": str(folder / "data"),
        "SERMENT_DATABASE_URL": url,
    }
    command = [sys.executable, "-c", "from serment.cli import main; main()", "serve"]
    return subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)


@pytest.fixture
def recorded(watched: Watched, profile: Any) -> Iterator[Any]:
    """Makes profiles whose traffic is kept."""

    def make(**more: Any) -> BrowserContext:
        context: BrowserContext = profile(**more)
        watched.record(context)
        return context

    yield make
