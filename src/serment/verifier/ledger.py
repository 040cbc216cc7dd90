# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads every tile, works the tree out again from its leaves, and says in words what does not fit."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from serment.verifier.notes import COSIGNER_TYPE, Checkpoint, Key, Wrong

PER_TILE = 256
WITNESSED = "witnessed"


def _path(folder: Path, level: str, number: int, width: int) -> Path:
    name = f"{number % 1000:03d}"
    rest = number // 1000
    while rest:
        name = f"x{rest % 1000:03d}/{name}"
        rest //= 1000
    return folder / "tile" / level / (name if width == PER_TILE else f"{name}.p/{width}")


def _tile(folder: Path, level: str, number: int, width: int, each: int) -> list[bytes]:
    for path in (_path(folder, level, number, width), _path(folder, level, number, PER_TILE)):
        # A partial tile goes when it is full: whoever looks meanwhile finds that one.
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            data = path.read_bytes()
            if len(data) < width * each:
                raise Wrong(
                    f"The tile {level}/{number} is shorter than the checkpoint says: entries are lacking."
                )
            return [data[at : at + each] for at in range(0, width * each, each)]
    raise Wrong(f"The tile {level}/{number} is lacking: {width} of its entries cannot be read.")


def _leaves(folder: Path, size: int) -> Iterator[bytes]:
    for number in range((size + PER_TILE - 1) // PER_TILE):
        width = min(PER_TILE, size - number * PER_TILE)
        for nth, entry in enumerate(_tile(folder, "entries", number, width, 34)):
            if entry[:2] != b"\x00\x20":
                raise Wrong(f"Entry {number * PER_TILE + nth} has no leaf of 32 bytes.")
            yield entry[2:]


class _Grown:
    """A tree that grows leaf by leaf: the roots of its whole subtrees, the largest first (RFC 6962 read from the left)."""

    def __init__(self) -> None:
        self._peaks: list[tuple[int, bytes]] = []

    def add(self, hashed: bytes) -> None:
        height = 0
        while self._peaks and self._peaks[-1][0] == height:
            hashed = sha256(b"\x01" + self._peaks.pop()[1] + hashed).digest()
            height += 1
        self._peaks.append((height, hashed))

    def root(self) -> bytes:
        if not self._peaks:
            return sha256(b"").digest()
        _, value = self._peaks[-1]
        for _, peak in reversed(self._peaks[:-1]):
            value = sha256(b"\x01" + peak + value).digest()
        return value


def _rows(folder: Path, size: int, roots: dict[int, bytes]) -> None:
    """Works out every level again and compares it with the tiles; fills in the roots that are asked for by size."""
    tree, row = _Grown(), []
    if 0 in roots:
        roots[0] = tree.root()
    for nth, leaf in enumerate(_leaves(folder, size)):
        hashed = sha256(b"\x00" + leaf).digest()
        tree.add(hashed)
        row.append(hashed)
        if nth + 1 in roots:
            roots[nth + 1] = tree.root()
    level = 0
    while row:
        for number in range((len(row) + PER_TILE - 1) // PER_TILE):
            ours = row[number * PER_TILE : (number + 1) * PER_TILE]
            theirs = _tile(folder, str(level), number, len(ours), 32)
            for nth, (one, other) in enumerate(zip(ours, theirs, strict=True)):
                if one != other:
                    at = (number * PER_TILE + nth) << (8 * level)
                    raise Wrong(
                        f"The tile {level}/{number} says another hash than the entries do, at entry {at}."
                    )
        above = []
        for begin in range(0, len(row) - PER_TILE + 1, PER_TILE):
            whole = _Grown()
            for hashed in row[begin : begin + PER_TILE]:
                whole.add(hashed)
            above.append(whole.root())
        row, level = above, level + 1


def verify(
    folder: Path,
    key_text: str,
    *,
    earlier: Sequence[tuple[str, bytes]] = (),
    entries: Path | None = None,
    witness: Witnessed | None = None,
) -> list[str]:
    """What was checked, a sentence each. Raises Wrong with the first thing that does not fit.

    `earlier`: checkpoints that were kept elsewhere, by name; the log must still begin with each. `entries`: a file of lines
    `{"leaf": n, "salt": hex, "text": ...}`; each must be the leaf it names. `witness`: who must have seen the log, and when.
    """
    key = Key.read(key_text)
    before = [(called, Checkpoint.read(kept, key, called)) for called, kept in earlier]
    # Read before the checkpoint, which may have grown since.
    seen = None if witness is None else witness.read(folder, key)
    try:
        note = (folder / "checkpoint").read_bytes()
    except FileNotFoundError as error:
        raise Wrong("There is no checkpoint: nothing was published here, or it was taken away.") from error
    now = Checkpoint.read(note, key, "The checkpoint")
    if seen is not None:
        before.append(("what the witness saw", seen))
    for called, kept in before:
        if kept.size > now.size:
            raise Wrong(
                f"{_begun(called)} was signed over {kept.size} entries, and the log has {now.size} now: it was rolled back."
            )
    roots = dict.fromkeys([now.size, *(kept.size for _, kept in before)], b"")
    _rows(folder, now.size, roots)
    if roots[now.size] != now.root:
        raise Wrong(
            "The entries do not give the root that the checkpoint signs: some were changed after it was signed."
        )
    said = [f"The log {key.name} holds {now.size} entries, and its checkpoint signs exactly these."]
    for called, kept in before:
        if roots[kept.size] != kept.root:
            raise Wrong(
                f"The first {kept.size} entries are not those that {called} signed: the log was rewritten, or there are two."
            )
        said.append(f"It still begins with the {kept.size} entries of {called}.")
    if entries is not None:
        said.append(_check_entries(folder, now.size, entries))
    return said


def _begun(called: str) -> str:
    return called[:1].upper() + called[1:]


@dataclass(frozen=True, slots=True)
class Witnessed:
    """That a witness saw the log: its key as name+id+base64, and how many seconds ago at most, counted from `now`."""

    key: str
    seconds_max: float
    now: float

    def read(self, folder: Path, key: Key) -> Checkpoint:
        """The checkpoint that was witnessed. Raises Wrong."""
        called = "What the witness saw"
        witness = Key.read(self.key, COSIGNER_TYPE, "The witness's key")
        try:
            seen = Checkpoint.read((folder / WITNESSED).read_bytes(), key, called)
        except FileNotFoundError as error:
            raise Wrong("No witness has seen this log, or what it signed was taken away.") from error
        age = self.now - seen.witnessed_at(witness, called)
        if age > self.seconds_max:
            raise Wrong(
                f"The witness {witness.name} last saw this log {age / 60:,.0f} minutes ago; "
                f"{self.seconds_max / 60:,.0f} at most were asked for. "
                "Either it is down, or it refuses what it is shown: ask whoever runs it."
            )
        return seen


def _check_entries(folder: Path, size: int, file: Path) -> str:
    leaves = list(_leaves(folder, size))
    count = 0
    for nth, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        try:
            told = json.loads(line)
            leaf, salt, text = int(told["leaf"]), bytes.fromhex(told["salt"]), str(told["text"]).encode()
        except (ValueError, KeyError, TypeError) as error:
            raise Wrong(f"Line {nth} of the entries cannot be read.") from error
        if not 0 <= leaf < size:
            raise Wrong(f"Line {nth} names the entry {leaf}, and the log has {size}.")
        if sha256(salt + text).digest() != leaves[leaf]:
            raise Wrong(
                f"The entry {leaf} does not say what the log holds: it was changed, or is another one."
            )
        count += 1
    return f"{count} entries in words are those that the log holds."
