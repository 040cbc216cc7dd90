# SPDX-License-Identifier: Apache-2.0
"""Rows around messages and phone checks that can be checked without opening them.

Source: spec/rdv1.md sections 4 and 5. Sizes are exact: another one is Unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from serment.framing.conventions import (
    BOX_OVERHEAD_BYTES,
    HASH_BYTES,
    HPKE_OVERHEAD_BYTES,
    ID_BYTES,
    KEM_PK_BYTES,
    LP,
    U32_MAX,
    T,
    check_signature,
    day_bytes,
    exactly,
    instance_bytes,
    month_bytes,
    sha256,
    u8,
)
from serment.framing.errors import Unknown

CAPSULE_PADDED_BYTES: Final = 512
CAPSULE_BYTES: Final = HPKE_OVERHEAD_BYTES + CAPSULE_PADDED_BYTES
MESSAGE_PADDED_BYTES: Final = 192
MESSAGE_BYTES: Final = BOX_OVERHEAD_BYTES + MESSAGE_PADDED_BYTES
PAGE_PADDED_BYTES: Final = 32
PAGE_BYTES: Final = BOX_OVERHEAD_BYTES + PAGE_PADDED_BYTES
WORD_BYTES_MAX: Final = 24
MESSAGES_MAX: Final = 8
HANDLE_BYTES: Final = 16
TOKEN_BYTES: Final = 16

ASK_PADDED_BYTES: Final = 1024
ASK_BYTES: Final = HPKE_OVERHEAD_BYTES + ASK_PADDED_BYTES
CODE_PADDED_BYTES: Final = 256
CODE_BYTES: Final = HPKE_OVERHEAD_BYTES + CODE_PADDED_BYTES
REPLY_PADDED_BYTES: Final = 1024
REPLY_BYTES: Final = BOX_OVERHEAD_BYTES + REPLY_PADDED_BYTES
CHECKED_BOOKINGS_MAX: Final = 10
ADDRESS_PHONE: Final = 1
ADDRESS_MAIL: Final = 2
ADDRESS_BYTES_MAX: Final = 254


@dataclass(frozen=True, slots=True)
class CapsuleRow:
    """A capsule as it is stored: handle (16), the day of its key, 1,648 bytes, hashes of its two tokens, set."""

    h: bytes
    key_day: str
    capsule: bytes
    del_hash: bytes
    write_hash: bytes
    set: int

    def __post_init__(self) -> None:
        exactly(self.h, HANDLE_BYTES, "handle")
        day_bytes(self.key_day)
        exactly(self.capsule, CAPSULE_BYTES, "capsule")
        exactly(self.del_hash, HASH_BYTES, "delete token hash")
        exactly(self.write_hash, HASH_BYTES, "write token hash")
        _check_set(self.set)


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message as it is stored: handle and message id (16 each), send day, set, 220 bytes."""

    h: bytes
    mid: bytes
    send_day: str
    set: int
    message: bytes

    def __post_init__(self) -> None:
        exactly(self.h, HANDLE_BYTES, "handle")
        exactly(self.mid, ID_BYTES, "message id")
        day_bytes(self.send_day)
        exactly(self.message, MESSAGE_BYTES, "message")
        _check_set(self.set)


def check_page(page: bytes) -> bytes:
    """The sealed word of the message link's page, if it has 60 bytes; else Unknown."""
    return exactly(page, PAGE_BYTES, "page")


def _check_set(value: int) -> None:
    if not 1 <= value <= U32_MAX:
        raise Unknown("set")


# ---------------------------------------------------------------- keys the notifier signs


def day_key_message(instance: str, day: str, pk: bytes) -> bytes:
    """What the notifier signs to publish the X-Wing key of one day."""
    return T("day key") + instance_bytes(instance) + day_bytes(day) + exactly(pk, KEM_PK_BYTES, "day key")


def check_day_key(notifier_pk: bytes, instance: str, day: str, pk: bytes, sig: bytes) -> None:
    """Raise Altered unless the roster's notifier signed this key for this day."""
    check_signature(notifier_pk, sig, day_key_message(instance, day, pk), "day key")


def code_key_message(instance: str, since: str, until: str, pk: bytes) -> bytes:
    """What the notifier signs to publish the X-Wing key that phone checks are sealed to."""
    days = day_bytes(since) + day_bytes(until)
    return T("code key") + instance_bytes(instance) + days + exactly(pk, KEM_PK_BYTES, "code key")


def check_code_key(notifier_pk: bytes, instance: str, since: str, until: str, pk: bytes, sig: bytes) -> None:
    """Raise Altered unless the roster's notifier signed this key for these days."""
    check_signature(notifier_pk, sig, code_key_message(instance, since, until, pk), "code key")


# ---------------------------------------------------------------- a checked number


def address_bytes(kind: int, address: str) -> bytes:
    """a: kind u8 (1 phone in E.164, 2 e-mail) || LP(address in UTF-8, 254 bytes at most)."""
    value = address.encode("utf-8")
    if kind not in (ADDRESS_PHONE, ADDRESS_MAIL) or not 1 <= len(value) <= ADDRESS_BYTES_MAX:
        raise Unknown("address")
    return u8(kind) + LP(value)


def commit(instance: str, a: bytes, r_i: bytes) -> bytes:
    """commit_i: binds a proof to an address without naming it."""
    return sha256(T("commit") + instance_bytes(instance) + a + exactly(r_i, HASH_BYTES, "r"))


def bind(booking_pk: bytes, salt: bytes) -> bytes:
    """bind_i: binds a proof to one booking key."""
    return sha256(T("bind") + exactly(booking_pk, 32, "booking key") + exactly(salt, 32, "salt"))


def proof_message(instance: str, commit_i: bytes, bind_i: bytes, month: int) -> bytes:
    """What the notifier signs for one future booking; month is yyyymm."""
    hashes = exactly(commit_i, HASH_BYTES, "commit") + exactly(bind_i, HASH_BYTES, "bind")
    return T("check") + instance_bytes(instance) + hashes + month_bytes(month)


def check_proof(
    notifier_pk: bytes, instance: str, commit_i: bytes, bind_i: bytes, month: int, proof: bytes
) -> None:
    """Raise Altered unless the roster's notifier signed this proof."""
    check_signature(notifier_pk, proof, proof_message(instance, commit_i, bind_i, month), "proof")
