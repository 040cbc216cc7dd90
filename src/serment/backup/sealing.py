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
from serment.backup.target import Target

_LEVEL: Final = 1
_PRIVATE: Final = "AGE-SECRET-KEY-"


class IdentityUnusable(Exception):
    """The file holds no private key of age that can be used. Nothing was restored."""


class CannotOpen(Exception):
    """A file of the backup does not open: it was cut short, altered, or sealed to another key."""


def put(target: Target, recipients: Sequence[Any], name: Name, data: bytes) -> None:
    """Seals and keeps a small file. Raises NotKept."""
    with target.put(name) as file:
        pyrage.encrypt_io(io.BytesIO(zlib.compress(data, _LEVEL)), file, list(recipients))


def put_stream(target: Target, recipients: Sequence[Any], name: Name, source: IO[bytes]) -> None:
    """Seals and keeps what `source` gives, as it is. Raises NotKept."""
    with target.put(name) as file:
        pyrage.encrypt_io(source, file, list(recipients))


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
    """Opens a small file. Raises CannotOpen."""
    try:
        return zlib.decompress(pyrage.decrypt((folder / str(name)).read_bytes(), list(identities)))
    except (OSError, pyrage.DecryptError, zlib.error) as error:
        raise CannotOpen(f"{name} does not open.") from error


def get_stream(folder: Path, identities: Sequence[Any], name: Name, into: IO[bytes]) -> None:
    """Opens a large file into another. Raises CannotOpen; then what was written is of no use."""
    try:
        with (folder / str(name)).open("rb") as file:
            pyrage.decrypt_io(file, into, list(identities))
    except (OSError, pyrage.DecryptError, gzip.BadGzipFile) as error:
        raise CannotOpen(f"{name} does not open.") from error
