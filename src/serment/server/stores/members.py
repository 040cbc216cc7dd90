# SPDX-License-Identifier: AGPL-3.0-or-later
"""Members, invitations and the sealed seeds that change with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple, cast
from uuid import UUID

import asyncpg

from serment.database.queries import Connection, load
from serment.framing.roster_seeds import BoxedSeed, SealedSeed

_QUERIES = load("members")


class NewInvitation(NamedTuple):
    """An invitation as an owner's browser makes it. `find_hash` is SHA-256 of what the link's secret derives."""

    practice: UUID
    invitation: UUID
    member: UUID
    inviter: UUID
    find_hash: bytes
    role: int
    units: list[UUID]
    in_place_of: UUID | None
    name: str
    until: date | None
    expires_on: date
    owner_kids: list[bytes]
    sealed: list[bytes]


async def lock_practice(connection: Connection, practice: UUID) -> None:
    await _QUERIES["lock_practice"].run(connection, practice=practice)


async def keep_roster(connection: Connection, practice: UUID) -> None:
    """Whoever changes roster, members or rules waits until the transaction ends; others who keep it do not."""
    await _QUERIES["keep_roster"].value(connection, practice=practice)


async def read_members(connection: Connection, practice: UUID, now: datetime) -> list[asyncpg.Record]:
    """member, name, suspended, until, dormant and whether they are served now."""
    return await _QUERIES["read_members"].rows(connection, practice=practice, now=now)


async def add_member(
    connection: Connection,
    practice: UUID,
    member: UUID,
    account: UUID,
    name: str,
    until: date | None,
    seen: date,
) -> None:
    await _QUERIES["add_member"].run(
        connection, practice=practice, member=member, account=account, name=name, until=until, seen=seen
    )


async def drop_members(connection: Connection, practice: UUID, members: Sequence[UUID]) -> None:
    """Forgets them, and ends the sessions of who belongs nowhere any more."""
    rows = await _QUERIES["drop_members"].rows(connection, practice=practice, members=members)
    await _QUERIES["close_sessions"].run(connection, accounts=[row["account"] for row in rows])


async def suspend(
    connection: Connection, practice: UUID, member: UUID, *, suspended: bool, today: date
) -> bool:
    """Whether there is such a member. Who is taken back counts as here today."""
    found = await _QUERIES["suspend"].value(
        connection, practice=practice, member=member, suspended=suspended, today=today
    )
    return found is not None


async def wake(connection: Connection, practice: UUID, member: UUID, today: date) -> None:
    await _QUERIES["wake"].run(connection, practice=practice, member=member, today=today)


async def set_until(connection: Connection, practice: UUID, member: UUID, until: date | None) -> bool:
    """Whether there is such a member."""
    found = await _QUERIES["set_until"].value(connection, practice=practice, member=member, until=until)
    return found is not None


async def drop_seeds(connection: Connection, practice: UUID, left: Sequence[tuple[UUID, bytes]]) -> None:
    await _QUERIES["drop_seeds"].run(
        connection, practice=practice, units=[unit for unit, _ in left], kids=[kid for _, kid in left]
    )


async def add_seeds(connection: Connection, practice: UUID, seeds: Sequence[SealedSeed]) -> None:
    await _QUERIES["add_seeds"].run(
        connection,
        practice=practice,
        units=[UUID(bytes=seed.unit) for seed in seeds],
        epochs=[seed.epoch for seed in seeds],
        kids=[seed.kid for seed in seeds],
        seeds=[seed.sealed for seed in seeds],
    )


async def add_previous(
    connection: Connection, practice: UUID, kid: bytes, seeds: Sequence[BoxedSeed]
) -> None:
    """`kid`: of the member's key who boxed them."""
    await _QUERIES["add_previous"].run(
        connection,
        practice=practice,
        kid=kid,
        units=[UUID(bytes=seed.unit) for seed in seeds],
        epochs=[seed.epoch for seed in seeds],
        seeds=[seed.sealed for seed in seeds],
    )


