# SPDX-License-Identifier: AGPL-3.0-or-later
"""The oracle of `replays/` sees what leaves, and every replay says what it may yield."""

from __future__ import annotations

import base64
import json
import secrets
import uuid

import pytest

from leaks.markers import Wanted, forms
from replays.oracle import FIRST_BYTES, Body, Left, Oracle
from replays.plays import FOLDER, NAMES, read_expected

SEALED = secrets.token_bytes(300)
BODY = Body("ct", uuid.uuid4())
ORACLE = Oracle(0, {SEALED[:FIRST_BYTES]: BODY}, Wanted(forms("Fontbonne", hashed=False)))


def looked(answer: bytes) -> Left:
    left = Left()
    ORACLE.look(answer, left)
    return left


def test_the_oracle_counts_a_sealed_body_once_and_no_other_text() -> None:
    text = json.dumps({"ct": base64.b64encode(SEALED).decode()}).encode()
    assert looked(text + text).bodies == {BODY}
    assert (
        looked(json.dumps({"ct": base64.b64encode(secrets.token_bytes(300)).decode()}).encode()).count() == 0
    )


@pytest.mark.parametrize(
    "word", [b"Fontbonne", base64.b64encode(b"FONTBONNE"), "Fontbonne".encode("utf-16-le")]
)
def test_the_oracle_reads_what_is_readable_in_whatever_dress(word: bytes) -> None:
    assert looked(b'{"note": "' + word + b'"}').readable
    assert not looked(b'{"note": "nothing"}').readable


def test_the_oracle_does_not_pass_over_what_it_cannot_look_into() -> None:
    with pytest.raises(ValueError, match="packed"):
        looked(b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n\x00")


@pytest.mark.parametrize("name", NAMES)
def test_each_replay_has_a_story_and_allows_nothing_readable(name: str) -> None:
    assert (FOLDER / name / "story.md").read_text("utf-8").startswith(f"# {name.upper()}: ")
    assert read_expected(name).most["readable"] == 0
