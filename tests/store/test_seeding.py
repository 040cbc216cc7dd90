"""A practice comes in from a file: whole, once, and refused with a sentence when it is wrong."""

import textwrap
from pathlib import Path

import pytest

from serment.database.pool import Pool
from serment.seeding import SeedRefused, plant, read

HOUSE = """
[[practices]]
slug = "cabinet-bento"
name = "Cabinet Bento"
[[practices.sites]]
key = "lavoir"
name = "Cabinet Bento"
address = "14 rue du Lavoir"
postcode = "26150"
town = "Die"
town_code = "26113"
latitude = 44.75
longitude = 5.37
[[practices.units]]
key = "all"
name = "Cabinet"
[[practices.practitioners]]
key = "bento"
title = "Dr"
given_name = "Inès"
family_name = "Bento"
specialty = "SM26"
[[practices.agendas]]
key = "bento"
site = "lavoir"
practitioner = "bento"
unit = "all"
[[practices.visit_types]]
key = "consultation"
name_fr = "Consultation"
name_en = "Consultation"
minutes = 20
agendas = ["bento"]
resources = ["room"]
[[practices.resources]]
key = "room-1"
site = "lavoir"
kind = "room"
name = "Salle 1"
[[practices.openings]]
key = "mornings"
agenda = "bento"
days = ["MO", "TH"]
from = "22:00"
to = "02:00"
first_date = 2026-01-05
visit_types = ["consultation"]
[[practices.exceptions]]
key = "eve"
agenda = "bento"
on = 2026-12-24
kind = "closed"
opening = "mornings"
[[practices.absences]]
key = "away"
agenda = "bento"
since = 2027-02-08T00:00:00
until = 2027-02-15T00:00:00
"""


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "house.toml"
    path.write_text(textwrap.dedent(text), "utf-8")
    return path


async def test_a_planted_practice_stands_with_every_rule_of_its_file(pool: Pool, tmp_path: Path) -> None:
    async with pool.acquire() as connection:
        planted = await plant(connection, read(_file(tmp_path, HOUSE)))
        opening = await connection.fetchrow("SELECT * FROM openings")
        assert set(planted.rows.values()) == {1}
        assert opening is not None
        assert (opening["start_minute"], opening["end_minute"]) == (22 * 60, 26 * 60)
        assert opening["rrule"] == "FREQ=WEEKLY;BYDAY=MO,TH"
        assert not await connection.fetchval("SELECT accepts_bookings FROM practices")


async def test_planting_the_same_file_again_changes_no_row(pool: Pool, tmp_path: Path) -> None:
    async with pool.acquire() as connection:
        await plant(connection, read(_file(tmp_path, HOUSE)))
        version = await connection.fetchval("SELECT rules_version FROM agendas")
        await plant(connection, read(_file(tmp_path, HOUSE)))
        assert await connection.fetchval("SELECT rules_version FROM agendas") == version


async def test_planting_a_changed_file_updates_the_row_and_the_rules_version(
    pool: Pool, tmp_path: Path
) -> None:
    async with pool.acquire() as connection:
        await plant(connection, read(_file(tmp_path, HOUSE)))
        version = await connection.fetchval("SELECT rules_version FROM agendas")
        await plant(connection, read(_file(tmp_path, HOUSE.replace("minutes = 20", "minutes = 25"))))
        assert await connection.fetchval("SELECT minutes FROM visit_types") == 25
        assert await connection.fetchval("SELECT rules_version FROM agendas") > version


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        ('agenda = "bento"\ndays', 'agenda = "tom"\ndays', 'opening mornings: there is no agenda "tom"'),
        ('from = "22:00"', 'from = "25:00"', '"25:00" is not a time of day'),
        ("minutes = 20", 'minutes = "20"', "minutes"),
        ('name_en = "Consultation"', 'nom = "Consultation"', "unknown field `nom`"),
        ('kind = "closed"', 'kind = "replaced"', "all but closed dates need from and to"),
        ("until = 2027-02-15", "until = 2027-02-01", "the second later"),
        ('slug = "cabinet-bento"', 'slug = "Cabinet Bento"', "a slug holds small letters"),
        ("longitude = 5.37", 'longitude = 5.37\ntimezone = "Europe/Pari"', 'no time zone "Europe/Pari"'),
    ],
)
def test_a_wrong_file_is_refused_with_its_place_and_reason(
    tmp_path: Path, right: str, wrong: str, sentence: str
) -> None:
    assert right in HOUSE
    with pytest.raises(SeedRefused, match=sentence.replace("`", ".")):
        read(_file(tmp_path, HOUSE.replace(right, wrong, 1)))


async def test_a_refused_file_leaves_nothing_behind(pool: Pool, tmp_path: Path) -> None:
    broken = HOUSE.replace('name_fr = "Consultation"', "")
    before = await pool.fetchval("SELECT count(*) FROM practices")
    with pytest.raises(SeedRefused):
        read(_file(tmp_path, broken.replace("cabinet-bento", "cabinet-tom")))
    assert await pool.fetchval("SELECT count(*) FROM practices") == before
