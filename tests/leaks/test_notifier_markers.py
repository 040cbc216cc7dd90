# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a patient confides to the notifier leaves it by SMS and e-mail alone: none of it is in its database, logs, keys or temporary files."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import time
from pathlib import Path

import pytest

from confided import Confided, leave
from killed_notifier import PREFIX, WAIT_SECONDS_MAX, Queue, by_day, queue
from leaks.conftest import LOG_EVERYTHING, Kept
from leaks.markers import Form, forms
from serment.notifier.outbox import Outbox
from serment.notifier.strongbox import Strongbox
from serment.seal.messages import message_key, stop_token

pytestmark = pytest.mark.slow

WORD = "Zzmarkerdie (T)"
ALICE, TOM, ROSE = f"{PREFIX}39987611", f"{PREFIX}39987622", f"{PREFIX}39987633"
ALICES_MAIL, ROSES_MAIL = "zzmarker.alice@exemple.fr", "zzmarker.rose@exemple.fr"
CONFIDED = (
    "Zzmarkerdie",
    *(text for phone in (ALICE, TOM, ROSE) for text in (phone, phone[1:], phone[4:])),
    ALICES_MAIL,
    ROSES_MAIL,
)


def _secrets(confided: Confided) -> list[Form]:
    """Who holds them writes in the practice's name, or acts in the patient's."""
    found = []
    for name, secret in (("t", confided.t), ("c", confided.c), ("k_m", message_key(confided.t))):
        found += [Form(name, "raw", secret), Form(name, "hex", secret.hex().encode())]
        found += [
            Form(name, "base64", encode(secret)[:20])
            for encode in (base64.b64encode, base64.urlsafe_b64encode)
        ]
    return found


async def _stands(work: Queue, query: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not await work.pool.fetchval(query):
        assert work.process is not None
        assert work.process.process.poll() is None, work.process.words()
        assert time.monotonic() < deadline, work.process.words()
        await asyncio.sleep(0.05)


async def test_what_is_confided_to_the_notifier_is_found_nowhere_but_with_the_providers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    for name in ("TMPDIR", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "tmp"))
    async with queue(tmp_path, 0, LOG_EVERYTHING) as work:
        watched = Kept(tmp_path, work.postgres, "serment")
        watched.pass_over_what_is_there()
        # Providers that refuse repeat what they refuse: a careless program would write that down.
        work.providers.refused = {TOM, ROSES_MAIL}
        now = dt.datetime.now(dt.UTC)
        start, zone = now + dt.timedelta(days=1), by_day(now)
        people = [
            Confided(start, phone, mail, word=WORD, zone=zone)
            for phone, mail in ((ALICE, ALICES_MAIL), (TOM, None), (ROSE, ROSES_MAIL))
        ]
        days = await Outbox(work.pool).day_keys()
        await leave(
            work.pool,
            [one.capsule(days[one.key_day]) for one in people],
            [one.message("reminder", now - dt.timedelta(minutes=5)) for one in people],
        )
        process = work.start()
        await _stands(work, "SELECT count(*) >= 5 FROM settled_messages")
        await work.pool.execute("INSERT INTO inbox_objections (stop) VALUES ($1)", stop_token(people[0].c))
        await _stands(work, "SELECT count(*) > 0 FROM objections")
        assert process.end() == 0, process.words()
        rows = await work.pool.fetch(
            "SELECT channel, result::text, reason FROM settled_messages ORDER BY 1, 2, 3"
        )
        assert [tuple(row) for row in rows] == [
            ("mail", "dropped", "address_refused"),
            ("mail", "sent", None),
            ("sms", "dropped", "number_refused"),
            ("sms", "sent", None),
            ("sms", "sent", None),
        ]
        heard = "\n".join(work.providers.heard)
        assert all(said in heard for said in ("Zzmarkerdie", ALICE[1:], TOM[1:], ALICES_MAIL, ROSES_MAIL))
        with Strongbox(work.folder / "keys", work.folder / "mirror/keys") as box:
            wanted = [form for marker in CONFIDED for form in forms(marker, [box.tag_key])]
        wanted += [form for one in people for form in _secrets(one)]
        assert watched.find_everywhere(wanted) == []
        # The same search finds what a careless one would leave.
        await work.pool.execute(f"CREATE TABLE careless AS SELECT '{TOM}'::text AS refused")
        process.said.write_text(process.words() + f"550 <{ROSES_MAIL}>: no such user\n", "utf-8")
        (tmp_path / "tmp" / "sms").write_bytes(b"to=" + base64.b64encode(ALICE.encode()))
        (tmp_path / "tmp" / "link").write_bytes(people[0].c)
        found = {(find.place, find.marker) for find in watched.find_everywhere(wanted)}
        assert {
            ("dump", TOM), ("postgres.log", TOM), (process.said.name, ROSES_MAIL), ("sms", ALICE), ("link", "c")
        } <= found  # fmt: skip
