# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ways in and back: a passkey whose secret stays in the browser, a new machine, a forgotten password, the room of one's keys."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from browser.authenticator import TELL_SECRETS, dresses, prf_secrets, with_authenticator
from browser.conftest import DESK, PHONE, Site, check_accessible, check_in_both_themes
from browser.opening_walk import NAME, PASSWORD, Ferrand, furnish
from browser.test_opening import query

NEW_PASSWORD = "Trois-Tilleuls_2028"
# Whether the key of a machine that is known could be copied out of its browser.
MAY_LEAVE = """() => new Promise((answer, fail) => {
  const opening = indexedDB.open('serment.device');
  opening.onerror = () => fail(opening.error);
  opening.onsuccess = () => {
    const reading = opening.result.transaction('key').objectStore('key').get('own');
    reading.onerror = () => fail(reading.error);
    reading.onsuccess = () => answer(reading.result.keys.privateKey.extractable);
  };
})"""


@pytest.fixture(scope="module")
def town(site: Site) -> Site:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(furnish(site.url))).result()
    return site


@pytest.fixture
def clean(town: Site) -> Site:
    query(town, "DELETE FROM accounts WHERE asks_second")
    return town


@pytest.fixture
def named(clean: Site) -> str:
    """The site under a name: passkeys know no bare addresses."""
    return clean.origin.replace("127.0.0.1", "localhost")


def ferrand_at(page: Page, origin: str) -> Ferrand:
    ferrand = Ferrand(page, origin)
    ferrand.arrives()
    return ferrand


def opened(ferrand: Ferrand) -> None:
    """From an account with two ways in to an open practice."""
    ferrand.finds_themselves_by_hand()
    ferrand.keeps_the_root()
    ferrand.sets_hours()
    ferrand.opens_the_door()


def at_the_desk(page: Page) -> None:
    expect(page.get_by_role("button", name="Refermer", exact=True)).to_be_visible()


def fill_in(page: Page, origin: str, password: str = PASSWORD) -> None:
    page.goto(f"{origin}/fr/desk")
    page.get_by_label("Nom de connexion").fill(NAME)
    page.get_by_label("Mot de passe", exact=True).fill(password)
    page.get_by_role("button", name="Ouvrir", exact=True).click()


def test_a_passkey_opens_everything_and_its_secret_is_never_sent(
    named: str, profile: Callable[..., BrowserContext]
) -> None:
    page = profile(DESK).new_page()
    with_authenticator(page)
    sent: list[bytes] = []

    def keep(request: Request) -> None:
        sent.append(
            request.url.encode() + json.dumps(request.headers).encode() + (request.post_data_buffer or b"")
        )

    page.context.on("request", keep)
    page.add_init_script(TELL_SECRETS)
    ferrand = ferrand_at(page, named)
    page.get_by_role("button", name="Créer avec une clé d’accès").click()
    ferrand.step("Le code de secours")
    ferrand.keeps_the_code()
    opened(ferrand)
    secrets = prf_secrets(page)
    page.goto(f"{named}/fr/desk")
    page.get_by_role("button", name="Ouvrir avec ma clé d’accès").click()
    at_the_desk(page)
    secrets += prf_secrets(page)
    assert len(secrets) >= 2 and len(set(secrets)) == 1 and len(secrets[0]) == 32
    traffic = b"\n".join(sent)
    assert b"attestation" in traffic and b"authenticator_data" in traffic
    assert all(form not in traffic for form in dresses(secrets[0]))
    # The search finds what is there: the credential's name, which is sent.
    assert b'"credential"' in traffic


def test_a_new_machine_asks_for_the_printed_code_once(
    clean: Site, profile: Callable[..., BrowserContext]
) -> None:
    ferrand = ferrand_at(profile(DESK).new_page(), clean.origin)
    ferrand.makes_an_account()
    ferrand.keeps_the_code()
    opened(ferrand)
    page = profile(PHONE).new_page()
    fill_in(page, clean.origin)
    expect(page.get_by_text("Ce poste est nouveau pour votre compte")).to_be_visible()
    check_accessible(page)
    page.get_by_label("Code de secours").fill("k7wm-42hd")
    page.get_by_role("button", name="Ouvrir", exact=True).click()
    expect(page.get_by_role("alert").get_by_text("Ce")).to_be_visible()
    page.get_by_label("Code de secours").fill(ferrand.code.upper())
    page.get_by_role("button", name="Ouvrir", exact=True).click()
    expect(page.locator(".brand", has_text="Cabinet")).to_be_visible()
    fill_in(page, clean.origin)
    expect(page.locator(".brand", has_text="Cabinet")).to_be_visible()


