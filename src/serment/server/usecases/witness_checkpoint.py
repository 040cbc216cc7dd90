# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every minute the newest checkpoint is shown to the witness, and published again with its signature.

Also where the log has not grown: the signature's time says until when somebody else saw it. Whoever dies in between asks
again; the witness keeps what it signed.
"""

from __future__ import annotations

import asyncio

from serment.server.instance import Instance
from serment.server.ledger_folder import LedgerFolder
from serment.server.witness import Cosignature, NotWitnessed, OtherSize, Witness


async def witness_checkpoint(instance: Instance) -> bool:
    """Whether the newest checkpoint is witnessed now; False where there is none yet, or no witness. Raises NotWitnessed, once
    it is written down since when; LedgerBroken."""
    folder, witness = instance.ledger, instance.witness
    if folder is None or witness is None:
        return False
    note = await asyncio.to_thread(folder.checkpoint)
    if note is None:
        return False
    try:
        signed = await asyncio.to_thread(_ask, folder, witness, note)
    except NotWitnessed as found:
        await asyncio.to_thread(folder.note_unwitnessed, instance.clock(), found.why, found.told)
        raise
    await asyncio.to_thread(folder.publish_witnessed, note, signed.line)
    return True


def _ask(folder: LedgerFolder, witness: Witness, note: bytes) -> Cosignature:
    size = folder.size_of(note)
    last = folder.witnessed_size()
    for _ in range(2):
        if last > size:
            raise NotWitnessed("rolled_back")
        try:
            return witness.add_checkpoint(last, folder.consistency(last, size), note)
        except OtherSize as other:
            last = other.size
    raise NotWitnessed("refused")
