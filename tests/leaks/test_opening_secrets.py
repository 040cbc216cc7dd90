# SPDX-License-Identifier: AGPL-3.0-or-later
"""What opens an account and a practice is found nowhere but on its owner's screen and paper: not in dump, files, logs or traffic."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playwright.sync_api import expect

from browser.authenticator import TELL_SECRETS, dresses, prf_secrets, with_authenticator
from browser.conftest import DESK
from browser.opening_walk import NAME, PASSWORD, Ferrand, furnish
from leaks.conftest import Watched
from leaks.markers import Form, forms
from serment.demo.paper import read_paper
from serment.seal.unlock import recovery_secret

pytestmark = pytest.mark.slow

NEW_PASSWORD = "Zzmarker-Lavoir_2029"


@pytest.fixture(scope="module")
def kept() -> dict[str, list[str] | list[bytes]]:
    """What was on the screen and on paper."""
    return {"texts": [], "groups": [], "secrets": []}


def test_a_practice_is_opened_a_passkey_added_and_a_password_recovered(
    watched: Watched, recorded: Any, kept: dict[str, Any]
) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(furnish(watched.postgres.url(watched.database)))).result()
    watched.pass_over_what_is_there()
    origin = watched.origin.replace("127.0.0.1", "localhost")
    page = recorded(viewport=DESK).new_page()
    with_authenticator(page)
    page.add_init_script(TELL_SECRETS)
    ferrand = Ferrand(page, origin)
    ferrand.all_of_it()
    page.goto(f"{origin}/fr/desk")
    page.get_by_label("Nom de connexion").fill(NAME)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Ouvrir", exact=True).click()
    expect(page.get_by_role("button", name="Refermer", exact=True)).to_be_visible()
    page.get_by_role("navigation").get_by_role("button", name="Mes clés").click()
    page.get_by_role("button", name="Changer mes façons d’ouvrir").click()
    page.get_by_label("Nom de connexion").fill(NAME)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="C’est moi").click()
    page.get_by_role("button", name="Ajouter une clé d’accès").click()
    expect(page.get_by_text("La clé d’accès est ajoutée.")).to_be_visible()
    kept["secrets"] += prf_secrets(page)
    other = recorded(viewport=DESK).new_page()
    other.goto(f"{origin}/fr/desk")
    other.get_by_role("button", name="J’ai perdu mon mot de passe").click()
    other.get_by_label("Code de secours").fill(ferrand.code)
    other.get_by_role("button", name="Ouvrir avec ce code").click()
    other.get_by_label("Nom de connexion").fill(NAME)
    other.get_by_label("Mot de passe", exact=True).fill(NEW_PASSWORD)
    other.get_by_role("button", name="Garder ce mot de passe").click()
    again = Ferrand(other, origin)
    again.step("Le code de secours")
    again.keeps_the_code()
    other.get_by_role("button", name="Continuer").click()
    expect(other.get_by_role("button", name="Refermer", exact=True)).to_be_visible()
    kept["texts"] += [PASSWORD, NEW_PASSWORD, NAME]
    for paper in (ferrand.code, again.code, ferrand.root):
        kept["texts"] += [paper, paper.replace(" ", "").replace("-", "")]
        kept["groups"] += paper.split()
    codes = [read_paper("recovery", each, 16) for each in (ferrand.code, again.code)]
    kept["secrets"] += [*codes, *map(recovery_secret, codes), read_paper("root", ferrand.root, 32)]
    assert len(watched.traffic) > 40


def test_no_secret_of_it_is_found_anywhere(watched: Watched, kept: dict[str, Any]) -> None:
    assert len(kept["secrets"]) >= 6 and all(len(secret) in (16, 32) for secret in kept["secrets"])
    wanted = [form for text in kept["texts"] for form in forms(text, watched.secrets)]
    wanted += [form for group in kept["groups"] for form in forms(group, hashed=False)]
    wanted += [Form("secret", "as bytes", dress) for secret in kept["secrets"] for dress in dresses(secret)]
    assert watched.find_everywhere(wanted) == []


def test_what_was_sent_is_found_by_the_same_search(watched: Watched) -> None:
    """The control: the practice's name stands in clear, as it should."""
    assert watched.find_everywhere(forms("Cabinet des Cèdres"))
