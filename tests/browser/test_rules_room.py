# SPDX-License-Identifier: AGPL-3.0-or-later
"""The desk's room of hours and visit types: written by keyboard, shown before it is saved, never lost, never overwritten."""

from __future__ import annotations

import datetime as dt
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import DESK, PHONE, check_accessible
from browser.desk_town import ALICE, HELENE, SAM, TODAY, TOM, TOWN, ZONE, Town, at_noon, fill_in, town, unlock
from serment.demo.house import Person
from serment.directory.towns import load_towns
from serment.seeding import plant
from serment.seeding.format import read as read_town

pytestmark = pytest.mark.slow

THURSDAY = TODAY + dt.timedelta(days=2)
FRIDAY = TODAY + dt.timedelta(days=3)
CLEARED = (
    "openings", "opening_exceptions", "absences", "visit_type_agendas", "visit_type_resources", "visit_types", "resources",
    "agendas", "practitioners", "sites", "acts", "stanzas", "spans", "appointments",
)  # fmt: skip


@pytest.fixture(scope="module")
async def house(
    bundle: None, new_database: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """The practice on a Tuesday morning in March."""
    with town(await new_database(), tmp_path_factory.mktemp("rules")) as made:
        made.run(know_france(made.url))
        yield made


async def know_france(url: str) -> None:
    """The official list of towns, and one entry of the register."""
    connection = await asyncpg.connect(url)
    try:
        await load_towns(connection)
        await connection.execute(
            "INSERT INTO directory_entries (entry, rpps, profession, structure, mode, digest, specialties, title, family_name, given_name, family_folded,"
            " given_folded, name_words, site_name, address, postcode, town, town_code, phone, latitude, longitude)"
            " VALUES (gen_random_uuid(), '10109876543', '10', '', '', decode(repeat('00', 16), 'hex'), '{SM26}', '', 'QUEMENEUR', 'Rosa', 'quemeneur', 'rosa',"
            " '{quemeneur,rosa}', '', '9 rue de Siam', '29200', 'Brest', '29019', '', 48.39, -4.49)"
        )
    finally:
        await connection.close()


def plant_rules(house: Town, file: Path, text: str, *, cleared: tuple[str, ...] = ()) -> None:
    """The rules of a file, written as `serment seed` writes them."""
    file.write_text(text, "utf-8")
    rules = read_town(file)

    async def write() -> None:
        connection = await asyncpg.connect(house.url)
        try:
            for table in cleared:
                await connection.execute(f"DELETE FROM {table}")
            await plant(connection, rules)
        finally:
            await connection.close()

    house.run(write())


@pytest.fixture
def practice(house: Town, tmp_path: Path) -> Town:
    """Its rules as they were planted, and Alice and Tom expected on Thursday afternoon."""
    plant_rules(house, tmp_path / "town.toml", TOWN, cleared=CLEARED)
    house.book(ALICE, THURSDAY, "14:00")
    house.book(TOM, THURSDAY, "14:20")
    return house


@pytest.fixture
def desk(practice: Town, profile: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """Somebody's machine with the room of rules open."""

    def enter(person: Person = SAM, *, viewport: dict[str, int] = DESK, language: str = "fr") -> Page:
        page: Page = at_noon(profile(viewport)).new_page()
        narrow, fr = viewport == PHONE, language == "fr"
        if narrow:
            page.goto(f"{practice.origin}/{language}/desk")
            fill_in(page, person, language=language)
            page.get_by_role("button", name="Plus", exact=True).click()
        else:
            unlock(page, practice, person, language=language)
        page.get_by_role("button", name="Horaires et motifs" if fr else "Hours and visits").click()
        expect(
            page.get_by_role("heading", name="La semaine" if fr else "The week", exact=True)
        ).to_be_visible()
        return page

    return enter


def part(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def offered(practice: Town, day: dt.date, agenda: str = "bento") -> list[str]:
    """What a patient's browser is told."""
    kind = practice.type()
    asked = (
        f"{practice.origin}/api/slots?agenda={practice.agenda(agenda)}&visit_type={kind}&from={day}&days=1"
    )
    with urllib.request.urlopen(asked) as answer:  # noqa: S310  # our own server on loopback
        return [slot["time"] for slot in json.load(answer)["days"][0]["slots"]]


def test_sam_notes_an_absence_in_one_line_by_keyboard_and_decides_about_each_appointment(
    practice: Town, desk: Callable[..., Page]
) -> None:
    page = desk()
    part(page, "Absences et dates")
    page.get_by_label("En une ligne").focus()
    # One line and one key: with the phone at one's ear, that is all there is to it.
    page.keyboard.type("jeudi 14-16")
    expect(page.locator("#quick-said")).to_contain_text(
        "Dr Inès Bento\u00a0: jeudi 18 mars, de 14 h à 16 h".replace(" h", "\u00a0h")
    )
    expect(page.get_by_text("2 rendez-vous se trouveraient hors des horaires")).to_be_visible()
    assert "14:40" in offered(practice, THURSDAY)
    page.keyboard.press("Enter")
    title = page.get_by_role("heading", name="2 rendez-vous sont hors des horaires")
    expect(title).to_be_focused()
    assert not any("14:00" <= time < "16:00" for time in offered(practice, THURSDAY))
    assert [row["status"] for row in practice.rows("SELECT status FROM appointments")] == ["booked"] * 2
    expect(page.get_by_text("Alice Renaudin-Abescat")).to_be_visible()
    page.get_by_role("button", name="Contact de Alice").click()
    expect(page.get_by_role("link", name="06 39 98 12 40".replace(" ", "\u00a0"))).to_be_visible()
    page.get_by_role("button", name="Garder le rendez-vous de Alice").click()
    expect(page.get_by_text("gardé", exact=True)).to_be_visible()
    page.get_by_role("button", name="Annuler le rendez-vous de Tom").click()
    expect(page.get_by_text("annulé", exact=True)).to_be_visible()
    assert sorted(row["status"] for row in practice.rows("SELECT status FROM appointments")) == [
        "booked",
        "cancelled",
    ]
    check_accessible(page)
    # Within the absence nobody takes the time: the cancellation can be taken back.
    page.get_by_role("button", name="Rétablir le rendez-vous de Tom").click()
    expect(page.get_by_text("annulé", exact=True)).to_be_hidden()
    assert [row["status"] for row in practice.rows("SELECT status FROM appointments")] == ["booked"] * 2
    # The list is found again from the absence, and a move is the agenda's own.
    part(page, "Décider plus tard")
    page.get_by_role("button", name="Qui a rendez-vous").click()
    expect(page.get_by_role("heading", name="2 rendez-vous sont hors des horaires")).to_be_visible()
    page.get_by_role("button", name="Déplacer le rendez-vous de Tom").click()
    expect(page.locator("#moving-title")).to_contain_text("Tom Abescat")
    # Set down at the first free place; the way back leads to the same list, which knows who was moved and who was kept.
    page.locator(".said-move").get_by_role("button", name="Première place").click()
    expect(page.locator("[data-stop^='place/']:focus")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".said")).to_contain_text("Déplacé au")
    check_accessible(page)
    page.get_by_role("button", name="Retour à la liste").click()
    expect(page.locator(".said")).to_be_hidden()
    way = page.locator(".way")
    expect(way.get_by_role("listitem").filter(has_text="Tom Abescat")).to_contain_text("déplacé,")
    expect(way.get_by_text("gardé", exact=True)).to_be_visible()
    expect(way.get_by_role("button", name="Déplacer le rendez-vous")).to_have_count(0)
    check_accessible(page)


def test_a_line_that_says_no_date_is_not_guessed_at_and_an_absence_is_taken_back(
    practice: Town, desk: Callable[..., Page]
) -> None:
    page = desk()
    part(page, "Absences et dates")
    line = page.get_by_label("En une ligne")
    line.fill("bientôt")
    line.press("Enter")
    expect(line).to_have_attribute("aria-invalid", "true")
    expect(line).to_be_focused()
    check_accessible(page)
    assert (
        practice.rows("SELECT count(*) AS n FROM absences WHERE agenda = $1", practice.agenda())[0]["n"] == 0
    )
    line.fill("vendredi")
    line.press("Enter")
    expect(page.locator(".said")).to_contain_text("Absence notée, Dr Inès Bento")
    assert offered(practice, FRIDAY) == []
    page.locator(".said").get_by_role("button", name="Défaire").click()
    expect(page.get_by_text("Aucune absence, aucun jour particulier à venir.")).to_be_visible()
    assert offered(practice, FRIDAY) != []


def test_one_day_of_an_opening_changes_alone_and_patients_were_shown_it_before(
    practice: Town, desk: Callable[..., Page]
) -> None:
    page = desk()
    page.get_by_role("button", name="Modifier : Vendredi, 8:30 – 12:00".replace(" :", "\u00a0:")).click()
    expect(page.locator("#opening-title")).to_be_focused()
    page.get_by_label("Un seul jour").check()
    expect(page.get_by_label("Le jour", exact=True)).to_have_value(str(FRIDAY))
    page.get_by_label("De", exact=True).fill("10:00")
    expect(page.locator(".rules-side").get_by_text("de moins")).to_be_visible()
    assert "08:30" in offered(practice, FRIDAY)
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.locator(".said")).to_contain_text("Les horaires sont enregistrés")
    assert offered(practice, FRIDAY)[0] == "10:00"
    assert offered(practice, FRIDAY + dt.timedelta(days=7))[0] == "08:30"
    part(page, "Absences et dates")
    expect(
        page.get_by_text("vendredi 19 mars, 10:00 – 12:00, à la place des heures habituelles")
    ).to_be_visible()


def test_why_a_time_is_not_offered_is_asked_from_the_rules_too(
    practice: Town, desk: Callable[..., Page]
) -> None:
    page = desk()
    page.get_by_role("button", name="Pourquoi pas cette heure").click()
    side = page.locator(".rules-side")
    side.get_by_label("Date", exact=True).fill(str(FRIDAY))
    side.get_by_label("Heure", exact=True).fill("13:00")
    side.get_by_role("button", name="Demander").click()
    expect(side.get_by_role("status").last).to_contain_text("dans les heures d’ouverture")
    check_accessible(page)


def test_of_two_desks_the_second_is_told_and_keeps_what_was_typed(
    practice: Town, desk: Callable[..., Page]
) -> None:
    pages = [desk(SAM), desk(HELENE)]
    for page, start in zip(pages, ("09:00", "10:00"), strict=True):
        page.get_by_role("button", name="Modifier : Lundi, 8:30 – 12:00".replace(" :", "\u00a0:")).click()
        page.get_by_label("Toutes les dates").check()
        page.get_by_label("De", exact=True).fill(start)
    first, second = pages
    first.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(first.locator(".said")).to_contain_text("enregistrés")
    # The other desk's list follows by itself; what is being typed there stays.
    expect(second.get_by_role("button", name="Lundi, 9:00 – 12:00")).to_be_visible()
    expect(second.get_by_label("De", exact=True)).to_have_value("10:00")
    second.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(second.get_by_role("alert")).to_contain_text("Quelqu’un d’autre vient de changer ceci")
    expect(second.get_by_label("De", exact=True)).to_have_value("10:00")
    monday = TODAY + dt.timedelta(days=6)
    assert offered(practice, monday)[0] == "09:00"
    second.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(second.locator(".said")).to_contain_text("enregistrés")
    assert offered(practice, monday)[0] == "10:00"


def test_an_unsaved_change_is_guarded_and_is_there_again_when_one_comes_back(
    practice: Town, desk: Callable[..., Page]
) -> None:
    page = desk()
    part(page, "Ajouter une plage")
    page.get_by_role("checkbox", name="Samedi").check()
    part(page, "Absences et dates")
    expect(page.get_by_text("une modification qui n’est pas enregistrée")).to_be_visible()
    page.get_by_role("button", name="Y revenir").click()
    page.get_by_role("navigation", name="Parties du bureau").get_by_role("button", name="Agenda").click()
    page.get_by_role("navigation", name="Parties du bureau").get_by_role(
        "button", name="Horaires et motifs"
    ).click()
    expect(page.get_by_role("checkbox", name="Samedi")).to_be_checked()
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.locator(".said")).to_contain_text("enregistrés")
    saturday = TODAY + dt.timedelta(days=4)
    assert offered(practice, saturday)[0] == "09:00"
    # The twin: with nothing typed there is nothing to guard.
    part(page, "Ajouter une plage")
    part(page, "Absences et dates")
    expect(page.get_by_label("En une ligne")).to_be_visible()


