# SPDX-License-Identifier: AGPL-3.0-or-later
"""Errors an operator can cure have a sentence with the cure; a fault of ours keeps its trace."""

from __future__ import annotations

import errno
from pathlib import Path

import asyncpg
import pytest

from serment.database.pool import PostgresTooOld
from serment.server.secret import SecretUnusable
from serment.settings import Settings
from serment.wording import sentence

EMBEDDED = Settings(data=Path("/srv/serment"))
OWN = Settings(data=Path("/srv/serment"), database_url="postgresql://serment:secret@db/serment")


@pytest.mark.parametrize(
    ("error", "settings", "says"),
    [
        (PostgresTooOld("This PostgreSQL is 14; Serment needs 15 or newer."), OWN, "Serment needs 15 or newer"),
        (SecretUnusable(), OWN, "must hold exactly 32 bytes"),
        (OSError(errno.ENOSPC, "No space left on device"), EMBEDDED, "The disk is full"),
        (asyncpg.DiskFullError("could not extend file"), OWN, "The disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "/srv/serment"), EMBEDDED, "/srv/serment cannot be used"),
        (FileNotFoundError(errno.ENOENT, "No such file", "/srv/serment/secret"), EMBEDDED, "cannot be used"),
        (asyncpg.InvalidPasswordError("password authentication failed for user"), OWN, "PostgreSQL refused"),
        (asyncpg.InvalidCatalogNameError('database "serment" does not exist'), OWN, "does not exist"),
        (asyncpg.InsufficientPrivilegeError("permission denied for schema public"), OWN, "PostgreSQL refused"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), OWN, "cannot be reached"),
        (asyncpg.ConnectionDoesNotExistError("closed"), EMBEDDED, "/srv/serment/postgres/postgres.log"),
    ],
)  # fmt: skip
def test_what_an_operator_can_cure_is_told_in_words(error: Exception, settings: Settings, says: str) -> None:
    told = sentence(error, settings)
    assert told is not None and says in told
    assert "secret@" not in told


@pytest.mark.parametrize(
    "error", [KeyError("x"), BrokenPipeError(errno.EPIPE, "Broken pipe"), FileNotFoundError(errno.ENOENT, "No such file", "/usr/lib/x"), asyncpg.UniqueViolationError("x")]
)  # fmt: skip
def test_a_fault_of_ours_is_not_dressed_up(error: Exception) -> None:
    assert sentence(error, EMBEDDED) is None
