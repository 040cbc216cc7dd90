# SPDX-License-Identifier: AGPL-3.0-or-later
"""Somebody opens a practice: its chain of keys, its first unit's sealed seed, where and who it is, in one request.

It takes no bookings until hours and visit types stand and its owner says so (begin_practice).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from uuid import UUID

from asyncpg import UniqueViolationError

from serment.database.pool import Transaction, transaction
from serment.directory.search import town_of
from serment.domain.holiday import region_of_postcode, zone_of_postcode
from serment.framing import Genesis, Kind, Role, Roster, SignedEvent
from serment.framing.conventions import HPKE_OVERHEAD_BYTES, KEY_BYTES, exactly
from serment.framing.errors import Altered, Unknown
from serment.framing.roster_events import Event
from serment.framing.roster_seeds import SealedSeed
from serment.server.instance import Instance
from serment.server.stores import accounts, members, opening, rosters, rule_rows, unlocks
from serment.server.usecases.account_key import check_account_key
from serment.server.usecases.change_practitioner import check_claim, free_slug, write_practitioner
from serment.server.usecases.change_site import write_site
from serment.server.usecases.errors import (
    AlreadyUsed,
    NoSuchTown,
    TooManyPractices,
    TwoWaysNeeded,
)
from serment.server.usecases.house_rows import AgendaRow, PractitionerRow, SiteRow
from serment.server.usecases.rule_rows import plain

UNOPENED_MAX = 3
SEALED_SEED_BYTES = HPKE_OVERHEAD_BYTES + KEY_BYTES
METHODS_MIN = 2


@dataclass(frozen=True, slots=True)
class Who:
    """Who receives. `claim` is the register's number they say is theirs, empty if none."""

    title: str
    given_name: str
    family_name: str
    specialty: str
    claim: str = ""


@dataclass(frozen=True, slots=True)
class Where:
    """The first site."""

    address: str
    postcode: str
    town_code: str
    phone: str


@dataclass(frozen=True, slots=True)
class NewPractice:
    """All of it; every id is drawn by the browser, so that asking again is the same."""

    practice: UUID
    site: UUID
    unit: UUID
    practitioner: UUID
    agenda: UUID
    name: str
    who: Who
    where: Where
    events: Sequence[SignedEvent]
    seeds: Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Opened:
    """The link it got."""

    practice: UUID
    slug: str
    fingerprint: bytes


async def open_practice(instance: Instance, account: UUID, new: NewPractice) -> Opened:
    """Stores a practice with its keys; its owner is the account. The same request again: the same answer.

    Raises Altered, Unknown (keys that do not hold together, or of another instance), TwoWaysNeeded, NotTheAccountsKeys,
    TooManyPractices, ClaimTaken, NoSuchTown, AlreadyUsed; nothing was kept then.
    """
    roster = _check_keys(instance, new)
    try:
        async with transaction(instance.pool) as tx:
            # One opening of an account at a time: how many it has begun is counted below.
            await unlocks.lock_account(tx, account)
            return await _repeated(instance, tx, account, new, roster) or await _open(
                instance, tx, account, new, roster
            )
    except UniqueViolationError:  # an id of the request is something else's
        raise AlreadyUsed from None


async def _open(
    instance: Instance, tx: Transaction, account: UUID, new: NewPractice, roster: Roster
) -> Opened:
    await _check_may(tx, account, new)
    (owner,) = roster.members.values()
    await check_account_key(tx, account, owner.sign_pk)
    town = await town_of(tx, new.where.town_code)
    if town is None:
        raise NoSuchTown
    slug = await free_slug(tx, f"{new.name} {town.name}")
    if not await opening.add_practice(tx, new.practice, slug, new.name, roster.fingerprint):
        raise AlreadyUsed
    await _store_house(tx, new, town.name)
    await _store_keys(instance, tx, account, new, roster)
    return Opened(new.practice, slug, roster.fingerprint)


