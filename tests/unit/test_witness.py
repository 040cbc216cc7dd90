# SPDX-License-Identifier: AGPL-3.0-or-later
"""The witness, asked over HTTP as the server asks it: what grows is signed, what was touched is refused, and each is said in words."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serment.check_ledger import witnessed
from serment.domain.merkle import consistency_proof, leaf_hash, node_hash, root
from serment.finding import Verdict
from serment.server.instance import Instance
from serment.server.ledger_folder import LedgerFolder
from serment.server.usecases.read_ledger import WitnessTold, read_witness
from serment.server.usecases.witness_checkpoint import witness_checkpoint
from serment.server.witness import NotWitnessed
from serment.server.witness import Witness as Asked
from serment.settings import LEDGER_FOLDER, Settings
from serment.verifier.consistency import begins_with
from serment.verifier.ledger import Witnessed, verify
from serment.verifier.notes import Key, Wrong
from serment.witness.judge import Judge
from serment.witness.memory import KEY_FILE, Memory
from serment.witness.serve import Look, Server

NOW = datetime(2027, 3, 2, 11, 0, tzinfo=UTC)


def leaves(begin: int, count: int) -> list[bytes]:
    return [n.to_bytes(32, "big") for n in range(begin, begin + count)]


class Scene:
    """A log, its witness in a folder of its own, and the clock of both."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now, self.said = folder, NOW, list[str]()
        self.log = LedgerFolder(folder / LEDGER_FOLDER, "serment-test")
        self.judge = self.start()
        self.server = Server(self.judge, "127.0.0.1", 0, self.said.append)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def start(self) -> Judge:
        """The witness's process: what it knows is in its folder."""
        key = Key.read(self.log.verifier_key)
        return Judge(Memory(self.folder / "witness", "witness.example"), [key], lambda: self.now.timestamp())

    @property
    def key(self) -> str:
        return self.judge.memory.public

    def instance(self, log: LedgerFolder | None = None, url: str | None = None) -> Instance:
        instance: Any = Instance("serment-test", None, None, lambda: self.now)  # type: ignore[arg-type]
        return dataclasses.replace(
            instance, ledger=log or self.log, witness=Asked(url or self.server.url, self.key)
        )

    def grow(self, count: int) -> None:
        size = self.log.size()
        self.log.append(size, leaves(size, count))

    def ask(self, log: LedgerFolder | None = None, url: str | None = None) -> bool:
        """As the server's job does each minute."""
        return asyncio.run(witness_checkpoint(self.instance(log, url)))

    def refused(self, log: LedgerFolder | None = None, url: str | None = None) -> str:
        with pytest.raises(NotWitnessed) as found:
            self.ask(log, url)
        return found.value.why

    def verify(self, minutes: float = 5) -> list[str]:
        by = Witnessed(self.key, minutes * 60, self.now.timestamp())
        return verify(self.log.folder, self.log.verifier_key, witness=by)

    def checked(self, url: str | None = "http://127.0.0.1:1") -> tuple[Verdict, str]:
        [found] = witnessed(Settings(data=self.folder, witness=url, witness_key=self.key))
        return found.verdict, found.sentence

    def post(self, body: bytes, path: str = "/add-checkpoint") -> tuple[int, str, bytes]:
        connection = HTTPConnection("127.0.0.1", self.server.server_port, timeout=10)
        try:
            connection.request("POST", path, body)
            answer = connection.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read()
        finally:
            connection.close()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.server.shutdown()
    scene.server.server_close()


def test_what_grew_is_signed_and_the_verifier_finds_that_it_was_seen(scene: Scene) -> None:
    assert not scene.ask()  # nothing was read yet
    for count in (1, 2, 254, 300):
        scene.grow(count)
        assert scene.ask()
        assert "It still begins with" in scene.verify()[-1]
    # Nothing new: it is signed again, so that the time says until when somebody saw it.
    scene.now += timedelta(minutes=4)
    assert scene.ask()
    scene.now += timedelta(minutes=4)
    scene.grow(1)
    assert scene.verify()[-1] == "It still begins with the 557 entries of what the witness saw."
    assert scene.checked()[0] is Verdict.GOOD
    assert scene.said == []


def test_the_witness_forgets_nothing_when_it_is_killed(scene: Scene) -> None:
    scene.grow(5)
    scene.ask()
    scene.server.RequestHandlerClass.judge = scene.start()  # type: ignore[attr-defined]
    (scene.log.folder / "witnessed").unlink()  # and the server does not know what was signed
    scene.grow(5)
    assert scene.ask()
    assert scene.verify()


