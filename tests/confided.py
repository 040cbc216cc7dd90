# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a browser leaves for the notifier with one appointment: secrets, a capsule, messages, as the rows the server writes."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal

from serment.database.pool import Pool
from serment.domain.instants import local_day
from serment.framing.conventions import kid
from serment.seal.messages import (
    Capsule,
    Message,
    MessageKind,
    delete_token,
    draw_c,
    draw_t,
    handle,
    message_key,
    seal_capsule,
    seal_message,
    write_token,
)

INSTANCE, ORIGIN, PARIS = "serment-test", "https://rdv.example.org", "Europe/Paris"
ALICE, ALICE_MAIL, TOM = "+33639980001", "alice@example.org", "+33639980002"
CAPSULE_COLUMNS = ("h", "key_day", "capsule", "del_hash", "write_hash")
MESSAGE_COLUMNS = ("h", "mid", "send_day", "message_set", "bytes")
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Confided:
    """One appointment, whom its messages reach, and their secrets."""

    start: dt.datetime
    phone: str | None = ALICE
    mail: str | None = None
    word: str = "Brest"
    language: Literal["fr", "en"] = "fr"
    zone: str = PARIS
    t: bytes = field(default_factory=draw_t)
    c: bytes = field(default_factory=draw_c)

    @property
    def h(self) -> bytes:
        return handle(self.c)

    @property
    def key_day(self) -> dt.date:
        return local_day(self.start, self.zone) + dt.timedelta(days=1)

    def capsule(self, day_pk: bytes) -> Row:
        """Sealed to the key of the day after the appointment."""
        inside = Capsule(self.language, self.word, self.c, message_key(self.t), self.phone, self.mail)
        sealed = seal_capsule(INSTANCE, self.key_day.isoformat(), day_pk, kid(day_pk), inside)
        tokens = (sha256(token).digest() for token in (delete_token(self.c), write_token(self.t)))
        return (self.h, self.key_day, sealed, *tokens)

    def message(
        self, kind: MessageKind, not_before: dt.datetime, message_set: int = 1, mid: bytes | None = None
    ) -> Row:
        """Sealed under the capsule's key; its id drawn, unless it is given."""
        mid, day = mid or secrets.token_bytes(16), local_day(not_before, self.zone)
        inside = Message(kind, int(not_before.timestamp()), self.zone, int(self.start.timestamp()))
        sealed = seal_message(
            INSTANCE, self.h, mid, day.isoformat(), message_set, message_key(self.t), inside
        )
        return (self.h, mid, day, message_set, sealed)


async def leave(pool: Pool, capsules: Sequence[Row], messages: Sequence[Row]) -> None:
    """Writes them into the inbox, as one booking or many."""
    async with pool.acquire() as connection, connection.transaction():
        for table, columns, rows in (
            ("inbox_capsules", CAPSULE_COLUMNS, capsules),
            ("inbox_messages", MESSAGE_COLUMNS, messages),
        ):
            await connection.copy_records_to_table(table, records=rows, columns=columns, timeout=60)
