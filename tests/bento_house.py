# SPDX-License-Identifier: AGPL-3.0-or-later
"""The house the server's tests live in: Dr Bento and Dr Ferrand, Sam the secretary, keys and all, on a real database.

Tests are told the time: the clock stands at NOON unless a test moves it. All people are made up.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import msgspec

from serment.database.pool import Pool
from serment.database.queries import load
from serment.framing import Act, RecordContext, Role, Roster, Slot, find_row, stored_auth
from serment.seal.chance import draw
from serment.seal.groups import Contact, Identity, Payloads, Reason
from serment.seal.keys import Cap, EpochKeys, UserKeys
from serment.seal.messages import act_token, draw_c, draw_t, handle
from serment.seal.primitives import SignPair
from serment.seal.record import Sealed, seal_booking, seal_by_member, sign_act
from serment.seal.roster_writing import found_practice, member_of, new_epoch, write_events
from serment.seeding import Town, plant, seed_id
from serment.server.instance import Instance
from serment.server.secret import Secret
from serment.server.stores import rosters
from serment.server.usecases.book import Booked, Written, book
from serment.server.usecases.hold_slot import Held, HoldRequest, hold_slot
from serment.server.usecases.sign_in import sign_in

INSTANCE = "serment-test"
NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)  # a Monday
DAY = date(2027, 3, 2)
DAILY_FEW = 3
LASER_ROOMS = 2
FIND, AUTH = b"f" * 32, b"a" * 32


class Clock:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **spell: float) -> None:
        self.now += timedelta(**spell)


def at(text: str, day: date = DAY) -> datetime:
    """An instant of a day in Paris in winter (UTC+1)."""
    hours, minutes = text.split(":")
    return datetime(day.year, day.month, day.day, int(hours), int(minutes), tzinfo=UTC) - timedelta(hours=1)


def town(slug: str) -> Town:
    """Two practitioners, open 8 to 18 every day, and the visit types the traps need."""
    agendas = ["bento", "ferrand"]
    opening = {"first_date": date(2027, 1, 1), "from": "08:00", "to": "18:00", "rrule": "FREQ=DAILY"}
    kind = {"agendas": agendas, "notice_minutes": 0}
    practice = {
        "slug": slug,
        "name": "Cabinet Bento",
        "sites": [{
            "key": "site", "name": "Cabinet", "address": "1 rue Haute", "postcode": "29200", "town": "Brest",
            "town_code": "29019", "latitude": 48.39, "longitude": -4.49,
        }],
        "units": [{"key": "unit", "name": "Cabinet"}, {"key": "lab", "name": "Laboratoire"}],
        "practitioners": [
            {"key": "bento", "given_name": "Ana", "family_name": "Bento", "specialty": "SM54", "slug": f"{slug}-b"},
            {"key": "ferrand", "given_name": "Luc", "family_name": "Ferrand", "specialty": "SM54", "slug": f"{slug}-f"},
        ],
        "agendas": [
            {"key": key, "site": "site", "practitioner": key, "unit": "unit", "works_on_holidays": True} for key in agendas
        ]
        + [{"key": "lab", "site": "site", "practitioner": "bento", "unit": "lab"}],
        "openings": [opening | {"key": key, "agenda": key} for key in [*agendas, "lab"]],
        "visit_types": [
            kind | {"key": "visit", "name_fr": "Consultation", "name_en": "Visit", "minutes": 30, "step_minutes": 15},
            kind | {"key": "long", "name_fr": "Bilan", "name_en": "Check-up", "minutes": 60, "step_minutes": 15},
            kind | {"key": "ask", "name_fr": "Certificat", "name_en": "Certificate", "minutes": 30, "accepted": "on_request"},
            kind | {"key": "staff", "name_fr": "Réunion", "name_en": "Meeting", "minutes": 30, "who": "staff"},
            kind | {"key": "few", "name_fr": "Vaccin", "name_en": "Vaccine", "minutes": 10, "daily_quota": DAILY_FEW},
            kind | {"key": "laser", "name_fr": "Laser", "name_en": "Laser", "minutes": 30, "resources": ["laser"]},
        ],
        "resources": [
            {"key": f"laser{nth}", "site": "site", "kind": "laser", "name": f"Laser {nth}"} for nth in range(LASER_ROOMS)
        ],
    }  # fmt: skip
    return msgspec.convert({"practices": [practice]}, Town)


@dataclass
class House:
    """A practice opened with real keys, and the server instance in front of it."""

    instance: Instance
    clock: Clock
    slug: str
    roster: Roster
    owner: UserKeys = field(repr=False)
    sam: UserKeys = field(repr=False)
    sam_member: uuid.UUID
    epochs: dict[uuid.UUID, EpochKeys] = field(repr=False)
    root: SignPair = field(default_factory=lambda: SignPair.from_seed(draw(32)), repr=False)

    def id(self, kind: str, key: str) -> uuid.UUID:
        return seed_id(self.slug, kind, key)

    @property
    def practice(self) -> uuid.UUID:
        return self.id("practice", "")

    @property
    def unit(self) -> uuid.UUID:
        return self.id("unit", "unit")

    @property
    def bento(self) -> uuid.UUID:
        return self.id("agenda", "bento")

    @property
    def ferrand(self) -> uuid.UUID:
        return self.id("agenda", "ferrand")

    def type(self, key: str = "visit") -> uuid.UUID:
        return self.id("visit_type", key)

    async def remove_sam(self, pool: Pool) -> None:
        """Sam leaves: the removal and the unit's new epoch, in one request."""
        gone = self.roster.members[self.sam_member.bytes]
        steps, keys = await self._steps_without(gone)
        events, roster = write_events(self.roster, steps)
        for seq, event in enumerate(events, start=self.roster.seq + 1):
            await rosters.append(pool, self.practice, seq, event)
        self.roster, self.epochs = roster, keys

    async def turn_epoch(self, pool: Pool) -> None:
        """The unit's keys change; nobody leaves."""
        unit = self.unit.bytes
        here = [member for member in self.roster.members.values() if unit in member.units]
        epoch = new_epoch(self.roster, unit, here, self.epochs[self.unit])
        events, self.roster = write_events(self.roster, [(self.owner.sign, epoch.event)])
        await rosters.append(pool, self.practice, self.roster.seq, events[0])
        for kid, sealed in epoch.seeds.items():
            await load("rosters")["add_seed"].run(
                pool, practice=self.practice, unit=self.unit, epoch=epoch.event.e, kid=kid, bytes=sealed
            )
        self.epochs = {**self.epochs, self.unit: epoch.keys}

    async def _steps_without(self, gone):  # type: ignore[no-untyped-def]
        from serment.framing import Removal

        epochs = {}
        steps = [(self.owner.sign, Removal(gone.id))]
        rest = [member for member in self.roster.members.values() if member.id != gone.id]
        for unit in gone.units:
            epoch = new_epoch(self.roster, unit, rest, self.epochs[uuid.UUID(bytes=unit)])
            steps.append((self.owner.sign, epoch.event))
            epochs[uuid.UUID(bytes=unit)] = epoch.keys
        return steps, {**self.epochs, **epochs}


