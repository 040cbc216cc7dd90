# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every few seconds new entries get their numbers, their leaves are published, and a checkpoint is signed over them."""

from __future__ import annotations

import asyncio

from serment.server.instance import Instance
from serment.server.ledger_folder import LedgerBroken
from serment.server.stores import ledger

ENTRIES_PER_ROUND_MAX = 5_000


async def publish_checkpoint(instance: Instance) -> int:
    """How many leaves are published now; 0 where this process keeps no ledger's folder or another one publishes.

    Numbers are kept before a tile is written: after a crash in between, the next round writes the same leaves. Raises
    LedgerBroken.
    """
    folder = instance.ledger
    if folder is None:
        return 0
    async with ledger.numbering(instance.pool) as connection:
        if connection is None:
            return 0
        size = await asyncio.to_thread(folder.size)
        await ledger.number(connection, size, ENTRIES_PER_ROUND_MAX)
        entries = await ledger.read_numbered(connection, size, ENTRIES_PER_ROUND_MAX)
        if [leaf for leaf, _, _ in entries] != list(range(size, size + len(entries))):
            raise LedgerBroken
        if not entries:
            return size
        leaves = [entry.commitment(salt) for _, salt, entry in entries]
        return await asyncio.to_thread(folder.append, size, leaves)
