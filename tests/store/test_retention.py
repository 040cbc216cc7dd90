# SPDX-License-Identifier: AGPL-3.0-or-later
"""What has been kept long enough goes, batch by batch, and the ledger says how much of what."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bento_house import DAY, Hand, House, at, open_house, sam_signs_in
from serment.database.pool import Pool, open_pool
from serment.server.ledger_folder import LedgerFolder
from serment.server.usecases import retain as retaining
from serment.server.usecases.errors import NoSuchAppointment
from serment.server.usecases.export_entries import export_entries
from serment.server.usecases.membership import Staff, member_of
from serment.server.usecases.publish_checkpoint import publish_checkpoint
from serment.server.usecases.read_envelope import read_by_link, read_for_member
from serment.server.usecases.retain import retain
from serment.verifier.ledger import verify

OF_AN_APPOINTMENT = ("appointments", "stanzas", "acts", "spans")


@pytest.fixture
async def house(new_database: Callable[[], Awaitable[str]], tmp_path: Path) -> AsyncIterator[House]:
    pool = await open_pool(await new_database(), connections_max=4)
    house = await open_house(pool)
    with_log = dataclasses.replace(house.instance, ledger=LedgerFolder(tmp_path / "log", house.instance.name))
    yield dataclasses.replace(house, instance=with_log)
    pool.terminate()


@pytest.fixture
async def sam(house: House) -> Staff:
    return await member_of(house.instance, await sam_signs_in(house), house.practice)


async def rows(pool: Pool, record: object) -> dict[str, int]:
    return {
        table: await pool.fetchval(f"SELECT count(*) FROM {table} WHERE record = $1", record)
        for table in OF_AN_APPOINTMENT
    }


async def test_the_reason_goes_at_noon_of_the_day_after_and_the_rest_still_proves_itself(
    house: House, sam: Staff
) -> None:
    alice = Hand(house)
    await alice.book(at("17:30"))
    before = (await read_by_link(house.instance, alice.cap.row_token)).appointment
    assert before.bodies.rs is not None
    house.clock.now = at("12:59", DAY + timedelta(days=1))  # 11:59 UTC
    assert (await retain(house.instance))["reason"] == 0
    house.clock.now = at("13:00", DAY + timedelta(days=1))
    assert (await retain(house.instance))["reason"] == 1
    after = (await read_by_link(house.instance, alice.cap.row_token)).appointment
    assert after.bodies.rs is None
    assert after.body_hashes.rs == hashlib.sha256(before.bodies.rs).digest()
    assert (after.bodies.id, after.bodies.ct, after.sig) == (before.bodies.id, before.bodies.ct, before.sig)
    at_the_desk = await read_for_member(house.instance, sam, alice.record, ["id", "rs"], [])
    assert at_the_desk.bodies.rs is None and at_the_desk.bodies.id is not None
    assert (await retain(house.instance))["reason"] == 0
    assert (
        await house.instance.pool.fetchval(
            "SELECT count(*) FROM appointments WHERE position($1 IN body_rs) > 0", before.bodies.rs
        )
        == 0
    )


async def test_the_appointment_goes_three_months_later_with_all_that_belongs_to_it_and_no_other(
    house: House,
) -> None:
    alice, tom = Hand(house), Hand(house)
    await alice.book(at("09:00"))
    await tom.book(at("09:30", DAY + timedelta(days=1)))
    pool = house.instance.pool
    house.clock.now = at("09:00", DAY.replace(month=6)) - timedelta(hours=1)  # summer: an hour earlier in UTC
    assert (await retain(house.instance))["appointment"] == 0
    house.clock.pass_(hours=2)
    assert (await retain(house.instance))["appointment"] == 1
    assert set((await rows(pool, alice.record)).values()) == {0}
    left = await rows(pool, tom.record)
    assert left["appointments"] == left["spans"] == 1 and left["stanzas"] > 0
    with pytest.raises(NoSuchAppointment):
        await read_by_link(house.instance, alice.cap.row_token)


async def test_what_a_day_erased_is_one_entry_of_the_ledger_without_an_id(house: House) -> None:
    hands = [Hand(house) for _ in range(3)]
    for nth, hand in enumerate(hands):
        await hand.book(at("09:00") + timedelta(minutes=30 * nth))
    pool, log = house.instance.pool, house.instance.ledger
    house.clock.now = at("14:00", DAY + timedelta(days=1))
    await retain(house.instance)
    assert await pool.fetchval("SELECT count(*) FROM ledger") == 0
    house.clock.pass_(days=1)
    await retain(house.instance)
    await retain(house.instance)
    assert log is not None and await publish_checkpoint(house.instance) == 1
    (line,) = [line async for line in export_entries(pool, 1)]
    assert (
        f"retention {DAY + timedelta(days=1)}\\nerased reason 3\\n" in line
        and str(house.practice) not in line
    )
    assert verify(log.folder, log.verifier_key)


async def test_a_round_broken_off_between_two_batches_is_gone_on_with(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = [Hand(house) for _ in range(5)]
    for nth, hand in enumerate(hands):
        await hand.book(at("09:00") + timedelta(minutes=30 * nth))
    pool = house.instance.pool
    house.clock.now = at("14:00", DAY + timedelta(days=1))
    monkeypatch.setattr(retaining, "ROWS_A_BATCH_MAX", 2)
    monkeypatch.setattr(retaining, "BATCHES_A_ROUND_MAX", 1)
    assert [(await retain(house.instance))["reason"] for _ in range(4)] == [2, 2, 1, 0]
    assert await pool.fetchval("SELECT erased FROM erasures WHERE what = 'reason'") == 5

    async def breaks(*_: object) -> None:
        raise ConnectionResetError

    # Erased and not counted, or counted and not erased: neither stands.
    late = Hand(house)
    house.clock.now = at("08:00", DAY + timedelta(days=2))
    await late.book(at("10:00", DAY + timedelta(days=2)))
    house.clock.now = at("14:00", DAY + timedelta(days=3))
    with monkeypatch.context() as broken:
        broken.setattr(retaining.retention, "note_erased", breaks)
        with pytest.raises(ConnectionResetError):
            await retain(house.instance)
    assert await pool.fetchval("SELECT count(*) FROM appointments WHERE hash_rs IS NULL") == 1
    assert (await retain(house.instance))["reason"] == 1
