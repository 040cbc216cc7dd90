# SPDX-License-Identifier: Apache-2.0
"""good.json and bad.json: sealed records with all their inputs, and each way to spoil one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import people as p
from make import chance_named, named, write

from serment.framing import GROUPS, Act, Group, RecordContext, Slot, Stanza, Writer, patient_key_hash
from serment.framing.conventions import T, derive, sha256
from serment.seal import messages as m
from serment.seal import record as r
from serment.seal.groups import (
    SERIES_MAX,
    Answer,
    Contact,
    Identity,
    NumberCheck,
    Payloads,
    Reason,
    SealedFile,
    Series,
    Wording,
)
from serment.seal.keys import Cap, SymmetricKey
from serment.seal.primitives import KemPair, SignPair


def context_json(context: RecordContext) -> dict[str, Any]:
    slot = context.slot
    return {
        "instance": context.instance,
        "practice": context.practice.hex(),
        "unit": context.unit.hex(),
        "record": context.record.hex(),
        "rev": context.rev,
        "slot": {
            "agenda": slot.agenda.hex(),
            "start": slot.start,
            "minutes": slot.minutes,
            "visit_type": slot.visit_type.hex(),
        },
    }


def key_json(name: str, key: KemPair | SymmetricKey, seed: bytes, opens: list[int]) -> dict[str, Any]:
    kind = "x-wing seed" if isinstance(key, KemPair) else "symmetric key"
    return {"name": name, "kind": kind, "key": seed.hex(), "kid": key.kid.hex(), "opens": opens}


UNIT_SEED = derive(p.EPOCH_1.keys.seed, "unit kem")
READERS: dict[str, tuple[KemPair | SymmetricKey, bytes]] = {
    "unit": (p.EPOCH_1.keys.kem, UNIT_SEED),
    "unit K_rec": (p.EPOCH_1.keys.k_rec, p.EPOCH_1.keys.k_rec.key),
    "connector": (p.CONNECTOR.kem, named("connector kem seed")),
    "full connector": (p.FULL_CONNECTOR.kem, named("full connector kem seed")),
    "patient K_cap": (p.CAP.k_cap, p.CAP.k_cap.key),
    "patient key": (p.CAP.patient, derive(p.CAP.secret, "kem")),
    "other patient K_cap": (p.OTHER_CAP.k_cap, p.OTHER_CAP.k_cap.key),
}


def payloads(label: str, cap: Cap | None, **changes: Any) -> Payloads:
    t, c = named(f"t {label}"), named(f"c {label}", 16)
    pkh = cap.pkh if cap else None
    identity = Identity("Alice", "Martin", "1988-04-30", "female", "self", t, m.handle(c), pkh)
    return (
        replace(identity, **changes),
        Contact(c, "+33600000001", "alice@example.org"),
        Reason("A cough that stays."),
    )


def rich(label: str, cap: Cap) -> Payloads:
    series = Series(named("series seed"), p.ident("record first"))
    identity, contact, _ = payloads(
        label, cap, given_name="Tom", used_name="Tomé-Zoë", relation="child", sex="male", series=series
    )
    check = NumberCheck(named("r 1"), named("salt 1"), 202611, named("proof", 64), cap.booking.pk)
    file = SealedFile(
        p.ident("file"), "letter.pdf", "application/pdf", 12_345, named("file hash"), named("file key")
    )
    reason = Reason(
        "Fièvre depuis trois jours — « 39,5 »",
        "Note: \U0001f9d2 <b>&",
        (Answer("q1", "no"), Answer("q2", "x" * 900)),
        (file,),
    )
    worded = replace(contact, check=check, name="Zoé Martin", messages=Wording("en", "Die (T)"))
    return identity, worded, reason


def envelope(
    name: str, sealed: r.Sealed, seq: int, ceks: list[bytes], given: Payloads, names: list[str]
) -> dict[str, Any]:
    revision = sealed.revision
    context = revision.context
    masks = {stanza.kid: stanza.mask for stanza in sealed.stanzas}
    readers = [
        key_json(n, READERS[n][0], READERS[n][1], [g for g in GROUPS if masks[READERS[n][0].kid] & g.bit])
        for n in names
    ]
    return {
        "name": name,
        "roster_seq": seq,
        "context": context_json(context),
        "slot": context.slot.to_bytes().hex(),
        "ctx": [context.of(g).hex() for g in GROUPS],
        "all": context.all.hex(),
        "ceks": [cek.hex() for cek in ceks],
        "k_c": [
            [part.hex() for part in r._content_key(context.of(g), cek)]
            for g, cek in zip(GROUPS, ceks, strict=True)
        ],
        "payloads": [json.loads(payload.to_json()) for payload in given],
        "plain": [payload.to_json().hex() for payload in given],
        "bodies": [body.hex() for body in revision.bodies],
        "stanzas": [stanza.to_bytes().hex() for stanza in sealed.stanzas],
        "pkh": patient_key_hash(revision.patient_pk).hex(),
        "message": revision.message().hex(),
        "sig": revision.sig.hex(),
        "head": revision.head.hex(),
        "booking_pk": revision.booking_pk.hex(),
        "previous_booking_pk": None,
        "patient_pk": revision.patient_pk.hex() if revision.patient_pk else None,
        "writer": int(revision.writer),
        "writer_kid": revision.writer_kid.hex() if revision.writer_kid else None,
        "readers": readers,
    }


def make_good() -> list[dict[str, Any]]:
    roster = p.AT["linked"]
    context = RecordContext(p.INSTANCE, p.PRACTICE, p.UNIT, p.ident("record alice"), 1, p.SLOT)
    good = []
    with chance_named("booking") as drawn:
        given = payloads("booking", p.CAP)
        sealed = r.seal_booking(context, given, p.CAP, roster)
        names = ["unit", "connector", "full connector", "patient K_cap"]
        good.append(envelope("booking by a patient", sealed, roster.seq, drawn[:3], given, names))
    with chance_named("compaction"):
        stanza = r.compact(context, sealed.stanzas, p.EPOCH_1.keys.kem, p.EPOCH_1.keys.k_rec)
        compacted = replace(sealed, stanzas=(stanza, *sealed.stanzas[1:]))
        names = ["unit K_rec", "connector", "full connector", "patient K_cap"]
        good.append(envelope("the same booking, compacted", compacted, roster.seq, drawn[:3], given, names))
    with chance_named("move") as drawn:
        given = payloads("move", p.CAP)
        moved = replace(context, rev=2, slot=replace(p.SLOT, start=p.START + 86_400, minutes=45))
        sealed = r.seal_by_member(
            moved,
            given,
            p.EPOCH_1.keys.k_rec,
            roster,
            booking_pk=p.CAP.booking.pk,
            patient_pk=p.CAP.patient.pk,
            signer=p.SAM.sign,
        )
        names = ["unit K_rec", "connector", "full connector", "patient key"]
        good.append(
            envelope("moved by the secretary", sealed, roster.seq, drawn[:3], given, names)
            | {"previous_booking_pk": p.CAP.booking.pk.hex()}
        )
    with chance_named("desk") as drawn:
        given = payloads("desk", None, given_name="Marie-Antoinette", birth_name="Saint-Exupéry-Delacroix")
        desk = replace(context, record=p.ident("record desk"))
        sealed = r.seal_by_member(
            desk,
            given,
            p.EPOCH_1.keys.k_rec,
            p.AT["sam"],
            booking_pk=p.OTHER_CAP.booking.pk,
            patient_pk=None,
            signer=p.BENTO.sign,
        )
        good.append(
            envelope(
                "entered at the desk, no patient key",
                sealed,
                p.AT["sam"].seq,
                drawn[:3],
                given,
                ["unit K_rec"],
            )
        )
    with chance_named("tom") as drawn:
        given = rich("tom", p.OTHER_CAP)
        tom = replace(context, record=p.ident("record tom"))
        sealed = r.seal_booking(tom, given, p.OTHER_CAP, p.AT["open"])
        good.append(
            envelope(
                "booking for a child, all fields",
                sealed,
                2,
                drawn[:3],
                given,
                ["unit", "other patient K_cap"],
            )
        )
    with chance_named("claim") as drawn:
        given = payloads("claim", p.CAP)
        claim = replace(desk, rev=2)
        readers = [*r.readers_of(p.AT["sam"], p.UNIT), r.Reader(p.CAP.k_cap)]
        sealed = r.seal_record(
            claim,
            given,
            readers,
            head=p.AT["sam"].head,
            booking_pk=p.CAP.booking.pk,
            patient_pk=p.CAP.patient.pk,
            writer=Writer.PATIENT,
            signer=p.OTHER_CAP.booking,
        )
        good.append(
            envelope(
                "claimed at the desk: a new booking key, signed by the old",
                sealed,
                p.AT["sam"].seq,
                drawn[:3],
                given,
                ["unit", "patient K_cap"],
            )
            | {"previous_booking_pk": p.OTHER_CAP.booking.pk.hex()}
        )
    return good


# ---------------------------------------------------------------- bad


def flip(value: str, byte: int) -> str:
    data = bytearray.fromhex(value)
    data[byte] ^= 1
    return data.hex()


def put(value: str, byte: int, new: int) -> str:
    data = bytearray.fromhex(value)
    data[byte] = new
    return data.hex()


def bad(
    name: str, base: str, reader: str, changes: dict[str, Any], opens: str | None, checks: str | None
) -> dict[str, Any]:
    return {"name": name, "from": base, "reader": reader, "set": changes, "open": opens, "check": checks}


def context_swaps(good: dict[str, Any]) -> list[dict[str, Any]]:
    base = good["name"]
    values: dict[str, Any] = {
        "context.instance": "serment-elsewhere",
        "context.practice": p.ident("practice elsewhere").hex(),
        "context.unit": p.UNIT_2.hex(),
        "context.record": p.ident("record tom").hex(),
        "context.rev": 2,
        "context.slot.agenda": p.ident("agenda elsewhere").hex(),
        "context.slot.start": p.START + 60,
        "context.slot.minutes": 31,
        "context.slot.visit_type": p.ident("visit type other").hex(),
    }
    return [
        bad(f"{path}, {reader}", base, reader, {path: value}, "Altered", "Altered")
        for path, value in values.items()
        for reader in ("unit", "patient K_cap")
    ]


def body_swaps(good: list[dict[str, Any]]) -> list[dict[str, Any]]:
    one, moved, tom = good[0], good[2], good[4]
    base, bodies = one["name"], one["bodies"]
    out = [
        bad(
            "bodies of two groups exchanged",
            base,
            "unit",
            {"bodies.0": bodies[1], "bodies.1": bodies[0]},
            "Altered",
            "Altered",
        ),
        bad("all bodies of another record", base, "unit", {"bodies": tom["bodies"]}, "Altered", "Altered"),
        bad(
            "all bodies of another revision", base, "unit", {"bodies": moved["bodies"]}, "Altered", "Altered"
        ),
        bad(
            "bodies and signature of another revision",
            base,
            "unit",
            {"bodies": moved["bodies"], "sig": moved["sig"]},
            "Altered",
            "Altered",
        ),
        bad("stanzas of another revision", base, "connector", {"stanzas": moved["stanzas"]}, "Altered", None),
        bad("body cut short", base, "unit", {"bodies.2": bodies[2][:-2]}, "Unknown", "Unknown"),
        bad(
            "body of another size class",
            base,
            "unit",
            {"bodies.0": bodies[0] + "00" * 512},
            "Altered",
            "Altered",
        ),
        bad("body size unknown", base, "unit", {"bodies.0": bodies[0] + "00" * 16}, "Unknown", "Unknown"),
        bad("body empty", base, "unit", {"bodies.1": ""}, "Unknown", "Unknown"),
    ]
    for group, body in enumerate(bodies):
        for what, at in (("commitment", 0), ("ciphertext", 40), ("tag", -1)):
            out.append(
                bad(
                    f"body {group + 1}: {what} flipped",
                    base,
                    "unit",
                    {f"bodies.{group}": flip(body, at)},
                    "Altered",
                    "Altered",
                )
            )
    return out


def stanza_swaps(good: list[dict[str, Any]]) -> list[dict[str, Any]]:
    one = good[0]
    base, (unit, connector, _, cap) = one["name"], one["stanzas"]
    kid_at, mask_at = 1, 17
    return [
        bad("unit stanza: mask 7 to 3", base, "unit", {"stanzas.0": put(unit, mask_at, 3)}, "Altered", None),
        bad(
            "connector stanza: mask 1 to 7",
            base,
            "connector",
            {"stanzas.1": put(connector, mask_at, 7)},
            "Altered",
            None,
        ),
        bad(
            "patient stanza: mask 7 to 6",
            base,
            "patient K_cap",
            {"stanzas.3": put(cap, mask_at, 6)},
            "Altered",
            None,
        ),
        bad("unit stanza: mask 0", base, "unit", {"stanzas.0": put(unit, mask_at, 0)}, "Unknown", None),
        bad("unit stanza: mask 8", base, "unit", {"stanzas.0": put(unit, mask_at, 8)}, "Unknown", None),
        bad("unit stanza: mask 255", base, "unit", {"stanzas.0": put(unit, mask_at, 255)}, "Unknown", None),
        bad("unit stanza: kid flipped", base, "unit", {"stanzas.0": flip(unit, kid_at)}, "Unaddressed", None),
        bad(
            "patient stanza: kid flipped",
            base,
            "patient K_cap",
            {"stanzas.3": flip(cap, kid_at)},
            "Unaddressed",
            None,
        ),
        bad(
            "connector's stanza under the unit's kid",
            base,
            "unit",
            {"stanzas.0": connector[:2] + unit[2:36] + connector[36:]},
            "Altered",
            None,
        ),
        bad(
            "another patient's stanza under this kid",
            base,
            "patient K_cap",
            {"stanzas.3": cap[:36] + good[4]["stanzas"][1][36:]},
            "Altered",
            None,
        ),
        bad("unit stanza: enc flipped", base, "unit", {"stanzas.0": flip(unit, 20)}, "Altered", None),
        bad(
            "unit stanza: X25519 part flipped",
            base,
            "unit",
            {"stanzas.0": flip(unit, 18 + 1100)},
            "Altered",
            None,
        ),
        bad("unit stanza: ct flipped", base, "unit", {"stanzas.0": flip(unit, -1)}, "Altered", None),
        bad(
            "patient stanza: nonce flipped",
            base,
            "patient K_cap",
            {"stanzas.3": flip(cap, 18)},
            "Altered",
            None,
        ),
        bad(
            "patient stanza: ct flipped", base, "patient K_cap", {"stanzas.3": flip(cap, 40)}, "Altered", None
        ),
        bad("stanza type 3", base, "unit", {"stanzas.0": put(unit, 0, 3)}, "Unknown", None),
        bad("stanza type 0", base, "unit", {"stanzas.0": put(unit, 0, 0)}, "Unknown", None),
        bad("public stanza named symmetric", base, "unit", {"stanzas.0": put(unit, 0, 2)}, "Unknown", None),
        bad(
            "symmetric stanza named public",
            base,
            "patient K_cap",
            {"stanzas.3": put(cap, 0, 1)},
            "Unknown",
            None,
        ),
        bad("unit stanza cut short", base, "unit", {"stanzas.0": unit[:-2]}, "Unknown", None),
        bad("unit stanza with a byte more", base, "unit", {"stanzas.0": unit + "00"}, "Unknown", None),
        bad("no stanza at all", base, "unit", {"stanzas": []}, "Unaddressed", None),
        bad("a record sealed to nobody here", base, "unit K_rec", {}, "Unaddressed", None),
    ]


IDENTITY_POINT = "01" + "00" * 31


def signature_swaps(good: list[dict[str, Any]]) -> list[dict[str, Any]]:
    one, moved = good[0], good[2]
    base, staff = one["name"], moved["name"]
    other_patient = p.OTHER_CAP
    connector_kid = p.FULL_CONNECTOR.sign.kid.hex()
    return [
        bad("signature flipped", base, "unit", {"sig": flip(one["sig"], 0)}, None, "Altered"),
        bad("signature's second half flipped", base, "unit", {"sig": flip(one["sig"], 40)}, None, "Altered"),
        bad("signature of another revision", base, "unit", {"sig": moved["sig"]}, None, "Altered"),
        bad("signature cut short", base, "unit", {"sig": one["sig"][:-2]}, "Unknown", "Unknown"),
        *(
            bad(
                f"a signature that fits any message, under a key of small order: {what}",
                base,
                "unit",
                {"booking_pk": key, "sig": IDENTITY_POINT + "00" * 32},
                None,
                "Altered",
            )
            for what, key in (
                ("the identity", IDENTITY_POINT),
                ("the identity with x's sign", "01" + "00" * 30 + "80"),
                ("the identity, unreduced", "ee" + "ff" * 30 + "7f"),
                ("order 2", "ec" + "ff" * 30 + "7f"),
                ("order 4", "00" * 32),
                ("order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
            )
        ),
        bad("head of an earlier roster", base, "unit", {"head": p.AT["sam"].head.hex()}, None, "Altered"),
        bad("head the roster never had", base, "unit", {"head": named("no head").hex()}, None, "Altered"),
        bad(
            "another booking key",
            base,
            "unit",
            {"booking_pk": other_patient.booking.pk.hex()},
            None,
            "Altered",
        ),
        bad(
            "another patient key",
            base,
            "unit",
            {"patient_pk": other_patient.patient.pk.hex()},
            "Altered",
            "Altered",
        ),
        bad("patient key taken out", base, "unit", {"patient_pk": None}, "Altered", "Altered"),
        bad(
            "writer: a member instead",
            base,
            "unit",
            {"writer": 2, "writer_kid": p.SAM.sign.kid.hex()},
            None,
            "Altered",
        ),
        bad(
            "writer: a connector instead",
            base,
            "unit",
            {"writer": 3, "writer_kid": connector_kid},
            None,
            "Altered",
        ),
        bad("writer unknown", base, "unit", {"writer": 4}, "Unknown", "Unknown"),
        bad(
            "a patient with a writer's kid",
            base,
            "unit",
            {"writer_kid": p.SAM.sign.kid.hex()},
            "Unknown",
            "Unknown",
        ),
        bad("a member without kid", staff, "unit K_rec", {"writer_kid": None}, "Unknown", "Unknown"),
        bad(
            "another member's kid",
            staff,
            "unit K_rec",
            {"writer_kid": p.BENTO.sign.kid.hex()},
            None,
            "Altered",
        ),
        bad(
            "a kid nobody has",
            staff,
            "unit K_rec",
            {"writer_kid": named("no kid", 16).hex()},
            None,
            "Altered",
        ),
        bad(
            "staff's revision given as the patient's",
            staff,
            "unit K_rec",
            {"writer": 1, "writer_kid": None},
            None,
            "Altered",
        ),
        bad(
            "signed by the new booking key instead of the old",
            good[5]["name"],
            "unit",
            {"sig": p.CAP.booking.sign(bytes.fromhex(good[5]["message"])).hex()},
            None,
            "Altered",
        ),
        bad(
            "signed by a granted reader who cannot write",
            base,
            "unit",
            forged(one, p.CONNECTOR.sign, Writer.CONNECTOR),
            None,
            "Altered",
        ),
        bad(
            "signed by a member who came later",
            base,
            "unit",
            forged(one, p.MALLORY.sign, Writer.MEMBER),
            None,
            "Altered",
        ),
        bad(
            "signed by a member who came later, judged by a later roster",
            base,
            "unit",
            forged(one, p.MALLORY.sign, Writer.MEMBER) | {"roster_seq": p.AT["two units"].seq},
            None,
            "Altered",
        ),
        bad(
            "a connector replaces the booking key",
            base,
            "unit",
            forged(one, p.FULL_CONNECTOR.sign, Writer.CONNECTOR)
            | {"previous_booking_pk": p.OTHER_CAP.booking.pk.hex()},
            None,
            "Altered",
        ),
        bad(
            "a patient replaces the key of another booking",
            base,
            "unit",
            {"previous_booking_pk": p.OTHER_CAP.booking.pk.hex()},
            None,
            "Altered",
        ),
    ]


def forged(one: dict[str, Any], signer: SignPair, writer: Writer) -> dict[str, Any]:
    """A signature that is valid under a key that had no right to make it."""
    message = bytes.fromhex(one["message"])[:-1] + bytes([writer])
    return {"sig": signer.sign(message).hex(), "writer": int(writer), "writer_kid": signer.kid.hex()}


def inside_swaps(good: dict[str, Any]) -> list[dict[str, Any]]:
    """Faults only a writer can seal in: content that is well signed and yet refused."""
    context = RecordContext(p.INSTANCE, p.PRACTICE, p.UNIT, p.ident("record alice"), 1, p.SLOT)
    ceks = tuple(bytes.fromhex(cek) for cek in good["ceks"])
    plain = [bytes.fromhex(x) for x in good["plain"]]
    out = []

    def case(name: str, group: Group, padded: bytes, error: str = "Altered") -> None:
        ctx = context.of(group)
        k, c = r._content_key(ctx, ceks[group - 1])
        body = c + r.AESGCM(k).encrypt(bytes(12), padded, ctx)
        out.append(bad(name, good["name"], "unit", {f"bodies.{group - 1}": body.hex()}, error, "Altered"))

    def padded(payload: bytes, size: int = 512, tail: bytes = b"") -> bytes:
        return (len(payload).to_bytes(4, "big") + payload + tail).ljust(size, b"\0")

    rs, ct, ident = Group.REASON, Group.CONTACT, Group.IDENTITY
    case("padding not zero", rs, padded(plain[2], tail=b"\1"))
    case("last padding byte not zero", rs, padded(plain[2])[:-1] + b"\1")
    case("length beyond the body", rs, (513).to_bytes(4, "big") + plain[2].ljust(508, b" "))
    case("length of 2^32 - 1", rs, b"\xff" * 4 + plain[2].ljust(508, b"\0"))
    case("a larger size than needed", rs, padded(plain[2], 1024))
    case("duplicate key", rs, padded(b'{"reason":"a","reason":"b","answers":[],"files":[]}'))
    case(
        "duplicate key deep inside",
        rs,
        padded(b'{"answers":[{"question":"q","answer":"a","answer":"b"}],"files":[]}'),
    )
    case(
        "duplicate key, one spelt with an escape",
        rs,
        padded(b'{"reason":"a","re\\u0061son":"b","answers":[],"files":[]}'),
    )
    case("unknown key", rs, padded(b'{"reason":"a","answers":[],"files":[],"more":1}'))
    case("key __proto__", rs, padded(b'{"reason":"a","answers":[],"files":[],"__proto__":{}}'))
    case("missing key", rs, padded(b'{"reason":"a","answers":[]}'))
    case("null instead of absent", rs, padded(b'{"reason":null,"answers":[],"files":[]}'))
    case("empty text instead of absent", rs, padded(b'{"reason":"","answers":[],"files":[]}'))
    case("not an object", rs, padded(b'["reason"]'))
    case("not JSON", rs, padded(b"{reason:1}"))
    case("text after the JSON", rs, padded(b'{"answers":[],"files":[]}{}'))
    case("nothing", rs, padded(b""))
    case("NaN", rs, padded(b'{"reason":NaN,"answers":[],"files":[]}'))
    case("byte order mark", rs, padded(b'\xef\xbb\xbf{"answers":[],"files":[]}'))
    case("not UTF-8", rs, padded(b'{"reason":"\xff","answers":[],"files":[]}'))
    case("lone surrogate", rs, padded(b'{"reason":"\\ud800","answers":[],"files":[]}'))
    case("number where text belongs", rs, padded(b'{"reason":1,"answers":[],"files":[]}'))
    case(
        "reason of 2,001 bytes",
        rs,
        padded(b'{"reason":"' + b"x" * 2001 + b'","answers":[],"files":[]}', 2048),
    )
    case("contact in the place of reason", rs, padded(plain[1]))
    c64 = json.loads(plain[1])["c"]
    case("base64 without padding", ct, padded(json.dumps({"c": c64.rstrip("=")}).encode()))
    case(
        "base64 not canonical",
        ct,
        padded(json.dumps({"c": c64[:-3] + chr(ord(c64[-3]) + 1) + "=="}).encode()),
    )
    case("base64 of another length", ct, padded(b'{"c":"AAAA"}'))
    case("base64 with a line break", ct, padded(json.dumps({"c": c64[:4] + "\n" + c64[4:]}).encode()))
    fields = json.loads(plain[0])
    case(
        "no such day",
        ident,
        padded(json.dumps(fields | {"birth_date": "2023-02-29"}, separators=(",", ":")).encode()),
    )
    case(
        "a date in another form",
        ident,
        padded(json.dumps(fields | {"birth_date": "30/04/1988"}, separators=(",", ":")).encode()),
    )
    case(
        "sex of another word",
        ident,
        padded(json.dumps(fields | {"sex": "F"}, separators=(",", ":")).encode()),
    )
    case(
        "pkh left out",
        ident,
        padded(json.dumps({k: v for k, v in fields.items() if k != "pkh"}, separators=(",", ":")).encode()),
    )
    other = json.dumps(fields | {"pkh": m.b64(p.OTHER_CAP.pkh)}, separators=(",", ":"))
    case("pkh of another key", ident, padded(other.encode()))
    with chance_named("masked keys"):
        info = r.stanza_info(context, p.CAP.k_cap.kid, 1)
        sealed = r.box(p.CAP.k_cap.key, info, b"".join(ceks))
        stanza = Stanza(r.StanzaType.SYMMETRIC, p.CAP.k_cap.kid, 1, sealed)
    out.append(
        bad(
            "masked keys not zero",
            good["name"],
            "patient K_cap",
            {"stanzas.3": stanza.to_bytes().hex()},
            "Altered",
            None,
        )
    )
    with chance_named("other keys"):
        info = r.stanza_info(context, p.CAP.k_cap.kid, 7)
        sealed = r.box(p.CAP.k_cap.key, info, bytes(96))
        stanza = Stanza(r.StanzaType.SYMMETRIC, p.CAP.k_cap.kid, 7, sealed)
    out.append(
        bad(
            "content keys that are not these bodies'",
            good["name"],
            "patient K_cap",
            {"stanzas.3": stanza.to_bytes().hex()},
            "Altered",
            None,
        )
    )
    return out


def acts(context: RecordContext) -> list[dict[str, Any]]:
    cases = []
    for kind, signer, kid in (
        (Act.CANCEL, p.CAP.booking, None),
        (Act.CONFIRM, p.CAP.booking, None),
        (Act.UNDO, p.SAM.sign, p.SAM.sign.kid),
    ):
        sig = r.sign_act(context, 1, kind, signer)
        cases.append(
            {
                "kind": int(kind),
                "n": 1,
                "signer_kid": kid.hex() if kid else None,
                "message": r.act_message(context, 1, kind).hex(),
                "sig": sig.hex(),
            }
        )
    return cases


def series_json() -> dict[str, Any]:
    series = Series(named("series seed"), p.ident("record first"))
    return {
        "seed": series.seed.hex(),
        "records": {str(n): series.record(n).hex() for n in (1, 2, SERIES_MAX)},
    }


def make() -> None:
    good = make_good()
    context = RecordContext(p.INSTANCE, p.PRACTICE, p.UNIT, p.ident("record alice"), 1, p.SLOT)
    new_slot = Slot(p.AGENDA, p.START + 3600, 30, p.VISIT_TYPE)
    note = {
        "new_slot": new_slot.to_bytes().hex(),
        "n": 1,
        "signer_kid": p.CONNECTOR.sign.kid.hex(),
        "message": r.move_note_message(context, new_slot, 1).hex(),
        "sig": r.sign_move_note(context, new_slot, 1, p.CONNECTOR.sign).hex(),
    }
    cap = {
        "cap": p.CAP.secret.hex(),
        "row_token": p.CAP.row_token.hex(),
        "k_cap": p.CAP.k_cap.key.hex(),
        "k_cap_kid": p.CAP.k_cap.kid.hex(),
        "booking_seed": derive(p.CAP.secret, "sign").hex(),
        "booking_pk": p.CAP.booking.pk.hex(),
        "patient_seed": derive(p.CAP.secret, "kem").hex(),
        "patient_pk": p.CAP.patient.pk.hex(),
        "patient_kid": p.CAP.patient.kid.hex(),
        "pkh": p.CAP.pkh.hex(),
    }
    epoch = {
        "epoch_seed": p.EPOCH_1.keys.seed.hex(),
        "unit_kem_seed": UNIT_SEED.hex(),
        "pk": p.EPOCH_1.keys.kem.pk.hex(),
        "kid": p.EPOCH_1.keys.kem.kid.hex(),
        "k_rec": p.EPOCH_1.keys.k_rec.key.hex(),
        "kid_rec": p.EPOCH_1.keys.k_rec.kid.hex(),
        "k_idx": p.EPOCH_1.keys.k_idx.hex(),
        "k_card": p.EPOCH_1.keys.k_card.hex(),
    }
    user = {
        "user_seed": p.SAM.seed.hex(),
        "kem_seed": derive(p.SAM.seed, "user kem").hex(),
        "kem_pk": p.SAM.kem.pk.hex(),
        "kem_kid": p.SAM.kem.kid.hex(),
        "sign_seed": derive(p.SAM.seed, "user sign").hex(),
        "sign_pk": p.SAM.sign.pk.hex(),
        "sign_kid": p.SAM.sign.kid.hex(),
    }
    about = (
        "Sealed records, openable with the keys listed under `readers` (`opens`: the groups). Bodies follow from"
        " `ceks`, `context` and `plain`; stanzas are to be opened (HPKE draws its own randomness). `roster_seq`: the"
        " first events of rosters.json's good chain, against which `sig` is checked with `previous_booking_pk`."
        " `acts` and `move_note` belong to the first envelope."
    )
    write(
        "good.json",
        about,
        {
            "conventions": {
                "T(kid)": T("kid").hex(),
                "kid(32 zero bytes)": sha256(T("kid") + bytes(32))[:16].hex(),
                "D(32 zero bytes, row)": derive(bytes(32), "row").hex(),
                "D(32 zero bytes, kid, 16)": derive(bytes(32), "kid", 16).hex(),
            },
            "cap": cap,
            "series": series_json(),
            "epoch": epoch,
            "user": user,
            "envelopes": good,
            "acts": acts(context),
            "move_note": note,
        },
    )
    cases = [
        *context_swaps(good[0]),
        *body_swaps(good),
        *stanza_swaps(good),
        *signature_swaps(good),
        *inside_swaps(good[0]),
    ]
    about = (
        "Each case takes the envelope of good.json named `from`, replaces what `set` lists (dotted paths; a number"
        " is an index), and opens every group the reader's stanza grants with the key `reader` (found by name in any"
        " envelope): the error must be `open` (null: it opens). Then it checks the signature against the chain up to"
        " `roster_seq`: the error must be `check` (null: it stands)."
    )
    write("bad.json", about, {"cases": cases})
