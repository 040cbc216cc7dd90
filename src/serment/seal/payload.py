# SPDX-License-Identifier: Apache-2.0
"""What the three groups of a record say, as strict JSON. Source: spec/rdv1.md section 2.

UTF-8; no duplicate, unknown or missing key; no null: what is absent is left out. Byte strings are standard base64
with padding. Every limit is in bytes of UTF-8 unless its name says otherwise.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal, cast

from serment.framing.conventions import (
    HASH_BYTES,
    ID_BYTES,
    KEY_BYTES,
    SIG_BYTES,
    day_bytes,
    exactly,
    month_bytes,
)
from serment.framing.errors import Altered, Unknown

NAME_BYTES_MAX: Final = 200
PHONE_BYTES_MAX: Final = 16
EMAIL_BYTES_MAX: Final = 254
REASON_BYTES_MAX: Final = 2_000
NOTES_BYTES_MAX: Final = 4_000
ANSWERS_MAX: Final = 20
QUESTION_BYTES_MAX: Final = 64
ANSWER_BYTES_MAX: Final = 1_000
FILES_MAX: Final = 10
FILE_NAME_BYTES_MAX: Final = 200
MEDIA_TYPE_BYTES_MAX: Final = 100
FILE_BYTES_MAX: Final = 20 * 1024 * 1024
TOKEN_BYTES: Final = 16
SAFE_INTEGER_MAX: Final = 2**53 - 1

Sex = Literal["female", "male", "other", "unknown"]
Relation = Literal["self", "child", "relative"]
SEXES: Final = ("female", "male", "other", "unknown")
RELATIONS: Final = ("self", "child", "relative")

Json = dict[str, object]


# ---------------------------------------------------------------- strict JSON


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


def _present(fields: Iterable[tuple[str, object]]) -> Json:
    return {name: value for name, value in fields if value is not None}


# ---------------------------------------------------------------- the three groups


@dataclass(frozen=True, slots=True)
class Identity:
    """Group `id`. `t` (32) steers messages, `h` (16) is their handle; `pkh` (32) None: the row has no patient key."""

    given_name: str
    birth_name: str
    birth_date: str
    sex: Sex
    relation: Relation
    t: bytes = field(repr=False)
    h: bytes
    pkh: bytes | None
    used_name: str | None = None

    def to_json(self) -> bytes:
        for name in (self.given_name, self.birth_name, self.used_name or "-"):
            check_text(name, NAME_BYTES_MAX, "name")
        if self.sex not in SEXES or self.relation not in RELATIONS:
            raise Unknown("identity")
        return write_json(
            _present(
                [
                    ("given_name", self.given_name),
                    ("birth_name", self.birth_name),
                    ("used_name", self.used_name),
                    ("birth_date", day_bytes(self.birth_date).decode("ascii")),
                    ("sex", self.sex),
                    ("relation", self.relation),
                    ("t", b64(exactly(self.t, KEY_BYTES, "t"))),
                    ("h", b64(exactly(self.h, TOKEN_BYTES, "h"))),
                    ("pkh", None if self.pkh is None else b64(exactly(self.pkh, HASH_BYTES, "pkh"))),
                ]
            )
        )

    @classmethod
    def from_json(cls, data: bytes) -> Identity:
        fields = Fields(read_json(data), "id")
        identity = cls(
            given_name=fields.text("given_name", NAME_BYTES_MAX),
            birth_name=fields.text("birth_name", NAME_BYTES_MAX),
            used_name=fields.optional_text("used_name", NAME_BYTES_MAX),
            birth_date=_day(fields.text("birth_date", 10)),
            sex=cast(Sex, fields.choice("sex", SEXES)),
            relation=cast(Relation, fields.choice("relation", RELATIONS)),
            t=fields.bytes("t", KEY_BYTES),
            h=fields.bytes("h", TOKEN_BYTES),
            pkh=fields.bytes("pkh", HASH_BYTES) if fields.has("pkh") else None,
        )
        fields.done()
        return identity


@dataclass(frozen=True, slots=True)
class NumberCheck:
    """A notifier's proof that somebody answered at the address in `ct`; `month` is yyyymm."""

    r: bytes = field(repr=False)
    salt: bytes = field(repr=False)
    month: int
    proof: bytes
    booking_pk: bytes

    def to_fields(self) -> Json:
        month_bytes(self.month)
        return {
            "r": b64(exactly(self.r, KEY_BYTES, "r")),
            "salt": b64(exactly(self.salt, KEY_BYTES, "salt")),
            "month": self.month,
            "proof": b64(exactly(self.proof, SIG_BYTES, "proof")),
            "booking_pk": b64(exactly(self.booking_pk, KEY_BYTES, "booking key")),
        }

    @classmethod
    def from_fields(cls, value: object) -> NumberCheck:
        fields = Fields(value, "check")
        check = cls(
            fields.bytes("r", KEY_BYTES),
            fields.bytes("salt", KEY_BYTES),
            _month(fields.number("month", 999912)),
            fields.bytes("proof", SIG_BYTES),
            fields.bytes("booking_pk", KEY_BYTES),
        )
        fields.done()
        return check


