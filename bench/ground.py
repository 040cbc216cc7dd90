# SPDX-License-Identifier: AGPL-3.0-or-later
"""Many agendas with what stands in them, written by the set: practices, rules, standing spans, search hints.

From tomorrow on every agenda is open every day from 8 to 18 on the wall of Paris, in visits of 30 minutes. The first
1 to 9 half hours of tomorrow are taken, so the next free time is known without computing it; `bench.next_free` has the
product compute some of them again and compare.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from serment.database.pool import Pool

ZONE = ZoneInfo("Europe/Paris")
SPECIALTY = "SM54"
PARIS = (48.8566, 2.3522)
NEAR_PARIS_SHARE = 10  # one agenda in ten stands within some 15 km of Paris
TAKEN_MAX = 9

_PARTS = (
    "INSERT INTO practices (practice, slug, name, accepts_bookings)"
    " SELECT md5('p' || i)::uuid, 'bench-' || i, 'Cabinet ' || i, true FROM generate_series($1::int, $2::int) AS i",
    "INSERT INTO sites (practice, site, name, address, postcode, town, town_code, latitude, longitude, timezone,"
    " holiday_region) SELECT md5('p' || i)::uuid, md5('s' || i)::uuid, 'Cabinet', '1 rue Haute', '75001', 'Paris',"
    " '75056', CASE WHEN i % {near} = 0 THEN {lat} + (random() - 0.5) * 0.2 ELSE 43 + random() * 7 END,"
    " CASE WHEN i % {near} = 0 THEN {lon} + (random() - 0.5) * 0.3 ELSE -1 + random() * 8 END,"
    " 'Europe/Paris', 'FR' FROM generate_series($1::int, $2::int) AS i",
    "INSERT INTO units (practice, unit, name)"
    " SELECT md5('p' || i)::uuid, md5('u' || i)::uuid, 'Cabinet' FROM generate_series($1::int, $2::int) AS i",
    "INSERT INTO practitioners (practice, practitioner, slug, given_name, family_name, specialty)"
    " SELECT md5('p' || i)::uuid, md5('w' || i)::uuid, 'bench-' || i, 'Ana', 'Bento', '{specialty}'"
    " FROM generate_series($1::int, $2::int) AS i",
    "INSERT INTO agendas (practice, agenda, site, practitioner, unit, works_on_holidays, free_version)"
    " SELECT md5('p' || i)::uuid, md5('a' || i)::uuid, md5('s' || i)::uuid, md5('w' || i)::uuid, md5('u' || i)::uuid,"
    " true, 1 FROM generate_series($1::int, $2::int) AS i",
    "INSERT INTO openings (practice, opening, agenda, first_date, start_minute, end_minute, rrule)"
    " SELECT md5('p' || i)::uuid, md5('o' || i)::uuid, md5('a' || i)::uuid, '{tomorrow}', 480, 1080, 'FREQ=DAILY'"
    " FROM generate_series($1::int, $2::int) AS i",
    "INSERT INTO visit_types (practice, visit_type, name_fr, name_en, minutes, step_minutes)"
    " SELECT md5('p' || i)::uuid, md5('v' || i)::uuid, 'Consultation', 'Visit', 30, 30"
    " FROM generate_series($1::int, $2::int) AS i",
    "INSERT INTO visit_type_agendas (practice, visit_type, agenda)"
    " SELECT md5('p' || i)::uuid, md5('v' || i)::uuid, md5('a' || i)::uuid FROM generate_series($1::int, $2::int) AS i",
)
_SPANS = (
    "INSERT INTO spans (practice, span, agenda, record, visit_type, start, minutes, during)"
    " SELECT md5('p' || i)::uuid, gen_random_uuid(), md5('a' || i)::uuid, gen_random_uuid(), md5('v' || i)::uuid, at,"
    " 30, tstzrange(at, at + interval '30 minutes')"
    " FROM generate_series($1::int, $2::int) AS i, generate_series(0, i % {taken}) AS n,"
    " LATERAL (SELECT $3::timestamptz + n * interval '30 minutes' AS at) AS t"
)
_HINTS = (
    "INSERT INTO next_free (practice, agenda, visit_type, main, specialty, place, next_at, recheck_at)"
    " SELECT s.practice, md5('a' || i)::uuid, md5('v' || i)::uuid, true, '{specialty}',"
    " point(s.longitude, s.latitude), $3::timestamptz + (1 + i % {taken}) * interval '30 minutes',"
    " $3::timestamptz + (1 + i % {taken}) * interval '30 minutes'"
    " FROM generate_series($1::int, $2::int) AS i JOIN sites s ON s.practice = md5('p' || i)::uuid"
)


def eight_tomorrow(now: datetime) -> datetime:
    """Tomorrow, 8 o'clock on the wall of Paris."""
    tomorrow = now.astimezone(ZONE).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, 8, tzinfo=ZONE)


async def grow(pool: Pool, first: int, last: int, now: datetime) -> None:
    """Adds agendas number `first` to `last`. The embedded database's owner may leave the rules' triggers aside."""
    words = {
        "near": NEAR_PARIS_SHARE,
        "lat": PARIS[0],
        "lon": PARIS[1],
        "specialty": SPECIALTY,
        "taken": TAKEN_MAX,
        "tomorrow": eight_tomorrow(now).date(),
    }
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "SET LOCAL session_replication_role = replica; SET LOCAL statement_timeout = 0"
        )
        for statement in _PARTS:
            await connection.execute(statement.format(**words), first, last, timeout=600)
        for statement in (_SPANS, _HINTS):
            await connection.execute(statement.format(**words), first, last, eight_tomorrow(now), timeout=600)
    async with pool.acquire() as connection:  # the setting goes when the pool takes the connection back
        await connection.execute("SET statement_timeout = 0")
        await connection.execute("ANALYZE", timeout=600)


async def agendas(pool: Pool, most: int) -> list[tuple[UUID, UUID]]:
    """(agenda, visit type) of some of them, any."""
    rows = await pool.fetch("SELECT agenda, visit_type FROM next_free ORDER BY agenda LIMIT $1", most)
    return [(row["agenda"], row["visit_type"]) for row in rows]
