# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where and as whom an embedded cluster starts, and the sentences it ends in when it cannot."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from serment.command import database
from serment.database import carriers, cluster_folder
from serment.database.embedded import EmbeddedPostgres
from serment.settings import Settings

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


async def _answers(postgres: EmbeddedPostgres) -> bool:
    connection = await asyncpg.connect(postgres.url(), timeout=10, command_timeout=10)
    try:
        return bool(await connection.fetchval("SELECT 1"))
    finally:
        await connection.close()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may traverse, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="serment-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "name",
    ["plain", "un été à Sète", "a,b", "50%", "it's", "deep-" + "x" * 120],
    ids=["plain", "accent-and-space", "comma", "percent", "quote", "too-long-for-a-socket"],
)
async def test_it_starts_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    with EmbeddedPostgres(tmp_path / name) as postgres:
        assert await _answers(postgres)
        assert len(os.fsencode(postgres.socket_folder / cluster_folder.SOCKET_NAME)) <= 107
    assert postgres.socket_folder.parent == postgres.folder or not postgres.socket_folder.exists()


async def test_beside_a_running_server_a_command_uses_its_database_and_leaves_it_running(
    tmp_path: Path,
) -> None:
    settings = Settings(data=tmp_path)
    with EmbeddedPostgres(tmp_path / "postgres") as postgres:
        with database(settings, beside=True) as url:
            assert url == postgres.url()
        assert await _answers(postgres)
        with pytest.raises(cluster_folder.FolderInUse), database(settings):
            pass
    with database(settings, beside=True) as url:  # and where none runs, its own
        connection = await asyncpg.connect(url)
        await connection.close()
    assert not postgres.listens()


async def test_a_second_start_keeps_the_data(tmp_path: Path) -> None:
    for expected in (0, 1):
        with EmbeddedPostgres(tmp_path) as postgres:
            connection = await asyncpg.connect(postgres.url())
            await connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
            assert await connection.fetchval("SELECT count(*) FROM kept") == expected
            await connection.execute("INSERT INTO kept VALUES (1)")
            await connection.close()


async def test_two_starts_on_one_folder_end_in_a_sentence(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path) as first:
        with pytest.raises(cluster_folder.FolderInUse, match=rf"process {os.getpid()}\) already runs"):
            EmbeddedPostgres(tmp_path).start()
        assert await _answers(first)


async def test_two_starts_on_two_folders_both_run(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "one") as first, EmbeddedPostgres(tmp_path / "two") as second:
        assert await _answers(first) and await _answers(second)


def test_a_stale_pid_file_that_names_a_living_stranger_does_not_block(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path) as postgres:
        pass
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        (postgres.cluster / "postmaster.pid").write_text(f"{stranger.pid}\n{postgres.cluster}\n0\n5432\n\n\n")
        (postgres.socket_folder / ".s.PGSQL.5432.lock").write_text(f"{stranger.pid}\n")
        with postgres:
            assert postgres.pid is not None
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


async def test_a_half_made_cluster_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "cluster.new" / "base").mkdir(parents=True)
    (tmp_path / "cluster.new" / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(tmp_path) as postgres:
        assert await _answers(postgres)
    assert not (tmp_path / "cluster.new").exists()


def test_a_failed_start_says_why_and_leaves_nothing_running(tmp_path: Path) -> None:
    postgres = EmbeddedPostgres(tmp_path, settings={"shared_buffers": "no such size"})
    with pytest.raises(Exception, match=r"shared_buffers.*postgres\.log"):
        postgres.start()
    assert postgres.pid is None
    with EmbeddedPostgres(tmp_path):  # the lock is free and the cluster whole
        pass


def test_data_of_a_version_without_binaries_are_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "PG_VERSION").write_text("14\n")
    with pytest.raises(carriers.NoPostgres, match=r"written by PostgreSQL 14.*untouched"):
        EmbeddedPostgres(tmp_path).start()


def test_a_folder_without_binaries_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(carriers.NoPostgres, match="no runnable postgres"):
        EmbeddedPostgres(tmp_path / "data", bin_folder=tmp_path).start()


@ROOT_ONLY
async def test_as_root_the_files_stay_roots_and_no_parent_is_opened(tmp_path: Path) -> None:
    home = tmp_path / "private"
    home.mkdir(mode=0o700)
    with EmbeddedPostgres(home / "pg") as postgres:
        assert await _answers(postgres)
        assert (postgres.cluster / "PG_VERSION").stat().st_uid == 0
        assert home.stat().st_mode & 0o777 == 0o700


@ROOT_ONLY
async def test_without_user_namespaces_root_runs_it_as_nobody(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carriers, "user_namespaces_work", lambda: False)
    carrier = carriers.find_carriers(None)[0]
    if carriers._barred_for_nobody(carrier.bin) is not None:
        pytest.skip("the program itself lies where user nobody may not go")
    with EmbeddedPostgres(open_folder / "pg") as postgres:
        assert await _answers(postgres)
        assert (postgres.cluster / "PG_VERSION").stat().st_uid == carriers.NOBODY
    # Where namespaces are allowed later on, the data stay nobody's, and so does the database.
    monkeypatch.setattr(carriers, "user_namespaces_work", lambda: True)
    with postgres:
        assert await _answers(postgres)


@ROOT_ONLY
def test_without_user_namespaces_a_private_folder_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carriers, "user_namespaces_work", lambda: False)
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    with pytest.raises(carriers.RootCannotRunPostgres, match="user nobody may not enter"):
        EmbeddedPostgres(private / "pg").start()
    assert private.stat().st_mode & 0o777 == 0o700


@ROOT_ONLY
@pytest.mark.parametrize("user", [carriers.NOBODY, 12345], ids=["with-a-name", "without-a-name"])
def test_another_user_than_root_starts_it(open_folder: Path, user: int) -> None:
    os.chown(open_folder, user, user)
    program = (
        "import sys; from pathlib import Path; from serment.database.embedded import EmbeddedPostgres\n"
        "with EmbeddedPostgres(Path(sys.argv[1])) as postgres: print((postgres.cluster / 'PG_VERSION').stat().st_uid)"
    )
    python = next((path for path in (sys.executable, carriers.SYSTEM_PYTHON) if _reachable(Path(path))), None)
    if python is None or not _reachable(Path(carriers.__file__)):
        pytest.skip("the program itself lies where an ordinary user may not go")
    done = subprocess.run(
        [python, "-c", program, open_folder / "pg"],
        user=user,
        group=user,
        extra_groups=[],
        capture_output=True,
        text=True,
        cwd="/",
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": "/nonexistent",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        },
    )
    assert done.stdout.strip() == str(user), done.stderr


def _reachable(path: Path) -> bool:
    return carriers._barred_for_nobody(path.resolve()) is None
