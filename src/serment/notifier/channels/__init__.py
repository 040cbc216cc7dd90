# SPDX-License-Identifier: AGPL-3.0-or-later
"""How a message goes out: one contract, a folder for each kind of channel. None of them decides what is sent, or when.

What a channel is handed is forgotten when `send` returns or raises. No error, no `repr` and no log line holds a number, an
address or a text: errors name closed words alone, and are raised with no other error hanging from them, since a library's own
words often repeat what was sent.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal, Protocol, runtime_checkable

TEXT_CHARACTERS_MAX: Final = 1_000  # an SMS of seven segments; wording.py stays far below
LETTER_BYTES_MAX: Final = 256 * 1024
RETRY_HOURS_MAX: Final = 6  # a provider that asks for more is asked again after this
SHORT_WORDS_MAX: Final = 3  # "STOP SMS MERCI" stops; a sentence in which the word occurs is for people

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}\Z")
_KEY: Final = re.compile(r"[0-9a-f]{32}\Z")
_MESSAGE_ID: Final = re.compile(r"<[A-Za-z0-9._-]{1,64}@[A-Za-z0-9.-]{1,255}>\Z")
_STOP_WORDS: Final = frozenset(
    {"STOP", "ARRET", "ARRÊT", "STOPSMS", "UNSUBSCRIBE", "DESABONNER", "DÉSABONNER"}
)


@dataclass(frozen=True, slots=True)
class Text:
    """One SMS, or what is spoken. `to` in E.164, `key` 32 hex digits: the same message has the same key at every try.

    `repeat`: an earlier try may have been taken; the channel asks the provider first, where it can be asked.
    """

    to: str = field(repr=False)
    body: str = field(repr=False)
    key: str = field(repr=False)
    language: Literal["fr", "en"]
    repeat: bool = False

    def __post_init__(self) -> None:
        if not _E164.match(self.to) or not _KEY.match(self.key):
            raise ValueError("A text needs a number in E.164 and a key of 32 hexadecimal digits.")
        if not 0 < len(self.body) <= TEXT_CHARACTERS_MAX:
            raise ValueError(f"A text has 1 to {TEXT_CHARACTERS_MAX} characters.")
        if not _is_whole(self.body):
            raise ValueError("A text holds a control character, or half of one.")


@dataclass(frozen=True, slots=True)
class Letter:
    """One e-mail. `calendar`: an iCalendar file. `unsubscribe`: an https address that takes a one-click POST (RFC 8058).

    `message_id` is made from `key` (`<key@host>`), so that a repeat bears the same one and a relay may know it again.
    """

    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    calendar: bytes | None = field(repr=False)
    unsubscribe: str | None = field(repr=False)
    message_id: str = field(repr=False)
    key: str = field(repr=False)

    def __post_init__(self) -> None:
        if (
            not _KEY.match(self.key)
            or not _MESSAGE_ID.match(self.message_id)
            or "@" not in self.to.strip("@")
        ):
            raise ValueError("A letter needs an address, a key of 32 hexadecimal digits and a message id.")
        if any(
            ord(character) < 32
            for said in (self.to, self.subject, self.unsubscribe or "")
            for character in said
        ):
            raise ValueError("A line of a letter's head holds a control character.")
        if len(self.text) + len(self.html) + len(self.calendar or b"") > LETTER_BYTES_MAX:
            raise ValueError(f"A letter has at most {LETTER_BYTES_MAX} bytes.")
        if not all(_is_whole(said) for said in (self.to, self.subject, self.text, self.html)):
            raise ValueError("A letter holds a control character, or half of one.")


@dataclass(frozen=True, slots=True)
class Taken:
    """The provider answers for the message from here on. `provider_id` names it in receipts; None where none will come."""

    provider_id: str | None
    receipt_expected: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message. `reason`: the provider's code, of letters, digits and hyphens; empty when delivered."""

    provider_id: str
    delivered: bool
    reason: str = ""


