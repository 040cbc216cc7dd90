# SPDX-License-Identifier: AGPL-3.0-or-later
"""Somebody changes their ways in, by their own key: a session alone changes nothing (docs/decisions/0030-signed-ways.md).

The server stores boxes it cannot open, keeps two different ways standing, and knows the machines that may ask less.
"""

from __future__ import annotations

import hashlib
from uuid import UUID

import msgspec

from serment.database.pool import transaction
from serment.database.queries import Connection
from serment.framing import check_signature, find_row, password_share, stored_auth
from serment.framing.conventions import BOX_OVERHEAD_BYTES, HASH_BYTES, KEY_BYTES
from serment.framing.errors import FramingError, Unknown
from serment.framing.ways import MachineKnown, WayDropped, WayPut, WaysChange
from serment.server.instance import Instance
from serment.server.stores import unlocks
from serment.server.usecases.devices import Device, check_machine_key, devices_of, keep_devices
from serment.server.usecases.errors import (
    NameTaken,
    NotSigned,
    SignedOut,
    StaleWays,
    TooManyWays,
    TwoWaysNeeded,
)
from serment.server.usecases.passkeys import NewPasskey, Registered, check_new_passkey

PASSKEY, PASSWORD, RECOVERY = 1, 2, 3
UNLOCK_BOX_BYTES = BOX_OVERHEAD_BYTES + KEY_BYTES
CREDENTIAL_BYTES_MAX = 1023
LABEL_CHARACTERS_MAX = 60
VERSION_MAX = 2_147_483_647
PASSKEYS_MAX = 10
METHODS_MIN = 2


class NewWay(msgspec.Struct, forbid_unknown_fields=True):
    """One way in to store: a seed's box, and for a passkey its public half. `credential`: a passkey's id; empty for a
    password; for a printed code the SHA-256 of what it is found by."""

    method: int
    credential: bytes
    version: int
    sealed: bytes = msgspec.field(name="bytes")
    passkey: NewPasskey | None = None
    label: str = ""


class OldWay(msgspec.Struct, forbid_unknown_fields=True):
    """One way in to take away."""

    method: int
    credential: bytes


class NewPassword(msgspec.Struct, forbid_unknown_fields=True):
    """What the account is found by and compared with from now on; its box comes in the same change."""

    find: bytes
    auth: bytes


class NewMachine(msgspec.Struct, forbid_unknown_fields=True):
    """A machine to remember: the public half of its key, P-256, uncompressed."""

    device: UUID
    public_key: bytes
    label: str


class Change(msgspec.Struct):
    """One change of the ways in and of the machines that are known, whole or not at all."""

    put: list[NewWay] = []
    drop: list[OldWay] = []
    password: NewPassword | None = None
    remember: list[NewMachine] = []
    forget: list[UUID] = []

    def message(self, instance: Instance, account: UUID, seen: int) -> bytes:
        """What the account's key signs."""
        put = [
            WayPut(
                way.method, way.credential, way.version, way.sealed,
                way.passkey.client_data if way.passkey else b"", way.passkey.attestation if way.passkey else b"", way.label,
            )
            for way in self.put
        ]  # fmt: skip
        drop = [WayDropped(way.method, way.credential) for way in self.drop]
        password = None if self.password is None else (self.password.find, self.password.auth)
        remember = [MachineKnown(one.device.bytes, one.public_key, one.label) for one in self.remember]
        forget = [device.bytes for device in self.forget]
        change = WaysChange(put, drop, password, remember, forget)
        return change.message(instance.name, account.bytes, seen)


class Way(msgspec.Struct):
    """A way in as its owner sees it."""

    method: int
    credential: bytes
    version: int
    label: str


class Ways(msgspec.Struct):
    """All ways into an account; `version` is named by whoever changes them."""

    account: UUID
    version: int
    ways: list[Way]
    devices: list[Device]


async def read_ways(instance: Instance, account: UUID) -> Ways:
    """What its owner may see. Raises SignedOut for an account that is no more."""
    rows = await unlocks.read_ways(instance.pool, account)
    if not rows:
        raise SignedOut
    ways = [
        Way(row["method"], row["credential"], row["version"], row["label"] or "")
        for row in rows
        if row["method"] is not None
    ]
    return Ways(account, rows[0]["unlocks_version"], ways, await devices_of(instance, account))


async def share_for(
    instance: Instance, account: UUID, find: bytes, *, bucket: bytes, work: bytes | None
) -> bytes:
    """The server's part of a password's secret, before that password is the account's. Raises NameTaken, WorkAsked.

    For a name of one's own or of nobody's: what is told here opens nothing that stands.
    """
    with instance.throttle.claim(bucket, work, instance.clock()) as claim:
        claim.kept = True
        rows = [find_row(secret, find) for secret in instance.secret.generations]
        if await unlocks.owner_of_name(instance.pool, rows) not in (None, account):
            raise NameTaken
    return password_share(instance.secret.current, find)


