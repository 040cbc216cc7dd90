# SPDX-License-Identifier: AGPL-3.0-or-later
"""Time-stamps: what a service of others puts is checked offline, and what does not fit is said in words."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from serment.check_ledger import stamped
from serment.finding import Verdict
from serment.server.timestamp import NotStamped, stamp
from serment.settings import Settings
from serment.verifier.notes import Wrong
from serment.verifier.stamps import check_stamp
from stamping_service import Stamping, authority, stamping

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl program is not here")

MANIFEST = b"3c9d  ledger/checkpoint\n"


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stamping]:
    with stamping(tmp_path_factory.mktemp("stamping") / "one") as service:
        yield service


@pytest.fixture
def file(there: Stamping, tmp_path: Path) -> Path:
    path = tmp_path / "MANIFEST.sha256"
    path.write_bytes(MANIFEST)
    path.with_name("MANIFEST.sha256.tsr").write_bytes(stamp(there.url, MANIFEST))
    return path


def test_a_stamp_says_since_when_a_file_was_there(there: Stamping, file: Path) -> None:
    assert check_stamp(file, there.root).startswith("MANIFEST.sha256 was there as it is on 20")
    assert check_stamp(file, there.root).endswith("under CN=Root one.")
    # A second opinion, as the README beside the evidence has it.
    ours = ["-in", f"{file}.tsr", "-data", file, "-CAfile", there.root]
    assert (
        b"Verification: OK"
        in subprocess.run(["openssl", "ts", "-verify", *ours], capture_output=True, check=True).stdout
    )


def test_a_stamp_that_does_not_fit_is_refused_in_words(there: Stamping, file: Path, tmp_path: Path) -> None:
    beside, other = file.with_name(f"{file.name}.tsr"), authority(tmp_path / "two")
    good = beside.read_bytes()

    def wrong(says: str, root: Path = there.root) -> None:
        with pytest.raises(Wrong, match=says):
            check_stamp(file, root)

    wrong("not by an authority of root.pem", other)
    wrong("holds no certificate", file)
    file.write_bytes(MANIFEST + b"one line more\n")
    wrong("is not what was stamped")
    file.write_bytes(MANIFEST)
    beside.write_bytes(good[:-40])
    wrong("is no time-stamp")
    beside.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    wrong("not by an authority")
    beside.unlink()
    wrong("nothing says when")


def nothing(_: bytes) -> bytes:
    return b"<html>"


def another(answer: bytes) -> Callable[[bytes], bytes]:
    return lambda _: answer


def test_a_service_that_puts_no_stamp_is_said_in_words(
    there: Stamping, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = stamp(there.url, MANIFEST)

    def refused(says: str) -> None:
        with pytest.raises(NotStamped, match=says):
            stamp(there.url, MANIFEST)

    monkeypatch.setattr(there, "change", nothing)
    refused("is no time-stamp")
    monkeypatch.setattr(there, "change", another(earlier))
    refused("something else")
    monkeypatch.setattr(there, "change", another(bytes.fromhex("30053003020102")))
    refused("refuses|no time-stamp")
    monkeypatch.setattr(there, "status", 503)
    refused("answers 503")
    with pytest.raises(NotStamped, match="does not answer"):
        stamp("http://127.0.0.1:1/tsr", MANIFEST)


def test_check_asks_the_service_before_a_breach_does(there: Stamping) -> None:
    for url, verdict in (
        (None, Verdict.NOTE),
        (there.url, Verdict.GOOD),
        ("http://127.0.0.1:1", Verdict.WRONG),
    ):
        assert [each.verdict for each in stamped(Settings(timestamp=url))] == [verdict]
