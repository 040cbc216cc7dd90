# SPDX-License-Identifier: AGPL-3.0-or-later
"""The house on a cluster of its own, with a ledger, and backups that go out of it: what a lost volume and a thief are tried on."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pyrage

from bento_house import DAY, Hand, House, at, open_house
from serment.backup.config import BackupConfig
from serment.backup.sending import Backup
from serment.backup.source import Source
from serment.backup.target import Target
from serment.database.embedded import EmbeddedPostgres
from serment.database.migrate import migrate
from serment.database.pool import Pool, open_pool
from serment.server.ledger_folder import LedgerFolder
from serment.server.usecases.publish_checkpoint import publish_checkpoint
from serment.server.usecases.read_envelope import read_by_link

A_DAY = 15  # bookings, half an hour each


@dataclass
class BackedHouse:
    """`key` opens the backups; nothing in `data` does. `told`: records whose booking was acknowledged, in order."""

    house: House
    data: Path
    postgres: EmbeddedPostgres
    pool: Pool
    work: Backup
    key: Any = field(repr=False)
    log: LedgerFolder
    told: list[UUID] = field(default_factory=list)

    async def books(self) -> Hand:
        """Somebody books, is told so, and reads it by their link: an entry of the ledger, published."""
        nth, hand = len(self.told), Hand(self.house)
        start = at("8:00", DAY + timedelta(days=nth // A_DAY)) + timedelta(minutes=30 * (nth % A_DAY))
        await hand.book(start)
        self.told.append(hand.record)
        await read_by_link(self.house.instance, hand.cap.row_token)
        await publish_checkpoint(self.house.instance)
        return hand

    def volume_goes(self) -> None:
        """All at once, while everything runs."""
        shutil.rmtree(self.data, ignore_errors=True)


@contextlib.asynccontextmanager
async def backed_house(data: Path, target: Target) -> AsyncIterator[BackedHouse]:
    """Until the block ends; the data folder is gone then, whatever happened to it before."""
    key = pyrage.x25519.Identity.generate()
    _furnish(data)
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
        work = Backup(source, BackupConfig((key.to_public(),), target, 24), data)
        yield BackedHouse(house, data, postgres, pool, work, key, log)
        pool.terminate()
    finally:
        postgres.stop()
        shutil.rmtree(data, ignore_errors=True)


def _furnish(data: Path) -> None:
    data.mkdir()
    (data / "secret").write_bytes(os.urandom(32))
    (data / "secret").chmod(0o600)


async def wait_until(happens: Callable[[], bool]) -> None:
    """The test's own timeout ends it."""
    while not happens():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def records_in(data: Path) -> set[UUID]:
    """Of every appointment of a restored data folder."""
    with EmbeddedPostgres(data / "postgres") as postgres:
        connection = await asyncpg.connect(postgres.url())
        try:
            return {row["record"] for row in await connection.fetch("SELECT record FROM appointments")}
        finally:
            await connection.close()
