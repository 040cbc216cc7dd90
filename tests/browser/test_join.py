# SPDX-License-Identifier: AGPL-3.0-or-later
"""Nadia is invited: she makes keys of her own, reads four words on the telephone, and Hélène lets her in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.authenticator import with_authenticator
from browser.conftest import DESK, PHONE, check_accessible
from browser.desk_town import ALICE, HELENE, SAM, TODAY, Town, at_noon, fill_in, town, unlock
from browser.opening_walk import Ferrand
from serment.demo.house import Person
from serment.framing import Role

pytestmark = pytest.mark.slow
PASSWORD = "Quatre-vingt-deux marronniers"


@pytest.fixture(scope="module")
async def practice(
    bundle: None, new_database: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    with town(await new_database(), tmp_path_factory.mktemp("desk")) as made:
        made.book(ALICE, TODAY, "10:10")
        yield made


@pytest.fixture
def helene(profile: Callable[..., BrowserContext], practice: Town) -> Page:
    """Hélène in the members' room."""
    page: Page = at_noon(profile(DESK)).new_page()
    unlock(page, practice, HELENE)
    page.get_by_role("navigation", name="Parties du bureau").get_by_role("button", name="Équipe").click()
    return page


def link_for(helene: Page, name: str) -> str:
    """Hélène makes an invitation and copies its link."""
    helene.get_by_role("button", name="Inviter quelqu’un").click()
    helene.get_by_label("Nom, tel que l’équipe le verra").fill(name)
    helene.get_by_role("button", name="Faire le lien").click()
    field = helene.get_by_label("Lien d’invitation")
    expect(field).to_have_value(re.compile("/fr/join#"))
    link = field.input_value()
    check_accessible(helene)
    helene.get_by_role("button", name="Fermer", exact=True).click()
    return link


def words_of(page: Page) -> list[str]:
    found = page.locator(".four-words").first.get_by_role("listitem")
    expect(found).to_have_count(4)
    return found.all_inner_texts()


def makes_account(page: Page, log_in: str) -> None:
    """From the invitation to the four words; the code is typed back in part."""
    expect(page.get_by_role("heading", level=1, name="Cabinet des Tilleuls vous invite")).to_be_focused()
    check_accessible(page)
    page.get_by_role("button", name="Créer mon compte").click()
    expect(page.get_by_role("heading", level=1, name="Votre compte")).to_be_focused()
    page.get_by_label("Nom de connexion").fill(log_in)
    page.get_by_label("Mot de passe", exact=True).fill("trop court")
    page.get_by_role("button", name="Créer le compte").click()
    expect(page.get_by_text("Trop facile à deviner")).to_be_visible()
    check_accessible(page)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Créer le compte").click()
    expect(page.get_by_role("heading", level=1, name="Votre code de secours")).to_be_focused()
    check_accessible(page)
    Ferrand(page, "").keeps_the_code()
    expect(page.get_by_role("heading", level=1, name="Lisez ces quatre mots")).to_be_visible()


def test_nadia_joins_by_her_link_and_reads_the_words_that_helene_sees(
    practice: Town, helene: Page, profile: Callable[..., BrowserContext]
) -> None:
    link = link_for(helene, "Nadia Belkacem")
    nadia = profile(PHONE, has_touch=True).new_page()
    sent: list[str] = []
    nadia.on(
        "request", lambda request: sent.append(f"{request.url} {request.post_data or ''} {request.headers}")
    )
    nadia.goto(link)
    makes_account(nadia, "nadia")
    check_accessible(nadia)
    secret = link.partition("#")[2].partition(".")[0]
    assert not any(secret in each or PASSWORD in each for each in sent)
    helene.clock.run_for(16_000)
    expect(helene.get_by_role("heading", name="Nadia Belkacem a répondu")).to_be_visible()
    check_accessible(helene)
    card = helene.locator(".answer")
    assert card.get_by_role("listitem").all_inner_texts() == words_of(nadia)
    card.get_by_role("button", name="Ce sont ces mots").click()
    expect(
        helene.get_by_role("listitem")
        .filter(has_text="Nadia Belkacem")
        .get_by_role("button", name="Suspendre")
    ).to_be_visible()
    expect(nadia.get_by_role("heading", level=1, name="Vous faites partie de l’équipe")).to_be_visible(
        timeout=15_000
    )
    check_accessible(nadia)
    # A key of the unit's present epoch is there for her, and it is sealed to nobody else's.
    kids = practice.rows("SELECT kid FROM epoch_seeds WHERE epoch = 1")
    assert len(kids) == len({row["kid"] for row in kids}) == 3
    # Her own name and password open the desk, on the machine that has just been hers; and the link is used up.
    nadia.get_by_role("link", name="Ouvrir l’agenda").click()
    fill_in(nadia, Person("Nadia Belkacem", Role.SECRETARY, "nadia", PASSWORD))
    expect(nadia.get_by_role("navigation", name="Parties du bureau")).to_be_visible()
    nadia.goto("about:blank")
    nadia.goto(link)
    expect(nadia.get_by_role("heading", level=1, name="Cette invitation n’est plus ouverte")).to_be_visible()


