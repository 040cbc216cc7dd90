# SPDX-License-Identifier: Apache-2.0
"""cards.json: what cards, index entries and pages say, and each way to say it wrong."""

from __future__ import annotations

import json
from typing import Any

import people as p
from make import named, write

from serment.seal import people as kept

ALICE, TWIN, ERASED = p.ident("card"), p.ident("card twin"), p.ident("card erased")
FULL = kept.CardContent(
    given_name="Alice",
    birth_name="Érable-Ñandú",
    used_name="Le Goff",
    birth_date="1961-03-14",
    sex="female",
    phone="+33639981234",
    email="alice@exemple.test",
    language="en",
    note="Préfère le matin.\nFiche jointe le 26 novembre 2026 : Alise Érable.",
    refuse="Appelez-nous : nous vous recevrons.",
    no_shows=(
        kept.NoShow(p.ident("record missed"), "2026-02-03"),
        kept.NoShow(p.ident("record tom"), "2026-05-11"),
    ),
)
BARE = kept.CardContent(given_name="Tom", birth_name="Ø", birth_date="2016-02-29", sex="unknown")
TWIN_OF_ALICE = kept.CardContent(
    given_name="Alise", birth_name="Érable", birth_date="1961-03-14", sex="unknown"
)
ENTRIES = [
    ("all it can say", kept.entry_of(ALICE, 4, FULL)),
    ("nothing but who", kept.entry_of(p.ident("card tom"), 1, BARE)),
    ("erased", kept.Entry(ERASED, 3, gone=True)),
    (
        "joined to another card",
        kept.Entry(TWIN, 2, "Alise", "Érable", None, "1961-03-14", gone=True, into=ALICE),
    ),
]
CUT = [
    "Alice",
    "É" * 21,
    "Anne-Sophie-Marie-Françoise-Élisabeth de la Tour",
    "e\u0301" * 20,
    '"' * 30,
    "\\n" * 30,
    "\u0001" * 10,
    "\U0001f9d2" * 11,
]
FOLDED = [
    ("Alice", "Érable-Ñandú", "1961-03-14"),
    ("ALICE", "erable nandu", "1961-03-14"),
    ("Zoë", "L’Œillet", "2001-01-01"),
    ("Søren", "Straße Łuk", "1999-12-31"),
    ("Мария", "Иванова", "1970-07-07"),
]


def spoilt(of: str, name: str, base: bytes, **changes: Any) -> dict[str, Any]:
    """The payload with fields changed; None leaves one out."""
    fields = json.loads(base) | changes
    text = json.dumps(
        {k: v for k, v in fields.items() if v is not None}, ensure_ascii=False, separators=(",", ":")
    )
    return {"of": of, "name": name, "plain": text.encode().hex(), "error": "Altered"}


def bad() -> list[dict[str, Any]]:
    card, entry, gone, joined = FULL.to_json(), *(ENTRIES[nth][1].to_json() for nth in (0, 2, 3))
    record = json.loads(card)["no_shows"][0]
    return [
        spoilt("card", "an unknown key", card, age=61),
        spoilt("card", "no birth date", card, birth_date=None),
        spoilt("card", "a day that does not exist", card, birth_date="1961-02-30"),
        spoilt("card", "another sex than four", card, sex="f"),
        spoilt("card", "another language than two", card, language="de"),
        spoilt("card", "an empty note", card, note=""),
        spoilt("card", "a note too long", card, note="x" * (kept.CARD_NOTE_BYTES_MAX + 1)),
        spoilt("card", "a message too long", card, refuse="x" * (kept.REFUSE_BYTES_MAX + 1)),
        spoilt("card", "seventeen no-shows", card, no_shows=[record] * (kept.NO_SHOWS_MAX + 1)),
        spoilt("card", "a no-show without its record", card, no_shows=[{"day": "2026-02-03"}]),
        spoilt("entry", "an unknown key", entry, m="note"),
        spoilt("entry", "a card id that is no 16 bytes", entry, c="AAAA"),
        spoilt("entry", "a flag that is not true", entry, f=False),
        spoilt("entry", "seventeen no-shows", entry, n=kept.NO_SHOWS_MAX + 1),
        spoilt(
            "entry",
            "a name longer than an entry has room for",
            entry,
            g="x" * (kept.INDEX_NAME_BYTES_MAX + 1),
        ),
        spoilt("entry", "erased, with a name", gone, g="Alice"),
        spoilt("entry", "joined to a card, without a name", joined, g=None),
        spoilt("entry", "joined, with a number", joined, p="+33639981234"),
        spoilt("entry", "joined, yet not gone", joined, x=None),
        {"of": "entry", "name": "a key twice", "plain": b'{"c":1,"c":2}'.hex(), "error": "Altered"},
        spoilt("page", "an entry that is none", kept.write_page([]), people=[1]),
        spoilt("page", "no people", kept.write_page([]), people=None),
    ]


def make() -> None:
    about = (
        "Payloads of section 6: each `plain` is read and written again to the same bytes; each of `bad` is refused with"
        " `error`. `cut`: a name, and what of it goes into an entry. `person`: the id of a card that a browser makes by"
        " itself."
    )
    seed = named("epoch seed of persons")
    write(
        "cards.json",
        about,
        {
            "cards": [
                {"name": name, "says": json.loads(card.to_json()), "plain": card.to_json().hex()}
                for name, card in (
                    ("all it can say", FULL),
                    ("nothing but who", BARE),
                    ("a twin", TWIN_OF_ALICE),
                )
            ],
            "entries": [
                {"name": name, "says": json.loads(entry.to_json()), "plain": entry.to_json().hex()}
                for name, entry in ENTRIES
            ],
            "page": {"plain": kept.write_page([entry for _, entry in ENTRIES]).hex()},
            "cut": [{"name": name, "kept": kept.cut_name(name)} for name in CUT],
            "person": {
                "epoch_seed": seed.hex(),
                "people": [
                    {
                        "given_name": g,
                        "birth_name": b,
                        "birth_date": d,
                        "card": kept.person_id(seed, g, b, d).hex(),
                    }
                    for g, b, d in FOLDED
                ],
            },
            "bad": bad(),
        },
    )