def test_a_log_rolled_back_as_root_is_refused_said_and_named(scene: Scene) -> None:
    scene.grow(40)
    shutil.copytree(scene.log.folder, scene.folder / "old")
    scene.grow(9)
    scene.ask()
    (scene.folder / "old" / "log.key").chmod(0o600)
    old = LedgerFolder(scene.folder / "old", "serment-test")
    assert scene.refused(old) == "rolled_back"
    assert scene.said == ["serment-test/ledger shows 40 entries and had 49: it was rolled back."]
    # Put in the other one's place, with what the witness signed: the verifier says the same.
    witnessed_note = (scene.log.folder / "witnessed").read_bytes()
    shutil.rmtree(scene.log.folder)
    shutil.copytree(scene.folder / "old", scene.log.folder)
    (scene.log.folder / "witnessed").write_bytes(witnessed_note)
    with pytest.raises(
        Wrong, match="What the witness saw was signed over 49 entries, and the log has 40 now"
    ):
        scene.verify()


@pytest.mark.parametrize("grown", [40, 41, 60])
def test_a_log_rewritten_as_root_with_its_own_key_is_refused_whatever_its_size(
    scene: Scene, grown: int
) -> None:
    scene.grow(40)
    scene.ask()
    (scene.folder / "forged").mkdir(mode=0o700)
    shutil.copy2(scene.log.folder / "log.key", scene.folder / "forged" / "log.key")
    shutil.copy2(scene.log.folder / "witnessed", scene.folder / "forged" / "witnessed")
    forged = LedgerFolder(scene.folder / "forged", "serment-test")
    forged.append(0, [*leaves(0, 12), b"x" * 32, *leaves(13, grown - 13)])
    assert verify(forged.folder, forged.verifier_key)  # in itself everything fits
    assert scene.refused(forged) == "forked"
    assert len(scene.said) == 1 and "it forked" in scene.said[0]
    by = Witnessed(scene.key, 300, scene.now.timestamp())
    with pytest.raises(Wrong, match="first 40 entries are not those that what the witness saw signed"):
        verify(forged.folder, forged.verifier_key, witness=by)


def flip_a_bit(folder: Path) -> None:
    file = folder / "tile" / "entries" / "000"
    data = bytearray(file.read_bytes())
    data[1000] ^= 1
    file.write_bytes(data)


def take_an_entry(folder: Path) -> None:
    file = folder / "tile" / "entries" / "000"
    file.write_bytes(file.read_bytes()[34:])


def take_a_tile(folder: Path) -> None:
    (folder / "tile" / "0" / "000").unlink()


@pytest.mark.parametrize("touch", [flip_a_bit, take_an_entry, take_a_tile], ids=["bit", "entry", "tile"])
def test_a_witness_that_may_read_the_files_signs_nothing_while_one_does_not_fit(
    scene: Scene, touch: Callable[[Path], None]
) -> None:
    look = Look(scene.judge, scene.log.folder, scene.log.verifier_key, scene.said.append)
    assert look.once() is None  # before the first entry
    scene.grow(300)
    assert look.once() is None and scene.ask() and look.once() is None
    shutil.copytree(scene.log.folder / "tile", scene.folder / "tile")
    touch(scene.log.folder)
    assert look.once() is not None
    scene.grow(1)
    assert scene.refused() == "refused"
    verdict, said = scene.checked()
    assert verdict is Verdict.WRONG and "Since 2027-03-02 11:00 UTC" in said and "The tile " in said
    # Five minutes on, whoever looks at the published folder alone sees it as well, whatever was done to it meanwhile.
    shutil.rmtree(scene.log.folder / "tile")
    shutil.copytree(scene.folder / "tile", scene.log.folder / "tile")
    scene.log.append(300, leaves(300, 1))
    scene.now += timedelta(minutes=6)
    with pytest.raises(Wrong, match="last saw this log 6 minutes ago; 5 at most"):
        scene.verify()
    assert look.once() is None and scene.ask() and scene.verify()
    assert scene.said[-1] == "serment-test/ledger: all fits again."


def test_while_the_witness_is_away_the_server_says_since_when_and_then_goes_on(scene: Scene) -> None:
    scene.grow(3)
    assert scene.checked()[0] is Verdict.NOTE
    assert scene.refused(url="http://127.0.0.1:1") == "away"
    scene.now += timedelta(minutes=30)
    assert scene.refused(url="http://127.0.0.1:1") == "away"
    verdict, said = scene.checked()
    assert verdict is Verdict.WRONG
    assert (
        said == "Since 2027-03-02 11:00 UTC the witness http://127.0.0.1:1 signs nothing: it does not answer."
    )
    assert scene.ask()
    assert scene.checked()[0] is Verdict.GOOD
    assert "No witness is named" in scene.checked(url=None)[1]


def test_a_signature_by_another_key_is_no_witness(scene: Scene, tmp_path: Path) -> None:
    scene.grow(3)
    other = Memory(tmp_path / "other", "witness.example")
    instance = dataclasses.replace(scene.instance(), witness=Asked(scene.server.url, other.public))
    with pytest.raises(NotWitnessed, match="unsigned"):
        asyncio.run(witness_checkpoint(instance))
    scene.ask()
    with pytest.raises(Wrong, match="does not carry the witness's signature"):
        verify(
            scene.log.folder,
            scene.log.verifier_key,
            witness=Witnessed(other.public, 300, scene.now.timestamp()),
        )
    (scene.log.folder / "witnessed").unlink()
    with pytest.raises(Wrong, match="No witness has seen this log"):
        scene.verify()


