# SPDX-License-Identifier: AGPL-3.0-or-later
"""What has run out within minutes or hours goes: holds and phone checks, sessions past their end, passwords tried in vain; and
what is left of people who are in no practice. What patients confided goes by `retain`."""

from __future__ import annotations

from datetime import UTC, timedelta

from serment.database.pool import transaction
from serment.domain.retention import kept
from serment.server.instance import Instance
from serment.server.stores import (
    accounts,
    busy,
    checks,
    connectors,
    members,
    retention,
    sentinel,
    spans,
    unlocks,
)
from serment.server.usecases.who_may_book import first_live_month

HOLDS_PER_SWEEP_MAX = 1_000
FAILURES_KEPT_MAX = 100_000
PENDING_HOURS = 24


async def expire_holds(instance: Instance) -> int:
    """How many holds were deleted. An expired hold blocks nobody meanwhile: whoever wants its time takes it away."""
    return await spans.expire_holds(instance.pool, instance.clock(), HOLDS_PER_SWEEP_MAX)


async def expire_checks(instance: Instance) -> None:
    """Deletes phone checks whose ten minutes are over, answered or not."""
    await checks.expire(instance.pool, instance.clock())


async def forget_spent_checks(instance: Instance) -> None:
    """Forgets which signatures of the notifier were used, once they are over."""
    await checks.forget_spent(instance.pool, first_live_month(instance.clock()))


async def expire_pairings(instance: Instance) -> None:
    """Forgets codes, tokens, proofs and blocks that are over, linked programs nobody granted anything, those long revoked."""
    now = instance.clock()
    await connectors.expire(
        instance.pool,
        now,
        pending_since=now - timedelta(hours=PENDING_HOURS),
        revoked_since=kept("linked").before(now),
    )
    await busy.expire(instance.pool, now)


async def expire_sessions(instance: Instance) -> None:
    """Deletes sessions and invitations past their end, then accounts begun and left, and those in no practice for two years;
    keeps the table of failures bounded."""
    await accounts.sweep(instance.pool, instance.clock(), FAILURES_KEPT_MAX)
    await members.expire_invitations(instance.pool, instance.clock().astimezone(UTC).date())
    await unlocks.expire_challenges(instance.pool, instance.clock())
    await sentinel.expire(instance.pool, instance.clock())
    now = instance.clock().astimezone(UTC)
    async with transaction(instance.pool) as tx:
        if gone := await unlocks.expire_accounts(tx, kept("account").before(now).date().replace(day=1)):
            await retention.note_erased(tx, now.date(), "account", gone)
        await unlocks.note_lone_accounts(tx, now.date().replace(day=1))
