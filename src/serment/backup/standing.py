# SPDX-License-Identifier: AGPL-3.0-or-later
"""How sending stands, in a small file of the data folder: for `serment check`, which starts nothing."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

FILE: Final = "backup.standing"


@dataclass(frozen=True, slots=True)
class Standing:
    """When the log was last sent to its end, and when the last base that is whole was begun; None: not since this was kept.
    `mark` is the configuration's (config.py): what was sent elsewhere, or to other keys, is no base for this one.
    `why` nothing is sent since, in words; empty while all is well."""

    sent: datetime | None = None
    base: datetime | None = None
    mark: str = ""
    why: str = ""


def read_standing(data: Path) -> Standing:
    """What was written last; nothing where nobody wrote, or what cannot be read."""
    try:
        told = json.loads((data / FILE).read_text("utf-8"))
        sent, base = (told[key] and datetime.fromisoformat(told[key]) for key in ("sent", "base"))
        return Standing(sent, base, str(told.get("mark", "")), str(told.get("why", "")))
    except (OSError, ValueError, KeyError, TypeError):
        return Standing()


def write_standing(data: Path, standing: Standing) -> None:
    """All of it or what was there before."""
    told = {
        "sent": standing.sent and standing.sent.isoformat(),
        "base": standing.base and standing.base.isoformat(),
        "mark": standing.mark,
        "why": standing.why,
    }
    fresh = data / f"{FILE}.new"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(told, file)
    fresh.replace(data / FILE)
