# SPDX-License-Identifier: AGPL-3.0-or-later
"""The changes of ways in of spec/vectors: every language signs the same bytes, and no part of one can be another."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from serment.framing import Altered, check_signature
from serment.framing.ways import MachineKnown, WayDropped, WayPut, WaysChange

FILE = json.loads((Path(__file__).parents[2] / "spec/vectors/ways.json").read_text("utf-8"))
ACCOUNT, KEY = bytes.fromhex(FILE["account"]), bytes.fromhex(FILE["sign_pk"])


def change_of(told: dict[str, Any]) -> WaysChange:
    def raw(text: str) -> bytes:
        return bytes.fromhex(text)

    password = told["password"]
    return WaysChange(
        [
            WayPut(
                way["method"], raw(way["credential"]), way["version"], raw(way["box"]),
                raw(way["client_data"]), raw(way["attestation"]), way["label"],
            )
            for way in told["put"]
        ],
        [WayDropped(way["method"], raw(way["credential"])) for way in told["drop"]],
        None if password is None else (raw(password[0]), raw(password[1])),
        [MachineKnown(raw(one["device"]), raw(one["public_key"]), one["label"]) for one in told["remember"]],
        [raw(device) for device in told["forget"]],
    )  # fmt: skip


@pytest.mark.parametrize("told", FILE["changes"], ids=lambda told: told["name"])
def test_a_change_is_signed_as_recorded_and_in_no_other_place(told: dict[str, Any]) -> None:
    change, sig = change_of(told), bytes.fromhex(told["sig"])
    message = change.message(FILE["instance"], ACCOUNT, told["seen"])
    assert message.hex() == told["message"]
    check_signature(KEY, sig, message, "ways")
    for other in (
        change.message("another", ACCOUNT, told["seen"]),
        change.message(FILE["instance"], bytes(16), told["seen"]),
        change.message(FILE["instance"], ACCOUNT, told["seen"] - 1),
        replace(change, forget=[bytes(16)]).message(FILE["instance"], ACCOUNT, told["seen"]),
    ):
        with pytest.raises(Altered):
            check_signature(KEY, sig, other, "ways")


def test_no_two_changes_are_signed_alike() -> None:
    """What one list loses and the next one gains, moved over the border between them, gives other bytes."""
    device, key = b"d" * 16, b"k" * 65
    changes = [
        WaysChange(put=[WayPut(3, b"c" * 32, 1, b"b" * 60)]),
        WaysChange(drop=[WayDropped(3, b"c" * 32)]),
        WaysChange(put=[WayPut(3, b"c" * 32, 1, b"b" * 60, label="x")]),
        WaysChange(put=[WayPut(3, b"c" * 32, 1, b"b" * 60, client_data=b"x")]),
        WaysChange(remember=[MachineKnown(device, key, "")]),
        WaysChange(forget=[device]),
        WaysChange(password=(b"f" * 32, b"a" * 32)),
        WaysChange(password=(b"a" * 32, b"f" * 32)),
        WaysChange(),
    ]
    messages = {change.message("serment", ACCOUNT, 1) for change in changes}
    assert len(messages) == len(changes)
