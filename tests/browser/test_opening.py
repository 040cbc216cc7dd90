# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dr Ferrand opens a practice alone, from no account to the first booking; a dead tab and a lost answer lose nothing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import asyncpg
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from browser.conftest import DESK, PHONE, Site, check_accessible, check_in_both_themes
from browser.opening_walk import NAME, PASSWORD, RPPS, Ferrand, furnish
from browser.walk import ALICE, WORDS, heading


def query(site: Site, sql: str, *given: Any) -> Any:
    """The first row's first column, asked from a thread of its own."""

    async def ask() -> Any:
        connection = await asyncpg.connect(site.url)
        try:
            return await connection.fetchval(sql, *given)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(ask())).result()


@pytest.fixture(scope="module")
def town(site: Site) -> Site:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(furnish(site.url))).result()
    return site


@pytest.fixture
def clean(town: Site) -> Site:
    """Nobody has opened anything."""
    query(town, "DELETE FROM accounts WHERE asks_second")
    query(town, "DELETE FROM practitioners WHERE claim = $1 OR rpps = $1", RPPS)
    return town


@pytest.fixture
def ferrand(clean: Site, profile: Callable[..., BrowserContext]) -> Ferrand:
    return Ferrand(profile(DESK).new_page(), clean.origin)


def test_a_practice_is_opened_and_a_patient_books_there(
    ferrand: Ferrand, clean: Site, profile: Callable[..., BrowserContext]
) -> None:
    ferrand.all_of_it()
    link = ferrand.page.get_by_role("link", name="Voir la page des patients").get_attribute("href")
    assert link is not None and "#k=" in link
    alice = profile(PHONE).new_page()
    alice.goto(clean.origin + link)
    expect(alice.get_by_text("Identité non vérifiée.")).to_be_visible()
    check_accessible(alice)
    alice.get_by_role("link", name=re.compile("Ferrand")).first.click()
    expect(alice.get_by_text("Identité non vérifiée.")).to_be_visible()
    alice.locator("a.slot").first.click()
    words = WORDS["fr"]
    expect(heading(alice, words["who"])).to_be_visible()
    _alice_says_who_she_is(alice)
    expect(heading(alice, words["done"])).to_be_visible()
    # Her page and the poster have one thing in common to compare, in either language.
    poster = ferrand.page.locator(".poster-words").inner_text()
    for language in ("fr", "en"):
        alice.goto(clean.origin + link.replace("/fr/", f"/{language}/"))
        expect(alice.locator("#practice-words")).to_have_text(poster)
        expect(alice.get_by_role("link", name="04 75 22 00 77".replace(" ", "\u00a0"))).to_be_visible()
        check_accessible(alice)
    # From the last step the desk opens without a password: its keys are there.
    ferrand.page.get_by_role("button", name="Ouvrir l’agenda").click()
    expect(ferrand.page.get_by_role("navigation", name="Parties du bureau")).to_be_visible()
    expect(ferrand.page).to_have_url(re.compile(r"/fr/desk\?p="))
    # The desk opens on the machine that made it, by the password alone, and reads her.
    ferrand.page.goto(f"{clean.origin}/fr/desk")
    ferrand.page.get_by_label("Nom de connexion").fill(NAME)
    ferrand.page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    ferrand.page.get_by_role("button", name="Ouvrir", exact=True).click()
    expect(ferrand.page.locator(".brand", has_text="Cabinet des Cèdres")).to_be_visible()
    assert query(clean, "SELECT rpps FROM practitioners WHERE claim = $1", RPPS) is None


TABS_MAX = 80


def _tabs_to(goal: Locator) -> None:
    """On from where the keyboard is; round the page once at most."""
    expect(goal).to_be_visible()
    for _ in range(TABS_MAX):
        if goal.evaluate("each => each === document.activeElement"):
            return
        goal.page.keyboard.press("Tab")
    pytest.fail(f"no key leads to {goal}")


def _presses(goal: Locator) -> None:
    _tabs_to(goal)
    goal.page.keyboard.press("Enter")


def _types(goal: Locator, text: str) -> None:
    _tabs_to(goal)
    goal.page.keyboard.press("ControlOrMeta+A")
    goal.page.keyboard.type(text)


def test_a_practice_is_opened_by_the_keyboard_alone(
    ferrand: Ferrand, clean: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Locator, "click", _presses)
    monkeypatch.setattr(Locator, "fill", _types)
    ferrand.all_of_it()
    assert query(clean, "SELECT count(*) FROM practitioners WHERE claim = $1", RPPS) == 1
    _presses(ferrand.page.get_by_role("button", name="Ouvrir l’agenda"))
    expect(ferrand.page.get_by_role("navigation", name="Parties du bureau")).to_be_visible()


