# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is printed can be typed back, and a slip of the pen is found in its group. The browser's twin reads the same vectors."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serment.demo.paper import SIGNS, NotThatPaper, read_paper, write_paper

# Also in browser/test/account/paper.test.ts.
VECTORS = {
    "recovery": (16, "0410-610r 50r3-gg2h 8a1c-60te 3gf2-2k22"),
    "root": (
        32,
        "0410-610y 50r3-gg2p 8a1c-60th 3gf2-08h4 44rm-2mb8 1e60-s38q dhr7-8y31 wgbs-wdvn",
    ),
}


@pytest.mark.parametrize("kind", VECTORS)
def test_a_known_secret_is_written_so(kind: str) -> None:
    size, written = VECTORS[kind]
    secret = bytes(range(1, size + 1))
    assert write_paper(kind, secret) == written
    assert read_paper(kind, written.upper().replace("0", "O").replace("1", "L"), size) == secret


@given(st.binary(min_size=16, max_size=16), st.integers(0, 31), st.sampled_from(SIGNS))
def test_one_wrong_sign_is_found_but_once_in_thousands(secret: bytes, at: int, sign: str) -> None:
    plain = write_paper("recovery", secret).replace(" ", "").replace("-", "")
    assert read_paper("recovery", plain, 16) == secret
    if plain[at] != sign:
        with contextlib.suppress(NotThatPaper):
            assert read_paper("recovery", plain[:at] + sign + plain[at + 1 :], 16) != secret


def test_a_root_paper_is_no_recovery_code() -> None:
    with pytest.raises(NotThatPaper):
        read_paper("recovery", VECTORS["root"][1], 16)
    with pytest.raises(NotThatPaper):
        read_paper("root", VECTORS["recovery"][1], 32)
