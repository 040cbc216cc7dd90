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
    """Nobody sees their own away while the practice has another owner. Again, the same. Raises NotYourRole, NoSuchMember."""
    staff.check_may(Deed.CHANGE_MEMBERS)
    if member.bytes not in staff.roster.members:
        raise NoSuchMember
    if member == staff.member and owners_of(staff.roster) != {member.bytes}:
        raise NotYourRole
    await sentinel.see_look_backs(instance.pool, staff.practice, member, staff.member, instance.clock())
    instance.changes.note(staff.practice)
