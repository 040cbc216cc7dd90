# SPDX-License-Identifier: AGPL-3.0-or-later
"""Somebody shows a false credential that stands in backups and nowhere else: the host hears of it, whatever they asked for."""

from __future__ import annotations

import structlog

from serment.framing.planted import find_planted
from serment.server.instance import Instance
from serment.server.stores import alarms

PLANTED = "planted"

_journal = structlog.get_logger("serment.alarm")


async def is_planted(instance: Instance, shown: str) -> bool:
    """Whether it is one of ours; then the alarm stands. Where the database is out of reach the journal alone has it."""
    if find_planted(instance.secret.generations, shown) is None:
        return False
    _journal.error("a credential that only a backup holds was used: somebody has read a backup")
    await alarms.sound(instance.pool, PLANTED, instance.clock())
    return True
