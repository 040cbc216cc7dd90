# SPDX-License-Identifier: AGPL-3.0-or-later
"""A hold is kept for longer, twice at the most (WCAG 2.2.1), or let go."""

from __future__ import annotations

from uuid import UUID

from serment.database.pool import transaction
from serment.domain.errors import HoldExpired
from serment.domain.hold import HOLD_EXTENSIONS_MAX, extension
from serment.domain.visit_type import Who
from serment.server.instance import Instance
from serment.server.stores import spans
from serment.server.usecases.hold_slot import Held, token_hash
from serment.server.usecases.situation import Asked, alternatives


async def extend_hold(
    instance: Instance, practice: UUID, record: UUID, token: bytes, nth: int | None = None
) -> Held:
    """The hold, kept for ten minutes more. `nth` (1, 2) makes a repeated request harmless; None means the next.

    Raises HoldExpired (with what is free if the hold is still there to tell), NoMoreExtensions.
    """
    now = instance.clock()
    async with transaction(instance.pool) as tx:
        row = await spans.lock_hold(tx, practice, record, token_hash(token))
        if row is None:
            raise HoldExpired
        asked = nth if nth is not None else row["extensions"] + 1
        try:
            until, extensions = extension(row["hold_until"], row["extensions"], asked, now=now)
        except HoldExpired:
            question = Asked(row["agenda"], row["visit_type"], Who.ANYONE, record)
            raise HoldExpired(await alternatives(instance, question, row["start"], connection=tx)) from None
        await spans.extend_hold(tx, practice, row["span"], until, extensions)
    return Held(record, row["start"], row["minutes"], until, HOLD_EXTENSIONS_MAX - extensions)


async def release_hold(instance: Instance, practice: UUID, record: UUID, token: bytes) -> None:
    """Lets the slot go. A hold that is gone already, or another's, leaves everything as it is."""
    await spans.release_hold(instance.pool, practice, record, token_hash(token))
