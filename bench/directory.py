# SPDX-License-Identifier: AGPL-3.0-or-later
"""(f) The register of a country: imported, imported again, with drift; then searched as people search.

SERMENT_BENCH_ROWS persons' activities are invented (100,000 by default; the real register has 2,200,000). The import is
measured against a bare COPY of the same fields, the search against reading one entry by its key through the same pool.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import asyncpg

from bench import report
from bench.processor import spent
from serment.database.embedded import EmbeddedPostgres
from serment.database.migrate import migrate
from serment.directory.generate import generate
from serment.directory.rpps import import_rpps
from serment.directory.search import Place, find_named, find_near, find_towns, suggest_what
from serment.directory.specialties import kinds
from serment.directory.towns import Town, load_towns, towns

ROWS = int(os.environ.get("SERMENT_BENCH_ROWS", "100000"))
ROWS_A_PERSON = 1.2117
QUERIES = 1_000
PAGE, COMPLETED = 20, 8
RADIUS_KM = 15
AIM_MS = 50
DRIFT = 0.01
TODAY = dt.date(2027, 3, 1)


async def measure() -> None:
    """Prints the import's figures, then p50 and p99 of each way to search."""
    report.heading("f", f"the directory, about {ROWS:,} rows of the register")
    with tempfile.TemporaryDirectory() as name, EmbeddedPostgres(Path(name) / "pg") as postgres:
        await migrate(postgres.url())
        file, drifted = Path(name) / "register", Path(name) / "drifted"
        rows = generate(file, seed=1, persons=int(ROWS / ROWS_A_PERSON), towns=towns())
        _drift(file, drifted)
        connection = await asyncpg.connect(postgres.url())
        await load_towns(connection)
        bare = await _bare_copy(connection, file, rows, postgres)
        for text, path in (("first", file), ("second, no change", file), ("third, 3 % drift", drifted)):
            await _import(connection, text, path, rows, bare, postgres)
        await searches(connection)
        await connection.close()


def _drift(source: Path, target: Path) -> None:
    """One row in a hundred leaves, one gets another telephone number, one is there at another place as well."""
    chance = random.Random(5)
    with source.open(encoding="utf-8") as lines, target.open("w", encoding="utf-8") as out:
        header = next(lines)
        out.write(header)
        names = header.rstrip("\n").split("|")
        phone = names.index("Téléphone (coord. structure)")
        structure = names.index("Identifiant technique de la structure")
        for line in lines:
            drawn, fields = chance.random(), line.split("|")
            if drawn < DRIFT:
                continue
            if drawn < 2 * DRIFT:
                fields[phone] = f"0199{chance.randrange(10**6):06d}"
                line = "|".join(fields)
            elif drawn < 3 * DRIFT:
                fields[structure] = f"N{fields[structure][1:]}"
                out.write("|".join(fields))
            out.write(line)


async def _bare_copy(
    connection: asyncpg.Connection, file: Path, rows: int, postgres: EmbeddedPostgres
) -> float:
    """Seconds of both programs' processor time to read the file and COPY it as text into a temporary table."""
    await connection.execute("CREATE TEMPORARY TABLE bare (line text)")
    assert postgres.pid is not None
    before, begun = spent(postgres.pid), time.perf_counter()
    with file.open(encoding="utf-8") as lines:
        await connection.copy_records_to_table("bare", records=((line,) for line in lines), timeout=600)
    took, cost = time.perf_counter() - begun, spent(postgres.pid).since(before, 1)
    await connection.execute("DROP TABLE bare")
    report.figure("bare COPY of the lines: time, processor", f"{took:.0f} s, {cost.both / 1000:.0f} s")
    return cost.both


async def _import(
    connection: asyncpg.Connection,
    text: str,
    path: Path,
    rows: int,
    bare: float,
    postgres: EmbeddedPostgres,
) -> None:
    assert postgres.pid is not None
    log = "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"
    wal = await connection.fetchval(log)
    before, begun = spent(postgres.pid), time.perf_counter()
    done = await import_rpps(connection, path, today=TODAY)
    took, cost = time.perf_counter() - begun, spent(postgres.pid).since(before, 1)
    written = float(await connection.fetchval(log) - wal) / 1e6
    report.figure(f"{text}: added / changed / closed", f"{done.added} / {done.changed} / {done.closed}")
    report.figure("    time, rows a second", f"{took:.0f} s, {rows / took:,.0f} /s")
    report.figure(
        "    processor time, Python + PostgreSQL", f"{cost.python / 1000:.0f} + {cost.postgres / 1000:.0f} s"
    )
    report.figure("    processor time, times a bare COPY", f"{cost.both / bare:.1f}")
    report.figure("    log written", f"{written:,.0f} MB")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report.figure("    most memory of this process so far", f"{peak:.0f} MB")


def _mistyped(chance: random.Random, word: str) -> str:
    """One letter left out, doubled, or swapped with the next."""
    at = chance.randrange(max(1, len(word) - 1))
    return chance.choice(
        (
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :],
        )
    )