def test_a_forgotten_password_is_replaced_by_the_code_which_is_spent(
    clean: Site, profile: Callable[..., BrowserContext]
) -> None:
    ferrand = ferrand_at(profile(DESK).new_page(), clean.origin)
    ferrand.makes_an_account()
    ferrand.keeps_the_code()
    opened(ferrand)
    old = ferrand.code
    page = profile(DESK).new_page()
    page.goto(f"{clean.origin}/fr/desk")
    page.get_by_role("button", name="J’ai perdu mon mot de passe").click()
    expect(page.get_by_role("heading", name="Ouvrir avec le code de secours")).to_be_visible()
    check_accessible(page)
    page.get_by_label("Code de secours").fill(old)
    page.get_by_role("button", name="Ouvrir avec ce code").click()
    expect(page.get_by_role("heading", name="Une nouvelle façon d’ouvrir")).to_be_visible()
    page.get_by_label("Nom de connexion").fill(NAME)
    page.get_by_label("Mot de passe", exact=True).fill(NEW_PASSWORD)
    check_accessible(page)
    page.get_by_label("Se souvenir de ce poste").uncheck()
    page.get_by_role("button", name="Garder ce mot de passe").click()
    again = Ferrand(page, clean.origin)
    again.step("Le code de secours")
    expect(page.get_by_text("c’est l’ancienne feuille qui vaut")).to_be_visible()
    # The page is closed before the new code was tried: the next opening says which sheet opens, and the old one does. On
    # somebody else's computer the machine was not to be remembered.
    fill_in(page, clean.origin, NEW_PASSWORD)
    expect(page.get_by_text("Ce poste est nouveau pour votre compte")).to_be_visible()
    page.get_by_label("Code de secours").fill(old)
    page.get_by_role("button", name="Ouvrir", exact=True).click()
    at_the_desk(page)
    expect(page.get_by_text("Votre nouveau code de secours n’a pas été essayé")).to_be_visible()
    check_accessible(page)
    page.goto(f"{clean.origin}/fr/desk")
    page.get_by_role("button", name="J’ai perdu mon mot de passe").click()
    page.get_by_label("Code de secours").fill(old)
    page.get_by_role("button", name="Ouvrir avec ce code").click()
    page.get_by_label("Nom de connexion").fill(NAME)
    page.get_by_label("Mot de passe", exact=True).fill(NEW_PASSWORD)
    page.get_by_role("button", name="Garder ce mot de passe").click()
    again.step("Le code de secours")
    again.keeps_the_code()
    expect(page.get_by_text("L’ancien code n’ouvre plus rien")).to_be_visible()
    check_accessible(page)
    page.get_by_role("button", name="Continuer").click()
    at_the_desk(page)
    expect(page.get_by_text("n’a pas été essayé")).to_have_count(0)
    assert again.code != old
    fill_in(page, clean.origin, PASSWORD)
    expect(page.get_by_text("ne vont pas ensemble")).to_be_visible()
    fill_in(page, clean.origin, NEW_PASSWORD)
    at_the_desk(page)
    page.goto(f"{clean.origin}/fr/desk")
    page.get_by_role("button", name="J’ai perdu mon mot de passe").click()
    page.get_by_label("Code de secours").fill(old)
    page.get_by_role("button", name="Ouvrir avec ce code").click()
    expect(page.get_by_text("Ce code n’ouvre aucun compte")).to_be_visible()


def test_an_idle_desk_closes_and_opens_again_by_passkey(
    named: str, profile: Callable[..., BrowserContext]
) -> None:
    page = profile(DESK).new_page()
    page.clock.install()
    with_authenticator(page)
    ferrand = ferrand_at(page, named)
    page.get_by_role("button", name="Créer avec une clé d’accès").click()
    ferrand.step("Le code de secours")
    ferrand.keeps_the_code()
    opened(ferrand)
    page.goto(f"{named}/fr/desk")
    page.get_by_role("button", name="Ouvrir avec ma clé d’accès").click()
    at_the_desk(page)
    page.clock.fast_forward("11:00")
    expect(page.get_by_text("s’est refermé après dix minutes")).to_be_visible()
    page.get_by_role("button", name="Ouvrir avec ma clé d’accès").click()
    at_the_desk(page)


def into_the_room(page: Page) -> None:
    page.get_by_role("navigation").get_by_role("button", name="Mes clés").click()
    expect(page.get_by_role("heading", name="Mes façons d’ouvrir")).to_be_visible()


