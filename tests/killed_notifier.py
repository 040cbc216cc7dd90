# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment notify` killed again and again while it works a queue off: what two providers were handed, and what lay under lease.

The notifier is a process, its database keeps fsync, its providers are a gateway over HTTP and a relay over SMTP on this machine
that count what they took. A message is known again by the secret in its link, whatever key it came under.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime as dt
import os
import random
import re
import signal
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Set
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiosmtpd.smtp import SMTP

from channels.provider import Asked, Provider, Reply
from confided import INSTANCE, ORIGIN, Confided, leave
from running_serment import Serment
from serment.database.embedded import EmbeddedPostgres
from serment.database.migrate import migrate
from serment.database.pool import Pool, open_pool
from serment.database.roles import NOTIFIER
from serment.notifier.keys import Keys
from serment.notifier.outbox import Outbox
from serment.notifier.strongbox import Strongbox
from serment.seal.messages import handle

WAIT_SECONDS_MAX = 120.0
BREATH_SECONDS_MAX = 0.05  # how long after a message was handed over the notifier lives on, at most
FAMILY = 3  # so many share a number, and so an SMS
MAIL_TOO = 4  # one in so many gets an e-mail as well
# Between them it is always some place's day: reminders for tomorrow go out at once, whenever this runs.
_ZONES = (
    "Europe/Paris",
    "America/Guadeloupe",
    "Pacific/Marquesas",
    "Pacific/Noumea",
    "Asia/Kathmandu",
    "Indian/Reunion",
)
# Satellite phones are at home on no clock: it is night for none of these numbers, whenever this runs.
PREFIX = "+88216"
_LINK = re.compile(r"/t#([A-Za-z0-9_-]{22})")

CONFIG = """
[keys]
file = "keys"
mirror = "mirror/keys"
[limits]
prefixes = ["+882"]
sms_a_day = 1000000
[[channel]]
kind = "http"
name = "gateway"
[channel.send]
url = "{url}/messages"
headers = {{ Idempotency-Key = "{{key}}" }}
fields = {{ to = "{{digits}}", text = "{{body}}" }}
taken = {{ status = [202] }}
[[channel.send.refusals]]
status = [400]
means = "unknown"
[[channel]]
kind = "smtp"
name = "relay"
host = "127.0.0.1"
port = {port}
tls = "none"
sender = "rendez-vous@example.org"
"""


def by_day(now: dt.datetime) -> str:
    """A zone on whose walls it is between eleven and five in the afternoon."""
    return next(zone for zone in _ZONES if 11 <= now.astimezone(ZoneInfo(zone)).hour < 17)


@dataclass
class Providers:
    """What a gateway and a relay took: for each message of each channel, the key of each time. `at` is asked at each one.

    `heard`: all of it, as it came. What is sent to somebody `refused` is refused, with their number or address in the answer.
    """

    taken: dict[tuple[str, bytes], list[str]] = field(default_factory=lambda: defaultdict(list))
    count: int = 0
    at: Callable[[], None] = lambda: None
    heard: list[str] = field(default_factory=list)
    refused: Set[str] = frozenset()
    url: str = ""
    port: int = 0

    def _take(self, channel: str, key: str, text: str) -> None:
        for said in set(_LINK.findall(text)):
            c = base64.urlsafe_b64decode(said + "==")
            self.taken[channel, handle(c)].append(key)
        self.count += 1
        self.at()

    def _sms(self, asked: Asked) -> Reply | None:
        if asked.path == "/account":
            return Reply(200, {})
        if asked.path != "/messages":
            return None
        self.heard.append(asked.body.decode())
        if (to := f"+{asked.json['to']}") in self.refused:
            return Reply(400, {"message": f"{to} is nobody's number"})
        self._take("sms", asked.headers["idempotency-key"], asked.json["text"])
        return Reply(202, {})

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        self.heard.append(address)
        if address in self.refused:
            return f"550 5.1.1 <{address}>: no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        letter = message_from_bytes(envelope.content, policy=policy.default)
        text = letter.get_body(("plain",)).get_content()
        self.heard.append(text)
        self._take("mail", letter["Message-ID"], text)
        return "250 OK"

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[Providers]:
        def relay() -> SMTP:
            return SMTP(self, hostname="relay.example", enable_SMTPUTF8=True)

        server = await asyncio.get_running_loop().create_server(relay, "127.0.0.1", 0)
        async with Provider(None) as gateway:
            gateway.answers = self._sms
            self.url, self.port = gateway.url, server.sockets[0].getsockname()[1]
            yield self
        server.close()


