# SPDX-License-Identifier: AGPL-3.0-or-later
"""E-mail through a real SMTP server (aiosmtpd) over real TLS, and through servers that fail in the ways servers fail."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from channels.markers import ADDRESS, KEY, SECRETS, WORDS, letter, tells_nothing
from serment.notifier.channels import AddressRefused, ChannelBroken, ChannelError, NotNow, Refusal, smtp
from serment.notifier.channels.settings import ConfigWrong
from serment.notifier.channels.smtp import Relay, SmtpSettings, compose

pytestmark = pytest.mark.filterwarnings(
    "ignore:Requiring AUTH while not requiring TLS"
)  # TLS comes first there

SENDER = "rendez-vous@example.org"
NOWHERE = ADDRESS.replace("example.org", "-..example")


class Post:
    """A relay's mind: what it answers at each step, and what it took."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.sessions: list[Session] = []
        self.to = self.sender = self.data = "250 OK"

    async def handle_MAIL(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if self.sender.startswith("250"):
            envelope.mail_from = address
        return self.sender

    async def handle_RCPT(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if self.to.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        if self.data.startswith("250"):
            self.taken.append(envelope)
            self.sessions.append(session)
        return self.data


@contextlib.asynccontextmanager
async def relay(
    post: Post, folder: Path, tls: ssl.SSLContext, *, implicit: bool = False, trusted: bool = True
) -> AsyncIterator[Relay]:
    def signs_in(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data == LoginPassword(b"serment", SECRETS[0].encode()), handled=False)

    def make() -> SMTP:
        starttls = {} if implicit else {"tls_context": tls, "require_starttls": True}
        return SMTP(
            post,
            hostname="relay.example",
            enable_SMTPUTF8=True,
            auth_required=True,
            authenticator=signs_in,
            auth_require_tls=not implicit,
            **starttls,
        )

    server = await asyncio.get_running_loop().create_server(
        make, "127.0.0.1", 0, ssl=tls if implicit else None
    )
    settings = SmtpSettings(
        name="mail",
        host="localhost",
        port=server.sockets[0].getsockname()[1],
        sender=SENDER,
        sender_name="Rendez-vous",
        tls="implicit" if implicit else "starttls",
        user="serment",
        password_file="password",
        ca_file="ca.pem" if trusted else "",
    )
    channel = settings.open(folder)
    try:
        yield channel
    finally:
        await channel.close()
        server.close()


@contextlib.asynccontextmanager
async def bare(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any], folder: Path
) -> AsyncIterator[Relay]:
    """A relay on this machine, without TLS, that says exactly what the test writes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await talk(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    channel = SmtpSettings(name="mail", host="127.0.0.1", port=port, sender=SENDER, tls="none").open(folder)
    try:
        yield channel
    finally:
        await channel.close()
        server.close()


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, until: bytes) -> None:
    """Says yes to everything before the command `until`."""
    writer.write(b"220 relay.example\r\n")
    while not (line := await reader.readline()).startswith(until):
        if not line:
            raise ConnectionError
        writer.write(b"250 relay.example\r\n")


@pytest.mark.parametrize("implicit", [False, True])
async def test_alices_letter_arrives_whole(folder: Path, server_tls: ssl.SSLContext, implicit: bool) -> None:
    post = Post()
    async with relay(post, folder, server_tls, implicit=implicit) as channel:
        assert await channel.check() == []
        taken = await channel.send(letter())
        assert taken.provider_id is None and not taken.receipt_expected
    (envelope,) = post.taken
    assert envelope.rcpt_tos == [ADDRESS] and envelope.mail_from == SENDER
    assert post.sessions[0].host_name == "example.org", "this machine's own name is nobody's business"
    message = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert message["Message-ID"] == f"<{KEY}@rdv.example.org>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Unsubscribe"] == "<https://rdv.example.org/stop/bWFya2Vy>"
    assert message["Auto-Submitted"] == "auto-generated" and message["From"] == f"Rendez-vous <{SENDER}>"
    text, html, calendar = (part for part in message.walk() if not part.is_multipart())
    assert text.get_content().splitlines() == ["Bonjour,", "", WORDS, ".", "À demain"]
    assert html.get_content_type() == "text/html" and WORDS in html.get_content()
    assert calendar.get_content_type() == "text/calendar" and calendar.get_param("method") == "PUBLISH"
    assert calendar.get_filename() == "rendez-vous.ics" and "BEGIN:VCALENDAR" in calendar.get_content()


async def test_a_repeat_bears_the_same_message_id(folder: Path, server_tls: ssl.SSLContext) -> None:
    post = Post()
    async with relay(post, folder, server_tls) as channel:
        await channel.send(letter())
        await channel.send(letter())
    ids = [email.message_from_bytes(envelope.content)["Message-ID"] for envelope in post.taken]
    assert len(ids) == 2 and len(set(ids)) == 1


async def test_one_connection_serves_many_letters_and_a_dropped_one_is_made_anew(
    folder: Path, server_tls: ssl.SSLContext
) -> None:
    post = Post()
    async with relay(post, folder, server_tls) as channel:
        await channel.send(letter())
        await channel.send(letter())
        assert len({id(session) for session in post.sessions}) == 1
        # The relay hangs up between two letters, as relays do after a while.
        channel._client.transport.abort()  # type: ignore[union-attr]
        await channel.send(letter())
    assert len(post.taken) == 3 and len({id(session) for session in post.sessions}) == 2


async def test_two_letters_at_once_take_turns(folder: Path, server_tls: ssl.SSLContext) -> None:
    post = Post()
    async with relay(post, folder, server_tls) as channel:
        await asyncio.gather(*(channel.send(letter(f"alice{number}@example.org")) for number in range(5)))
    assert sorted(envelope.rcpt_tos[0][:6] for envelope in post.taken) == [
        f"alice{number}" for number in range(5)
    ]


@pytest.mark.parametrize(
    ("said", "error", "reason"),
    [
        (f"550 5.1.1 <{ADDRESS}>: no such mailbox", AddressRefused, Refusal.UNKNOWN),
        (f"552 5.2.2 <{ADDRESS}> is full", AddressRefused, Refusal.REFUSED),
        (f"554 5.7.1 <{ADDRESS}>: Relay access denied", ChannelBroken, None),
        (f"450 4.2.0 <{ADDRESS}>: greylisted", NotNow, None),
    ],
)
async def test_what_the_relay_says_of_a_recipient(
    folder: Path, server_tls: ssl.SSLContext, said: str, error: type[ChannelError], reason: Refusal | None
) -> None:
    post = Post()
    post.to = said
    async with relay(post, folder, server_tls) as channel:
        with pytest.raises(error) as refused:
            await channel.send(letter())
        tells_nothing(refused.value)
        assert getattr(refused.value, "reason", None) == reason
        assert not getattr(refused.value, "maybe_sent", False)
        post.to = "250 OK"
        await channel.send(letter("tom@example.org"))  # the next letter is none the worse for it
    assert [envelope.rcpt_tos for envelope in post.taken] == [["tom@example.org"]]


@pytest.mark.parametrize(
    ("said", "error"), [("554 5.7.1 spam, says the relay", AddressRefused), ("451 4.3.0 later", NotNow)]
)
async def test_what_the_relay_says_of_the_letter(
    folder: Path, server_tls: ssl.SSLContext, said: str, error: type[ChannelError]
) -> None:
    post = Post()
    post.data = said
    async with relay(post, folder, server_tls) as channel:
        with pytest.raises(error) as refused:
            await channel.send(letter())
    tells_nothing(refused.value)
    assert not getattr(refused.value, "maybe_sent", False), "the relay said no: nothing was sent"


async def test_a_relay_that_refuses_our_sender_stops_the_channel(
    folder: Path, server_tls: ssl.SSLContext
) -> None:
    post = Post()
    post.sender = "553 5.7.1 not yours"
    async with relay(post, folder, server_tls) as channel:
        with pytest.raises(ChannelBroken):
            await channel.send(letter())
        assert "sender" in (await channel.check())[0]


async def test_a_wrong_password_stops_the_channel(folder: Path, server_tls: ssl.SSLContext) -> None:
    (folder / "password").write_text("wrong")
    async with relay(Post(), folder, server_tls) as channel:
        with pytest.raises(ChannelBroken, match="password") as refused:
            await channel.send(letter())
        tells_nothing(refused.value)
        assert "password" in (await channel.check())[0]


@pytest.mark.parametrize("implicit", [False, True])
async def test_a_certificate_of_somebody_else_gets_nothing(
    folder: Path, foreign_tls: ssl.SSLContext, implicit: bool
) -> None:
    post = Post()
    async with relay(post, folder, foreign_tls, implicit=implicit) as channel:
        with pytest.raises(ChannelBroken, match="certificate") as refused:
            await channel.send(letter())
        tells_nothing(refused.value)
        assert "certificate" in (await channel.check())[0]
    assert not post.taken


async def test_a_relay_that_offers_no_starttls_gets_nothing(folder: Path, authority: Any) -> None:
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 relay.example\r\n")
        while line := await reader.readline():
            heard.append(line)
            writer.write(b"250 relay.example\r\n" if line.startswith(b"EHLO") else b"502 no\r\n")

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    channel = SmtpSettings(name="mail", host="localhost", port=port, sender=SENDER, ca_file="ca.pem").open(
        folder
    )
    with pytest.raises(ChannelBroken, match="STARTTLS"):
        await channel.send(letter())
    await channel.close()
    server.close()
    assert not any(line.startswith((b"MAIL", b"RCPT", b"DATA")) for line in heard)


async def test_cut_before_the_letter_left_nothing_was_sent(folder: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await greet(reader, writer, b"RCPT")

    async with bare(talk, folder) as channel:
        with pytest.raises(NotNow) as failed:
            await channel.send(letter())
    tells_nothing(failed.value)
    assert not failed.value.maybe_sent


async def test_cut_after_the_letter_left_it_may_have_been_sent(folder: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await greet(reader, writer, b"DATA")
        writer.write(b"354 go on\r\n")
        await reader.readuntil(b"\r\n.\r\n")

    async with bare(talk, folder) as channel:
        with pytest.raises(NotNow) as failed:
            await channel.send(letter())
    tells_nothing(failed.value)
    assert failed.value.maybe_sent


async def test_a_relay_that_hangs_is_left_after_its_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "COMMAND_SECONDS_MAX", 0.3)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await greet(reader, writer, b"DATA")
        writer.write(b"354 go on\r\n")
        await reader.read()

    async with bare(talk, folder) as channel:
        with pytest.raises(NotNow) as failed:
            await channel.send(letter())
        assert failed.value.maybe_sent


async def test_a_send_that_is_given_up_does_not_hand_its_answer_to_the_next(folder: Path) -> None:
    """The first letter's answer comes late; the second must not take it for its own."""
    connections, late = 0, asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        first = connections == 1
        writer.write(b"220 relay.example\r\n")
        while line := await reader.readline():
            if line.startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                if first:
                    await late.wait()
            writer.write(b"250 taken\r\n")

    async with bare(talk, folder) as channel:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await channel.send(letter())
        late.set()
        await channel.send(letter("tom@example.org"))
    assert connections == 2


async def test_nobody_listens(folder: Path) -> None:
    settings = SmtpSettings(name="mail", host="127.0.0.1", port=1, sender=SENDER, tls="none")
    channel = settings.open(folder)
    with pytest.raises(NotNow) as failed:
        await channel.send(letter())
    assert not failed.value.maybe_sent
    assert "does not answer" in (await channel.check())[0]


async def test_an_address_with_accents_goes_out_where_the_relay_can(
    folder: Path, server_tls: ssl.SSLContext
) -> None:
    post = Post()
    async with relay(post, folder, server_tls) as channel:
        await channel.send(letter("hélène@médecin.example"))
        with pytest.raises(AddressRefused) as refused:
            await channel.send(letter(NOWHERE))
    assert post.taken[0].rcpt_tos == ["hélène@xn--mdecin-bva.example"]
    tells_nothing(refused.value)


async def test_an_address_with_accents_is_refused_where_the_relay_cannot(folder: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await greet(reader, writer, b"QUIT")

    async with bare(talk, folder) as channel:
        with pytest.raises(AddressRefused):
            await channel.send(letter("hélène@example.org"))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"tls": "none", "host": "relay.example.org"}, "show every letter"),
        ({"user": "serment"}, "go together"),
        ({"sender": "nobody"}, "address such as"),
        ({"password_file": "absent", "user": "serment"}, "cannot be read"),
        ({"ca_file": "absent.pem"}, "holds no certificate"),
    ],
)
def test_a_configuration_that_cannot_be_used_says_so(
    folder: Path, changed: dict[str, Any], sentence: str
) -> None:
    settings = SmtpSettings(**{"name": "mail", "host": "localhost", "sender": SENDER, **changed})
    with pytest.raises(ConfigWrong, match=sentence):
        settings.open(folder)


def test_a_secret_that_others_may_read_is_refused(folder: Path) -> None:
    (folder / "password").chmod(0o640)
    settings = SmtpSettings(
        name="mail", host="localhost", sender=SENDER, user="serment", password_file="password"
    )
    with pytest.raises(ConfigWrong, match="chmod 600") as refused:
        settings.open(folder)
    assert SECRETS[0] not in str(refused.value)


def test_lines_of_a_letter_stay_short_and_the_head_is_ascii() -> None:
    content = compose(letter(), SENDER, "Médecins de Die")
    assert max(map(len, content.split(b"\r\n"))) <= 998 and content.split(b"\r\n\r\n")[0].isascii()
