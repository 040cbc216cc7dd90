# SPDX-License-Identifier: AGPL-3.0-or-later
"""What all channels over HTTPS share: how a provider fails, and what is known of a message then."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from pathlib import Path

import pytest

from channels.accounts import ALL, is_send, says, sent
from channels.markers import MARKERS, tells_nothing, text
from channels.provider import Provider, Reply
from serment.notifier.channels import ChannelBroken, ChannelError, NotNow, https
from serment.notifier.channels.settings import ConfigWrong

pytestmark = pytest.mark.parametrize("kind", ALL)


async def failing(kind: str, provider: Provider, folder: Path) -> ChannelError:
    """The error that Alice's message ends in, which tells nothing."""
    channel = ALL[kind](provider, folder)
    try:
        with pytest.raises(ChannelError) as failed:
            await channel.send(text())
    finally:
        await channel.close()
    tells_nothing(failed.value)
    return failed.value


async def test_alices_message_is_taken(kind: str, provider: Provider, folder: Path) -> None:
    provider.answers = sent
    channel = ALL[kind](provider, folder)
    taken = await channel.send(text())
    await channel.close()
    assert taken.receipt_expected and taken.provider_id
    (asked,) = [asked for asked in provider.asked if is_send(asked)]
    assert "61234" in asked.body.decode(), "the number went along"
    for request in provider.asked:
        head = request.target + repr(request.headers)
        assert not [marker for marker in MARKERS if marker in head], "addresses and headers end up in logs"
    assert not [marker for marker in MARKERS if marker in repr(channel) + repr(taken)]


@pytest.mark.parametrize("status", [429, 503])
async def test_a_provider_that_is_busy_is_asked_later(
    kind: str, provider: Provider, folder: Path, status: int
) -> None:
    provider.answers = says(Reply(status, {"message": "slow down"}, {"Retry-After": "120"}))
    failure = await failing(kind, provider, folder)
    assert isinstance(failure, NotNow) and not failure.maybe_sent
    assert failure.retry_after == dt.timedelta(seconds=120)


async def test_a_provider_that_stumbles_may_have_sent(kind: str, provider: Provider, folder: Path) -> None:
    provider.answers = says(Reply(500, {"message": "oh"}))
    failure = await failing(kind, provider, folder)
    assert isinstance(failure, NotNow) and failure.maybe_sent


@pytest.mark.parametrize(
    "reply", [Reply(200, {"a": "b" * 100}, cut=True), Reply(hang=True), Reply(200, b"<html>taken?</html>")]
)
async def test_a_lost_answer_may_have_been_a_yes(
    kind: str, provider: Provider, folder: Path, reply: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(https, "WHOLE_SECONDS_MAX", 0.5)
    provider.answers = says(reply)
    failure = await failing(kind, provider, folder)
    assert isinstance(failure, NotNow) and failure.maybe_sent


async def test_an_endless_answer_is_not_read_to_its_end(kind: str, provider: Provider, folder: Path) -> None:
    provider.answers = says(Reply(200, {}, endless=True))
    async with asyncio.timeout(https.WHOLE_SECONDS_MAX / 4):
        failure = await failing(kind, provider, folder)
    assert isinstance(failure, NotNow) and failure.maybe_sent


@pytest.mark.parametrize("status", [401, 402, 403, 404, 422])
async def test_what_may_be_our_own_fault_writes_no_patient_off(
    kind: str, provider: Provider, folder: Path, status: int
) -> None:
    provider.answers = says(Reply(status, {"message": "no"}))
    assert isinstance(await failing(kind, provider, folder), ChannelBroken)


async def test_a_redirection_is_not_followed(kind: str, provider: Provider, folder: Path) -> None:
    provider.answers = says(Reply(307, {}, {"Location": f"{provider.url}/elsewhere"}))
    failure = await failing(kind, provider, folder)
    assert isinstance(failure, ChannelBroken) and "redirects" in failure.sentence
    assert not [asked for asked in provider.asked if asked.path == "/elsewhere"]


async def test_a_certificate_of_somebody_else_gets_nothing(
    kind: str, foreign_tls: ssl.SSLContext, folder: Path
) -> None:
    async with Provider(foreign_tls) as provider:
        provider.answers = sent
        failure = await failing(kind, provider, folder)
        assert isinstance(failure, ChannelBroken) and "certificate" in failure.sentence
        assert not provider.asked


async def test_a_certificate_for_another_name_gets_nothing(kind: str, folder: Path, authority) -> None:  # type: ignore[no-untyped-def]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("sms.example.org").configure_cert(context)
    async with Provider(context) as provider:
        failure = await failing(kind, provider, folder)
        assert isinstance(failure, ChannelBroken) and not provider.asked


async def test_nobody_listens_and_nothing_left(kind: str, provider: Provider, folder: Path) -> None:
    provider._server.close()
    failure = await failing(kind, provider, folder)
    assert isinstance(failure, NotNow) and not failure.maybe_sent
    channel = ALL[kind](provider, folder)
    (found,) = await channel.check()
    assert "does not answer" in found


async def test_a_proxy_of_the_environment_is_not_told(
    kind: str, provider: Provider, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    provider.answers = sent
    channel = ALL[kind](provider, folder)
    assert (await channel.send(text())).provider_id
    await channel.close()


async def test_wrong_credentials_are_said_by_the_check(kind: str, provider: Provider, folder: Path) -> None:
    provider.answers = lambda asked: sent(asked) if asked.path.endswith("/auth/time") else Reply(401, {})
    channel = ALL[kind](provider, folder)
    (found,) = await channel.check()
    await channel.close()
    assert "credentials" in found
    assert not [asked for asked in provider.asked if is_send(asked)], "a check sends nothing"


@pytest.mark.parametrize(
    "bad", ["http://sms.example.org", "https://user:pw@sms.example.org", "https://", "ftp://x", "https://a b"]
)
def test_an_address_that_is_not_safe_is_refused(kind: str, folder: Path, bad: str) -> None:
    class Nowhere:
        url = bad

    with pytest.raises(ConfigWrong):
        ALL[kind](Nowhere(), folder)
