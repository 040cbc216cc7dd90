"""The roster chains of spec/vectors, good and bad."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from serment.framing import Altered, Roster, SignedEvent, Unaddressed
from serment.framing.errors import FramingError

ROSTERS = json.loads((Path(__file__).parents[2] / "spec" / "vectors" / "rosters.json").read_text("utf-8"))


def events_of(listed: list[dict[str, str]]) -> list[SignedEvent]:
    return [SignedEvent(bytes.fromhex(e["event"]), bytes.fromhex(e["sig"])) for e in listed]


GOOD = events_of(ROSTERS["good"]["events"])


@pytest.mark.parametrize("state", ROSTERS["good"]["states"], ids=lambda state: state["after"])
def test_a_good_chain_adds_up_to_the_recorded_state(state: dict[str, Any]) -> None:
    roster = Roster.verify(GOOD[: state["seq"]], bytes.fromhex(state["fingerprint"]))
    assert (roster.head.hex(), roster.instance) == (state["head"], state["instance"])
    assert roster.root_pk.hex() == state["root_pk"]
    assert (roster.notifier_pk.hex() if roster.notifier_pk else None) == state["notifier_pk"]
    for told in state["members"]:
        member = roster.members[bytes.fromhex(told["id"])]
        assert (member.kem_kid.hex(), member.sign_kid.hex()) == (told["kem_kid"], told["sign_kid"])
        assert (member.role, [u.hex() for u in member.units]) == (told["role"], told["units"])
    for told in state["units"]:
        epoch = roster.epoch(bytes.fromhex(told["unit"]))
        assert (epoch.e, epoch.kid.hex(), epoch.kid_rec.hex()) == (told["e"], told["kid"], told["kid_rec"])
    for told in state["grants"]:
        grant = roster.grants[bytes.fromhex(told["connector"]), bytes.fromhex(told["unit"])]
        assert (grant.mask, grant.back_days, grant.ahead_days) == (1 if grant.mask == 1 else 7, 1, 30)
        assert (grant.mask, grant.kem_kid.hex(), grant.sign_kid.hex()) == (
            told["mask"],
            told["kem_kid"],
            told["sign_kid"],
        )
    sizes = (len(roster.members), len(roster.units), len(roster.grants))
    assert sizes == tuple(len(state[name]) for name in ("members", "units", "grants"))


def test_another_fingerprint_is_refused() -> None:
    with pytest.raises(Altered):
        Roster.verify(GOOD, bytes.fromhex(ROSTERS["wrong_fingerprint"]))


def test_a_unit_that_nobody_is_in_has_no_keys_until_its_next_member_brings_them() -> None:
    idle = ROSTERS["idle"]
    events, unit = [*GOOD[: idle["keep"]], *events_of(idle["then"])], bytes.fromhex(idle["unit"])
    with pytest.raises(Unaddressed):
        Roster.verify(events[: idle["without_keys_after"]]).epoch(unit)
    assert Roster.verify(events).epoch(unit).e == idle["e"]


@pytest.mark.parametrize("case", ROSTERS["bad"], ids=lambda case: case["name"])
def test_every_bad_chain_is_refused_with_its_own_error(case: dict[str, Any]) -> None:
    if case["keep"]:
        Roster.verify(GOOD[: case["keep"]])  # what comes before is good: the refusal is of what follows
    with pytest.raises(FramingError) as refused:
        Roster.verify([*GOOD[: case["keep"]], *events_of(case["then"])])
    assert type(refused.value).__name__ == case["error"], str(refused.value)
