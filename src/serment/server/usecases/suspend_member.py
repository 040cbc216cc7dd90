# SPDX-License-Identifier: AGPL-3.0-or-later
"""An owner suspends a member at once and without keys, takes it back (from dormancy too), or names a last day.

Removal alone turns the keys.
"""

from __future__ import annotations

from datetime import UTC, date
from uuid import UUID

from serment.database.pool import Transaction, transaction
from serment.domain.roles import Deed
from serment.framing.roster_events import Role
from serment.server.instance import Instance
from serment.server.stores import members
from serment.server.usecases.errors import LastOwner, NoSuchMember
from serment.server.usecases.membership import Staff
from serment.server.usecases.read_roster import roster_of


async def suspend_member(instance: Instance, staff: Staff, member: UUID, *, suspended: bool) -> None:
    """From the commit on nothing is served to them; their open streams end with the next hint. Again: the same.

    Raises NotYourRole, NoSuchMember, LastOwner.
    """
    staff.check_may(Deed.CHANGE_MEMBERS)
    async with transaction(instance.pool) as tx:
        await members.lock_practice(tx, staff.practice)
        today = instance.clock().astimezone(UTC).date()
        if not await members.suspend(tx, staff.practice, member, suspended=suspended, today=today):
            raise NoSuchMember
        await _check_an_owner_is_served(instance, tx, staff.practice)
    instance.changes.note(staff.practice)


async def name_last_day(instance: Instance, staff: Staff, member: UUID, until: date | None) -> None:
    """After this day, at the practice's sites, they are as suspended; None: no last day. Again: the same.

    Raises NotYourRole, NoSuchMember, LastOwner.
    """
    staff.check_may(Deed.CHANGE_MEMBERS)
    async with transaction(instance.pool) as tx:
        await members.lock_practice(tx, staff.practice)
        if not await members.set_until(tx, staff.practice, member, until):
            raise NoSuchMember
        await _check_an_owner_is_served(instance, tx, staff.practice)
    instance.changes.note(staff.practice)


async def _check_an_owner_is_served(instance: Instance, tx: Transaction, practice: UUID) -> None:
    """An owner without a last day is left, so that somebody can undo what was done."""
    roster = await roster_of(instance, practice, connection=tx)
    owners = {member.id for member in roster.members.values() if member.role is Role.OWNER}
    rows = await members.read_members(tx, practice, instance.clock())
    if not any(row["served"] and row["until"] is None and row["member"].bytes in owners for row in rows):
        raise LastOwner