def test_while_the_server_is_away_nothing_is_lost_and_it_is_said(
    practice: Town, desk: Callable[..., Page]
) -> None:
    page = desk()
    part(page, "Ajouter une plage")
    page.get_by_role("checkbox", name="Dimanche").check()
    practice.stop()
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_text("rien ne s’enregistre pour l’instant")).to_be_visible()
    check_accessible(page)
    expect(page.get_by_role("checkbox", name="Dimanche")).to_be_checked()
    practice.start()
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.locator(".said")).to_contain_text("enregistrés")
    assert offered(practice, TODAY + dt.timedelta(days=5))[0] == "09:00"


def test_helene_writes_a_visit_type_with_a_question_and_retires_it_sam_only_reads(
    practice: Town, desk: Callable[..., Page]
) -> None:
    page = desk(HELENE)
    part(page, "Motifs de visite")
    page.get_by_role("button", name="Ajouter un motif").click()
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_label("Nom en français")).to_be_focused()
    check_accessible(page)
    page.get_by_label("Nom en français").fill("Vaccin")
    page.get_by_label("Nom en anglais").fill("Vaccine")
    page.get_by_label("Durée en minutes").fill("10")
    page.get_by_text("Questions avant la visite").click()
    page.get_by_role("button", name="Ajouter une question").click()
    question = page.get_by_role("group", name="Question 1")
    question.get_by_label("En français").fill("Lequel ?")
    question.get_by_label("En anglais").fill("Which one?")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.locator(".said")).to_contain_text("enregistré")
    with urllib.request.urlopen(f"{practice.origin}/api/agendas/{practice.agenda()}") as answer:  # noqa: S310
        told = {each["name_fr"]: each for each in json.load(answer)["visit_types"]}
    assert [each["en"] for each in told["Vaccin"]["questions"]] == ["Which one?"]
    # Patients read them in the practice's order.
    rows = page.get_by_role("region", name="Motifs de visite").get_by_role("listitem")
    expect(rows.nth(2)).to_contain_text("Vaccin")
    raises = page.get_by_role("button", name="Monter Vaccin")
    raises.focus()
    raises.evaluate("each => { each.click(); each.click(); }")  # twice, while the first is still being saved
    expect(rows.nth(0)).to_contain_text("Vaccin")
    expect(page.get_by_role("button", name="Modifier\u00a0: Vaccin")).to_be_focused()
    # Consultation has appointments: it is retired, not deleted.
    page.get_by_role("button", name="Modifier : Consultation".replace(" :", "\u00a0:")).click()
    page.get_by_role("button", name="Supprimer", exact=True).click()
    page.get_by_role("button", name="Oui, supprimer ce motif").click()
    expect(page.get_by_role("alert")).to_contain_text("2 rendez-vous sont de ce motif")
    sam = desk(SAM)
    part(sam, "Motifs de visite")
    expect(sam.get_by_role("listitem").filter(has_text="Vaccin")).to_be_visible()
    expect(sam.get_by_role("button", name="Ajouter un motif")).to_be_hidden()
    expect(sam.get_by_text("réglés par les titulaires et les praticiens")).to_be_visible()


