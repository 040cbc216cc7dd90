# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment notify` by a clock that a test moves: how many seconds it is ahead stands in the file CLOCK_AHEAD."""

from __future__ import annotations

import datetime as dt
import functools
import os
from pathlib import Path

from serment.cli import main
from serment.notifier import run, start

LOOKS_EVERY_SECONDS = 0.2


def now() -> dt.datetime:
    """The time by that clock."""
    ahead = float(Path(os.environ["CLOCK_AHEAD"]).read_text("utf-8"))
    return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=ahead)


if __name__ == "__main__":
    run.DAY_SECONDS = LOOKS_EVERY_SECONDS  # type: ignore[misc]
    start.standing = functools.partial(start.standing, clock=now)
    main()
