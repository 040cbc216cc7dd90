# SPDX-License-Identifier: AGPL-3.0-or-later
"""Patients at the desk: found over the sealed index, entered while they are on the phone, each with a card nobody else reads."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import DESK, PHONE, check_in_both_themes
from browser.desk_town import ALICE, HELENE, SAM, TODAY, TOM, Town, at_noon, town, unlock
from serment.demo.house import Person
from serment.demo.patients import Patient
from serment.seal.keys import Cap

pytestmark = pytest.mark.slow

TOMORROW = TODAY + dt.timedelta(days=1)
FRIDAY = TODAY + dt.timedelta(days=3)
# How long one call lasts, said to a tired secretary; the machine's own speed is not judged here.
CALL_SECONDS_MAX = 20
KEYS_PER_SECOND = 5
# What is written some seconds after the agenda was read.
SETTLED_MS = 20_000


@pytest.fixture(scope="module")
async def practice(
    bundle: None, new_database: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """The practice on a Tuesday morning; Alice and Tom booked online."""
    with town(await new_database(), tmp_path_factory.mktemp("patients")) as made:
        made.book(ALICE, TODAY, "10:30")
        made.book(TOM, TODAY, "11:10")
        yield made


@pytest.fixture
def sam(profile: Callable[..., BrowserContext]) -> Page:
    """Sam's machine at the front desk."""
    page: Page = at_noon(profile(DESK)).new_page()
    return page


class Keys:
    """A keyboard that counts. There is no pointer."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.count += len(text)

    def press(self, key: str, times: int = 1) -> None:
        for _ in range(times):
            self.page.keyboard.press(key)
        self.count += times


def gap(page: Page, hours: str, day: dt.date = TODAY) -> Any:
    """A free time of Dr Bento's day."""
    section = page.locator(f"section.wday:has(> #day-{day})").locator(
        "section.lane", has=page.get_by_role("heading", name="Dr Inès Bento")
    )
    return section.get_by_role("button", name=re.compile(f"^{re.escape(hours)} .*libre"))


def known(page: Page, practice: Town, count: int) -> None:
    """Waits until the unit has so many cards."""
    deadline = time.monotonic() + SETTLED_MS / 1000
    while time.monotonic() < deadline:
        if practice.rows("SELECT count(*) AS n FROM cards")[0]["n"] >= count:
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"{practice.rows('SELECT count(*) AS n FROM cards')} cards, {count} expected")


def patients_room(page: Page) -> None:
    page.get_by_role("navigation", name="Parties du bureau").get_by_role("button", name="Patients").click()
    expect(page.get_by_role("heading", name="Patients", level=1)).to_be_visible()


