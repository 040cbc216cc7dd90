# SPDX-License-Identifier: AGPL-3.0-or-later
"""Names, stretches and targets of backups, and what backup.toml may say."""

from __future__ import annotations

import ast
import inspect
import io
import itertools
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyrage
import pytest

from serment.backup import bucket, sealing
from serment.backup.bucket import Bucket
from serment.backup.config import BackupConfigWrong, read_config
from serment.backup.names import Name
from serment.backup.sealing import CannotOpen, IdentityUnusable
from serment.backup.target import Command, Folder, NotKept, receive
from serment.backup.wal import covering, read_lsn, segment_name, stretches, write_lsn
from serment.check_backup import backed_up
from serment.settings import Settings

NOW = datetime(2026, 11, 26, 16, 18, tzinfo=UTC)
SEGMENT = 16 << 20
RECEIVING = [sys.executable, "-m", "serment.cli", "receive"]


def test_a_name_says_what_it_holds_and_no_two_are_alike() -> None:
    name = Name.new(NOW, "wal", 1, 0x3000028, 0x30FF000)
    assert str(name).startswith("2026-11-26/20261126T161800Z-wal-0000000000000001-0000000003000028-")
    assert Name.read(str(name)) == name
    assert str(Name.new(NOW, "done")) != str(Name.new(NOW, "done"))
    unlike = [
        *("../etc/passwd", "2026-11-26/../../x.age", "2026-11-26/x.age", f"{name}\n", f"/{name}"),
        "2026-11-26/20261126T161800Z-wal-ab12cd34.age",
        "2026-13-26/20261326T161800Z-done-ab12cd34.age",
        "2026-11-27/20261126T161800Z-done-ab12cd34.age",
        str(Name.new(NOW, "wal", 1, 0x30FF000, 0x3000028)),
        str(Name.new(NOW, "done", 1)),
    ]
    assert [Name.read(other) for other in unlike] == [None] * len(unlike)


