# SPDX-License-Identifier: AGPL-3.0-or-later
"""The notifier's key file: two places, one owner, keys that are gone when they are forgotten, and no crash that loses one."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest

from serment.notifier import strongbox
from serment.notifier.strongbox import Strongbox, StrongboxUnusable

DAY = dt.date(2027, 3, 28)
NEXT_DAY = DAY + dt.timedelta(days=1)


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "notifier" / "keys", tmp_path / "elsewhere" / "keys"


def test_what_is_made_is_there_again_and_in_both_places(paths: tuple[Path, Path]) -> None:
    with Strongbox(*paths) as box:
        root, tag, [day], code = box.root, box.tag_key, box.make_days([DAY]), box.make_code(DAY)
        assert len({root, tag, day, code}) == 4
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[0].stat().st_mode & 0o777 == 0o600
    with Strongbox(*paths) as box:
        assert (box.root, box.tag_key, box.day(DAY), box.code(DAY)) == (root, tag, day, code)
        assert box.make_days([DAY]) == [day]


def test_a_forgotten_day_stands_in_no_byte_of_either_file_and_the_next_day_does(
    paths: tuple[Path, Path],
) -> None:
    with Strongbox(*paths) as box:
        gone, kept = box.make_days([DAY, NEXT_DAY])
        box.forget_day(DAY)
        assert box.day(DAY) is None
    for path in paths:
        assert gone not in path.read_bytes()
        assert kept in path.read_bytes()
    assert [path.name for path in (*paths[0].parent.iterdir(), *paths[1].parent.iterdir())] == [
        "keys",
        "keys",
    ]


@pytest.mark.parametrize("lost", [0, 1])
def test_a_lost_file_is_made_again_from_the_other(paths: tuple[Path, Path], lost: int) -> None:
    with Strongbox(*paths) as box:
        root, [day] = box.root, box.make_days([DAY])
    paths[lost].unlink()
    with Strongbox(*paths) as box:
        assert (box.root, box.day(DAY)) == (root, day)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_place_torn_by_a_crash_is_taken_from_the_other_file(paths: tuple[Path, Path]) -> None:
    with Strongbox(*paths) as box:
        root, [day] = box.root, box.make_days([DAY])
    content = bytearray(paths[0].read_bytes())
    at = content.index(day)
    content[at + 16 : at + 32] = bytes(16)
    paths[0].write_bytes(content)
    with Strongbox(*paths) as box:
        assert (box.root, box.day(DAY)) == (root, day)


def test_files_of_two_notifiers_are_refused_and_left_as_they_are(
    paths: tuple[Path, Path], tmp_path: Path
) -> None:
    Strongbox(*paths).close()
    other = tmp_path / "other"
    Strongbox(other, tmp_path / "other.mirror").close()
    with pytest.raises(StrongboxUnusable, match="two notifiers"):
        Strongbox(paths[0], other)
    Strongbox(*paths).close()


def test_days_that_differ_are_refused(paths: tuple[Path, Path]) -> None:
    with Strongbox(*paths) as box:
        old = paths[0].read_bytes()
        box.make_days([DAY])
    newer = paths[0].read_bytes()
    with Strongbox(*paths) as box:
        box.forget_day(DAY)
        box.make_days([NEXT_DAY])
    assert old != newer
    paths[1].write_bytes(newer)
    with pytest.raises(StrongboxUnusable, match="differ"):
        Strongbox(*paths)


def test_a_second_notifier_is_turned_away_and_may_come_when_the_first_ended(paths: tuple[Path, Path]) -> None:
    with Strongbox(*paths), pytest.raises(StrongboxUnusable, match="in use"):
        Strongbox(*paths)
    Strongbox(*paths).close()


def test_a_file_others_may_read_is_refused(paths: tuple[Path, Path]) -> None:
    Strongbox(*paths).close()
    paths[1].chmod(0o640)
    with pytest.raises(StrongboxUnusable, match="chmod 600"):
        Strongbox(*paths)


def test_another_file_is_refused_and_not_overwritten(paths: tuple[Path, Path]) -> None:
    paths[0].parent.mkdir(parents=True)
    paths[0].write_bytes(b"somebody's letters")
    paths[0].chmod(0o600)
    with pytest.raises(StrongboxUnusable, match="no key file"):
        Strongbox(*paths)
    assert paths[0].read_bytes() == b"somebody's letters"


def test_the_same_place_twice_is_no_mirror(paths: tuple[Path, Path]) -> None:
    with pytest.raises(StrongboxUnusable, match="mirror"):
        Strongbox(paths[0], paths[0])


def test_a_crash_after_any_write_leaves_a_box_that_opens(
    paths: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash(Exception):
        pass

    real, left = os.pwrite, 0

    def write(file: int, data: bytes, offset: int) -> int:
        nonlocal left
        if left == 0:
            raise Crash
        left -= 1
        return real(file, data, offset)

    monkeypatch.setattr(strongbox.os, "pwrite", write)
    seen: list[bytes] = []
    for budget in range(12):
        left = budget
        try:
            with Strongbox(*paths) as box:
                seen = box.make_days([DAY, NEXT_DAY])
        except Crash:
            continue
        break
    else:
        pytest.fail("never whole")
    left = 99
    with Strongbox(*paths) as box:
        assert [box.day(DAY), box.day(NEXT_DAY)] == seen
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_all_places_taken_is_said(paths: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    with Strongbox(*paths) as box:
        for ahead in range(strongbox.CODE_PLACES):
            box.make_code(DAY + dt.timedelta(days=ahead))
        with pytest.raises(StrongboxUnusable, match="no place"):
            box.make_code(DAY + dt.timedelta(days=9))
        box.forget_code(DAY)
        box.make_code(DAY + dt.timedelta(days=9))
        more = [DAY + dt.timedelta(days=ahead) for ahead in range(strongbox.DAY_PLACES + 1)]
        with pytest.raises(StrongboxUnusable, match="no place"):
            box.make_days(more)
        assert box.days() == []
        assert len(box.make_days(more[1:])) == strongbox.DAY_PLACES
