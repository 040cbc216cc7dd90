# SPDX-License-Identifier: Apache-2.0
"""sealed.json: everything but records: seeds, unlock boxes, passwords, vault, messages, checks, cards, files."""

from __future__ import annotations

from typing import Any

import people as p
from make import chance_named, named, write

from serment.framing import messages as rows
from serment.framing.conventions import derive
from serment.framing.server_secret import act_tag, find_row, password_share, stored_auth
from serment.seal import cards, files, messages, phone_check, roster_writing, unlock
from serment.seal import people as kept
from serment.seal.keys import Cap
from serment.seal.primitives import KemPair

INST = p.INSTANCE


def bad(name: str, error: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, "error": error, "set": changes}


def flip(value: bytes, at: int = -1) -> str:
    data = bytearray(value)
    data[at] ^= 1
    return data.hex()


def common(sealed: bytes) -> list[dict[str, Any]]:
    return [
        bad("last byte flipped", "Altered", sealed=flip(sealed)),
        bad("first byte flipped", "Altered", sealed=flip(sealed, 0)),
        bad("a byte less", "Unknown", sealed=sealed[:-1].hex()),
        bad("a byte more", "Unknown", sealed=sealed.hex() + "00"),
        bad("another instance", "Altered", instance="serment-elsewhere"),
    ]


def seeds() -> dict[str, Any]:
    roster, epoch = p.AT["mallory gone"], p.EPOCH_2
    sealed = epoch.seeds[p.SAM.kem.kid]
    return {
        "instance": INST,
        "practice": p.PRACTICE.hex(),
        "unit": p.UNIT.hex(),
        "e": 2,
        "roster_seq": roster.seq,
        "member_kem_seed": derive(p.SAM.seed, "user kem").hex(),
        "kid": p.SAM.kem.kid.hex(),
        "sealed": sealed.hex(),
        "epoch_seed": epoch.keys.seed.hex(),
        "bad": [
            bad("ct flipped", "Altered", sealed=flip(sealed)),
            bad("another unit's keys", "Altered", unit=p.UNIT_2.hex()),
            bad("a byte less", "Unknown", sealed=sealed[:-1].hex()),
            bad(
                "well sealed, but not the seed of event 4",
                "Altered",
                sealed=roster_writing.seal_seed(
                    roster, p.UNIT, 2, p.SAM.kem.pk, p.SAM.kem.kid, p.EPOCH_1.keys.seed
                ).hex(),
            ),
        ],
        "previous": {
            "epoch_seed": epoch.keys.seed.hex(),
            "sealed": (epoch.previous or b"").hex(),
            "opens": p.EPOCH_1.keys.seed.hex(),
        },
    }


def unlocks() -> list[dict[str, Any]]:
    out = []
    code = named("recovery code", 16)
    for method, credential, secret in (
        (unlock.Method.PASSKEY, named("credential", 48), named("prf answer")),
        (unlock.Method.PASSWORD, b"", named("password secret")),
        (unlock.Method.RECOVERY, unlock.recovery_find(code), unlock.recovery_secret(code)),
    ):
        place = unlock.UnlockPlace(INST, p.ident("sam"), method, credential, 3)
        with chance_named(f"unlock {method.name}"):
            sealed = unlock.seal_unlock(place, secret, p.SAM.seed)
        out.append(
            {
                "instance": INST,
                "user": place.user.hex(),
                "method": int(method),
                "credential": credential.hex(),
                "version": 3,
                "secret": secret.hex(),
                "aad": place.aad().hex(),
                "sealed": sealed.hex(),
                "opens": p.SAM.seed.hex(),
                "bad": [
                    *common(sealed),
                    bad("another user", "Altered", user=p.ident("bento").hex()),
                    bad("another method", "Altered", method=1 + int(method) % 3),
                    bad("another credential", "Altered", credential=named("credential 2", 48).hex()),
                    bad("another version", "Altered", version=2),
                    bad("another secret", "Altered", secret=named("another secret").hex()),
                ],
            }
        )
    return out


