# SPDX-License-Identifier: Apache-2.0
"""The phone check: ask, code, reply, proofs. Source: spec/rdv1.md section 5.

The web server relays sealed bytes and learns no address; the notifier computes every commit itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from serment.framing.conventions import (
    HASH_BYTES,
    ID_BYTES,
    KEY_BYTES,
    SIG_BYTES,
    T,
    derive,
    exactly,
    instance_bytes,
)
from serment.framing.errors import Altered, Unknown
from serment.framing.messages import (
    ADDRESS_BYTES_MAX,
    ASK_BYTES,
    ASK_PADDED_BYTES,
    CHECKED_BOOKINGS_MAX,
    CODE_BYTES,
    CODE_PADDED_BYTES,
    REPLY_BYTES,
    REPLY_PADDED_BYTES,
    address_bytes,
    bind,
    check_proof,
    commit,
    proof_message,
)
from serment.seal.groups import NumberCheck
from serment.seal.payload import Fields, b64, read_b64, read_json, write_json
from serment.seal.primitives import KemPair, SignPair, box, hpke_open, hpke_seal, pad, unbox, unpad

CODE_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Ask:
    """What the browser asks: address (kind 1 phone, 2 e-mail), r, reply key (32 each), one bind per booking."""

    kind: int
    address: str = field(repr=False)
    r: bytes = field(repr=False)
    reply_key: bytes = field(repr=False)
    binds: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the notifier answers: the month (yyyymm) and one proof per bind, in order."""

    month: int
    proofs: tuple[bytes, ...]


def r_of(r: bytes, i: int) -> bytes:
    """r_i = D(r, "check" || i u8), i from 1 to 10."""
    if not 1 <= i <= CHECKED_BOOKINGS_MAX:
        raise Unknown("check number")
    return derive(exactly(r, KEY_BYTES, "r"), b"check" + bytes([i]))


def _info(label: str, instance: str, q: bytes, kid: bytes) -> bytes:
    return T(label) + instance_bytes(instance) + exactly(q, ID_BYTES, "q") + kid


def seal_ask(instance: str, q: bytes, code_pk: bytes, code_kid: bytes, ask: Ask) -> bytes:
    """2,160 bytes, to the notifier's code key. Check that key's signature first."""
    if not 1 <= len(ask.binds) <= CHECKED_BOOKINGS_MAX:
        raise Unknown("binds")
    address_bytes(ask.kind, ask.address)
    fields: dict[str, object] = {
        "kind": ask.kind,
        "address": ask.address,
        "r": b64(exactly(ask.r, KEY_BYTES, "r")),
        "reply_key": b64(exactly(ask.reply_key, KEY_BYTES, "reply key")),
        "bind": [b64(exactly(value, HASH_BYTES, "bind")) for value in ask.binds],
    }
    plain = pad(write_json(fields), (ASK_PADDED_BYTES,))
    return hpke_seal(code_pk, _info("check ask", instance, q, code_kid), plain)


def open_ask(instance: str, q: bytes, code: KemPair, sealed: bytes) -> Ask:
    """What was asked under this q."""
    exactly(sealed, ASK_BYTES, "ask")
    plain = hpke_open(code, _info("check ask", instance, q, code.kid), sealed)
    fields = Fields(read_json(unpad(plain, (ASK_PADDED_BYTES,))), "ask")
    ask = Ask(
        fields.number("kind", 2),
        fields.text("address", ADDRESS_BYTES_MAX),
        fields.bytes("r", KEY_BYTES),
        fields.bytes("reply_key", KEY_BYTES),
        tuple(read_b64(v, HASH_BYTES, "bind") for v in fields.items("bind", CHECKED_BOOKINGS_MAX)),
    )
    fields.done()
    if ask.kind == 0 or not ask.binds:
        raise Altered("ask")
    return ask


def seal_code(instance: str, q: bytes, code_pk: bytes, code_kid: bytes, digits: str) -> bytes:
    """1,392 bytes: the six digits typed by the patient, to the code key."""
    if len(digits) != CODE_DIGITS or not (digits.isascii() and digits.isdigit()):
        raise Unknown("code")
    plain = pad(write_json({"code": digits}), (CODE_PADDED_BYTES,))
    return hpke_seal(code_pk, _info("check code", instance, q, code_kid), plain)


def open_code(instance: str, q: bytes, code: KemPair, sealed: bytes) -> str:
    """The six digits."""
    exactly(sealed, CODE_BYTES, "code")
    plain = hpke_open(code, _info("check code", instance, q, code.kid), sealed)
    fields = Fields(read_json(unpad(plain, (CODE_PADDED_BYTES,))), "code")
    digits = fields.text("code", CODE_DIGITS)
    fields.done()
    return digits


def prove(instance: str, ask: Ask, month: int, notifier: SignPair) -> Reply:
    """The notifier's proofs for every bind asked, each over a commit it computes itself."""
    a = address_bytes(ask.kind, ask.address)
    proofs = (
        notifier.sign(proof_message(instance, commit(instance, a, r_of(ask.r, i)), value, month))
        for i, value in enumerate(ask.binds, start=1)
    )
    return Reply(month, tuple(proofs))


def _reply_aad(instance: str, q: bytes) -> bytes:
    return T("check reply") + instance_bytes(instance) + exactly(q, ID_BYTES, "q")


def seal_reply(instance: str, q: bytes, reply_key: bytes, reply: Reply) -> bytes:
    """1,052 bytes."""
    proofs = [b64(exactly(proof, SIG_BYTES, "proof")) for proof in reply.proofs]
    plain = pad(write_json({"month": reply.month, "proofs": proofs}), (REPLY_PADDED_BYTES,))
    return box(derive(exactly(reply_key, KEY_BYTES, "reply key"), "reply"), _reply_aad(instance, q), plain)


def open_reply(instance: str, q: bytes, reply_key: bytes, sealed: bytes) -> Reply:
    """The proofs; check each with `framing.messages.check_proof`."""
    exactly(sealed, REPLY_BYTES, "reply")
    plain = unbox(
        derive(exactly(reply_key, KEY_BYTES, "reply key"), "reply"), _reply_aad(instance, q), sealed
    )
    fields = Fields(read_json(unpad(plain, (REPLY_PADDED_BYTES,))), "reply")
    month = fields.number("month", 999912)
    proofs = fields.items("proofs", CHECKED_BOOKINGS_MAX)
    fields.done()
    return Reply(month, tuple(read_b64(value, SIG_BYTES, "proof") for value in proofs))


def check_number(instance: str, notifier_pk: bytes, kind: int, address: str, check: NumberCheck) -> None:
    """Raise Altered unless the notifier proved *this address* (the one in `ct`) for the record's booking key.

    A failure means "number not checked" on screen, never that the record was altered.
    """
    commit_i = commit(instance, address_bytes(kind, address), check.r)
    bind_i = bind(check.booking_pk, check.salt)
    check_proof(notifier_pk, instance, commit_i, bind_i, check.month, check.proof)
