# SPDX-License-Identifier: AGPL-3.0-or-later
"""What messages say: when, and the word. SMS in one segment, e-mails that load nothing, calendars that name nobody."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
import string
import uuid
from html.parser import HTMLParser
from typing import get_args

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serment.domain.gsm7 import fitted, length
from serment.domain.instants import first_instant
from serment.domain.named_times import LANGUAGES, Language
from serment.domain.reminder import Kind
from serment.domain.word import place
from serment.framing.conventions import derive
from serment.notifier import letters, wording
from serment.notifier.letters import Written, code_letter, letter
from serment.notifier.wording import Visit, code_sms, code_spoken, link, sms, words
from serment.seal.messages import handle
from tidy.tree import ROOT

ORIGIN = "https://rdv.saint-eloi.fr"
C = bytes(range(16))
KINDS: tuple[Kind, ...] = get_args(Kind)
NOW = dt.datetime(2026, 11, 25, 8, tzinfo=dt.UTC)
PAGE = (ROOT / "docs/reference/messages.md").read_text("utf-8")


def visit(
    when: str = "2026-11-26 09:30", word: str = "Aubagne", zone: str = "Europe/Paris", c: bytes = C
) -> Visit:
    return Visit(first_instant(dt.datetime.fromisoformat(when), zone), zone, word, c, 1)


def about(kind: Kind, language: Language = "fr", *visits: Visit, now: dt.datetime = NOW) -> Written:
    return letter(kind, visits or (visit(),), language, now, ORIGIN)


def said(kind: Kind, language: Language = "fr", *visits: Visit, now: dt.datetime = NOW) -> str:
    return sms(kind, visits or (visit(),), language, now, ORIGIN)


# ---------------------------------------------------------------- the two languages


def test_french_and_english_say_the_same_things() -> None:
    french, english = words("fr"), words("en")
    assert french.keys() == english.keys()
    for key in french:
        for one, other in zip(_texts(french[key]), _texts(english[key]), strict=False):
            assert _fields(one) == _fields(other) or key.endswith(".sms"), key
    for language in LANGUAGES:
        for kind in KINDS:
            for text in words(language)[f"{kind}.sms"]:
                assert (
                    {"hour", "place", "link"}
                    <= _fields(text)
                    <= {"near", "day", "short", "hour", "place", "link"}
                )
    assert "!" not in json.dumps(french) + json.dumps(english)


def _texts(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


# ---------------------------------------------------------------- SMS


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("word", ["Aubagne", "T.", "Saint-Étienne-du-Rouvray"])
@pytest.mark.parametrize("when", ["2026-11-26 09:30", "2027-09-29 10:30", "2026-11-25 17:45"])
def test_an_sms_is_one_segment(language: Language, kind: Kind, word: str, when: str) -> None:
    text = said(kind, language, visit(when, word))
    assert length(text).segments == 1 and length(text).alphabet == "gsm7"
    assert text.endswith(link(ORIGIN, C)) and text.count("://") == 1
    assert fitted(word) in text and "{" not in text


@pytest.mark.parametrize(
    "zone", ["America/Guadeloupe", "Indian/Reunion", "Pacific/Noumea", "America/St_Barthelemy"]
)
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_one_segment_overseas_too(kind: Kind, zone: str) -> None:
    for language in LANGUAGES:
        text = said(kind, language, visit(word="Basse-Terre", zone=zone))
        assert length(text).segments == 1
        assert ("(heure de" if language == "fr" else " time)") in text


def test_the_fullest_text_that_fits_is_taken() -> None:
    full = sms("reminder", [visit()], "fr", NOW, "https://rdv.fr")
    assert (
        full
        == f"Rappel : rendez-vous demain jeudi 26 novembre à 9 h 30, Aubagne. Confirmer, annuler, refuser ces SMS, en savoir plus : https://rdv.fr/t#{link('', C)[3:]}"
    )
    long = sms("reminder", [visit()], "fr", NOW, "https://" + "a" * 60 + ".fr")
    assert length(long).segments == 2 and long.startswith("Rappel : rendez-vous"), (
        "no word is saved where it saves no segment"
    )


def test_each_sms_tells_how_to_object_and_where_to_learn_more() -> None:
    for kind in KINDS:
        assert re.search(r"[Rr]efuser ces SMS|STOP SMS", said(kind)) and re.search(
            r"plus :|infos :", said(kind)
        )
        assert re.search(r"[Rr]efuse these texts|[Ss]top texts", said(kind, "en")) and "more:" in said(
            kind, "en"
        )


def test_two_appointments_of_a_day_are_told_apart_in_one_sms() -> None:
    other = bytes(16)
    text = said("reminder", "fr", visit(), visit("2026-11-26 11:00", "T.", c=other))
    assert text.splitlines() == [
        "Rappel : 2 rendez-vous demain jeudi 26 novembre.",
        f"9 h 30, Aubagne : {link(ORIGIN, C)}",
        f"11 h, T. : {link(ORIGIN, other)}",
        "Confirmer, annuler, refuser ces SMS, en savoir plus : ouvrez ces liens.",
    ]
    assert length(text).segments == 2


def test_a_word_with_a_cedilla_costs_no_segment() -> None:
    text = said("reminder", "fr", visit(word="Besançon-Forêt"))
    assert "Besancon-Foret" in text and length(text).alphabet == "gsm7"


def test_a_phone_fills_the_code_in_by_itself() -> None:
    text = code_sms("012345", ORIGIN)
    assert text.splitlines()[-1] == "@rdv.saint-eloi.fr #012345"
    assert length(text).segments == 1 and length(text).alphabet == "gsm7"
    assert code_sms("012345", "https://rdv.saint-eloi.fr:8443").endswith("@rdv.saint-eloi.fr #012345")
    for language in LANGUAGES:
        assert code_spoken("012345", language).count("0, 1, 2, 3, 4, 5") == 2


# ---------------------------------------------------------------- days, hours, places


def test_tomorrow_is_tomorrow_at_the_site() -> None:
    """At 14:00 in Paris it is past midnight in Nouméa: the 26th there is today."""
    now = dt.datetime(2026, 11, 25, 14, tzinfo=dt.UTC)
    assert wording.near("fr", visit(zone="Pacific/Noumea"), now) == "aujourd’hui"
    assert wording.near("fr", visit(zone="Pacific/Noumea"), now - dt.timedelta(hours=2)) == "demain"
    assert wording.near("fr", visit(), now) == "demain" and "demain jeudi 26 novembre" in said(
        "booked", now=now
    )
    assert wording.near("fr", visit("2026-11-27 09:30"), now) == ""
    there = about("reminder", "en", visit(zone="Pacific/Noumea"), now=now)
    assert there.text.startswith("You have an appointment today:")


def test_on_the_eve_of_summer_time_tomorrow_is_still_tomorrow() -> None:
    now = first_instant(dt.datetime.fromisoformat("2027-03-27 23:30"), "Europe/Paris")
    assert "demain dimanche 28 mars à 9 h 30" in said("booked", "fr", visit("2027-03-28 09:30"), now=now)
    assert "tomorrow Sunday 28 March at 9:30" in said("booked", "en", visit("2027-03-28 09:30"), now=now)


def test_a_zone_is_named_where_clocks_show_another_time_than_in_paris() -> None:
    assert "9 h 30 (heure de la Guadeloupe)" in said("reminder", "fr", visit(zone="America/Guadeloupe"))
    assert "9:30 (Reunion time)" in said("reminder", "en", visit(zone="Indian/Reunion"))
    assert "heure" not in said("reminder", "fr", visit(zone="Europe/Brussels"))
    assert "(heure de New York)" in said("reminder", "fr", visit(zone="America/New_York"))


def test_what_is_far_away_is_told_with_its_year() -> None:
    assert "2027" in about("booked", "fr", visit("2027-11-26 09:30")).subject
    assert "2026" not in about("booked").subject


@pytest.mark.parametrize(
    "word",
    [
        "Aubagne",
        "L'Haÿ-les-Roses",
        "St. Gallen",
        "T.",
        "J.-P.",
        "Paris 14e",
        "Kiné (Sud) & Cie",
        "Œuilly",
        "Αθήνα",
    ],
)
def test_a_word_is_told_as_it_was_chosen(word: str) -> None:
    assert place(word) == word
    assert word in about("reminder", "fr", visit(word=word)).text


@pytest.mark.parametrize(
    "word",
    [
        "serment.fr",
        "bit.ly/x",
        "a@b",
        "3639",
        "06 39 98 00",
        "www.x",
        "x\u202ey",
        "<b>",
        "http:",
        "\u200b",
        "#1",
        "{link}",
        "+33",
    ],
)
def test_mallorys_word_is_left_out_where_it_could_be_taken_for_more(word: str) -> None:
    assert place(word) == ""
    for text in (said("booked", "fr", visit(word=word)), about("booked", "fr", visit(word=word)).text):
        assert word not in text.replace("rdv.saint-eloi.fr", "").replace("https://", "").replace(
            link("", C), ""
        )
    assert not re.search("LOCATION", about("booked", "fr", visit(word=word)).calendar.decode())  # type: ignore[union-attr]


@given(st.text(max_size=24), st.sampled_from(KINDS), st.sampled_from(LANGUAGES))
def test_no_word_brings_a_link_of_its_own_or_another_line(word: str, kind: Kind, language: Language) -> None:
    text = said(kind, language, visit(word=word))
    assert len(text.splitlines()) == 1 and text.count("://") == 1 and text.endswith(link(ORIGIN, C))
    assert not re.search(r"\w\.\w", text.replace(link(ORIGIN, C), ""))


# ---------------------------------------------------------------- e-mails


class Seen(HTMLParser):
    """Every tag and attribute of an e-mail."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


