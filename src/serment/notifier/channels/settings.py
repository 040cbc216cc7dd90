# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every channel's table of notifier.toml shares: a name, secrets in files of their own, TLS that is verified."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
SECRET_BYTES_MAX: Final = 4096
NAME_CHARACTERS_MAX: Final = 40


class ConfigWrong(ValueError):
    """The notifier's configuration cannot be used; nothing was started. The sentence says where and why."""


class Secret:
    """A password or a key, which shows itself to nobody but the channel that calls `reveal`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself."""
        return self._value

    def __repr__(self) -> str:
        return "<secret>"


class Table(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A table of the file: an unknown word in it is an error, not a silence."""


class ChannelSettings(Table, frozen=True, kw_only=True, tag_field="kind"):
    """`name`: how counts and checks call this channel. `ca_file`: certificates to trust instead of the system's."""

    name: str
    ca_file: str = ""

    def wrong(self, sentence: str) -> ConfigWrong:
        """The error that says which channel it is about."""
        return ConfigWrong(f"Channel {self.name}: {sentence}")

    def tls_context(self, folder: Path) -> ssl.SSLContext:
        """A context that verifies certificate and name, TLS 1.2 or newer. Raises ConfigWrong where `ca_file` is none."""
        try:
            context = ssl.create_default_context(cafile=str(folder / self.ca_file) if self.ca_file else None)
        except OSError:
            raise self.wrong(f"ca_file {self.ca_file} cannot be read, or holds no certificate.") from None
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def secret(self, folder: Path, file: str) -> Secret:
        """Reads a secret from its file, which nobody else may read. Raises ConfigWrong."""
        path = folder / file
        try:
            mode, raw = path.stat().st_mode, path.read_bytes()
        except OSError:
            raise self.wrong(f"the secret's file {file} cannot be read.") from None
        if mode & 0o077:
            raise self.wrong(f"others may read the secret's file {file}. Type: chmod 600 {path}")
        try:
            value = raw.decode("ascii").rstrip("\r\n")
        except UnicodeDecodeError:
            value = ""
        if not value or len(raw) > SECRET_BYTES_MAX or not value.isprintable():
            raise self.wrong(
                f"{file} must hold one line of printable ASCII, at most {SECRET_BYTES_MAX} bytes."
            )
        return Secret(value)

    def https_url(self, url: str) -> str:
        """An address that requests may go to: https (http on this machine alone), no user, no query, no fragment."""
        try:
            parts = urlsplit(url)
            whole = bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            raise self.wrong(f"{url!r} is no address.") from None
        plain = parts.scheme == "http" and parts.hostname in LOOPBACK
        if not whole or not (parts.scheme == "https" or plain) or not url.isprintable() or " " in url:
            raise self.wrong(f"{url!r} must begin with https:// and name a host.")
        if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
            raise self.wrong("an address holds no user, password, query or fragment: they end up in logs.")
        return url
