# SPDX-License-Identifier: AGPL-3.0-or-later
"""An owner's signed events are appended: who joins, changes or leaves, with the keys that follow, in one step or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date
from uuid import UUID

from serment.database.pool import Transaction, transaction
from serment.domain.roles import Deed
from serment.framing import Member, Roster, Stale
from serment.framing.errors import Altered
from serment.framing.roster_events import Event, Kind, Notifier, Role
from serment.server.instance import Instance
from serment.server.stores import members, messages
from serment.server.usecases.append_events import (
    Entrant,
    RosterBatch,
    RosterStands,
    check_seeds,
    parse_batch,
    repeated,
    store_batch,
)
from serment.server.usecases.errors import NoNotifier, NotInvited, NotYourRole, StaleRoster
from serment.server.usecases.grants import follow_grants
from serment.server.usecases.membership import Staff
from serment.server.usecases.owners_served import check_an_owner_is_served, owners_of
from serment.server.usecases.read_roster import roster_of

_OWNERS_ALONE = frozenset({Kind.NOTIFIER, Kind.GRANT, Kind.REVOCATION})


async def change_roster(instance: Instance, staff: Staff, batch: RosterBatch) -> RosterStands:
    """Appends the events and stores what goes with them. The same bytes again: the same answer.

    Raises NotYourRole, StaleRoster (another head stands: read it, sign anew), NotInvited, LastOwner (an owner
    goes, and none is left who is served and has no last day), NoNotifier, Altered, Unknown; nothing was kept then.
    Members and linked programs who leave are served nothing from the commit on; their open streams end with the next hint.
    """
    staff.check_may(Deed.CHANGE_MEMBERS)
    events = parse_batch(batch.events, also=_OWNERS_ALONE)
    today = instance.clock().astimezone(UTC).date()
    async with transaction(instance.pool) as tx:
        await members.lock_practice(tx, staff.practice)
        before = await roster_of(instance, staff.practice, connection=tx)
        if before.seq >= events[0].seq:
            return await repeated(tx, staff.practice, before, batch, events[0].seq)
        _check_signers(before, staff, events)
        await _check_notifier(tx, events, today)
        try:
            after = before.extend(batch.events)
        except Stale:
            raise StaleRoster(seq=before.seq) from None
        check_seeds(before, after, batch, author_kid=staff.kem_kid)

        async def invited(member: Member) -> Entrant:
            row = await members.take_invitation(
                tx, staff.practice, UUID(bytes=member.id), member.kem_pk, member.sign_pk, today
            )
            if row is None or await members.member_of_account(tx, staff.practice, row["account"]) is not None:
                raise NotInvited
            return Entrant(row["account"], row["name"], row["until"])

        await store_batch(
            instance, tx, staff.practice, before, after, batch, invited, author_kid=staff.kem_kid
        )
        await follow_grants(instance, tx, staff.practice, before, after, events)
        if owners_of(before) - owners_of(after):
            await check_an_owner_is_served(instance, tx, staff.practice, after)
    instance.rosters.keep(staff.practice, after)
    instance.changes.note(staff.practice)
    return RosterStands(after.seq, after.head)


def _check_signers(before: Roster, staff: Staff, events: Sequence[Event]) -> None:
    """The owner whose session it is signs, or the paper root, and nobody in their place."""
    me = before.members.get(staff.member.bytes)
    if me is None or me.role is not Role.OWNER:
        raise NotYourRole
    if any(event.signer_pk not in (me.sign_pk, before.root_pk) for event in events):
        raise Altered("signer")


async def _check_notifier(tx: Transaction, events: Sequence[Event], today: date) -> None:
    """Whom a practice names is who sends here: what is sealed to another is never opened. Raises NoNotifier, Altered."""
    named = [event.payload for event in events if isinstance(event.payload, Notifier)]
    if not named:
        return
    row = await messages.read_notifier(tx, today)
    if row is None:
        raise NoNotifier
    if any(each.sign_pk != row["root"] for each in named):
        raise Altered("another notifier than the one that serves here")
