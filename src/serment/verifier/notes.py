# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keys, checkpoints and cosignatures as C2SP writes them (signed-note, tlog-checkpoint, tlog-cosignature)."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LOG_TYPE, COSIGNER_TYPE = b"\x01", b"\x04"
COSIGNED = b"cosignature/v1\n"


class Wrong(Exception):
    """What does not fit, in a sentence."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key, as C2SP writes it: name+id+base64. A log's signs notes, a witness's cosigns them."""

    name: str
    hint: bytes
    public: Ed25519PublicKey

    @classmethod
    def read(cls, text: str, kind: bytes = LOG_TYPE, called: str = "The log's key") -> Key:
        """Raises Wrong."""
        try:
            name, hint, rest = text.strip().split("+", 2)
            raw = b64decode(rest, validate=True)
            key = cls(name, bytes.fromhex(hint), Ed25519PublicKey.from_public_bytes(raw[1:]))
        except ValueError as error:
            raise Wrong(f"{called} is not written as name+id+base64.") from error
        if raw[:1] != kind or sha256(name.encode() + b"\n" + raw).digest()[:4] != key.hint:
            raise Wrong(f"{called} does not fit its own id: it was copied wrong.")
        return key


def _signed_by(key: Key, signatures: bytes) -> Iterator[bytes]:
    """What follows the key's id in each line that bears its name."""
    for line in signatures.decode("utf-8", "replace").splitlines():
        dash, _, rest = line.partition(" ")
        name, _, value = rest.partition(" ")
        if (dash, name) != ("—", key.name):
            continue
        try:
            signed = b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            continue
        if signed[:4] == key.hint and b64encode(signed).decode() == value:
            yield signed[4:]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the log signed: so many leaves, with this root. `text`: the lines it signed; `signatures`: those below."""

    size: int
    root: bytes
    text: bytes
    signatures: bytes

    @classmethod
    def read(cls, note: bytes, key: Key, called: str) -> Checkpoint:
        """Raises Wrong."""
        text, gap, signatures = note.partition(b"\n\n")
        text += b"\n"
        lines = text.decode("utf-8", "replace").split("\n")
        if not gap or len(lines) < 4:
            raise Wrong(f"{called} is not a checkpoint.")
        if lines[0] != key.name:
            raise Wrong(f"{called} is of the log {lines[0]}, and the key is of {key.name}.")
        for signature in _signed_by(key, signatures):
            try:
                key.public.verify(signature, text)
                return cls(int(lines[1]), b64decode(lines[2], validate=True), text, signatures)
            except (InvalidSignature, binascii.Error, ValueError):
                break
        raise Wrong(f"{called} does not carry the log's signature: somebody else made it, or changed it.")

    def witnessed_at(self, witness: Key, called: str) -> int:
        """When this witness cosigned it, in seconds since 1970. Raises Wrong."""
        for signed in _signed_by(witness, self.signatures):
            when = int.from_bytes(signed[:8], "big")
            try:
                witness.public.verify(signed[8:], cosigned_message(when, self.text))
                return when
            except InvalidSignature:
                break
        raise Wrong(f"{called} does not carry the witness's signature: {witness.name} has not seen it.")


def cosigned_message(when: int, text: bytes) -> bytes:
    """What a witness signs of a checkpoint's lines."""
    return COSIGNED + f"time {when}\n".encode() + text