@pytest.mark.parametrize(
    ("viewport", "language"), [(DESK, "fr"), (DESK, "en"), (PHONE, "fr")], ids=["desk", "english", "phone"]
)
def test_every_part_is_accessible_in_both_widths_and_languages(
    practice: Town, desk: Callable[..., Page], viewport: dict[str, int], language: str
) -> None:
    page = desk(HELENE, viewport=viewport, language=language)
    parts = page.locator(".rules > .chips button")
    for nth in range(parts.count()):
        parts.nth(nth).click()
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        check_accessible(page)


def test_a_practice_that_has_nothing_yet_begins_with_the_usual_of_its_specialty(
    practice: Town, desk: Callable[..., Page]
) -> None:
    for table in ("openings", "visit_type_agendas", "visit_types"):
        practice.rows(f"DELETE FROM {table}")  # named just above
    page = desk(HELENE)
    expect(page.get_by_text("Aucun motif n’est proposé sur cet agenda.")).to_be_visible()
    check_accessible(page)
    page.get_by_role("button", name="Partir des heures habituelles de la spécialité").click()
    expect(page.get_by_role("button", name="Mercredi, 8:30 – 12:30")).to_be_visible()
    part(page, "Motifs de visite")
    page.get_by_role("button", name="Partir des motifs habituels de la spécialité").click()
    expect(page.get_by_role("listitem").filter(has_text="Suivi de l’enfant")).to_be_visible()
    expect(page.locator(".rules-side").get_by_text("créneaux proposés")).to_be_visible()


