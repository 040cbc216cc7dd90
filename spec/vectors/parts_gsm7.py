# SPDX-License-Identifier: Apache-2.0
"""gsm7.json: texts as they arrive by SMS, their length and their segments."""

from __future__ import annotations

from dataclasses import asdict

from make import write

from serment.domain.gsm7 import fitted, length

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
