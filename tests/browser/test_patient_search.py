# SPDX-License-Identifier: AGPL-3.0-or-later
"""The search's fields complete themselves, and a patient goes from the search to the confirmation by keyboard alone."""

from __future__ import annotations

import gzip
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from browser.conftest import check_accessible
from browser.walk import ALICE, WORDS, heading
from serment.directory.generate import generate
from serment.directory.rpps import import_rpps
from serment.directory.towns import load_towns, towns

pytestmark = pytest.mark.slow

WHAT = {"fr": "Spécialité ou nom du praticien", "en": "Specialty or practitioner’s name"}
WHERE = {"fr": "Lieu", "en": "Place"}
SEARCH_PAGE_BYTES_MAX = 60_000


@pytest.fixture(scope="module")
async def directory(site: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """France's towns, and forty invented practitioners of Die; the family name of one of them."""
    path: Path = tmp_path_factory.mktemp("directory") / "register.txt"
    generate(path, seed=11, persons=40, towns=[town for town in towns() if town.name == "Die"])
    connection = await asyncpg.connect(site.url)
    try:
        await load_towns(connection)
        await import_rpps(connection, path, today=site.clock().date())
        return str(
            await connection.fetchval(
                "SELECT family_name FROM directory_entries ORDER BY family_name LIMIT 1"
            )
        )
    finally:
        await connection.close()


def field(page: Page, label: str) -> Locator:
    return page.get_by_role("combobox", name=label)


def options(page: Page) -> Locator:
    return page.get_by_role("option")


def test_a_town_is_chosen_by_keyboard_from_its_first_letters(site: Any, directory: str, alice: Page) -> None:
    alice.goto(site.address("/fr/"))
    where = field(alice, WHERE["fr"])
    expect(where).to_have_attribute("aria-expanded", "false")
    where.focus()
    alice.keyboard.type("valen")
    expect(where).to_have_attribute("aria-expanded", "true")
    expect(options(alice).first).to_contain_text("Valence (26)")
    expect(alice.get_by_role("status").filter(has_text="propositions")).to_be_attached()
    check_accessible(alice)
    alice.keyboard.press("ArrowDown")
    expect(options(alice).first).to_have_attribute("aria-selected", "true")
    assert where.get_attribute("aria-activedescendant") == options(alice).first.get_attribute("id")
    check_accessible(alice)
    alice.keyboard.press("Enter")
    expect(where).to_have_value("Valence (26)")
    expect(where).to_have_attribute("aria-expanded", "false")
    expect(alice).to_have_url(site.address("/fr/"))


def test_escape_keeps_what_was_typed_and_tab_goes_on(site: Any, directory: str, alice: Page) -> None:
    alice.goto(site.address("/fr/"))
    what = field(alice, WHAT["fr"])
    what.focus()
    alice.keyboard.type("dent")
    expect(options(alice).first).to_be_visible()
    alice.keyboard.press("ArrowDown")
    alice.keyboard.press("Escape")
    expect(what).to_have_value("dent")
    expect(alice.get_by_role("listbox")).to_have_count(0)
    alice.keyboard.press("ArrowDown")
    expect(options(alice).first).to_be_visible()
    alice.keyboard.press("Tab")
    expect(field(alice, WHERE["fr"])).to_be_focused()
    expect(what).to_have_value("dent")
    expect(alice.get_by_role("listbox")).to_have_count(0)


def test_a_suggestion_pressed_with_a_finger_fills_the_field_and_moves_nothing(
    site: Any, directory: str, alice: Page
) -> None:
    alice.goto(site.address("/fr/"))
    where = field(alice, WHERE["fr"])
    before = alice.get_by_role("button", name="Chercher").bounding_box()
    where.click()
    where.press_sequentially("26150")
    expect(options(alice).first).to_contain_text("Die (26)")
    assert alice.get_by_role("button", name="Chercher").bounding_box() == before
    options(alice).first.click()
    expect(where).to_have_value("Die (26)")
    expect(where).to_be_focused()


def test_what_stands_in_the_place_is_in_sight_while_the_other_field_suggests(
    site: Any, directory: str, alice: Page
) -> None:
    alice.goto(site.address("/fr/"))
    where = field(alice, WHERE["fr"])
    where.fill("Die")
    field(alice, WHAT["fr"]).press_sequentially("chir")
    expect(options(alice).first).to_be_visible()
    check_accessible(alice)
    # A finger that goes for the place meets the place: no suggestion is taken unawares.
    where.click()
    expect(where).to_be_focused()
    expect(field(alice, WHAT["fr"])).to_have_value("chir")
    expect(alice.get_by_role("listbox")).to_have_count(0)


def test_a_practitioner_is_suggested_by_name_with_specialty_and_town(
    site: Any, directory: str, alice: Page
) -> None:
    alice.goto(site.address("/en/"))
    field(alice, WHAT["en"]).press_sequentially(directory[:6].lower())
    expect(options(alice).filter(has_text="Die").first).to_be_visible()


def test_the_form_is_the_same_form_without_javascript(
    site: Any, directory: str, profile: Callable[..., BrowserContext]
) -> None:
    page = profile(java_script_enabled=False).new_page()
    page.goto(site.address("/fr/"))
    page.get_by_label(WHAT["fr"]).fill("generaliste")
    page.get_by_label(WHERE["fr"]).fill("26150 Die")
    page.get_by_role("button", name="Chercher").click()
    expect(heading(page, "Médecin généraliste près de Die")).to_be_visible()
    expect(page.get_by_role("link", name="Inès Bento").first).to_be_visible()


def test_where_nobody_is_near_the_nearest_are_shown_and_a_mistyped_town_is_understood(
    site: Any, directory: str, alice: Page
) -> None:
    alice.goto(site.address("/fr/search?what=generaliste&where=valance"))
    expect(heading(alice, "Médecin généraliste près de Valence")).to_be_visible()
    expect(alice.get_by_text("Nous n’avons pas trouvé « valance ». Voici Valence (26).")).to_be_visible()
    expect(
        alice.get_by_text("Personne ne se réserve ici à moins de 15 km. Voici les plus proches.")
    ).to_be_visible()
    expect(alice.get_by_role("article").filter(has_text="Inès Bento").first).to_contain_text("km")
    check_accessible(alice)
    alice.goto(site.address("/fr/search?what=generaliste&where=Brest"))
    expect(alice.get_by_text("Personne à moins de 100 km.")).to_be_visible()
    check_accessible(alice)
    alice.get_by_role("link", name="Chercher plus loin").click()
    expect(alice.get_by_role("article").filter(has_text="Inès Bento").first).to_contain_text("km")


def test_who_practises_in_the_town_is_in_it_and_the_first_days_have_none_before(
    site: Any, directory: str, alice: Page
) -> None:
    alice.goto(site.address("/fr/search?what=generaliste&where=pr%C3%A8s+de+Die"))
    expect(heading(alice, "Médecin généraliste près de Die")).to_be_visible()
    expect(alice.get_by_text("Nous n’avons pas trouvé")).to_have_count(0)
    expect(alice.get_by_role("article").filter(has_text="Inès Bento").first).to_contain_text("à Die")
    expect(alice.locator("main")).not_to_contain_text("50 m")
    alice.goto(site.address("/fr/practitioner/ines-bento"))
    expect(alice.get_by_role("link", name="Jours suivants")).to_be_visible()
    expect(alice.get_by_role("link", name="Jours précédents")).to_have_count(0)
    alice.get_by_role("link", name="Jours suivants").click()
    alice.get_by_role("link", name="Jours précédents").click()
    expect(alice.get_by_role("link", name="Jours suivants")).to_be_visible()
    expect(alice.get_by_role("link", name="Jours précédents")).to_have_count(0)


def test_without_an_answer_the_field_is_a_plain_field(site: Any, directory: str, alice: Page) -> None:
    alice.route("**/complete/**", lambda route: route.abort())
    alice.goto(site.address("/fr/"))
    field(alice, WHAT["fr"]).fill("dentiste")
    field(alice, WHERE["fr"]).fill("Die")
    alice.keyboard.press("Enter")
    expect(heading(alice, "Dentiste près de Die")).to_be_visible()


def test_the_search_page_stays_light(site: Any, directory: str, alice: Page) -> None:
    loaded: list[str] = []
    alice.on("response", lambda answer: loaded.append(answer.url))
    alice.goto(site.address("/fr/search?what=generaliste&where=Die"), wait_until="networkidle")
    assert any("search-" in url for url in loaded)
    total = 0
    for url in loaded:
        asked = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})  # noqa: S310
        with urllib.request.urlopen(asked) as answer:  # noqa: S310
            body = answer.read()
            assert len(body) < 1024 or answer.headers["Content-Encoding"] == "gzip", url
            total += len(body) if answer.headers["Content-Encoding"] == "gzip" else len(gzip.compress(body))
    assert total < SEARCH_PAGE_BYTES_MAX