def test_who_booked_online_is_found_by_name_date_or_nothing_else(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    expect(sam.get_by_role("button", name=re.compile("^10 h 30"))).to_be_visible()
    known(sam, practice, 2)
    sam.keyboard.press("Control+k")
    box = sam.get_by_role("combobox", name="Chercher quelqu’un")
    expect(box).to_be_focused()
    found = sam.get_by_role("option")
    box.fill("06")
    expect(sam.get_by_text("tapez au moins 3 chiffres")).to_be_visible()
    expect(found).to_have_count(0)
    for typed in ("renaud", "abescat alice", "renaudn", "7/9/88", "07091988"):
        box.fill(typed)
        expect(found.first).to_contain_text("Alice Renaudin-Abescat")
    # The contact of a booking is not read for a card.
    box.fill("0639981240")
    expect(found).to_have_count(1)
    expect(found).to_contain_text("Aucune fiche avec ce numéro")
    expect(sam.get_by_text("Cherchez par le nom ou la date de naissance")).to_be_visible()
    check_in_both_themes(sam)
    box.fill("zebulon")
    expect(found).to_contain_text("Personne de ce nom")
    expect(sam.get_by_text("Cherchez par le nom")).to_have_count(0)


LOUISE = Patient("Louise", "Delaverne", "1951-01-02", "female", "+33639981299", "")
NEXT_WEEK, FAR = TODAY + dt.timedelta(days=9), TODAY + dt.timedelta(days=30)
UNOPENED = "SELECT count(*) AS n FROM stanzas JOIN appointments USING (practice, record, rev) WHERE octet_length(bytes) = 1250"


def nothing_unopened(page: Page, practice: Town) -> None:
    deadline = time.monotonic() + SETTLED_MS / 1000
    while practice.rows(UNOPENED)[0]["n"] > 0:
        assert time.monotonic() < deadline
        # The desk looks at the agenda every half minute.
        page.clock.fast_forward(30_000)
        page.wait_for_timeout(500)


def test_who_booked_online_for_a_week_that_nobody_has_opened_is_found_by_name(
    practice: Town, sam: Page
) -> None:
    practice.book(LOUISE, NEXT_WEEK, "09:10")
    unlock(sam, practice)
    found_by_number(sam, "delaverne", "Louise Delaverne")
    # She books again while the desk is open, for a month later: she is looked for at once, and is one person.
    practice.book(LOUISE, FAR, "09:10")
    nothing_unopened(sam, practice)
    sam.get_by_role("combobox", name="Chercher quelqu’un").fill("delaverne")
    expect(sam.get_by_role("option")).to_have_count(2)
    # Her card says when she comes, as far as it is asked; and the next place is hers.
    sam.get_by_role("option").first.click()
    coming = sam.locator(".card-visits").first
    expect(coming.get_by_role("button")).to_have_count(1)
    expect(coming).to_contain_text("Jeudi 25 mars")
    check_in_both_themes(sam)
    sam.get_by_role("button", name="Chercher jusque-là").click()
    expect(coming.get_by_role("button")).to_have_count(2)
    expect(coming).to_contain_text("Jeudi 15 avril")
    sam.get_by_role("button", name="Donner un rendez-vous").click()
    sam.locator(".place").first.click()
    expect(sam.get_by_role("button", name="Inscrire", exact=True)).to_be_focused()
    expect(sam.locator(".book")).to_contain_text("Louise Delaverne")
    # What she has ahead is said, and stops nobody.
    ahead = sam.locator(".book .note").filter(has_text="A déjà rendez-vous")
    expect(ahead.get_by_role("listitem").first).to_contain_text(re.compile("[Jj]eudi 25 mars"))
    expect(ahead.get_by_role("listitem")).to_have_count(2)
    check_in_both_themes(sam)
    sam.keyboard.press("Control+k")
    sam.get_by_role("combobox", name="Chercher quelqu’un").fill("delaverne")
    sam.get_by_role("option").first.click()
    coming.get_by_role("button").first.click()
    expect(sam.get_by_role("heading", name="Louise Delaverne")).to_be_visible()
    expect(sam.locator("#panel-card")).to_be_visible()


def test_a_patient_on_the_phone_is_booked_by_keyboard_alone(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    known(sam, practice, 2)
    sam.reload()
    unlock(sam, practice)
    free = gap(sam, "14 h", TODAY).or_(gap(sam, "11 h 30", TODAY)).first
    free.focus()
    keys = Keys(sam)
    started = time.monotonic()
    keys.press("Enter")
    box = sam.get_by_role("combobox", name="Qui appelle ?")
    expect(box).to_be_focused()
    keys.type("renau")
    expect(sam.get_by_role("option").first).to_contain_text("Alice")
    keys.press("Enter")
    send = sam.get_by_role("button", name="Inscrire", exact=True)
    expect(send).to_be_focused()
    check_in_both_themes(sam)
    keys.press("Enter")
    expect(sam.locator(".said")).to_contain_text("Alice Renaudin-Abescat a ce rendez-vous.")
    took = time.monotonic() - started
    print(f"known patient: {keys.count} keys, {took:.1f} s of the machine")
    assert keys.count + KEYS_PER_SECOND < CALL_SECONDS_MAX * KEYS_PER_SECOND
    booked = practice.rows("SELECT writer, status FROM appointments WHERE writer = 2")
    assert [(row["writer"], row["status"]) for row in booked] == [(2, "booked")]
    expect(sam.get_by_role("heading", name="Alice Renaudin-Abescat")).to_be_visible()
    expect(sam.locator("[data-stop]:focus")).to_have_accessible_name(re.compile("Alice Renaudin-Abescat"))


def enter(page: Page, surname: str, given: str, born: str, phone: str, hours: str) -> None:
    """Somebody new on the phone, up to the button."""
    gap(page, hours, FRIDAY).first.press("Enter")
    page.get_by_role("combobox", name="Qui appelle ?").fill(f"{surname} {given}")
    page.get_by_role("option", name=re.compile("Personne de ce nom")).click()
    page.get_by_label("Date de naissance").fill(born)
    page.get_by_label("Téléphone").fill(phone)


def found_by_number(page: Page, digits: str, name: str) -> None:
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Chercher quelqu’un")
    deadline = time.monotonic() + SETTLED_MS / 1000
    while time.monotonic() < deadline:
        box.fill("")
        box.fill(digits)
        if page.get_by_role("option").filter(has_text=name).count() > 0:
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"{name} is not found by {digits}")


WAITING = "Object.entries(localStorage).filter(([name]) => name.startsWith('serment.waiting.'))"


def test_what_a_call_told_outlives_a_tab_that_closes_right_after_the_booking(
    practice: Town, sam: Page
) -> None:
    unlock(sam, practice)
    known(sam, practice, 2)
    sam.route("**/cards", lambda route: route.abort())
    enter(sam, "tanguy", "gwenole", "03021966", "0639981277", "8 h 30")
    sam.get_by_role("button", name="Inscrire", exact=True).click()
    expect(sam.locator(".said")).to_contain_text("Gwenole Tanguy a ce rendez-vous.")
    left = sam.evaluate(WAITING)
    assert len(left) == 1
    for typed in ("Tanguy", "Gwenole", "1966-02-03", "639981277"):
        assert typed not in str(left)
        assert base64.b64encode(typed.encode()).decode()[:-4] not in str(left)
    machine = sam.context
    sam.close()
    again = machine.new_page()
    unlock(again, practice)
    found_by_number(again, "0639981277", "Gwenole Tanguy")
    assert again.evaluate(WAITING) == []


def test_what_a_call_told_outlives_a_tab_that_closes_before_the_server_answered_and_nothing_of_a_booking_that_never_was(
    practice: Town, sam: Page
) -> None:
    unlock(sam, practice)
    known(sam, practice, 2)

    def unanswered(route: Any) -> None:
        route.fetch()
        sam.close()

    sam.route(re.compile(r"/appointments$"), unanswered)
    enter(sam, "quemener", "soazig", "11111958", "0639981266", "8 h 50")
    machine = sam.context
    sam.get_by_role("button", name="Inscrire", exact=True).click(no_wait_after=True)
    if not sam.is_closed():
        sam.wait_for_event("close")
    other = machine.new_page()
    unlock(other, practice)
    found_by_number(other, "0639981266", "Soazig Quemener")
    # The line breaks before the server hears of it, and the tab is closed: no card of nobody's visit.
    other.keyboard.press("Escape")
    other.get_by_role("navigation", name="Parties du bureau").get_by_role("button", name="Agenda").click()
    before = practice.rows("SELECT count(*)::int AS n FROM cards")[0]["n"]
    other.route(re.compile(r"/appointments$"), lambda route: route.abort())
    enter(other, "never", "nobody", "01011950", "0639981255", "9 h 10")
    other.get_by_role("button", name="Inscrire", exact=True).click()
    expect(other.get_by_role("alert")).to_be_visible()
    assert len(other.evaluate(WAITING)) == 1
    other.close()
    last = machine.new_page()
    unlock(last, practice)
    for _ in range(SETTLED_MS // 250):
        if last.evaluate(WAITING) == []:
            break
        last.wait_for_timeout(250)
    assert last.evaluate(WAITING) == []
    assert practice.rows("SELECT count(*)::int AS n FROM cards")[0]["n"] == before


def test_somebody_new_is_entered_and_found_the_next_time(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    gap(sam, "14 h 20", TOMORROW).or_(gap(sam, "8 h 30", TOMORROW)).first.focus()
    keys = Keys(sam)
    keys.press("Enter")
    expect(sam.get_by_role("combobox", name="Qui appelle ?")).to_be_focused()
    keys.type("kermarrec yann")
    expect(sam.get_by_role("option", name=re.compile("Personne de ce nom"))).to_be_visible()
    keys.press("Enter")
    expect(sam.get_by_label("Date de naissance")).to_be_focused()
    keys.type("12041979")
    keys.press("Tab")
    keys.type("0639981299")
    keys.press("Enter")
    expect(sam.locator(".said")).to_contain_text("Yann Kermarrec a ce rendez-vous.")
    print(f"new patient: {keys.count} keys")
    assert keys.count < CALL_SECONDS_MAX * KEYS_PER_SECOND
    known(sam, practice, 3)
    sam.keyboard.press("Control+k")
    box = sam.get_by_role("combobox", name="Chercher quelqu’un")
    box.fill("98 12 99")
    expect(sam.get_by_role("option").first).to_contain_text("Yann Kermarrec")
    expect(sam.get_by_role("option").first).to_contain_text("06 39 98 12 99".replace(" ", "\u00a0"))


def open_card_of(page: Page, practice: Town, typed: str, person: Person = SAM) -> None:
    unlock(page, practice, person)
    patients_room(page)
    page.get_by_role("combobox", name="Chercher quelqu’un").fill(typed)
    page.locator(".found li").first.click()
    expect(page.get_by_role("button", name="Modifier")).to_be_visible()


def test_two_browsers_on_one_card_the_second_sees_both_and_chooses(
    practice: Town, sam: Page, profile: Callable[..., BrowserContext]
) -> None:
    unlock(sam, practice)
    known(sam, practice, 2)
    helene: Page = at_noon(profile(DESK)).new_page()
    open_card_of(helene, practice, "tom abescat", HELENE)
    open_card_of(sam, practice, "tom abescat")
    for page, note in ((helene, "Vient avec sa mère."), (sam, "Vient avec son père.")):
        page.get_by_role("button", name="Modifier").click()
        page.get_by_label("Note du cabinet").fill(note)
    helene.get_by_role("button", name="Garder la fiche").click()
    expect(helene.locator(".said")).to_contain_text("Fiche gardée.")
    sam.get_by_role("button", name="Garder la fiche").click()
    both = sam.get_by_role("row", name=re.compile("Note du cabinet"))
    expect(both).to_contain_text("Vient avec son père.")
    expect(both).to_contain_text("Vient avec sa mère.")
    check_in_both_themes(sam)
    sam.get_by_role("button", name="Garder ce qui est écrit ici").click()
    expect(sam.locator(".said")).to_contain_text("Fiche gardée.")
    expect(sam.locator(".people-card")).to_contain_text("Vient avec son père.")
    # Its twin: who takes the other's keeps nothing of their own.
    helene.get_by_role("button", name="Modifier").click()
    helene.get_by_label("Note du cabinet").fill("Vient seul.")
    helene.get_by_role("button", name="Garder la fiche").click()
    helene.get_by_role("button", name="Prendre l’autre").click()
    expect(helene.locator(".people-card")).to_contain_text("Vient avec son père.")


def test_a_card_left_in_mid_typing_is_found_as_it_was_left(practice: Town, sam: Page) -> None:
    open_card_of(sam, practice, "tom abescat")
    sam.get_by_role("button", name="Modifier").click()
    sam.get_by_role("checkbox", name=re.compile("^Refuser")).check()
    sam.get_by_label("Note du cabinet").fill("Préfère le matin.")
    rooms = sam.get_by_role("navigation", name="Parties du bureau")
    rooms.get_by_role("button", name="Agenda").click()
    expect(sam.locator(".said")).to_contain_text("Fiche de Tom Abescat")
    rooms.get_by_role("button", name="Patients").click()
    # What was said of the room before does not lie over the next one.
    expect(sam.locator(".said")).to_have_count(0)
    expect(sam.get_by_label("Note du cabinet")).to_have_value("Préfère le matin.")
    expect(sam.get_by_role("checkbox", name=re.compile("^Refuser"))).to_be_checked()
    # Given up, it is gone for good.
    sam.get_by_role("button", name="Ne rien changer").click()
    sam.get_by_role("button", name="Modifier").click()
    expect(sam.get_by_label("Note du cabinet")).not_to_have_value("Préfère le matin.")


def test_what_was_typed_to_find_somebody_is_not_typed_again(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    gap(sam, "8 h 30", TODAY + dt.timedelta(days=2)).first.click()
    sam.get_by_role("combobox", name="Qui appelle ?").fill("0699887766")
    sam.get_by_role("option", name=re.compile("Aucune fiche avec ce numéro")).click()
    expect(sam.get_by_label("Téléphone")).to_have_value("06 99 88 77 66".replace(" ", "\u00a0"))
    expect(sam.get_by_label("Nom de naissance")).to_be_focused()
    patients_room(sam)
    sam.get_by_role("combobox", name="Chercher quelqu’un").fill("Dupont Jeanne 14/3/61")
    sam.get_by_role("option", name=re.compile("Personne de ce nom")).click()
    expect(sam.get_by_label("Date de naissance")).to_have_value("14/3/61")
    sam.get_by_role("button", name="Garder la fiche").click()
    expect(sam.get_by_role("heading", name="Jeanne Dupont")).to_be_visible()


def test_a_time_that_is_taken_is_booked_only_after_a_warning_and_marked(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    known(sam, practice, 2)
    gap(sam, "14 h").or_(gap(sam, "8 h 30")).last.click()
    sam.get_by_role("combobox", name="Qui appelle ?").fill("tom abescat")
    sam.locator(".found li").first.click()
    sam.get_by_label("Heure", exact=True).fill("10:30")
    sam.get_by_role("button", name="Inscrire", exact=True).click()
    warning = sam.get_by_role("alert").filter(has_text="ce n’est pas prévu")
    expect(warning).to_contain_text("C’est pris de 10 h 30 à 10 h 50")
    expect(warning).to_be_focused()
    assert practice.rows("SELECT 1 FROM appointments WHERE overbooked") == []
    sam.get_by_role("button", name="Inscrire quand même, en plus").click()
    expect(sam.locator(".said")).to_contain_text("Tom Abescat a ce rendez-vous.")
    assert len(practice.rows("SELECT 1 FROM appointments WHERE overbooked")) == 1


def test_a_name_and_birth_date_typed_anew_ask_whether_it_is_this_person(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    known(sam, practice, 2)
    sam.reload()
    unlock(sam, practice)
    gap(sam, "8 h 30", TOMORROW).or_(gap(sam, "8 h 50", TOMORROW)).first.click()
    sam.get_by_role("combobox", name="Qui appelle ?").fill("renodin alice")
    sam.locator(".found .new").click()
    expect(sam.get_by_text("Est-ce cette personne")).to_be_hidden()
    sam.get_by_label("Date de naissance").fill("7/9/1988")
    sam.get_by_role("button", name=re.compile("^Alice Renaudin-Abescat")).click()
    expect(sam.get_by_role("button", name="Inscrire", exact=True)).to_be_focused()
    expect(sam.locator(".book .card")).to_contain_text("Alice Renaudin-Abescat")


# What this browser drew at random, 32 bytes at a time: one of them is the secret in the code on its screen.
NOTE_DRAWN = """
  const drawn = [];
  const draw = crypto.getRandomValues.bind(crypto);
  crypto.getRandomValues = (bytes) => {
    const filled = draw(bytes);
    if (filled.length === 32) drawn.push(Array.from(filled));
    return filled;
  };
  window.drawn = drawn;
"""


def given_link(page: Page, practice: Town, record: str) -> str:
    """The link in the code on the screen: of all that was drawn, the secret whose row token the server knows."""
    [row] = practice.rows("SELECT row_token_hash FROM appointments WHERE record = $1", record)
    for numbers in page.evaluate("window.drawn"):
        cap = Cap.from_secret(bytes(numbers))
        if hashlib.sha256(cap.row_token).digest() == row["row_token_hash"]:
            secret = base64.urlsafe_b64encode(bytes(numbers)).decode().rstrip("=")
            fingerprint = base64.urlsafe_b64encode(practice.house.roster.fingerprint).decode().rstrip("=")
            return f"{practice.origin}/fr/a#{secret}.{fingerprint}.desk"
    raise AssertionError("no drawn secret opens the row")


def test_the_code_shown_at_the_desk_becomes_the_patients_own_link(
    practice: Town, profile: Callable[..., BrowserContext]
) -> None:
    context = at_noon(profile(DESK))
    context.add_init_script(NOTE_DRAWN)
    sam = context.new_page()
    unlock(sam, practice)
    block = sam.locator(".ap", has_text="Alice").or_(
        sam.get_by_role("button", name=re.compile("10 h 30 à 10 h 50, Alice"))
    )
    block.first.click()
    record = str(block.first.get_attribute("data-stop"))
    # She has one already: a double press asks, and no more.
    sam.get_by_role("button", name="Donner un lien").dblclick()
    expect(sam.get_by_text("Le lien que cette personne a déjà ne s’ouvrira plus.")).to_be_visible()
    check_in_both_themes(sam)
    sam.get_by_role("button", name="Oui, donner un nouveau lien").click()
    expect(sam.get_by_role("img", name=re.compile("Code du rendez-vous"))).to_be_visible()
    expect(sam.locator("#given-link")).to_be_focused()
    check_in_both_themes(sam)
    link = given_link(sam, practice, record)
    sam.get_by_role("button", name=re.compile("oublier ce code")).click()
    expect(sam.get_by_role("img", name=re.compile("Code du rendez-vous"))).to_be_hidden()
    # One that was given here ends with a new one too; who keeps it loses neither the link nor the place.
    sam.get_by_role("button", name="Donner un lien").click()
    sam.get_by_role("button", name="Non, garder le sien").click()
    expect(sam.locator("#panel-title")).to_be_focused()

    alice = at_noon(profile(PHONE)).new_page()
    alice.goto(link)
    expect(alice.get_by_text("Cet appareil garde votre rendez-vous")).to_be_visible()
    check_in_both_themes(alice)
    [row] = practice.rows("SELECT rev, writer, row_token_hash FROM appointments WHERE record = $1", record)
    assert row["writer"] == 1
    alice.reload()
    expect(alice.get_by_role("heading", level=1)).to_have_text("Votre rendez-vous")
    # The code opens nothing any more, and the desk sees a revision that Alice's own key signed.
    stranger = at_noon(profile(PHONE)).new_page()
    stranger.goto(link)
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Ce code a déjà servi")
    check_in_both_themes(stranger)
    expect(stranger.get_by_text("Toux la nuit")).to_be_hidden()
    sam.reload()
    unlock(sam, practice)
    sam.get_by_role("button", name=re.compile("10 h 30 à 10 h 50, Alice")).click()
    expect(sam.get_by_role("heading", name="Alice Renaudin-Abescat")).to_be_visible()
    panel = sam.get_by_role("complementary", name="Fiche")
    expect(panel.get_by_text("non vérifié", exact=True)).to_be_hidden()
    expect(sam.get_by_role("button", name="Donner un lien")).to_be_visible()


def test_a_person_whose_online_bookings_are_refused_reads_why(practice: Town, sam: Page) -> None:
    kept = practice.book(TOM, TOMORROW, "9:10")
    unlock(sam, practice)
    known(sam, practice, 2)
    open_card_of(sam, practice, "tom abescat")
    sam.get_by_role("button", name="Modifier").click()
    sam.get_by_label("Refuser ses réservations en ligne").check()
    sam.get_by_label("Message à donner").fill("Appelez-nous avant de réserver.")
    sam.get_by_role("button", name="Garder la fiche").click()
    sam.get_by_role("button", name=re.compile("9 h 10")).click()
    sam.get_by_role("button", name="Refuser avec ce message").click()
    expect(sam.locator(".said")).to_contain_text("Refusé, avec le message.")
    check_in_both_themes(sam)
    [row] = practice.rows("SELECT status FROM appointments WHERE record = $1", kept.booked.record)
    assert row["status"] == "cancelled"
    tom = sam.context.new_page()
    secret = base64.urlsafe_b64encode(kept.cap.secret).decode().rstrip("=")
    fingerprint = base64.urlsafe_b64encode(practice.house.roster.fingerprint).decode().rstrip("=")
    tom.goto(f"{practice.origin}/fr/a#{secret}.{fingerprint}")
    expect(tom.get_by_text("Appelez-nous avant de réserver.")).to_be_visible()


def test_who_did_not_come_is_counted_on_the_card_once(practice: Town, sam: Page) -> None:
    unlock(sam, practice)
    known(sam, practice, 2)
    # An hour and a half later, by the server's clock.
    practice.clock.ahead += dt.timedelta(minutes=90)
    visit = sam.get_by_role("button", name=re.compile("11 h 10 à 11 h 30, Tom"))
    visit.focus()
    sam.keyboard.press("n")
    expect(sam.locator(".said")).to_contain_text("pas venu")
    patients_room(sam)
    sam.get_by_role("combobox", name="Chercher quelqu’un").fill("tom abescat")
    expect(sam.locator(".found li").first).to_contain_text("1 absence", timeout=SETTLED_MS)
    sam.get_by_role("navigation", name="Parties du bureau").get_by_role("button", name="Agenda").click()
    visit.focus()
    sam.keyboard.press("v")
    expect(sam.locator(".said")).to_contain_text("vu")
    # Who was seen did not stay away: the desk says why, and the way back.
    visit.focus()
    sam.keyboard.press("n")
    expect(sam.get_by_role("alert")).to_contain_text("puis «\u00a0pas venu\u00a0»")
    patients_room(sam)
    sam.get_by_role("combobox", name="Chercher quelqu’un").fill("tom abescat")
    expect(sam.locator(".found li").first).not_to_contain_text("absence", timeout=SETTLED_MS)


ALISE = Patient("Alise", "Renaudin", "1988-09-07", "female", "+33639981244", "Un vaccin.")


def card_of(page: Page, typed: str, name: str) -> None:
    """The card of somebody, found in the patients' room."""
    box = page.get_by_role("combobox", name="Chercher quelqu’un")
    box.fill(typed)
    page.get_by_role("option").filter(has_text=name).first.click()
    expect(page.get_by_role("heading", name=name, level=2)).to_be_visible()


def test_the_number_of_the_card_stands_beside_the_contact_that_has_none_and_who_answers_for_a_child(
    practice: Town, sam: Page
) -> None:
    yann = Patient("Yann", "Kermarrec", "1979-04-12", "male", "", "")
    practice.book(yann, FRIDAY, "16:00")
    unlock(sam, practice)
    section = sam.locator(f"section.wday:has(> #day-{FRIDAY})")
    section.get_by_role("button", name=re.compile("^16 h à .*Yann Kermarrec")).click()
    sam.get_by_role("button", name="Voir le contact").click()
    reached = sam.locator("#panel-reached")
    expect(reached).to_contain_text("Sur la fiche")
    expect(reached).to_contain_text("06 39 98 12 99")
    expect(reached.get_by_role("link")).to_be_focused()
    today = sam.locator(f"section.wday:has(> #day-{TODAY})")
    today.get_by_role("button", name=re.compile("^11 h 10 à .*Tom Abescat")).click()
    sam.get_by_role("button", name="Voir le contact").click()
    expect(reached).to_contain_text("Qui répond")
    expect(reached).to_contain_text("parent ou responsable")
    expect(reached).not_to_contain_text("Sur la fiche")
    check_in_both_themes(sam)


def test_two_cards_of_one_person_are_joined_nothing_is_lost_and_it_is_taken_back(
    practice: Town, sam: Page, profile: Callable[..., BrowserContext]
) -> None:
    unlock(sam, practice)
    known(sam, practice, 2)
    patients_room(sam)
    sam.get_by_role("combobox", name="Chercher quelqu’un").fill("renaudin alise")
    sam.get_by_role("option", name=re.compile("ouvelle fiche")).click()
    sam.get_by_label("Date de naissance").fill("07091988")
    sam.get_by_label("Téléphone").fill("0639981333")
    sam.get_by_label("Note du cabinet").fill("Préfère le matin.")
    sam.get_by_role("button", name="Garder la fiche").click()
    expect(sam.get_by_role("heading", name="Alise Renaudin", level=2)).to_be_visible()
    before = practice.rows("SELECT count(*)::int AS n FROM cards")[0]["n"]

    card_of(sam, "abescat alice", "Alice Renaudin-Abescat")
    expect(sam.get_by_text("Une autre fiche ressemble à celle-ci")).to_be_visible()
    sam.get_by_role("button", name="Comparer les deux").click()
    expect(sam.get_by_role("heading", name="Deux fiches, une seule personne ?")).to_be_focused()
    check_in_both_themes(sam)
    note = sam.get_by_label("Note de la fiche réunie")
    expect(note).to_have_value(re.compile("Alise Renaudin.*\n.*Préfère le matin"))
    # A colleague writes the other card meanwhile: nothing is joined unseen.
    helene = at_noon(profile(DESK)).new_page()
    unlock(helene, practice, HELENE)
    patients_room(helene)
    card_of(helene, "alise", "Alise Renaudin")
    helene.get_by_role("button", name="Modifier").click()
    helene.get_by_label("Note du cabinet").fill("Préfère le soir.")
    helene.get_by_role("button", name="Garder la fiche").click()
    expect(helene.locator(".said")).to_contain_text("Fiche gardée.")
    sam.get_by_role("button", name="N’en faire qu’une").click()
    expect(sam.get_by_role("alert")).to_contain_text("a changé entre-temps")
    expect(note).to_have_value(re.compile("Préfère le soir"))
    sam.get_by_role("button", name="N’en faire qu’une").click()
    expect(sam.locator(".said")).to_contain_text("Les deux fiches n’en font plus qu’une.")
    expect(sam.get_by_role("heading", name="Alice Renaudin-Abescat", level=2)).to_be_visible()
    facts = sam.locator(".people-card .facts")
    expect(facts).to_contain_text("06 39 98 13 33")
    expect(facts).to_contain_text("Préfère le soir.")
    assert practice.rows("SELECT count(*)::int AS n FROM cards")[0]["n"] == before - 1

    sam.locator(".said").get_by_role("button", name="Défaire").click()
    expect(sam.locator(".said")).to_contain_text("Il y a de nouveau deux fiches.")
    expect(sam.locator(".people-card .facts")).not_to_contain_text("Préfère")
    assert practice.rows("SELECT count(*)::int AS n FROM cards")[0]["n"] == before

    # Joined for good, by keyboard; then what is booked in the other name leads to the card that is left, and makes none.
    sam.get_by_role("button", name="Joindre un doublon").focus()
    sam.keyboard.press("Enter")
    expect(
        sam.get_by_role("combobox", name="Quelle autre fiche est celle de la même personne ?")
    ).to_be_focused()
    sam.keyboard.type("alise")
    expect(sam.locator("#find-twin-list").get_by_role("option")).to_have_count(1)
    sam.keyboard.press("Enter")
    expect(sam.get_by_role("heading", name="Deux fiches, une seule personne ?")).to_be_focused()
    sam.get_by_role("button", name="N’en faire qu’une").press("Enter")
    expect(sam.locator(".said")).to_contain_text("Les deux fiches n’en font plus qu’une.")
    practice.book(ALISE, FRIDAY, "14:00")
    sam.get_by_role("navigation", name="Parties du bureau").get_by_role("button", name="Agenda").click()
    section = sam.locator(f"section.wday:has(> #day-{FRIDAY})")
    theirs = section.get_by_role("button", name=re.compile("^14 h à .*Alise Renaudin"))
    theirs.click()
    sam.get_by_role("button", name="Ouvrir la fiche").click()
    expect(sam.get_by_role("heading", name="Alice Renaudin-Abescat", level=2)).to_be_visible()
    visits = sam.locator(".card-visits")
    expect(visits).to_contain_text(re.compile("Vendredi 19 mars, 14\\sh"))
    expect(visits).to_contain_text(re.compile("Mardi 16 mars, 10\\sh\\s30"))
    sam.wait_for_timeout(3_500)
    assert practice.rows("SELECT count(*)::int AS n FROM cards")[0]["n"] == before - 1


def test_the_patients_room_on_a_phone(practice: Town, profile: Callable[..., BrowserContext]) -> None:
    phone = at_noon(profile(PHONE)).new_page()
    unlock(phone, practice)
    phone.get_by_role("button", name="Plus", exact=True).click()
    phone.get_by_role("button", name="Patients").click()
    box = phone.get_by_role("combobox", name="Chercher quelqu’un")
    box.fill("renau")
    expect(phone.get_by_role("option").first).to_contain_text("Alice")
    check_in_both_themes(phone)
    phone.get_by_role("option").first.click()
    expect(phone.get_by_role("heading", name="Alice Renaudin-Abescat", level=2)).to_be_focused()
    check_in_both_themes(phone)
    phone.get_by_role("button", name="Joindre un doublon").click()
    phone.get_by_role("combobox", name="Quelle autre fiche est celle de la même personne ?").fill("kermarrec")
    check_in_both_themes(phone)
    phone.get_by_role("option").first.click()
    expect(phone.get_by_role("heading", name="Deux fiches, une seule personne ?")).to_be_focused()
    check_in_both_themes(phone)
    phone.get_by_role("button", name="Laisser les deux").click()
    phone.get_by_role("button", name="Modifier").click()
    check_in_both_themes(phone)
    phone.get_by_role("button", name="Ne rien changer").click()
    phone.get_by_role("button", name="Effacer la fiche").click()
    check_in_both_themes(phone)


def test_after_a_removal_cards_and_index_lie_under_the_new_keys_and_are_found_as_before(
    practice: Town, profile: Callable[..., BrowserContext]
) -> None:
    helene: Page = at_noon(profile(DESK)).new_page()
    unlock(helene, practice, HELENE)
    known(helene, practice, 2)
    helene.get_by_role("navigation", name="Parties du bureau").get_by_role("button", name="Équipe").click()
    helene.get_by_role("button", name=f"Changer {SAM.name}").click()
    helene.get_by_role("button", name="Retirer de l’équipe").click()
    helene.get_by_role("button", name="Retirer et changer les clés").click()
    tables = ("cards", "index_entries", "index_pages")
    old = " UNION ALL ".join(f"SELECT epoch FROM {table} WHERE epoch < 2" for table in tables)
    deadline = time.monotonic() + SETTLED_MS / 1000
    while practice.rows(old) and time.monotonic() < deadline:
        helene.wait_for_timeout(250)
    assert practice.rows(old) == []
    assert practice.rows("SELECT DISTINCT epoch FROM cards")[0]["epoch"] == 2
    helene.reload()
    unlock(helene, practice, HELENE)
    helene.keyboard.press("Control+k")
    helene.get_by_role("combobox", name="Chercher quelqu’un").fill("renaudin")
    expect(helene.locator(".found li").first).to_contain_text("Alice Renaudin-Abescat")