VACCINE = """
[[practices.visit_types]]
key = "vaccine"
name_fr = "Vaccin"
name_en = "Vaccine"
minutes = 20
agendas = ["bento"]
notice_minutes = 0
"""


def test_a_desk_learns_of_a_visit_type_that_was_added_after_it_was_opened(
    practice: Town, profile: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    page: Page = at_noon(profile(DESK)).new_page()
    unlock(page, practice)
    expect(page.get_by_role("button", name="Alice Renaudin-Abescat").first).to_be_visible()
    tilleuls, pont = TOWN.rsplit("[[practices]]", 1)
    plant_rules(practice, tmp_path / "more.toml", f"{tilleuls}{VACCINE}[[practices]]{pont}")
    practice.book(TOM, FRIDAY, "9:30", visit_type="vaccine")
    expect(page.get_by_role("button", name="Tom Abescat, Vaccin")).to_be_visible()


# ---------------------------------------------------------------- agendas, sites, practitioners, rooms


def ask_why(
    page: Page, day: dt.date, hour: str, *, agenda: str | None = None, kind: str | None = None
) -> str:
    """What the room says about one time."""
    side = page.locator(".rules-side")
    if side.get_by_label("Heure", exact=True).count() == 0:
        side.get_by_role("button", name="Pourquoi pas cette heure").click()
    if agenda is not None:
        side.get_by_label("Agenda", exact=True).select_option(label=agenda)
    if kind is not None:
        side.locator("#why-type").select_option(label=kind)
    side.get_by_label("Date", exact=True).fill(str(day))
    side.get_by_label("Heure", exact=True).fill(hour)
    side.get_by_role("button", name="Demander").click()
    answer = side.locator(".side-why [role=status] li")
    expect(answer.first).to_be_visible()
    return " / ".join(answer.all_inner_texts())


def test_helene_adds_a_place_a_practitioner_from_the_register_and_their_agenda_and_patients_see_it(
    practice: Town, desk: Callable[..., Page]
) -> None:
    page = desk(HELENE)
    part(page, "Agendas, lieux, praticiens")
    part(page, "Ajouter un lieu")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_label("Nom du lieu")).to_be_focused()
    check_accessible(page)
    page.get_by_label("Nom du lieu").fill("Annexe de Saint-Denis")
    page.get_by_label("Numéro et rue").fill("3 rue de Paris")
    page.get_by_label("Code postal").fill("97400")
    expect(page.get_by_label("Commune")).to_have_value("97411")
    # The clock and the holidays come with the town.
    expect(page.get_by_label("Jours fériés")).to_have_value("FR-974")
    expect(page.get_by_label("Heure du lieu")).to_have_value("Indian/Reunion")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.locator(".said")).to_contain_text("Annexe de Saint-Denis")
    expect(page.get_by_text("3 rue de Paris, 97400 Saint-Denis")).to_be_visible()

    part(page, "Ajouter un praticien")
    page.get_by_label("Son nom, ou son numéro RPPS").fill("10109876543")
    page.get_by_role("button", name="Rosa Q").click()
    check_accessible(page)
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.locator(".said")).to_contain_text("Rosa Quemeneur")

    part(page, "Ajouter un agenda")
    page.get_by_label("Qui reçoit").select_option(label="Dr Rosa Quemeneur")
    page.get_by_label("Lieu", exact=True).select_option(label="Annexe de Saint-Denis")
    page.get_by_role("checkbox", name="Bilan").uncheck()
    check_accessible(page)
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    # The next thing is to give it hours, and it is chosen for that.
    expect(page.get_by_text("Aucune plage d’ouverture")).to_be_visible()
    (made,) = practice.rows(
        "SELECT agenda FROM agendas JOIN practitioners USING (practice, practitioner) WHERE given_name = 'Rosa'"
    )
    expect(page.get_by_label("Agenda", exact=True)).to_have_value(str(made["agenda"]))
    page.get_by_role("button", name="Partir des heures habituelles de la spécialité").click()
    expect(page.get_by_role("button", name="Mercredi, 8:30 – 12:30")).to_be_visible()
    expect(page.locator(".rules-side").get_by_text("créneaux proposés")).to_be_visible()
    with urllib.request.urlopen(f"{practice.origin}/api/practices/cabinet-des-tilleuls") as answer:  # noqa: S310
        told = json.load(answer)
    (person,) = [each for each in told["practitioners"] if each["given_name"] == "Rosa"]
    (agenda,) = [each for each in told["agendas"] if each["practitioner"] == person["practitioner"]]
    (site,) = [each for each in told["sites"] if each["site"] == agenda["site"]]
    assert (site["town"], site["timezone"]) == ("Saint-Denis", "Indian/Reunion")
    assert agenda["visit_types"] == [str(practice.type())]
    # The agenda itself shows the new column at once.
    page.get_by_role("navigation", name="Parties du bureau").get_by_role("button", name="Agenda").click()
    expect(page.get_by_text("Rosa Quemeneur").first).to_be_visible()


