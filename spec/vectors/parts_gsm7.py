# SPDX-License-Identifier: Apache-2.0
"""gsm7.json: texts as they arrive by SMS, their length and their segments. sms.json: the SMS that words make."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import get_args

from make import named, write

from serment.domain.gsm7 import fitted, length
from serment.domain.named_times import LANGUAGES
from serment.domain.reminder import Kind
from serment.notifier.wording import Visit, link, sms

TEXTS = {
    "nothing": "",
    "a French reminder": "Rappel\u00a0: rendez-vous demain jeudi 26\u00a0novembre à 9\u00a0h\u00a030, Besançon.",
    "all that stays": "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà",
    "accents that leave": "forêt, garçon, hôpital, Noël, maïs, août, cœur, ÀÂÈÊÎÔÙÛ, Œuvre, Łódź",
    "an accent typed apart": "e\u0301te\u0301, franc\u0327ais",
    "quotes, dashes, dots and spaces": "«\u202fL’été\u202f» – “ici”… là—bas ‑ n°\u00a03 •\u2009x",
    "invisible signs": "a\u00adb\u200bc\u2060d\ufeff",
    "ligatures and figures": "ﬁn ½ ² ™ qu’ʼ",
    "extension signs count twice": "^{}\\[~]|€",
    "160 septets": "a" * 160,
    "161 septets": "a" * 161,
    "a euro across the seam": "a" * 152 + "€" + "a" * 20,
    "160 septets with a euro": "a" * 158 + "€",
    "306 septets": "a" * 306,
    "307 septets": "a" * 307,
    "what has no stand-in": "Αθήνα Ижевск",
    "an emoji": "ça va 😀",
    "70 units": "ж" * 70,
    "71 units": "ж" * 71,
    "a pair across the seam": "ж" * 66 + "😀" + "ж" * 10,
}


def make() -> None:
    texts = [
        {"name": name, "text": text, "fitted": fitted(text)} | asdict(length(fitted(text)))
        for name, text in TEXTS.items()
    ]
    write(
        "gsm7.json",
        "Texts as they arrive by SMS (3GPP TS 23.038), their length and their segments.",
        {"texts": texts},
    )
    write(
        "sms.json",
        "What an SMS says, which a browser shows before it is chosen; instants are UTC seconds.",
        {"sms": said()},
    )


ORIGINS = ("https://rdv.saint-eloi.fr", "https://rendez-vous.maison-de-sante-des-trois-tilleuls.fr")
NOW = dt.datetime(2026, 11, 25, 15, tzinfo=dt.UTC)
VISITS = [
    ("2026-11-26T08:30:00+00:00", "Europe/Paris", "Aubagne"),
    ("2026-11-25T16:00:00+00:00", "Europe/Paris", "L’Haÿ-les-Roses"),
    ("2026-12-01T13:05:00+00:00", "America/Guadeloupe", "Basse-Terre"),
    ("2026-11-25T22:30:00+00:00", "Pacific/Noumea", "Nouméa"),
    ("2027-09-29T08:30:00+00:00", "Europe/Paris", "Saint-Étienne-du-Rouvray"),
    ("2027-03-28T01:00:00+00:00", "Europe/Brussels", "St. Gilles"),
    ("2026-11-30T09:00:00+00:00", "America/New_York", "Αθήνα"),
    ("2026-11-30T09:00:00+00:00", "Europe/Paris", "serment.fr"),
    ("2026-11-30T09:00:00+00:00", "Europe/Paris", "36 39"),
    ("2026-11-30T09:00:00+00:00", "Europe/Paris", " T.  Sud "),
    ("2026-11-30T09:00:00+00:00", "Europe/Paris", "x\u202ey"),
]


def said() -> list[dict[str, object]]:
    """Each kind of SMS in both languages, for each of these visits, from two addresses."""
    rows: list[dict[str, object]] = []
    for start, zone, word in VISITS:
        visit = Visit(dt.datetime.fromisoformat(start), zone, word, named("sms c", 16), 1)
        told = {
            "start": int(visit.start.timestamp()),
            "zone": zone,
            "word": word,
            "now": int(NOW.timestamp()),
        }
        for origin in ORIGINS if word == "Aubagne" else ORIGINS[:1]:
            for kind in get_args(Kind):
                for language in LANGUAGES:
                    text = sms(kind, [visit], language, NOW, origin)
                    named_row = {
                        "kind": kind,
                        "language": language,
                        "link": link(origin, visit.c),
                        "text": text,
                    }
                    rows.append(told | named_row | asdict(length(text)))
    return rows
