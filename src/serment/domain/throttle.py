# SPDX-License-Identifier: AGPL-3.0-or-later
"""How many holds one address may take: five an hour freely, then each costs a little work; no one is shut
out.

Addresses are seen only as buckets under a key of the day that lives in memory. The work is hashcash-like:
find a nonce such that SHA-256(challenge || nonce) begins with so many zero bits. A challenge is bound to the
bucket, to how many holds the bucket has taken so far and to an hour, so that a solution serves once and none
is stored.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from serment.domain.errors import WorkAsked, WorkRefused

HOLDS_PER_HOUR = 5
WORK_BITS_FIRST = 14  # about 16,000 hashes
WORK_BITS_MAX = 22
WORK_HOURS = 1  # a challenge is good for the rest of its hour and the whole next one
NONCE_BYTES = 8
NONCES_MAX = 1 << 40
BUCKET_BYTES = 16
IPV6_BUCKET_BITS = 64  # one household, or one phone, commands this many addresses
_LABEL = b"serment hold work"


@dataclass(frozen=True, slots=True)
class Tally:
    """What a bucket took: how many holds since its key was drawn, and when those of the last hour."""

    total: int = 0
    recent: tuple[datetime, ...] = ()

    def at(self, now: datetime) -> Tally:
        """The tally without what is older than an hour."""
        return Tally(self.total, tuple(time for time in self.recent if time > now - timedelta(hours=1)))

    def with_hold(self, now: datetime) -> Tally:
        """The tally after one more hold."""
        return Tally(self.total + 1, (*self.at(now).recent, now))

    def bits_asked(self, now: datetime) -> int:
        """The zero bits asked for the next hold; 0 asks for no work. One bit more for every second hold."""
        over = len(self.at(now).recent) - HOLDS_PER_HOUR
        return 0 if over < 0 else min(WORK_BITS_FIRST + over // 2, WORK_BITS_MAX)


def bucket(address: str, day_key: bytes) -> bytes:
    """The bucket of an address under the key of the day, 16 bytes. Raises ValueError for what is no address."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    network = ip_network(f"{ip}/{IPV6_BUCKET_BITS}" if ip.version == 6 else str(ip), strict=False)
    return hmac.digest(day_key, network.network_address.packed, "sha256")[:BUCKET_BYTES]


def challenge(key: bytes, of: bytes, tally: Tally, now: datetime) -> bytes:
    """What a bucket works on for its next hold: 32 bytes, the same for an hour. `key` is the server's own."""
    return _challenge(key, of, tally.total, _hour(now))


def check_work(key: bytes, of: bytes, tally: Tally, nonce: bytes | None, now: datetime) -> None:
    """Raises WorkAsked where work is owed and none came, WorkRefused where it is wrong, stale or already
    used.
    """
    bits = tally.bits_asked(now)
    if bits == 0:
        return
    if nonce is None:
        raise WorkAsked(challenge(key, of, tally, now), bits)
    if len(nonce) != NONCE_BYTES:
        raise WorkRefused
    for hour in range(_hour(now), _hour(now) - WORK_HOURS - 1, -1):
        work = _challenge(key, of, tally.total, hour)
        if leading_zero_bits(hashlib.sha256(work + nonce).digest()) >= bits:
            return
    raise WorkRefused


def leading_zero_bits(digest: bytes) -> int:
    """How many zero bits a digest begins with."""
    return 8 * len(digest) - int.from_bytes(digest, "big").bit_length()


def solve(work: bytes, bits: int) -> bytes:
    """The first nonce that answers a challenge, as the browser finds it; about 2**bits hashes."""
    for number in range(NONCES_MAX):
        nonce = number.to_bytes(NONCE_BYTES, "big")
        if leading_zero_bits(hashlib.sha256(work + nonce).digest()) >= bits:
            return nonce
    raise WorkRefused


def _hour(now: datetime) -> int:
    return int(now.timestamp()) // 3600


def _challenge(key: bytes, of: bytes, total: int, hour: int) -> bytes:
    return hmac.digest(key, _LABEL + of + total.to_bytes(8, "big") + hour.to_bytes(8, "big"), "sha256")
