"""Opens a practice as its owner's browser will: root, members' keys, roster, epochs, ways to unlock."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncpg

from serment.database.queries import load
from serment.demo.paper import write_paper
from serment.framing.conventions import KEY_BYTES, sha256
from serment.framing.roster import Roster
from serment.framing.roster_events import Notifier, Role
from serment.framing.server_secret import find_row, password_share, stored_auth
from serment.seal.chance import draw
from serment.seal.keys import EpochKeys, UserKeys
from serment.seal.primitives import SignPair
from serment.seal.roster_writing import found_practice, member_of, new_epoch, write_events
from serment.seal.unlock import (
    Method,
    UnlockPlace,
    derive_password,
    draw_recovery_code,
    recovery_find,
    recovery_secret,
    seal_unlock,
)
from serment.server.secret import Secret
from serment.server.stores import rosters

_queries = load("demo")
FIRST_VERSION = 1


@dataclass(frozen=True)
class Person:
    """Somebody of a practice. Without a password they are found by their recovery code alone."""

    name: str
    role: Role
    log_in: str = ""
    password: str = field(default="", repr=False)
    code: bytes = field(default_factory=draw_recovery_code, repr=False)


@dataclass(frozen=True)
class House:
    """An opened practice: its roster, each unit's present keys, what is printed: each person's recovery code, and the root."""

    practice: uuid.UUID
    roster: Roster
    units: dict[uuid.UUID, EpochKeys]
    recovery_codes: dict[str, str]
    root_paper: str = field(repr=False)


async def open_practice(
    connection: asyncpg.Connection,
    *,
    instance: str,
    secret: Secret,
    practice: uuid.UUID,
    units: Sequence[uuid.UUID],
    people: Sequence[Person],
    today: dt.date,
    notifier: bytes | None = None,
    root: bytes | None = None,
) -> House:
    """Make every key (the root, unless it is given), sign the roster, store what the server may hold, in one transaction;
    the first person owns. `notifier`: the root of who sends its messages, which the owner names.

    From here on the practice takes online bookings. Seeds exist in this process's memory only, and wrapped in the rows.
    """
    keys = [UserKeys.new() for _ in people]
    unit_ids = [unit.bytes for unit in units]
    members = [
        member_of(mine, uuid.uuid4().bytes, person.role, unit_ids)
        for mine, person in zip(keys, people, strict=True)
    ]
    root = root or draw(KEY_BYTES)
    genesis, roster = found_practice(instance, practice.bytes, SignPair.from_seed(root), members[0])
    joined, roster = write_events(roster, [(keys[0].sign, member) for member in members[1:]])
    epochs = [new_epoch(roster, unit, members) for unit in unit_ids]
    named = [] if notifier is None else [(keys[0].sign, Notifier(notifier))]
    opened, roster = write_events(roster, [*((keys[0].sign, epoch.event) for epoch in epochs), *named])
    codes: dict[str, str] = {}
    async with connection.transaction():
        for seq, event in enumerate([genesis, *joined, *opened], start=1):
            await rosters.append(connection, practice, seq, event)
        for unit, epoch in zip(units, epochs, strict=True):
            for kid, sealed in epoch.seeds.items():
                await load("rosters")["add_seed"].run(
                    connection, practice=practice, unit=unit, epoch=epoch.event.e, kid=kid, bytes=sealed
                )
        for person, mine, member in zip(people, keys, members, strict=True):
            codes[person.name] = await _enrol(
                connection, instance, secret, practice, person, mine, uuid.UUID(bytes=member.id), today
            )
        await rosters.name_fingerprint(connection, practice, roster.fingerprint)
    present = {unit: epoch.keys for unit, epoch in zip(units, epochs, strict=True)}
    return House(practice, roster, present, codes, write_paper("root", root))


async def _enrol(
    connection: asyncpg.Connection,
    instance: str,
    secret: Secret,
    practice: uuid.UUID,
    person: Person,
    keys: UserKeys,
    member: uuid.UUID,
    today: dt.date,
) -> str:
    """Store the account with its ways to unlock; the recovery code as it would be printed."""
    account, code = uuid.uuid4(), person.code
    place = UnlockPlace(instance, account.bytes, Method.RECOVERY, recovery_find(code), FIRST_VERSION)
    unlocks = [(place, seal_unlock(place, recovery_secret(code), keys.seed))]
    # Without a log-in name the row is found by nobody who types one.
    row, auth = draw(KEY_BYTES), draw(KEY_BYTES)
    if person.log_in:
        derived = derive_password(instance, person.log_in, person.password)
        row = find_row(secret.current, derived.find)
        auth = stored_auth(secret.current, derived.find, derived.auth)
        place = UnlockPlace(instance, account.bytes, Method.PASSWORD, b"", FIRST_VERSION)
        share = password_share(secret.current, derived.find)
        unlocks.append((place, seal_unlock(place, derived.secret(share), keys.seed)))
    await _queries["add_account"].run(
        connection, account=account, find_row=row, auth=auth, sign_pk=keys.sign.pk
    )
    for place, sealed in unlocks:
        await _queries["add_unlock"].run(
            connection,
            account=account,
            method=int(place.method),
            credential=stored_credential(place),
            version=place.version,
            bytes=sealed,
        )
    await _queries["add_member"].run(
        connection, practice=practice, member=member, account=account, name=person.name,
        seen=today,
    )  # fmt: skip
    return write_paper("recovery", code)


def stored_credential(place: UnlockPlace) -> bytes:
    """What the server finds a way in by: of a printed code the hash, so that a dump signs nobody in."""
    return sha256(place.credential) if place.method is Method.RECOVERY else place.credential
