"""The demo's town: a real place with its communes, invented practitioners, and the houses some of them work in."""

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from serment.demo import habits
from serment.directory.generate import header, line, rows
from serment.directory.towns import Town as Commune
from serment.directory.towns import towns
from serment.domain.holiday import region_of_postcode, zone_of_postcode
from serment.seeding import Town
from serment.seeding.format import Agenda, Practice, Practitioner, Resource, Site, Unit
from serment.seeding.plant import slug_of

SEED = 2027
PERSONS = 900
CENTRE = "26362"  # Valence
AROUND_DEGREES = 0.22
MAIN = "cabinet-des-tilleuls"
MAIN_NAME = "Cabinet des Tilleuls"
MAIN_STREET = "14 rue du Lavoir"
OPENED_WEEKS_AGO = 4

# (RPPS number, title, given name, family name, specialty): the first house, people the tests and the docs know by name.
MAIN_PEOPLE = (
    ("99990000001", "Mme", "Hélène", "Marchandot", "SM54"),
    ("99990000002", "Mme", "Inès", "Bento", "SM54"),
    ("99990000003", "M", "Idris", "Benkaddour", "SM54"),
)

# How many practitioners of each specialty have their practice on Serment, beside the first house.
ALSO_HERE = {
    "SM54": 5,
    "SM26": 2,
    "P40": 3,
    "P50": 2,
    "P70": 3,
    "SM15": 1,
    "SM38": 2,
    "SM04": 1,
    "SM40": 1,
    "SM20": 1,
    "SM42": 1,
}


def communes() -> list[Commune]:
    """The centre and what lies around it, the centre first."""
    centre = next(commune for commune in towns() if commune.code == CENTRE)
    near = [
        commune
        for commune in towns()
        if abs(commune.latitude - centre.latitude) < AROUND_DEGREES
        and abs(commune.longitude - centre.longitude) < AROUND_DEGREES
        and commune.code != CENTRE
    ]
    return [centre, *near]


def write_register(path: Path) -> int:
    """A file of the official format with the first house's people and PERSONS invented others; the number of rows."""
    around = communes()
    lines = [header(), *(line(values) for values in _main_rows(around[0]))]
    lines += [line(values) for values in rows(seed=SEED, persons=PERSONS, towns=around)]
    path.write_text("".join(f"{one}\n" for one in lines), "utf-8")
    return len(lines) - 1


def _main_rows(centre: Commune) -> Iterable[Mapping[str, str]]:
    sample = next(
        values
        for values in rows(seed=SEED, persons=PERSONS, towns=[centre])
        if values["Code profession"] == "10"
    )
    for rpps, civility, given, family, specialty in MAIN_PEOPLE:
        yield sample | {
            "Identifiant PP": rpps,
            "Identification nationale PP": f"8{rpps}",
            "Code civilité": "MME" if civility == "Mme" else "M",
            "Libellé civilité": "Madame" if civility == "Mme" else "Monsieur",
            "Nom d'exercice": family.upper(),
            "Prénom d'exercice": given,
            "Code type savoir-faire": "S",
            "Libellé type savoir-faire": "Spécialité ordinale",
            "Code savoir-faire": specialty,
            "Libellé savoir-faire": "Médecine générale (SM)",
            "Identifiant technique de la structure": "R99900000001",
            "Raison sociale site": MAIN_NAME,
            "Numéro Voie (coord. structure)": "14",
            "Indice répétition voie (coord. structure)": "",
            "Libellé type de voie (coord. structure)": "Rue",
            "Libellé Voie (coord. structure)": "du Lavoir",
        }


def main_practice(today: dt.date) -> Practice:
    """The first house: three general practitioners, a shared room, exceptions and a week away."""
    centre = communes()[0]
    postcode = centre.postcodes[0]
    first = today - dt.timedelta(weeks=OPENED_WEEKS_AGO, days=today.weekday())
    people = [
        Practitioner(
            key=family.lower(),
            title="Dr",
            given_name=given,
            family_name=family,
            specialty=specialty,
            rpps=rpps,
        )
        for rpps, _, given, family, specialty in MAIN_PEOPLE
    ]
    agendas = [person.key for person in people]
    return Practice(
        slug=MAIN,
        name=MAIN_NAME,
        sites=[
            Site(
                key="lavoir",
                name=MAIN_NAME,
                address=MAIN_STREET,
                postcode=postcode,
                town=centre.name,
                town_code=centre.code,
                latitude=centre.latitude,
                longitude=centre.longitude,
                timezone=zone_of_postcode(postcode),
                holiday_region=region_of_postcode(postcode),
                access_fr="Premier étage, ascenseur. Sonnez à « Tilleuls ».",
                access_en="First floor, lift. Ring at “Tilleuls”.",
                phone="0465710014",
            )
        ],
        units=[Unit(key="all", name=MAIN_NAME)],
        practitioners=people,
        agendas=[Agenda(key=key, site="lavoir", practitioner=key, unit="all") for key in agendas],
        visit_types=habits.general_types(agendas),
        openings=[
            opening
            for style, key in enumerate(agendas)
            for opening in habits.openings(key, style=style, first_date=first)
        ],
        exceptions=habits.exceptions(agendas[0], today=today),
        absences=habits.absences(agendas[1], today=today),
    )


def practice_of(entries: list[Mapping[str, Any]], *, style: int, today: dt.date) -> Practice:
    """A house of the practitioners that the register lists at one place; rows as `entries_to_open` gives them."""
    place = entries[0]
    general = "SM54" in place["specialties"] or "SM26" in place["specialties"]
    postcode = place["postcode"]
    keys = [f"p{number}" for number in range(len(entries))]
    first = today - dt.timedelta(weeks=OPENED_WEEKS_AGO, days=today.weekday())
    room = not general and style % 2 == 0
    return Practice(
        slug=slug_of(f"{place['site_name']} {place['town']} {place['structure'][-4:]}"),
        name=place["site_name"],
        sites=[
            Site(
                key="site",
                name=place["site_name"],
                address=place["address"],
                postcode=postcode,
                town=place["town"],
                town_code=place["town_code"],
                latitude=place["latitude"],
                longitude=place["longitude"],
                timezone=zone_of_postcode(postcode),
                holiday_region=region_of_postcode(postcode),
                phone=place["phone"],
            )
        ],
        units=[Unit(key="all", name=place["site_name"])],
        practitioners=[
            Practitioner(
                key=key,
                title="Dr" if entry["specialties"][0].startswith("SM") else "",
                given_name=entry["given_name"],
                family_name=entry["family_name"].title(),
                specialty=entry["specialties"][0],
                rpps=entry["rpps"],
                slug=slug_of(
                    f"{entry['given_name']} {entry['family_name']} {entry['town']} {entry['rpps'][-4:]}"
                ),
                new_patients=style % 5 != 0,
            )
            for key, entry in zip(keys, entries, strict=True)
        ],
        agendas=[Agenda(key=key, site="site", practitioner=key, unit="all") for key in keys],
        visit_types=habits.general_types(keys)
        if general
        else habits.specialist_types(keys, specialty=place["specialties"][0], room=room),
        openings=[
            opening
            for number, key in enumerate(keys)
            for opening in habits.openings(key, style=style + number, first_date=first)
        ],
        resources=[Resource(key="room", site="site", kind="room", name="Salle d’examen")] if room else [],
    )


def whole(practices: list[Practice]) -> Town:
    """The houses as one file would hold them."""
    return Town(practices=practices)
