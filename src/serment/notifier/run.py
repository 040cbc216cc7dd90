# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment notify`: what the notifier does again and again until it is told to end. Each duty goes on after an error.

Nothing in memory is missed: a process that starts reads the queue from the database, and another may run beside it. Hence a
day that is over ends the process too: Python wipes nothing that it has held, and a new one has held nothing of that day
(docs/decisions/0061).
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final

import structlog

from serment.domain.reminder import TOGETHER_MAX
from serment.framing.messages import ADDRESS_PHONE
from serment.notifier.channels import LetterChannel, Receipt, TextChannel
from serment.notifier.hearing import Heard, all_of, each
from serment.notifier.keys import Keys, last_over
from serment.notifier.marks import receipt_tag
from serment.notifier.numbers import is_address, tag_of
from serment.notifier.outbox import Outbox, Place
from serment.notifier.sending import Sender

TAKE_SECONDS: Final = 15.0  # what came meanwhile leaves the inbox together, shuffled
SEND_SECONDS: Final = 1.0
OBJECTION_SECONDS: Final = 15.0  # STOP holds within a minute
RECEIPT_SECONDS: Final = 60.0
HAND_OVER_SECONDS: Final = 600.0
DAY_SECONDS: Final = 60.0
READ_ANEW_SECONDS: Final = 3600.0  # what another process had in hand when it was killed
AFTER_ERROR_SECONDS: Final = 5.0
RENEW_AFTER: Final = dt.timedelta(hours=1)  # somebody always waits for a code then

Duty = tuple[Callable[[], Awaitable[None]], float]  # what, and the seconds between two times

_journal = structlog.get_logger("serment.notifier")