def test_dr_bento_receives_at_a_second_place_and_a_mistaken_agenda_goes_again(
    practice: Town, desk: Callable[..., Page]
) -> None:
    practice.rows(
        "INSERT INTO sites SELECT practice, gen_random_uuid(), 'Annexe', '1 place', postcode, town, town_code, latitude, longitude,"
        " timezone, holiday_region FROM sites WHERE name = 'Cabinet des Tilleuls'"
    )
    page = desk(HELENE)
    part(page, "Agendas, lieux, praticiens")
    part(page, "Ajouter un agenda")
    page.get_by_label("Qui reçoit").select_option(label="Dr Inès Bento")
    page.get_by_label("Lieu", exact=True).select_option(label="Annexe")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(
        page.get_by_label("Agenda", exact=True).locator("option", has_text="Dr Inès Bento, Annexe")
    ).to_have_count(1)
    page.locator(".said").get_by_role("button", name="Défaire").click()
    expect(page.get_by_label("Agenda", exact=True).locator("option", has_text="Annexe")).to_have_count(0)
    assert (
        practice.rows(
            "SELECT count(*) FROM agendas WHERE practice IN (SELECT practice FROM sites WHERE name = 'Annexe')"
        )[0][0]
        == 2
    )


def test_an_agenda_is_closed_after_a_last_day_what_is_in_the_way_is_listed_and_it_is_taken_back(
    practice: Town, desk: Callable[..., Page]
) -> None:
    page = desk(HELENE)
    part(page, "Agendas, lieux, praticiens")
    page.get_by_role("button", name="Modifier : Dr Inès Bento, agendas".replace(" :", "\u00a0:")).click()
    page.get_by_label("Fermé après un dernier jour").check()
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_text("Donnez le dernier jour ouvert.")).to_be_visible()
    check_accessible(page)
    page.get_by_label("Dernier jour ouvert").fill(str(TODAY + dt.timedelta(days=1)))
    expect(page.get_by_text("2 rendez-vous se trouveraient hors des horaires")).to_be_visible()
    expect(page.locator(".rules-side").get_by_text("de moins")).to_be_visible()
    assert offered(practice, THURSDAY) != []
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_role("heading", name="2 rendez-vous sont hors des horaires")).to_be_focused()
    expect(page.get_by_text("Alice Renaudin-Abescat")).to_be_visible()
    assert offered(practice, THURSDAY) == []
    assert [row["status"] for row in practice.rows("SELECT status FROM appointments")] == ["booked"] * 2
    expect(page.get_by_text("ferme après le")).to_be_visible()
    page.locator(".said").get_by_role("button", name="Défaire").click()
    expect(page.get_by_text("ferme après le")).to_be_hidden()
    assert offered(practice, THURSDAY) != []


