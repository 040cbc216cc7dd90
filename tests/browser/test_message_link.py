# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a message leads to: one time and one word, two buttons, and a way to receive no more messages."""

from __future__ import annotations

import asyncio
import base64
import random
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import DESK, NARROW, PHONE, SLUG, check_accessible, check_in_both_themes
from browser.walk import heading, offered, rows
from serment.demo.patients import book_as, invent
from serment.seal.messages import act_token, delete_token, handle, stop_token
from serment.seeding import seed_id
from serment.server.app import open_instance
from serment.settings import Settings

pytestmark = pytest.mark.slow
WORD = "Saint-Jean-en-Royans"
# What the practice, the practitioner and the visit type of this site are called, in any spelling a page could show.
NAMES = ("Tilleuls", "Bento", "Inès", "Consultation", "Lavoir", "475220000", "4 75 22", "20 minutes", "pédia")


def b64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


@dataclass
class Told:
    """An appointment and the secret that the link of its messages holds."""

    c: bytes
    start: datetime
    site: Any

    def link(self, path: str = "/t") -> str:
        return f"{self.site.origin}{path}#{b64url(self.c)}"

    @property
    def status(self) -> tuple[str, bool]:
        day = self.start.isoformat()
        [row] = rows(self.site, f"SELECT status::text, confirmed FROM appointments WHERE start = '{day}'")
        return tuple(row)


@pytest.fixture
def told(site: Any) -> Told:
    """An appointment at ten in the morning of a day of its own, booked as a browser books."""
    day = site.fresh_day()
    start = datetime(day.year, day.month, day.day, 9, 0, tzinfo=UTC)

    async def place() -> bytes:
        instance = await open_instance(
            Settings(data=site.data, database_url=site.url), site.url, connections_max=1
        )
        try:
            kept = await book_as(
                instance, invent(random.Random(1), today=day), site.house.roster,
                unit=seed_id(SLUG, "unit", "all"), agenda=site.agenda,
                visit_type=seed_id(SLUG, "visit_type", "consultation"), start=start, town=WORD, zone="Europe/Paris", sender=None,
            )  # fmt: skip
            return kept.c
        finally:
            await instance.pool.close()

    with ThreadPoolExecutor(1) as pool:
        return Told(pool.submit(lambda: asyncio.run(place())).result(), start, site)


def stopped(site: Any, token: bytes) -> list[bool]:
    """What waits for the notifier under a token: whether messages are wanted again."""
    return [
        row["again"]
        for row in rows(site, f"SELECT again FROM inbox_objections WHERE stop = '\\x{token.hex()}'")
    ]


def until_gone(page: Page) -> None:
    """Until the page knows that the messages were taken away."""
    for _ in range(100):
        if page.evaluate("history.state === null"):
            return
        page.wait_for_timeout(100)
    raise AssertionError("the messages were not taken away")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_message_leads_to_day_hour_and_word_and_to_nobodys_name(
    told: Told, profile: Callable[..., BrowserContext], language: str
) -> None:
    page = profile(locale={"fr": "fr-FR", "en": "en-GB"}[language]).new_page()
    asked: list[str] = []
    answered: list[str] = []
    page.on("request", lambda one: asked.append(f"{one.url} {one.headers} {one.post_data or ''}"))
    page.on("response", lambda one: answered.append(one.url))
    page.goto(told.link())
    expect(heading(page, {"fr": "Votre rendez-vous", "en": "Your appointment"}[language])).to_be_visible()
    assert f"/{language}/t" in page.url
    expect(page.get_by_text(WORD)).to_be_visible()
    expect(page.locator(".hour")).to_have_text("10:00" if language == "en" else "10\u00a0h")
    check_accessible(page)
    # c stays in the browser: only the token that acts goes out, and in a header.
    assert not [one for one in asked if b64url(told.c) in one or b64(told.c) in one]
    assert [one for one in asked if b64(act_token(told.c)) in one]
    assert not [url for url in answered if b64(act_token(told.c)).rstrip("=") in url]
    # Nothing the page holds, shown or not, names the practice, the practitioner or the visit.
    everything = page.content() + str(page.title())
    assert WORD in everything
    assert not [name for name in NAMES if name.casefold() in everything.casefold()]
    api = urllib.request.Request(  # noqa: S310
        f"{told.site.origin}/api/message-link", headers={"Serment-Act": b64(act_token(told.c))}
    )
    with urllib.request.urlopen(api) as answer:  # noqa: S310
        text = answer.read().decode()
    assert "booked" in text and not [name for name in (*NAMES, WORD) if name.casefold() in text.casefold()]


