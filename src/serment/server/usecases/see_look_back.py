# SPDX-License-Identifier: AGPL-3.0-or-later
"""An owner has seen that a member opened many visits long over (docs/decisions/0076)."""

from __future__ import annotations

from uuid import UUID

from serment.domain.roles import Deed
from serment.server.instance import Instance
from serment.server.stores import sentinel
from serment.server.usecases.errors import NoSuchMember, NotYourRole
from serment.server.usecases.membership import Staff
from serment.server.usecases.owners_served import owners_of


async def see_look_back(instance: Instance, staff: Staff, member: UUID) -> None:
    """Nobody sees their own away while the practice has another owner; of who is gone it can be seen. Again, the same. Raises
    NotYourRole, NoSuchMember."""
    staff.check_may(Deed.CHANGE_MEMBERS)
    known = member.bytes in staff.roster.members
    if not known and not await sentinel.has_look_backs(instance.pool, staff.practice, member):
        raise NoSuchMember
    if member == staff.member and owners_of(staff.roster) != {member.bytes}:
        raise NotYourRole
    await sentinel.see_look_backs(instance.pool, staff.practice, member, staff.member, instance.clock())
    instance.changes.note(staff.practice)