ALL = [
    *[about(kind, language) for kind in KINDS for language in LANGUAGES],
    about("reminder", "fr", visit(), visit("2026-11-26 11:00", "T.", c=bytes(16))),
    code_letter("012345", ORIGIN),
]


@pytest.mark.parametrize("written", ALL, ids=lambda written: written.subject)
def test_an_e_mail_loads_nothing_and_leads_nowhere_else(written: Written) -> None:
    allowed = {"html", "head", "meta", "title", "body", "h1", "h2", "div", "p", "a", "br", "hr"}
    for tag, attributes in Seen(written.html).tags:
        assert tag in allowed
        assert not {"src", "srcset", "background", "poster"} & attributes.keys()
        assert "url(" not in (attributes.get("style") or "")
        if tag == "a":
            assert str(attributes["href"]).startswith(f"{ORIGIN}/")
    assert set(re.findall(r"https?://[^/\s\"<]+", written.html + written.text)) == {ORIGIN}
    assert all(ord(sign) >= 32 and sign != "\u00a0" for sign in written.subject)


@pytest.mark.parametrize("written", ALL, ids=lambda written: written.subject)
def test_text_and_html_lead_to_the_same_places(written: Written) -> None:
    hrefs = {str(attributes["href"]) for tag, attributes in Seen(written.html).tags if tag == "a"}
    assert hrefs == set(re.findall(r"https://\S+", written.text))
    assert not re.search(r"\n{3}", written.text) and not re.search(r"[^-] $", written.text, re.MULTILINE)


