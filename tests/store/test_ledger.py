# SPDX-License-Identifier: AGPL-3.0-or-later
"""Before sealed bytes leave, an entry stands; a few seconds later the verifier finds it in the published log."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from bento_house import Hand, House, at, open_house, sam_signs_in
from serment.check_ledger import compared
from serment.database.pool import Pool, open_pool
from serment.domain.retention import kept
from serment.finding import Verdict
from serment.server.instance import Instance
from serment.server.ledger_folder import CHECKPOINT, LedgerBroken, LedgerFolder
from serment.server.stores import ledger
from serment.server.usecases import compare_lines
from serment.server.usecases.errors import NoSuchAppointment
from serment.server.usecases.export_entries import export_entries
from serment.server.usecases.membership import Staff, member_of
from serment.server.usecases.publish_checkpoint import publish_checkpoint
from serment.server.usecases.read_accesses import read_accesses
from serment.server.usecases.read_envelope import read_by_link, read_for_member, read_list, read_unopened
from serment.settings import LEDGER_FOLDER, Settings
from serment.verifier.ledger import verify


@pytest.fixture
async def house(new_database: Callable[[], Awaitable[str]], tmp_path: Path) -> AsyncIterator[House]:
    pool = await open_pool(await new_database(), connections_max=8)
    house = await open_house(pool)
    with_log = dataclasses.replace(
        house.instance, ledger=LedgerFolder(tmp_path / LEDGER_FOLDER, house.instance.name)
    )
    yield dataclasses.replace(house, instance=with_log)
    pool.terminate()


@pytest.fixture
async def sam(house: House) -> Staff:
    return await member_of(house.instance, await sam_signs_in(house), house.practice)


async def noted(pool: Pool) -> list[str]:
    """Every entry: purpose, parts, and whose records."""
    rows = await pool.fetch(
        "SELECT purpose, parts, reader, records FROM ledger ORDER BY at, purpose, cardinality(records)"
    )
    return [
        f"{row['purpose']} {row['parts']} {len(row['records'])} {'link' if row['reader'] is None else 'member'}"
        for row in rows
    ]


async def expire_entries(instance: Instance) -> int:
    return await ledger.erase(instance.pool, kept("ledger").before(instance.clock()), 500)


async def days(house: House, sam: Staff, known: list[tuple[UUID, int]] | None = None) -> None:
    await read_list(house.instance, sam, [house.bento], at("00:00"), at("23:00"), kids=[], known=known or [])


async def test_each_way_out_writes_who_took_what_for_what(house: House, sam: Staff) -> None:
    alice, tom = Hand(house), Hand(house)
    await alice.book(at("09:00"))
    await tom.book(at("09:30"))
    assert await noted(house.instance.pool) == []
    await days(house, sam)
    await days(house, sam, known=[(alice.record, 1)])
    await days(house, sam, known=[(alice.record, 1), (tom.record, 1)])
    await read_unopened(house.instance, sam, after=None, kids=[house.epochs[house.unit].kem.kid], most=50)
    await read_for_member(house.instance, sam, alice.record, ["ct", "rs", "ct"], [])
    await read_by_link(house.instance, alice.cap.row_token)
    with pytest.raises(NoSuchAppointment):
        await read_for_member(house.instance, sam, UUID(int=5), ["id"], [])
    # What a desk knows already does not leave, and is not entered; nor is what does not exist.
    assert await noted(house.instance.pool) == [
        "1 1 1 member", "1 1 2 member", "2 1 2 member", "3 6 1 member", "4 7 1 link",
    ]  # fmt: skip


async def test_alice_reads_who_took_what_of_her_appointment_by_days_and_of_no_other(
    house: House, sam: Staff
) -> None:
    alice, tom = Hand(house), Hand(house)
    await alice.book(at("09:00"))
    await tom.book(at("09:30"))
    await days(house, sam)
    await days(house, sam)
    await read_for_member(house.instance, sam, alice.record, ["ct"], [])
    # The evening before, in UTC, is the same night in Paris.
    house.clock.now = at("09:00") + timedelta(hours=14, minutes=30)
    await read_by_link(house.instance, alice.cap.row_token)
    told = await read_accesses(house.instance, alice.cap.row_token)
    assert [(each.member, each.purpose, each.parts, each.times) for each in told.accesses] == [
        (None, "link", ["id", "ct", "rs"], 1),
        (sam.member, "agenda", ["id"], 2),
        (sam.member, "record", ["ct"], 1),
    ]
    assert not told.more
    newest, *before = (each.day for each in told.accesses)
    assert all(newest > day for day in before)
    assert len((await read_accesses(house.instance, tom.cap.row_token)).accesses) == 1
    with pytest.raises(NoSuchAppointment):
        await read_accesses(house.instance, b"x" * 32)


async def test_after_a_year_a_line_is_erased_and_the_tree_holds(
    house: House, sam: Staff, tmp_path: Path
) -> None:
    alice = Hand(house)
    await alice.book(at("09:00"))
    await read_by_link(house.instance, alice.cap.row_token)
    assert await publish_checkpoint(house.instance) == 1
    house.clock.now += timedelta(days=364)
    await days(house, sam)
    assert await expire_entries(house.instance) == 0
    house.clock.now += timedelta(days=3)
    await read_by_link(house.instance, alice.cap.row_token)
    assert await expire_entries(house.instance) == 1
    assert await noted(house.instance.pool) == ["1 1 1 member", "4 7 1 link"]
    # A line is erased only once it stands in the tree.
    house.clock.now += timedelta(days=366)
    assert await expire_entries(house.instance) == 0
    assert await publish_checkpoint(house.instance) == 3
    log = house.instance.ledger
    assert log is not None and verify(log.folder, log.verifier_key)
    lines = [json.loads(line)["leaf"] async for line in export_entries(house.instance.pool, 3)]
    assert lines == [1, 2]
    assert await expire_entries(house.instance) == 2
    assert verify(log.folder, log.verifier_key)


async def test_what_cannot_be_entered_does_not_leave(house: House, sam: Staff) -> None:
    alice = Hand(house)
    await alice.book(at("09:00"))
    kids = [house.epochs[house.unit].kem.kid]
    await house.instance.pool.execute("DROP TABLE ledger")
    for leaving in (
        lambda: days(house, sam),
        lambda: read_for_member(house.instance, sam, alice.record, ["id"], []),
        lambda: read_by_link(house.instance, alice.cap.row_token),
        lambda: read_unopened(house.instance, sam, after=None, kids=kids, most=50),
    ):
        with pytest.raises(asyncpg.UndefinedTableError):
            await leaving()
    await Hand(house).book(at("10:00"))  # booking goes on


async def read_often(instance: Instance, row_token: bytes, times: int) -> None:
    for _ in range(times):
        await read_by_link(instance, row_token)


async def test_entries_are_published_and_the_verifier_finds_each_of_them(
    house: House, sam: Staff, tmp_path: Path
) -> None:
    alice = Hand(house)
    await alice.book(at("09:00"))
    assert await publish_checkpoint(house.instance) == 0
    await read_often(house.instance, alice.cap.row_token, 3)
    assert await publish_checkpoint(house.instance) == 3
    await days(house, sam)
    assert await publish_checkpoint(house.instance) == 4
    assert await publish_checkpoint(house.instance) == 4
    log = house.instance.ledger
    assert log is not None
    lines = [line async for line in export_entries(house.instance.pool, log.size())]
    entries = tmp_path / "entries"
    entries.write_text("\n".join(lines), "utf-8")
    assert "4 entries in words" in verify(log.folder, log.verifier_key, entries=entries)[-1]
    told = json.loads(lines[-1])["text"]
    assert f"reader member {sam.member}\npurpose agenda\nparts id\nrecords {alice.record}\n" in told


async def test_an_erased_entry_breaks_no_proof_and_says_nothing_more(house: House) -> None:
    alice = Hand(house)
    await alice.book(at("09:00"))
    await read_often(house.instance, alice.cap.row_token, 2)
    await publish_checkpoint(house.instance)
    await house.instance.pool.execute("DELETE FROM ledger")
    await read_often(house.instance, alice.cap.row_token, 1)
    assert await publish_checkpoint(house.instance) == 3
    log = house.instance.ledger
    assert log is not None
    assert verify(log.folder, log.verifier_key)
    assert len([line async for line in export_entries(house.instance.pool, 3)]) == 1


async def test_a_crash_between_numbers_and_tiles_makes_no_other_tree(house: House) -> None:
    alice, log = Hand(house), house.instance.ledger
    assert log is not None
    await alice.book(at("09:00"))
    await read_often(house.instance, alice.cap.row_token, 5)
    async with ledger.numbering(house.instance.pool) as connection:
        assert connection is not None
        await ledger.number(connection, 0, 3)  # and here it dies
    numbered = await house.instance.pool.fetch("SELECT line, leaf FROM ledger WHERE leaf IS NOT NULL")
    await read_often(house.instance, alice.cap.row_token, 2)
    assert await publish_checkpoint(house.instance) == 7
    now = await house.instance.pool.fetch("SELECT line, leaf FROM ledger")
    assert {(row["line"], row["leaf"]) for row in numbered} <= {(row["line"], row["leaf"]) for row in now}
    assert verify(log.folder, log.verifier_key)


@pytest.mark.parametrize(
    ("touched", "leaf", "what"),
    [
        ("UPDATE ledger SET reader = gen_random_uuid() WHERE leaf = 3", 3, "changed"),
        ("DELETE FROM ledger WHERE leaf = 5", 5, "missing"),
        ("DELETE FROM ledger WHERE leaf > 4", 5, "missing"),
        ("DELETE FROM ledger", 0, "missing"),
    ],
    ids=["changed", "deleted", "newest deleted", "all deleted"],
)
async def test_a_line_changed_or_deleted_in_the_database_as_root_is_found_said_once_and_kept(
    house: House, monkeypatch: pytest.MonkeyPatch, touched: str, leaf: int, what: str
) -> None:
    monkeypatch.setattr(
        compare_lines, "LINES_A_ROUND_MAX", 2
    )  # rounds end in the middle of tiles, and of the log
    alice, log, pool = Hand(house), house.instance.ledger, house.instance.pool
    assert log is not None
    await alice.book(at("09:00"))
    assert await a_pass(house.instance) == 0
    await read_often(house.instance, alice.cap.row_token, 6)
    await publish_checkpoint(house.instance)
    await read_often(house.instance, alice.cap.row_token, 2)
    await publish_checkpoint(house.instance)
    assert await a_pass(house.instance) == 8
    # What erasure takes, the oldest first, is missed by nobody, in the middle of a pass neither.
    assert await compare_lines.compare_lines(house.instance) == 2
    await pool.execute("DELETE FROM ledger WHERE leaf < 3" if leaf else "SELECT")
    assert await a_pass(house.instance) > 0 and log.differing() is None
    await pool.execute("CREATE TABLE kept AS SELECT * FROM ledger")
    await pool.execute(touched)
    with pytest.raises(compare_lines.LinesDiffer):
        await a_pass(house.instance)
    found = log.differing()
    assert found is not None and (found.leaf, found.what, found.since) == (leaf, what, house.clock())
    await a_pass(house.instance)  # said once
    [said] = compared(Settings(data=log.folder.parent))
    assert said.verdict is Verdict.WRONG and f"The line {leaf} of the access ledger" in said.sentence
    await pool.execute("DELETE FROM ledger")
    await pool.execute("INSERT INTO ledger SELECT * FROM kept")
    await a_pass(house.instance)
    assert log.differing() is None and list(compared(Settings(data=log.folder.parent))) == []


async def a_pass(instance: Instance) -> int:
    """Rounds until the next one begins anew; how many lines were compared."""
    done = await compare_lines.compare_lines(instance)
    while instance.ledger is not None and instance.ledger.compared > 0:
        done += await compare_lines.compare_lines(instance)
    return done


async def test_two_servers_publish_one_log_while_many_read(house: House) -> None:
    alice, log = Hand(house), house.instance.ledger
    assert log is not None
    await alice.book(at("09:00"))
    reading = [asyncio.create_task(read_often(house.instance, alice.cap.row_token, 25)) for _ in range(3)]
    while not all(task.done() for task in reading):
        await asyncio.gather(publish_checkpoint(house.instance), publish_checkpoint(house.instance))
    await asyncio.gather(*reading)
    assert await publish_checkpoint(house.instance) == 75
    assert verify(log.folder, log.verifier_key)
    leaves = await house.instance.pool.fetch("SELECT leaf FROM ledger ORDER BY leaf")
    assert [row["leaf"] for row in leaves] == list(range(75))


async def test_a_log_put_back_from_an_older_copy_is_said_and_not_written_over(
    house: House, tmp_path: Path
) -> None:
    alice, log = Hand(house), house.instance.ledger
    assert log is not None
    await alice.book(at("09:00"))
    await read_often(house.instance, alice.cap.row_token, 2)
    await publish_checkpoint(house.instance)
    kept = (log.folder / CHECKPOINT).read_bytes()
    await read_often(house.instance, alice.cap.row_token, 2)
    await publish_checkpoint(house.instance)
    await house.instance.pool.execute("DELETE FROM ledger WHERE leaf < 3")
    (log.folder / CHECKPOINT).write_bytes(kept)
    await read_often(house.instance, alice.cap.row_token, 1)
    with pytest.raises(LedgerBroken):
        await publish_checkpoint(house.instance)
    assert (log.folder / CHECKPOINT).read_bytes() == kept


async def test_the_day_of_an_entry_is_the_clocks(house: House) -> None:
    alice = Hand(house)
    await alice.book(at("09:00"))
    before = house.clock()
    house.clock.pass_(minutes=1)
    await read_by_link(house.instance, alice.cap.row_token)
    [when] = [row["at"] for row in await house.instance.pool.fetch("SELECT at FROM ledger")]
    assert when == (before + timedelta(minutes=1)).replace(microsecond=0)
