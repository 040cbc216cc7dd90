# SPDX-License-Identifier: AGPL-3.0-or-later
"""Any SMS gateway that speaks HTTPS and answers in JSON, as notifier.toml describes it (mapping.py)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

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
from serment.notifier.channels.feed import Seen
from serment.notifier.channels.http_sms.mapping import (
    MESSAGE_WORDS,
    Receipts,
    Refused,
    Request,
    Send,
    Stops,
    among,
    at,
    check_path,
    check_request,
    check_rule,
    fill,
    filled,
)
from serment.notifier.channels.https import Answer, Https, refuse_by_status
from serment.notifier.channels.settings import ChannelSettings


class HttpSmsSettings(ChannelSettings, frozen=True, kw_only=True, tag="http"):
    """`secrets`: names and the files that hold them. `receipts`, `stops` and `probe` may be left out."""

    send: Send
    receipts: Receipts | None = None
    stops: Stops | None = None
    probe: Request | None = None
    secrets: dict[str, str] = msgspec.field(default_factory=dict)

    def open(self, folder: Path) -> Gateway:
        """The channel. Raises ConfigWrong."""
        names = set(self.secrets)
        check_request(self, self.send, words=MESSAGE_WORDS, secrets=names)
        for request in (self.receipts, self.stops, self.probe):
            if request is not None:
                check_request(self, request, words=frozenset(), secrets=names)
                if _origin(request.url) != _origin(self.send.url):
                    raise self.wrong("all addresses name one host.")
        check_path(self, self.send.id)
        for rule in (self.send.taken, *self.send.refusals):
            check_rule(self, rule)
        if self.receipts is not None:
            check_path(self, self.receipts.items, self.receipts.id, self.receipts.state, self.receipts.reason)
            if not self.send.id:
                raise self.wrong("receipts need send.id, to know which message they are about.")
        if self.stops is not None:
            check_path(self, self.stops.items, self.stops.number, self.stops.text)
        if self.send.method == "GET":
            raise self.wrong("send is a POST or a PUT: a GET would put number and text into an address.")
        return Gateway(self, folder)


class Gateway:
    """One gateway."""

    carries: Literal["sms"] = "sms"

    def __init__(self, settings: HttpSmsSettings, folder: Path) -> None:
        self.name = settings.name
        self._settings = settings
        self._secrets = {name: settings.secret(folder, file) for name, file in settings.secrets.items()}
        self._https = Https(_origin(settings.send.url), settings.tls_context(folder))
        self._seen = Seen()

    def __repr__(self) -> str:
        return f"<http {self.name}>"

    async def send(self, message: Text) -> Taken:
        """One request, one SMS. `{key}` lets the gateway know a repeat, where it can."""
        values = {
            "to": message.to,
            "digits": message.to.removeprefix("+"),
            "body": message.body,
            "key": message.key,
            "language": message.language,
        }
        rules = self._settings.send
        answer = await self._ask(rules, values)
        said = answer.json()
        if rules.taken.fits(answer.status, said):
            id = at(said, rules.id) if rules.id else None
            known = isinstance(id, str | int) and not isinstance(id, bool) and str(id) != ""
            return Taken(
                str(id) if known else None, receipt_expected=known and self._settings.receipts is not None
            )
        for rule in rules.refusals:
            if rule.fits(answer.status, said):
                raise _refused(rule, answer)
        if answer.status < 300:
            raise NotNow(maybe_sent=True)  # neither yes nor no in the words we were told
        raise refuse_by_status(answer)

    async def receipts(self) -> list[Receipt]:
        """What the list of receipts holds that is new."""
        rules = self._settings.receipts
        if rules is None:
            return []
        found = []
        for item in await self._list(rules, rules.items):
            id, state = at(item, rules.id), at(item, rules.state)
            arrived = among(state, rules.delivered)
            ended = arrived or among(state, rules.lost)
            if isinstance(id, str | int) and ended and self._seen.first("receipt", id, state):
                reason = at(item, rules.reason) if rules.reason else state
                found.append(Receipt(str(id), arrived, "" if arrived else code_word(reason)))
        return found

    async def objections(self) -> list[str]:
        """Numbers that the list of objections holds."""
        rules = self._settings.stops
        if rules is None:
            return []
        found = []
        for item in await self._list(rules, rules.items):
            number = e164(at(item, rules.number))
            said = at(item, rules.text) if rules.text else "STOP"
            if number and isinstance(said, str) and says_stop(said) and self._seen.first("stop", item):
                found.append(number)
        return found

    async def _list(self, request: Request, items: str) -> list[Any]:
        answer = await self._ask(request, {})
        listed = at(answer.json(), items)
        if answer.status >= 300:
            raise refuse_by_status(answer)
        if not isinstance(listed, list):
            raise ChannelBroken(f"There is no list at {items} in the gateway's answer.")
        return listed

    async def check(self) -> list[str]:
        """Asks `probe`, or the receipts where there is none: both send nothing."""
        asked = self._settings.probe or self._settings.receipts
        if asked is None:
            return ["There is no probe to ask, so nothing was checked but the configuration."]
        try:
            answer = await self._ask(asked, {})
            found = [] if answer.status < 300 else [str(refuse_by_status(answer))]
        except ChannelBroken as error:
            found = [error.sentence]
        except ChannelError:
            found = ["The gateway does not answer."]
        return found

    async def close(self) -> None:
        """Closes the connections."""
        await self._https.close()

    async def _ask(self, request: Request, message: Mapping[str, str]) -> Answer:
        values = {f"secret:{name}": secret.reveal() for name, secret in self._secrets.items()} | dict(message)
        fields = filled(request.fields, values)
        content, kind = b"", "application/json"
        if fields and request.body == "json":
            content = json.dumps(fields, ensure_ascii=False).encode()
        elif fields:
            content, kind = urlencode(fields).encode(), "application/x-www-form-urlencoded"
        return await self._https.ask(
            request.method,
            urlsplit(request.url).path or "/",
            headers={name: fill(value, values) for name, value in request.headers.items()},
            content=content,
            content_type=kind,
        )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _refused(rule: Refused, answer: Answer) -> ChannelError:
    if rule.means == "later":
        return NotNow(answer.retry_after)
    if rule.means == "broken":
        return ChannelBroken(f"The gateway refuses our requests (HTTP {answer.status}).")
    return AddressRefused(Refusal(rule.means))
