# SPDX-License-Identifier: AGPL-3.0-or-later
"""Linked programs: pairing codes, who they are, how they log in, and what owners chose for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

import asyncpg

from serment.database.queries import Connection, load
from serment.framing.connectors import PublicConnector
from serment.framing.conventions import kid

_QUERIES = load("connectors")


async def add_code(
    connection: Connection, practice: UUID, code_hash: bytes, in_place_of: UUID | None, expires_at: datetime, now: datetime,
    *, most: int,
) -> bool:  # fmt: skip
    """False where so many stand already."""
    added = await _QUERIES["add_code"].value(
        connection, practice=practice, code_hash=code_hash, in_place_of=in_place_of, expires_at=expires_at, now=now, most=most
    )  # fmt: skip
    return added is not None


async def count_codes(connection: Connection, practice: UUID, now: datetime) -> int:
    return cast("int", await _QUERIES["count_codes"].value(connection, practice=practice, now=now))


async def take_code(
    connection: Connection, practice: UUID, code_hash: bytes, now: datetime
) -> asyncpg.Record | None:
    """in_place_of, of a code that stood until now."""
    return await _QUERIES["take_code"].row(connection, practice=practice, code_hash=code_hash, now=now)


async def pair(
    connection: Connection, practice: UUID, shown: PublicConnector, jwt_sig: bytes, *, code_hash: bytes, cursor: bytes,
    in_place_of: UUID | None, now: datetime,
) -> bool:  # fmt: skip
    """False where the id or a key was seen before."""
    connector = UUID(bytes=shown.connector)
    paired = await _QUERIES["pair"].value(
        connection, practice=practice, connector=connector, kem_pk=shown.kem_pk, kem_kid=kid(shown.kem_pk),
        sign_pk=shown.sign_pk, login_x=shown.login.x, login_y=shown.login.y, jwt_sig=jwt_sig, code_hash=code_hash,
        cursor=cursor, in_place_of=in_place_of, now=now,
    )  # fmt: skip
    if paired is not None and in_place_of is not None:
        await _QUERIES["take_over_agendas"].run(
            connection, practice=practice, connector=connector, in_place_of=in_place_of
        )
    return paired is not None


async def read_paired(connection: Connection, practice: UUID, code_hash: bytes) -> asyncpg.Record | None:
    return await _QUERIES["read_paired"].row(connection, practice=practice, code_hash=code_hash)


async def read_connectors(connection: Connection, practice: UUID) -> list[asyncpg.Record]:
    return await _QUERIES["read_connectors"].rows(connection, practice=practice)


async def lock(connection: Connection, practice: UUID, connector: UUID) -> asyncpg.Record | None:
    """state, keys, and the units of its agendas."""
    return await _QUERIES["lock"].row(connection, practice=practice, connector=connector)


async def set_connector(
    connection: Connection, practice: UUID, connector: UUID, *,
    name: str, inbound: str, stale_minutes: int, agendas: Sequence[UUID],
) -> None:  # fmt: skip
    """The caller has locked it."""
    of = {"practice": practice, "connector": connector}
    await _QUERIES["set"].run(connection, **of, name=name, inbound=inbound, stale_minutes=stale_minutes)
    await _QUERIES["drop_agendas"].run(connection, **of, agendas=agendas)
    await _QUERIES["add_agendas"].run(connection, **of, agendas=agendas)


async def units_of_agendas(
    connection: Connection, practice: UUID, agendas: Sequence[UUID]
) -> dict[UUID, UUID]:
    """By agenda of this practice, its unit."""
    rows = await _QUERIES["units_of_agendas"].rows(connection, practice=practice, agendas=agendas)
    return {row["agenda"]: row["unit"] for row in rows}


async def drop_pending(connection: Connection, practice: UUID, connector: UUID) -> bool:
    """Whether it was pending."""
    return (
        await _QUERIES["drop_pending"].value(connection, practice=practice, connector=connector) is not None
    )


async def grant(connection: Connection, practice: UUID, connector: UUID, first_until: datetime) -> None:
    await _QUERIES["grant"].run(connection, practice=practice, connector=connector, first_until=first_until)


async def revoke(connection: Connection, practice: UUID, connector: UUID, now: datetime) -> None:
    """Its stanzas, tokens and agendas go with it."""
    await _QUERIES["revoke"].run(connection, practice=practice, connector=connector, now=now)


async def freeze(connection: Connection, practice: UUID, connector: UUID, why: str, now: datetime) -> bool:
    """Whether it was served until now."""
    frozen = await _QUERIES["freeze"].value(
        connection, practice=practice, connector=connector, why=why, now=now
    )
    return frozen is not None


async def read_login(connection: Connection, practice: UUID, connector: UUID) -> tuple[bytes, bytes] | None:
    """x and y of the login key of a connector that is served."""
    row = await _QUERIES["read_login"].row(connection, practice=practice, connector=connector)
    return None if row is None else (row["login_x"], row["login_y"])


async def show_once(connection: Connection, shown: bytes, expires_at: datetime) -> bool:
    """False if it was shown before."""
    return await _QUERIES["show_once"].value(connection, shown=shown, expires_at=expires_at) is not None


async def give_token(
    connection: Connection,
    practice: UUID,
    connector: UUID,
    *,
    token_hash: bytes,
    jkt: bytes,
    expires_at: datetime,
) -> bool:
    """Whether it is still served."""
    given = await _QUERIES["give_token"].value(
        connection, practice=practice, connector=connector, token_hash=token_hash, jkt=jkt, expires_at=expires_at
    )  # fmt: skip
    return given is not None


async def judge(
    connection: Connection,
    token_hash: bytes,
    jkt: bytes,
    *,
    shown: bytes,
    proof_over: datetime,
    now: datetime,
) -> asyncpg.Record | None:
    """practice, connector, head and agendas of who is served by this token, this key and a proof not shown before."""
    return await _QUERIES["judge"].row(
        connection, token_hash=token_hash, jkt=jkt, shown=shown, proof_over=proof_over, now=now
    )


async def still_served(connection: Connection, token_hash: bytes, now: datetime) -> bool:
    return cast("bool", await _QUERIES["still_served"].value(connection, token_hash=token_hash, now=now))


async def expire(
    connection: Connection, now: datetime, *, pending_since: datetime, revoked_since: datetime
) -> None:
    await _QUERIES["expire"].run(
        connection, now=now, pending_since=pending_since, revoked_since=revoked_since
    )
