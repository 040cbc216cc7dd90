# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writes a file of the register's very format about people who do not exist, around towns that do. Seeded, streaming.

The same arguments give the same bytes. Names are put together from syllables; identifiers begin with 999, which the
real register does not give out; phone numbers lie in the ranges that ARCEP keeps for fiction.
"""

import random
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path

from serment.directory.rpps_format import DELIMITER, columns
from serment.directory.specialties import DOCTOR, data_lines, labels
from serment.directory.towns import Town

PERSONS_MAX = 5_000_000
_SECOND_PLACE_SHARE = 0.2
_SECOND_SPECIALTY_SHARE = 0.04
_SHARED_SITE_SHARE = 1 / 3
_LONGER_NAME_SHARE = 0.35
_FAMILY_UNEVENNESS, _GIVEN_UNEVENNESS = 2.0, 1.5
_SITES_SHARED = 100
"""The latest premises opened, which newcomers may share."""
_LINES_A_WRITE = 10_000

_INVENTED = {
    label: words.split(",") for label, words in (line.split("|") for line in data_lines("invented-names.txt"))
}
_WOMEN = _INVENTED["women"]
_MEN = _INVENTED["men"]
_NAME_STARTS = _INVENTED["name starts"]
_NAME_MIDDLES = _INVENTED["name middles"]
_NAME_ENDS = _INVENTED["name ends"]
_WAYS = ("Rue", "Rue", "Rue", "Avenue", "Boulevard", "Place", "Chemin", "Allée", "Impasse")
_WAY_NAMES = _INVENTED["ways"]
_SITE_KINDS = ("Cabinet médical", "Maison de santé", "Centre de santé", "Cabinet", "SELARL", "SCM")
_FICTION_PHONES = ("019900", "026191", "035301", "046571", "053649")

# (profession, specialty, weight): about what is listed in private practice.
_ACTIVITIES: tuple[tuple[str, str, int], ...] = (
    ("10", "SM26", 140), ("10", "SM54", 60), ("10", "SM53", 60), ("10", "SM04", 14), ("10", "SM15", 8),
    ("10", "SM19", 4), ("10", "SM20", 10), ("10", "SM38", 13), ("10", "SM39", 7), ("10", "SM34", 3), ("10", "SM40", 16),
    ("10", "SM42", 28), ("10", "SM43", 5), ("10", "SM32", 6), ("10", "SM48", 6), ("10", "SM24", 8), ("10", "SM16", 5),
    ("10", "SM41", 6), ("10", "SM57", 2), ("10", "SM12", 3), ("10", "SM36", 3), ("10", "SM44", 18), ("10", "SM61", 4),
    ("10", "SM08", 7), ("10", "SM10", 2), ("10", "SM14", 3), ("10", "SM29", 4), ("10", "SM18", 5), ("10", "SM27", 4),
    ("10", "SM02", 20), ("10", "SM30", 3), ("10", "SM31", 1), ("10", "SM58", 2), ("10", "SM03", 4), ("10", "", 40),
    ("40", "", 90), ("40", "SCD01", 6), ("40", "SCD02", 2), ("50", "", 50), ("60", "", 500), ("60", "SI01", 4),
    ("70", "", 220), ("80", "", 30), ("91", "", 55), ("92", "", 12), ("93", "", 110), ("94", "", 30), ("95", "", 30),
    ("96", "", 25), ("21", "", 150), ("26", "", 15), ("28", "", 60), ("71", "", 60), ("72", "", 25), ("73", "", 4),
)  # fmt: skip
_CUMULATED = list(accumulate(weight for _, _, weight in _ACTIVITIES))


def header() -> str:
    """The first line, without its end."""
    return DELIMITER.join(columns())


def line(values: Mapping[str, str]) -> str:
    """One row, without its end, from values by column; what is not named is empty."""
    return DELIMITER.join([values.get(name, "") for name in columns()])


def rows(*, seed: int, persons: int, towns: Sequence[Town]) -> Iterator[dict[str, str]]:
    """The rows of `persons` invented persons around `towns` (weighted by population), as values by column.

    Raises ValueError for no town, or for more than PERSONS_MAX persons.
    """
    if not towns or not 0 <= persons <= PERSONS_MAX:
        raise ValueError(f"At least one town, and at most {PERSONS_MAX} persons.")
    chance = random.Random(seed)  # noqa: S311 (invented people, not secrets)
    peopled = list(accumulate(max(town.population, 50) for town in towns))
    sites: deque[dict[str, str]] = deque(maxlen=_SITES_SHARED)
    opened = 0
    for number in range(persons):
        person = _person(chance, number)
        profession, specialty, _ = chance.choices(_ACTIVITIES, cum_weights=_CUMULATED)[0]
        places = 2 if chance.random() < _SECOND_PLACE_SHARE else 1
        for _ in range(places):
            if sites and chance.random() < _SHARED_SITE_SHARE:
                site = chance.choice(sites)
            else:
                town = chance.choices(towns, cum_weights=peopled)[0]
                site = _site(chance, opened, town)
                opened += 1
                sites.append(site)
            yield {**person, **site, **_work(profession, specialty)}
            if profession == DOCTOR and specialty and chance.random() < _SECOND_SPECIALTY_SHARE:
                other = "SM18" if specialty != "SM18" else "SM26"
                yield {**person, **site, **_work(profession, other)}


def _person(chance: random.Random, number: int) -> dict[str, str]:
    woman = chance.random() < 0.55
    given = _unevenly(chance, _WOMEN if woman else _MEN, _GIVEN_UNEVENNESS)
    family = _family_name(chance)
    if chance.random() < 0.08:
        family = f"{family}-{_family_name(chance)}"
    identifier = f"999{number:08d}"
    return {
        "Type d'identifiant PP": "8",
        "Identifiant PP": identifier,
        "Identification nationale PP": f"8{identifier}",
        "Code civilité": "MME" if woman else "M",
        "Libellé civilité": "Madame" if woman else "Monsieur",
        "Nom d'exercice": family.upper(),
        "Prénom d'exercice": given,
        "Code catégorie professionnelle": "C",
        "Libellé catégorie professionnelle": "Civil",
    }


def _family_name(chance: random.Random) -> str:
    middles = [_NAME_MIDDLES] * (2 if chance.random() < _LONGER_NAME_SHARE else 1)
    return "".join(
        _unevenly(chance, parts, _FAMILY_UNEVENNESS) for parts in (_NAME_STARTS, *middles, _NAME_ENDS)
    )


def _unevenly(chance: random.Random, words: Sequence[str], unevenness: float) -> str:
    """One of them, the first ones far more often, as names are: of a million people some thousands bear the commonest
    family name, and most names are borne by a few.
    """
    return words[int(len(words) * chance.random() ** unevenness)]


def _site(chance: random.Random, number: int, town: Town) -> dict[str, str]:
    postcode = chance.choice(town.postcodes)
    way = chance.choice(_WAYS)
    repeated = chance.random() < 0.06
    phone = f"{chance.choice(_FICTION_PHONES)}{chance.randrange(10_000):04d}"
    kind = chance.choice(_SITE_KINDS)
    name = f"{kind} {chance.choice(_WAY_NAMES)}"
    place = {
        "Identifiant technique de la structure": f"R{number:011d}",
        "Raison sociale site": name,
        "Complément point géographique": "Bâtiment B" if chance.random() < 0.05 else "",
        "Numéro Voie": str(chance.randrange(1, 180)),
        "Indice répétition voie": "bis" if repeated else "",
        "Libellé type de voie": way,
        "Libellé Voie": chance.choice(_WAY_NAMES),
        "Code postal": postcode,
        "Code commune": town.code,
        "Libellé commune": town.name,
        "Téléphone": phone,
    }
    structure = {"Identifiant technique de la structure", "Raison sociale site"}
    return {key if key in structure else f"{key} (coord. structure)": value for key, value in place.items()}


def _work(profession: str, specialty: str) -> dict[str, str]:
    named = labels()
    work = {
        "Code civilité d'exercice": "DR" if profession == DOCTOR else "",
        "Libellé civilité d'exercice": "Docteur" if profession == DOCTOR else "",
        "Code profession": profession,
        "Libellé profession": named[f"P{profession}"],
        "Code mode exercice": "L",
        "Libellé mode exercice": "Libéral",
    }
    if specialty:
        work |= {
            "Code type savoir-faire": "S",
            "Libellé type savoir-faire": "Spécialité ordinale",
            "Code savoir-faire": specialty,
            "Libellé savoir-faire": named[specialty],
        }
    return work


def generate(path: Path, *, seed: int, persons: int, towns: Sequence[Town]) -> int:
    """Writes the file; the number of rows under the header. An existing file is replaced."""
    written = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = [header()]
        for values in rows(seed=seed, persons=persons, towns=towns):
            lines.append(line(values))
            written += 1
            if len(lines) >= _LINES_A_WRITE:
                file.write("\n".join(lines) + "\n")
                lines.clear()
        file.write("".join(f"{one}\n" for one in lines))
    return written
