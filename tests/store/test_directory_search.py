# SPDX-License-Identifier: AGPL-3.0-or-later
"""The search on real PostgreSQL, over a few practitioners whose names are easily mistyped."""

import datetime as dt
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from serment.directory.generate import header, line
from serment.directory.rpps import import_rpps
from serment.directory.search import (
    Place,
    find_named,
    find_near,
    find_rpps,
    find_towns,
    suggest_what,
    town_of,
)
from serment.directory.specialties import kind
from serment.directory.towns import load_towns

PEOPLE = [
    ("BENTO", "Inès", "10", "SM26", "39198", "39100", "Dole"),
    ("LE BŒUF-GARNIER", "Marie-Hélène", "10", "SM15", "39198", "39100", "Dole"),
    ("MARTIN", "Paul", "10", "SM54", "21231", "21000", "Dijon"),
    ("PAUL", "Martin", "10", "SM53", "39300", "39000", "Lons-le-Saunier"),
    ("MARTINET", "Zoé", "50", "", "39198", "39100", "Dole"),
    ("DUPONT", "Marie", "40", "", "75111", "75011", "Paris"),
]
DOLE = Place(47.0922, 5.4897)
GENERAL = kind("general-practice").codes  # type: ignore[union-attr]


def said(number: int, family: str, given: str, profession: str, specialty: str, *town: str) -> dict[str, str]:
    code, postcode, name = town
    identifier = f"9990000000{number}"
    return {
        "Type d'identifiant PP": "8",
        "Identifiant PP": identifier,
        "Identification nationale PP": f"8{identifier}",
        "Nom d'exercice": family,
        "Prénom d'exercice": given,
        "Code profession": profession,
        "Code type savoir-faire": "S" if specialty else "",
        "Code savoir-faire": specialty,
        "Identifiant technique de la structure": f"R{number}",
        "Code postal (coord. structure)": postcode,
        "Code commune (coord. structure)": code,
        "Libellé commune (coord. structure)": name,
    }


@pytest.fixture(scope="module")
async def connection(
    database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    await load_towns(connection)
    path: Path = tmp_path_factory.mktemp("directory") / "file"
    lines = [header(), *(line(said(number, *person)) for number, person in enumerate(PEOPLE))]
    path.write_text("\n".join(lines), encoding="utf-8")  # noqa: ASYNC240
    await import_rpps(connection, path, today=dt.date(2026, 3, 1))
    yield connection
    await connection.close()


@pytest.mark.parametrize(
    ("typed", "family"),
    [
        ("bento", "BENTO"),
        ("Dr Bento", "BENTO"),
        ("ines bento", "BENTO"),
        ("Bneto", "BENTO"),
        ("benot inés", "BENTO"),
        ("leboeuf", "LE BŒUF-GARNIER"),
        ("le boeuf", "LE BŒUF-GARNIER"),
        ("garnier helene", "LE BŒUF-GARNIER"),
        ("Marie Hélène GARNIEER", "LE BŒUF-GARNIER"),
        ("martin paul", "MARTIN"),
        ("martine", "MARTINET"),
        ("dupond", "DUPONT"),
        ("zzzz", None),
        ("%", None),
        ("", None),
        ("''; --", None),
    ],
)
async def test_a_name_is_found_however_it_is_typed(
    connection: asyncpg.Connection, typed: str, family: str | None
) -> None:
    found = await find_named(connection, typed)
    assert (family in [one.family_name for one in found]) if family else not found


async def test_a_family_name_as_typed_comes_before_a_given_one(connection: asyncpg.Connection) -> None:
    names = [one.family_name for one in await find_named(connection, "martin")]
    assert names[:2] == ["MARTIN", "PAUL"] and "MARTINET" in names


async def test_of_two_alike_the_nearer_comes_first(connection: asyncpg.Connection) -> None:
    paris = await find_named(connection, "marie", around=Place(48.86, 2.38))
    dole = await find_named(connection, "marie", around=DOLE)
    assert [one.town for one in paris] == ["Paris", "Dole"]
    assert [one.town for one in dole] == ["Dole", "Paris"]
    assert dole[0].kilometres is not None and dole[0].kilometres < 3


async def test_a_specialty_is_found_around_a_place_nearest_first(connection: asyncpg.Connection) -> None:
    near = await find_near(connection, GENERAL, DOLE, kilometres=15)
    far = await find_near(connection, GENERAL, DOLE, kilometres=60)
    assert [one.town for one in near] == ["Dole"]
    assert [one.town for one in far] == ["Dole", "Dijon", "Lons-le-Saunier"]
    distances = [one.kilometres or 0 for one in far]
    assert distances == sorted(distances) and 35 < distances[1] < 45
    assert await find_near(connection, GENERAL, DOLE, kilometres=60, limit=1, skip=1) == far[1:2]
    assert [one.family_name for one in await find_near(connection, ["P50"], DOLE, kilometres=5)] == [
        "MARTINET"
    ]


async def test_whose_practice_is_here_can_be_booked_and_the_others_not_yet(
    connection: asyncpg.Connection,
) -> None:
    practice, practitioner = uuid.uuid4(), uuid.uuid4()
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(
        "INSERT INTO practitioners (practice, practitioner, slug, rpps, given_name, family_name, specialty) "
        "VALUES ($1, $2, 'ines-bento', '99900000000', 'Inès', 'Bento', 'SM26')",
        practice,
        practitioner,
    )
    found = await find_near(connection, GENERAL, DOLE, kilometres=60)
    assert [one.slug for one in found] == ["ines-bento", None, None]
    assert (found[0].practice, found[0].practitioner) == (practice, practitioner)
    assert (await find_named(connection, "bento"))[0].slug == "ines-bento"
    assert (await find_rpps(connection, "99900000000"))[0].slug == "ines-bento"
    await transaction.rollback()
    assert (await find_named(connection, "bento"))[0].slug is None


async def test_suggestions_mix_kinds_of_care_and_people(connection: asyncpg.Connection) -> None:
    told = await suggest_what(connection, "den")
    assert told.kinds[0].key == "dentist" and told.practitioners == ()
    told = await suggest_what(connection, "mart")
    assert {one.family_name for one in told.practitioners} == {"MARTIN", "MARTINET", "PAUL"}


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("dole", "Dole"),
        ("Dôle", "Dole"),
        ("39100", "Dole"),
        ("lons le s", "Lons-le-Saunier"),
        ("st-etienne", "Saint-Étienne"),
        ("saint etiene", "Saint-Étienne"),
        ("marsielle", "Marseille"),
        ("valance", "Valence"),
        ("lion", "Lyon"),
        ("nise", "Nice"),
        ("nante", "Nantes"),
        ("sens", "Sens"),
        ("paris 11e", "Paris 11e Arrondissement"),
        ("PARIS CEDEX 13", "Paris"),
        ("Chalon/Saône", "Chalon-sur-Saône"),
        ("20000", "Ajaccio"),
        ("2A", None),
        ("%", None),
        ("", None),
    ],
)
async def test_a_town_is_found_however_it_is_typed(
    connection: asyncpg.Connection, typed: str, name: str | None
) -> None:
    found = await find_towns(connection, typed)
    assert (found[0].name if found else None) == name


async def test_a_town_is_known_by_its_code(connection: asyncpg.Connection) -> None:
    town = await town_of(connection, "39198")
    assert town is not None and town.name == "Dole"
    assert await town_of(connection, "00000") is None
