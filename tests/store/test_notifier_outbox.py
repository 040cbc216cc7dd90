# SPDX-License-Identifier: AGPL-3.0-or-later
"""The notifier's queue: what it may read, what it is handed and when, and that nothing is sent twice that was settled."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import AsyncIterator

import asyncpg
import pytest

from confided import leave
from serment.database import roles
from serment.database.pool import Pool, open_pool
from serment.database.queries import load
from serment.framing.messages import CAPSULE_BYTES, MESSAGE_BYTES
from serment.notifier.counts import count
from serment.notifier.outbox import Outbox, Outcome, Place

SENT = [Outcome("sms", "sent")]


@pytest.fixture(scope="module")
async def outbox(pool: Pool, database_url: str) -> AsyncIterator[Outbox]:
    """The queue as the notifier's own role sees it."""
    own = await open_pool(database_url.replace("//serment@", f"//{roles.NOTIFIER}@"), connections_max=4)
    yield Outbox(own)
    await own.close()


@pytest.fixture
async def today(pool: Pool) -> dt.date:
    """The database's day: what is due within 35 days is counted from it."""
    day: dt.date = await pool.fetchval("SELECT current_date")
    return day


@pytest.fixture(autouse=True)
async def _empty(pool: Pool) -> None:
    await pool.execute(
        "TRUNCATE inbox_capsules, inbox_messages, inbox_sets, inbox_deletions, inbox_objections, cold_capsules,"
        " cold_messages, hot_capsules, hot_messages, settled_messages, awaited_receipts, message_counts, address_days"
    )


class Booked:
    """One handle, written as the server writes it."""

    def __init__(self, pool: Pool, day: dt.date) -> None:
        self.pool, self.day, self.h = pool, day, secrets.token_bytes(16)

    async def leave(self, *send_days: dt.date) -> Booked:
        await self.pool.execute(
            "INSERT INTO inbox_capsules (h, key_day, capsule, del_hash, write_hash) VALUES ($1, $2, $3, $4, $5)",
            self.h, self.day + dt.timedelta(days=1), secrets.token_bytes(CAPSULE_BYTES), secrets.token_bytes(32), secrets.token_bytes(32),
        )  # fmt: skip
        return await self.messages(1, *send_days)

    async def messages(self, message_set: int, *send_days: dt.date) -> Booked:
        for day in send_days:
            await self.pool.execute(
                "INSERT INTO inbox_messages (h, mid, send_day, message_set, bytes) VALUES ($1, $2, $3, $4, $5)",
                self.h, secrets.token_bytes(16), day, message_set, secrets.token_bytes(MESSAGE_BYTES),
            )  # fmt: skip
        return self

    async def replace(self, message_set: int, *send_days: dt.date) -> Booked:
        await self.pool.execute(
            "INSERT INTO inbox_sets (h, message_set) VALUES ($1, $2) ON CONFLICT (h) DO UPDATE SET message_set = $2",
            self.h, message_set,
        )  # fmt: skip
        return await self.messages(message_set, *send_days)

    async def standing(self, table: str) -> list[tuple[dt.date, int]]:
        rows = await self.pool.fetch(
            f"SELECT send_day, message_set FROM {table} WHERE h = $1 ORDER BY 1", self.h
        )
        return [tuple(row) for row in rows]


def days(count: int) -> dt.timedelta:
    return dt.timedelta(days=count)


