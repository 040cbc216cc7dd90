# SPDX-License-Identifier: AGPL-3.0-or-later
"""A card that somebody erased by hand does not come back with an older backup."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg

from backed_house import backed_house
from bento_house import sam_signs_in
from serment.backup.restoring import restore
from serment.backup.target import Folder
from serment.database.embedded import EmbeddedPostgres
from serment.domain.retention import kept
from serment.server.usecases.keep_cards import erase_card, write_cards
from serment.server.usecases.membership import member_of
from serment.server.usecases.retain import retain
from store.test_cards import card


async def cards_in(data: Path) -> list[UUID]:
    with EmbeddedPostgres(data / "postgres") as postgres:
        connection = await asyncpg.connect(postgres.url())
        try:
            # Nobody is signed in again, Sam neither.
            assert await connection.fetchval("SELECT count(*) FROM sessions") == 0
            return [row["card"] for row in await connection.fetch("SELECT card FROM cards")]
        finally:
            await connection.close()


async def test_an_older_backup_brings_no_erased_card_back_and_remembers_no_longer_than_backups_last(
    tmp_path: Path,
) -> None:
    vault = tmp_path / "vault"
    vault.mkdir()
    async with backed_house(tmp_path / "home", Folder(vault)) as home:
        sam = await member_of(home.house.instance, await sam_signs_in(home.house), home.house.practice)
        gone, stays = card(home.house, "gone"), card(home.house, "stays")
        await write_cards(home.house.instance, sam, [gone, stays])
        await home.work.whole()
        before = datetime.now(UTC)
        home.work.clock = lambda: datetime.now(UTC) + timedelta(minutes=1)
        await erase_card(home.house.instance, sam, gone.card, 1)
        await home.work.round()
        home.house.clock.now = home.house.clock.now + timedelta(days=kept("backup").days)
        assert (await retain(home.house.instance))["backup"] == 0
        home.house.clock.now = home.house.clock.now + timedelta(days=1)
        assert (await retain(home.house.instance))["backup"] == 1
        key = home.key
    await restore(vault, tmp_path / "again", [key], until=before)
    assert await cards_in(tmp_path / "again") == [stays.card]
    await restore(vault, tmp_path / "attacked", [key], until=before, erase_again=False)
    assert set(await cards_in(tmp_path / "attacked")) == {gone.card, stays.card}
