# SPDX-License-Identifier: AGPL-3.0-or-later
"""The published ledger on disk: C2SP tlog-tiles, and a checkpoint signed by the log's key (spec/ledger.md, sections 3 and 4).

Tiles come first, the checkpoint last, each by a rename of what was synced: whoever reads sees the tree of some checkpoint,
whole. A crash before the checkpoint leaves tiles that the next round writes again, with the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from serment.domain.merkle import EMPTY_ROOT, HASH_BYTES, consistency_proof, leaf_hash, node_hash, root
from serment.server.secret import read_key
from serment.syncing import sync_folder

KEY_FILE, PUBLIC_FILE, CHECKPOINT = "log.key", "log.pub", "checkpoint"
WITNESSED, UNWITNESSED, DIFFERING = "witnessed", "unwitnessed", "differing"
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
LEAF_PREFIX = HASH_BYTES.to_bytes(2, "big")
_ED25519 = b"\1"


class LedgerBroken(Exception):
    """The published ledger is not what its own checkpoint says, or not what the database numbered. Nothing was published.
    `serment verify` says what differs; put the folder `ledger` back from its own copy, never from an older one."""


class Unwitnessed(msgspec.Struct):
    """Since when no witness signs; `why` is NotWitnessed's word, `told` what the witness said."""

    since: datetime
    why: str
    told: str


class Differing(msgspec.Struct):
    """The first line in the database that is not what was published: `what` is changed or missing; `since` it was found."""

    leaf: int
    what: str
    since: datetime | None = None

    @classmethod
    def changed(cls, leaf: int) -> Differing:
        """It says something else."""
        return cls(leaf, "changed")

    @classmethod
    def missing(cls, leaf: int) -> Differing:
        """It is gone before its time."""
        return cls(leaf, "missing")


