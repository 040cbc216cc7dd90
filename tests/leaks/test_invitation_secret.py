# SPDX-License-Identifier: AGPL-3.0-or-later
"""An invitation's secret is found nowhere but in its link: not in dump, files, logs or traffic, sealed copies for owners aside."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.authenticator import dresses
from browser.conftest import DESK
from browser.opening_walk import Ferrand
from leaks.conftest import Watched
from leaks.markers import Form, forms
from serment.seal.invitation import invitation_find

pytestmark = pytest.mark.slow

NADIA, REMY = "Zzmarkernadia Belkacem", "Zzmarkerremy Aubin"
PASSWORD = "Zzmarker-Marronniers_82"


def bytes_of(link: str) -> bytes:
    """The secret of a link's fragment, 32 bytes."""
    return base64.urlsafe_b64decode(link.partition("#")[2].partition(".")[0] + "=")


def link_for(owner: Page, name: str, role: str) -> str:
    owner.get_by_role("button", name="Inviter quelqu’un").click()
    owner.get_by_label("Nom, tel que l’équipe le verra").fill(name)
    owner.get_by_role("radio", name=role).check()
    owner.get_by_role("button", name="Faire le lien").click()
    field = owner.get_by_label("Lien d’invitation")
    expect(field).to_have_value(re.compile("/fr/join#"))
    link = field.input_value()
    owner.get_by_role("button", name="Fermer", exact=True).click()
    return link


def answers(page: Page, link: str, log_in: str) -> None:
    """From the link to the four words, in both languages on the way."""
    page.goto(link)
    page.get_by_role("link", name="English").click()
    page.get_by_role("link", name="Français").click()
    page.get_by_role("button", name="Créer mon compte").click()
    page.get_by_label("Nom de connexion").fill(log_in)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Créer le compte").click()
    expect(page.get_by_role("heading", level=1, name="Votre code de secours")).to_be_visible()
    Ferrand(page, "").keeps_the_code()
    expect(page.get_by_role("heading", level=1, name="Lisez ces quatre mots")).to_be_visible()


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    """The links' secrets."""
    return {"secrets": []}


def test_two_people_are_invited_and_one_of_them_is_let_in(
    watched: Watched, recorded: Any, kept: dict[str, Any]
) -> None:
    """Dr Remy becomes an owner first, so that Nadia's secret is sealed to somebody besides."""
    bento = recorded(viewport=DESK).new_page()
    bento.goto(watched.address("/fr/desk"))
    bento.get_by_label("Nom de connexion").fill("bento")
    bento.get_by_label("Mot de passe", exact=True).fill("trois tilleuls verts")
    bento.get_by_role("button", name="Ouvrir", exact=True).click()
    bento.get_by_role("navigation", name="Parties du bureau").get_by_role("button", name="Équipe").click()
    remy = link_for(bento, REMY, "Titulaire")
    answers(recorded(viewport=DESK).new_page(), remy, "remy")
    card = bento.locator(".answer")
    expect(card).to_be_visible(timeout=30_000)
    card.get_by_role("button", name="Ce sont ces mots").click()
    expect(card).to_have_count(0)
    nadia = link_for(bento, NADIA, "Secrétaire")
    answers(recorded(viewport=DESK).new_page(), nadia, "nadia")
    kept["links"] = [remy, nadia]
    kept["secrets"] = [bytes_of(link) for link in kept["links"]]
    assert [len(secret) for secret in kept["secrets"]] == [32, 32]
    assert len(watched.traffic) > 40


def test_its_secret_is_found_nowhere(watched: Watched, kept: dict[str, Any]) -> None:
    wanted = [Form("secret", "as bytes", dress) for secret in kept["secrets"] for dress in dresses(secret)]
    for link in kept["links"]:
        wanted += forms(link.partition("#")[2].partition(".")[0], watched.secrets)
    assert watched.find_everywhere(wanted) == []


def test_what_it_is_found_by_and_its_sealed_copy_are_found_by_the_same_search(
    watched: Watched, kept: dict[str, Any]
) -> None:
    """The control: `find`, derived from the secret, is sent, and the invited person's name stands in clear."""
    find = invitation_find(kept["secrets"][1])
    sent = [Form("find", "base64", base64.b64encode(find))]
    assert any(found.place.startswith("request to") for found in watched.find_everywhere(sent))
    assert {found.place for found in watched.find_everywhere(forms(NADIA))} >= {"dump"}
