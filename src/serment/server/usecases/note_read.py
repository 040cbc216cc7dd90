# SPDX-License-Identifier: AGPL-3.0-or-later
"""Before sealed bytes leave, an entry stands, and the sentinel has counted a member's. If either cannot be, nothing leaves."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from uuid import UUID

from serment.database.pool import transaction
from serment.domain.ledger import SALT_BYTES, Entry, Part, Purpose
from serment.domain.sentinel import kinds
from serment.server.instance import Instance
from serment.server.stores import ledger
from serment.server.usecases.errors import Frozen, ProvePresence
from serment.server.usecases.membership import Staff
from serment.server.usecases.sentinel import (
    TooMuch,
    count_handed_out,
    count_names,
    count_reading,
    refuse,
    stop,
)


async def note_read(
    instance: Instance, practice: UUID, purpose: Purpose, parts: Part, records: Iterable[UUID]
) -> None:
    """By whoever holds the patient's link."""
    entry = Entry.of(instance.clock(), practice, None, purpose, parts, records)
    await ledger.note(instance.pool, entry, secrets.token_bytes(SALT_BYTES))


async def note_read_by(
    instance: Instance, staff: Staff, purpose: Purpose, parts: Part, records: Iterable[UUID], *,
    resealing: bool = False, far_names: int = 0, long_over: bool = False,
) -> None:  # fmt: skip
    """By a member. An answer without anything sealed needs no entry. `resealing`: counted until it was sealed anew;
    `far_names`: how many of these are names of far days; `long_over`: the visit is.

    Raises Frozen once it is too much: nothing leaves then, and the member is served nothing more; ProvePresence for the
    thirty-first contact of a session, and for more names of far days than a session is told.
    """
    wanted = list(records)
    if not (wanted and parts):
        return
    entry = Entry.of(instance.clock(), staff.practice, staff.member, purpose, parts, wanted)
    salt, counted = secrets.token_bytes(SALT_BYTES), kinds(purpose, parts)
    looked_back = False
    try:
        async with transaction(instance.pool) as tx:
            if counted:
                looked_back = await count_reading(
                    instance, tx, staff, counted, entry.records, resealing=resealing, long_over=long_over
                )
            if far_names:
                await count_names(instance, tx, staff, far_names)
            await ledger.note(tx, entry, salt)
    except ProvePresence:
        await refuse(instance, staff)
        raise
    except TooMuch as found:
        await stop(instance, staff.practice, staff.member, found.why, found.asked)
        raise Frozen from None
    if looked_back:
        instance.changes.note(staff.practice)


async def note_told(
    instance: Instance, practice: UUID, connector: UUID, parts: Part, records: Sequence[UUID]
) -> None:
    """By a linked program, which tell_agent has counted."""
    if records:
        entry = Entry.of(instance.clock(), practice, connector, Purpose.FEED, parts, records)
        await ledger.note(instance.pool, entry, secrets.token_bytes(SALT_BYTES))


async def note_handed_out(instance: Instance, staff: Staff, cards: Sequence[UUID]) -> int:
    """Cards under older keys, which a desk seals anew by itself: how many of them, from the first on, leave. Raises Frozen."""
    async with transaction(instance.pool) as tx:
        may = await count_handed_out(instance, tx, staff, cards)
        if may:
            entry = Entry.of(
                instance.clock(), staff.practice, staff.member, Purpose.CARDS, Part.CARD, cards[:may]
            )
            await ledger.note(tx, entry, secrets.token_bytes(SALT_BYTES))
    return may