def test_each_answer_is_the_one_that_the_specification_names(scene: Scene, tmp_path: Path) -> None:
    scene.grow(5)
    note = scene.log.checkpoint()
    assert note is not None
    status, _, body = scene.post(b"old 0\n\n" + note)
    assert status == 200 and body.startswith("— witness.example ".encode()) and body.endswith(b"\n")
    stranger, fake = LedgerFolder(tmp_path / "a", "other"), LedgerFolder(tmp_path / "b", "serment-test")
    for log in (stranger, fake):
        log.append(0, leaves(0, 5))
    scene.grow(3)
    more, proof = scene.log.checkpoint(), scene.log.consistency(5, 8)
    assert more is not None
    lines = b"".join(base64.b64encode(each) + b"\n" for each in proof)
    for body, expected in {
        b"old 0\n\n" + more: (409, "text/x.tlog.size", b"5\n"),
        b"old 4\n" + lines + b"\n" + more: (409, "text/x.tlog.size", b"5\n"),
        b"old 9\n\n" + more: 400,
        b"old 05\n\n" + more: 400,
        b"old 5\n" + b"A" * 9 + b"\n\n" + more: 400,
        b"old 5\n" + lines * 40 + b"\n" + more: 400,
        b"old 5\n\n" + more: 422,
        b"old 5\n" + lines + lines[:45] + b"\n" + more: 422,
        b"old 0\n\n" + (stranger.checkpoint() or b""): 404,
        b"old 5\n\n" + (fake.checkpoint() or b""): 403,
        b"": 400,
        b"x" * 20_000: 413,
        b"old 5\n" + lines + b"\n" + more: 200,
    }.items():  # fmt: skip
        answer = scene.post(body)
        assert (answer if isinstance(expected, tuple) else answer[0]) == expected, body[:40]
    assert scene.post(b"old 8\n\n" + more, path="/else")[0] == 404
    (tmp_path / "c").mkdir(mode=0o700)
    shutil.copy2(scene.log.folder / "log.key", tmp_path / "c" / "log.key")
    forked = LedgerFolder(tmp_path / "c", "serment-test")
    forked.append(0, [b"x" * 32, *leaves(1, 7)])
    assert scene.post(b"old 8\n\n" + (forked.checkpoint() or b"")) == (409, "text/x.tlog.size", b"8\n")


def test_a_key_that_others_may_read_and_a_file_that_is_not_the_logs_stop_the_witness(scene: Scene) -> None:
    scene.grow(2)
    scene.ask()
    with pytest.raises(Wrong, match="another name or key"):
        Memory(scene.folder / "witness", "another")
    scene.judge.memory.seen_file(Key.read(scene.log.verifier_key)).write_bytes(b"rubbish")
    scene.grow(1)
    assert scene.refused() == "refused"
    (scene.folder / "witness" / KEY_FILE).chmod(0o644)
    with pytest.raises(Wrong, match="Others may read"):
        scene.start()


@given(st.integers(1, 70), st.integers(0, 70))
def test_the_witness_believes_a_proof_where_the_tree_grew_and_no_other(old: int, more: int) -> None:
    hashes = [leaf_hash(leaf) for leaf in leaves(0, old + more)]

    def subtree(level: int, index: int) -> bytes:
        row = hashes[index << level : (index + 1) << level]
        while len(row) > 1:
            row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
        return row[0]

    size, before = old + more, root(old, subtree)
    now, proof = root(size, subtree), consistency_proof(old, size, subtree)
    assert begins_with(old, before, size, now, proof)
    assert not begins_with(old, b"x" * 32, size, now, proof) and not begins_with(
        old, before, size, b"x" * 32, proof
    )
    assert not begins_with(old, before, size, now, [*proof, b"x" * 32])
    for nth in range(len(proof)):
        assert not begins_with(old, before, size, now, proof[:nth] + proof[nth + 1 :])
        touched = bytes([proof[nth][0] ^ 1]) + proof[nth][1:]
        assert not begins_with(old, before, size, now, [*proof[:nth], touched, *proof[nth + 1 :]])
    assert not begins_with(0, before, size, now, proof) and not begins_with(
        size + 1, before, size, now, proof
    )


def test_owners_are_told_when_it_was_last_seen_and_since_when_not(scene: Scene) -> None:
    told = [read_witness(dataclasses.replace(scene.instance(), witness=None)), read_witness(scene.instance())]
    scene.grow(1)
    scene.ask()
    told.append(read_witness(scene.instance()))
    scene.now += timedelta(hours=1)
    scene.refused(url="http://127.0.0.1:1")
    told.append(read_witness(scene.instance()))
    later = NOW + timedelta(hours=1)
    assert told == [None, WitnessTold(None, None), WitnessTold(NOW, None), WitnessTold(NOW, later)]
