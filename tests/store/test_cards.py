# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cards and the search index: compared and swapped, gathered exactly, unknown to other units, gone with their month."""

from __future__ import annotations

import asyncio
import secrets
import uuid
from datetime import timedelta

import pytest

import members_house as people
from bento_house import House, sam_signs_in
from serment.database.pool import Transaction
from serment.framing import Role, Unknown
from serment.seal.cards import UnitPlace, open_card, open_page, seal_card, seal_entry, seal_page
from serment.server.stores.cards import CardRow
from serment.server.stores.search_index import EntryRow, PageRow
from serment.server.usecases import keep_cards
from serment.server.usecases.append_events import RosterStands
from serment.server.usecases.errors import (
    AlreadyUsed,
    NoSuchPractice,
    NoSuchUnit,
    StaleCard,
    StalePage,
    StaleRoster,
)
from serment.server.usecases.keep_cards import (
    MONTHS_AHEAD_MAX,
    Seen,
    erase_card,
    month_of,
    read_behind,
    read_cards,
    write_cards,
)
from serment.server.usecases.keep_index import append_entries, merge_page, read_index, read_page
from serment.server.usecases.membership import Staff, member_of
from serment.server.usecases.retain import retain


@pytest.fixture
async def sam(house: House) -> Staff:
    return await member_of(house.instance, await sam_signs_in(house), house.practice)


def later(house: House, months: int = 24) -> int:
    """The month so many months after the house's present one, yyyymm."""
    now = house.clock()
    count = now.year * 12 + now.month - 1 + months
    return count // 12 * 100 + count % 12 + 1


def place(house: House, month: int, e: int = 1) -> UnitPlace:
    return UnitPlace(house.instance.name, house.practice.bytes, house.unit.bytes, e, month)


def card(
    house: House,
    what: str = "Alice",
    *,
    id: uuid.UUID | None = None,
    rev: int = 1,
    e: int = 1,
    months: int = 24,
) -> CardRow:
    """Alice's card as a browser of the unit seals it."""
    name, month = id or uuid.uuid4(), later(house, months)
    keys = house.epochs[house.unit]
    sealed = seal_card(place(house, month, e), name.bytes, rev, keys.k_card, what.encode())
    return CardRow(name, house.unit, e, rev, month, sealed)


def entry(house: House, what: str = "Alice", months: int = 24) -> EntryRow:
    name, month = uuid.uuid4(), later(house, months)
    keys = house.epochs[house.unit]
    return EntryRow(name, month, seal_entry(place(house, month), name.bytes, keys.k_idx, what.encode()))


def page(house: House, what: str, version: int, months: int = 24) -> PageRow:
    month = later(house, months)
    keys = house.epochs[house.unit]
    return PageRow(month, 1, version, seal_page(place(house, month), version, keys.k_idx, what.encode()))


async def test_what_sam_writes_on_a_card_is_read_back_and_opens(house: House, sam: Staff) -> None:
    written = card(house, "Alice, prefers mornings")
    await write_cards(house.instance, sam, [written])
    [read] = await read_cards(house.instance, sam, [written.card, uuid.uuid4()])
    opened = open_card(
        place(house, read.month), read.card.bytes, read.rev, house.epochs[house.unit].k_card, read.bytes
    )
    assert opened == b"Alice, prefers mornings"


async def test_two_browsers_on_one_card_the_second_is_told_and_the_first_stands(
    house: House, sam: Staff
) -> None:
    first = card(house)
    await write_cards(house.instance, sam, [first])
    mine, theirs = (card(house, what, id=first.card, rev=2) for what in ("mine", "theirs"))
    await write_cards(house.instance, sam, [mine])
    with pytest.raises(StaleCard) as told:
        await write_cards(house.instance, sam, [theirs])
    assert told.value.told == {"cards": [first.card]}
    assert await read_cards(house.instance, sam, [first.card]) == [mine]
    # The same request again, its answer lost: it has been done.
    await write_cards(house.instance, sam, [mine])