def test_a_word_is_escaped() -> None:
    html = about("booked", "fr", visit(word="A & B")).html
    assert "A &amp; B" in html and "A & B" not in html


def test_a_subject_says_when_and_nothing_else() -> None:
    assert about("reminder").subject == "Rappel : jeudi 26 novembre à 9 h 30"
    assert [about(kind, "en").subject for kind in KINDS] == [
        "Booked: Thursday 26 November at 9:30", "Moved: Thursday 26 November at 9:30",
        "Cancelled: Thursday 26 November at 9:30", "Reminder: Thursday 26 November at 9:30",
        "There is an important letter for you: Thursday 26 November at 9:30",
    ]  # fmt: skip
    assert "012345" not in code_letter("012345", ORIGIN).subject


def test_one_click_objects_with_the_token_that_only_c_gives() -> None:
    written = about("reminder")
    assert written.unsubscribe is not None and written.unsubscribe.startswith(f"{ORIGIN}/stop/")
    token = base64.urlsafe_b64decode(written.unsubscribe.removeprefix(f"{ORIGIN}/stop/") + "==")
    assert token == derive(C, "stop", 16)
    assert written.unsubscribe in written.text and code_letter("012345", ORIGIN).unsubscribe is None


def test_a_cancelled_visit_offers_no_button_that_cancels() -> None:
    assert link(ORIGIN, C) not in about("cancelled").html + about("cancelled").text
    assert f"{ORIGIN}/fr/\n" in about("cancelled").text


