# SPDX-License-Identifier: AGPL-3.0-or-later
"""notifier.toml: where the keys lie, what is sent by what, how much at most. Documented in docs/reference/notifier-config.md.

Secrets stand in files of their own, which nobody else may read, and are named here. Paths count from the file's own folder.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from serment.notifier.channels import LetterChannel, TextChannel
from serment.notifier.channels.brevo import BrevoSettings
from serment.notifier.channels.http_sms import HttpSmsSettings
from serment.notifier.channels.ovh import OvhSettings
from serment.notifier.channels.paper import PaperSettings
from serment.notifier.channels.settings import NAME_CHARACTERS_MAX, ConfigWrong, Table
from serment.notifier.channels.smpp import SmppSettings
from serment.notifier.channels.smtp import SmtpSettings
from serment.notifier.channels.twilio import TwilioSettings

FILE_BYTES_MAX: Final = 256 * 1024
CHANNELS_MAX: Final = 8
SMS_A_DAY_MAX: Final = 1_000_000
PREFIX_CHARACTERS_MAX: Final = 8

AnySettings = (
    BrevoSettings
    | HttpSmsSettings
    | OvhSettings
    | PaperSettings
    | SmppSettings
    | SmtpSettings
    | TwilioSettings
)


class KeyFiles(Table, frozen=True, kw_only=True):
    """The strongbox and its mirror, best on another disk; neither belongs into a dated backup."""

    file: str
    mirror: str


class Limits(Table, frozen=True, kw_only=True):
    """`prefixes`: numbers that begin otherwise get no SMS and no code. `sms_a_day`: so many go out, and no more."""

    prefixes: list[str] = msgspec.field(
        default_factory=lambda: ["+33", "+262", "+508", "+590", "+594", "+596", "+687", "+689"]
    )
    sms_a_day: int = 5_000
    codes_a_day: int = 1_000


class _File(Table, frozen=True, kw_only=True):
    keys: KeyFiles
    limits: Limits = msgspec.field(default_factory=Limits)
    channel: list[AnySettings]


@dataclass(frozen=True, slots=True)
class Config:
    """What the file says, with its paths made whole. Channels stand in the order of the file: the first is preferred."""

    keys: Path
    keys_mirror: Path
    limits: Limits
    texts: tuple[TextChannel, ...]
    letters: tuple[LetterChannel, ...]

    async def close(self) -> None:
        """Closes every channel."""
        for channel in (*self.texts, *self.letters):
            await channel.close()


def read_config(path: Path) -> Config:
    """Reads and checks the whole file and the secrets it names; connects to nobody. Raises ConfigWrong with a sentence."""
    file = _read(path)
    folder = path.absolute().parent
    _check(file)
    opened = [settings.open(folder) for settings in file.channel]
    texts = tuple(channel for channel in opened if channel.carries == "sms")
    letters = tuple(channel for channel in opened if channel.carries == "mail")
    return Config(folder / file.keys.file, folder / file.keys.mirror, file.limits, texts, letters)


def _read(path: Path) -> _File:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigWrong(f"{path} cannot be read ({error.strerror}).") from None
    if len(raw) > FILE_BYTES_MAX:
        raise ConfigWrong(f"{path} has more than {FILE_BYTES_MAX} bytes.")
    try:
        return msgspec.convert(tomllib.loads(raw.decode()), _File)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigWrong(f"{path} is not TOML: {error}.") from None
    except msgspec.ValidationError as error:
        # msgspec names the place and the type that was wanted, never the value.
        raise ConfigWrong(f"{path}: {error}.") from None


def _check(file: _File) -> None:
    names = [settings.name for settings in file.channel]
    if not names or len(names) > CHANNELS_MAX:
        raise ConfigWrong(f"There are {len(names)} channels; 1 to {CHANNELS_MAX} are needed.")
    for name in names:
        if names.count(name) > 1:
            raise ConfigWrong(f"Two channels are called {name}.")
        if not name or len(name) > NAME_CHARACTERS_MAX or not all(part.isalnum() for part in name.split("-")):
            raise ConfigWrong(f"A channel is called {name!r}; letters, digits and hyphens are needed.")
    for prefix in file.limits.prefixes:
        if not (prefix.startswith("+") and prefix[1:].isdigit() and len(prefix) <= PREFIX_CHARACTERS_MAX):
            raise ConfigWrong(f"limits.prefixes holds {prefix!r}; +33 is how a prefix looks.")
    if not file.limits.prefixes:
        raise ConfigWrong("limits.prefixes is empty: no SMS could be sent.")
    for number in (file.limits.sms_a_day, file.limits.codes_a_day):
        if not 0 <= number <= SMS_A_DAY_MAX:
            raise ConfigWrong(f"A limit is {number}; 0 to {SMS_A_DAY_MAX} is possible.")
