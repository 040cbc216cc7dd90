# SPDX-License-Identifier: AGPL-3.0-or-later
"""An owner suspends a member at once and without keys, takes it back (from dormancy too), or names a last day.

Removal alone turns the keys.
"""

from __future__ import annotations

from datetime import UTC, date
from uuid import UUID

from serment.database.pool import transaction
from serment.domain.roles import Deed
from serment.server.instance import Instance
from serment.server.stores import members
from serment.server.usecases.errors import NoSuchMember
from serment.server.usecases.membership import Staff
from serment.server.usecases.owners_served import check_an_owner_is_served
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
        roster = await roster_of(instance, staff.practice, connection=tx)
        await check_an_owner_is_served(instance, tx, staff.practice, roster)
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
        roster = await roster_of(instance, staff.practice, connection=tx)
        await check_an_owner_is_served(instance, tx, staff.practice, roster)
    instance.changes.note(staff.practice)
