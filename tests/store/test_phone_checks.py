# SPDX-License-Identifier: AGPL-3.0-or-later
"""The phone check, from the server that relays it to the notifier that sends codes and signs: who gets one, how often, and what
nobody is told."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from serment.database import roles
from serment.database.pool import Pool, open_pool
from serment.domain.errors import WorkAsked
from serment.domain.throttle import CHECKS_PER_HOUR, solve
from serment.framing.conventions import exactly
from serment.framing.errors import Altered, Unknown
from serment.framing.messages import ASK_BYTES, address_bytes, bind, check_proof, commit
from serment.notifier.channels import ChannelBroken, Letter, NotNow, Receipt, Taken, Text
from serment.notifier.checks import Checks, CodeLimits
from serment.notifier.keys import Keys
from serment.notifier.numbers import is_landline, tag_of
from serment.notifier.outbox import LIVE_PROOFS_MAX, Outbox
from serment.notifier.run import Notifier
from serment.notifier.sending import Limits, Sender
from serment.notifier.strongbox import Strongbox
from serment.notifier.waiting import Waiting
from serment.seal.phone_check import Ask, Reply, open_reply, r_of, seal_ask, seal_code
from serment.server.instance import Instance
from serment.server.secret import Secret
from serment.server.stores import checks
from serment.server.usecases import relay_checks
from serment.server.usecases.errors import (
    CheckTaken,
    CodeJudged,
    NoNotifier,
    NoSuchCheck,
    TooManyChecks,
    TriesSpent,
)
from serment.server.usecases.expire import expire_checks
from serment.server.usecases.relay_checks import ask_check, give_code, read_check

INSTANCE, ORIGIN = "serment-test", "https://rdv.example.org"
ALICE, ALICE_AT_HOME, ALICE_MAIL, MALLORY = (
    "+33639980001",
    "+33298980001",
    "alice@example.org",
    "+44639980666",
)
BUCKET = b"a" * 16
ABROAD = "+44639970000"  # no message goes there


@dataclass
class Desk:
    """A provider that takes what it is given and keeps it, unless a test tells it otherwise."""

    name: str
    carries: Literal["sms", "mail"]
    took: list[Text | Letter] = field(default_factory=list)
    spoke: list[Text] = field(default_factory=list)
    says: Callable[[Text | Letter], None] = lambda message: None
    hangs: asyncio.Event | None = None  # until it is set

    async def send(self, message: Text | Letter) -> Taken:
        self.says(message)
        if self.hangs is not None:
            await self.hangs.wait()
        self.took.append(message)
        return Taken(None, False)

    async def speak(self, message: Text) -> Taken:
        self.spoke.append(message)
        return Taken(None, False)

    async def receipts(self) -> list[Receipt]:
        return []

    async def objections(self) -> list[str]:
        return []

    async def check(self) -> list[str]:
        return []

    async def close(self) -> None:
        pass


@dataclass
class Place:
    """A server and a notifier on one database, each under its own role, with one clock that stands until a test moves it."""

    pool: Pool
    outbox: Outbox
    box: Strongbox
    now: dt.datetime
    codes_a_day: int = 1000
    prefixes: tuple[str, ...] = ("+33",)
    sms: Desk = field(default_factory=lambda: Desk("sms", "sms"))
    mail: Desk = field(default_factory=lambda: Desk("mail", "mail"))

    def __post_init__(self) -> None:
        self.keys = Keys(self.box, INSTANCE)
        self.server = Instance(INSTANCE, self.pool, Secret(b"s" * 32), clock=lambda: self.now)
        self.restart()

    def restart(self) -> None:
        """Another notifier's process, which remembers nothing."""
        self.checks = self.process()

    def process(self) -> Checks:
        sender = Sender(
            self.outbox, self.keys, Waiting(), instance=INSTANCE, origin=ORIGIN, tag_key=self.box.tag_key,
            limits=Limits(("+33",), 1000), texts=[self.sms], letters=[self.mail], clock=lambda: self.now,  # type: ignore[list-item]
        )  # fmt: skip
        self.notifier = Notifier(
            self.outbox, self.keys, sender, tag_key=self.box.tag_key, channels=[], clock=lambda: self.now
        )
        return Checks(
            self.outbox, self.keys, sender, instance=INSTANCE, origin=ORIGIN, tag_key=self.box.tag_key,
            limits=CodeLimits(self.prefixes, self.codes_a_day), texts=[self.sms], letters=[self.mail], clock=lambda: self.now,  # type: ignore[list-item]
        )  # fmt: skip

    async def take(self) -> None:
        await self.checks.take()
        await self.checks.all_sent()

    def codes_sent(self) -> list[str]:
        """The six digits of every SMS, the latest last."""
        return [re.search(r"#(\d{6})$", text.body)[1] for text in self.sms.took if isinstance(text, Text)]  # type: ignore[index]


