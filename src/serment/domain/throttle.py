# SPDX-License-Identifier: AGPL-3.0-or-later
"""How many holds one address may take: five an hour freely, then each costs a little work; no one is shut
out. Phone checks are counted apart, twenty an hour, and so are requests without one, three.

Addresses are seen only as buckets under a key of the day that lives in memory. The work is hashcash-like:
find a nonce such that SHA-256(challenge || nonce) begins with so many zero bits. A challenge says what it asks
under a keyed tag, so that any process with the key can judge the answer, and has a serial of its own, so that an
answer serves once.

    challenge = hour u32 || bits u8 || serial(11, random) || HMAC-SHA256(key, label || the 16 bytes before)[:16]
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from serment.domain.errors import WorkRefused

HOLDS_PER_HOUR = 5
CHECKS_PER_HOUR = 20
REQUESTS_PER_HOUR = 3
WORK_BITS_FIRST = 14  # about 16,000 hashes
WORK_BITS_MAX = 22
WORK_HOURS = 1  # a challenge is good for the rest of its hour and the whole next one
NONCE_BYTES = 8
NONCES_MAX = 1 << 40
SERIAL_BYTES = 11
TAG_BYTES = 16
CHALLENGE_BYTES = 4 + 1 + SERIAL_BYTES + TAG_BYTES
WORK_BYTES = CHALLENGE_BYTES + NONCE_BYTES
BITS_SLACK = 2  # holds taken in another tab while this one worked ask for no second work
RECENT_MAX = 64  # beyond, no more is asked and nothing waits longer
BUCKET_BYTES = 16
IPV6_BUCKET_BITS = 64  # one household, or one phone, commands this many addresses
_LABEL = b"serment hold work"


@dataclass(frozen=True, slots=True)
class Tally:
    """When a bucket took its holds of the last hour, the RECENT_MAX latest."""

    recent: tuple[datetime, ...] = ()

    def at(self, now: datetime) -> Tally:
        """The tally without what is older than an hour."""
        return Tally(tuple(time for time in self.recent if time > now - timedelta(hours=1)))

    def with_hold(self, now: datetime) -> Tally:
        """The tally after one more hold."""
        return Tally((*self.at(now).recent, now)[-RECENT_MAX:])

    def without(self, taken: datetime) -> Tally:
        """The tally without a hold that came to nothing."""
        recent = list(self.recent)
        if taken in recent:
            recent.remove(taken)
        return Tally(tuple(recent))

    def bits_asked(self, now: datetime, free: int = HOLDS_PER_HOUR) -> int:
        """The zero bits asked for the next one after `free` an hour; 0 asks for no work. One bit more for every second."""
        over = len(self.at(now).recent) - free
        return 0 if over < 0 else min(WORK_BITS_FIRST + over // 2, WORK_BITS_MAX)


def bucket(address: str, day_key: bytes) -> bytes:
    """The bucket of an address under the key of the day, 16 bytes. Raises ValueError for what is no address."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    network = ip_network(f"{ip}/{IPV6_BUCKET_BITS}" if ip.version == 6 else str(ip), strict=False)
    return hmac.digest(day_key, network.network_address.packed, "sha256")[:BUCKET_BYTES]


def challenge(key: bytes, bits: int, serial: bytes, now: datetime) -> bytes:
    """What somebody works on for a hold, CHALLENGE_BYTES long. `key` is the server's own, `serial` random."""
    told = _hour(now).to_bytes(4, "big") + bytes((bits,)) + serial
    return told + _tag(key, told)


def check_work(key: bytes, asked: int, work: bytes, now: datetime) -> bytes | None:
    """The serial of the challenge if `work` (challenge || nonce) answers it, asks enough and is not stale, else None.

    The caller refuses a serial that served before. Raises WorkRefused for another length.
    """
    if len(work) != WORK_BYTES:
        raise WorkRefused
    of, told = work[:CHALLENGE_BYTES], work[: CHALLENGE_BYTES - TAG_BYTES]
    hour, bits = int.from_bytes(told[:4], "big"), told[4]
    good = (
        hmac.compare_digest(of[len(told) :], _tag(key, told))
        and 0 <= _hour(now) - hour <= WORK_HOURS
        and bits + BITS_SLACK >= asked
        and leading_zero_bits(hashlib.sha256(work).digest()) >= bits
    )
    return told[5:] if good else None


def leading_zero_bits(digest: bytes) -> int:
    """How many zero bits a digest begins with."""
    return 8 * len(digest) - int.from_bytes(digest, "big").bit_length()


def solve(work: bytes, bits: int) -> bytes:
    """The challenge and the first nonce that answers it, as the browser finds them; about 2**bits hashes."""
    for number in range(NONCES_MAX):
        answer = work + number.to_bytes(NONCE_BYTES, "big")
        if leading_zero_bits(hashlib.sha256(answer).digest()) >= bits:
            return answer
    raise WorkRefused


def _hour(now: datetime) -> int:
    return int(now.timestamp()) // 3600


def _tag(key: bytes, told: bytes) -> bytes:
    return hmac.digest(key, _LABEL + told, "sha256")[:TAG_BYTES]
