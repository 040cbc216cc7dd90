# SPDX-License-Identifier: AGPL-3.0-or-later
"""The witness as the server asks it (C2SP tlog-witness): a checkpoint with the proof that it only grew, for a cosignature."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from serment.server.posting import post

ANSWER_BYTES_MAX = 4096
_DASH = "— "


class NotWitnessed(Exception):
    """The witness did not sign. `why`: `away`, `refused`, `rolled_back`, `forked`, `unknown` or `unsigned`;
    `told`: its own words (docs/how-to/witness.md)."""

    def __init__(self, why: str, told: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.told = told


class OtherSize(Exception):
    """The witness saw another size last."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


@dataclass(frozen=True, slots=True)
class Cosignature:
    """The line that a witness adds to a checkpoint, and when it signed."""

    line: bytes
    at: datetime


class Witness:
    """One witness: `url` as settings has checked it, `key` as name+id+base64."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.name, hint, raw = key.split("+", 2)
        self._hint, public = bytes.fromhex(hint), base64.b64decode(raw)
        self._public = Ed25519PublicKey.from_public_bytes(public[1:])

    def add_checkpoint(self, old: int, proof: Sequence[bytes], note: bytes) -> Cosignature:
        """Blocks for posting.ANSWER_SECONDS_MAX at most a step. Raises NotWitnessed, OtherSize."""
        lines = [f"old {old}", *(base64.b64encode(each).decode() for each in proof), "", ""]
        status, kind, body = self._post("\n".join(lines).encode() + note)
        if status == 200:
            return self._cosignature(note, body)
        if status == 409 and kind == "text/x.tlog.size" and body.strip().isdigit():
            size = int(body)
            if size == old:
                raise NotWitnessed("forked")
            raise OtherSize(size)
        why = {403: "unknown", 404: "unknown", 422: "forked"}.get(status, "refused")
        raise NotWitnessed(why, body.decode("utf-8", "replace").strip()[:400])

    def _post(self, body: bytes) -> tuple[int, str, bytes]:
        try:
            return post(f"{self.url}/add-checkpoint", body, "text/plain", ANSWER_BYTES_MAX)
        except (OSError, HTTPException) as error:
            raise NotWitnessed("away") from error

    def _cosignature(self, note: bytes, body: bytes) -> Cosignature:
        text = note.partition(b"\n\n")[0] + b"\n"
        for line in body.decode("utf-8", "replace").splitlines():
            name, _, value = line.removeprefix(_DASH).partition(" ")
            if name != self.name or not line.startswith(_DASH):
                continue
            try:
                signed = base64.b64decode(value, validate=True)
                when = int.from_bytes(signed[4:12], "big")
                self._public.verify(signed[12:], f"cosignature/v1\ntime {when}\n".encode() + text)
                if signed[:4] == self._hint:
                    return Cosignature(f"{line}\n".encode(), datetime.fromtimestamp(when, UTC))
            except (InvalidSignature, binascii.Error, ValueError, OverflowError, OSError):
                continue
        raise NotWitnessed("unsigned")
