# SPDX-License-Identifier: AGPL-3.0-or-later
"""One entry of the access ledger, as spec/ledger.md writes it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import IntEnum, IntFlag
from uuid import UUID

SALT_BYTES = 32
HEADING = "serment/ledger/1"


class Purpose(IntEnum):
    """What sealed bytes were asked for."""

    AGENDA = 1
    UNOPENED = 2
    RECORD = 3
    LINK = 4
    CARDS = 5
    INDEX = 6
    FEED = 7


class Part(IntFlag):
    """Which parts of a record left."""

    ID = 1
    CT = 2
    RS = 4
    CARD = 8
    INDEX = 16


@dataclass(frozen=True, slots=True)
class Entry:
    """Who took what. `reader`: a member of the practice, for the feed a linked program, None for whoever holds the patient's
    link. `records` ascend."""

    at: datetime
    practice: UUID
    reader: UUID | None
    purpose: Purpose
    parts: Part
    records: tuple[UUID, ...]

    @classmethod
    def of(
        cls,
        at: datetime,
        practice: UUID,
        reader: UUID | None,
        purpose: Purpose,
        parts: Part,
        records: Iterable[UUID],
    ) -> Entry:
        """Whole seconds of UTC; each record once, in order. Raises ValueError if nothing left."""
        kept = tuple(sorted(set(records)))
        if not kept or not parts:
            raise ValueError("nothing left")
        return cls(at.astimezone(UTC).replace(microsecond=0), practice, reader, purpose, parts, kept)

    def text(self) -> bytes:
        """The seven lines."""
        kind = "connector" if self.purpose is Purpose.FEED else "member"
        reader = "link" if self.reader is None else f"{kind} {self.reader}"
        parts = ",".join(part.name.lower() for part in Part if part in self.parts and part.name)
        lines = [
            HEADING,
            f"at {self.at:%Y-%m-%dT%H:%M:%SZ}",
            f"practice {self.practice}",
            f"reader {reader}",
            f"purpose {self.purpose.name.lower()}",
            f"parts {parts}",
            f"records {','.join(map(str, self.records))}",
        ]
        return "".join(f"{line}\n" for line in lines).encode()

    def commitment(self, salt: bytes) -> bytes:
        """The leaf's data."""
        return _commitment(salt, self.text())


@dataclass(frozen=True, slots=True)
class Erasure:
    """What a day's sweeps erased because its time had come: rows by period (domain/retention). `at`: when it was entered."""

    at: datetime
    day: date
    rows: Mapping[str, int]

    def text(self) -> bytes:
        """Three lines, and one for each kind, in the order of their names."""
        erased = [f"erased {what} {self.rows[what]}" for what in sorted(self.rows)]
        lines = [HEADING, f"at {self.at:%Y-%m-%dT%H:%M:%SZ}", f"retention {self.day}", *erased]
        return "".join(f"{line}\n" for line in lines).encode()

    def commitment(self, salt: bytes) -> bytes:
        """The leaf's data."""
        return _commitment(salt, self.text())


def _commitment(salt: bytes, text: bytes) -> bytes:
    if len(salt) != SALT_BYTES:
        raise ValueError("salt")
    return hashlib.sha256(salt + text).digest()
