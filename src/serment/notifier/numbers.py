# SPDX-License-Identifier: AGPL-3.0-or-later
"""An address as a tag of 80 bits: enough to know it again, useless to whoever has the database alone.

Argon2id keyed by the notifier: 16 MiB and one pass, so that even with the key a list of all French numbers costs a processor
months. A tag is never joined to a message. Source: spec/rdv1.md section 4.
"""

from __future__ import annotations

import re
from typing import Final

import phonenumbers
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from phonenumbers import timezone

from serment.domain.errors import UnknownZone
from serment.domain.instants import zone_named
from serment.framing.conventions import T
from serment.framing.errors import FramingError
from serment.framing.messages import ADDRESS_PHONE, address_bytes

TAG_BYTES: Final = 10
TAG_KIB: Final = 16 * 1024
TAG_PASSES: Final = 1

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}\Z")
_MAIL: Final = re.compile(r"[^@\s<>,;\x00-\x1f\x7f\ud800-\udfff]+@[^@\s<>,;\x00-\x1f\x7f\ud800-\udfff]+\Z")

# 01 to 05 and 09; 0262 and 0269 of La Réunion and Mayotte, 0590, 0594, 0596 of the Antilles and Guyane.
_LANDLINE: Final = re.compile(r"\+(33[1-59]|262262|262269|590590|594594|596596)")


def is_address(kind: int, address: str) -> bool:
    """Whether something can be sent there at all: E.164 (kind 1), or an e-mail address that has a tag (kind 2).

    What is sealed may hold anything, and its senders are anybody.
    """
    if not (_E164 if kind == ADDRESS_PHONE else _MAIL).match(address):
        return False
    try:
        address_bytes(kind, address.casefold())  # which may be longer
    except FramingError:
        return False
    return True


def tag_of(key: bytes, kind: int, address: str) -> bytes:
    """The tag of a phone number in E.164 (kind 1) or an e-mail address (kind 2, compared without regard to case).

    Raises Unknown where `is_address` is false for its length.
    """
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
    """Whether an E.164 number of the French plan takes a voice, not an SMS (Arcep, plan national de numérotation): it is rung.

    False for every other: numbers of other plans are taken for mobiles, since an SMS that is not delivered harms less than a
    call at night abroad.
    """
    return _LANDLINE.match(number) is not None


def clocks_of(number: str) -> tuple[str, ...]:
    """The zones in which a number of E.164 is at home, by its first digits; none where they do not tell.

    Several for a country of several clocks whose numbers do not say which. Source: Google's libphonenumber, in the lock file.
    """
    try:
        zones = timezone.time_zones_for_geographical_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return ()
    return tuple(zone for zone in zones if _is_known(zone))


def _is_known(zone: str) -> bool:
    try:
        zone_named(zone)
    except UnknownZone:
        return False
    return True
