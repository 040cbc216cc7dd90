# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whoever has an invitation's link sees what it is for, and answers it once, with an account and their public keys."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date
from uuid import UUID

import msgspec

from serment.database.pool import transaction
from serment.framing.conventions import HASH_BYTES, ID_BYTES, KEM_PK_BYTES, SIGN_PK_BYTES, exactly
from serment.server.instance import Instance
from serment.server.stores import accounts, members
from serment.server.usecases.account_key import check_account_key
from serment.server.usecases.errors import (
    AlreadyAnswered,
    AlreadyMember,
    KeysRetired,
    NoSuchInvitation,
    SignedOut,
)
from serment.server.usecases.read_roster import roster_of


class InvitationShown(msgspec.Struct):
    """What the invited person reads before they answer."""

    practice: UUID
    slug: str
    practice_name: str
    fingerprint: bytes
    invitation: UUID
    member: UUID
    role: int
    units: list[UUID]
    unit_names: list[str]
    in_place_of: UUID | None
    name: str
    until: date | None
    answered: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """The invited person's public keys, under an authenticator by the link's secret: the server could make no other."""

    kem_pk: bytes
    sign_pk: bytes
    tag: bytes


async def show_invitation(instance: Instance, find: bytes) -> InvitationShown:
    """Raises NoSuchInvitation: unknown, past its day, taken back and used look alike."""
    row = await members.find_invitation(instance.pool, _hash(find), _today(instance))
    if row is None:
        raise NoSuchInvitation
    return InvitationShown(
        row["practice"],
        row["slug"],
        row["practice_name"],
        row["fingerprint"],
        row["invitation"],
        row["member"],
        row["role"],
        row["units"],
        row["unit_names"] or [],
        row["in_place_of"],
        row["name"],
        row["until"],
        row["account"] is not None,
    )


async def answer_invitation(
    instance: Instance, session_token: bytes | None, find: bytes, answer: Answer
) -> None:
    """The owner sees it from now on, and signs. Again with the same keys: the same.

    Raises SignedOut, NoSuchInvitation, AlreadyAnswered, AlreadyMember, KeysRetired, NotTheAccountsKeys, Unknown.
    """
    exactly(answer.kem_pk, KEM_PK_BYTES, "kem key")
    exactly(answer.sign_pk, SIGN_PK_BYTES, "signing key")
    exactly(answer.tag, HASH_BYTES, "tag")
    account = await account_of(instance, session_token)
    async with transaction(instance.pool) as tx:
        row = await members.lock_invitation(tx, _hash(find), _today(instance))
        if row is None:
            raise NoSuchInvitation
        if row["account"] is not None:
            given = (row["account"], row["kem_pk"], row["sign_pk"], row["tag"])
            if given != (account, answer.kem_pk, answer.sign_pk, answer.tag):
                raise AlreadyAnswered
            return
        if await members.member_of_account(tx, row["practice"], account) not in (None, row["in_place_of"]):
            raise AlreadyMember
        await check_account_key(tx, account, answer.sign_pk)
        roster = await roster_of(instance, row["practice"], connection=tx)
        if not roster.used.isdisjoint((answer.kem_pk, answer.sign_pk)):
            raise KeysRetired  # no owner could ever sign them in: better said now than when the words are compared
        await members.answer_invitation(
            tx,
            row["practice"],
            row["invitation"],
            account=account,
            kem_pk=answer.kem_pk,
            sign_pk=answer.sign_pk,
            tag=answer.tag,
        )
    instance.changes.note(row["practice"])


async def account_of(instance: Instance, session_token: bytes | None) -> UUID:
    """Whose session this is. Raises SignedOut."""
    if session_token is None:
        raise SignedOut
    token_hash = hashlib.sha256(session_token).digest()
    account = await accounts.read_session(instance.pool, token_hash, instance.clock())
    if account is None:
        raise SignedOut
    return account


def _hash(find: bytes) -> bytes:
    return hashlib.sha256(exactly(find, ID_BYTES, "find")).digest()


def _today(instance: Instance) -> date:
    return instance.clock().astimezone(UTC).date()
