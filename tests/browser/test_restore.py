# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hélène is lost, and her keys with her; Dr Heir has the paper root of the practice."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import DESK, check_accessible
from browser.desk_town import SAM, SLUG, Town, at_noon, town, unlock
from browser.opening_walk import Ferrand
from serment.demo.paper import write_paper

pytestmark = pytest.mark.slow
PASSWORD = "Quatre-vingt-deux marronniers"


@pytest.fixture(scope="module")
async def practice(
    bundle: None, new_database: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    with town(await new_database(), tmp_path_factory.mktemp("desk")) as made:
        yield made


@pytest.fixture
def heir(profile: Callable[..., BrowserContext]) -> Page:
    page: Page = at_noon(profile(DESK)).new_page()
    return page


def begin(page: Page, practice: Town, paper: str, *, fragment: str = "") -> None:
    page.goto(f"{practice.origin}/fr/restore")
    expect(page.get_by_role("heading", level=1, name="Reprendre un cabinet")).to_be_focused()
    page.get_by_label("Lien du cabinet").fill(f"{practice.origin}/fr/p/{SLUG}{fragment}")
    page.get_by_label("La feuille, ses huit groupes").fill(paper)
    page.get_by_label("Votre nom, tel que l’équipe le verra").fill("Dr Heir")
    page.get_by_role("button", name="Continuer").click()


def test_a_slip_of_the_pen_is_found_in_its_group_and_another_sheet_is_refused(
    practice: Town, heir: Page
) -> None:
    good = practice.house.root_paper
    groups = good.split(" ")
    slip = ("b" if groups[2][0] != "b" else "c") + groups[2][1:]
    begin(heir, practice, " ".join([*groups[:2], slip, *groups[3:]]))
    expect(heir.get_by_role("alert")).to_contain_text("Le groupe 3")
    check_accessible(heir)
    begin(heir, practice, write_paper("root", bytes(32)))
    expect(heir.get_by_role("alert")).to_contain_text("n’est pas celle de ce cabinet")
    begin(heir, practice, good, fragment="#k=" + "A" * 27)
    expect(heir.get_by_role("alert")).to_contain_text("ne sont pas celles de ce lien")
    assert (
        len(
            practice.rows(
                "SELECT FROM roster_events WHERE seq > 3 AND practice = $1", practice.house.practice
            )
        )
        == 0
    )


def test_whoever_holds_the_sheet_becomes_the_owner_and_the_root_leaves_no_browser(
    practice: Town, heir: Page
) -> None:
    sent: list[str] = []
    heir.on("request", lambda request: sent.append(f"{request.url} {request.post_data or ''}"))
    begin(heir, practice, practice.house.root_paper.upper())
    expect(heir.get_by_role("heading", level=1, name="Comparez avant d’aller plus loin")).to_be_focused()
    signs = practice.house.roster.fingerprint.hex()
    expect(heir.get_by_text(" ".join(signs[at : at + 4] for at in range(0, 40, 4)))).to_be_visible()
    check_accessible(heir)
    heir.get_by_role("button", name="Il y a une différence").click()
    expect(heir.get_by_role("alert")).to_contain_text("Rien n’a été fait")
    heir.get_by_role("button", name="Continuer").click()
    heir.get_by_role("button", name="Tout est pareil").click()
    expect(
        heir.get_by_role("heading", level=1, name="C’est la feuille de Cabinet des Tilleuls")
    ).to_be_visible()
    check_accessible(heir)
    heir.get_by_label("Nom de connexion").fill("heir")
    heir.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    heir.get_by_role("button", name="Créer le compte").click()
    expect(heir.get_by_role("heading", level=1, name="Votre code de secours")).to_be_focused()
    check_accessible(heir)
    Ferrand(heir, practice.origin).keeps_the_code()
    expect(
        heir.get_by_role("heading", level=1, name="Cabinet des Tilleuls est à vous de nouveau")
    ).to_be_visible()
    check_accessible(heir)
    members = {
        row["name"]
        for row in practice.rows("SELECT name FROM members WHERE practice = $1", practice.house.practice)
    }
    assert members == {"Dr Heir", "Sam Vergnes"}
    plain = practice.house.root_paper.replace(" ", "").replace("-", "")
    assert not any(plain[at : at + 8] in each.lower() for each in sent for at in range(0, len(plain) - 8))


def test_a_colleague_who_stayed_hands_on_what_only_they_could_open(practice: Town, heir: Page) -> None:
    """After the restoration: Sam holds the earlier keys, and Sam's desk boxes them under the present ones."""
    assert practice.rows("SELECT FROM previous_seeds") == []
    unlock(heir, practice, SAM)
    deadline = time.monotonic() + 20
    while not practice.rows("SELECT FROM previous_seeds WHERE epoch = 2"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