async def searches(db: asyncpg.Connection) -> None:
    """Each way to search, QUERIES times with other words each time; the names are drawn from the directory itself."""
    chance = random.Random(7)
    drawn = await db.fetch(
        "SELECT entry, family_name, given_name, latitude, longitude FROM directory_entries TABLESAMPLE BERNOULLI ($1)"
        " REPEATABLE (3) WHERE latitude IS NOT NULL LIMIT $2",
        min(100.0, 400 * QUERIES / ROWS * 5), 5 * QUERIES,
    )  # fmt: skip
    rare = await db.fetch(
        "SELECT word FROM directory_words TABLESAMPLE BERNOULLI (50) REPEATABLE (3) LIMIT $1", QUERIES
    )
    common = await db.fetch(
        "SELECT word FROM (SELECT unnest(name_words) AS word FROM directory_entries TABLESAMPLE SYSTEM (5)) w"
        " GROUP BY word ORDER BY count(*) DESC LIMIT 60"
    )
    peopled = towns()
    weights = [max(town.population, 50) for town in peopled]
    codes = [kind.codes for kind in kinds()]

    def people() -> Iterator[tuple[str, str]]:
        while True:
            row = chance.choice(drawn)
            yield row["family_name"], row["given_name"]

    def town(big: bool) -> Town:
        return chance.choices(peopled, weights)[0] if big else chance.choice(peopled)

    def place(big: bool) -> Place:
        where = town(big)
        return Place(where.latitude, where.longitude)

    async def named(text: str, around: Place | None = None) -> None:
        await find_named(db, text, around=around, limit=PAGE)

    async def near(codes: tuple[str, ...], where: Place) -> None:
        await find_near(db, codes, where, kilometres=RADIUS_KM, limit=PAGE)

    person = people()

    def full() -> str:
        return " ".join(next(person))

    def family() -> str:
        return next(person)[0]

    async def nothing() -> None:
        await db.fetchrow("SELECT * FROM directory_entries WHERE entry = $1", chance.choice(drawn)["entry"])

    ways: list[tuple[str, Callable[[], Awaitable[object]]]] = [
        ("one entry by its key", nothing),
        ("given and family name", lambda: named(full())),
        ("the same, around a place", lambda: named(full(), place(True))),
        ("given and family name, mistyped", lambda: named(_mistyped(chance, full()))),
        ("family name", lambda: named(family())),
        ("one of the 60 commonest names", lambda: named(chance.choice(common)["word"])),
        ("the same, around a place", lambda: named(chance.choice(common)["word"], place(True))),
        ("two of them", lambda: named(f"{chance.choice(common)['word']} {chance.choice(common)['word']}")),
        ("a rare name, mistyped", lambda: named(_mistyped(chance, chance.choice(rare)["word"]))),
        ("completing two or three letters", lambda: suggest_what(db, family()[: chance.choice((2, 3))], limit=COMPLETED)),
        ("completing four to six", lambda: suggest_what(db, family()[: chance.choice((4, 5, 6))], limit=COMPLETED)),
        ("specialty around a place, by people", lambda: near(chance.choice(codes), place(True))),
        ("specialty around a village", lambda: near(chance.choice(codes), place(False))),
        ("completing a town", lambda: find_towns(db, town(True).name[: chance.choice((2, 3, 5, 8))])),
        ("a town, mistyped", lambda: find_towns(db, _mistyped(chance, town(False).name))),
    ]  # fmt: skip
    floor, backend = 0.0, await db.fetchval("SELECT pg_backend_pid()")
    for text, way in ways:
        waits, costs = await _one(way, backend)
        p99 = report.percentile(waits, 0.99)
        floor = floor or report.percentile(costs, 0.5)
        report.figure(
            text,
            f"{report.percentile(waits, 0.5):.1f} / {p99:.1f} ms; processor {report.percentile(costs, 0.5):.1f} /"
            f" {report.percentile(costs, 0.99):.1f} ms, x{report.percentile(costs, 0.5) / floor:.0f}",
            aim=AIM_MS,
            got=p99,
        )


async def _one(way: Callable[[], Awaitable[object]], backend: int) -> tuple[list[float], list[float]]:
    """Milliseconds waited, and of processor time of this process and the database's, of each search."""
    for _ in range(10):  # these prepare the statements
        await way()
    waits, costs = [], []
    for _ in range(QUERIES):
        spent_before, begun = _ran(backend), time.perf_counter()
        await way()
        waits.append((time.perf_counter() - begun) * 1000)
        costs.append((_ran(backend) - spent_before) * 1000)
    return waits, costs


def _ran(backend: int) -> float:
    """Seconds that this process and one of the database's have run: what they waited for a processor is left out."""
    return time.process_time() + int(Path(f"/proc/{backend}/schedstat").read_text().split()[0]) / 1e9
