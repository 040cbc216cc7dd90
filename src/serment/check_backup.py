# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment check`, the part of backups: whether there are any, and since when none was sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from serment.database.pool import brief_connection
from serment.database.queries import load
from serment.domain.retention import kept
from serment.finding import Finding, good, note, wrong
from serment.settings import BACKUP_FILE, Settings

SENT_MINUTES_MAX: Final = 5
BASES_MISSED_MAX: Final = 2
WAITING_BYTES_MAX: Final = 1 << 30


def backed_up(settings: Settings) -> Iterator[Finding]:
    """Whether backup.toml is there and right, and how old what was sent is."""
    from serment.backup.config import BackupConfigWrong, read_config
    from serment.backup.standing import read_standing
    from serment.backup.target import Folder

    path = settings.backup or settings.data / BACKUP_FILE
    if not path.exists():
        yield note(
            "No backup is configured: if this machine is lost, so are all appointments.",
            f"docs/how-to/backup.md, then write {path}.",
        )
        return
    try:
        config = read_config(path)
    except BackupConfigWrong as error:
        yield wrong(str(error), "docs/how-to/backup.md says what stands in it.")
        return
    standing, now = read_standing(settings.data), datetime.now(UTC)
    if standing.why:
        yield wrong(
            f"Nothing of the backup goes out: {standing.why}",
            "docs/how-to/backup.md; `serment backup` tries again by itself.",
        )
    for what, last, most in (
        ("The database's log", standing.sent, timedelta(minutes=SENT_MINUTES_MAX)),
        ("A whole base", standing.base, timedelta(hours=BASES_MISSED_MAX * config.base_hours)),
    ):
        if last is None:
            yield note(f"{what} was never sent from here.", "Start `serment backup`.")
        elif now - last > most:
            yield note(
                f"{what} was last sent at {last:%Y-%m-%d %H:%M} (UTC): what came since would be lost.",
                "Look at the journal of `serment backup`.",
            )
        else:
            yield good(f"{what} was last sent at {last:%Y-%m-%d %H:%M} (UTC).")

    if isinstance(config.target, Folder):
        yield from _kept_too_long(config.target.folder, now)


def _kept_too_long(folder: Path, now: datetime) -> Iterator[Finding]:
    """Of a folder alone: whoever keeps them elsewhere sees to it there."""
    from serment.backup.names import Name

    before = kept("backup").before(now)
    names = (Name.read(str(path.relative_to(folder))) for path in folder.glob("*/*.age"))
    old = [name for name in names if name is not None and name.at < before - timedelta(days=1)]
    if old:
        yield note(
            f"{len(old)} file(s) in {folder} are older than {kept('backup').days} days, the oldest of "
            f"{min(name.at for name in old):%Y-%m-%d}: the privacy page promises that they go.",
            "docs/how-to/backup.md, section 2: the line of cron that deletes them.",
        )


async def log_kept(url: str) -> list[Finding]:
    """Whether the database keeps its log for a backup that nobody sends."""
    from serment.backup.source import SLOT

    async with brief_connection(url) as connection:
        row = await load("backup")["read_waiting"].row(connection, slot=SLOT)
    if row is None or (row["bytes"] or 0) < WAITING_BYTES_MAX:
        return []
    bound = "without end" if row["most"] == "-1" else f"up to {row['most']}"
    return [
        note(
            f"The database keeps {row['bytes'] // 1_000_000} MB of its log, {bound}, for a backup that nobody sends.",
            f"Start `serment backup`, or, to stop for good: SELECT pg_drop_replication_slot('{SLOT}').",
        )
    ]


async def alarmed(url: str) -> list[Finding]:
    """Whether somebody used what stands in a backup and nowhere else."""
    async with brief_connection(url) as connection:
        rows = await load("alarms")["read_alarms"].rows(connection)
    return [
        note(
            f"ALARM: a credential that only a backup holds was used, {row['times']} time(s), first at "
            f"{row['first']:%Y-%m-%d %H:%M}, last at {row['last']:%Y-%m-%d %H:%M} (UTC): somebody has read a backup.",
            'docs/how-to/backup.md, "Somebody has read a backup".',
        )
        for row in rows
    ]
