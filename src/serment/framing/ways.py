# SPDX-License-Identifier: Apache-2.0
"""What an account's own key signs whenever its ways in change. Source: spec/rdv1.md section 3, "Changes of the ways in"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from serment.framing.conventions import ID_BYTES, KEY_BYTES, LP, T, exactly, instance_bytes, u8, u32


class WayPut(NamedTuple):
    """A way in that is stored. The last three are a passkey's; empty for the others."""

    method: int
    credential: bytes
    version: int
    box: bytes
    client_data: bytes = b""
    attestation: bytes = b""
    label: str = ""

    def to_bytes(self) -> bytes:
        passkey = LP(self.client_data) + LP(self.attestation) + LP(self.label.encode())
        return u8(self.method) + LP(self.credential) + u32(self.version) + LP(self.box) + passkey


class WayDropped(NamedTuple):
    """A way in that is taken away."""

    method: int
    credential: bytes

    def to_bytes(self) -> bytes:
        return u8(self.method) + LP(self.credential)


class MachineKnown(NamedTuple):
    """A machine that is remembered: its id, the public half of its key (65), how its owner calls it."""

    device: bytes
    public_key: bytes
    label: str

    def to_bytes(self) -> bytes:
        return exactly(self.device, ID_BYTES, "device") + LP(self.public_key) + LP(self.label.encode())


@dataclass(frozen=True, slots=True)
class WaysChange:
    """One change, whole. `password`: find (32) and auth (32), or None; `forget`: ids of machines."""

    put: Sequence[WayPut] = ()
    drop: Sequence[WayDropped] = ()
    password: tuple[bytes, bytes] | None = None
    remember: Sequence[MachineKnown] = ()
    forget: Sequence[bytes] = ()

    def message(self, instance: str, account: bytes, seen: int) -> bytes:
        """What is signed: the change of this account, decided on version `seen`, and on no other. Raises Unknown."""
        password = b"".join(exactly(part, KEY_BYTES, "password") for part in self.password or ())
        return (
            T("ways")
            + instance_bytes(instance)
            + exactly(account, ID_BYTES, "account")
            + u32(seen)
            + LP(b"".join(way.to_bytes() for way in self.put))
            + LP(b"".join(way.to_bytes() for way in self.drop))
            + LP(password)
            + LP(b"".join(machine.to_bytes() for machine in self.remember))
            + LP(b"".join(exactly(device, ID_BYTES, "device") for device in self.forget))
        )
