# SPDX-License-Identifier: AGPL-3.0-or-later
"""A program at the practice is linked: an owner's code, the keys it answers with, what owners choose beside the grant
(spec/agent.md, sections 2 and 6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from serment.database.pool import transaction
from serment.domain.retention import kept
from serment.domain.roles import Deed
from serment.framing.connectors import LoginKey, PublicConnector
from serment.framing.conventions import HASH_BYTES, exactly
from serment.framing.roster_events import WINDOW_DAYS_MAX
from serment.framing.typed import PAIRING, PAIRING_BYTES, draw_typed, is_typed, typed_hash
from serment.server.instance import Instance
from serment.server.stores import busy, connectors, feed, members
from serment.server.usecases.errors import (
    AlreadyPaired,
    NoSuchAgenda,
    NoSuchConnector,
    NoSuchPairing,
    StillGranted,
    TooManyCodes,
)
from serment.server.usecases.membership import Staff

CODE_MINUTES = kept("moment").number
CODES_MAX = 3
NAME_CHARACTERS_MAX = 80
AGENDAS_MAX = 200
STALE_MINUTES_MIN, STALE_MINUTES_MAX = 5, 1440

Inbound = Literal["none", "busy", "sealed"]


class PairingCode(msgspec.Struct):
    """Shown once; the server keeps its hash."""

    code: str
    expires_at: datetime


class ConnectorSettings(msgspec.Struct, forbid_unknown_fields=True):
    """What owners choose beside the grant. `stale_minutes`: after so long without a word its source is marked in the agenda."""

    name: str
    agendas: list[UUID]
    inbound: Inbound
    stale_minutes: int


class ConnectorTold(msgspec.Struct):
    """One linked program. `thumb` is of `jwk`, `jwt_sig` its own signature of it; `why`: of what it was stopped."""

    connector: UUID
    state: str
    why: str
    kem_pk: bytes
    sign_pk: bytes
    jwk: dict[str, str]
    thumb: bytes
    jwt_sig: bytes
    in_place_of: UUID | None
    name: str
    agendas: list[UUID]
    inbound: str
    stale_minutes: int
    seen_at: datetime | None


class ConnectorsTold(msgspec.Struct):
    """All of a practice; `codes`: how many pairing codes stand."""

    connectors: list[ConnectorTold]
    codes: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What an agent posts with its code. `cursor`: SHA-256 of its first one."""

    code: str
    public: PublicConnector
    jwt_sig: bytes
    cursor: bytes


async def ask_code(instance: Instance, staff: Staff, in_place_of: UUID | None) -> PairingCode:
    """A code for one agent. Raises NotYourRole, NoSuchConnector (in place of which), TooManyCodes."""
    staff.check_may(Deed.CHANGE_MEMBERS)
    now = instance.clock()
    code = PairingCode(
        draw_typed(PAIRING, PAIRING_BYTES), now.replace(microsecond=0) + timedelta(minutes=CODE_MINUTES)
    )
    async with transaction(instance.pool) as tx:
        await members.lock_practice(tx, staff.practice)
        if in_place_of is not None:
            before = await connectors.lock(tx, staff.practice, in_place_of)
            if before is None or before["state"] not in ("granted", "frozen"):
                raise NoSuchConnector
        stored = await connectors.add_code(
            tx, staff.practice, typed_hash(code.code), in_place_of, code.expires_at, now, most=CODES_MAX
        )
    if not stored:
        raise TooManyCodes
    return code


async def pair(instance: Instance, practice: UUID, shown: Shown) -> None:
    """An agent's keys are noted, and served nothing until an owner grants them something. Again: the same answer.

    Raises NoSuchPairing, AlreadyPaired, Altered, Unknown.
    """
    exactly(shown.cursor, HASH_BYTES, "cursor")
    shown.public.check(instance.name, practice.bytes, shown.jwt_sig)
    if not is_typed(PAIRING, PAIRING_BYTES, shown.code):
        raise NoSuchPairing
    code_hash, now = typed_hash(shown.code), instance.clock()
    async with transaction(instance.pool) as tx:
        taken = await connectors.take_code(tx, practice, code_hash, now)
        if taken is None:
            row = await connectors.read_paired(tx, practice, code_hash)
            if row is None or not _is_same(row, shown):
                raise NoSuchPairing
            return
        if not await connectors.pair(
            tx, practice, shown.public, shown.jwt_sig, code_hash=code_hash, cursor=shown.cursor,
            in_place_of=taken["in_place_of"], now=now,
        ):  # fmt: skip
            raise AlreadyPaired
    instance.changes.note(practice)


def _is_same(row: asyncpg.Record, shown: Shown) -> bool:
    public = shown.public
    return (
        row["connector"].bytes, row["kem_pk"], row["sign_pk"], row["login_x"], row["login_y"], row["jwt_sig"],
    ) == (public.connector, public.kem_pk, public.sign_pk, public.login.x, public.login.y, shown.jwt_sig)  # fmt: skip


async def read_connectors(instance: Instance, staff: Staff) -> ConnectorsTold:
    """Raises NotYourRole."""
    staff.check_may(Deed.CHANGE_MEMBERS)
    rows = await connectors.read_connectors(instance.pool, staff.practice)
    codes = await connectors.count_codes(instance.pool, staff.practice, instance.clock())
    return ConnectorsTold([_told(row) for row in rows], codes)


def _told(row: asyncpg.Record) -> ConnectorTold:
    login = LoginKey(row["login_x"], row["login_y"])
    return ConnectorTold(
        row["connector"], row["state"], row["why"], row["kem_pk"], row["sign_pk"], login.jwk(), login.thumb, row["jwt_sig"],
        row["in_place_of"], row["name"], row["agendas"], row["inbound"], row["stale_minutes"], row["seen_at"],
    )  # fmt: skip


async def set_connector(instance: Instance, staff: Staff, connector: UUID, wanted: ConnectorSettings) -> None:
    """Raises NotYourRole, NoSuchConnector, NoSuchAgenda (another's, or of a unit that is not granted once something is)."""
    staff.check_may(Deed.CHANGE_MEMBERS)
    async with transaction(instance.pool) as tx:
        await members.lock_practice(tx, staff.practice)
        row = await connectors.lock(tx, staff.practice, connector)
        if row is None or row["state"] == "revoked":
            raise NoSuchConnector
        of = await connectors.units_of_agendas(tx, staff.practice, wanted.agendas)
        granted = {UUID(bytes=unit) for key, unit in staff.roster.grants if key == connector.bytes}
        if set(wanted.agendas) != of.keys() or (granted and not granted.issuperset(of.values())):
            raise NoSuchAgenda
        await connectors.set_connector(
            tx, staff.practice, connector, name=wanted.name.strip(), inbound=wanted.inbound,
            stale_minutes=wanted.stale_minutes, agendas=wanted.agendas,
        )  # fmt: skip
        since = instance.clock() - timedelta(days=WINDOW_DAYS_MAX)
        await busy.drop_outside(tx, staff.practice, connector, wanted.agendas)
        await feed.follow_agendas(tx, staff.practice, connector, wanted.agendas, since)
    instance.changes.note(staff.practice)


async def drop_connector(instance: Instance, staff: Staff, connector: UUID) -> None:
    """Forgets one that was granted nothing; one that is gone is gone. Raises NotYourRole, StillGranted."""
    staff.check_may(Deed.CHANGE_MEMBERS)
    async with transaction(instance.pool) as tx:
        row = await connectors.lock(tx, staff.practice, connector)
        if row is not None and row["state"] != "pending":
            raise StillGranted
        await connectors.drop_pending(tx, staff.practice, connector)