async def test_the_notifier_reads_nothing_of_a_practice_and_nothing_cold(pool: Pool, outbox: Outbox) -> None:
    mine = {table for tables in roles._RIGHTS.values() for table in tables}
    tables = [
        row[0] for row in await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    others = sorted(set(tables) - mine)
    assert {
        "appointments",
        "stanzas",
        "accounts",
        "cards",
        "members",
        "cold_capsules",
        "inbox_capsules",
    } <= set(others)
    rights = await outbox.rights(tables)
    assert rights["who"] == roles.NOTIFIER
    assert not rights["almighty"]
    assert set(rights["readable"]) == mine
    for table in others:
        for statement in (f"SELECT * FROM {table}", f"DELETE FROM {table}", f"UPDATE {table} SET x = 1"):
            with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedColumnError)):
                await outbox._pool.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM phone_checks",
        "INSERT INTO phone_checks (q, ask, until) VALUES (decode(repeat('00', 16), 'hex'), decode(repeat('00', 2160), 'hex'), now())",
    ],
)
async def test_the_notifier_answers_questions_and_neither_makes_nor_forgets_one(
    outbox: Outbox, statement: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await outbox._pool.execute(statement)


async def test_what_is_due_within_35_days_is_hot_and_what_is_later_stays_cold(
    pool: Pool, outbox: Outbox, today: dt.date
) -> None:
    near = await Booked(pool, today + days(36)).leave(today + days(35), today + days(29))
    far = await Booked(pool, today + days(37)).leave(today + days(36))
    tomorrow = await Booked(pool, today + days(1)).leave(today)
    assert await outbox.take() == [tomorrow.h]
    assert len(await near.standing("hot_messages")) == 2
    assert await far.standing("cold_messages") == [(today + days(36), 1)]
    assert await far.standing("hot_messages") == []
    for table in ("inbox_capsules", "inbox_messages"):
        assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 0


async def test_a_cold_reminder_comes_out_by_itself_when_its_35_days_begin(
    pool: Pool, outbox: Outbox, today: dt.date
) -> None:
    far = await Booked(pool, today + days(200)).leave(today + days(199))
    await outbox.take()
    assert await outbox.hand_over() == []
    await pool.execute(
        "UPDATE cold_messages SET send_day = $1 WHERE h = $2", today + days(35), far.h
    )  # days went by
    assert await outbox.hand_over() == []
    assert await far.standing("hot_messages") == [(today + days(35), 1)]
    await pool.execute("UPDATE hot_messages SET send_day = $1 WHERE h = $2", today + days(1), far.h)
    assert [place.h for place in await outbox.due(today + days(1))] == [far.h]


async def test_a_capsule_that_was_out_for_a_confirmation_goes_back_into_the_cold(
    pool: Pool, outbox: Outbox, today: dt.date
) -> None:
    far = await Booked(pool, today + days(200)).leave(today, today + days(199))
    [h] = await outbox.take()
    [place] = await outbox.due_of([h], today)
    now = dt.datetime.now(dt.UTC)
    [sealed] = await outbox.claim([place], now)
    await outbox.settle(sealed, "booked", SENT, last=True, now=now)
    await outbox.give_back([h])
    assert await far.standing("hot_messages") == []
    assert await far.standing("cold_messages") == [(today + days(199), 1)]
    assert await pool.fetchval("SELECT count(*) FROM hot_capsules") == 0
    assert await pool.fetchval("SELECT count(*) FROM cold_capsules") == 1


async def test_an_inbox_that_was_counted_when_it_was_empty_is_emptied_row_by_row(
    pool: Pool, today: dt.date
) -> None:
    """Its plans were for one row: a thousand bookings were compared with a thousand others, and never came out."""
    many = 300
    async with pool.acquire() as connection:
        for nth in range(3):
            handles = [secrets.token_bytes(16) for _ in range(many)]
            await leave(
                pool,
                [(h, today + days(90), bytes(CAPSULE_BYTES), bytes(32), bytes(32)) for h in handles],
                [(h, h, today + days(89), 1, bytes(MESSAGE_BYTES)) for h in handles],
            )
            async with connection.transaction():
                await connection.execute("SELECT notifier_take_inbox(1000)")
                read = await connection.fetchval(
                    "SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
                )
            assert await pool.fetchval("SELECT count(*) FROM cold_messages") == (nth + 1) * many
            assert read < 20 * (nth + 1) * many
            await connection.execute("ANALYZE")


async def test_what_comes_out_of_the_cold_is_not_looked_up_one_by_one_among_what_was_settled(
    pool: Pool, outbox: Outbox, today: dt.date
) -> None:
    """Each look sorted the whole list of handles anew: among a million planned it was half of the time."""
    many = 300
    handles = [secrets.token_bytes(16) for _ in range(many)]
    await leave(
        pool,
        [(h, today + days(90), bytes(CAPSULE_BYTES), bytes(32), bytes(32)) for h in handles],
        [(h, h, today + days(89), 1, bytes(MESSAGE_BYTES)) for h in handles],
    )
    await outbox.take()
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("UPDATE cold_messages SET send_day = $1", today + days(35))
        await connection.execute("ANALYZE cold_messages, hot_capsules, settled_messages")
        await connection.execute("SELECT notifier_hand_over(1000)")
        looks = await connection.fetchval(
            "SELECT seq_scan + idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'settled_messages'"
        )
        assert await connection.fetchval("SELECT count(*) FROM hot_messages") == many
    assert looks < many // 3  # one by one it was one a message, and more


@pytest.mark.parametrize("taken_first", [True, False])
async def test_a_replacement_voids_what_stood_wherever_it_lies(
    pool: Pool, outbox: Outbox, today: dt.date, taken_first: bool
) -> None:
    hot = await Booked(pool, today + days(8)).leave(today + days(1), today + days(7))
    cold = await Booked(pool, today + days(90)).leave(today + days(83), today + days(89))
    if taken_first:
        await outbox.take()
    await hot.replace(2, today)
    await cold.replace(2)
    await hot.replace(3, today + days(7))
    await outbox.take()
    assert await hot.standing("hot_messages") == [(today + days(7), 3)]
    assert await cold.standing("cold_messages") == []
    for table in ("inbox_sets", "inbox_messages"):
        assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 0
    await cold.replace(3, today)
    assert await outbox.take() == [cold.h]
    assert await cold.standing("hot_messages") == [(today, 3)]


async def test_a_cancellation_taken_back_brings_the_reminders_back(
    pool: Pool, outbox: Outbox, today: dt.date
) -> None:
    hot = await Booked(pool, today + days(3)).leave(today + days(2))
    await outbox.take()
    await hot.replace(2, today)  # the notice, after its ten minutes
    await outbox.take()
    await hot.replace(3, today + days(2))
    await outbox.take()
    assert await hot.standing("hot_messages") == [(today + days(2), 3)]


async def test_a_deletion_takes_capsule_and_messages_away(pool: Pool, outbox: Outbox, today: dt.date) -> None:
    for taken_first in (True, False):
        for ahead in (2, 90):
            gone = await Booked(pool, today + days(ahead)).leave(today + days(ahead - 1))
            if taken_first:
                await outbox.take()
            await pool.execute("INSERT INTO inbox_deletions (h) VALUES ($1)", gone.h)
            await outbox.take()
    for table in ("inbox", "cold", "hot"):
        assert await pool.fetchval(f"SELECT count(*) FROM {table}_capsules") == 0
        assert await pool.fetchval(f"SELECT count(*) FROM {table}_messages") == 0


async def test_somebody_elses_handle_written_again_changes_nothing(
    pool: Pool, outbox: Outbox, today: dt.date
) -> None:
    alice = await Booked(pool, today + days(3)).leave(today + days(2))
    await outbox.take()
    mallory = Booked(pool, today + days(3))
    mallory.h = alice.h
    before = await pool.fetchval("SELECT capsule FROM hot_capsules WHERE h = $1", alice.h)
    await mallory.leave(today + days(1))
    await outbox.take()
    assert await alice.standing("hot_messages") == [(today + days(2), 1)]
    assert await pool.fetchval("SELECT capsule FROM hot_capsules WHERE h = $1", alice.h) == before


async def test_a_lease_is_one_hands_until_it_ends(pool: Pool, outbox: Outbox, today: dt.date) -> None:
    await Booked(pool, today + days(1)).leave(today)
    places = await outbox.due_of(await outbox.take(), today)
    now = dt.datetime.now(dt.UTC)
    assert [sealed.tries for sealed in await outbox.claim(places, now)] == [1]
    assert await outbox.claim(places, now + dt.timedelta(seconds=119)) == []
    assert [sealed.tries for sealed in await outbox.claim(places, now + dt.timedelta(seconds=120))] == [2]
    await outbox.free(places[0], ["mail"])
    assert [(sealed.tries, sealed.failed) for sealed in await outbox.claim(places, now)] == [
        (3, {"sms": 0, "mail": 1})
    ]
    await outbox.free(places[0])
    assert [(sealed.tries, sealed.failed) for sealed in await outbox.claim(places, now)] == [
        (3, {"sms": 0, "mail": 1})
    ]


async def test_a_settled_channel_stays_settled_and_the_last_one_ends_it(
    pool: Pool, outbox: Outbox, today: dt.date
) -> None:
    booked = await Booked(pool, today + days(1)).leave(today)
    places = await outbox.due_of(await outbox.take(), today)
    now = dt.datetime.now(dt.UTC)
    [sealed] = await outbox.claim(places, now)
    await outbox.settle(sealed, "reminder", SENT, last=False, now=now)
    await outbox.free(places[0])
    [again] = await outbox.claim(places, now)
    assert again.settled == {"sms"}
    await outbox.settle(
        again, "reminder", [Outcome("sms", "dropped", "gave_up"), Outcome("mail", "sent")], last=True, now=now
    )
    assert await booked.standing("hot_messages") == []
    rows = await pool.fetch("SELECT channel, result::text, reason FROM settled_messages ORDER BY 1")
    assert [tuple(row) for row in rows] == [("mail", "sent", None), ("sms", "sent", None)]
    counts = await outbox.counts(today)
    assert {(row["channel"], row["outcome"], row["messages"]) for row in counts} == {
        ("sms", "sent", 1),
        ("mail", "sent", 1),
    }


async def test_a_message_that_was_settled_is_not_queued_again(
    pool: Pool, outbox: Outbox, today: dt.date
) -> None:
    booked = await Booked(pool, today + days(1)).leave(today)
    [place] = await outbox.due_of(await outbox.take(), today)
    now = dt.datetime.now(dt.UTC)
    [sealed] = await outbox.claim([place], now)
    await outbox.settle(sealed, "reminder", SENT, last=True, now=now)
    await booked.replace(2)
    await pool.execute(
        "INSERT INTO inbox_messages (h, mid, send_day, message_set, bytes) VALUES ($1, $2, $3, 2, $4)",
        place.h, place.mid, today, secrets.token_bytes(MESSAGE_BYTES),
    )  # fmt: skip
    assert await outbox.take() == []
    assert await booked.standing("hot_messages") == []


async def test_a_receipt_is_told_once(pool: Pool, outbox: Outbox, today: dt.date) -> None:
    await Booked(pool, today + days(1)).leave(today)
    places = await outbox.due_of(await outbox.take(), today)
    now, tag = dt.datetime.now(dt.UTC), secrets.token_bytes(16)
    [sealed] = await outbox.claim(places, now)
    await outbox.settle(sealed, "reminder", [Outcome("sms", "sent", receipt=tag)], last=True, now=now)
    await outbox.receive(secrets.token_bytes(16), "undelivered", "number_refused")
    await outbox.receive(tag, "undelivered", "number_refused")
    await outbox.receive(tag, "delivered", None)
    row = await pool.fetchrow("SELECT result::text, reason FROM settled_messages")
    assert row is not None
    assert tuple(row) == ("undelivered", "number_refused")


async def test_what_is_left_of_a_day_is_said_when_its_key_goes(
    pool: Pool, outbox: Outbox, today: dt.date
) -> None:
    over = await Booked(pool, today - days(1)).leave(today - days(1))
    kept = await Booked(pool, today).leave(today)
    await outbox.take()
    assert await outbox.close_day(today) == 1
    assert await over.standing("settled_messages") == [(today - days(1), 1)]
    assert await kept.standing("hot_messages") == [(today, 1)]
    assert await pool.fetchval("SELECT count(*) FROM hot_capsules") == 1


async def test_an_address_has_its_number_of_messages_a_day_and_none_after_it_objected(
    pool: Pool, outbox: Outbox, today: dt.date
) -> None:
    tag = secrets.token_bytes(10)
    assert [await outbox.why_not(tag, today, 2) for _ in range(3)] == [None, None, "too_many_today"]
    assert await outbox.why_not(tag, today, 2, again=True) is None
    assert await outbox.why_not(tag, today + days(1), 2) is None
    await outbox.object(tag)
    await outbox.object(tag)
    assert await outbox.why_not(tag, today + days(1), 2) == "objected"
    assert await outbox.why_not(secrets.token_bytes(10), today, 2) is None


async def test_a_token_objects_for_the_addresses_it_was_sent_to_and_another_for_nobody(
    pool: Pool, outbox: Outbox, today: dt.date
) -> None:
    phone, mail, other = (secrets.token_bytes(10) for _ in range(3))
    stop, guessed = secrets.token_bytes(16), secrets.token_bytes(16)
    await outbox.link_objection(phone, [stop], today)
    await outbox.link_objection(mail, [stop], today)
    await outbox.link_objection(other, [secrets.token_bytes(16)], today)
    for token in (stop, guessed):
        await pool.execute("INSERT INTO inbox_objections (stop) VALUES ($1)", token)
    assert sorted(await outbox.objections()) == sorted([stop, guessed])
    assert await outbox.object_by_token(stop)
    assert not await outbox.object_by_token(guessed)
    assert await outbox.objections() == []
    reasons = [await outbox.why_not(tag, today, 8) for tag in (phone, mail, other)]
    assert reasons == ["objected", "objected", None]


async def test_an_objection_is_taken_back_by_the_same_token_and_the_last_word_counts(
    pool: Pool, outbox: Outbox, today: dt.date
) -> None:
    phone, other, stop = secrets.token_bytes(10), secrets.token_bytes(10), secrets.token_bytes(16)
    await outbox.link_objection(phone, [stop], today)
    await outbox.object(other)
    say = load("messages")["object"].run
    # Taken back twice, the second time where nothing is to be taken back.
    for words, reason in (
        ((False,), "objected"),
        ((True,), None),
        ((True,), None),
        ((True, False), "objected"),
        ((False, True), None),
    ):
        for again in words:
            await say(pool, stop=stop, again=again, most=9)
        await outbox.object_by_token(stop)
        assert await outbox.why_not(phone, today, 8) == reason
    assert await outbox.why_not(other, today, 8) == "objected"
    assert await outbox.objections() == []


async def test_no_other_token_takes_an_objection_back_nor_one_that_was_answered_to_the_provider(
    pool: Pool, outbox: Outbox, today: dt.date
) -> None:
    tag, answered = secrets.token_bytes(10), secrets.token_bytes(10)
    alice, mallory = secrets.token_bytes(16), secrets.token_bytes(16)
    say = load("messages")["object"].run
    for each in (tag, answered):
        await outbox.link_objection(each, [mallory, alice], today)
    await outbox.object(answered)
    for stop, again in ((mallory, False), (alice, False), (mallory, True)):
        await say(pool, stop=stop, again=again, most=9)
        await outbox.object_by_token(stop)
        assert await outbox.why_not(tag, today, 8) == "objected"
    await say(pool, stop=alice, again=True, most=9)
    await outbox.object_by_token(alice)
    assert await outbox.why_not(tag, today, 8) is None
    assert await outbox.why_not(answered, today, 8) == "objected"


async def test_two_notifiers_at_once_lose_nothing_and_double_nothing(
    pool: Pool, outbox: Outbox, today: dt.date
) -> None:
    import asyncio

    booked = [await Booked(pool, today + days(1)).leave(today) for _ in range(40)]
    places = [
        place
        for hs in await asyncio.gather(*(outbox.take() for _ in range(4)))
        for place in await outbox.due_of(hs, today)
    ]
    assert sorted({place.h for place in places}) == sorted(each.h for each in booked)
    now = dt.datetime.now(dt.UTC)
    claims = await asyncio.gather(*(outbox.claim(places, now) for _ in range(4)))
    taken: list[Place] = [sealed.place for claim in claims for sealed in claim]
    assert len(taken) == len({place.mid for place in taken}) == 40


async def test_the_host_counts_what_waits_what_arrived_and_what_failed_and_why(
    pool: Pool, outbox: Outbox, today: dt.date
) -> None:
    for _ in range(3):
        await Booked(pool, today + days(2)).leave(today)
    await Booked(pool, today + days(200)).leave(today + days(199))
    places = await outbox.due_of(await outbox.take(), today)
    now = dt.datetime.now(dt.UTC)
    arrived, refused = (await outbox.claim(places[:2], now))[:2]
    await outbox.settle(arrived, "reminder", [Outcome("sms", "sent", receipt=b"r" * 16)], last=True, now=now)
    await outbox.receive(b"r" * 16, "delivered", None)
    await outbox.settle(
        refused, "reminder", [Outcome("sms", "dropped", "number_refused")], last=True, now=now
    )
    lines = [line.split() for line in await count(outbox, now.date())]
    assert ["delivered", "sms", "1"] in lines
    assert ["dropped", "sms", "number_refused", "1"] in lines
    assert ["waiting", "1"] in lines  # the cold one is not the notifier's to read
    assert ["reminder", "sms", "sent", "1"] in lines
