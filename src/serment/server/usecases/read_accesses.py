# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every time a part of one appointment left the server, for its patient: the access ledger, by day."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from serment.domain.ledger import Purpose
from serment.server.instance import Instance
from serment.server.stores import ledger
from serment.server.usecases.read_envelope import find_record
from serment.server.usecases.read_ledger import part_names

LINES_MAX = 400


class Access(msgspec.Struct):
    """One reader's accesses of one local day, for one purpose. `member` is an id of the practice's roster, null for whoever
    holds the patient's link; `times` of them, the first and the last at these instants.
    """

    day: date
    member: UUID | None
    purpose: str
    parts: list[str]
    times: int
    first: datetime
    last: datetime


class AccessesTold(msgspec.Struct):
    """The newest first, LINES_MAX at most; `more` says whether there were others before."""

    accesses: list[Access]
    more: bool


async def read_accesses(instance: Instance, row_token: bytes, bucket: bytes | None = None) -> AccessesTold:
    """By the site's days. Nothing sealed leaves, and nothing is entered. Raises NoSuchAppointment."""
    practice, record = await find_record(instance, row_token, bucket)
    rows = await ledger.read_of_record(instance.pool, practice, record, LINES_MAX + 1)
    told = [
        Access(
            row["day"],
            row["reader"],
            Purpose(row["purpose"]).name.lower(),
            part_names(row["parts"]),
            row["times"],
            row["first"],
            row["last"],
        )
        for row in rows[:LINES_MAX]
    ]
    return AccessesTold(told, len(rows) > LINES_MAX)
