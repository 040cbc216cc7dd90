# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page of the host's officer: every dossier with its clock, papers that are noted, nothing without its token."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import httpx
import pytest

from bento_house import House
from members_house import Person
from serment.server.pages.officer import officers_app
from serment.server.usecases.change_dossier import decide
from serment.server.usecases.dossier import DossierTold, dossiers_of, whole
from serment.server.usecases.open_incident import draft_freezes
from serment.server.usecases.sentinel import note_foreign

TOKEN = "a-token-of-this-start"


@pytest.fixture
async def draft(house: House, sam: Person) -> DossierTold:
    """Sam was stopped; the draft of that."""
    assert sam.member is not None
    await note_foreign(house.instance, [(house.practice, sam.member)], [uuid.uuid4() for _ in range(5)])
    await draft_freezes(house.instance)
    [dossier] = await dossiers_of(house.instance)
    return dossier


@pytest.fixture
async def officer(house: House) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(officers_app(house.instance, TOKEN))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def test_the_officer_sees_each_dossier_with_its_clock_and_what_is_lacking(
    house: House, bento: Person, draft: DossierTold, officer: httpx.AsyncClient
) -> None:
    house.clock.pass_(hours=60, minutes=10)
    page = (await officer.get(f"/fr/{TOKEN}")).text
    for words in (
        draft.practice_name,
        "Il reste 11\u00a0h\u00a050",
        "À décider",
        "SIREN",
        str(draft.incident),
    ):
        assert words in page, words
    house.clock.pass_(hours=12)
    assert "Late by 0\u00a0h\u00a010" in (await officer.get(f"/en/{TOKEN}")).text
    staff = await bento.staff(house)
    await decide(house.instance, staff, draft.incident, draft.rev, notify=False, reason="Rien n’est sorti.")
    page = (await officer.get(f"/fr/{TOKEN}")).text
    assert "Clos, non notifié" in page
    assert "Aucun dossier n’est en cours" in page


async def test_a_paper_that_the_officer_takes_is_noted_in_the_dossiers_journal(
    house: House, draft: DossierTold, officer: httpx.AsyncClient
) -> None:
    of = f"/fr/{TOKEN}/{draft.incident}/{draft.practice}"
    paper, told = await officer.get(f"{of}/initial.pdf"), await officer.get(f"{of}/initial.json")
    assert paper.content.startswith(b"%PDF-")
    assert paper.headers["cache-control"] == "no-store"
    assert told.json()["a_completer"] == draft.lacking
    lines = (await whole(house.instance, draft.practice, draft.incident)).custody
    assert [line.line.split("\t")[2:4] for line in lines[-2:]] == [["host", "draft initial"]] * 2
    register = await officer.get(f"/fr/{TOKEN}/register/{draft.practice}/register.pdf")
    assert register.content.startswith(b"%PDF-")


async def test_a_journal_that_was_changed_from_outside_is_said(
    house: House, draft: DossierTold, officer: httpx.AsyncClient
) -> None:
    assert "modifié en dehors" not in (await officer.get(f"/fr/{TOKEN}")).text
    await house.instance.pool.execute("ALTER TABLE custody DISABLE TRIGGER custody_stays")
    await house.instance.pool.execute("UPDATE custody SET line = line || ' and more'")
    assert "modifié en dehors" in (await officer.get(f"/fr/{TOKEN}")).text


async def test_without_the_token_nothing_is_there(
    house: House, draft: DossierTold, officer: httpx.AsyncClient
) -> None:
    for shown in ("", "x", TOKEN[:-1], f"{TOKEN}x", "é"):
        for path in (f"/fr/{shown}", f"/fr/{shown}/{draft.incident}/{draft.practice}/initial.pdf",
                     f"/fr/{shown}/register/{draft.practice}/register.pdf"):  # fmt: skip
            answer = await officer.get(path)
            assert answer.status_code == 404
            assert draft.practice_name not in answer.text
    other = await officer.get(f"/fr/{TOKEN}/{draft.incident}/{uuid.uuid4()}/initial.pdf")
    assert other.status_code == 404
