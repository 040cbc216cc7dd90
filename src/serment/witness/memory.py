# SPDX-License-Identifier: AGPL-3.0-or-later
"""The witness's own folder: its key, and of each log the newest checkpoint that it signed.

A checkpoint is kept, and on disk, before its signature is given away: after a crash the witness knows at least what it told.
"""

from __future__ import annotations

import os
import secrets
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from serment.verifier.notes import COSIGNER_TYPE, Checkpoint, Key, Wrong, cosigned_message

KEY_FILE, PUBLIC_FILE, SEEN_FOLDER = "witness.key", "witness.pub", "seen"
KEY_BYTES, PRIVATE_MODE = 32, 0o600


class Memory:
    """One witness."""

    def __init__(self, folder: Path, name: str) -> None:
        """Makes folder and key on the first start; later the name must be the same. Raises Wrong."""
        if not name or any(sign.isspace() or sign == "+" for sign in name):
            raise Wrong(f"{name!r} is no name for a witness: it holds neither spaces nor a plus.")
        self.folder = folder
        self._key = Ed25519PrivateKey.from_private_bytes(_read_key(folder / KEY_FILE))
        raw = COSIGNER_TYPE + self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._hint = sha256(name.encode() + b"\n" + raw).digest()[:4]
        self.name = name
        self.public = f"{name}+{self._hint.hex()}+{b64encode(raw).decode()}"
        told = folder / PUBLIC_FILE
        if not told.exists():
            _write(told, f"{self.public}\n".encode())
        elif told.read_text("utf-8").strip() != self.public:
            raise Wrong(
                f"{told} has another name or key. Start the witness under the name it began with, in a folder of its own."
            )

    def seen_file(self, log: Key) -> Path:
        """Where the newest checkpoint of a log is kept, with this witness's signature."""
        return self.folder / SEEN_FOLDER / sha256(log.name.encode()).hexdigest()

    def seen(self, log: Key) -> Checkpoint | None:
        """The newest that was signed. Raises Wrong where the file is not what was kept: nothing is signed then."""
        file = self.seen_file(log)
        try:
            note = file.read_bytes()
        except FileNotFoundError:
            return None
        return Checkpoint.read(note, log, str(file))

    def keep(self, log: Key, checkpoint: Checkpoint, when: int) -> bytes:
        """Keeps a checkpoint as the newest; the line that cosigns it."""
        signed = self._key.sign(cosigned_message(when, checkpoint.text))
        value = b64encode(self._hint + when.to_bytes(8, "big") + signed)
        line = "— ".encode() + self.name.encode() + b" " + value + b"\n"
        _write(self.seen_file(log), checkpoint.text + b"\n" + checkpoint.signatures + line)
        return line


def _read_key(path: Path) -> bytes:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, secrets.token_bytes(KEY_BYTES))
    if path.stat().st_mode & 0o077:
        raise Wrong(f"Others may read {path}. Nothing was started: chmod 600 it, if nobody did.")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise Wrong(f"{path} is not a witness's key of {KEY_BYTES} bytes. Put the right file back.")
    return key


def _write(path: Path, data: bytes) -> None:
    """All of it or nothing, readable by its owner alone, and still there after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_MODE), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
