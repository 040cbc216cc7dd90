# SPDX-License-Identifier: AGPL-3.0-or-later
"""What roster events mean for linked programs: a grant stands for keys that were paired, a revocation ends all at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from serment.database.pool import Transaction
from serment.framing import Altered, Event, Roster
from serment.framing.roster_events import Grant
from serment.server.instance import Instance
from serment.server.stores import connectors

FIRST_DAYS = 7


async def follow_grants(
    instance: Instance,
    tx: Transaction,
    practice: UUID,
    before: Roster,
    after: Roster,
    events: Sequence[Event],
) -> None:
    """In the transaction that appends the events. Raises Altered: keys that were not paired here, a connector that was
    stopped, or one whose agendas are not all of units granted to it."""
    now = instance.clock()
    named = {event.payload.connector for event in events if isinstance(event.payload, Grant)}
    for connector in named:
        granted = {unit: grant for (key, unit), grant in after.grants.items() if key == connector}
        row = await connectors.lock(tx, practice, UUID(bytes=connector))
        if row is None or row["state"] not in ("pending", "granted"):
            raise Altered("a connector that was not paired")
        if any(
            (grant.kem_pk, grant.sign_pk) != (row["kem_pk"], row["sign_pk"]) for grant in granted.values()
        ):
            raise Altered("other keys than were paired")
        if granted and (not row["units"] or not {unit.bytes for unit in row["units"]} <= granted.keys()):
            raise Altered("a connector without agendas in what is granted")
        await connectors.grant(tx, practice, UUID(bytes=connector), now + timedelta(days=FIRST_DAYS))
    for connector in ({key for key, _ in before.grants} | named) - {key for key, _ in after.grants}:
        await connectors.revoke(tx, practice, UUID(bytes=connector), now)
