# SPDX-License-Identifier: AGPL-3.0-or-later
"""Twilio, texts and voice, against a server of its documented shape."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as xml
from pathlib import Path
from typing import Any

import pytest

from channels.accounts import TWILIO, speaking, twilio
from channels.markers import NUMBER, SECRETS, WORDS, tells_nothing, text
from channels.provider import Asked, Provider, Reply
from serment.notifier.channels import (
    AddressRefused,
    ChannelBroken,
    ChannelError,
    NotNow,
    Receipt,
    Refusal,
    Speaker,
)

ROOT = f"/2010-04-01/Accounts/{TWILIO}"


class Twilio:
    """An account's messages and calls, in pages of two."""

    def __init__(self, provider: Provider) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {"Messages": [], "Calls": []}
        self.forms: list[dict[str, str]] = []
        self.refuses: Reply | None = None
        self.foreign_page = False
        provider.answers = self.answer

    def answer(self, asked: Asked) -> Reply | None:
        signed = base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")).decode()
        if signed != "SK" + "c" * 32 + ":" + SECRETS[1]:
            return Reply(401, {"code": 20003, "message": "Authenticate"})
        if asked.path == f"{ROOT}.json":
            return Reply(200, {"status": "active"})
        kind, _, sid = asked.path.removeprefix(ROOT + "/").removesuffix(".json").partition("/")
        if asked.method == "POST":
            self.forms.append(asked.form)
            return self.refuses or Reply(201, self.happen(kind, "queued", "outbound-api"))
        if asked.method == "DELETE":
            kept = [row for row in self.rows[kind] if row["sid"] != sid]
            found, self.rows[kind] = len(kept) < len(self.rows[kind]), kept
            return Reply(204, b"") if found else None
        page = int(asked.query.get("Page", "0"))
        rows = self.rows[kind][page * 2 : page * 2 + 2]
        more = f"{ROOT}/{kind}.json?Page={page + 1}" if len(self.rows[kind]) > page * 2 + 2 else None
        if self.foreign_page:
            more = f"https://elsewhere.example{ROOT}/{kind}.json"
        return Reply(200, {kind.lower(): rows, "next_page_uri": more})

    def happen(self, kind: str, status: str, direction: str, **more: Any) -> dict[str, Any]:
        sid = f"{'SM' if kind == 'Messages' else 'CA'}{len(self.rows[kind]):032x}"
        row = {
            "sid": sid,
            "status": status,
            "direction": direction,
            "body": "x",
            "to": NUMBER,
            "from": "+33700000000",
            "error_code": None,
        }
        self.rows[kind].append(row | more)
        return row


async def test_an_sms_goes_out(provider: Provider, folder: Path) -> None:
    account, channel = Twilio(provider), twilio(provider, folder)
    taken = await channel.send(text())
    await channel.close()
    assert taken.provider_id == account.rows["Messages"][0]["sid"]
    assert account.forms == [{"To": NUMBER, "From": "+33700000000", "Body": WORDS, "ValidityPeriod": "36000"}]


async def test_a_messaging_service_is_named_as_one(provider: Provider, folder: Path) -> None:
    account, channel = Twilio(provider), twilio(provider, folder, sender="MG" + "d" * 32)
    await channel.send(text())
    await channel.close()
    assert account.forms[0]["MessagingServiceSid"] == "MG" + "d" * 32 and "From" not in account.forms[0]


async def test_a_landline_is_rung_and_hears_the_text_twice(provider: Provider, folder: Path) -> None:
    account, channel = Twilio(provider), speaking(provider, folder)
    assert isinstance(channel, Speaker) and not isinstance(twilio(provider, folder), Speaker)
    await channel.speak(text("Votre code : 1, 2, 3 & <quatre>"))
    (form,) = account.forms
    assert form["To"] == NUMBER and form["From"] == "+33100000000"
    said = xml.fromstring(form["Twiml"]).findall("Say")  # noqa: S314  # our own channel wrote it
    assert [say.text for say in said] == ["Votre code : 1, 2, 3 & <quatre>"] * 2
    assert {say.get("language") for say in said} == {"fr-FR"}
    account.rows["Calls"][0]["status"] = "no-answer"
    assert await channel.receipts() == [Receipt(account.rows["Calls"][0]["sid"], False, "no-answer")]
    await channel.close()


async def test_receipts_of_all_pages_are_told_once_and_then_erased_there(
    provider: Provider, folder: Path
) -> None:
    account, channel = Twilio(provider), twilio(provider, folder)
    for status, code in (
        ("delivered", None),
        ("undelivered", 30005),
        ("sent", None),
        ("failed", 30006),
        ("read", None),
    ):
        account.happen("Messages", status, "outbound-api", error_code=code)
    account.happen("Messages", "received", "inbound", body="Merci")
    told = await channel.receipts()
    assert [(receipt.delivered, receipt.reason) for receipt in told] == [
        (True, ""),
        (False, "30005"),
        (False, "30006"),
        (True, ""),
    ]
    assert await channel.receipts() == []
    assert [row["status"] for row in account.rows["Messages"]] == ["sent", "received"]
    await channel.close()


async def test_stop_is_heard(provider: Provider, folder: Path) -> None:
    account, channel = Twilio(provider), twilio(provider, folder)
    account.happen("Messages", "received", "inbound", body="STOP", **{"from": NUMBER})
    account.happen("Messages", "received", "inbound", body="Merci", **{"from": "+33612340079"})
    account.happen("Messages", "delivered", "outbound-api", body="Stop")  # our own words
    assert await channel.objections() == [NUMBER]
    assert len(account.rows["Messages"]) == 3
    assert await channel.objections() == [] and len(account.rows["Messages"]) == 2
    await channel.close()


async def test_a_next_page_elsewhere_is_not_asked_for(provider: Provider, folder: Path) -> None:
    account, channel = Twilio(provider), twilio(provider, folder)
    account.foreign_page = True
    account.happen("Messages", "delivered", "outbound-api")
    assert len(await channel.receipts()) == 1
    await channel.close()
    assert len(provider.asked) == 1


@pytest.mark.parametrize(
    ("status", "code", "error", "reason"),
    [
        (400, 21211, AddressRefused, Refusal.UNKNOWN),
        (400, 21614, AddressRefused, Refusal.UNKNOWN),
        (400, 21610, AddressRefused, Refusal.OBJECTED),
        (400, 21617, AddressRefused, Refusal.MESSAGE),
        (429, 20429, NotNow, None),
        (400, 21606, ChannelBroken, None),
        (401, 20003, ChannelBroken, None),
    ],
)
async def test_what_its_error_codes_mean(
    provider: Provider,
    folder: Path,
    status: int,
    code: int,
    error: type[ChannelError],
    reason: Refusal | None,
) -> None:
    account, channel = Twilio(provider), twilio(provider, folder)
    account.refuses = Reply(
        status, {"code": code, "message": f"The number {NUMBER} is not valid", "status": status}
    )
    with pytest.raises(error) as refused:
        await channel.send(text())
    await channel.close()
    assert getattr(refused.value, "reason", None) == reason
    tells_nothing(refused.value)


async def test_the_check_is_content_with_an_active_account(provider: Provider, folder: Path) -> None:
    Twilio(provider)
    channel = twilio(provider, folder)
    assert await channel.check() == []
    await channel.close()
