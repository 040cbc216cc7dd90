# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Sam has half typed, got wrong or pressed twice: kept, put right, done once."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from browser.conftest import DESK, PHONE, check_in_both_themes
from browser.desk_town import ALICE, HELENE, SAM, TODAY, TOM, Town, at_noon, fill_in, town, unlock
from browser.test_desk import block, link, said
from browser.test_desk_day import repeat, visit

pytestmark = pytest.mark.slow

NEXT_WEEK = TODAY + dt.timedelta(days=7)
REASON = "Toux la nuit depuis dix jours."


@pytest.fixture(scope="module")
async def practice(
    bundle: None, new_database: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """The practice on a Tuesday morning in March."""
    with town(await new_database(), tmp_path_factory.mktemp("thoughts")) as made:
        made.book(ALICE, TODAY, "10:10")
        yield made


@pytest.fixture
def sam(profile: Callable[..., BrowserContext]) -> Page:
    """Sam's machine at the front desk."""
    page: Page = at_noon(profile(DESK)).new_page()
    return page


def next_week(page: Page) -> None:
    page.get_by_role("button", name="Semaine suivante").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("22 – 26 mars 2027")


def types_half(page: Page) -> None:
    """Somebody new on the phone, up to half a number."""
    page.locator("button.free").last.click()
    page.get_by_role("combobox", name="Qui appelle ?").fill("Delaverne Louise")
    page.get_by_role("option", name=re.compile("Personne de ce nom")).click()
    page.get_by_label("Date de naissance").fill("02011951")
    page.get_by_label("Téléphone").fill("06 39 98")
    page.get_by_label("Raison donnée").fill("Vertiges au lever")


def is_half_typed(page: Page) -> None:
    expect(page.get_by_label("Nom de naissance")).to_have_value("Delaverne")
    expect(page.get_by_label("Date de naissance")).to_have_value("02011951")
    expect(page.get_by_label("Téléphone")).to_have_value("06 39 98")
    expect(page.get_by_label("Raison donnée")).to_have_value("Vertiges au lever")


def test_a_half_typed_booking_outlives_the_lock_for_whoever_typed_it_and_is_read_by_nobody(
    practice: Town, sam: Page
) -> None:
    unlock(sam, practice)
    types_half(sam)
    soon = sam.get_by_role("alert").filter(has_text="se referme dans une minute")
    sam.clock.fast_forward("09:05")
    expect(soon).to_be_visible()
    check_in_both_themes(sam)
    # A key keeps it open and does nothing else: Escape would have left the form, Enter sent it.
    sam.keyboard.press("Escape")
    expect(soon).to_be_hidden()
    is_half_typed(sam)
    sam.clock.fast_forward("09:05")
    expect(soon).to_be_visible()
    sam.clock.fast_forward("01:05")
    expect(sam.get_by_text("La réservation que vous tapiez attend, scellée")).to_be_visible()
    everything = sam.content() + sam.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "Delaverne" not in everything and "Vertiges" not in everything
    fill_in(sam, SAM)
    expect(said(sam)).to_contain_text("La réservation commencée est revenue")
    is_half_typed(sam)
    sam.get_by_label("Téléphone").fill("06 39 98 12 99")
    sam.get_by_role("button", name="Inscrire", exact=True).click()
    expect(said(sam)).to_contain_text("Louise Delaverne a ce rendez-vous.")
    # A colleague who opens after Sam gets a page of her own.
    types_half(sam)
    sam.clock.fast_forward("10:05")
    fill_in(sam, HELENE)
    expect(sam.get_by_text("La journée")).to_be_visible()
    expect(sam.get_by_label("Raison donnée")).to_have_count(0)


def test_a_form_left_by_mistake_is_taken_up_again_wherever_one_went(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    types_half(sam)
    sam.keyboard.press("Escape")
    expect(sam.get_by_label("Raison donnée")).to_have_count(0)
    said(sam).get_by_role("button", name="Défaire").click()
    is_half_typed(sam)
    sam.get_by_role("button", name="Patients", exact=True).click()
    # It lies over nothing of the other room, and is there for whoever comes back.
    expect(said(sam)).to_have_count(0)
    sam.get_by_role("navigation", name="Parties du bureau").get_by_role("button", name="Agenda").click()
    is_half_typed(sam)
    block(sam, "10 h 10 à").click()
    expect(sam.get_by_role("heading", name="Alice Renaudin-Abescat")).to_be_visible()
    said(sam).get_by_role("button", name="Défaire").click()
    is_half_typed(sam)


def test_pressed_twice_it_is_booked_once_and_an_absence_noted_once(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    types_half(sam)
    sam.get_by_label("Prénom").fill("Odile")
    sam.get_by_label("Téléphone").fill("")
    sam.get_by_role("button", name="Inscrire", exact=True).dblclick()
    expect(said(sam)).to_contain_text("Odile Delaverne a ce rendez-vous.")
    sam.get_by_role("button", name="Horaires et motifs").click()
    sam.get_by_role("button", name="Absences et dates", exact=True).click()
    before = practice.rows("SELECT count(*)::int AS n FROM absences")[0]["n"]
    sam.get_by_label("En une ligne").fill("31-24 décembre")
    expect(sam.get_by_text("La fin vient avant le début.")).to_be_visible()
    sam.get_by_label("En une ligne").fill("tous les mercredis après-midi")
    expect(sam.get_by_text("Ce qui revient chaque semaine se règle sous")).to_be_visible()
    sam.get_by_label("En une ligne").fill("24-31 décembre")
    sam.get_by_role("button", name="Noter", exact=True).dblclick()
    expect(said(sam)).to_contain_text("Absence notée")
    sam.get_by_role("button", name="Remplir champ par champ").click()
    sam.get_by_label("Du", exact=True).fill("2027-08-02")
    sam.get_by_label("Au, ce jour compris").fill("2027-08-03")
    sam.get_by_role("button", name="Enregistrer", exact=True).dblclick()
    expect(said(sam)).to_contain_text("2 août")
    assert practice.rows("SELECT count(*)::int AS n FROM absences")[0]["n"] == before + 2


def corrects(page: Page, hours: str) -> None:
    block(page, hours, NEXT_WEEK).click()
    page.get_by_role("button", name="Corriger", exact=True).click()
    expect(page.get_by_label("Raison donnée")).to_be_visible()


def test_a_reason_a_note_a_type_and_a_length_are_put_right_and_the_patients_link_still_opens(
    practice: Town, sam: Page, profile: Callable[..., BrowserContext]
) -> None:
    kept = practice.book(ALICE, NEXT_WEEK, "9:10")
    practice.book(TOM, NEXT_WEEK, "9:50")
    unlock(sam, practice)
    next_week(sam)
    corrects(sam, "9 h 10 à")
    expect(sam.get_by_label("Raison donnée")).to_have_value(REASON)
    sam.get_by_label("Raison donnée").fill("Vaccin avant un voyage")
    sam.get_by_label("Notes").fill("Apportez le carnet.")
    check_in_both_themes(sam)
    sam.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(said(sam)).to_contain_text("Rendez-vous corrigé.")
    expect(sam.locator(".side")).to_contain_text("Vaccin avant un voyage")
    # A check-up takes thirty minutes: to 9 h 40, and Tom comes at 9 h 50.
    sam.get_by_role("button", name="Corriger", exact=True).click()
    sam.get_by_label("Motif").select_option("Bilan")
    expect(sam.get_by_label("Durée (min)")).to_have_value("30")
    sam.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(block(sam, "9 h 10 à 9 h 40", NEXT_WEEK)).to_have_accessible_name(re.compile("Alice.*, Bilan"))
    # An hour would lie over Tom's: it is said, and only asked for it is set beside his.
    sam.get_by_role("button", name="Corriger", exact=True).click()
    sam.get_by_label("Durée (min)").fill("60")
    sam.get_by_role("button", name="Enregistrer", exact=True).click()
    warning = sam.locator("#correct-warning")
    expect(warning).to_contain_text("C’est pris de 9 h 50 à 10 h 10".replace(" h ", "\u00a0h\u00a0"))
    expect(warning).to_be_focused()
    check_in_both_themes(sam)
    stands = "SELECT minutes, overbooked, rev FROM appointments WHERE record = $1"
    assert dict(practice.rows(stands, kept.booked.record)[0]) == {
        "minutes": 30,
        "overbooked": False,
        "rev": 3,
    }
    sam.get_by_role("button", name="Enregistrer, en plus").click()
    expect(said(sam)).to_contain_text("Rendez-vous corrigé.")
    expect(block(sam, "9 h 10 à 10 h 10", NEXT_WEEK)).to_have_accessible_name(re.compile("Alice.*en plus"))
    assert dict(practice.rows(stands, kept.booked.record)[0]) == {"minutes": 60, "overbooked": True, "rev": 4}
    said(sam).get_by_role("button", name="Défaire").click()
    expect(said(sam)).to_contain_text("C’est défait.")
    assert dict(practice.rows(stands, kept.booked.record)[0]) == {
        "minutes": 30,
        "overbooked": False,
        "rev": 5,
    }
    alice = at_noon(profile(PHONE)).new_page()
    alice.goto(link(practice, kept))
    expect(alice.get_by_text("9:10")).to_be_visible()
    expect(alice.get_by_text("Vaccin avant un voyage")).to_be_visible()
    expect(alice.get_by_text("Apportez le carnet.")).to_be_visible()


def test_what_a_colleague_changed_meanwhile_is_not_overwritten_and_what_was_typed_waits_for_the_line(
    practice: Town, sam: Page, profile: Callable[..., BrowserContext]
) -> None:
    practice.book(ALICE, NEXT_WEEK, "11:10")
    helene = at_noon(profile(DESK)).new_page()
    for page, person in ((sam, SAM), (helene, HELENE)):
        unlock(page, practice, person)
        next_week(page)
        corrects(page, "11 h 10 à")

    def away(route: Route) -> None:
        route.abort()

    helene.route("**/read", away)
    helene.get_by_label("Raison donnée").fill("De Hélène")
    helene.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(helene.get_by_role("alert")).to_contain_text("Le serveur ne répond pas.")
    helene.unroute("**/read", away)
    helene.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(said(helene)).to_contain_text("Rendez-vous corrigé.")
    sam.get_by_label("Raison donnée").fill("De Sam")
    sam.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(sam.get_by_role("alert")).to_contain_text("rien n’a été écrasé")
    expect(sam.locator(".side")).to_contain_text("De Hélène")


def test_of_who_was_seen_only_the_way_back_is_offered(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    block(sam, "10 h 10 à").click()
    panel = sam.locator(".side")
    for word, left in (("Arrivée", 2), ("En salle", 1), ("Vu", 0)):
        panel.get_by_role("button", name=word, exact=True).click()
        expect(panel.get_by_role("button", name=word, exact=True)).to_have_count(0)
        expect(panel.locator(".pairs [aria-keyshortcuts]:not([aria-keyshortcuts='D'])")).to_have_count(left)
    expect(panel.locator(".tag").first).to_have_text("vu")
    check_in_both_themes(sam)
    panel.get_by_role("button", name="Remettre «\u00a0en salle\u00a0»").click()
    expect(panel.locator(".tag").first).to_have_text("en salle")
    panel.get_by_role("button", name="Remettre «\u00a0attendu\u00a0»").click()
    expect(panel.locator(".tag").first).to_have_text("attendu")


def test_a_series_moves_as_one_what_cannot_stays_and_is_listed_and_all_is_taken_back(
    practice: Town, sam: Page
) -> None:
    """Four Tuesdays at 17:20 go to Thursdays at 16:20; Tom has the third's time."""
    practice.book(ALICE, NEXT_WEEK, "17:20")
    thursday = NEXT_WEEK + dt.timedelta(days=2)
    practice.book(TOM, thursday + dt.timedelta(weeks=2), "16:20")
    unlock(sam, practice)
    next_week(sam)
    repeat(sam, "17 h 20", 3)
    sam.get_by_role("button", name="Voir toute la série").click()
    sam.get_by_role("button", name="Déplacer des rendez-vous").click()
    sam.get_by_label("Tous ceux qui sont à venir").check()
    sam.get_by_label("Date", exact=True).fill(thursday.isoformat())
    sam.get_by_label("Heure", exact=True).fill("16:20")
    expect(sam.locator(".series-dates > li").nth(3)).to_contain_text("ira au jeudi 15 avril")
    check_in_both_themes(sam)
    sam.get_by_role("button", name="Déplacer 4 rendez-vous").click()
    expect(said(sam)).to_contain_text("3 rendez-vous déplacés. 1 n’a pas pu bouger et reste où il est.")
    left = sam.locator(".side .note-warn")
    expect(left).to_contain_text(
        "mardi 6 avril, 17 h 20, l’heure voulue est prise".replace(" h ", "\u00a0h\u00a0")
    )
    expect(visit(sam, "16 h 20 à", thursday)).to_be_visible()
    said(sam).get_by_role("button", name="Défaire").click()
    expect(said(sam)).to_contain_text("3 rendez-vous remis à leur place.")
    expect(visit(sam, "17 h 20 à", NEXT_WEEK)).to_be_visible()
    # The card's list ends before the series does, and says so.
    sam.get_by_role("button", name="Patients", exact=True).click()
    sam.get_by_role("combobox", name="Chercher quelqu’un").fill("renaudin")
    sam.get_by_role("option").first.click()
    sam.locator(".note", has_text="Elle va peut-être plus loin").get_by_role("button").click()
    expect(sam.get_by_role("heading", name="4 rendez-vous dans la série")).to_be_visible()
