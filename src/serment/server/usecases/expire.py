# SPDX-License-Identifier: AGPL-3.0-or-later
"""What has run out goes: holds past their limit, sessions past their end, counts of passwords tried in vain."""

from __future__ import annotations

from serment.server.instance import Instance
from serment.server.stores import accounts, spans

HOLDS_PER_SWEEP_MAX = 1_000
FAILURES_KEPT_MAX = 100_000


async def expire_holds(instance: Instance) -> int:
    """How many holds were deleted. An expired hold blocks nobody meanwhile: whoever wants its time takes it away."""
    return await spans.expire_holds(instance.pool, instance.clock(), HOLDS_PER_SWEEP_MAX)


async def expire_sessions(instance: Instance) -> None:
    """Deletes sessions past their end and keeps the table of failures bounded."""
    await accounts.sweep(instance.pool, instance.clock(), FAILURES_KEPT_MAX)
