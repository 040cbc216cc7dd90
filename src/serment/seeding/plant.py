"""Writes a seed file's practices: insert or update, never delete, all in one transaction."""

import hashlib
import json
import re
import unicodedata
import uuid
from dataclasses import dataclass
from typing import Any

import asyncpg

from serment.seeding.format import Agenda, Opening, Practice, Town, hours_of

Rows = dict[str, list[dict[str, Any]]]

# The order in which the tables are written; each row is the table's columns by name.
KEYS = {
    "practices": ("practice",),
    "sites": ("practice", "site"),
    "units": ("practice", "unit"),
    "practitioners": ("practice", "practitioner"),
    "agendas": ("practice", "agenda"),
    "visit_types": ("practice", "visit_type"),
    "visit_type_agendas": ("practice", "agenda", "visit_type"),
    "resources": ("practice", "resource"),
    "visit_type_resources": ("practice", "visit_type", "kind"),
    "openings": ("practice", "opening"),
    "opening_exceptions": ("practice", "exception"),
    "absences": ("practice", "absence"),
}


@dataclass(frozen=True)
class Planted:
    """How many rows the file holds, table by table. A second run of the same file changes none of them."""

    rows: dict[str, int]


def seed_id(practice: str, kind: str, key: str) -> uuid.UUID:
    """The id of a seeded row: the same file always names the same rows, so planting twice changes nothing."""
    return uuid.UUID(bytes=hashlib.sha256(f"serment seed\0{practice}\0{kind}\0{key}".encode()).digest()[:16])


def slug_of(text: str) -> str:
    """Lower-case ASCII words joined by hyphens: "Hélène d'Orve" gives "helene-d-orve"."""
    plain = (
        unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("æ", "ae"))
        .encode("ascii", "ignore")
        .decode()
    )
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


async def plant(connection: asyncpg.Connection, town: Town) -> Planted:
    """Write the practices of `town` in one transaction: after a crash, all or nothing.

    Appointments, keys and what is open for booking stay as they are; `next_free` is left to its sweep.
    """
    counts = dict.fromkeys(KEYS, 0)
    async with connection.transaction():
        for practice in town.practices:
            rows = rows_of(practice)
            for table, keys in KEYS.items():
                for row in rows[table]:
                    await _upsert(connection, table, keys, row)
                counts[table] += len(rows[table])
    return Planted(counts)


async def _upsert(
    connection: asyncpg.Connection, table: str, keys: tuple[str, ...], row: dict[str, Any]
) -> None:
    # Table and column names come from this module alone; every value is a parameter. A row that stays as it was is not
    # written: a write would tell every process that the agenda's rules changed.
    rest = [column for column in row if column not in keys]
    values = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    change = "NOTHING"
    if rest:
        old, new = ", ".join(f"{table}.{c}" for c in rest), ", ".join(f"excluded.{c}" for c in rest)
        change = f"UPDATE SET ({', '.join(rest)}) = ROW({new}) WHERE ROW({old}) IS DISTINCT FROM ROW({new})"
    await connection.execute(
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values})"  # noqa: S608
        f" ON CONFLICT ({', '.join(keys)}) DO {change}",
        *row.values(),
    )


def rows_of(practice: Practice) -> Rows:
    """The table rows of one practice, in the columns' own names."""

    def ident(kind: str, key: str) -> uuid.UUID:
        return seed_id(practice.slug, kind, key)

    own = {"practice": ident("practice", "")}
    rows: Rows = {table: [] for table in KEYS}
    rows["practices"].append(own | {"slug": practice.slug, "name": practice.name})
    rows["sites"] = [own | {"site": ident("site", s.key)} | _plain(s) for s in practice.sites]
    rows["units"] = [own | {"unit": ident("unit", u.key)} | _plain(u) for u in practice.units]
    for p in practice.practitioners:
        slug = p.slug or slug_of(f"{p.given_name} {p.family_name} {practice.sites[0].town}")
        rows["practitioners"].append(
            own | {"practitioner": ident("practitioner", p.key)} | _plain(p) | {"slug": slug}
        )
    rows["agendas"] = [_agenda_row(own, ident, a, position) for position, a in enumerate(practice.agendas)]
    for position, v in enumerate(practice.visit_types):
        visit_type = own | {"visit_type": ident("visit_type", v.key)}
        plain = {k: x for k, x in _plain(v).items() if k not in ("agendas", "resources", "questions")}
        questions = [
            {"id": q.key, "kind": q.kind, "fr": q.fr, "en": q.en, "required": q.required}
            | ({"choices": [{"fr": c.fr, "en": c.en} for c in q.choices]} if q.choices else {})
            | ({"first_visit": True} if q.first_visit else {})
            for q in v.questions
        ]
        step = v.step_minutes or v.minutes
        rows["visit_types"].append(
            visit_type
            | plain
            | {"step_minutes": step, "position": position, "questions": json.dumps(questions)}
        )
        rows["visit_type_agendas"] += [visit_type | {"agenda": ident("agenda", a)} for a in v.agendas]
        rows["visit_type_resources"] += [visit_type | {"kind": kind} for kind in v.resources]
    for r in practice.resources:
        rows["resources"].append(
            own
            | {
                "resource": ident("resource", r.key),
                "site": ident("site", r.site),
                "kind": r.kind,
                "name": r.name,
            }
        )
    rows["openings"] = [_opening_row(own, ident, o) for o in practice.openings]
    for e in practice.exceptions:
        start, end = hours_of(e.start, e.end, where=e.key) if e.start and e.end else (None, None)
        rows["opening_exceptions"].append(
            own
            | {"exception": ident("exception", e.key), "agenda": ident("agenda", e.agenda)}
            | {"opening": ident("opening", e.opening) if e.opening else None, "on_date": e.on, "kind": e.kind}
            | {"start_minute": start, "end_minute": end}
            | {"visit_types": [ident("visit_type", v) for v in e.visit_types] or None}
        )
    for absence in practice.absences:
        rows["absences"].append(
            own
            | {"absence": ident("absence", absence.key), "agenda": ident("agenda", absence.agenda)}
            | {"since": absence.since, "until": absence.until}
        )
    return rows


def _plain(table: Any) -> dict[str, Any]:
    return {name: getattr(table, name) for name in table.__struct_fields__ if name != "key"}


def _agenda_row(own: dict[str, Any], ident: Any, agenda: Agenda, position: int) -> dict[str, Any]:
    return own | {
        "agenda": ident("agenda", agenda.key),
        "site": ident("site", agenda.site),
        "practitioner": ident("practitioner", agenda.practitioner),
        "unit": ident("unit", agenda.unit),
        "name": agenda.name,
        "works_on_holidays": agenda.works_on_holidays,
        "position": position,
    }


def _opening_row(own: dict[str, Any], ident: Any, opening: Opening) -> dict[str, Any]:
    start, end = hours_of(opening.start, opening.end, where=opening.key)
    rule = f"FREQ=WEEKLY;BYDAY={','.join(opening.days)}" if opening.days else opening.rrule
    return own | {
        "opening": ident("opening", opening.key),
        "agenda": ident("agenda", opening.agenda),
        "first_date": opening.first_date,
        "last_date": opening.last_date,
        "start_minute": start,
        "end_minute": end,
        "rrule": rule,
        "week_parity": opening.weeks,
        "visit_types": [ident("visit_type", v) for v in opening.visit_types] or None,
    }
