"""What a page shows, in one language: rows and slots become sentences, links and labels. Pure."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from serment.directory.folding import fold_town
from serment.directory.search import Found
from serment.directory.specialties import specialty_name
from serment.directory.towns import Town
from serment.domain import instants
from serment.domain.holiday import HolidayName
from serment.domain.named_times import Language, clock, day, zone_place
from serment.domain.slot import Slot
from serment.server.pages.language import (
    day_title,
    distance,
    in_town,
    moment,
    phone,
    phone_href,
    say,
    spaced,
)
from serment.server.usecases.find_practitioners import Listing
from serment.server.usecases.show_practitioner import DAYS_SHOWN, Shown, Times

LISTED_DAYS = 4
LISTED_SLOTS = 4


@dataclass(frozen=True)
class SlotView:
    """One free time as a link. `season` tells the two equal hours of October apart."""

    href: str
    time: str
    datetime: str
    season: str


@dataclass(frozen=True)
class DayView:
    """One day: a short title, the day in full for who listens, its slots, why it has none."""

    label: str
    spoken: str
    slots: list[SlotView]
    closed: str


def link(path: str, **parameters: object) -> str:
    """A path with its query; parameters that are None or empty are left out."""
    given = {name: str(value) for name, value in parameters.items() if value not in (None, "")}
    return f"{path}?{urlencode(given)}" if given else path


def book_href(language: Language, agenda: UUID, visit_type: UUID, start: dt.datetime | None = None) -> str:
    """Where a free time leads: the booking flow."""
    at = start.strftime("%Y-%m-%dT%H:%M:%SZ") if start else None
    return link(f"/{language}/book", agenda=agenda, visit_type=visit_type, start=at)


def full_name(row: Mapping[str, Any]) -> str:
    """ "Dr Inès Bento". The register writes family names in capitals; pages do not."""
    family = row["family_name"].title() if row["family_name"].isupper() else row["family_name"]
    return " ".join(part for part in (row["title"], row["given_name"], family) if part)


def day_views(
    language: Language,
    slots: Iterable[Slot],
    href: Callable[[Slot], str],
    *,
    days: Sequence[dt.date] = (),
    holidays: Mapping[dt.date, HolidayName] | None = None,
) -> list[DayView]:
    """Days in order, each with its slots: those that have some, and all of `days`."""
    by_day: dict[dt.date, list[Slot]] = {date: [] for date in days}
    for slot in slots:
        by_day.setdefault(slot.day, []).append(slot)
    views = []
    for date in sorted(by_day):
        holiday = (holidays or {}).get(date)
        closed = ""
        if holiday is not None:
            closed = f"{say(language, 'practitioner.closed_holiday')}, {getattr(holiday, language)}"
        views.append(
            DayView(
                day_title(language, date),
                day(language, date),
                [_slot_view(language, slot, href) for slot in by_day[date]],
                closed,
            )
        )
    return views


def _slot_view(language: Language, slot: Slot, href: Callable[[Slot], str]) -> SlotView:
    season = say(language, f"slot.{slot.season}") if slot.season else ""
    return SlotView(href(slot), clock(slot.wall.time()), slot.start.strftime("%Y-%m-%dT%H:%M:%SZ"), season)


def whereabouts(language: Language, kilometres: float | None, town: str, searched: Town | None) -> str | None:
    """How far it is; in the town that was searched, that town: from its centre to itself is no distance."""
    if searched is not None and fold_town(town) == fold_town(searched.name):
        return in_town(language, searched.name)
    return None if kilometres is None else distance(language, kilometres * 1000)


def listing_view(
    language: Language, listing: Listing, *, today: Callable[[str], dt.date], searched: Town | None = None
) -> dict[str, object]:
    """One search result."""
    row, agenda = listing.row, listing.row["agenda"]
    visit_type = listing.visit_type
    page = f"/{language}/practitioner/{row['slug']}"
    facts = ["search.new_patients" if row["new_patients"] else "search.no_new_patients"]
    facts += ["search.video"] if row["video"] else []
    here = {"agenda": agenda}
    view: dict[str, object] = {
        "name": full_name(row),
        "specialty": specialty_name(row["specialty"], language),
        "href": link(page, **here),
        "distance": whereabouts(language, listing.kilometres, row["town"], searched),
        "place": f"{row['site_name']}, {row['address']}, {row['town']}",
        "facts": " · ".join(say(language, fact) for fact in facts),
        "vouched": row["vouched"],
        "days": [],
        "next": "",
        "next_href": link(page, **here),
    }
    if visit_type is not None and listing.slots:
        days = day_views(
            language, listing.slots, lambda slot: book_href(language, agenda, visit_type, slot.start)
        )
        view["days"] = [
            DayView(d.label, d.spoken, d.slots[:LISTED_SLOTS], d.closed) for d in days[:LISTED_DAYS]
        ]
    elif listing.next_at is not None:
        local = instants.wall_clock(listing.next_at, row["timezone"])
        when = moment(language, local, today=today(row["timezone"]))
        view["next"] = say(language, "search.first_time", when=when)
        view["next_href"] = link(page, **here, **{"from": local.date()})
    return view


def other_view(language: Language, found: Found, *, searched: Town | None = None) -> dict[str, object]:
    """A register entry that cannot be booked here."""
    row = {"title": found.title, "given_name": found.given_name, "family_name": found.family_name}
    names = dict.fromkeys(specialty_name(code, language) for code in found.specialties)
    place = ", ".join(
        part for part in (found.site_name, found.address, f"{found.postcode} {found.town}") if part
    )
    return {
        "name": full_name(row),
        "specialty": ", ".join(names),
        "distance": whereabouts(language, found.kilometres, found.town, searched),
        "place": place,
        "phone": phone(found.phone) if found.phone else "",
        "phone_href": phone_href(found.phone),
    }


def practitioner_view(language: Language, shown: Shown) -> dict[str, object]:
    """A practitioner's page."""
    who, agenda = shown.practitioner, shown.agenda
    page = f"/{language}/practitioner/{who['slug']}"
    facts = say(language, "search.new_patients" if who["new_patients"] else "search.no_new_patients")
    view: dict[str, object] = {
        "name": full_name(who),
        "specialty": specialty_name(who["specialty"], language),
        "facts": f"{who['practice_name']} · {facts}",
        "about": spaced(language, who[f"about_{language}"] or ""),
        "open": who["accepts_bookings"] and shown.visit_type is not None,
        "vouched": who["vouched"],
        "readers": say(language, "practitioner.readers", practice=who["practice_name"]),
        "agendas": [
            {
                "name": a["agenda_name"] or f"{a['site_name']}, {a['town']}",
                "href": link(page, agenda=a["agenda"]),
                "on": agenda is not None and a["agenda"] == agenda["agenda"],
            }
            for a in shown.agendas
        ],
        "visit_types": [_type_view(language, page, shown, t) for t in shown.visit_types],
        "instructions": spaced(language, shown.visit_type[f"instructions_{language}"])
        if shown.visit_type
        else "",
        "days": [],
        "site": None,
        "phone": "",
        "phone_href": "",
    }
    if agenda is not None:
        view["site"] = {name: agenda[name] for name in ("address", "postcode", "town")}
        view["site"] |= {
            "name": agenda["site_name"],
            "access": spaced(language, agenda[f"access_{language}"]),
        }  # type: ignore[operator]
        view["phone"], view["phone_href"] = phone(agenda["phone"]), phone_href(agenda["phone"])
    if agenda is not None and shown.visit_type is not None and shown.times is not None:
        view |= _times_view(language, page, agenda, shown.visit_type, shown.times)
    return view


