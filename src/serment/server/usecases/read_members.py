# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who belongs to a practice, who was invited, and how old its keys are. Roles and units stand in the roster alone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import msgspec

from serment.domain.roles import Deed
from serment.server.instance import Instance
from serment.server.stores import members, sentinel
from serment.server.usecases.membership import Staff

EPOCH_MONTHS_MAX = 12
STOPS_TOLD_DAYS = 7


class Stopped(msgspec.Struct):
    """Whom the sentinel stopped and why: `foreign` ids asked for, contacts and reasons `opened`, `cards`, or contacts
    asked for again and again by a session `unproved`; `asked`: how many
    in the spell that was judged. `ended_at` is null while it holds; ends are told for a week."""

    member: UUID
    at: datetime
    why: str
    asked: int
    ended_at: datetime | None
    ended_by: UUID | None


class LookedBack(msgspec.Struct):
    """Who, a member or gone, opened contacts or reasons of `files` visits that were long over within a week: that of `at`, or a
    later one with more of them until an owner has seen it. Seen ones are told for a week."""

    member: UUID
    at: datetime
    files: int
    seen_at: datetime | None
    seen_by: UUID | None


class MemberTold(msgspec.Struct):
    """`served` is false for who is suspended, stopped or dormant (away for thirty days), and after a last day. Of a colleague,
    who is no owner is told the name alone: the other four are null."""

    member: UUID
    name: str
    suspended: bool | None = None
    until: date | None = None
    dormant: bool | None = None
    served: bool | None = None


class InvitationTold(msgspec.Struct):
    """`kem_pk`, `sign_pk` and `tag` are null until somebody has answered; `sealed` is the link's secret for the owner who
    asks, null to who made the invitation and to who was no owner then."""

    invitation: UUID
    member: UUID
    inviter: UUID
    role: int
    units: list[UUID]
    in_place_of: UUID | None
    name: str
    until: date | None
    expires_on: date
    kem_pk: bytes | None
    sign_pk: bytes | None
    tag: bytes | None
    sealed: bytes | None


class MembersTold(msgspec.Struct):
    """Invitations, stops and looks back are told to owners alone. `old_keys`: units whose keys are more than
    EPOCH_MONTHS_MAX months old."""

    members: list[MemberTold]
    invitations: list[InvitationTold]
    old_keys: list[UUID]
    stopped: list[Stopped]
    looked: list[LookedBack]


async def read_members(instance: Instance, staff: Staff) -> MembersTold:
    """For every member; what only owners act on is left out for the others (docs/reference/roles.md)."""
    staff.check_may(Deed.READ_AGENDA)
    now = instance.clock()
    today = now.astimezone(UTC).date()
    people = [
        MemberTold(**{name: row[name] for name in MemberTold.__struct_fields__})
        for row in await members.read_members(instance.pool, staff.practice, now)
    ]
    if not staff.may(Deed.CHANGE_MEMBERS):
        colleagues = staff.colleagues()
        known = [one for one in people if one.member in colleagues]
        return MembersTold(
            [one if one.member == staff.member else MemberTold(one.member, one.name) for one in known],
            [],
            [],
            [],
            [],
        )
    invitations = [
        InvitationTold(**{name: row[name] for name in InvitationTold.__struct_fields__})
        for row in await members.read_invitations(instance.pool, staff.practice, today, staff.kem_kid)
    ]
    months = await members.read_epoch_months(instance.pool, staff.practice)
    stopped = [
        Stopped(**dict(row))
        for row in await sentinel.read_freezes(instance.pool, staff.practice, now, STOPS_TOLD_DAYS)
    ]
    looked = [
        LookedBack(**dict(row))
        for row in await sentinel.read_look_backs(instance.pool, staff.practice, now, STOPS_TOLD_DAYS)
    ]
    old_keys = [unit for unit, month in months if _is_old(month, today)]
    return MembersTold(people, invitations, old_keys, stopped, looked)


def _is_old(month: date, today: date) -> bool:
    return (today.year - month.year) * 12 + today.month - month.month > EPOCH_MONTHS_MAX
