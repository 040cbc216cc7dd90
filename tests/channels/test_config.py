# SPDX-License-Identifier: AGPL-3.0-or-later
"""notifier.toml: the example of the documentation is read, and what is wrong is said in a sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from serment.notifier.channels import Speaker
from serment.notifier.channels.settings import ConfigWrong
from serment.notifier.config import read_config

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "notifier-config.md"
SMALL = """
[keys]
file = "keys"
mirror = "second/keys"

[[channel]]
kind = "paper"
name = "paper-sms"
folder = "sent"
carries = "sms"
"""


def write(folder: Path, content: str) -> Path:
    path = folder / "notifier.toml"
    path.write_text(content)
    return path


async def test_the_smallest_file_is_enough(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, SMALL))
    assert config.keys == tmp_path / "keys" and config.keys_mirror == tmp_path / "second" / "keys"
    assert [channel.name for channel in config.texts] == ["paper-sms"] and config.letters == ()
    assert "+33" in config.limits.prefixes
    await config.close()


async def test_every_example_of_the_documentation_is_read(tmp_path: Path) -> None:
    """All of them in one file: each kind of channel is documented as it is."""
    examples = re.findall(r"^```toml\n(.*?)^```", REFERENCE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    whole = "\n".join(examples)
    for name in re.findall(r'(?:_file|token) = "([^"]+)"', whole):
        if name.endswith(".pem"):
            continue
        (tmp_path / name).write_text("secret77\n")
        (tmp_path / name).chmod(0o600)
    config = read_config(write(tmp_path, whole))
    assert {type(channel).__module__.rpartition(".")[2] for channel in (*config.texts, *config.letters)} == {
        "brevo", "http_sms", "ovh", "paper", "smpp", "smtp", "twilio",
    }  # fmt: skip
    assert any(isinstance(channel, Speaker) for channel in config.texts)
    await config.close()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("[keys]", "[keyz]", "unknown field `keyz`"),
        ('file = "keys"', "file = 3", "Expected `str`"),
        ('kind = "paper"', 'kind = "pigeon"', "pigeon"),
        ('name = "paper-sms"', 'name = "a/b"', "letters, digits and hyphens"),
        ('folder = "sent"', 'folder = "sent"\npassword = "hush7pw"', "unknown field `password`"),
        ("[[channel]]", "[[channel", "not TOML"),
        ("[[channel]]", "[limits]\nprefixes = []\n[[channel]]", "no SMS could be sent"),
        ("[[channel]]", '[limits]\nprefixes = ["33"]\n[[channel]]', "how a prefix looks"),
        ("[[channel]]", "[limits]\nsms_a_day = -1\n[[channel]]", "limit is -1"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    with pytest.raises(ConfigWrong, match=sentence) as refused:
        read_config(write(tmp_path, SMALL.replace(old, new)))
    assert "hush7pw" not in str(refused.value)


def test_two_channels_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigWrong, match="Two channels"):
        read_config(write(tmp_path, SMALL + SMALL[SMALL.index("[[channel]]") :]))


def test_no_file_and_no_channel(tmp_path: Path) -> None:
    with pytest.raises(ConfigWrong, match="cannot be read"):
        read_config(tmp_path / "notifier.toml")
    with pytest.raises(ConfigWrong, match="1 to 8"):
        read_config(write(tmp_path, "channel = []" + SMALL[: SMALL.index("[[channel]]")]))
