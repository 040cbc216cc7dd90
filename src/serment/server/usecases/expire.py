# SPDX-License-Identifier: AGPL-3.0-or-later
"""What has run out goes: holds and phone checks, sessions past their end, passwords tried in vain, months of cards, lines of
the access ledger."""

from __future__ import annotations

from datetime import UTC, timedelta

from serment.database.pool import transaction
from serment.server.instance import Instance
from serment.server.stores import (
    accounts,
    cards,
    checks,
    ledger,
    members,
    search_index,
    sentinel,
    spans,
    unlocks,
)
from serment.server.usecases.keep_cards import month_of
from serment.server.usecases.who_may_book import first_live_month

HOLDS_PER_SWEEP_MAX = 1_000
FAILURES_KEPT_MAX = 100_000
CARDS_PER_SWEEP_MAX = 5_000
LONE_YEARS_MAX = 2
LEDGER_KEPT = timedelta(days=365)
ENTRIES_PER_SWEEP_MAX = 5_000


async def expire_holds(instance: Instance) -> int:
    """How many holds were deleted. An expired hold blocks nobody meanwhile: whoever wants its time takes it away."""
    return await spans.expire_holds(instance.pool, instance.clock(), HOLDS_PER_SWEEP_MAX)


async def expire_checks(instance: Instance) -> None:
    """Deletes phone checks whose ten minutes are over, answered or not."""
    await checks.expire(instance.pool, instance.clock())


async def forget_spent_checks(instance: Instance) -> None:
    """Forgets which signatures of the notifier were used, once they are over."""
    await checks.forget_spent(instance.pool, first_live_month(instance.clock()))


async def expire_sessions(instance: Instance) -> None:
    """Deletes sessions and invitations past their end, then accounts begun and left, and those in no practice for two years;
    keeps the table of failures bounded."""
    await accounts.sweep(instance.pool, instance.clock(), FAILURES_KEPT_MAX)
    await members.expire_invitations(instance.pool, instance.clock().astimezone(UTC).date())
    await unlocks.expire_challenges(instance.pool, instance.clock())
    await sentinel.expire(instance.pool, instance.clock())
    month = instance.clock().astimezone(UTC).date().replace(day=1)
    async with transaction(instance.pool) as tx:
        await unlocks.expire_accounts(tx, month.replace(year=month.year - LONE_YEARS_MAX))
        await unlocks.note_lone_accounts(tx, month)


async def expire_cards(instance: Instance) -> int:
    """Deletes cards, index entries and pages of months that are over, some at a time; how many rows went."""
    month = month_of(instance.clock())
    gone = await cards.expire(instance.pool, month, CARDS_PER_SWEEP_MAX)
    return gone + await search_index.expire(instance.pool, month, CARDS_PER_SWEEP_MAX)


async def expire_entries(instance: Instance) -> int:
    """Erases lines of the access ledger that are a year old, some at a time; how many. The tree keeps their salted hashes."""
    return await ledger.erase(instance.pool, instance.clock() - LEDGER_KEPT, ENTRIES_PER_SWEEP_MAX)
