# SPDX-License-Identifier: Apache-2.0
"""Which sealed seeds must come with a batch of roster events, so that nobody whom it names is left without keys.

Source: spec/roster.md, section 6.
"""

from __future__ import annotations

from typing import NamedTuple

from serment.framing.errors import Unknown
from serment.framing.roster import Roster

Seat = tuple[bytes, int, bytes]
"""(unit, e, kid of the member's X-Wing key)"""


class SealedSeed(NamedTuple):
    """A unit's epoch seed, sealed to the member's key named by `kid`: 1,168 bytes."""

    unit: bytes
    epoch: int
    kid: bytes
    sealed: bytes


class BoxedSeed(NamedTuple):
    """The seed of the epoch before `epoch`, boxed under it: 60 bytes."""

    unit: bytes
    epoch: int
    sealed: bytes


def seeds_due(before: Roster, after: Roster) -> set[Seat]:
    """One seed for each member of each new epoch, and for each member new to a unit whose epoch stands.

    Unknown: two epochs of one unit in a batch, the first of which nobody would be given.
    """
    due: set[Seat] = set()
    for unit, epoch in after.units.items():
        earlier = before.units.get(unit)
        if earlier is not None and epoch.e > earlier.e + 1:
            raise Unknown("two epochs of a unit in one request")
        had = set() if earlier != epoch else {member.kem_kid for member in before.members_of(unit)}
        due |= {(unit, epoch.e, m.kem_kid) for m in after.members_of(unit) if m.kem_kid not in had}
    return due


def previous_wanted(before: Roster, after: Roster) -> set[tuple[bytes, int]]:
    """(unit, e) of each new epoch that follows another one: the seed before it may come, boxed under it."""
    return {
        (unit, epoch.e)
        for unit, epoch in after.units.items()
        if unit in before.units and before.units[unit] != epoch
    }


def seats_left(before: Roster, after: Roster) -> set[tuple[bytes, bytes]]:
    """(unit, kid) of each member who was in a unit and is no more: their sealed seeds go."""
    now = {(unit, member.kem_kid) for member in after.members.values() for unit in member.units}
    return {(unit, m.kem_kid) for m in before.members.values() for unit in m.units} - now
