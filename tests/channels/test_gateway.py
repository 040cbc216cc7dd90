# SPDX-License-Identifier: AGPL-3.0-or-later
"""A gateway described in notifier.toml: what is sent, how answers are understood, and which descriptions are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from channels.accounts import gateway, says, sent
from channels.markers import KEY, NUMBER, SECRETS, WORDS, tells_nothing, text
from channels.provider import Asked, Provider, Reply
from serment.notifier.channels import AddressRefused, ChannelBroken, ChannelError, NotNow, Receipt, Refusal
from serment.notifier.channels.http_sms import HttpSmsSettings
from serment.notifier.channels.http_sms.mapping import Rule, Send, at
from serment.notifier.channels.settings import ConfigWrong


async def test_the_description_is_filled_in(provider: Provider, folder: Path) -> None:
    provider.answers = sent
    channel = gateway(provider, folder)
    taken = await channel.send(text())
    await channel.close()
    assert taken.provider_id == "4711"
    (asked,) = provider.asked
    assert asked.json == {"to": [NUMBER[1:]], "text": WORDS, "options": {"language": "fr", "flash": False}}
    assert (
        asked.headers["authorization"] == f"Bearer {SECRETS[1]}" and asked.headers["idempotency-key"] == KEY
    )


async def test_what_a_patient_wrote_is_never_taken_for_a_placeholder(
    provider: Provider, folder: Path
) -> None:
    provider.answers = sent
    channel = gateway(provider, folder)
    await channel.send(text("{secret:token} {key} {to}"))
    await channel.close()
    assert provider.asked[0].json["text"] == "{secret:token} {key} {to}"


async def test_a_form_is_filled_in_too(provider: Provider, folder: Path) -> None:
    provider.answers = sent
    given = {
        "url": f"{provider.url}/messages",
        "body": "form",
        "fields": {"to": "{to}", "msg": "{body}", "apikey": "{secret:token}"},
        "taken": {"status": [202]},
    }
    channel = HttpSmsSettings(
        name="form", ca_file="ca.pem", secrets={"token": "secret"}, send=msgspec.convert(given, Send)
    ).open(folder)
    taken = await channel.send(text())
    found = await channel.check()
    await channel.close()
    assert provider.asked[0].form == {"to": NUMBER, "msg": WORDS, "apikey": SECRETS[1]}
    assert taken.provider_id is None and not taken.receipt_expected
    assert await channel.receipts() == [] and await channel.objections() == [] and "no probe" in found[0]


@pytest.mark.parametrize(
    ("reply", "error", "reason"),
    [
        (Reply(400, {"error": {"code": "bad_number", "to": NUMBER}}), AddressRefused, Refusal.UNKNOWN),
        (Reply(200, {"status": "error", "error": {"code": "stopped"}}), AddressRefused, Refusal.OBJECTED),
        (Reply(422, {"error": {"code": "too_long"}}), AddressRefused, Refusal.MESSAGE),
        (Reply(200, {"status": "error", "error": {"code": 7}}), NotNow, None),
        (Reply(400, {"error": {"code": "what?"}}), ChannelBroken, None),
        (Reply(400, {"error": "bad_number"}), ChannelBroken, None),
    ],
)
async def test_refusals_are_understood_as_described(
    provider: Provider, folder: Path, reply: Reply, error: type[ChannelError], reason: Refusal | None
) -> None:
    provider.answers = says(reply)
    channel = gateway(provider, folder)
    with pytest.raises(error) as refused:
        await channel.send(text())
    await channel.close()
    assert getattr(refused.value, "reason", None) == reason and not getattr(
        refused.value, "maybe_sent", False
    )
    tells_nothing(refused.value)


async def test_receipts_and_stops_are_read_where_the_description_says(
    provider: Provider, folder: Path
) -> None:
    lists: dict[str, Any] = {
        "/reports": {
            "data": [
                {"id": 1, "state": "DELIVERED"},
                {"id": "2", "state": "FAILED", "cause": f"{NUMBER} is off"},
                {"id": 3, "state": "SENT"},
            ]
        },
        "/inbox": [{"from": NUMBER[1:], "text": "stop"}, {"from": "0033612340079", "text": "à demain"}],
        "/account": {},
    }

    def answer(asked: Asked) -> Reply | None:
        assert asked.headers["authorization"] == f"Bearer {SECRETS[1]}"
        return Reply(200, lists[asked.path])

    provider.answers = answer
    channel = gateway(provider, folder)
    assert await channel.check() == []
    assert await channel.receipts() == [Receipt("1", True), Receipt("2", False, "")]
    assert await channel.receipts() == []
    assert await channel.objections() == [NUMBER] and await channel.objections() == []
    lists["/reports"] = {"rows": []}
    with pytest.raises(ChannelBroken, match="no list at data"):
        await channel.receipts()
    await channel.close()


def test_a_path_leads_through_tables_and_lists() -> None:
    said = {"messages": [{"id": 5}, {"id": 6}], "n": 1}
    assert at(said, "messages.1.id") == 6 and at(said, ".") == said
    assert at(said, "messages.2.id") is None and at(said, "n.x") is None and at(None, "a") is None
    assert Rule(path="n", equals=["1"]).fits(200, said) and not Rule(path="n", equals=[True]).fits(200, said)


GOOD: dict[str, Any] = {
    "name": "gateway",
    "send": {
        "url": "https://sms.example.org/v1",
        "fields": {"to": "{to}"},
        "taken": {"status": [200]},
        "id": "id",
    },
    "secrets": {"token": "secret"},
}


def test_the_good_description_is_one(folder: Path) -> None:
    msgspec.convert({"kind": "http", **GOOD}, HttpSmsSettings).open(folder)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"send": {"url": "https://sms.example.org/{to}"}}, "no placeholder"),
        ({"send": {"url": "https://sms.example.org/?key=1"}}, "end up in logs"),
        ({"send": {"url": "http://sms.example.org/"}}, "https"),
        ({"send": {"method": "GET", "fields": {}}}, "POST or a PUT"),
        ({"send": {"headers": {"X-To": "{to}"}}}, "not known there"),
        ({"send": {"headers": {"Host": "elsewhere"}}}, "cannot be set"),
        ({"send": {"headers": {"X-A": "a\r\nX-B: b"}}}, "headers cannot"),
        ({"send": {"fields": {"to": "{number}"}}}, "not known there"),
        ({"send": {"fields": {"to": "{secret:other}"}}}, "secret:token"),
        ({"send": {"fields": {"to": "{to"}}}, "no partner"),
        ({"send": {"body": "form", "fields": {"to": {"deep": "{to}"}}}}, "too deep"),
        ({"send": {"taken": {}}}, "fit every answer"),
        ({"send": {"taken": {"path": "a"}}}, "go together"),
        ({"send": {"id": "a b"}}, "no path"),
        ({"probe": {"url": "https://elsewhere.example/", "method": "GET"}}, "one host"),
        (
            {"probe": {"url": "https://sms.example.org/", "method": "GET", "fields": {"a": "b"}}},
            "GET has no fields",
        ),
        ({"probe": {"url": "https://sms.example.org/", "fields": {"a": "{to}"}}}, "not known there"),
        ({"secrets": {"token": "absent"}}, "cannot be read"),
    ],
)
def test_a_description_that_would_tell_or_mistake_something_is_refused(
    folder: Path, changed: dict[str, Any], sentence: str
) -> None:
    given = {"kind": "http", **GOOD, **changed, "send": {**GOOD["send"], **changed.get("send", {})}}
    with pytest.raises(ConfigWrong, match=sentence):
        msgspec.convert(given, HttpSmsSettings).open(folder)


def test_an_unknown_word_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="tken"):
        msgspec.convert({"kind": "http", **GOOD, "send": {**GOOD["send"], "tken": 1}}, HttpSmsSettings)
