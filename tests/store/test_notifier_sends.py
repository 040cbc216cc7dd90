# SPDX-License-Identifier: AGPL-3.0-or-later
"""The notifier at work: what a browser sealed reaches a number or an address when it should, once, and the day's key goes after."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest

from confided import ALICE, ALICE_MAIL, INSTANCE, ORIGIN, PARIS, TOM, Confided, leave
from serment.database import roles
from serment.database.pool import Pool, open_pool
from serment.framing.messages import check_code_key, check_day_key
from serment.notifier import pacing
from serment.notifier.channels import (
    AddressRefused,
    ChannelBroken,
    Letter,
    NotNow,
    Receipt,
    Refusal,
    Taken,
    Text,
)
from serment.notifier.keys import AnotherNotifier, KeyChanged, Keys, is_over
from serment.notifier.outbox import LEASE_SECONDS, Outbox, Outcome, Place, Sealed
from serment.notifier.run import Notifier
from serment.notifier.sending import BROKEN_SECONDS, Limits, Sender
from serment.notifier.strongbox import Strongbox
from serment.notifier.waiting import Waiting
from serment.seal.messages import (
    Capsule,
    Message,
    MessageKind,
    draw_t,
    message_key,
    open_capsule,
    seal_message,
    stop_token,
)
from serment.seal.primitives import KemPair
from serment.server.instance import Instance
from serment.server.secret import Secret
from serment.server.usecases.errors import NoDayKey
from serment.server.usecases.read_messages import read_day_keys, read_notifier


class Clock:
    """A clock that stands until a test moves it."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        return self.now


@dataclass
class Desk:
    """A provider that takes what it is given, unless a test tells it otherwise. It keeps what it took."""

    name: str
    carries: Literal["sms", "mail"]
    took: list[Text | Letter] = field(default_factory=list)
    says: Callable[[Text | Letter], None] = lambda message: None
    told: list[Receipt] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    hangs: asyncio.Event | None = None  # until it is set

    async def send(self, message: Text | Letter) -> Taken:
        self.says(message)
        if self.hangs is not None:
            await self.hangs.wait()
        self.took.append(message)
        return Taken(f"id-{message.key}", True)

    async def receipts(self) -> list[Receipt]:
        return self.told

    async def objections(self) -> list[str]:
        return self.stopped

    async def check(self) -> list[str]:
        return []

    async def close(self) -> None:
        pass


@dataclass
class House:
    """A notifier on a database of its own, its keys in two files, and the two providers."""

    pool: Pool
    outbox: Outbox
    box: Strongbox
    clock: Clock
    files: tuple[Path, Path]
    sms: Desk = field(default_factory=lambda: Desk("sms", "sms"))
    mail: Desk = field(default_factory=lambda: Desk("mail", "mail"))

    def __post_init__(self) -> None:
        self.keys = Keys(self.box, INSTANCE)
        self.restart()

    def restart(self, *, sms_a_day: int = 1000) -> None:
        """Another process, which remembers nothing."""
        self.sender = Sender(
            self.outbox, self.keys, Waiting(), instance=INSTANCE, origin=ORIGIN, tag_key=self.box.tag_key,
            limits=Limits(("+33",), sms_a_day), texts=[self.sms], letters=[self.mail], clock=self.clock,  # type: ignore[list-item]
        )  # fmt: skip
        self.notifier = Notifier(
            self.outbox, self.keys, self.sender, tag_key=self.box.tag_key, channels=[self.sms, self.mail], clock=self.clock  # type: ignore[list-item]
        )  # fmt: skip

    async def confide(
        self, start: dt.datetime, *plan: tuple[MessageKind, dt.datetime], phone: str | None = ALICE, mail: str | None = None,
        zone: str = PARIS,
    ) -> Confided:  # fmt: skip
        """What a browser leaves for one appointment."""
        confided = Confided(start, phone, mail, zone=zone)
        pk = await self.pool.fetchval("SELECT pk FROM day_keys WHERE day = $1", confided.key_day)
        await leave(self.pool, [confided.capsule(pk)], [])
        await self.plan(confided, 1, *plan)
        return confided

    async def plan(
        self, confided: Confided, message_set: int, *plan: tuple[MessageKind, dt.datetime]
    ) -> None:
        await leave(self.pool, [], [confided.message(*one, message_set) for one in plan])

    async def replace(
        self, confided: Confided, message_set: int, *plan: tuple[MessageKind, dt.datetime]
    ) -> None:
        await self.pool.execute(
            "INSERT INTO inbox_sets (h, message_set) VALUES ($1, $2)", confided.h, message_set
        )
        await self.plan(confided, message_set, *plan)

    async def pass_(self, now: dt.datetime) -> None:
        """Time goes on to `now`, and the notifier does its duties."""
        self.clock.now = now
        await self.notifier.objections()
        await self.notifier.take()
        await self.send()

    async def send(self) -> None:
        """All that is due, to its end."""
        await self.notifier.send()
        await self.notifier.send_letters()
        await self.notifier.finish()

    async def outcomes(self) -> list[tuple[str, str, str | None]]:
        rows = await self.pool.fetch(
            "SELECT channel, result::text, reason FROM settled_messages ORDER BY 1, 2, 3"
        )
        return [tuple(row) for row in rows]


