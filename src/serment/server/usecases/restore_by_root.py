# SPDX-License-Identifier: AGPL-3.0-or-later
"""Owners are lost: whoever holds the paper root becomes an owner, in one step with the lost ones' removal and new keys."""

from __future__ import annotations

from uuid import UUID

from serment.database.pool import transaction
from serment.framing import Member, Roster, Stale
from serment.framing.errors import Altered
from serment.framing.roster_events import Event, Role
from serment.server.instance import Instance
from serment.server.stores import members
from serment.server.usecases.account_key import check_account_key
from serment.server.usecases.answer_invitation import account_of
from serment.server.usecases.append_events import (
    Entrant,
    RosterBatch,
    RosterStands,
    check_seeds,
    parse_batch,
    repeated,
    store_batch,
)
from serment.server.usecases.errors import AlreadyMember, StaleRoster
from serment.server.usecases.read_roster import roster_of


async def restore_by_root(
    instance: Instance, session_token: bytes | None, practice: UUID, name: str, batch: RosterBatch
) -> RosterStands:
    """The caller's account is the new owner. Root signs 2 and 3, the new owner the epochs. Again: the same answer.

    Raises SignedOut, NoSuchPractice, AlreadyMember, NotTheAccountsKeys, StaleRoster, Altered, Unknown; nothing was kept
    then. What nobody else holds the keys of stays sealed for ever: no seed before the new ones comes with it.
    """
    account = await account_of(instance, session_token)
    events = parse_batch(batch.events)
    newcomer = _newcomer(events)
    async with transaction(instance.pool) as tx:
        await members.lock_practice(tx, practice)
        before = await roster_of(instance, practice, connection=tx)
        if before.seq >= events[0].seq:
            return await repeated(tx, practice, before, batch, events[0].seq)
        _check_signers(before, newcomer, events)
        try:
            after = before.extend(batch.events)
        except Stale:
            raise StaleRoster(seq=before.seq) from None
        check_seeds(before, after, batch, author_kid=None)
        if after.members.keys() - before.members.keys() != {newcomer.id}:
            raise Altered("one new owner, and nobody besides")

        async def themselves(_: Member) -> Entrant:
            if await members.member_of_account(tx, practice, account) is not None:
                raise AlreadyMember
            await check_account_key(tx, account, newcomer.sign_pk)
            return Entrant(account, name)

        await store_batch(
            instance, tx, practice, before, after, batch, themselves, author_kid=newcomer.kem_kid
        )
    instance.rosters.keep(practice, after)
    instance.changes.note(practice)
    return RosterStands(after.seq, after.head)


def _newcomer(events: list[Event]) -> Member:
    first = events[0].payload
    if not isinstance(first, Member) or first.role is not Role.OWNER:
        raise Altered("the first event names the new owner")
    return first


def _check_signers(before: Roster, newcomer: Member, events: list[Event]) -> None:
    """The root first of all; then the root, and the owner it has just named."""
    if events[0].signer_pk != before.root_pk or newcomer.id in before.members:
        raise Altered("signer")
    if any(event.signer_pk not in (before.root_pk, newcomer.sign_pk) for event in events):
        raise Altered("signer")