def passwords() -> list[dict[str, Any]]:
    out = []
    server = named("server secret")
    for name, password in (
        ("sam@cabinet.example", "correct horse battery"),
        ("  ＳＡＭ.Élodie ", "pa\u0301ss ﬁne"),
    ):
        keys = unlock.derive_password(INST, name, password)
        share = password_share(server, keys.find)
        out.append(
            {
                "instance": INST,
                "name": name,
                "name_folded": unlock.fold_name(name).hex(),
                "password": password,
                "password_folded": unlock.fold_password(password).hex(),
                "find": keys.find.hex(),
                "m": keys.m.hex(),
                "auth": keys.auth.hex(),
                "server_secret": server.hex(),
                "row": find_row(server, keys.find).hex(),
                "stored": stored_auth(server, keys.find, keys.auth).hex(),
                "share": share.hex(),
                "secret": keys.secret(share).hex(),
            }
        )
    return out


def vault() -> dict[str, Any]:
    account, key, content = p.ident("account"), named("vault key"), b'{"bookings":[]}'
    with chance_named("vault"):
        sealed = unlock.seal_vault(INST, account, 7, key, content)
    return {
        "instance": INST,
        "account": account.hex(),
        "version": 7,
        "vault_key": key.hex(),
        "sealed": sealed.hex(),
        "opens": content.hex(),
        "bad": [
            bad("another version", "Altered", version=8),
            bad("another account", "Altered", account=p.ident("account 2").hex()),
            bad("another key", "Altered", vault_key=named("vault key 2").hex()),
            bad("another instance", "Altered", instance="serment-elsewhere"),
        ],
    }


def message_rows() -> dict[str, Any]:
    t, c, mid = named("t messages"), named("c messages", 16), p.ident("message")
    h, day = messages.handle(c), KemPair.from_seed(named("day key seed"))
    key_day, k_m = "2027-03-25", messages.message_key(t)
    capsule = messages.Capsule("fr", "Nîmes", c, k_m, "+33600000001", "alice@example.org")
    message = messages.Message("reminder", p.START - 86_400, "Europe/Paris", p.START)
    with chance_named("messages"):
        sealed_capsule = messages.seal_capsule(INST, key_day, day.pk, day.kid, capsule)
        sealed_message = messages.seal_message(INST, h, mid, "2027-03-23", 2, k_m, message)
        page = messages.seal_page(INST, c, "Nîmes")
    day_key = rows.day_key_message(INST, key_day, day.pk)
    code_key = rows.code_key_message(INST, "2027-03-01", "2027-03-08", day.pk)
    other = messages.handle(named("c other", 16)).hex()
    return {
        "t": t.hex(),
        "c": c.hex(),
        "write": messages.write_token(t).hex(),
        "k_m": k_m.hex(),
        "reminder_id": messages.reminder_id(k_m, "2027-03-23").hex(),
        "act": messages.act_token(c).hex(),
        "delete": messages.delete_token(c).hex(),
        "h": h.hex(),
        "k_page": messages.page_key(c).hex(),
        "stop": messages.stop_token(c).hex(),
        "server_secret": named("server secret").hex(),
        "act_tag": act_tag(named("server secret"), messages.act_token(c)).hex(),
        "day_key": {
            "notifier_pk": p.NOTIFIER.pk.hex(),
            "day": key_day,
            "seed": named("day key seed").hex(),
            "pk": day.pk.hex(),
            "kid": day.kid.hex(),
            "message": day_key.hex(),
            "sig": p.NOTIFIER.sign(day_key).hex(),
        },
        "code_key": {
            "since": "2027-03-01",
            "until": "2027-03-08",
            "message": code_key.hex(),
            "sig": p.NOTIFIER.sign(code_key).hex(),
        },
        "capsule": {
            "instance": INST,
            "h": h.hex(),
            "key_day": key_day,
            "sealed": sealed_capsule.hex(),
            "opens": {
                "language": "fr",
                "word": "Nîmes",
                "c": c.hex(),
                "k_m": k_m.hex(),
                "sms": "+33600000001",
                "mail": "alice@example.org",
            },
            "bad": [
                bad("last byte flipped", "Altered", sealed=flip(sealed_capsule)),
                bad("a byte less", "Unknown", sealed=sealed_capsule[:-1].hex()),
                bad("another handle", "Altered", h=other),
                bad("another day", "Altered", key_day="2027-03-26"),
                bad("another instance", "Altered", instance="serment-elsewhere"),
            ],
        },
        "message": {
            "instance": INST,
            "h": h.hex(),
            "mid": mid.hex(),
            "send_day": "2027-03-23",
            "set": 2,
            "k_m": k_m.hex(),
            "sealed": sealed_message.hex(),
            "opens": {
                "kind": "reminder",
                "not_before": p.START - 86_400,
                "zone": "Europe/Paris",
                "start": p.START,
            },
            "bad": [
                *common(sealed_message),
                bad("another handle", "Altered", h=other),
                bad("another id", "Altered", mid=p.ident("message 2").hex()),
                bad("another day", "Altered", send_day="2027-03-24"),
                bad("another set", "Altered", set=3),
                bad("another key", "Altered", k_m=named("k_m 2").hex()),
            ],
        },
        "page": {
            "instance": INST,
            "c": c.hex(),
            "h": h.hex(),
            "sealed": page.hex(),
            "opens": "Nîmes",
            "bad": [*common(page), bad("another c", "Altered", c=named("c other", 16).hex())],
        },
    }


