# SPDX-License-Identifier: AGPL-3.0-or-later
"""A breach's dossier: the clock, what a notice lacks, how grave it is with the working, and a letter that says enough."""

from __future__ import annotations

import dataclasses
import typing
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serment.directory.specialties import labels as specialty_labels
from serment.domain import incident, incident_letter, severity
from serment.domain.incident import Figures, Form, FormWrong, Phase, bracket, check_form, clock, lacking
from serment.domain.incident_labels import labels, specialties
from serment.domain.incident_letter import Letter, lint
from serment.domain.ledger import Part, Purpose
from serment.domain.sentinel import Why

FRIDAY = datetime(2026, 11, 27, 17, 40, tzinfo=UTC)
SIREN = "732829320"
READ = Figures(entries=70, appointments=61, by_part={Part.ID: 61, Part.CT: 61, Part.RS: 4})
BENTO = Form(
    controller_name="Cabinet Bento",
    controller_siren="732 829 320",
    controller_address="1 rue du Puits, 69001 Lyon",
    representative_name="Dr Bento",
    contact_name="Dr Bento",
    contact_phone="04 78 00 00 00",
    found_how="Surveillance automatique",
    circumstances="Un accès a été coupé.",
    natures=("confidentiality",),
    origins=("hacking",),
    cause="external_malicious",
    people=("patients",),
    impacts=("secrecy",),
    measures_after="L’accès est coupé.",
)


# ---------------------------------------------------------------- the words


def test_every_key_of_a_dossier_has_its_words_in_both_languages_and_no_word_is_left_over() -> None:
    keys = {
        "nature": incident.Nature, "origin": incident.Origin, "cause": incident.Cause, "typology": incident.Typology,
        "people": incident.Whom, "impact": incident.Impact, "report": incident.Report, "keys": incident.Keys,
        "recipients": incident.Recipients, "integrity": incident.Loss, "availability": incident.Loss,
        "malice": incident.Malice, "gravity": incident.Gravity, "informed": incident.Informed,
        "exemption": incident.Exemption,
    }  # fmt: skip
    known = {name: set(typing.get_args(kind)) for name, kind in keys.items()} | {
        "type": {"initial", "supplementary"},
        "sensitive": {"health"},
        "bracket": {bracket(number) for number in (0, 6, 51, 301, 5_001)},
        "part": {part.name.lower() for part in Part if part.name},
        "purpose": {purpose.name.lower() for purpose in Purpose},
        "dpc": set(severity.DPC),
        "ei": set(severity.EI),
        "freeze": {*Why, "found_how", "measures", "before"},
    }
    assert {name: set(labels()[name]) for name in known} == known
    assert all(
        words.keys() == {"fr", "en"} and all(words.values())
        for each in labels().values()
        for words in each.values()
    )


def test_the_specialties_that_weigh_more_or_less_are_the_registers() -> None:
    assert all(codes <= set(specialty_labels()) for codes in specialties().values())
    assert specialties()["general"].isdisjoint(specialties()["grave"])


# ---------------------------------------------------------------- the clock


def test_the_clock_does_not_stop_at_weekends() -> None:
    found = clock(FRIDAY, FRIDAY + timedelta(hours=10, minutes=40))
    assert found.due_at == datetime(2026, 11, 30, 17, 40, tzinfo=UTC)
    assert found.left == timedelta(hours=61, minutes=20) and not found.late
    assert clock(FRIDAY, FRIDAY + timedelta(hours=72)).late is False
    assert clock(FRIDAY, FRIDAY + timedelta(hours=72, seconds=1)).late
    assert clock(FRIDAY, FRIDAY, hours=24).left == timedelta(hours=24)


def test_the_clock_stands_still_at_the_sending_and_is_gone_where_nothing_is_notified() -> None:
    later = FRIDAY + timedelta(days=30)
    assert not clock(FRIDAY, later, decision=True, initial_at=FRIDAY + timedelta(hours=71)).late
    assert clock(FRIDAY, later, decision=True, initial_at=FRIDAY + timedelta(hours=73)).late
    assert clock(FRIDAY, later, decision=False).left is None
    assert clock(FRIDAY, later, decision=True).late