# ---------------------------------------------------------------- calendars


def entries(written: Written) -> list[icalendar.Event]:
    assert written.calendar is not None
    whole = icalendar.Calendar.from_ical(written.calendar)
    assert whole["METHOD"] == "PUBLISH"
    return list(whole.walk("VEVENT"))


def test_a_calendar_names_nobody_and_not_how_long() -> None:
    (entry,) = entries(about("booked"))
    assert sorted(entry) == sorted(
        [
            "UID",
            "SEQUENCE",
            "DTSTAMP",
            "DTSTART",
            "SUMMARY",
            "CLASS",
            "LOCATION",
            "STATUS",
            "DESCRIPTION",
            "URL",
        ]
    )
    assert (
        entry["SUMMARY"] == "Rendez-vous"
        and entry["LOCATION"] == "Aubagne"
        and entry["URL"] == link(ORIGIN, C)
    )
    assert entry["DTSTART"].dt == visit().start


def test_each_letter_of_an_appointment_changes_the_same_entry() -> None:
    assert about("letter").calendar is None, "a letter changes no appointment"
    changing = [kind for kind in KINDS if kind != "letter"]
    found = {kind: entries(about(kind))[0] for kind in changing}
    assert len({str(entry["UID"]) for entry in found.values()}) == 1
    assert {kind: str(entry["STATUS"]) for kind, entry in found.items()} == dict.fromkeys(
        changing, "CONFIRMED"
    ) | {"cancelled": "CANCELLED"}
    later = Visit(visit().start, "Europe/Paris", "Aubagne", C, 2)
    assert (entries(about("cancelled", "fr", later))[0]["SEQUENCE"], found["booked"]["SEQUENCE"]) == (2, 1)
    assert uuid.UUID(str(found["booked"]["UID"])).bytes not in (handle(C), C)


def test_no_alarm_rings_for_what_is_past() -> None:
    def alarms(written: Written) -> list[dt.timedelta]:
        return [alarm["TRIGGER"].dt for alarm in entries(written)[0].walk("VALARM")]

    day, an_hour = -dt.timedelta(days=1), -dt.timedelta(hours=1)
    assert alarms(about("booked", now=NOW)) == [day, an_hour]
    assert alarms(about("reminder", now=NOW + dt.timedelta(hours=3))) == [an_hour]
    assert alarms(about("cancelled")) == []


def test_several_appointments_are_several_entries_of_one_file() -> None:
    found = entries(about("reminder", "fr", visit(), visit("2026-11-26 11:00", "T.", c=bytes(16))))
    assert [str(entry["LOCATION"]) for entry in found] == ["Aubagne", "T."]
    assert len({str(entry["UID"]) for entry in found}) == 2


# ---------------------------------------------------------------- the page of the documentation


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("when", "word"), [("2026-11-26 09:30", "Aubagne"), ("2027-09-29 10:30", "Saint-Étienne-du-Rouvray")]
)
def test_the_page_on_messages_shows_what_is_sent(
    language: Language, kind: Kind, when: str, word: str
) -> None:
    text = said(kind, language, visit(when, word))
    assert f"| {kind} | {language} | {text.replace(link(ORIGIN, C), 'LINK')} | {length(text).units} |" in PAGE


def test_reprs_show_no_secret_and_no_text() -> None:
    assert str(C) not in repr(visit()) and "9 h 30" not in repr(about("reminder"))
    assert wording.__doc__ and letters.__doc__