def phone() -> dict[str, Any]:
    r, reply_key, q = named("r"), named("reply key"), p.ident("q")
    code = KemPair.from_seed(named("code key seed"))
    caps = [Cap.from_secret(named(f"cap ahead {i}")) for i in (1, 2)]
    salts = [named(f"salt {i}") for i in (1, 2)]
    binds = tuple(rows.bind(cap.booking.pk, salt) for cap, salt in zip(caps, salts, strict=True))
    ask = phone_check.Ask(1, "+33600000001", r, reply_key, binds)
    a = rows.address_bytes(1, "+33600000001")
    with chance_named("phone check"):
        sealed_ask = phone_check.seal_ask(INST, q, code.pk, code.kid, ask)
        sealed_code = phone_check.seal_code(INST, q, code.pk, code.kid, "042137")
        reply = phone_check.prove(INST, ask, 202703, p.NOTIFIER)
        sealed_reply = phone_check.seal_reply(INST, q, reply_key, reply)
    other_q = p.ident("q 2").hex()
    r_i = [phone_check.r_of(r, i) for i in (1, 2)]
    return {
        "instance": INST,
        "q": q.hex(),
        "a": a.hex(),
        "r": r.hex(),
        "reply_key": reply_key.hex(),
        "code_key_seed": named("code key seed").hex(),
        "kid": code.kid.hex(),
        "r_i": [x.hex() for x in r_i],
        "commit_i": [rows.commit(INST, a, x).hex() for x in r_i],
        "booking_pk_i": [cap.booking.pk.hex() for cap in caps],
        "salt_i": [s.hex() for s in salts],
        "bind_i": [b.hex() for b in binds],
        "month": 202703,
        "notifier_pk": p.NOTIFIER.pk.hex(),
        "proof_message_1": rows.proof_message(INST, rows.commit(INST, a, r_i[0]), binds[0], 202703).hex(),
        "ask": {
            "sealed": sealed_ask.hex(),
            "bad": [
                bad("another q", "Altered", q=other_q),
                bad("last byte flipped", "Altered", sealed=flip(sealed_ask)),
            ],
        },
        "code": {
            "sealed": sealed_code.hex(),
            "opens": "042137",
            "bad": [
                bad("another q", "Altered", q=other_q),
                bad("an ask in its place", "Unknown", sealed=sealed_ask.hex()),
            ],
        },
        "reply": {
            "sealed": sealed_reply.hex(),
            "proofs": [x.hex() for x in reply.proofs],
            "bad": [
                bad("another q", "Altered", q=other_q),
                bad("last byte flipped", "Altered", sealed=flip(sealed_reply)),
            ],
        },
    }


