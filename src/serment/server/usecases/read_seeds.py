# SPDX-License-Identifier: AGPL-3.0-or-later
"""A member's sealed epoch seeds, and the chain that leads back from them."""

from __future__ import annotations

from uuid import UUID

import msgspec

from serment.server.instance import Instance
from serment.server.stores import rosters
from serment.server.usecases.membership import Staff


class Seed(msgspec.Struct):
    """An epoch's seed, sealed to the member's key named by `kid`."""

    unit: UUID
    epoch: int
    kid: bytes
    sealed: bytes = msgspec.field(name="bytes")


class PreviousSeed(msgspec.Struct):
    """The seed of the epoch before `epoch`, sealed under it."""

    unit: UUID
    epoch: int
    sealed: bytes = msgspec.field(name="bytes")


class Seeds(msgspec.Struct):
    """What a member's browser opens with its own key."""

    seeds: list[Seed]
    previous: list[PreviousSeed]


async def read_seeds(instance: Instance, staff: Staff) -> Seeds:
    """The seeds of the caller's units, to the caller's key."""
    seeds, previous = await rosters.read_seeds(
        instance.pool, staff.practice, staff.kem_kid, list(staff.units)
    )
    return Seeds(
        [Seed(row["unit"], row["epoch"], row["kid"], row["bytes"]) for row in seeds],
        [PreviousSeed(row["unit"], row["epoch"], row["bytes"]) for row in previous],
    )
