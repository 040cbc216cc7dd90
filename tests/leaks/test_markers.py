# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Alice types is found nowhere but with her and her practice: not in dump, files, logs or traffic."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.conftest import DESK
from browser.walk import (
    WORDS,
    Person,
    book,
    choose_time,
    fill_form,
    heading,
    link_of,
    show_day,
    slot_of,
    to_review,
)
from leaks.conftest import Watched
from leaks.markers import Form, dressed_copies, forms
from serment.seeding import seed_id

pytestmark = pytest.mark.slow

MARKED = Person(
    given="Zzmarkeralice",
    birth_name="Zzmarkerfontbonne",
    birth_date="19/07/1931",
    phone="06 39 98 76 54",
    email="zzmarker.alice@exemple.fr",
    reason="Zzmarkertoux depuis hier",
)
MARKED_CHILD = Person(
    given="Zzmarkertom",
    birth_name="Zzmarkerabgrall",
    birth_date="03/08/2017",
    phone="06 39 98 65 43",
    email="zzmarker.tom@exemple.fr",
    reason="Zzmarkerotite",
)
MARKED_REQUEST = Person(
    given="Zzmarkerrose",
    birth_name="Zzmarkerweber",
    birth_date="21/12/1944",
    phone="06 39 98 54 32",
    email="zzmarker.rose@exemple.fr",
    reason="Zzmarkergenou",
)
BENTO, BENTO_PASSWORD = "bento", "trois tilleuls verts"  # as the house is furnished
TYPED = (
    "Zzmarkeralice",
    "Zzmarkerfontbonne",
    "1931-07-19",
    "19/07/1931",
    "0639987654",
    "+33639987654",
    "06 39 98 76 54",
    "zzmarker.alice@exemple.fr",
    "Zzmarkertoux",
    "Zzmarkertom",
    "Zzmarkerabgrall",
    "2017-08-03",
    "+33639986543",
    "Zzmarkerotite",
    "Zzmarkerrose",
    "Zzmarkerweber",
    "1944-12-21",
    "+33639985432",
    "Zzmarkergenou",
    "Pénicilline",
    # Typed at the desk: a new patient on the phone, a card, a search.
    "Zzmarkerkerber",
    "Zzmarkeryann",
    "1952-05-17",
    "17051952",
    "+33639984321",
    "0639984321",
    "Zzmarkergenoux",
    "Zzmarkernote",
    "Zzmarkerrefus",
    "Zzmarkercherche",
    BENTO_PASSWORD,
)
PLANTED = "Zzplanted-positive-control"


@dataclass
class _Site:
    """What `walk` needs of a site."""

    watched: Watched

    def booking(self, language: str) -> str:
        kind = seed_id("cabinet-des-tilleuls", "visit_type", "consultation")
        return f"{self.watched.origin}/{language}/book?agenda={self.agenda}&visit_type={kind}"

    @property
    def agenda(self) -> UUID:
        return seed_id("cabinet-des-tilleuls", "agenda", "bento-lavoir")


def _wanted(watched: Watched, markers: tuple[str, ...]) -> list[Form]:
    return [form for marker in markers for form in forms(marker, watched.secrets)]


def _day(ahead: int) -> dt.date:
    return dt.datetime.now(dt.UTC).date() + dt.timedelta(days=ahead)


def _show_week(page: Page, day: dt.date) -> None:
    """Turns the desk to a day's week. A week that is not read yet shows no days: their absence says nothing."""
    today = dt.datetime.now(ZoneInfo("Europe/Paris")).date()
    weeks = (day - dt.timedelta(days=day.weekday()) - today + dt.timedelta(days=today.weekday())).days // 7
    for _ in range(weeks):
        page.get_by_role("button", name="Semaine suivante").click()
    expect(page.locator(f"#day-{day}")).to_be_visible()


@pytest.fixture(scope="module")
def flows_done() -> dict[str, str]:
    """The links of what was booked, for the flows that come after."""
    return {}


def test_what_alice_and_tom_type_is_booked(
    watched: Watched, recorded: Any, flows_done: dict[str, str]
) -> None:
    site = _Site(watched)
    page: Page = recorded().new_page()
    book(page, site, "fr", _day(3), "10:00", MARKED)
    flows_done["alice"] = link_of(page)
    english: Page = recorded(locale="en-GB").new_page()
    book(english, site, "en", _day(4), "8:20", MARKED_CHILD)
    flows_done["tom"] = link_of(english)
    assert len(watched.traffic) > 20


