# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cards under keys that have turned: every desk is handed what it seals anew, and whoever only collects is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

import members_house as people
from bento_house import DAY, Hand, House, at
from serment.database.pool import transaction
from serment.domain import sentinel as ceilings
from serment.server.stores.cards import CardRow
from serment.server.usecases import keep_cards
from serment.server.usecases.errors import Frozen
from serment.server.usecases.keep_cards import read_behind, read_cards, write_cards
from serment.server.usecases.membership import Staff
from serment.server.usecases.read_envelope import read_for_member
from serment.server.usecases.sentinel import count_handed_out
from store.test_cards import card


async def turned(house: House, cards: int) -> list[CardRow]:
    """So many cards, and keys that have turned since."""
    written = [card(house, str(nth)) for nth in range(cards)]
    await write_cards(house.instance, await (await people.sam(house)).staff(house), written)
    await house.turn_epoch(house.instance.pool)
    return written


async def reseal(house: House, staff: Staff, rows: list[CardRow]) -> None:
    again = [card(house, "again", id=row.card, rev=row.rev + 1, e=2) for row in rows]
    await write_cards(house.instance, staff, again)


async def stopped(house: House) -> int:
    return await house.instance.pool.fetchval("SELECT count(*) FROM freezes")  # type: ignore[no-any-return]


@pytest.fixture
def few_in_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cards an answer, four in hand."""
    monkeypatch.setattr(keep_cards, "CARDS_BEHIND_MAX", 2)
    monkeypatch.setattr(ceilings, "CARDS_IN_HAND", 4)


async def collects(house: House, staff: Staff) -> list[CardRow]:
    """All cards that an access is handed which seals none of them anew."""
    found: list[CardRow] = []
    after = None
    while rows := (await read_behind(house.instance, staff, house.unit, after)).oldest:
        found += rows
        after = (rows[-1].epoch, rows[-1].card)
    return found


async def test_who_collects_cards_and_seals_none_anew_is_handed_so_many_a_day(
    house: House, few_in_hand: None
) -> None:
    await turned(house, 11)
    sam = await people.sam(house)
    first = await collects(house, await sam.staff(house))
    assert len(first) == 4
    # From the beginning again, whatever they saw: what they have, and nothing more.
    assert await collects(house, await sam.staff(house)) == first
    entered = await house.instance.pool.fetch("SELECT DISTINCT unnest(records) FROM ledger")
    assert {row[0] for row in entered} == {row.card for row in first}
    house.clock.pass_(hours=25)
    assert len(await collects(house, await sam.staff(house))) == 8
    assert await stopped(house) == 0


@pytest.mark.parametrize("without", ["the unit", "the latest keys"])
async def test_cards_in_hand_stay_so_whatever_the_roster_of_whoever_asks_says(
    house: House, few_in_hand: None, without: str
) -> None:
    """A unit that was taken from Sam, or a roster that was read just before the keys turned."""
    sam = await people.sam(house)
    before = await sam.staff(house)
    written = await turned(house, 6)
    staff = await sam.staff(house)
    handed = {row.card for row in await collects(house, staff)}
    staff = (
        replace(staff, units=frozenset()) if without == "the unit" else replace(staff, roster=before.roster)
    )
    async with transaction(house.instance.pool) as tx:
        others = [each.card for each in written if each.card not in handed]
        assert await count_handed_out(house.instance, tx, staff, others) == 0
    assert await house.instance.pool.fetchval("SELECT count(*) FROM disclosures WHERE resealing") == 4


async def test_what_a_desk_or_its_colleague_seals_anew_makes_room_and_everything_is(
    house: House, few_in_hand: None
) -> None:
    """Sam's desk is reloaded beside Dr Bento's all the while, and loses what it had in hand."""
    await turned(house, 24)
    desks = [await people.sam(house), await people.bento(house)]
    for nth in range(26):
        staff = await desks[nth % 2].staff(house)
        behind = await read_behind(house.instance, staff, house.unit)
        assert behind.oldest or behind.cards == 0
        if nth % 2 and behind.oldest:
            await reseal(house, staff, behind.oldest)
    assert (behind.cards, await stopped(house)) == (0, 0)
    await collects(house, await desks[0].staff(house))
    assert (
        await house.instance.pool.fetchval(
            "SELECT count(*) FROM disclosures WHERE reader = $1", desks[0].member
        )
        == 0
    )


async def test_cards_that_nobody_can_open_hold_up_no_others(house: House, few_in_hand: None) -> None:
    written = await turned(house, 12)
    spoilt = {each.card for each in sorted(written)[:2]}
    sam = await people.sam(house)
    for _ in range(3):  # reloaded twice on the way, it begins again with those that do not open
        after = None
        for _ in range(3):
            staff = await sam.staff(house)
            rows = (await read_behind(house.instance, staff, house.unit, after)).oldest
            opened = [row for row in rows if row.card not in spoilt]
            if opened:
                await reseal(house, staff, opened)
            after = (rows[-1].epoch, rows[-1].card) if rows else after
    behind = await read_behind(house.instance, await sam.staff(house), house.unit)
    assert {row.card for row in behind.oldest} == spoilt
    assert (behind.cards, await stopped(house)) == (2, 0)


async def test_no_card_that_is_written_takes_back_what_was_read(
    house: House, few_in_hand: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither under the id of an appointment whose contact was opened, nor by sealing anew a card that was read in full."""
    monkeypatch.setattr(ceilings, "OPENED_AN_HOUR", 1)
    monkeypatch.setattr(ceilings, "OPENED_HOUR_SHARE", 0)
    sam = await people.sam(house)
    hand, other = Hand(house), Hand(house)
    await hand.book(at("09:00", DAY))
    await other.book(at("10:00", DAY))
    await read_for_member(house.instance, await sam.staff(house), hand.record, ["ct"], [], "move")
    old, read = card(house, id=hand.record), card(house)
    await write_cards(house.instance, await sam.staff(house), [old, read])
    await read_cards(house.instance, await sam.staff(house), [read.card])
    await house.turn_epoch(house.instance.pool)
    staff = await sam.staff(house)
    await reseal(house, staff, (await read_behind(house.instance, staff, house.unit)).oldest)
    assert (await read_behind(house.instance, staff, house.unit)).cards == 0
    kept = await house.instance.pool.fetch("SELECT kind, taken FROM disclosures ORDER BY kind")
    assert [tuple(row) for row in kept] == [(1, hand.record), (3, read.card)]
    with pytest.raises(Frozen):
        await read_for_member(house.instance, staff, other.record, ["ct"], [], "move")


async def test_whoever_cannot_open_what_is_behind_goes_on_past_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = await turned(house, 5)
    monkeypatch.setattr(keep_cards, "CARDS_BEHIND_MAX", 2)
    told = await collects(house, await (await people.sam(house)).staff(house))
    assert sorted(row.card for row in told) == sorted(each.card for each in written)
