# SPDX-License-Identifier: AGPL-3.0-or-later
"""A statistician with a dump: whose messages are whose? Once the notifier has taken them, place and transaction say nothing.

An appointment and its capsule have nothing in common but the day. Among those of one day he guesses: what was written first
belongs to what was written first.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta

from bento_house import DAY, Hand, at, open_house
from leaks.linker import CHANCE_MAX, at_least
from serment.database.pool import Pool
from serment.framing import CapsuleRow, MessageRow
from serment.framing.messages import CAPSULE_BYTES, MESSAGE_BYTES
from serment.notifier.outbox import Outbox
from serment.server.usecases.book import book

BOOKINGS = 18
# The order in which rows lie in the heap (that of a dump), and in which transactions wrote them.
ORDERS = (
    "(ctid::text::point)[0] * 10000 + (ctid::text::point)[1]",
    "xmin::text::bigint, (ctid::text::point)[0] * 10000 + (ctid::text::point)[1]",
)


async def guesses(pool: Pool, table: str, capsule_of: dict[bytes, bytes]) -> bool:
    """Whether somebody who lays both tables side by side, in either order, knows more than chance."""
    for order in ORDERS:
        appointments = await pool.fetch(f"SELECT record FROM appointments ORDER BY {order}")
        capsules = await pool.fetch(f"SELECT h FROM {table} ORDER BY {order}")
        assert len(appointments) == len(capsules) == len(capsule_of)
        hits = sum(
            capsule_of[one["record"].bytes] == other["h"]
            for one, other in zip(appointments, capsules, strict=True)
        )
        if at_least(hits, len(capsules), 1 / len(capsules)) < CHANCE_MAX:
            return True
    return False


async def test_nobody_can_tell_whose_messages_are_whose_once_the_notifier_has_taken_them(pool: Pool) -> None:
    house, capsule_of = await open_house(pool), dict[bytes, bytes]()
    for nth in range(BOOKINGS):
        hand, start = Hand(house), at("8:00", DAY) + timedelta(minutes=30 * nth)
        await hand.hold(start)
        h = secrets.token_bytes(16)
        key_day = (DAY + timedelta(days=1)).isoformat()
        capsule = CapsuleRow(
            h,
            key_day,
            secrets.token_bytes(CAPSULE_BYTES),
            secrets.token_bytes(32),
            secrets.token_bytes(32),
            1,
        )
        message = MessageRow(
            h, secrets.token_bytes(16), DAY.isoformat(), 1, secrets.token_bytes(MESSAGE_BYTES)
        )
        await book(
            house.instance,
            replace(hand.seal(hand.wants(start)), capsule=capsule, messages=[message]),
            hand.token,
        )
        capsule_of[hand.record.bytes] = h
    # What a booking leaves lies beside it, for the seconds until it is taken: this statistician finds it.
    assert await guesses(pool, "inbox_capsules", capsule_of)
    outbox = Outbox(pool)
    await outbox.take()
    assert not await guesses(pool, "cold_capsules", capsule_of)
    # Weeks go by, and they come out of the cold.
    await pool.execute("UPDATE cold_messages SET send_day = current_date + 35")
    await outbox.hand_over()
    assert not await guesses(pool, "hot_capsules", capsule_of)
    await pool.execute("UPDATE hot_messages SET send_day = current_date + 99")
    await outbox.give_back(list(capsule_of.values()))
    assert not await guesses(pool, "cold_capsules", capsule_of)
