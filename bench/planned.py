# SPDX-License-Identifier: AGPL-3.0-or-later
"""(g) The notifier's queue among 10,000, 100,000 and a million planned messages (SERMENT_BENCH_PLANNED is the last of them).

What is planned lies in the cold and in the hot table as bookings of the next months leave it, of the right sizes and with
nothing in it; what is due is sealed as browsers seal it. The channel takes everything at once, so the rate is the notifier's
own. The bare table is one row a message, claimed and deleted through the same pool. Memory is that of a `serment notify`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import secrets
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Literal

from bench import report
from bench.processor import spent
from confided import INSTANCE, ORIGIN, Confided, Row, leave
from killed_notifier import CONFIG, PREFIX, Providers, by_day, until
from running_serment import Serment
from serment.database.embedded import EmbeddedPostgres
from serment.database.migrate import migrate
from serment.database.pool import Pool, open_pool
from serment.database.roles import NOTIFIER
from serment.notifier.channels import Letter, Receipt, Taken, Text
from serment.notifier.keys import Keys
from serment.notifier.outbox import Outbox, Outcome, Place
from serment.notifier.sending import BATCH, Limits, Sender
from serment.notifier.start import CONNECTIONS_MAX
from serment.notifier.strongbox import Strongbox
from serment.notifier.waiting import Waiting

COUNTS = (10_000, 100_000, int(os.environ.get("SERMENT_BENCH_PLANNED", "1000000")))
DUE_NOW, DUE_TOMORROW = 1_500, 10_000
MOVED = 1_000  # handles out of the inbox, or out of the cold, at a time
ROUNDS, SMALL_ROUNDS = 3, 60
AT_ONCE = 8
AIM_A_SECOND = 7  # a region: 50,000 reminders in two hours
AIM_GROWTH = 2.0
# Visits in 10 to 127 days, a reminder a week and a day before each: nothing is due by tomorrow, a third within 35 days.
_PLAN = (
    "CREATE TEMPORARY TABLE plan AS SELECT md5('h' || i)::uuid AS u, decode(md5('h' || i), 'hex') AS h, current_date"
    " + 10 + (('x' || substr(md5('d' || i), 1, 7))::bit(28)::int % 118) AS visit FROM generate_series($1::int, $2::int) AS i"
)
_CAPSULES = (
    "INSERT INTO {heat}_capsules (h, key_day, capsule, del_hash, write_hash, message_set) SELECT h, visit + 1,"
    " decode(repeat(md5(u::text), 103), 'hex'), decode(repeat(md5('a' || u), 2), 'hex'),"
    " decode(repeat(md5('b' || u), 2), 'hex'), 1"
    " FROM plan WHERE (visit - 8 <= current_date + 35) = {hot} ORDER BY random()"
)
_MESSAGES = (
    "INSERT INTO {heat}_messages (h, mid, send_day, message_set, bytes) SELECT h, decode(md5(ahead || 'm' || u), 'hex'),"
    " visit - ahead, 1, decode(substr(repeat(md5(ahead || 'c' || u), 14), 1, 440), 'hex')"
    " FROM plan, unnest(ARRAY[8, 1]) AS ahead WHERE (visit - 8 <= current_date + 35) = {hot} ORDER BY random()"
)


class Taker:
    """A channel that takes everything at once and keeps nothing."""

    def __init__(self, name: str, carries: Literal["sms", "mail"]) -> None:
        self.name, self.carries, self.count = name, carries, 0

    async def send(self, message: Text | Letter) -> Taken:
        """Yes."""
        self.count += 1
        return Taken(None, False)

    async def receipts(self) -> list[Receipt]:
        """None."""
        return []

    async def objections(self) -> list[str]:
        """None."""
        return []

    async def check(self) -> list[str]:
        """All is well."""
        return []

    async def close(self) -> None:
        """Nothing is open."""


async def measure() -> None:
    """Prints what each step of the queue costs at each size, the rate beside the bare table's, and memory."""
    report.heading("g", f"messages among {COUNTS[0]:,} to {COUNTS[-1]:,} planned ones; medians")
    with tempfile.TemporaryDirectory() as name, EmbeddedPostgres(Path(name) / "pg") as postgres:
        await migrate(postgres.url())
        pool = await open_pool(postgres.url())
        own = await open_pool(postgres.url(user=NOTIFIER), connections_max=CONNECTIONS_MAX)
        bench = Bench(Path(name), postgres, pool, Outbox(own), own)
        await bench.seal()
        before, first = 0, dict[str, float]()
        for count in COUNTS:
            await _grow(pool, before + 1, count // 2)
            before = count // 2
            await bench.at(count, first)
        own.terminate()
        pool.terminate()


async def _grow(pool: Pool, first: int, last: int) -> None:
    async with pool.acquire() as connection:
        await connection.execute("SET statement_timeout = 0")
        await connection.execute("DROP TABLE IF EXISTS plan")
        await connection.execute(_PLAN, first, last, timeout=600)
        for statement in (_CAPSULES, _MESSAGES):
            for heat in ("hot", "cold"):
                await connection.execute(statement.format(heat=heat, hot=heat == "hot"), timeout=600)
        await connection.execute("ANALYZE", timeout=600)
        await connection.execute("CHECKPOINT", timeout=600)


class Bench:
    """A database, a notifier's queue and keys, and messages that were sealed before any clock starts."""

    def __init__(
        self, folder: Path, postgres: EmbeddedPostgres, pool: Pool, outbox: Outbox, own: Pool
    ) -> None:
        self.folder, self.postgres, self.pool, self.outbox, self.own = folder, postgres, pool, outbox, own
        self.now: list[tuple[Row, Row]] = []
        self.tomorrow: list[tuple[Row, Row]] = []

    async def seal(self) -> None:
        """Reminders that are due, and others that are due a day later, each of somebody else."""
        now = dt.datetime.now(dt.UTC)
        with Strongbox(self.folder / "keys", self.folder / "mirror/keys") as box:
            await Keys(box, INSTANCE).publish(self.outbox, now)
        days, zone = await self.outbox.day_keys(), by_day(now)
        for wanted, ahead, kept in ((DUE_NOW, 1, self.now), (DUE_TOMORROW, 2, self.tomorrow)):
            for nth in range(wanted):
                start = now + dt.timedelta(days=ahead)
                one = Confided(start, f"{PREFIX}{ahead}{nth:07}", zone=zone)
                ready = now + dt.timedelta(days=ahead - 1, minutes=-5)
                kept.append((one.capsule(days[one.key_day]), one.message("reminder", ready)))

    async def at(self, count: int, first: dict[str, float]) -> None:
        """Every figure at one size."""
        outbox, day = self.outbox, dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
        hot = await self.pool.fetchval("SELECT count(*) FROM hot_messages")
        report.figure(f"{count:,} planned, of them hot", f"{hot:,}")
        await self.pool.execute("ANALYZE")  # as often as not, the inbox is empty when PostgreSQL looks
        steps = _Steps(count, first)
        await steps.measure("an inbox that is empty", outbox.take, SMALL_ROUNDS)
        await steps.measure("nothing to hand over", outbox.hand_over, SMALL_ROUNDS)
        for _ in range(ROUNDS):
            await self._fresh()
            await steps.once(f"{MOVED:,} bookings out of the inbox", outbox.take)
        for _ in range(ROUNDS):
            await self._ripen()
            await steps.once(f"{MOVED:,} out of the cold", outbox.hand_over)
        await self._leave(self.tomorrow)
        found: list[Place] = []

        async def sweep() -> None:
            found.clear()
            while page := await outbox.due(day, found[-1] if found else None):
                found.extend(page)

        await steps.measure(f"the sweep: {DUE_TOMORROW:,} due by tomorrow, read anew", sweep, ROUNDS)
        assert len(found) == DUE_TOMORROW
        await self._claims(steps, found)
        steps.print()
        await self._rate()
        await self._memory()
        await self._forget(self.tomorrow)  # the next size meets the same work

    async def _claims(self, steps: _Steps, found: Sequence[Place]) -> None:
        now = dt.datetime.now(dt.UTC)
        for at in range(0, SMALL_ROUNDS // 2 * BATCH, BATCH):
            batch = found[at : at + BATCH]

            async def claim(batch: Sequence[Place] = batch) -> None:
                assert len(await self.outbox.claim(batch, now)) == BATCH

            async def give_back(batch: Sequence[Place] = batch) -> None:
                await self.outbox.give_back([place.h for place in batch])

            await steps.once(f"a claim of {BATCH}", claim)
            await steps.once(f"{BATCH} looked at for the cold", give_back)
            await asyncio.gather(*(self.outbox.free(place) for place in batch))

    async def _leave(self, sealed: Sequence[tuple[Row, Row]]) -> None:
        await leave(self.pool, [capsule for capsule, _ in sealed], [message for _, message in sealed])
        while await self.pool.fetchval("SELECT EXISTS (SELECT FROM inbox_capsules)"):
            await self.outbox.take()
        while await self.outbox.hand_over():
            pass

    async def _forget(self, sealed: Sequence[tuple[Row, Row]]) -> None:
        """As if they had never been."""
        handles = [capsule[0] for capsule, _ in sealed]
        for statement in (
            "DELETE FROM hot_messages WHERE h = ANY ($1)",
            "DELETE FROM hot_capsules WHERE h = ANY ($1)",
            "DELETE FROM cold_capsules WHERE h = ANY ($1)",
        ):
            await self.pool.execute(statement, handles)
        await self.pool.execute("TRUNCATE settled_messages, address_days, stop_links, message_counts")

    async def _fresh(self) -> None:
        """Bookings as a server leaves them: one in three with a reminder within 35 days."""
        today: dt.date = await self.pool.fetchval("SELECT current_date")
        capsules, messages = list[Row](), list[Row]()
        for nth in range(MOVED):
            h, visit = secrets.token_bytes(16), today + dt.timedelta(days=20 if nth % 3 == 0 else 90)
            capsules.append(
                (
                    h,
                    visit + dt.timedelta(days=1),
                    bytes(1648),
                    secrets.token_bytes(32),
                    secrets.token_bytes(32),
                )
            )
            messages += [
                (h, secrets.token_bytes(16), visit - dt.timedelta(days=ahead), 1, bytes(220))
                for ahead in (8, 1)
            ]
        await leave(self.pool, capsules, messages)

    async def _ripen(self) -> None:
        """Days go by: so many reminders come within 35 days."""
        ripened = await self.pool.execute(
            "UPDATE cold_messages SET send_day = current_date + 35 WHERE (h, mid) IN"
            " (SELECT h, mid FROM cold_messages WHERE send_day > current_date + 35 LIMIT $1)", MOVED,
        )  # fmt: skip
        assert ripened == f"UPDATE {MOVED}"

    async def _rate(self) -> None:
        """Everything that is due sent, and as many rows of a bare table claimed and deleted."""
        await self._leave(self.now)
        today, taker = dt.datetime.now(dt.UTC).date(), Taker("sms", "sms")
        places = await self.outbox.due_of([capsule[0] for capsule, _ in self.now], today)
        assert self.postgres.pid is not None and len(places) == DUE_NOW
        await self._queue_alone(places)
        with Strongbox(self.folder / "keys", self.folder / "mirror/keys") as box:
            sender = Sender(
                self.outbox, Keys(box, INSTANCE), Waiting(), instance=INSTANCE, origin=ORIGIN, tag_key=box.tag_key,
                limits=Limits((PREFIX,), 10**6), texts=[taker], letters=[],  # type: ignore[list-item]
                clock=lambda: dt.datetime.now(dt.UTC),
            )  # fmt: skip
            await sender.schedule(places)
            before, begun = spent(self.postgres.pid), time.perf_counter()
            while await sender.send_due("sms"):
                pass
            took = time.perf_counter() - begun
        cost = spent(self.postgres.pid).since(before, DUE_NOW)
        assert taker.count == DUE_NOW
        rate = DUE_NOW / took
        report.figure(
            "    messages a second: opened, tagged, worded, settled",
            f"{rate:.0f} /s",
            aim=AIM_A_SECOND,
            got=rate,
            most=False,
        )
        report.figure("    processor time of a message, Python + PostgreSQL", str(cost))
        await self._forget(self.now)

    async def _queue_alone(self, places: Sequence[Place]) -> None:
        """The queue's own statements, without opening or sending, beside a bare table in turn; then all is as before."""
        now, sms = dt.datetime.now(dt.UTC), [Outcome("sms", "sent")]
        await self.pool.execute(
            "CREATE TABLE bare AS SELECT h, mid, bytes, lease_until FROM hot_messages WHERE h = ANY ($1)",
            [place.h for place in places],
        )
        await self.pool.execute("ALTER TABLE bare ADD PRIMARY KEY (h, mid)")
        await self.pool.execute(f"GRANT ALL ON bare TO {NOTIFIER}")

        async def product(batch: Sequence[Place]) -> None:
            claimed = await self.outbox.claim(batch, now)
            await _some_at_once(
                [lambda s=s: self.outbox.settle(s, "reminder", sms, last=True, now=now) for s in claimed]  # type: ignore[misc]
            )
            await self.outbox.give_back([place.h for place in batch])

        async def bare(batch: Sequence[Place]) -> None:
            found = await self.own.fetch(
                "UPDATE bare b SET lease_until = now() FROM unnest($1::bytea[], $2::bytea[]) AS w (h, mid)"
                " WHERE b.h = w.h AND b.mid = w.mid RETURNING b.h, b.mid, b.bytes",
                [place.h for place in batch],
                [place.mid for place in batch],
            )
            await _some_at_once(
                [
                    lambda r=r: self.own.execute(  # type: ignore[misc]
                        "DELETE FROM bare WHERE h = $1 AND mid = $2", r["h"], r["mid"]
                    )
                    for r in found
                ]
            )

        rates: dict[str, list[float]] = {"product": [], "bare": []}
        for at in range(0, len(places) - BATCH + 1, BATCH):
            for name, work in (("product", product), ("bare", bare)):
                begun = time.perf_counter()
                await work(places[at : at + BATCH])
                rates[name].append(BATCH / (time.perf_counter() - begun))
        assert await self.pool.fetchval("SELECT count(*) FROM bare") == len(places) % BATCH
        whole, limit = statistics.median(rates["product"]), statistics.median(rates["bare"])
        report.figure("    the queue alone: leased, settled, counted", f"{whole:.0f} /s")
        report.figure("    bare table: claimed and deleted", f"{limit:.0f} /s ({whole / limit:.2f})")
        await self.pool.execute("DROP TABLE bare")
        await self._forget(self.now)
        await self._leave(self.now)

    async def _memory(self) -> None:
        """A `serment notify` that has read what is due by tomorrow: it sends the one message that is due once it has."""
        await self._leave(self.now[:1])
        async with Providers().open() as providers:
            config = CONFIG.format(url=providers.url, port=providers.port)
            (self.folder / "notifier.toml").write_text(config, "utf-8")
            begun = time.perf_counter()
            process = Serment(
                "notify", data=self.folder, port=9, SERMENT_INSTANCE=INSTANCE, SERMENT_ORIGIN=ORIGIN,
                SERMENT_NOTIFIER_DATABASE_URL=self.postgres.url(user=NOTIFIER),
            )  # fmt: skip
            try:
                await until(lambda: providers.count > 0 or process.process.poll() is not None, process)
                took = time.perf_counter() - begun
                report.figure(
                    f"    started, {DUE_TOMORROW:,} opened to learn their hour, one sent", f"{took:.1f} s"
                )
                report.figure("    memory then, and the most until then", _memory_of(process.process.pid))
                process.end()
            finally:
                process.clean_up()
        await self._forget(self.now[:1])


class _Steps:
    """Milliseconds of each step at one size, and how they grew from the first."""

    def __init__(self, count: int, first: dict[str, float]) -> None:
        self._count, self._first = count, first
        self._took: dict[str, list[float]] = {}

    async def once(self, text: str, step: Callable[[], Awaitable[object]]) -> None:
        begun = time.perf_counter()
        await step()
        self._took.setdefault(text, []).append((time.perf_counter() - begun) * 1000)

    async def measure(self, text: str, step: Callable[[], Awaitable[object]], rounds: int) -> None:
        await step()  # prepares its statement
        for _ in range(rounds):
            await self.once(text, step)

    def print(self) -> None:
        for text, took in self._took.items():
            p50 = statistics.median(took)
            grown = p50 / self._first.setdefault(text, p50)
            report.figure(
                f"    {text}", f"{p50:.1f} ms, x{grown:.1f}",
                aim=AIM_GROWTH if self._count != COUNTS[0] else None, got=grown,
            )  # fmt: skip


async def _some_at_once(work: Sequence[Callable[[], Awaitable[object]]]) -> None:
    hands = asyncio.Semaphore(AT_ONCE)

    async def one(each: Callable[[], Awaitable[object]]) -> None:
        async with hands:
            await each()

    await asyncio.gather(*(one(each) for each in work))


def _memory_of(pid: int) -> str:
    told = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line
    )
    now, most = (int(told[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return f"{now:.0f} / {most:.0f} MB"
