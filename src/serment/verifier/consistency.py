# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether a tree begins with another one: RFC 6962, section 2.1.2, followed from the top down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256


class _Short(Exception):
    """The proof ended too soon."""


def begins_with(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the tree of `size` leaves begins with that of `old` leaves, 0 < old <= size."""
    if not 0 < old <= size:
        return False
    steps = iter(proof)
    try:
        found = _roots(old, size, old_root, steps)
    except _Short:
        return False
    return next(steps, None) is None and found == (old_root, root)


def _roots(old: int, size: int, whole: bytes | None, steps: Iterator[bytes]) -> tuple[bytes, bytes]:
    """The hash of a subtree's first `old` leaves and of all of it; `whole`: the old tree's, while it is this very subtree."""
    if old == size:
        same = _step(steps) if whole is None else whole
        return same, same
    left = 1
    while left * 2 < size:
        left *= 2
    if old <= left:
        before, now = _roots(old, left, whole, steps)
        return before, _above(now, _step(steps))
    before, now = _roots(old - left, size - left, None, steps)
    full = _step(steps)
    return _above(full, before), _above(full, now)


def _step(steps: Iterator[bytes]) -> bytes:
    step = next(steps, None)
    if step is None:
        raise _Short
    return step


def _above(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()