def _alice_says_who_she_is(page: Page) -> None:
    words = WORDS["fr"]
    page.get_by_label(words["me"], exact=True).check()
    page.get_by_label(words["given"]).fill(ALICE.given)
    page.get_by_label(words["birth_name"]).fill(ALICE.birth_name)
    page.get_by_label(words["birth_date"]).fill(ALICE.birth_date)
    page.get_by_label(words["sex"]).select_option(label=words["female"])
    page.get_by_label(words["phone"]).fill(ALICE.phone)
    for question in page.locator("fieldset fieldset:has(input[type=radio])").all():
        if not question.locator("input:checked").count():
            question.locator("input").first.check()
    for answer in page.locator("textarea[required]").all():
        answer.fill("Non")
    page.get_by_role("button", name=words["check"]).click()
    page.get_by_role("button", name=words["confirm"]).click()


def test_a_dead_tab_costs_the_step_it_died_in(
    ferrand: Ferrand, profile: Callable[..., BrowserContext]
) -> None:
    ferrand.arrives()
    ferrand.makes_an_account()
    ferrand.arrives()
    _opens_again(ferrand)
    ferrand.step("Le code de secours")
    ferrand.keeps_the_code()
    ferrand.finds_themselves()
    ferrand.step("La feuille racine")
    first_sheet = ferrand.groups()
    # Closed, and opened another day: the machine remembers that an account is here, and what was said.
    context = ferrand.page.context
    ferrand.page.close()
    ferrand.page = context.new_page()
    ferrand.arrives()
    expect(ferrand.page.get_by_role("button", name="Ouvrir mon compte")).to_be_visible()
    expect(ferrand.page.get_by_text("vous continuez là où vous étiez")).to_be_visible()
    _opens_again(ferrand)
    ferrand.step("Qui vous êtes")
    expect(ferrand.page.get_by_label("Nom du cabinet")).to_have_value("Cabinet des Cèdres")
    ferrand.page.get_by_role("button", name="Continuer").click()
    assert ferrand.groups() != first_sheet
    ferrand.keeps_the_root()
    ferrand.step("Vos premiers horaires")
    ferrand.arrives()
    _opens_again(ferrand)
    ferrand.sets_hours()
    ferrand.step("L’affiche et la porte")
    ferrand.arrives()
    _opens_again(ferrand)
    ferrand.opens_the_door()


def _opens_again(ferrand: Ferrand) -> None:
    page = ferrand.page
    if page.get_by_role("button", name="J’ai déjà un compte").is_visible():
        page.get_by_role("button", name="J’ai déjà un compte").click()
    page.get_by_label("Nom de connexion").fill(NAME)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Ouvrir mon compte").click()


def test_a_lost_answer_makes_one_practice(ferrand: Ferrand, clean: Site) -> None:
    ferrand.arrives()
    ferrand.makes_an_account()
    ferrand.keeps_the_code()
    ferrand.finds_themselves()
    lost = 0

    def lose(route: Route) -> None:
        nonlocal lost
        lost += 1
        if lost == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    before = query(clean, "SELECT count(*) FROM practices")
    ferrand.page.route("**/api/practice/practices", lose)
    ferrand.keeps_the_root()
    expect(ferrand.page.get_by_text("Rien n’est perdu")).to_be_visible()
    ferrand.page.get_by_role("button", name="Vérifier et continuer").click()
    ferrand.step("Vos premiers horaires")
    assert query(clean, "SELECT count(*) FROM practices") == before + 1


def test_a_wrong_group_keeps_the_practice_shut(ferrand: Ferrand) -> None:
    ferrand.arrives()
    ferrand.makes_an_account()
    groups = ferrand.groups()
    ferrand.types_back(groups[1:] + groups[:1])
    ferrand.page.get_by_role("button", name="Vérifier et continuer").click()
    expect(ferrand.page.get_by_text("Comparez signe par signe")).to_be_visible()
    ferrand.page.get_by_role("button", name="Revoir la feuille").click()
    assert ferrand.groups() == groups


def test_weak_passwords_are_refused_in_words_and_a_phrase_is_offered(ferrand: Ferrand) -> None:
    ferrand.arrives()
    page = ferrand.page
    page.get_by_label("Nom de connexion").fill(NAME)
    page.get_by_label("Mot de passe", exact=True).fill("lavoir")
    page.get_by_role("button", name="Créer le compte").click()
    expect(page.get_by_text("Trop facile à deviner")).to_be_visible()
    page.get_by_role("button", name="Proposer une phrase").click()
    expect(page.get_by_text("Ce mot de passe convient.")).to_be_visible()
    page.get_by_role("button", name="Créer le compte").click()
    ferrand.step("Le code de secours")


@pytest.mark.parametrize("width", [PHONE, DESK], ids=["phone", "desk"])
def test_every_step_is_accessible(
    clean: Site, profile: Callable[..., BrowserContext], width: dict[str, int]
) -> None:
    page = profile(width).new_page()
    Ferrand(page, clean.origin, look=lambda _: check_in_both_themes(page)).all_of_it()
