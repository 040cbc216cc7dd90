# SPDX-License-Identifier: AGPL-3.0-or-later
"""/demo/phone: what the paper channel wrote, shown; nothing else of the disk, and nothing of a letter runs."""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serment.demo import phone
from serment.notifier.channels import Letter, Text
from serment.notifier.channels.paper import PaperLetters, PaperTexts
from serment.notifier.letters import letter
from serment.notifier.wording import Visit, sms

ORIGIN = "https://rdv.example.org"
NOW = dt.datetime(2027, 3, 1, 12, tzinfo=dt.UTC)
VISIT = Visit(NOW + dt.timedelta(days=1), "Europe/Paris", "Die", bytes(16), 1)


def key() -> str:
    return secrets.token_hex(16)


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    return tmp_path / "sent"


@pytest.fixture
def client(sent: Path) -> Iterator[TestClient[Litestar]]:
    app = Litestar(phone.handlers(sent), openapi_config=None)
    app.state.instance = SimpleNamespace(source=None)
    with TestClient(app) as opened:
        yield opened


def send_sms(folder: Path, body: str) -> None:
    text = Text(to="+33639981240", body=body, key=key(), language="fr")
    asyncio.run(PaperTexts("paper", folder).send(text))


def send_letter(folder: Path) -> str:
    written, name = letter("booked", [VISIT], "fr", NOW, ORIGIN), key()
    asyncio.run(
        PaperLetters("paper", folder).send(
            Letter(
                to="alice@exemple.fr", subject=written.subject, text=written.text, html=written.html,
                calendar=written.calendar, unsubscribe=written.unsubscribe, message_id=f"<{name}@rdv.example.org>", key=name,
            )
        )
    )  # fmt: skip
    return name


def test_before_anything_was_sent_it_says_how_something_comes(client: TestClient[Litestar]) -> None:
    assert "No message yet." in client.get("/en/demo/phone").text
    assert client.get("/demo/phone", follow_redirects=False).headers["location"] == "/fr/demo/phone"


def test_a_text_shows_its_link_to_tap_and_nothing_in_it_becomes_a_tag(
    client: TestClient[Litestar], sent: Path
) -> None:
    send_sms(sent, sms("reminder", [VISIT], "fr", NOW, ORIGIN))
    send_sms(sent, "<b>Tom</b> & co")
    shown = client.get("/fr/demo/phone").text
    link = f"{ORIGIN}/t#{'A' * 22}"
    assert f'<a href="{link}">{link}</a>' in shown
    assert "&lt;b&gt;Tom&lt;/b&gt; &amp; co" in shown and "<b>Tom" not in shown


def test_a_letter_is_framed_where_nothing_of_it_can_run(client: TestClient[Litestar], sent: Path) -> None:
    name = send_letter(sent)
    assert f'src="/demo/phone/{name}/letter"' in client.get("/fr/demo/phone").text
    answer = client.get(f"/demo/phone/{name}/letter")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "sandbox" in policy and "allow-scripts" not in policy
    assert "script-src" not in policy and '<base target="_blank">' in answer.text
    assert client.get(f"/demo/phone/{name}/calendar").text.startswith("BEGIN:VCALENDAR")


def test_no_other_file_is_read(client: TestClient[Litestar], sent: Path) -> None:
    send_letter(sent)
    (sent.parent / "keys.mail.html").write_text("secret")
    (sent / "note.txt").write_text("secret")
    for name in ("..%2Fkeys", "keys", "A" * 32, "0" * 32, "%2e%2e"):
        assert client.get(f"/demo/phone/{name}/letter").status_code == 404
    assert "secret" not in client.get("/fr/demo/phone").text
