# SPDX-License-Identifier: AGPL-3.0-or-later
"""kill -9 of the notifier while it works off a queue: every message arrives, and twice only what was in its hands.

`python -m bench h` does the same with 10,000 messages and a hundred kills.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from killed_notifier import FAMILY, breath, queue
from serment.notifier.sending import AT_ONCE

MESSAGES = 100
KILLS = 3
HANDED_OVER_MAX = 20  # between two kills, of 8 at once and 64 in a batch

pytestmark = pytest.mark.slow


async def test_a_notifier_that_is_killed_loses_nothing_and_doubles_only_what_was_in_hand(
    tmp_path: Path,
) -> None:
    chance = random.Random()
    async with queue(tmp_path, MESSAGES) as work:
        for _ in range(KILLS):
            await work.kill_after(chance.randint(1, HANDED_OVER_MAX), breath(chance))
            # Two minutes go by before somebody starts it again.
            await work.pool.execute(
                "UPDATE hot_messages SET lease_until = now() WHERE lease_until IS NOT NULL"
            )
        await work.work_off()
        assert work.lost == set()
        assert work.beyond_leases == []
        assert max(work.unsettled) <= AT_ONCE * FAMILY
        sent = await work.pool.fetchval("SELECT count(*) FROM settled_messages WHERE result = 'sent'")
        assert sent == len(work.wanted) > MESSAGES
