# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Alice types is found nowhere but with her and her practice: not in dump, files, logs or traffic."""

from __future__ import annotations

import datetime as dt
import subprocess
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page

from browser.walk import Person, book, link_of
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
    "Pénicilline",
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


def test_nothing_typed_is_found_anywhere(watched: Watched) -> None:
    assert watched.find_everywhere(_wanted(watched, TYPED)) == []


def test_no_link_secret_ever_left_a_browser(watched: Watched, flows_done: dict[str, str]) -> None:
    caps = tuple(link.partition("#")[2].partition(".")[0] for link in flows_done.values())
    assert all(len(cap) == 43 for cap in caps)
    wanted = [Form("cap", "as in the link", cap.encode()) for cap in caps]
    assert watched.find_everywhere(wanted) == []


def test_a_planted_marker_is_found_in_every_place_and_dress(watched: Watched) -> None:
    psql = watched.postgres.carrier.bin / "psql"  # type: ignore[union-attr]
    for statement in (
        f"SELECT '{PLANTED}'",
        f"CREATE TABLE careless AS SELECT '{PLANTED}'::text AS name",
    ):
        subprocess.run(
            [psql, "-c", statement, watched.postgres.url(watched.database)], check=True, capture_output=True
        )
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
    subprocess.run(
        [psql, "-c", "DROP TABLE careless", watched.postgres.url(watched.database)],
        check=True,
        capture_output=True,
    )