async def open_house(pool: Pool, *, slug: str = "bento") -> House:
    """Plants and opens a practice; Sam may sign in with FIND and AUTH (of the first house only)."""
    clock = Clock()
    instance = Instance(INSTANCE, pool, Secret(b"S" * 32), clock)
    async with pool.acquire() as connection:
        await plant(connection, town(slug))
        await rosters.name_instance(connection, INSTANCE)
        practice = seed_id(slug, "practice", "")
        units = [seed_id(slug, "unit", key) for key in ("unit", "lab")]
        owner, sam, sam_member = UserKeys.new(), UserKeys.new(), uuid.uuid4()
        ids = [unit.bytes for unit in units]
        members = [
            member_of(owner, draw(16), Role.OWNER, ids),
            member_of(sam, sam_member.bytes, Role.SECRETARY, ids[:1]),
        ]
        root = SignPair.from_seed(draw(32))
        genesis, roster = found_practice(INSTANCE, practice.bytes, root, members[0])
        joined, roster = write_events(roster, [(owner.sign, members[1])])
        of_unit = {units[0]: members, units[1]: members[:1]}
        epochs = {unit: new_epoch(roster, unit.bytes, of_unit[unit]) for unit in units}
        opened, roster = write_events(roster, [(owner.sign, epoch.event) for epoch in epochs.values()])
        for seq, event in enumerate([genesis, *joined, *opened], start=1):
            await rosters.append(connection, practice, seq, event)
        for unit, epoch in epochs.items():
            for kid, sealed in epoch.seeds.items():
                await load("rosters")["add_seed"].run(
                    connection, practice=practice, unit=unit, epoch=1, kid=kid, bytes=sealed
                )
        await rosters.name_fingerprint(connection, practice, roster.fingerprint)
        await _enrol(connection, instance, practice, sam_member, sam.sign.pk, slug)
    keys = {unit: epoch.keys for unit, epoch in epochs.items()}
    return House(instance, clock, slug, roster, owner, sam, sam_member, keys, root)