def card_rows() -> dict[str, Any]:
    keys = p.EPOCH_1.keys
    place = cards.UnitPlace(INST, p.PRACTICE, p.UNIT, 1, 202903)
    card, entry = p.ident("card"), p.ident("entry")
    base: dict[str, Any] = {
        "instance": INST,
        "practice": p.PRACTICE.hex(),
        "unit": p.UNIT.hex(),
        "e": 1,
        "month": 202903,
    }
    alice = kept.CardContent("Alice", "Martin", "1988-04-30", "female", phone="+33600000001")
    content, found = alice.to_json(), kept.entry_of(card, 4, alice)
    with chance_named("cards"):
        sealed_card = cards.seal_card(place, card, 4, keys.k_card, content)
        sealed_entry = cards.seal_entry(place, entry, keys.k_idx, found.to_json())
        sealed_page = cards.seal_page(place, 9, keys.k_idx, kept.write_page([found]))
    moves = [
        bad("another practice", "Altered", practice=p.ident("practice elsewhere").hex()),
        bad("another unit", "Altered", unit=p.UNIT_2.hex()),
        bad("another epoch", "Altered", e=2),
        bad("another month", "Altered", month=202904),
    ]
    return {
        "card": base
        | {
            "card": card.hex(),
            "rev": 4,
            "key": keys.k_card.hex(),
            "sealed": sealed_card.hex(),
            "opens": content.hex(),
            "bad": [
                *common(sealed_card),
                *moves,
                bad("another card", "Altered", card=entry.hex()),
                bad("another rev", "Altered", rev=3),
            ],
        },
        "entry": base
        | {
            "entry": entry.hex(),
            "key": keys.k_idx.hex(),
            "sealed": sealed_entry.hex(),
            "opens": found.to_json().hex(),
            "bad": [*common(sealed_entry), *moves, bad("another entry", "Altered", entry=card.hex())],
        },
        "page": base
        | {
            "version": 9,
            "key": keys.k_idx.hex(),
            "sealed": sealed_page.hex(),
            "opens": kept.write_page([found]).hex(),
            "bad": [*moves, bad("another version", "Altered", version=8)],
        },
    }


def file_chunks() -> dict[str, Any]:
    record = p.ident("record alice")
    with chance_named("file"):
        small, chunks = files.seal_file(INST, record, "note.txt", "text/plain", b"Dr Bento, " * 33)
    with chance_named("empty file"):
        empty, none = files.seal_file(INST, record, "empty.txt", "text/plain", b"")
    sizes = [0, 1, 2, 9, 10, 100, 1_000, 65_535, 65_537, 1_000_000, 20 * 1024 * 1024]
    return {
        "instance": INST,
        "record": record.hex(),
        "padme": [[size, files.padme(size)] for size in sizes],
        "files": [
            {
                "file": f.file.hex(),
                "size": f.size,
                "sha256": f.sha256.hex(),
                "key": f.key.hex(),
                "chunks": [c.hex() for c in cs],
            }
            for f, cs in ((small, chunks), (empty, none))
        ],
    }


def make() -> None:
    about = (
        "Seeds, unlock boxes, passwords, vault, messages, phone check, cards, files. Each entry opens as `opens` says;"
        " each `bad` replaces the fields in `set` and must be refused with `error`."
    )
    write(
        "sealed.json",
        about,
        {
            "epoch_seed": seeds(),
            "unlock": unlocks(),
            "password": passwords(),
            "vault": vault(),
            "messages": message_rows(),
            "phone_check": phone(),
            "cards": card_rows(),
            "files": file_chunks(),
        },
    )
