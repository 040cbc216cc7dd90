# SPDX-License-Identifier: AGPL-3.0-or-later
"""The server's secret file: its owner's alone, or nobody's."""

from __future__ import annotations

from pathlib import Path

import pytest

from serment.server.secret import SECRET_BYTES, SECRET_FILE, SecretUnusable, read_secret


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_secret_that_others_may_touch_is_not_used(tmp_path: Path, mode: int) -> None:
    made = read_secret(tmp_path)
    file = tmp_path / SECRET_FILE
    file.chmod(mode)
    with pytest.raises(SecretUnusable):
        read_secret(tmp_path)
    file.chmod(0o400)
    assert read_secret(tmp_path).current == made.current


def test_a_secret_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    assert len(read_secret(tmp_path).current) == SECRET_BYTES
    assert (tmp_path / SECRET_FILE).stat().st_mode & 0o777 == 0o600


def test_a_secret_of_another_size_is_not_used(tmp_path: Path) -> None:
    read_secret(tmp_path)
    file = tmp_path / SECRET_FILE
    file.write_bytes(b"s" * (SECRET_BYTES - 1))
    with pytest.raises(SecretUnusable):
        read_secret(tmp_path)
