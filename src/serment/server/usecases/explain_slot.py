# SPDX-License-Identifier: AGPL-3.0-or-later
"""Why is this slot not offered, to patients or to staff who place a visit there? One call for staff."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from serment.domain.offer import why_not
from serment.server.instance import Instance
from serment.server.usecases.errors import NoSuchAgenda
from serment.server.usecases.membership import Staff
from serment.server.usecases.read_rules import rules_of
from serment.server.usecases.situation import Asked, see_slot


async def explain_slot(
    instance: Instance, staff: Staff, asked: Asked, start: datetime
) -> list[dict[str, Any]]:
    """Every reason why whoever asks is not offered a start, with its facts; empty if they are. Raises NoSuchAgenda.

    For staff who place or move a visit these are what holding it with `overbook` has them confirm.
    """
    rules = await rules_of(instance, asked.agenda)
    if rules.practice != staff.practice:
        raise NoSuchAgenda().about(asked.agenda)
    staff.check_unit(rules.unit)
    seen = await see_slot(instance, asked, start)
    reasons = why_not(seen.rules.agenda, seen.visit_type, seen.situation, start)
    return [
        {"reason": why.code, "staff_may_override": why.staff_may_override, **asdict(why)} for why in reasons
    ]
