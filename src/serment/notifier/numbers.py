# SPDX-License-Identifier: AGPL-3.0-or-later
"""An address as a tag of 80 bits: enough to know it again, useless to whoever has the database alone.

Argon2id keyed by the notifier: 16 MiB and one pass, so that even with the key a list of all French numbers costs a processor
months. A tag is never joined to a message. Source: spec/rdv1.md section 4.
"""

from __future__ import annotations

import re
from typing import Final

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from serment.framing.conventions import T
from serment.framing.messages import address_bytes

TAG_BYTES: Final = 10
TAG_KIB: Final = 16 * 1024
TAG_PASSES: Final = 1

# 01 to 05 and 09; 0262 and 0269 of La Réunion and Mayotte, 0590, 0594, 0596 of Guadeloupe, Guyane and Martinique.
_LANDLINE: Final = re.compile(r"\+33[1-59]|\+26226[29]|\+590590|\+594594|\+596596")


def tag_of(key: bytes, kind: int, address: str) -> bytes:
    """The tag of a phone number in E.164 (kind 1) or an e-mail address (kind 2, compared without regard to case)."""
    said = address_bytes(kind, address.casefold())
    argon = Argon2id(
        salt=T("address tag"),
        length=TAG_BYTES,
        iterations=TAG_PASSES,
        lanes=1,
        memory_cost=TAG_KIB,
        secret=key,
    )
    return argon.derive(said)


def is_landline(number: str) -> bool:
    """Whether an E.164 number of the French plan takes a voice, not an SMS (Arcep, plan national de numérotation).

    Numbers of other plans are taken for mobiles: an SMS that is not delivered harms less than a call at night abroad.
    """
    return _LANDLINE.match(number) is not None
