# SPDX-License-Identifier: AGPL-3.0-or-later
"""Merkle trees of RFC 6962, section 2.1, over whatever keeps the hashes of whole subtrees.

Written here because the one Python library for it is under another licence (docs/decisions/0057).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256().digest()

# The hash of the whole subtree of 2^level leaves that begins at leaf index * 2^level.
Subtree = Callable[[int, int], bytes]


def leaf_hash(data: bytes) -> bytes:
    """Of a leaf's data."""
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Of two children."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root(size: int, subtree: Subtree) -> bytes:
    """The tree's hash over its first `size` leaves."""
    return EMPTY_ROOT if size == 0 else _over(0, size, subtree)


def inclusion_proof(leaf: int, size: int, subtree: Subtree) -> list[bytes]:
    """The audit path of one leaf. Raises ValueError unless 0 <= leaf < size."""
    if not 0 <= leaf < size:
        raise ValueError("no such leaf")
    path: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _largest_power_below(high - low)
        if leaf < middle:
            path.append(_over(middle, high, subtree))
            high = middle
        else:
            path.append(_over(low, middle, subtree))
            low = middle
    return path[::-1]


def consistency_proof(old: int, size: int, subtree: Subtree) -> list[bytes]:
    """That the tree of `size` leaves begins with that of `old`. Raises ValueError unless 0 <= old <= size."""
    if not 0 <= old <= size:
        raise ValueError("no such tree")
    if old in (0, size):
        return []
    path: list[bytes] = []
    low, high, whole = 0, size, True
    while old != high:
        middle = low + _largest_power_below(high - low)
        if old <= middle:
            path.append(_over(middle, high, subtree))
            high = middle
        else:
            path.append(_over(low, middle, subtree))
            low, whole = middle, False
    if not whole:
        path.append(_over(low, high, subtree))
    return path[::-1]


def is_consistent(old: int, old_root: bytes, size: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that the first `old` leaves are still what they were (RFC 9162, section 2.1.4.2)."""
    if old > size or (old == size and (proof or old_root != new_root)):
        return False
    if old in (0, size):
        return not proof and (old > 0 or old_root == EMPTY_ROOT)
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        return False
    node, last = old - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    first = second = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, step)
        node, last = node >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _largest_power_below(count: int) -> int:
    return 1 << ((count - 1).bit_length() - 1)


def _over(low: int, high: int, subtree: Subtree) -> bytes:
    """The hash over [low, high); `low` is a multiple of the largest power of two in the width."""
    level = (high - low).bit_length() - 1
    width = 1 << level
    left = subtree(level, low >> level)
    return left if low + width == high else node_hash(left, _over(low + width, high, subtree))
