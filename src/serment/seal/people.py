# SPDX-License-Identifier: Apache-2.0
"""What a patient card, an index entry and a page of the index say. Source: spec/rdv1.md section 6. Limits in bytes of UTF-8."""

from __future__ import annotations

import hmac
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from serment.framing.conventions import ID_BYTES, day_bytes, derive, exactly
from serment.framing.errors import Altered, Unknown
from serment.seal.groups import (
    EMAIL_BYTES_MAX,
    LANGUAGES,
    NAME_BYTES_MAX,
    PHONE_BYTES_MAX,
    SEXES,
    Language,
    Sex,
)
from serment.seal.payload import Fields, Json, b64, check_text, present, read_json, write_json

CARD_NOTE_BYTES_MAX: Final = 1_500
REFUSE_BYTES_MAX: Final = 300
NO_SHOWS_MAX: Final = 16
INDEX_NAME_BYTES_MAX: Final = 48
INDEX_CUT_BYTES: Final = 40
PEOPLE_MAX: Final = 100_000
REV_MAX: Final = 2_147_483_647
_LIGATURES: Final = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d"})


@dataclass(frozen=True, slots=True)
class NoShow:
    """A visit that nobody came to."""

    record: bytes
    day: str


@dataclass(frozen=True, slots=True)
class CardContent:
    """Who, how to reach them, and what the practice keeps. `phone` in E.164; `no_shows` the latest, oldest first.

    `language`: of the messages sent to them, None where nobody said. `refuse`: online bookings of this person are refused,
    with this message.
    """

    given_name: str
    birth_name: str
    birth_date: str
    sex: Sex
    used_name: str | None = None
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    language: Language | None = None
    note: str | None = field(default=None, repr=False)
    refuse: str | None = field(default=None, repr=False)
    no_shows: tuple[NoShow, ...] = ()

    def to_json(self) -> bytes:
        """Raises Unknown for what no card may say."""
        if self.sex not in SEXES or len(self.no_shows) > NO_SHOWS_MAX:
            raise Unknown("card")
        if self.language is not None and self.language not in LANGUAGES:
            raise Unknown("card")
        for name in (self.given_name, self.birth_name, self.used_name or "-"):
            check_text(name, NAME_BYTES_MAX, "name")
        check_text(self.phone or "-", PHONE_BYTES_MAX, "phone")
        check_text(self.email or "-", EMAIL_BYTES_MAX, "email")
        check_text(self.note or "-", CARD_NOTE_BYTES_MAX, "note")
        check_text(self.refuse or "-", REFUSE_BYTES_MAX, "refuse")
        return write_json(
            present(
                [
                    ("given_name", self.given_name),
                    ("birth_name", self.birth_name),
                    ("used_name", self.used_name),
                    ("birth_date", day_bytes(self.birth_date).decode("ascii")),
                    ("sex", self.sex),
                    ("phone", self.phone),
                    ("email", self.email),
                    ("language", self.language),
                    ("note", self.note),
                    ("refuse", self.refuse),
                    ("no_shows", [_no_show_fields(one) for one in self.no_shows]),
                ]
            )
        )

    @classmethod
    def from_json(cls, data: bytes) -> CardContent:
        """Raises Altered."""
        fields = Fields(read_json(data), "card")
        card = cls(
            given_name=fields.text("given_name", NAME_BYTES_MAX),
            birth_name=fields.text("birth_name", NAME_BYTES_MAX),
            used_name=fields.optional_text("used_name", NAME_BYTES_MAX),
            birth_date=_day(fields.text("birth_date", 10)),
            sex=cast(Sex, fields.choice("sex", SEXES)),
            phone=fields.optional_text("phone", PHONE_BYTES_MAX),
            email=fields.optional_text("email", EMAIL_BYTES_MAX),
            language=cast(Language, fields.choice("language", LANGUAGES)) if fields.has("language") else None,
            note=fields.optional_text("note", CARD_NOTE_BYTES_MAX),
            refuse=fields.optional_text("refuse", REFUSE_BYTES_MAX),
            no_shows=tuple(_no_show(value) for value in fields.items("no_shows", NO_SHOWS_MAX)),
        )
        fields.done()
        return card


def _day(text: str) -> str:
    try:
        day_bytes(text)
    except Unknown:
        raise Altered("day") from None
    return text


def _no_show_fields(one: NoShow) -> Json:
    return {"record": b64(exactly(one.record, ID_BYTES, "record")), "day": day_bytes(one.day).decode("ascii")}


