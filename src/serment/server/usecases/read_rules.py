# SPDX-License-Identifier: AGPL-3.0-or-later
"""The rules of an agenda, parsed once for each version: the version comes with whatever is read beside them."""

from __future__ import annotations

from uuid import UUID

from serment.database.queries import Connection
from serment.server.instance import Instance
from serment.server.stores import rules as store
from serment.server.stores.rules import Rules
from serment.server.usecases.errors import NoSuchAgenda


async def rules_of(
    instance: Instance,
    agenda: UUID,
    *,
    at_least: int = 0,
    offering: UUID | None = None,
    connection: Connection | None = None,
) -> Rules:
    """The rules in memory, unless they are older than version `at_least`, or lack the visit type `offering`, which may
    have been added since. Raises NoSuchAgenda.

    Whoever decides by them reads the present version with the busy time, in one statement, and comes back with
    `at_least` when it has moved on: that holds across processes, whoever changed the rules.
    """
    kept = instance.rules.get(agenda)
    if kept is not None and kept.version >= at_least and (offering is None or offering in kept.visit_types):
        return kept
    fresh = await store.read(connection or instance.pool, agenda)
    if fresh is None:
        raise NoSuchAgenda().about(agenda)
    instance.rules.keep(agenda, fresh)
    return fresh
