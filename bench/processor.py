# SPDX-License-Identifier: AGPL-3.0-or-later
"""Processor time, ours and the database's: unlike a rate it hardly changes with what else the machine is doing."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NamedTuple

_MILLISECONDS_A_TICK = 1000 / os.sysconf("SC_CLK_TCK")
_PARENT, _USER, _SYSTEM = 1, 11, 12  # fields of /proc/PID/stat (proc_pid_stat(5)) after the name


class Spent(NamedTuple):
    """Milliseconds, of this process and of the database's processes that live."""

    python: float
    postgres: float

    def since(self, before: Spent, share: int) -> Spent:
        """What was spent from then to now, of each of `share` pieces of work."""
        return Spent(
            (self.python - before.python) / share,
            (self.postgres - before.postgres) / share,
        )

    @property
    def both(self) -> float:
        return self.python + self.postgres

    def __str__(self) -> str:
        return f"{self.python:.2f} + {self.postgres:.2f} ms"


def spent(postmaster: int) -> Spent:
    """Now. `postmaster` is the database's first process; its children are counted with it."""
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if postmaster in (int(folder.name), int(fields[_PARENT])):
            ticks += int(fields[_USER]) + int(fields[_SYSTEM])
    return Spent(time.process_time() * 1000, ticks * _MILLISECONDS_A_TICK)
