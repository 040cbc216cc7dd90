# SPDX-License-Identifier: AGPL-3.0-or-later
"""Members at their browsers, in Python: what each holds, opens and signs, over the use cases the server runs.

The house is that of bento_house; here its owner, Dr Bento, and whoever is invited sign in and change the roster.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import asyncpg

from bento_house import House
from serment.database.pool import transaction
from serment.database.queries import load
from serment.framing import (
    Event,
    FramingError,
    Member,
    RecordContext,
    Removal,
    Role,
    Roster,
    Slot,
    Stanza,
)
from serment.framing.context import Group
from serment.framing.roster_events import Epoch
from serment.framing.roster_seeds import BoxedSeed, SealedSeed
from serment.seal.invitation import (
    Offer,
    check_invitation_tag,
    invitation_find,
    invitation_secret,
    invitation_tag,
    open_as_owner,
    seal_to_owner,
)
from serment.seal.keys import EpochKeys, SymmetricKey, UserKeys
from serment.seal.primitives import KemPair
from serment.seal.record import Reader, add_reader, check_same_keys, compact, open_record
from serment.seal.roster_writing import (
    NewEpoch,
    Step,
    new_epoch,
    open_previous,
    open_seed,
    seal_seed,
    write_events,
)
from serment.server.stores import accounts, rosters
from serment.server.usecases.answer_invitation import Answer, answer_invitation
from serment.server.usecases.append_events import RosterBatch, RosterStands
from serment.server.usecases.change_roster import change_roster
from serment.server.usecases.change_stanzas import NewStanza, add_stanzas, drop_stanzas
from serment.server.usecases.invite import InvitationAsked, SealedSecret, invite
from serment.server.usecases.membership import Staff, member_of
from serment.server.usecases.older_stanzas import OLDER_MAX, older_stanzas
from serment.server.usecases.read_members import InvitationTold, read_members
from serment.server.usecases.read_roster import read_roster
from serment.server.usecases.read_seeds import read_seeds

Epochs = dict[tuple[uuid.UUID, int], EpochKeys]


@dataclass
class Person:
    """Somebody with an account and a session. `kept` is every epoch key they ever opened: nobody can make them forget."""

    name: str
    keys: UserKeys = field(repr=False)
    account: uuid.UUID
    session: bytes = field(repr=False)
    member: uuid.UUID | None = None
    kept: Epochs = field(default_factory=dict, repr=False)

    async def staff(self, house: House) -> Staff:
        return await member_of(house.instance, self.session, house.practice)

    async def roster(self, house: House) -> Roster:
        """As their browser verifies it."""
        return Roster.verify(await read_roster(house.instance, house.practice, 0), house.roster.fingerprint)

    async def open_units(self, house: House) -> dict[uuid.UUID, list[EpochKeys]]:
        """Each of their units' epochs, the present one first, as far back as they lead; kept for ever."""
        staff, roster = await self.staff(house), await self.roster(house)
        events = await read_roster(house.instance, house.practice, 0)
        past = {
            (one.payload.unit, one.payload.e): one.payload
            for one in (Event.parse(signed.event) for signed in events)
            if isinstance(one.payload, Epoch)
        }
        told = await read_seeds(house.instance, staff)
        found: dict[uuid.UUID, list[EpochKeys]] = {}
        for unit in staff.units:
            if unit.bytes not in roster.units:
                continue
            epoch = roster.epoch(unit.bytes)
            mine = next(each for each in told.seeds if (each.unit, each.epoch) == (unit, epoch.e))
            chain = [open_seed(roster, unit.bytes, self.keys.kem, mine.sealed)]
            for e in range(epoch.e, 1, -1):
                here, before = past[unit.bytes, e], past[unit.bytes, e - 1]
                for boxed in (each for each in told.previous if (each.unit, each.epoch) == (unit, e)):
                    with contextlib.suppress(FramingError):  # what a member spoilt is stepped over
                        chain.append(open_previous(roster, chain[-1], here, before, boxed.sealed))
                        break
                else:
                    break
            found[unit] = chain
            self.kept |= {(unit, epoch.e - nth): keys for nth, keys in enumerate(chain)}
        return found

    async def change(self, house: House, change: Change) -> RosterStands:
        """Signs, and sends with the seeds that are due."""
        return await change_roster(house.instance, await self.staff(house), change.batch)


@dataclass
class Change:
    """A batch as an owner's browser makes it. `epochs`: the keys of the units it turned."""

    batch: RosterBatch
    roster: Roster
    epochs: dict[uuid.UUID, NewEpoch]


