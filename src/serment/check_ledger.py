# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment check`, the access ledger's part: whether a witness is named here, whether it signs, who stamps evidence."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from serment.finding import Finding, good, note, wrong
from serment.settings import LEDGER_FOLDER, Settings

# What the server's reasons mean, each with its cure.
_REASONS = {
    "away": ("it does not answer", "Start `serment witness` again; serving goes on meanwhile."),
    "unknown": ("it does not know this log's key", "Start it with --log and the line of ledger/log.pub."),
    "unsigned": (
        "what it answers is not signed by the key in SERMENT_WITNESS_KEY",
        "Set that to the line of its own witness.pub.",
    ),
    "rolled_back": (
        "it saw a longer log than this one",
        "The folder `ledger` was put back from an older copy, or somebody took entries away: docs/how-to/witness.md.",
    ),
    "forked": (
        "it saw another log than this one",
        "Somebody rewrote the folder `ledger`: keep everything as it is, and read docs/how-to/witness.md.",
    ),
    "refused": ("it refuses", "Ask whoever runs it; it says why on its screen."),
}


class _Unwitnessed(msgspec.Struct):
    since: datetime
    why: str
    told: str


class _Differing(msgspec.Struct):
    leaf: int
    what: str
    since: datetime


def witnessed(settings: Settings) -> Iterator[Finding]:
    """From the ledger's folder; the witness itself is not asked."""
    folder = settings.data / LEDGER_FOLDER
    if settings.witness is None:
        yield note(
            "No witness is named: whoever owns this machine could replace the access ledger as a whole, unseen.",
            "docs/how-to/witness.md, then SERMENT_WITNESS and SERMENT_WITNESS_KEY.",
        )
    elif (told := _read(folder / "unwitnessed")) is not None:
        since = msgspec.json.decode(told, type=_Unwitnessed)
        what, cure = _REASONS.get(since.why, _REASONS["refused"])
        said = f" It says: {since.told}" if since.told else ""
        yield wrong(
            f"Since {since.since:%Y-%m-%d %H:%M} UTC the witness {settings.witness} signs nothing: {what}.{said}",
            cure,
        )
    elif (folder / "witnessed").exists():
        yield good(
            f"The witness {settings.witness} signs the access ledger; `serment verify --witness-key` checks it."
        )
    else:
        yield note(f"The witness {settings.witness} has not been asked yet: the server asks it every minute.")


def compared(settings: Settings) -> Iterator[Finding]:
    """What the server found when it held the ledger's lines against what was published of them."""
    told = _read(settings.data / LEDGER_FOLDER / "differing")
    if told is None:
        return
    found = msgspec.json.decode(told, type=_Differing)
    what = "is gone" if found.what == "missing" else "was changed"
    yield wrong(
        f"The line {found.leaf} of the access ledger {what} in the database, found on {found.since:%Y-%m-%d %H:%M} UTC: what "
        "was published says otherwise.",
        "Keep database and ledger folder as they are, and read docs/how-to/witness.md.",
    )


def stamped(settings: Settings) -> Iterator[Finding]:
    """Whether the time-stamp service works, before a breach needs it: it is asked for one, of a few random bytes."""
    from serment.server.timestamp import NotStamped, stamp

    if settings.timestamp is None:
        yield note(
            "No time-stamp service is named: files of evidence bear no date by a third party.",
            "docs/how-to/incident.md, then SERMENT_TIMESTAMP.",
        )
        return
    try:
        stamp(settings.timestamp, os.urandom(32))
    except NotStamped as error:
        yield wrong(str(error), "Files of evidence go out without meanwhile; docs/how-to/incident.md.")
    else:
        yield good(f"The time-stamp service {settings.timestamp} puts time-stamps.")


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
