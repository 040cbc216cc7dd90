# SPDX-License-Identifier: AGPL-3.0-or-later
"""A breach's letter goes from an owner's desk to whom it touches: told once by a real notifier, read on the appointment's page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import DESK, Site, check_in_both_themes
from browser.post import Post, on_the_eve, to
from browser.test_messages_placed import ALICES_NUMBER, books, opens_again
from browser.walk import opens_desk, rows, visit
from serment.demo.sender import CONFIG
from serment.settings import NOTIFIER_FILE

pytestmark = pytest.mark.slow
LETTER = {
    "Ce qui s’est passé": "Une personne a pu lire votre nom et l’heure de votre rendez-vous sans en avoir le droit.",
    "À qui vous adresser": "Le cabinet répond à vos questions au 01 99 00 12 34.",
    "Ce qui peut s’ensuivre": "Quelqu’un pourrait vous écrire ou vous appeler en se faisant passer pour notre cabinet.",
    "Ce que nous avons fait": "Nous avons fermé cet accès le jour même et prévenu la CNIL le lendemain matin.",
    "Ce que vous pouvez faire": "Ne payez rien et ne donnez aucun mot de passe à qui vous parle de ce rendez-vous.",
}


@pytest.fixture
def bento(site: Site, profile: Callable[..., BrowserContext]) -> Page:
    """Dr Bento's desk, open."""
    page = profile(DESK).new_page()
    opens_desk(page, site)
    return page


@pytest.fixture
def post(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Post:
    """Nobody is asked for a code here; the notifier is not named yet."""
    rows(site, "UPDATE practices SET booking_check = 'none' RETURNING practice")
    folder = tmp_path_factory.mktemp("post")
    (folder / NOTIFIER_FILE).write_text(CONFIG, "utf-8")
    return Post(site, folder)


def names_who_sends(page: Page, post: Post) -> None:
    post.opens()
    opens_again(page)
    page.get_by_role("button", name="Mes clés").click()
    page.get_by_label("J’ai comparé les 32 signes").check()
    page.get_by_role("button", name="Nommer ce service d’envoi").click()
    expect(page.get_by_text("Les rappels partent par le service d’envoi de votre hébergeur")).to_be_visible()


def to_incidents(page: Page) -> None:
    page.get_by_role("button", name="Équipe", exact=True).click()
    page.get_by_role("button", name="Voir les incidents").click()


def sends(page: Page) -> None:
    page.get_by_role("button", name="Envoyer la lettre").click()
    page.get_by_role("button", name="Oui, l’envoyer").click()


def test_a_breachs_letter_broken_off_and_gone_on_with_is_told_once_and_read_by_whom_it_touches(
    site: Site, post: Post, alice: Page, bento: Page
) -> None:
    untold, day = site.fresh_day(), site.fresh_day()
    books(alice, site, untold, "8:00")  # before anybody was named who sends: no message can tell of it
    names_who_sends(bento, post)
    books(alice, site, day, "9:00")
    post.sends()
    alice.get_by_role("button", name="Déplacer ou annuler").click()
    bento.get_by_role("button", name="Agenda", exact=True).click()
    for date, hour in ((untold, "8 h à"), (day, "9 h à")):
        expect(visit(bento, date, hour).filter(has_text="Renaudin")).to_be_visible()
    # A dossier ends at the second in which it is opened, by the browser's clock: what was read is older than that.
    while rows(site, "SELECT 1 FROM ledger HAVING max(at) > now() - interval '3 seconds'"):
        bento.wait_for_timeout(200)

    to_incidents(bento)
    bento.get_by_role("button", name="Ouvrir un dossier maintenant").click()
    expect(bento.get_by_text("2 rendez-vous sont touchés")).to_be_visible()
    bento.get_by_role("button", name="Partir d’un modèle").click()
    bento.get_by_role("button", name="Enregistrer la lettre").click()
    expect(bento.get_by_text("Il reste un blanc à remplir").first).to_be_visible()
    expect(bento.get_by_role("button", name="Envoyer la lettre")).to_have_count(0)
    check_in_both_themes(bento)
    for part, text in LETTER.items():
        bento.get_by_label(part).fill(text)
    bento.get_by_role("button", name="Enregistrer la lettre").click()
    # The line breaks once the message is placed, and that browser is closed.
    bento.route("**/letters", lambda route: route.abort())
    sends(bento)
    expect(bento.get_by_role("alert").filter(has_text=re.compile(r"\w"))).to_be_visible()
    bento.unroute("**/letters")
    opens_again(bento)
    to_incidents(bento)
    bento.get_by_role("button", name=re.compile("^Ouvrir le dossier")).click()
    sends(bento)
    expect(bento.locator(".said")).to_contain_text("La lettre est remise.")
    expect(bento.get_by_text("1 personne à prévenir par courrier ou par téléphone")).to_be_visible()
    expect(bento.get_by_role("button", name="Enregistrer la lettre")).to_have_count(0)
    check_in_both_themes(bento)

    # Told once, of neither the practice nor what it is about.
    told = to(ALICES_NUMBER, post.sends(on_the_eve(day)))
    [sms] = [text for text in told if "ettre importante" in text]
    assert all(word not in sms for word in ("Bento", "Tilleuls", "données", "Renaudin"))
    bento.get_by_role("button", name="Voir qui est prévenu").click()
    expect(bento.locator("dt:has-text('Prévenus par un message') + dd")).to_have_text("1")
    assert [text for text in post.sends(on_the_eve(day)) if "ettre importante" in text] == []

    alice.reload()
    letter = alice.get_by_role("region", name="Une lettre de votre cabinet")
    for text in LETTER.values():
        expect(letter).to_contain_text(text)
    check_in_both_themes(alice)
    link = re.search(r"/t#[\w-]{22}", sms)
    assert link is not None
    alice.goto(site.address(f"/fr{link[0]}"))
    expect(alice.get_by_text("Une lettre importante de votre cabinet vous attend.")).to_be_visible()
    check_in_both_themes(alice)
