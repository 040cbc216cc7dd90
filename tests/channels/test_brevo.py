# SPDX-License-Identifier: AGPL-3.0-or-later
"""Brevo's transactional SMS, against a server of its documented shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from channels.accounts import brevo
from channels.markers import KEY, NUMBER, SECRETS, WORDS, tells_nothing, text
from channels.provider import Asked, Provider, Reply
from serment.notifier.channels import AddressRefused, ChannelBroken, Receipt, Refusal
from serment.notifier.channels.brevo import PAGE_EVENTS


class Brevo:
    """An account and its list of events, the newest first."""

    def __init__(self, provider: Provider) -> None:
        self.sent: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.refuses: Reply | None = None
        self.credits = 10.0
        provider.answers = self.answer

    def answer(self, asked: Asked) -> Reply | None:
        if asked.headers.get("api-key") != SECRETS[1]:
            return Reply(401, {"code": "unauthorized", "message": "Key not found"})
        if asked.path == "/v3/transactionalSMS/send":
            if self.refuses:
                return self.refuses
            self.sent.append(asked.json)
            self.happen("sent", 1500 + len(self.sent), tag=asked.json["tag"])
            return Reply(201, {"messageId": 1500 + len(self.sent)})
        if asked.path == "/v3/account":
            return Reply(
                200,
                {
                    "email": "x",
                    "plan": [{"type": "free", "credits": 300}, {"type": "sms", "credits": self.credits}],
                },
            )
        if asked.path == "/v3/transactionalSMS/statistics/events":
            wanted, tags = asked.query.get("event"), json.loads(asked.query.get("tags", "[]"))
            rows = [
                row
                for row in self.events
                if wanted in (None, row["event"]) and (not tags or row.get("tag") in tags)
            ]
            first = int(asked.query.get("offset", "0"))
            return Reply(200, {"events": rows[first : first + int(asked.query["limit"])]} if rows else {})
        return None

    def happen(self, event: str, id: int, **more: Any) -> None:
        row = {
            "event": event,
            "messageId": str(id),
            "phoneNumber": NUMBER[1:],
            "date": f"2026-11-26T10:{len(self.events) % 60:02}:00Z",
        }
        self.events.insert(0, row | more)


async def test_an_sms_goes_out_as_transactional(provider: Provider, folder: Path) -> None:
    account, channel = Brevo(provider), brevo(provider, folder)
    taken = await channel.send(text())
    await channel.send(text("Reçu"))
    await channel.close()
    assert taken.provider_id == "1501"
    assert account.sent[0] == {
        "sender": "RdvDie", "recipient": NUMBER[1:], "content": WORDS, "type": "transactional", "tag": KEY, "unicodeEnabled": False,
    }  # fmt: skip
    assert account.sent[1]["unicodeEnabled"] is True


async def test_a_repeat_is_not_sent_twice(provider: Provider, folder: Path) -> None:
    account, channel = Brevo(provider), brevo(provider, folder)
    first = await channel.send(text())
    assert await channel.send(text(repeat=True)) == first
    assert len(account.sent) == 1
    account.events.clear()
    await channel.send(text(repeat=True))
    await channel.close()
    assert len(account.sent) == 2


async def test_receipts_are_told_once_over_many_pages(provider: Provider, folder: Path) -> None:
    account, channel = Brevo(provider), brevo(provider, folder)
    for id in range(PAGE_EVENTS + 20):
        account.happen("delivered", id)
    account.happen("hardBounces", 900, reason=f"Unknown subscriber {NUMBER}")
    account.happen("accepted", 901)
    receipts = await channel.receipts()
    assert len(receipts) == PAGE_EVENTS + 21 and Receipt("900", False, "hardBounces") in receipts
    account.happen("delivered", 902)
    assert await channel.receipts() == [Receipt("902", True)]
    await channel.close()


async def test_stop_is_heard_from_replies_and_unsubscriptions(provider: Provider, folder: Path) -> None:
    account, channel = Brevo(provider), brevo(provider, folder)
    account.happen("replies", 1, reply="stop svp")
    account.happen("replies", 2, reply="Merci, à demain", phoneNumber="33612340079")
    account.happen("unsubscription", 3, phoneNumber=33612340080)
    assert sorted(await channel.objections()) == [NUMBER, "+33612340080"]
    assert await channel.objections() == []
    await channel.close()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (f"Invalid telephone number {NUMBER}", Refusal.UNKNOWN),
        (f"recipient {NUMBER} is unsubscribed", Refusal.OBJECTED),
    ],
)
async def test_a_number_is_refused_for_good(
    provider: Provider, folder: Path, said: str, reason: Refusal
) -> None:
    account, channel = Brevo(provider), brevo(provider, folder)
    account.refuses = Reply(400, {"code": "invalid_parameter", "message": said})
    with pytest.raises(AddressRefused) as refused:
        await channel.send(text())
    await channel.close()
    assert refused.value.reason is reason
    tells_nothing(refused.value)


async def test_no_credit_stops_the_channel_and_the_check_says_so(provider: Provider, folder: Path) -> None:
    account, channel = Brevo(provider), brevo(provider, folder)
    assert await channel.check() == []
    account.credits, account.refuses = 0, Reply(400, {"code": "not_enough_credits", "message": "no"})
    with pytest.raises(ChannelBroken, match="credit"):
        await channel.send(text())
    assert "credit" in (await channel.check())[0]
    await channel.close()
