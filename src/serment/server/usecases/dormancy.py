# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who has not signed in for thirty days is suspended where they are a member, until an owner brings them back.

A practice whose owners are all away, or stopped by the sentinel, is never shut for good: the first of them who shows a
passkey or the printed code is back (docs/decisions/0031-dormant-members.md).
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from serment.database.pool import transaction
from serment.server.instance import Instance
from serment.server.stores import accounts, members, sentinel
from serment.server.usecases.owners_served import owners_of
from serment.server.usecases.read_roster import roster_of


class Dormant(msgspec.Struct):
    """A practice that serves this member nothing because they were away too long."""

    practice: UUID
    slug: str
    name: str


async def note_here(instance: Instance, account: UUID, *, proved: bool) -> None:
    """Somebody has signed in: they were here today. `proved`: by more than a password on a machine that is known."""
    now = instance.clock()
    await accounts.note_seen(instance.pool, account, now.astimezone(UTC).date(), now)
    if not proved:
        return
    away = await accounts.read_dormant(instance.pool, account, now)
    for row in [*away, *await sentinel.read_frozen(instance.pool, account)]:
        await _wake_last_owner(instance, row["practice"], row["member"], now)


async def dormant_in(instance: Instance, account: UUID) -> list[Dormant]:
    """Where an owner would have to bring them back."""
    rows = await accounts.read_dormant(instance.pool, account, instance.clock())
    return [Dormant(row["practice"], row["slug"], row["name"]) for row in rows]


async def _wake_last_owner(instance: Instance, practice: UUID, member: UUID, now: datetime) -> None:
    async with transaction(instance.pool) as tx:
        await members.lock_practice(tx, practice)
        roster = await roster_of(instance, practice, connection=tx)
        owners = owners_of(roster)
        rows = await members.read_members(tx, practice, now)
        served = any(row["served"] and row["member"].bytes in owners for row in rows)
        if member.bytes in owners and not served:
            await members.wake(tx, practice, member, now.astimezone(UTC).date())
            await sentinel.unfreeze(tx, practice, member, member, now)
