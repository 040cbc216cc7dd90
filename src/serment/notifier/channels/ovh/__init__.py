# SPDX-License-Identifier: AGPL-3.0-or-later
"""OVHcloud SMS: jobs over the signed REST API; receipts, answers and the account's own blacklist by polling.

What OVHcloud keeps of a message is deleted there once its receipt is kept here (`erase`), and so is a STOP: give Serment an SMS
account of its own.

Source: https://help.ovhcloud.com/csm/en-api-getting-started-ovhcloud-api (signature), https://api.ovh.com/console/#/sms
(jobs, outgoing, incoming, blacklists; rights GET, POST and DELETE on /sms/SERVICE/*), https://github.com/ovh/docs/issues/1496
(codes of a receipt), https://docs.ovh.com/fr/sms/ (a tag has at most 20 characters).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import time
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
    e164,
    says_stop,
)
from serment.notifier.channels.alphabet import fits_gsm
from serment.notifier.channels.feed import Seen, forgotten, told
from serment.notifier.channels.https import Answer, Https, refuse_by_status
from serment.notifier.channels.settings import ChannelSettings

TAG_CHARACTERS: Final = 20
VALIDITY_MINUTES: Final = 12 * 60  # a reminder that comes later than that is none
CLOCK_SECONDS_MAX: Final = 3600
LOOK_BACK_HOURS: Final = 72
FETCHED_A_POLL_MAX: Final = 200
DELIVERED: Final = 1
LOST: Final = frozenset({2, 16})  # 2 not delivered, 16 refused by the carrier; 0, 4 and 8 are on their way
CREDENTIAL: Final = "/auth/currentCredential"
SERVICE: Final = re.compile(r"sms-[a-z0-9]{1,20}-[0-9]{1,4}\Z")


class OvhSettings(ChannelSettings, frozen=True, kw_only=True, tag="ovh"):
    """`service`: sms-xx12345-1. `sender`: one of the account's; empty: a short number that people can answer to."""

    service: str
    application_key: str
    application_secret_file: str
    consumer_key_file: str
    sender: str = ""
    url: str = "https://eu.api.ovh.com/1.0"
    erase: bool = True

    def open(self, folder: Path) -> OvhAccount:
        """The channel. Raises ConfigWrong."""
        if not SERVICE.match(self.service) or not re.fullmatch(r"[A-Za-z0-9]{8,64}", self.application_key):
            raise self.wrong("service looks like sms-xx12345-1, application_key like 7kbG7Bk7S9Nt7ZSV.")
        if self.sender and not re.fullmatch(r"[+]?[A-Za-z0-9 .-]{1,20}", self.sender):
            raise self.wrong(f"sender {self.sender!r} is none that OVHcloud takes.")
        return OvhAccount(self, folder)


class _Report(msgspec.Struct):
    ids: list[int] = []
    invalidReceivers: list[Any] = []  # the provider's spelling


class _Outgoing(msgspec.Struct):
    id: int
    deliveryReceipt: int = 0  # the provider's spelling
    ptt: int = 0


class _Incoming(msgspec.Struct):
    id: int
    message: str = ""
    sender: str = ""


class _Account(msgspec.Struct):
    status: str = ""
    creditsLeft: float = 0  # the provider's spelling


class _Rule(msgspec.Struct):
    method: str = ""


class _Rights(msgspec.Struct):
    rules: list[_Rule] = []