@dataclass
class Queue:
    """A database with a queue, the folder of a notifier, and the providers."""

    postgres: EmbeddedPostgres
    pool: Pool
    folder: Path
    providers: Providers
    wanted: set[tuple[str, bytes]] = field(default_factory=set)
    under_lease: list[set[bytes]] = field(default_factory=list)  # at each kill
    unsettled: list[int] = field(
        default_factory=list
    )  # at each kill: handed over since the one before, and not written down
    process: Serment | None = None

    async def fill(self, messages: int) -> None:
        """That many reminders for tomorrow, due now, of people of whom some share a number and some have an address too."""
        now = dt.datetime.now(dt.UTC)
        zone = by_day(now)
        start = (now + dt.timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
        with Strongbox(self.folder / "keys", self.folder / "mirror/keys") as box:
            await Keys(box, INSTANCE).publish(outbox := Outbox(self.pool), now)
        days = await outbox.day_keys()
        rows = []
        for nth in range(messages):
            family, mail = nth // FAMILY, f"a{nth}@example.org" if nth % MAIL_TOO == 0 else None
            one = Confided(
                start + dt.timedelta(minutes=nth % FAMILY), f"{PREFIX}{family:08}", mail, zone=zone
            )
            self.wanted |= {("sms", one.h)} | ({("mail", one.h)} if mail else set())
            rows.append(
                (one.capsule(days[one.key_day]), one.message("reminder", now - dt.timedelta(minutes=5)))
            )
        await leave(self.pool, [row[0] for row in rows], [row[1] for row in rows])

    def start(self) -> Serment:
        """Another process, from the beginning."""
        self.process = Serment(
            "notify", data=self.folder, port=9, SERMENT_INSTANCE=INSTANCE, SERMENT_ORIGIN=ORIGIN,
            SERMENT_NOTIFIER_DATABASE_URL=self.postgres.url(user=NOTIFIER),
        )  # fmt: skip
        return self.process

    async def kill_after(self, messages: int, breath: float) -> None:
        """Starts it, and kills it a breath after so many more were handed over, or when nothing is left to hand over."""
        before, said = (
            self.providers.count,
            {which: len(keys) for which, keys in self.providers.taken.items()},
        )
        reached, process = asyncio.Event(), self.start()

        def look() -> None:
            if self.providers.count - before >= messages:
                reached.set()
                if not breath:  # in the midst of it: no provider has answered yet
                    os.kill(process.process.pid, signal.SIGKILL)

        self.providers.at = look
        await until(lambda: reached.is_set() or process.process.poll() is not None, process)
        await asyncio.sleep(breath)
        process.kill_9()
        self.providers.at = lambda: None
        await self._note(said)

    async def _note(self, said: dict[tuple[str, bytes], int]) -> None:
        """Once the database has noticed that the process is gone: what it was doing is done or undone then."""
        mine = "SELECT count(*) FROM pg_stat_activity WHERE usename = $1"
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while await self.pool.fetchval(mine, NOTIFIER):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
        rows = await self.pool.fetch("SELECT h FROM hot_messages WHERE lease_until > now()")
        self.under_lease.append({row["h"] for row in rows})
        handed = {which for which, keys in self.providers.taken.items() if len(keys) > said.get(which, 0)}
        rows = await self.pool.fetch("SELECT channel, h FROM settled_messages")
        self.unsettled.append(len(handed - {(row["channel"], row["h"]) for row in rows}))

    async def work_off(self) -> None:
        """A last notifier sends what is left, and ends in order."""
        process = self.start()
        while await self.left():
            assert process.process.poll() is None, process.words()
            await asyncio.sleep(0.05)
        assert process.end() == 0, process.words()

    async def left(self) -> int:
        """How many messages wait."""
        found: int = await self.pool.fetchval(
            "SELECT (SELECT count(*) FROM hot_messages) + (SELECT count(*) FROM cold_messages)"
            " + (SELECT count(*) FROM inbox_messages)"
        )
        return found

    @property
    def lost(self) -> set[tuple[str, bytes]]:
        return self.wanted - set(self.providers.taken)

    @property
    def doubles(self) -> dict[tuple[str, bytes], list[str]]:
        return {which: keys for which, keys in self.providers.taken.items() if len(keys) > 1}

    @property
    def beyond_leases(self) -> list[bytes]:
        """Messages that were handed over more often than kills caught them under lease allow."""
        caught = Counter(h for leased in self.under_lease for h in leased)
        return [h for (_, h), keys in self.doubles.items() if len(keys) > 1 + caught[h]]


async def until(holds: Callable[[], bool], process: Serment) -> None:
    """Waits for it, within reason."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not holds():
        assert time.monotonic() < deadline, process.words()
        await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def queue(
    folder: Path, messages: int, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Queue]:
    """A queue that is filled, and the providers that wait for it. Whatever still runs is ended. `settings`: PostgreSQL's."""
    data = folder / "notifier"
    data.mkdir()
    async with Providers().open() as providers:
        with EmbeddedPostgres(folder / "pg", settings=settings) as postgres:
            await migrate(postgres.url())
            pool = await open_pool(postgres.url())
            queue = Queue(postgres, pool, data, providers)
            (data / "notifier.toml").write_text(
                CONFIG.format(url=providers.url, port=providers.port), "utf-8"
            )
            try:
                await queue.fill(messages)
                yield queue
            finally:
                if queue.process is not None:
                    queue.process.clean_up()
                pool.terminate()


def breath(chance: random.Random) -> float:
    """None in every third kill: the message that is being handed over was not answered."""
    return 0.0 if chance.random() < 1 / 3 else chance.uniform(0.001, BREATH_SECONDS_MAX)