def _check_keys(instance: Instance, new: NewPractice) -> Roster:
    """Genesis, then the first epoch of one unit, sealed to the one owner. Raises Altered, Unknown."""
    if [Event.parse(each.event).payload.kind for each in new.events] != [Kind.GENESIS, Kind.EPOCH]:
        raise Unknown("event kind")
    roster = Roster.verify(new.events)
    genesis = Event.parse(new.events[0].event).payload
    if not isinstance(genesis, Genesis) or roster.practice != new.practice.bytes:
        raise Altered("another practice")
    if roster.instance != instance.name:
        raise Altered("another instance")
    owner = genesis.owner
    if (
        owner.role is not Role.OWNER
        or owner.units != (new.unit.bytes,)
        or set(roster.units) != set(owner.units)
    ):
        raise Altered("the first unit")
    if [kid for kid, _ in new.seeds] != [owner.kem_kid]:
        raise Altered("a sealed seed is missing, or is nobody's")
    exactly(new.seeds[0][1], SEALED_SEED_BYTES, "epoch seed")
    return roster


async def _repeated(
    instance: Instance, tx: Transaction, account: UUID, new: NewPractice, roster: Roster
) -> Opened | None:
    stands = await opening.read_opened(tx, new.practice)
    if stands is None:
        return None
    mine = {row["practice"] for row in await accounts.read_practices(tx, account, instance.clock())}
    if new.practice not in mine or stands["fingerprint"] != roster.fingerprint:
        raise AlreadyUsed
    return Opened(new.practice, stands["slug"], roster.fingerprint)


async def _check_may(tx: Transaction, account: UUID, new: NewPractice) -> None:
    if len({row["method"] for row in await accounts.read_unlocks(tx, account)}) < METHODS_MIN:
        raise TwoWaysNeeded
    if await opening.count_unopened(tx, account) >= UNOPENED_MAX:
        raise TooManyPractices
    if new.who.claim:
        await check_claim(tx, new.practice, new.who.claim)


async def _store_house(tx: Transaction, new: NewPractice, town: str) -> None:
    who, where = new.who, new.where
    site = SiteRow(
        site=new.site, name=new.name, address=where.address, postcode=where.postcode, town_code=where.town_code,
        timezone=zone_of_postcode(where.postcode), holiday_region=region_of_postcode(where.postcode),
        phone=where.phone, access_fr="", access_en="",
    )  # fmt: skip
    await write_site(tx, new.practice, site)
    await opening.add(tx, "unit", new.practice, unit=new.unit, name=new.name)
    person = PractitionerRow(
        practitioner=new.practitioner, title=who.title, given_name=who.given_name, family_name=who.family_name,
        specialty=who.specialty, number=who.claim, about_fr="", about_en="", new_patients=True,
    )  # fmt: skip
    slug = await free_slug(tx, f"{who.given_name} {who.family_name} {town}")
    await write_practitioner(tx, new.practice, person, slug=slug)
    agenda = AgendaRow(
        agenda=new.agenda, site=new.site, practitioner=new.practitioner, unit=new.unit, name="", active=True,
        last_date=None, works_on_holidays=False, position=0,
    )  # fmt: skip
    if not await rule_rows.put(tx, "agenda", new.practice, plain(agenda)):
        raise AlreadyUsed


async def _store_keys(
    instance: Instance, tx: Transaction, account: UUID, new: NewPractice, roster: Roster
) -> None:
    for seq, event in enumerate(new.events, start=1):
        await rosters.append(tx, new.practice, seq, event)
    kid, sealed = new.seeds[0]
    await members.add_seeds(tx, new.practice, [SealedSeed(new.unit.bytes, 1, kid, sealed)])
    today = instance.clock().astimezone(UTC).date()
    await members.note_epochs(tx, new.practice, [new.unit], today.replace(day=1))
    (member,) = roster.members
    name = " ".join(part for part in (new.who.title, new.who.given_name, new.who.family_name) if part)
    await members.add_member(tx, new.practice, UUID(bytes=member), account, name, None, today)