def _type_view(
    language: Language, page: str, shown: Shown, visit_type: Mapping[str, Any]
) -> dict[str, object]:
    facts = [say(language, "practitioner.minutes", minutes=visit_type["minutes"])]
    if visit_type["place"] == "video":
        facts.append(say(language, "practitioner.video"))
    if visit_type["accepted"] == "on_request":
        facts.append(say(language, "practitioner.on_request"))
    bookable = visit_type["who"] == "anyone" and shown.practitioner["accepts_bookings"]
    if visit_type["who"] == "known":
        facts.append(say(language, "practitioner.known_only"))
    here = {"agenda": shown.agenda["agenda"] if shown.agenda else None}
    return {
        "name": visit_type[f"name_{language}"],
        "facts": " · ".join(facts),
        "href": link(page, **here, visit_type=visit_type["visit_type"]) + "#times" if bookable else "",
        "on": shown.visit_type is not None and visit_type["visit_type"] == shown.visit_type["visit_type"],
    }


def _times_view(
    language: Language, page: str, agenda: Mapping[str, Any], visit_type: Mapping[str, Any], times: Times
) -> dict[str, object]:
    here = {"agenda": agenda["agenda"], "visit_type": visit_type["visit_type"]}
    last = times.first + dt.timedelta(days=DAYS_SHOWN - 1)
    days = [times.first + dt.timedelta(days=nth) for nth in range(DAYS_SHOWN)]
    earlier = max(times.opens, times.first - dt.timedelta(days=DAYS_SHOWN))
    zone = agenda["timezone"]
    city = zone_place(language, zone)
    view: dict[str, object] = {
        "times_title": say(language, "practitioner.times_for", type=visit_type[f"name_{language}"]),
        "zone": say(language, "practitioner.zone", zone=city),
        "any_slot": bool(times.slots),
        "days": day_views(
            language,
            times.slots,
            lambda slot: book_href(language, here["agenda"], here["visit_type"], slot.start),
            days=days,
            holidays=times.holidays,
        ),
        "none_line": say(
            language,
            "practitioner.no_slot",
            **{"from": day(language, times.first), "to": day(language, last)},
        ),
        "next": "",
        "next_href": "",
        "earlier_href": link(page, **here, **{"from": earlier}) + "#times"
        if times.first > times.opens
        else "",
        "later_href": link(page, **here, **{"from": last + dt.timedelta(days=1)}) + "#times",
    }
    if times.after is not None:
        local = instants.wall_clock(times.after, zone)
        when = moment(language, local, today=times.today)
        view["next"] = say(language, "practitioner.next", when=when)
        view["next_href"] = link(page, **here, **{"from": local.date()}) + "#times"
    return view


def practice_view(language: Language, row: Mapping[str, Any]) -> dict[str, object]:
    """A practice's page: the one its link and the code on its door lead to."""
    code = row["fingerprint"].hex() if row["fingerprint"] else ""
    return {
        "name": row["name"],
        "vouched": row["vouched"],
        "practice": row["practice"],
        "slug": row["slug"],
        "sites": [
            {
                "address": f"{s['address']}, {s['postcode']} {s['town']}",
                "phone": phone(s["phone"]) if s["phone"] else "",
                "phone_href": phone_href(s["phone"]),
            }
            for s in row["sites"]
        ],
        "people": [
            {
                "name": full_name(p),
                "specialty": specialty_name(p["specialty"], language),
                "href": f"/{language}/practitioner/{p['slug']}",
            }
            for p in row["practitioners"]
        ],
        "code": " ".join(code[at : at + 4] for at in range(0, len(code), 4)),
        "readers": say(language, "practitioner.readers", practice=row["name"]),
    }


def earliest_line(language: Language, at: dt.datetime, zone: str, *, today: dt.date) -> str:
    """ "Le plus tôt : aujourd’hui à 17 h 40."."""
    return say(language, "search.earliest", when=moment(language, instants.wall_clock(at, zone), today=today))
