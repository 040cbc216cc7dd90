# SPDX-License-Identifier: AGPL-3.0-or-later
"""SMPP 3.4: SMS straight to an operator's or an aggregator's centre, over TLS; receipts and answers come down the same session.

A receipt is acknowledged when it is heard; a STOP once it is kept here, so that a crash makes the centre say it again. The
protocol has no key against doubles: an answer that is lost may double a message.

Source: SMPP 3.4 (smpp.org), sections 4.4 (submit_sm), 4.6 (deliver_sm), 5.1.3 (status) and appendix B (receipts).
"""

from __future__ import annotations

import asyncio
import re
import ssl
from pathlib import Path
from typing import Any, Final, Literal

from smpplib import consts

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
from serment.notifier.channels.alphabet import parts
from serment.notifier.channels.settings import LOOPBACK, ChannelSettings
from serment.notifier.channels.smpp.link import Link, LinkLost, Unit

CONNECT_SECONDS_MAX: Final = 10.0
WINDOW: Final = 10  # requests under way at once, as most centres have it
VALIDITY: Final = "000000120000000R"  # twelve hours from now; a reminder that comes later is none
KEPT_MAX: Final = 50_000
PORT_MAX: Final = 65535
RECEIPT_CLASS, CLASS_MASK = 0x04, 0x3C
HEADER_FLAG: Final = 0x40  # the text begins with a header that says which part it is
GSM, UCS2 = 0, 8
_OURS: Final = frozenset(
    {0x03, 0x04, 0x05, 0x0A, 0x0D, 0x0E, 0x0F, 0x48, 0x49, 0x50, 0x51, 0x53}
)  # set up wrongly
_STATES: Final = {2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 7: "UNKNOWN", 8: "REJECTD"}
_LOST: Final = frozenset(_STATES.values()) - {"DELIVRD"}


class SmppSettings(ChannelSettings, frozen=True, kw_only=True, tag="smpp"):
    """`sender`: a number in E.164, a short code, or at most 11 letters. `tls` none: on this machine only, as to a tunnel."""

    host: str
    port: int
    system_id: str
    password_file: str
    sender: str
    system_type: str = ""
    tls: Literal["implicit", "none"] = "implicit"

    def open(self, folder: Path) -> Centre:
        """The channel; it binds at the first message or poll. Raises ConfigWrong."""
        if self.tls == "none" and self.host not in LOOPBACK:
            raise self.wrong(f"tls = none would show every number on its way to {self.host}.")
        if not re.fullmatch(r"[!-~]{1,15}", self.system_id) or not re.fullmatch(
            r"[!-~]{0,12}", self.system_type
        ):
            raise self.wrong("system_id has 1 to 15 characters of ASCII, system_type at most 12.")
        if (
            not re.fullmatch(r"[+]?[0-9]{3,15}|[A-Za-z0-9 ]{1,11}", self.sender)
            or not 0 < self.port <= PORT_MAX
        ):
            raise self.wrong("sender or port cannot be used.")
        password = self.secret(folder, self.password_file).reveal()
        if len(password) > 8:
            raise self.wrong("SMPP 3.4 knows no password of more than 8 characters.")
        return Centre(self, None if self.tls == "none" else self.tls_context(folder), password)