def test_sam_who_is_an_owner_too_lets_in_whom_helene_invited(
    practice: Town, helene: Page, profile: Callable[..., BrowserContext]
) -> None:
    helene.get_by_role("button", name=f"Changer {SAM.name}").click()
    change = helene.get_by_role("group", name=f"Changer {SAM.name}")
    change.get_by_label("Titulaire").check()
    change.get_by_role("button", name="Signer ce changement").click()
    expect(helene.get_by_text("Titulaire")).to_have_count(2)
    link = link_for(helene, "Maya Sorel")
    maya = profile(PHONE, has_touch=True).new_page()
    maya.goto(link)
    makes_account(maya, "maya")
    sam = at_noon(profile(DESK)).new_page()
    unlock(sam, practice, SAM)
    sam.get_by_role("navigation", name="Parties du bureau").get_by_role("button", name="Équipe").click()
    card = sam.locator(".answer").filter(has_text="Maya Sorel a répondu")
    expect(card.get_by_role("listitem").first).to_be_visible()
    assert card.get_by_role("listitem").all_inner_texts() == words_of(maya)
    check_accessible(sam)
    card.get_by_role("button", name="Ce sont ces mots").click()
    expect(maya.get_by_role("heading", level=1, name="Vous faites partie de l’équipe")).to_be_visible(
        timeout=15_000
    )
    # An invitation of Hélène's that waits: Sam sees whose it is, and can show the same link.
    waiting = link_for(helene, "Zoé Attend")
    sam.clock.run_for(16_000)
    row = sam.get_by_role("listitem").filter(has_text="Zoé Attend")
    expect(row).to_contain_text(f"faite par {HELENE.name}")
    row.get_by_role("button", name="Revoir le lien").click()
    expect(row.get_by_label("Lien d’invitation")).to_have_value(waiting)
    check_accessible(sam)


def test_a_link_cut_short_and_a_link_of_another_practice_stop(
    practice: Town, helene: Page, profile: Callable[..., BrowserContext]
) -> None:
    link = link_for(helene, "Paul Cut")
    page = profile(DESK).new_page()
    page.goto(link[:-4])
    expect(page.get_by_role("heading", level=1, name="Ce lien est incomplet")).to_be_visible()
    check_accessible(page)
    other = "A" * 26 + "A"
    page.goto(f"{link.rpartition('.')[0]}.{other}")
    expect(page.get_by_role("heading", level=1, name="Ce cabinet n’est pas celui du lien")).to_be_visible()
    check_accessible(page)


def test_keys_that_the_server_exchanged_are_shown_as_what_they_are_and_let_nobody_in(
    practice: Town, helene: Page, profile: Callable[..., BrowserContext]
) -> None:
    """Mallory runs the server: she puts her own key into Nina's answer."""
    link = link_for(helene, "Nina Forte")
    nina = profile(DESK).new_page()
    nina.goto(link)
    makes_account(nina, "nina")
    practice.rows("UPDATE invitations SET sign_pk = sha256(sign_pk) WHERE name = 'Nina Forte'")
    helene.clock.run_for(16_000)
    card = helene.locator(".answer")
    expect(card).to_contain_text("La réponse ne vient pas de ce lien")
    expect(card.get_by_role("button", name="faire entrer")).to_have_count(0)
    check_accessible(helene)
    card.get_by_role("button", name="Reprendre l’invitation").click()
    expect(card).to_have_count(0)


def test_an_answer_that_comes_after_is_told_and_takes_no_place_under_the_finger(
    practice: Town, helene: Page, profile: Callable[..., BrowserContext]
) -> None:
    """Mallory has read Lina's link and runs the server: she drops Lina's answer and gives hers while Hélène compares."""
    link = link_for(helene, "Lina Roche")
    pages = [profile(DESK).new_page() for _ in range(2)]
    lina, mallory = pages
    lina.goto(link)
    makes_account(lina, "lina")
    helene.clock.run_for(16_000)
    card = helene.locator(".answer").filter(has_text="Lina Roche a répondu")
    expect(card.get_by_role("listitem").first).to_be_visible()
    words = card.get_by_role("listitem").all_inner_texts()
    assert words == words_of(lina)
    practice.rows(
        "UPDATE invitations SET kem_pk = NULL, sign_pk = NULL, tag = NULL, account = NULL WHERE name = 'Lina Roche'"
    )
    mallory.goto(link)
    makes_account(mallory, "mallory")
    helene.clock.run_for(16_000)
    expect(card).to_contain_text("Une autre réponse est arrivée")
    expect(card.get_by_role("button", name="faire entrer")).to_have_count(0)
    check_accessible(helene)
    card.get_by_role("button", name="Voir les nouveaux mots").click()
    expect(card.get_by_role("button", name="faire entrer")).to_be_visible()
    assert card.get_by_role("listitem").all_inner_texts() == words_of(mallory) != words
    card.get_by_role("button", name="D’autres mots").click()
    expect(card).to_have_count(0)


