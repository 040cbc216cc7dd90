# SPDX-License-Identifier: AGPL-3.0-or-later
"""The members' room: an owner suspends, removes, assigns; the keys turn and every record is wrapped anew."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import DESK, PHONE, check_accessible
from browser.desk_town import ALICE, HELENE, SAM, TODAY, TOM, Town, at_noon, fill_in, town, unlock

pytestmark = pytest.mark.slow
CLOSED = "Ouvrir l’agenda"


@pytest.fixture(scope="module")
async def practice(
    bundle: None, new_database: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """One practice for the module; who leaves it for good leaves in its last test."""
    with town(await new_database(), tmp_path_factory.mktemp("desk")) as made:
        made.book(ALICE, TODAY, "10:10")
        made.book(TOM, TODAY, "11:10")
        yield made


@pytest.fixture
def helene(profile: Callable[..., BrowserContext]) -> Iterator[Page]:
    yield at_noon(profile(DESK)).new_page()


@pytest.fixture
def sam(profile: Callable[..., BrowserContext]) -> Iterator[Page]:
    yield at_noon(profile(DESK)).new_page()


def enter(page: Page, room: str = "Équipe") -> None:
    page.get_by_role("navigation", name="Parties du bureau").get_by_role("button", name=room).click()


def person(page: Page, name: str) -> Any:
    return page.get_by_role("listitem").filter(has_text=name).filter(has=page.get_by_role("button"))


def carries_alice(page: Page) -> None:
    """In the middle of a drag: the button is down, and stays so."""
    block = page.get_by_role("button", name=re.compile("10 h 10 à 10 h 30, Alice"))
    expect(block).to_be_visible()
    place = block.bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + 20, place["y"] + 8)
    page.mouse.down()
    page.mouse.move(place["x"] + 24, place["y"] + 120, steps=4)
    expect(page.get_by_text("Déplacer Alice")).to_be_visible()


def test_an_owner_suspends_sam_in_one_tap_and_sams_open_desk_closes_in_the_middle_of_a_drag(
    practice: Town, helene: Page, sam: Page
) -> None:
    unlock(sam, practice, SAM)
    carries_alice(sam)
    unlock(helene, practice, HELENE)
    enter(helene)
    expect(helene.get_by_role("heading", level=1, name="L’équipe")).to_be_visible()
    check_accessible(helene)
    person(helene, SAM.name).get_by_role("button", name=f"Suspendre {SAM.name}", exact=True).click()
    expect(person(helene, SAM.name)).to_contain_text("Suspendu")
    # Sam is in the middle of carrying Alice elsewhere: the desk closes, and the old time stands.
    expect(sam.get_by_role("heading", level=1, name=CLOSED)).to_be_visible(timeout=15_000)
    assert ALICE.birth_name not in sam.content()
    sam.mouse.up()
    assert [row["rev"] for row in practice.rows("SELECT rev FROM appointments")] == [1, 1]
    check_accessible(sam)
    person(helene, SAM.name).get_by_role("button", name="Lever la suspension").click()
    expect(person(helene, SAM.name)).not_to_contain_text("Suspendu")
    unlock(sam, practice, SAM)
    expect(sam.get_by_role("button", name=re.compile("10 h 10 à 10 h 30, Alice"))).to_be_visible()


def test_helene_reads_what_sam_opened_of_alice_and_takes_it_home_as_a_table(
    practice: Town, helene: Page, sam: Page
) -> None:
    unlock(sam, practice, SAM)
    sam.get_by_role("button", name=re.compile("10 h 10 à 10 h 30, Alice")).click()
    sam.get_by_role("button", name="Voir le contact").click()
    expect(sam.get_by_role("link", name=re.compile("^06"))).to_be_visible()
    unlock(helene, practice, HELENE)
    expect(helene.get_by_role("button", name=re.compile("10 h 10 à 10 h 30, Alice"))).to_be_visible()
    enter(helene)
    helene.get_by_role("button", name="Ouvrir le registre").click()
    expect(helene.get_by_role("heading", level=1, name="Qui a lu quoi")).to_be_focused()
    contact = helene.get_by_role("listitem").filter(has_text=f"{SAM.name} a ouvert le contact.")
    expect(contact.get_by_role("button")).to_have_text(re.compile(r"^Alice .*, 10\sh\s10, Dr"))
    check_accessible(helene)
    # Of Alice alone: what was read of Tom is gone from the lists, and the figures are of one appointment.
    contact.get_by_role("button").click()
    expect(helene.get_by_text("Seulement les lectures de ce rendez-vous")).to_be_visible()
    expect(helene.get_by_role("row").filter(has_text=SAM.name)).to_contain_text("1")
    helene.get_by_label("Donnée").select_option("ct")
    expect(helene.get_by_text("en affichant l’agenda")).to_have_count(0)
    with helene.expect_download() as download:
        helene.get_by_role("button", name="Enregistrer en tableau").click()
    heads, *rows = download.value.path().read_text("utf-8-sig").splitlines()
    assert heads.startswith("Jour;Instant (UTC);Lecteur;Rôle;")
    assert [row.split(";")[2:6] + row.split(";")[9:] for row in rows] == [
        [
            SAM.name,
            "Secrétaire",
            "ouvrir un rendez-vous",
            "Contacts",
            f"{ALICE.given_name} {ALICE.birth_name}",
        ]
    ]
    helene.get_by_role("button", name="Voir dans l’agenda").click()
    expect(helene.get_by_role("heading", name=re.compile("Alice"))).to_be_visible()


def test_helene_opens_a_dossier_fills_it_in_decides_and_takes_the_notice_home(
    practice: Town, helene: Page
) -> None:
    unlock(helene, practice, HELENE)
    enter(helene)
    helene.get_by_role("button", name="Voir les incidents").click()
    expect(helene.get_by_role("heading", level=1, name="Incidents")).to_be_focused()
    expect(helene.get_by_text("Aucun incident.")).to_be_visible()
    check_accessible(helene)
    helene.get_by_role("button", name="Ouvrir un dossier maintenant").click()
    expect(helene.get_by_role("heading", level=1, name=re.compile("^Incident, "))).to_be_focused()
    expect(helene.get_by_text(re.compile(r"Il reste 7[12]\sh"))).to_be_visible()
    expect(helene.get_by_text("rubriques obligatoires")).to_be_visible()
    check_accessible(helene)
    helene.get_by_label("SIREN").fill("123456789")
    helene.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(helene.get_by_role("alert")).to_contain_text("n’est pas un SIREN")
    helene.get_by_label("SIREN").fill("732 829 320")
    helene.get_by_label("Circonstances").fill("Une liste imprimée a été perdue.")
    helene.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(helene.get_by_text("Dossier enregistré.")).to_be_visible()
    helene.get_by_label("Notifier à la CNIL").check()
    helene.get_by_label("Justification").fill("Des noms ont pu être lus.")
    helene.get_by_role("button", name="Inscrire la décision").click()
    expect(helene.get_by_text(re.compile(f"Décidé par {HELENE.name}"))).to_be_visible()
    with helene.expect_download() as download:
        helene.get_by_role("button", name="Notification initiale (PDF)").click()
    assert download.value.path().read_bytes().startswith(b"%PDF-1.7")
    # Pressed twice in a hurry, it closes nothing.
    helene.get_by_role("button", name="J’ai envoyé la notification initiale").dblclick()
    expect(helene.get_by_text("Notification initiale envoyée dans le délai")).to_be_visible()
    helene.get_by_role("button", name="Tous les incidents").click()
    expect(helene.get_by_text("Notifié, à compléter")).to_be_visible()
    # Something else has happened: another dossier, not the same one.
    helene.get_by_role("button", name="Ouvrir un dossier maintenant").click()
    expect(helene.get_by_text("rubriques obligatoires")).to_be_visible()
    helene.get_by_role("button", name="Tous les incidents").click()
    expect(helene.locator(".incidents-list > li")).to_have_count(2)
    helene.locator(".incidents-list > li", has_text="Notifié").get_by_role("button").click()
    helene.get_by_role("button", name="J’ai envoyé la notification complémentaire").click()
    expect(helene.get_by_text("Cela clôt le dossier.")).to_be_visible()
    check_accessible(helene)
    helene.get_by_role("button", name="Oui, clore le dossier").click()
    expect(helene.get_by_text("Clos", exact=True)).to_be_visible()


def test_sam_who_was_away_for_thirty_days_is_told_so_and_let_back_in_with_one_tap(
    practice: Town, helene: Page, sam: Page
) -> None:
    practice.rows("UPDATE members SET seen = seen - 30 WHERE name = $1 RETURNING 1", SAM.name)
    sam.goto(f"{practice.origin}/fr/desk")
    fill_in(sam, SAM)
    expect(sam.get_by_role("alert")).to_contain_text("Vous n’avez rien ouvert depuis trente jours")
    expect(sam.get_by_label("Code de secours")).to_be_focused()
    check_accessible(sam)
    unlock(helene, practice, HELENE)
    enter(helene)
    expect(person(helene, SAM.name)).to_contain_text("Absence de 30 jours")
    check_accessible(helene)
    person(helene, SAM.name).get_by_role("button", name="Rouvrir l’accès").click()
    expect(person(helene, SAM.name)).not_to_contain_text("Absence")
    unlock(sam, practice, SAM)


def test_an_owner_whom_nobody_can_let_in_comes_back_with_the_code_beside_the_password(
    practice: Town, helene: Page
) -> None:
    practice.rows("UPDATE members SET seen = seen - 30 RETURNING 1")
    helene.goto(f"{practice.origin}/fr/desk")
    fill_in(helene, HELENE)
    expect(helene.get_by_role("alert")).to_contain_text("Si vous êtes titulaire")
    helene.get_by_label("Code de secours").fill(practice.house.recovery_codes[HELENE.name])
    helene.get_by_role("button", name="Ouvrir", exact=True).click()
    expect(helene.get_by_role("button", name="Refermer", exact=True)).to_be_visible()
    practice.rows("UPDATE members SET seen = $1 RETURNING 1", TODAY)


ASK_FOR_WHAT_IS_NOT_THEIRS = """async (practice) => {
  for (let nth = 0; nth < 5; nth += 1) {
    await fetch(`/api/practice/${practice}/appointments/${crypto.randomUUID()}/read`, {
      method: "POST", headers: { "Content-Type": "application/json", "Serment-Request": "1" },
      body: JSON.stringify({ groups: ["ct"], kids: [], purpose: "contact" }),
    });
  }
}"""


def test_a_stopped_account_is_told_in_every_room_and_goes_on_once_an_owner_has_shown_to_be_there(
    practice: Town, helene: Page, sam: Page
) -> None:
    practice.rows(
        "INSERT INTO look_backs SELECT practice, member, now(), 41 FROM members WHERE name = $1 RETURNING 1",
        SAM.name,
    )
    unlock(helene, practice, HELENE)
    helene.get_by_role("button", name="1 accès à regarder").click()
    row = person(helene, SAM.name)
    expect(row).to_contain_text("a ouvert en une semaine 41 rendez-vous passés")
    check_accessible(helene)
    row.get_by_role("button", name=f"C’est vu {SAM.name}").click()
    expect(row).to_contain_text(re.compile(f"Vu .*, par {HELENE.name}"))
    expect(helene.get_by_role("button", name="1 accès à regarder")).to_be_hidden()
    unlock(sam, practice, SAM)
    sam.evaluate(ASK_FOR_WHAT_IS_NOT_THEIRS, str(practice.house.practice))
    expect(sam.get_by_role("heading", name=CLOSED)).to_be_visible()
    fill_in(sam, SAM)
    expect(sam.get_by_role("alert")).to_contain_text("Votre accès à ce cabinet est arrêté")
    check_accessible(sam)
    helene.get_by_role("button", name="1 compte arrêté").click()
    expect(row).to_contain_text("a demandé 5 dossiers qui ne sont pas les siens")
    practice.rows("UPDATE sessions SET proved_until = NULL RETURNING 1")  # five minutes later
    row.get_by_role("button", name="Remettre en route").click()
    expect(helene.get_by_role("heading", name="Est-ce bien vous ?")).to_be_visible()
    check_accessible(helene)
    helene.get_by_label("Nom de connexion").fill(HELENE.log_in)
    helene.get_by_label("Mot de passe", exact=True).fill(HELENE.password)
    helene.get_by_role("button", name="C’est moi").click()
    expect(row).to_contain_text(re.compile(f"Remis en route .*, par {HELENE.name}"))
    check_accessible(helene)
    expect(helene.get_by_role("button", name="1 compte arrêté")).to_be_hidden()
    unlock(sam, practice, SAM)


def test_on_a_phone_in_english_the_room_is_whole(
    practice: Town, profile: Callable[..., BrowserContext]
) -> None:
    page = at_noon(profile(PHONE, has_touch=True)).new_page()
    unlock(page, practice, HELENE, language="en")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("button", name="Team", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="The team")).to_be_visible()
    check_accessible(page)
    page.get_by_role("button", name="Invite somebody").click()
    page.get_by_label("Name, as the team will see it").fill("Nadia Belkacem")
    check_accessible(page)
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_label("Invitation link")).to_have_value(re.compile(r"/en/join#[\w-]{43}\.[\w-]{27}$"))
    check_accessible(page)


def test_a_secretary_sees_the_team_and_changes_nothing(practice: Town, sam: Page) -> None:
    unlock(sam, practice, SAM)
    enter(sam)
    expect(sam.get_by_text("Seul un titulaire")).to_be_visible()
    expect(sam.get_by_role("button", name="Suspendre")).to_have_count(0)
    check_accessible(sam)


def test_an_owner_adds_a_unit_gives_it_to_sam_and_takes_it_away_again(practice: Town, helene: Page) -> None:
    unlock(helene, practice, HELENE)
    enter(helene)
    helene.get_by_role("button", name="Ajouter un service").click()
    helene.get_by_role("button", name="Créer le service et ses clés").click()
    expect(helene.get_by_text("Il manque un nom.")).to_be_visible()
    expect(helene.get_by_text("Choisissez au moins une personne.")).to_be_visible()
    check_accessible(helene)
    helene.get_by_label("Nom du service").fill("Psychiatrie")
    helene.get_by_role("group", name="Qui en lit les patients").get_by_label(HELENE.name).check()
    helene.get_by_role("button", name="Créer le service et ses clés").click()
    expect(helene.get_by_text("Le service Psychiatrie existe")).to_be_visible()
    expect(person(helene, "Psychiatrie").last).to_contain_text("Clés n° 1")
    psychiatry = practice.rows("SELECT unit FROM units WHERE name = 'Psychiatrie'")[0]["unit"]

    def seeds() -> list[tuple[int, int]]:
        """How many members hold a seed of each of the unit's epochs."""
        rows = practice.rows(
            "SELECT epoch, count(*) AS held FROM epoch_seeds WHERE unit = $1 GROUP BY epoch ORDER BY epoch",
            psychiatry,
        )
        return [(row["epoch"], row["held"]) for row in rows]

    assert seeds() == [(1, 1)]
    for wanted, after in ((True, [(1, 2)]), (False, [(1, 1), (2, 1)])):
        helene.get_by_role("button", name=f"Changer {SAM.name}").click()
        helene.get_by_role("group", name=f"Changer {SAM.name}").get_by_label("Psychiatrie").set_checked(
            wanted
        )
        expect(helene.get_by_text("Quitter un service change les clés")).to_have_count(0 if wanted else 1)
        check_accessible(helene)
        helene.get_by_role("button", name="Signer ce changement").click()
        expect(helene.get_by_role("button", name="Signer ce changement")).to_have_count(0)
        assert seeds() == after


