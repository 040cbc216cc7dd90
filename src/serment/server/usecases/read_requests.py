# SPDX-License-Identifier: AGPL-3.0-or-later
"""Requests that wait for the practice's yes or no, whichever day they are for: their clear columns, and nothing to open."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from serment.domain.roles import Deed
from serment.server.instance import Instance
from serment.server.stores import appointments, sentinel
from serment.server.usecases.membership import Staff

REQUESTS_MAX = 200  # in one answer: the earliest
FORGOTTEN_DAYS = (
    7  # so long a request stays in the list whose time went by without an answer: somebody is owed a call
)


class RequestTold(msgspec.Struct):
    """A request, as the agenda's list tells it in clear."""

    record: UUID
    agenda: UUID
    start: datetime
    minutes: int
    visit_type: UUID


class Requests(msgspec.Struct):
    """Of the caller's units, the earliest first. `more`: there are others after these. `stopped`: how many of the team's
    accesses the sentinel stopped; `looked`: how many of the team opened many visits long over. Both are told to owners,
    beside what waits because every room tells all of it."""

    requests: list[RequestTold]
    more: bool
    stopped: int
    looked: int


async def read_requests(instance: Instance, staff: Staff) -> Requests:
    """Of no other unit is anything told, not even that there is one."""
    since = instance.clock() - timedelta(days=FORGOTTEN_DAYS)
    rows = await appointments.read_requests(
        instance.pool, staff.practice, list(staff.units), since, most=REQUESTS_MAX + 1
    )
    told = [
        RequestTold(row["record"], row["agenda"], row["start"], row["minutes"], row["visit_type"])
        for row in rows[:REQUESTS_MAX]
    ]
    owner = staff.may(Deed.CHANGE_MEMBERS)
    stopped = await sentinel.count_frozen(instance.pool, staff.practice) if owner else 0
    looked = await sentinel.count_look_backs(instance.pool, staff.practice) if owner else 0
    return Requests(told, len(rows) > REQUESTS_MAX, stopped, looked)
