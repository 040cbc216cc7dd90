# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which records of a unit are still under older keys, and the way back to earlier epochs: what re-wrapping goes by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from serment.domain.roles import Deed
from serment.framing.conventions import exactly
from serment.framing.errors import Altered, Unknown
from serment.framing.roster_seeds import BoxedSeed
from serment.server.instance import Instance
from serment.server.stores import members
from serment.server.usecases.append_events import BOXED_SEED_BYTES
from serment.server.usecases.membership import Staff
from serment.server.usecases.read_envelope import SealedStanza

OLDER_MAX = 200


class OlderRecord(msgspec.Struct):
    """What a browser needs to wrap a record's content keys anew: its place and the stanzas of the kids asked for."""

    record: UUID
    rev: int
    head: bytes
    agenda: UUID
    start: datetime
    minutes: int
    visit_type: UUID
    sealed_slot: bytes
    stanzas: list[SealedStanza]


class OlderRecords(msgspec.Struct):
    """`standing` counts all that are left, these included."""

    standing: int
    records: list[OlderRecord]


async def older_stanzas(
    instance: Instance, staff: Staff, unit: UUID, kids: Sequence[bytes], most: int
) -> OlderRecords:
    """Records with stanzas of these kids, what is to come first, then the nearest past. Raises NoSuchAgenda.

    No bodies: nothing is disclosed, keys are only wrapped anew. Progress is what is stored: whoever asks later goes on.
    """
    staff.check_may(Deed.READ_AGENDA)
    staff.check_unit(unit)
    rows = await members.read_older(
        instance.pool, staff.practice, unit, kids, instance.clock(), min(most, OLDER_MAX)
    )
    records = [
        OlderRecord(
            row["record"],
            row["rev"],
            row["head"],
            row["agenda"],
            row["start"],
            row["minutes"],
            row["visit_type"],
            row["sealed_slot"],
            list(map(SealedStanza, row["kids"], row["stanzas"])),
        )
        for row in rows
    ]
    return OlderRecords(rows[0]["standing"] if rows else 0, records)


async def keep_previous(instance: Instance, staff: Staff, seeds: Sequence[BoxedSeed]) -> None:
    """Seeds of earlier epochs from a member who holds both, where an owner outside the unit could give none.

    The server cannot tell a good one: each stands beside those of other members, and whoever opens the unit takes the first
    that fits event 4. Again: in place of one's own. Raises NoSuchAgenda, Altered, Unknown.
    """
    staff.check_may(Deed.READ_AGENDA)
    if len({(seed.unit, seed.epoch) for seed in seeds}) != len(seeds):
        raise Unknown("previous seed twice")
    for seed in seeds:
        staff.check_unit(UUID(bytes=seed.unit))
        exactly(seed.sealed, BOXED_SEED_BYTES, "previous seed")
        if not 2 <= seed.epoch <= staff.roster.epoch(seed.unit).e:
            raise Altered("epoch")
    await members.add_previous(instance.pool, staff.practice, staff.kem_kid, seeds)
