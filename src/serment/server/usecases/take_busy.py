# SPDX-License-Identifier: AGPL-3.0-or-later
"""Time that the practice's own software says is taken: the higher version of a block holds, whichever comes first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from serment.database.pool import transaction
from serment.framing import Unknown
from serment.server.instance import Instance
from serment.server.stores import busy
from serment.server.usecases.agent_token import Agent
from serment.server.usecases.errors import NoSuchAgenda, TooMuchBusy

BLOCKS_OF_AGENDA_MAX = 5_000
BLOCK_DAYS_MAX = 31
AHEAD_DAYS_MAX = 400


class BlockStands(msgspec.Struct):
    """What is known of a block now."""

    version: int
    standing: bool


async def put_block(
    instance: Instance,
    agent: Agent,
    block: UUID,
    agenda: UUID,
    since: datetime,
    until: datetime,
    version: int,
) -> BlockStands:
    """The block takes [since, until). A version that is not higher than the known one changes nothing.

    Raises NoSuchAgenda (also where the program may take no time), TooMuchBusy, Unknown.
    """
    now = instance.clock()
    if not since < until <= min(since + timedelta(days=BLOCK_DAYS_MAX), now + timedelta(days=AHEAD_DAYS_MAX)):
        raise Unknown("a block's time")
    if agenda not in agent.agendas:
        raise NoSuchAgenda
    whose = agent.practice, agent.connector, block
    async with transaction(instance.pool) as tx:
        standing = await busy.count_standing(tx, agent.practice, agenda)
        before = await busy.read(tx, *whose)
        if standing >= BLOCKS_OF_AGENDA_MAX and (before is None or not before["standing"]):
            raise TooMuchBusy
        row = await busy.put(tx, *whose, agenda=agenda, since=since, until=until, version=version) or before
    if row is None:
        raise NoSuchAgenda
    instance.changes.note(agent.practice)
    return BlockStands(row["version"], row["standing"])


async def delete_block(instance: Instance, agent: Agent, block: UUID, version: int) -> BlockStands:
    """The block takes no time any more, and no lower version brings it back; one that was never put neither."""
    whose = agent.practice, agent.connector, block
    keep_until = instance.clock() + timedelta(days=AHEAD_DAYS_MAX)
    async with transaction(instance.pool) as tx:
        row = await busy.delete(tx, *whose, version=version, keep_until=keep_until)
        row = row or await busy.read(tx, *whose)
    if row is None:
        raise NoSuchAgenda
    instance.changes.note(agent.practice)
    return BlockStands(row["version"], row["standing"])


async def note_alive(instance: Instance, agent: Agent, agendas: Sequence[UUID]) -> None:
    """The sources of these agendas answered just now. Raises NoSuchAgenda."""
    if not agent.agendas.issuperset(agendas):
        raise NoSuchAgenda
    await busy.note_alive(instance.pool, agent.practice, agent.connector, agendas, instance.clock())
