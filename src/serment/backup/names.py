# SPDX-License-Identifier: AGPL-3.0-or-later
"""What files of a backup are called: when they were made, what they hold, and a random end: no name is ever written twice.

    2026-11-26/20261126T161800Z-wal-0000000000000001-0000000003000028-00000000030ff000-ab12cd34.age

A file that a crash cut short keeps its name; what it should have held goes under another.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

Kind = Literal["base", "done", "wal", "files", "erased"]
# base: the cluster as pg_basebackup gives it; done: that it is whole, and from where it must be replayed; wal: a stretch of the
# log; files: the server's secret and the ledger; erased: what was erased by hand.
_NAME: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})/(\d{8}T\d{6}Z)-(base|done|wal|files|erased)((?:-[0-9a-f]{16})*)-([0-9a-f]{8})\.age\Z"
)
_STAMP: Final = "%Y%m%dT%H%M%SZ"
_WAL_NUMBERS: Final = 3


@dataclass(frozen=True, slots=True)
class Name:
    """One file. `numbers`: of wal, timeline, first byte and the byte after the last (LSN); else none."""

    at: datetime
    kind: Kind
    numbers: tuple[int, ...]
    draw: str

    @classmethod
    def new(cls, at: datetime, kind: Kind, *numbers: int) -> Name:
        """A name that nobody has used."""
        return cls(at.astimezone(UTC).replace(microsecond=0), kind, numbers, secrets.token_hex(4))

    @classmethod
    def read(cls, text: str) -> Name | None:
        """None for what no backup is called: not of this form, of no day, or with other numbers than its kind has."""
        match = _NAME.match(text)
        if match is None:
            return None
        try:
            at = datetime.strptime(match[2], _STAMP).replace(tzinfo=UTC)
        except ValueError:
            return None
        numbers = tuple(int(each, 16) for each in match[4].split("-")[1:])
        name = cls(at, match[3], numbers, match[5])  # type: ignore[arg-type]  # the expression lists the kinds
        return name if name._fits() and str(name) == text else None

    def _fits(self) -> bool:
        if self.kind != "wal":
            return not self.numbers
        return len(self.numbers) == _WAL_NUMBERS and self.numbers[1] < self.numbers[2]

    def __str__(self) -> str:
        numbers = "".join(f"-{number:016x}" for number in self.numbers)
        return f"{self.at:%Y-%m-%d}/{self.at:{_STAMP}}-{self.kind}{numbers}-{self.draw}.age"
