# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sends what is due: lease, open, judge, hand over to a channel, settle. Whatever happens between two, nothing is lost.

A crash after the lease leaves a message to be sent when the lease ends; a crash after the channel took it may double it, under
the same key, so that a provider that knows keys again sends it once. No log line here says more than a kind and a count.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import structlog

from serment.database.pool import Transaction
from serment.domain import reminder
from serment.domain.reminder import End
from serment.framing.messages import ADDRESS_MAIL, ADDRESS_PHONE
from serment.notifier import letters, wording
from serment.notifier.batch import Attempt, Going, Shared, end, lane_of, put_off, shared, try_again
from serment.notifier.channels import (
    AddressRefused,
    ChannelBroken,
    ChannelError,
    Letter,
    LetterChannel,
    NotNow,
    Refusal,
    Taken,
    Text,
    TextChannel,
)
from serment.notifier.keys import Keys
from serment.notifier.marks import receipt_tag, send_key
from serment.notifier.numbers import is_address, tag_of
from serment.notifier.opening import Opened, open_sealed
from serment.notifier.outbox import Outbox, Outcome, Place, Sealed
from serment.notifier.pacing import HANDED_SECONDS_MAX, REST_SECONDS, Pace
from serment.notifier.waiting import Again, Wait, Waiting
from serment.seal.messages import stop_token

MESSAGES_A_DAY: Final = 8
# Messages in the channels' hands at the same time. Letters go one after another, as a relay takes them: so each is asked anew
# whether its relay hangs.
HANDS: Final[dict[reminder.Channel, int]] = {"sms": 7, "mail": 1}
AT_ONCE: Final = sum(HANDS.values())
IN_HAND_MAX: Final = (
    512  # SMS or e-mails that wait for a hand, as many as that; what is more waits in the queue
)
BATCH: Final = 64
BROKEN_SECONDS: Final = 300  # a channel that cannot work is tried again after this
SKIPPED_SECONDS: Final = 1  # another has just taken, or is just giving back

_REASONS: Final[dict[Refusal, End]] = {Refusal.OBJECTED: End.OBJECTED, Refusal.MESSAGE: End.UNREADABLE}
_REFUSED: Final[dict[reminder.Channel, End]] = {"sms": End.NUMBER_REFUSED, "mail": End.ADDRESS_REFUSED}
_Some = TypeVar("_Some", TextChannel, LetterChannel)
_journal = structlog.get_logger("serment.notifier")


@dataclass(frozen=True, slots=True)
class Limits:
    """What goes out at most. `prefixes`: numbers that begin otherwise get nothing."""

    prefixes: tuple[str, ...]
    sms_a_day: int


