# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an SMS carries, and the vectors that the browser reads too."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serment.domain.gsm7 import BASIC, EXTENSION, fitted, length
from tidy.tree import ROOT

VECTORS = json.loads((ROOT / "spec/vectors/gsm7.json").read_text("utf-8"))


def test_the_alphabet_has_its_128_places() -> None:
    """One of the 128 is the escape, which stands for nothing by itself."""
    assert len(BASIC) == 127 and len(EXTENSION) == 10 and not BASIC & EXTENSION


@pytest.mark.parametrize("vector", VECTORS["texts"], ids=lambda vector: vector["name"])
def test_a_text_arrives_as_the_vector_says(vector: dict[str, object]) -> None:
    text = str(vector["text"])
    found = length(fitted(text))
    assert fitted(text) == vector["fitted"]
    said = {"alphabet": found.alphabet, "units": found.units, "segments": found.segments, "left": found.left}
    assert said == {key: vector[key] for key in said}


def test_french_keeps_what_the_alphabet_has_and_loses_no_letter() -> None:
    kept = "é è à ù ì ò É Ç ä ö ü ñ Ñ € @"
    assert fitted(kept) == kept
    assert fitted("çêëîïôûœæÀÈÊ’“”«»–…\u00a0\u202f") == 'ceeiiouoeæAEE\'""""-...  '


@given(st.text())
def test_fitting_twice_changes_nothing(text: str) -> None:
    assert fitted(fitted(text)) == fitted(text)


@given(st.text(alphabet=sorted(BASIC | EXTENSION), max_size=700))
def test_segments_hold_what_is_sent(text: str) -> None:
    found = length(text)
    room = 160 if found.segments == 1 else 153 * found.segments
    assert found.alphabet == "gsm7" and found.units <= room
    assert found.segments == 1 or found.units > 160
    # At most one septet is lost at the end of each segment but the last.
    assert 0 <= room - found.left - found.units <= found.segments - 1
