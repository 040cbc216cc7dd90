# SPDX-License-Identifier: AGPL-3.0-or-later
"""Looks for what a patient typed in everything a host or a thief could hold, in every dress it might wear."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import re
import zlib
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path

from ahocorasick_rs import BytesAhoCorasick

HASHES = ("md5", "sha1", "sha256", "sha512", "blake2b")
CHUNK_BYTES = 1 << 22
INFLATED_BYTES_MAX = 1 << 24
_GZIP = re.compile(rb"\x1f\x8b\x08")
_ZLIB = re.compile(rb"x[\x01\x5e\x9c\xda]")


@dataclass(frozen=True)
class Form:
    """One dress of a marker: how it is called, and the bytes to look for."""

    marker: str
    dress: str
    needle: bytes


@dataclass(frozen=True)
class Find:
    """A marker that was found where it must not be."""

    place: str
    marker: str
    dress: str


def forms(marker: str, keys: Iterable[bytes] = (), *, hashed: bool = True) -> list[Form]:
    """Raw, other cases, UTF-16, hex, base64 at three offsets in both alphabets, plain and keyed hashes."""
    found: list[Form] = []
    for text in {marker, marker.lower(), marker.upper()}:
        raw = text.encode()
        found += [Form(marker, "raw", raw), Form(marker, "utf-16", text.encode("utf-16-le"))]
        found += [Form(marker, "utf-16", text.encode("utf-16-be")), Form(marker, "hex", raw.hex().encode())]
        found.append(Form(marker, "hex", raw.hex().upper().encode()))
        for offset in range(3):
            for encode in (base64.b64encode, base64.urlsafe_b64encode):
                whole = encode(b"\0" * offset + raw)
                # The first and last groups mix with their neighbours: only what lies between is the marker's own.
                inner = whole[4 if offset else 0 : len(whole) - 4]
                found.append(Form(marker, f"base64 at {offset}", inner))
    for name in HASHES if hashed else ():
        for text in {marker, marker.lower()}:
            digests = [hashlib.new(name, text.encode()).digest()]
            digests += [hmac.new(key, text.encode(), name).digest() for key in keys]
            for digest in digests:
                # Cut hashes count too; sixteen bytes do not occur by chance.
                short = digest[:16]
                found += [Form(marker, name, short), Form(marker, name, short.hex().encode())]
                found.append(Form(marker, name, base64.b64encode(digest)[:20]))
    return found


class Wanted:
    """Forms to look for, all of them in one pass over some bytes."""

    def __init__(self, forms: list[Form]) -> None:
        assert all(form.needle for form in forms)
        self._forms = forms
        self._pass = BytesAhoCorasick([form.needle for form in forms])

    def found_in(self, data: bytes) -> list[Form]:
        """Each form that occurs, once, however it overlaps with others."""
        numbers = {number for number, _, _ in self._pass.find_matches_as_indexes(data, overlapping=True)}
        return [self._forms[number] for number in sorted(numbers)]


def search(place: str, data: bytes, wanted: Wanted, *, inflate: bool = True) -> Iterator[Find]:
    """Every form found in some bytes, and in what inflates inside them."""
    for form in wanted.found_in(data):
        yield Find(place, form.marker, form.dress)
    if not inflate:
        return
    view = memoryview(data)
    for at in [*_GZIP.finditer(data), *_ZLIB.finditer(data)]:
        try:
            kind = zlib.decompressobj(31 if data[at.start()] == 0x1F else 15)
            inside = kind.decompress(view[at.start() : at.start() + CHUNK_BYTES], INFLATED_BYTES_MAX)
        except zlib.error:
            continue
        yield from search(f"{place}, inflated", inside, wanted, inflate=False)


def files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below a folder, read whole."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path, path.read_bytes()


def search_files(folder: Path, wanted: Wanted, known: Set[bytes]) -> tuple[list[Find], int]:
    """In every file, those of the same bytes once and those whose SHA-256 is known not at all; and how many bytes were read."""
    found: list[Find] = []
    read = 0
    seen = set(known)
    for path, data in files(folder):
        read += len(data)
        if (digest := hashlib.sha256(data).digest()) not in seen:
            seen.add(digest)
            found += search(
                path.name, data.rstrip(b"\0"), wanted
            )  # a segment of WAL ends in megabytes of nothing
    return found, read


def dressed_copies(marker: str, keys: Iterable[bytes] = ()) -> list[tuple[str, bytes]]:
    """The positive control: one text for each dress, as a careless program would leave it."""
    raw = marker.encode()
    line = b'{"name": "' + raw + b'", "more": "x"}'
    copies = [
        ("raw", line),
        ("utf-16", marker.encode("utf-16-le")),
        ("hex", line.hex().encode()),
        ("gzip", gzip.compress(b"before " + line * 3)),
        ("zlib", b"before" + zlib.compress(line * 3, 9)),
        ("sha256", hashlib.sha256(raw).hexdigest().encode()),
    ]
    copies += [(f"base64 at {offset}", base64.b64encode(b"ab"[:offset] + line)) for offset in range(3)]
    copies += [("keyed", hmac.new(key, raw, "sha256").digest()) for key in keys]
    return copies