async def _enrol(connection, instance, practice, member, sign_pk, slug):  # type: ignore[no-untyped-def]
    account, find = uuid.uuid4(), find_of(slug)
    queries = load("demo")
    secret = instance.secret.current
    row, auth = find_row(secret, find), stored_auth(secret, find, AUTH)
    await queries["add_account"].run(connection, account=account, find_row=row, auth=auth, sign_pk=sign_pk)
    await queries["add_member"].run(
        connection, practice=practice, member=member, account=account, name="Sam", seen=NOON.date()
    )


async def waits_for_a_lock(house: House) -> None:
    """Until a statement of this database waits for another's row."""
    waiting = (
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock' AND wait_event IN ('transactionid', 'tuple'))"
    )
    while not await house.instance.pool.fetchval(waiting):  # noqa: ASYNC110  # a lock in the database raises no flag of ours
        await asyncio.sleep(0.01)


def find_of(slug: str) -> bytes:
    """What Sam's log-in name at a practice derives to."""
    return hashlib.sha256(slug.encode()).digest()


async def sam_signs_in(house: House) -> bytes:
    """The session's token."""
    return (await sign_in(house.instance, find_of(house.slug), AUTH)).token


@dataclass
class Hand:
    """Somebody at a browser, with one record: their tokens and their cap."""

    house: House
    record: uuid.UUID = field(default_factory=uuid.uuid4)
    token: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    cap: Cap = field(default_factory=Cap.new)

    def wants(
        self, start: datetime, *, kind: str = "visit", agenda: uuid.UUID | None = None, **rest: object
    ) -> HoldRequest:
        return HoldRequest(
            practice=self.house.practice, record=self.record, agenda=agenda or self.house.bento,
            visit_type=self.house.type(kind), start=start, token=self.token, **rest,  # type: ignore[arg-type]
        )  # fmt: skip

    async def hold(self, start: datetime, **rest: object) -> Held:
        return await hold_slot(self.house.instance, self.wants(start, **rest))  # type: ignore[arg-type]

    def context(self, request: HoldRequest, minutes: int, rev: int = 1) -> RecordContext:
        slot = Slot(request.agenda.bytes, int(request.start.timestamp()), minutes, request.visit_type.bytes)
        return RecordContext(
            INSTANCE, self.house.practice.bytes, self.house.unit.bytes, self.record.bytes, rev, slot
        )

    def payloads(self, c: bytes, *, own: bool = True) -> Payloads:
        identity = Identity(
            given_name="Alice", birth_name="Fontbonne", birth_date="1980-02-29", sex="female", relation="self",
            t=draw_t(), h=handle(c), pkh=self.cap.pkh if own else None,
        )  # fmt: skip
        return identity, Contact(c=c, phone="+33639980001"), Reason(reason="Toux")

    def written(self, sealed: Sealed, c: bytes, *, own: bool = True) -> Written:
        return Written(
            revision=sealed.revision,
            stanzas=[stanza.to_bytes() for stanza in sealed.stanzas],
            row_token_hash=hashlib.sha256(self.cap.row_token).digest() if own else None,
            act=act_token(c),
        )

    def seal(self, request: HoldRequest, minutes: int = 30, rev: int = 1) -> Written:
        c = draw_c()
        return self.written(
            seal_booking(self.context(request, minutes, rev), self.payloads(c), self.cap, self.house.roster),
            c,
        )

    def seal_as_sam(
        self, request: HoldRequest, minutes: int = 30, rev: int = 1, *, own: bool = True
    ) -> Written:
        """Sam seals: for Alice's own record (`own`), or one Sam entered."""
        c = draw_c()
        sealed = seal_by_member(
            self.context(request, minutes, rev), self.payloads(c, own=own), self.house.epochs[self.house.unit].k_rec,
            self.house.roster, booking_pk=self.cap.booking.pk, patient_pk=self.cap.patient.pk if own else None,
            signer=self.house.sam.sign,
        )  # fmt: skip
        return self.written(sealed, c, own=False)

    async def book(self, start: datetime, **rest: object) -> Booked:
        held = await self.hold(start, **rest)
        request = self.wants(start, **rest)  # type: ignore[arg-type]
        return await book(self.house.instance, self.seal(request, held.minutes), self.token)

    def signs(self, request: HoldRequest, kind: Act, n: int = 1, *, rev: int = 1, minutes: int = 30) -> bytes:
        return sign_act(self.context(request, minutes, rev), n, kind, self.cap.booking)
