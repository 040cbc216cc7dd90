# SPDX-License-Identifier: AGPL-3.0-or-later
"""Wall clock to UTC and back, in this one place.

The definition everything here follows: *an instant is open if its local wall clock lies inside a rule.* So a
rule is never "converted" to two instants; instead a zone's time is cut into stretches of constant offset, and
inside a stretch wall clock and instant differ by that constant. In the spring gap a wall clock has no
instant, in the autumn overlap it has two, and both fall out of the same arithmetic. `tests/laws` compares it,
minute by minute, with the definition.

Units: instants and wall clocks are whole minutes since 1970-01-01 00:00, of UTC and of the wall clock
respectively; offsets are minutes, east positive (whole in every zone since 1973). Offsets come from the
pinned `tzdata` package, never from the host's own files, so that two servers of one instance agree.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from serment.domain.errors import InvalidRule, UnknownZone
from serment.domain.intervals import Interval, merged

MINUTES_A_DAY = 1440
MINUTE = timedelta(minutes=1)
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WALL_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall clock has no zone
ZONE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")


class Stretch(NamedTuple):
    """Instants [since, until) during which the wall clock is the instant plus `offset`. All in minutes."""

    since: int
    until: int
    offset: int


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """The zone from the pinned tz database. Raises UnknownZone."""
    if not ZONE_NAME.fullmatch(name):
        raise UnknownZone(name)
    try:
        with resources.files("tzdata.zoneinfo").joinpath(*name.split("/")).open("rb") as file:
            return ZoneInfo.from_file(file, key=name)
    except (OSError, ValueError):
        raise UnknownZone(name) from None


# ---------------------------------------------------------------- minutes and datetimes


def day_minute(day: date) -> int:
    """The wall-clock minute at which a calendar day begins."""
    return (day.toordinal() - EPOCH_ORDINAL) * MINUTES_A_DAY


def minute_day(wall_minute: int) -> date:
    """The calendar day a wall-clock minute belongs to."""
    return date.fromordinal(wall_minute // MINUTES_A_DAY + EPOCH_ORDINAL)


def instant_minute(instant: datetime) -> int:
    """The minute an aware instant lies in, seconds cut off. Raises TypeError for a datetime without a zone."""
    return (instant - EPOCH) // MINUTE


def instant_minute_up(instant: datetime) -> int:
    """The first whole minute at or after an aware instant. Raises TypeError for a datetime without a zone."""
    return -((EPOCH - instant) // MINUTE)


def minute_instant(minute: int) -> datetime:
    """The aware UTC datetime of an instant's minute."""
    return EPOCH + timedelta(minutes=minute)


def wall_minute(wall: datetime) -> int:
    """The minute of a wall clock (a datetime without zone), seconds cut off. Raises InvalidRule for an aware
    one.
    """
    if wall.tzinfo is not None:
        raise InvalidRule("a wall clock has no zone of its own")
    return (wall - WALL_EPOCH) // MINUTE


def minute_wall(minute: int, fold: int = 0) -> datetime:
    """The wall clock of a wall-clock minute, as a datetime without zone."""
    return (WALL_EPOCH + timedelta(minutes=minute)).replace(fold=fold)


# ---------------------------------------------------------------- stretches of constant offset


def _offset(zone: ZoneInfo, minute: int) -> int:
    offset = datetime.fromtimestamp(minute * 60, zone).utcoffset()
    return int(offset.total_seconds()) // 60 if offset is not None else 0


@lru_cache(maxsize=8192)
def _changes(zone_name: str, year: int) -> tuple[tuple[int, int], ...]:
    """Every offset change of a zone within a UTC year: (first minute of the new offset, new offset).

    Samples once a day and bisects: no zone has changed its offset twice within a day since 1973 (held by a
    law test over 2026 and 2027), and each change since then falls on a whole minute.
    """
    zone = zone_named(zone_name)
    low, end = day_minute(date(year, 1, 1)), day_minute(date(year + 1, 1, 1))
    before = _offset(zone, low)
    found: list[tuple[int, int]] = []
    while low < end:
        high = min(low + MINUTES_A_DAY, end)
        after = _offset(zone, high)
        if after != before:
            known, changed = low, high
            while changed - known > 1:
                middle = (known + changed) // 2
                if _offset(zone, middle) == before:
                    known = middle
                else:
                    changed = middle
            found.append((changed, after))
            before = after
        low = high
    return tuple(found)


@lru_cache(maxsize=16384)
def stretches(zone_name: str, since: int, until: int) -> tuple[Stretch, ...]:
    """The stretches of constant offset that make up the instants [since, until), in order."""
    offset = _offset(zone_named(zone_name), since)
    pieces: list[Stretch] = []
    low = since
    for year in range(minute_day(since).year, minute_day(until).year + 1):
        for change, after in _changes(zone_name, year):
            if low < change < until:
                pieces.append(Stretch(low, change, offset))
                low, offset = change, after
    pieces.append(Stretch(low, until, offset))
    return tuple(pieces)


