# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment check`, the part of backups: whether there are any, and since when none was sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from serment.database.pool import brief_connection
from serment.database.queries import load
from serment.finding import Finding, good, note, wrong
from serment.settings import BACKUP_FILE, Settings

SENT_MINUTES_MAX: Final = 5
BASES_MISSED_MAX: Final = 2


def backed_up(settings: Settings) -> Iterator[Finding]:
    """Whether backup.toml is there and right, and how old what was sent is."""
    from serment.backup.config import BackupConfigWrong, read_config
    from serment.backup.standing import read_standing

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