def test_nour_turns_the_page_to_english_and_back_and_joins_by_a_passkey(
    practice: Town, helene: Page, profile: Callable[..., BrowserContext]
) -> None:
    link = link_for(helene, "Nour Abadi").replace("127.0.0.1", "localhost")
    page = profile(PHONE, has_touch=True).new_page()
    with_authenticator(page)
    page.goto(link)
    # What the link holds is carried over once the page is there.
    expect(page.get_by_role("heading", level=1, name="Cabinet des Tilleuls vous invite")).to_be_visible()
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1, name="Cabinet des Tilleuls invites you")).to_be_visible()
    assert page.url.partition("#")[2] == link.partition("#")[2]
    page.get_by_role("link", name="Français").click()
    page.get_by_role("button", name="Créer mon compte").click()
    page.get_by_role("button", name="Créer avec une clé d’accès").click()
    expect(page.get_by_role("heading", level=1, name="Votre code de secours")).to_be_focused()
    Ferrand(page, "").keeps_the_code()
    expect(page.get_by_role("heading", level=1, name="Lisez ces quatre mots")).to_be_visible()
    helene.clock.run_for(16_000)
    card = helene.locator(".answer").filter(has_text="Nour Abadi a répondu")
    expect(card.get_by_role("listitem").first).to_be_visible()
    assert card.get_by_role("listitem").all_inner_texts() == words_of(page)
    ways = practice.rows(
        "SELECT array_agg(method ORDER BY method) AS methods FROM unlocks JOIN invitations USING (account)"
        " WHERE name = 'Nour Abadi'"
    )
    assert ways[0]["methods"] == [1, 3]


def test_answers_that_were_lost_on_their_way_make_one_account_and_one_answer(
    practice: Town, helene: Page, profile: Callable[..., BrowserContext]
) -> None:
    link = link_for(helene, "Ève Coupée")
    page = profile(DESK).new_page()
    page.goto(link)
    page.route("**/join/answer", lambda route: route.abort())
    lost: list[Any] = []

    def loses_the_first(route: Any) -> None:
        """What was asked is done, and its answer does not come."""
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch())
            route.abort()

    page.route("**/account/unlocks", loses_the_first)
    page.get_by_role("button", name="Créer mon compte").click()
    page.get_by_label("Nom de connexion").fill("eve")
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Créer le compte").click()
    expect(page.get_by_text("Rien n’est perdu")).to_be_visible()
    assert lost[0].status == 200
    page.get_by_role("button", name="Créer le compte").click()
    Ferrand(page, "").keeps_the_code()
    expect(page.get_by_role("alert").first).to_contain_text("Rien n’est perdu")
    check_accessible(page)
    page.unroute("**/join/answer")
    page.get_by_role("button", name="Réessayer").click()
    expect(page.get_by_role("heading", level=1, name="Lisez ces quatre mots")).to_be_visible()


def test_sam_who_lost_everything_is_let_in_again_with_new_keys_and_the_old_ones_go(
    practice: Town, helene: Page, profile: Callable[..., BrowserContext]
) -> None:
    helene.get_by_role("button", name=f"Changer {SAM.name}").click()
    helene.get_by_role("button", name=f"Inviter {SAM.name} à sa place").click()
    expect(helene.get_by_role("heading", name=f"Un nouvel accès pour {SAM.name}")).to_be_visible()
    check_accessible(helene)
    helene.get_by_role("button", name="Faire le lien").click()
    link = helene.get_by_label("Lien d’invitation").input_value()
    helene.get_by_role("button", name="Fermer", exact=True).click()
    page = profile(DESK).new_page()
    page.goto(link)
    makes_account(page, "sam.bis")
    helene.clock.run_for(16_000)
    card = helene.locator(".answer").filter(has_text=f"{SAM.name} a répondu")
    expect(card.get_by_role("listitem").first).to_be_visible()
    assert card.get_by_role("listitem").all_inner_texts() == words_of(page)
    card.get_by_role("button", name="Ce sont ces mots").click()
    expect(page.get_by_role("heading", level=1, name="Vous faites partie de l’équipe")).to_be_visible()
    expect(helene.get_by_role("button", name=f"Changer {SAM.name}")).to_have_count(1)
    # What was sealed before she came back opens to her new keys; the access that was lost is nobody's any more.
    back = at_noon(page.context).new_page()
    back.goto(f"{practice.origin}/fr/desk")
    fill_in(back, Person(SAM.name, Role.SECRETARY, "sam.bis", PASSWORD))
    expect(back.get_by_role("button", name=re.compile("^10 h 10 à .*Renaudin-Abescat"))).to_be_visible()
    thief = profile(DESK).new_page()
    thief.goto(f"{practice.origin}/fr/desk")
    fill_in(thief, SAM)
    expect(thief.get_by_text("Ce compte n’ouvre aucun cabinet en ce moment")).to_be_visible()
