# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who a session is in one practice, judged at each request by the roster at its present head."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

from serment.domain.roles import Deed, may
from serment.framing import Member, Role, Roster
from serment.server.instance import Instance
from serment.server.stores import accounts, members
from serment.server.usecases.errors import (
    Frozen,
    NoSuchAgenda,
    NoSuchPractice,
    NotYourRole,
    ProvePresence,
    SignedOut,
)
from serment.server.usecases.read_roster import roster_of


@dataclass(frozen=True, slots=True)
class Staff:
    """A member with a live session. Nothing outside `units` exists for them."""

    practice: UUID
    account: UUID
    member: UUID
    units: frozenset[UUID]
    role: Role
    kem_kid: bytes
    sign_kid: bytes
    roster: Roster
    session: bytes = b""  # the hash of its token
    proved: bool = False  # signed in within the last minutes

    def may(self, deed: Deed) -> bool:
        """What their role may do."""
        return may(self.role.name.lower(), deed)

    def check_may(self, deed: Deed) -> None:
        """Raises NotYourRole."""
        if not self.may(deed):
            raise NotYourRole

    def check_proved(self) -> None:
        """Raises ProvePresence: whoever holds a session alone, stolen or left open, does not come further."""
        if not self.proved:
            raise ProvePresence

    def knows(self, unit: UUID) -> bool:
        """Whether they are told a unit's name and agendas: their own units'; an owner, all."""
        return unit in self.units or self.may(Deed.CHANGE_MEMBERS)

    def colleagues(self) -> frozenset[UUID]:
        """Whose names they are told: their own and who shares a unit with them; an owner, everybody's."""
        mine, everybody = {unit.bytes for unit in self.units}, self.may(Deed.CHANGE_MEMBERS)
        return frozenset(
            UUID(bytes=member)
            for member, one in self.roster.members.items()
            if everybody or member == self.member.bytes or not mine.isdisjoint(one.units)
        )

    def check_unit(self, unit: UUID) -> None:
        """Raises NoSuchAgenda: another unit's agenda answers as one that does not exist."""
        if unit not in self.units:
            raise NoSuchAgenda


async def member_of(instance: Instance, session_token: bytes | None, practice: UUID) -> Staff:
    """Raises SignedOut without a live session, NoSuchPractice for who is no member, or is one no more; Frozen."""
    if session_token is None:
        raise SignedOut
    token_hash = hashlib.sha256(session_token).digest()
    now = instance.clock()
    row = await accounts.read_membership(instance.pool, token_hash, practice, now)
    if row is None:
        account = await accounts.read_session(instance.pool, token_hash, now)
        if account is None:
            raise SignedOut
        known = await members.member_of_account(instance.pool, practice, account)
        raise NoSuchPractice(account if known is None else None)
    if row["head"] is None:
        raise NoSuchPractice
    if row["frozen"]:
        raise Frozen
    roster = await roster_of(instance, practice, head=row["head"])
    member: Member | None = roster.members.get(row["member"].bytes)
    if member is None:
        raise NoSuchPractice
    units = frozenset(UUID(bytes=unit) for unit in member.units)
    proved = row["proved_until"] is not None and row["proved_until"] > now
    return Staff(
        practice,
        row["account"],
        row["member"],
        units,
        member.role,
        member.kem_kid,
        member.sign_kid,
        roster,
        token_hash,
        proved,
    )