def test_phases_follow_one_another() -> None:
    assert [
        incident.phase(decision=decision, initial_at=initial, complete_at=complete)
        for decision, initial, complete in (
            (None, None, None),
            (False, None, None),
            (True, None, None),
            (True, FRIDAY, None),
            (True, FRIDAY, FRIDAY),
        )
    ] == [Phase.DRAFT, Phase.NOT_NOTIFIED, Phase.TO_NOTIFY, Phase.INITIAL_SENT, Phase.COMPLETE]


# ---------------------------------------------------------------- what a notice lacks


def test_an_empty_form_lacks_every_line_of_article_33_3_and_a_full_one_none() -> None:
    assert lacking(Form(), Figures(), late=False) == list(incident.REQUIRED)
    assert lacking(BENTO, READ, late=False) == []
    assert lacking(BENTO, READ, late=True) == ["late_reason"]


@pytest.mark.parametrize(
    "name", [name for name in incident.REQUIRED if name not in ("contact_reach", "typologies")]
)
def test_each_field_that_is_taken_out_is_missed(name: str) -> None:
    empty = msgspec.structs.replace(BENTO, **{name: getattr(Form(), name)})
    assert lacking(empty, READ, late=False) == [name]


def test_kinds_of_data_come_from_the_ledger_and_from_whoever_adds_some() -> None:
    assert READ.typologies() == ("civil_status", "contact")
    assert Figures(by_part={Part.INDEX: 1}).typologies() == ("civil_status",)
    added = msgspec.structs.replace(BENTO, typologies=("nir", "contact"))
    assert incident.typologies(added, READ) == ("civil_status", "contact", "nir")
    assert lacking(BENTO, Figures(), late=False) == ["typologies"]


def test_people_are_between_one_and_their_records_until_somebody_has_counted() -> None:
    assert READ.people(None) == (1, 61) and READ.people(17) == (17, 17)
    assert Figures().people(None) == (0, 0)
    both = dataclasses.replace(READ, cards=2, names=300)
    assert both.records == 363 and both.people(None) == (1, 363)


@pytest.mark.parametrize(("number", "name"), [(5, "to_5"), (6, "to_50"), (50, "to_50"), (51, "to_300"), (300, "to_300"),
                                              (301, "to_5000"), (5_000, "to_5000"), (5_001, "over_5000")])  # fmt: skip
def test_brackets_are_the_cnils(number: int, name: str) -> None:
    assert bracket(number) == name


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("controller_siren", "732829321", "siren"),
        ("controller_siren", "12345", "siren"),
        ("circumstances", "Mme T. joignable au 06 12 34 56 78", "names_somebody"),
        ("measures_after", "écrire à alice@example.org", "names_somebody"),
        ("found_how", "assurée 2 84 05 75 116 001 23", "names_somebody"),
        ("ended_at", FRIDAY - timedelta(days=2), "order"),
    ],
)
def test_a_field_that_cannot_be_kept_is_named(name: str, value: object, why: str) -> None:
    begun = msgspec.structs.replace(BENTO, began_at=FRIDAY - timedelta(days=1))
    check_form(begun, FRIDAY, FRIDAY)
    with pytest.raises(FormWrong) as found:
        check_form(msgspec.structs.replace(begun, **{name: value}), FRIDAY, FRIDAY)
    assert (found.value.name, found.value.why) == (name, why)


def test_nothing_is_found_in_the_future() -> None:
    with pytest.raises(FormWrong, match="found_at"):
        check_form(BENTO, FRIDAY + timedelta(seconds=1), FRIDAY)


# ---------------------------------------------------------------- how grave


@pytest.mark.parametrize(("codes", "se", "level"), [(["SM54"], 3.0, "high"), (["SM54", "SM38"], 4.0, "very_high"),
                                                    (["SM54", "SM42"], 5.0, "very_high"), ([], 4.0, "very_high")])  # fmt: skip
def test_july_2020_is_between_three_and_five_by_specialty(codes: list[str], se: float, level: str) -> None:
    found = severity.severity(BENTO, READ, codes)
    assert (found.se, found.level) == (se, level)
    assert found.sum() == f"{se - 1:g} × 1 + 1 = {se:g}"
    assert found.cb == sum(step.worth for step in found.steps[2:])


