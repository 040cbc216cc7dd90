# SPDX-License-Identifier: AGPL-3.0-or-later
"""An owner invites somebody by a link, and takes it back. The link's secret is never sent: spec/roster.md, section 7."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, timedelta
from uuid import UUID

import msgspec

from serment.database.pool import transaction
from serment.domain.retention import kept
from serment.domain.roles import Deed
from serment.framing import Role
from serment.framing.conventions import HPKE_OVERHEAD_BYTES, ID_BYTES, KEY_BYTES, SIG_BYTES, exactly
from serment.framing.errors import Unknown
from serment.server.instance import Instance
from serment.server.stores import members
from serment.server.usecases.errors import AlreadyUsed, NoSuchMember, StaleRoster
from serment.server.usecases.membership import Staff
from serment.server.usecases.read_roster import roster_of

INVITATION_DAYS = kept("invitation").days
INVITATIONS_MAX = 100
NAME_CHARACTERS_MAX = 120
OWNERS_TOLD_MAX = 30
SEALED_SECRET_BYTES = HPKE_OVERHEAD_BYTES + KEY_BYTES + SIG_BYTES


class SealedSecret(msgspec.Struct, forbid_unknown_fields=True):
    """The link's secret for another owner: the kid of their X-Wing key, and 1,232 bytes (spec/roster.md, section 7)."""

    kid: bytes
    sealed: bytes = msgspec.field(name="bytes")


class InvitationAsked(msgspec.Struct):
    """What the owner's browser decided. `find`: D(secret, "invitation find", 16); `owners`: who else can let in."""

    invitation: UUID
    member: UUID
    find: bytes
    role: int
    units: list[UUID]
    in_place_of: UUID | None
    name: str
    until: date | None
    owners: list[SealedSecret] = []


async def invite(instance: Instance, staff: Staff, asked: InvitationAsked) -> date:
    """The last day (UTC) on which it can be answered. Again with the same: the same answer.

    Raises NotYourRole, NoSuchMember (in place of whom), StaleRoster (sealed to who is no owner), AlreadyUsed, Unknown.
    """
    staff.check_may(Deed.CHANGE_MEMBERS)
    find_hash = hashlib.sha256(exactly(asked.find, ID_BYTES, "find")).digest()
    if asked.role not in set(Role) or sorted(set(asked.units)) != asked.units:
        raise Unknown("role or units")
    expires_on = instance.clock().astimezone(UTC).date() + timedelta(days=INVITATION_DAYS)
    new = members.NewInvitation(
        staff.practice,
        asked.invitation,
        asked.member,
        staff.member,
        find_hash,
        asked.role,
        asked.units,
        asked.in_place_of,
        asked.name,
        asked.until,
        expires_on,
        [each.kid for each in asked.owners],
        [exactly(each.sealed, SEALED_SECRET_BYTES, "sealed invitation") for each in asked.owners],
    )
    async with transaction(instance.pool) as tx:
        await members.lock_practice(tx, staff.practice)
        roster = await roster_of(instance, staff.practice, connection=tx)
        if asked.in_place_of is not None and asked.in_place_of.bytes not in roster.members:
            raise NoSuchMember
        owners = {member.kem_kid for member in roster.members.values() if member.role is Role.OWNER}
        if len(set(new.owner_kids)) != len(new.owner_kids) or not owners.issuperset(new.owner_kids):
            raise StaleRoster(seq=roster.seq)
        if await members.invite(tx, new):
            if await members.count_invitations(tx, staff.practice) > INVITATIONS_MAX:
                raise Unknown(f"more than {INVITATIONS_MAX} invitations")
            return expires_on
        today = instance.clock().astimezone(UTC).date()
        for row in await members.read_invitations(tx, staff.practice, today, staff.kem_kid):
            if (row["invitation"], row["member"], row["find_hash"]) == (
                new.invitation,
                new.member,
                find_hash,
            ):
                standing: date = row["expires_on"]
                return standing
    raise AlreadyUsed


async def revoke_invitation(instance: Instance, staff: Staff, invitation: UUID) -> None:
    """The link leads nowhere from now on; one that is gone already is gone. Raises NotYourRole."""
    staff.check_may(Deed.CHANGE_MEMBERS)
    await members.revoke_invitation(instance.pool, staff.practice, invitation)
