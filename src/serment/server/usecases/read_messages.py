# SPDX-License-Identifier: AGPL-3.0-or-later
"""What browsers read of the notifier and its messages: signed keys to seal to, and what became of what was sealed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from serment.framing.conventions import exactly
from serment.framing.errors import Unknown
from serment.framing.messages import HANDLE_BYTES
from serment.server.instance import Instance
from serment.server.stores import messages
from serment.server.usecases.errors import NoDayKey, NoNotifier

HANDLES_READ_MAX = 500
DAYS_READ_MAX = 16


class CodeKey(msgspec.Struct):
    """An X-Wing key that phone checks are sealed to, signed by the notifier's root for these days."""

    since: date
    until: date
    pk: bytes
    sig: bytes


class NotifierTold(msgspec.Struct):
    """The notifier of this instance: its root, to be compared with the practice's roster; its code keys, the newest first.

    `sms_price`: what a segment of an SMS costs, in euros, where the host says it.
    """

    root: bytes
    code_keys: list[CodeKey]
    sms_price: str | None


class DayKey(msgspec.Struct):
    """The key of one day, signed by the notifier's root."""

    day: date
    pk: bytes
    sig: bytes


class MessageTold(msgspec.Struct):
    """A message as it lies, and what became of it on one channel: planned, sent, delivered, undelivered or dropped.

    `seen_to`: somebody of the practice saw to it that it did not arrive.
    """

    mid: bytes
    send_day: date
    set: int
    message: bytes
    result: str
    channel: str | None
    reason: str | None
    seen_to: bool


class HandleTold(msgspec.Struct):
    """What stands under one handle. `set` null: there is no capsule any more."""

    h: bytes
    set: int | None
    messages: list[MessageTold]


async def read_notifier(instance: Instance) -> NotifierTold:
    """Raises NoNotifier."""
    row = await messages.read_notifier(instance.pool, instance.clock().date())
    if row is None:
        raise NoNotifier
    return NotifierTold(
        row["root"], msgspec.json.decode(row["code_keys"], type=list[CodeKey]), instance.sms_price
    )


async def read_day_keys(instance: Instance, days: Sequence[date]) -> list[DayKey]:
    """In the order asked for. Raises Unknown, NoDayKey."""
    if not 1 <= len(days) <= DAYS_READ_MAX:
        raise Unknown("days")
    found = {row["day"]: row for row in await messages.read_day_keys(instance.pool, days)}
    if not found.keys() >= set(days):
        raise NoDayKey
    return [DayKey(day, found[day]["pk"], found[day]["sig"]) for day in days]


async def read_messages(instance: Instance, handles: Sequence[bytes]) -> list[HandleTold]:
    """In the order asked for; a handle that is not known has no set and no messages. Raises Unknown."""
    if len(handles) > HANDLES_READ_MAX:
        raise Unknown("handles")
    for h in handles:
        exactly(h, HANDLE_BYTES, "handle")
    told = {h: HandleTold(h, None, []) for h in handles}
    for row in await messages.read_sets(instance.pool, handles):
        told[row["h"]].set = row["message_set"]
    for row in await messages.read_messages(instance.pool, handles):
        told[row["h"]].messages.append(
            MessageTold(
                row["mid"],
                row["send_day"],
                row["message_set"],
                row["bytes"],
                row["result"],
                row["channel"],
                row["reason"],
                row["seen_to"],
            )
        )
    return [told[h] for h in handles]