def test_the_link_opens_in_a_fresh_browser(
    watched: Watched, recorded: Any, flows_done: dict[str, str]
) -> None:
    page: Page = recorded().new_page()
    page.goto(flows_done["alice"])
    page.get_by_text("Zzmarkeralice").first.wait_for()


def test_alice_moves_her_appointment_and_tom_cancels_his(
    watched: Watched, recorded: Any, flows_done: dict[str, str]
) -> None:
    words = WORDS["fr"]
    page: Page = recorded().new_page()
    page.goto(flows_done["alice"])
    page.get_by_role("button", name=words["move"], exact=True).click()
    show_day(page, "fr", _day(3))
    slot_of(page, _day(3), "9:00").click()
    page.get_by_role("button", name=words["do_move"], exact=True).click()
    expect(heading(page, words["moved"])).to_be_visible()
    words, other = WORDS["en"], recorded(locale="en-GB").new_page()
    other.goto(flows_done["tom"])
    other.get_by_role("button", name=words["cancel"], exact=True).click()
    other.get_by_role("button", name=words["do_cancel"], exact=True).click()
    expect(heading(other, words["cancelled"])).to_be_visible()


def test_what_rose_asks_for_is_a_request(watched: Watched, recorded: Any) -> None:
    _sql(watched, "UPDATE visit_types SET accepted = 'on_request' WHERE name_fr = 'Consultation'")
    page: Page = recorded().new_page()
    page.goto(_Site(watched).booking("fr"))
    choose_time(page, "fr", _day(3), "8:20")
    fill_form(page, "fr", MARKED_REQUEST)
    to_review(page, "fr")
    page.get_by_role("button", name="Envoyer la demande").click()
    expect(page.get_by_text("Votre demande est partie.")).to_be_visible()


def test_the_practice_reads_accepts_moves_and_cancels(watched: Watched, recorded: Any) -> None:
    page: Page = recorded(viewport=DESK).new_page()
    page.goto(f"{watched.origin}/fr/desk")
    page.get_by_label("Nom de connexion").fill(BENTO)
    page.get_by_label("Mot de passe", exact=True).fill(BENTO_PASSWORD)
    page.get_by_role("button", name="Ouvrir", exact=True).click()
    expect(page.get_by_role("button", name="Refermer", exact=True)).to_be_visible()
    _show_week(page, _day(3))
    _visit(page, "Zzmarkerrose").click()
    expect(page.get_by_text("Zzmarkergenou")).to_be_visible()
    page.get_by_role("button", name="Accepter").click()
    expect(page.get_by_text("Demande acceptée.")).to_be_visible()
    page.keyboard.press("Escape")
    _visit(page, "Zzmarkeralice").click()
    page.get_by_role("complementary", name="Fiche").get_by_role("button", name="Voir le contact").click()
    expect(page.get_by_role("link", name="06 39 98 76 54")).to_be_visible()
    page.keyboard.press("Escape")
    _visit(page, "Zzmarkeralice").focus()
    page.keyboard.press("d")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("^Déplacé au"))).to_be_visible()
    _visit(page, "Zzmarkerrose").click()
    page.get_by_role("button", name="Annuler", exact=True).click()
    page.get_by_role("button", name="Oui, annuler le rendez-vous").click()
    expect(page.get_by_text("Rendez-vous annulé.")).to_be_visible()
    # What was opened with the unit's key is compacted in idle time.
    for _ in range(100):
        if _sql(watched, "SELECT count(*) FROM stanzas WHERE octet_length(bytes) = 142") >= "3":
            break
        page.wait_for_timeout(100)
    assert any("/read" in address for address, _ in watched.traffic)