class Centre:
    """One account at one message centre: one session, bound both ways."""

    carries: Literal["sms"] = "sms"

    def __init__(self, settings: SmppSettings, tls: ssl.SSLContext | None, password: str) -> None:
        self.name = settings.name
        self._settings, self._tls, self._password = settings, tls, password
        self._link: Link | None = None
        self._binding = asyncio.Lock()
        self._window = asyncio.Semaphore(WINDOW)
        self._receipts: list[Receipt] = []
        self._stops: list[tuple[Link, int, str]] = []
        self._told: list[tuple[Link, int]] = []

    def __repr__(self) -> str:
        return f"<smpp {self.name}>"

    async def send(self, message: Text) -> Taken:
        """Submits the message, in parts where it is long; the receipt asked for is the last part's."""
        pieces, is_gsm = parts(message.body)
        async with self._window:
            link = await self._bound()
            provider_id = ""
            for number, piece in enumerate(pieces, start=1):
                head = (
                    b""
                    if len(pieces) == 1
                    else bytes([5, 0, 3, int(message.key[:2], 16), len(pieces), number])
                )
                unit = {
                    **self._from(),
                    "dest_addr_ton": consts.SMPP_TON_INTL,
                    "dest_addr_npi": consts.SMPP_NPI_ISDN,
                    "destination_addr": message.to.removeprefix("+"),
                    "esm_class": HEADER_FLAG if head else 0,
                    "data_coding": GSM if is_gsm else UCS2,
                    "registered_delivery": int(number == len(pieces)),
                    "validity_period": VALIDITY,
                    "short_message": head + piece,
                }
                provider_id = await self._submit(link, unit, begun=number > 1)
        return Taken(provider_id or None, receipt_expected=bool(provider_id))

    async def _submit(self, link: Link, unit: dict[str, Any], *, begun: bool) -> str:
        failure: ChannelError
        try:
            answer = await link.ask("submit_sm", **unit)
            if answer.status == consts.SMPP_ESME_ROK and answer.command == "submit_sm_resp":
                return _ascii(answer.message_id)
            failure = _refused(answer.status, begun=begun)
        except LinkLost:
            failure = NotNow(maybe_sent=True)
        raise failure

    def _from(self) -> dict[str, Any]:
        sender = self._settings.sender
        digits = sender.removeprefix("+")
        if not digits.isdigit():
            return {"source_addr_ton": consts.SMPP_TON_ALNUM, "source_addr_npi": 0, "source_addr": sender}
        kind = consts.SMPP_TON_INTL if sender.startswith("+") else consts.SMPP_TON_NWSPEC
        return {"source_addr_ton": kind, "source_addr_npi": consts.SMPP_NPI_ISDN, "source_addr": digits}

    async def receipts(self) -> list[Receipt]:
        """What the session brought since the last call; binds, so that it can bring something."""
        if not self._receipts:
            await self._bound()
        heard, self._receipts = self._receipts, []
        return heard

    async def objections(self) -> list[str]:
        """STOPs that the session brought; those of the last call are acknowledged to the centre now."""
        told, self._told = self._told, []
        for link, sequence in told:
            try:
                await link.answer("deliver_sm_resp", sequence, consts.SMPP_ESME_ROK)
            except LinkLost:
                continue  # the centre says it again in the next session, and it is kept already
        if not self._stops:
            await self._bound()
        heard, self._stops = self._stops, []
        self._told = [(link, sequence) for link, sequence, _ in heard]
        return [number for _, _, number in heard]

    async def check(self) -> list[str]:
        """Binds, and asks whether the link lives."""
        found = []
        try:
            await (await self._bound()).ask("enquire_link")
        except ChannelBroken as error:
            found = [error.sentence]
        except (ChannelError, LinkLost):
            found = [f"{self._settings.host} does not answer. Does it know this machine's address?"]
        return found

    async def close(self) -> None:
        """Unbinds."""
        async with self._binding:
            link, self._link = self._link, None
            if link is not None:
                await link.leave()

    async def _bound(self) -> Link:
        async with self._binding:
            if self._link is None or self._link.lost:
                self._link = await self._bind()
            return self._link

    async def _bind(self) -> Link:
        """Raises ChannelBroken where an operator must help, NotNow where patience does."""
        settings = self._settings
        failure: ChannelError
        link: Link | None = None
        try:
            async with asyncio.timeout(CONNECT_SECONDS_MAX):
                reader, writer = await asyncio.open_connection(settings.host, settings.port, ssl=self._tls)
            link = Link(reader, writer, self._hear)
            answer = await link.ask(
                "bind_transceiver",
                system_id=settings.system_id,
                password=self._password,
                system_type=settings.system_type,
            )
            if answer.status == consts.SMPP_ESME_ROK:
                return link
            failure = _refused(answer.status, begun=False)
        except ssl.SSLCertVerificationError:
            failure = ChannelBroken(
                "The centre's certificate is not one this machine trusts for its name. Nothing was sent to it."
            )
        except (OSError, TimeoutError, LinkLost):
            failure = NotNow()
        if link is not None:
            await link.drop()
        raise failure

    def _hear(self, link: Link, unit: Unit) -> int | None:
        """Takes in a receipt, or what somebody answered: a STOP (None: acknowledged later), or else, which is let go."""
        said = bytes(unit.short_message or getattr(unit, "message_payload", None) or b"")
        if int(unit.esm_class or 0) & CLASS_MASK == RECEIPT_CLASS:
            receipt = read_receipt(unit, said)
            if receipt is not None and len(self._receipts) >= KEPT_MAX:
                return int(consts.SMPP_ESME_RMSGQFUL)  # the centre keeps it and says it again
            if receipt is not None:
                self._receipts.append(receipt)
            return int(consts.SMPP_ESME_ROK)
        wide = int(unit.data_coding or 0) == UCS2
        text = said.decode("utf-16-be" if wide else "latin-1", errors="replace")
        number = e164(_ascii(unit.source_addr))
        if number is None or not says_stop(text):
            return int(consts.SMPP_ESME_ROK)
        if len(self._stops) >= KEPT_MAX:
            return int(consts.SMPP_ESME_RMSGQFUL)
        self._stops.append((link, unit.sequence, number))
        return None


def read_receipt(unit: Unit, said: bytes) -> Receipt | None:
    """A receipt from its parameters, else from its text (appendix B); None for one that is not the last word."""
    text = said.decode("latin-1")
    words = {
        name.lower(): value for name, value in re.findall(r"\b(id|stat|err):\s*([!-~]+)", text, re.IGNORECASE)
    }
    provider_id = _ascii(getattr(unit, "receipted_message_id", None)) or words.get("id", "")
    state = _STATES.get(getattr(unit, "message_state", None) or 0) or words.get("stat", "").upper()
    if not provider_id or (state != "DELIVRD" and state not in _LOST):
        return None
    arrived = state == "DELIVRD"
    return Receipt(provider_id, arrived, "" if arrived else code_word(f"{state}-{words.get('err', '')}"))


def _refused(status: int, *, begun: bool) -> ChannelError:
    if status == consts.SMPP_ESME_RINVDSTADR:
        return AddressRefused(Refusal.UNKNOWN)
    if status == consts.SMPP_ESME_RINVMSGLEN:
        return AddressRefused(Refusal.MESSAGE)
    if status in _OURS:
        return ChannelBroken(f"The centre refuses how we are set up (status 0x{status:02x}).")
    return NotNow(maybe_sent=begun)


def _ascii(said: object) -> str:
    return said.decode("ascii", errors="replace").strip("\0 ") if isinstance(said, bytes) else str(said or "")