def test_sealed_with_the_keys_safe_is_low_and_unknown_keys_count_as_exposed() -> None:
    safe = msgspec.structs.replace(BENTO, keys="safe")
    assert severity.severity(safe, READ, ["SM38"]).sum() == "3 × 0.25 + 1 = 1.75"
    assert severity.severity(safe, READ, ["SM38"]).level == "low"
    exposed = msgspec.structs.replace(BENTO, keys="exposed")
    assert severity.severity(BENTO, READ, ["SM38"]).se == severity.severity(exposed, READ, ["SM38"]).se
    assert severity.severity(exposed, Figures(), ["SM38"]).steps[1].key == "nothing"
    lost = severity.severity(exposed, Figures(), ["SM38"], by_ledger=False)
    assert lost.steps[1].key == "readable"


forms = st.builds(
    Form,
    natures=st.lists(st.sampled_from(typing.get_args(incident.Nature)), unique=True).map(tuple),
    cause=st.none() | st.sampled_from(typing.get_args(incident.Cause)),
    keys=st.sampled_from(typing.get_args(incident.Keys)),
    recipients=st.sampled_from(typing.get_args(incident.Recipients)),
    integrity=st.sampled_from(typing.get_args(incident.Loss)),
    availability=st.sampled_from(typing.get_args(incident.Loss)),
)


@given(forms, st.sampled_from([Figures(), READ]), st.sampled_from([["SM54"], ["SM38"], ["SM42"]]))
def test_the_working_adds_up_whatever_is_written(form: Form, figures: Figures, codes: list[str]) -> None:
    found = severity.severity(form, figures, codes)
    assert found.se == found.steps[0].worth * found.steps[1].worth + found.cb
    assert (found.level == "low") == (found.se < 2) and (found.level == "very_high") == (found.se >= 4)
    assert all(step.key in labels()[step.of] for step in found.steps)


# ---------------------------------------------------------------- the letter

ENOUGH = Letter(
    nature="Entre le 24 et le 25 novembre, quelqu’un a pu lire votre nom et votre numéro de téléphone.",
    contact="Le cabinet répond au 04 78 00 00 00.",
    consequences="Vous pourriez recevoir des appels ou des messages de gens qui se font passer pour nous.",
    measures="Cet accès est coupé depuis le 25 novembre et nous avons changé toutes nos clés.",
    advice="Ne donnez aucun code par téléphone ; rappelez toujours le cabinet à son numéro habituel.",
)


def test_a_letter_that_says_the_five_things_may_be_sent() -> None:
    assert lint(ENOUGH) == {}


@pytest.mark.parametrize("part", incident_letter.PARTS)
@pytest.mark.parametrize(("text", "why"), [("  ", "empty"), ("[À compléter] avec le numéro 04 78 00 00 00", "blank"),
                                           ("Un incident.", "short")])  # fmt: skip
def test_a_letter_without_one_of_them_is_refused_and_the_part_is_named(
    part: str, text: str, why: str
) -> None:
    expected = "reach" if (part, why) == ("contact", "short") else why
    assert lint(msgspec.structs.replace(ENOUGH, **{part: text})) == {part: expected}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Des données de votre rendez-vous ont été exfiltrées par une personne sans droit le trois mars.",
            "jargon",
        ),
        ("Your name left our system through an API that nobody had closed to strangers in time.", "jargon"),
        (" ".join(["mot" + chr(97 + nth % 26) for nth in range(50)]) + ".", "long"),
    ],
)
def test_a_letter_in_words_that_patients_do_not_know_is_refused(text: str, expected: str) -> None:
    assert lint(msgspec.structs.replace(ENOUGH, nature=text)) == {"nature": expected}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", ["a" * 200_000, "[" * 200_000, "a@" * 100_000])
def test_a_text_without_a_blank_is_read_once_and_not_from_each_of_its_letters(text: str) -> None:
    """A hundred times what a part may hold: read from each letter anew it takes many minutes."""
    assert lint(Letter(*[text] * len(incident_letter.PARTS))).keys() == set(incident_letter.PARTS)
    incident.check_names_nobody("reason", text)


def test_where_to_turn_to_is_no_jargon() -> None:
    contact = "Le cabinet répond à https://cabinet.example/api et à donnees@cabinet.example"
    assert lint(msgspec.structs.replace(ENOUGH, contact=contact)) == {}
