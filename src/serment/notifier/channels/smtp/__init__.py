# SPDX-License-Identifier: AGPL-3.0-or-later
"""SMTP: e-mail through any relay, over STARTTLS or TLS from the first byte. DKIM, SPF and queues are the relay's work.

One connection is kept and used again. A letter whose last byte may have left before the connection broke is `maybe_sent`; its
next try bears the same Message-ID. Source: RFC 5321, RFC 3463 (enhanced codes), RFC 8058 (one-click unsubscribe).
"""

from __future__ import annotations

import asyncio
import contextlib
import email.errors
import email.policy
import re
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import localtime
from pathlib import Path
from typing import Final, Literal

import aiosmtplib

from serment.notifier.channels import (
    AddressRefused,
    ChannelBroken,
    ChannelError,
    Letter,
    NotNow,
    Receipt,
    Refusal,
    Taken,
)
from serment.notifier.channels.settings import LOOPBACK, ChannelSettings, Secret

COMMAND_SECONDS_MAX: Final = 15.0
GOODBYE_SECONDS_MAX: Final = 3.0
WHOLE_SECONDS_MAX: Final = 50.0  # within the time that the caller gives
PORTS: Final = {"starttls": 587, "implicit": 465, "none": 25}
PORT_MAX: Final = 65535
_ENHANCED: Final = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")


class SmtpSettings(ChannelSettings, frozen=True, kw_only=True, tag="smtp"):
    """`sender`: the address letters come from. `user` and `password_file`: both or none. `tls` none: on this machine only."""

    host: str
    sender: str
    sender_name: str = ""
    port: int = 0
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    user: str = ""
    password_file: str = ""

    def open(self, folder: Path) -> Relay:
        """The channel; it connects at the first letter. Raises ConfigWrong."""
        if self.tls == "none" and self.host not in LOOPBACK:
            raise self.wrong(f"tls = none would show every letter on its way to {self.host}. Use starttls.")
        if bool(self.user) != bool(self.password_file):
            raise self.wrong("user and password_file go together.")
        local, at, domain = self.sender.rpartition("@")
        if not (local and at and domain) or not self.sender.isascii() or not self.sender.isprintable():
            raise self.wrong(
                f"sender is {self.sender!r}; an address such as rendez-vous@example.org is needed."
            )
        if (
            not self.sender_name.isprintable()
            or not 0 <= self.port <= PORT_MAX
            or not self.host.isprintable()
        ):
            raise self.wrong("sender_name, host or port cannot be used.")
        password = self.secret(folder, self.password_file) if self.password_file else None
        return Relay(self, None if self.tls == "none" else self.tls_context(folder), password)


