# SPDX-License-Identifier: AGPL-3.0-or-later
"""S: the 32 bytes outside the database that keyed hashes need (spec/rdv1.md, section 3). A backup carries them, sealed.

Two generations: what was stored under the previous one is still recognised, everything new is made with the current.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

SECRET_BYTES = 32
SECRET_FILE = "secret"  # noqa: S105  # a name, not a secret
PREVIOUS_SECRET_FILE = "secret.previous"  # noqa: S105
PRIVATE_MODE = 0o600


class SecretUnusable(Exception):
    """The server's secret file cannot be used: it must hold exactly 32 bytes and be readable by its owner alone. Nothing
    was changed. Put the right file back: without it nobody signs in by password and message links stop working."""


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """S of today, and S before it if it was ever changed."""

    current: bytes
    previous: bytes | None = None

    def __post_init__(self) -> None:
        if len(self.current) != SECRET_BYTES or len(self.previous or self.current) != SECRET_BYTES:
            raise SecretUnusable

    @property
    def generations(self) -> tuple[bytes, ...]:
        """The current one first."""
        return (self.current,) if self.previous is None else (self.current, self.previous)


def read_secret(folder: Path) -> Secret:
    """S from the data folder; the current generation is made on the first start. Raises SecretUnusable."""
    current, previous = folder / SECRET_FILE, folder / PREVIOUS_SECRET_FILE
    return Secret(read_key(current), _read(previous) if previous.exists() else None)


def read_key(path: Path) -> bytes:
    """32 bytes of a file of its own, made on the first start. Raises SecretUnusable."""
    if not path.exists():
        _make(path)
    key = _read(path)
    if len(key) != SECRET_BYTES:
        raise SecretUnusable
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE), "wb") as file:
        file.write(secrets.token_bytes(SECRET_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        # link() refuses to replace: of two processes that start at once, both go on with the one that came first.
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _read(path: Path) -> bytes:
    if path.stat().st_mode & 0o077:
        raise SecretUnusable
    return path.read_bytes()
