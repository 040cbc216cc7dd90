# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the desk edits: a practice's rules row by row. Agendas of other units, and what only they offer, are not told."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from serment.domain.roles import Deed
from serment.server.instance import Instance
from serment.server.stores import rule_rows as store
from serment.server.usecases.house_rows import RuleRows
from serment.server.usecases.membership import Staff

PAST_DAYS = 31


async def read_rule_rows(instance: Instance, staff: Staff) -> RuleRows:
    """Raises NotYourRole."""
    staff.check_may(Deed.READ_AGENDA)
    since = instance.clock().date() - timedelta(days=PAST_DAYS)
    text = await store.read_rows(instance.pool, staff.practice, sorted(staff.units), since)
    return msgspec.json.decode(text, type=RuleRows)