class OvhAccount:
    """One SMS service of one account."""

    carries: Literal["sms"] = "sms"

    def __init__(self, settings: OvhSettings, folder: Path) -> None:
        self.name = settings.name
        self._settings = settings
        self._secret = settings.secret(folder, settings.application_secret_file)
        self._consumer = settings.secret(folder, settings.consumer_key_file)
        self._https = Https(settings.https_url(settings.url), settings.tls_context(folder))
        self._clock: tuple[float, float] | None = (
            None  # when it was asked (monotonic), what is to be added to ours
        )
        self._seen = Seen()
        self._after: dict[str, int] = {}
        self._done: list[str] = []
        self._stopped: list[str] = []

    def __repr__(self) -> str:
        return f"<ovh {self.name}>"

    async def send(self, message: Text) -> Taken:
        """Makes a job of one receiver, tagged by its key: a repeat looks for that tag first."""
        tag = message.key[:TAG_CHARACTERS]
        if message.repeat:
            sent = (await self._call("GET", "/outgoing", query={"tag": tag})).read(list[int])
            if sent:
                return Taken(str(sent[0]), receipt_expected=True)
        job: dict[str, Any] = {
            "charset": "UTF-8",
            "class": "phoneDisplay",
            "coding": "7bit" if fits_gsm(message.body) else "8bit",
            "message": message.body,
            "noStopClause": True,  # a reminder is no advertisement: no clause, and no waiting for Monday
            "priority": "high",
            "receivers": [message.to],
            "tag": tag,
            "validityPeriod": VALIDITY_MINUTES,
        }
        job |= {"sender": self._settings.sender} if self._settings.sender else {"senderForResponse": True}
        answer = await self._call("POST", "/jobs", job)
        report = answer.read(_Report)
        if report is not None and report.ids:
            return Taken(str(report.ids[0]), receipt_expected=True)
        if report is not None and report.invalidReceivers:
            raise AddressRefused(Refusal.UNKNOWN)
        raise NotNow(maybe_sent=True)

    async def receipts(self) -> list[Receipt]:
        """Looks at what was sent in three days and is not yet known to have arrived or not, 200 a poll."""
        await self._forget(self._done)
        return await told(self._receipts())

    async def _receipts(self) -> AsyncIterator[Receipt]:
        for id in await self._ids("/outgoing"):
            sent = (await self._call("GET", f"/outgoing/{id}", missing_is_fine=True)).read(_Outgoing)
            if sent is None or (sent.deliveryReceipt != DELIVERED and sent.deliveryReceipt not in LOST):
                continue
            arrived = sent.deliveryReceipt == DELIVERED
            self._done.append(f"/outgoing/{id}")
            self._seen.first("/outgoing", id)
            yield Receipt(str(id), arrived, "" if arrived else f"ptt-{sent.ptt}")

    async def objections(self) -> list[str]:
        """Answers that say STOP, and numbers that OVHcloud keeps off itself."""
        await self._forget(self._stopped)
        return await told(self._objections())

    async def _objections(self) -> AsyncIterator[str]:
        for id in await self._ids("/incoming"):
            said = (await self._call("GET", f"/incoming/{id}", missing_is_fine=True)).read(_Incoming)
            self._seen.first("/incoming", id)
            if said is not None and says_stop(said.message) and (number := e164(said.sender)):
                self._stopped.append(f"/incoming/{id}")
                yield number
        for listed in (await self._call("GET", "/blacklists")).read(list[str]) or []:
            blocked = e164(listed)
            if blocked and self._seen.first("/blacklists", blocked):
                yield blocked

    async def _ids(self, path: str) -> list[int]:
        since = dt.datetime.now(dt.UTC) - dt.timedelta(hours=LOOK_BACK_HOURS)
        query = {"creationDatetime.from": since.isoformat(timespec="seconds")}
        listed = (await self._call("GET", path, query=query)).read(list[int]) or []
        ids = sorted(id for id in listed if self._seen.unseen(path, id))
        # Round and round: what stays on its way for days must not keep the others from being looked at.
        after = self._after.get(path, 0)
        chosen = ([id for id in ids if id > after] + [id for id in ids if id <= after])[:FETCHED_A_POLL_MAX]
        self._after[path] = chosen[-1] if chosen else 0
        return chosen

    async def _forget(self, paths: list[str]) -> None:
        """Deletes at OVHcloud what was told at the last call and is therefore kept here; what fails is tried at the next."""
        if not self._settings.erase:
            paths.clear()
        await forgotten(paths, lambda path: self._call("DELETE", path, missing_is_fine=True))

    async def check(self) -> list[str]:
        """Whether the account is enabled, has credit, knows the sender, and lets us delete."""
        try:
            found = await self._wrongs()
        except ChannelBroken as error:
            found = [error.sentence]
        except ChannelError:
            found = ["OVHcloud does not answer."]
        return found

    async def _wrongs(self) -> list[str]:
        found = []
        account = (await self._call("GET", "")).read(_Account) or _Account()
        if account.status != "enable":
            found.append("The SMS account is not enabled.")
        if account.creditsLeft <= 0:
            found.append("The SMS account has no credit left.")
        if name := self._settings.sender:
            sender = (await self._call("GET", f"/senders/{name}", missing_is_fine=True)).read(_Account)
            if sender is None or sender.status != "enable":
                found.append(f"OVHcloud does not let us send as {name}. Have the sender validated.")
        rights = (await self._call("GET", CREDENTIAL)).read(_Rights) or _Rights()
        if self._settings.erase and not any(rule.method == "DELETE" for rule in rights.rules):
            found.append(
                "The consumer key may not delete. Make one that may (DELETE /sms/*), or set erase = false."
            )
        return found

    async def close(self) -> None:
        """Closes the connections."""
        await self._https.close()

    async def _call(
        self,
        method: str,
        path: str,
        content: dict[str, Any] | None = None,
        *,
        query: dict[str, str] | None = None,
        missing_is_fine: bool = False,
    ) -> Answer:
        """A signed request, below the service but for one. Raises what an answer other than success means."""
        full = path if path == CREDENTIAL else f"/sms/{self._settings.service}{path}".replace(" ", "%20")
        if query:
            full += "?" + "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in query.items())
        body = msgspec.json.encode(content) if content is not None else b""
        headers = await self._signed(method, full, body)
        answer = await self._https.ask(method, full, headers=headers, content=body)
        if answer.status < 300 or (missing_is_fine and answer.status == 404):
            return answer
        raise _refused(answer)

    async def _signed(self, method: str, full: str, body: bytes) -> dict[str, str]:
        now = str(int(time.time() + await self._clock_behind()))
        secret, consumer = self._secret.reveal(), self._consumer.reveal()
        said = "+".join((secret, consumer, method, self._https.url + full, body.decode(), now))
        return {
            "X-Ovh-Application": self._settings.application_key,
            "X-Ovh-Consumer": consumer,
            "X-Ovh-Timestamp": now,
            # SHA-1 is the provider's choice; TLS is what keeps the request.
            "X-Ovh-Signature": "$1$" + hashlib.sha1(said.encode()).hexdigest(),  # noqa: S324
        }

    async def _clock_behind(self) -> float:
        """Seconds to add to our clock for theirs, asked once an hour: a signature of another minute is refused."""
        if self._clock is None or time.monotonic() - self._clock[0] > CLOCK_SECONDS_MAX:
            answer = await self._https.ask("GET", "/auth/time")
            theirs = answer.read(int)
            if theirs is None:
                raise NotNow
            self._clock = (time.monotonic(), theirs - time.time())
        return self._clock[1]


def _refused(answer: Answer) -> ChannelError:
    said = answer.json()
    words = str(said.get("message", "")).casefold() if isinstance(said, dict) else ""
    if answer.status == 400 and "receiver" in words:
        return AddressRefused(Refusal.UNKNOWN)
    if "credit" in words:
        return ChannelBroken("OVHcloud says that the SMS account has not enough credit.")
    return refuse_by_status(answer)
