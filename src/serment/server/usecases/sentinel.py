# SPDX-License-Identifier: AGPL-3.0-or-later
"""One credential that takes more than the work at hand calls for is stopped, and no agenda with it.

Counts and stops are rows: every server process sees them in the statement that judges the next request. Where they cannot
be written, nothing sealed is read; whoever looks for free times or books never comes here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from serment.database.pool import Transaction, transaction
from serment.domain import instants
from serment.domain.sentinel import (
    CONTACTS_A_PROOF,
    FOREIGN_MAX,
    REASONS_A_PROOF,
    REFUSALS_MAX,
    SLOT_MINUTES_MIN,
    Kind,
    Why,
    busiest_day,
    to_hand_out,
    too_many_names,
    too_much,
)
from serment.server.instance import Instance
from serment.server.stores import accounts, practices, sentinel
from serment.server.usecases.errors import Frozen, NoSuchPractice, ProvePresence, SignedOut
from serment.server.usecases.membership import Staff
from serment.server.usecases.read_rules import rules_of


class TooMuch(Exception):
    """What the caller's transaction was about would be too much: it is rolled back, and the credential stopped."""

    def __init__(self, why: Why, asked: int) -> None:
        super().__init__(why)
        self.why, self.asked = why, asked


async def count_reading(
    instance: Instance, tx: Transaction, staff: Staff, kinds: Sequence[Kind], taken: Sequence[UUID],
    *, resealing: bool, long_over: bool,
) -> bool:  # fmt: skip
    """Counts what is about to leave; `long_over`: the visit is. Whether owners have something new to see.

    Raises TooMuch, ProvePresence, Frozen or SignedOut (by another request meanwhile), NoSuchPractice.
    """
    now = instance.clock()
    since = await _lock(tx, staff)
    if Kind.CONTACT in kinds or Kind.REASON in kinds:
        # By session, new to the member or not: what its owner read yesterday is new to who holds the cookie.
        opened = await sentinel.spend(tx, staff.session, kinds, taken)
        if opened is None:
            raise SignedOut
        if opened.contacts > CONTACTS_A_PROOF or opened.reasons > REASONS_A_PROOF:
            raise ProvePresence
    new = await sentinel.take(tx, staff.practice, staff.member, kinds, taken, now, resealing=resealing)
    if not new:
        return False
    tally = await sentinel.tally(tx, staff.practice, staff.member, now, since)
    found = too_much(tally, 0)
    if found is not None:
        found = too_much(tally, await day_slots(instance, tx, staff.practice, list(staff.units)))
    if found is not None:
        raise TooMuch(*found)
    return long_over and await sentinel.look_back(tx, staff.practice, staff.member, now)


async def _lock(tx: Transaction, staff: Staff) -> datetime:
    """Since when counts hold for this member, who is counted in this transaction alone. Raises NoSuchPractice, Frozen."""
    reader = await sentinel.lock_reader(tx, staff.practice, staff.member)
    if reader is None:
        raise NoSuchPractice
    if reader["frozen"]:
        raise Frozen
    since: datetime = reader["since"]
    return since


async def count_handed_out(instance: Instance, tx: Transaction, staff: Staff, cards: Sequence[UUID]) -> int:
    """Of cards under older keys that are about to leave to be sealed anew, how many may, from the first on; counts these.
    Raises NoSuchPractice, Frozen."""
    now, since = instance.clock(), await _lock(tx, staff)
    in_hand = await sentinel.in_hand(tx, staff.practice, staff.member, now, since)
    told = await sentinel.cards_told(tx, staff.practice, staff.member, cards)
    may = to_hand_out(cards, told, in_hand)
    await sentinel.take(tx, staff.practice, staff.member, [Kind.CARD], cards[:may], now, resealing=True)
    return may


async def count_names(instance: Instance, tx: Transaction, staff: Staff, names: int) -> None:
    """Counts names of far days that are about to leave. Raises ProvePresence, SignedOut."""
    told = await sentinel.tell_names(tx, staff.session, names, proved=staff.proved)
    if told is None:
        raise SignedOut
    if too_many_names(told, 0, proved=staff.proved) and too_many_names(
        told, await day_slots(instance, tx, staff.practice, list(staff.units)), proved=staff.proved
    ):
        raise ProvePresence


async def day_slots(instance: Instance, tx: Transaction, practice: UUID, units: Sequence[UUID]) -> int:
    """Of the busiest of the coming days, in all agendas of the caller's units."""
    rows = await practices.read_agendas_of_units(tx, practice, units)
    rules = [
        await rules_of(instance, row["agenda"], at_least=row["rules_version"], connection=tx) for row in rows
    ]
    if not rules:
        return 0
    shortest = [
        (each.agenda, min((one.minutes for one in each.visit_types.values()), default=SLOT_MINUTES_MIN))
        for each in rules
    ]
    return busiest_day(shortest, instants.local_day(instance.clock(), rules[0].agenda.zone).toordinal())


async def refuse(instance: Instance, staff: Staff) -> None:
    """A session asked for more than one may without showing to be there. Whoever goes on asking is stopped."""
    refused = await sentinel.refuse(instance.pool, staff.session)
    if refused >= REFUSALS_MAX:
        await stop(instance, staff.practice, staff.member, Why.UNPROVED, refused)


async def stop(instance: Instance, practice: UUID, member: UUID, why: Why, asked: int) -> None:
    """Stops a credential; its sessions end, its open streams with the next hint."""
    await sentinel.freeze(instance.pool, practice, member, why, asked, instance.clock())
    instance.changes.note(practice)


async def note_foreign(
    instance: Instance, credentials: Sequence[tuple[UUID, UUID]], asked: Sequence[UUID]
) -> None:
    """Somebody asked for what is not theirs, and was answered as for what does not exist. The fifth such id stops them.

    `credentials`: (practice, member) of whoever asked.
    """
    now = instance.clock()
    for practice, member in credentials:
        async with transaction(instance.pool) as tx:
            reader = await sentinel.lock_reader(tx, practice, member)
            if reader is None or reader["frozen"]:
                continue
            count = await sentinel.ask_foreign(tx, practice, member, asked, now, reader["since"])
        if count >= FOREIGN_MAX:
            await stop(instance, practice, member, Why.FOREIGN, count)


async def note_stranger(instance: Instance, account: UUID, asked: Sequence[UUID]) -> None:
    """The same, in a practice that the account has no part in: all that it is elsewhere asked."""
    await note_foreign(instance, await accounts.read_memberships(instance.pool, account), asked)