async def enrol(house: House, name: str, keys: UserKeys, member: uuid.UUID | None = None) -> Person:
    """An account with an open session; of the practice already if `member` is given."""
    queries, account, pool = load("demo"), uuid.uuid4(), house.instance.pool
    session = secrets.token_bytes(32)
    expires_at = house.clock() + timedelta(days=400)
    async with transaction(pool) as tx:  # a server's sweep takes accounts away that nobody is signed in to
        await queries["add_account"].run(
            tx,
            account=account,
            find_row=secrets.token_bytes(32),
            auth=secrets.token_bytes(32),
            sign_pk=keys.sign.pk,
        )
        if member is not None:
            await queries["add_member"].run(
                tx,
                practice=house.practice,
                member=member,
                account=account,
                name=name,
                seen=house.clock().date(),
            )
        await accounts.open_session(tx, hashlib.sha256(session).digest(), account, expires_at)
    return Person(name, keys, account, session, member)


async def bento(house: House) -> Person:
    """Dr Bento, the house's owner, signed in."""
    me = next(m for m in house.roster.members.values() if m.sign_pk == house.owner.sign.pk)
    return await enrol(house, "Dr Bento", house.owner, uuid.UUID(bytes=me.id))


async def sam(house: House) -> Person:
    """Sam, whom the house has as a member; a session beside the one bento_house may open."""
    row = await house.instance.pool.fetchrow(
        "SELECT account FROM members WHERE practice = $1 AND member = $2", house.practice, house.sam_member
    )
    session = secrets.token_bytes(32)
    expires_at = house.clock() + timedelta(days=400)
    await accounts.open_session(
        house.instance.pool, hashlib.sha256(session).digest(), row["account"], expires_at
    )
    return Person("Sam", house.sam, row["account"], session, house.sam_member)


async def write(
    owner: Person, house: House, steps: Sequence[object], *, turn: Sequence[uuid.UUID] = (),
    names: Mapping[uuid.UUID, str] | None = None,
) -> Change:  # fmt: skip
    """The events for these payloads, then a new epoch of each unit in `turn`, with every seed that is due."""
    roster = await owner.roster(house)
    mine = await owner.open_units(house)
    members = dict(roster.members)
    for payload in steps:
        if isinstance(payload, Member):
            members[payload.id] = payload
        elif isinstance(payload, Removal):
            del members[payload.id]
    epochs: dict[uuid.UUID, NewEpoch] = {}
    for unit in turn:
        there = [member for member in members.values() if unit.bytes in member.units]
        epochs[unit] = new_epoch(roster, unit.bytes, there, mine[unit][0] if unit in mine else None)
    signed: list[Step] = [(owner.keys.sign, payload) for payload in steps]  # type: ignore[misc]
    signed += [(owner.keys.sign, epoch.event) for epoch in epochs.values()]
    events, after = write_events(roster, signed)
    seeds = [
        SealedSeed(unit.bytes, epoch.event.e, kid, sealed)
        for unit, epoch in epochs.items()
        for kid, sealed in epoch.seeds.items()
    ]
    for unit, chain in mine.items():
        if unit in epochs:
            continue
        had = {member.kem_kid for member in roster.members_of(unit.bytes)}
        e = roster.epoch(unit.bytes).e
        seeds += [
            SealedSeed(
                unit.bytes, e, m.kem_kid, seal_seed(roster, unit.bytes, e, m.kem_pk, m.kem_kid, chain[0].seed)
            )
            for m in after.members_of(unit.bytes)
            if m.kem_kid not in had
        ]
    previous = [
        BoxedSeed(unit.bytes, epoch.event.e, epoch.previous)
        for unit, epoch in epochs.items()
        if epoch.previous is not None
    ]
    units = list((names or {}).items())
    return Change(RosterBatch(events, seeds, previous, units), after, epochs)


async def removal(owner: Person, house: House, member: uuid.UUID, *rest: object) -> Change:
    """Without this member, and with new keys of every unit they were in."""
    gone = (await owner.roster(house)).members[member.bytes]
    turned = [uuid.UUID(bytes=unit) for unit in gone.units]
    return await write(owner, house, [*rest, Removal(member.bytes)], turn=turned)


@dataclass
class Letter:
    """An invitation, as its link and its offer."""

    asked: InvitationAsked
    offer: Offer
    secret: bytes = field(repr=False)


