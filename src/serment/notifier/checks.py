# SPDX-License-Identifier: AGPL-3.0-or-later
"""Phone checks: who asks for a code gets one at the address they name, and who types it gets signatures for bookings to come.

Nothing a browser or the server sees tells whether an address is known or over its number: no code goes out then, and codes
are judged as ever. What was asked, the code and the tries stand in this process's memory alone, for ten minutes: a server that
shows a question twice, or forgets tries, wins nothing. A restart forgets them; codes typed then stay unanswered, and whoever
waits asks for a new one. Source: spec/rdv1.md section 5, docs/decisions/0052.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Literal

import structlog

from serment.domain.reminder import Channel, is_day
from serment.framing.errors import FramingError
from serment.framing.messages import ADDRESS_PHONE
from serment.notifier import letters, wording
from serment.notifier.channels import (
    AddressRefused,
    ChannelBroken,
    Letter,
    LetterChannel,
    NotNow,
    Speaker,
    Taken,
    Text,
    TextChannel,
)
from serment.notifier.keys import Keys
from serment.notifier.marks import code_key
from serment.notifier.numbers import clocks_of, is_address, is_landline, tag_of
from serment.notifier.outbox import Outbox
from serment.notifier.run import Duty
from serment.notifier.sending import Sender
from serment.seal.phone_check import CODE_DIGITS, Ask, open_ask, open_code, prove, seal_reply

CHECK_MINUTES: Final = 10
TRIES_MAX: Final = 3
CHECKS_MAX: Final = 5_000  # in hand at once; beyond, questions wait
CHECK_SECONDS: Final = 0.5
AGAIN_AFTER_SECONDS: Final = (3.0, 10.0)  # somebody waits: two more tries, soon
# Codes in the channels' hands at the same time; those by SMS do not wait for a relay that hangs.
HANDS: Final[dict[Channel, int]] = {"sms": 6, "mail": 2}

_journal = structlog.get_logger("serment.notifier")


@dataclass(frozen=True, slots=True)
class CodeLimits:
    """What goes out at most. `prefixes`: numbers that begin otherwise get no code."""

    prefixes: tuple[str, ...]
    codes_a_day: int


@dataclass(slots=True)
class _Check:
    """One question in hand. `digits` None: no code goes out, and none is right."""

    ask: Ask = field(repr=False)
    until: dt.datetime
    tag: bytes = field(repr=False)
    digits: str | None = field(repr=False)
    tries: int = 0
    judged: set[bytes] = field(default_factory=set)


class Checks:
    """Over the queue, the keys and the channels. `clock` gives aware UTC."""

    def __init__(
        self, outbox: Outbox, keys: Keys, sender: Sender, *, instance: str, origin: str, tag_key: bytes, limits: CodeLimits,
        texts: Sequence[TextChannel], letters: Sequence[LetterChannel], clock: Callable[[], dt.datetime],
    ) -> None:  # fmt: skip
        self._outbox, self._keys, self._sender = outbox, keys, sender
        self._instance, self._origin, self._tag_key, self._limits = instance, origin, tag_key, limits
        self._texts, self._letters, self._clock = texts, letters, clock
        self._in_hand: dict[bytes, _Check] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self._hands = {channel: asyncio.Semaphore(hands) for channel, hands in HANDS.items()}

    @property
    def duties(self) -> tuple[Duty, ...]:
        """What is to be done again and again."""
        return ((self.take, CHECK_SECONDS), (self.judge, CHECK_SECONDS))

    def waited_for(self) -> bool:
        """Whether somebody may still type a code that this process knows."""
        return bool(self._in_hand)

    async def close(self) -> None:
        """Gives up codes that are on their way to a channel."""
        for task in self._sending:
            task.cancel()
        await self.all_sent()

    async def all_sent(self) -> None:
        """Waits until every code taken so far is out or given up."""
        await asyncio.gather(*self._sending, return_exceptions=True)

    # ------------------------------------------------------------ the question

    async def take(self) -> None:
        """Takes new questions and sends codes where one may go. Waits for no channel: a slow one holds up nobody."""
        now = self._clock()
        for q in [q for q, check in self._in_hand.items() if check.until <= now]:
            del self._in_hand[q]
        if len(self._in_hand) >= CHECKS_MAX:
            return
        for q, sealed in await self._outbox.take_asks(now):
            ask = self._open(q, sealed)
            if ask is not None and q not in self._in_hand:
                try:
                    await self._begin(q, ask, now)
                except Exception as error:
                    # This one gets no code, and the others do. Its kind alone: an error's words may repeat an address.
                    _journal.warning("check not begun", kind=type(error).__name__)

    def _open(self, q: bytes, sealed: bytes) -> Ask | None:
        for pair in self._keys.codes():
            try:
                return open_ask(self._instance, q, pair, sealed)
            except FramingError:
                continue
        return None

    async def _begin(self, q: bytes, ask: Ask, now: dt.datetime) -> None:
        check = _Check(ask, now + dt.timedelta(minutes=CHECK_MINUTES), b"", None)
        self._in_hand[q] = check
        if not self._reaches(ask):
            return  # and no code is right for it
        check.tag = tag = await asyncio.to_thread(tag_of, self._tag_key, ask.kind, ask.address)
        if await self._outbox.allow_code(tag, now.date(), self._limits.codes_a_day):
            check.digits = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
            task = asyncio.create_task(self._send(q, ask, check.digits))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    def _reaches(self, ask: Ask) -> bool:
        if not is_address(ask.kind, ask.address):
            return False
        if ask.kind == ADDRESS_PHONE:
            return ask.address.startswith(self._limits.prefixes) and not self._sleeps(ask.address)
        return True

    def _sleeps(self, number: str) -> bool:
        """Nobody's phone at home rings at night, whoever asks for it, nor where no clock tells whether it is night."""
        clocks, now = clocks_of(number), self._clock()
        by_day = bool(clocks) and all(is_day(now, zone) for zone in clocks)
        return is_landline(number) and not by_day

    # ------------------------------------------------------------ the code goes out

    async def _send(self, q: bytes, ask: Ask, digits: str) -> None:
        """An objection does not stop a code: whoever holds the phone is asking for it, and three a day is all they can get."""
        outcome, repeat = "gave_up", False
        channel: Channel = "sms" if ask.kind == ADDRESS_PHONE else "mail"
        async with self._hands[channel]:
            for wait in (*AGAIN_AFTER_SECONDS, None):
                try:
                    await self._carry(q, ask, digits, repeat=repeat)
                    outcome = "sent"
                except AddressRefused:
                    outcome = "number_refused" if ask.kind == ADDRESS_PHONE else "address_refused"
                except ChannelBroken:
                    outcome = "gave_up"
                except NotNow as error:
                    repeat = repeat or error.maybe_sent
                    if wait is not None:
                        await asyncio.sleep(wait)
                        continue
                break
        try:
            await self._outbox.count_code(self._clock().date(), channel, outcome)
        except Exception as error:
            _journal.warning("code not counted", kind=type(error).__name__)

    async def _carry(self, q: bytes, ask: Ask, digits: str, *, repeat: bool) -> None:
        """Raises AddressRefused, NotNow, ChannelBroken."""
        key = code_key(self._tag_key, q)
        language: Literal["fr"] = (
            "fr"  # a check knows no language: SMS and e-mail say both, a voice speaks French
        )
        if ask.kind != ADDRESS_PHONE:
            parts = letters.code_letter(digits, self._origin)
            message_id = f"<{key}@{wording.host_of(self._origin)}>"
            letter = Letter(ask.address, parts.subject, parts.text, parts.html, None, None, message_id, key)
            await self._sender.first_that_works(self._letters, lambda one: one.send(letter))
        elif is_landline(ask.address):
            spoken = Text(ask.address, wording.code_spoken(digits, language), key, language, repeat)
            speakers = [channel for channel in self._texts if isinstance(channel, Speaker)]
            await self._sender.first_that_works(speakers, lambda one: _speak(one, spoken))
        else:
            text = Text(ask.address, wording.code_sms(digits, self._origin), key, language, repeat)
            await self._sender.first_that_works(self._texts, lambda one: one.send(text))

    # ------------------------------------------------------------ the code comes back

    async def judge(self) -> None:
        """Answers the codes that were typed for what is in hand. What another process has in hand is left to it."""
        for q, sealed in await self._outbox.codes(list(self._in_hand)):
            check = self._in_hand.get(q)
            if check is None:
                continue  # its ten minutes ended meanwhile
            mark = sha256(sealed).digest()
            if mark not in check.judged and check.tries <= TRIES_MAX:  # the same bytes again are the same try
                check.judged.add(mark)
                check.tries += 1
            if check.until > self._clock() and self._is_right(q, check, sealed):
                await self._answer(q, check, sealed)
            else:
                await self._outbox.answer_nothing(q, sealed, min(check.tries, TRIES_MAX))

    def _is_right(self, q: bytes, check: _Check, sealed: bytes) -> bool:
        typed = ""
        for pair in self._keys.codes():
            try:
                typed = open_code(self._instance, q, pair, sealed)
            except FramingError:
                continue
        right = hmac.compare_digest(typed.encode(), (check.digits or "none").encode())
        return right and check.digits is not None and check.tries <= TRIES_MAX

    async def _answer(self, q: bytes, check: _Check, sealed: bytes) -> None:
        """Signs as many bookings as were asked for, or as the address may still have, the first ones first."""
        today = self._clock().date()
        ask = check.ask
        while left := min(await self._outbox.proofs_left(check.tag, today), len(ask.binds)):
            some = Ask(ask.kind, ask.address, ask.r, ask.reply_key, ask.binds[:left])
            signed = prove(self._instance, some, today.year * 100 + today.month, self._keys.root)
            reply = seal_reply(self._instance, q, ask.reply_key, signed)
            if await self._outbox.answer_proofs(q, sealed, check.tries, check.tag, today, left, reply):
                self._in_hand.pop(q, None)
                return
            if not await self._outbox.codes([q]):
                return  # its ten minutes ended meanwhile
        await self._outbox.answer_nothing(q, sealed, check.tries)


async def _speak(channel: TextChannel, spoken: Text) -> Taken:
    if not isinstance(channel, Speaker):
        raise ChannelBroken("This channel has no voice.")
    return await channel.speak(spoken)
