# SPDX-License-Identifier: AGPL-3.0-or-later
"""The oracle: an instant is open if its wall clock lies inside a rule, at every change of every zone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laws.bento import absence, agenda, expected_starts, opening, utc, visit_type, walls, zone_info
from serment.domain import instants
from serment.domain.errors import UnknownZone
from serment.domain.search import free_slots
from serment.domain.slot import Situation

ZONES = resources.files("tzdata").joinpath("zones").read_text().split()
# One of each habit: an hour, half an hour, the far east and west, a zone that changes for Ramadan, southern summers.
SOME_ZONES = (
    "Europe/Paris", "Australia/Lord_Howe", "Pacific/Chatham", "Africa/Casablanca", "America/St_Johns", "Africa/Cairo",
    "America/Scoresbysund", "Antarctica/Troll", "Asia/Gaza", "America/Santiago", "Europe/Dublin", "America/Miquelon",
)  # fmt: skip
YEARS = (2026, 2027)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
QUARTER_OF_A_DAY = timedelta(hours=6)


def changes_by_asking(zone: str, year: int) -> list[datetime]:
    """Every change of offset in a year, to the minute, found by asking each quarter of a day; shares nothing with `instants`."""
    info, asked = zone_info(zone), datetime(year, 1, 1, tzinfo=UTC)
    found = []
    before = asked.astimezone(info).utcoffset()
    while asked.year == year:
        after = (asked + QUARTER_OF_A_DAY).astimezone(info).utcoffset()
        if after != before:
            minutes = (asked + timedelta(minutes=n) for n in range(1, 361))
            found.append(next(m for m in minutes if m.astimezone(info).utcoffset() == after))
        before, asked = after, asked + QUARTER_OF_A_DAY
    return found


def one_zone_a_change(zones: Iterable[str], year: int) -> list[tuple[str, datetime]]:
    """The changes of a year, each in the first zone that has it: to the engine, zones of the same offsets around it are one."""
    found: dict[tuple[object, ...], tuple[str, datetime]] = {}
    for zone in zones:
        for change in changes_by_asking(zone, year):
            offsets = [
                (change + timedelta(days=n)).astimezone(zone_info(zone)).utcoffset() for n in range(-4, 6)
            ]
            found.setdefault((change, *offsets), (zone, change))
    return [*found.values()]


def mismatches(zone: str, change: datetime) -> list[str]:
    """Where engine and oracle differ around a change, over rules whose edges lie before, in and after it."""
    before = (change - timedelta(minutes=1)).astimezone(zone_info(zone)).replace(tzinfo=None) + timedelta(
        minutes=1
    )
    day, minute = before.date(), before.hour * 60 + before.minute
    rules = [
        (minute - 90, minute + 150),
        (minute + 20, minute + 50),
        (minute - 40, minute + 25),
        (-120, 120),
        (0, 1440),
    ]
    found = []
    now = Situation(now=change - timedelta(days=20))
    for number, (low, high) in enumerate(rules):
        begins = day + timedelta(days=low // 1440)
        rule = opening(begins - timedelta(days=2), "0:00", "1:00")
        rule = type(rule)(
            opening=rule.opening, first_date=rule.first_date, rrule=rule.rrule,
            start_minute=low % 1440, end_minute=low % 1440 + high - low,
        )  # fmt: skip
        away = (
            [absence(before - timedelta(minutes=10), before + timedelta(minutes=35))] if number == 4 else []
        )
        bento, visit = (
            agenda(rule, zone=zone, absences=away),
            visit_type(20, step_minutes=(10, 10, 5, 25, 15)[number]),
        )
        first, days = day - timedelta(days=1), 2
        offered = free_slots(bento, visit, now, first=first, days=days)
        wanted = expected_starts(bento, visit, now, first, days)
        if [slot.start for slot in offered] != wanted or not wanted:
            found.append(f"{zone} {change:%Y-%m-%d %H:%M}Z rule {number}")
        shown = [slot.start.astimezone(zone_info(zone)).replace(tzinfo=None) for slot in offered]
        if [slot.wall for slot in offered] != shown or [slot.wall.fold for slot in offered] != [
            w.fold for w in shown
        ]:
            found.append(f"{zone} {change:%Y-%m-%d %H:%M}Z rule {number}: labels")
    return found


@pytest.mark.parametrize("year", YEARS)
def test_the_engine_meets_the_wall_clock_at_changes_of_some_zones(year: int) -> None:
    changes = [(zone, change) for zone in SOME_ZONES[::2] for change in changes_by_asking(zone, year)]
    assert len(changes) >= 12
    assert [line for zone, change in changes for line in mismatches(zone, change)] == []


@pytest.mark.slow
@pytest.mark.parametrize("year", YEARS)
def test_the_engine_meets_the_wall_clock_at_every_change_of_every_zone(year: int) -> None:
    assert len(ZONES) > 590
    changes = one_zone_a_change(ZONES, year)
    assert len(changes) > 50
    assert [line for zone, change in changes for line in mismatches(zone, change)] == []


@given(
    zone=st.sampled_from(SOME_ZONES),
    day=st.dates(date(2026, 1, 2), date(2027, 12, 30)),
    minute=st.integers(0, 1439),
)
def test_a_wall_clock_has_exactly_the_instants_at_which_the_clock_shows_it(
    zone: str, day: date, minute: int
) -> None:
    wall = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
    around = datetime.combine(day, datetime.min.time(), tzinfo=UTC) - timedelta(days=1)
    shown = tuple(instant for instant, clock in walls(zone, around, 3 * 1440) if clock == wall)
    assert instants.instants_of(wall, zone) == shown
    assert (instants.gap_around(wall, zone) is None) == bool(shown)


@given(
    zone=st.sampled_from(SOME_ZONES),
    minute=st.integers(0, 2 * 365 * 1440),
    days=st.integers(0, 60),
    rest=st.integers(0, 1439),
)
def test_calendar_days_keep_the_clock_on_the_wall_and_minutes_elapse(
    zone: str, minute: int, days: int, rest: int
) -> None:
    start = NEW_YEAR + timedelta(minutes=minute)
    later = instants.calendar_after(start, days * 1440 + rest, zone) - timedelta(minutes=rest)
    wanted = instants.wall_clock(start, zone) + timedelta(days=days)
    shown = instants.wall_clock(later, zone)
    gap = instants.gap_around(wanted, zone)
    assert shown.replace(fold=0) == (wanted.replace(fold=0) if gap is None or days == 0 else gap[1])
    assert instants.calendar_after(start, rest, zone) == start + timedelta(minutes=rest)


@settings(max_examples=30)
@given(zone=st.sampled_from(ZONES), minute=st.integers(0, 2 * 365 * 1440))
def test_stretches_tell_the_offset_of_every_instant(zone: str, minute: int) -> None:
    start = NEW_YEAR + timedelta(minutes=minute)
    since = instants.instant_minute(start)
    for stretch in instants.stretches(zone, since, since + 200 * 1440):
        for at in (stretch.since, (stretch.since + stretch.until) // 2, stretch.until - 1):
            offset = instants.minute_instant(at).astimezone(zone_info(zone)).utcoffset()
            assert offset == timedelta(minutes=stretch.offset)


@pytest.mark.parametrize(
    "name", ["", "Paris", "Europe/Nowhere", "../tzdata/zones", "/etc/localtime", "Europe", "zone.tab"]
)
def test_a_zone_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UnknownZone):
        instants.zone_named(name)


def test_day_before_a_change_is_a_day_and_two_hours_are_two_hours() -> None:
    saturday_noon = utc("2027-03-27T11:00")
    assert instants.calendar_after(saturday_noon, 1440, "Europe/Paris") == utc("2027-03-28T10:00")
    assert instants.calendar_after(saturday_noon, 2880, "Europe/Paris") == utc("2027-03-29T10:00")
    assert instants.calendar_after(utc("2027-03-28T00:30"), 120, "Europe/Paris") == utc("2027-03-28T02:30")
    assert instants.calendar_before(utc("2027-11-01T08:00"), 2880, "Europe/Paris") == utc("2027-10-30T07:00")