class Relay:
    """One relay, one connection, one letter at a time."""

    carries: Literal["mail"] = "mail"

    def __init__(self, settings: SmtpSettings, tls: ssl.SSLContext | None, password: Secret | None) -> None:
        self.name = settings.name
        self._settings, self._password = settings, password
        self._client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port or PORTS[settings.tls],
            use_tls=settings.tls == "implicit",
            start_tls=settings.tls == "starttls",
            tls_context=tls,
            timeout=COMMAND_SECONDS_MAX,
            local_hostname=settings.sender.rpartition("@")[
                2
            ],  # not this machine's name, which is nobody's business
        )
        self._turn = asyncio.Lock()

    def __repr__(self) -> str:
        return f"<smtp {self.name}>"

    async def send(self, message: Letter) -> Taken:
        """Hands a letter to the relay. A relay's yes is final here: bounces go to the sender's mailbox, not to us."""
        async with self._turn:
            failure = await self._try(message)
        if failure is not None:
            raise failure
        return Taken(None, receipt_expected=False)

    async def _try(self, message: Letter) -> ChannelError | None:
        """None: taken. Errors are returned, so that none of the library's, which repeat addresses, hangs from ours."""
        leaving = False
        try:
            to, sender = _envelope(message.to), self._settings.sender
            utf8 = not to.isascii()
            content = compose(message, sender, self._settings.sender_name, utf8=utf8)
            async with asyncio.timeout(WHOLE_SECONDS_MAX):
                await self._begin(sender, utf8=utf8)
                await self._client.rcpt(to, encoding="utf-8" if utf8 else "ascii")
                leaving = True
                await self._client.data(content)
                return None
        except asyncio.CancelledError:
            self._client.close()  # an answer is on its way that must not be taken for the next letter's
            raise
        except ChannelError as known:
            failure: ChannelError = known
        except aiosmtplib.SMTPRecipientRefused as error:
            failure = _recipient_refused(error)
        except aiosmtplib.SMTPDataError as error:
            failure = NotNow() if error.code < 500 else AddressRefused(Refusal.MESSAGE)
        except aiosmtplib.SMTPSenderRefused as error:
            failure = (
                NotNow()
                if error.code < 500
                else ChannelBroken(f"The relay refuses our sender ({error.code}).")
            )
        except (aiosmtplib.SMTPException, TimeoutError, OSError, ValueError):
            failure = NotNow(maybe_sent=leaving)
        await self._start_afresh(failure)
        return failure

    async def _begin(self, sender: str, *, utf8: bool) -> None:
        """MAIL FROM, on the kept connection or, when the relay closed that one meanwhile, on a new one. Nothing has left."""
        if self._client.is_connected:
            try:
                await self._mail(sender, utf8=utf8)
                return
            except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError):
                self._client.close()
            except aiosmtplib.SMTPSenderRefused as error:
                if error.code != 421:  # 421: it closes for its own reasons
                    raise
                self._client.close()
        await self._connect()
        await self._mail(sender, utf8=utf8)

    async def _mail(self, sender: str, *, utf8: bool) -> None:
        if utf8 and not self._client.supports_extension("smtputf8"):
            raise AddressRefused(Refusal.REFUSED)
        options = ["SMTPUTF8", "BODY=8BITMIME"] if utf8 else []
        await self._client.mail(sender, options=options, encoding="utf-8" if utf8 else "ascii")

    async def _connect(self) -> None:
        """Raises ChannelBroken where an operator must help, NotNow where patience does."""
        failure: ChannelError
        try:
            await self._client.connect()
            await self._client.ehlo()
            if self._password is not None:
                await self._client.login(self._settings.user, self._password.reveal())
            return
        except aiosmtplib.SMTPAuthenticationError as error:
            failure = NotNow() if error.code < 500 else ChannelBroken("The relay refuses user and password.")
        except (ssl.SSLCertVerificationError, aiosmtplib.SMTPConnectError) as error:
            failure = ChannelBroken(_UNTRUSTED) if _is_untrusted(error) else NotNow()
        except aiosmtplib.SMTPResponseException as error:
            failure = (
                NotNow() if error.code < 500 else ChannelBroken(f"The relay turns us away ({error.code}).")
            )
        except (aiosmtplib.SMTPTimeoutError, aiosmtplib.SMTPServerDisconnected, OSError, TimeoutError):
            failure = NotNow()
        except aiosmtplib.SMTPException:
            failure = ChannelBroken("The relay offers no STARTTLS, or no way to sign in that is known here.")
        self._client.close()
        raise failure

    async def _start_afresh(self, failure: ChannelError) -> None:
        """After a refusal the connection is good for the next letter; after anything else it goes."""
        if isinstance(failure, AddressRefused) and self._client.is_connected:
            try:
                await self._client.rset()
            except (aiosmtplib.SMTPException, OSError, TimeoutError):
                self._client.close()
        else:
            self._client.close()

    async def receipts(self) -> list[Receipt]:
        """SMTP tells of none."""
        return []

    async def objections(self) -> list[str]:
        """Letters are objected to by the link they hold."""
        return []

    async def check(self) -> list[str]:
        """Connects, signs in, says who we are, and leaves."""
        async with self._turn:
            try:
                async with asyncio.timeout(WHOLE_SECONDS_MAX):
                    self._client.close()
                    await self._begin(self._settings.sender, utf8=False)
                    await self._client.rset()
                return []
            except ChannelBroken as error:
                return [error.sentence]
            except (aiosmtplib.SMTPResponseException, AddressRefused) as error:
                return [f"The relay refuses our sender ({getattr(error, 'code', 'SMTPUTF8')})."]
            except (ChannelError, aiosmtplib.SMTPException, OSError, TimeoutError):
                return [f"{self._settings.host} does not answer. Is the address right?"]
            finally:
                self._client.close()

    async def close(self) -> None:
        """Says goodbye where somebody listens."""
        async with self._turn:
            if self._client.is_connected:
                with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                    await self._client.quit(timeout=GOODBYE_SECONDS_MAX)
            self._client.close()


def compose(letter: Letter, sender: str, sender_name: str, *, utf8: bool = False) -> bytes:
    """The letter as it is sent: text and HTML as alternatives, the calendar beside them, one-click unsubscribe.

    Raises AddressRefused: it cannot be written, as when the address is none.
    """
    try:
        return _compose(letter, sender, sender_name, utf8=utf8)
    except (ValueError, IndexError, LookupError, email.errors.MessageError):
        failure = AddressRefused(Refusal.MESSAGE)
    raise failure


def _compose(letter: Letter, sender: str, sender_name: str, *, utf8: bool) -> bytes:
    policy = email.policy.SMTPUTF8 if utf8 else email.policy.SMTP
    message = EmailMessage(policy=policy)
    message["From"] = Address(sender_name, addr_spec=sender)
    message["To"] = _envelope(letter.to)
    message["Subject"] = letter.subject
    message["Date"] = localtime()
    message["Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answer comes back
    if letter.unsubscribe:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    if letter.calendar is not None:
        message.add_attachment(
            letter.calendar.decode(),
            subtype="calendar",
            filename="rendez-vous.ics",
            params={"method": "PUBLISH"},
            cte="base64",
        )
    return message.as_bytes()


def _envelope(address: str) -> str:
    """The address with its domain as the DNS knows it; the part before @ stays as it was given."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        failure = AddressRefused(Refusal.UNKNOWN)
    raise failure


def _recipient_refused(error: aiosmtplib.SMTPRecipientRefused) -> ChannelError:
    if error.code < 500:
        return NotNow()
    if error.code in (503, 530) or "relay" in error.message.casefold():
        # It is us whom the relay does not know: every recipient would be written off, one after the other.
        return ChannelBroken(
            f"the relay passes nothing on for us ({error.code}). Do user, password and sender fit?"
        )
    enhanced = _ENHANCED.search(error.message)
    gone = error.code in (551, 553) or (enhanced is not None and enhanced[2] == "1")
    return AddressRefused(Refusal.UNKNOWN if gone else Refusal.REFUSED)


_UNTRUSTED: Final = (
    "The relay's certificate is not one this machine trusts for its name. Nothing was sent to it."
)


def _is_untrusted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
