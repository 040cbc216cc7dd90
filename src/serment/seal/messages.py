# SPDX-License-Identifier: Apache-2.0
"""Messages to a patient: what t and c derive, capsules, messages, the page behind a link. Source: spec/rdv1.md 4.

t and c are independent: readers of `id` steer messages, holders of c (the SMS) act on the appointment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, cast

from serment.framing.conventions import (
    ID_BYTES,
    KEY_BYTES,
    T,
    day_bytes,
    derive,
    exactly,
    instance_bytes,
    u32,
)
from serment.framing.errors import Altered, Unknown
from serment.framing.messages import (
    CAPSULE_BYTES,
    CAPSULE_PADDED_BYTES,
    HANDLE_BYTES,
    MESSAGE_PADDED_BYTES,
    PAGE_PADDED_BYTES,
    TOKEN_BYTES,
    WORD_BYTES_MAX,
    check_page,
)
from serment.seal.chance import draw
from serment.seal.groups import EMAIL_BYTES_MAX, LANGUAGES, PHONE_BYTES_MAX, Language
from serment.seal.payload import (
    SAFE_INTEGER_MAX,
    Fields,
    b64,
    check_text,
    read_json,
    write_json,
)
from serment.seal.primitives import KemPair, box_padded, hpke_open, hpke_seal, pad, unbox_padded, unpad

MessageKind = Literal["booked", "moved", "cancelled", "reminder", "letter"]
MESSAGE_KINDS: Final = ("booked", "moved", "cancelled", "reminder", "letter")
ZONE_BYTES_MAX: Final = 40


def draw_t() -> bytes:
    """A new t: 32 bytes, at every revision."""
    return draw(KEY_BYTES)


def draw_c() -> bytes:
    """A new c: 16 bytes, at every revision."""
    return draw(TOKEN_BYTES)


def handle(c: bytes) -> bytes:
    """h (16): the handle a capsule and its messages stand under."""
    return derive(exactly(c, TOKEN_BYTES, "c"), "handle", HANDLE_BYTES)


def act_token(c: bytes) -> bytes:
    """act (16): cancels or confirms. Posted in place of c."""
    return derive(exactly(c, TOKEN_BYTES, "c"), "act", TOKEN_BYTES)


def delete_token(c: bytes) -> bytes:
    """del (16): takes the capsule and its messages away."""
    return derive(exactly(c, TOKEN_BYTES, "c"), "delete", TOKEN_BYTES)


def stop_token(c: bytes) -> bytes:
    """stop (16): objects to further messages. Only who got one, or reads the contact, can derive it."""
    return derive(exactly(c, TOKEN_BYTES, "c"), "stop", TOKEN_BYTES)


def page_key(c: bytes) -> bytes:
    """K_page (32): opens the word on the link's page."""
    return derive(exactly(c, TOKEN_BYTES, "c"), "page")


def write_token(t: bytes) -> bytes:
    """write (16): replaces the handle's messages."""
    return derive(exactly(t, KEY_BYTES, "t"), "write", TOKEN_BYTES)


def message_key(t: bytes) -> bytes:
    """K_m (32): seals and opens the handle's messages."""
    return derive(exactly(t, KEY_BYTES, "t"), "message")


def reminder_id(k_m: bytes, send_day: str) -> bytes:
    """The id (16) of a reminder: planned again for the same day it is the same message, and goes once."""
    day_bytes(send_day)
    return derive(exactly(k_m, KEY_BYTES, "k_m"), f"reminder {send_day}", ID_BYTES)


