# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who read what in one practice, for its owners: the access ledger's lines, and figures over them.

Nothing sealed is in it, and nothing is entered for it. Lines name ids alone: whose they are the owner's browser says, where
it can open them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from serment.database.pool import Pool, transaction
from serment.domain.errors import TooManyDays
from serment.domain.ledger import Part, Purpose
from serment.domain.roles import Deed
from serment.server.instance import Instance
from serment.server.stores import ledger
from serment.server.stores.ledger import Sought
from serment.server.usecases.membership import Staff

LEDGER_DAYS_MAX = 92  # of one question
LINES_MAX = 500  # of one answer
RECORDS_MAX = 5_000  # named in one answer, but for a single line that names more
UTC = "UTC"


class Wanted(msgspec.Struct, kw_only=True):
    """Which lines: of the practice's days from `first` to `last`, both included; of everybody, of one `member`, of all
    members or of patients' links (`by_link`); those that name a record; those in which one of these parts left."""

    first: date
    last: date
    member: UUID | None = None
    by_link: bool | None = None
    record: UUID | None = None
    parts: Part


class Line(msgspec.Struct):
    """One access. `member` is an id of the roster, null for whoever held a patient's link."""

    line: UUID
    at: datetime
    member: UUID | None
    purpose: str
    parts: list[str]
    records: list[UUID]


class Place(msgspec.Struct):
    """When and with whom a record's appointment is."""

    record: UUID
    agenda: UUID
    start: datetime


class LinePlace(msgspec.Struct):
    """How far an answer is complete: up to and with this line."""

    at: datetime
    line: UUID


class LinesTold(msgspec.Struct):
    """The newest first; `places` of what lies in the caller's units; `after` is null once these are all."""

    timezone: str
    lines: list[Line]
    places: list[Place]
    after: LinePlace | None


class Figure(msgspec.Struct):
    """How often a part left (`times`) and of how many different records."""

    part: str
    times: int
    records: int


class ReaderFigures(msgspec.Struct):
    """One reader's; `member` null: all who held a patient's link. `last`: their newest access."""

    member: UUID | None
    last: datetime
    parts: list[Figure]


class DayFigures(msgspec.Struct):
    """Everybody's of one day."""

    day: date
    parts: list[Figure]


class WitnessTold(msgspec.Struct):
    """When somebody else last saw that the ledger only grew, and since when they have not; null: not yet, not so."""

    at: datetime | None
    away_since: datetime | None


class FiguresTold(msgspec.Struct):
    """By reader, whoever read last first; by day, the newest first. `witness` is null where the host names none.
    `differs_since`: a line of some practice in the database is not what was published."""

    timezone: str
    witness: WitnessTold | None
    differs_since: datetime | None
    readers: list[ReaderFigures]
    days: list[DayFigures]


async def read_ledger_lines(
    instance: Instance, staff: Staff, wanted: Wanted, *, after: LinePlace | None, most: int
) -> LinesTold:
    """Some lines. Raises NotYourRole, TooManyDays."""
    sought = await _sought(instance.pool, staff, wanted)
    most = min(most, LINES_MAX)
    place = None if after is None else (after.at, after.line)
    async with transaction(instance.pool) as tx:
        rows = await ledger.read_lines(tx, sought, place, most + 1, RECORDS_MAX)
    lines = [
        Line(
            row["line"],
            row["at"],
            row["reader"],
            Purpose(row["purpose"]).name.lower(),
            part_names(row["parts"]),
            row["records"],
        )
        for row in rows[:most]
    ]
    cut = len(rows) > most or sum(len(line.records) for line in lines) >= RECORDS_MAX
    records = list({record for line in lines for record in line.records})
    places = [
        Place(**dict(row))
        for row in await ledger.read_places(instance.pool, staff.practice, records, list(staff.units))
    ]
    return LinesTold(sought.zone, lines, places, LinePlace(lines[-1].at, lines[-1].line) if cut else None)


async def read_ledger_figures(instance: Instance, staff: Staff, wanted: Wanted) -> FiguresTold:
    """Over all lines that are wanted. Raises NotYourRole, TooManyDays."""
    sought = await _sought(instance.pool, staff, wanted)
    async with transaction(instance.pool) as tx:
        rows = await ledger.read_figures(tx, sought)
    readers: dict[UUID | None, list[asyncpg.Record]] = {}
    days: dict[date, list[asyncpg.Record]] = {}
    for row in rows:
        if row["by_day"]:
            days.setdefault(row["day"], []).append(row)
        else:
            readers.setdefault(row["reader"], []).append(row)
    by_reader = [
        ReaderFigures(member, max(row["last"] for row in some), _figures(some))
        for member, some in readers.items()
    ]
    by_reader.sort(key=lambda each: each.last, reverse=True)
    witness = await asyncio.to_thread(read_witness, instance)
    differing = None if instance.ledger is None else await asyncio.to_thread(instance.ledger.differing)
    return FiguresTold(
        sought.zone,
        witness,
        None if differing is None else differing.since,
        by_reader,
        [DayFigures(day, _figures(some)) for day, some in days.items()],
    )


def read_witness(instance: Instance) -> WitnessTold | None:
    """From the ledger's folder; None where the host names no witness."""
    if instance.ledger is None or instance.witness is None:
        return None
    away = instance.ledger.unwitnessed()
    return WitnessTold(instance.ledger.witnessed_at(), None if away is None else away.since)


def part_names(parts: int) -> list[str]:
    """Of a sum of parts, in the ledger's order."""
    return [part.name.lower() for part in Part if parts & part and part.name]


def _figures(rows: Sequence[asyncpg.Record]) -> list[Figure]:
    ordered = sorted(rows, key=lambda row: row["part"])
    return [Figure(part_names(row["part"])[0], row["times"], row["taken"]) for row in ordered]


async def _sought(pool: Pool, staff: Staff, wanted: Wanted) -> Sought:
    staff.check_may(Deed.READ_LEDGER)
    if not 0 <= (wanted.last - wanted.first).days < LEDGER_DAYS_MAX:
        raise TooManyDays(f"1 to {LEDGER_DAYS_MAX}")
    zone = await ledger.read_zone(pool, staff.practice) or UTC
    return Sought(
        staff.practice,
        wanted.first,
        wanted.last,
        zone,
        wanted.parts,
        wanted.member,
        wanted.by_link,
        wanted.record,
    )
