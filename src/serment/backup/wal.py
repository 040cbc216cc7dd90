# SPDX-License-Identifier: AGPL-3.0-or-later
"""Places in PostgreSQL's log (LSN, 64 bits: "16/B374D848" is two halves in hexadecimal), its segments, how stretches join."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from serment.backup.names import Name


def read_lsn(text: str) -> int:
    """Of PostgreSQL's own writing."""
    high, low = text.split("/")
    return int(high, 16) << 32 | int(low, 16)


def write_lsn(lsn: int) -> str:
    """As PostgreSQL writes it."""
    return f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}"


def segment_start(lsn: int, segment_bytes: int) -> int:
    """The first byte of the segment that holds this place."""
    return lsn - lsn % segment_bytes


def segment_name(timeline: int, lsn: int, segment_bytes: int) -> str:
    """The file that holds this place (xlog_internal.h, XLogFileName)."""
    number = lsn // segment_bytes
    each = (1 << 32) // segment_bytes
    return f"{timeline:08X}{number // each:08X}{number % each:08X}"


def stretches(start: int, end: int, *, segment_bytes: int, most: int) -> Iterator[tuple[int, int]]:
    """[start, end) cut so that none crosses a segment's end or is longer than `most`."""
    while start < end:
        stop = min(end, start + most, segment_start(start, segment_bytes) + segment_bytes)
        yield start, stop
        start = stop


def covering(names: Iterable[Name], timeline: int, place: int) -> list[Name]:
    """The stretches of a timeline that hold the byte at `place`, the one that reaches furthest first."""
    held = [
        name
        for name in names
        if name.kind == "wal" and name.numbers[0] == timeline and name.numbers[1] <= place < name.numbers[2]
    ]
    return sorted(held, key=lambda name: (-name.numbers[2], name.draw))
