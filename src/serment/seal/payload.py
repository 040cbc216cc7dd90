# SPDX-License-Identifier: Apache-2.0
"""Strict JSON, as every sealed text is written and read. Source: spec/rdv1.md section 2.

UTF-8; no duplicate, unknown or missing key; no null: what is absent is left out. Byte strings are standard base64
with padding. Every limit is in bytes of UTF-8 unless its name says otherwise.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from typing import Final

from serment.framing.errors import Altered, Unknown

SAFE_INTEGER_MAX: Final = 2**53 - 1

Json = dict[str, object]


def _no_duplicates(pairs: list[tuple[str, object]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Altered("duplicate key")
    return found


def _refuse_constant(_: str) -> object:
    raise Altered("number")


def read_json(data: bytes) -> Json:
    """One JSON object; anything else, or a key twice, is Altered (its writer sealed it so)."""
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=_no_duplicates, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError):
        raise Altered("not JSON") from None
    if not isinstance(value, dict):
        raise Altered("not a JSON object")
    return value


def write_json(value: Json) -> bytes:
    """Compact UTF-8. A string that is not text (a lone surrogate) is Unknown."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")
    except UnicodeEncodeError:
        raise Unknown("text") from None


def b64(value: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(value).decode("ascii")


class Fields:
    """Takes a JSON object apart by name; `done` refuses what was not asked for. Everything raises Altered."""

    def __init__(self, value: object, what: str) -> None:
        if not isinstance(value, dict):
            raise Altered(what)
        self._left, self._what = dict(value), what

    def _take(self, name: str) -> object:
        try:
            return self._left.pop(name)
        except KeyError:
            raise Altered(f"{self._what}: {name} is missing") from None

    def has(self, name: str) -> bool:
        return name in self._left

    def text(self, name: str, maximum: int) -> str:
        """A string of 1 to `maximum` bytes."""
        value = self._take(name)
        if not isinstance(value, str):
            raise Altered(f"{self._what}: {name}")
        return check_text(value, maximum, f"{self._what}: {name}", Altered)

    def optional_text(self, name: str, maximum: int) -> str | None:
        return self.text(name, maximum) if self.has(name) else None

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self._take(name)
        if not isinstance(value, str) or value not in allowed:
            raise Altered(f"{self._what}: {name}")
        return value

    def bytes(self, name: str, size: int) -> bytes:
        """Base64 of exactly `size` bytes, in its one canonical spelling."""
        return read_b64(self._take(name), size, f"{self._what}: {name}")

    def number(self, name: str, maximum: int) -> int:
        value = self._take(name)
        if type(value) is not int or not 0 <= value <= maximum:
            raise Altered(f"{self._what}: {name}")
        return value

    def yes(self, name: str) -> bool:
        """What is said at all is `true`; left out, it is not so."""
        if self._take(name) is not True:
            raise Altered(f"{self._what}: {name}")
        return True

    def items(self, name: str, maximum: int) -> list[object]:
        value = self._take(name)
        if not isinstance(value, list) or len(value) > maximum:
            raise Altered(f"{self._what}: {name}")
        return value

    def value(self, name: str) -> object:
        return self._take(name)

    def done(self) -> None:
        if self._left:
            raise Altered(f"{self._what}: unknown key")


def read_b64(value: object, size: int, what: str) -> bytes:
    """Canonical base64 of exactly `size` bytes; else Altered."""
    try:
        data = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        raise Altered(what) from None
    if len(data) != size or b64(data) != value:
        raise Altered(what)
    return data


def check_text(value: str, maximum: int, what: str, error: type[Altered] | type[Unknown] = Unknown) -> str:
    """The text, if it has 1 to `maximum` bytes of UTF-8 and no lone surrogate."""
    try:
        size = len(value.encode("utf-8"))
    except UnicodeEncodeError:
        raise error(what) from None
    if not 1 <= size <= maximum:
        raise error(what)
    return value


def present(fields: Iterable[tuple[str, object]]) -> Json:
    """The fields that have a value: what is absent is left out."""
    return {name: value for name, value in fields if value is not None}
