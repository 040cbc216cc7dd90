# SPDX-License-Identifier: AGPL-3.0-or-later
"""B12: root on server and database: takes everything, purges and forges backups, rewrites the ledger, overwrites the volume."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from backed_house import BackedHouse, backed_house, records_in
from bento_house import Hand
from leaks.markers import files, search
from replays.stage import Stage
from serment.backup import sealing
from serment.backup.names import Name
from serment.backup.restoring import restore
from serment.backup.sending import CHECKPOINT, ROUND_SECONDS
from serment.backup.target import Command, NotKept
from serment.server.ledger_folder import LedgerFolder
from serment.server.stores import ledger
from serment.server.usecases.export_entries import export_entries
from serment.server.usecases.publish_checkpoint import publish_checkpoint
from serment.server.usecases.read_envelope import read_by_link
from serment.verifier.ledger import verify
from serment.verifier.notes import Wrong

REWRITTEN = 500
BOOKINGS, BOOKINGS_SHORT = 300, 40
OVERWRITTEN_BYTES = 1 << 16
CLEAR = b"Cabinet Bento"  # stands in the database as anybody may read it


@dataclass
class Told:
    """A booking and when its patient was told."""

    record: UUID
    at: float


async def play(stage: Stage) -> dict[str, float]:
    """What the thief got, changed and hid, and what it cost."""
    stage.day_comes()
    await stage.until(stage.house.clock.now + timedelta(hours=8))
    vault = stage.folder / "vault"
    vault.mkdir()
    far_end = Command([sys.executable, "-m", "serment.cli", "receive", str(vault)])
    async with backed_house(stage.folder / "home", far_end) as home:
        until_theft = stage.chance.uniform(ROUND_SECONDS, 3 * ROUND_SECONDS)
        told = await _a_day(home, BOOKINGS_SHORT if stage.short else BOOKINGS, until_theft)
        kept, checkpoint = _digests(vault), (home.data / CHECKPOINT).read_bytes()
        exported = await _exported(home, stage.folder)
        theft, lost_at = datetime.now(UTC).replace(microsecond=0), time.monotonic()
        await asyncio.sleep(1)  # names of backups say whole seconds
        loot = stage.folder / "loot"
        shutil.copytree(home.data, loot, ignore=shutil.ignore_patterns("*.sock*", ".s.*"))
        shutil.copytree(vault, loot / "vault")
        added = await _attacks_the_backups(home, vault, kept)
        unseen = await _rewrites_the_ledger(home, exported, checkpoint)
        _overwrites(home.data)
        home.pool.terminate()
        home.postgres.stop()
        key = home.key
    changed = sum(_digests(vault).get(name) != digest for name, digest in kept.items())
    begun = time.monotonic()
    await restore(vault, stage.folder / "again", [key], until=theft)
    back = await records_in(stage.folder / "again")
    taken = [data for _, data in files(loot)]
    return {
        "nothing_was_taken": float(not any(CLEAR in data for data in taken)),
        "readable_in_the_loot": sum(len(list(search("loot", data, stage.oracle.wanted))) for data in taken),
        "backups_changed": changed,
        "added_to_the_past": added,
        "rewritings_unseen": unseen,
        "seconds_of_bookings_lost": max(
            (lost_at - one.at for one in told if one.record not in back), default=0.0
        ),
        "minutes_to_be_back": (time.monotonic() - begun) / 60,
    }


async def _a_day(home: BackedHouse, bookings: int, until_theft: float) -> list[Told]:
    """People book and read while backups go out, until the theft: so many seconds after the first of them went."""
    told: list[Told] = []
    await home.work.whole()
    sending = asyncio.create_task(home.work.run())
    hands = [await _one_more(home, told) for _ in range(bookings)]
    for nth in range(REWRITTEN - bookings):
        await read_by_link(home.house.instance, hands[nth % bookings].cap.row_token)
    await publish_checkpoint(home.house.instance)
    end = time.monotonic() + until_theft
    while time.monotonic() < end:
        await _one_more(home, told)
        await asyncio.sleep(0.5)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    return told


async def _one_more(home: BackedHouse, told: list[Told]) -> Hand:
    hand = await home.books()
    told.append(Told(hand.record, time.monotonic()))
    return hand


def _digests(vault: Path) -> dict[str, str]:
    return {
        str(path.relative_to(vault)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in vault.glob("*/*.age")
    }


async def _exported(home: BackedHouse, folder: Path) -> Path:
    """What an inspector keeps: entries in words."""
    out = folder / "entries.jsonl"
    out.write_text("".join([f"{line}\n" async for line in export_entries(home.pool, home.log.size())]))
    return out


async def _attacks_the_backups(home: BackedHouse, vault: Path, kept: Iterable[str]) -> float:
    """All that the command takes: names that are kept, names of the past, names of nothing; and a forgery of the present."""
    target, recipients = home.work.config.target, home.work.config.recipients
    past = datetime.now(UTC) - timedelta(hours=1)
    tries = [name for name in map(Name.read, list(kept)[:20]) if name is not None]
    tries += [Name.new(past, "done"), Name.new(past, "base"), Name.new(past, "wal", 1, 0, 1 << 40)]
    before = set(_digests(vault))
    for name in tries:
        with contextlib.suppress(NotKept), target.put(name) as file:
            file.write(b"nothing")
    added = len(set(_digests(vault)) - before)
    base = Name.new(datetime.now(UTC), "base")
    sealing.put(target, recipients, base, b"no cluster at all")
    forged = {
        "base": str(base),
        "replay_from": 0,
        "stop": 0,
        "major": 18,
        "segment_bytes": 1 << 24,
        "timeline": 1,
    }
    sealing.put(target, recipients, Name.new(datetime.now(UTC), "done"), json.dumps(forged).encode())
    return added


async def _rewrites_the_ledger(home: BackedHouse, exported: Path, checkpoint: bytes) -> float:
    """Other readers in 500 entries, and the tree made anew with the log's own key; how many of two witnesses saw nothing."""
    await home.pool.execute("UPDATE ledger SET at = at - interval '1 hour' WHERE leaf < $1", REWRITTEN)
    key = (home.data / "ledger" / "log.key").read_bytes()
    shutil.rmtree(home.data / "ledger")
    (home.data / "ledger").mkdir()
    (home.data / "ledger" / "log.key").write_bytes(key)
    (home.data / "ledger" / "log.key").chmod(0o600)
    forged = LedgerFolder(home.data / "ledger", home.house.instance.name)
    entries = await ledger.read_numbered(home.pool, 0, 1_000_000)
    forged.append(0, [entry.commitment(salt) for _, salt, entry in entries])
    verify(forged.folder, forged.verifier_key)  # by itself it is a log like any other
    unseen = 0
    for earlier, said in ([("kept", checkpoint)], None), ([], exported):
        with contextlib.suppress(Wrong):
            verify(forged.folder, forged.verifier_key, earlier=earlier, entries=said)
            unseen += 1
    return unseen


def _overwrites(data: Path) -> None:
    for path in sorted(data.rglob("*")):
        with contextlib.suppress(OSError):
            if path.is_file():
                path.write_bytes(os.urandom(min(path.stat().st_size, OVERWRITTEN_BYTES)))