def test_stretches_join_and_none_crosses_a_segments_end() -> None:
    start, end = SEGMENT - 100, 3 * SEGMENT + 7
    cut = list(stretches(start, end, segment_bytes=SEGMENT, most=4 << 20))
    assert cut[0][0] == start and cut[-1][1] == end
    assert all(before[1] == after[0] for before, after in itertools.pairwise(cut))
    assert all(begin // SEGMENT == (stop - 1) // SEGMENT and stop - begin <= 4 << 20 for begin, stop in cut)


def test_places_are_written_as_postgresql_writes_them() -> None:
    assert write_lsn(read_lsn("16/B374D848")) == "16/B374D848"
    assert segment_name(1, read_lsn("0/3000028"), SEGMENT) == "000000010000000000000003"
    assert segment_name(2, read_lsn("16/B374D848"), SEGMENT) == "0000000200000016000000B3"


def test_of_several_stretches_that_hold_a_place_the_furthest_comes_first() -> None:
    short, long, other = (
        Name.new(NOW, "wal", 1, 0, 100),
        Name.new(NOW, "wal", 1, 50, 300),
        Name.new(NOW, "wal", 2, 0, 999),
    )
    assert covering([short, long, other], 1, 60) == [long, short]
    assert covering([short, long, other], 1, 300) == []


def test_a_folder_takes_a_name_once(tmp_path: Path) -> None:
    name = Name.new(NOW, "files")
    with Folder(tmp_path).put(name) as file:
        file.write(b"first")
    with pytest.raises(NotKept), Folder(tmp_path).put(name) as file:
        file.write(b"second")
    assert (tmp_path / str(name)).read_bytes() == b"first"


def test_what_came_through_a_command_is_there_as_it_was_sent(tmp_path: Path) -> None:
    name, data = Name.new(datetime.now(UTC), "wal", 1, 0, 3_000_000), os.urandom(3_000_000)
    with Command([*RECEIVING, str(tmp_path)]).put(name) as file:
        file.write(data)
    assert (tmp_path / str(name)).read_bytes() == data
    with pytest.raises(NotKept), Command([*RECEIVING, str(tmp_path)]).put(name) as file:
        file.write(b"over it")
    assert (tmp_path / str(name)).read_bytes() == data
    with pytest.raises(NotKept), Command(["false"]).put(Name.new(datetime.now(UTC), "files")) as file:
        file.write(b"x")
    # Sealing breaks off in its own words when the connection does.
    key = pyrage.x25519.Identity.generate().to_public()
    with pytest.raises(NotKept):
        sealing.put(Command(["false"]), [key], Name.new(datetime.now(UTC), "wal", 1, 0, 3_000_000), data)
    hangs = Command([sys.executable, "-c", "import time; time.sleep(3600)"], seconds=0.5)
    for length in (10, 3_000_000):
        with pytest.raises(NotKept):
            sealing.put(hangs, [key], Name.new(datetime.now(UTC), "files"), data[:length])


def test_the_other_end_makes_no_file_but_a_backups(tmp_path: Path) -> None:
    for line in (b"../../outside\nx", b"\n", b"", b"2026-11-26/mine.age\nx", b"DELETE everything\n"):
        with pytest.raises(NotKept):
            receive(tmp_path, io.BytesIO(line), NOW)
    for apart in (timedelta(minutes=6), timedelta(minutes=-6)):
        with pytest.raises(NotKept, match="another time"):
            receive(tmp_path, io.BytesIO(f"{Name.new(NOW, 'done')}\nx".encode()), NOW + apart)
    assert list(tmp_path.iterdir()) == []


def test_a_sealed_file_opens_with_its_key_whole_and_with_no_other(tmp_path: Path) -> None:
    key, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    name = Name.new(NOW, "files")
    sealing.put(Folder(tmp_path), [key.to_public()], name, b"marker" * 1000)
    kept = (tmp_path / str(name)).read_bytes()
    assert kept.startswith(b"age-encryption.org/v1\n") and b"marker" not in kept
    assert sealing.get(tmp_path, [other, key], name) == b"marker" * 1000
    with pytest.raises(CannotOpen):
        sealing.get(tmp_path, [other], name)
    bomb, most = Name.new(NOW, "files"), sealing.OPENED_BYTES_MAX
    sealing.put(Folder(tmp_path), [key.to_public()], bomb, bytes(most + 1))
    assert (tmp_path / str(bomb)).stat().st_size < most / 100
    with pytest.raises(CannotOpen, match="larger than any"):
        sealing.get(tmp_path, [key], bomb)
    cut = Name.new(NOW, "files")
    with Folder(tmp_path).put(cut) as file:
        file.write(kept[:-20])
    with pytest.raises(CannotOpen):
        sealing.get(tmp_path, [key], cut)


@pytest.mark.skipif(shutil.which("age") is None, reason="Debian's age program is not here")
def test_the_age_program_opens_what_is_sealed_here(tmp_path: Path) -> None:
    key = pyrage.x25519.Identity.generate()
    (tmp_path / "key").write_text(f"# made up\n{key}\n")
    name = Name.new(NOW, "base")
    sealing.put_stream(Folder(tmp_path), [key.to_public()], name, io.BytesIO(b"base" * 100_000))
    opened = subprocess.run(
        ["age", "-d", "-i", tmp_path / "key", tmp_path / str(name)], capture_output=True, check=True
    )
    assert opened.stdout == b"base" * 100_000
    assert sealing.read_identities(tmp_path / "key")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('recipients = ["AGE-SECRET-KEY-1XYZ"]\nfolder = "."', "holds a private key"),
        ('recipients = ["age1nothing"]\nfolder = "."', "not a public key of age"),
        ('recipients = []\nfolder = "."', "list of 1 to 16"),
        ('recipients = ["{key}"]', "either a folder or a command or"),
        ('recipients = ["{key}"]\nfolder = "/nowhere/at/all"', "no folder that is there"),
        ('recipients = ["{key}"]\ncommand = "ssh"', "list of words"),
        ('recipients = ["{key}"]\nfolder = "."\nbase_hours = 0', "from 1 to 168"),
        ('recipients = ["{key}"]\nfolder = "."\nprune = true', "prune is not known"),
        ("recipients = [", "cannot be read"),
    ],
)
def test_a_wrong_backup_toml_is_refused_in_words(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "backup.toml"
    path.write_text(text.replace("{key}", str(pyrage.x25519.Identity.generate().to_public())))
    with pytest.raises(BackupConfigWrong, match=says) as raised:
        read_config(path)
    assert "1XYZ" not in str(raised.value)
    with pytest.raises(BackupConfigWrong, match="is lacking"):
        read_config(tmp_path / "none.toml")


S3 = {
    "endpoint": '"https://s3.example.net"',
    "region": '"eu"',
    "bucket": '"vault"',
    "credentials": '"key"',
    "lock_days": "30",
}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"lock_days": "36"}, "from 1 to 35"),
        ({"lock_days": '"30"'}, "from 1 to 35"),
        ({"endpoint": '"http://s3.example.net"'}, "https://host is needed"),
        ({"bucket": "7"}, "needs bucket, a text"),
        ({"secret": '"hidden"'}, "secret is not known"),
        ({"credentials": '"none"'}, "cannot be read"),
        ({"credentials": '"open"'}, "chmod 600"),
        ({"credentials": '"short"'}, "holds two lines"),
        ({}, ""),
    ],
)
def test_a_wrong_bucket_is_refused_in_words(tmp_path: Path, changed: dict[str, str], says: str) -> None:
    for name, text, mode in (
        ("key", "id\nhidden\n", 0o600),
        ("open", "id\nhidden", 0o644),
        ("short", "id", 0o600),
    ):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(mode)
    key = pyrage.x25519.Identity.generate().to_public()
    lines = "".join(f"{name} = {value}\n" for name, value in (S3 | changed).items())
    path = tmp_path / "backup.toml"
    path.write_text(f'recipients = ["{key}"]\n[s3]\n{lines}')
    if says:
        with pytest.raises(BackupConfigWrong, match=says) as raised:
            read_config(path)
        assert "hidden" not in str(raised.value)
    else:
        assert isinstance(read_config(path).target, Bucket)


def test_what_sends_asks_a_bucket_for_nothing_but_to_put() -> None:
    asked = {
        node.func.attr
        for node in ast.walk(ast.parse(inspect.getsource(bucket)))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value) == "self._client"
    }
    assert asked == {"put_object", "create_multipart_upload", "upload_part", "complete_multipart_upload"}


def test_a_file_without_a_key_restores_nothing(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("age1public\n")
    with pytest.raises(IdentityUnusable):
        sealing.read_identities(tmp_path / "key")


def test_check_says_which_files_of_a_folder_are_older_than_what_the_privacy_page_promises(
    tmp_path: Path,
) -> None:
    key = pyrage.x25519.Identity.generate().to_public()
    vault, now = tmp_path / "vault", datetime.now(UTC)
    (tmp_path / "backup.toml").write_text(f'recipients = ["{key}"]\nfolder = "{vault}"\n')
    old, young = Name.new(now - timedelta(days=37), "files"), Name.new(now - timedelta(days=34), "files")
    for name in (young, old):
        with Folder(vault).put(name) as file:
            file.write(b"x")
        told = [each.sentence for each in backed_up(Settings(data=tmp_path)) if "older than" in each.sentence]
        assert len(told) == (name == old)
    assert told[0].startswith(f"1 file(s) in {vault} are older than 35 days, the oldest of {old.at:%Y-%m-%d}")