def letter(
    owner: Person, house: House, name: str, role: Role, units: Sequence[uuid.UUID], *,
    until: date | None = None, in_place_of: uuid.UUID | None = None, owners_now: Iterable[Member] = (),
) -> Letter:  # fmt: skip
    """What the owner's browser draws and derives; `owners_now`: whom else it is told."""
    member, ordered = uuid.uuid4(), sorted(units)
    offer = Offer(
        house.instance.name, house.practice.bytes, member.bytes, role, tuple(unit.bytes for unit in ordered),
        None if in_place_of is None else in_place_of.bytes,
    )  # fmt: skip
    secret = invitation_secret(owner.keys.seed, offer)
    owners = [
        SealedSecret(other.kem_kid, seal_to_owner(secret, offer, owner.keys.sign, other.kem_pk))
        for other in owners_now
        if other.kem_pk != owner.keys.kem.pk
    ]
    asked = InvitationAsked(
        uuid.uuid4(), member, invitation_find(secret), int(role), ordered, in_place_of, name, until, owners
    )
    return Letter(asked, offer, secret)


async def answer(person: Person, house: House, invited: Letter) -> None:
    """The invited person's browser."""
    tag = invitation_tag(invited.secret, invited.offer, person.keys.kem.pk, person.keys.sign.pk)
    await answer_invitation(
        house.instance, person.session, invitation_find(invited.secret),
        Answer(person.keys.kem.pk, person.keys.sign.pk, tag),
    )  # fmt: skip


def checked(
    owner: Person, house: House, told: InvitationTold, *, inviter_sign_pk: bytes | None = None
) -> Member:
    """The member an owner's browser signs in: only keys that the holder of the link gave for this very offer.

    `inviter_sign_pk`: by the roster, of another owner who made the invitation.
    """
    offer = Offer(
        house.instance.name, house.practice.bytes, told.member.bytes, Role(told.role),
        tuple(unit.bytes for unit in told.units), None if told.in_place_of is None else told.in_place_of.bytes,
    )  # fmt: skip
    assert told.kem_pk is not None and told.sign_pk is not None and told.tag is not None
    if inviter_sign_pk is None:
        secret = invitation_secret(owner.keys.seed, offer)
    else:
        assert told.sealed is not None
        secret = open_as_owner(told.sealed, offer, inviter_sign_pk, owner.keys.kem)
    check_invitation_tag(secret, offer, told.kem_pk, told.sign_pk, told.tag)
    return Member(told.member.bytes, told.kem_pk, told.sign_pk, Role(told.role), offer.units)


async def bring_in(
    owner: Person, house: House, name: str, role: Role, units: Sequence[uuid.UUID], *,
    keys: UserKeys | None = None, until: date | None = None, in_place_of: uuid.UUID | None = None,
) -> Person:  # fmt: skip
    """Invited, answered, compared, signed in."""
    invited = letter(owner, house, name, role, units, until=until, in_place_of=in_place_of)
    await invite(house.instance, await owner.staff(house), invited.asked)
    person = await enrol(house, name, keys or UserKeys.new())
    await answer(person, house, invited)
    told = await read_members(house.instance, await owner.staff(house))
    row = next(each for each in told.invitations if each.invitation == invited.asked.invitation)
    member = checked(owner, house, row)
    if in_place_of is None:
        change = await write(owner, house, [member])
    else:
        change = await removal(owner, house, in_place_of, member)
    await owner.change(house, change)
    person.member = row.member
    return person


async def follow(owner: Person, house: House) -> None:
    """The house's own picture of roster and keys, by which patients seal, as it is now."""
    house.roster = await owner.roster(house)
    house.epochs.update({unit: chain[0] for unit, chain in (await owner.open_units(house)).items()})


async def events_of(house: House) -> int:
    """How many events stand."""
    head = await rosters.read_head(house.instance.pool, house.practice)
    assert head is not None
    return head[0]


# ---------------------------------------------------------------- records under older keys


