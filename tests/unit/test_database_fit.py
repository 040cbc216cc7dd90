# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which PostgreSQL Serment takes. The old one is played, since only its answers to SHOW matter; the others are real."""

from __future__ import annotations

import pytest

from serment.database.pool import NotUtf8, PostgresTooOld, check_fit


class Answers:
    """Says what it is."""

    def __init__(self, version: str, encoding: str = "UTF8") -> None:
        self._shown = {"SHOW server_version_num": version, "SHOW server_encoding": encoding}

    async def fetchval(self, query: str) -> str:
        return self._shown[query]


async def test_postgresql_14_is_refused_and_15_is_taken() -> None:
    with pytest.raises(PostgresTooOld, match="is 14; Serment needs 15 or newer"):
        await check_fit(Answers("140013"))
    await check_fit(Answers("150000"))


async def test_a_database_of_another_encoding_is_refused() -> None:
    with pytest.raises(NotUtf8):
        await check_fit(Answers("180000", "LATIN1"))
