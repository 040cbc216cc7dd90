# SPDX-License-Identifier: AGPL-3.0-or-later
"""The volume is gone while people book: what was acknowledged before the last sending is back, and the ledger with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pyrage
import pytest

from backed_house import backed_house, records_in, wait_until
from serment.backup.names import Name
from serment.backup.restoring import CannotRestore, restore
from serment.backup.sending import ROUND_SECONDS
from serment.backup.target import Folder
from serment.database.pool import UNREACHABLE
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
    vault = root / "vault"
    vault.mkdir()
    async with backed_house(root / "data", Folder(vault)) as standing:
        await standing.work.whole()

        async def people_book() -> None:
            for _ in range(BOOKINGS):
                await standing.books()

        booking = asyncio.create_task(people_book())
        sent: set[UUID] = set()
        while len(sent) < BOOKINGS // 2:
            before = set(standing.told)
            await standing.work.round()
            sent = before
            await asyncio.sleep(0.05)
        # Somebody more is told, and nothing is sent of it.
        await wait_until(lambda: len(standing.told) > len(sent) or booking.done())
        assert standing.postgres.pid is not None
        os.kill(standing.postgres.pid, signal.SIGKILL)
        standing.volume_goes()
        booking.cancel()
        await asyncio.gather(booking, return_exceptions=True)
        return Lost(vault, standing.key, sent, set(standing.told), standing.log.verifier_key)


async def test_what_was_acknowledged_before_the_last_round_is_back(lost: Lost, tmp_path: Path) -> None:
    restored = await restore(lost.vault, tmp_path / "data", [lost.key])
    back = await records_in(tmp_path / "data")
    assert lost.sent <= back <= lost.told and len(lost.sent) >= BOOKINGS // 2
    assert restored.era == 2 and restored.appointments == len(back)
    assert (tmp_path / "data" / "secret").stat().st_size == 32
    # The ledger's files are never ahead of its rows: it publishes on from there.
    assert verify(tmp_path / "data" / "ledger", lost.log_key)
    assert 2 * ROUND_SECONDS < LOST_SECONDS_MAX
    with pytest.raises(CannotRestore, match="is there already"):
        await restore(lost.vault, tmp_path / "data", [lost.key])


async def test_a_file_cut_short_is_passed_over_and_a_lacking_one_is_said(lost: Lost, tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    shutil.copytree(lost.vault, vault)
    named = [(path, Name.read(str(path.relative_to(vault)))) for path in sorted(vault.glob("*/*.age"))]
    logs = [(path, name) for path, name in named if name is not None and name.kind == "wal"]
    path, name = logs[0]
    with Folder(vault).put(Name.new(name.at, "wal", *name.numbers)) as file:
        file.write(path.read_bytes()[:-100])
    await restore(vault, tmp_path / "one", [lost.key])
    path.chmod(0o600)
    path.unlink()
    with pytest.raises(CannotRestore, match="is not whole"):
        await restore(vault, tmp_path / "two", [lost.key])
    with pytest.raises(CannotRestore, match="opens with this key"):
        await restore(lost.vault, tmp_path / "two", [pyrage.x25519.Identity.generate()])
    with pytest.raises(CannotRestore, match="no base that is whole"):
        await restore(lost.vault, tmp_path / "two", [lost.key], until=name.at - timedelta(days=1))
    assert not (tmp_path / "two" / "postgres").exists()


async def test_sending_goes_on_where_it_was_when_postgresql_was_killed(tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    vault.mkdir()
    async with backed_house(tmp_path / "home", Folder(vault)) as home:
        await home.work.whole()
        before = await home.work.round()
        assert home.postgres.pid is not None
        os.kill(home.postgres.pid, signal.SIGKILL)
        sending, after = asyncio.create_task(home.work.run()), 0
        while not after:
            with contextlib.suppress(*UNREACHABLE):
                await home.books()
                after = len(home.told)
        await wait_until(lambda: home.work.sent_until > before)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await home.work.round()
        key, told = home.key, set(home.told)
    await restore(vault, tmp_path / "again", [key])
    assert told and told <= await records_in(tmp_path / "again")
