# SPDX-License-Identifier: Apache-2.0
"""The bytes every other page of rdv1 is made of. Source: spec/rdv1.md section 0; RFC 5869 (HKDF), RFC 8032.

Integers are big-endian. Identifiers are 16 random bytes. `derive` and `kid` are here and not in `seal` because
the server computes tags from a secret of its own with them; it opens nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from serment.framing.errors import Altered, Unknown

ID_BYTES: Final = 16
KEY_BYTES: Final = 32
KID_BYTES: Final = 16
HASH_BYTES: Final = 32
SIG_BYTES: Final = 64
SIGN_PK_BYTES: Final = 32
KEM_PK_BYTES: Final = 1216
KEM_ENC_BYTES: Final = 1120
TAG_BYTES: Final = 16
NONCE_BYTES: Final = 12
BOX_OVERHEAD_BYTES: Final = NONCE_BYTES + TAG_BYTES
HPKE_OVERHEAD_BYTES: Final = KEM_ENC_BYTES + TAG_BYTES
PAD_HEADER_BYTES: Final = 4
INSTANCE_BYTES_MAX: Final = 64
U32_MAX: Final = 2**32 - 1
U64_MAX: Final = 2**64 - 1
# The y of the eight points whose order divides 8, and what decodes to the same: 2^255-19 and one more, unreduced. Under
# such a key one signature fits any message, and libraries differ in whether they refuse it. The last bit is x's sign.
_SMALL_ORDER_Y: Final = frozenset(
    bytes.fromhex(y)
    for y in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
)

_INSTANCE = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def T(label: str | bytes) -> bytes:
    """The prefix of every hash, signature, associated data and info: "rdv1 " || label || 00."""
    return b"rdv1 " + (label.encode("ascii") if isinstance(label, str) else label) + b"\0"


def u8(value: int) -> bytes:
    """One byte; out of range is Unknown."""
    return _unsigned(value, 1)


def u32(value: int) -> bytes:
    """Four bytes; out of range is Unknown."""
    return _unsigned(value, 4)


def u64(value: int) -> bytes:
    """Eight bytes; out of range is Unknown."""
    return _unsigned(value, 8)


def _unsigned(value: int, size: int) -> bytes:
    if not 0 <= value < 1 << (8 * size):
        raise Unknown("number out of range")
    return value.to_bytes(size, "big")


def LP(value: bytes) -> bytes:
    """u32 length || value."""
    return u32(len(value)) + value


def exactly(value: bytes, size: int, what: str) -> bytes:
    """The value, if it has this many bytes; else Unknown."""
    if len(value) != size:
        raise Unknown(f"{what}: {size} bytes expected")
    return value


def sha256(value: bytes) -> bytes:
    """SHA-256, 32 bytes."""
    return hashlib.sha256(value).digest()


def derive(key: bytes, label: str | bytes, size: int = KEY_BYTES) -> bytes:
    """D(k, x, n): HKDF-SHA256 with an empty salt and info T(x)."""
    return HKDF(algorithm=SHA256(), length=size, salt=None, info=T(label)).derive(key)


@lru_cache(maxsize=4096)
def kid(public_key: bytes) -> bytes:
    """The name of a public key (X-Wing or Ed25519): 16 bytes."""
    return sha256(T("kid") + public_key)[:KID_BYTES]


def instance_bytes(name: str) -> bytes:
    """inst: LP(name). A name is 1 to 64 lower-case letters, digits, dots or hyphens, and never an address."""
    if not _INSTANCE.fullmatch(name) or len(name) > INSTANCE_BYTES_MAX:
        raise Unknown("instance name")
    return LP(name.encode("ascii"))


def day_bytes(day: str) -> bytes:
    """A local date as ten ASCII bytes, YYYY-MM-DD; a date that does not exist is Unknown."""
    try:
        if not _DAY.fullmatch(day) or date.fromisoformat(day).isoformat() != day:
            raise Unknown("date")
    except ValueError:
        raise Unknown("date") from None
    return day.encode("ascii")


def month_bytes(month: int) -> bytes:
    """A month as u32 yyyymm, 200001 to 999912."""
    if not (200001 <= month <= 999912 and 1 <= month % 100 <= 12):
        raise Unknown("month")
    return u32(month)


def padded_size(length: int, sizes: Sequence[int]) -> int:
    """The smallest of the ascending sizes that holds a payload of this many bytes; none is Unknown."""
    for size in sizes:
        if PAD_HEADER_BYTES + length <= size:
            return size
    raise Unknown("payload too long")


def check_signature(public_key: bytes, signature: bytes, message: bytes, what: str) -> None:
    """Raise Altered unless this is an Ed25519 signature (RFC 8032, no ZIP 215) of the message by the key.

    A key of small order signs nothing: Altered.
    """
    exactly(signature, SIG_BYTES, "signature")
    exactly(public_key, SIGN_PK_BYTES, "signing key")
    if public_key[:31] + bytes((public_key[31] & 0x7F,)) in _SMALL_ORDER_Y:
        raise Altered(what)
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        raise Altered(what) from None
    except ValueError:
        raise Unknown("signing key") from None


class Reader:
    """Takes a byte string apart from the left; what is missing or left over is Unknown."""

    def __init__(self, data: bytes, what: str) -> None:
        self._data, self._at, self._what = data, 0, what

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        if size > len(self._data) - self._at:
            raise Unknown(f"{self._what}: cut short")
        self._at += size
        return self._data[self._at - size : self._at]

    def u8(self) -> int:
        return self.take(1)[0]

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def u64(self) -> int:
        return int.from_bytes(self.take(8), "big")

    def lp(self) -> bytes:
        """A length-prefixed field of any length."""
        return self.take(self.u32())

    def lp_exactly(self, size: int) -> bytes:
        """A length-prefixed field of this length."""
        return exactly(self.lp(), size, self._what)

    def expect(self, prefix: bytes) -> None:
        """Raise Unknown unless the next bytes are these."""
        if self.take(len(prefix)) != prefix:
            raise Unknown(self._what)

    def done(self) -> None:
        """Raise Unknown if anything is left."""
        if self._at != len(self._data):
            raise Unknown(f"{self._what}: trailing bytes")
