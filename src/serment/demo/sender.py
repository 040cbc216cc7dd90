"""The demo's notifier, as far as planting needs it: its keys are made and published before a practice opens, so that each can
name it and every planted appointment has its messages. `serment notify` takes the same keys up and sends onto paper.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from serment.database.pool import Pool
from serment.domain.instants import first_instant, local_day
from serment.domain.reminder import REMINDERS_FROM, WEEK_AHEAD_DAYS
from serment.framing import CapsuleRow, MessageRow
from serment.framing.conventions import KEY_BYTES, kid
from serment.framing.messages import ADDRESS_PHONE, address_bytes, bind, commit
from serment.notifier.keys import Keys
from serment.notifier.outbox import Outbox
from serment.notifier.strongbox import Strongbox
from serment.seal.chance import draw
from serment.seal.groups import NumberCheck
from serment.seal.messages import (
    Capsule,
    Message,
    delete_token,
    handle,
    message_key,
    reminder_id,
    seal_capsule,
    seal_message,
    write_token,
)
from serment.seal.phone_check import Ask, prove, r_of
from serment.seal.primitives import SignPair
from serment.server.secret import PRIVATE_MODE
from serment.server.usecases.who_may_book import NumberProof
from serment.settings import NOTIFIER_FILE

SENT = "sent"
CONFIG = f"""# Written by `serment demo`: every message becomes a file in the folder `{SENT}`, which /demo/phone shows,
# and reaches nobody.
# docs/reference/notifier-config.md says what else may stand here; what you change stays.

[keys]
file = "notifier/keys"
mirror = "notifier-mirror/keys"

[[channel]]
kind = "paper"
name = "paper-sms"
folder = "{SENT}"
carries = "sms"

[[channel]]
kind = "paper"
name = "paper-mail"
folder = "{SENT}"
carries = "mail"
"""


@dataclass(frozen=True)
class Sender:
    """Who sends here: the root that practices name and that signs for numbers, and the key of each day to come."""

    root: SignPair = field(repr=False)
    days: Mapping[dt.date, bytes]


def write_config(folder: Path) -> None:
    """The notifier's configuration in `folder`, where it lacks: whole or not at all."""
    config = folder / NOTIFIER_FILE
    if not config.exists():
        fresh = folder / f"{NOTIFIER_FILE}.new"
        fresh.touch(PRIVATE_MODE)
        fresh.write_text(CONFIG, "utf-8")
        fresh.replace(config)


async def publish(pool: Pool, instance: str, folder: Path) -> Sender:
    """Make the keys in `folder` where they lack, and publish. Repeatable."""
    outbox = Outbox(pool)
    with Strongbox(folder / "notifier/keys", folder / "notifier-mirror/keys") as box:
        keys = Keys(box, instance)
        await keys.publish(outbox, dt.datetime.now(dt.UTC))
        return Sender(keys.root, await outbox.day_keys())


def check_number(
    sender: Sender, instance: str, phone: str, booking_pk: bytes, now: dt.datetime
) -> NumberCheck:
    """What somebody has who typed the code that came to their number."""
    r, salt, month = draw(KEY_BYTES), draw(KEY_BYTES), now.year * 100 + now.month
    ask = Ask(ADDRESS_PHONE, phone, r, draw(KEY_BYTES), (bind(booking_pk, salt),))
    return NumberCheck(
        r_of(r, 1), salt, month, prove(instance, ask, month, sender.root).proofs[0], booking_pk
    )


def shown(instance: str, phone: str, check: NumberCheck) -> NumberProof:
    """What the server is shown of it."""
    commitment = commit(instance, address_bytes(ADDRESS_PHONE, phone), check.r)
    return NumberProof(commitment, check.salt, check.month, check.proof)


@dataclass(frozen=True)
class Reached:
    """An appointment and whom its messages reach, as a browser knows them when it books."""

    start: dt.datetime
    zone: str
    phone: str | None
    word: str
    t: bytes
    c: bytes


def place(
    sender: Sender, instance: str, reached: Reached, now: dt.datetime
) -> tuple[CapsuleRow | None, list[MessageRow]]:
    """The capsule and the reminders still to come; nothing for a day whose key is gone."""
    key_day = local_day(reached.start, reached.zone) + dt.timedelta(days=1)
    pk = sender.days.get(key_day)
    if pk is None:
        return None, []
    h, k_m = handle(reached.c), message_key(reached.t)
    inside = Capsule("fr", reached.word, reached.c, k_m, reached.phone, None)
    del_hash = hashlib.sha256(delete_token(reached.c)).digest()
    write_hash = hashlib.sha256(write_token(reached.t)).digest()
    sealed = seal_capsule(instance, key_day.isoformat(), pk, kid(pk), inside)
    rows = []
    for days in (WEEK_AHEAD_DAYS, 1):
        day = key_day - dt.timedelta(days=1 + days)
        at = first_instant(dt.datetime.combine(day, REMINDERS_FROM), reached.zone)
        if at <= now:
            continue
        mid = reminder_id(k_m, day.isoformat())
        message = Message("reminder", int(at.timestamp()), reached.zone, int(reached.start.timestamp()))
        rows.append(
            MessageRow(
                h, mid, day.isoformat(), 1, seal_message(instance, h, mid, day.isoformat(), 1, k_m, message)
            )
        )
    return CapsuleRow(h, key_day.isoformat(), sealed, del_hash, write_hash, 1), rows