def _no_show(value: object) -> NoShow:
    fields = Fields(value, "no-show")
    one = NoShow(fields.bytes("record", ID_BYTES), _day(fields.text("day", 10)))
    fields.done()
    return one


@dataclass(frozen=True, slots=True)
class Entry:
    """What finds a card; of the entries of one card the highest `rev` holds. `gone`: the card is no more, and with `into` it
    was joined to that one, which its names find from then on.
    """

    card: bytes
    rev: int
    given_name: str = ""
    birth_name: str = ""
    used_name: str | None = None
    birth_date: str = ""
    phone: str | None = None
    refused: bool = False
    no_shows: int = 0
    gone: bool = False
    into: bytes | None = None

    def to_fields(self) -> Json:
        named = not self.gone or self.into is not None
        return present(
            [
                ("c", b64(exactly(self.card, ID_BYTES, "card"))),
                ("r", self.rev),
                ("x", True if self.gone else None),
                ("i", None if self.into is None else b64(exactly(self.into, ID_BYTES, "card"))),
                ("g", self.given_name if named else None),
                ("b", self.birth_name if named else None),
                ("u", self.used_name if named else None),
                ("d", self.birth_date if named else None),
                ("p", self.phone),
                ("f", True if self.refused else None),
                ("n", self.no_shows or None),
            ]
        )

    @classmethod
    def from_fields(cls, value: object) -> Entry:
        """Raises Altered."""
        fields = Fields(value, "entry")
        card, rev, gone = fields.bytes("c", ID_BYTES), fields.number("r", REV_MAX), _flag(fields, "x")
        into = fields.bytes("i", ID_BYTES) if gone and fields.has("i") else None
        if gone and into is None:
            entry = cls(card, rev, gone=True)
        else:
            entry = cls(
                card,
                rev,
                given_name=fields.text("g", INDEX_NAME_BYTES_MAX),
                birth_name=fields.text("b", INDEX_NAME_BYTES_MAX),
                used_name=fields.optional_text("u", INDEX_NAME_BYTES_MAX),
                birth_date=_day(fields.text("d", 10)),
                phone=None if gone else fields.optional_text("p", PHONE_BYTES_MAX),
                refused=not gone and _flag(fields, "f"),
                no_shows=fields.number("n", NO_SHOWS_MAX) if not gone and fields.has("n") else 0,
                gone=gone,
                into=into,
            )
        fields.done()
        return entry

    def to_json(self) -> bytes:
        return write_json(self.to_fields())

    @classmethod
    def from_json(cls, data: bytes) -> Entry:
        """Raises Altered."""
        return cls.from_fields(read_json(data))


def _flag(fields: Fields, name: str) -> bool:
    if not fields.has(name):
        return False
    if fields.value(name) is not True:
        raise Altered(f"entry: {name}")
    return True


def cut_name(name: str) -> str:
    """As much of it as an entry has room for, between two characters: a name that JSON spells at length is cut sooner."""
    kept, room = "", INDEX_CUT_BYTES
    for character in name:
        room -= len(json.dumps(character, ensure_ascii=False).encode()) - 2
        if room < 0:
            break
        kept += character
    return kept


def entry_of(card: bytes, rev: int, content: CardContent) -> Entry:
    """The entry that finds a card."""
    return Entry(
        card,
        rev,
        cut_name(content.given_name),
        cut_name(content.birth_name),
        None if content.used_name is None else cut_name(content.used_name),
        content.birth_date,
        content.phone,
        content.refuse is not None,
        len(content.no_shows),
    )


def write_page(entries: Sequence[Entry]) -> bytes:
    """A month of the index."""
    return write_json({"people": [entry.to_fields() for entry in entries]})


def read_page(data: bytes) -> list[Entry]:
    """Raises Altered."""
    fields = Fields(read_json(data), "page")
    entries = [Entry.from_fields(value) for value in fields.items("people", PEOPLE_MAX)]
    fields.done()
    return entries


def fold(name: str) -> str:
    """A name without accents, case, spaces and signs."""
    bare = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", name)).lower().translate(_LIGATURES)
    return re.sub("[^a-z0-9]+", "", bare)


def person_id(epoch_seed: bytes, given_name: str, birth_name: str, birth_date: str) -> bytes:
    """The id of a card that any browser of the unit makes by itself for this person: two that do so make one."""
    person = "\x1f".join([fold(birth_name), fold(given_name), birth_date])
    return hmac.digest(derive(epoch_seed, "person"), person.encode(), "sha256")[:ID_BYTES]
