# SPDX-License-Identifier: AGPL-3.0-or-later
"""Round by round, the ledger's lines in the database are held against what was published of them: whoever changes or deletes
one there changes no tile.

Erasure takes the oldest numbers first, so what is left is one run up to the newest. A beginning that is lacking looks like an
erasure and is not told from one.
"""

from __future__ import annotations

import asyncio

from serment.server.instance import Instance
from serment.server.ledger_folder import Differing, LedgerFolder
from serment.server.stores import ledger

LINES_A_ROUND_MAX = 2_000


class LinesDiffer(Exception):
    """A line of the access ledger in the database is not what was published. It is written down where `serment check` and
    owners read it; nothing was changed."""


async def compare_lines(instance: Instance) -> int:
    """How many lines were compared; 0 where this process keeps no ledger's folder. Raises LinesDiffer for the first that
    differs, once; LedgerBroken."""
    folder = instance.ledger
    if folder is None:
        return 0
    size = await asyncio.to_thread(folder.size)
    begin = folder.compared
    lines = await ledger.read_numbered(instance.pool, begin, LINES_A_ROUND_MAX)
    published = [(leaf, entry.commitment(salt)) for leaf, salt, entry in lines if leaf < size]
    expected = begin
    if published and published[0][0] > begin and not await ledger.has_before(instance.pool, begin):
        expected = published[0][0]
    differing = await asyncio.to_thread(_first_differing, folder, size, expected, published)
    newest = published[-1][0] if published else begin - 1
    through = len(lines) < LINES_A_ROUND_MAX
    if differing is None and through and newest < size - 1:
        differing = Differing.missing(newest + 1)
    if differing is not None:
        folder.compared = 0
        if await asyncio.to_thread(folder.note_differing, instance.clock(), differing):
            raise LinesDiffer(differing.leaf)
    elif through:
        folder.compared = 0
        await asyncio.to_thread(folder.forget_differing)
    else:
        folder.compared = newest + 1
    return len(published)


def _first_differing(
    folder: LedgerFolder, size: int, expected: int, lines: list[tuple[int, bytes]]
) -> Differing | None:
    if not lines:
        return None
    told = folder.entries(lines[0][0], lines[-1][0] + 1, size)
    for leaf, commitment in lines:
        if leaf != expected:
            return Differing.missing(expected)
        if told[leaf - lines[0][0]] != commitment:
            return Differing.changed(leaf)
        expected += 1
    return None
