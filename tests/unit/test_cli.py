# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command line: it explains itself, and errors that an operator can cure end in a sentence."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from serment import check
from serment.cli import main
from serment.demo.sender import CONFIG
from serment.settings import VARIABLES, Settings


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_explains_itself(command: str) -> None:
    result = CliRunner().invoke(main, [command, "--help"])
    assert result.exit_code == 0
    assert len(result.output.splitlines()) >= 5


def test_help_names_every_setting() -> None:
    output = CliRunner().invoke(main, ["--help"]).output
    assert all(variable in output for variable, _, _ in VARIABLES)


def test_a_bad_setting_ends_in_a_sentence_and_code_one() -> None:
    result = CliRunner().invoke(main, ["check"], env={"SERMENT_PORT": "eight"})
    assert result.exit_code == 1
    assert "SERMENT_PORT is 'eight'; a whole number from 1 to 65535 is needed." in result.output
    assert "Traceback" not in result.output


def test_an_unreachable_database_ends_in_a_sentence_and_code_one(free_port: int) -> None:
    url = f"postgresql://serment:secret@127.0.0.1:{free_port}/serment"
    result = CliRunner().invoke(main, ["migrate"], env={"SERMENT_DATABASE_URL": url})
    assert result.exit_code == 1
    assert "PostgreSQL cannot be reached" in result.output and "secret" not in result.output


def _verdicts(settings: Settings) -> dict[check.Verdict, list[str]]:
    found: dict[check.Verdict, list[str]] = {verdict: [] for verdict in check.Verdict}
    for finding in check.findings(settings):
        found[finding.verdict].append(f"{finding.sentence} {finding.cure}")
    return found


def test_check_finds_nothing_wrong_with_this_machine(
    tmp_path: Path, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    monkeypatch.setattr(check, "STATIC_FOLDER", tmp_path)
    assert _verdicts(Settings(port=free_port, data=tmp_path / "data"))[check.Verdict.WRONG] == []
    assert not (tmp_path / "data").exists()  # looking leaves nothing behind


def test_check_says_a_port_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        wrongs = _verdicts(Settings(port=port, data=tmp_path))[check.Verdict.WRONG]
    assert any(f"Port {port} of 127.0.0.1 is taken by another program" in sentence for sentence in wrongs)


def test_check_says_what_is_wrong_with_data_binaries_bundle_and_address(
    tmp_path: Path, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "STATIC_FOLDER", tmp_path / "nothing")
    monkeypatch.setattr(check, "DISK_BYTES_MIN", 10**18)
    settings = Settings(host="0.0.0.0", port=free_port, data=tmp_path / "data", postgres_bin=tmp_path)
    wrongs = " ".join(_verdicts(settings)[check.Verdict.WRONG])
    for words in ("bundle is not built", "MB are free", "SERMENT_ORIGIN", "No usable PostgreSQL was found"):
        assert words in wrongs


def test_check_asks_a_public_server_for_the_address_of_its_source_code(
    tmp_path: Path, free_port: int
) -> None:
    here = Settings(port=free_port, data=tmp_path / "data")
    public = replace(here, origin="https://rdv.example.org")
    said = replace(public, source="https://code.example.org/serment")
    asks = [
        any("SERMENT_SOURCE" in sentence for sentence in _verdicts(settings)[check.Verdict.NOTE])
        for settings in (here, public, said)
    ]
    assert asks == [False, True, False]


def test_a_check_that_breaks_is_itself_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check.importlib.metadata, "version", lambda _: 1 / 0)
    wrongs = _verdicts(Settings(data=tmp_path))[check.Verdict.WRONG]
    assert any("failed: ZeroDivisionError" in sentence for sentence in wrongs)


def test_check_says_whether_messages_are_sent_and_what_is_wrong_with_their_file(
    tmp_path: Path, free_port: int
) -> None:
    settings, file = Settings(port=free_port, data=tmp_path), tmp_path / "notifier.toml"
    assert any("No notifier is configured" in said for said in _verdicts(settings)[check.Verdict.NOTE])
    file.write_text(CONFIG.replace("paper-sms", "paper sms"))
    assert any("A channel is called" in said for said in _verdicts(settings)[check.Verdict.WRONG])
    file.write_text(CONFIG)
    assert any(
        "names channels: paper-sms, paper-mail" in said for said in _verdicts(settings)[check.Verdict.GOOD]
    )
