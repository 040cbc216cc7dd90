# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ctrl-C, `kill` and a closed terminal, with desks listening: it ends within seconds, in order, and leaves nothing.

The demo's notifier is a process of its own: it comes back when it dies, and ends when the demo does, however that ends.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from over_http import b64
from running_serment import SMALL_TOWN, Serment
from serment.demo.run import STATE_FILE
from serment.demo.screen import PEOPLE
from serment.demo.sender import CONFIG
from serment.seal.unlock import derive_password

DESKS = 3
INSTANCE = "serment-demo"
WAIT_SECONDS_MAX = 30.0
SAM = PEOPLE[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo, planted by whichever test comes first."""
    return tmp_path_factory.mktemp("d") / "d"


def _child_of(pid: int) -> int | None:
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


def _until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextlib.contextmanager
def _listening(serment: Serment) -> Iterator[None]:
    """Sam's desks listen, a browser keeps its connection, another never finishes what it asks."""
    derived = derive_password(INSTANCE, SAM.log_in, SAM.password)
    body = json.dumps({"find": b64(derived.find), "auth": b64(derived.auth)})
    idle = http.client.HTTPConnection("127.0.0.1", serment.port)
    headers = {"Serment-Request": "1", "Content-Type": "application/json"}
    idle.request("POST", "/api/practice/sign-in", body, headers)
    answer = idle.getresponse()
    cookie = (answer.getheader("set-cookie") or "").partition(";")[0]
    practice = json.loads(answer.read())["practices"][0]["practice"]
    with contextlib.ExitStack() as stack:
        stack.callback(idle.close)
        for _ in range(DESKS):
            desk = http.client.HTTPConnection("127.0.0.1", serment.port)
            stack.callback(desk.close)
            desk.request("GET", f"/api/practice/{practice}/changes", headers={"Cookie": cookie})
            stream = desk.getresponse()
            stack.callback(stream.close)
            assert stream.status == 200 and stream.readline() == b"event: ready\r\n"
        slow = stack.enter_context(socket.create_connection(("127.0.0.1", serment.port)))
        slow.sendall(b"POST /api/patient/holds HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n")
        yield


def test_the_demos_notifier_comes_back_and_ends_with_the_demo(data: Path, free_port: int) -> None:
    serment = Serment("demo", data=data, port=free_port, program=SMALL_TOWN)
    pid = serment.process.pid
    try:
        serment.wait_until_up()
        assert (data / "notifier.toml").read_text("utf-8") == CONFIG
        _until(lambda: "Practices compare its key" in (data / "notifier.log").read_text("utf-8"))
        _until(lambda: "The witness answers" in (data / "witness.log").read_text("utf-8"))
        phone = httpx.get(f"{serment.address}/fr/demo/phone")
        assert phone.status_code == 200 and "Aucun message pour l’instant." in phone.text
        first = _child_of(pid)
        assert first is not None
        os.kill(first, signal.SIGKILL)
        _until(lambda: _child_of(pid) not in (None, first))
        last = _child_of(pid)
        serment.kill_9()
        _until(lambda: not Path(f"/proc/{last}").exists())
        # What somebody changed in the configuration stays; ended in order, nothing is left running either.
        (data / "notifier.toml").write_text(f"# mine\n{CONFIG}", "utf-8")
        serment = Serment("demo", data=data, port=free_port, program=SMALL_TOWN)
        serment.wait_until_up()
        _until(lambda: _child_of(serment.process.pid))
        last = _child_of(serment.process.pid)
        assert serment.end(signal.SIGINT, whole_group=True) == 0
        assert not Path(f"/proc/{last}").exists()
        assert (data / "notifier.toml").read_text("utf-8").startswith("# mine")
    finally:
        serment.clean_up()


@pytest.mark.parametrize(
    ("command", "workers", "signals", "whole_group"),
    [
        ("demo", 1, [signal.SIGINT], True),  # Ctrl-C in a terminal reaches everything that runs there
        ("demo", 1, [signal.SIGTERM], False),
        ("demo", 1, [signal.SIGHUP], True),  # the terminal is closed
        ("serve", 1, [signal.SIGINT] * 5, True),  # an impatient hand
        ("serve", 2, [signal.SIGTERM], False),
        ("serve", 2, [signal.SIGINT], True),
    ],
)
def test_it_ends_within_seconds_in_order_and_leaves_no_database(
    data: Path, free_port: int, command: str, workers: int, signals: list[signal.Signals], whole_group: bool
) -> None:
    serment = Serment(command, data=data, port=free_port, program=SMALL_TOWN, SERMENT_WORKERS=str(workers))
    try:
        serment.wait_until_up()
        with _listening(serment):
            assert serment.database_processes()
            assert serment.end(*signals, whole_group=whole_group) == 0
        assert serment.database_processes() == []
        words = serment.words()
        # An answer that did not end by itself is cancelled, when the server's patience is over, and the server says so.
        assert "Traceback" not in words and "Cancel" not in words, words
        assert ("Stopped. The data stays" in words) == (command == "demo")
    finally:
        serment.clean_up()


def test_a_demo_that_is_still_planting_ends_as_well(tmp_path: Path, free_port: int) -> None:
    """Each time it goes on where it was ended, by Ctrl-C and by `kill`."""
    for moment in ("everybody in it is invented", "database running", "practices opened"):
        for number in (signal.SIGINT, signal.SIGTERM):
            serment = Serment("demo", data=tmp_path / "d", port=free_port, program=SMALL_TOWN)
            try:
                while moment not in serment.words():
                    assert serment.process.poll() is None, serment.words()
                    time.sleep(0.01)
                time.sleep(0.2)
                assert serment.end(number, whole_group=True) == 0, (moment, number)
                assert serment.database_processes() == []
                assert "Traceback" not in serment.words() and "Stopped." in serment.words()
                assert not (tmp_path / "d" / STATE_FILE).exists(), "it was planted already"
            finally:
                serment.clean_up()
