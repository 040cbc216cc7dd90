# SPDX-License-Identifier: AGPL-3.0-or-later
"""The channels that ask a provider over HTTPS, each set up for the provider of a test, and what success looks like there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from channels.provider import Asked, Provider, Reply
from serment.notifier.channels.brevo import BrevoAccount, BrevoSettings
from serment.notifier.channels.http_sms import Gateway, HttpSmsSettings
from serment.notifier.channels.http_sms.mapping import Receipts, Refused, Request, Rule, Send, Stops
from serment.notifier.channels.ovh import OvhAccount, OvhSettings
from serment.notifier.channels.twilio import SpeakingTwilioAccount, TwilioAccount, TwilioSettings

TWILIO = "AC" + "a" * 32
SID = "SM" + "b" * 32
SERVICE = "sms-ab12345-1"


def ovh(provider: Provider, folder: Path, **changed: Any) -> OvhAccount:
    given = {
        "name": "ovh",
        "service": SERVICE,
        "application_key": "7kbG7Bk7S9Nt7ZSV",
        "application_secret_file": "secret",
        "consumer_key_file": "consumer",
        "ca_file": "ca.pem",
        "url": f"{provider.url}/1.0",
    }
    return OvhSettings(**(given | changed)).open(folder)


def brevo(provider: Provider, folder: Path, **changed: Any) -> BrevoAccount:
    given = {
        "name": "brevo",
        "sender": "RdvDie",
        "api_key_file": "secret",
        "ca_file": "ca.pem",
        "url": f"{provider.url}/v3",
    }
    return BrevoSettings(**(given | changed)).open(folder)


def twilio(provider: Provider, folder: Path, **changed: Any) -> TwilioAccount:
    given = {
        "name": "twilio",
        "account": TWILIO,
        "key": "SK" + "c" * 32,
        "key_secret_file": "secret",
        "sender": "+33700000000",
        "ca_file": "ca.pem",
        "url": provider.url,
    }
    return TwilioSettings(**(given | changed)).open(folder)


def speaking(provider: Provider, folder: Path) -> SpeakingTwilioAccount:
    channel = twilio(provider, folder, voice="+33100000000")
    assert isinstance(channel, SpeakingTwilioAccount)
    return channel


def gateway(provider: Provider, folder: Path, **changed: Any) -> Gateway:
    head = {"Authorization": "Bearer {secret:token}"}
    given: dict[str, Any] = {
        "name": "gateway",
        "ca_file": "ca.pem",
        "secrets": {"token": "secret"},
        "send": Send(
            url=f"{provider.url}/messages",
            headers=head | {"Idempotency-Key": "{key}"},
            fields={
                "to": ["{digits}"],
                "text": "{body}",
                "options": {"language": "{language}", "flash": False},
            },
            taken=Rule(status=[200, 202], path="status", equals=["queued"]),
            id="messages.0.id",
            refusals=[
                Refused(status=[400], path="error.code", equals=["bad_number"], means="unknown"),
                Refused(path="error.code", equals=["stopped"], means="objected"),
                Refused(path="error.code", equals=[7], means="later"),
                Refused(path="error.code", equals=["too_long"], means="message"),
            ],
        ),
        "receipts": Receipts(
            url=f"{provider.url}/reports",
            method="GET",
            headers=head,
            items="data",
            id="id",
            state="state",
            delivered=["DELIVERED"],
            lost=["FAILED"],
            reason="cause",
        ),
        "stops": Stops(
            url=f"{provider.url}/inbox", method="GET", headers=head, items=".", number="from", text="text"
        ),
        "probe": Request(url=f"{provider.url}/account", method="GET", headers=head),
    }
    return HttpSmsSettings(**(given | changed)).open(folder)


Make = Callable[..., Any]
ALL: dict[str, Make] = {"ovh": ovh, "brevo": brevo, "twilio": twilio, "gateway": gateway}


def is_send(asked: Asked) -> bool:
    """Whether a request hands a message over."""
    return asked.method == "POST" and asked.path.endswith(
        ("/jobs", "/send", "/Messages.json", "/Calls.json", "/messages")
    )


def sent(asked: Asked) -> Reply | None:
    """Yes to every message, as each provider says it."""
    if asked.path.endswith("/auth/time"):
        return Reply(200, 1_800_000_000)
    if asked.path.endswith("/jobs"):
        return Reply(
            200, {"ids": [4711], "invalidReceivers": [], "validReceivers": ["x"], "totalCreditsRemoved": 1}
        )
    if asked.path.endswith("/transactionalSMS/send"):
        return Reply(201, {"messageId": 4711})
    if asked.path.endswith("/Messages.json") or asked.path.endswith("/Calls.json"):
        return Reply(201, {"sid": SID, "status": "queued", "direction": "outbound-api", "error_code": None})
    if asked.path == "/messages":
        return Reply(202, {"status": "queued", "messages": [{"id": 4711}]})
    return None


def says(reply: Reply) -> Callable[[Asked], Reply | None]:
    """This, to every message; the clock goes on."""
    return lambda asked: reply if is_send(asked) else sent(asked)
