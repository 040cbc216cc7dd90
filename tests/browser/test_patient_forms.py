# SPDX-License-Identifier: AGPL-3.0-or-later
"""The form: for a relative, on a shared computer, reloaded, gone back from, and filled in wrongly."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from browser.conftest import NARROW, check_accessible
from browser.walk import ALICE, TOM, WORDS, choose_time, confirm, fill_form, heading, link_of, to_review

pytestmark = pytest.mark.slow

FR = WORDS["fr"]


def at_form(page: Page, site: Any, language: str = "fr", hour: str = "9:40") -> None:
    page.goto(site.booking(language))
    choose_time(page, language, site.fresh_day(), hour)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_alice_books_for_tom_and_sees_later_which_one(site: Any, alice: Page, language: str) -> None:
    words = WORDS[language]
    at_form(alice, site, language)
    fill_form(alice, language, TOM, whose="child")
    # A child's name is no business of the parent's browser's memory of their own.
    assert alice.get_by_label(words["given"], exact=True).get_attribute("autocomplete") == "off"
    check_accessible(alice)
    name = {"fr": "Votre nom", "en": "Your name"}[language]
    alice.get_by_label(name).fill("Alice Renaudin")
    to_review(alice, language)
    whose = {"fr": "Mon enfant, ou un mineur", "en": "My child, or a minor"}[language]
    expect(alice.locator("dd", has_text=whose)).to_be_visible()
    answers = {"fr": "Alice Renaudin, parent ou responsable", "en": "Alice Renaudin, parent or guardian"}[
        language
    ]
    expect(alice.get_by_text(answers)).to_be_visible()
    check_accessible(alice)
    confirm(alice, language)
    expect(alice.locator(".pli")).to_contain_text("Tom")
    assert "Tom" not in alice.title()
    alice.goto(site.address(f"/{language}/mine"))
    expect(alice.get_by_text({"fr": "pour T.", "en": "for T."}[language])).to_be_visible()
    expect(alice.get_by_text("Tom")).to_have_count(0)
    check_accessible(alice)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_on_a_shared_computer_nothing_stays(site: Any, alice: Page, language: str) -> None:
    words = WORDS[language]
    at_form(alice, site, language)
    fill_form(alice, language)
    alice.get_by_label(words["shared"]).check()
    to_review(alice, language)
    confirm(alice, language)
    link = link_of(alice)
    check_accessible(alice)
    assert alice.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    assert alice.evaluate("indexedDB.databases().then((all) => all.length)") == 0
    assert link.partition("#")[2] not in alice.evaluate("JSON.stringify(history.state)")
    lead = {
        "fr": "Rien n’est gardé sur cet appareil. Photographiez ou imprimez ce lien maintenant.",
        "en": "Nothing is kept on this device. Photograph or print this link now.",
    }[language]
    expect(alice.get_by_text(lead)).to_be_visible()
    # On a phone the link stands above what else the page says.
    code, letter = alice.get_by_role("img", name="QR").bounding_box(), alice.locator(".pli").bounding_box()
    assert code is not None
    assert letter is not None
    assert code["y"] < letter["y"]
    # Whoever comes next in this tab finds neither the appointment nor what was typed.
    alice.reload()
    gone = {"fr": "Rien n’est gardé ici", "en": "Nothing is kept here"}[language]
    expect(heading(alice, gone)).to_be_visible()
    check_accessible(alice)
    alice.goto(site.booking(language))
    expect(heading(alice, words["when"])).to_be_visible()
    assert ALICE.birth_name not in alice.content()
    alice.goto(site.address(f"/{language}/mine"))
    assert ALICE.given not in alice.content()


def test_a_reload_in_mid_flow_loses_nothing(site: Any, alice: Page) -> None:
    at_form(alice, site)
    fill_form(alice, "fr")
    alice.get_by_label(FR["reason"]).blur()
    alice.reload()
    expect(heading(alice, FR["who"])).to_be_visible()
    expect(alice.get_by_label(FR["given"], exact=True)).to_have_value(ALICE.given)
    expect(alice.get_by_label(FR["reason"])).to_have_value(ALICE.reason)
    expect(alice.get_by_role("radio", name="Moi", exact=True)).to_be_checked()
    expect(alice.get_by_text("Gardé encore")).to_be_visible()
    to_review(alice, "fr")
    alice.reload()
    expect(heading(alice, FR["right"])).to_be_visible()
    confirm(alice, "fr")


def test_the_back_button_goes_one_step_back_and_forward_again(site: Any, alice: Page) -> None:
    at_form(alice, site)
    fill_form(alice, "fr")
    to_review(alice, "fr")
    alice.go_back()
    expect(heading(alice, FR["who"])).to_be_focused()
    expect(alice.get_by_label(FR["given"], exact=True)).to_have_value(ALICE.given)
    alice.go_back()
    expect(heading(alice, FR["when"])).to_be_visible()
    alice.go_forward()
    expect(alice.get_by_label(FR["given"], exact=True)).to_have_value(ALICE.given)
    alice.go_forward()
    expect(heading(alice, FR["right"])).to_be_visible()
    confirm(alice, "fr")


MISTAKES = {
    "fr": [
        ("given", "Alice2", "Un nom ne contient ni chiffre ni @."),
        ("birth_date", "31 2 1948", "Ce mois n’a pas de jour 31."),
        ("birth_date", "2 11 14", "Écrivez l’année avec ses quatre chiffres, par exemple 1948."),
        ("birth_date", "2 11 2148", "Cette date est dans l’avenir : vérifiez l’année."),
        ("phone", "06 39 98 12 4", "Il manque un chiffre : un numéro français en compte dix."),
        ("phone", "06 39 98 12 400", "Il y a un chiffre de trop : un numéro français en compte dix."),
        ("phone", "6 39 98 12 40", "Il manque le 0 du début."),
        ("email", "alice.exemple.fr", "Il manque le signe @ dans cette adresse."),
        ("phone", "00 12 34 56 78", "Ce numéro commence par 00."),
        ("email", "alice@orange..fr", "Il y a deux points à la suite dans cette adresse : gardez-en un."),
        ("email", "alice@exemple", "Après le @, il manque la fin, par exemple .fr ou .com."),
    ],
    "en": [
        ("birth_date", "yesterday", "Write day, month and year, for example 9 4 2019."),
        ("phone", "+33 6 39 98 12 4", "One digit is missing: French numbers have ten."),
        ("email", "alice @exemple.fr", "An address has no space in it."),
    ],
}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_mistake_has_a_sentence_that_helps_and_goes_when_it_is_mended(
    site: Any, alice: Page, language: str
) -> None:
    words = WORDS[language]
    at_form(alice, site, language)
    fill_form(alice, language)
    right = {"given": ALICE.given, "birth_date": ALICE.birth_date, "phone": ALICE.phone, "email": ALICE.email}
    for name, typed, sentence in MISTAKES[language]:
        field = alice.get_by_label(words[name], exact=name == "given")
        field.fill(typed)
        expect(alice.get_by_text(sentence)).to_have_count(0)
        field.blur()
        expect(alice.get_by_text(sentence)).to_be_visible()
        expect(field).to_have_attribute("aria-invalid", "true")
        # Spaces may be no-break ones; the description ends with the sentence, after the hint.
        words_of_it = r"\s+".join(re.escape(word) for word in sentence.split())
        expect(field).to_have_accessible_description(re.compile(words_of_it))
        field.fill(right[name])
        expect(alice.get_by_text(sentence)).to_have_count(0)


def test_somebody_of_age_booked_for_as_a_child_is_asked_about_gently(site: Any, alice: Page) -> None:
    at_form(alice, site)
    fill_form(alice, "fr", TOM, whose="child")
    asked = alice.get_by_text("si elle est majeure, choisissez plutôt")
    expect(asked).to_have_count(0)
    alice.get_by_label(FR["birth_date"]).fill(ALICE.birth_date)
    expect(asked).to_be_visible()
    check_accessible(alice)
    # A question, not a refusal.
    to_review(alice, "fr")


def test_a_first_visit_where_nobody_new_is_taken_is_warned_of_before_the_review(
    site: Any, alice: Page
) -> None:
    def full(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        told["practitioner"]["new_patients"] = False
        route.fulfill(response=answer, json=told)

    alice.route("**/api/agendas/*", full)
    at_form(alice, site)
    fill_form(alice, "fr")
    note = alice.locator(".note", has_text="Dr Inès Bento ne prend plus de nouveaux patients.")
    expect(note).to_contain_text("04 75 22 00 00")
    check_accessible(alice)
    first_visit = alice.get_by_role("group", name=FR["first_visit"])
    first_visit.get_by_role("radio", name="Non").check()
    expect(note).to_have_count(0)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_an_empty_form_names_what_is_missing_and_goes_to_the_first(
    site: Any, alice: Page, language: str
) -> None:
    words = WORDS[language]
    at_form(alice, site, language)
    alice.get_by_role("button", name=words["check"]).click()
    expect(alice.get_by_role("radio", name=words["me"], exact=True)).to_be_focused()
    count = {"fr": "7 champs sont à corriger.", "en": "7 fields need correcting."}[language]
    expect(alice.get_by_role("alert").filter(has_text=count)).to_be_attached()
    check_accessible(alice)
    alice.set_viewport_size(NARROW)
    check_accessible(alice)