def test_a_room_that_a_visit_needs_is_added_and_a_time_without_it_is_explained(
    practice: Town, desk: Callable[..., Page]
) -> None:
    page = desk(HELENE)
    part(page, "Salles et appareils")
    page.get_by_role("button", name="Ajouter", exact=True).click()
    page.get_by_label("Sorte").fill("laser")
    page.get_by_label("Nom", exact=True).fill("Laser 1")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.locator(".said")).to_contain_text("Laser 1")
    part(page, "Motifs de visite")
    page.get_by_role("button", name="Modifier : Bilan".replace(" :", "\u00a0:")).click()
    page.get_by_text("Règles fines").click()
    page.get_by_role("checkbox", name="laser").check()
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.locator(".said")).to_contain_text("Bilan")
    practice.rows(
        "WITH taken AS (INSERT INTO spans (practice, span, agenda, record, visit_type, start, minutes, during)"
        " SELECT practice, gen_random_uuid(), agenda, gen_random_uuid(), $2, $1::timestamptz, 30, tstzrange($1, $1 + interval '30 minutes')"
        " FROM agendas WHERE agenda = $3 RETURNING practice, span, record, during)"
        " INSERT INTO resource_spans SELECT practice, span, (SELECT resource FROM resources WHERE name = 'Laser 1'), record, during"
        " FROM taken",
        dt.datetime.combine(FRIDAY, dt.time(10), ZONE), practice.type("bilan"), practice.agenda("okoro"),
    )  # fmt: skip
    assert "laser" in ask_why(page, FRIDAY, "10:00", kind="Bilan")
    assert ask_why(page, FRIDAY, "11:00", kind="Bilan") == "Cette heure est proposée aux patients."