@dataclass(frozen=True, slots=True)
class Contact:
    """Group `ct`. Phone in E.164. `c` (16) is what an SMS carries: its holders act on the appointment."""

    c: bytes = field(repr=False)
    phone: str | None = None
    email: str | None = None
    check: NumberCheck | None = None

    def to_json(self) -> bytes:
        check_text(self.phone or "-", PHONE_BYTES_MAX, "phone")
        check_text(self.email or "-", EMAIL_BYTES_MAX, "email")
        return write_json(
            _present(
                [
                    ("phone", self.phone),
                    ("email", self.email),
                    ("c", b64(exactly(self.c, TOKEN_BYTES, "c"))),
                    ("check", None if self.check is None else self.check.to_fields()),
                ]
            )
        )

    @classmethod
    def from_json(cls, data: bytes) -> Contact:
        fields = Fields(read_json(data), "ct")
        contact = cls(
            phone=fields.optional_text("phone", PHONE_BYTES_MAX),
            email=fields.optional_text("email", EMAIL_BYTES_MAX),
            c=fields.bytes("c", TOKEN_BYTES),
            check=NumberCheck.from_fields(fields.value("check")) if fields.has("check") else None,
        )
        fields.done()
        return contact


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to a question of the visit type; `question` is the question's identifier."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A document beside the record: its id (16), name, type, size in bytes, SHA-256 and key (32)."""

    file: bytes
    name: str
    media_type: str
    size: int
    sha256: bytes
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reason:
    """Group `rs`: why the patient comes, in their words, and what the practice notes."""

    reason: str | None = None
    notes: str | None = None
    answers: tuple[Answer, ...] = ()
    files: tuple[SealedFile, ...] = ()

    def to_json(self) -> bytes:
        check_text(self.reason or "-", REASON_BYTES_MAX, "reason")
        check_text(self.notes or "-", NOTES_BYTES_MAX, "notes")
        if len(self.answers) > ANSWERS_MAX or len(self.files) > FILES_MAX:
            raise Unknown("too many answers or files")
        return write_json(
            _present(
                [
                    ("reason", self.reason),
                    ("notes", self.notes),
                    ("answers", [_answer_fields(answer) for answer in self.answers]),
                    ("files", [_file_fields(file) for file in self.files]),
                ]
            )
        )

    @classmethod
    def from_json(cls, data: bytes) -> Reason:
        fields = Fields(read_json(data), "rs")
        reason = cls(
            fields.optional_text("reason", REASON_BYTES_MAX),
            fields.optional_text("notes", NOTES_BYTES_MAX),
            tuple(_answer(value) for value in fields.items("answers", ANSWERS_MAX)),
            tuple(_file(value) for value in fields.items("files", FILES_MAX)),
        )
        fields.done()
        return reason


Payloads = tuple[Identity, Contact, Reason]


def _answer_fields(answer: Answer) -> Json:
    question = check_text(answer.question, QUESTION_BYTES_MAX, "question")
    return {"question": question, "answer": check_text(answer.answer, ANSWER_BYTES_MAX, "answer")}


def _answer(value: object) -> Answer:
    fields = Fields(value, "answer")
    answer = Answer(fields.text("question", QUESTION_BYTES_MAX), fields.text("answer", ANSWER_BYTES_MAX))
    fields.done()
    return answer


def _file_fields(file: SealedFile) -> Json:
    if not 0 <= file.size <= FILE_BYTES_MAX:
        raise Unknown("file size")
    return {
        "file": b64(exactly(file.file, ID_BYTES, "file")),
        "name": check_text(file.name, FILE_NAME_BYTES_MAX, "file name"),
        "media_type": check_text(file.media_type, MEDIA_TYPE_BYTES_MAX, "media type"),
        "size": file.size,
        "sha256": b64(exactly(file.sha256, HASH_BYTES, "sha256")),
        "key": b64(exactly(file.key, KEY_BYTES, "file key")),
    }


def _file(value: object) -> SealedFile:
    fields = Fields(value, "file")
    file = SealedFile(
        fields.bytes("file", ID_BYTES),
        fields.text("name", FILE_NAME_BYTES_MAX),
        fields.text("media_type", MEDIA_TYPE_BYTES_MAX),
        fields.number("size", FILE_BYTES_MAX),
        fields.bytes("sha256", HASH_BYTES),
        fields.bytes("key", KEY_BYTES),
    )
    fields.done()
    return file


def _day(value: str) -> str:
    try:
        return day_bytes(value).decode("ascii")
    except Unknown:
        raise Altered("date") from None


def _month(value: int) -> int:
    try:
        month_bytes(value)
    except Unknown:
        raise Altered("month") from None
    return value
