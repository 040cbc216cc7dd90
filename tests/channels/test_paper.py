# SPDX-License-Identifier: AGPL-3.0-or-later
"""Paper: files that people can read, and only the operator."""

from __future__ import annotations

from pathlib import Path

import pytest

from channels.markers import ADDRESS, KEY, NUMBER, WORDS, letter, tells_nothing, text
from serment.notifier.channels import ChannelBroken, Receipt, Speaker
from serment.notifier.channels.paper import PaperLetters, PaperSettings, PaperTexts


def texts(folder: Path) -> PaperTexts:
    channel = PaperSettings(name="paper", folder="sent", carries="sms").open(folder)
    assert isinstance(channel, PaperTexts)
    return channel


async def test_an_sms_is_a_file_of_the_operators(tmp_path: Path) -> None:
    channel = texts(tmp_path)
    assert await channel.send(text()) == await channel.send(text())
    (file,) = (tmp_path / "sent").iterdir()
    assert file.name == f"{KEY}.sms.txt" and file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "sent").stat().st_mode & 0o777 == 0o700
    content = file.read_text()
    assert NUMBER in content and content.endswith(f"\n\n{WORDS}\n")
    assert [receipt.delivered for receipt in await channel.receipts()] == [True, True]
    assert await channel.receipts() == [] and await channel.objections() == []
    assert isinstance(channel, Speaker)


async def test_a_letter_lies_there_with_its_html_and_its_calendar(tmp_path: Path) -> None:
    channel = PaperSettings(name="paper", folder="sent", carries="mail").open(tmp_path)
    assert isinstance(channel, PaperLetters)
    await channel.send(letter())
    assert sorted(file.suffix for file in (tmp_path / "sent").iterdir()) == [".html", ".ics", ".txt"]
    content = (tmp_path / "sent" / f"{KEY}.mail.txt").read_text()
    assert f"To: {ADDRESS}\n" in content and "Unsubscribe: https://" in content and WORDS in content
    assert await channel.receipts() == [Receipt(KEY, True)]


async def test_the_check_says_that_nobody_is_reached(tmp_path: Path) -> None:
    channel = texts(tmp_path)
    assert len(await channel.check()) == 1 and "reaches nobody" in (await channel.check())[0]
    (tmp_path / "sent").chmod(0o755)
    assert "Others may look" in (await channel.check())[1]
    assert (tmp_path / "sent").stat().st_mode & 0o777 == 0o755, "somebody's folder is not ours to change"
    (tmp_path / "sent").rmdir()
    (tmp_path / "sent").write_text("a file")
    assert "cannot be made" in (await channel.check())[1]
    with pytest.raises(ChannelBroken) as failed:
        await channel.send(text())
    tells_nothing(failed.value)
