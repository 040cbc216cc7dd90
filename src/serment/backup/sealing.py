# SPDX-License-Identifier: AGPL-3.0-or-later
"""One file of a backup, sealed: the age format (age-encryption.org/v1) over zlib. A file cut short does not open."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final

import pyrage

from serment.backup.names import Name
from serment.backup.target import NotKept, Target

OPENED_BYTES_MAX: Final = 256 << 20  # of a small file: four times what one round sends (sending.py)
_LEVEL: Final = 1
_PRIVATE: Final = "AGE-SECRET-KEY-"


class IdentityUnusable(Exception):
    """The file holds no private key of age that can be used. Nothing was restored."""


class CannotOpen(Exception):
    """A file of the backup does not open: it was cut short, altered, or sealed to another key."""


def put(target: Target, recipients: Sequence[Any], name: Name, data: bytes) -> None:
    """Seals and keeps a small file. Raises NotKept."""
    put_stream(target, recipients, name, io.BytesIO(zlib.compress(data, _LEVEL)))


def put_stream(target: Target, recipients: Sequence[Any], name: Name, source: IO[bytes]) -> None:
    """Seals and keeps what `source` gives, as it is. Raises NotKept."""
    with target.put(name) as file:
        try:
            pyrage.encrypt_io(source, file, list(recipients))
        except pyrage.EncryptError as error:
            # So it names what reading and writing raise: a connection that broke, a disk that is full.
            raise NotKept(f"{name} broke off: {error}.") from error


def read_identities(path: Path) -> list[Any]:
    """The private keys of a file as `age-keygen` writes it: a key a line, # begins a remark. Raises IdentityUnusable."""
    try:
        lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
        found = [pyrage.x25519.Identity.from_str(line) for line in lines if line.startswith(_PRIVATE)]
    except (OSError, UnicodeDecodeError, pyrage.IdentityError):
        found = []
    if not found:
        raise IdentityUnusable(
            f"{path} holds no private key of age (AGE-SECRET-KEY-1...). Nothing was restored."
        )
    return found


def get(folder: Path, identities: Sequence[Any], name: Name) -> bytes:
    """Opens a small file, of OPENED_BYTES_MAX at most. Raises CannotOpen."""
    path, opening = folder / str(name), zlib.decompressobj()
    try:
        if path.stat().st_size > OPENED_BYTES_MAX:
            raise CannotOpen(f"{name} is larger than any such file of a backup.")
        data = opening.decompress(pyrage.decrypt(path.read_bytes(), list(identities)), OPENED_BYTES_MAX)
        if not opening.eof:
            raise CannotOpen(f"{name} is not whole, or larger than any such file of a backup.")
        return data
    except (OSError, pyrage.DecryptError, zlib.error) as error:
        raise CannotOpen(f"{name} does not open.") from error


def get_stream(folder: Path, identities: Sequence[Any], name: Name, into: IO[bytes]) -> None:
    """Opens a large file into another. Raises CannotOpen; then what was written is of no use."""
    try:
        with (folder / str(name)).open("rb") as file:
            pyrage.decrypt_io(file, into, list(identities))
    except (OSError, pyrage.DecryptError, gzip.BadGzipFile) as error:
        raise CannotOpen(f"{name} does not open.") from error
