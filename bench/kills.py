# SPDX-License-Identifier: AGPL-3.0-or-later
"""(h) `serment notify` killed a hundred times (SERMENT_BENCH_KILLS) while it works off 10,000 messages: lost, doubled, in hand.

A real process, a real database, a gateway over HTTP and a relay over SMTP that count. A third of the kills come while a message
is being handed over, the others within 50 ms after. Leases end by the clock. A shorter one is in tests/crash.
"""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
import time
from pathlib import Path

from bench import report
from killed_notifier import FAMILY, breath, queue
from serment.notifier.outbox import LEASE_SECONDS
from serment.notifier.sending import AT_ONCE

MESSAGES = 10_000
KILLS = int(os.environ.get("SERMENT_BENCH_KILLS", "100"))
HANDED_OVER_MAX = 40  # SMS and e-mails between two kills


class MessageLost(Exception):
    """A message was never handed over, or more often than leases explain. These figures may never be off."""


async def measure() -> None:
    """Prints the counts. Ends with an error if one message was lost, or doubled that no kill caught under lease."""
    report.heading("h", f"the notifier killed {KILLS} times over {MESSAGES:,} messages")
    chance, begun = random.Random(), time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        async with queue(Path(name), MESSAGES) as work:
            for _ in range(KILLS):
                await work.kill_after(chance.randint(1, HANDED_OVER_MAX), breath(chance))
            handed_over = work.providers.count
            await asyncio.sleep(LEASE_SECONDS)  # a notifier that starts now finds every lease over
            await work.work_off()
            report.figure("messages by SMS and e-mail", f"{len(work.wanted):,}")
            report.figure("SMS and e-mails until the last kill", f"{handed_over:,}")
            report.figure("lost", str(len(work.lost)), aim=0, got=len(work.lost))
            times = sum(len(keys) - 1 for keys in work.doubles.values())
            report.figure("handed over once more than needed", f"{times} ({times / KILLS:.1f} a kill)")
            known = sum(len(keys) - len(set(keys)) for keys in work.doubles.values())
            report.figure("    of them under the same key, which a provider may know", str(known))
            most = max(work.unsettled)
            report.figure(
                "handed over and not written down at a kill, at most",
                str(most), aim=AT_ONCE * FAMILY, got=most,
            )  # fmt: skip
            leased = sum(map(len, work.under_lease)) / KILLS
            report.figure("under lease at a kill, mean", f"{leased:.0f}")
            report.figure("in all", f"{time.perf_counter() - begun:.0f} s")
            if work.lost or work.beyond_leases:
                raise MessageLost
