# SPDX-License-Identifier: AGPL-3.0-or-later
"""All search hints made anew, agenda by agenda, while the practice goes on. What is done is noted batch by batch: broken
off at any moment, it goes on from there, and two who rebuild share the work.
"""

from __future__ import annotations

from collections.abc import Callable

from serment.database.pool import transaction
from serment.server.instance import Instance
from serment.server.stores import next_free
from serment.server.usecases.refresh_next_free import refresh_within

BATCH_AGENDAS = 20


async def rebuild_next_free(
    instance: Instance, progress: Callable[[int, int], None] = lambda done, agendas: None
) -> tuple[int, bool]:
    """(agendas made now, whether an earlier rebuild was gone on with). `progress(done, in all)` after each batch.

    A hint that is already right is left as it is. What the server makes at that moment is left to it.
    """
    resumed = not await next_free.begin_rebuild(instance.pool)
    done, agendas = await next_free.count_rebuilt(instance.pool)
    progress(done, agendas)
    made = 0
    while True:
        async with transaction(instance.pool) as tx:
            batch = await next_free.next_to_rebuild(tx, BATCH_AGENDAS)
            if not batch:
                await next_free.end_rebuild(tx)
                return made, resumed
            done += len(batch)
            for key in batch:
                made += await refresh_within(instance, tx, key, always=True)
            await next_free.rebuilt_to(tx, batch[-1])
        progress(min(done, agendas), agendas)
