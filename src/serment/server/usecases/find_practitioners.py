"""Who can be booked near a place, with their next free times; and who is in the directory but not here yet.

Nothing of the search is written down. Free times come from the hint first (`next_free`), then are computed for the
page's few results only.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from serment.directory.search import Found, Place, box, find_named, find_near
from serment.domain import instants
from serment.domain.errors import NotOffered
from serment.domain.search import free_slots
from serment.domain.slot import Slot
from serment.server.instance import Instance
from serment.server.stores import listings
from serment.server.usecases.situation import Asked, see_days

RADIUS_KM = 15
WIDE_RADIUS_KM = 100
"""Where nobody is within RADIUS_KM, the nearest within this."""
FAR_RADIUS_KM = 1_500
"""Asked for by somebody who found nobody within WIDE_RADIUS_KM."""
FOUND_MAX = 100
OTHERS_MAX = 20
SLOT_DAYS = 7
EARTH_KM = 6371.0

Sort = Literal["earliest", "nearest"]


@dataclass(frozen=True)
class Listing:
    """One bookable agenda. `row` is what `agendas_listed` says; `slots` lie on the days from the first free one."""

    row: dict[str, Any]
    visit_type: UUID | None
    next_at: datetime | None
    kilometres: float | None
    slots: Sequence[Slot] = ()


@dataclass(frozen=True)
class Results:
    """A page of bookable agendas, how many there are in all, and register entries that are not here. `wide`: nobody
    could be booked within RADIUS_KM, these are the nearest beyond.
    """

    listings: list[Listing]
    count: int
    earliest: datetime | None
    earliest_zone: str
    others: list[Found]
    wide: bool = False
    others_left: bool = False
    """There are register entries beyond those told."""


async def find_practitioners(
    instance: Instance,
    *,
    codes: Sequence[str],
    name: str,
    around: Place | None,
    sort: Sort,
    skip: int,
    most: int,
    far: bool = False,
) -> Results:
    """By specialty (`codes`, which need a place) or else by `name`. At most FOUND_MAX are found at all."""
    wide = False
    if codes and around is not None:
        around_here = listings.nearest_around if sort == "nearest" else listings.earliest_around
        hints = [
            hint
            for hint in await around_here(instance.pool, codes, box(around, RADIUS_KM), FOUND_MAX)
            if _kilometres(around, hint) <= RADIUS_KM
        ]
        others = await find_near(instance.pool, codes, around, kilometres=RADIUS_KM, limit=FOUND_MAX)
        wide = not hints
        if wide:
            sort = "nearest"
            hints = await listings.nearest_around(
                instance.pool, codes, box(around, FAR_RADIUS_KM if far else WIDE_RADIUS_KM), most
            )
        if not hints and not others:
            others = await find_near(
                instance.pool, codes, around, kilometres=WIDE_RADIUS_KM, limit=OTHERS_MAX + 1
            )
    else:
        others = await find_named(instance.pool, name, around=around, limit=FOUND_MAX)
        agendas = await listings.agendas_of_rpps(
            instance.pool, list({found.rpps for found in others if found.slug}), instance.clock()
        )
        known = await listings.free_of(instance.pool, [agenda for _, agenda in agendas])
        hints = [
            known.get(agenda, {"practice": practice, "agenda": agenda, "visit_type": None, "next_at": None})
            for practice, agenda in agendas
        ]
    rows = await listings.agendas(instance.pool, [(hint["practice"], hint["agenda"]) for hint in hints])
    found = [
        Listing(row, hint["visit_type"], hint["next_at"], _kilometres(around, row) if around else None)
        for hint in hints
        if (row := rows.get(hint["agenda"])) is not None and row["accepts_bookings"]
    ]
    if sort == "nearest" and around is not None:
        found.sort(key=lambda listing: (listing.kilometres or 0.0, str(listing.row["agenda"])))
    else:
        found.sort(key=lambda listing: (listing.next_at is None, listing.next_at, listing.kilometres or 0.0))

    def full(listing: Listing) -> bool:
        # Who looks for a specialty has mostly never been there: who takes nobody new comes last.
        return bool(codes) and not listing.row["new_patients"]

    found.sort(key=full)
    timed = [listing for listing in found if listing.next_at]
    first = min(timed, key=lambda listing: (full(listing), _next_at(listing)), default=None)
    elsewhere = [other for other in others if other.slug is None] if skip == 0 else []
    page = [await _with_slots(instance, listing) for listing in found[skip : skip + most]]
    return Results(
        page,
        len(found),
        first.next_at if first else None,
        first.row["timezone"] if first else "UTC",
        elsewhere[:OTHERS_MAX],
        wide and bool(found),
        len(elsewhere) > OTHERS_MAX,
    )


def _next_at(listing: Listing) -> datetime:
    assert listing.next_at is not None  # noqa: S101  # only called on those that have one
    return listing.next_at


async def _with_slots(instance: Instance, listing: Listing) -> Listing:
    """The listing with the slots of the days from its first free time on; as it was if the hint proves wrong."""
    if listing.next_at is None or listing.visit_type is None:
        return listing
    first = instants.local_day(listing.next_at, listing.row["timezone"])
    asked = Asked(listing.row["agenda"], listing.visit_type)
    try:
        slots = await slots_of(instance, asked, first, SLOT_DAYS)
    except NotOffered:
        return listing
    return Listing(listing.row, listing.visit_type, listing.next_at, listing.kilometres, slots)


async def slots_of(instance: Instance, asked: Asked, first: date, days: int) -> list[Slot]:
    """The free slots of some of the site's days. Raises NoSuchAgenda, NotOffered."""
    seen = await see_days(instance, asked, first, days)
    return free_slots(seen.rules.agenda, seen.visit_type, seen.situation, first=first, days=days)


def _kilometres(around: Place, row: dict[str, Any]) -> float:
    """Great-circle distance to a row's `latitude` and `longitude`."""
    here, there = math.radians(around.latitude), math.radians(row["latitude"])
    across = math.radians(row["longitude"] - around.longitude)
    half = math.sin((there - here) / 2) ** 2 + math.cos(here) * math.cos(there) * math.sin(across / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(half))
