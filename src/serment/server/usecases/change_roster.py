# SPDX-License-Identifier: AGPL-3.0-or-later
"""An owner's signed events are appended: who joins, changes or leaves, with the keys that follow, in one step or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date
from uuid import UUID

from serment.database.pool import Transaction, transaction
from serment.domain.roles import Deed
from serment.framing import Roster, SignedEvent, Stale
from serment.framing.conventions import BOX_OVERHEAD_BYTES, HPKE_OVERHEAD_BYTES, KEY_BYTES, exactly
from serment.framing.errors import Altered, Unknown
from serment.framing.roster_events import Event, Kind, Role
from serment.framing.roster_seeds import BoxedSeed, SealedSeed, previous_wanted, seats_left, seeds_due
from serment.server.instance import Instance
from serment.server.stores import members, rosters
from serment.server.usecases.errors import NotInvited, NotYourRole, StaleRoster
from serment.server.usecases.membership import Staff
from serment.server.usecases.read_roster import roster_of

UNITS_MAX = 200
SEALED_SEED_BYTES = HPKE_OVERHEAD_BYTES + KEY_BYTES
BOXED_SEED_BYTES = BOX_OVERHEAD_BYTES + KEY_BYTES
# Connectors and the notifier have steps of their own: what they bring besides is not checked here.
_KINDS = frozenset({Kind.MEMBER, Kind.REMOVAL, Kind.EPOCH, Kind.NEW_ROOT})


@dataclass(frozen=True, slots=True)
class RosterBatch:
    """One request: the events, a sealed seed for each seat they open, seeds before new epochs, names of new units."""

    events: Sequence[SignedEvent]
    seeds: Sequence[SealedSeed] = ()
    previous: Sequence[BoxedSeed] = ()
    units: Sequence[tuple[UUID, str]] = ()


@dataclass(frozen=True, slots=True)
class RosterStands:
    """The roster after it."""

    seq: int
    head: bytes


async def change_roster(instance: Instance, staff: Staff, batch: RosterBatch) -> RosterStands:
    """Appends the events and stores what goes with them. The same bytes again: the same answer.

    Raises NotYourRole, StaleRoster (another head stands: read it, sign anew), NotInvited, Altered, Unknown; nothing was
    kept then. Members who leave are served nothing from the commit on; their open streams end with the next hint.
    """
    staff.check_may(Deed.CHANGE_MEMBERS)
    first = _parse(batch.events)
    async with transaction(instance.pool) as tx:
        await members.lock_practice(tx, staff.practice)
        before = await roster_of(instance, staff.practice, connection=tx)
        if before.seq >= first.seq:
            return await _repeated(tx, staff.practice, before, batch, first.seq)
        _check_signers(before, staff, batch.events)
        try:
            after = before.extend(batch.events)
        except Stale:
            raise StaleRoster(seq=before.seq) from None
        _check_seeds(before, after, staff, batch)
        await _store(instance, tx, staff.practice, before, after, batch)
    instance.rosters.keep(staff.practice, after)
    instance.changes.note(staff.practice)
    return RosterStands(after.seq, after.head)


def _parse(events: Sequence[SignedEvent]) -> Event:
    """The first event. Raises Unknown for a kind that has no place here."""
    parsed = [Event.parse(signed.event) for signed in events]
    if not parsed or any(event.payload.kind not in _KINDS for event in parsed):
        raise Unknown("event kind")
    return parsed[0]


async def _repeated(
    tx: Transaction, practice: UUID, roster: Roster, batch: RosterBatch, first: int
) -> RosterStands:
    stored = await rosters.read_events(tx, practice, first - 1, len(batch.events))
    if stored != list(batch.events):
        raise StaleRoster(seq=roster.seq)
    return RosterStands(first + len(stored) - 1, stored[-1].head)


def _check_signers(before: Roster, staff: Staff, events: Sequence[SignedEvent]) -> None:
    """The owner whose session it is signs, or the paper root, and nobody in their place."""
    me = before.members.get(staff.member.bytes)
    if me is None or me.role is not Role.OWNER:
        raise NotYourRole
    if any(Event.parse(each.event).signer_pk not in (me.sign_pk, before.root_pk) for each in events):
        raise Altered("signer")


def _check_seeds(before: Roster, after: Roster, staff: Staff, batch: RosterBatch) -> None:
    """Each seat once, nobody else's; the seed before a new epoch from whoever was given it."""
    for seed in batch.seeds:
        exactly(seed.sealed, SEALED_SEED_BYTES, "epoch seed")
    for boxed in batch.previous:
        exactly(boxed.sealed, BOXED_SEED_BYTES, "previous seed")
    given = [(seed.unit, seed.epoch, seed.kid) for seed in batch.seeds]
    due = seeds_due(before, after)
    if len(given) != len(due) or set(given) != due:
        raise Altered("a sealed seed is missing, or is nobody's")
    wanted = previous_wanted(before, after)
    brought = [(boxed.unit, boxed.epoch) for boxed in batch.previous]
    if len(set(brought)) != len(brought) or not wanted.issuperset(brought):
        raise Altered("a seed before no new epoch")
    owed = {(unit, e) for unit, e in wanted if staff.kem_kid in before.epoch(unit).members}
    if not owed.issubset(brought):
        raise Altered("the seed before a new epoch is missing: nothing sealed earlier could be read")


async def _store(
    instance: Instance,
    tx: Transaction,
    practice: UUID,
    before: Roster,
    after: Roster,
    batch: RosterBatch,
) -> None:
    today = instance.clock().astimezone(UTC).date()
    await _name_units(tx, practice, after, batch.units)
    for seq, event in enumerate(batch.events, start=before.seq + 1):
        await rosters.append(tx, practice, seq, event)
    gone = before.members.keys() - after.members.keys()
    await members.drop_members(tx, practice, [UUID(bytes=member) for member in gone])
    left = [(UUID(bytes=unit), kid) for unit, kid in seats_left(before, after)]
    await members.drop_seeds(tx, practice, left)
    for member in after.members.keys() - before.members.keys():
        await _let_in(tx, practice, after, member, today)
    await members.add_seeds(tx, practice, batch.seeds)
    await members.add_previous(tx, practice, batch.previous)
    turned = [UUID(bytes=unit) for unit, epoch in after.units.items() if before.units.get(unit) != epoch]
    await members.note_epochs(tx, practice, turned, today.replace(day=1))


async def _name_units(
    tx: Transaction, practice: UUID, after: Roster, named: Sequence[tuple[UUID, str]]
) -> None:
    """New units get their names; every unit of the roster has one then."""
    if await members.count_units(tx, practice) + len(named) > UNITS_MAX:
        raise Unknown(f"more than {UNITS_MAX} units")
    for unit, name in named:
        await members.add_unit(tx, practice, unit, name)
    of_members = {unit for member in after.members.values() for unit in member.units}
    for known in of_members | after.units.keys():
        if not await members.has_unit(tx, practice, UUID(bytes=known)):
            raise Altered("a unit without a name")


async def _let_in(tx: Transaction, practice: UUID, after: Roster, member: bytes, today: date) -> None:
    joining = after.members[member]
    row = await members.take_invitation(
        tx, practice, UUID(bytes=member), joining.kem_pk, joining.sign_pk, today
    )
    if row is None or await members.member_of_account(tx, practice, row["account"]) is not None:
        raise NotInvited
    await members.add_member(tx, practice, UUID(bytes=member), row["account"], row["name"], row["until"])