@dataclass
class Asking:
    """A browser that checks an address for bookings to come."""

    place: Place
    address: str = ALICE
    kind: int = 1
    bookings: int = 10
    q: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    r: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    reply_key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    sealed: bytes = b""

    def __post_init__(self) -> None:
        self.booking_pks = [secrets.token_bytes(32) for _ in range(self.bookings)]
        self.salts = [secrets.token_bytes(32) for _ in range(self.bookings)]
        binds = tuple(map(bind, self.booking_pks, self.salts))
        code = self.place.keys.codes()[0]
        ask = Ask(self.kind, self.address, self.r, self.reply_key, binds)
        self.sealed = seal_ask(INSTANCE, self.q, code.pk, code.kid, ask)

    async def ask(self, work: bytes | None = None) -> None:
        await ask_check(self.place.server, self.q, self.sealed, bucket=BUCKET, work=work)

    async def type(self, digits: str) -> bytes:
        code = self.place.keys.codes()[0]
        sealed = seal_code(INSTANCE, self.q, code.pk, code.kid, digits)
        await give_code(self.place.server, self.q, sealed)
        return sealed

    async def told(self) -> tuple[int, Reply | None]:
        told = await read_check(self.place.server, self.q)
        return told.tries, told.reply and open_reply(INSTANCE, self.q, self.reply_key, told.reply)  # type: ignore[return-value]

    async def checked(self) -> Reply | None:
        """The whole way with the code that came, if one did."""
        await self.ask()
        before = len(self.place.codes_sent())
        await self.place.take()
        if len(codes := self.place.codes_sent()) == before:
            return None
        await self.type(codes[-1])
        await self.place.checks.judge()
        return (await self.told())[1]

    def verify(
        self, reply: Reply, i: int, *, booking_pk: bytes | None = None, address: str | None = None
    ) -> None:
        """What the server and the practice do with signature `i`, from 1. Raises Altered."""
        a = address_bytes(self.kind, address or self.address)
        to = bind(booking_pk or self.booking_pks[i - 1], self.salts[i - 1])
        check_proof(
            self.place.keys.root.pk,
            INSTANCE,
            commit(INSTANCE, a, r_of(self.r, i)),
            to,
            reply.month,
            reply.proofs[i - 1],
        )


@pytest.fixture
async def place(pool: Pool, database_url: str, tmp_path: Path) -> AsyncIterator[Place]:
    mine = sorted({table for tables in roles._RIGHTS.values() for table in tables})
    await pool.execute(f"TRUNCATE {', '.join(mine)}")
    own = await open_pool(database_url.replace("//serment@", f"//{roles.NOTIFIER}@"), connections_max=4)
    with Strongbox(tmp_path / "a" / "keys", tmp_path / "b" / "keys") as box:
        place = Place(pool, Outbox(own), box, dt.datetime(2027, 1, 15, 12, tzinfo=dt.UTC))
        await place.notifier.day()
        yield place
        await place.checks.close()
    await own.close()


async def test_whoever_types_the_code_that_came_gets_ten_signatures_for_their_number_alone(
    place: Place,
) -> None:
    alice = Asking(place)
    reply = await alice.checked()
    assert reply is not None and reply.month == 202701 and len(reply.proofs) == 10
    [sms] = place.sms.took
    assert (
        isinstance(sms, Text)
        and sms.to == ALICE
        and sms.body.endswith(f"@rdv.example.org #{place.codes_sent()[0]}")
    )
    for i in range(1, 11):
        alice.verify(reply, i)
    with pytest.raises(Altered):
        alice.verify(reply, 1, booking_pk=alice.booking_pks[1])
    with pytest.raises(Altered):
        alice.verify(reply, 1, address="+33639980002")


async def test_a_wrong_code_is_a_try_and_after_three_the_right_one_proves_nothing(place: Place) -> None:
    alice = Asking(place)
    await alice.ask()
    await place.take()
    [right] = place.codes_sent()
    wrong = "000000" if right != "000000" else "111111"
    for tries in (1, 2, 3):
        await alice.type(wrong)
        await place.checks.judge()
        assert await alice.told() == (tries, None)
    with pytest.raises(TriesSpent):
        await alice.type(right)
    # A server that forgets the tries wins nothing: the notifier does not.
    await place.pool.execute("UPDATE phone_checks SET tries = 0")
    await alice.type(right)
    await place.checks.judge()
    assert await alice.told() == (3, None)


