# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ledger's tree against the vectors of RFC 6962's own programs, and against the plain definition."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serment.domain.merkle import (
    EMPTY_ROOT,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    leaf_hash,
    node_hash,
    root,
)

LEAVES = [bytes.fromhex(each) for each in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                                            "606162636465666768696a6b6c6d6e6f")]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def plain(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return node_hash(plain(leaves[:middle]), plain(leaves[middle:]))


class Kept:
    """Subtrees of a list of leaves."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.leaves = leaves

    def __call__(self, level: int, index: int) -> bytes:
        first, width = index << level, 1 << level
        assert first + width <= len(self.leaves)
        return plain(self.leaves[first : first + width])


def climbs(leaf: int, size: int, hashed: bytes, path: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.3.2: the root that an audit path leads to."""
    node, last = leaf, size - 1
    for step in path:
        assert last > 0
        if node & 1 or node == last:
            hashed = node_hash(step, hashed)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            hashed = node_hash(hashed, step)
        node, last = node >> 1, last >> 1
    assert last == 0
    return hashed


def test_the_published_roots_come_out() -> None:
    assert root(0, Kept([])) == EMPTY_ROOT
    for size, expected in enumerate(ROOTS, 1):
        assert root(size, Kept(LEAVES[:size])).hex() == expected


sizes = st.integers(1, 70)


@given(sizes, st.data())
def test_every_leaf_is_proved_to_be_in_every_tree(size: int, data: st.DataObject) -> None:
    leaves = [bytes([n]) for n in range(size)]
    leaf = data.draw(st.integers(0, size - 1))
    path = inclusion_proof(leaf, size, Kept(leaves))
    assert climbs(leaf, size, leaf_hash(leaves[leaf]), path) == plain(leaves)


@given(sizes, st.data())
def test_a_tree_that_grew_is_consistent_and_one_that_was_rewritten_is_not(
    size: int, data: st.DataObject
) -> None:
    leaves = [bytes([n]) for n in range(size)]
    old = data.draw(st.integers(0, size))
    before, now = plain(leaves[:old]), plain(leaves)
    proof = consistency_proof(old, size, Kept(leaves))
    assert is_consistent(old, before, size, now, proof)
    if old:
        at = data.draw(st.integers(0, old - 1))
        other = [*leaves[:at], b"other", *leaves[at + 1 :]]
        forged = consistency_proof(old, size, Kept(other))
        assert not is_consistent(old, before, size, plain(other), forged)
        assert not is_consistent(old, before, size, plain(other), proof)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not is_consistent(old, before, size, now, [*proof[:at], b"x" * 32, *proof[at + 1 :]])
        assert not is_consistent(old, before, size, now, proof[:-1])
    assert not is_consistent(old, before, size, now, [*proof, b"x" * 32])


@pytest.mark.parametrize(("leaf", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_leaf_outside_has_no_proof(leaf: int, size: int) -> None:
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion_proof(leaf, size, Kept(LEAVES))