@pytest.mark.parametrize("rev", [1, 2])
async def test_of_many_browsers_that_write_one_revision_one_wins(house: House, sam: Staff, rev: int) -> None:
    name = uuid.uuid4()
    if rev == 2:
        await write_cards(house.instance, sam, [card(house, id=name)])
    tries = [write_cards(house.instance, sam, [card(house, str(n), id=name, rev=rev)]) for n in range(6)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert [type(each) for each in results if each is not None] == [StaleCard] * 5
    assert results.count(None) == 1


async def test_a_batch_stands_whole_or_not_at_all(house: House, sam: Staff) -> None:
    stands, new = card(house), card(house)
    await write_cards(house.instance, sam, [stands])
    with pytest.raises(StaleCard):
        await write_cards(house.instance, sam, [new, card(house, id=stands.card, rev=5)])
    assert await read_cards(house.instance, sam, [new.card]) == []


async def test_the_labs_cards_do_not_exist_for_sam(house: House, sam: Staff) -> None:
    lab = house.id("unit", "lab")
    with pytest.raises(NoSuchUnit):
        await write_cards(house.instance, sam, [card(house)._replace(unit=lab)])
    with pytest.raises(NoSuchUnit):
        await read_index(house.instance, sam, lab, state=None, after=None)
    with pytest.raises(NoSuchUnit):
        await append_entries(house.instance, sam, lab, 1, [entry(house)])
    with pytest.raises(NoSuchUnit):
        await read_page(house.instance, sam, lab, later(house))
    with pytest.raises(NoSuchUnit):
        await read_behind(house.instance, sam, lab)
    hidden = card(house)
    await write_cards(house.instance, sam, [hidden])
    await house.instance.pool.execute("UPDATE cards SET unit = $1", lab)
    assert await read_cards(house.instance, sam, [hidden.card]) == []
    await erase_card(house.instance, sam, hidden.card, 1)
    assert await house.instance.pool.fetchval("SELECT count(*) FROM cards") == 1
    with pytest.raises(AlreadyUsed):
        await write_cards(house.instance, sam, [card(house, id=hidden.card)])


async def test_sizes_and_months_that_no_browser_seals_are_refused(house: House, sam: Staff) -> None:
    for wrong in (
        card(house)._replace(bytes=secrets.token_bytes(1051)),
        card(house, months=-1),
        card(house, months=MONTHS_AHEAD_MAX + 1),
    ):
        with pytest.raises(Unknown):
            await write_cards(house.instance, sam, [wrong])
    with pytest.raises(Unknown):
        await append_entries(house.instance, sam, house.unit, 1, [entry(house)._replace(bytes=b"x" * 283)])
    with pytest.raises(Unknown):
        await merge_page(house.instance, sam, house.unit, page(house, "", 1)._replace(bytes=b"x" * 64), [])


async def test_a_card_that_was_erased_is_gone_and_a_changed_one_stays(house: House, sam: Staff) -> None:
    one = card(house)
    await write_cards(house.instance, sam, [one])
    await write_cards(house.instance, sam, [card(house, id=one.card, rev=2)])
    with pytest.raises(StaleCard):
        await erase_card(house.instance, sam, one.card, 1)
    await erase_card(house.instance, sam, one.card, 2)
    await erase_card(house.instance, sam, one.card, 2)
    assert await read_cards(house.instance, sam, [one.card]) == []


async def test_a_card_that_is_joined_goes_with_the_writing_of_the_other_or_neither(
    house: House, sam: Staff
) -> None:
    kept, twin = card(house), card(house)
    await write_cards(house.instance, sam, [kept, twin])
    joined = card(house, "both", id=kept.card, rev=2)
    await write_cards(house.instance, sam, [card(house, "changed meanwhile", id=twin.card, rev=2)])
    with pytest.raises(StaleCard) as told:
        await write_cards(house.instance, sam, [joined], [Seen(twin.card, 1)])
    assert told.value.told == {"cards": [twin.card]}
    assert await read_cards(house.instance, sam, [kept.card]) == [kept]
    await write_cards(house.instance, sam, [joined], [Seen(twin.card, 2)])
    assert await read_cards(house.instance, sam, [kept.card, twin.card]) == [joined]
    # The same request again, its answer lost: it has been done. Another one into a card that is gone is refused.
    await write_cards(house.instance, sam, [joined], [Seen(twin.card, 2)])
    with pytest.raises(StaleCard):
        await write_cards(house.instance, sam, [card(house, id=kept.card, rev=3)], [Seen(twin.card, 2)])
    with pytest.raises(Unknown):
        await write_cards(house.instance, sam, [card(house, id=kept.card, rev=3)], [Seen(kept.card, 2)])


async def test_a_card_of_the_lab_goes_into_none_of_sams(house: House, sam: Staff) -> None:
    kept, hidden = card(house), card(house)
    await write_cards(house.instance, sam, [kept, hidden])
    await house.instance.pool.execute(
        "UPDATE cards SET unit = $1 WHERE card = $2", house.id("unit", "lab"), hidden.card
    )
    with pytest.raises(StaleCard):
        await write_cards(house.instance, sam, [card(house, id=kept.card, rev=2)], [Seen(hidden.card, 1)])
    assert await house.instance.pool.fetchval("SELECT count(*) FROM cards") == 2


async def test_entries_are_read_until_a_page_gathers_exactly_those_it_lists(house: House, sam: Staff) -> None:
    entries = [entry(house, str(nth)) for nth in range(5)]
    await append_entries(house.instance, sam, house.unit, 1, entries)
    await append_entries(house.instance, sam, house.unit, 1, entries)
    read = await read_index(house.instance, sam, house.unit, state=None, after=None)
    assert read is not None
    assert {row["entry"]: row["bytes"] for row in read.entries} == {e.entry: e.bytes for e in entries}
    assert await read_index(house.instance, sam, house.unit, state=read.state, after=None) is None
    gathered = page(house, "0 1 2", 1)
    for _ in range(2):
        await merge_page(house.instance, sam, house.unit, gathered, [each.entry for each in entries[:3]])
    after = await read_index(house.instance, sam, house.unit, state=read.state, after=None)
    assert after is not None
    assert {row["entry"] for row in after.entries} == {each.entry for each in entries[3:]}
    assert [(row["month"], row["version"]) for row in after.pages] == [(later(house), 1)]
    stored = await read_page(house.instance, sam, house.unit, later(house))
    assert open_page(place(house, stored.month), 1, house.epochs[house.unit].k_idx, stored.bytes) == b"0 1 2"


async def test_two_browsers_that_gather_one_month_lose_no_entry(house: House, sam: Staff) -> None:
    entries = [entry(house, str(nth)) for nth in range(4)]
    await append_entries(house.instance, sam, house.unit, 1, entries)
    ids = [each.entry for each in entries]
    tries = [
        merge_page(house.instance, sam, house.unit, page(house, "0 1", 1), ids[:2]),
        merge_page(house.instance, sam, house.unit, page(house, "2 3", 1), ids[2:]),
    ]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert [type(each) for each in results].count(StalePage) == 1
    left = await read_index(house.instance, sam, house.unit, state=None, after=None)
    assert left is not None
    assert len(left.entries) == 2
    stored = await read_page(house.instance, sam, house.unit, later(house))
    opened = open_page(place(house, stored.month), 1, house.epochs[house.unit].k_idx, stored.bytes)
    in_page = {ids[int(nth)] for nth in opened.split()}
    assert in_page | {row["entry"] for row in left.entries} == set(ids)


async def test_an_entry_somebody_gathered_already_stops_the_whole_merge(house: House, sam: Staff) -> None:
    kept = entry(house)
    await append_entries(house.instance, sam, house.unit, 1, [kept])
    with pytest.raises(StalePage):
        await merge_page(house.instance, sam, house.unit, page(house, "", 1), [kept.entry, uuid.uuid4()])
    left = await read_index(house.instance, sam, house.unit, state=None, after=None)
    assert left is not None
    assert ([row["entry"] for row in left.entries], left.pages) == ([kept.entry], [])


async def test_a_month_falls_whole_when_it_is_over(house: House, sam: Staff) -> None:
    falls, stays = card(house, months=1), card(house, months=2)
    await write_cards(house.instance, sam, [falls, stays])
    await append_entries(house.instance, sam, house.unit, 1, [entry(house, months=1), entry(house, months=2)])
    await merge_page(house.instance, sam, house.unit, page(house, "", 1, months=1), [])
    assert (await retain(house.instance))["card"] == 0
    while month_of(house.clock()) != stays.month:
        house.clock.now += timedelta(days=20)
    assert (await retain(house.instance))["card"] == 3
    assert (await retain(house.instance))["card"] == 0
    assert await house.instance.pool.fetchval("SELECT array_agg(card) FROM cards") == [stays.card]
    assert await house.instance.pool.fetchval("SELECT count(*) FROM index_entries") == 1


async def test_after_an_epoch_nothing_goes_under_the_old_keys_and_what_is_behind_is_told(
    house: House, sam: Staff
) -> None:
    old = [card(house, str(nth)) for nth in range(3)]
    await write_cards(house.instance, sam, old)
    await append_entries(house.instance, sam, house.unit, 1, [entry(house)])
    await merge_page(house.instance, sam, house.unit, page(house, "", 1), [])
    token = await sam_signs_in(house)
    await house.turn_epoch(house.instance.pool)
    now = await member_of(house.instance, token, house.practice)
    # With the member as judged before the turn, too: the statement looks at the head once more.
    for staff in (sam, now):
        with pytest.raises(StaleRoster):
            await write_cards(house.instance, staff, [card(house)])
        with pytest.raises(StaleRoster):
            await append_entries(house.instance, staff, house.unit, 1, [entry(house)])
        with pytest.raises(StaleRoster):
            await merge_page(house.instance, staff, house.unit, page(house, "", 2), [])
    behind = await read_behind(house.instance, now, house.unit)
    assert (behind.cards, behind.entries, behind.pages) == (3, 1, 1)
    assert {row.card for row in behind.oldest} == {each.card for each in old}
    again = [card(house, "again", id=row.card, rev=row.rev + 1, e=2) for row in behind.oldest]
    await write_cards(house.instance, now, again)
    assert (await read_behind(house.instance, now, house.unit))[:3] == (0, 1, 1)


async def test_who_was_removed_reads_no_card(house: House, sam: Staff) -> None:
    token = await sam_signs_in(house)
    await house.remove_sam(house.instance.pool)
    with pytest.raises(NoSuchPractice):
        await member_of(house.instance, token, house.practice)


async def test_a_card_that_is_being_written_stands_before_its_writers_removal_and_none_after(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await people.bento(house)
    nadia = await people.bring_in(owner, house, "Nadia", Role.SECRETARY, [house.unit])
    assert nadia.member is not None
    staff, change = await nadia.staff(house), await people.removal(owner, house, nadia.member)
    check_head = keep_cards.check_head
    leaving: list[asyncio.Task[RosterStands]] = []

    async def checked(tx: Transaction, who: Staff) -> None:
        await check_head(tx, who)
        leaving.append(asyncio.create_task(owner.change(house, change)))
        await asyncio.wait(leaving, timeout=0.3)
        assert not leaving[0].done()

    monkeypatch.setattr(keep_cards, "check_head", checked)
    written = card(house)
    await write_cards(house.instance, staff, [written])
    await leaving[0]
    monkeypatch.undo()
    assert await read_cards(house.instance, await owner.staff(house), [written.card]) == [written]
    with pytest.raises(StaleRoster):
        await write_cards(house.instance, staff, [card(house)])


async def test_an_entry_goes_under_an_id_that_nothing_else_has(house: House, sam: Staff) -> None:
    first = entry(house)
    for _ in range(2):
        await append_entries(house.instance, sam, house.unit, 1, [first])
    with pytest.raises(AlreadyUsed):
        await append_entries(
            house.instance, sam, house.unit, 1, [entry(house), first._replace(bytes=entry(house).bytes)]
        )
    assert (await read_index(house.instance, sam, house.unit, state=None, after=None)).entries[0][
        "bytes"
    ] == first.bytes  # type: ignore[union-attr]


async def test_of_a_batch_the_one_that_was_changed_meanwhile_is_named_and_no_other(
    house: House, sam: Staff
) -> None:
    first, second = card(house), card(house)
    await write_cards(house.instance, sam, [first, second])
    with pytest.raises(StaleCard) as told:
        await write_cards(
            house.instance, sam, [card(house, id=first.card, rev=2), card(house, id=second.card, rev=3)]
        )
    assert told.value.told == {"cards": [second.card]}