class Refusal(StrEnum):
    """Why a message will never go out this way."""

    UNKNOWN = "unknown"  # there is no such number or mailbox, or it takes no SMS
    REFUSED = "refused"  # the other end, or a carrier, does not take messages from us
    OBJECTED = "objected"  # the provider knows that this person answered STOP
    MESSAGE = "message"  # what was written is refused, whoever it is for


class ChannelError(Exception):
    """A message did not go out."""


class AddressRefused(ChannelError):
    """For good: this address, or this message, will not be taken. `reason` says which. Do not try again this way."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


class NotNow(ChannelError):
    """Not taken this time. `maybe_sent`: it may have been, as the answer was lost; give the next try `repeat`."""

    def __init__(self, retry_after: dt.timedelta | None = None, *, maybe_sent: bool = False) -> None:
        super().__init__("maybe sent" if maybe_sent else "not sent")
        limit = dt.timedelta(hours=RETRY_HOURS_MAX)
        self.retry_after = None if retry_after is None else max(dt.timedelta(0), min(retry_after, limit))
        self.maybe_sent = maybe_sent


class ChannelBroken(ChannelError):
    """The channel cannot work as it is set up: stop it, keep everything, tell the operator the sentence."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class _Channel(Protocol):
    @property
    def name(self) -> str:
        """As the configuration names it; stands in counts and checks."""
        ...

    async def receipts(self) -> list[Receipt]:
        """What is new since the last call. May repeat, and may name what somebody else sent through the same account.

        Calling again says that what the last call returned is kept: some providers are told to forget it then.
        Raises NotNow, ChannelBroken.
        """
        ...

    async def objections(self) -> list[str]:
        """Numbers in E.164 that answered STOP since the last call; may repeat. Calling again says that they are kept."""
        ...

    async def check(self) -> list[str]:
        """What is wrong, in sentences without the channel's name; none when all is well. Sends nothing, raises nothing."""
        ...

    async def close(self) -> None:
        """Lets go of connections. Repeatable."""
        ...


class TextChannel(_Channel, Protocol):
    """Carries SMS."""

    carries: Literal["sms"]

    async def send(self, message: Text) -> Taken:
        """Hands one message over. Raises AddressRefused, NotNow, ChannelBroken; nothing else."""
        ...


class LetterChannel(_Channel, Protocol):
    """Carries e-mail."""

    carries: Literal["mail"]

    async def send(self, message: Letter) -> Taken:
        """Hands one message over. Raises AddressRefused, NotNow, ChannelBroken; nothing else."""
        ...


@runtime_checkable
class Speaker(Protocol):
    """A channel that can also ring a landline and speak: `isinstance(channel, Speaker)` where it is set up to."""

    async def speak(self, message: Text) -> Taken:
        """Rings and speaks the text twice, in its language. Raises as `send` does."""
        ...


Channel = TextChannel | LetterChannel


def _is_whole(said: str) -> bool:
    """Whether every channel can write it down: no control character but ends of lines, no lone half of a UTF-16 pair."""
    return not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]", said)


def says_stop(text: str) -> bool:
    """Whether an answer objects: STOP or its like as its first word, with a word or two after it at most."""
    words = re.findall(r"\w+", text.upper())
    return 0 < len(words) <= SHORT_WORDS_MAX and words[0] in _STOP_WORDS


def e164(number: object) -> str | None:
    """A number as providers write it (+33…, 0033…, 33…) in E.164; None for what is none, such as a short code."""
    digits = re.sub(r"[^0-9]", "", number) if isinstance(number, str) else str(number)
    whole = "+" + digits.removeprefix("00")
    return whole if _E164.match(whole) else None


def code_word(said: object) -> str:
    """A provider's code as letters, digits and hyphens, 40 at most; empty where it looks like a number or a text."""
    word = re.sub(r"[^A-Za-z0-9]+", "-", str(said)).strip("-")
    return "" if len(word) > 40 or re.search(r"[0-9]{7}", word.replace("-", "")) else word