def tab_to(page: Page, target: Locator, *, most: int = 120) -> None:
    """Presses Tab until `target` has focus, as somebody without a mouse does."""
    for _ in range(most):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail("The keyboard never came there.")


def type_into(page: Page, label: str, text: str, **more: Any) -> None:
    tab_to(page, page.get_by_label(label, **more))
    page.keyboard.type(text)


def press(page: Page, target: Locator) -> None:
    tab_to(page, target)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_patient_goes_from_the_search_to_the_confirmation_by_keyboard_alone(
    site: Any, directory: str, alice: Page, language: str
) -> None:
    words = WORDS[language]
    alice.goto(site.address(f"/{language}/"))
    type_into(alice, WHAT[language], "general" if language == "en" else "genera")
    expect(options(alice).first).to_be_visible()
    alice.keyboard.press("ArrowDown")
    alice.keyboard.press("Enter")
    type_into(alice, WHERE[language], "Die", exact=True)
    alice.keyboard.press("Enter")
    press(alice, alice.locator("article.result a.slot").first)
    expect(heading(alice, words["who"])).to_be_visible()
    tab_to(alice, alice.get_by_role("radio", name=words["me"], exact=True))
    alice.keyboard.press("Space")
    type_into(alice, words["given"], ALICE.given, exact=True)
    type_into(alice, words["birth_name"], ALICE.birth_name)
    type_into(alice, words["birth_date"], ALICE.birth_date)
    tab_to(alice, alice.get_by_label(words["sex"]))
    alice.keyboard.type(words["female"][:1])
    type_into(alice, words["phone"], ALICE.phone)
    yes = alice.get_by_role("group", name=words["first_visit"]).get_by_role("radio", name=words["yes"])
    tab_to(alice, yes)
    alice.keyboard.press("Space")
    press(alice, alice.get_by_role("button", name=words["check"]))
    expect(heading(alice, words["right"])).to_be_focused()
    press(alice, alice.get_by_role("button", name=words["confirm"]))
    expect(heading(alice, words["done"])).to_be_focused()


WIDE = "* { letter-spacing: .12em !important; word-spacing: .16em !important; line-height: 1.5 !important; }"


def test_with_wide_spaced_type_nothing_spills_over_the_side(site: Any, directory: str, alice: Page) -> None:
    """WCAG 1.4.12, on a phone's width."""

    def check() -> None:
        alice.evaluate(
            """(css) => {
              const sheet = new CSSStyleSheet();
              sheet.replaceSync(css);
              document.adoptedStyleSheets = [sheet];
            }""",
            WIDE,
        )
        assert alice.evaluate("document.documentElement.scrollWidth <= innerWidth")

    for path in ("/", "/search?what=generaliste&where=Die", "/practitioner/ines-bento", "/mine", "/privacy"):
        for language in ("fr", "en"):
            alice.goto(site.address(f"/{language}{path}"))
            check()
    alice.goto(site.booking("fr"))
    expect(alice.locator("section.daycard").first).to_be_visible()
    check()
    alice.locator("button.slot").last.click()
    expect(heading(alice, WORDS["fr"]["who"])).to_be_visible()
    check()