async def change_unlocks(
    instance: Instance,
    account: UUID,
    seen: int,
    change: Change,
    *,
    key: bytes,
    sig: bytes,
    session_token: bytes | None,
) -> int:
    """The version of the ways in after the change, which is made whole or not at all; made before, it is made.

    `sig`: the account's own key over the change and the version it was decided on, so that it counts once. An account's
    key is the one that signed its first change. A change that takes something away, or puts another password or code in
    its place, ends every session of the account but `session_token`, by which it came: whoever knew what holds no longer
    goes on nowhere. Raises NotSigned, StaleWays, TwoWaysNeeded, TooManyWays, NameTaken,
    PasskeyRefused, ChallengeOver, Unknown.
    """
    _check_form(change)
    try:
        check_signature(key, sig, change.message(instance, account, seen), "ways")
    except FramingError:
        raise NotSigned from None
    if await _stands(instance, account, seen + 1, change, key):
        return seen + 1
    keys = {
        way.credential: await check_new_passkey(instance, way.credential, way.passkey)
        for way in change.put
        if way.passkey is not None
    }
    async with transaction(instance.pool) as tx:
        row = await unlocks.lock_account(tx, account)
        if row is None:
            raise SignedOut
        if row["sign_pk"] not in (None, key):
            raise NotSigned
        if row["unlocks_version"] != seen:
            raise StaleWays
        before = {way["method"] for way in await unlocks.read_ways(tx, account)} - {None}
        for old in change.drop:
            await unlocks.drop_unlock(tx, account, old.method, old.credential)
        await _put(tx, account, change.put, keys)
        if change.password is not None:
            await _name(instance, tx, account, change.password)
        await keep_devices(
            tx, account, [(one.device, one.public_key, one.label) for one in change.remember], change.forget
        )
        await _check_whole(tx, account, before)
        await unlocks.raise_version(tx, account, key)
        if _takes_away(change):
            kept = b"" if session_token is None else hashlib.sha256(session_token).digest()
            await unlocks.close_other_sessions(tx, account, kept)
    return seen + 1


def _takes_away(change: Change) -> bool:
    """Whether something that opened a session before opens none any more."""
    another = any(way.method in (PASSWORD, RECOVERY) for way in change.put)
    return another or bool(change.drop or change.forget)


def _check_form(change: Change) -> None:
    password = change.password
    for way in change.put:
        size = len(way.credential)
        right = {
            PASSKEY: 1 <= size <= CREDENTIAL_BYTES_MAX and way.passkey is not None,
            PASSWORD: size == 0 and password is not None,
            RECOVERY: size == HASH_BYTES,
        }
        if not right.get(way.method, False) or len(way.sealed) != UNLOCK_BOX_BYTES:
            raise Unknown("unlock")
        if not 1 <= way.version <= VERSION_MAX:
            raise Unknown("version of an unlock")
    labels = [way.label for way in change.put] + [machine.label for machine in change.remember]
    if any(len(label) > LABEL_CHARACTERS_MAX for label in labels):
        raise Unknown("label")
    if password is not None and not any(way.method == PASSWORD for way in change.put):
        raise Unknown("a password without its box")
    for machine in change.remember:
        check_machine_key(machine.public_key)


async def _stands(instance: Instance, account: UUID, version: int, change: Change, key: bytes) -> bool:
    """Whether exactly this was done already: the answer was lost, and it is asked again."""
    rows = await unlocks.read_ways(instance.pool, account)
    if not rows or rows[0]["unlocks_version"] != version or rows[0]["sign_pk"] != key:
        return False
    standing = {(row["method"], row["credential"]): row["bytes"] for row in rows}
    known = {one.device for one in await devices_of(instance, account)}
    gone = all((old.method, old.credential) not in standing for old in change.drop)
    put = all(standing.get((way.method, way.credential)) == way.sealed for way in change.put)
    return gone and put and known >= {one.device for one in change.remember} and not known & {*change.forget}


async def _put(tx: Connection, account: UUID, put: list[NewWay], keys: dict[bytes, Registered]) -> None:
    for way in put:
        if not await unlocks.put_unlock(
            tx, account, method=way.method, credential=way.credential, version=way.version, bytes=way.sealed
        ):
            raise Unknown("a credential of another account")
        if way.credential in keys:
            key = keys[way.credential]
            await unlocks.put_passkey(
                tx, account, credential=key.credential, public_key=key.public_key,
                sign_count=key.sign_count, label=way.label,
            )  # fmt: skip


async def _name(instance: Instance, tx: Connection, account: UUID, password: NewPassword) -> None:
    rows = [find_row(secret, password.find) for secret in instance.secret.generations]
    if await unlocks.owner_of_name(tx, rows) not in (None, account):
        raise NameTaken
    secret = instance.secret.current
    await unlocks.name_account(
        tx, account, find_row(secret, password.find), stored_auth(secret, password.find, password.auth)
    )


async def _check_whole(tx: Connection, account: UUID, before: set[int]) -> None:
    """Two different ways stay once two stood, and at least one always."""
    methods = [way["method"] for way in await unlocks.read_ways(tx, account) if way["method"] is not None]
    if len(set(methods)) < min(METHODS_MIN, max(1, len(before))):
        raise TwoWaysNeeded
    if methods.count(PASSKEY) > PASSKEYS_MAX:
        raise TooManyWays