def test_the_practice_enters_a_caller_keeps_a_card_and_searches(
    watched: Watched, recorded: Any, flows_done: dict[str, str]
) -> None:
    page: Page = recorded(viewport=DESK).new_page()
    page.goto(f"{watched.origin}/fr/desk")
    page.get_by_label("Nom de connexion").fill(BENTO)
    page.get_by_label("Mot de passe", exact=True).fill(BENTO_PASSWORD)
    page.get_by_role("button", name="Ouvrir", exact=True).click()
    expect(page.get_by_role("button", name="Refermer", exact=True)).to_be_visible()
    _show_week(page, _day(3))
    page.locator(f"section.wday:has(> #day-{_day(3)})").get_by_role(
        "button", name=re.compile("libre$")
    ).last.click()
    page.get_by_role("combobox", name="Qui appelle ?").fill("Zzmarkerkerber Zzmarkeryann")
    page.get_by_role("option", name=re.compile("Personne de ce nom")).click()
    page.get_by_label("Date de naissance").fill("17051952")
    page.get_by_label("Téléphone").fill("06 39 98 43 21")
    page.get_by_label("Raison donnée").fill("Zzmarkergenoux")
    page.get_by_role("button", name="Inscrire", exact=True).click()
    expect(page.locator(".said")).to_contain_text("a ce rendez-vous.")
    # The cards of all who were opened are written a little later.
    for _ in range(200):
        if int(_sql(watched, "SELECT count(*) FROM index_entries")) >= 2:
            break
        page.wait_for_timeout(100)
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Chercher quelqu’un")
    box.fill("Zzmarkercherche")
    expect(page.get_by_role("option", name=re.compile("Personne de ce nom"))).to_be_visible()
    box.fill("17051952")
    page.get_by_role("option").first.click()
    page.get_by_role("button", name="Modifier").click()
    page.get_by_label("Note du cabinet").fill("Zzmarkernote")
    page.get_by_label("Refuser ses réservations en ligne").check()
    page.get_by_label("Message à donner").fill("Zzmarkerrefus")
    page.get_by_role("button", name="Garder la fiche").click()
    expect(page.locator(".said")).to_contain_text("Fiche gardée.")
    assert int(_sql(watched, "SELECT max(rev) FROM cards")) >= 2
    # No request of a card or of the index names an appointment, and none of an appointment a card.
    records = set(_sql(watched, "SELECT record FROM appointments").split())
    cards = set(_sql(watched, "SELECT card FROM cards").split())
    for address, data in watched.traffic:
        told = data.decode("utf-8", "replace")
        if "/cards" in address or "/index" in address:
            assert not [record for record in records if record in told]
        else:
            assert not [card for card in cards if card in told]


def _visit(page: Page, given: str) -> Locator:
    """Somebody's visit in the grid."""
    return page.locator("section.wday").get_by_role("button", name=re.compile(given)).first


def _sql(watched: Watched, statement: str) -> str:
    assert watched.postgres.carrier is not None
    psql = watched.postgres.carrier.bin / "psql"
    done = subprocess.run(
        [psql, "-At", "-c", statement, watched.postgres.url(watched.database)],
        check=True,
        capture_output=True,
    )
    return done.stdout.decode().strip()


def test_the_browser_asks_nobody_else_and_tells_nothing_in_an_address(watched: Watched) -> None:
    assert {address.split("/")[2] for address, _ in watched.traffic} == {watched.origin.partition("//")[2]}
    assert not [address for address, _ in watched.traffic if "Zzmarker" in address or "#" in address]
    assert not [head for _, head in watched.traffic if re.search(rb"(?i)'referer': '[^']", head)]


def test_nothing_typed_is_found_anywhere(watched: Watched) -> None:
    assert watched.find_everywhere(_wanted(watched, TYPED)) == []


def test_no_link_secret_ever_left_a_browser(watched: Watched, flows_done: dict[str, str]) -> None:
    caps = tuple(link.partition("#")[2].partition(".")[0] for link in flows_done.values())
    assert all(len(cap) == 43 for cap in caps)
    wanted = [Form("cap", "as in the link", cap.encode()) for cap in caps]
    assert watched.find_everywhere(wanted) == []


def test_a_planted_marker_is_found_in_every_place_and_dress(watched: Watched) -> None:
    _sql(watched, f"SELECT '{PLANTED}'")
    _sql(watched, f"CREATE TABLE careless AS SELECT '{PLANTED}'::text AS name")
    copies = dressed_copies(PLANTED, watched.secrets)
    for number, (_, data) in enumerate(copies):
        (watched.folder / "tmp" / f"copy-{number}").write_bytes(b"\x00junk" + data + b"junk")
    found = watched.find_everywhere(_wanted(watched, (PLANTED,)))
    places = {find.place for find in found}
    assert "dump" in places
    assert "postgres.log" in places
    # A table's file and a WAL segment have numbers for names.
    assert any(len(place) == 24 for place in places)
    assert any(place.isdigit() for place in places)
    for number, (dress, _) in enumerate(copies):
        assert any(place.startswith(f"copy-{number}") for place in places), dress
    _sql(watched, "DROP TABLE careless")
