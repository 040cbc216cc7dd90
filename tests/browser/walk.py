# SPDX-License-Identifier: AGPL-3.0-or-later
"""The steps of a booking as a person takes them, in both languages, for the tests of this folder."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
import urllib.request
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import asyncpg
from playwright.sync_api import Locator, Page, expect

from serment.seeding import seed_id

SLUG = "cabinet-des-tilleuls"

WORDS: dict[str, dict[str, str]] = {
    "fr": {
        "when": "Quand voulez-vous venir ?", "who": "Pour qui est ce rendez-vous ?", "right": "Tout est juste ?",
        "done": "C’est noté. Le cabinet vous attend.", "me": "Moi", "child": "Mon enfant", "given": "Prénom",
        "birth_name": "Nom de naissance", "birth_date": "Date de naissance", "sex": "Sexe à l’état civil",
        "female": "Féminin", "phone": "Votre téléphone", "email": "Votre e-mail", "first_visit": "première visite",
        "yes": "Oui", "allergies": "Avez-vous des allergies", "reason": "Pour préparer la visite",
        "check": "Vérifier avant de confirmer", "confirm": "Confirmer le rendez-vous", "shared": "Cet appareil est partagé",
        "more": "Voir les jours suivants", "appointment": "Votre rendez-vous", "move": "Déplacer",
        "which": "Quand préférez-vous venir ?", "move_there": "Déplacer à cette heure ?", "do_move": "Déplacer le rendez-vous",
        "moved": "C’est déplacé. Le cabinet vous attend.", "cancel": "Annuler le rendez-vous",
        "sure": "Annuler ce rendez-vous ?", "do_cancel": "Oui, annuler", "keep": "Non, le garder",
        "cancelled": "C’est annulé. Merci d’avoir prévenu.", "back": "Revenir au rendez-vous", "retry": "Réessayer",
    },
    "en": {
        "when": "When would you like to come?", "who": "Who is this appointment for?", "right": "Is everything right?",
        "done": "You’re booked. The practice expects you.", "me": "Me", "child": "My child", "given": "First name",
        "birth_name": "Birth name", "birth_date": "Date of birth", "sex": "Sex on civil documents",
        "female": "Female", "phone": "Your phone", "email": "Your e-mail", "first_visit": "first visit",
        "yes": "Yes", "allergies": "Do you have allergies", "reason": "To prepare the visit",
        "check": "Check before confirming", "confirm": "Confirm the appointment", "shared": "This device is shared",
        "more": "See later days", "appointment": "Your appointment", "move": "Move",
        "which": "When would you rather come?", "move_there": "Move to this time?", "do_move": "Move the appointment",
        "moved": "It’s moved. The practice expects you.", "cancel": "Cancel the appointment",
        "sure": "Cancel this appointment?", "do_cancel": "Yes, cancel it", "keep": "No, keep it",
        "cancelled": "It’s cancelled. Thank you for saying so.", "back": "Back to the appointment", "retry": "Try again",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """What somebody types. All of it is invented."""

    given: str = "Alice"
    birth_name: str = "Renaudin-Abescat"
    birth_date: str = "2 11 1948"
    phone: str = "06 39 98 12 40"
    email: str = "alice@exemple.fr"
    reason: str = "Toux la nuit depuis dix jours."


ALICE = Person()
TOM = Person(given="Tom", birth_date="09/04/2019")


def heading(page: Page, text: str) -> Locator:
    return page.get_by_role("heading", level=1, name=text)


def slot_of(page: Page, day: Any, hour: str) -> Locator:
    """The button of one hour of one day (a date)."""
    return page.locator(
        f"section.daycard:has(#day-{day}) button.slot", has_text=re.compile(rf"(^|\D){hour}\s*$")
    )


def show_day(page: Page, language: str, day: Any) -> None:
    """Where times are offered: goes on until the day is there."""
    words = WORDS[language]
    expect(page.locator("section.daycard").first).to_be_visible()
    while page.locator(f"#day-{day}").count() == 0:
        shown = page.locator("section.daycard").count()
        page.get_by_role("button", name=words["more"]).click()
        expect(page.locator("section.daycard").nth(shown)).to_be_visible()


def choose_time(page: Page, language: str, day: Any, hour: str) -> None:
    """On the times' step: takes an hour of a day."""
    words = WORDS[language]
    expect(heading(page, words["when"])).to_be_visible()
    show_day(page, language, day)
    slot_of(page, day, hour).click()
    expect(heading(page, words["who"])).to_be_visible()


