# SPDX-License-Identifier: AGPL-3.0-or-later
"""The volume is gone while people book: what was acknowledged before the last sending is back, and the ledger with it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pyrage
import pytest

from backed_house import backed_house, records_in, wait_until
from serment.backup import sealing
from serment.backup.names import Kind, Name
from serment.backup.restoring import CannotRestore, restore
from serment.backup.sending import ROUND_SECONDS, Backup
from serment.backup.source import SLOT
from serment.backup.target import Folder
from serment.backup.wal import write_lsn
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
    owned: Path


# What somebody who owned the server leaves in its database for whoever restores it.
ATTACK = """
CREATE FUNCTION theirs() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'theirs ran'; END $$;
CREATE FUNCTION theirs_too() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'theirs ran'; END $$;
CREATE TRIGGER theirs BEFORE UPDATE ON instance FOR EACH ROW WHEN (new.era <> old.era) EXECUTE FUNCTION theirs_too();
CREATE EVENT TRIGGER theirs ON ddl_command_start EXECUTE FUNCTION theirs();
"""


@pytest.fixture(scope="module")
async def lost(tmp_path_factory: pytest.TempPathFactory) -> Lost:
    root = tmp_path_factory.mktemp("lost")
    vault = root / "vault"
    vault.mkdir()
    async with backed_house(root / "data", Folder(vault)) as standing:
        await standing.pool.execute(ATTACK)
        await standing.pool.execute(f"ALTER SYSTEM SET recovery_end_command = 'touch {root / 'owned'}'")
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
        return Lost(vault, standing.key, sent, set(standing.told), standing.log.verifier_key, root / "owned")


async def test_what_was_acknowledged_before_the_last_round_is_back(lost: Lost, tmp_path: Path) -> None:
    restored = await restore(lost.vault, tmp_path / "data", [lost.key])
    back = await records_in(tmp_path / "data")
    assert lost.sent <= back <= lost.told and len(lost.sent) >= BOOKINGS // 2
    assert restored.passed == () and not lost.owned.exists()
    assert restored.era > 1 and restored.appointments == len(back)
    assert (tmp_path / "data" / "secret").stat().st_size == 32
    # The ledger's files are never ahead of its rows: it publishes on from there.
    assert verify(tmp_path / "data" / "ledger", lost.log_key)
    assert 2 * ROUND_SECONDS < LOST_SECONDS_MAX
    with pytest.raises(CannotRestore, match="is there already"):
        await restore(lost.vault, tmp_path / "data", [lost.key])
    (tmp_path / "live").mkdir()
    (tmp_path / "live" / "secret").write_bytes(b"an instance's with a PostgreSQL of its own")
    with pytest.raises(CannotRestore, match="secret is there already"):
        await restore(lost.vault, tmp_path / "live", [lost.key])
    assert [path.name for path in (tmp_path / "live").iterdir()] == ["secret"]


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


async def test_what_an_attacker_adds_is_passed_over_and_said(lost: Lost, tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    shutil.copytree(lost.vault, vault)
    wal, now = _log(vault), datetime.now(UTC) + timedelta(minutes=1)
    (vault / f"{now:%Y-%m-%d}").mkdir(exist_ok=True)
    (vault / f"{now:%Y-%m-%d/%Y%m%dT%H%M%SZ}-wal-ab12cd34.age").write_bytes(b"")

    def adds(kind: Kind, data: bytes, *numbers: int) -> Name:
        name = Name.new(now, kind, *numbers)
        sealing.put(Folder(vault), [lost.key.to_public()], name, data)
        return name

    base = adds("base", b"no cluster at all")
    told = {"base": str(base), "replay_from": 0, "stop": 0, "segment_bytes": 1 << 24, "timeline": 1}
    for data in (
        b"not JSON",
        b'{"other": 1}',
        json.dumps({**told, "timeline": "1"}).encode(),
        json.dumps(told).encode(),
    ):
        adds("done", data)
    adds("files", b"no tar")
    adds("erased", b'[["no", "card"]]')
    adds("wal", b"short", wal[0].numbers[0], wal[0].numbers[1], wal[-1].numbers[2])
    restored = await restore(vault, tmp_path / "data", [lost.key])
    assert lost.sent <= await records_in(tmp_path / "data") <= lost.told
    assert sum(str(base) in line for line in restored.passed) == 1
    assert sum("says nothing of a base" in line for line in restored.passed) == 3
    assert len(restored.passed) == 6 and (tmp_path / "data" / "secret").stat().st_size == 32


async def test_a_gap_in_the_log_is_said(lost: Lost, tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    shutil.copytree(lost.vault, vault)
    lacking = _log(vault)[-2]
    (vault / str(lacking)).chmod(0o600)
    (vault / str(lacking)).unlink()
    restored = await restore(vault, tmp_path / "data", [lost.key])
    assert restored.until <= lacking.at
    (said,) = restored.passed
    assert f"a gap at {write_lsn(lacking.numbers[1])}: 1 file(s) beyond it" in said


def _log(vault: Path) -> list[Name]:
    names = (Name.read(str(path.relative_to(vault))) for path in vault.glob("*/*.age"))
    return sorted((name for name in names if name and name.kind == "wal"), key=lambda name: name.numbers[2])


async def test_a_base_whose_log_was_thrown_away_is_none_and_a_restart_makes_no_other(tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    vault.mkdir()
    async with backed_house(tmp_path / "home", Folder(vault)) as home:
        work, later = home.work, datetime.now(UTC) + timedelta(minutes=1)
        await work.round()
        await home.pool.execute("SELECT pg_drop_replication_slot($1)", SLOT)
        work.clock = lambda: later
        assert (await work.whole()).at >= later.replace(microsecond=0)
        again = Backup(work.source, work.config, home.data, work.clock)
        await again.round()
        assert again._making is None
        elsewhere = Backup(work.source, replace(work.config, mark="another target"), home.data, work.clock)
        await elsewhere.round()
        assert elsewhere._making is not None
        await elsewhere._making
        await work.source.give_back()
        assert await home.pool.fetchval("SELECT count(*) FROM pg_replication_slots") == 0


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
