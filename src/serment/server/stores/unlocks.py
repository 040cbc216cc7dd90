# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ways into a staff account: wrapped seeds, passkeys, known machines, challenges that were answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

import asyncpg

from serment.database.pool import Transaction
from serment.database.queries import Connection, load

_QUERIES = load("unlocks")


async def lock_account(connection: Connection, account: UUID) -> asyncpg.Record | None:
    return await _QUERIES["lock_account"].row(connection, account=account)


async def read_ways(connection: Connection, account: UUID) -> list[asyncpg.Record]:
    """One row a way in, each with the account's version; one row with nulls for an account that has none."""
    return await _QUERIES["read_ways"].rows(connection, account=account)


async def add_account(tx: Transaction, account: UUID, find_row: bytes, auth: bytes) -> bool:
    """Whether it stands now without a way in, made here or by the same request before. It stays until the transaction ends."""
    given = {"account": account, "find_row": find_row, "auth": auth}
    if await _QUERIES["add_account"].run(tx, **given):
        return True
    return bool(await _QUERIES["read_begun_account"].value(tx, **given))


async def owner_of_name(connection: Connection, find_rows: Sequence[bytes]) -> UUID | None:
    return cast("UUID | None", await _QUERIES["owner_of_name"].value(connection, find_rows=find_rows))


async def name_account(connection: Connection, account: UUID, find_row: bytes, auth: bytes) -> None:
    await _QUERIES["name_account"].run(connection, account=account, find_row=find_row, auth=auth)


async def raise_version(connection: Connection, account: UUID, sign_pk: bytes) -> None:
    """The key that signed the first change is the account's from then on."""
    await _QUERIES["raise_version"].run(connection, account=account, sign_pk=sign_pk)


async def is_key_of(connection: Connection, account: UUID, sign_pk: bytes) -> bool:
    """Whether this is the account's own key; an account that never changed its ways has none yet, and any will do."""
    return bool(await _QUERIES["is_key_of"].value(connection, account=account, sign_pk=sign_pk))


async def put_unlock(connection: Connection, account: UUID, **unlock: Any) -> bool:
    """`unlock`: method, credential, version, bytes. A new printed code takes the place of the one before.

    Whether it stands: not where it is found at another account.
    """
    if unlock["method"] == 3:
        await _QUERIES["drop_recovery"].run(connection, account=account)
    return await _QUERIES["put_unlock"].run(connection, account=account, **unlock) == 1


async def drop_unlock(connection: Connection, account: UUID, method: int, credential: bytes) -> None:
    await _QUERIES["drop_unlock"].run(connection, account=account, method=method, credential=credential)
    if method == 1:
        await _QUERIES["drop_passkey"].run(connection, account=account, credential=credential)


async def put_passkey(connection: Connection, account: UUID, **passkey: Any) -> None:
    """`passkey`: credential, public_key, sign_count, label."""
    await _QUERIES["put_passkey"].run(connection, account=account, **passkey)


async def read_passkey(connection: Connection, credential: bytes) -> asyncpg.Record | None:
    return await _QUERIES["read_passkey"].row(connection, credential=credential)


async def count_signature(connection: Connection, account: UUID, credential: bytes, sign_count: int) -> None:
    await _QUERIES["count_signature"].run(
        connection, account=account, credential=credential, sign_count=sign_count
    )


async def read_recovery(connection: Connection, credential: bytes) -> UUID | None:
    return cast("UUID | None", await _QUERIES["read_recovery"].value(connection, credential=credential))


async def put_device(
    connection: Connection, account: UUID, device: UUID, public_key: bytes, label: str
) -> None:
    await _QUERIES["put_device"].run(
        connection, account=account, device=device, public_key=public_key, label=label
    )


async def read_device(connection: Connection, account: UUID, device: UUID) -> bytes | None:
    return cast(
        "bytes | None", await _QUERIES["read_device"].value(connection, account=account, device=device)
    )


async def read_devices(connection: Connection, account: UUID) -> list[asyncpg.Record]:
    return await _QUERIES["read_devices"].rows(connection, account=account)


async def drop_device(connection: Connection, account: UUID, device: UUID) -> None:
    await _QUERIES["drop_device"].run(connection, account=account, device=device)


async def spend_challenge(connection: Connection, challenge_hash: bytes, expires_at: datetime) -> bool:
    """Whether it was answered for the first time."""
    touched = await _QUERIES["spend_challenge"].run(
        connection, challenge=challenge_hash, expires_at=expires_at
    )
    return touched == 1


async def close_other_sessions(connection: Connection, account: UUID, kept: bytes) -> None:
    """`kept`: the SHA-256 of the token of the one that goes on."""
    await _QUERIES["close_other_sessions"].run(connection, account=account, kept=kept)


async def close_sessions(connection: Connection, account: UUID) -> None:
    await _QUERIES["close_sessions"].run(connection, account=account)


async def expire_challenges(connection: Connection, now: datetime) -> None:
    """Deletes spent challenges past their end."""
    await _QUERIES["expire_challenges"].run(connection, now=now)


async def expire_accounts(tx: Transaction, since: date) -> int:
    """Deletes accounts in no practice: those begun and left, and those that are so since before that month; how many."""
    left = await _QUERIES["lock_left_accounts"].rows(tx, since=since)
    return await _QUERIES["expire_accounts"].run(tx, accounts=[row["account"] for row in left], since=since)


async def note_lone_accounts(tx: Transaction, month: date) -> None:
    """Notes from which month on accounts are in no practice, and of which that is over."""
    changed = await _QUERIES["lock_lone_accounts"].rows(tx)
    await _QUERIES["note_lone_accounts"].run(tx, accounts=[row["account"] for row in changed], month=month)
