# SPDX-License-Identifier: AGPL-3.0-or-later
"""The published ledger, read by the verifier that shares no code with it: what is right passes, whatever was touched is named."""

from __future__ import annotations

import datetime as dt
import shutil
import uuid
from pathlib import Path

import pytest

from serment.domain.ledger import Entry, Part, Purpose
from serment.server.ledger_folder import CHECKPOINT, LedgerBroken, LedgerFolder
from serment.verifier.ledger import verify
from serment.verifier.notes import Wrong

AT = dt.datetime(2027, 1, 15, 9, 30, 12, 345, tzinfo=dt.UTC)
PRACTICE, SAM = uuid.UUID(int=7), uuid.UUID(int=8)


def leaves(begin: int, count: int) -> list[bytes]:
    return [n.to_bytes(32, "big") for n in range(begin, begin + count)]


def grown(folder: Path, *batches: int) -> LedgerFolder:
    log = LedgerFolder(folder, "serment-test")
    for count in batches:
        size = log.size()
        assert log.append(size, leaves(size, count)) == size + count == log.size()
    return log


def test_an_entry_reads_like_a_sentence_and_each_record_stands_once() -> None:
    one, other = uuid.UUID(int=1), uuid.UUID(int=2)
    entry = Entry.of(AT, PRACTICE, SAM, Purpose.AGENDA, Part.CT | Part.ID, [other, one, other])
    assert entry.text().decode().splitlines() == [
        "serment/ledger/1",
        "at 2027-01-15T09:30:12Z",
        f"practice {PRACTICE}",
        f"reader member {SAM}",
        "purpose agenda",
        "parts id,ct",
        f"records {one},{other}",
    ]
    assert b"\nreader link\n" in Entry.of(AT, PRACTICE, None, Purpose.LINK, Part.ID, [one]).text()
    with pytest.raises(ValueError, match="nothing left"):
        Entry.of(AT, PRACTICE, None, Purpose.LINK, Part.ID, [])


@pytest.mark.parametrize(
    "batches",
    [[1], [255], [256], [257], [1, 1, 1, 253, 1], [300, 300, 300], [70_000]],
    ids=lambda batches: "+".join(map(str, batches)),
)
def test_however_it_grew_the_verifier_finds_what_was_signed(tmp_path: Path, batches: list[int]) -> None:
    log = grown(tmp_path, *batches)
    [said] = verify(tmp_path, log.verifier_key)
    assert f"holds {sum(batches)} entries" in said


def test_the_same_leaves_give_the_same_root_in_whatever_batches(tmp_path: Path) -> None:
    assert grown(tmp_path / "a", 600).root(600) == grown(tmp_path / "b", 1, 254, 2, 343).root(600)


def test_a_log_goes_on_after_a_crash_that_left_tiles_without_a_checkpoint(tmp_path: Path) -> None:
    log = grown(tmp_path, 250)
    kept = (tmp_path / CHECKPOINT).read_bytes()
    log.append(250, leaves(250, 20))
    (tmp_path / CHECKPOINT).write_bytes(kept)
    again = LedgerFolder(tmp_path, "serment-test")
    assert again.append(again.size(), leaves(250, 20)) == 270
    assert verify(tmp_path, again.verifier_key)


def test_every_flipped_byte_of_a_tile_or_of_the_checkpoint_is_seen(tmp_path: Path) -> None:
    log = grown(tmp_path, 256, 44)
    key = log.verifier_key
    files = [
        path for path in tmp_path.rglob("*") if path.is_file() and path.name not in ("log.key", "log.pub")
    ]
    assert len(files) > 5
    for path in files:
        data = path.read_bytes()
        # The last byte of a checkpoint is the end of its line, which says nothing.
        for at in range(0, len(data) - 1, max(1, len(data) // 40)):
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            with pytest.raises(Wrong):
                pytest.fail(f"{path} {at}: {verify(tmp_path, key)}")
        path.write_bytes(data)
    assert verify(tmp_path, key)


def test_a_tile_that_was_taken_away_is_named(tmp_path: Path) -> None:
    log = grown(tmp_path, 300)
    (tmp_path / "tile" / "entries" / "000").unlink()
    with pytest.raises(Wrong, match="entries/0 is lacking: 256 of its entries"):
        verify(tmp_path, log.verifier_key)


def test_a_roll_back_is_seen_by_whoever_kept_a_checkpoint(tmp_path: Path) -> None:
    log = grown(tmp_path / "log", 40)
    shutil.copytree(tmp_path / "log", tmp_path / "old")
    log.append(40, leaves(40, 9))
    kept = [("Tuesday's", (tmp_path / "log" / CHECKPOINT).read_bytes())]
    assert len(verify(tmp_path / "log", log.verifier_key, earlier=kept)) == 2
    assert verify(tmp_path / "old", log.verifier_key)
    with pytest.raises(Wrong, match="49 entries, and the log has 40 now: it was rolled back"):
        verify(tmp_path / "old", log.verifier_key, earlier=kept)


def test_a_log_rewritten_with_its_own_key_is_seen_by_whoever_kept_a_checkpoint(tmp_path: Path) -> None:
    """Root on the server has the key: it signs another history, and everything in it fits."""
    log = grown(tmp_path / "log", 40)
    kept = [("Tuesday's", (tmp_path / "log" / CHECKPOINT).read_bytes())]
    (tmp_path / "forged").mkdir(mode=0o700)
    shutil.copy2(tmp_path / "log" / "log.key", tmp_path / "forged" / "log.key")
    forged = LedgerFolder(tmp_path / "forged", "serment-test")
    forged.append(0, [*leaves(0, 12), b"x" * 32, *leaves(13, 30)])
    assert verify(tmp_path / "forged", log.verifier_key)
    with pytest.raises(Wrong, match="first 40 entries are not those that Tuesday's signed"):
        verify(tmp_path / "forged", log.verifier_key, earlier=kept)


def test_another_logs_checkpoint_is_not_taken_for_this_ones(tmp_path: Path) -> None:
    log, other = grown(tmp_path / "a", 3), grown(tmp_path / "b", 3)
    with pytest.raises(Wrong, match="does not carry the log's signature"):
        verify(tmp_path / "a", other.verifier_key)
    (tmp_path / "a" / CHECKPOINT).write_bytes((tmp_path / "b" / CHECKPOINT).read_bytes())
    with pytest.raises(LedgerBroken):
        log.size()


def test_before_anything_was_read_there_is_nothing_to_check(tmp_path: Path) -> None:
    log = LedgerFolder(tmp_path, "serment-test")
    assert log.size() == 0
    with pytest.raises(Wrong, match="nothing was published"):
        verify(tmp_path, log.verifier_key)
