# SPDX-License-Identifier: AGPL-3.0-or-later
"""The practice's own rule changes: what it asks of who books online."""

from __future__ import annotations

import msgspec

from serment.database.pool import transaction
from serment.domain.roles import Deed
from serment.server.instance import Instance
from serment.server.stores import house_rows as house
from serment.server.stores import rule_rows as store
from serment.server.usecases.house_rows import PracticeRow
from serment.server.usecases.membership import Staff
from serment.server.usecases.rule_rows import check_swap


async def change_practice(instance: Instance, staff: Staff, was: PracticeRow, now: PracticeRow) -> None:
    """Writes `now` where `was` stands. Asked again: nothing more happens. Raises NotYourRole, RuleChanged."""
    staff.check_may(Deed.CHANGE_PRACTICE)
    async with transaction(instance.pool) as tx:
        await store.lock_practice(tx, staff.practice)
        stands = msgspec.json.decode(await house.read_practice_row(tx, staff.practice), type=PracticeRow)
        if check_swap(stands, was, now):
            await house.put_practice_row(tx, staff.practice, now.booking_check)
    instance.changes.note(staff.practice)
