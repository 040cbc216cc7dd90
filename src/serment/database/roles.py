# SPDX-License-Identifier: AGPL-3.0-or-later
"""The database roles beside the owner, and all that they may do: granted anew at the end of every `serment migrate`.

Roles belong to the cluster, tables to the database; so the role is made if it is lacking, and its rights are set each time,
never added to. A user who may not create roles migrates without the notifier's: `serment notify --check` says what to type. The
reader's must be there: sealed bytes leave through it alone (docs/decisions/0059).
"""

from __future__ import annotations

import contextlib
from typing import Final

import asyncpg

NOTIFIER: Final = "serment_notifier"
READER: Final = "serment_reader"

# What the server reads sealed rows from, and by row-level security those of one practice alone (pool.walled).
_WALLED: Final = (
    "appointments",
    "acts",
    "stanzas",
    "agendas",
    "cards",
    "index_entries",
    "index_pages",
    "letters",
)
_ROWS: Final = "practice = (SELECT nullif(current_setting('serment.practice', true), '')::uuid)"

# What each right is for stands in the tables' comments. Nothing else of the database is the notifier's to read.
_RIGHTS: Final = {
    "SELECT, INSERT": ("notifier_root",),
    "SELECT, INSERT, DELETE": ("day_keys", "code_keys", "objections"),
    "SELECT, INSERT, UPDATE, DELETE": (
        "settled_messages",
        "awaited_receipts",
        "message_counts",
        "address_days",
        "address_proofs",
        "sms_days",
        "stop_links",
    ),
    "SELECT, UPDATE": ("phone_checks",),
    "SELECT, UPDATE, DELETE": ("hot_messages",),
    "SELECT, DELETE": ("hot_capsules", "inbox_objections"),
}
_FUNCTIONS: Final = (
    "notifier_hand_over(integer)",
    "notifier_take_inbox(integer)",
    "notifier_give_back(bytea[])",
    "notifier_expire_cold()",
)


class NoReader(Exception):
    """The role serment_reader is missing, and this user may not make it. Tables are up to date, no right was changed. As a
    superuser: CREATE ROLE serment_reader; GRANT serment_reader TO this user. Then `serment migrate` again."""


async def grant(connection: asyncpg.Connection) -> bool:
    """Makes the roles if they are lacking and sets their rights. Raises NoReader. False, and nothing granted to the notifier,
    for a user who may not create roles."""
    schema = await connection.fetchval("SELECT current_schema()")
    await _build_wall(connection, schema)
    try:
        await _create(connection, NOTIFIER, "LOGIN")
    except asyncpg.InsufficientPrivilegeError:
        return False
    async with connection.transaction():
        await connection.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {NOTIFIER}")
        await connection.execute(f"GRANT USAGE ON SCHEMA {schema} TO {NOTIFIER}")
        for right, tables in _RIGHTS.items():
            await connection.execute(f"GRANT {right} ON {', '.join(tables)} TO {NOTIFIER}")
        await connection.execute(f"GRANT EXECUTE ON FUNCTION {', '.join(_FUNCTIONS)} TO {NOTIFIER}")
    return True


async def _build_wall(connection: asyncpg.Connection, schema: str) -> None:
    try:
        await _create(connection, READER, "NOLOGIN")
    except asyncpg.InsufficientPrivilegeError:
        raise NoReader from None
    if not await _may_become(connection, READER):
        with contextlib.suppress(asyncpg.InsufficientPrivilegeError):
            await connection.execute(f"GRANT {READER} TO CURRENT_USER")
        if not await _may_become(connection, READER):
            raise NoReader
    async with connection.transaction():
        await connection.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {READER}")
        await connection.execute(f"GRANT USAGE ON SCHEMA {schema} TO {READER}")
        await connection.execute(f"GRANT SELECT ON {', '.join(_WALLED)} TO {READER}")
        for table in _WALLED:
            # The tables' owner reads past policies; who has taken the reader's role on does not.
            await connection.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            await connection.execute(f"DROP POLICY IF EXISTS own_practice ON {table}")
            await connection.execute(
                f"CREATE POLICY own_practice ON {table} FOR SELECT TO {READER} USING ({_ROWS})"
            )


async def _may_become(connection: asyncpg.Connection, role: str) -> bool:
    """Asked by trying: whose member one is, and what that permits, is said otherwise in each version."""
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL ROLE {role}")
    except asyncpg.InsufficientPrivilegeError:
        return False
    return True


async def _create(connection: asyncpg.Connection, role: str, login: str) -> None:
    if await connection.fetchval("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", role):
        return
    # Another database of this cluster may be migrated in this very moment.
    with contextlib.suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
        await connection.execute(
            f"CREATE ROLE {role} {login} NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS"
        )
