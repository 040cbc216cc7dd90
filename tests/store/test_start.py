# SPDX-License-Identifier: AGPL-3.0-or-later
"""Starting on a database: it knows its instance's name and its secret again, and refuses others in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from serment.server.app import InstanceNameChanged, SecretChanged, open_instance
from serment.server.secret import PREVIOUS_SECRET_FILE, PRIVATE_MODE, SECRET_FILE
from serment.settings import Settings


async def _start(url: str, folder: Path, name: str = "serment-demo") -> None:
    instance = await open_instance(Settings(data=folder, instance=name), url, connections_max=2)
    await instance.pool.close()


async def test_a_database_starts_again_under_its_name_and_secret_alone(
    new_database: Callable[[], Any], tmp_path: Path
) -> None:
    url = await new_database()
    await _start(url, tmp_path / "one")
    await _start(url, tmp_path / "one")
    with pytest.raises(InstanceNameChanged, match="belongs to the instance serment-demo, not other"):
        await _start(url, tmp_path / "one", "other")
    with pytest.raises(SecretChanged, match=f"another server secret than the one in {tmp_path}/two/secret"):
        await _start(url, tmp_path / "two")
    await _start(url, tmp_path / "one")


async def test_a_secret_that_was_changed_in_order_is_known_by_its_earlier_generation(
    new_database: Callable[[], Any], tmp_path: Path
) -> None:
    url = await new_database()
    await _start(url, tmp_path)
    (tmp_path / SECRET_FILE).rename(tmp_path / PREVIOUS_SECRET_FILE)
    await _start(url, tmp_path)
    (tmp_path / PREVIOUS_SECRET_FILE).unlink()
    await _start(url, tmp_path)
    (tmp_path / SECRET_FILE).unlink()
    (tmp_path / SECRET_FILE).write_bytes(b"x" * 32)
    (tmp_path / SECRET_FILE).chmod(PRIVATE_MODE)
    with pytest.raises(SecretChanged):
        await _start(url, tmp_path)