def wall_stretches(zone_name: str, wall_since: int, wall_until: int) -> tuple[Stretch, ...]:
    """Stretches that surely hold every instant whose wall clock lies in [wall_since, wall_until).

    Offsets lie within a day either side of UTC, so a day's margin is enough.
    """
    return stretches(zone_name, wall_since - MINUTES_A_DAY, wall_until + MINUTES_A_DAY)


def instants_inside(walls: Sequence[Interval], pieces: Sequence[Stretch]) -> list[Interval]:
    """All instants whose wall clock lies inside `walls` (sorted, disjoint): the definition, as interval
    arithmetic.
    """
    found: list[Interval] = []
    for piece in pieces:
        low, high, offset = piece.since + piece.offset, piece.until + piece.offset, piece.offset
        for since, until in walls:
            if since >= high:
                break
            if until > low:
                found.append((max(since, low) - offset, min(until, high) - offset))
    return found if len(pieces) == 1 else merged(found)


# ---------------------------------------------------------------- single times


def wall_clock(instant: datetime, zone_name: str) -> datetime:
    """What the clock on the site's wall shows at an instant: a datetime without zone, `fold` 1 the second
    time round.
    """
    return instant.astimezone(zone_named(zone_name)).replace(tzinfo=None)


def local_day(instant: datetime, zone_name: str) -> date:
    """The calendar day at the site."""
    return instant.astimezone(zone_named(zone_name)).date()


def instants_of(wall: datetime, zone_name: str) -> tuple[datetime, ...]:
    """The instants at which the site's clock shows `wall`: none in a spring gap, two in an autumn overlap,
    else one.
    """
    minute = wall_minute(wall)
    pieces = wall_stretches(zone_name, minute, minute + 1)
    return tuple(minute_instant(since) for since, _ in _each(minute, pieces))


def _each(wall: int, pieces: Sequence[Stretch]) -> list[Interval]:
    return [
        (wall - piece.offset, wall - piece.offset + 1)
        for piece in pieces
        if piece.since <= wall - piece.offset < piece.until
    ]


def gap_around(wall: datetime, zone_name: str) -> tuple[datetime, datetime] | None:
    """The wall clocks [from, to) of the gap that `wall` lies in; None if the site's clock shows it."""
    minute = wall_minute(wall)
    pieces = wall_stretches(zone_name, minute, minute + 1)
    for before, after in pairwise(pieces):
        low, high = before.until + before.offset, after.since + after.offset
        if low <= minute < high:
            return minute_wall(low), minute_wall(high)
    return None


def first_instant(wall: datetime, zone_name: str) -> datetime:
    """The first instant at which the site's clock shows `wall`; inside a gap, the instant the clock jumps."""
    found = instants_of(wall, zone_name)
    if found:
        return found[0]
    gap = gap_around(wall, zone_name)
    if gap is None:
        raise InvalidRule("a wall clock neither exists nor lies in a gap")
    return instants_of(gap[1], zone_name)[0]


def occasion(minute: int, pieces: Sequence[Stretch]) -> tuple[int, int | None]:
    """For an instant: its offset, and its fold if its wall clock comes twice (0 the first time, 1 the second,
    else None).
    """
    at = bisect_right(pieces, minute, key=lambda piece: piece.since) - 1
    here = pieces[at]
    wall = minute + here.offset
    if at > 0 and wall < pieces[at - 1].until + pieces[at - 1].offset:
        return here.offset, 1
    if at + 1 < len(pieces) and wall >= pieces[at + 1].since + pieces[at + 1].offset:
        return here.offset, 0
    return here.offset, None


# ---------------------------------------------------------------- calendar time


def calendar_after(instant: datetime, minutes: int, zone_name: str) -> datetime:
    """`minutes` of calendar time later at the site: whole days keep the wall clock, the rest is elapsed time.

    48 hours are two days on the wall, 47 or 49 elapsed hours across a clock change; two hours are always two
    hours (RFC 5545, 3.3.6: days are nominal, hours exact). Inside a gap: when the clock jumps. Inside an
    overlap: the first time.
    """
    days, rest = divmod(minutes, MINUTES_A_DAY)
    if days:
        instant = _shifted(instant, days, zone_name)
    return instant + timedelta(minutes=rest)


def calendar_before(instant: datetime, minutes: int, zone_name: str) -> datetime:
    """`minutes` of calendar time earlier at the site: first the elapsed part, then whole days on the wall
    clock.
    """
    days, rest = divmod(minutes, MINUTES_A_DAY)
    instant -= timedelta(minutes=rest)
    return _shifted(instant, -days, zone_name) if days else instant


def _shifted(instant: datetime, days: int, zone_name: str) -> datetime:
    wall = wall_clock(instant, zone_name) + timedelta(days=days)
    seconds = timedelta(seconds=wall.second, microseconds=wall.microsecond)
    whole = wall - seconds
    if instants_of(whole, zone_name):
        return first_instant(whole, zone_name) + seconds
    return first_instant(whole, zone_name)
