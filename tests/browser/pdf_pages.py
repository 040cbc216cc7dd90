# SPDX-License-Identifier: AGPL-3.0-or-later
"""What stands on each page of a PDF that Chromium prints: its text, as far as a reader copies it. Of other PDFs nothing is promised."""

from __future__ import annotations

import re
import zlib

_OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\b(.*?)endobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_SHOWN = re.compile(rb"/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>|(ET)")


def pages(pdf: bytes) -> list[str]:
    """The text of each page, in the order of printing; words of one line may run together."""
    objects = {int(nth): body for nth, body in _OBJECT.findall(pdf)}
    return [_text(objects, body) for body in objects.values() if re.search(rb"/Type /Page\b", body)]


def _stream(body: bytes) -> bytes:
    found = _STREAM.search(body)
    if found is None:
        return b""
    return zlib.decompress(found[1]) if b"/FlateDecode" in body else found[1]


def _letters(objects: dict[int, bytes], font: bytes) -> dict[int, str]:
    """Glyph to text, from the font's own table."""
    table = re.search(rb"/ToUnicode (\d+) 0 R", font)
    if table is None:
        return {}
    letters: dict[int, str] = {}
    for low, high, text in re.findall(
        rb"<(\w{4})>(?: <(\w{4})>)? <(\w{4,})>", _stream(objects[int(table[1])])
    ):
        first = int.from_bytes(bytes.fromhex(text.decode()), "big")
        for glyph in range(int(low, 16), int(high or low, 16) + 1):
            letters[glyph] = chr(first + glyph - int(low, 16)) if first < 0x10000 else ""
    return letters


def _text(objects: dict[int, bytes], page: bytes) -> str:
    fonts = {
        name: _letters(objects, objects[int(nth)]) for name, nth in re.findall(rb"/(F\d+) (\d+) 0 R", page)
    }
    said, letters = [], {}
    for nth in re.findall(rb"/Contents (\d+) 0 R", page):
        for font, shown, end in _SHOWN.findall(_stream(objects[int(nth)])):
            if font:
                letters = fonts.get(font, {})
            elif end:
                said.append("\n")
            else:
                glyphs = [int(shown[at : at + 4], 16) for at in range(0, len(shown), 4)]
                said.append("".join(letters.get(glyph, "") for glyph in glyphs))
    return "".join(said)
