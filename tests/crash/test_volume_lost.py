# SPDX-License-Identifier: AGPL-3.0-or-later
"""The volume is gone while people book: what was acknowledged before the last sending is back, and the ledger with it."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pyrage
import pytest

from bento_house import DAY, Hand, at, open_house
from serment.backup.config import BackupConfig
from serment.backup.names import Name
from serment.backup.restoring import CannotRestore, Restored, restore
from serment.backup.sending import ROUND_SECONDS, Backup
from serment.backup.source import Source
from serment.backup.target import Folder
from serment.database.embedded import EmbeddedPostgres
from serment.database.migrate import migrate
from serment.database.pool import open_pool
from serment.server.ledger_folder import LedgerFolder
from serment.server.usecases.publish_checkpoint import publish_checkpoint
from serment.server.usecases.read_envelope import read_by_link
from serment.verifier.ledger import verify

LOST_SECONDS_MAX = 60
BOOKINGS = 60


@dataclass
class Lost:
    """What is left: the vault and its key, and what people were told. `sent` was acknowledged before the last round began."""

    vault: Path
    key: Any
    sent: set[UUID]
    told: set[UUID]
    log_key: str


@pytest.fixture(scope="module")
async def lost(tmp_path_factory: pytest.TempPathFactory) -> Lost:
    root = tmp_path_factory.mktemp("lost")
    data, vault, key = root / "data", root / "vault", pyrage.x25519.Identity.generate()
    for folder in (data, vault):
        folder.mkdir()
    (data / "secret").write_bytes(os.urandom(32))
    postgres = EmbeddedPostgres(data / "postgres")
    postgres.start()
    try:
        await migrate(postgres.url())
        pool = await open_pool(postgres.url(), connections_max=4)
        house = await open_house(pool)
        log = LedgerFolder(data / "ledger", house.instance.name)
        house = dataclasses.replace(house, instance=dataclasses.replace(house.instance, ledger=log))
        assert postgres.carrier is not None
        source = await Source.open(postgres.url(), postgres.carrier.bin)
        work = Backup(source, BackupConfig((key.to_public(),), Folder(vault), 24), data)
        await work.whole()
        told: list[UUID] = []

        async def people_book() -> None:
            for nth in range(BOOKINGS):
                hand = Hand(house)
                await hand.book(
                    at("8:00", DAY + timedelta(days=nth // 15)) + timedelta(minutes=30 * (nth % 15))
                )
                told.append(hand.record)
                await read_by_link(house.instance, hand.cap.row_token)
                await publish_checkpoint(house.instance)

        booking = asyncio.create_task(people_book())
        sent: set[UUID] = set()
        while len(sent) < BOOKINGS // 2:
            before = set(told)
            await work.round()
            sent = before
            await asyncio.sleep(0.05)
        # Somebody more is told, and nothing is sent of it.
        await wait_for(lambda: len(told) > len(sent) or booking.done())
        assert postgres.pid is not None
        os.kill(postgres.pid, signal.SIGKILL)
        shutil.rmtree(data, ignore_errors=True)
        booking.cancel()
        await asyncio.gather(booking, return_exceptions=True)
        pool.terminate()
    finally:
        postgres.stop()
        shutil.rmtree(data, ignore_errors=True)
    return Lost(vault, key, sent, set(told), log.verifier_key)


async def wait_for(happens: Callable[[], bool]) -> None:
    while not happens():  # noqa: ASYNC110  # the test's own timeout ends it
        await asyncio.sleep(0.01)


async def records(data: Path) -> set[UUID]:
    with EmbeddedPostgres(data / "postgres") as postgres:
        connection = await asyncpg.connect(postgres.url())
        try:
            return {row["record"] for row in await connection.fetch("SELECT record FROM appointments")}
        finally:
            await connection.close()


async def bring_back(lost: Lost, data: Path) -> Restored:
    return await restore(lost.vault, data, [lost.key])


async def test_what_was_acknowledged_before_the_last_round_is_back(lost: Lost, tmp_path: Path) -> None:
    restored = await bring_back(lost, tmp_path / "data")
    back = await records(tmp_path / "data")
    assert lost.sent <= back <= lost.told and len(lost.sent) >= BOOKINGS // 2
    assert restored.era == 2 and restored.appointments == len(back)
    assert (tmp_path / "data" / "secret").stat().st_size == 32
    # The ledger's files are never ahead of its rows: it publishes on from there.
    assert verify(tmp_path / "data" / "ledger", lost.log_key)
    assert 2 * ROUND_SECONDS < LOST_SECONDS_MAX
    with pytest.raises(CannotRestore, match="is there already"):
        await bring_back(lost, tmp_path / "data")


async def test_a_file_cut_short_is_passed_over_and_a_lacking_one_is_said(lost: Lost, tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    shutil.copytree(lost.vault, vault)
    named = [(path, Name.read(str(path.relative_to(vault)))) for path in sorted(vault.glob("*/*.age"))]
    logs = [(path, name) for path, name in named if name is not None and name.kind == "wal"]
    path, name = logs[0]
    twice = Name.new(name.at, "wal", *name.numbers)
    with Folder(vault).put(twice) as file:
        file.write(path.read_bytes()[:-100])
    await restore(vault, tmp_path / "one", [lost.key])
    path.chmod(0o600)
    path.unlink()
    with pytest.raises(CannotRestore, match="is not whole"):
        await restore(vault, tmp_path / "two", [lost.key])
    assert not (tmp_path / "two" / "postgres").exists()
    with pytest.raises(CannotRestore, match="opens with this key"):
        await restore(lost.vault, tmp_path / "two", [pyrage.x25519.Identity.generate()])