async def test_the_third_try_still_counts_and_the_same_bytes_again_are_one_try(place: Place) -> None:
    alice = Asking(place)
    await alice.ask()
    await place.take()
    [right] = place.codes_sent()
    wrong = await alice.type("000000" if right != "000000" else "111111")
    await place.checks.judge()
    for _ in range(4):
        await give_code(place.server, alice.q, wrong)
        await place.checks.judge()
        assert (await alice.told())[0] == 1
    await alice.type(right)
    await place.checks.judge()
    assert (await alice.told())[1] is not None


async def test_two_tabs_that_type_at_once_wait_for_one_another(place: Place) -> None:
    alice = Asking(place)
    await alice.ask()
    await place.take()
    [right] = place.codes_sent()
    typed = await asyncio.gather(*(alice.type(right) for _ in range(2)), return_exceptions=True)
    assert [type(each) for each in typed].count(CodeJudged) == 1
    await place.checks.judge()
    tries, reply = await alice.told()
    assert tries == 1 and reply is not None
    await alice.type(right)  # after the answer it changes nothing
    assert (await alice.told())[0] == 1


async def test_a_code_is_over_after_ten_minutes_and_nothing_stays(place: Place) -> None:
    alice = Asking(place)
    await alice.ask()
    await place.take()
    [right] = place.codes_sent()
    place.now += dt.timedelta(minutes=10)
    with pytest.raises(NoSuchCheck):
        await alice.type(right)
    # Nor does a server that keeps it longer help.
    await place.pool.execute("UPDATE phone_checks SET until = until + interval '1 day'")
    await alice.type(right)
    await place.checks.judge()
    assert await alice.told() == (1, None)
    await place.pool.execute("UPDATE phone_checks SET until = $1", place.now)
    await expire_checks(place.server)
    assert await place.pool.fetchval("SELECT count(*) FROM phone_checks") == 0


async def test_a_number_gets_three_codes_a_day_and_the_fourth_is_told_from_none(place: Place) -> None:
    for _ in range(3):
        await Asking(place, bookings=1).ask()
    await place.take()
    assert len(place.codes_sent()) == 3
    fourth, to_nobody = Asking(place), Asking(place, address=MALLORY)
    for silent in (fourth, to_nobody):
        await silent.ask()
        await place.take()
        await silent.type("123456")
        await place.checks.judge()
        assert await silent.told() == (1, None)
    assert len(place.codes_sent()) == 3
    place.now += dt.timedelta(days=1)
    await Asking(place).ask()
    await place.take()
    assert len(place.codes_sent()) == 4


async def test_a_code_by_sms_does_not_wait_for_letters_to_a_relay_that_hangs(place: Place) -> None:
    place.mail.hangs, came = asyncio.Event(), asyncio.Event()
    place.sms.says = lambda message: came.set()
    for nth in range(10):
        await Asking(place, address=f"a{nth}@example.org", kind=2, bookings=1).ask()
    await place.checks.take()
    await Asking(place).ask()
    await place.checks.take()
    await asyncio.wait_for(came.wait(), timeout=60)
    place.mail.hangs.set()
    await place.checks.all_sent()
    assert len(place.mail.took) == 10


async def test_all_codes_of_a_day_have_a_bound(place: Place) -> None:
    place.codes_a_day = 2
    place.restart()
    for nth in range(4):
        await Asking(place, address=f"+3363998100{nth}").ask()
    await place.take()
    assert len(place.codes_sent()) == 2


async def test_an_address_has_ten_live_signatures_until_the_month_is_over_in_the_next_year(
    place: Place,
) -> None:
    first, second = Asking(place, bookings=7), Asking(place, bookings=10)
    assert len((await first.checked()).proofs) == 7  # type: ignore[union-attr]
    some = await second.checked()
    assert some is not None and len(some.proofs) == 3
    second.verify(some, 3)
    assert await Asking(place, bookings=1).checked() is None
    for now, left in (
        (dt.datetime(2028, 1, 31, 23, tzinfo=dt.UTC), 0),
        (dt.datetime(2028, 2, 1, 1, tzinfo=dt.UTC), 10),
    ):
        place.now = now
        await place.notifier.day()
        tag = tag_of(place.box.tag_key, 1, ALICE)
        assert await place.outbox.proofs_left(tag, now.date()) == left
    assert len((await Asking(place).checked()).proofs) == LIVE_PROOFS_MAX  # type: ignore[union-attr]


