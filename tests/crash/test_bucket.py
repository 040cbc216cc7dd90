# SPDX-License-Identifier: AGPL-3.0-or-later
"""Backups in a bucket with object lock: what was put comes back, and a stolen credential takes nothing away."""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest
from botocore.exceptions import ClientError

from backed_house import backed_house, records_in
from bucket_server import LOCKED, PLAIN, BadLine, Service, service
from serment.backup.bucket import Bucket, Place
from serment.backup.config import read_config, read_place
from serment.backup.fetching import fetch
from serment.backup.names import Name
from serment.backup.restoring import restore
from serment.backup.target import NotKept
from serment.check_backup import backed_up
from serment.finding import Verdict
from serment.settings import Settings

PART_BYTES = 5 << 20  # the least that such services take
LOCK_DAYS = "lock_days = 30\n"


@pytest.fixture(scope="module")
def there() -> Iterator[Service]:
    with service() as running:
        yield running


def target(
    there: Service, folder: Path, *, bucket: str = LOCKED, url: str = "", whose: str = "sends"
) -> Bucket:
    """As backup.toml makes it."""
    return Bucket(read_place(there.write_config(folder, whose, bucket=bucket, url=url)), 30)


def put(bucket: Bucket, name: Name, data: bytes) -> None:
    with bucket.put(name) as file:
        file.write(data)


def fetched_by_hand(*words: Path) -> str:
    """What `serment fetch` says when all is well."""
    command = [sys.executable, "-m", "serment.cli", "fetch", *map(str, words)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def long_ago() -> datetime:
    return datetime.now(UTC) - timedelta(days=3)


async def test_what_went_into_a_bucket_is_fetched_and_restored(there: Service, tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    async with backed_house(tmp_path / "home", target(there, tmp_path)) as home:
        await home.work.whole()
        for _ in range(3):
            await home.books()
        await home.work.round()
        told, key = set(home.told), home.key
    reads = there.write_config(tmp_path, "reads")
    for nth in range(2):
        said = await asyncio.to_thread(fetched_by_hand, reads, vault)
        assert (", 0 were there" in said, said.startswith("0 files came")) == (nth == 0, nth == 1)
    restored = await restore(vault, tmp_path / "again", [key])
    assert restored.passed == () and await records_in(tmp_path / "again") == told


def test_a_stolen_sending_credential_reads_nothing_and_takes_nothing_away(
    there: Service, tmp_path: Path
) -> None:
    bucket, name, thief = target(there, tmp_path), Name.new(datetime.now(UTC), "done"), there.client("sends")
    put(bucket, name, b"kept")
    with pytest.raises(NotKept, match="there already"):
        put(bucket, name, b"over it")
    # A client of the thief's own asks nobody whether the name is taken, and says times of the past.
    past = Name.new(datetime.now(UTC) - timedelta(hours=1), "done")
    for forged in (name, past):
        thief.put_object(Bucket=LOCKED, Key=str(forged), Body=b"forged")
    version = there.root.list_object_versions(Bucket=LOCKED, Prefix=str(name))["Versions"][-1]["VersionId"]
    for what, more in (
        ("get_object", {"Key": str(name)}),
        ("list_objects_v2", {}),
        ("list_object_versions", {}),
        ("delete_object", {"Key": str(name)}),
        ("delete_object", {"Key": str(name), "VersionId": version}),
        ("put_bucket_lifecycle_configuration", {"LifecycleConfiguration": {"Rules": []}}),
        ("delete_bucket", {}),
    ):
        refused(thief, what, Bucket=LOCKED, **more)
    # Not even whoever owns the bucket, before its day.
    refused(there.root, "delete_object", Bucket=LOCKED, Key=str(name), VersionId=version)
    fetched = fetch(read_place(there.write_config(tmp_path, "reads")), tmp_path / "vault", long_ago())
    assert (tmp_path / "vault" / str(name)).read_bytes() == b"kept"
    assert not (tmp_path / "vault" / str(past)).exists()
    assert any("another time" in line and str(past) in line for line in fetched.passed)


def refused(client: Any, what: str, **told: Any) -> None:
    with pytest.raises(ClientError) as raised:
        getattr(client, what)(**told)
    assert raised.value.response["Error"]["Code"] == "AccessDenied", what


def test_a_service_that_is_busy_is_asked_again_and_a_cut_line_keeps_what_came(
    there: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = os.urandom(2 * PART_BYTES + 7)
    with BadLine(there.url) as line:
        place = read_place(there.write_config(tmp_path, "sends", url=line.url))
        bucket = Bucket(place, 30, part_bytes=PART_BYTES)
        for length in (5, len(data)):
            line.busy, name = 2, Name.new(datetime.now(UTC), "base")
            put(bucket, name, data[:length])
            held = there.root.get_object(Bucket=LOCKED, Key=str(name))["Body"].read()
            assert hashlib.sha256(held).digest() == hashlib.sha256(data[:length]).digest()
        # It came, and nobody heard so: asked again, the service says that it is there. The sender takes another name.
        line.cut, name = 1, Name.new(datetime.now(UTC), "files")
        with pytest.raises(NotKept, match="there already"):
            put(bucket, name, b"came")
        assert there.root.get_object(Bucket=LOCKED, Key=str(name))["Body"].read() == b"came"
        assert set(line.asked) == {"PUT", "POST"}
    monkeypatch.setattr("serment.backup.bucket.TRIES", 1)
    with pytest.raises(NotKept, match="broke off at"):
        put(
            target(there, tmp_path, url="http://127.0.0.1:1"),
            Name.new(datetime.now(UTC), "files"),
            b"nobody answers",
        )


def test_what_a_service_refuses_is_said_in_words(there: Service, tmp_path: Path) -> None:
    place = read_place(there.write_config(tmp_path, "root"))
    for wrong, says in (
        ({"bucket": PLAIN}, "has no object lock"),
        ({"bucket": "nowhere"}, "no such bucket"),
        ({"key_id": "AKIAUNKNOWN"}, "does not know the key id"),
        ({"secret": "another"}, "not that key id's"),
        (dict(zip(("key_id", "secret"), there.keys["reads"], strict=True)), "may not put locked files"),
    ):
        told = {field: getattr(place, field) for field in place.__slots__} | wrong
        with pytest.raises(NotKept, match=says):
            put(Bucket(Place(**told), 30), Name.new(datetime.now(UTC), "files"), b"x")


async def test_why_nothing_goes_out_stands_in_check_until_it_does(there: Service, tmp_path: Path) -> None:
    key = pyrage.x25519.Identity.generate().to_public()

    def told() -> list[str]:
        found = backed_up(Settings(data=tmp_path / "home", backup=tmp_path / "backup.toml"))
        return [each.sentence for each in found if each.verdict is Verdict.WRONG]

    async with backed_house(tmp_path / "home", target(there, tmp_path, bucket=PLAIN, whose="root")) as home:
        sends = there.write_config(tmp_path, "sends", LOCK_DAYS)
        (tmp_path / "backup.toml").write_text(f'recipients = ["{key}"]\n{sends.read_text()}')
        await home.work.try_round()
        assert [each for each in told() if "no object lock" in each] == told() != []
        home.work.config = read_config(tmp_path / "backup.toml")
        await home.work.try_round()
        assert told() == []
