# SPDX-License-Identifier: AGPL-3.0-or-later
"""Staff sign in by a password the server never sees, by a passkey or by a printed code, and out.

Nothing tells whether a name exists. A password alone opens a session only on a machine the account knows. While somebody tries
a list of leaked passwords, nothing tells either whether one is right: on other machines the second way is judged first.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import msgspec

from serment.database.queries import Connection
from serment.framing import find_row, password_share, stored_auth
from serment.server.instance import Instance
from serment.server.stores import accounts, unlocks
from serment.server.usecases.devices import DeviceProof, check_device
from serment.server.usecases.dormancy import Dormant, dormant_in, note_here
from serment.server.usecases.errors import NewDevice, NoSuchCode, PasswordClosed, SignedOut, WrongLogIn
from serment.server.usecases.passkeys import PasskeyAnswer, check_passkey

SESSION_HOURS = 12
PROVED_MINUTES = 5  # so long a session shows that somebody is there
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
    accepts_bookings: bool


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`token` goes into the cookie and nowhere else; `share` is the server's part of the password's secret, None to
    whoever came in another way. `version` is that of the ways in together."""

    token: bytes
    account: UUID
    share: bytes | None
    version: int
    unlocks: list[Unlock]
    practices: list[Membership]
    dormant: list[Dormant]


async def sign_in(
    instance: Instance,
    find: bytes,
    auth: bytes,
    *,
    device: DeviceProof | None = None,
    recovery: bytes | None = None,
) -> SignedIn:
    """Opens a session of SESSION_HOURS. Raises WrongLogIn, PasswordClosed, NewDevice, NoSuchCode, Unknown.

    A try is counted before it is judged, so that a thousand at once are ten; the row counted is the one a name would
    have, whether it has one or not. `recovery` is what the printed code is found by: given on a new machine, not spent.
    """
    now, stuffed = instance.clock(), instance.throttle.log_ins_stuffed(instance.clock())
    generations = instance.secret.generations
    rows = [find_row(secret, find) for secret in generations]
    await _count_try(instance, rows[0])
    account = await accounts.read_account(instance.pool, rows)
    secret = generations[0] if account is None else generations[rows.index(account["find_row"])]
    # Without an account the same work is done against a value that nothing equals.
    expected = secrets.token_bytes(32) if account is None else account["auth"]
    right = hmac.compare_digest(stored_auth(secret, find, auth), expected)
    whose = uuid4() if account is None else account["account"]
    shown = False
    try:
        if stuffed and (account is None or account["asks_second"] or recovery is not None):
            shown = await _shows_second(instance, whose, device, recovery)
            if not shown:
                raise NewDevice
        if not right or account is None:
            raise WrongLogIn
        await accounts.forget_failures(instance.pool, rows[0])
        if not shown and (account["asks_second"] or recovery is not None):
            await _check_second(instance, whose, device, recovery)
    except (WrongLogIn, NewDevice, NoSuchCode):
        # Whoever mistypes on a machine of theirs is nobody who tries a list.
        if not shown and not await _shows_second(instance, whose, device, None):
            instance.throttle.note_wrong_log_in(now)
        raise
    return await signed_in(
        instance, account["account"], password_share(secret, find), proved=recovery is not None
    )


async def _shows_second(
    instance: Instance, account: UUID, device: DeviceProof | None, recovery: bytes | None
) -> bool:
    """Whether a machine or a code is this account's. Raises NoSuchCode, ChallengeOver; the same for an account that is none."""
    if recovery is not None:
        await _check_second(instance, account, None, recovery)
        return True
    if device is None:
        return False
    try:
        await check_device(instance, account, device)
    except NewDevice:
        return False
    return True


async def _check_second(
    instance: Instance, account: UUID, device: DeviceProof | None, recovery: bytes | None
) -> None:
    """An account that has nothing but its password yet was left half made: it goes on with that alone."""
    if recovery is not None:
        if await unlocks.read_recovery(instance.pool, hashlib.sha256(recovery).digest()) != account:
            raise NoSuchCode
    elif device is not None:
        await check_device(instance, account, device)
    elif len({row["method"] for row in await accounts.read_unlocks(instance.pool, account)}) > 1:
        raise NewDevice


async def new_session(connection: Connection, account: UUID, now: datetime) -> bytes:
    """The token of a fresh session."""
    token = secrets.token_bytes(SESSION_TOKEN_BYTES)
    expires_at = now + timedelta(hours=SESSION_HOURS)
    proved_until = now + timedelta(minutes=PROVED_MINUTES)
    await accounts.open_session(connection, hashlib.sha256(token).digest(), account, expires_at, proved_until)
    return token


async def signed_in(
    instance: Instance, account: UUID, share: bytes | None, token: bytes | None = None, *, proved: bool
) -> SignedIn:
    """What whoever has shown who they are is given, with a fresh session unless they have one (`token`).

    `proved`: by more than a password on a known machine.
    """
    token = token or await new_session(instance.pool, account, instance.clock())
    await note_here(instance, account, proved=proved)
    ways = await unlocks.read_ways(instance.pool, account)
    version = ways[0]["unlocks_version"] if ways else 1
    boxes = [
        Unlock(row["method"], row["credential"], row["version"], row["bytes"])
        for row in ways
        if row["method"] is not None
    ]
    return SignedIn(
        token, account, share, version, boxes,
        await _practices(instance, account), await dormant_in(instance, account),
    )  # fmt: skip


async def sign_in_by_passkey(instance: Instance, answer: PasskeyAnswer) -> SignedIn:
    """Opens a session. Raises PasskeyRefused, ChallengeOver."""
    return await signed_in(instance, await check_passkey(instance, answer), None, proved=True)


async def sign_in_by_code(instance: Instance, recovery: bytes) -> SignedIn:
    """Opens a session by what a printed code is found by (16 bytes, never guessed). Raises NoSuchCode.

    The code stays good until its owner has put a new one in its place: who is interrupted is not locked out.
    """
    account = await unlocks.read_recovery(instance.pool, hashlib.sha256(recovery).digest())
    if account is None:
        raise NoSuchCode
    return await signed_in(instance, account, None, proved=True)


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
    return [
        Membership(row["practice"], row["slug"], row["name"], row["member"], row["accepts_bookings"])
        for row in rows
    ]


async def sign_out(instance: Instance, token: bytes | None) -> None:
    """Ends the session, if it is one."""
    if token is not None:
        await accounts.close_session(instance.pool, hashlib.sha256(token).digest())


async def account_of(instance: Instance, token: bytes | None) -> UUID:
    """Whose session it is. Raises SignedOut."""
    account = (
        None
        if token is None
        else await accounts.read_session(instance.pool, hashlib.sha256(token).digest(), instance.clock())
    )
    if account is None:
        raise SignedOut
    return account


async def end_sessions(instance: Instance, token: bytes | None) -> None:
    """Ends every session of the account, this one too. Raises SignedOut."""
    await unlocks.close_sessions(instance.pool, await account_of(instance, token))


async def who_am_i(instance: Instance, token: bytes | None) -> tuple[UUID, list[Membership]]:
    """(account, practices). Raises SignedOut."""
    account = await account_of(instance, token)
    return account, await _practices(instance, account)
