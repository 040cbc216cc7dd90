# SPDX-License-Identifier: AGPL-3.0-or-later
"""A room or a device is added, changed, or deleted. One that appointments still to come take is not deleted."""

from __future__ import annotations

import msgspec

from serment.database.pool import transaction
from serment.domain.roles import Deed
from serment.server.instance import Instance
from serment.server.stores import house_rows as house
from serment.server.stores import rule_rows as store
from serment.server.usecases.errors import NoSuchRule, OfAnotherUnit, ResourceInUse, RuleIdTaken, TooManyRules
from serment.server.usecases.house_rows import ResourceRow
from serment.server.usecases.membership import Staff
from serment.server.usecases.rule_rows import check_swap, plain

RESOURCES_MAX = 300


async def change_resource(
    instance: Instance, staff: Staff, was: ResourceRow | None, now: ResourceRow | None
) -> None:
    """Writes `now` (null deletes) where `was` stands. Asked again: nothing more happens.

    Raises NotYourRole, RuleChanged, NoSuchRule (the site), ResourceInUse (deleted, or moved to another site or kind),
    OfAnotherUnit (so too, while a visit type of a unit that is not theirs takes such a one), TooManyRules.
    """
    staff.check_may(Deed.CHANGE_CARE)
    row = now or was
    if row is None:
        return
    async with transaction(instance.pool) as tx:
        await store.lock_practice(tx, staff.practice)
        text = await store.read(tx, "resource", staff.practice, row.resource)
        stands = None if text is None else msgspec.json.decode(text, type=ResourceRow)
        if not check_swap(stands, was, now):
            return
        if stands is not None and (now is None or (now.site, now.kind) != (stands.site, stands.kind)):
            # A unit of which one is not goes on finding what its visits need, whoever owns the room's name.
            if await store.units_in_need(tx, staff.practice, stands.kind) - staff.units:
                raise OfAnotherUnit
            await store.lock_resource(tx, staff.practice, row.resource)
            uses = await house.count_resource_uses(tx, staff.practice, row.resource, instance.clock())
            if uses:
                raise ResourceInUse(appointments=uses)
        if now is None:
            await store.drop(tx, "resource", staff.practice, row.resource)
        else:
            if stands is None and await house.count(tx, "resources", staff.practice) >= RESOURCES_MAX:
                raise TooManyRules(most=RESOURCES_MAX)
            if await store.read(tx, "site", staff.practice, now.site) is None:
                raise NoSuchRule
            if not await store.put(tx, "resource", staff.practice, plain(now)):
                raise RuleIdTaken
    instance.changes.note(staff.practice)
