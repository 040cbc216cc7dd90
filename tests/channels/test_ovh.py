# SPDX-License-Identifier: AGPL-3.0-or-later
"""OVHcloud SMS, against a server of its documented shape that checks every signature."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any

import pytest

from channels.accounts import SERVICE, ovh
from channels.markers import KEY, NUMBER, SECRETS, WORDS, tells_nothing, text
from channels.provider import Asked, Provider, Reply
from serment.notifier.channels import AddressRefused, ChannelBroken, Receipt, Refusal
from serment.notifier.channels.ovh import FETCHED_A_POLL_MAX, OvhSettings
from serment.notifier.channels.settings import ConfigWrong

AHEAD = 4000  # seconds by which OVHcloud's clock is ahead of ours
BELOW = f"/1.0/sms/{SERVICE}"


class Ovh:
    """An SMS service with its history; refuses what is not signed for its own clock."""

    def __init__(self, provider: Provider) -> None:
        self.url = provider.url
        self.outgoing: dict[int, dict[str, Any]] = {}
        self.incoming: dict[int, dict[str, Any]] = {}
        self.blacklists: list[str] = []
        self.jobs: list[dict[str, Any]] = []
        self.invalid: list[str] = []
        self.status, self.credit, self.rights = "enable", 100.0, ["GET", "POST", "DELETE"]
        self.broken: set[str] = set()
        provider.answers = self.answer

    def answer(self, asked: Asked) -> Reply | None:
        if asked.path == "/1.0/auth/time":
            return Reply(200, int(time.time()) + AHEAD)
        head = asked.headers
        said = "+".join(
            (
                SECRETS[1],
                SECRETS[2],
                asked.method,
                self.url + asked.target,
                asked.body.decode(),
                head["x-ovh-timestamp"],
            )
        )
        if head["x-ovh-signature"] != "$1$" + hashlib.sha1(said.encode()).hexdigest():  # noqa: S324
            return Reply(403, {"errorCode": "INVALID_SIGNATURE", "message": "Invalid signature"})
        if (
            abs(int(head["x-ovh-timestamp"]) - time.time() - AHEAD) > 30
            or head["x-ovh-consumer"] != SECRETS[2]
        ):
            return Reply(403, {"message": "Invalid"})
        if asked.path in self.broken:
            return Reply(500, {"message": "broken"})
        if asked.path == "/1.0/auth/currentCredential":
            return Reply(200, {"rules": [{"method": right, "path": "/sms/*"} for right in self.rights]})
        return self.serve(asked, asked.path.removeprefix(BELOW))

    def serve(self, asked: Asked, path: str) -> Reply | None:
        kind, _, id = path.removeprefix("/").partition("/")
        if (asked.method, path) == ("POST", "/jobs"):
            self.jobs.append(asked.json)
            ids = [] if self.invalid else [100 + len(self.jobs)]
            self.outgoing |= {
                one: {"id": one, "tag": asked.json["tag"], "deliveryReceipt": 0, "ptt": 0} for one in ids
            }
            return Reply(
                200,
                {
                    "ids": ids,
                    "invalidReceivers": self.invalid,
                    "validReceivers": [],
                    "totalCreditsRemoved": 1,
                },
            )
        if path == "":
            return Reply(200, {"status": self.status, "creditsLeft": self.credit})
        if kind == "senders":
            return Reply(200, {"sender": id, "status": self.status})
        if kind == "blacklists":
            return Reply(200, self.blacklists)
        kept = {"outgoing": self.outgoing, "incoming": self.incoming}.get(kind)
        if kept is None:
            return None
        if not id:
            tag = asked.query.get("tag")
            return Reply(200, [one for one, row in kept.items() if tag in (None, row.get("tag"))])
        if asked.method == "DELETE":
            return Reply(200, None) if kept.pop(int(id), None) else None
        return Reply(200, kept[int(id)]) if int(id) in kept else None


async def test_a_signed_job_bears_what_a_reminder_needs(provider: Provider, folder: Path) -> None:
    account, channel = Ovh(provider), ovh(provider, folder, sender="RdvDie")
    taken = await channel.send(text())
    await channel.close()
    assert (taken.provider_id, taken.receipt_expected) == ("101", True)
    (job,) = account.jobs
    assert job["receivers"] == [NUMBER] and job["message"] == WORDS and job["tag"] == KEY[:20]
    assert job["noStopClause"] is True and job["priority"] == "high" and job["sender"] == "RdvDie"
    assert job["coding"] == "7bit" and "senderForResponse" not in job


async def test_words_outside_the_alphabet_go_as_unicode(provider: Provider, folder: Path) -> None:
    account, channel = Ovh(provider), ovh(provider, folder)
    await channel.send(text("Ça va ? Reçu"))
    await channel.close()
    assert account.jobs[0]["coding"] == "8bit" and account.jobs[0]["senderForResponse"] is True


async def test_a_repeat_is_not_sent_twice(provider: Provider, folder: Path) -> None:
    account, channel = Ovh(provider), ovh(provider, folder)
    first = await channel.send(text())
    again = await channel.send(text(repeat=True))
    assert again == first and len(account.jobs) == 1
    account.outgoing.clear()
    await channel.send(text(repeat=True))  # the first try had not been taken after all
    await channel.close()
    assert len(account.jobs) == 2


async def test_a_number_that_is_none_is_refused_for_good(provider: Provider, folder: Path) -> None:
    account, channel = Ovh(provider), ovh(provider, folder)
    account.invalid = [NUMBER]
    with pytest.raises(AddressRefused) as refused:
        await channel.send(text())
    await channel.close()
    assert refused.value.reason is Refusal.UNKNOWN
    tells_nothing(refused.value)


async def test_receipts_are_told_once_and_then_erased_there(provider: Provider, folder: Path) -> None:
    account, channel = Ovh(provider), ovh(provider, folder)
    for _ in range(3):
        await channel.send(text())
    account.outgoing[101] |= {"deliveryReceipt": 1, "ptt": 4}
    account.outgoing[102] |= {"deliveryReceipt": 2, "ptt": 5}
    assert await channel.receipts() == [Receipt("101", True), Receipt("102", False, "ptt-5")]
    assert set(account.outgoing) == {101, 102, 103}, "they are kept until the caller comes back"
    assert await channel.receipts() == []
    assert set(account.outgoing) == {103}
    await channel.close()


async def test_a_failure_half_way_loses_no_receipt(provider: Provider, folder: Path) -> None:
    account, channel = Ovh(provider), ovh(provider, folder)
    for number in range(1, 4):
        await channel.send(text())
        account.outgoing[100 + number] |= {"deliveryReceipt": 1, "ptt": 4}
    account.broken = {f"{BELOW}/outgoing/102"}
    assert [receipt.provider_id for receipt in await channel.receipts()] == ["101"]
    account.broken = set()
    assert sorted(receipt.provider_id for receipt in await channel.receipts()) == ["102", "103"]
    await channel.close()


async def test_what_stays_on_its_way_does_not_hide_the_rest(provider: Provider, folder: Path) -> None:
    account, channel = Ovh(provider), ovh(provider, folder)
    account.outgoing = {
        id: {"id": id, "deliveryReceipt": 0, "ptt": 1} for id in range(1, FETCHED_A_POLL_MAX + 1)
    }
    account.outgoing[FETCHED_A_POLL_MAX + 1] = {"id": FETCHED_A_POLL_MAX + 1, "deliveryReceipt": 1, "ptt": 4}
    assert await channel.receipts() == []
    assert await channel.receipts() == [Receipt(str(FETCHED_A_POLL_MAX + 1), True)]
    await channel.close()


async def test_stop_is_heard_from_answers_and_from_the_blacklist(provider: Provider, folder: Path) -> None:
    account, channel = Ovh(provider), ovh(provider, folder)
    account.incoming = {
        1: {"id": 1, "sender": "+33612340078", "message": "Stop"},
        2: {"id": 2, "sender": "+33612340079", "message": "Je viens"},
    }
    account.blacklists = ["+33612340080"]
    assert await channel.objections() == [NUMBER, "+33612340080"]
    assert set(account.incoming) == {1, 2}
    assert await channel.objections() == []
    assert set(account.incoming) == {2}
    await channel.close()


async def test_nothing_is_erased_where_the_operator_does_not_want_it(
    provider: Provider, folder: Path
) -> None:
    account, channel = Ovh(provider), ovh(provider, folder, erase=False)
    await channel.send(text())
    account.outgoing[101] |= {"deliveryReceipt": 1}
    assert len(await channel.receipts()) == 1
    assert await channel.receipts() == [] and set(account.outgoing) == {101}
    await channel.close()


async def test_the_check_names_what_is_wrong(provider: Provider, folder: Path) -> None:
    account, channel = Ovh(provider), ovh(provider, folder, sender="RdvDie")
    assert await channel.check() == []
    account.status, account.credit, account.rights = "disable", 0, ["GET", "POST"]
    found = " ".join(await channel.check())
    await channel.close()
    assert all(word in found for word in ("not enabled", "no credit", "RdvDie", "may not delete"))


async def test_a_wrong_secret_stops_the_channel(provider: Provider, folder: Path) -> None:
    Ovh(provider)
    (folder / "secret").write_text("anothersecret")
    channel = ovh(provider, folder)
    with pytest.raises(ChannelBroken, match="credentials"):
        await channel.send(text())
    await channel.close()


@pytest.mark.parametrize("changed", [{"service": "sms/../me"}, {"application_key": "a b"}, {"sender": "a/b"}])
def test_what_would_be_part_of_an_address_is_checked(folder: Path, changed: dict[str, str]) -> None:
    given = {
        "name": "ovh",
        "service": SERVICE,
        "application_key": "7kbG7Bk7S9Nt7ZSV",
        "application_secret_file": "secret",
        "consumer_key_file": "consumer",
    }
    with pytest.raises(ConfigWrong):
        OvhSettings(**(given | changed)).open(folder)