def fill_form(page: Page, language: str, person: Person = ALICE, *, whose: str = "me") -> None:
    """On the form's step: everything, as one writes it."""
    words = WORDS[language]
    page.get_by_role("radio", name=words[whose], exact=whose == "me").check()
    page.get_by_label(words["given"], exact=True).fill(person.given)
    page.get_by_label(words["birth_name"]).fill(person.birth_name)
    page.get_by_label(words["birth_date"]).fill(person.birth_date)
    page.get_by_label(words["sex"]).select_option(label=words["female"])
    page.get_by_label(words["phone"]).fill(person.phone)
    page.get_by_label(words["email"]).fill(person.email)
    page.get_by_role("group", name=words["first_visit"]).get_by_role("radio", name=words["yes"]).check()
    page.get_by_label(words["allergies"]).fill("Pénicilline")
    page.get_by_label(words["reason"]).fill(person.reason)


def to_review(page: Page, language: str) -> None:
    page.get_by_role("button", name=WORDS[language]["check"]).click()
    expect(heading(page, WORDS[language]["right"])).to_be_visible()


def confirm(page: Page, language: str) -> None:
    page.get_by_role("button", name=WORDS[language]["confirm"]).click()
    expect(heading(page, WORDS[language]["done"])).to_be_visible()


def book(page: Page, site: Any, language: str, day: Any, hour: str, person: Person = ALICE) -> None:
    """The whole way, to the page that says it is done."""
    page.goto(site.booking(language))
    choose_time(page, language, day, hour)
    fill_form(page, language, person)
    to_review(page, language)
    confirm(page, language)


def link_of(page: Page) -> str:
    """The link on a page that shows one, as it is printed."""
    return page.locator(".only-print.code").inner_text() or str(
        page.locator(".only-print.code").text_content()
    )


def offered(site: Any, day: Any, hour: str) -> bool:
    """Whether the server offers that hour of that day to somebody new (a date and "9:40"; bypasses every cache)."""
    kind = seed_id(SLUG, "visit_type", "consultation")
    address = f"{site.origin}/api/slots?agenda={site.agenda}&visit_type={kind}&from={day}&days=1"
    with urllib.request.urlopen(address) as answer:  # noqa: S310
        times = [slot["time"] for one in json.load(answer)["days"] for slot in one["slots"]]
    return hour.rjust(5, "0") in times


def at_database(site: Any, deed: Callable[[asyncpg.Connection], Awaitable[Any]]) -> Any:
    """Does something in the site's database. Playwright's own loop runs here, so it is done from another thread."""

    async def done() -> Any:
        connection = await asyncpg.connect(site.url)
        try:
            return await deed(connection)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as aside:
        return aside.submit(lambda: asyncio.run(done())).result()


def rows(site: Any, statement: str) -> list[Any]:
    """What a statement reads in the site's database."""
    return list(at_database(site, lambda connection: connection.fetch(statement)))


def opens_desk(page: Page, site: Any) -> None:
    """Dr Bento's desk, open."""
    page.goto(site.address("/fr/desk"))
    page.get_by_label("Nom de connexion").fill("bento")
    page.get_by_label("Mot de passe", exact=True).fill("trois tilleuls verts")
    page.get_by_role("button", name="Ouvrir", exact=True).click()
    expect(page.get_by_role("button", name="Refermer", exact=True)).to_be_visible(timeout=30_000)


def visit(page: Page, day: dt.date, hours: str) -> Locator:
    """At the desk: what begins its name so on a day, which is gone to."""
    monday = page.locator("section.wday > [id^='day-']").first
    while dt.date.fromisoformat((shown := monday.get_attribute("id") or "")[4:]) + dt.timedelta(days=6) < day:
        page.get_by_role("button", name="Semaine suivante").click()
        expect(monday).not_to_have_attribute("id", shown)
    return page.locator(f"section.wday:has(> #day-{day})").get_by_role(
        "button", name=re.compile("^" + re.escape(hours))
    )