@pytest.mark.parametrize("start", ["/fr/t", "/t"])
def test_a_link_whose_hash_became_a_path_opens_and_says_so(told: Told, alice: Page, start: str) -> None:
    answer = alice.goto(f"{told.site.origin}{start}%23{b64url(told.c)}")
    assert answer is not None and b64url(told.c) not in answer.text()
    expect(alice.get_by_text(WORD)).to_be_visible()
    said = "son secret est passé par le serveur" if start == "/fr/t" else "its secret went to the server"
    expect(alice.get_by_text(said)).to_be_visible()
    assert alice.url.endswith(f"/t#{b64url(told.c)}")
    check_accessible(alice)


def test_the_other_language_keeps_what_the_link_holds(told: Told, alice: Page) -> None:
    alice.goto(told.link("/fr/t"))
    expect(heading(alice, "Votre rendez-vous")).to_be_visible()
    alice.get_by_role("link", name="English").click()
    expect(heading(alice, "Your appointment")).to_be_visible()
    expect(alice.get_by_text(WORD)).to_be_visible()
    alice.reload()
    expect(alice.get_by_text(WORD)).to_be_visible()


def test_alice_confirms_by_keyboard_alone(told: Told, alice: Page) -> None:
    alice.goto(told.link("/fr/t"))
    expect(heading(alice, "Votre rendez-vous")).to_be_visible()
    for _ in range(12):
        alice.keyboard.press("Tab")
        if alice.evaluate("document.activeElement.textContent").strip() == "Confirmer ma venue":
            break
    alice.keyboard.press("Enter")
    expect(alice.get_by_text("C’est confirmé. Le cabinet vous attend.")).to_be_visible()
    expect(alice.get_by_role("button", name="Confirmer ma venue")).to_have_count(0)
    expect(alice.get_by_role("heading", level=1)).to_be_focused()
    check_accessible(alice)
    assert told.status == ("booked", True)


def test_a_cancellation_asks_once_more_and_takes_the_messages_away_apart(told: Told, alice: Page) -> None:
    posted: list[tuple[str, str]] = []
    alice.on(
        "request", lambda one: posted.append((one.url, one.post_data or "")) if one.method == "POST" else None
    )
    alice.goto(told.link("/fr/t"))
    alice.get_by_role("button", name="Annuler ce rendez-vous").click()
    expect(heading(alice, "Annuler ce rendez-vous")).to_be_visible()
    check_accessible(alice)
    alice.get_by_role("button", name="Non, le garder").click()
    assert posted == [] and told.status == ("booked", False)
    alice.get_by_role("button", name="Annuler ce rendez-vous").click()
    alice.get_by_role("button", name="Oui, annuler").click()
    expect(alice.get_by_text("C’est annulé. Merci d’avoir prévenu.")).to_be_visible()
    until_gone(alice)
    assert told.status == ("cancelled", False)
    assert [url.rpartition("/api/")[2] for url, _ in posted] == ["message-link", "messages/delete"]
    assert b64(handle(told.c)) in posted[1][1] and b64(delete_token(told.c)) in posted[1][1]
    assert b64(act_token(told.c)) not in posted[1][1]
    assert offered(told.site, told.start.date(), "10:00")
    alice.reload()
    expect(alice.get_by_text("Ce rendez-vous est annulé. N’y allez pas.")).to_be_visible()
    expect(alice.get_by_role("button", name="Annuler ce rendez-vous")).to_have_count(0)
    assert len(posted) == 2


def test_messages_go_even_if_the_page_closed_between_the_two_requests(told: Told, alice: Page) -> None:
    alice.route("**/api/messages/delete", lambda route: route.abort())
    alice.goto(told.link("/fr/t"))
    alice.get_by_role("button", name="Annuler ce rendez-vous").click()
    alice.get_by_role("button", name="Oui, annuler").click()
    expect(alice.get_by_text("C’est annulé.")).to_be_visible()
    alice.unroute("**/api/messages/delete")
    with alice.expect_request("**/api/messages/delete"):
        alice.reload()
    until_gone(alice)


def test_without_a_network_nothing_is_lost_and_the_same_is_tried_again(told: Told, alice: Page) -> None:
    alice.goto(told.link("/fr/t"))
    expect(heading(alice, "Votre rendez-vous")).to_be_visible()
    alice.context.set_offline(True)
    alice.get_by_role("button", name="Confirmer ma venue").click()
    expect(alice.get_by_text("Pas de réseau.")).to_be_visible()
    check_accessible(alice)
    alice.context.set_offline(False)
    alice.get_by_role("button", name="Réessayer").click()
    expect(alice.get_by_text("C’est confirmé.")).to_be_visible()