def test_why_not_is_answered_for_any_time_whatsoever(practice: Town, desk: Callable[..., Page]) -> None:
    """Past, outside hours, holiday, absence, buffers, step, quota, notice, horizon, a clock that jumps, an agenda that is closed."""
    kind = practice.type()
    practice.rows(
        "UPDATE visit_types SET buffer_before_minutes = 10, daily_quota = 2, notice_minutes = 180, horizon_days = 60"
        " WHERE visit_type = $1",
        kind,
    )
    practice.rows(
        "UPDATE agendas SET last_date = $2 WHERE agenda = $1",
        practice.agenda("okoro"),
        TODAY + dt.timedelta(days=9),
    )
    page = desk(HELENE)
    for day, hour, said in (
        (TODAY - dt.timedelta(days=8), "09:00", "passée"),
        (TODAY, "10:20", "Le délai est trop court"),
        (FRIDAY, "13:00", "heures d’ouverture"),
        (FRIDAY + dt.timedelta(days=1), "09:00", "heures d’ouverture"),
        (THURSDAY, "14:10", "C’est pris de"),
        (THURSDAY, "14:40", "battements compris"),
        (THURSDAY, "09:00", "atteint"),
        (FRIDAY, "08:35", "toutes les 20 minutes"),
        (dt.date(2027, 3, 28), "02:30", "n’existe pas"),
        (dt.date(2027, 3, 29), "09:00", "férié"),
        (dt.date(2027, 9, 1), "09:00", "trop loin"),
        (dt.date(2030, 1, 1), "09:00", "trop loin"),
    ):
        assert said in ask_why(page, day, hour, agenda="Dr Inès Bento", kind="Consultation"), (day, hour)
    assert "absent" in ask_why(page, FRIDAY, "14:00", agenda="Dr Ike Okoro-Lacaze")
    assert "fermé après" in ask_why(
        page, TODAY + dt.timedelta(days=10), "10:00", agenda="Dr Ike Okoro-Lacaze"
    )


# ---------------------------------------------------------------- taken back, and two desks at once