@dataclass(frozen=True, slots=True)
class Capsule:
    """Where messages go and in what words. `word` (24 bytes at most) is chosen at booking; by default the town."""

    language: Language
    word: str
    c: bytes = field(repr=False)
    k_m: bytes = field(repr=False)
    sms: str | None = None
    mail: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message to send: a closed kind, not before (UTC s), the site's zone, the appointment's start (UTC s)."""

    kind: MessageKind
    not_before: int
    zone: str
    start: int


def _capsule_info(instance: str, h: bytes, key_day: str, day_kid: bytes) -> bytes:
    place = instance_bytes(instance) + exactly(h, HANDLE_BYTES, "handle") + day_bytes(key_day)
    return T("capsule") + place + day_kid


def seal_capsule(instance: str, key_day: str, day_pk: bytes, day_kid: bytes, capsule: Capsule) -> bytes:
    """1,648 bytes, to the notifier's key of the day after the appointment. Check that key's signature first."""
    check_text(capsule.word, WORD_BYTES_MAX, "word")
    if capsule.language not in LANGUAGES:
        raise Unknown("language")
    fields: dict[str, object] = {"language": capsule.language, "word": capsule.word}
    fields |= {
        "c": b64(exactly(capsule.c, TOKEN_BYTES, "c")),
        "k_m": b64(exactly(capsule.k_m, KEY_BYTES, "k_m")),
    }
    if capsule.sms is not None:
        fields["sms"] = check_text(capsule.sms, PHONE_BYTES_MAX, "sms")
    if capsule.mail is not None:
        fields["mail"] = check_text(capsule.mail, EMAIL_BYTES_MAX, "mail")
    info = _capsule_info(instance, handle(capsule.c), key_day, day_kid)
    return hpke_seal(day_pk, info, pad(write_json(fields), (CAPSULE_PADDED_BYTES,)))


def open_capsule(instance: str, h: bytes, key_day: str, day: KemPair, sealed: bytes) -> Capsule:
    """What a capsule says; one that stands under another handle or day is Altered."""
    exactly(sealed, CAPSULE_BYTES, "capsule")
    plain = hpke_open(day, _capsule_info(instance, h, key_day, day.kid), sealed)
    fields = Fields(read_json(unpad(plain, (CAPSULE_PADDED_BYTES,))), "capsule")
    capsule = Capsule(
        language=cast(Language, fields.choice("language", LANGUAGES)),
        word=fields.text("word", WORD_BYTES_MAX),
        c=fields.bytes("c", TOKEN_BYTES),
        k_m=fields.bytes("k_m", KEY_BYTES),
        sms=fields.optional_text("sms", PHONE_BYTES_MAX),
        mail=fields.optional_text("mail", EMAIL_BYTES_MAX),
    )
    fields.done()
    if handle(capsule.c) != h:
        raise Altered("handle")
    return capsule


def _message_aad(instance: str, h: bytes, mid: bytes, send_day: str, set_: int) -> bytes:
    place = instance_bytes(instance) + exactly(h, HANDLE_BYTES, "handle") + exactly(mid, ID_BYTES, "mid")
    return T("message") + place + day_bytes(send_day) + u32(set_)


def seal_message(
    instance: str, h: bytes, mid: bytes, send_day: str, set_: int, k_m: bytes, message: Message
) -> bytes:
    """220 bytes."""
    if message.kind not in MESSAGE_KINDS:
        raise Unknown("message kind")
    fields: dict[str, object] = {
        "kind": message.kind,
        "not_before": message.not_before,
        "zone": check_text(message.zone, ZONE_BYTES_MAX, "zone"),
        "start": message.start,
    }
    aad = _message_aad(instance, h, mid, send_day, set_)
    return box_padded(k_m, aad, write_json(fields), (MESSAGE_PADDED_BYTES,))


def open_message(
    instance: str, h: bytes, mid: bytes, send_day: str, set_: int, k_m: bytes, sealed: bytes
) -> Message:
    """What a message says; one from another handle, day, id or set is Altered."""
    aad = _message_aad(instance, h, mid, send_day, set_)
    fields = Fields(read_json(unbox_padded(k_m, aad, sealed, (MESSAGE_PADDED_BYTES,))), "message")
    message = Message(
        kind=cast(MessageKind, fields.choice("kind", MESSAGE_KINDS)),
        not_before=fields.number("not_before", SAFE_INTEGER_MAX),
        zone=fields.text("zone", ZONE_BYTES_MAX),
        start=fields.number("start", SAFE_INTEGER_MAX),
    )
    fields.done()
    return message


def _page_aad(instance: str, h: bytes) -> bytes:
    return T("page") + instance_bytes(instance) + exactly(h, HANDLE_BYTES, "handle")


def seal_page(instance: str, c: bytes, word: str) -> bytes:
    """60 bytes: the word on the page behind a message's link."""
    plain = check_text(word, WORD_BYTES_MAX, "word").encode("utf-8")
    return box_padded(page_key(c), _page_aad(instance, handle(c)), plain, (PAGE_PADDED_BYTES,))


def open_page(instance: str, c: bytes, sealed: bytes) -> str:
    """The word."""
    aad = _page_aad(instance, handle(c))
    plain = unbox_padded(page_key(c), aad, check_page(sealed), (PAGE_PADDED_BYTES,))
    try:
        return check_text(plain.decode("utf-8"), WORD_BYTES_MAX, "word", Altered)
    except UnicodeDecodeError:
        raise Altered("word") from None
