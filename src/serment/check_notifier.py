# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment check`, the notifier's part: whether one is configured here, and whether its keys are published in the database."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from datetime import UTC, datetime

from serment.database.pool import brief_connection
from serment.database.queries import load
from serment.finding import Finding, good, note, wrong
from serment.settings import NOTIFIER_FILE, Settings

KEY_DAYS_LOW = 395  # of the 400 that a running notifier keeps published


def configured(settings: Settings) -> Iterator[Finding]:
    """Whether notifier.toml is there and right."""
    from serment.notifier.channels.settings import ConfigWrong
    from serment.notifier.config import read_config

    path = settings.notifier or settings.data / NOTIFIER_FILE
    if not path.exists():
        yield note(
            "No notifier is configured: no reminder, confirmation or code is sent.",
            f"To send them: docs/how-to/notifier.md, then write {path}.",
        )
        return
    if not os.access(path, os.R_OK):
        yield note(
            f"{path} is another user's, as it should be: `serment notify --check` there says whether it is right."
        )
        return
    try:
        config = read_config(path)
    except ConfigWrong as error:
        yield wrong(str(error), "docs/reference/notifier-config.md says what stands in it.")
        return
    channels = ", ".join(channel.name for channel in (*config.texts, *config.letters))
    asyncio.run(config.close())
    yield good(f"{path} names channels: {channels}. `serment notify --check` asks them.")


async def published(url: str) -> list[Finding]:
    """Whether a notifier gave its keys to this database, and for how long browsers can prepare messages."""
    async with brief_connection(url) as connection:
        until = await load("messages")["published_until"].value(connection)
    today = datetime.now(UTC).date()
    if until is None:
        return [note("No notifier has published its keys here: browsers prepare no message.")]
    if (until - today).days < KEY_DAYS_LOW:
        return [
            wrong(
                f"The notifier's keys end on {until}: later appointments get no message.",
                "Start `serment notify`: it publishes a key a day.",
            )
        ]
    return [good(f"A notifier is published; messages can be prepared for appointments until {until}.")]
