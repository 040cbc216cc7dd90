# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages are replaced, taken away, seen to, objected to, by whoever knows the secrets that lie sealed in the appointment.

The caller has shown a live row token or a session; it is not stored. Nothing here opens a capsule or names an appointment.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256

from asyncpg.exceptions import UniqueViolationError

from serment.database.pool import Transaction, transaction
from serment.framing import MessageRow
from serment.framing.conventions import ID_BYTES, exactly
from serment.framing.errors import Unknown
from serment.framing.messages import HANDLE_BYTES, MESSAGES_MAX, TOKEN_BYTES
from serment.server.instance import Instance
from serment.server.stores import messages
from serment.server.usecases.errors import NoSuchMessages, StaleSet, TooManyObjections

HANDLES_MAX = 50
SEND_DAYS_AHEAD_MAX = 401
SEEN_MAX = 50  # messages of one appointment that failed, over all its sets
OBJECTIONS_WAITING_MAX = (
    10_000  # the notifier takes a thousand every twenty seconds; tokens at random fill no more than this
)


@dataclass(frozen=True, slots=True)
class Replacement:
    """The next set of one handle's messages, in place of all that were not sent; none of them is a set too."""

    h: bytes
    write: bytes
    message_set: int
    messages: Sequence[MessageRow]


async def replace_messages(instance: Instance, replacements: Sequence[Replacement]) -> None:
    """All of them or none. The same again: the same answer.

    Raises Unknown, NoSuchMessages (no such handle, or another secret), StaleSet (`current` names the set by handle).
    """
    by_handle = {each.h: each for each in replacements}
    if len(by_handle) != len(replacements) or len(replacements) > HANDLES_MAX:
        raise Unknown("handles")
    today = instance.clock().date()
    for each in replacements:
        _check(each, today)
    async with transaction(instance.pool) as tx:
        found = await messages.read_capsules(tx, list(by_handle))
        for each in replacements:
            row = found.get(each.h)
            if row is None or row["gone"] or not hmac.compare_digest(row["write_hash"], _hash(each.write)):
                raise NoSuchMessages
        ahead = {h: by_handle[h].message_set - row["message_set"] for h, row in found.items()}
        if set(ahead.values()) == {0} and await _stand(tx, replacements):
            return
        if set(ahead.values()) != {1}:
            raise StaleSet(current=[{"h": h, "set": row["message_set"]} for h, row in found.items()])
        try:
            await messages.replace(
                tx,
                {each.h: each.message_set for each in replacements},
                [message for each in replacements for message in each.messages],
            )
        except UniqueViolationError:
            raise Unknown("a message id twice") from None


def _check(each: Replacement, today: date) -> None:
    exactly(each.h, HANDLE_BYTES, "handle")
    exactly(each.write, TOKEN_BYTES, "write token")
    if len(each.messages) > MESSAGES_MAX:
        raise Unknown("too many messages")
    for message in each.messages:
        if message.h != each.h or message.set != each.message_set:
            raise Unknown("a message of another handle or set")
        check_send_day(message, today)


def check_send_day(message: MessageRow, today: date) -> None:
    """A message goes within the time that day keys are published for. A day's grace: the sender's day may be another."""
    day = date.fromisoformat(message.send_day)
    if not today - timedelta(days=1) <= day <= today + timedelta(days=SEND_DAYS_AHEAD_MAX):
        raise Unknown("send day")


async def _stand(tx: Transaction, replacements: Sequence[Replacement]) -> bool:
    """Whether these very messages were written before: a request that comes again after an answer was lost."""
    rows = await messages.read_messages(tx, [each.h for each in replacements])
    standing = {(row["h"], row["mid"], row["message_set"], row["bytes"]) for row in rows}
    asked = {(m.h, m.mid, m.set, m.message) for each in replacements for m in each.messages}
    sets = {each.h: each.message_set for each in replacements}
    return asked <= standing and {row for row in standing if row[2] == sets[row[0]]} <= asked


async def delete_messages(instance: Instance, tokens: Sequence[tuple[bytes, bytes]]) -> None:
    """Takes capsules and messages away; (h, del) each. What is gone is gone: asked again, the same answer.

    Raises Unknown, NoSuchMessages (another secret; nothing was taken away).
    """
    if len(tokens) > HANDLES_MAX:
        raise Unknown("handles")
    for h, token in tokens:
        exactly(h, HANDLE_BYTES, "handle")
        exactly(token, TOKEN_BYTES, "delete token")
    async with transaction(instance.pool) as tx:
        found = await messages.read_capsules(tx, [h for h, _ in tokens])
        for h, token in tokens:
            if h in found and not hmac.compare_digest(found[h]["del_hash"], _hash(token)):
                raise NoSuchMessages
        await messages.delete(tx, list(found))


async def see_to_messages(
    instance: Instance, h: bytes, write: bytes, mids: Sequence[bytes], *, seen: bool
) -> None:
    """Notes that somebody saw to messages that did not arrive, or takes that back. Asked again, the same answer.

    Raises Unknown, NoSuchMessages (no such handle, or another secret).
    """
    exactly(h, HANDLE_BYTES, "handle")
    exactly(write, TOKEN_BYTES, "write token")
    if len(mids) > SEEN_MAX:
        raise Unknown("messages")
    for mid in mids:
        exactly(mid, ID_BYTES, "message id")
    async with transaction(instance.pool) as tx:
        row = (await messages.read_capsules(tx, [h])).get(h)
        if row is None or row["gone"] or not hmac.compare_digest(row["write_hash"], _hash(write)):
            raise NoSuchMessages
        await messages.see_to(tx, h, mids, seen=seen)


def _hash(token: bytes) -> bytes:
    return sha256(token).digest()


async def object_to_messages(instance: Instance, stop: bytes, *, again: bool = False) -> None:
    """Leaves the objection, or its taking back (`again`), to the notifier, which alone can tell whose it is. The answer never
    says. Raises Unknown, TooManyObjections: nothing was noted, and nobody is told that it was.
    """
    exactly(stop, TOKEN_BYTES, "stop token")
    if not await messages.object_(instance.pool, stop, again=again, most=OBJECTIONS_WAITING_MAX):
        raise TooManyObjections
