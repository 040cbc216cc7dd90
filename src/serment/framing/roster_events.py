# SPDX-License-Identifier: Apache-2.0
"""The events a practice's roster is a chain of: their bytes and their eight payloads. Source: spec/roster.md.

event = T("roster") || practice || seq u32 || prev(32) || kind u8 || signer_pk(32) || LP(payload)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Final

from serment.framing.context import check_mask
from serment.framing.conventions import (
    HASH_BYTES,
    ID_BYTES,
    INSTANCE_BYTES_MAX,
    KEM_PK_BYTES,
    KID_BYTES,
    LP,
    SIG_BYTES,
    SIGN_PK_BYTES,
    Reader,
    T,
    exactly,
    instance_bytes,
    kid,
    sha256,
    u8,
    u32,
)
from serment.framing.errors import Unknown

EVENT_BYTES_MAX: Final = 65_536
EVENTS_MAX: Final = 10_000
MEMBER_UNITS_MAX: Final = 200
UNIT_MEMBERS_MAX: Final = 1_000
WINDOW_DAYS_MAX: Final = 400


class Role(IntEnum):
    """What a member may do. Only an owner signs events."""

    OWNER = 1
    PRACTITIONER = 2
    SECRETARY = 3


class Kind(IntEnum):
    """The eight kinds of event."""

    GENESIS = 1
    MEMBER = 2
    REMOVAL = 3
    EPOCH = 4
    GRANT = 5
    REVOCATION = 6
    NOTIFIER = 7
    NEW_ROOT = 8


def _ascending(values: Iterable[bytes], size: int, maximum: int) -> bytes:
    listed = list(values)
    if len(listed) > maximum or sorted(set(listed)) != listed:
        raise Unknown("list out of order")
    return b"".join(exactly(value, size, "list") for value in listed)


def _read_ascending(data: bytes, size: int, maximum: int) -> tuple[bytes, ...]:
    if len(data) % size:
        raise Unknown("list")
    values = tuple(data[at : at + size] for at in range(0, len(data), size))
    _ascending(values, size, maximum)
    return values


@dataclass(frozen=True, slots=True)
class Member:
    """Kind 2: a person and the public halves of their keys. Stated again, it changes role or units only."""

    kind: ClassVar[Kind] = Kind.MEMBER
    id: bytes
    kem_pk: bytes
    sign_pk: bytes
    role: Role
    units: tuple[bytes, ...]

    @property
    def kem_kid(self) -> bytes:
        """Names the member's X-Wing key."""
        return kid(self.kem_pk)

    @property
    def sign_kid(self) -> bytes:
        """Names the member's Ed25519 key."""
        return kid(self.sign_pk)

    def encode(self) -> bytes:
        fields = LP(exactly(self.id, ID_BYTES, "member")) + LP(exactly(self.kem_pk, KEM_PK_BYTES, "kem key"))
        fields += LP(exactly(self.sign_pk, SIGN_PK_BYTES, "signing key")) + LP(u8(self.role))
        return fields + LP(_ascending(self.units, ID_BYTES, MEMBER_UNITS_MAX))

    @classmethod
    def read(cls, reader: Reader) -> Member:
        member, kem_pk = reader.lp_exactly(ID_BYTES), reader.lp_exactly(KEM_PK_BYTES)
        sign_pk, role = reader.lp_exactly(SIGN_PK_BYTES), reader.lp_exactly(1)[0]
        units = _read_ascending(reader.lp(), ID_BYTES, MEMBER_UNITS_MAX)
        try:
            return cls(member, kem_pk, sign_pk, Role(role), units)
        except ValueError:
            raise Unknown("role") from None


