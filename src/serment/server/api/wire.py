# SPDX-License-Identifier: AGPL-3.0-or-later
"""What travels: bodies of requests and answers. Unknown fields are refused; byte strings are standard base64."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request
from litestar.exceptions import ValidationException
from litestar.params import HeaderParameter
from msgspec import Meta

from serment.framing import CapsuleRow, MessageRow, RecordContext, Slot, Writer
from serment.framing import Revision as FramedRevision
from serment.framing.errors import Unknown
from serment.server.instance import Instance
from serment.server.usecases.book import Written

TOKEN_BYTES = 32
SHORT_TOKEN_BYTES = 16
STANZAS_MAX = 32
MESSAGES_MAX = 8
_TOKEN = r"^[A-Za-z0-9+/]{43}=$"  # noqa: S105  # a pattern

HoldToken = Annotated[
    str,
    HeaderParameter(name="Serment-Hold", pattern=_TOKEN, description="Base64 of the hold's 32-byte token."),
]
RowToken = Annotated[
    str,
    HeaderParameter(
        name="Serment-Row-Token", pattern=_TOKEN, description="Base64 of the link's 32-byte row token."
    ),
]
MaybeRowToken = Annotated[
    str | None,
    HeaderParameter(
        name="Serment-Row-Token", pattern=_TOKEN, description="Base64 of the link's 32-byte row token."
    ),
]


Rev = Annotated[int, Meta(ge=1, le=2_147_483_647)]
Kid = Annotated[bytes, Meta(min_length=16, max_length=16)]


def token_bytes(text: str) -> bytes:
    """32 bytes of a header. Raises ValidationException."""
    return _token(text, TOKEN_BYTES)


def short_token(text: str) -> bytes:
    """16 bytes of a header. Raises ValidationException."""
    return _token(text, SHORT_TOKEN_BYTES)


def _token(text: str, size: int) -> bytes:
    try:
        token = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        token = b""
    if len(token) != size:
        raise ValidationException("token")
    return token


def instance_of(request: Request[Any, Any, Any]) -> Instance:
    """The running server behind a request."""
    instance: Instance = request.app.state.instance
    return instance


def bucket_of(request: Request[Any, Any, Any], instance: Instance) -> bytes:
    """What stands for the caller's address today."""
    address = request.client.host if request.client is not None else ""
    return instance.throttle.bucket(address, instance.clock())


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """A request's body."""


INSTANT_YEAR_MIN, INSTANT_YEAR_MAX = 2000, 2199


def instant(value: datetime) -> datetime:
    """An instant of a request: with its zone, whole seconds. Raises ValidationException."""
    if value.tzinfo is None or value.microsecond:
        raise ValidationException("an instant is RFC 3339 with its zone, whole seconds")
    if not INSTANT_YEAR_MIN <= value.year <= INSTANT_YEAR_MAX:
        raise ValidationException("an instant of no appointment")
    return value.astimezone(UTC)


class SlotBody(Body):
    """The slot that was sealed to."""

    agenda: UUID
    start: datetime
    minutes: Annotated[int, Meta(ge=1, le=1440)]
    visit_type: UUID


class Bodies(Body):
    """The three sealed groups."""

    id: Annotated[bytes, Meta(max_length=16_432)]
    ct: Annotated[bytes, Meta(max_length=16_432)]
    rs: Annotated[bytes, Meta(max_length=16_432)]


class Revision(Body):
    """One sealed revision; see spec/rdv1.md, section 1."""

    practice: UUID
    unit: UUID
    record: UUID
    rev: Annotated[int, Meta(ge=1, le=2_147_483_647)]
    slot: SlotBody
    bodies: Bodies
    stanzas: Annotated[list[bytes], Meta(min_length=1, max_length=STANZAS_MAX)]
    sig: bytes
    head: bytes
    booking_pk: bytes
    patient_pk: bytes | None
    writer: Annotated[str, Meta(pattern="^(patient|member)$")]
    writer_kid: bytes | None = None

    def framed(self, instance: str) -> FramedRevision:
        """As framing checks it. Raises Unknown."""
        start = instant(self.slot.start)
        slot = Slot(
            self.slot.agenda.bytes, int(start.timestamp()), self.slot.minutes, self.slot.visit_type.bytes
        )
        context = RecordContext(
            instance, self.practice.bytes, self.unit.bytes, self.record.bytes, self.rev, slot
        )
        return FramedRevision(
            context,
            (self.bodies.id, self.bodies.ct, self.bodies.rs),
            self.sig,
            self.head,
            self.booking_pk,
            self.patient_pk,
            Writer.PATIENT if self.writer == "patient" else Writer.MEMBER,
            self.writer_kid,
        )


class Capsule(Body):
    """Addresses sealed to the notifier's key of one day."""

    h: bytes
    key_day: Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    capsule: bytes
    del_hash: bytes
    write_hash: bytes


class Message(Body):
    """One message, sealed under the capsule's message key."""

    mid: bytes
    send_day: Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    message: bytes = msgspec.field(name="bytes")


class WrittenBody(Body, kw_only=True):
    """What every sealing brings besides the revision."""

    revision: Revision
    row_token_hash: bytes | None = None
    act: bytes | None = None
    page: bytes | None = None
    capsule: Capsule | None = None
    messages: Annotated[list[Message], Meta(max_length=MESSAGES_MAX)] = []

    def written(self, instance: str) -> Written:
        """As the use cases take it. Raises Unknown."""
        return Written(
            revision=self.revision.framed(instance),
            stanzas=self.revision.stanzas,
            row_token_hash=self.row_token_hash,
            act=self.act,
            page=self.page,
            capsule=None if self.capsule is None else _capsule(self.capsule),
            messages=_messages(self.capsule, self.messages),
        )


def _capsule(capsule: Capsule) -> CapsuleRow:
    return CapsuleRow(capsule.h, capsule.key_day, capsule.capsule, capsule.del_hash, capsule.write_hash, 1)


def _messages(capsule: Capsule | None, messages: Sequence[Message]) -> list[MessageRow]:
    if capsule is None:
        if messages:
            raise Unknown("a message without its capsule")
        return []
    return [MessageRow(capsule.h, message.mid, message.send_day, 1, message.message) for message in messages]


class HoldAnswer(msgspec.Struct):
    """A hold as its holder is told of it."""

    record: UUID
    start: datetime
    minutes: int
    expires_at: datetime
    extensions_left: int


class BookedAnswer(msgspec.Struct):
    """The appointment that stands."""

    record: UUID
    rev: int
    status: str
