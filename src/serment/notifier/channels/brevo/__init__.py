# SPDX-License-Identifier: AGPL-3.0-or-later
"""Brevo: transactional SMS over its API version 3; receipts, answers and unsubscriptions by polling its list of events.

A message is tagged by its key, and a repeat looks for events of that tag first. Brevo keeps a log of what was sent, which
cannot be deleted over the API: the practice's record of processing has to say so.

Source: https://developers.brevo.com/reference/sendasynctransactionalsms (POST /transactionalSMS/send),
https://developers.brevo.com/reference/getsmsevents, https://developers.brevo.com/docs/how-it-works (errors),
https://developers.brevo.com/docs/api-limits.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from serment.notifier.channels import (
    AddressRefused,
    ChannelBroken,
    ChannelError,
    NotNow,
    Receipt,
    Refusal,
    Taken,
    Text,
    code_word,
    e164,
    says_stop,
)
from serment.notifier.channels.alphabet import fits_gsm
from serment.notifier.channels.feed import Seen, told
from serment.notifier.channels.https import Answer, Https, refuse_by_status
from serment.notifier.channels.settings import ChannelSettings

LOOK_BACK_DAYS: Final = 3
PAGE_EVENTS: Final = 100
PAGES_MAX: Final = 20
LOST: Final = frozenset({"hardBounces", "softBounces", "bounces", "rejected", "blocked", "skipped"})


class BrevoSettings(ChannelSettings, frozen=True, kw_only=True, tag="brevo"):
    """`sender`: at most 11 letters and digits, or 15 digits."""

    sender: str
    api_key_file: str
    url: str = "https://api.brevo.com/v3"

    def open(self, folder: Path) -> BrevoAccount:
        """The channel. Raises ConfigWrong."""
        if not re.fullmatch(r"[A-Za-z0-9 ]{1,11}|[0-9]{1,15}", self.sender):
            raise self.wrong("sender has at most 11 letters and digits, or 15 digits.")
        return BrevoAccount(self, folder)


class _Event(msgspec.Struct):
    messageId: int | str = ""  # the provider's spelling
    event: str = ""
    phoneNumber: int | str = ""  # the provider's spelling
    reason: str = ""
    reply: str = ""
    date: str = ""


class _Events(msgspec.Struct):
    events: list[_Event] = []


class _Sent(msgspec.Struct):
    messageId: int | str  # the provider's spelling


class BrevoAccount:
    """One account."""

    carries: Literal["sms"] = "sms"

    def __init__(self, settings: BrevoSettings, folder: Path) -> None:
        self.name = settings.name
        self._settings = settings
        self._key = settings.secret(folder, settings.api_key_file)
        self._https = Https(settings.https_url(settings.url), settings.tls_context(folder))
        self._seen = Seen()

    def __repr__(self) -> str:
        return f"<brevo {self.name}>"

    async def send(self, message: Text) -> Taken:
        """Sends one SMS of type transactional, which goes out at any hour and takes no STOP clause."""
        if message.repeat:
            query = {"tags": json.dumps([message.key]), "days": str(LOOK_BACK_DAYS), "limit": "1"}
            known = (await self._call("GET", "/transactionalSMS/statistics/events", query=query)).read(
                _Events
            )
            if known is not None and known.events:
                return Taken(str(known.events[0].messageId), receipt_expected=True)
        answer = await self._call(
            "POST",
            "/transactionalSMS/send",
            {
                "sender": self._settings.sender,
                "recipient": message.to.removeprefix("+"),
                "content": message.body,
                "type": "transactional",
                "tag": message.key,
                "unicodeEnabled": not fits_gsm(message.body),
            },
        )
        sent = answer.read(_Sent)
        if sent is None:
            raise NotNow(maybe_sent=True)
        return Taken(str(sent.messageId), receipt_expected=True)

    async def receipts(self) -> list[Receipt]:
        """Deliveries and losses of the last three days."""
        return await told(self._receipts())

    async def _receipts(self) -> AsyncIterator[Receipt]:
        async for event in self._events({}):
            arrived = event.event == "delivered"
            if (arrived or event.event in LOST) and self._seen.first("receipt", event.messageId, event.event):
                yield Receipt(str(event.messageId), arrived, "" if arrived else code_word(event.event))

    async def objections(self) -> list[str]:
        """Unsubscriptions, and replies that say STOP."""
        found = []
        for kind in ("unsubscription", "replies"):
            async for event in self._events({"event": kind}):
                number = e164(event.phoneNumber)
                stops = event.event == "unsubscription" or (
                    event.event == "replies" and says_stop(event.reply)
                )
                if stops and number and self._seen.first("stop", number, event.date):
                    found.append(number)
        return found

    async def _events(self, chosen: dict[str, str]) -> AsyncIterator[_Event]:
        for page in range(PAGES_MAX):
            query = {
                "days": str(LOOK_BACK_DAYS),
                "limit": str(PAGE_EVENTS),
                "offset": str(page * PAGE_EVENTS),
                **chosen,
            }
            answer = await self._call("GET", "/transactionalSMS/statistics/events", query=query)
            events = (answer.read(_Events) or _Events()).events
            for event in events:
                yield event
            if len(events) < PAGE_EVENTS:
                return

    async def check(self) -> list[str]:
        """Whether the key is good and SMS credit is left."""
        try:
            account = (await self._call("GET", "/account")).json() or {}
            credit = [plan.get("credits", 0) for plan in account.get("plan", []) if plan.get("type") == "sms"]
            found = [] if any(left > 0 for left in credit) else ["The account has no SMS credit left."]
        except ChannelBroken as error:
            found = [error.sentence]
        except ChannelError:
            found = ["Brevo does not answer."]
        except (AttributeError, TypeError):
            found = ["Brevo's answer about the account is not as its documentation says."]
        return found

    async def close(self) -> None:
        """Closes the connections."""
        await self._https.close()

    async def _call(
        self,
        method: str,
        path: str,
        content: dict[str, Any] | None = None,
        query: dict[str, str] | None = None,
    ) -> Answer:
        body = msgspec.json.encode(content) if content is not None else b""
        answer = await self._https.ask(
            method, path, headers={"api-key": self._key.reveal()}, query=query, content=body
        )
        if answer.status < 300:
            return answer
        raise _refused(answer)


def _refused(answer: Answer) -> ChannelError:
    said = answer.json()
    said = said if isinstance(said, dict) else {}
    code, words = str(said.get("code", "")), str(said.get("message", "")).casefold()
    if code == "not_enough_credits":
        return ChannelBroken("The account has no SMS credit left.")
    if answer.status == 400 and ("recipient" in words or "phone" in words):
        return AddressRefused(Refusal.OBJECTED if "unsubscribed" in words else Refusal.UNKNOWN)
    return refuse_by_status(answer)