@dataclass(frozen=True, slots=True)
class Genesis:
    """Kind 1: the instance's name, the practice's root key, its first owner."""

    kind: ClassVar[Kind] = Kind.GENESIS
    instance: str
    root_pk: bytes
    owner: Member

    def encode(self) -> bytes:
        root = LP(exactly(self.root_pk, SIGN_PK_BYTES, "root key"))
        return instance_bytes(self.instance) + root + self.owner.encode()

    @classmethod
    def read(cls, reader: Reader) -> Genesis:
        name = reader.lp()
        if len(name) > INSTANCE_BYTES_MAX or not name.isascii():
            raise Unknown("instance name")
        instance = name.decode("ascii")
        instance_bytes(instance)
        return cls(instance, reader.lp_exactly(SIGN_PK_BYTES), Member.read(reader))


@dataclass(frozen=True, slots=True)
class Removal:
    """Kind 3: a member leaves. A new epoch of each of their units follows in the same request."""

    kind: ClassVar[Kind] = Kind.REMOVAL
    id: bytes

    def encode(self) -> bytes:
        return LP(exactly(self.id, ID_BYTES, "member"))

    @classmethod
    def read(cls, reader: Reader) -> Removal:
        return cls(reader.lp_exactly(ID_BYTES))


@dataclass(frozen=True, slots=True)
class Epoch:
    """Kind 4: a unit's keys from now on, and the kids of the members its seed was sealed to."""

    kind: ClassVar[Kind] = Kind.EPOCH
    unit: bytes
    e: int
    pk: bytes
    kid_rec: bytes
    members: tuple[bytes, ...]

    @property
    def kid(self) -> bytes:
        """Names the epoch's X-Wing key: the kid of stanzas sealed to the unit."""
        return kid(self.pk)

    def encode(self) -> bytes:
        fields = LP(exactly(self.unit, ID_BYTES, "unit")) + LP(u32(self.e))
        fields += LP(exactly(self.pk, KEM_PK_BYTES, "unit key")) + LP(
            exactly(self.kid_rec, KID_BYTES, "kid_rec")
        )
        return fields + LP(_ascending(self.members, KID_BYTES, UNIT_MEMBERS_MAX))

    @classmethod
    def read(cls, reader: Reader) -> Epoch:
        unit, e = reader.lp_exactly(ID_BYTES), int.from_bytes(reader.lp_exactly(4), "big")
        pk, kid_rec = reader.lp_exactly(KEM_PK_BYTES), reader.lp_exactly(KID_BYTES)
        return cls(unit, e, pk, kid_rec, _read_ascending(reader.lp(), KID_BYTES, UNIT_MEMBERS_MAX))


@dataclass(frozen=True, slots=True)
class Grant:
    """Kind 5: a linked program may read these groups of one unit, from `back_days` ago to `ahead_days` on."""

    kind: ClassVar[Kind] = Kind.GRANT
    connector: bytes
    kem_pk: bytes
    sign_pk: bytes
    unit: bytes
    mask: int
    back_days: int
    ahead_days: int

    @property
    def kem_kid(self) -> bytes:
        """Names the connector's X-Wing key."""
        return kid(self.kem_pk)

    @property
    def sign_kid(self) -> bytes:
        """Names the connector's Ed25519 key."""
        return kid(self.sign_pk)

    def encode(self) -> bytes:
        if not (0 <= self.back_days <= WINDOW_DAYS_MAX and 0 <= self.ahead_days <= WINDOW_DAYS_MAX):
            raise Unknown("window")
        fields = LP(exactly(self.connector, ID_BYTES, "connector"))
        fields += LP(exactly(self.kem_pk, KEM_PK_BYTES, "kem key"))
        fields += LP(exactly(self.sign_pk, SIGN_PK_BYTES, "signing key")) + LP(
            exactly(self.unit, ID_BYTES, "unit")
        )
        return fields + LP(u8(check_mask(self.mask))) + LP(u32(self.back_days) + u32(self.ahead_days))

    @classmethod
    def read(cls, reader: Reader) -> Grant:
        connector, kem_pk = reader.lp_exactly(ID_BYTES), reader.lp_exactly(KEM_PK_BYTES)
        sign_pk, unit = reader.lp_exactly(SIGN_PK_BYTES), reader.lp_exactly(ID_BYTES)
        mask = check_mask(reader.lp_exactly(1)[0])
        window = Reader(reader.lp_exactly(8), "window")
        grant = cls(connector, kem_pk, sign_pk, unit, mask, window.u32(), window.u32())
        grant.encode()
        return grant