async def test_two_checks_of_one_number_answered_at_once_by_two_processes_never_give_more_than_ten(
    place: Place,
) -> None:
    one, other = place.checks, place.process()
    alice = Asking(place)
    await alice.ask()
    await one.take()
    again = Asking(place)
    await again.ask()
    await other.take()
    await asyncio.gather(one.all_sent(), other.all_sent())
    codes = {text.key: code for text, code in zip(place.sms.took, place.codes_sent(), strict=True)}
    assert len(codes) == 2
    await alice.type(place.codes_sent()[0])
    await again.type(place.codes_sent()[1])
    await asyncio.gather(one.judge(), other.judge())
    replies = [(await each.told())[1] for each in (alice, again)]
    assert sum(len(reply.proofs) for reply in replies if reply is not None) == 10
    assert await place.pool.fetchval("SELECT sum(proofs) FROM address_proofs") == 10


async def test_a_question_shown_twice_sends_one_code_and_a_restart_forgets_it(place: Place) -> None:
    alice = Asking(place)
    await alice.ask()
    await place.take()
    await place.pool.execute("UPDATE phone_checks SET asked = true")
    await place.take()
    assert len(place.codes_sent()) == 1
    place.restart()
    await alice.type(place.codes_sent()[0])
    await place.checks.judge()
    assert await alice.told() == (0, None)  # nobody answers: the browser offers a new code
    assert await Asking(place).checked() is not None


async def test_a_landline_is_rung_and_an_address_written_to(place: Place) -> None:
    await Asking(place, address=ALICE_AT_HOME).ask()
    await Asking(place, address=ALICE_MAIL, kind=2).ask()
    await place.take()
    assert [text.to for text in place.sms.spoke] == [ALICE_AT_HOME] and place.sms.took == []
    [letter] = place.mail.took
    assert isinstance(letter, Letter) and letter.to == ALICE_MAIL and re.search(r"\b\d{6}\b", letter.text)
    assert not re.search(r"\d{6}", letter.subject)


async def test_a_landline_does_not_ring_at_night_by_its_own_clock_and_nobody_is_told(place: Place) -> None:
    place.now = place.now.replace(
        hour=19, minute=30
    )  # half past eight in the evening in Paris, half past three in Cayenne
    at_night, in_cayenne = Asking(place, address=ALICE_AT_HOME), Asking(place, address="+594594123456")
    place.prefixes = ("+33", "+594")
    place.restart()
    for asking in (at_night, in_cayenne):
        await asking.ask()
    await place.take()
    assert [text.to for text in place.sms.spoke] == ["+594594123456"]
    await at_night.type("123456")
    await place.checks.judge()
    assert await at_night.told() == (1, None)


def test_landlines_are_told_from_mobiles_by_the_french_plan() -> None:
    assert all(map(is_landline, ("+33298980001", "+33912345678", "+262262123456", "+590590123456")))
    assert not any(
        map(is_landline, ("+33639980001", "+33712345678", "+262692123456", "+596696123456", "+4930123456"))
    )


async def test_a_code_reaches_who_objected_to_reminders_since_they_ask_for_it(place: Place) -> None:
    await place.outbox.object(tag_of(place.box.tag_key, 1, ALICE))
    assert await Asking(place).checked() is not None