def _eventually(holds: Callable[[], bool]) -> None:
    """Waits for a condition of the database."""
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_removal_closes_a_desk_in_the_middle_of_a_drag_turns_the_keys_and_wraps_every_record_anew(
    practice: Town, helene: Page, sam: Page
) -> None:
    unlock(helene, practice, HELENE)
    # What the agenda's opening compacts first: Sam's desk could have opened both.
    _eventually(lambda: not practice.rows("SELECT FROM stanzas WHERE octet_length(bytes) = 1250"))
    old = {row["kid"] for row in practice.rows("SELECT kid FROM stanzas GROUP BY kid HAVING count(*) = 2")}
    enter(helene)
    assert len(old) == 1
    unlock(sam, practice, SAM)
    carries_alice(sam)
    before = practice.rows("SELECT record, rev, start FROM appointments ORDER BY record")
    person(helene, SAM.name).get_by_role("button", name=f"Changer {SAM.name}").click()
    helene.get_by_role("button", name="Retirer de l’équipe").click()
    expect(helene.get_by_role("heading", name=f"Retirer {SAM.name}")).to_be_focused()
    expect(person(helene, SAM.name).locator(".four-words li")).to_have_count(4)
    check_accessible(helene)
    # The line breaks in the middle: what stands is shown, and the list that could not be read is said to be that.
    helene.route("**/members", lambda route: route.abort())
    helene.get_by_role("button", name="Retirer et changer les clés").click()
    expect(helene.get_by_text(f"{SAM.name} est parti")).to_be_visible()
    expect(helene.get_by_text("n’a pas pu être relue")).to_be_visible()
    expect(person(helene, SAM.name)).to_have_count(0)
    helene.unroute("**/members")

    # Sam lets go of Alice at a desk that has closed: no name is left on it, and she stays where she was.
    expect(sam.get_by_role("heading", level=1, name=CLOSED)).to_be_visible(timeout=15_000)
    assert ALICE.birth_name not in sam.content()
    sam.mouse.up()
    check_accessible(sam)
    assert practice.rows("SELECT record, rev, start FROM appointments ORDER BY record") == before
    fill_in(sam, SAM)
    expect(sam.get_by_role("alert")).to_contain_text("vous ne faites plus partie de l’équipe")
    assert ALICE.birth_name not in sam.content()

    # One record key for both records, and nothing left under a key that Sam ever held.
    _eventually(lambda: not old & {row["kid"] for row in practice.rows("SELECT kid FROM stanzas")})
    shared = practice.rows("SELECT kid FROM stanzas GROUP BY kid HAVING count(*) = 2")
    assert len(shared) == 1
    assert [
        row["epoch"]
        for row in practice.rows(
            "SELECT epoch FROM previous_seeds JOIN units USING (practice, unit) WHERE name = 'Cabinet'"
        )
    ] == [2]
    enter(helene, "Agenda")
    for name in ("Alice", "Tom"):
        expect(helene.get_by_role("button", name=re.compile(f", {name} "))).to_be_visible()
