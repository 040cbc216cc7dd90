# SPDX-License-Identifier: AGPL-3.0-or-later
"""What went wrong, in a sentence for whoever runs Serment: what happened, what was kept, what to do."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import asyncpg

from serment.database import carriers, cluster_folder, embedded, migrate, pool, roles
from serment.server.app import InstanceNameChanged, SecretChanged
from serment.server.secret import SecretUnusable
from serment.settings import Settings

_OURS: tuple[type[Exception], ...] = (
    carriers.NoPostgres,
    carriers.RootCannotRunPostgres,
    cluster_folder.FolderInUse,
    cluster_folder.FolderNotPrivate,
    embedded.PostgresDidNotStart,
    migrate.HistoryChanged,
    migrate.MigrationFilesWrong,
    pool.PostgresTooOld,
    pool.NotUtf8,
    roles.NoReader,
    InstanceNameChanged,
    SecretChanged,
    SecretUnusable,
)
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_READER_GONE = frozenset({errno.EPIPE, errno.EIO})  # nobody reads what is said: `| head`, a closed terminal
# PostgreSQL's own sentence names a role, a database or an extension, never what a row holds.
_REFUSED: tuple[type[Exception], ...] = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.UndefinedFileError,
    asyncpg.FeatureNotSupportedError,
)


def sentence(error: Exception, settings: Settings) -> str | None:
    """What to tell about an error; None when the operator can cure nothing, so that its trace is kept."""
    if isinstance(error, _OURS):
        return str(error) or " ".join((type(error).__doc__ or "").split())
    if isinstance(error, asyncpg.DiskFullError) or (isinstance(error, OSError) and error.errno in _FULL):
        return (
            f"The disk is full (data folder: {settings.data.absolute()}). What was acknowledged is kept, the rest was "
            "not done. Free some space and start again, or choose another folder with SERMENT_DATA."
        )
    if isinstance(error, OSError) and error.errno in _READER_GONE:
        return None
    if isinstance(error, OSError) and error.filename is not None:
        ours = Path(os.fsdecode(error.filename)).absolute().is_relative_to(settings.data.absolute())
        if error.errno not in _FORBIDDEN and not ours:
            return None
        return (
            f"{error.filename} cannot be used ({error.strerror}). Give it to this user, or choose another folder with "
            "SERMENT_DATA."
        )
    if isinstance(error, _REFUSED):
        return (
            f"PostgreSQL refused: {error}. Nothing was changed. `serment check` looks at it step by step; "
            "docs/how-to/postgresql.md says what Serment needs."
        )
    if not isinstance(error, pool.UNREACHABLE):
        return None
    if settings.database_url is None:
        return (
            f"The embedded PostgreSQL stopped answering ({type(error).__name__}). What it acknowledged is kept. "
            f"Its log says why: {settings.data.absolute() / 'postgres' / 'postgres.log'}"
        )
    return (
        f"PostgreSQL cannot be reached ({type(error).__name__}). Is it running, and is SERMENT_DATABASE_URL right? "
        "`serment check` looks at it step by step."
    )
