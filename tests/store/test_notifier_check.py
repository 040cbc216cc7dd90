# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment notify --check` says what is wrong, each thing in a sentence, and sends nothing; when all is well it says so."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from confided import INSTANCE, ORIGIN
from killed_notifier import CONFIG, Providers
from serment.database.pool import Pool
from serment.database.roles import NOTIFIER
from serment.notifier.config import read_config
from serment.notifier.report import report
from serment.notifier.start import standing, wall_time
from serment.settings import NOTIFIER_FILE

END_SECONDS_MAX = 120
PROBED = CONFIG.replace(
    "[[channel.send.refusals]]",
    '[channel.probe]\nurl = "{url}/account"\nmethod = "GET"\n[[channel.send.refusals]]',
)


@dataclass
class Host:
    """A host who has written a notifier.toml, beside a gateway and a relay that answer."""

    folder: Path
    providers: Providers
    owners: str
    url: str

    def write(self, config: str = PROBED, *, port: int | None = None) -> None:
        text = config.format(url=self.providers.url, port=port or self.providers.port)
        (self.folder / NOTIFIER_FILE).write_text(text, "utf-8")

    async def hears(self, *, url: str | None = None, late: dt.timedelta = dt.timedelta()) -> list[str]:
        """What it says at this machine's time, which is so `late`."""
        config = read_config(self.folder / NOTIFIER_FILE)
        async with standing(config, url or self.url, instance=INSTANCE, origin=ORIGIN) as here:
            return await report(here, wall_time() + late)

    async def publishes(self) -> None:
        config = read_config(self.folder / NOTIFIER_FILE)
        async with standing(config, self.url, instance=INSTANCE, origin=ORIGIN) as here:
            await here.keys.publish(here.outbox, wall_time())


@pytest.fixture
async def host(pool: Pool, database_url: str, tmp_path: Path) -> AsyncIterator[Host]:
    await pool.execute("TRUNCATE notifier_root, day_keys, code_keys, sms_days")
    owner = database_url.split("://")[1].split("@")[0]
    async with Providers().open() as providers:
        host = Host(tmp_path, providers, database_url, database_url.replace(f"//{owner}@", f"//{NOTIFIER}@"))
        host.write()
        yield host
        assert providers.count == 0


async def test_when_all_is_well_it_says_so_and_the_command_ends_with_zero(host: Host) -> None:
    await host.publishes()
    assert await host.hears() == []
    said = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-m", "serment.cli", "notify", "--check"], capture_output=True, text=True, timeout=END_SECONDS_MAX,
        env=os.environ | {"SERMENT_DATA": str(host.folder), "SERMENT_INSTANCE": INSTANCE, "SERMENT_ORIGIN": ORIGIN,
                          "SERMENT_NOTIFIER_DATABASE_URL": host.url},
    )  # fmt: skip
    assert (said.returncode, said.stdout) == (0, "All is well. Nothing was sent.\n"), said.stderr


async def test_a_user_of_the_database_who_may_do_more_is_named(host: Host) -> None:
    [said] = await host.hears(url=host.owners)
    assert "may do everything. Let the notifier connect as serment_notifier." in said


async def test_clocks_that_differ_by_more_than_a_minute_are_told(host: Host) -> None:
    assert await host.hears(late=dt.timedelta(seconds=30)) == []
    [said] = await host.hears(late=dt.timedelta(minutes=2))
    assert "seconds apart. Set both by NTP." in said


async def test_a_key_file_of_another_notifier_is_told_and_so_is_an_older_one(host: Host, pool: Pool) -> None:
    await host.publishes()
    first = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=30)
    await pool.execute(
        "UPDATE day_keys d SET pk = o.pk FROM day_keys o WHERE d.day >= $1 AND o.day = d.day - 1", first
    )
    [said] = await host.hears()
    assert f"day keys that the key file does not hold, the first of {first}" in said
    for file in ("keys", "mirror/keys"):
        (host.folder / file).unlink()
    [said] = await host.hears()
    assert "notifier with another root" in said


async def test_a_day_whose_sms_are_spent_is_told(host: Host, pool: Pool) -> None:
    await host.publishes()
    await pool.execute("INSERT INTO sms_days VALUES ($1, 1000000)", wall_time().date())
    [said] = await host.hears()
    assert said.startswith("All 1000000 SMS of today are spent (sms_a_day)")


async def test_a_channel_that_does_not_answer_is_named_and_one_that_is_lacking_too(
    host: Host, free_port: int
) -> None:
    host.write(port=free_port)
    [said] = await host.hears()
    assert said.startswith("relay: ")
    host.write(PROBED[: PROBED.rindex("[[channel]]")])
    [said] = await host.hears()
    assert said == "There is no channel for e-mail: reminders a week before go to nobody."
