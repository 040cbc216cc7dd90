# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dr Ferrand opens a practice as a person would: what the screen says, typed from what the paper says."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import asyncpg
from playwright.sync_api import Page, expect

from serment.directory.towns import load_towns

NAME, PASSWORD = "luc.ferrand", "Sept-Lavoirs_2027"
RPPS = "99990000077"


async def furnish(url: str) -> None:
    """Towns, and one entry of the register: Luc Ferrand, general practitioner in Die."""
    connection = await asyncpg.connect(url)
    try:
        await load_towns(connection)
        await connection.execute(
            "INSERT INTO directory_entries VALUES ($1, $2, '10', 's', '{SM54}', 'Dr', 'FERRAND', 'Luc', 'ferrand', 'luc',"
            " '{ferrand,luc}', '', 'Cabinet des Cèdres', '3 place du Marché', '26150', '26113', 'Die', '0475220077',"
            " 44.7535, 5.3703, $3)",
            uuid.UUID(int=77),
            RPPS,
            b"d" * 16,
        )
        await connection.execute(
            "INSERT INTO directory_words SELECT w, ARRAY[w] FROM unnest('{ferrand,luc}'::text[]) w"
            " ON CONFLICT DO NOTHING"
        )
    finally:
        await connection.close()


@dataclass
class Ferrand:
    """At one page. `look` is called at each step, for who wants to see."""

    page: Page
    origin: str
    look: Callable[[str], None] = lambda _: None
    code: str = ""
    root: str = ""

    def step(self, title: str) -> None:
        expect(self.page.get_by_role("heading", level=1, name=title)).to_be_visible()

    def arrives(self) -> None:
        self.page.goto(f"{self.origin}/fr/open")
        self.step("Votre compte")

    def makes_an_account(self, name: str = NAME) -> None:
        self.look("account")
        self.page.get_by_label("Nom de connexion").fill(name)
        self.page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Créer le compte").click()
        self.step("Le code de secours")

    def types_back(self, groups: list[str]) -> None:
        self.page.get_by_role("button", name="Je l’ai sur papier").click()
        for label in self.page.locator("label", has_text=re.compile(r"^Groupe \d$")).all():
            number = int(label.inner_text().rpartition(" ")[2])
            self.page.get_by_label(f"Groupe {number}", exact=True).fill(
                groups[number - 1].upper().replace("-", " ")
            )

    def groups(self) -> list[str]:
        sheet = self.page.locator(".sheet").first
        expect(sheet).to_be_visible()
        # Paper is paper: the stylesheet that several pages share has come with this one too.
        assert sheet.evaluate("each => getComputedStyle(each).backgroundColor") == "rgb(255, 254, 249)"
        return self.page.locator(".sheet").first.locator("ol.groups li").all_inner_texts()

    def keeps_the_code(self) -> None:
        groups = self.groups()
        self.code = " ".join(groups)
        self.look("second")
        self.types_back(groups)
        self.look("second-try")
        self.page.get_by_role("button", name="Vérifier et continuer").click()

    def finds_themselves(self) -> None:
        self.step("Qui vous êtes")
        self.look("who")
        self.page.get_by_label("Votre nom, ou votre numéro RPPS").fill("ferrand")
        self.page.get_by_role("button", name="Luc Ferrand").wait_for()
        self.look("who-found")
        self.page.get_by_role("button", name="Luc Ferrand").click()
        expect(self.page.get_by_label("Nom du cabinet")).to_have_value("Cabinet des Cèdres")
        expect(self.page.get_by_label("Commune")).to_have_value("26113")
        self.look("who-form")
        self.page.get_by_role("button", name="Continuer").click()

    def finds_themselves_by_hand(self) -> None:
        self.step("Qui vous êtes")
        self.page.get_by_role("button", name="Je n’y suis pas").click()
        self.page.get_by_label("Nom du cabinet").fill("Cabinet du Pont")
        self.page.get_by_label("Prénom").fill("Luc")
        self.page.get_by_label("Nom", exact=True).fill("Ferrand")
        self.page.get_by_label("Spécialité").select_option(label="Médecin généraliste")
        self.page.get_by_label("Numéro et rue").fill("2 quai du Pont")
        self.page.get_by_label("Code postal").fill("26150")
        expect(self.page.get_by_label("Commune")).not_to_have_value("")
        phone = self.page.get_by_label("Téléphone du cabinet")
        phone.fill("04 75 22 00")
        self.page.get_by_role("button", name="Continuer").click()
        expect(phone).to_be_focused()
        expect(self.page.get_by_text("Vérifiez ce numéro")).to_be_visible()
        phone.fill("04.75.22.00.77")
        self.page.get_by_role("button", name="Continuer").click()

    def keeps_the_root(self) -> None:
        self.step("La feuille racine")
        groups = self.groups()
        self.root = " ".join(groups)
        self.look("root")
        self.types_back(groups)
        self.look("root-try")
        self.page.get_by_role("button", name="Vérifier et continuer").click()

    def sets_hours(self) -> None:
        self.step("Vos premiers horaires")
        self.look("hours")
        while self.page.get_by_role("group", name="Plage 2").count():
            self.page.get_by_role("button", name="Retirer la plage 2").click()
        # Open every day, so that a patient finds a time whatever day this is.
        for name in ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"):
            day = self.page.get_by_role("group", name="Plage 1").get_by_role("button", name=name)
            if day.get_attribute("aria-pressed") == "false":
                day.click()
        self.page.get_by_role("button", name="Continuer").click()

    def opens_the_door(self) -> None:
        self.step("L’affiche et la porte")
        expect(self.page.locator(".poster-words")).to_contain_text("·")
        self.look("door")
        self.page.get_by_role("button", name="Ouvrir aux patients").click()
        expect(self.page.get_by_role("heading", name="Le cabinet est ouvert")).to_be_visible()
        self.look("open")

    def all_of_it(self) -> None:
        self.arrives()
        self.makes_an_account()
        self.keeps_the_code()
        self.finds_themselves()
        self.keeps_the_root()
        self.sets_hours()
        self.opens_the_door()