def test_ways_in_are_added_changed_and_taken_away_in_the_room_of_keys(
    named: str, profile: Callable[..., BrowserContext]
) -> None:
    page = profile(DESK).new_page()
    with_authenticator(page)
    ferrand = ferrand_at(page, named)
    ferrand.makes_an_account()
    ferrand.keeps_the_code()
    opened(ferrand)
    page.get_by_role("button", name="Ouvrir l’agenda").click()
    at_the_desk(page)
    into_the_room(page)
    check_in_both_themes(page)
    # An open desk is not enough: the gesture comes first.
    assert not page.get_by_role("button", name="Ajouter une clé d’accès").count()
    page.get_by_role("button", name="Changer mes façons d’ouvrir").click()
    check_in_both_themes(page)
    page.get_by_label("Nom de connexion").fill(NAME)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="C’est moi").click()
    page.get_by_role("button", name="Ajouter une clé d’accès").click()
    expect(page.get_by_text("La clé d’accès est ajoutée.")).to_be_visible()
    check_in_both_themes(page)
    page.get_by_role("button", name="Retirer\u00a0: Mot de passe").click()
    expect(page.get_by_text("C’est retiré.")).to_be_visible()
    # Two ways are left, and neither can go.
    expect(page.get_by_role("button", name="Retirer")).to_have_count(0)
    page.get_by_role("button", name="Nouveau code de secours").click()
    old = ferrand.code
    ferrand.keeps_the_code()
    expect(page.get_by_text("l’ancien ne vaut plus rien")).to_be_visible()
    assert ferrand.code != old
    page.get_by_role("button", name="Refermer", exact=True).click()
    page.get_by_role("button", name="Ouvrir avec ma clé d’accès").click()
    at_the_desk(page)


def test_machines_are_forgotten_and_sessions_end(clean: Site, profile: Callable[..., BrowserContext]) -> None:
    page = profile(DESK).new_page()
    ferrand = ferrand_at(page, clean.origin)
    ferrand.makes_an_account()
    ferrand.keeps_the_code()
    opened(ferrand)
    fill_in(page, clean.origin)
    at_the_desk(page)
    into_the_room(page)
    expect(page.get_by_text("ce poste", exact=True)).to_be_visible()
    assert page.evaluate(MAY_LEAVE) is False
    page.get_by_role("button", name="Oublier").click()
    expect(page.get_by_text("Aucun poste n’est connu.")).to_be_visible()
    # Where the machine is not known any more, the gesture too asks for the printed code.
    page.get_by_role("button", name="Changer mes façons d’ouvrir").click()
    page.get_by_label("Nom de connexion").fill(NAME)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="C’est moi").click()
    expect(page.get_by_label("Code de secours")).to_be_focused()
    check_accessible(page)
    page.get_by_label("Code de secours").fill(ferrand.code)
    page.get_by_role("button", name="C’est moi").click()
    expect(page.get_by_role("button", name="Changer de mot de passe")).to_be_visible()
    page.get_by_role("button", name="Fermer toutes mes sessions").click()
    page.get_by_role("button", name="Oui, fermer partout, ici aussi").click()
    expect(page.get_by_role("heading", name="Ouvrir l’agenda")).to_be_visible()
    fill_in(page, clean.origin)
    expect(page.get_by_text("Ce poste est nouveau pour votre compte")).to_be_visible()


def test_a_new_root_needs_the_old_sheet_and_ends_it(
    clean: Site, profile: Callable[..., BrowserContext]
) -> None:
    page = profile(DESK).new_page()
    ferrand = ferrand_at(page, clean.origin)
    ferrand.makes_an_account()
    ferrand.keeps_the_code()
    opened(ferrand)
    old = ferrand.root
    fill_in(page, clean.origin)
    at_the_desk(page)
    into_the_room(page)
    page.get_by_role("button", name="Revoir l’affiche de la porte").click()
    expect(page.locator(".poster-words")).to_be_visible()
    check_accessible(page)
    page.get_by_role("button", name="Fermer", exact=True).click()
    page.get_by_role("button", name="Refaire la feuille racine").click()
    page.get_by_label("L’ancienne feuille, ses huit groupes").fill(ferrand.code)
    page.get_by_role("button", name="Vérifier l’ancienne feuille").click()
    expect(page.get_by_text("Comparez signe par signe")).to_be_visible()
    page.get_by_label("L’ancienne feuille, ses huit groupes").fill(old)
    page.get_by_role("button", name="Vérifier l’ancienne feuille").click()
    fresh = ferrand.groups()
    ferrand.types_back(fresh)
    page.get_by_role("button", name="Vérifier et continuer").click()
    expect(page.get_by_text("La nouvelle feuille racine vaut dès maintenant.")).to_be_visible()
    page.get_by_role("button", name="Refaire la feuille racine").click()
    page.get_by_label("L’ancienne feuille, ses huit groupes").fill(old)
    page.get_by_role("button", name="Vérifier l’ancienne feuille").click()
    expect(page.get_by_text("n’est pas celle qui vaut aujourd’hui")).to_be_visible()
