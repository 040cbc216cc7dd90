# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who did what to a dossier, one line each, hashed with the line before: a line that is changed, taken out or added in the
midst of others shows. That none is lacking at the end shows against a hash that somebody noted elsewhere.

The hash of a line is SHA-256 of the hash before it (64 hex digits, none for the first), a line feed, and the line: `sha256sum`
works it out too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime


def line_of(nth: int, at: datetime, actor: str, action: str, detail: str = "") -> str:
    """Fields with tabs between. `detail` names nobody: a digest, a count, a time, a decision."""
    fields = (str(nth), f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", actor, action, detail)
    return "\t".join(" ".join(each.split()) for each in fields)


def exact(at: datetime) -> str:
    """A time within `detail`, in UTC, to the microsecond where it has them."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def digest(kept: bytes) -> str:
    """What was kept, within `detail`: it can be compared, and names nobody."""
    return f"sha256 {hashlib.sha256(kept).hexdigest()}"


def chained(before: bytes | None, line: str) -> bytes:
    """The hash of a line after another."""
    return hashlib.sha256(f"{before.hex() if before else ''}\n{line}".encode()).digest()


def first_broken(lines: Iterable[tuple[int, str, bytes]]) -> int | None:
    """The number of the first line that does not follow from those before it; None if all do."""
    before: bytes | None = None
    for place, (nth, line, chain) in enumerate(lines, start=1):
        if nth != place or chained(before, line) != chain or not line.startswith(f"{nth}\t"):
            return place
        before = chain
    return None
