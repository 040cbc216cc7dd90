# SPDX-License-Identifier: AGPL-3.0-or-later
"""Twilio: SMS, and a voice that rings landlines, over its API 2010-04-01; receipts and answers by polling.

What Twilio keeps of a message is deleted there once its receipt is kept here (`erase`): give Serment a subaccount of its own.
There is no idempotency key, and no way to ask for one message without its number in an address: a lost answer may double it.
It is an American company: chapter V of the GDPR is to be thought of first.

Source: https://www.twilio.com/docs/messaging/api/message-resource, https://www.twilio.com/docs/voice/api/call-resource,
https://www.twilio.com/docs/voice/twiml/say, https://www.twilio.com/docs/api/errors.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlencode, urlsplit
from xml.sax.saxutils import escape

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
from serment.notifier.channels.feed import Seen, forgotten, told
from serment.notifier.channels.https import Answer, Https, refuse_by_status
from serment.notifier.channels.settings import ChannelSettings

VALIDITY_SECONDS: Final = 36_000  # the most that Twilio takes
RING_SECONDS: Final = 40
LOOK_BACK_DAYS: Final = 3
PAGE_ROWS: Final = 200
PAGES_MAX: Final = 20
LOST: Final = frozenset({"failed", "undelivered", "canceled", "busy", "no-answer"})
ARRIVED: Final = frozenset({"delivered", "read", "completed"})
_MEANS: Final = {
    21211: Refusal.UNKNOWN,
    21214: Refusal.UNKNOWN,
    21217: Refusal.UNKNOWN,
    21612: Refusal.REFUSED,
    21614: Refusal.UNKNOWN,
    13223: Refusal.UNKNOWN,
    13224: Refusal.UNKNOWN,
    21408: Refusal.REFUSED,
    21610: Refusal.OBJECTED,
    21617: Refusal.MESSAGE,
}
_VOICES: Final = {"fr": "fr-FR", "en": "en-GB"}


class TwilioSettings(ChannelSettings, frozen=True, kw_only=True, tag="twilio"):
    """`sender`: a number of the account in E.164, a name, or a messaging service (MG…). `voice`: a number that may ring."""

    account: str
    key: str
    key_secret_file: str
    sender: str
    voice: str = ""
    url: str = "https://api.twilio.com"
    erase: bool = True

    def open(self, folder: Path) -> TwilioAccount:
        """The channel. Raises ConfigWrong."""
        if not re.fullmatch(r"AC[0-9a-f]{32}", self.account) or not re.fullmatch(
            r"(SK|AC)[0-9a-f]{32}", self.key
        ):
            raise self.wrong("account is AC and 32 digits, key is SK (or AC) and 32 digits.")
        if not re.fullmatch(r"[+]?[A-Za-z0-9 ]{1,40}", self.sender) or (self.voice and not e164(self.voice)):
            raise self.wrong("sender or voice is none that Twilio takes.")
        return SpeakingTwilioAccount(self, folder) if self.voice else TwilioAccount(self, folder)


class _Row(msgspec.Struct):
    sid: str
    status: str = ""
    direction: str = ""
    body: str | None = None
    to: str | None = None
    sender: str | None = msgspec.field(default=None, name="from")
    error_code: int | None = None


class _Page(msgspec.Struct):
    messages: list[_Row] = []
    calls: list[_Row] = []
    next_page_uri: str | None = None


class TwilioAccount:
    """One account, or subaccount."""

    carries: Literal["sms"] = "sms"

    def __init__(self, settings: TwilioSettings, folder: Path) -> None:
        self.name = settings.name
        self._settings = settings
        secret = settings.secret(folder, settings.key_secret_file)
        self._https = Https(
            settings.https_url(settings.url),
            settings.tls_context(folder),
            auth=(settings.key, secret.reveal()),
        )
        self._root = f"/2010-04-01/Accounts/{settings.account}"
        self._seen = Seen()
        self._done: list[str] = []
        self._stopped: list[str] = []

    def __repr__(self) -> str:
        return f"<twilio {self.name}>"

    async def send(self, message: Text) -> Taken:
        """Sends one SMS."""
        sender = self._settings.sender
        by = "MessagingServiceSid" if re.fullmatch(r"MG[0-9a-f]{32}", sender) else "From"
        form = {"To": message.to, by: sender, "Body": message.body, "ValidityPeriod": str(VALIDITY_SECONDS)}
        return await self._post("/Messages.json", form)

    async def _post(self, path: str, form: dict[str, str]) -> Taken:
        made = (await self._call("POST", path, form)).read(_Row)
        if made is None:
            raise NotNow(maybe_sent=True)
        return Taken(made.sid, receipt_expected=True)

    async def receipts(self) -> list[Receipt]:
        """Messages and calls of three days that came to an end."""
        await self._forget(self._done)
        return await told(self._receipts())

    async def _receipts(self) -> AsyncIterator[Receipt]:
        for kind, since in (("Messages", "DateSent"), ("Calls", "StartTime")):
            if kind == "Calls" and not self._settings.voice:
                continue
            async for row in self._rows(kind, since):
                arrived = row.status in ARRIVED
                ended = row.direction.startswith("outbound") and (arrived or row.status in LOST)
                if ended and self._seen.first(row.sid):
                    self._done.append(f"{self._root}/{kind}/{row.sid}.json")
                    yield Receipt(
                        row.sid, arrived, "" if arrived else code_word(row.error_code or row.status)
                    )

    async def objections(self) -> list[str]:
        """Answers that say STOP. Twilio holds to them as well, and says so (error 21610) when somebody is written to again."""
        await self._forget(self._stopped)
        return await told(self._objections())

    async def _objections(self) -> AsyncIterator[str]:
        async for row in self._rows("Messages", "DateSent"):
            number = e164(row.sender)
            if (
                row.direction == "inbound"
                and says_stop(row.body or "")
                and number
                and self._seen.first(row.sid)
            ):
                self._stopped.append(f"{self._root}/Messages/{row.sid}.json")
                yield number

    async def _rows(self, kind: str, since: str) -> AsyncIterator[_Row]:
        day = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=LOOK_BACK_DAYS)
        path: str = f"{self._root}/{kind}.json?" + urlencode(
            {"PageSize": PAGE_ROWS, f"{since}>": day.isoformat()}
        )
        for _ in range(PAGES_MAX):
            page = (await self._call("GET", path)).read(_Page) or _Page()
            for row in page.messages or page.calls:
                yield row
            following = urlsplit(page.next_page_uri or "")
            if following.netloc or following.scheme or not following.path.startswith(self._root + "/"):
                return
            path = f"{following.path}?{following.query}"

    async def _forget(self, paths: list[str]) -> None:
        """Deletes at Twilio what was told at the last call and is therefore kept here; what fails is tried at the next."""
        if not self._settings.erase:
            paths.clear()
        await forgotten(paths, lambda path: self._call("DELETE", path, missing_is_fine=True))

    async def check(self) -> list[str]:
        """Whether the credentials are good and the account active."""
        try:
            account: Any = (await self._call("GET", f"{self._root}.json")).json()
            active = isinstance(account, dict) and account.get("status") == "active"
            found = [] if active else ["The account is not active."]
        except ChannelBroken as error:
            found = [error.sentence]
        except ChannelError:
            found = ["Twilio does not answer."]
        return found

    async def close(self) -> None:
        """Closes the connections."""
        await self._https.close()

    async def _call(
        self, method: str, path: str, form: dict[str, str] | None = None, *, missing_is_fine: bool = False
    ) -> Answer:
        whole = path if path.startswith("/2010-04-01/") else self._root + path
        content = urlencode(form).encode() if form else b""
        answer = await self._https.ask(
            method, whole, content=content, content_type="application/x-www-form-urlencoded"
        )
        if answer.status < 300 or (missing_is_fine and answer.status == 404):
            return answer
        raise _refused(answer)


class SpeakingTwilioAccount(TwilioAccount):
    """An account with a number that may ring landlines."""

    async def speak(self, message: Text) -> Taken:
        """Rings, and says the text twice in its language. A machine that picks up hears it too."""
        say = f'<Say language="{_VOICES[message.language]}">{escape(message.body)}</Say>'
        twiml = f'<Response><Pause length="1"/>{say}<Pause length="1"/>{say}</Response>'
        form = {"To": message.to, "From": self._settings.voice, "Twiml": twiml, "Timeout": str(RING_SECONDS)}
        return await self._post("/Calls.json", form)


def _refused(answer: Answer) -> ChannelError:
    said = answer.json()
    code = said.get("code") if isinstance(said, dict) else None
    if isinstance(code, int) and code in _MEANS:
        return AddressRefused(_MEANS[code])
    if code == 20429:
        return NotNow(answer.retry_after)
    return refuse_by_status(answer)
