# SPDX-License-Identifier: AGPL-3.0-or-later
"""Time that is taken: spans of agendas and of resources, holds among them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from serment.database.queries import Connection, load
from serment.domain.slot import Span

_QUERIES = load("spans")
_FINGERPRINT = _QUERIES["read_fingerprint"]
_TAKEN = _QUERIES["read_taken"]
_PLACE = _QUERIES["place_hold"]

Fingerprint = tuple[int, int, int, int]
"""Version of the rules, number of spans, two marks (the first of blocks too): of one question, equal ones mean one answer."""


class Taken(NamedTuple):
    """What is taken within the instants asked for, and the version of the rules in the same snapshot."""

    fingerprint: Fingerprint
    busy: list[Span]
    elsewhere: list[Span]
    used: list[tuple[UUID, Span]]
    visits: list[tuple[datetime, UUID]]

    @property
    def version(self) -> int:
        """The version of the agenda's rules."""
        return self.fingerprint[0]


async def read_fingerprint(
    connection: Connection,
    agenda: UUID,
    since: datetime,
    until: datetime,
    resources: Sequence[UUID],
    now: datetime,
) -> Fingerprint | None:
    """None for an agenda that does not exist."""
    row = await connection.fetchrow(
        _FINGERPRINT.sql,
        *_FINGERPRINT.arguments(
            {"agenda": agenda, "since": since, "until": until, "resources": resources, "now": now}
        ),
    )
    return None if row is None else (row[0], row[1], (row[2] or 0) ^ row[3], row[4])


async def read_taken(
    connection: Connection,
    agenda: UUID,
    visit_type: UUID,
    since: datetime,
    until: datetime,
    resources: Sequence[UUID],
    now: datetime,
) -> Taken | None:
    """None for an agenda that does not exist. `visits` are those of the visit type, without buffers."""
    row = await _TAKEN.row(
        connection,
        agenda=agenda,
        visit_type=visit_type,
        since=since,
        until=until,
        resources=resources,
        now=now,
    )
    if row is None:
        return None
    busy = list(map(Span, row["sinces"] or (), row["untils"] or (), row["records"] or ()))
    blocks = list(map(Span, row["block_sinces"] or (), row["block_untils"] or (), row["blocks"] or ()))
    used = zip(
        row["used_resources"] or (),
        map(Span, row["used_sinces"] or (), row["used_untils"] or (), row["used_records"] or ()),
        strict=True,
    )
    visits = zip(row["visit_starts"] or (), row["visit_records"] or (), strict=True)
    marks = (row["rules_version"], row["spans"], row["mark"] ^ row["block_mark"], row["resource_mark"])
    return Taken(marks, busy, blocks, list(used), list(visits))


class NewSpan(NamedTuple):
    """A span as it is to be placed; [since, until) includes buffers."""

    practice: UUID
    agenda: UUID
    record: UUID
    visit_type: UUID
    start: datetime
    minutes: int
    since: datetime
    until: datetime
    overbooked: bool = False


class NewHold(NamedTuple):
    """A span with what makes it a hold, and the version of the rules that offered it.

    `may_move`: the record is an appointment that the holder may move. `over_block`: also where the practice's own software
    says that the time is taken.
    """

    span: NewSpan
    token_hash: bytes
    until: datetime
    on_request: bool
    may_move: bool
    rules_version: int
    now: datetime
    over_block: bool = False


async def queue_for_quota(connection: Connection, agenda: UUID, visit_type: UUID, day: date) -> None:
    """Waits for its turn to place a visit of this type on this day of this agenda; held to the transaction's end."""
    await _QUERIES["queue_for_quota"].run(connection, agenda=agenda, visit_type=visit_type, day=day)


async def queue_for_overbooking(connection: Connection, agenda: UUID) -> None:
    """Waits until nobody else places a span on this agenda; held to the transaction's end."""
    await _QUERIES["queue_for_overbooking"].run(connection, agenda=agenda)


async def place_hold(connection: Connection, hold: NewHold) -> UUID | None:
    """The id of the span placed, or None where time or record are taken or the rules changed. One statement."""
    given = hold.span._asdict()
    given.update(
        hold_token=hold.token_hash,
        hold_until=hold.until,
        on_request=hold.on_request,
        may_move=hold.may_move,
        rules_version=hold.rules_version,
        now=hold.now,
        over_block=hold.over_block,
    )
    placed: UUID | None = await _PLACE.value(connection, **given)
    return placed


async def lock_resources(connection: Connection, practice: UUID, resources: Sequence[UUID]) -> None:
    """Whoever deletes one of them, or moves it, waits; and its rules' version tells of who was quicker."""
    await _QUERIES["lock_resources"].rows(connection, practice=practice, resources=resources)


async def place_resources(
    connection: Connection, span: NewSpan, placed: UUID, resources: Sequence[UUID], now: datetime
) -> bool:
    """Whether all these resources were free and are taken now. In a transaction that is rolled back if not."""
    window = {"practice": span.practice, "resources": resources, "since": span.since, "until": span.until}
    await _QUERIES["clear_resources"].run(connection, **window, now=now)
    taken = await _QUERIES["place_resources"].run(connection, **window, span=placed, record=span.record)
    return taken == len(resources)


async def read_record(connection: Connection, practice: UUID, record: UUID) -> asyncpg.Record:
    """The hold of a record (its columns are null without one) and whether the record is an appointment."""
    row = await _QUERIES["read_record"].row(connection, practice=practice, record=record)
    assert row is not None  # noqa: S101 - the query joins onto one row that is always there
    return row


async def lock_hold(
    connection: Connection, practice: UUID, record: UUID, token_hash: bytes
) -> asyncpg.Record | None:
    """The hold of a record, locked, if the token is its own."""
    return await _QUERIES["lock_hold"].row(
        connection, practice=practice, record=record, hold_token=token_hash
    )


async def extend_hold(
    connection: Connection, practice: UUID, span: UUID, until: datetime, extensions: int
) -> None:
    await _QUERIES["extend_hold"].run(
        connection, practice=practice, span=span, hold_until=until, extensions=extensions
    )


async def release_hold(connection: Connection, practice: UUID, record: UUID, token_hash: bytes) -> bool:
    """Whether a record had a hold with this token still; time that stands is never freed."""
    gone = await _QUERIES["release_hold"].run(
        connection, practice=practice, record=record, hold_token=token_hash
    )
    return gone == 1


async def free_record(connection: Connection, practice: UUID, record: UUID) -> None:
    """Frees the standing time of a record, its resources with it."""
    await _QUERIES["free_record"].run(connection, practice=practice, record=record)


async def stand(connection: Connection, span: NewSpan, now: datetime) -> UUID | None:
    """The id of a span that stands for good, or None if somebody stands there."""
    window = {"practice": span.practice, "agenda": span.agenda, "since": span.since, "until": span.until}
    await _QUERIES["clear_expired"].run(connection, **window, now=now)
    placed: UUID | None = await _QUERIES["stand"].value(connection, **span._asdict())
    return placed


async def keep_hold(connection: Connection, practice: UUID, span: UUID) -> None:
    await _QUERIES["keep_hold"].run(connection, practice=practice, span=span)


async def expire_holds(connection: Connection, now: datetime, most: int) -> int:
    """How many holds past their limit were deleted; `most` at a time."""
    gone: int = await _QUERIES["expire_holds"].value(connection, now=now, most=most)
    return gone
