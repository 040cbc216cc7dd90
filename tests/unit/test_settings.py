# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings: defaults, values, and a sentence for each value that cannot be used."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from serment.settings import VARIABLES, Settings, SettingWrong, read_settings

WITNESS_KEY = "witness.example+0080fed4+BAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"


def test_an_empty_environment_gives_the_defaults() -> None:
    assert read_settings({}) == Settings()
    assert read_settings({"SERMENT_PORT": " ", "PATH": "/bin"}) == Settings()


def test_every_variable_is_read() -> None:
    settings = read_settings(
        {
            "SERMENT_HOST": "0.0.0.0",
            "SERMENT_PORT": "8001",
            "SERMENT_DATA": "un été",
            "SERMENT_DATABASE_URL": "postgresql://serment@db/serment",
            "SERMENT_POSTGRES_BIN": "/opt/pg/bin",
            "SERMENT_INSTANCE": "rdv.example.org",
            "SERMENT_ORIGIN": "https://rdv.example.org/",
            "SERMENT_SOURCE": "https://code.example.org/serment?at=0.1.0",
            "SERMENT_WORKERS": "4",
            "SERMENT_CLAIMS": "open",
            "SERMENT_SMS_PRICE": "0,049",
            "SERMENT_NOTICE_HOURS": "24",
            "SERMENT_NOTIFIER": __file__,
            "SERMENT_NOTIFIER_DATABASE_URL": "postgresql://serment_notifier@db/serment",
            "SERMENT_BACKUP": __file__,
            "SERMENT_WITNESS": "http://127.0.0.1:8642/",
            "SERMENT_WITNESS_KEY": WITNESS_KEY,
            "SERMENT_TIMESTAMP": "http://tsa.example.org/tsr",
        }
    )
    assert settings == Settings(
        "0.0.0.0",
        8001,
        Path("un été"),
        "postgresql://serment@db/serment",
        Path("/opt/pg/bin"),
        "rdv.example.org",
        "https://rdv.example.org",
        "https://code.example.org/serment?at=0.1.0",
        4,
        "open",
        "0.049",
        24,
        Path(__file__),
        "postgresql://serment_notifier@db/serment",
        Path(__file__),
        "http://127.0.0.1:8642",
        WITNESS_KEY,
        "http://tsa.example.org/tsr",
    )


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("SERMENT_PORT", "0", "whole number from 1 to 65535"),
        ("SERMENT_PORT", "65536", "whole number"),
        ("SERMENT_PORT", "٨", "whole number"),
        ("SERMENT_PORT", "http", "whole number"),
        ("SERMENT_WORKERS", "65", "from 1 to 64"),
        ("SERMENT_DATA", __file__, "is a file"),
        ("SERMENT_NOTIFIER", "/", "is a folder"),
        ("SERMENT_NOTIFIER_DATABASE_URL", "mysql://u:secret@h/d", "not the address of a PostgreSQL"),
        ("SERMENT_CLAIMS", "maybe", "open or confirm"),
        ("SERMENT_SMS_PRICE", "5 cents", "a price in euros"),
        ("SERMENT_DATABASE_URL", "mysql://u:secret@h/d", "not the address of a PostgreSQL"),
        ("SERMENT_INSTANCE", "Mon Serment", "small letters"),
        ("SERMENT_INSTANCE", "a" * 65, "up to 64"),
        ("SERMENT_ORIGIN", "https://rdv.example.org/path", "scheme and host alone"),
        ("SERMENT_ORIGIN", "http://rdv.example.org", "Use https"),
        ("SERMENT_SOURCE", "code.example.org", "people can follow"),
        ("SERMENT_SOURCE", "ftp://code.example.org/", "people can follow"),
        ("SERMENT_SOURCE", "javascript:alert(1)", "people can follow"),
        ("SERMENT_SOURCE", "https://me:secret@code.example.org/", "people can follow"),
        ("SERMENT_WITNESS", "witness.example", "not a witness's address"),
        ("SERMENT_WITNESS", "http://witness.example", "https is needed"),
        ("SERMENT_WITNESS", "https://witness.example", "set both, or neither"),
        ("SERMENT_TIMESTAMP", "tsa.example.org", "not a time-stamp service's address"),
        ("SERMENT_TIMESTAMP", "https://tsa.example.org:tsr", "not a time-stamp service's address"),
        ("SERMENT_WITNESS_KEY", "witness.example", "the line of its file witness.pub"),
        ("SERMENT_WITNESS_KEY", WITNESS_KEY.replace("+BA", "+BB"), "the line of its file witness.pub"),
        ("SERMENT_PROT", "8000", "SERMENT_PROT is not a setting"),
    ],
)
def test_a_bad_value_ends_in_a_sentence_that_names_the_variable(variable: str, value: str, says: str) -> None:
    with pytest.raises(SettingWrong, match=says) as refusal:
        read_settings({variable: value})
    assert variable in str(refusal.value)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    "origin", ["http://127.0.0.1:8000", "http://localhost:8000", "https://rdv.example.org:8443"]
)
def test_an_origin_browsers_seal_on_is_taken(origin: str) -> None:
    assert read_settings({"SERMENT_ORIGIN": origin}).origin == origin


def test_the_longest_instance_name_is_taken() -> None:
    assert read_settings({"SERMENT_INSTANCE": "a" * 64}).instance == "a" * 64


def test_settings_are_frozen_and_each_has_a_variable() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]
    assert {field for _, field, _ in VARIABLES} == {field.name for field in dataclasses.fields(Settings)}
