# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo's notifier is a process of its own: it comes back when it dies, and ends when the demo does, however that ends."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from running_serment import Serment
from serment.demo.sender import CONFIG

WAIT_SECONDS_MAX = 30.0

pytestmark = pytest.mark.slow


def child_of(pid: int) -> int | None:
    """The `serment notify` whose parent is `pid`, if there is one."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            continue
        if parent == pid and b"notify" in command:
            return int(folder.name)
    return None


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_demos_notifier_comes_back_and_ends_with_the_demo(tmp_path: Path, free_port: int) -> None:
    data = tmp_path / "d"  # short: the socket lives inside
    serment = Serment("demo", data=data, port=free_port)
    pid = serment.process.pid
    try:
        serment.wait_until_up()
        assert (data / "notifier.toml").read_text("utf-8") == CONFIG
        until(lambda: "Practices compare its key" in (data / "notifier.log").read_text("utf-8"))
        until(lambda: "The witness answers" in (data / "witness.log").read_text("utf-8"))
        phone = httpx.get(f"{serment.address}/fr/demo/phone")
        assert phone.status_code == 200 and "Aucun message pour l’instant." in phone.text
        first = child_of(pid)
        assert first is not None
        os.kill(first, signal.SIGKILL)
        until(lambda: child_of(pid) not in (None, first))
        last = child_of(pid)
        serment.kill_9()
        until(lambda: not Path(f"/proc/{last}").exists())
        # What somebody changed in the configuration stays; ended in order, nothing is left running either.
        (data / "notifier.toml").write_text(f"# mine\n{CONFIG}", "utf-8")
        serment = Serment("demo", data=data, port=free_port)
        serment.wait_until_up()
        until(lambda: child_of(serment.process.pid))
        last = child_of(serment.process.pid)
        assert serment.end(signal.SIGINT, whole_group=True) == 0
        assert not Path(f"/proc/{last}").exists()
        assert (data / "notifier.toml").read_text("utf-8").startswith("# mine")
    finally:
        serment.clean_up()
