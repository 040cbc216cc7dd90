# SPDX-License-Identifier: AGPL-3.0-or-later
"""The notifier's database role, and all that it may do: granted anew at the end of every `serment migrate`.

Roles belong to the cluster, tables to the database; so the role is made if it is lacking, and its rights are set each time,
never added to. A user who may not create roles migrates without it: `serment notify --check` says what to type.
"""

from __future__ import annotations

import contextlib
from typing import Final

import asyncpg

NOTIFIER: Final = "serment_notifier"

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
        "stop_links",
        "phone_checks",
    ),
    "SELECT, UPDATE, DELETE": ("hot_messages",),
    "SELECT, DELETE": ("hot_capsules", "inbox_objections"),
}
_FUNCTIONS: Final = (
    "notifier_hand_over(integer)",
    "notifier_take_inbox(integer)",
    "notifier_give_back(bytea[])",
    "notifier_expire_cold()",
)


async def grant(connection: asyncpg.Connection) -> bool:
    """Makes the role if it is lacking and sets its rights. False, and nothing granted, for a user who may not create roles."""
    try:
        await _create(connection)
    except asyncpg.InsufficientPrivilegeError:
        return False
    async with connection.transaction():
        schema = await connection.fetchval("SELECT current_schema()")
        await connection.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {NOTIFIER}")
        await connection.execute(f"GRANT USAGE ON SCHEMA {schema} TO {NOTIFIER}")
        for right, tables in _RIGHTS.items():
            await connection.execute(f"GRANT {right} ON {', '.join(tables)} TO {NOTIFIER}")
        await connection.execute(f"GRANT EXECUTE ON FUNCTION {', '.join(_FUNCTIONS)} TO {NOTIFIER}")
    return True


async def _create(connection: asyncpg.Connection) -> None:
    if await connection.fetchval("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", NOTIFIER):
        return
    # Another database of this cluster may be migrated in this very moment.
    with contextlib.suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
        await connection.execute(
            f"CREATE ROLE {NOTIFIER} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS"
        )