async def rewrap(
    person: Person, house: House, unit: uuid.UUID, *, most: int, drop: bool = True,
    seen: list[uuid.UUID] | None = None,
) -> int:  # fmt: skip
    """One batch of re-wrapping, as any member's browser does it; how many records it was about."""
    staff = await person.staff(house)
    now, *earlier = (await person.open_units(house))[unit]
    kids = [kid for keys in earlier for kid in (keys.kem.kid, keys.k_rec.kid)]
    if not kids:
        return 0
    told = await older_stanzas(house.instance, staff, unit, kids, most)
    new, gone = [], []
    for row in told.records:
        context = RecordContext(
            house.instance.name, house.practice.bytes, unit.bytes, row.record.bytes, row.rev,
            Slot.parse(row.sealed_slot),
        )  # fmt: skip
        stanzas = [Stanza.parse(each.sealed) for each in row.stanzas]
        held = next(key for keys in earlier for key in (keys.k_rec, keys.kem) if _has(stanzas, key.kid))
        wrapped = add_reader(context, stanzas, held, Reader(now.k_rec))
        new.append((NewStanza(row.record, row.rev, row.head, wrapped.to_bytes()), context, stanzas, held))
        gone += [(row.record, row.rev, each.kid) for each in row.stanzas]
    if seen is not None:
        seen += [row.record for row in told.records]
    if new:
        stored = await add_stanzas(house.instance, staff, [each for each, *_ in new])
        for one, context, stanzas, held in new:
            answer = next(each for each in stored if each.record == one.record)
            check_same_keys(context, stanzas, held, Stanza.parse(answer.bytes), now.k_rec)
    if gone and drop:
        await drop_stanzas(house.instance, staff, gone)
    return len(told.records)


def _has(stanzas: Sequence[Stanza], kid: bytes) -> bool:
    return any(stanza.kid == kid for stanza in stanzas)


async def compact_all(person: Person, house: House, unit: uuid.UUID) -> None:
    """What the first opening of each record does: an 02 stanza in place of the unit's 01."""
    staff, keys = await person.staff(house), (await person.open_units(house))[unit][0]
    told = await older_stanzas(house.instance, staff, unit, [keys.kem.kid], OLDER_MAX)
    for row in told.records:
        context = RecordContext(
            house.instance.name, house.practice.bytes, unit.bytes, row.record.bytes, row.rev,
            Slot.parse(row.sealed_slot),
        )  # fmt: skip
        stanza = compact(context, [Stanza.parse(each.sealed) for each in row.stanzas], keys.kem, keys.k_rec)
        await add_stanzas(
            house.instance, staff, [NewStanza(row.record, row.rev, row.head, stanza.to_bytes())]
        )
        await drop_stanzas(house.instance, staff, [(row.record, row.rev, keys.kem.kid)])


@dataclass(frozen=True)
class Dump:
    """What a copy of the database holds of every record, as it was when it was taken."""

    rows: Mapping[uuid.UUID, asyncpg.Record]
    stanzas: Mapping[uuid.UUID, list[Stanza]]


async def dump(house: House) -> Dump:
    """A copy of all that is sealed in a practice."""
    pool, practice = house.instance.pool, house.practice
    rows = await pool.fetch("SELECT * FROM appointments WHERE practice = $1", practice)
    stanzas: dict[uuid.UUID, list[Stanza]] = {row["record"]: [] for row in rows}
    for each in await pool.fetch(
        "SELECT s.record, s.bytes FROM stanzas s JOIN appointments USING (practice, record, rev) WHERE practice = $1",
        practice,
    ):
        stanzas[each["record"]].append(Stanza.parse(each["bytes"]))
    return Dump({row["record"]: row for row in rows}, stanzas)


async def stored_record(
    house: House, record: uuid.UUID, source: Dump | None = None
) -> tuple[RecordContext, dict[Group, bytes], list[Stanza], bytes | None]:
    """What the database, or a copy of it, holds of a record."""
    source = source or await dump(house)
    row = source.rows[record]
    context = RecordContext(
        house.instance.name, house.practice.bytes, row["unit"].bytes, record.bytes, row["rev"],
        Slot.parse(row["sealed_slot"]),
    )  # fmt: skip
    bodies = {Group.IDENTITY: row["body_id"], Group.CONTACT: row["body_ct"], Group.REASON: row["body_rs"]}
    return context, bodies, source.stanzas[record], row["patient_pk"]


async def check_opens(house: House, record: uuid.UUID, key: KemPair | SymmetricKey) -> None:
    """All three groups open, by what is stored now. Raises FramingError."""
    context, bodies, stanzas, patient_pk = await stored_record(house, record)
    open_record(context, stanzas, key, bodies, patient_pk)


async def opens_with(
    house: House, record: uuid.UUID, kept: Iterable[EpochKeys], source: Dump | None = None
) -> bool:
    """Whether any of these keys opens anything of a record, as a database holds it."""
    context, bodies, stanzas, patient_pk = await stored_record(house, record, source)
    for keys in kept:
        for key in (keys.k_rec, keys.kem):
            with contextlib.suppress(FramingError):
                open_record(context, stanzas, key, bodies, patient_pk)
                return True
    return False
