# SPDX-License-Identifier: AGPL-3.0-or-later
"""Once a day is over, the notifier's memory holds nothing of it: neither its key nor whom its messages went to."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from confided import INSTANCE, ORIGIN, Confided, leave
from killed_notifier import PREFIX, by_day, queue, until
from leaks.markers import Form, forms
from running_serment import Serment
from serment.database.roles import NOTIFIER
from serment.notifier.keys import OVER_AT
from serment.notifier.outbox import Outbox
from serment.notifier.strongbox import Strongbox
from serment.seal.messages import message_key

pytestmark = pytest.mark.slow

ALICE, TOM, ROSE = f"{PREFIX}39987611", f"{PREFIX}39987622", f"{PREFIX}39987633"
ALICES_MAIL = "zzmarker.alice@exemple.fr"
BY_CLOCK = Path(__file__).parents[1] / "notifier_by_clock.py"
STARTED = "Practices compare its key"
_REGION = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r")


def held(pid: int, wanted: Iterable[Form]) -> set[str]:
    """Which of these stand in a process's memory."""
    found, wanted = set[str](), list(wanted)
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text("utf-8").splitlines():
            region = _REGION.match(line)
            if region is None or line.endswith(("[vvar]", "[vvar_vclock]", "[vsyscall]")):
                continue
            first, end = (int(place, 16) for place in region.groups())
            memory.seek(first)
            try:
                kept = memory.read(end - first)
            except OSError:
                continue  # mapped beyond the end of its file
            found |= {form.marker for form in wanted if form.needle in kept}
    return found


async def test_the_notifiers_memory_holds_nothing_of_a_day_that_is_over(tmp_path: Path) -> None:
    ahead = tmp_path / "ahead"
    ahead.write_text("0", "utf-8")
    async with queue(tmp_path, 0) as work:
        now = dt.datetime.now(dt.UTC)
        start, zone = now + dt.timedelta(days=1), by_day(now)
        alice, tom = Confided(start, ALICE, ALICES_MAIL, zone=zone), Confided(start, TOM, zone=zone)
        days = await Outbox(work.pool).day_keys()
        with Strongbox(work.folder / "keys", work.folder / "mirror/keys") as box:
            seed = box.day(alice.key_day)
        assert seed is not None
        over = dt.datetime.combine(alice.key_day, OVER_AT) + dt.timedelta(seconds=1)
        rose = Confided(over + dt.timedelta(days=1), ROSE, zone=by_day(over.replace(tzinfo=dt.UTC)))
        # Alice's goes at once; Tom's waits, and is never sent; Rose's goes once that day is over.
        await leave(
            work.pool,
            [one.capsule(days[one.key_day]) for one in (alice, tom, rose)],
            [
                alice.message("reminder", now - dt.timedelta(minutes=5)),
                tom.message("reminder", now + dt.timedelta(hours=6)),
                rose.message("booked", over),
            ],
        )
        wanted = [Form("key of the day", "raw", seed), Form("Tom's handle", "raw", tom.h)]
        wanted += [Form("secret", "raw", secret) for secret in (alice.c, tom.c, message_key(alice.t))]
        wanted += [form for marker in (ALICE, ALICES_MAIL, TOM) for form in forms(marker, hashed=False)]
        process = work.process = Serment(
            "notify", data=work.folder, port=9, program=[str(BY_CLOCK)], CLOCK_AHEAD=str(ahead), SERMENT_INSTANCE=INSTANCE,
            SERMENT_ORIGIN=ORIGIN, SERMENT_NOTIFIER_DATABASE_URL=work.postgres.url(user=NOTIFIER),
        )  # fmt: skip
        await until(lambda: work.providers.count >= 2, process)
        pid = process.process.pid
        await until(lambda: {"key of the day", "Tom's handle"} <= held(pid, wanted), process)
        ahead.write_text(str((over - now).total_seconds()), "utf-8")
        await until(lambda: process.words().count(STARTED) == 2, process)
        assert held(pid, wanted) == set()
        await until(lambda: work.providers.count >= 3, process)
        left = "SELECT count(*) FROM settled_messages WHERE reason = 'key_gone'"
        assert await work.pool.fetchval(left) == 1
        assert process.end() == 0, process.words()
