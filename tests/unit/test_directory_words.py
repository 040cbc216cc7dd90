# SPDX-License-Identifier: AGPL-3.0-or-later
"""Folding, kinds of care, towns and boxes: what people type, and what is meant."""

import math

import pytest

from serment.directory.folding import escape_like, fold, fold_town
from serment.directory.search import Place, box, name_words, shortened
from serment.directory.specialties import find_kinds, kind, kind_of_code, kinds, labels, specialty_name
from serment.directory.towns import towns


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Hélène Le-Bœuf", "helene le boeuf"),
        ("  N'GUYÊN ", "n guyen"),
        ("ŒUVRARD Læticia", "oeuvrard laeticia"),
        ("Straße", "strasse"),
        ("\uff21\uff22", "ab"),
        ("李", ""),
    ],
)
def test_what_two_people_write_differently_folds_alike(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("St-Étienne", "saint etienne"),
        ("Ste Maxime", "sainte maxime"),
        ("Chalon s/Saône", "chalon sur saone"),
        ("PARIS CEDEX 13", "paris"),
        ("Lons-le-S", "lons le s"),
        ("st", "st"),
        ("", ""),
        ("Paris 11e Arrondissement", "paris 11"),
        ("Lyon 1er", "lyon 1"),
    ],
)
def test_short_forms_of_towns_are_written_out(text: str, folded: str) -> None:
    assert fold_town(text) == folded


def test_a_pattern_holds_no_wildcard_of_the_typist() -> None:
    assert escape_like("50%_\\") == "50\\%\\_\\\\"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("généraliste", "general-practice"),
        ("GP", "general-practice"),
        ("médecin", "general-practice"),
        ("dermato", "dermatologist"),
        ("dermatologe", "dermatologist"),
        ("kiné", "physiotherapist"),
        ("gyneco", "gynaecologist"),
        ("opthalmo", "ophthalmologist"),
        ("denstite", "dentist"),
        ("sage femme", "midwife"),
        ("children's doctor", None),
        ("Dupont", None),
    ],
)
def test_a_kind_of_care_is_found_in_patients_words(text: str, key: str | None) -> None:
    found = find_kinds(text)
    assert (found[0].key if found else None) == key


def test_every_specialty_code_belongs_to_one_kind() -> None:
    grouped = [code for one in kinds() for code in one.codes]
    assert len(grouped) == len(set(grouped))
    assert {code for code in labels() if not code.startswith("P")} <= set(grouped)
    assert set(grouped) <= set(labels())


def test_general_practice_spans_its_three_codes() -> None:
    general = kind("general-practice")
    assert general is not None and general.codes == ("SM26", "SM53", "SM54")
    assert kind_of_code("SM54") == general
    assert specialty_name("SM54", "fr") == "Médecin généraliste"
    assert specialty_name("P98", "en") == "Manipulateur ERM"
    assert specialty_name("SM999", "en") == "SM999"


def test_the_towns_are_the_communes_of_france_where_they_are() -> None:
    known = {town.code: town for town in towns()}
    assert len(known) == len(towns()) > 34_000
    brest = known["29019"]
    assert (brest.name, brest.department) == ("Brest", "29") and "29200" in brest.postcodes
    assert math.isclose(brest.latitude, 48.39, abs_tol=0.05) and math.isclose(
        brest.longitude, -4.49, abs_tol=0.05
    )
    assert {"75101", "69381", "13201", "97411", "2A004"} <= known.keys()
    metropolitan = [town for town in towns() if not town.department.startswith("97")]
    assert all(41 < town.latitude < 51.2 and -5.3 < town.longitude < 9.7 for town in metropolitan)


def test_words_one_slip_apart_have_something_in_common() -> None:
    for slip in ("marttin", "matin", "maritn", "mortin"):
        assert set(shortened("martin")) & set(shortened(slip)), slip
    assert not set(shortened("martin")) & set(shortened("durand"))
    assert shortened("mei") == ["mei"]


def test_titles_are_no_names() -> None:
    assert name_words("Dr Inès BENTO") == ["ines", "bento"]
    assert len(name_words("a b c d e f")) == 4


def test_the_box_holds_the_circle() -> None:
    square = box(Place(48.0, 2.0), 10)
    assert square["north"] - 48.0 > 10 / 111.33
    assert (square["east"] - 2.0) * 111.19 * math.cos(math.radians(48.0)) >= 10


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("infirmière", "nurse"),
        ("infirmiere", "nurse"),
        ("infirmier", "nurse"),
        ("infirmière en pratique avancée", "advanced-practice-nurse"),
        ("infirmière puéricultrice", "child-nurse"),
        ("sage-femme", "midwife"),
        ("chirurgienne-dentiste", "dentist"),
        ("chirurgienne dentiste", "dentist"),
        ("chirurgienne", "general-surgeon"),
        ("chirurgien", "general-surgeon"),
        ("chirurgienne viscérale", "digestive-surgeon"),
        ("psychologue", "psychologist"),
        ("diététicienne", "dietitian"),
        ("psychomotricienne", "psychomotor-therapist"),
        ("masseuse-kinésithérapeute", "physiotherapist"),
        ("opticienne", "optician"),
        ("pharmacienne", "pharmacist"),
        ("obstétricienne", "gynaecologist"),
        ("neurochirurgienne", "neurosurgeon"),
        ("généticienne", "geneticist"),
        ("docteure", "general-practice"),
        ("chiropractrice", "chiropractor"),
        ("puéricultrice", "child-nurse"),
        ("plasticienne", "plastic-surgeon"),
    ],
)
def test_a_kind_of_care_is_found_by_its_feminine_word_too(text: str, key: str) -> None:
    assert [kind.key for kind in find_kinds(text, most=1, mistyped=False)] == [key]
