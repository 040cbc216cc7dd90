# SPDX-License-Identifier: AGPL-3.0-or-later
"""Places as people write them, and as pages name them."""

from __future__ import annotations

import pytest

from serment.directory.towns import Town
from serment.domain.named_times import LANGUAGES
from serment.server.pages.language import in_town, words
from serment.server.pages.towns_typed import is_named, without_preposition
from serment.server.pages.views import whereabouts


def town(name: str) -> Town:
    return Town("26362", name, ("26000",), "26", "84", 44.93, 4.89, True, 60_000)


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("près de Die", "Die"),
        ("Près d’Annecy", "Annecy"),
        ("pres d'Annecy", "Annecy"),
        ("tout près de Die", "Die"),
        ("à Die", "Die"),
        ("autour de Die", "Die"),
        ("au Havre", "Havre"),
        ("near Die", "Die"),
        ("in Die", "Die"),
        ("  Die ", "Die"),
        ("Auch", "Auch"),
        ("Aubagne", "Aubagne"),
        ("Aux Marais", "Aux Marais"),
        ("Prés", "Prés"),
    ],
)
def test_what_stands_before_a_place_is_none_of_it(typed: str, place: str) -> None:
    assert without_preposition(typed) == place


@pytest.mark.parametrize(
    ("typed", "name", "named"),
    [
        ("Valence", "Valence", True),
        ("valen", "Valence", True),
        ("à Valence", "Valence", True),
        ("Valence (26)", "Valence", True),
        ("26000", "Valence", True),
        ("26000 Valence", "Valence", True),
        ("etienne", "Saint-Étienne", True),
        ("Paris 11", "Paris 11e Arrondissement", True),
        ("valance", "Valence", False),
        ("Trifouilly", "Bouilly", False),
        ("près de Trifouilly", "Bouilly", False),
    ],
)
def test_a_town_that_was_guessed_is_told_from_one_that_was_named(typed: str, name: str, named: bool) -> None:
    assert is_named(typed, town(name)) is named


@pytest.mark.parametrize(
    ("name", "french"),
    [
        ("Valence", "à Valence"),
        ("Le Havre", "au Havre"),
        ("Les Mées", "aux Mées"),
        ("La Rochelle", "à La Rochelle"),
        ("Lens", "à Lens"),
    ],
)
def test_who_practises_in_the_town_searched_is_in_it_and_not_fifty_metres_away(
    name: str, french: str
) -> None:
    assert whereabouts("fr", 0.0, name.upper(), town(name)) == french
    assert in_town("en", name) == f"in {name}"
    assert whereabouts("fr", 4.2, "Ailleurs", town(name)) == "4,2 km"
    assert whereabouts("fr", None, "Ailleurs", None) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_sentence_on_privacy_says_what_the_reminder_service_has(language: str) -> None:
    lead = words("fr" if language == "fr" else "en")["privacy.lead"]
    has = {
        "fr": "le service de rappel n’a que votre numéro ou votre adresse",
        "en": "only your number or address",
    }
    assert has[language] in lead