class Sender:
    """Over the queue, the keys and the channels, in order of preference. `clock` gives aware UTC."""

    def __init__(
        self, outbox: Outbox, keys: Keys, waiting: Waiting, *, instance: str, origin: str, tag_key: bytes, limits: Limits,
        texts: Sequence[TextChannel], letters: Sequence[LetterChannel], clock: Callable[[], dt.datetime],
    ) -> None:  # fmt: skip
        self._outbox, self._keys, self._waiting = outbox, keys, waiting
        self._instance, self._origin, self._tag_key, self._limits = instance, origin, tag_key, limits
        self._texts, self._letters, self._clock = texts, letters, clock
        self._broken: dict[str, dt.datetime] = {}
        self._pace = Pace()
        self._groups = secrets.token_bytes(32)
        self._hands = {channel: asyncio.Semaphore(hands) for channel, hands in HANDS.items()}
        self._batches: set[asyncio.Task[None]] = set()
        self._in_hand = Counter[reminder.Channel]()

    # ------------------------------------------------------------ when

    async def schedule(self, places: Sequence[Place], came: dt.datetime | None = None) -> None:
        """Opens messages once to learn when they are due. Those that open to nobody are settled, those too late too. `came`:
        when they came from the inbox, if they have just done so.
        """
        fresh = [place for place in places if place not in self._waiting]
        for at in range(0, len(fresh), BATCH):
            for sealed in await self._outbox.read(fresh[at : at + BATCH]):
                await self._schedule(sealed, came)

    async def _schedule(self, sealed: Sealed, came: dt.datetime | None) -> None:
        now = self._clock()
        opened = open_sealed(self._keys, self._instance, sealed, came)
        due = None if isinstance(opened, End) else opened.due(now)
        if isinstance(opened, End) or due is None:
            # To be settled by whoever leases it: another process may be about to send it.
            self._waiting.add(Wait(sealed.place, now, now, "mail", came=came))
        else:
            self._wait(opened, due.at)

    def _wait(self, opened: Opened, until: dt.datetime, again: Again | None = None) -> None:
        own, group, lane = opened.planned, opened.group(self._groups), lane_of(opened)
        place = opened.sealed.place
        self._waiting.add(Wait(place, own.not_before, until, lane, group, own.came, again or {}))

    # ------------------------------------------------------------ what is due

    async def send_due(self, lane: reminder.Channel) -> int:
        """Sends what is due in a lane, a batch; how many messages it had in hand. SMS and e-mails do not wait for each other:
        what a batch sends by the other channel goes on after this.
        """
        waits = self._waiting.pop_due(self._clock(), BATCH, lane)
        if not waits:
            return 0
        free = asyncio.Event()
        batch = asyncio.create_task(self._batch(waits, lane, free))
        self._batches.add(batch)
        batch.add_done_callback(self._batches.discard)
        freed = asyncio.create_task(free.wait())
        try:
            await asyncio.wait({batch, freed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            freed.cancel()
        if batch.done():
            batch.result()
        else:
            batch.add_done_callback(_say_failed)
        return len(waits)

    async def finish(self) -> None:
        """Waits until what is in hand is out."""
        await asyncio.gather(*self._batches, return_exceptions=True)

    async def close(self) -> None:
        """Gives up what is in hand: its lease ends by itself."""
        for batch in self._batches:
            batch.cancel()
        await self.finish()

    async def _batch(self, waits: Sequence[Wait], lane: reminder.Channel, free: asyncio.Event) -> None:
        """`free` is set once all that is left of it goes by the other channel than its lane's own."""
        leased = self._clock()
        try:
            claimed = await self._outbox.claim([wait.place for wait in waits], leased)
            await self._wait_for_others(waits, claimed, leased)
            by_place = {wait.place: wait for wait in waits}
            ready = await self._ready(claimed, by_place)
            going = [Going(opened, by_place[opened.sealed.place].again) for opened in ready]
            carried = await self._carry_all(going, leased, lane, free)
            await self._outbox.give_back([sealed.place.h for sealed in claimed])
            # One that failed stops no other: what a channel took is settled, whatever became of its neighbour.
            for failed in carried:
                if isinstance(failed, BaseException):
                    raise failed
        except BaseException:
            # The lease ends by itself, and what is settled meanwhile is not claimed again.
            later = self._clock() + dt.timedelta(seconds=BROKEN_SECONDS)
            # What waits already has a time of its own.
            for wait in waits:
                if wait.place not in self._waiting:
                    self._waiting.add(replace(wait, not_before=later, due=later))
            raise

    async def _wait_for_others(
        self, waits: Sequence[Wait], claimed: Sequence[Sealed], now: dt.datetime
    ) -> None:
        """What another process has in hand, or had when it was killed, is looked at again when its lease is over."""
        mine = {sealed.place for sealed in claimed}
        if others := {wait.place: wait for wait in waits if wait.place not in mine}:
            soonest = now + dt.timedelta(seconds=SKIPPED_SECONDS)
            for place, until in await self._outbox.held(list(others)):
                if place not in self._waiting:
                    self._waiting.add(replace(others[place], due=max(until or soonest, soonest)))

    async def _ready(self, claimed: Sequence[Sealed], waits: Mapping[Place, Wait]) -> list[Opened]:
        """Those that go now. The others are settled or put off."""
        now, ready = self._clock(), list[Opened]()
        stand: list[tuple[Opened, dt.datetime]] = []
        for sealed in claimed:
            opened = open_sealed(self._keys, self._instance, sealed, waits[sealed.place].came)
            if isinstance(opened, End):
                await self._drop(sealed, "reminder", opened)
            elif (due := opened.due(now)) is None:
                await self._drop(sealed, opened.planned.kind, End.TOO_LATE)
            else:
                stand.append((opened, due.at))
        # Each reminder has a minute of its own in the morning: those that share an SMS all go by the first one's.
        first = {opened.group(self._groups) for opened, at in stand if at <= now} - {None}
        for opened, at in stand:
            own = opened.planned
            joins = own.not_before <= now and reminder.is_decent(own, now)
            if at > now and not (joins and opened.group(self._groups) in first):
                await self._outbox.free(opened.sealed.place)
                self._wait(opened, at, waits[opened.sealed.place].again)
            elif not opened.channels:
                await self._drop(opened.sealed, own.kind, End.NO_ADDRESS)
            else:
                ready.append(opened)
        return ready

    async def _carry_all(
        self, all_going: Sequence[Going], leased: dt.datetime, lane: reminder.Channel, free: asyncio.Event
    ) -> list[BaseException | None]:
        """Both channels at the same time. What failed is among what is returned."""
        going, ready = {id(each.opened): each for each in all_going}, [each.opened for each in all_going]
        parts = [*shared("sms", ready), *shared("mail", ready)]
        for part in parts:
            for opened in part.group:
                going[id(opened)].to_come += 1
        left = Counter(part.channel for part in parts)
        settling = asyncio.Lock()

        def look() -> None:
            if not left[lane] and left.total():
                free.set()

        async def carry(part: Shared) -> None:
            try:
                await self._carry_and_settle(part, [going[id(each)] for each in part.group], leased, settling)
            finally:
                left[part.channel] -= 1
                look()

        look()
        nowhere = [self._settle(each, []) for each in going.values() if not each.to_come]
        return await asyncio.gather(*map(carry, parts), *nowhere, return_exceptions=True)

    async def _carry_and_settle(
        self, part: Shared, going: Sequence[Going], leased: dt.datetime, settling: asyncio.Lock
    ) -> None:
        """One SMS or e-mail, settled before another takes its place: a crash doubles at most those that are in hand. Those that
        it said are settled as one: when it is said again it says the same, under the same key.
        """
        channel = part.channel
        if self._in_hand[channel] >= IN_HAND_MAX:
            rest = put_off(part, self._clock() + dt.timedelta(seconds=REST_SECONDS))
            await self._settle_all(going, rest, settling)
            return
        self._in_hand[channel] += 1
        try:
            async with self._hands[channel]:
                now = self._clock()
                own = max(each.not_before.get(channel, now) for each in going)
                later = own if own > now else self._pace.later(channel, now, leased)
                made = await self._hand_over(part) if later is None else put_off(part, later)
                await self._settle_all(going, made, settling)
        finally:
            self._in_hand[channel] -= 1

    async def _settle_all(
        self, going: Sequence[Going], made: Sequence[Attempt], settling: asyncio.Lock
    ) -> None:
        """One of a batch at a time: the last to be settled knows what became of the others, and is last only if that stands."""
        async with settling:
            for each, attempt in zip(going, made, strict=True):
                each.note(attempt)
            try:
                async with self._outbox.together() as on:
                    for each, attempt in zip(going, made, strict=True):
                        await self._settle(each, [attempt], on)
            except BaseException:
                for each, attempt in zip(going, made, strict=True):
                    each.take_back(attempt)
                raise
            for each in going:
                if each.is_tried_again:
                    self._waiting.add(each.wait(self._groups))

    async def _drop(self, sealed: Sealed, kind: str, end: End) -> None:
        await self._outbox.settle(
            sealed, kind, [Outcome("none", "dropped", end.value)], last=True, now=self._clock()
        )

    async def _settle(self, going: Going, made: Sequence[Attempt], on: Transaction | None = None) -> None:
        """What became of it on a channel; with the last one, whether it leaves the queue or is free to be tried again."""
        opened, last = going.opened, not going.to_come and not going.again
        outcomes = [attempt.outcome for attempt in made if attempt.outcome is not None]
        if outcomes or last:
            await self._outbox.settle(
                opened.sealed, opened.planned.kind, outcomes, last=last, now=self._clock(), on=on
            )
        if going.is_tried_again:
            await self._outbox.free(opened.sealed.place, going.failed, on=on)

    # ------------------------------------------------------------ one SMS or e-mail

    async def _hand_over(self, part: Shared) -> list[Attempt]:
        channel, address, group = part.channel, part.address, part.group
        made = [Attempt(opened, channel) for opened in group]
        if refused := await self._why_not(channel, address, group):
            end(made, refused)
            return made
        try:
            with self._pace.tried(channel, self._clock()):
                taken, name = await self._carry(channel, address, group)
        except AddressRefused as error:
            end(made, _REASONS.get(error.reason, _REFUSED[channel]))
        except NotNow as error:
            try_again(made, self._clock(), maybe_sent=error.maybe_sent, retry_after=error.retry_after)
        except ChannelBroken:
            try_again(made, self._clock(), retry_after=dt.timedelta(seconds=BROKEN_SECONDS))
        else:
            expected = taken.provider_id if taken.receipt_expected else None
            for nth, attempt in enumerate(made):
                receipt = None if expected is None else receipt_tag(self._tag_key, name, expected, nth)
                attempt.outcome = Outcome(channel, "sent", receipt=receipt)
        return made

    async def _why_not(self, channel: reminder.Channel, address: str, group: Sequence[Opened]) -> End | None:
        kind = ADDRESS_PHONE if channel == "sms" else ADDRESS_MAIL
        if not is_address(kind, address) or (
            channel == "sms" and not address.startswith(self._limits.prefixes)
        ):
            return _REFUSED[channel]
        now = self._clock()
        if all(reminder.due(opened.planned_by(channel), now) is None for opened in group):
            return End.TOO_LATE
        tag = await asyncio.to_thread(tag_of, self._tag_key, kind, address)
        again = all(opened.sealed.tries > 1 for opened in group)
        reason = await self._outbox.why_not(tag, now.date(), MESSAGES_A_DAY, again=again)
        if reason is not None:
            return End(reason)
        # Not before: who books with a number that objected knows the token, though nothing came to that number.
        await self._outbox.link_objection(tag, [stop_token(opened.capsule.c) for opened in group], now.date())
        return None

    async def _carry(
        self, channel: reminder.Channel, address: str, group: Sequence[Opened]
    ) -> tuple[Taken, str]:
        """Raises AddressRefused, NotNow, ChannelBroken."""
        now, first = self._clock(), group[0]
        visits, kind, language = (
            [opened.visit for opened in group],
            first.planned.kind,
            first.capsule.language,
        )
        repeat = any(opened.sealed.tries > 1 for opened in group)
        key = send_key(self._tag_key, channel, [opened.sealed.place.mid for opened in group])
        if channel == "sms":
            body = wording.sms(kind, visits, language, now, self._origin)
            text = Text(address, body, key, language, repeat)
            async with self._counted(now.date()):
                return await self.first_that_works(self._texts, lambda one: one.send(text))
        parts = letters.letter(kind, visits, language, now, self._origin)
        message_id = f"<{key}@{wording.host_of(self._origin)}>"
        letter = Letter(
            address, parts.subject, parts.text, parts.html, parts.calendar, parts.unsubscribe, message_id, key
        )
        return await self.first_that_works(self._letters, lambda one: one.send(letter))

    @contextlib.asynccontextmanager
    async def _counted(self, today: dt.date) -> AsyncIterator[None]:
        """Around an SMS: one of today's, unless it certainly did not go. Raises NotNow when so many went that no more may."""
        if not await self._outbox.count_sms(today, self._limits.sms_a_day):
            _journal.error("no more SMS today", most=self._limits.sms_a_day)
            raise NotNow(dt.timedelta(hours=1))
        try:
            yield
        except ChannelError as error:
            if not (isinstance(error, NotNow) and error.maybe_sent):
                await self._outbox.uncount_sms(today)
            raise

    async def first_that_works(
        self, channels: Sequence[_Some], send: Callable[[_Some], Awaitable[Taken]]
    ) -> tuple[Taken, str]:
        """By the first channel that is not broken, in time; its name beside. Raises what it raised, or ChannelBroken."""
        broken: ChannelError = ChannelBroken("There is no channel for this kind of message.")
        try:
            async with asyncio.timeout(HANDED_SECONDS_MAX):
                for channel in channels:
                    if self._broken.get(channel.name, self._clock()) > self._clock():
                        continue
                    try:
                        return await send(channel), channel.name
                    except ChannelBroken as error:
                        broken = error
                        self._broken[channel.name] = self._clock() + dt.timedelta(seconds=BROKEN_SECONDS)
                        _journal.error("channel broken", channel=channel.name, why=error.sentence)
        except TimeoutError:
            broken = NotNow(maybe_sent=True)
        raise broken


def _say_failed(batch: asyncio.Task[None]) -> None:
    """Of one that went on after its lane was free. Its kind alone: an error's words may repeat a row."""
    if not batch.cancelled() and (error := batch.exception()) is not None:
        _journal.warning("batch failed", kind=type(error).__name__)
