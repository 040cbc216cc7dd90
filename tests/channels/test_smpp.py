# SPDX-License-Identifier: AGPL-3.0-or-later
"""SMS over SMPP 3.4, to a centre that another library wrote, over TLS."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiosmpplib.state import SAR_MSG_REF_NUM, SAR_SEGMENT_SEQNUM, SAR_TOTAL_SEGMENTS, TON, SmppCommandStatus

from channels.centre import OK, Centre
from channels.markers import NUMBER, WORDS, tells_nothing, text
from serment.domain.gsm7 import BASIC, EXTENSION
from serment.notifier.channels import AddressRefused, ChannelBroken, ChannelError, NotNow, Receipt, Refusal
from serment.notifier.channels import smpp as channels_smpp
from serment.notifier.channels.settings import ConfigWrong
from serment.notifier.channels.smpp import SmppSettings, link

RECEIPT = 0x04
LONG = "Rappel : " + "à demain, " * 30  # two parts and more


@pytest.fixture
async def centre(server_tls: ssl.SSLContext) -> AsyncIterator[Centre]:
    async with Centre(server_tls) as centre:
        yield centre


def account(centre: Centre, folder: Path, **changed: Any) -> channels_smpp.Centre:
    given = {
        "name": "smpp",
        "host": "localhost",
        "port": centre.port,
        "system_id": "serment",
        "password_file": "password",
        "sender": "RdvDie",
        "ca_file": "ca.pem",
    }
    return SmppSettings(**(given | changed)).open(folder)


async def until(true: Callable[[], bool]) -> None:
    """Waits for what the other side does in its own time."""
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110  # the other side raises no flag of ours
            await asyncio.sleep(0.01)


async def test_a_short_message_is_one_unit(centre: Centre, folder: Path) -> None:
    channel = account(centre, folder)
    assert await channel.check() == []
    taken = await channel.send(text())
    await channel.close()
    assert (taken.provider_id, taken.receipt_expected) == ("id-1", True)
    (unit,) = centre.submitted
    assert unit.short_message == WORDS and unit.destination.number == NUMBER[1:]
    assert unit.destination.ton is TON.INTERNATIONAL and unit.source.ton is TON.ALPHANUMERIC
    assert unit.registered_delivery == 1 and unit.esm_class == 0 and unit.validity_period is not None


@pytest.mark.parametrize(
    ("sender", "ton"), [("+33700000000", TON.INTERNATIONAL), ("38000", TON.NETWORK_SPECIFIC)]
)
async def test_a_sender_is_named_as_what_it_is(centre: Centre, folder: Path, sender: str, ton: TON) -> None:
    channel = account(centre, folder, sender=sender)
    await channel.send(text())
    await channel.close()
    assert centre.submitted[0].source.ton is ton and centre.submitted[0].source.number == sender.lstrip("+")


@pytest.mark.parametrize("body", [LONG, "Reçu. " + "ç" * 200])
async def test_a_long_message_comes_together_again(centre: Centre, folder: Path, body: str) -> None:
    channel = account(centre, folder)
    taken = await channel.send(text(body))
    await channel.close()
    assert "".join(unit.short_message for unit in centre.submitted) == body
    heads = [{param.tag: param.value for param in unit.optional_params or []} for unit in centre.submitted]
    count = len(centre.submitted)
    assert count > 1 and [head[SAR_SEGMENT_SEQNUM] for head in heads] == list(range(1, count + 1))
    assert {head[SAR_TOTAL_SEGMENTS] for head in heads} == {count} and len(
        {head[SAR_MSG_REF_NUM] for head in heads}
    ) == 1
    assert [unit.registered_delivery for unit in centre.submitted] == [0] * (count - 1) + [1]
    assert taken.provider_id == f"id-{count}", "the receipt is the last part's"


async def test_the_whole_alphabet_arrives_as_another_library_reads_it(centre: Centre, folder: Path) -> None:
    letters = "".join(sorted((BASIC | EXTENSION) - {"\f"}))  # a form feed is not in that library's table
    channel = account(centre, folder)
    await channel.send(text(letters))
    await channel.close()
    assert len(centre.submitted) == 1 and centre.submitted[0].short_message == letters


async def test_many_at_once_find_their_own_answers(centre: Centre, folder: Path) -> None:
    channel = account(centre, folder)
    numbers = [f"+336123400{number:02}" for number in range(30)]
    taken = await asyncio.gather(*(channel.send(text(to=number)) for number in numbers))
    await channel.close()
    by_id = {
        f"id-{place}": f"+{unit.destination.number}" for place, unit in enumerate(centre.submitted, start=1)
    }
    assert [by_id[one.provider_id or ""] for one in taken] == numbers and centre.binds == 1


@pytest.mark.parametrize(
    ("status", "error", "reason"),
    [
        (SmppCommandStatus.ESME_RINVDSTADR, AddressRefused, Refusal.UNKNOWN),
        (SmppCommandStatus.ESME_RINVMSGLEN, AddressRefused, Refusal.MESSAGE),
        (SmppCommandStatus.ESME_RTHROTTLED, NotNow, None),
        (SmppCommandStatus.ESME_RMSGQFUL, NotNow, None),
        (SmppCommandStatus.ESME_RSYSERR, NotNow, None),
        (SmppCommandStatus.ESME_RINVSRCADR, ChannelBroken, None),
    ],
)
async def test_what_a_status_means(
    centre: Centre, folder: Path, status: Any, error: type[ChannelError], reason: Refusal | None
) -> None:
    centre.status = lambda message: status
    channel = account(centre, folder)
    with pytest.raises(error) as refused:
        await channel.send(text())
    await channel.close()
    assert getattr(refused.value, "reason", None) == reason and not getattr(
        refused.value, "maybe_sent", False
    )
    tells_nothing(refused.value)


async def test_a_long_message_that_stops_half_way_may_have_been_seen(centre: Centre, folder: Path) -> None:
    centre.status = lambda message: OK if len(centre.submitted) == 1 else SmppCommandStatus.ESME_RTHROTTLED
    channel = account(centre, folder)
    with pytest.raises(NotNow) as failed:
        await channel.send(text(LONG))
    await channel.close()
    assert failed.value.maybe_sent


@pytest.mark.parametrize("status", [None, "cut"])
async def test_a_lost_answer_may_have_been_a_yes_and_the_next_message_goes_out(
    centre: Centre, folder: Path, status: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "ANSWER_SECONDS_MAX", 0.3)
    centre.status = lambda message: status
    channel = account(centre, folder)
    with pytest.raises(NotNow) as failed:
        await channel.send(text())
    tells_nothing(failed.value)
    assert failed.value.maybe_sent
    centre.status = lambda message: OK
    assert (await channel.send(text())).provider_id == "id-2"
    await channel.close()
    assert centre.binds == 2


async def test_receipts_come_down_the_session(centre: Centre, folder: Path) -> None:
    channel = account(centre, folder)
    await channel.send(text())
    await centre.say(
        "id:id-1 sub:001 dlvrd:001 submit date:2611261000 done date:2611261001 stat:DELIVRD err:000 Text:",
        esm_class=RECEIPT,
    )
    await centre.say("id:other stat:UNDELIV err:0x1F", receipt_of="id-2", esm_class=RECEIPT)
    await centre.say("id:id-3 stat:ENROUTE err:000", esm_class=RECEIPT)
    await centre.say(f"something about {NUMBER}", esm_class=RECEIPT)
    await until(lambda: len(centre.acknowledged) == 4)
    assert await channel.receipts() == [Receipt("id-1", True), Receipt("id-2", False, "UNDELIV-0x1F")]
    assert await channel.receipts() == []
    await channel.close()


async def test_a_stop_is_acknowledged_once_it_is_kept(centre: Centre, folder: Path) -> None:
    channel = account(centre, folder)
    await channel.check()
    stop = await centre.say("Stop")
    thanks = await centre.say("Merci, à demain", "33612340079")
    await until(lambda: thanks in centre.acknowledged)
    assert await channel.objections() == [NUMBER] and stop not in centre.acknowledged
    assert await channel.objections() == []  # the caller comes back: it is kept
    await until(lambda: stop in centre.acknowledged)
    await channel.close()


async def test_a_stop_that_a_crash_took_is_said_again(centre: Centre, folder: Path) -> None:
    first = account(centre, folder)
    await first.check()
    await centre.say("STOP")
    await asyncio.sleep(0.05)
    await first.close()  # nobody asked for objections meanwhile
    second = account(centre, folder)
    await second.check()
    await asyncio.sleep(0.05)
    assert await second.objections() == [NUMBER]
    await second.close()


async def test_what_does_not_fit_stays_with_the_centre(
    centre: Centre, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels_smpp, "KEPT_MAX", 1)
    channel = account(centre, folder)
    await channel.check()
    await centre.say("id:id-1 stat:DELIVRD err:000", esm_class=RECEIPT)
    await centre.say("id:id-2 stat:DELIVRD err:000", esm_class=RECEIPT)
    await centre.say("STOP", "33612340078")
    await centre.say("STOP", "33612340079")
    await until(lambda: len(centre.refused) == 2 and len(centre.acknowledged) == 1)
    assert await channel.receipts() == [Receipt("id-1", True)] and await channel.objections() == [NUMBER]
    await channel.close()


async def test_what_was_heard_is_told_though_the_centre_is_gone(centre: Centre, folder: Path) -> None:
    channel = account(centre, folder)
    await channel.check()
    await centre.say("id:id-1 stat:DELIVRD err:000", esm_class=RECEIPT)
    await centre.say("STOP")
    await until(lambda: len(centre.acknowledged) == 1)
    centre._server.close()
    await centre.hang_up()
    assert await channel.receipts() == [Receipt("id-1", True)] and await channel.objections() == [NUMBER]
    with pytest.raises(NotNow):
        await channel.objections()
    await channel.close()


async def test_a_session_that_ends_is_bound_again(centre: Centre, folder: Path) -> None:
    channel = account(centre, folder)
    await channel.send(text())
    await centre.hang_up()
    assert (await channel.send(text())).provider_id == "id-2" and centre.binds == 2
    await channel.close()
    await channel.close()


async def test_silence_is_looked_into(centre: Centre, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "IDLE_SECONDS", 0.1)
    channel = account(centre, folder)
    await channel.send(text())
    await until(lambda: centre.enquired >= 2)
    assert (await channel.send(text())).provider_id == "id-2" and centre.binds == 1
    await channel.close()


@pytest.mark.parametrize(
    "raw",
    [
        (20).to_bytes(4, "big")
        + (5).to_bytes(4, "big")
        + bytes(4)
        + (77).to_bytes(4, "big")
        + b"\xff\xff\xff\xff",
        (16).to_bytes(4, "big") + (0x777).to_bytes(4, "big") + bytes(4) + (78).to_bytes(4, "big"),
    ],
)
async def test_a_unit_that_cannot_be_read_does_not_end_the_session(
    centre: Centre, folder: Path, raw: bytes
) -> None:
    channel = account(centre, folder)
    await channel.send(text())
    await centre.write(raw)
    assert (await channel.send(text())).provider_id == "id-2" and centre.binds == 1
    await channel.close()


async def test_a_unit_without_end_ends_the_session(centre: Centre, folder: Path) -> None:
    channel = account(centre, folder)
    await channel.send(text())
    await centre.write((2**31).to_bytes(4, "big") + (5).to_bytes(4, "big") + bytes(8))
    await asyncio.sleep(0.05)
    assert (await channel.send(text())).provider_id == "id-2" and centre.binds == 2
    await channel.close()


async def test_a_wrong_password_stops_the_channel(centre: Centre, folder: Path) -> None:
    (folder / "password").write_text("wrong")
    channel = account(centre, folder)
    with pytest.raises(ChannelBroken, match="set up") as refused:
        await channel.send(text())
    tells_nothing(refused.value)
    assert "set up" in (await channel.check())[0]
    await channel.close()


async def test_a_certificate_of_somebody_else_gets_nothing(foreign_tls: ssl.SSLContext, folder: Path) -> None:
    async with Centre(foreign_tls) as centre:
        channel = account(centre, folder)
        with pytest.raises(ChannelBroken, match="certificate"):
            await channel.send(text())
        assert centre.binds == 0


async def test_a_certificate_for_another_name_gets_nothing(folder: Path, authority) -> None:  # type: ignore[no-untyped-def]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("centre.example.org").configure_cert(context)
    async with Centre(context) as centre:
        with pytest.raises(ChannelBroken, match="certificate"):
            await account(centre, folder).send(text())
        assert centre.binds == 0


async def test_nobody_listens(centre: Centre, folder: Path) -> None:
    channel = account(centre, folder, port=1)
    with pytest.raises(NotNow) as failed:
        await channel.send(text())
    assert not failed.value.maybe_sent and "does not answer" in (await channel.check())[0]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"tls": "none", "host": "centre.example.org"}, "show every number"),
        ({"system_id": "s" * 16}, "1 to 15"),
        ({"sender": "RendezVousDie"}, "sender or port"),
        ({"password_file": "consumer"}, "more than 8"),
    ],
)
def test_a_configuration_that_cannot_be_used_says_so(
    folder: Path, changed: dict[str, Any], sentence: str
) -> None:
    given = {
        "name": "smpp",
        "host": "localhost",
        "port": 2775,
        "system_id": "serment",
        "password_file": "password",
        "sender": "RdvDie",
    }
    with pytest.raises(ConfigWrong, match=sentence):
        SmppSettings(**(given | changed)).open(folder)