@dataclass(frozen=True, slots=True)
class Revocation:
    """Kind 6: every grant of this connector ends; its keys never come back."""

    kind: ClassVar[Kind] = Kind.REVOCATION
    connector: bytes

    def encode(self) -> bytes:
        return LP(exactly(self.connector, ID_BYTES, "connector"))

    @classmethod
    def read(cls, reader: Reader) -> Revocation:
        return cls(reader.lp_exactly(ID_BYTES))


@dataclass(frozen=True, slots=True)
class Notifier:
    """Kind 7: the Ed25519 key whose signature day keys and code keys must carry."""

    kind: ClassVar[Kind] = Kind.NOTIFIER
    sign_pk: bytes

    def encode(self) -> bytes:
        return LP(exactly(self.sign_pk, SIGN_PK_BYTES, "notifier key"))

    @classmethod
    def read(cls, reader: Reader) -> Notifier:
        return cls(reader.lp_exactly(SIGN_PK_BYTES))


@dataclass(frozen=True, slots=True)
class NewRoot:
    """Kind 8: another root key on new paper, signed by the old root."""

    kind: ClassVar[Kind] = Kind.NEW_ROOT
    root_pk: bytes

    def encode(self) -> bytes:
        return LP(exactly(self.root_pk, SIGN_PK_BYTES, "root key"))

    @classmethod
    def read(cls, reader: Reader) -> NewRoot:
        return cls(reader.lp_exactly(SIGN_PK_BYTES))


Payload = Genesis | Member | Removal | Epoch | Grant | Revocation | Notifier | NewRoot
_PAYLOADS: Final[tuple[type[Payload], ...]] = (
    Genesis,
    Member,
    Removal,
    Epoch,
    Grant,
    Revocation,
    Notifier,
    NewRoot,
)


@dataclass(frozen=True, slots=True)
class Event:
    """One event, taken apart. `seq` counts from 1; `prev` is the head before it (zeros before the genesis)."""

    practice: bytes
    seq: int
    prev: bytes
    signer_pk: bytes
    payload: Payload

    def to_bytes(self) -> bytes:
        """The signed bytes."""
        fields = T("roster") + exactly(self.practice, ID_BYTES, "practice") + u32(self.seq)
        fields += exactly(self.prev, HASH_BYTES, "prev") + u8(self.payload.kind)
        return fields + exactly(self.signer_pk, SIGN_PK_BYTES, "signer") + LP(self.payload.encode())

    @classmethod
    def parse(cls, data: bytes) -> Event:
        """From bytes; an unknown kind, size, order or trailing byte is Unknown."""
        if len(data) > EVENT_BYTES_MAX:
            raise Unknown("event too long")
        reader = Reader(data, "event")
        reader.expect(T("roster"))
        practice, seq, prev = reader.take(ID_BYTES), reader.u32(), reader.take(HASH_BYTES)
        kind, signer_pk = reader.u8(), reader.take(SIGN_PK_BYTES)
        inner = Reader(reader.lp(), "event")
        reader.done()
        if not 1 <= kind <= len(_PAYLOADS):
            raise Unknown("event kind")
        payload = _PAYLOADS[kind - 1].read(inner)
        inner.done()
        return cls(practice, seq, prev, signer_pk, payload)


@dataclass(frozen=True, slots=True)
class SignedEvent:
    """An event's bytes and its 64-byte Ed25519 signature, as they are sent and stored."""

    event: bytes
    sig: bytes

    def __post_init__(self) -> None:
        exactly(self.sig, SIG_BYTES, "signature")

    @property
    def head(self) -> bytes:
        """SHA-256 of the event: the roster's head once it stands."""
        return sha256(self.event)
