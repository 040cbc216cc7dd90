# SPDX-License-Identifier: AGPL-3.0-or-later
"""Machines an account knows: each has a key that its browser uses and cannot give away.

    signature = ECDSA-P256-SHA256(T("device") || LP(instance) || device(16) || challenge(56)), r || s, 64 bytes

It shows that a password is typed where its owner has been before, and opens nothing (docs/decisions/0011-new-machines.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from serment.database.pool import Transaction
from serment.framing.conventions import T, instance_bytes
from serment.framing.errors import Unknown
from serment.server.instance import Instance
from serment.server.stores import unlocks
from serment.server.usecases.challenges import check_challenge, spend_challenge
from serment.server.usecases.errors import NewDevice, TooManyWays

DEVICES_MAX = 20
SIGNATURE_BYTES = 64


class DeviceProof(msgspec.Struct, forbid_unknown_fields=True):
    """What a known machine answers a challenge with."""

    device: UUID
    challenge: bytes
    sig: bytes


class Device(msgspec.Struct):
    """A machine as its owner sees it."""

    device: UUID
    label: str


async def check_device(instance: Instance, account: UUID, proof: DeviceProof) -> None:
    """Raises NewDevice for a machine the account does not know (any more), ChallengeOver."""
    check_challenge(instance, proof.challenge)
    point = await unlocks.read_device(instance.pool, account, proof.device)
    if point is None or len(proof.sig) != SIGNATURE_BYTES:
        raise NewDevice
    signed = T("device") + instance_bytes(instance.name) + proof.device.bytes + proof.challenge
    r, s = (int.from_bytes(half, "big") for half in (proof.sig[:32], proof.sig[32:]))
    try:
        key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
        key.verify(encode_dss_signature(r, s), signed, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        raise NewDevice from None
    await spend_challenge(instance, proof.challenge)


def check_machine_key(public_key: bytes) -> None:
    """Raises Unknown for what is no point of the curve."""
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public_key)
    except ValueError:
        raise Unknown("device key") from None


async def keep_devices(
    tx: Transaction, account: UUID, remember: Sequence[tuple[UUID, bytes, str]], forget: Sequence[UUID]
) -> None:
    """Inside a change of the ways in. Where a machine is known no more, the next password typed there asks for a second
    way in again. Raises TooManyWays."""
    for device in forget:
        await unlocks.drop_device(tx, account, device)
    for device, public_key, label in remember:
        await unlocks.put_device(tx, account, device, public_key, label)
    if len(await unlocks.read_devices(tx, account)) > DEVICES_MAX:
        raise TooManyWays


async def devices_of(instance: Instance, account: UUID) -> list[Device]:
    """The machines an account knows."""
    return [Device(row["device"], row["label"]) for row in await unlocks.read_devices(instance.pool, account)]
