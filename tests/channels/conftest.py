# SPDX-License-Identifier: AGPL-3.0-or-later
"""A certificate authority that lives as long as the run, and a watch over everything that is logged while a channel works."""

from __future__ import annotations

import logging
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import trustme

from channels.markers import MARKERS, SECRETS
from channels.provider import Provider

# The servers these tests talk to log what they hear, as servers do; they are not what is looked at.
SERVERS = ("mail.log", "mail.debug")


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(SERVERS):
            self.said.append(
                f"{record.name} {record.getMessage()} {record.args!r} {record.exc_info!r} {record.exc_text!r}"
            )


@pytest.fixture(autouse=True)
def logs() -> Iterator[_Listener]:
    """Every logger at its loudest; afterwards no line may hold a number, an address, a text or a secret."""
    root, listener = logging.getLogger(), _Listener()
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(listener)
    yield listener
    root.removeHandler(listener)
    root.setLevel(level)
    for line in listener.said:
        assert not [marker for marker in (*MARKERS, *SECRETS) if marker in line], "a log line tells"


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A throwaway authority that the channels are told to trust."""
    return trustme.CA()


@pytest.fixture(scope="session")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    """What a server with a good certificate for localhost presents."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(scope="session")
def foreign_tls() -> ssl.SSLContext:
    """What a server presents whose certificate comes from somebody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def folder(tmp_path: Path, authority: trustme.CA) -> Path:
    """A configuration's folder: the authority's certificate and a secret for each purpose."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    for name, value in zip(("password", "secret", "consumer"), SECRETS, strict=True):
        (tmp_path / name).write_text(value + "\n")
        (tmp_path / name).chmod(0o600)
    return tmp_path


@pytest.fixture
async def provider(server_tls: ssl.SSLContext) -> AsyncIterator[Provider]:
    """A provider's HTTPS server that answers as a test tells it to."""
    async with Provider(server_tls) as provider:
        yield provider