async def note_epochs(connection: Connection, practice: UUID, units: Sequence[UUID], month: date) -> None:
    await _QUERIES["note_epochs"].run(connection, practice=practice, units=units, month=month)


async def read_epoch_months(connection: Connection, practice: UUID) -> list[tuple[UUID, date]]:
    rows = await _QUERIES["read_epoch_months"].rows(connection, practice=practice)
    return [(row["unit"], row["month"]) for row in rows]


async def close_agendas(connection: Connection, practice: UUID, units: Sequence[UUID]) -> None:
    """Of units that nobody is in: patients are offered nothing there until somebody opens them again."""
    if units:
        await _QUERIES["close_agendas"].run(connection, practice=practice, units=units)


async def add_unit(connection: Connection, practice: UUID, unit: UUID, name: str) -> None:
    await _QUERIES["add_unit"].run(connection, practice=practice, unit=unit, name=name)


async def has_unit(connection: Connection, practice: UUID, unit: UUID) -> bool:
    return await _QUERIES["read_unit"].value(connection, practice=practice, unit=unit) is not None


async def count_units(connection: Connection, practice: UUID) -> int:
    return cast("int", await _QUERIES["count_units"].value(connection, practice=practice))


async def invite(connection: Connection, invitation: NewInvitation) -> bool:
    """False where one stands already under this id, secret or member."""
    return await _QUERIES["invite"].value(connection, **invitation._asdict()) is not None


async def read_invitations(
    connection: Connection, practice: UUID, today: date, kid: bytes
) -> list[asyncpg.Record]:
    """With the secret as it was sealed to this kid, if it was."""
    return await _QUERIES["read_invitations"].rows(connection, practice=practice, today=today, kid=kid)


async def count_invitations(connection: Connection, practice: UUID) -> int:
    return cast("int", await _QUERIES["count_invitations"].value(connection, practice=practice))


async def find_invitation(connection: Connection, find_hash: bytes, today: date) -> asyncpg.Record | None:
    return await _QUERIES["find_invitation"].row(connection, find_hash=find_hash, today=today)


async def lock_invitation(connection: Connection, find_hash: bytes, today: date) -> asyncpg.Record | None:
    return await _QUERIES["lock_invitation"].row(connection, find_hash=find_hash, today=today)


async def answer_invitation(
    connection: Connection,
    practice: UUID,
    invitation: UUID,
    *,
    account: UUID,
    kem_pk: bytes,
    sign_pk: bytes,
    tag: bytes,
) -> None:
    await _QUERIES["answer_invitation"].run(
        connection,
        practice=practice,
        invitation=invitation,
        account=account,
        kem_pk=kem_pk,
        sign_pk=sign_pk,
        tag=tag,
    )


async def member_of_account(connection: Connection, practice: UUID, account: UUID) -> UUID | None:
    return cast(
        "UUID | None", await _QUERIES["is_member"].value(connection, practice=practice, account=account)
    )


async def take_invitation(
    connection: Connection, practice: UUID, member: UUID, kem_pk: bytes, sign_pk: bytes, today: date
) -> asyncpg.Record | None:
    """account, name and until of the answered invitation, which ends; None without one for these keys."""
    return await _QUERIES["take_invitation"].row(
        connection, practice=practice, member=member, kem_pk=kem_pk, sign_pk=sign_pk, today=today
    )


async def revoke_invitation(connection: Connection, practice: UUID, invitation: UUID) -> None:
    await _QUERIES["revoke_invitation"].run(connection, practice=practice, invitation=invitation)


async def expire_invitations(connection: Connection, today: date) -> None:
    await _QUERIES["expire_invitations"].run(connection, today=today)


async def read_older(
    connection: Connection, practice: UUID, unit: UUID, kids: Sequence[bytes], now: datetime, most: int
) -> list[asyncpg.Record]:
    """Records with stanzas of these kids, what is to come first; `standing` counts them all."""
    return await _QUERIES["read_older"].rows(
        connection, practice=practice, unit=unit, kids=kids, now=now, most=most
    )
