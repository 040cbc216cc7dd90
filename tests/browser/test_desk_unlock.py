# SPDX-License-Identifier: AGPL-3.0-or-later
"""Opening the desk: what the password's stretching does to the page, and what happens without a worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Worker, expect

from browser.conftest import DESK, PHONE, check_accessible
from browser.desk_town import ALICE, SAM, SOURCE, TODAY, Town, at_noon, fill_in, town, unlock

pytestmark = pytest.mark.slow

WEEK_BYTES_MAX = 200_000


@pytest.fixture(scope="module")
async def practice(
    bundle: None, new_database: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """The practice with one visit today."""
    with town(await new_database(), tmp_path_factory.mktemp("desk")) as made:
        made.book(ALICE, TODAY, "10:10")
        yield made


@pytest.fixture
def sam(profile: Callable[..., BrowserContext]) -> Page:
    """Sam's machine at the front desk."""
    page: Page = at_noon(profile(DESK)).new_page()
    return page


def test_the_password_is_stretched_beside_the_page_which_stays_alive(practice: Town, sam: Page) -> None:
    workers: list[Worker] = []
    sam.on("worker", lambda worker: workers.append(worker))
    sam.goto(f"{practice.origin}/fr/desk")
    asked: list[str] = []
    sam.on("request", lambda request: asked.append(request.url))
    fill_in(sam, SAM)
    expect(sam.get_by_role("button", name="Refermer", exact=True)).to_be_visible()
    assert len(workers) == 2  # the name's and the password's
    assert all("/static/argon2_worker-" in worker.url for worker in workers)
    # The page's own copy of Argon2id was not even fetched.
    assert not [url for url in asked if "/static/argon2-" in url]


def test_the_source_code_is_offered_on_every_page_and_below_the_closed_desk(
    practice: Town, sam: Page
) -> None:
    for path in ("", "search?what=dentiste", "privacy", "mine", "desk", "no-such-page"):
        sam.goto(f"{practice.origin}/fr/{path}")
        offered = sam.get_by_role("contentinfo").get_by_role(
            "link", name="Logiciel libre : le code de ce site"
        )
        expect(offered).to_have_attribute("href", SOURCE)
        expect(offered).to_be_visible()
    unlock(sam, practice)
    expect(sam.get_by_role("contentinfo")).to_have_count(0)
    sam.get_by_role("button", name="Refermer", exact=True).click()
    expect(sam.get_by_role("contentinfo").get_by_role("link", name="Logiciel libre")).to_be_visible()


def test_the_desk_opens_on_the_present_hour(practice: Town, profile: Callable[..., BrowserContext]) -> None:
    low = at_noon(profile({"width": 1366, "height": 420})).new_page()
    unlock(low, practice)
    expect(low.get_by_role("button", name="10 h 10 à 10 h 30, Alice")).to_be_attached()
    expect(low.locator(".now")).to_be_in_viewport()


def test_a_worker_that_does_not_come_opens_the_desk_all_the_same(practice: Town, sam: Page) -> None:
    sam.route("**/static/argon2_worker-*", lambda route: route.abort())
    unlock(sam, practice)
    expect(sam.get_by_role("button", name="10 h 10 à 10 h 30, Alice")).to_be_visible()


def test_without_workers_at_all_the_desk_opens(practice: Town, sam: Page) -> None:
    sam.add_init_script("delete globalThis.Worker")
    unlock(sam, practice)
    expect(sam.get_by_role("button", name="10 h 10 à 10 h 30, Alice")).to_be_visible()


def test_what_stretches_the_password_may_reach_nothing(practice: Town, sam: Page) -> None:
    answers = []
    sam.on("response", lambda answer: answers.append(answer) if "argon2_worker" in answer.url else None)
    unlock(sam, practice)
    policies = [answer.header_value("content-security-policy") or "" for answer in answers]
    assert policies
    for policy in policies:
        assert policy.startswith("default-src 'none'; script-src 'wasm-unsafe-eval';")
        assert "connect-src" not in policy


def test_the_open_week_has_loaded_less_than_200_kilobytes(practice: Town, sam: Page) -> None:
    received: list[int] = []
    sam.on(
        "requestfinished",
        lambda request: (
            received.append(request.sizes()["responseBodySize"]) if "/static/" in request.url else None
        ),
    )
    unlock(sam, practice)
    expect(sam.get_by_role("button", name="10 h 10 à 10 h 30, Alice")).to_be_visible()
    assert len(received) > 5
    assert sum(received) < WEEK_BYTES_MAX


def test_the_first_field_is_ready_and_the_password_can_be_seen(practice: Town, sam: Page) -> None:
    sam.goto(f"{practice.origin}/fr/desk")
    expect(sam.get_by_label("Nom de connexion")).to_be_focused()
    field = sam.get_by_label("Mot de passe", exact=True)
    field.fill(SAM.password)
    expect(field).to_have_attribute("type", "password")
    sam.get_by_label("Montrer le mot de passe").check()
    expect(field).to_have_attribute("type", "text")
    check_accessible(sam)
    # Locked again, nothing of it is left to be seen.
    fill_in(sam, SAM)
    sam.get_by_role("button", name="Refermer", exact=True).click()
    expect(field).to_have_value("")
    expect(field).to_have_attribute("type", "password")


def test_on_a_phone_the_ways_back_stand_under_one_another_and_lead_on(
    practice: Town, profile: Callable[..., BrowserContext]
) -> None:
    page = at_noon(profile(PHONE, has_touch=True)).new_page()
    page.goto(f"{practice.origin}/fr/desk")
    lost = page.get_by_role("button", name="J’ai perdu mon mot de passe")
    sheet = page.get_by_role("link", name="Reprendre un cabinet par sa feuille racine")
    places = [each.bounding_box() for each in (lost, sheet, page.get_by_text("Plus rien de tout cela"))]
    assert len({round(place["x"]) for place in places if place is not None}) == 1
    lost.click()
    expect(page.get_by_role("heading", level=1, name="Ouvrir avec le code de secours")).to_be_focused()
    check_accessible(page)
    page.get_by_role("button", name="Revenir").click()
    expect(page.get_by_label("Nom de connexion")).to_be_focused()
    sheet.click()
    expect(page.get_by_role("heading", level=1, name="Reprendre un cabinet")).to_be_focused()
