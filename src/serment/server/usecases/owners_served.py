# SPDX-License-Identifier: AGPL-3.0-or-later
"""A practice keeps an owner whom the server serves and who has no last day, so that somebody can undo what was done."""

from __future__ import annotations

from uuid import UUID

from serment.database.pool import Transaction
from serment.framing import Roster
from serment.framing.roster_events import Role
from serment.server.instance import Instance
from serment.server.stores import members
from serment.server.usecases.errors import LastOwner


def owners_of(roster: Roster) -> set[bytes]:
    """The ids of a roster's owners."""
    return {member.id for member in roster.members.values() if member.role is Role.OWNER}


async def check_an_owner_is_served(
    instance: Instance, tx: Transaction, practice: UUID, roster: Roster
) -> None:
    """Last in the change's own transaction, under the practice's lock. Raises LastOwner; the caller rolls back."""
    owners = owners_of(roster)
    rows = await members.read_members(tx, practice, instance.clock())
    if not any(row["served"] and row["until"] is None and row["member"].bytes in owners for row in rows):
        raise LastOwner