class Notifier:
    """The duties, over a sender and its queue; `more` are those of other parts. `waited_for`: whether somebody would lose
    something if this process ended now.
    """

    def __init__(
        self, outbox: Outbox, keys: Keys, sender: Sender, *, tag_key: bytes,
        channels: Sequence[TextChannel | LetterChannel], clock: Callable[[], dt.datetime],
        more: Sequence[Duty] = (), waited_for: Callable[[], bool] = lambda: False,
    ) -> None:  # fmt: skip
        self._more, self._waited_for = more, waited_for
        self._outbox, self._keys, self._sender = outbox, keys, sender
        self._tag_key, self._clock = tag_key, clock
        self._stops = [Heard(one.name, one.objections, self._write_stop) for one in channels]
        self._receipts = [
            Heard(one.name, one.receipts, functools.partial(self._write_receipt, one.name))
            for one in channels
        ]
        self._closed: dt.date | None = (
            None  # the last day that is over and settled; and what is old forgotten:
        )
        self._forgotten: dt.date | None = None
        self._day_over: dt.datetime | None = None  # since then memory holds traces of such a day
        self._ended = asyncio.Event()
        self._reading = asyncio.Lock()
        self._missed = False  # messages may have come that nobody here knows of

    async def take(self) -> None:
        """Empties the inbox and learns when what is new is due."""
        if self._missed:
            await self.read_anew()
        async with self._leaving():
            await self._schedule(await self._outbox.take(), self._clock())

    async def hand_over(self) -> None:
        """Brings out of the cold what is due within 35 days."""
        async with self._leaving():
            await self._schedule(await self._outbox.hand_over())

    @contextlib.asynccontextmanager
    async def _leaving(self) -> AsyncIterator[None]:
        """While messages come and are not scheduled yet nobody reads anew, who would not know that they have just come."""
        async with self._reading:
            try:
                yield
            except BaseException:
                self._missed = True
                raise

    async def _schedule(self, handles: Sequence[bytes], came: dt.datetime | None = None) -> None:
        if handles:
            await self._sender.schedule(await self._outbox.due_of(handles, self._tomorrow()), came)

    async def read_anew(self) -> None:
        """Every message due by tomorrow, whoever had it in hand."""
        self._missed = False
        last: Place | None = None
        try:
            while True:
                async with self._reading:
                    page = await self._outbox.due(self._tomorrow(), last)
                    await self._sender.schedule(page)
                if not page:
                    return
                last = page[-1]
        except BaseException:
            self._missed = True
            raise

    async def give_back(self) -> None:
        """What a batch that broke off, or a process that was killed, left out of the cold goes back into it."""
        await self._outbox.give_back_idle()

    def _tomorrow(self) -> dt.date:
        # Somewhere it is tomorrow already; what is not due yet waits.
        return self._clock().date() + dt.timedelta(days=1)

    async def send(self) -> None:
        """All that is due by SMS, and beside it by e-mail."""
        while not self._ended.is_set() and await self._sender.send_due("sms"):
            pass

    async def send_letters(self) -> None:
        """All that is due by e-mail alone."""
        while not self._ended.is_set() and await self._sender.send_due("mail"):
            pass

    async def finish(self) -> None:
        """Waits until what is in hand is out."""
        await self._sender.finish()

    async def objections(self) -> None:
        """People who want no more: by a link, or by an answer that a provider hands on. One that hangs (45 s at most for each
        question) or cannot be written holds up no other.
        """
        await all_of((self._judge_links(), *(stops.poll() for stops in self._stops)))

    async def _judge_links(self) -> None:
        await each(await self._outbox.objections(), self._outbox.object_by_token)

    async def _write_stop(self, number: str) -> None:
        if is_address(ADDRESS_PHONE, number):
            await self._outbox.object(await asyncio.to_thread(tag_of, self._tag_key, ADDRESS_PHONE, number))
        else:
            _journal.warning("stop from no number")  # nothing was sent there, and it holds up nobody

    async def receipts(self) -> None:
        """What providers say became of messages."""
        await all_of(receipts.poll() for receipts in self._receipts)

    async def _write_receipt(self, channel: str, receipt: Receipt) -> None:
        result = "delivered" if receipt.delivered else "undelivered"
        reason = None if receipt.delivered else receipt.reason or "unknown"
        for nth in range(TOGETHER_MAX):
            tag = receipt_tag(self._tag_key, channel, receipt.provider_id, nth)
            await self._outbox.receive(tag, result, reason)

    async def day(self) -> None:
        """Overwrites the keys of days that are over, settles what is left of them, publishes keys of days to come, and keeps
        nothing too long.
        """
        now = self._clock()
        for day in self._keys.over(now):
            self._keys.forget(day)  # whatever the database says: nothing of that day is in time any more
            self._day_over = self._day_over or now
        if self._closed != (over := last_over(now)):
            if left := await self._outbox.close_day(over):
                _journal.warning("messages left of a day that is over", messages=left)
            self._closed = over
        if self._forgotten != now.date():
            await self._keys.publish(self._outbox, now)
            await self._outbox.forget_old(now.date())
            self._forgotten = now.date()

    async def renew(self) -> None:
        """Ends the duties once a day is over, when nobody waits for a code and each STOP and receipt is written, within
        RENEW_AFTER.
        """
        since = self._day_over
        unwritten = any(heard.is_unwritten() for heard in (*self._stops, *self._receipts))
        waited_for = unwritten or self._waited_for()
        if since is not None and (not waited_for or self._clock() - since >= RENEW_AFTER):
            self._day_over = None
            self._ended.set()

    async def run(self) -> None:
        """Until it is cancelled; or until a day is over: what is in hand is finished, and the caller begins a new process.

        Raises AnotherNotifier, KeyChanged before anything is sent.
        """
        self._ended.clear()
        await self.day()
        await self.read_anew()
        async with asyncio.TaskGroup() as duties:
            for duty, seconds in (
                (self.take, TAKE_SECONDS),
                (self.send, SEND_SECONDS),
                (self.send_letters, SEND_SECONDS),
                (self.objections, OBJECTION_SECONDS),
                (self.receipts, RECEIPT_SECONDS),
                (self.hand_over, HAND_OVER_SECONDS),
                (self.day, DAY_SECONDS),
                (self.read_anew, READ_ANEW_SECONDS),
                (self.give_back, READ_ANEW_SECONDS),
                (self.renew, SEND_SECONDS),
                *self._more,
            ):
                duties.create_task(self._again_and_again(duty, seconds))
        await self.finish()

    async def _again_and_again(self, duty: Callable[[], Awaitable[None]], seconds: float) -> None:
        while not self._ended.is_set():
            wait = seconds
            try:
                await duty()
            except Exception as error:
                # Its kind alone: an error's words may repeat a row.
                _journal.warning("duty failed", duty=duty.__name__, kind=type(error).__name__)
                wait = max(seconds, AFTER_ERROR_SECONDS)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), wait)