async def test_a_provider_that_is_away_for_a_moment_is_asked_again_and_only_counts_are_kept(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serment.notifier.checks.AGAIN_AFTER_SECONDS", (0.0, 0.0))
    tried: list[str] = []

    def away(message: Text | Letter) -> None:
        tried.append(message.key)
        if len(tried) < 3:
            raise NotNow(maybe_sent=True)

    place.sms.says = away
    assert await Asking(place).checked() is not None
    assert len(tried) == 3 and len(set(tried)) == 1

    def broken(message: Text | Letter) -> None:
        raise ChannelBroken("No credit.")

    place.sms.says = broken
    await Asking(place, address="+33639980009").ask()
    await place.take()
    counts = await place.pool.fetch(
        "SELECT channel, kind, outcome, messages FROM message_counts ORDER BY outcome"
    )
    assert [tuple(row) for row in counts] == [("sms", "code", "gave_up", 1), ("sms", "code", "sent", 1)]


async def test_an_address_that_is_none_costs_nobody_else_their_code_and_is_judged_like_any(
    place: Place,
) -> None:
    long, alice = Asking(place, "ΐ" * 100 + "@a.b", kind=2), Asking(place)
    for asking in (long, alice):
        await asking.ask()
    await place.take()
    assert len(place.codes_sent()) == 1 and place.mail.took == []
    await long.type(place.codes_sent()[0])
    await place.checks.judge()
    assert await long.told() == (1, None)


async def test_one_question_that_fails_costs_no_other_its_code(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow, asked = place.outbox.allow_code, []

    async def fails_once(*given: Any) -> bool:
        asked.append(given)
        if len(asked) == 1:
            raise OSError
        return await allow(*given)

    monkeypatch.setattr(place.outbox, "allow_code", fails_once)
    for number in (ALICE, ALICE):
        await Asking(place, number).ask()
    await place.take()
    assert len(place.codes_sent()) == 1


async def test_bytes_that_open_to_nothing_hold_up_nobody(place: Place) -> None:
    await ask_check(place.server, b"m" * 16, secrets.token_bytes(ASK_BYTES), bucket=BUCKET, work=None)
    assert await Asking(place).checked() is not None


async def test_a_question_is_asked_once_however_often_it_is_sent_and_another_may_not_take_its_place(
    place: Place,
) -> None:
    alice = Asking(place)
    await asyncio.gather(*(alice.ask() for _ in range(3)))
    await place.take()
    assert len(place.codes_sent()) == 1
    with pytest.raises(CheckTaken):
        await Asking(place, address=MALLORY, q=alice.q).ask()
    with pytest.raises(Unknown):
        await ask_check(place.server, b"q" * 15, alice.sealed, bucket=BUCKET, work=None)
    assert exactly(alice.sealed, ASK_BYTES, "ask")


async def test_a_question_sent_again_while_the_first_is_being_written_is_no_question_too_many(
    place: Place,
) -> None:
    alice, mallory = Asking(place), Asking(place, address=MALLORY)
    mallory.q = alice.q
    waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with place.pool.acquire() as first, first.transaction():
        until = place.now + dt.timedelta(minutes=10)
        assert await checks.ask(first, alice.q, alice.sealed, until, most=relay_checks.CHECKS_MAX) == "asked"
        again = [asyncio.create_task(one.ask()) for one in (alice, mallory)]
        while await place.pool.fetchval(waits) < len(again):
            assert not any(task.done() for task in again)
            await asyncio.sleep(0.01)
    same, other = await asyncio.gather(*again, return_exceptions=True)
    assert same is None and isinstance(other, CheckTaken)


async def test_twenty_an_hour_are_free_then_each_costs_work_and_nobody_is_refused(place: Place) -> None:
    for nth in range(CHECKS_PER_HOUR):
        await Asking(place, address=f"+336399820{nth:02}", bookings=1).ask()
    one_more = Asking(place)
    with pytest.raises(WorkAsked) as asked:
        await one_more.ask()
    await one_more.ask(solve(asked.value.challenge, asked.value.bits))
    await ask_check(place.server, secrets.token_bytes(16), one_more.sealed, bucket=b"b" * 16, work=None)


async def test_the_table_is_bounded_and_without_a_notifier_there_is_no_check(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_checks, "CHECKS_MAX", 1)
    await Asking(place).ask()
    with pytest.raises(TooManyChecks):
        await Asking(place).ask()
    await place.pool.execute("TRUNCATE notifier_root, phone_checks")
    with pytest.raises(NoNotifier):
        await Asking(place).ask()


@dataclass
class Watched:
    """An outbox that notes which of its steps were taken."""

    outbox: Outbox
    steps: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        self.steps.append(name)
        return getattr(self.outbox, name)


async def test_a_wrong_code_takes_the_same_steps_where_no_code_went_out(place: Place) -> None:
    watched = Watched(place.outbox)
    place.outbox = watched  # type: ignore[assignment]
    place.restart()
    taken: dict[str, list[str]] = {}
    for address in (ALICE, ABROAD):
        someone = Asking(place, address=address)
        await someone.ask()
        await place.take()
        watched.steps.clear()
        await someone.type("123456")
        await place.checks.judge()
        taken[address] = watched.steps.copy()
    assert len(place.sms.took) == 1
    assert taken[ALICE] == taken[ABROAD] == ["codes", "answer_nothing"]