def test_a_change_from_a_day_on_is_taken_back_whole(practice: Town, desk: Callable[..., Page]) -> None:
    page = desk()
    monday = TODAY + dt.timedelta(days=6)
    before = (offered(practice, monday), offered(practice, monday + dt.timedelta(days=14)))
    page.get_by_role("button", name="Modifier : Lundi, 8:30 – 12:00".replace(" :", "\u00a0:")).click()
    page.get_by_label("À partir d’un jour").check()
    page.get_by_label("Premier jour des nouvelles heures").fill(str(monday + dt.timedelta(days=14)))
    page.get_by_label("De", exact=True).fill("10:00")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.locator(".said")).to_contain_text("enregistrés")
    assert offered(practice, monday) == before[0]
    assert offered(practice, monday + dt.timedelta(days=14))[0] == "10:00"
    page.locator(".said").get_by_role("button", name="Défaire").click()
    expect(page.locator(".said")).to_contain_text("C’est défait")
    assert (offered(practice, monday), offered(practice, monday + dt.timedelta(days=14))) == before
    # All dates deleted, and there again.
    page.get_by_role("button", name="Modifier : Lundi, 8:30 – 12:00".replace(" :", "\u00a0:")).click()
    page.get_by_label("Toutes les dates").check()
    page.get_by_role("button", name="Supprimer", exact=True).click()
    page.get_by_role("button", name="Oui, supprimer toutes les dates").click()
    expect(page.locator(".said")).to_contain_text("supprimés")
    page.locator(".said").get_by_role("button", name="Défaire").click()
    expect(page.locator(".said")).to_contain_text("C’est défait")
    assert (offered(practice, monday), offered(practice, monday + dt.timedelta(days=14))) == before


def test_two_owners_on_one_place_the_second_is_told_while_typing_and_decides(
    practice: Town, desk: Callable[..., Page]
) -> None:
    first, second = desk(HELENE), desk(HELENE)
    for page, name in ((first, "Maison médicale"), (second, "Cabinet du Lavoir")):
        part(page, "Agendas, lieux, praticiens")
        page.get_by_role(
            "button", name="Modifier : Cabinet des Tilleuls, lieux".replace(" :", "\u00a0:")
        ).click()
        page.get_by_label("Nom du lieu").fill(name)
    first.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(first.locator(".said")).to_contain_text("Maison médicale")
    # Before anything is saved the second desk knows; what was typed there stays.
    told = second.get_by_text("Quelqu’un d’autre vient de changer ce que vous modifiez")
    expect(told).to_be_visible()
    check_accessible(second)
    expect(second.get_by_label("Nom du lieu")).to_have_value("Cabinet du Lavoir")
    second.get_by_role("button", name="Garder les miennes").click()
    expect(told).to_be_hidden()
    second.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(second.locator(".said")).to_contain_text("Cabinet du Lavoir")
    assert practice.rows("SELECT count(*) FROM sites WHERE name = 'Cabinet du Lavoir'")[0][0] == 1
    # And the first one's list follows by itself.
    expect(
        first.get_by_role("button", name="Modifier : Cabinet du Lavoir, lieux".replace(" :", "\u00a0:"))
    ).to_be_visible(timeout=30_000)


def test_an_open_agenda_learns_a_practitioners_new_name_by_itself(
    practice: Town, desk: Callable[..., Page], profile: Callable[..., BrowserContext]
) -> None:
    other: Page = at_noon(profile(DESK)).new_page()
    unlock(other, practice, SAM)
    expect(other.get_by_text("Okoro-Lacaze").first).to_be_visible()
    page = desk(HELENE)
    part(page, "Agendas, lieux, praticiens")
    page.get_by_role(
        "button", name="Modifier : Dr Ike Okoro-Lacaze, praticiens".replace(" :", "\u00a0:")
    ).click()
    page.get_by_label("Nom", exact=True).fill("Okoro")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.locator(".said")).to_contain_text("Dr Ike Okoro")
    expect(other.get_by_text("Okoro-Lacaze")).to_have_count(0)
    expect(other.get_by_text("Okoro").first).to_be_visible()