def test_a_link_of_a_moved_appointment_and_one_cut_short_say_what_to_do(site: Any, alice: Page) -> None:
    alice.goto(f"{site.origin}/fr/t#{b64url(bytes(range(16)))}")
    expect(heading(alice, "Ce lien n’est plus valable")).to_be_visible()
    expect(alice.get_by_text("un message plus récent")).to_be_visible()
    # Whoever holds it may still object: the token does not depend on the appointment.
    expect(alice.get_by_role("button", name="Ne plus recevoir de messages")).to_be_visible()
    check_accessible(alice)
    alice.goto(site.address("/fr/mine"))
    alice.goto(f"{site.origin}/fr/t#{b64url(bytes(range(16)))[:-2]}")
    expect(heading(alice, "Ce lien est incomplet")).to_be_visible()
    expect(alice.get_by_role("button", name="Ne plus recevoir de messages")).to_have_count(0)
    check_accessible(alice)


def test_what_has_begun_is_neither_confirmed_nor_cancelled(told: Told, alice: Page) -> None:
    alice.clock.set_fixed_time(told.start + timedelta(minutes=5))
    alice.goto(told.link("/fr/t"))
    expect(alice.get_by_text("Ce rendez-vous a commencé")).to_be_visible()
    expect(alice.get_by_role("button", name="Confirmer ma venue")).to_have_count(0)


def test_a_reader_elsewhere_is_told_whose_clock_it_is(
    told: Told, profile: Callable[..., BrowserContext]
) -> None:
    page = profile().new_page()
    page.add_init_script(
        "const own = Intl.DateTimeFormat.prototype.resolvedOptions;"
        "Intl.DateTimeFormat.prototype.resolvedOptions = function () { return { ...own.call(this), timeZone: 'America/Cayenne' } }"
    )
    page.goto(told.link("/fr/t"))
    expect(page.get_by_text("heure de Paris")).to_be_visible()


def test_one_tap_objects_and_another_takes_it_back(told: Told, alice: Page) -> None:
    alice.goto(told.link("/fr/t"))
    alice.get_by_role("button", name="Ne plus recevoir de messages").click()
    expect(alice.get_by_text("plus aucun message ne partira")).to_be_visible()
    check_accessible(alice)
    assert stopped(told.site, stop_token(told.c)) == [False]
    assert told.status == ("booked", False)
    alice.get_by_role("button", name="En recevoir de nouveau").click()
    expect(alice.get_by_text("partiront de nouveau")).to_be_visible()
    assert stopped(told.site, stop_token(told.c)) == [True]


def test_a_letters_stop_link_asks_first_and_acts_when_its_button_is_pressed(
    site: Any, profile: Callable[..., BrowserContext]
) -> None:
    alice, token = profile(locale="fr-FR").new_page(), random.randbytes(16)
    alice.goto(f"{site.origin}/stop/{b64url(token)}")
    check_accessible(alice)
    assert stopped(site, token) == []
    alice.get_by_role("button", name="Ne plus en recevoir").click()
    expect(heading(alice, "C’est noté")).to_be_visible()
    check_accessible(alice)
    assert stopped(site, token) == [False]
    alice.get_by_role("button", name="En recevoir de nouveau").click()
    expect(alice.get_by_text("partiront de nouveau")).to_be_visible()
    assert stopped(site, token) == [True]
    alice.get_by_role("link", name="English").click()
    expect(heading(alice, "Receive no more messages")).to_be_visible()


@pytest.mark.parametrize("viewport", [NARROW, PHONE, DESK], ids=["320", "375", "1440"])
def test_both_pages_are_legible_at_every_width_and_theme(
    told: Told, profile: Callable[..., BrowserContext], viewport: dict[str, int]
) -> None:
    page = profile(viewport).new_page()
    page.goto(told.link("/fr/t"))
    expect(page.get_by_text(WORD)).to_be_visible()
    check_in_both_themes(page)
    page.goto(f"{told.site.origin}/fr/stop/{b64url(bytes(16))}")
    check_in_both_themes(page)


def test_without_a_program_the_page_says_whom_to_call(
    told: Told, profile: Callable[..., BrowserContext]
) -> None:
    page = profile(java_script_enabled=False).new_page()
    page.goto(told.link("/fr/t"))
    expect(heading(page, "Confirmer ou annuler")).to_be_visible()
    assert "Sans lui, appelez votre cabinet" in page.locator("noscript").inner_text()
    page.goto(f"{told.site.origin}/fr/stop/{b64url(bytes(16))}")
    page.get_by_role("button", name="Ne plus en recevoir").click()
    expect(heading(page, "C’est noté")).to_be_visible()
