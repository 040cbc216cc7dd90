# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is kept, how long, and the register that says so (art. 30 GDPR)."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from serment.cli import main
from serment.database.migrate import read_migrations
from serment.domain.named_times import LANGUAGES, Language
from serment.domain.register import columns, processings
from serment.domain.retention import kept, periods

NOW = datetime(2026, 5, 31, 12, tzinfo=UTC)
MADE = re.compile(r"CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?(\w+)")


def test_every_table_of_the_migrations_is_in_the_list() -> None:
    made = {name for each in read_migrations() for name in MADE.findall(each.sql)}
    gone = {name for each in read_migrations() for name in re.findall(r"DROP TABLE (\w+)", each.sql)}
    assert made - gone == {column.table for column in columns()} - {"serment_migrations"}


def test_months_are_the_calendars() -> None:
    assert kept("appointment").before(NOW) == datetime(2026, 2, 28, 12, tzinfo=UTC)
    assert kept("card").before(NOW) == datetime(2024, 5, 31, 12, tzinfo=UTC)
    assert kept("breach").before(NOW) == datetime(2021, 5, 31, 12, tzinfo=UTC)
    assert kept("outcome").before(NOW) == datetime(2026, 5, 1, 12, tzinfo=UTC)
    with pytest.raises(ValueError, match="by no date"):
        kept("practice").before(NOW)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_period_says_itself(language: Language) -> None:
    said = {"fr": "Le rendez-vous : 3 mois après sa date.", "en": "The appointment: 3 months after its date."}
    assert kept("appointment").sentence(language).replace("\xa0", " ") == said[language]
    told = kept("reason").sentence(language).replace("\xa0", " ")
    assert "1 jour " in told if language == "fr" else "1 day " in told
    assert all(each.sentence(language) for each in periods().values())


def test_what_patients_confide_is_read_by_patient_and_practice_alone() -> None:
    confided = {"identity", "contact", "reason", "card"}
    readers = {reader for column in columns() if column.kind in confided for reader in column.readers}
    assert readers == {"patient", "practice"}
    assert {column.kind for column in columns()} >= confided


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_register_names_every_processing_with_what_article_30_asks(language: Language) -> None:
    printed = CliRunner().invoke(main, ["register", "--language", language])
    assert printed.exit_code == 0, printed.output
    for number, each in enumerate(processings(language), start=1):
        assert f"## {number}. {each.name}" in printed.output
        assert each.purpose and each.basis and each.people and each.data and each.keeping
        for table in each.tables:
            assert f"`{table}`" in printed.output
    assert kept("appointment").length(language) in printed.output


def test_the_register_for_machines_holds_every_column() -> None:
    printed = CliRunner().invoke(main, ["register", "--json"])
    told = json.loads(printed.output)
    assert len(told["columns"]) == len(columns())
    reason = next(each for each in told["columns"] if each["name"] == "body_rs")
    assert (reason["period"], reason["readers"]) == ("reason", ["patient", "practice"])
