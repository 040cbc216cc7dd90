# SPDX-License-Identifier: AGPL-3.0-or-later
"""The import on real PostgreSQL: reports, refusals, closings, crashes."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

from serment.directory import rpps
from serment.directory.generate import generate, header, line, rows
from serment.directory.rpps import import_rpps
from serment.directory.rpps_format import HeaderDrift
from serment.directory.rpps_report import Refusal
from serment.directory.search import Place, find_named, find_near
from serment.directory.towns import load_towns, towns

TODAY, TOMORROW = dt.date(2026, 3, 1), dt.date(2026, 3, 2)
AROUND = [town for town in towns() if town.department == "39" and town.population > 1500]
SAID = list(rows(seed=1, persons=20, towns=AROUND))
SOMEBODY_ELSE = next(values for values in SAID if values["Identifiant PP"] != SAID[0]["Identifiant PP"])


@pytest.fixture
async def connection(database_with_towns: Callable[[], Awaitable[str]]) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(await database_with_towns())
    yield connection
    await connection.close()


def write(path: Path, *lines: str | bytes) -> Path:
    path.write_bytes(b"".join((one.encode() if isinstance(one, str) else one) + b"\n" for one in lines))
    return path


async def count(connection: asyncpg.Connection, where: str = "true") -> int:
    found: int = await connection.fetchval(f"SELECT count(*) FROM directory_entries WHERE {where}")
    return found


async def test_the_second_import_of_a_file_changes_nothing(
    connection: asyncpg.Connection, tmp_path: Path
) -> None:
    written = generate(tmp_path / "file", seed=3, persons=500, towns=AROUND)
    read: list[tuple[int, int]] = []
    first = await import_rpps(
        connection, tmp_path / "file", today=TODAY, progress=lambda done, size: read.append((done, size))
    )
    assert first.rows == written and first.added == await count(connection) and first.refused == []
    assert read[-1] == ((tmp_path / "file").stat().st_size,) * 2
    second = await import_rpps(connection, tmp_path / "file", today=TOMORROW)
    assert (second.added, second.changed, second.closed) == (0, 0, 0)
    assert second.unchanged == first.added


async def test_broken_rows_are_named_by_line_and_the_others_taken(
    connection: asyncpg.Connection, tmp_path: Path
) -> None:
    good, other = line(SAID[0]), line(SAID[1])
    path = write(
        tmp_path / "file", header(), good, b"\xff" + good.encode(), "", other, "a|b", "x" * 60_000, good
    )
    report = await import_rpps(connection, path, today=TODAY)
    assert [refusal.line for refusal in report.refused] == [3, 4, 6, 7]
    assert report.refused[0] == Refusal(3, "The line is not UTF-8: byte 1 fits nothing.")
    assert report.rows == 7 and report.added + report.merged == 3 and report.refused_count == 4
    assert "Line 6: The line has 2 columns where 56 belong." in report.sentences()


async def test_a_refused_row_closes_nothing(connection: asyncpg.Connection, tmp_path: Path) -> None:
    lines = [line(values) for values in SAID]
    await import_rpps(connection, write(tmp_path / "a", header(), *lines), today=TODAY)
    broken = lines[0].encode().replace(b"|", b"|\xe9", 8).replace(b"\xe9", b"", 2)
    report = await import_rpps(
        connection, write(tmp_path / "b", header(), broken, *lines[1:]), today=TOMORROW
    )
    assert report.refused_count == 1 and report.closed == 0 and not report.closing_withheld
    person = SAID[0]["Identifiant PP"]
    assert await count(connection, f"rpps = '{person}' AND closed_on IS NULL") > 0


async def test_a_row_that_is_gone_closes_its_entry(connection: asyncpg.Connection, tmp_path: Path) -> None:
    person = SAID[0]["Identifiant PP"]
    lines = [line(values) for values in SAID]
    left = [line(values) for values in SAID if values["Identifiant PP"] != person]
    await import_rpps(connection, write(tmp_path / "a", header(), *lines), today=TODAY)
    report = await import_rpps(connection, write(tmp_path / "b", header(), *left), today=TOMORROW)
    assert report.closed == await count(connection, f"rpps = '{person}' AND closed_on = '{TOMORROW}'") > 0
    back = await import_rpps(connection, tmp_path / "a", today=TOMORROW)
    assert back.changed == report.closed and await count(connection, "closed_on IS NOT NULL") == 0


async def test_rows_about_nobody_knows_whom_withhold_closing(
    connection: asyncpg.Connection, tmp_path: Path
) -> None:
    lines = [line(values) for values in SAID]
    await import_rpps(connection, write(tmp_path / "a", header(), *lines), today=TODAY)
    path = write(tmp_path / "b", header(), "garbage", *lines[5:])
    report = await import_rpps(connection, path, today=TOMORROW)
    assert report.closed == 0 and "do not say whom" in report.closing_withheld
    assert (await import_rpps(connection, path, today=TOMORROW, close_always=True)).closed > 0


async def test_a_file_cut_short_does_not_close_the_country(
    connection: asyncpg.Connection, tmp_path: Path
) -> None:
    generate(tmp_path / "a", seed=3, persons=1200, towns=AROUND)
    await import_rpps(connection, tmp_path / "a", today=TODAY)
    lines = (tmp_path / "a").read_text(encoding="utf-8").splitlines()
    short = write(tmp_path / "b", *lines[: len(lines) // 2])
    report = await import_rpps(connection, short, today=TOMORROW)
    assert report.closed == 0 and "cut short" in report.closing_withheld
    assert await count(connection, "closed_on IS NOT NULL") == 0


async def test_a_drifted_header_imports_nothing(connection: asyncpg.Connection, tmp_path: Path) -> None:
    path = write(tmp_path / "file", header().replace("Code rôle", "Code du rôle"), line(SAID[0]))
    with pytest.raises(HeaderDrift, match="“Code rôle” seems to be called “Code du rôle” now"):
        await import_rpps(connection, path, today=TODAY)
    assert await count(connection) == 0


async def test_a_crash_leaves_the_directory_as_it_was(
    connection: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await import_rpps(connection, write(tmp_path / "a", header(), *map(line, SAID[:10])), today=TODAY)
    before = await connection.fetch("SELECT * FROM directory_entries ORDER BY entry")
    monkeypatch.setattr(rpps, "BATCH_ROWS", 3)

    def fall(done: int, size: int) -> None:
        if done > size // 2:
            raise KeyboardInterrupt

    b = write(tmp_path / "b", header(), *map(line, SAID[5:]))
    with pytest.raises(KeyboardInterrupt):
        await import_rpps(connection, b, today=TOMORROW, progress=fall)
    assert await connection.fetch("SELECT * FROM directory_entries ORDER BY entry") == before
    report = await import_rpps(connection, b, today=TOMORROW)
    assert report.added > 0


async def test_searches_are_answered_while_the_register_is_taken_over(
    new_database: Callable[[], Awaitable[str]], tmp_path: Path
) -> None:
    url = await new_database()
    connection, asking = await asyncpg.connect(url), await asyncpg.connect(url)
    try:
        await load_towns(connection)
        await asking.execute("SET lock_timeout = '100ms'")
        generate(tmp_path / "file", seed=3, persons=2000, towns=AROUND)
        for _ in range(2):
            importing = asyncio.create_task(import_rpps(connection, tmp_path / "file", today=TODAY))
            answers = 0
            while not importing.done():
                await find_named(asking, "bar")
                await find_near(asking, ["SM26"], Place(47.1, 5.5), kilometres=50)
                answers += 1
            assert answers > 0 and (await importing).rows > 2000
    finally:
        await connection.close()
        await asking.close()


async def test_a_dentist_is_found_under_the_profession_and_a_doctor_without_specialty_too(
    connection: asyncpg.Connection, tmp_path: Path
) -> None:
    dentist = SAID[0] | {"Code profession": "40", "Code type savoir-faire": "S", "Code savoir-faire": "SCD01"}
    doctor = SOMEBODY_ELSE | {"Code profession": "10", "Code type savoir-faire": "", "Code savoir-faire": ""}
    await import_rpps(connection, write(tmp_path / "a", header(), line(dentist), line(doctor)), today=TODAY)
    found = await connection.fetch("SELECT specialties FROM directory_entries ORDER BY profession")
    assert [row["specialties"] for row in found] == [["P10"], ["P40", "SCD01"]]


async def test_a_row_without_town_code_stands_at_its_postcode(
    connection: asyncpg.Connection, tmp_path: Path
) -> None:
    dole = next(town for town in AROUND if town.name == "Dole")
    said = SAID[0] | {"Code commune (coord. structure)": "", "Code postal (coord. structure)": "39100"}
    nowhere = SOMEBODY_ELSE | {"Code commune (coord. structure)": "", "Code postal (coord. structure)": ""}
    await import_rpps(connection, write(tmp_path / "a", header(), line(said), line(nowhere)), today=TODAY)
    found = await connection.fetch(
        "SELECT town_code, latitude FROM directory_entries ORDER BY latitude NULLS LAST"
    )
    assert [tuple(row) for row in found] == [(dole.code, dole.latitude), ("", None)]


async def test_loading_the_towns_twice_changes_nothing(connection: asyncpg.Connection) -> None:
    before = await connection.fetchval("SELECT md5(string_agg(t::text, '' ORDER BY code)) FROM towns t")
    assert await load_towns(connection) == len(towns())
    assert (
        await connection.fetchval("SELECT md5(string_agg(t::text, '' ORDER BY code)) FROM towns t") == before
    )
