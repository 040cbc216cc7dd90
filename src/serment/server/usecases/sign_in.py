# SPDX-License-Identifier: AGPL-3.0-or-later
"""Staff sign in by a password the server never sees, and out. Nothing tells whether a name exists."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg
import msgspec

from serment.framing import find_row, password_share, stored_auth
from serment.server.instance import Instance
from serment.server.stores import accounts
from serment.server.usecases.errors import PasswordClosed, SignedOut, WrongLogIn

SESSION_HOURS = 12
SESSION_TOKEN_BYTES = 32
TRIES_MAX = 10
CLOSED_HOURS = 1


class Unlock(msgspec.Struct):
    """A seed wrapped by one method: 1 passkey, 2 password, 3 recovery code (spec/rdv1.md, section 3)."""

    method: int
    credential: bytes
    version: int
    sealed: bytes = msgspec.field(name="bytes")


class Membership(msgspec.Struct):
    """One practice of an account, and the member it is there."""

    practice: UUID
    slug: str
    name: str
    member: UUID


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`token` goes into the cookie and nowhere else; `share` is the server's part of the password's secret."""

    token: bytes
    account: UUID
    share: bytes
    unlocks: list[Unlock]
    practices: list[Membership]


async def sign_in(instance: Instance, find: bytes, auth: bytes) -> SignedIn:
    """Opens a session of SESSION_HOURS. Raises WrongLogIn, PasswordClosed, Unknown.

    A try is counted before it is judged, so that a thousand at once are ten; the row counted is the one a name would
    have, whether it has one or not.
    """
    generations = instance.secret.generations
    rows = [find_row(secret, find) for secret in generations]
    await _count_try(instance, rows[0])
    account = await accounts.read_account(instance.pool, rows)
    secret = generations[0] if account is None else generations[rows.index(account["find_row"])]
    # Without an account the same work is done against a value that nothing equals.
    expected = secrets.token_bytes(32) if account is None else account["auth"]
    if not hmac.compare_digest(stored_auth(secret, find, auth), expected) or account is None:
        raise WrongLogIn
    await accounts.forget_failures(instance.pool, rows[0])
    token = secrets.token_bytes(SESSION_TOKEN_BYTES)
    expires_at = instance.clock() + timedelta(hours=SESSION_HOURS)
    await accounts.open_session(instance.pool, hashlib.sha256(token).digest(), account["account"], expires_at)
    unlocks = await accounts.read_unlocks(instance.pool, account["account"])
    return SignedIn(
        token,
        account["account"],
        password_share(secret, find),
        [Unlock(row["method"], row["credential"], row["version"], row["bytes"]) for row in unlocks],
        await _practices(instance, account["account"]),
    )


async def _count_try(instance: Instance, row: bytes) -> None:
    now = instance.clock()
    count: asyncpg.Record | None = await accounts.read_failures(instance.pool, row)
    if count is None or count["closed_until"] is None or count["closed_until"] <= now:
        until = now.replace(microsecond=0) + timedelta(hours=CLOSED_HOURS)
        count = await accounts.note_failure(instance.pool, row, most=TRIES_MAX, now=now, closed_until=until)
        if count is None or count["failures"] <= TRIES_MAX:
            return
    raise PasswordClosed(until=count["closed_until"])


async def _practices(instance: Instance, account: UUID) -> list[Membership]:
    rows = await accounts.read_practices(instance.pool, account, instance.clock())
    return [Membership(row["practice"], row["slug"], row["name"], row["member"]) for row in rows]


async def sign_out(instance: Instance, token: bytes | None) -> None:
    """Ends the session, if it is one."""
    if token is not None:
        await accounts.close_session(instance.pool, hashlib.sha256(token).digest())


async def who_am_i(instance: Instance, token: bytes | None) -> tuple[UUID, list[Membership]]:
    """(account, practices). Raises SignedOut."""
    if token is None:
        raise SignedOut
    account = await accounts.read_session(instance.pool, hashlib.sha256(token).digest(), instance.clock())
    if account is None:
        raise SignedOut
    return account, await _practices(instance, account)
