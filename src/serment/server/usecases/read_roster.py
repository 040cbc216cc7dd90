# SPDX-License-Identifier: AGPL-3.0-or-later
"""A practice's roster: its events for whoever verifies them, and the state they add up to for the server itself."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from serment.database.pool import transaction
from serment.database.queries import Connection
from serment.framing import Roster, SignedEvent
from serment.framing.errors import FramingError
from serment.framing.roster_events import EVENTS_MAX
from serment.server.instance import Instance
from serment.server.stores import rosters
from serment.server.usecases.errors import NoSuchPractice

EVENTS_PER_ANSWER_MAX = 500


async def read_roster(instance: Instance, practice: UUID, after: int) -> list[SignedEvent]:
    """The events after a seq, EVENTS_PER_ANSWER_MAX at most: whoever gets so many asks again. Raises NoSuchPractice."""
    events = await rosters.read_events(instance.pool, practice, after, EVENTS_PER_ANSWER_MAX)
    if not events and await rosters.read_head(instance.pool, practice) is None:
        raise NoSuchPractice
    return events


async def roster_of(
    instance: Instance, practice: UUID, *, head: bytes | None = None, connection: Connection | None = None
) -> Roster:
    """The verified state at the present head. Raises NoSuchPractice.

    With `head` the state in memory at that head is good enough: for callers whose own statement compares the head with
    the present one. Without, the present head is read first.
    """
    kept = instance.rosters.get(practice)
    if kept is not None and head is not None and kept.head == head:
        return kept
    here = connection or instance.pool
    present = await rosters.read_head(here, practice)
    if present is None:
        raise NoSuchPractice
    if kept is not None and kept.head == present[1]:
        return kept
    roster = await _verified(here, practice, kept)
    instance.rosters.keep(practice, roster)
    return roster


async def _verified(connection: Connection, practice: UUID, kept: Roster | None) -> Roster:
    if kept is not None:
        try:
            return kept.extend(await rosters.read_events(connection, practice, kept.seq, EVENTS_MAX))
        except FramingError:
            # A restored database may hold another chain than memory does: then only the whole chain counts.
            pass
    return Roster.verify(await rosters.read_events(connection, practice, 0, EVENTS_MAX))


async def append_roster(instance: Instance, practice: UUID, events: Sequence[SignedEvent]) -> Roster:
    """Appends events that stand together, the genesis first; then the practice takes bookings. For set-up programs.

    Raises Altered, Unknown, Stale; nothing is stored then.
    """
    async with transaction(instance.pool) as tx:
        present = await rosters.read_head(tx, practice)
        if present is None:
            roster = Roster.verify(events)
            await rosters.name_fingerprint(tx, practice, roster.fingerprint)
        else:
            roster = (await roster_of(instance, practice, connection=tx)).extend(events)
        first = roster.seq - len(events) + 1
        for seq, event in enumerate(events, start=first):
            await rosters.append(tx, practice, seq, event)
    return roster
