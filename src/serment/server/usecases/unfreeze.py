# SPDX-License-Identifier: AGPL-3.0-or-later
"""An owner who shows that they are there lets a member go on whom the sentinel stopped (docs/decisions/0058)."""

from __future__ import annotations

from uuid import UUID

from serment.domain.roles import Deed
from serment.server.instance import Instance
from serment.server.stores import sentinel
from serment.server.usecases.errors import NoSuchMember
from serment.server.usecases.membership import Staff


async def unfreeze(instance: Instance, staff: Staff, member: UUID) -> None:
    """Counts begin anew. Whoever is not stopped goes on: again, the same. Raises NotYourRole, ProvePresence, NoSuchMember."""
    staff.check_may(Deed.CHANGE_MEMBERS)
    staff.check_proved()
    if member.bytes not in staff.roster.members:
        raise NoSuchMember
    await sentinel.unfreeze(instance.pool, staff.practice, member, staff.member, instance.clock())
    instance.changes.note(staff.practice)
