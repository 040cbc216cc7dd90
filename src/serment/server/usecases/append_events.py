# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every change of a roster shares: events that stand together, a seed for each seat, members and units that follow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from uuid import UUID

from serment.database.pool import Transaction
from serment.framing import Member, Roster, SignedEvent
from serment.framing.conventions import BOX_OVERHEAD_BYTES, HPKE_OVERHEAD_BYTES, KEY_BYTES, exactly
from serment.framing.errors import Altered, Unknown
from serment.framing.roster_events import Event, Kind
from serment.framing.roster_seeds import BoxedSeed, SealedSeed, previous_wanted, seats_left, seeds_due
from serment.server.instance import Instance
from serment.server.stores import members, rosters
from serment.server.usecases.errors import StaleRoster

UNITS_MAX = 200
SEALED_SEED_BYTES = HPKE_OVERHEAD_BYTES + KEY_BYTES
BOXED_SEED_BYTES = BOX_OVERHEAD_BYTES + KEY_BYTES
# Of those an owner alone signs with a session at hand, `change_roster` knows more.
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


@dataclass(frozen=True, slots=True)
class Entrant:
    """Whose account a new member is, and how the team calls them."""

    account: UUID
    name: str
    until: date | None = None


LetIn = Callable[[Member], Awaitable[Entrant]]
"""Answers who a new member is, or raises NotInvited."""


def parse_batch(events: Sequence[SignedEvent], *, also: frozenset[Kind] = frozenset()) -> list[Event]:
    """The events. Raises Unknown for none, or for a kind that has no place here."""
    parsed = [Event.parse(signed.event) for signed in events]
    if not parsed or any(event.payload.kind not in _KINDS | also for event in parsed):
        raise Unknown("event kind")
    return parsed


async def repeated(
    tx: Transaction, practice: UUID, roster: Roster, batch: RosterBatch, first: int
) -> RosterStands:
    """The answer to a batch that stands already. Raises StaleRoster for another one."""
    stored = await rosters.read_events(tx, practice, first - 1, len(batch.events))
    if stored != list(batch.events):
        raise StaleRoster(seq=roster.seq)
    return RosterStands(first + len(stored) - 1, stored[-1].head)


def check_seeds(before: Roster, after: Roster, batch: RosterBatch, *, author_kid: bytes | None) -> None:
    """Each seat once, nobody else's; the seed before a new epoch from an author who was given it. Raises Altered, Unknown."""
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
    # Of a unit that its last member has left nobody was left a seed.
    owed = {
        (unit, e) for unit, e in wanted if unit not in before.due and author_kid in before.units[unit].members
    }
    if not owed.issubset(brought):
        raise Altered("the seed before a new epoch is missing: nothing sealed earlier could be read")


async def store_batch(
    instance: Instance,
    tx: Transaction,
    practice: UUID,
    before: Roster,
    after: Roster,
    batch: RosterBatch,
    let_in: LetIn,
    *,
    author_kid: bytes,
) -> None:
    """Appends the events; forgets who left, with their seeds; lets in who came; stores seeds and the month of new keys.

    Agendas of a unit that its last member leaves offer nothing from then on: nobody could read what is booked there.
    """
    await _name_units(tx, practice, after, batch.units)
    for seq, event in enumerate(batch.events, start=before.seq + 1):
        await rosters.append(tx, practice, seq, event)
    today = instance.clock().astimezone(UTC).date()
    gone = before.members.keys() - after.members.keys()
    await members.drop_members(tx, practice, [UUID(bytes=member) for member in gone])
    left = [(UUID(bytes=unit), kid) for unit, kid in seats_left(before, after)]
    await members.drop_seeds(tx, practice, left)
    for member in after.members.keys() - before.members.keys():
        who = await let_in(after.members[member])
        await members.add_member(tx, practice, UUID(bytes=member), who.account, who.name, who.until, today)
    await members.add_seeds(tx, practice, batch.seeds)
    await members.add_previous(tx, practice, author_kid, batch.previous)
    await members.close_agendas(tx, practice, [UUID(bytes=unit) for unit in after.due - before.due])
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
