# SPDX-License-Identifier: AGPL-3.0-or-later
"""The first hours and visit types of a practice, from its specialty's template; then its owner opens the door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from serment.database.pool import transaction
from serment.domain import instants
from serment.domain.roles import Deed
from serment.framing.errors import Unknown
from serment.server.instance import Instance
from serment.server.stores import members, opening
from serment.server.usecases.change_practitioner import check_claim
from serment.server.usecases.errors import AlreadyOpen, NoSuchPractice, NothingToBook
from serment.server.usecases.membership import Staff
from serment.server.usecases.read_templates import read_template

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class FirstHours:
    """Weekly hours: `days` of WEEKDAYS, minutes of the site's wall clock."""

    opening: UUID
    days: Sequence[str]
    start_minute: int
    end_minute: int


@dataclass(frozen=True, slots=True)
class FirstType:
    """The template's visit type of that number, under an id the browser drew."""

    visit_type: UUID
    nth: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a practice is: whether it takes bookings, and whether the public search shows it."""

    slug: str
    openings: int
    visit_types: int
    accepts_bookings: bool
    listed: bool


async def begin_practice(
    instance: Instance, staff: Staff, hours: Sequence[FirstHours], types: Sequence[FirstType]
) -> Standing:
    """Puts these in the place of whatever first rules stand; once bookings are taken the rules' own page changes them.

    Raises NotYourRole, AlreadyOpen, Unknown; nothing was changed then.
    """
    staff.check_may(Deed.CHANGE_PRACTICE)
    async with transaction(instance.pool) as tx:
        await members.lock_practice(tx, staff.practice)
        first = await opening.read_first_agenda(tx, staff.practice)
        stands = await opening.read_opened(tx, staff.practice)
        if first is None or stands is None:
            raise NoSuchPractice
        if stands["accepts_bookings"]:
            raise AlreadyOpen
        template = read_template(first["specialty"]).visit_types
        if not all(0 <= each.nth < len(template) for each in types):
            raise Unknown("visit type")
        if not all(set(each.days) <= set(WEEKDAYS) and each.days for each in hours):
            raise Unknown("days")
        await opening.drop_rules(tx, staff.practice)
        today = instants.local_day(instance.clock(), first["timezone"])
        for each in hours:
            days = [day for day in WEEKDAYS if day in each.days]
            await opening.add(
                tx, "opening", staff.practice, opening=each.opening, agenda=first["agenda"], first_date=today,
                start_minute=each.start_minute, end_minute=each.end_minute,
                rrule=f"FREQ=WEEKLY;BYDAY={','.join(days)}",
            )  # fmt: skip
        for kind in types:
            plain = msgspec.structs.asdict(template[kind.nth])
            plain["questions"] = msgspec.json.encode(template[kind.nth].questions).decode()
            await opening.add(tx, "visit_type", staff.practice, visit_type=kind.visit_type, **plain)
            await opening.offer_visit_type(tx, staff.practice, kind.visit_type, first["agenda"])
    return await how_far(instance, staff)


async def take_bookings(instance: Instance, staff: Staff) -> Standing:
    """Opens the door: from the commit on patients book. Asked again it changes nothing.

    Where the host wants to be asked first (`claims` is "confirm"), the public search shows the practice once the host has
    confirmed it; its link and its door's code work at once. Raises NotYourRole, NothingToBook, ClaimTaken.
    """
    staff.check_may(Deed.CHANGE_PRACTICE)
    async with transaction(instance.pool) as tx:
        await members.lock_practice(tx, staff.practice)
        stands = await opening.read_opened(tx, staff.practice)
        if stands is None:
            raise NoSuchPractice
        if not stands["accepts_bookings"]:
            if not stands["openings"] or not stands["visit_types"]:
                raise NothingToBook
            for claim in await opening.read_claims(tx, staff.practice):
                await check_claim(tx, staff.practice, claim)
            at_once = instance.claims == "open"
            await opening.take_bookings(tx, staff.practice, listed=at_once)
            if at_once:
                await opening.accept_claims(tx, staff.practice)
    instance.changes.note(staff.practice)
    return await how_far(instance, staff)


async def how_far(instance: Instance, staff: Staff) -> Standing:
    """What stands of an opening that was interrupted. Raises NotYourRole."""
    staff.check_may(Deed.READ_AGENDA)
    row = await opening.read_opened(instance.pool, staff.practice)
    if row is None:
        raise NoSuchPractice
    return Standing(row["slug"], row["openings"], row["visit_types"], row["accepts_bookings"], row["listed"])
