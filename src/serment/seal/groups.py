# SPDX-License-Identifier: Apache-2.0
"""What the three groups of a record say: identity, contact, reason. Source: spec/rdv1.md section 2."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, cast

from serment.framing.conventions import (
    HASH_BYTES,
    ID_BYTES,
    KEY_BYTES,
    SIG_BYTES,
    day_bytes,
    derive,
    exactly,
    month_bytes,
)
from serment.framing.errors import Altered, Unknown
from serment.framing.messages import WORD_BYTES_MAX
from serment.seal.payload import Fields, Json, b64, check_text, present, read_json, write_json

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
SERIES_MAX: Final = 50

Sex = Literal["female", "male", "other", "unknown"]
Relation = Literal["self", "child", "relative"]
Language = Literal["fr", "en"]
SEXES: Final = ("female", "male", "other", "unknown")
RELATIONS: Final = ("self", "child", "relative")
LANGUAGES: Final = ("fr", "en")


@dataclass(frozen=True, slots=True)
class Series:
    """What joins appointments that were entered together: record ids follow from `seed`, `first` is the one they repeat."""

    seed: bytes = field(repr=False)
    first: bytes

    def to_fields(self) -> Json:
        return {
            "seed": b64(exactly(self.seed, KEY_BYTES, "seed")),
            "first": b64(exactly(self.first, ID_BYTES, "first")),
        }

    @classmethod
    def from_fields(cls, value: object) -> Series:
        fields = Fields(value, "series")
        series = cls(seed=fields.bytes("seed", KEY_BYTES), first=fields.bytes("first", ID_BYTES))
        fields.done()
        return series

    def record(self, nth: int) -> bytes:
        """The id of the nth repetition, from 1 to SERIES_MAX. Raises Unknown."""
        if not 1 <= nth <= SERIES_MAX:
            raise Unknown("series")
        return derive(self.seed, b"series" + bytes([nth]), ID_BYTES)


@dataclass(frozen=True, slots=True)
class Identity:
    """Group `id`. `t` (32) steers messages, `h` (16) is their handle; `pkh` (32) None: the row has no patient key.

    `quiet`: no message is sent about the appointment.
    """

    given_name: str
    birth_name: str
    birth_date: str
    sex: Sex
    relation: Relation
    t: bytes = field(repr=False)
    h: bytes
    pkh: bytes | None
    used_name: str | None = None
    series: Series | None = None
    quiet: bool = False

    def to_json(self) -> bytes:
        for name in (self.given_name, self.birth_name, self.used_name or "-"):
            check_text(name, NAME_BYTES_MAX, "name")
        if self.sex not in SEXES or self.relation not in RELATIONS:
            raise Unknown("identity")
        return write_json(
            present(
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
                    ("series", None if self.series is None else self.series.to_fields()),
                    ("quiet", self.quiet or None),
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
            series=Series.from_fields(fields.value("series")) if fields.has("series") else None,
            quiet=fields.has("quiet") and fields.yes("quiet"),
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
class Wording:
    """How messages to the addresses are worded: the language, and the word that tells appointments apart."""

    language: Language
    word: str

    def to_fields(self) -> Json:
        if self.language not in LANGUAGES:
            raise Unknown("language")
        return {"language": self.language, "word": check_text(self.word, WORD_BYTES_MAX, "word")}

    @classmethod
    def from_fields(cls, value: object) -> Wording:
        fields = Fields(value, "messages")
        wording = cls(
            language=cast(Language, fields.choice("language", LANGUAGES)),
            word=fields.text("word", WORD_BYTES_MAX),
        )
        fields.done()
        return wording


@dataclass(frozen=True, slots=True)
class Contact:
    """Group `ct`. Phone in E.164. `c` (16) is what an SMS carries: its holders act on the appointment. `name`: who answers
    there, where that is not the patient.
    """

    c: bytes = field(repr=False)
    phone: str | None = None
    email: str | None = None
    check: NumberCheck | None = None
    name: str | None = None
    messages: Wording | None = None

    def to_json(self) -> bytes:
        check_text(self.phone or "-", PHONE_BYTES_MAX, "phone")
        check_text(self.email or "-", EMAIL_BYTES_MAX, "email")
        check_text(self.name or "-", NAME_BYTES_MAX, "name")
        return write_json(
            present(
                [
                    ("phone", self.phone),
                    ("email", self.email),
                    ("name", self.name),
                    ("c", b64(exactly(self.c, TOKEN_BYTES, "c"))),
                    ("check", None if self.check is None else self.check.to_fields()),
                    ("messages", None if self.messages is None else self.messages.to_fields()),
                ]
            )
        )

    @classmethod
    def from_json(cls, data: bytes) -> Contact:
        fields = Fields(read_json(data), "ct")
        contact = cls(
            phone=fields.optional_text("phone", PHONE_BYTES_MAX),
            email=fields.optional_text("email", EMAIL_BYTES_MAX),
            name=fields.optional_text("name", NAME_BYTES_MAX),
            c=fields.bytes("c", TOKEN_BYTES),
            check=NumberCheck.from_fields(fields.value("check")) if fields.has("check") else None,
            messages=Wording.from_fields(fields.value("messages")) if fields.has("messages") else None,
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
            present(
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
