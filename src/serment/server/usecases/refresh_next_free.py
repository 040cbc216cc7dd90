# SPDX-License-Identifier: AGPL-3.0-or-later
"""The search hint is made anew: after a change has marked it, when time has overtaken it, when rules changed.

Whatever takes or frees time marks the hints it may touch in its own transaction (recheck_at = -infinity); this makes them
right within a second, and after a crash too. A hint may be late, never binding: only the constraint on spans decides.
"""

from __future__ import annotations

from uuid import UUID

from serment.database.pool import transaction
from serment.domain import instants
from serment.domain.search import recheck_at
from serment.domain.visit_type import Who
from serment.server.instance import Instance
from serment.server.stores import next_free
from serment.server.stores.next_free import Hint
from serment.server.usecases.errors import NoSuchAgenda
from serment.server.usecases.read_rules import rules_of
from serment.server.usecases.situation import Asked, first_free

AGENDAS_PER_SWEEP_MAX = 200


async def refresh_agenda(instance: Instance, agenda: UUID) -> None:
    """Makes the hints of one agenda for the visit types anyone may book. Raises InvalidRule."""
    async with transaction(instance.pool) as tx:
        try:
            rules = await rules_of(instance, agenda, connection=tx)
            # Locked before time and rules are read: what changes them meanwhile marks the hints afterwards.
            await next_free.lock(tx, rules.practice, agenda)
            rules = await rules_of(instance, agenda, at_least=rules.version + 1, connection=tx)
        except NoSuchAgenda:
            return
        today = instants.local_day(instance.clock(), rules.agenda.zone)
        open_to_all = [
            visit_type
            for visit_type in sorted(
                rules.visit_types.values(), key=lambda each: (each.position, each.visit_type)
            )
            if visit_type.who is Who.ANYONE and rules.agenda.active
        ]
        hints = []
        for nth, visit_type in enumerate(open_to_all):
            found = await first_free(instance, Asked(agenda, visit_type.visit_type), today, connection=tx)
            again = recheck_at(rules.agenda, visit_type, found, instance.clock())
            start = None if found is None else found.start
            hints.append(Hint(visit_type.visit_type, nth == 0, start, again))
        await next_free.keep(
            tx, rules.practice, agenda, rules.specialty, rules.latitude, rules.longitude, rules.version, hints
        )


async def refresh_due(instance: Instance) -> int:
    """Makes the hints that are marked, due or older than their rules; how many agendas that were."""
    agendas = await next_free.due(instance.pool, instance.clock(), AGENDAS_PER_SWEEP_MAX)
    agendas += await next_free.stale(instance.pool, AGENDAS_PER_SWEEP_MAX)
    wanted = dict.fromkeys(agendas)
    for agenda in wanted:
        await refresh_agenda(instance, agenda)
    return len(wanted)