@pytest.fixture
async def house(pool: Pool, database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """Noon of the database's day: what is due within 35 days is counted from it."""
    tables = await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    mine = [
        row[0]
        for row in tables
        if row[0]
        in {t for ts in roles._RIGHTS.values() for t in ts}
        | {"inbox_capsules", "inbox_messages", "inbox_sets", "cold_capsules", "cold_messages"}
    ]
    await pool.execute(f"TRUNCATE {', '.join(mine)}")
    today = await pool.fetchval("SELECT current_date")
    own = await open_pool(database_url.replace("//serment@", f"//{roles.NOTIFIER}@"), connections_max=4)
    files = (tmp_path / "a" / "keys", tmp_path / "b" / "keys")
    with Strongbox(*files) as box:
        house = House(pool, Outbox(own), box, Clock(dt.datetime.combine(today, dt.time(12), dt.UTC)), files)
        await house.notifier.day()
        yield house
    await own.close()


def after(house: House, days: int = 0, *, at: str = "12:00") -> dt.datetime:
    """A time of day in UTC, so many days after the test's."""
    hour, minute = map(int, at.split(":"))
    return dt.datetime.combine(
        house.clock.now.date() + dt.timedelta(days=days), dt.time(hour, minute), dt.UTC
    )


async def test_a_reminder_goes_by_sms_and_mail_the_day_before_and_names_nobody(house: House) -> None:
    start, noon = after(house, 3, at="10:00"), after(house, 2, at="12:00")
    await house.confide(start, ("reminder", noon), mail=ALICE_MAIL)
    await house.pass_(house.clock.now)
    assert house.sms.took == house.mail.took == []
    await house.notifier.read_anew()
    house.clock.now = after(house, 1)
    await house.notifier.read_anew()
    await house.pass_(house.clock.now)
    assert house.sms.took == []
    house.clock.now = after(house, 1, at="12:01")
    await house.notifier.read_anew()
    await house.send()
    [text], [letter] = house.sms.took, house.mail.took
    assert isinstance(text, Text) and isinstance(letter, Letter)
    assert (text.to, letter.to) == (ALICE, ALICE_MAIL)
    assert "Brest" in text.body and f"{ORIGIN}/t#" in text.body
    assert await house.outcomes() == [("mail", "sent", None), ("sms", "sent", None)]
    assert letter.unsubscribe is not None and letter.unsubscribe.startswith(f"{ORIGIN}/stop/")


async def test_a_cancellation_taken_back_within_its_grace_says_nothing(house: House) -> None:
    now, start = house.clock.now, after(house, 2, at="10:00")
    alice = await house.confide(start, ("reminder", after(house, 1)))
    await house.pass_(now)
    await house.replace(alice, 2, ("cancelled", now + dt.timedelta(minutes=10)))
    await house.pass_(now + dt.timedelta(minutes=5))
    await house.replace(alice, 3, ("reminder", after(house, 1)))
    await house.pass_(now + dt.timedelta(minutes=11))
    assert house.sms.took == []


async def test_a_cancellation_that_stands_is_told_after_its_grace(house: House) -> None:
    now, start = house.clock.now, after(house, 2, at="10:00")
    alice = await house.confide(start, ("reminder", after(house, 1)))
    await house.pass_(now)
    await house.replace(alice, 2, ("cancelled", now + dt.timedelta(minutes=10)))
    await house.pass_(now + dt.timedelta(minutes=9))
    assert house.sms.took == []
    await house.pass_(now + dt.timedelta(minutes=10))
    [told] = house.sms.took
    assert isinstance(told, Text) and "annul" in told.body.lower()


async def test_a_confirmation_goes_at_night_while_it_has_just_come_and_else_in_the_morning(
    house: House,
) -> None:
    """Mallory books at noon with Alice's number and seals that she asks at two; Tom asks at two."""
    noon, start, two, eight = (
        after(house), after(house, 3), after(house, 1, at="02:00"), after(house, 1, at="07:01"),
    )  # fmt: skip
    await house.confide(start, ("booked", two))
    await house.pass_(noon)
    await house.confide(start, ("booked", two), phone=TOM)
    await house.pass_(two)
    assert [text.to for text in house.sms.took] == [TOM]
    await house.confide(start, ("booked", two), phone=TOM)
    await house.notifier.take()
    house.restart()  # which remembers no more than that there is a row
    await house.notifier.read_anew()
    await house.pass_(two + dt.timedelta(minutes=1))
    assert [text.to for text in house.sms.took] == [TOM]
    await house.pass_(eight)
    assert sorted(text.to for text in house.sms.took) == [ALICE, TOM, TOM]


async def test_a_confirmation_is_known_to_have_just_come_though_all_is_read_anew_meanwhile(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    two, due_of = after(house, 1, at="02:00"), house.outbox.due_of
    reading: list[asyncio.Task[None]] = []

    async def meanwhile(handles: Sequence[bytes], day: dt.date) -> list[Place]:
        reading.append(asyncio.create_task(house.notifier.read_anew()))
        await asyncio.wait(reading, timeout=0.3)
        return await due_of(handles, day)

    monkeypatch.setattr(house.outbox, "due_of", meanwhile)
    await house.confide(after(house, 3), ("booked", two))
    await house.pass_(two)
    await asyncio.gather(*reading)
    await house.send()
    assert len(house.sms.took) == 1


async def test_what_left_the_inbox_while_the_database_went_away_is_sent_once_it_is_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = house.outbox.take

    async def away() -> list[bytes]:
        await take()
        raise OSError  # the answer is lost

    await house.confide(after(house, 1, at="15:00"), ("moved", house.clock.now))
    with monkeypatch.context() as broken:
        broken.setattr(house.outbox, "take", away)
        with pytest.raises(OSError):
            await house.notifier.take()
    await house.pass_(house.clock.now)
    assert len(house.sms.took) == 1


async def test_the_night_is_the_numbers_too_and_the_mail_that_is_still_in_time_goes_alone(
    house: House,
) -> None:
    """Half past nine in Saint-Denis is in the night or the early morning of a number of metropolitan France."""
    start, evening = after(house, 2, at="05:00"), after(house, 1, at="16:30")
    morning = after(house, 2, at="04:05")
    house.clock.now = evening
    await house.confide(start, ("reminder", evening), mail=ALICE_MAIL, zone="Indian/Reunion")
    await house.confide(after(house, 1, at="15:00"), ("cancelled", evening), phone=TOM, zone="Indian/Reunion")
    await house.pass_(evening)
    await house.pass_(morning)
    assert house.sms.took == [] and len(house.mail.took) == 1
    assert await house.outcomes() == [("mail", "sent", None), ("sms", "dropped", "too_late")]
    await house.pass_(morning.replace(hour=7))
    assert [text.to for text in house.sms.took] == [TOM]


async def test_three_appointments_of_one_family_on_one_day_are_one_sms(house: House) -> None:
    for hour in ("09:00", "09:30", "14:00"):
        await house.confide(after(house, 1, at=hour), ("reminder", house.clock.now))
    await house.confide(after(house, 1, at="15:00"), ("reminder", house.clock.now), phone=TOM)
    await house.pass_(house.clock.now)
    assert sorted(text.to for text in house.sms.took) == [ALICE, TOM]
    assert len(await house.outcomes()) == 4
    together = next(text for text in house.sms.took if text.to == ALICE)
    assert isinstance(together, Text) and together.body.count("/t#") == 3


async def test_reminders_of_one_family_go_together_at_the_first_ones_minute_of_the_morning(
    house: House,
) -> None:
    visit = house.clock.now.date() + dt.timedelta(days=2)
    eve = by_the_wall(visit - dt.timedelta(days=1), 9)
    for begins, hour in ((b"\x10", 14), (b"\xd0", 15)):  # their own minutes: 9 h 07 and 10 h 37
        child = await house.confide(by_the_wall(visit, hour))
        await leave(house.pool, [], [child.message("reminder", eve, mid=begins + bytes(15))])
    await house.pass_(house.clock.now)
    await house.pass_(eve + dt.timedelta(minutes=7))
    assert house.sms.took == []
    await house.pass_(eve + dt.timedelta(minutes=8))
    [text] = house.sms.took
    assert isinstance(text, Text) and text.body.count("/t#") == 2 and not text.repeat
    assert await house.pool.fetch("SELECT messages FROM address_days") == [(1,)]
    await house.pass_(eve + dt.timedelta(hours=3))
    assert len(house.sms.took) == 1


async def test_stop_from_a_link_holds_for_all_that_follows_and_for_nobody_else(house: House) -> None:
    alice = await house.confide(after(house, 2, at="10:00"), ("booked", house.clock.now), mail=ALICE_MAIL)
    await house.confide(
        after(house, 2, at="10:00"), ("reminder", after(house, 1, at="09:00")), mail=ALICE_MAIL
    )
    await house.confide(after(house, 2, at="11:00"), ("reminder", after(house, 1, at="09:00")), phone=TOM)
    await house.pass_(house.clock.now)
    assert len(house.mail.took) == 1
    await house.pool.execute("INSERT INTO inbox_objections (stop) VALUES ($1)", stop_token(alice.c))
    await house.notifier.objections()
    house.clock.now = after(house, 1)
    await house.notifier.read_anew()
    await house.send()
    assert len(house.mail.took) == 1
    assert ("mail", "dropped", "objected") in await house.outcomes()
    # The confirmation went by mail alone: her number has not objected.
    assert sorted(text.to for text in house.sms.took) == [ALICE, TOM]


async def test_who_books_with_a_number_that_objected_gets_no_token_for_it(house: House) -> None:
    mallory = await house.confide(after(house, 1, at="10:00"), ("reminder", house.clock.now))
    house.sms.stopped = [ALICE]
    await house.pass_(house.clock.now)
    assert await house.outcomes() == [("sms", "dropped", "objected")]
    assert await house.pool.fetch("SELECT 1 FROM stop_links") == []
    await house.pool.execute("INSERT INTO inbox_objections VALUES ($1, true)", stop_token(mallory.c))
    house.sms.stopped = []
    await house.confide(after(house, 1, at="11:00"), ("reminder", house.clock.now))
    await house.pass_(house.clock.now)
    assert house.sms.took == []


async def test_stop_as_an_answer_to_the_provider_holds(house: House) -> None:
    await house.confide(after(house, 1, at="10:00"), ("reminder", house.clock.now))
    house.sms.stopped = [ALICE]
    await house.pass_(house.clock.now)
    assert house.sms.took == []
    assert await house.outcomes() == [("sms", "dropped", "objected")]


async def test_a_stop_that_could_not_be_written_is_written_later_though_the_provider_says_it_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(tag: bytes) -> None:
        raise OSError

    await house.confide(after(house, 1, at="10:00"), ("reminder", house.clock.now))
    house.sms.stopped = [ALICE]
    with monkeypatch.context() as broken:
        broken.setattr(house.outbox, "object", away)
        with pytest.raises(OSError):
            await house.notifier.objections()
    house.sms.stopped = []
    await house.pass_(house.clock.now)
    assert house.sms.took == []


async def test_a_link_that_cannot_be_judged_holds_up_no_other_and_no_answer_to_a_provider(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = [secrets.token_bytes(16) for _ in range(3)]
    await house.pool.executemany(
        "INSERT INTO inbox_objections (stop) VALUES ($1)", [(one,) for one in tokens]
    )
    judge = house.outbox.object_by_token

    async def fails(stop: bytes) -> bool:
        if stop == tokens[0]:
            raise ValueError
        return await judge(stop)

    monkeypatch.setattr(house.outbox, "object_by_token", fails)
    house.sms.stopped = [ALICE]
    with pytest.raises(ValueError):
        await house.notifier.objections()
    assert await house.pool.fetch("SELECT stop FROM inbox_objections") == [(tokens[0],)]
    assert await house.pool.fetchval("SELECT count(*) FROM objections") == 1


async def test_the_process_ends_after_a_day_only_once_each_stop_and_receipt_is_written_within_an_hour(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*said: object) -> None:
        raise OSError

    async def ends_after(hours: float) -> bool:
        house.clock.now += dt.timedelta(hours=hours)
        await house.notifier.renew()
        return house.notifier._ended.is_set()

    for duty, writes in (("objections", "object"), ("receipts", "receive")):
        house.restart()
        house.sms.stopped, house.sms.told = [ALICE], [Receipt("id", True)]
        with monkeypatch.context() as broken:
            broken.setattr(house.outbox, writes, away)
            with pytest.raises(OSError):
                await getattr(house.notifier, duty)()
            house.clock.now = after(house, 1)
            await house.notifier.day()
            assert not await ends_after(0.9)
        house.sms.stopped, house.sms.told = [], []
        await getattr(house.notifier, duty)()
        assert await ends_after(0)
    house.restart()
    house.sms.told = [Receipt("id", True)]
    monkeypatch.setattr(house.outbox, "receive", away)
    with pytest.raises(OSError):
        await house.notifier.receipts()
    house.clock.now = after(house, 1)
    await house.notifier.day()
    assert not await ends_after(0)
    assert await ends_after(1)


async def test_what_a_provider_could_not_take_is_tried_again_with_the_same_key(house: House) -> None:
    await house.confide(after(house, 1, at="15:00"), ("reminder", house.clock.now))
    keys: list[str] = []

    def away(message: Text | Letter) -> None:
        keys.append(message.key)
        if len(keys) < 3:
            raise NotNow(maybe_sent=len(keys) == 2)

    house.sms.says, now = away, house.clock.now
    for minutes in range(0, 10):
        await house.pass_(now + dt.timedelta(minutes=minutes))
    assert len(keys) == 3 and len(set(keys)) == 1
    [text] = house.sms.took
    assert isinstance(text, Text) and text.repeat
    assert await house.outcomes() == [("sms", "sent", None)]


async def test_one_channel_that_is_away_does_not_send_the_other_twice(house: House) -> None:
    await house.confide(after(house, 1, at="15:00"), ("reminder", house.clock.now), mail=ALICE_MAIL)

    def away(message: Text | Letter) -> None:
        raise NotNow

    house.sms.says, now = away, house.clock.now
    await house.pass_(now)
    house.restart()
    house.sms.says = lambda message: None
    house.clock.now = now + dt.timedelta(minutes=3)
    await house.notifier.read_anew()
    await house.send()
    assert (len(house.mail.took), len(house.sms.took)) == (1, 1)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(AddressRefused(Refusal.UNKNOWN), "number_refused"), (AddressRefused(Refusal.OBJECTED), "objected")],
)
async def test_a_refused_number_is_said_to_the_practice(house: House, error: Exception, outcome: str) -> None:
    await house.confide(after(house, 1, at="15:00"), ("reminder", house.clock.now))

    def refuse(message: Text | Letter) -> None:
        raise error

    house.sms.says = refuse
    await house.pass_(house.clock.now)
    assert await house.outcomes() == [("sms", "dropped", outcome)]


async def test_a_broken_channel_keeps_everything_and_goes_on_when_it_works(house: House) -> None:
    await house.confide(after(house, 1, at="15:00"), ("reminder", house.clock.now))

    def broken(message: Text | Letter) -> None:
        raise ChannelBroken("The account is closed.")

    house.sms.says, now = broken, house.clock.now
    await house.pass_(now)
    assert await house.outcomes() == []
    house.sms.says = lambda message: None
    await house.pass_(now + dt.timedelta(minutes=6))
    assert len(house.sms.took) == 1


async def test_what_a_channel_took_is_settled_though_its_neighbour_fails(house: House) -> None:
    for phone in (ALICE, TOM):
        await house.confide(after(house, 1, at="15:00"), ("reminder", house.clock.now), phone=phone)

    def fails(message: Text | Letter) -> None:
        if message.to == TOM:
            raise RuntimeError  # the database went away, say

    house.sms.says, now = fails, house.clock.now
    with pytest.raises(RuntimeError):
        await house.pass_(now)
    assert await house.outcomes() == [("sms", "sent", None)]
    house.sms.says = lambda message: None
    await house.pass_(now + dt.timedelta(minutes=6))
    assert [text.to for text in house.sms.took] == [ALICE, TOM]


async def test_what_could_not_be_settled_by_sms_does_not_leave_the_queue_by_its_letter(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle, now = house.outbox.settle, house.clock.now
    house.mail.hangs = asyncio.Event()

    async def away(sealed: Sealed, kind: str, outcomes: Sequence[Outcome], **named: Any) -> None:
        if outcomes[0].channel == "sms":
            house.mail.hangs.set()  # type: ignore[union-attr]
            raise OSError
        await settle(sealed, kind, outcomes, **named)

    await house.confide(after(house, 1, at="15:00"), ("moved", now), mail=ALICE_MAIL)
    with monkeypatch.context() as broken:
        broken.setattr(house.outbox, "settle", away)
        await house.pass_(now)
    assert await house.outcomes() == [("mail", "sent", None)]
    await house.pass_(now + dt.timedelta(seconds=BROKEN_SECONDS))
    assert await house.outcomes() == [("mail", "sent", None), ("sms", "sent", None)]
    assert (len(house.sms.took), len({text.key for text in house.sms.took}), len(house.mail.took)) == (
        2,
        1,
        1,
    )


async def test_what_waits_for_a_time_of_its_own_is_not_asked_sooner_since_its_neighbour_failed(
    house: House,
) -> None:
    for phone in (ALICE, TOM):
        await house.confide(after(house, 3), ("moved", house.clock.now), phone=phone)
    tried: list[str] = []

    def fails(message: Text | Letter) -> None:
        tried.append(message.to)
        if message.to == TOM:
            raise RuntimeError
        raise NotNow(dt.timedelta(hours=2))

    house.sms.says, now = fails, house.clock.now
    for later in (0, BROKEN_SECONDS):
        with pytest.raises(RuntimeError):
            await house.pass_(now + dt.timedelta(seconds=later))
    assert sorted(tried) == sorted([ALICE, TOM, TOM])
    house.sms.says = lambda message: None
    await house.pass_(now + dt.timedelta(hours=2))
    assert sorted(text.to for text in house.sms.took) == sorted([ALICE, TOM])


async def test_an_sms_is_tried_no_sooner_than_its_provider_said_though_its_letter_fails(
    house: House,
) -> None:
    tried: list[str] = []

    def away(message: Text | Letter) -> None:
        tried.append(message.to)
        raise NotNow(dt.timedelta(hours=2))

    def not_now(message: Text | Letter) -> None:
        raise NotNow

    def fails(message: Text | Letter) -> None:
        raise RuntimeError

    now = house.clock.now
    await house.confide(after(house, 3), ("moved", now), mail=ALICE_MAIL)
    house.sms.says, house.mail.says = away, not_now
    await house.pass_(now)
    house.mail.says = fails
    with contextlib.suppress(RuntimeError):  # of a batch that ends after its lane is free nobody is told
        await house.pass_(now + dt.timedelta(minutes=3))
    await house.notifier.finish()
    house.mail.says = lambda message: None
    await house.pass_(now + dt.timedelta(minutes=9))
    assert (tried, len(house.mail.took)) == ([ALICE], 1)
    house.sms.says = lambda message: None
    await house.pass_(now + dt.timedelta(hours=2))
    assert (len(house.sms.took), len(house.mail.took)) == (1, 1)


async def test_a_relay_that_is_away_takes_no_try_from_the_sms(house: House) -> None:
    """Three tries are all there are of an SMS that may have gone."""
    sms, mail = list[str](), list[str]()

    def unanswered(message: Text | Letter) -> None:
        sms.append(message.key)
        if len(sms) < 3:
            raise NotNow(dt.timedelta(hours=1), maybe_sent=True)

    def away(message: Text | Letter) -> None:
        mail.append(message.key)
        raise NotNow

    now = house.clock.now
    await house.confide(after(house, 3), ("moved", now), mail=ALICE_MAIL)
    house.sms.says, house.mail.says = unanswered, away
    for minutes in (0, 2, 5, 11, 61, 122):
        await house.pass_(now + dt.timedelta(minutes=minutes))
    assert (len(sms), len(house.sms.took)) == (3, 1)
    assert len(mail) > 3
    assert await house.outcomes() == [("sms", "sent", None)]


@pytest.mark.parametrize("written", [True, False])
async def test_an_sms_to_be_tried_again_stays_though_its_letter_ends_before_that_is_written(
    house: House, monkeypatch: pytest.MonkeyPatch, written: bool
) -> None:
    """The SMS has failed and waits for a connection, or gets none; meanwhile the relay takes the letter."""
    together, now = house.outbox.together, house.clock.now
    house.mail.hangs, letter = asyncio.Event(), asyncio.Event()

    @contextlib.asynccontextmanager
    async def slow() -> AsyncIterator[Any]:
        first = not house.mail.hangs.is_set()  # type: ignore[union-attr]
        if first:
            house.mail.hangs.set()  # type: ignore[union-attr]
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(letter.wait(), 0.5)
            if not written:
                raise OSError
        async with together() as on:
            yield on
        letter.set()

    def away(message: Text | Letter) -> None:
        raise NotNow

    house.sms.says = away
    await house.confide(after(house, 1, at="15:00"), ("moved", now), mail=ALICE_MAIL)
    with monkeypatch.context() as late:
        late.setattr(house.outbox, "together", slow)
        await house.pass_(now)
    assert await house.outcomes() == [("mail", "sent", None)]
    house.sms.says = lambda message: None
    await house.pass_(now + dt.timedelta(seconds=BROKEN_SECONDS))
    assert await house.outcomes() == [("mail", "sent", None), ("sms", "sent", None)]
    assert (len(house.sms.took), len(house.mail.took)) == (1, 1)


async def test_a_number_of_a_country_that_is_not_allowed_gets_nothing(house: House) -> None:
    await house.confide(after(house, 1, at="15:00"), ("reminder", house.clock.now), phone="+882139980001")
    await house.pass_(house.clock.now)
    assert await house.outcomes() == [("sms", "dropped", "number_refused")]


@pytest.mark.parametrize(
    ("phone", "mail", "outcome"),
    [
        ("+33x", None, ("sms", "dropped", "number_refused")),
        (None, "nobody@", ("mail", "dropped", "address_refused")),
        (None, "ΐ" * 100 + "@a.b", ("mail", "dropped", "address_refused")),  # longer when its case is folded
    ],
)
async def test_an_address_that_is_none_ends_and_holds_up_no_neighbour(
    house: House, phone: str | None, mail: str | None, outcome: tuple[str, str, str]
) -> None:
    await house.confide(after(house, 1, at="15:00"), ("reminder", house.clock.now), phone=phone, mail=mail)
    await house.confide(after(house, 1, at="15:00"), ("reminder", house.clock.now), phone=TOM)
    await house.pass_(house.clock.now)
    assert [text.to for text in house.sms.took] == [TOM]
    assert sorted(await house.outcomes()) == sorted([outcome, ("sms", "sent", None)])


async def test_times_at_the_end_of_the_calendar_end_as_unreadable_and_hold_up_no_neighbour(
    house: House,
) -> None:
    alice = await house.confide(after(house, 1, at="15:00"))
    last = dt.datetime(9999, 12, 31, 23, 30, tzinfo=dt.UTC)  # in Paris that is no day any more
    today = house.clock.now.date()
    times = [int(time.timestamp()) for time in (house.clock.now, alice.start, last)]
    for not_before, start in ((times[2], times[1]), (times[0], times[2])):
        mid, message = secrets.token_bytes(16), Message("moved", not_before, PARIS, start)
        sealed = seal_message(INSTANCE, alice.h, mid, today.isoformat(), 1, message_key(alice.t), message)
        await leave(house.pool, [], [(alice.h, mid, today, 1, sealed)])
    await house.confide(after(house, 1, at="15:00"), ("reminder", house.clock.now), phone=TOM)
    await house.pass_(house.clock.now)
    assert [text.to for text in house.sms.took] == [TOM]
    assert await house.outcomes() == [("none", "dropped", "unreadable")] * 2 + [("sms", "sent", None)]


async def test_a_relay_that_hangs_is_left_alone_for_a_minute_and_costs_nobody_a_try(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "HANGS_SECONDS", 0.0)
    for hour in range(8, 13):
        await house.confide(
            after(house, 1, at=f"{hour:02}:00"), ("moved", house.clock.now), mail=f"{hour}@example.org"
        )
    tried: list[str] = []

    def hangs(message: Text | Letter) -> None:
        tried.append(message.to)
        raise NotNow

    house.mail.says, now = hangs, house.clock.now
    await house.pass_(now)
    assert (len(house.sms.took), len(tried)) == (5, 2)
    rows = await house.pool.fetch("SELECT tries, lease_until FROM hot_messages ORDER BY tries")
    assert [tuple(row) for row in rows] == [(0, None)] * 3 + [(1, None)] * 2
    await house.confide(after(house, 1, at="15:00"), ("moved", now), phone=TOM, mail="tom@example.org")
    await house.pass_(now + dt.timedelta(seconds=50))
    assert (len(house.sms.took), len(tried)) == (6, 2)
    house.mail.says = lambda message: None
    await house.pass_(now + dt.timedelta(minutes=5))
    assert (len(house.sms.took), len(house.mail.took)) == (6, 6)


async def test_a_channel_that_is_away_is_asked_no_sooner_since_the_other_one_hangs(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "HANGS_SECONDS", 0.0)
    tried: list[str] = []

    def away(message: Text | Letter) -> None:
        tried.append(message.to)
        raise NotNow

    house.sms.says = house.mail.says = away
    now = house.clock.now
    for phone in (ALICE, TOM):
        await house.confide(after(house, 1, at="15:00"), ("moved", now), phone=phone, mail=f"{phone}@a.b")
    await house.pass_(now)
    for half_minutes in range(1, 20):
        house.sender._pace._rests.pop(
            "sms", None
        )  # its provider answers that it is away; the relay does not answer
        await house.pass_(now + dt.timedelta(seconds=30 * half_minutes))
    assert max(tried.count(ALICE), tried.count(TOM)) <= 4  # at once, then after 1, 2 and 5 minutes


async def test_sms_and_letters_do_not_wait_for_each_other_while_one_hangs(house: House) -> None:
    now, seconds_max = house.clock.now, 60
    house.mail.hangs = asyncio.Event()
    for phone, hour in ((ALICE, "09:00"), (TOM, "10:00")):
        await house.confide(after(house, 1, at=hour), ("moved", now), phone=phone, mail=ALICE_MAIL)
        await house.notifier.take()
        await asyncio.wait_for(house.notifier.send(), seconds_max)
        assert house.sms.took[-1].to == phone
    await house.confide(after(house, 1, at="11:00"), ("booked", now), phone=None, mail="tom@example.org")
    house.mail.hangs.set()
    await house.notifier.finish()
    assert await house.outcomes() == [("mail", "sent", None)] * 2 + [("sms", "sent", None)] * 2
    house.sms.hangs = asyncio.Event()
    await house.confide(after(house, 1, at="12:00"), ("moved", now))
    await house.notifier.take()
    waiting = asyncio.create_task(house.notifier.send())
    await asyncio.wait_for(house.notifier.send_letters(), seconds_max)
    assert (len(house.sms.took), len(house.mail.took)) == (2, 3)
    house.sms.hangs.set()
    await waiting
    await house.notifier.finish()
    assert await house.pool.fetchval("SELECT count(*) FROM hot_messages") == 0
    assert len(house.sms.took) == 3


async def test_a_channel_that_never_ends_is_given_up_within_the_lease_and_may_have_sent(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pacing.BATCH_SECONDS + pacing.HANDED_SECONDS_MAX < LEASE_SECONDS
    now, house.sms.hangs = house.clock.now, asyncio.Event()
    await house.confide(after(house, 1, at="15:00"), ("moved", now))
    with monkeypatch.context() as soon:
        soon.setattr("serment.notifier.sending.HANDED_SECONDS_MAX", 0.01)
        await house.pass_(now)
    assert house.sms.took == []
    house.sms.hangs = None
    await house.pass_(now + dt.timedelta(minutes=1))
    [text] = house.sms.took
    assert isinstance(text, Text) and text.repeat


async def test_a_batch_that_took_its_time_hands_the_rest_to_the_next_one(house: House) -> None:
    for hour in range(8, 16):
        await house.confide(
            after(house, 1, at=f"{hour:02}:00"), ("booked", house.clock.now), mail=f"{hour}@example.org"
        )

    def slow(message: Text | Letter) -> None:
        house.clock.now += dt.timedelta(seconds=20)

    house.mail.says = slow
    await house.notifier.take()
    await house.sender.send_due("mail")
    assert len(house.mail.took) == 3
    rows = await house.pool.fetch("SELECT tries, lease_until FROM hot_messages")
    assert [tuple(row) for row in rows] == [(0, None)] * 5
    await house.send()
    assert len(house.mail.took) == 8


async def test_a_new_process_goes_on_counting_the_days_sms(house: House) -> None:
    for hour in ("09:00", "10:00", "11:00"):
        house.restart(sms_a_day=2)
        await house.confide(after(house, 1, at=hour), ("moved", house.clock.now))
        await house.pass_(house.clock.now)
    assert len(house.sms.took) == 2
    house.restart(sms_a_day=3)
    await house.notifier.read_anew()
    await house.pass_(house.clock.now)
    assert len(house.sms.took) == 3


async def test_an_sms_of_which_nobody_knows_whether_it_went_counts_and_one_that_did_not_go_does_not(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*given: object, **named: object) -> None:
        raise OSError

    async def moved(sms_a_day: int) -> int:
        house.restart(sms_a_day=sms_a_day)
        await house.confide(after(house, 1, at="15:00"), ("moved", house.clock.now))
        await house.pass_(house.clock.now)
        return len(house.sms.took)

    assert await moved(0) == 0
    with monkeypatch.context() as killed:
        killed.setattr(house.outbox, "settle", away)
        with pytest.raises(OSError):
            await moved(1)
    assert await moved(1) == 1

    def refuses(message: Text | Letter) -> None:
        raise AddressRefused(Refusal.UNKNOWN)

    house.sms.says = refuses
    await moved(2)
    house.sms.says = lambda message: None
    assert await moved(2) == 2


async def test_a_ninth_message_of_a_day_is_not_sent_to_a_number_that_may_be_anybodys(house: House) -> None:
    for minute in range(0, 20, 2):
        await house.confide(after(house, 1, at=f"10:{minute:02}"), ("moved", house.clock.now))
    await house.pass_(house.clock.now)
    assert len(house.sms.took) == 8
    assert [reason for *_, reason in await house.outcomes()].count("too_many_today") == 2


async def test_a_receipt_comes_to_every_message_the_sms_said(house: House) -> None:
    for hour in ("09:00", "09:30"):
        await house.confide(after(house, 1, at=hour), ("reminder", house.clock.now))
    await house.pass_(house.clock.now)
    [text] = house.sms.took
    house.sms.told = [Receipt(f"id-{text.key}", False, "absent"), Receipt("id-of-somebody-else", True)]
    await house.notifier.receipts()
    assert await house.outcomes() == [("sms", "undelivered", "absent")] * 2


async def test_a_receipt_that_could_not_be_written_is_written_later_though_the_provider_says_it_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(tag: bytes, result: str, reason: str | None) -> None:
        raise OSError

    await house.confide(after(house, 1, at="09:00"), ("reminder", house.clock.now))
    await house.pass_(house.clock.now)
    [text] = house.sms.took
    house.sms.told = [Receipt(f"id-{text.key}", False, "absent")]
    with monkeypatch.context() as broken:
        broken.setattr(house.outbox, "receive", away)
        with pytest.raises(OSError):
            await house.notifier.receipts()
    house.sms.told = []
    await house.notifier.receipts()
    assert await house.outcomes() == [("sms", "undelivered", "absent")]


async def test_a_message_for_another_handle_is_refused_as_unreadable(house: House) -> None:
    alice = await house.confide(after(house, 1, at="15:00"))
    mallory = replace(alice, t=draw_t())  # she knows the handle, not the key
    await house.plan(mallory, 1, ("cancelled", house.clock.now))
    await house.pass_(house.clock.now)
    assert house.sms.took == []
    assert await house.outcomes() == [("none", "dropped", "unreadable")]


def by_the_wall(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    """What clocks in Paris show, in UTC."""
    return dt.datetime.combine(day, dt.time(hour, minute), ZoneInfo(PARIS)).astimezone(dt.UTC)


def thief_opens(house: House, alice: Confided, sealed: bytes, copy: Path) -> Capsule | None:
    """Whoever has an old dump's capsule and copied the notifier's whole disk just now; None if no key there is that day's."""
    for file in house.files:
        shutil.copytree(file.parent, copy / file.parent.name)
    with Strongbox(copy / "a" / "keys", copy / "b" / "keys") as stolen:
        seed = stolen.day(alice.key_day)
    if seed is None:
        return None
    return open_capsule(INSTANCE, alice.h, alice.key_day.isoformat(), KemPair.from_seed(seed), sealed)


def folders_with(key: bytes, disk: Path) -> list[Path]:
    return sorted(file.parent for file in disk.rglob("*") if file.is_file() and key in file.read_bytes())


async def test_booked_today_and_told_a_week_and_a_day_before_and_then_an_old_dump_and_the_whole_disk_open_nothing(
    house: House, tmp_path: Path
) -> None:
    today = house.clock.now.date()
    visit = today + dt.timedelta(days=10)
    week, eve = (by_the_wall(visit - dt.timedelta(days=days), 9) for days in (7, 1))
    alice = await house.confide(
        by_the_wall(visit, 9, 30), ("booked", house.clock.now), ("reminder", week), ("reminder", eve), mail=ALICE_MAIL
    )  # fmt: skip
    dump = await house.pool.fetchval("SELECT capsule FROM inbox_capsules")
    seed = house.box.day(alice.key_day)
    assert seed is not None

    async def sent_by(now: dt.datetime) -> tuple[int, int]:
        house.clock.now = now
        await house.notifier.day()
        await house.notifier.read_anew()
        await house.pass_(now)
        return len(house.sms.took), len(house.mail.took)

    minute = dt.timedelta(minutes=1)
    assert await sent_by(house.clock.now) == (0, 1)  # the confirmation
    assert await sent_by(week - minute) == (0, 1)
    assert await sent_by(week + dt.timedelta(hours=2)) == (0, 2)
    assert await sent_by(eve - minute) == (0, 2)
    assert await sent_by(eve + dt.timedelta(hours=2)) == (1, 3)
    assert isinstance(told := house.sms.took[0], Text)
    assert "demain" in told.body and "9 h 30" in told.body
    stolen = thief_opens(house, alice, dump, tmp_path / "before")
    assert stolen is not None and stolen.sms == ALICE  # this search finds what is there
    house.clock.now = dt.datetime.combine(alice.key_day, dt.time(12), dt.UTC)
    await house.notifier.day()
    assert is_over(alice.key_day, house.clock.now)
    assert thief_opens(house, alice, dump, tmp_path / "after") is None
    assert folders_with(seed, tmp_path) == [tmp_path / "before" / "a", tmp_path / "before" / "b"]
    assert await house.pool.fetchval("SELECT count(*) FROM day_keys WHERE day = $1", alice.key_day) == 0
    assert await house.pool.fetchval("SELECT count(*) FROM hot_capsules") == 0


async def test_what_was_never_sent_is_told_when_its_day_is_over(house: House) -> None:
    def away(message: Text | Letter) -> None:
        raise NotNow(dt.timedelta(hours=6))

    house.sms.says = away
    alice = await house.confide(after(house, 1, at="10:00"), ("reminder", house.clock.now))
    await house.pass_(house.clock.now)
    house.clock.now = dt.datetime.combine(alice.key_day, dt.time(12), dt.UTC)
    await house.notifier.day()
    assert await house.outcomes() == [("none", "dropped", "key_gone")]


async def test_a_days_key_goes_at_noon_though_the_database_is_away_and_what_was_left_is_told_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(day: dt.date) -> int:
        raise OSError

    alice = await house.confide(after(house, 1, at="10:00"), ("reminder", after(house, 1, at="08:00")))
    await house.notifier.take()
    house.clock.now = dt.datetime.combine(alice.key_day, dt.time(12), dt.UTC)
    with monkeypatch.context() as broken:
        broken.setattr(house.outbox, "close_day", away)
        with pytest.raises(OSError):
            await house.notifier.day()
    assert house.box.day(alice.key_day) is None
    house.restart()  # and it is killed before it could write
    await house.notifier.day()
    assert await house.outcomes() == [("none", "dropped", "key_gone")]


async def test_four_hundred_days_are_published_signed_and_the_same_again(house: House) -> None:
    rows = await house.pool.fetch("SELECT day, pk, sig FROM day_keys ORDER BY day")
    today = house.clock.now.date()
    assert rows[-1]["day"] == today + dt.timedelta(days=401)
    assert len(rows) == 401  # today's is over at noon
    for row in rows[:3]:
        check_day_key(house.keys.root.pk, INSTANCE, row["day"].isoformat(), row["pk"], row["sig"])
    await house.keys.publish(house.outbox, house.clock.now)
    assert await house.pool.fetch("SELECT day, pk, sig FROM day_keys ORDER BY day") == rows


async def test_browsers_are_told_the_root_the_code_key_the_key_of_a_day_and_what_an_sms_costs(
    house: House,
) -> None:
    instance = Instance(INSTANCE, house.pool, Secret(b"S" * 32), house.clock, sms_price="0.049")
    told = await read_notifier(instance)
    assert (told.root, told.sms_price) == (house.keys.root.pk, "0.049")
    [code] = told.code_keys
    check_code_key(told.root, INSTANCE, code.since.isoformat(), code.until.isoformat(), code.pk, code.sig)
    days = [after(house, ahead).date() for ahead in (3, 1)]
    for day, key in zip(days, await read_day_keys(instance, days), strict=True):
        check_day_key(told.root, INSTANCE, day.isoformat(), key.pk, key.sig)
    with pytest.raises(NoDayKey):
        await read_day_keys(instance, [after(house, 500).date()])


async def test_another_notifier_publishes_nothing_here(house: House, tmp_path: Path) -> None:
    with Strongbox(tmp_path / "other", tmp_path / "other.mirror") as other, pytest.raises(AnotherNotifier):
        await Keys(other, INSTANCE).publish(house.outbox, house.clock.now)
    await house.pool.execute(
        "UPDATE day_keys SET pk = $1 WHERE day = $2", secrets.token_bytes(1216), after(house, 5).date()
    )
    with pytest.raises(KeyChanged):
        await house.keys.publish(house.outbox, house.clock.now)


async def test_what_a_killed_notifier_had_sent_goes_back_into_the_cold_at_the_next_start(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alice's capsule was out for a confirmation; her reminders are months away, and her number is nobody's to read till then."""
    now, far, near = house.clock.now, after(house, 200), after(house, 20)
    alice = await house.confide(far, ("booked", now), ("reminder", far - dt.timedelta(days=1)))
    tom = await house.confide(near, ("booked", now), ("reminder", near - dt.timedelta(days=1)), phone=TOM)

    async def killed(handles: Sequence[bytes]) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as until_killed:
        until_killed.setattr(house.outbox, "give_back", killed)
        with pytest.raises(asyncio.CancelledError):
            await house.pass_(now)
    hot = "SELECT h FROM hot_capsules ORDER BY h = $1 DESC"
    assert [row["h"] for row in await house.pool.fetch(hot, alice.h)] == [alice.h, tom.h]
    house.restart()
    await house.notifier.give_back()
    assert [row["h"] for row in await house.pool.fetch(hot, alice.h)] == [tom.h]
    cold = "SELECT (SELECT count(*) FROM cold_capsules), (SELECT count(*) FROM cold_messages)"
    assert tuple(await house.pool.fetchrow(cold)) == (1, 1)
    assert len(house.sms.took) == 2


async def test_what_a_killed_notifier_leased_is_sent_by_the_next_one_when_the_lease_is_over(
    house: House,
) -> None:
    """Whoever starts it again does so at once: the lease still holds then."""
    now = house.clock.now
    await house.confide(after(house, 1, at="15:00"), ("moved", now))
    places = await house.outbox.due_of(await house.outbox.take(), now.date())
    assert len(await house.outbox.claim(places, now)) == 1  # and it is killed
    house.restart()
    await house.notifier.read_anew()
    await house.pass_(now + dt.timedelta(seconds=5))
    assert house.sms.took == []
    await house.pass_(now + dt.timedelta(seconds=LEASE_SECONDS - 1))
    assert house.sms.took == []
    await house.pass_(now + dt.timedelta(seconds=LEASE_SECONDS + 1))
    assert len(house.sms.took) == 1


async def test_what_could_not_be_leased_since_the_database_was_away_is_sent_once_it_is_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(places: Sequence[Place], now: dt.datetime) -> list[Sealed]:
        raise OSError

    now = house.clock.now
    await house.confide(after(house, 1, at="15:00"), ("moved", now))
    with monkeypatch.context() as broken:
        broken.setattr(house.outbox, "claim", away)
        with pytest.raises(OSError):
            await house.pass_(now)
    await house.pass_(now + dt.timedelta(seconds=BROKEN_SECONDS))
    assert len(house.sms.took) == 1


async def test_two_notifiers_at_once_send_each_message_once(house: House) -> None:
    for minute in range(0, 60, 3):
        await house.confide(
            after(house, 1, at=f"10:{minute:02}"), ("moved", house.clock.now), phone=f"+3363998{minute:04}"
        )
    first = house.sender
    house.restart()
    handles = await house.outbox.take()
    places = await house.outbox.due_of(handles, after(house, 1).date())
    for sender in (first, house.sender):
        await sender.schedule(places)
    await asyncio.gather(*(sender.send_due("sms") for sender in (first, house.sender) for _ in range(3)))
    assert len(house.sms.took) == len({text.to for text in house.sms.took}) == 20
