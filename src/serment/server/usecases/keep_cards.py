# SPDX-License-Identifier: AGPL-3.0-or-later
"""Patient cards: read and written by members of their unit, compared and swapped on the revision (3b, section 6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import UUID

from serment.database.pool import Transaction, transaction, walled
from serment.domain.ledger import Part, Purpose
from serment.framing import Unknown
from serment.framing.cards import check_card_size
from serment.framing.conventions import month_bytes
from serment.server.instance import Instance
from serment.server.stores import cards, members, rosters, sentinel
from serment.server.stores.cards import CardRow as CardRow
from serment.server.usecases.errors import AlreadyUsed, NoSuchUnit, StaleCard, StaleRoster
from serment.server.usecases.membership import Staff
from serment.server.usecases.note_read import note_handed_out, note_read_by
from serment.server.usecases.sentinel import note_foreign

CARDS_PER_REQUEST_MAX = 100
CARDS_BEHIND_MAX = 50
# 400 days ahead may be booked, and a card stays for 24 months after a visit.
MONTHS_AHEAD_MAX = 48


class Behind(NamedTuple):
    """What an epoch left under older keys: how much, and the oldest cards."""

    cards: int
    entries: int
    pages: int
    oldest: list[CardRow]


class Seen(NamedTuple):
    """A card at the revision that somebody has read."""

    card: UUID
    rev: int


def month_of(now: datetime) -> int:
    """yyyymm in UTC."""
    return now.year * 100 + now.month


def check_month(month: int, now: datetime) -> None:
    """Raises Unknown for a month that is over, does not exist or lies further off than any card's."""
    month_bytes(month)
    ahead = (month // 100 - now.year) * 12 + month % 100 - now.month
    if not 0 <= ahead <= MONTHS_AHEAD_MAX:
        raise Unknown("month")


def check_unit_epoch(staff: Staff, unit: UUID, epoch: int) -> None:
    """Raises NoSuchUnit for a unit that is not theirs, StaleRoster for keys that are not its present ones."""
    if unit not in staff.units:
        raise NoSuchUnit
    if staff.roster.epoch(unit.bytes).e != epoch:
        raise StaleRoster(seq=staff.roster.seq)


async def check_head(tx: Transaction, staff: Staff) -> None:
    """Raises StaleRoster if the roster has gone on since the member was judged by it; it goes on no further until the
    transaction ends, so that nobody writes after their removal."""
    await members.keep_roster(tx, staff.practice)
    present = await rosters.read_head(tx, staff.practice)
    if present is None or present[1] != staff.roster.head:
        raise StaleRoster(seq=0 if present is None else present[0])


async def read_cards(instance: Instance, staff: Staff, wanted: Sequence[UUID]) -> list[CardRow]:
    """Those of them that exist for this member; the others are left out."""
    if len(wanted) > CARDS_PER_REQUEST_MAX:
        raise Unknown("too many cards")
    async with walled(instance.pool, staff.practice) as tx:
        found = await cards.read(tx, staff.practice, wanted, list(staff.units))
    if missing := set(wanted) - {row.card for row in found}:
        theirs = await sentinel.cards_of_others(
            instance.pool, staff.practice, list(missing), list(staff.units)
        )
        await note_foreign(instance, [(staff.practice, staff.member)], theirs)
    shown = [row.card for row in found]
    await note_read_by(instance, staff, Purpose.CARDS, Part.CARD, shown)
    return found


async def write_cards(
    instance: Instance, staff: Staff, written: Sequence[CardRow], erased: Sequence[Seen] = ()
) -> None:
    """Writes new cards (rev 1) and next revisions, and erases those that go into them, all or none. Again with the same
    bytes: done already.

    Raises StaleCard with the cards that stand otherwise, NoSuchUnit, StaleRoster, Unknown.
    """
    now = instance.clock()
    named = [each.card for each in written] + [each.card for each in erased]
    if not 1 <= len(written) <= CARDS_PER_REQUEST_MAX or len(set(named)) != len(named):
        raise Unknown("cards")
    for each in written:
        check_card_size(each.bytes)
        check_month(each.month, now)
        check_unit_epoch(staff, each.unit, each.epoch)
    async with transaction(instance.pool) as tx:
        await check_head(tx, staff)
        standing = await cards.lock(tx, staff.practice, named)
        new, next_ones, stale = _sorted_out(staff, written, standing)
        if new or next_ones:
            stale += [each.card for each in erased if not _is_seen(staff, each, standing.get(each.card))]
        if stale:
            raise StaleCard(cards=stale)
        if await cards.add(tx, staff.practice, new) != len(new):
            raise StaleCard(cards=[each.card for each in new])
        if await cards.change(tx, staff.practice, next_ones) != len(next_ones):
            raise StaleCard(cards=[each.card for each in next_ones])
        for seen in erased:
            await cards.erase(tx, staff.practice, seen.card, list(staff.units), seen.rev, _today(instance))


def _is_seen(staff: Staff, seen: Seen, standing: CardRow | None) -> bool:
    return standing is not None and standing.unit in staff.units and standing.rev == seen.rev


def _sorted_out(
    staff: Staff, written: Sequence[CardRow], standing: dict[UUID, CardRow]
) -> tuple[list[CardRow], list[CardRow], list[UUID]]:
    new: list[CardRow] = []
    next_ones: list[CardRow] = []
    stale: list[CardRow] = []
    for each in written:
        before = standing.get(each.card)
        if before == each:
            continue
        if before is None:
            # A card that is gone was erased or has expired: whoever writes its next revision reads first.
            (new if each.rev == 1 else stale).append(each)
        elif before.unit not in staff.units or before.unit != each.unit:
            raise AlreadyUsed
        else:
            (next_ones if each.rev == before.rev + 1 else stale).append(each)
    return new, next_ones, [each.card for each in stale]


async def erase_card(instance: Instance, staff: Staff, card: UUID, rev: int) -> None:
    """Deletes a card at the revision that was seen; one that is gone is gone. Raises StaleCard."""
    units = list(staff.units)
    if await cards.erase(instance.pool, staff.practice, card, units, rev, _today(instance)):
        return
    if await cards.read(instance.pool, staff.practice, [card], units):
        raise StaleCard(cards=[card])


async def read_behind(
    instance: Instance, staff: Staff, unit: UUID, after: tuple[int, UUID] | None = None
) -> Behind:
    """What of a unit still lies under keys of an epoch that is over. Raises NoSuchUnit, Frozen.

    `after`: epoch and id of the last card that was told: whoever cannot open some of them goes on behind them. No card,
    though some are left: this member was handed too many that nobody has sealed anew yet.
    """
    if unit not in staff.units:
        raise NoSuchUnit
    epoch, month = staff.roster.epoch(unit.bytes).e, month_of(instance.clock())
    count = await cards.count_behind(instance.pool, staff.practice, unit, epoch, month)
    oldest = await cards.read_behind(
        instance.pool, staff.practice, unit, epoch, month, CARDS_BEHIND_MAX, after
    )
    may = await note_handed_out(instance, staff, [row.card for row in oldest])
    return Behind(*count, oldest[:may])


def _today(instance: Instance) -> date:
    return instance.clock().astimezone(UTC).date()