class LedgerFolder:
    """One log; `name` is the instance's. `compared`: up to where this process held the database's lines against the tiles."""

    def __init__(self, folder: Path, name: str) -> None:
        """Makes the folder and the key on the first start. Raises SecretUnusable."""
        self.folder = folder
        self.origin = f"{name}/ledger"
        self._key = Ed25519PrivateKey.from_private_bytes(read_key(folder / KEY_FILE))
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._key_id = hashlib.sha256(self.origin.encode() + b"\n" + _ED25519 + public).digest()[:4]
        self.verifier_key = (
            f"{self.origin}+{self._key_id.hex()}+{base64.b64encode(_ED25519 + public).decode()}"
        )
        self.compared = 0
        told = folder / PUBLIC_FILE
        if not told.exists():
            _write(told, f"{self.verifier_key}\n".encode())

    def size(self) -> int:
        """How many leaves are published. Raises LedgerBroken if the checkpoint is not this log's."""
        note = self.checkpoint()
        return 0 if note is None else self.size_of(note)

    def checkpoint(self) -> bytes | None:
        """The newest that was signed, None before the first."""
        return _read_file(self.folder / CHECKPOINT)

    def size_of(self, note: bytes) -> int:
        """How many leaves a checkpoint of this log signs. Raises LedgerBroken."""
        text, _, signature = note.partition(b"\n\n")
        text += b"\n"
        try:
            sealed = base64.b64decode(signature.split(b"\n")[0].split()[2], validate=True)
            self._key.public_key().verify(sealed[4:], text)
            origin, size, _ = text.decode().split("\n", 2)
            if origin != self.origin:
                raise LedgerBroken
            return int(size)
        except (InvalidSignature, ValueError, IndexError) as error:
            raise LedgerBroken from error

    def consistency(self, old: int, size: int) -> list[bytes]:
        """What proves that the tree of `size` leaves begins with that of `old`. Raises LedgerBroken."""
        return consistency_proof(old, size, lambda level, index: self._subtree(size, level, index))

    def witnessed(self) -> bytes | None:
        """The checkpoint that a witness signed last, with its signature."""
        return _read_file(self.folder / WITNESSED)

    def witnessed_at(self) -> datetime | None:
        """When that was; None before the first, or where the file is not one."""
        try:
            line = (self.witnessed() or b"").rstrip().rsplit(b"\n", 1)[-1]
            signed = base64.b64decode(line.split()[2], validate=True)
            return datetime.fromtimestamp(int.from_bytes(signed[4:12], "big"), UTC)
        except (ValueError, IndexError, OverflowError, OSError):
            return None

    def witnessed_size(self) -> int:
        """How many leaves that one had, 0 before. A file that is not this log's counts as none: the witness knows better."""
        note = self.witnessed()
        try:
            return 0 if note is None else self.size_of(note)
        except LedgerBroken:
            return 0

    def publish_witnessed(self, note: bytes, line: bytes) -> None:
        """Publishes a checkpoint with a witness's line; from now on it is witnessed."""
        _write(self.folder / WITNESSED, note + line)
        (self.folder / UNWITNESSED).unlink(missing_ok=True)

    def unwitnessed(self) -> Unwitnessed | None:
        """Since when no witness signs, and why; None while one does."""
        told = _read_file(self.folder / UNWITNESSED)
        return None if told is None else msgspec.json.decode(told, type=Unwitnessed)

    def note_unwitnessed(self, at: datetime, why: str, told: str) -> None:
        """Keeps since when no witness signs; the newest reason."""
        before = self.unwitnessed()
        since = at if before is None else before.since
        _write(self.folder / UNWITNESSED, msgspec.json.encode(Unwitnessed(since, why, told)))

    def entries(self, begin: int, end: int, size: int) -> list[bytes]:
        """The leaves from one on to before another, of the tree of `size`. Raises LedgerBroken."""
        found: list[bytes] = []
        for number in range(begin // TILE_WIDTH, -(-end // TILE_WIDTH)):
            width = min(TILE_WIDTH, size - number * TILE_WIDTH)
            found += self._read("entries", number, width, len(LEAF_PREFIX) + HASH_BYTES)
        first = begin - begin % TILE_WIDTH
        return [leaf[len(LEAF_PREFIX) :] for leaf in found[begin - first : end - first]]

    def differing(self) -> Differing | None:
        """What a comparison found that no later one has found well again."""
        told = _read_file(self.folder / DIFFERING)
        return None if told is None else msgspec.json.decode(told, type=Differing)

    def note_differing(self, at: datetime, found: Differing) -> bool:
        """Keeps what differs and since when; whether it is news."""
        before = self.differing()
        if before is None:
            _write(self.folder / DIFFERING, msgspec.json.encode(Differing(found.leaf, found.what, at)))
        return before is None

    def forget_differing(self) -> None:
        """All lines were compared, and fit."""
        (self.folder / DIFFERING).unlink(missing_ok=True)

    def append(self, size: int, leaves: Sequence[bytes]) -> int:
        """Publishes the tree of `size` leaves (what `size()` said) and these after them; the new size."""
        self._append_tiles("entries", size, [LEAF_PREFIX + leaf for leaf in leaves])
        row, level, begin = [leaf_hash(leaf) for leaf in leaves], 0, size
        while row or level == 0:
            row = [_folded(full) for full in self._append_tiles(str(level), begin, row)]
            level, begin = level + 1, begin >> TILE_HEIGHT
        grown = size + len(leaves)
        self._sign(grown)
        return grown

    def _append_tiles(self, level: str, begin: int, more: Sequence[bytes]) -> list[list[bytes]]:
        """Appends to one level's row; the tiles that became full."""
        number, width = divmod(begin, TILE_WIDTH)
        each = len(LEAF_PREFIX) + HASH_BYTES if level == "entries" else HASH_BYTES
        kept = self._read(level, number, width, each) if width else []
        row, full = [*kept, *more], []
        while len(row) >= TILE_WIDTH:
            tile, row = row[:TILE_WIDTH], row[TILE_WIDTH:]
            full.append(tile)
            _write(self._path(level, number, TILE_WIDTH), b"".join(tile))
            shutil.rmtree(self._path(level, number, 1).parent, ignore_errors=True)
            number += 1
        if row and more:
            _write(self._path(level, number, len(row)), b"".join(row))
        return full

    def _sign(self, size: int) -> None:
        text = f"{self.origin}\n{size}\n{base64.b64encode(self.root(size)).decode()}\n".encode()
        signature = base64.b64encode(self._key_id + self._key.sign(text))
        note = text + b"\n\xe2\x80\x94 " + self.origin.encode() + b" " + signature + b"\n"
        _write(self.folder / CHECKPOINT, note)

    def root(self, size: int) -> bytes:
        """Over the first leaves. Raises LedgerBroken where a tile is lacking or too short."""
        return EMPTY_ROOT if size == 0 else root(size, lambda level, index: self._subtree(size, level, index))

    def _subtree(self, size: int, level: int, index: int) -> bytes:
        tile_level, height = divmod(level, TILE_HEIGHT)
        first = index << height
        number, at = divmod(first, TILE_WIDTH)
        width = min((size >> tile_level * TILE_HEIGHT) - number * TILE_WIDTH, TILE_WIDTH)
        tile = self._read(str(tile_level), number, width, HASH_BYTES)
        return _folded(tile[at : at + (1 << height)])

    def _read(self, level: str, number: int, width: int, each: int) -> list[bytes]:
        """The first `width` of one tile: of the partial one, or of the one that is full by now."""
        for path in (self._path(level, number, width), self._path(level, number, TILE_WIDTH)):
            try:
                data = path.read_bytes()[: width * each]
            except (FileNotFoundError, NotADirectoryError):
                continue
            if len(data) == width * each:
                return [data[at : at + each] for at in range(0, len(data), each)]
        raise LedgerBroken

    def _path(self, level: str, number: int, width: int) -> Path:
        groups = [f"{number % 1000:03}"]
        while number >= 1000:
            number //= 1000
            groups.insert(0, f"x{number % 1000:03}")
        name = "/".join(groups) + ("" if width == TILE_WIDTH else f".p/{width}")
        return self.folder / "tile" / level / name


def _folded(hashes: Sequence[bytes]) -> bytes:
    """The hash over a power of two of them."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


def _read_file(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _write(path: Path, data: bytes) -> None:
    """All of it or nothing, and still there after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)
