# SPDX-License-Identifier: AGPL-3.0-or-later
"""A linked program is told what changed since it last wrote down: its feed, by a cursor that is good once (spec/agent.md)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from serment.database.pool import Transaction, transaction
from serment.domain import instants
from serment.domain.feed import ITEMS_MAX, WAIT_SECONDS, Place, Step, window
from serment.domain.sentinel import Kind, Told
from serment.framing import Writer
from serment.framing.conventions import sha256
from serment.server.instance import Instance
from serment.server.stores import connectors, feed, sentinel
from serment.server.stores.feed import Handed, Stretch
from serment.server.usecases.agent_token import Agent
from serment.server.usecases.errors import SignedOut
from serment.server.usecases.read_envelope import GroupHashes, SealedGroups, read_for_agent
from serment.server.usecases.sentinel import day_slots


class FeedSealed(msgspec.Struct):
    """What was sealed, as far as the grant goes; `sealed_slot` is 44 bytes (spec/rdv1.md, section 1)."""

    sealed_slot: bytes
    bodies: SealedGroups
    body_hashes: GroupHashes
    stanza: bytes
    sig: bytes
    head: bytes
    booking_pk: bytes
    patient_pk: bytes | None
    writer: str
    writer_kid: bytes | None


class FeedItem(msgspec.Struct, omit_defaults=True):
    """An appointment, or that it is gone; `sealed` is left out where what was read before stands."""

    record: UUID
    gone: bool
    unit: UUID | None = None
    agenda: UUID | None = None
    visit_type: UUID | None = None
    start: datetime | None = None
    minutes: int | None = None
    status: str | None = None
    confirmed: bool | None = None
    overbooked: bool | None = None
    rev: int | None = None
    sealed: FeedSealed | None = None


class FeedAnswer(msgspec.Struct):
    """`more`: ask again, after `wait` seconds. `resync`: the database was restored, and all is told anew from here on."""

    era: int
    resync: bool
    more: bool
    wait: int
    since: datetime | None
    until: datetime | None
    items: list[FeedItem]


async def tell_agent(instance: Instance, agent: Agent, cursor: bytes, following: bytes) -> FeedAnswer:
    """What the present cursor leads to; `following` is the hash of the next one. Asked again with the same two: the same again.

    Raises SignedOut where another cursor is shown than the one expected: the program is stopped then, and its copies with it.
    """
    now, asked = instance.clock(), sha256(cursor)
    stretches = await _stretches(instance, agent, now)
    whose = agent.practice, agent.connector
    async with transaction(instance.pool) as tx:
        row = await feed.lock_cursor(tx, *whose)
        if row is None:
            raise SignedOut
        step = Place(row["cursor_due"], row["cursor_last"], row["restored"]).step(asked, following)
        resync, handed, left = row["resync"], list[Handed](), _Left(True, 0)
        if step is Step.COPY:
            await connectors.freeze(tx, *whose, "clone", now)
        elif step is Step.AGAIN:
            handed = await feed.read_handed(tx, *whose)
        else:
            resync = step is Step.ANEW
            if resync:
                await feed.begin_anew(tx, *whose)
            else:
                await feed.acknowledge(tx, *whose, row["kem_kid"])
            await feed.advance(tx, *whose, last=asked, due=following, resync=resync, now=now)
            handed, left = await _choose(instance, tx, agent, stretches, row["kem_kid"], now)
            await feed.hand(tx, *whose, handed)
    if step is Step.COPY:
        instance.changes.note(agent.practice)
        raise SignedOut
    items = await _read(instance, agent, handed)
    return FeedAnswer(
        row["era"], resync, left.more, left.wait,
        min((each.since for each in stretches), default=None), max((each.until for each in stretches), default=None), items,
    )  # fmt: skip


class _Left(msgspec.Struct):
    more: bool
    wait: int


async def _stretches(instance: Instance, agent: Agent, now: datetime) -> list[Stretch]:
    """What the grants let the program be told, by agenda."""
    found = []
    for row in await feed.zones(instance.pool, agent.practice, list(agent.agendas)):
        grant = agent.grants.get(row["unit"])
        if grant is not None:
            today = instants.local_day(now, row["timezone"])
            since, until = window(
                today, row["timezone"], back_days=grant.back_days, ahead_days=grant.ahead_days
            )
            found.append(Stretch(row["agenda"], since, until))
    return found


async def _choose(
    instance: Instance, tx: Transaction, agent: Agent, stretches: Sequence[Stretch], kid: bytes, now: datetime
) -> tuple[list[Handed], _Left]:
    """What was told before and changed, then what is new, at the pace, then the first window; ITEMS_MAX at most."""
    whose = agent.practice, agent.connector
    since = min((each.since for each in stretches), default=now)
    chosen = await feed.read_changed(tx, *whose, stretches, since=since, most=ITEMS_MAX + 1)
    if len(chosen) > ITEMS_MAX:
        return chosen[:ITEMS_MAX], _Left(True, 0)
    tally = await sentinel.tally_told(tx, *whose, now)
    held_back, full = False, False
    for kind, first in ((Kind.TOLD, False), (Kind.FIRST, True)):
        room = ITEMS_MAX - len(chosen)
        may = tally.may_be_told_first() if first else await _may_be_told(instance, tx, agent, tally)
        most = min(room, may)
        new = await feed.read_new(tx, *whose, stretches, kid, first=first, most=most + 1)
        full, held_back = full or len(new) > most == room, held_back or len(new) > most < room
        taken = new[:most]
        if taken:
            await sentinel.take(
                tx, *whose, [kind], [each.record for each in taken], now, resealing=False
            )  # fmt: skip
        chosen += taken
    return chosen, _Left(full or held_back, 0 if full or not held_back else WAIT_SECONDS)


async def _may_be_told(instance: Instance, tx: Transaction, agent: Agent, tally: Told) -> int:
    """The least ceilings first: whoever stays under them has no agenda read for it."""
    return tally.may_be_told(0) or tally.may_be_told(
        await day_slots(instance, tx, agent.practice, list(agent.grants))
    )


async def _read(instance: Instance, agent: Agent, handed: Sequence[Handed]) -> list[FeedItem]:
    wanted = [each.record for each in handed if not each.gone]
    items = [FeedItem(each.record, gone=True) for each in handed if each.gone]
    for unit in agent.grants if wanted else ():
        # What was moved away in this very moment is due again, and told with the next answer.
        items += map(_item, await read_for_agent(instance, agent, unit, wanted))
    return items


def _item(row: asyncpg.Record) -> FeedItem:
    return FeedItem(
        row["record"], False, row["unit"], row["agenda"], row["visit_type"], row["start"], row["minutes"], row["status"],
        row["confirmed"], row["overbooked"], row["rev"], None if row["stanza"] is None else _sealed(row),
    )  # fmt: skip


def _sealed(row: asyncpg.Record) -> FeedSealed:
    return FeedSealed(
        row["sealed_slot"],
        SealedGroups(row["body_id"], row["body_ct"], row["body_rs"]),
        GroupHashes(row["hash_id"], row["hash_ct"], row["hash_rs"]),
        row["stanza"],
        row["sig"],
        row["head"],
        row["booking_pk"],
        row["patient_pk"],
        Writer(row["writer"]).name.lower(),
        row["writer_kid"],
    )
